"""The book itself: chapters of a set of municipalities, each exhibit made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core import municipality_code
from keniki.core.errors import WrongInput
from keniki.rulebooks.book import ExhibitForm, Kind, exhibit_forms
from keniki.rulebooks.indicators import Catalogue, Indicator, RateTimesPopulation, catalogue

from ..models import Area
from . import flows, people, places
from .holdings import Holdings, Place
from .tables import Exhibit, Notes, Table, TableRow, entry
from .values import Values

#: More municipalities than this are no region; the largest in Japan have some sixty.
MOST = 200

MADE: dict[Kind, Callable[[Values, ExhibitForm, str], Exhibit | None]] = {
    Kind.BY_YEAR: people.by_year,
    Kind.GROUPS_BY_YEAR: people.groups_by_year,
    Kind.PYRAMID: people.pyramids,
    Kind.UNKNOWN_AGES: people.unknown_ages,
    Kind.COHORTS: people.cohorts,
    Kind.BY_AGE: people.by_age,
    Kind.PLACES: places.places,
    Kind.COMPONENTS: places.by_components,
    Kind.COMPOSITION: places.composition,
    Kind.QUOTIENTS: places.quotient,
    Kind.SHIFT: places.shift,
    Kind.FLOWS: flows.flows,
    Kind.AREAS: places.areas,
    Kind.WORDS: places.words,
    Kind.ARRANGEMENTS: places.arrangements,
}


@dataclass(frozen=True)
class Chapter:
    """A chapter: its exhibits that can be made, the table of all its indicators, what is missing."""

    key: str
    name: str
    exhibits: tuple[Exhibit, ...]
    missing: tuple[str, ...]


def members_of(region: Region) -> list[Place]:
    """The members of today in the region's order."""
    return [Place(row.municipality.code, row.municipality.name) for row in members_on(region)]


def places_of(codes: Iterable[str]) -> list[Place]:
    """Municipalities by codes as typed (five or six digits), each once, in that order.

    WrongInput for a code that is wrong, that nothing is known of, or for more than 200.
    """
    try:
        wanted = list(dict.fromkeys(municipality_code.parse_code(code) for code in codes if code.strip()))
    except WrongInput as wrong:
        raise wrong.at(column="--municipalities") from None
    if not wanted or len(wanted) > MOST:
        raise WrongInput(
            f"市区町村の団体コードを1～{MOST}個、カンマで区切って入力してください。",
            column="--municipalities",
        )
    names = dict(
        Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=wanted).values_list("code", "name")
    )
    names |= dict(Municipality.objects.filter(code__in=wanted).order_by("valid").values_list("code", "name"))
    unknown = [code for code in wanted if code not in names]
    if unknown:
        raise WrongInput(
            f"団体コード {'、'.join(unknown[:5])} の市区町村は登録されていません。コードを確かめるか、"
            "市町村の一覧（keniki load --municipalities）又は統計（keniki data import）を読み込んでください。",
            column="--municipalities",
        )
    return [Place(code, names[code]) for code in wanted]


def needed(indicators: Iterable[str]) -> set[str]:
    """These indicators and all their recipes rest on."""
    book = catalogue(today())
    left, found = set(indicators), set[str]()
    while left:
        indicator = book[left.pop()]
        found.add(indicator.id)
        used = {term.of for term in indicator.recipe.used} if indicator.recipe is not None else set()
        left |= (used | ({indicator.weight} if indicator.weight else set())) - found
    return found


def places_named(typed: str) -> list[Place]:
    """Municipalities by their codes in one line, between commas of either kind. WrongInput as in `places_of`."""
    return places_of(typed.replace("、", ",").split(","))


