"""What so many people need over so many days: every line from one denominator, with its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import (
    EVERYONE,
    SEASONS,
    BySeason,
    Group,
    Heating,
    ItemRule,
    OwnHeating,
    OwnStaff,
    Season,
    SpaceStandard,
)
from keniki.rulebooks.loader import ANSWERED, Rule

from .denominator import People
from .facilities import Facility, facilities_for, heaters
from .quantities import counted, measured, percent, share, shown, up, written

MOST_DAYS: Final = 366
_HEAT: Final = ("heat", "heat_hours", "heater")


@dataclass(frozen=True)
class Override:
    """A region's own figure for an item (地域の値) and what it rests on.

    `each` for every person, person-day … (one of each season also where the rule knows the item in one only), or `of`:
    one for so many people or m²; whom it is for stays as it is. With `pack` it is bought in packs of so many.
    """

    basis: str
    each: Fraction | BySeason | None = None
    of: Fraction | None = None
    pack: int | None = None


@dataclass(frozen=True)
class Line:
    """One item's need: `quantity` units, rounded up once from `exact`; in packs where it comes in packs.

    `people` is the denominator, the same in all lines. `confirmed` is False where the figure was seen in no text.
    """

    key: str
    name: str
    group: str
    unit: str
    people: int
    quantity: int
    exact: Fraction
    arithmetic: str
    source: str
    evidence: tuple[str, ...]
    confirmed: bool
    is_product_default: bool
    is_own: bool
    shelf_months: int | None
    packs: int | None = None
    pack: int = 1
    note: str = ""


@dataclass(frozen=True)
class Question:
    """What nobody's text says and the region has to say: the item, or the group, and the sentence."""

    key: str
    name: str
    text: str


@dataclass(frozen=True)
class Needs:
    """A reckoning (必要量の計算): lines, facilities, floor area, and what is still open.

    `area` is the floor in m² that is heated: given, or people × m² of the standard.
    """

    people: People
    days: int
    season: Season
    on: date
    standard: Rule[SpaceStandard]
    shares: Mapping[str, Fraction]
    area: Fraction
    area_arithmetic: str
    places: int
    lines: tuple[Line, ...]
    facilities: tuple[Facility, ...]
    questions: tuple[Question, ...]

    @property
    def holds(self) -> int:
        """People whom the floor holds by the standard; those beyond them have no room on it."""
        return int(self.area / self.standard.value.m2)

    @property
    def unconfirmed(self) -> tuple[Line, ...]:
        """The lines whose figure was seen in no text."""
        return tuple(line for line in self.lines if not line.confirmed)

    def line(self, key: str) -> Line:
        """One item's line; KeyError where there is none."""
        return {line.key: line for line in self.lines}[key]


