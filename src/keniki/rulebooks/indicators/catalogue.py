"""The whole catalogue: looking indicators up, what they need, what has to be imported, and its own check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators.model import (
    SAME,
    Indicator,
    PartKind,
    ProductivityQuotient,
    Published,
    ShareQuotient,
    ShiftComponent,
    Statistic,
    Term,
    Theme,
    Unit,
)

_FILE = "indicators"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Indicators by id in the order of the book, with the units, sources, themes and divisions they name."""

    units: Mapping[str, Unit]
    sources: Mapping[str, Statistic]
    themes: Mapping[str, Theme]
    part_kinds: Mapping[str, PartKind]
    indicators: Mapping[str, Indicator]

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self.indicators.values())

    def __contains__(self, indicator_id: object) -> bool:
        return indicator_id in self.indicators

    def __len__(self) -> int:
        return len(self.indicators)

    def __getitem__(self, indicator_id: str) -> Indicator:
        """An indicator; WrongInput proposes similar names where there is none."""
        if indicator_id in self.indicators:
            return self.indicators[indicator_id]
        near = get_close_matches(indicator_id, self.indicators, n=3, cutoff=0.6)
        proposed = f"近い名前：{'、'.join(near)}。" if near else ""
        raise WrongInput(
            f"指標「{indicator_id}」はありません。{proposed}指標一覧で識別名を確かめてください。"
        )

    def in_theme(self, theme: str) -> tuple[Indicator, ...]:
        """The indicators of a chapter, in order."""
        return tuple(indicator for indicator in self if indicator.theme == theme)

    def unit_label(self, indicator_id: str) -> str:
        """The unit as printed, `人口10万人当たり人`."""
        return self.units[self[indicator_id].unit].label

    def converted(self, value: float, unit: str, to: str) -> float:
        """A value in another unit of the same base. WrongInput where there is no such unit or they differ in kind.

        Where the factor of `to` is below 1 its inverse is a whole number (ha, %), so that 96.7 % stays 96.7.
        """
        if unit == to:
            return value
        one, other = self._unit(unit), self._unit(to)
        if (one.base or unit) != (other.base or to):
            raise WrongInput(
                f"単位「{one.label}」の値を「{other.label}」に直すことはできません。元の表の単位を確かめてください。"
            )
        in_base = value / round(1 / one.factor) if one.factor < 1 else value * one.factor
        return in_base * round(1 / other.factor) if other.factor < 1 else in_base / other.factor

    def needs(self, indicator_id: str, part: str = SAME) -> tuple[Term, ...]:
        """The published figures an indicator is computed from, each once; its own where it has no recipe.

        Those of the part asked for stand with that part (`industry:E`), or with `same` where none is given.
        """
        found: dict[Term, None] = {}
        parts = self[indicator_id].parts
        self._collect(Term(of=indicator_id, part=part if parts else ""), found)
        return tuple(found)

    def what_to_import(self, indicator_id: str, loaded: Iterable[str] = ()) -> tuple[str, ...]:
        """One sentence for each file that is missing, in the words of the office.

        `loaded` are ids whose figures are there. Nothing where the indicator's own figures or all its recipe needs
        are among them; a figure that is published itself is asked for rather than those it is made of.
        """
        missing: dict[str, None] = {}
        self._collect_missing(self[indicator_id], set(loaded), missing)
        return tuple(self._sentence(self[each]) for each in missing)

    def _collect_missing(self, indicator: Indicator, loaded: set[str], missing: dict[str, None]) -> None:
        if indicator.id in loaded:
            return
        below: dict[str, None] = {}
        for term in indicator.recipe.used if indicator.recipe is not None else ():
            self._collect_missing(self[term.of], loaded, below)
        if indicator.recipe is not None and not below:
            return
        missing.update(
            below if indicator.recipe is not None and not indicator.published else {indicator.id: None}
        )

    def _sentence(self, indicator: Indicator) -> str:
        places = "、又は".join(self.file_of(published) for published in indicator.published)
        return f"「{indicator.name}」がありません。{places}を読み込んでください。"

    def file_of(self, published: Published) -> str:
        """The file to import in words, with who publishes it."""
        source = self.sources[published.source]
        return f"{source.publisher}「{source.title}」の{published.file or source.file}"

    def _collect(self, term: Term, found: dict[Term, None]) -> None:
        indicator = self[term.of]
        if indicator.recipe is None:
            found.setdefault(term)
            return
        for used in indicator.recipe.used:
            inner = used.with_part(term.part)
            self._collect(inner.figure, found)

    def _unit(self, unit: str) -> Unit:
        if unit not in self.units:
            raise WrongInput(f"単位「{unit}」はありません。使える単位：{'、'.join(self.units)}")
        return self.units[unit]