class Book:
    """The book of `members`; with `region` its own statistics are in it too."""

    def __init__(self, members: Sequence[Place], region: Region | None = None, *, title: str = "") -> None:
        self.members = tuple(members)
        self.region = region
        self.title = title or (
            region.name if region is not None else "・".join(row.name for row in members[:3])
        )
        self.catalogue: Catalogue = catalogue(today())
        self._held: dict[frozenset[str] | None, Values] = {}

    @cached_property
    def forms(self) -> dict[str, tuple[ExhibitForm, ...]]:
        """The exhibits of each chapter as planned."""
        return exhibit_forms(today())

    def chapters(self) -> Iterator[Chapter]:
        """All chapters in order; everything is read once."""
        self._held[None] = Values(Holdings(self.members, self.region))
        for key in self.forms:
            yield self.chapter(key)

    def chapter(self, key: str) -> Chapter:
        """One chapter with its exhibits. KeyError where there is none."""
        theme = self.catalogue.themes[key]
        exhibits = [found for form in self.forms[key] if (found := self.exhibit(key, form)) is not None]
        table = self._all(key, theme.name)
        return Chapter(
            key, theme.name, (*exhibits, *((table,) if table else ())), tuple(self._missing(key, exhibits))
        )

    def found(self, exhibit_id: str) -> Exhibit | None:
        """An exhibit by its id; the table of a chapter by `<chapter>_all`. None where it cannot be made."""
        for key, forms in self.forms.items():
            if exhibit_id == f"{key}_all":
                return self._all(key, self.catalogue.themes[key].name)
            for form in forms:
                if form.id == exhibit_id:
                    return self.exhibit(key, form)
        return None

    @property
    def places(self) -> tuple[Place, ...]:
        """The members, and what they are compared with once something was read."""
        return (
            tuple(
                {
                    place.code: place
                    for values in self._held.values()
                    for place in values.holdings.references
                }.values()
            )
            + self.members
        )

    def values_of(self, indicators: Iterable[str]) -> Values:
        """What is held for some indicators."""
        wanted = frozenset(needed(indicators))
        if wanted not in self._held:
            self._held[wanted] = Values(Holdings(self.members, self.region, indicators=wanted))
        return self._held[wanted]

    def exhibit(self, key: str, form: ExhibitForm) -> Exhibit | None:
        """An exhibit as planned; None where nothing is held for it."""
        return MADE[form.kind](self._values(key), form, key)

    def _values(self, key: str) -> Values:
        """What is held for a chapter, read when it is first asked for."""
        if None in self._held:
            return self._held[None]
        named = {name for form in self.forms[key] for name in (*form.indicators, *form.projection)}
        return self.values_of([*named, *(each.id for each in self.catalogue.in_theme(key))])

    def _all(self, key: str, name: str) -> Exhibit | None:
        """The newest figure of every indicator of the chapter in every place."""
        values = self._values(key)
        notes = Notes()
        rows = []
        alone = len(self.members) == 1
        found = [
            row
            for indicator in self.catalogue.in_theme(key)
            if _single(indicator) and (row := values.row(indicator.id)) is not None
        ]
        above = values.compared_in(found)
        for row in found:
            indicator = row.indicator
            notes.take(row)
            cells = [entry(row.cells.get(place.code), indicator.decimals) for place in self.members]
            if not alone:
                cells.append(entry(row.total, indicator.decimals))
            cells.extend(entry(row.cells.get(place.code), indicator.decimals) for place in above)
            rows.append(TableRow(indicator.name, tuple(cells), below=f"{row.unit}、{row.when}"))
        if not rows:
            return None
        heads = (
            *(place.name for place in self.members),
            *(() if alone else ("圏域",)),
            *(place.name for place in above),
        )
        table = Table("指標", heads, tuple(rows))
        return Exhibit(
            f"{key}_all", f"{name}の指標", key, table, (), tuple(notes.editions), tuple(notes.remarks)
        )

    def _missing(self, key: str, exhibits: Sequence[Exhibit]) -> Iterator[str]:
        """For every exhibit that could not be made, and for a chapter without figures: which file to load."""
        made = {each.id for each in exhibits}
        held = set(self._values(key).holdings.vintages)
        for form in self.forms[key]:
            if form.id not in made:
                yield f"{form.title}：{self._what_to_load(form, held)}"
        if not self.forms[key]:
            files: dict[str, list[str]] = {}
            for indicator in self.catalogue.in_theme(key):
                if indicator.id not in held and indicator.published:
                    files.setdefault(self.catalogue.file_of(indicator.published[0]), []).append(
                        indicator.name
                    )
            for file, names in files.items():
                yield f"{'、'.join(names)}：{file} を読み込んでください。"

    def _what_to_load(self, form: ExhibitForm, held: set[str]) -> str:
        if form.kind is Kind.ARRANGEMENTS:
            return "圏域の「共同処理・連携の仕組み」に登録してください。"
        if form.kind is Kind.FLOWS:
            return (
                "origin,destination,purpose,value のCSV、又は国勢調査の従業地・通学地集計（e-Stat 0003454527）"
                "を読み込んでください。"
            )
        said = [text for name in form.indicators for text in self.catalogue.what_to_import(name, held)]
        if form.kind is Kind.AREAS:
            said.append("地域の構成市町村を定めた資料を読み込んでください。")
        if not said and form.kind in BY_AGE:
            needed = [term for name in form.indicators for term in self.catalogue.needs(name)]
            files = {
                self.catalogue.file_of(each)
                for term in needed
                for each in self.catalogue[term.of].published
                if each.source not in _WITHOUT_AGES
            }
            said.append(f"年齢別の値がありません。{'、又は'.join(sorted(files))} を読み込んでください。")
        return "".join(dict.fromkeys(said)) or "構成市町村の値がそろっていません。"


#: Exhibits that need figures by age, and sources that have none by five years.
BY_AGE = (Kind.BY_AGE, Kind.PYRAMID, Kind.COHORTS, Kind.UNKNOWN_AGES)
_WITHOUT_AGES = ("ssdse_a",)


def _single(indicator: Indicator) -> bool:
    """Whether it has one figure for a place: neither only by parts nor a projection by rates."""
    recipe = indicator.recipe
    if isinstance(recipe, RateTimesPopulation):
        return False
    return not any(term.part == "same" for term in (recipe.used if recipe is not None else ()))
