"""Everything the store holds of some municipalities, their prefectures and the nation, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import Count, Q, Sum
from django.db.models.functions import Left

from keniki.analysis.ages import AgeClass
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import Aggregation, catalogue
from keniki.rulebooks.regions import prefectures

from ..models import Area, Edition, Figure, Series
from ..queries import contents_mark, visible_editions
from ..queries.words import ages_shown, sex_shown
from .borders import Borders, borders_of
from .flowing import counted

NATION = "000000"
#: A line with at least so many municipalities covers Japan and may be added up to the nation.
ALL_OF_JAPAN = 1_700
#: Marks that stand for nothing rather than for something unknown.
NOTHING = ("-", "－", "―")


@dataclass(frozen=True)
class Place:
    """A municipality, prefecture or the nation, by its six-digit code."""

    code: str
    name: str

    @property
    def prefecture(self) -> str:
        """The first two digits."""
        return self.code[:2]


@dataclass(frozen=True, slots=True)
class Held:
    """A figure of a place: its value, the words or mark that stand there, and the figures it was added up from."""

    value: float | None
    text: str = ""
    pks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of an edition in all places: what is counted, of whom, when; `cells` by code.

    Values are in the catalogue's unit, `unit` is the one they were stored in. `added` are the codes whose figure is
    the sum of all their municipalities'.
    """

    of: str
    sex: str
    age: AgeClass | None
    part: str
    year: int
    edition: int
    status: str
    unit: str
    series: int
    cells: Mapping[str, Held] = field(compare=False)
    added: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def of_whom(self) -> str:
        """The division it counts, in words; empty for everybody."""
        ages = ages_shown(*self.age) if self.age else ""
        return "・".join(word for word in (sex_shown(self.sex), ages, self.part) if word)

    def value(self, code: str) -> float | None:
        """The figure of a place; None where there is none or only a mark."""
        held = self.cells.get(code)
        return None if held is None else held.value


def narrowest(ages: Iterable[AgeClass]) -> list[AgeClass]:
    """The narrowest classes that follow one another from 0 up to an open one; empty where there is a gap."""
    found: list[AgeClass] = []
    there, first = list(ages), 0
    while starting := [age for age in there if age[0] == first]:
        age = min(starting, key=lambda each: float("inf") if each[1] is None else each[1])
        found.append(age)
        if age[1] is None:
            return found
        first = age[1] + 1
    return []


@dataclass(frozen=True)
class Vintage:
    """The lines of one indicator in one year of one edition."""

    year: int
    edition: Edition
    lines: tuple[Line, ...]

    def covers(self, codes: Sequence[str], part: str = "") -> int:
        """How many of these places have a figure in it: of the whole, or of a division where only these are there.

        With `part` (its kind or a member of it) only lines of that division count.
        """
        return max((self._in(line, codes) for line in self.lines if fits(line.part, part)), default=0)

    @staticmethod
    def _in(line: Line, codes: Sequence[str]) -> int:
        return sum(code in line.cells for code in codes)

    @property
    def estimated(self) -> bool:
        """Whether its figures are an estimate."""
        return any(line.status == Series.Status.ESTIMATED for line in self.lines)


def fits(part: str, asked: str) -> bool:
    """Whether a part (`industry:E`) is the one asked for, or of the kind asked for (`industry`)."""
    return not asked or part == asked or part.partition(":")[0] == asked