def needs(
    people: People,
    days: int,
    season: Season,
    on: date,
    *,
    standard: str | None = None,
    shares: Mapping[str, object] | None = None,
    overrides: Mapping[str, Override] | None = None,
    area: object = None,
    places: int = 1,
    later: bool = False,
    heating: OwnHeating | None = None,
    staff: OwnStaff | None = None,
) -> Needs:
    """The stock, floor, toilets, staff and heat that `people` need over `days` by the rules in force on `on`.

    `shares` are the region's own shares of groups (0 to 1), `overrides` its own figures by item, `heating` and `staff`
    its own of these; `area` is the heated floor in m² (people × the standard's m² where it is not given), `places` the
    number of shelters; `later` takes the toilets of the middle stage (中期). Nothing is rounded before the end of a
    line; then up. WrongInput for days, shares, items and areas that cannot be. Rules: `rulebooks/disaster/`.

    >>> from keniki.analysis.needs import people
    >>> found = needs(people(2083), 3, "winter", date(2026, 4, 1))
    >>> found.line("food").arithmetic
    '2,083人 × 3日 × 3食 = 18,747食'
    >>> {line.people for line in found.lines}
    {2083}
    """
    counted(days, "日数", "days", least=1, most=MOST_DAYS)
    counted(places, "避難所の数", "places", least=1, most=100_000)
    if season not in SEASONS:
        raise WrongInput(f"季節「{season}」はありません（{'、'.join(SEASONS)}）。", column="season")
    space = standards.space_standard(standard or standards.default_space(on), on)
    groups = standards.shares(on).value.groups
    own = _own_shares(groups, shares or {})
    known = standards.items(on)
    for key in overrides or {}:
        if key not in known:
            raise WrongInput(f"品目「{key}」はありません（あるもの: {', '.join(known)}）。", column=key)
    floor, floor_text = _floor(people, space.value, area)
    reckoning = _Reckoning(people, days, season, floor, places, standards.heating(on, heating), groups, own)
    lines, questions = [], []
    for key, rule in known.items():
        override = (overrides or {}).get(key)
        if override is not None:
            _check_override(key, rule.value, override)
        if not _in_season(rule.value, override, season):
            continue
        if _is_known(rule.value, override):
            line = reckoning.line(key, rule, override)
            if line is not None:
                lines.append(line)
        else:
            questions.append(Question(key, rule.value.name, rule.value.question))
    return Needs(
        people,
        days,
        season,
        on,
        space,
        {key: own.get(key, group.share) for key, group in groups.items()},
        floor,
        floor_text,
        places,
        tuple(lines),
        facilities_for(people, days, on, places=places, later=later, own_staff=staff),
        tuple(questions),
    )


@dataclass(frozen=True)
class _Reckoning:
    people: People
    days: int
    season: Season
    area: Fraction
    places: int
    heating: Rule[Heating]
    groups: Mapping[str, Group]
    own: Mapping[str, Fraction]

    def line(self, key: str, rule: Rule[ItemRule], override: Override | None) -> Line | None:
        """The line of an item; None for one that is not needed in the season."""
        item = rule.value
        each = _each(item, override, self.season)
        if not each:
            return None
        exact, terms = self._exact(item, each, override)
        pack = override.pack if override is not None and override.pack is not None else item.pack
        quantity = up(exact)
        rounded = "" if exact.denominator == 1 else f" → {quantity:,}"
        packs = up(Fraction(quantity, pack)) if pack > 1 else None
        is_own = override is not None and (override.each is not None or override.of is not None)
        basis = override.basis if is_own and override is not None else ""
        if not is_own and item.per in _HEAT and self.heating.is_answered:
            is_own, basis = True, self.heating.legal_basis
        packed = (
            f"（{packs:,}{item.pack_unit or '梱包'}、1つに{pack:,}{item.unit}）" if packs is not None else ""
        )
        return Line(
            key,
            item.name,
            item.group,
            item.unit,
            self.people.count,
            quantity,
            exact,
            f"{terms} = {shown(exact)}{rounded}{item.unit}{packed}",
            f"地域の値（根拠：{basis}）" if is_own else rule.source,
            (ANSWERED,) if is_own else rule.evidence,
            is_own or rule.confirmed,
            not is_own and rule.is_product_default,
            is_own,
            item.shelf_months,
            packs,
            pack,
            rule.note,
        )

    def _exact(self, item: ItemRule, each: Fraction, override: Override | None) -> tuple[Fraction, str]:
        if item.per in _HEAT:
            return self._heat(item, each)
        if item.per == "place":
            return self.places * each, f"避難所{self.places:,}か所 × {written(each)}{item.unit}"
        if item.per == "area":
            of = _of(item, override)
            number = Fraction(up(self.area / of))
            return number, f"{shown(self.area)}㎡ ÷ {written(of)}㎡（切上げ）"
        among, terms = self._among(item)
        if item.per == "people":
            of = _of(item, override)
            return Fraction(up(among / of)), f"{terms} ÷ {written(of)}人（切上げ）"
        if item.per == "person_day":
            among, terms = among * self.days, f"{terms} × {self.days}日"
        return among * each, f"{terms} × {written(each)}{item.unit}"

    def _among(self, item: ItemRule) -> tuple[Fraction, str]:
        """The people an item is for, exact, and how they follow from the denominator."""
        among, terms = Fraction(self.people.count), f"{self.people.count:,}人"
        if item.whom != EVERYONE:
            group = self.groups[item.whom]
            part = self.own.get(item.whom, group.share)
            among = among * part
            terms = f"（{terms} × {percent(part)} ＝ {group.words} {shown(among)}人）"
        if item.part != 1:
            among, terms = among * item.part, f"{terms} × {item.part}"
        return among, terms

    def _heat(self, item: ItemRule, each: Fraction) -> tuple[Fraction, str]:
        rule = self.heating.value
        number, terms = heaters(self.area, rule)
        if item.per != "heat_hours":
            more = "" if each == 1 else f" × {written(each)}"
            return number * each, terms if item.per == "heat" and not more else f"暖房機{number:,}台{more}"
        hours = rule.hours_per_day * self.days
        return (
            number * rule.litres_per_hour * hours * each,
            f"{number:,}台 × {written(rule.litres_per_hour)}L／時 × {written(rule.hours_per_day)}時間 × {self.days}日"
            + ("" if each == 1 else f" × {written(each)}"),
        )


