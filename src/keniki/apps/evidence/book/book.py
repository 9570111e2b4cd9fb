"""The book itself: chapters of a set of municipalities, each exhibit made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_of_each, members_on
from keniki.core import municipality_code
from keniki.core.errors import WrongInput
from keniki.rulebooks.book import ExhibitForm, Kind, compared_indicators, exhibit_forms
from keniki.rulebooks.indicators import (
    Catalogue,
    Change,
    Indicator,
    PeriodRate,
    RateTimesPopulation,
    ShiftComponent,
    catalogue,
)

from ..models import Area
from . import areas, flows, forecasts, people, places
from .flowing import centres_among
from .holdings import Holdings, Place
from .needs import needed, undivided
from .tables import Exhibit, Notes, Table, TableRow, entry
from .values import Values

#: More municipalities than this are no region; the largest in Japan have some sixty.
MOST = 200
#: So many municipalities are named in a title.
NAMED = 3
SUMMARY, SUMMARY_TITLE = "summary", "圏域の概要"

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
    Kind.AREAS: areas.areas,
    Kind.WORDS: places.words,
    Kind.ARRANGEMENTS: places.arrangements,
    Kind.FORECAST: forecasts.of_forecast,
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


def members_of_every_region() -> dict[Region, list[Place]]:
    """Every region of the installation with its members of today, by name."""
    every = list(Region.objects.order_by("name"))
    members = members_of_each(every)
    return {
        each: [Place(row.municipality.code, row.municipality.name) for row in members[each.pk]]
        for each in every
    }


def places_of(codes: Iterable[str]) -> list[Place]:
    """Municipalities by codes as typed (five or six digits), each once, in that order.

    A registered municipality's code is taken as it is, also a made-up one. WrongInput for a code that is wrong, that
    nothing is known of, or for more than 200.
    """
    typed = [code.strip() for code in codes if code.strip()]
    digits = [code for code in typed if code.isascii() and code.isdecimal()]
    registered = set(Municipality.objects.filter(code__in=digits).values_list("code", flat=True))
    try:
        read = [code if code in registered else municipality_code.parse_code(code) for code in typed]
        wanted = list(dict.fromkeys(read))
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


def places_named(typed: str) -> list[Place]:
    """Municipalities by their codes in one line, between commas of either kind. WrongInput as in `places_of`."""
    return places_of(typed.replace("、", ",").split(","))


def title_of(members: Sequence[Place]) -> str:
    """What municipalities are called that are no region: 「岩見沢市・夕張市・美唄市ほか」."""
    return "・".join(place.name for place in members[:NAMED]) + ("ほか" if len(members) > NAMED else "")


class Book:
    """The book of `members`; with `region` its own statistics are in it too."""

    def __init__(self, members: Sequence[Place], region: Region | None = None) -> None:
        self.members = tuple(members)
        self.region = region
        self.catalogue: Catalogue = catalogue(today())
        self._held: dict[tuple[frozenset[str], frozenset[str]] | None, Values] = {}

    @cached_property
    def title(self) -> str:
        """The region's name where the book is of its members of today, else the municipalities' names."""
        if self.region is not None and (
            not self.members or set(self.members) == set(members_of(self.region))
        ):
            return self.region.name
        return title_of(self.members)

    @cached_property
    def forms(self) -> dict[str, tuple[ExhibitForm, ...]]:
        """The exhibits of each chapter as planned."""
        return exhibit_forms(today())

    def chapters(self) -> Iterator[Chapter]:
        """All chapters in order, before them the main figures; everything is read once."""
        self._held[None] = Values(Holdings(self.members, self.region))
        summary = self.summary()
        if summary is not None:
            yield Chapter(SUMMARY, SUMMARY_TITLE, (summary,), ())
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
        if exhibit_id == SUMMARY:
            return self.summary()
        for key, forms in self.forms.items():
            if exhibit_id == f"{key}_all":
                return self._all(key, self.catalogue.themes[key].name)
            for form in forms:
                if form.id == exhibit_id:
                    # What a chapter reads of ages may make up a total that the exhibit's own indicators lack.
                    return self.exhibit(key, form, self.values_of((), [form])) or self.exhibit(key, form)
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

    def values_of(
        self, indicators: Iterable[str], forms: Sequence[ExhibitForm] = (), *, by_age: Iterable[str] = ()
    ) -> Values:
        """What is held for some indicators and for those of some exhibits; of some with their age classes."""
        if None in self._held:
            return self._held[None]
        named = {name for form in forms for name in (*form.indicators, *form.projection)}
        wanted = frozenset(needed({*named, *indicators}))
        aged = {*by_age}
        for form in forms:
            if form.kind in BY_AGE:
                aged |= {*form.indicators, *form.projection}
        whole = frozenset(undivided(wanted, aged))
        if (wanted, whole) not in self._held:
            held = Holdings(self.members, self.region, indicators=wanted, undivided=whole)
            self._held[wanted, whole] = Values(held)
        return self._held[wanted, whole]

    def exhibit(self, key: str, form: ExhibitForm, values: Values | None = None) -> Exhibit | None:
        """An exhibit as planned; None where nothing is held for it. Without `values` what its chapter needs is read."""
        return MADE[form.kind](values or self._values(key), form, key)

    def _values(self, key: str) -> Values:
        """What is held for a chapter, read when it is first asked for."""
        return self.values_of([each.id for each in self.catalogue.in_theme(key)], self.forms[key])

    def summary(self) -> Exhibit | None:
        """The main figures (圏域の概要) beside prefecture and nation, by what regions are compared."""
        names = compared_indicators(today())
        return self._listed(SUMMARY, SUMMARY_TITLE, SUMMARY, self.values_of(names), names, ())

    def _all(self, key: str, name: str) -> Exhibit | None:
        """The newest figure of every indicator of the chapter in every place."""
        names = [each.id for each in self.catalogue.in_theme(key) if _single(each)]
        return self._listed(f"{key}_all", f"{name}の指標", key, self._values(key), names, self.members)

    def _listed(
        self,
        id: str,
        title: str,
        chapter: str,
        values: Values,
        indicators: Iterable[str],
        members: Sequence[Place],
    ) -> Exhibit | None:
        """The newest figures of indicators: in these members, in the region, in prefecture and nation."""
        notes = Notes()
        found = [row for name in indicators if (row := values.row(name)) is not None]
        if not found:
            return None
        above = values.compared_in(found)
        alone = len(self.members) == 1
        whole = () if alone and members else ((self.title if alone else "圏域"),)
        rows = []
        for row in found:
            notes.take(row)
            decimals = row.indicator.decimals
            cells = [entry(row.cells.get(place.code), decimals) for place in members]
            if whole:
                cells.append(entry(row.total, decimals))
            cells.extend(entry(row.cells.get(place.code), decimals) for place in above)
            rows.append(TableRow(row.indicator.name, tuple(cells), below=f"{row.unit}、{row.when}"))
        heads = (*(place.name for place in members), *whole, *(place.name for place in above))
        of = (*range(len(members)), *(None for _ in heads[len(members) :])) if members else ()
        table = Table("指標", heads, tuple(rows), of=of)
        return Exhibit(id, title, chapter, table, (), tuple(notes.editions), tuple(notes.remarks))

    def _missing(self, key: str, exhibits: Sequence[Exhibit]) -> Iterator[str]:
        """For every exhibit that could not be made, and for a chapter without figures: which file to load."""
        made = {each.id for each in exhibits}
        held = set(self._values(key).holdings.vintages)
        if any(form.kind is Kind.FORECAST for form in self.forms[key]) and not made:
            yield self._forecast_to_show(self._values(key))
        for form in self.forms[key]:
            if form.id not in made and form.kind is not Kind.FORECAST:
                yield f"{form.title}：{self._what_to_load(form, held)}"
        mapped = any(form.kind is Kind.PLACES and form.id in made for form in self.forms[key])
        if mapped and (file := self._values(key).holdings.borders.what_to_load):
            yield f"地図：{file}"
        if not self.forms[key]:
            files: dict[str, list[str]] = {}
            for indicator in self.catalogue.in_theme(key):
                if indicator.id not in held and indicator.published:
                    files.setdefault(self.catalogue.file_of(indicator.published[0]), []).append(
                        indicator.name
                    )
            for file, names in files.items():
                yield f"{'、'.join(names)}：{file}を読み込んでください。"

    def _forecast_to_show(self, values: Values) -> str:
        if values.of_region:
            return "将来推計の画面で推計を計算し、「圏域基礎調査に掲載」を選んでください。"
        return "将来推計は、圏域の構成市町村の基礎調査に載せます。"

    def _what_to_load(self, form: ExhibitForm, held: set[str]) -> str:
        if form.kind is Kind.ARRANGEMENTS:
            return "圏域の「共同処理・連携の仕組み」に登録してください。"
        if form.kind is Kind.FLOWS:
            counted = set(form.purposes) & set(COMMUTING)
            census = "、又は国勢調査の従業地・通学地集計（e-Stat 0003454527）" if counted else ""
            return f"origin,destination,purpose,value のCSVファイル{census}を読み込んでください。"
        said = [text for name in form.indicators for text in self.catalogue.what_to_import(name, held)]
        if form.kind is Kind.AREAS:
            area = Area.Kind(form.area).label
            said.append(f"{area}ごとの表を、構成市町村（areas）を書いた対応を付けて読み込んでください。")
        said.extend(self._earlier_to_load(form, held))
        if form.indicators and self._centre_lacks(form.indicators):
            return "中心となる市のある圏域について示します。構成市町村の役割を登録してください。"
        if form.by and not said:
            said.extend(self._parts_to_load(form))
        if not said and form.kind in BY_AGE:
            needed = [term for name in form.indicators for term in self.catalogue.needs(name)]
            files = {
                self.catalogue.file_of(each)
                for term in needed
                for each in self.catalogue[term.of].published
                if each.source not in _WITHOUT_AGES
            }
            earlier = "比べる5年前の" if form.kind is Kind.COHORTS else ""
            said.append(
                f"{earlier}年齢別の値がありません。{'、又は'.join(sorted(files))}を読み込んでください。"
            )
        return "".join(dict.fromkeys(said)) or "構成市町村の値がそろっていません。"

    def _centre_lacks(self, indicators: Iterable[str]) -> bool:
        """Whether flows to the centre are asked for, and none of the municipalities is the centre of the region."""
        flows = [self.catalogue[term.of].flow for name in indicators for term in self.catalogue.needs(name)]
        asked = any(flow is not None and flow.to == "centre" for flow in flows)
        return asked and not centres_among([place.code for place in self.members], self.region)

    def _parts_to_load(self, form: ExhibitForm) -> Iterator[str]:
        """What is held as a whole and not by the part asked for: of files, those that were not loaded yet first."""
        values = self.values_of((), [form])
        for name in form.indicators:
            recipe = self.catalogue[name].recipe
            of = self.catalogue[recipe.used[0].of if recipe is not None else name]
            if values.parts(of.id, form.by):
                continue
            loaded = {row.edition.source.slug for row in values.holdings.vintages.get(of.id, ())}
            wanted = [each for each in of.published if each.source not in loaded] or of.published
            files = dict.fromkeys(self.catalogue.file_of(each) for each in wanted)
            kind = self.catalogue.part_kinds[form.by].name
            yield f"「{of.name}」の{kind}別の値がありません。{'、又は'.join(files)}を読み込んでください。"

    def _earlier_to_load(self, form: ExhibitForm, held: set[str]) -> Iterator[str]:
        """What a change is counted from, where only one year of it is held."""
        for name in form.indicators:
            needed = [term.of for term in self.catalogue.needs(name)]
            spans = isinstance(self.catalogue[name].recipe, Change | PeriodRate | ShiftComponent)
            if spans and all(each in held for each in needed):
                files = {
                    self.catalogue.file_of(one) for each in needed for one in self.catalogue[each].published
                }
                yield (
                    f"比べる前の年の「{'」「'.join(dict.fromkeys(self.catalogue[each].name for each in needed))}」が"
                    f"ありません。{'、又は'.join(sorted(files))}の前の版を読み込んでください。"
                )


#: Flows that the census counts.
COMMUTING = ("commute_school", "commute", "school")
#: Exhibits that need figures by age, and sources that have none by five years.
BY_AGE = (Kind.BY_AGE, Kind.PYRAMID, Kind.COHORTS, Kind.UNKNOWN_AGES)
_WITHOUT_AGES = ("ssdse_a",)


def _single(indicator: Indicator) -> bool:
    """Whether it has one figure for a place: neither only by parts nor a projection by rates."""
    recipe = indicator.recipe
    if isinstance(recipe, RateTimesPopulation):
        return False
    return not any(term.part == "same" for term in (recipe.used if recipe is not None else ()))