class Holdings:
    """What is held of `members` and of what they are compared with; `region` adds its own statistics.

    Of `indicators` only those are read, of the `undivided` among them no age classes. A constant number of queries,
    whatever is asked of it afterwards.
    """

    def __init__(
        self,
        members: Sequence[Place],
        region: Region | None = None,
        *,
        indicators: Iterable[str] | None = None,
        undivided: Iterable[str] = (),
        compared: bool = True,
    ) -> None:
        self.members = tuple(members)
        self.region = region
        book = catalogue(today())
        wanted = set(indicators) if indicators is not None else set(book.indicators)
        self.references = _compared_with(self.members) if compared else ()
        areas = Area.objects.filter(
            kind=Area.Kind.MUNICIPALITY, code__in=[place.code for place in self.members]
        )
        above = Area.objects.filter(
            kind__in=(Area.Kind.PREFECTURE, Area.Kind.NATION),
            code__in=[place.code for place in self.references],
        )
        self._areas = {row.pk: row for row in [*areas, *above]}
        self.editions = {row.pk: row for row in visible_editions(region)}
        self._lines = [*self._read(wanted, undivided), *self._counted(wanted)]
        if compared:
            self._lines = self._with_sums(self._lines)
        self._lines.extend(_both_sexes(self._lines))

    @cached_property
    def borders(self) -> Borders:
        """Where the members lie."""
        return borders_of(self.members, self.editions)

    @cached_property
    def vintages(self) -> Mapping[str, tuple[Vintage, ...]]:
        """Every indicator's lines by year and edition, the newest year first."""
        found: dict[str, dict[tuple[int, int], list[Line]]] = defaultdict(lambda: defaultdict(list))
        for line in self._lines:
            found[line.of][line.year, line.edition].append(line)
        return {
            indicator: tuple(
                Vintage(year, self.editions[edition], tuple(lines))
                for (year, edition), lines in sorted(
                    by_year.items(), key=lambda row: (-row[0][0], self._rank(indicator, row[0][1]))
                )
            )
            for indicator, by_year in found.items()
        }

    def _rank(self, indicator: str, edition: int) -> tuple[bool, int, float]:
        """Official editions first, in the catalogue's order of publications, of these the one loaded last."""
        row = self.editions[edition]
        published = [each.source for each in catalogue(today())[indicator].published]
        place = published.index(row.source.slug) if row.source.slug in published else len(published)
        return row.region_id is not None, place, -row.imported_at.timestamp()

    def _read(self, wanted: set[str], undivided: Iterable[str]) -> Iterator[Line]:
        book = catalogue(today())
        series = {
            row.pk: row
            for row in Series.objects.filter(edition__in=self.editions, indicator__in=wanted)
            .exclude(indicator__in=list(undivided), age_from__isnull=False)
            .only("edition_id", "indicator", "unit", "year", "sex", "age_from", "age_to", "part", "status")
        }
        cells: dict[int, dict[str, Held]] = defaultdict(dict)
        for pk, found, area, value, text in _last_forms(series, self._areas):
            cells[found][self._areas[area].code] = Held(value, text, (pk,))
        for pk, by_code in cells.items():
            row = series[pk]
            unit = book[row.indicator].unit
            if book[row.indicator].aggregation == Aggregation.SUM:
                by_code = {code: _nothing(held) for code, held in by_code.items()}
            try:
                converted = by_code if row.unit == unit else _converted(by_code, row.unit, unit)
            except WrongInput:
                # A unit of another kind: the figure is shown where it stands and not reckoned with.
                continue
            yield Line(
                row.indicator,
                row.sex,
                None if row.age_from is None else (row.age_from, row.age_to),
                row.part,
                row.year,
                row.edition_id,
                row.status,
                row.unit,
                pk,
                converted,
            )

    def _counted(self, wanted: set[str]) -> Iterator[Line]:
        """The lines that are sums of flows."""
        book = catalogue(today())
        codes = [place.code for place in self.members]
        for each in counted([book[name] for name in wanted], codes, self.region, self.editions):
            cells = {code: Held(value) for code, value in each.values.items()}
            status = Series.Status.OFFICIAL
            yield Line(
                each.indicator,
                "",
                None,
                "",
                each.year,
                each.edition,
                status,
                book[each.indicator].unit,
                0,
                cells,
            )

    def _with_sums(self, lines: list[Line]) -> list[Line]:
        """The lines; those without a row of prefecture or nation with the sums of all municipalities' figures."""
        book = catalogue(today())
        above = {place.code for place in self.references}
        lacking = [
            line.series
            for line in lines
            if line.series and book[line.of].aggregation == Aggregation.SUM and not above & line.cells.keys()
        ]
        sums = _SUMS.of(lacking)
        made = []
        for line in lines:
            found = {
                place.code: Held(book.converted(total, line.unit, book[line.of].unit))
                for place in self.references
                if (total := sums.get(line.series, {}).get(place.prefecture)) is not None
            }
            made.append(
                replace(line, cells={**line.cells, **found}, added=frozenset(found)) if found else line
            )
        return made