def _each(item: ItemRule, override: Override | None, season: Season) -> Fraction:
    each = item.each if override is None or override.each is None else override.each
    if isinstance(each, BySeason):
        return each.winter if season == "winter" else each.mild
    return Fraction(1) if each is None else Fraction(each)


def _of(item: ItemRule, override: Override | None) -> Fraction:
    found = override.of if override is not None and override.of is not None else item.of
    assert found is not None, item.name
    return found


def _in_season(item: ItemRule, override: Override | None, season: Season) -> bool:
    """Whether the item is needed then; a region's figures of both seasons count before the rule's season."""
    both = override is not None and isinstance(override.each, BySeason)
    return both or item.only in (None, season)


def _is_known(item: ItemRule, override: Override | None) -> bool:
    if item.is_one_for:
        return item.of is not None or (override is not None and override.of is not None)
    return item.each is not None or (override is not None and override.each is not None)


def _check_override(key: str, item: ItemRule, override: Override) -> None:
    if not override.basis.strip():
        raise WrongInput(f"{item.name}の値の根拠（basis）を書いてください。", column=key)
    wrong, right = (override.each, "of") if item.is_one_for else (override.of, "each")
    if wrong is not None:
        raise WrongInput(f"{item.name}の値は {right} で指定してください。", column=key)
    if override.each is None and override.of is None and override.pack is None:
        raise WrongInput(f"{item.name}の値（{right}）がありません。", column=key)
    if override.each is not None and not isinstance(override.each, BySeason):
        measured(override.each, f"{item.name}の数量", key)
    if override.of is not None:
        measured(override.of, f"{item.name}1つ当たりの数", key, positive=True)
    if override.pack is not None:
        counted(override.pack, f"{item.name}の入数", key, least=1)


def _own_shares(groups: Mapping[str, Group], given: Mapping[str, object]) -> dict[str, Fraction]:
    for key in given:
        if key not in groups:
            raise WrongInput(f"区分「{key}」はありません（あるもの: {', '.join(groups)}）。", column=key)
    return {key: share(value, f"{groups[key].name}の割合", key) for key, value in given.items()}


def _floor(people: People, space: SpaceStandard, area: object) -> tuple[Fraction, str]:
    if area is not None:
        found = measured(area, "暖房する床面積", "area", positive=True)
        return found, f"指定した床面積 {shown(found)}㎡"
    found = people.count * space.m2
    return found, f"{people.count:,}人 × {shown(space.m2)}㎡ = {shown(found)}㎡"
