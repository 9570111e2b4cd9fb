"""For how many people: the one denominator of a reckoning, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.standards import FloodRates, Group, QuakeRates

from .quantities import counted, percent, share, shown, up


@dataclass(frozen=True)
class People:
    """A number of people (避難者数) that every quantity is reckoned from, and the steps that led to it."""

    count: int
    steps: tuple[str, ...] = ()


def people(count: int, label: str = "避難者数") -> People:
    """People somebody counted or assumed. WrongInput for a number that is none.

    >>> people(2083).steps
    ('避難者数 2,083人',)
    """
    found = counted(count, label, "people")
    return People(found, (f"{label} {found:,}人",))


def covered(evacuees: People, public: object, label: str = "公的備蓄で賄う割合") -> People:
    """The part of the evacuees that the public stock is for, rounded up to a person.

    >>> covered(people(2083), 0.4).steps[-1]
    '公的備蓄で賄う割合 2,083人 × 40％ = 833.2 → 834人'
    """
    part = share(public, label, "public_share")
    step = _step(label, f"{evacuees.count:,}人 × {percent(part)}", evacuees.count * part)
    return People(up(evacuees.count * part), (*evacuees.steps, step))


def flood_evacuees(inside: int, outside: int, rates: FloodRates) -> People:
    """Evacuees of a flood (洪水) from the people inside the inundation and outside of it under an order.

    Each term stays exact, the sum is rounded up to a person. Source: the rule `evacuees.flood`.

    >>> rates = FloodRates(kind="flood", inside="0.8", outside="0.4")
    >>> flood_evacuees(1000, 101, rates).steps[-1]
    '避難者数 1,000人 × 80％ ＋ 101人 × 40％ = 840.4 → 841人'
    """
    wet = counted(inside, "浸水区域内の人口", "inside")
    dry = counted(outside, "浸水区域外の人口", "outside")
    exact = wet * rates.inside + dry * rates.outside
    terms = f"{wet:,}人 × {percent(rates.inside)} ＋ {dry:,}人 × {percent(rates.outside)}"
    return People(up(exact), (_step("避難者数", terms, exact),))


def quake_evacuees(
    rates: QuakeRates,
    *,
    destroyed: int,
    half: int,
    without_water: int = 0,
    above_lift: int = 0,
    given: Mapping[str, object] | None = None,
) -> tuple[People, People]:
    """All evacuees of an earthquake and those of them who go to shelters.

    `destroyed` and `half` are the people of dwellings destroyed (全壊・焼失) and half destroyed (半壊). `given` are the
    rates that the formula asks for, 0 to 1, by `water`, `lift` and `shelter`; WrongInput names one that is needed and
    missing: it is not guessed. Source: the rules `evacuees.*`.

    >>> tokyo = QuakeRates(kind="quake", name="東京都", destroyed=1, half="0.503", asks=("water", "lift", "shelter"))
    >>> every, sheltered = quake_evacuees(tokyo, destroyed=100, half=200, given={"shelter": 0.667})
    >>> every.count, sheltered.count
    (201, 135)
    """
    found = dict(given or {})
    terms = [
        (counted(destroyed, "全壊・焼失の人口", "destroyed"), rates.destroyed),
        (counted(half, "半壊の人口", "half"), rates.half),
    ]
    for key, number, name in (
        ("water", counted(without_water, "断水の人口", "without_water"), "断水による避難の率"),
        (
            "lift",
            counted(above_lift, "エレベーター停止の人口", "above_lift"),
            "エレベーター停止による避難の率",
        ),
    ):
        if number and key not in rates.asks:
            raise WrongInput(f"「{rates.name}」に{name}はありません。人口を0にしてください。", column=key)
        if number:
            terms.append((number, _asked(found, key, name)))
    exact = sum((number * rate for number, rate in terms), Fraction(0))
    text = " ＋ ".join(f"{number:,}人 × {percent(rate)}" for number, rate in terms)
    every = People(up(exact), (_step("避難者数", text, exact),))
    return every, covered(every, _asked(found, "shelter", "避難所へ行く人の率"), "避難所へ行く人の率")


def shares_of(
    groups: Mapping[str, Group],
    classes: Sequence[tuple[int, int | None]],
    male: Sequence[int],
    female: Sequence[int],
) -> dict[str, Fraction]:
    """A population's own shares of the groups that are told by age, in the order of `groups`.

    `classes` (k) of completed years with both ends, the open one ending in None; `male` and `female` (k) persons.
    Within a class every year has the same number. A group without ages keeps its share. ValueError for shapes that
    don't fit, WrongInput for nobody and for ages that reach into the open class.

    >>> infants = Group(name="乳児", words="0歳", ages=(0, 0), share=0)
    >>> shares_of({"infants": infants}, [(0, 4), (5, None)], [5, 40], [5, 50])
    {'infants': Fraction(1, 50)}
    """
    if not len(classes) == len(male) == len(female):
        raise ValueError(f"{len(classes)} classes, {len(male)} and {len(female)} figures")
    men = [counted(each, "人口", "male") for each in male]
    women = [counted(each, "人口", "female") for each in female]
    total = sum(men) + sum(women)
    if not total:
        raise WrongInput("人口が0のため、構成比を計算できません。", column="population")
    found = {}
    for key, group in groups.items():
        if group.ages is None:
            found[key] = group.share
            continue
        counts = women if group.sex == "female" else [m + w for m, w in zip(men, women, strict=True)]
        among = sum(
            (
                number * _overlap(each, group.ages)
                for each, number in zip(classes, counts, strict=True)
                if number
            ),
            Fraction(0),
        )
        found[key] = among / total
    return found


def _overlap(ages: tuple[int, int | None], wanted: tuple[int, int]) -> Fraction:
    """The part of a class that the wanted years make up."""
    first, last = ages
    if last is None:
        if wanted[1] >= first:
            raise WrongInput("対象の年齢が、最も上の年齢階級にかかっています。", column="ages")
        return Fraction(0)
    years = min(last, wanted[1]) - max(first, wanted[0]) + 1
    return Fraction(max(0, years), last - first + 1)


def _asked(given: Mapping[str, object], key: str, name: str) -> Fraction:
    if key not in given:
        raise WrongInput(f"{name}は公表資料から確認できていません。{key} に値を入れてください。", column=key)
    return share(given[key], name, key)


def _step(label: str, terms: str, exact: Fraction) -> str:
    rounded = "" if exact.denominator == 1 else f" → {up(exact):,}"
    return f"{label} {terms} = {shown(exact)}{rounded}人"