def _converted(cells: Mapping[str, Held], unit: str, to: str) -> dict[str, Held]:
    book = catalogue(today())
    return {
        code: held if held.value is None else replace(held, value=book.converted(held.value, unit, to))
        for code, held in cells.items()
    }


def _nothing(held: Held) -> Held:
    """A mark that stands for nothing counts as 0 and is still shown."""
    return replace(held, value=0.0) if held.value is None and held.text in NOTHING else held


def _compared_with(members: Sequence[Place]) -> tuple[Place, ...]:
    """The members' prefectures in their order, the nation last."""
    wanted = {place.prefecture for place in members}
    found = [Place(row.code, row.name) for row in prefectures(today()) if row.number in wanted]
    return (*found, Place(NATION, "全国"))


def _last_forms(series: Iterable[int], areas: Iterable[int]) -> list[tuple[int, int, int, float | None, str]]:
    """(figure, series, area, value, words) of every figure in its last form."""
    rows = Figure.objects.filter(series__in=list(series), area__in=list(areas)).values_list(
        "pk", "series_id", "area_id", "value", "text", "corrects_id"
    )
    newer = {row[5]: row for row in rows if row[5] is not None}
    found: list[tuple[int, int, int, float | None, str]] = []
    for row in rows:
        if row[5] is not None:
            continue
        last = row
        while last[0] in newer:
            last = newer[last[0]]
        found.append((last[0], row[1], row[2], last[3], last[4]))
    return found


class _Sums:
    """Sums over all municipalities by series and prefix of their codes; kept until the store changes."""

    def __init__(self) -> None:
        self.until = ""
        self.by_series: dict[int, dict[str, float]] = {}

    def of(self, series: Sequence[int]) -> dict[int, dict[str, float]]:
        """By series: the sum of each prefecture (`01`) and of the nation (`00`), where every municipality has a figure.

        Empty for a series that does not cover Japan. Wards of large cities are another kind of area: nothing counts
        twice. A mark for nothing (`-`) counts as 0, any other leaves its prefecture and the nation without a sum.
        """
        mark = contents_mark(None)
        if mark != self.until:
            self.by_series, self.until = {}, mark
        new = [pk for pk in series if pk not in self.by_series]
        if new:
            self.by_series |= self._added_up(new)
        return {pk: self.by_series[pk] for pk in series}

    def _added_up(self, series: Sequence[int]) -> dict[int, dict[str, float]]:
        rows = (
            Figure.objects.filter(series__in=series, corrections=None, area__kind=Area.Kind.MUNICIPALITY)
            .values("series", prefix=Left("area__code", 2))
            .annotate(
                total=Sum("value"),
                towns=Count("pk"),
                holes=Count("pk", filter=Q(value=None) & ~Q(text__in=NOTHING)),
            )
        )
        found: dict[int, dict[str, tuple[float, int, int]]] = {pk: {} for pk in series}
        for row in rows:
            found[row["series"]][row["prefix"]] = row["total"] or 0.0, row["towns"], row["holes"]
        sums: dict[int, dict[str, float]] = {}
        for pk, by_prefix in found.items():
            if sum(towns for _, towns, _ in by_prefix.values()) < ALL_OF_JAPAN:
                sums[pk] = {}
                continue
            sums[pk] = {prefix: total for prefix, (total, _, holes) in by_prefix.items() if not holes}
            if len(sums[pk]) == len(by_prefix):
                sums[pk][NATION[:2]] = sum(sums[pk].values())
        return sums


_SUMS = _Sums()


def _both_sexes(lines: Iterable[Line]) -> Iterator[Line]:
    """Men and women added up, where an edition has both and not their sum."""
    there = {(line.of, line.sex, line.age, line.part, line.year, line.edition): line for line in lines}
    for (of, sex, age, part, year, edition), men in there.items():
        women = there.get((of, "female", age, part, year, edition))
        if sex != "male" or women is None or (of, "", age, part, year, edition) in there:
            continue
        yield replace(
            men,
            sex="",
            cells={
                code: _together(held, women.cells[code])
                for code, held in men.cells.items()
                if code in women.cells
            },
            added=men.added | women.added,
        )


def _together(one: Held, other: Held) -> Held:
    if one.value is None or other.value is None:
        return Held(None, one.text or other.text)
    return Held(one.value + other.value, "", one.pks + other.pks)