def check(catalogue: Catalogue) -> None:
    """WrongInput for the first indicator that names something the catalogue lacks, or rests on itself."""
    for name, unit in catalogue.units.items():
        if unit.base and (unit.base not in catalogue.units or catalogue.units[unit.base].base):
            raise _wrong(name, f"単位「{name}」の base「{unit.base}」が基本の単位ではありません")
    for slug, source in catalogue.sources.items():
        if not source.title or not source.publisher:
            raise _wrong(slug, f"出典「{slug}」の名称と公表者がありません")
    for indicator in catalogue:
        _check_names(catalogue, indicator)
    for indicator in catalogue:
        _refuse_cycle(catalogue, indicator.id, ())


def _check_names(catalogue: Catalogue, indicator: Indicator) -> None:
    wanted = [
        (indicator.unit, catalogue.units, "単位"),
        (indicator.theme, catalogue.themes, "分野"),
        *((part, catalogue.part_kinds, "内訳") for part in indicator.parts),
        *((published.source, catalogue.sources, "出典") for published in indicator.published),
        *((weight, catalogue.indicators, "重みの指標") for weight in (indicator.weight,) if weight),
    ]
    for name, known, what in wanted:
        if name not in known:
            raise _wrong(indicator.id, f"{what}「{name}」がありません")
    if indicator.recipe is None:
        return
    for term in indicator.recipe.used:
        _check_term(catalogue, indicator, term)
    if isinstance(indicator.recipe, ShareQuotient | ProductivityQuotient | ShiftComponent) and (
        indicator.recipe.by not in indicator.parts
    ):
        raise _wrong(indicator.id, f"内訳「{indicator.recipe.by}」が parts にありません")


def _check_term(catalogue: Catalogue, indicator: Indicator, term: Term) -> None:
    if term.of not in catalogue:
        raise _wrong(indicator.id, f"式の中の指標「{term.of}」がありません")
    if not term.part:
        return
    used = catalogue[term.of]
    if term.part == SAME:
        if not set(indicator.parts) <= set(used.parts):
            raise _wrong(indicator.id, f"式の中の指標「{term.of}」に同じ内訳がありません")
        return
    kind, _, member = term.part.partition(":")
    if kind not in used.parts:
        raise _wrong(indicator.id, f"式の中の指標「{term.of}」に内訳「{kind}」がありません")
    members = catalogue.part_kinds[kind].members
    if members and member not in members:
        raise _wrong(indicator.id, f"内訳「{kind}」に「{member}」がありません")


def _refuse_cycle(catalogue: Catalogue, indicator_id: str, above: tuple[str, ...]) -> None:
    if indicator_id in above:
        raise _wrong(indicator_id, f"式が自分自身に戻ります（{' → '.join((*above, indicator_id))}）")
    recipe = catalogue[indicator_id].recipe
    for term in recipe.used if recipe is not None else ():
        _refuse_cycle(catalogue, term.of, (*above, indicator_id))


def _wrong(where: str, what: str) -> WrongInput:
    return WrongInput(f"指標の一覧の書き方が正しくありません：{what}。", file=_FILE, column=where)
