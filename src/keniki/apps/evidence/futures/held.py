"""Populations that the store holds: censuses, published projections, registered moves. Official editions only."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Left

from keniki.analysis.ages import AgeClass
from keniki.analysis.population import History, Population
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from ..models import Area, AreaMember, Edition, Figure, Series
from ..queries import contents_mark, visible_editions
from .counting import FIRST, NOBODY, SEXES, Cell, Counted, counted, five_year_classes, series

#: A series that fewer municipalities have is no census of the country.
_FEWEST = 2


@dataclass(frozen=True)
class Used:
    """An edition figures came from and one SHA-256 over those of its files: what makes a result repeatable."""

    edition: str
    title: str
    source: str
    files: int
    digest: str


@dataclass(frozen=True)
class Held:
    """Populations by year with the editions they came from; `edition_of` is each year's, by its key."""

    years: dict[int, Counted]
    used: tuple[Used, ...]
    edition_of: Mapping[int, str] = field(default_factory=dict)

    def used_until(self, year: int) -> tuple[Used, ...]:
        """The editions of the years up to this one."""
        there = {edition for when, edition in self.edition_of.items() if when <= year}
        return tuple(each for each in self.used if each.edition in there)

    @property
    def history(self) -> History:
        """The newest censuses that follow on one another every five years, under the codes of today."""
        return series(self.years).merged(successors())


def censuses() -> Held:
    """Every census by sex and five-year age that the store holds: of each year the edition most municipalities are in.

    Kept in the process until the store changes.
    """
    return _censuses(contents_mark(None))


def censuses_of(codes: Sequence[str]) -> Held:
    """The same of a few municipalities (five digits) and what they merged from; read anew each time."""
    wanted = set(codes)
    wanted |= {former for former, now in successors().items() if now in wanted}
    return _held("population", visible_editions(None), Series.Status.OFFICIAL, wanted)


def projected(source: str) -> Held:
    """A published projection by sex and five-year age, of the source with this name; no years where there is none."""
    return _projected(source, contents_mark(None))


def totals_projected(
    source: str, wanted: Sequence[str]
) -> tuple[dict[int, dict[str, list[float]]], tuple[Used, ...]]:
    """Totals of a published projection by year and five-digit code, one for each of the indicators."""
    editions = visible_editions(None).filter(source__slug=source)
    found: dict[int, dict[str, dict[str, float]]] = {}
    lines = _undivided(editions, wanted)
    for pk, code, value, _ in _last_forms(lines):
        if value is not None:
            found.setdefault(lines[pk].year, {}).setdefault(code[:5], {})[lines[pk].indicator] = value
    whole = {
        year: {
            code: [by[each] for each in wanted]
            for code, by in sorted(codes.items())
            if len(by) == len(wanted)
        }
        for year, codes in sorted(found.items())
    }
    return whole, tuple(used_of(edition) for edition in editions)


def moves(year: int) -> tuple[dict[str, float], dict[str, float], int | None, tuple[Used, ...]]:
    """Persons who moved out and in a year by municipality, of the year nearest to `year` both are held of."""
    by: dict[str, dict[int, dict[str, float]]] = {"moves_out": {}, "moves_in": {}}
    editions = {edition.pk: edition for edition in visible_editions(None)}
    seen: dict[int, set[int]] = {}
    lines = _undivided(editions, list(by))
    for pk, code, value, _ in _last_forms(lines):
        row = lines[pk]
        if value is not None:
            by[row.indicator].setdefault(row.year, {})[code[:5]] = value
            seen.setdefault(row.year, set()).add(row.edition_id)
    both = sorted(by["moves_out"].keys() & by["moves_in"].keys(), key=lambda when: (abs(when - year), -when))
    if not both:
        return {}, {}, None, ()
    nearest = both[0]
    used = tuple(used_of(editions[pk]) for pk in sorted(seen[nearest]))
    return by["moves_out"][nearest], by["moves_in"][nearest], nearest, used


def successors() -> dict[str, str]:
    """The code of today by former five-digit code, where a municipality merged or got another code.

    As the list of municipalities has it, and as the census tells of the former municipalities in each of today.
    """
    rows = {
        row.pk: row
        for row in Municipality.objects.exclude(successor=None, predecessors=None).only(
            "code", "successor_id"
        )
    }
    found = _told_by_the_census(contents_mark(None)).copy()
    for row in rows.values():
        last, steps = row, 0
        while last.successor_id in rows and steps < len(rows):
            last, steps = rows[last.successor_id], steps + 1
        if last.code != row.code:
            found[row.five_digits] = last.five_digits
    return {code: found.get(now, now) for code, now in found.items()}


def codes_of_today(codes: Iterable[str]) -> str:
    """A sentence on those of some five-digit codes that are another one today; empty where none is."""
    now = successors()
    said = "、".join(f"{code}は{now[code]}" for code in codes if code in now)
    return f"今の団体コードは、{said}です。" if said else ""


@lru_cache(maxsize=2)
def _told_by_the_census(mark: str) -> dict[str, str]:
    """Former municipalities (旧市町村) with a code of their own that lie in one municipality of an official table."""
    official = Figure.objects.filter(
        area=OuterRef("area"), series__edition__in=visible_editions(None).order_by()
    )
    rows = list(
        AreaMember.objects.filter(
            Exists(official), area__kind=Area.Kind.FORMER, area__code__regex=r"^\d{6}$", partly=False
        ).values_list("area__code", "code")
    )
    now: dict[str, set[str]] = {}
    for code, to in rows:
        now.setdefault(code[:5], set()).add(to[:5])
    today = {to[:5] for _, to in rows}
    return {code: min(to) for code, to in now.items() if len(to) == 1 and code not in today}


def base_population(held: Held, name: str) -> Population:
    """The census called `census2020`. WrongInput names the censuses there are."""
    word, year = name[:6], name[6:]
    there = {f"census{each}": each for each in held.years}
    if name in there:
        return held.years[there[name]].population
    known = "、".join(there) or "まだありません"
    what = f"{year}年の国勢調査" if word == "census" and year.isdecimal() else f"「{name}」"
    raise WrongInput(
        f"{what}（男女、年齢5歳階級別の人口）が読み込まれていません。ある基準人口: {known}。"
        "e-Stat の表を keniki data import で読み込んでください。",
        column="--base",
    )


@lru_cache(maxsize=2)
def _censuses(mark: str) -> Held:
    return _held("population", visible_editions(None), Series.Status.OFFICIAL)


@lru_cache(maxsize=4)
def _projected(source: str, mark: str) -> Held:
    return _held("projected_population", visible_editions(None).filter(source__slug=source), None)


def _held(
    indicator: str, editions: Iterable[Edition], status: str | None, codes: Collection[str] | None = None
) -> Held:
    known = {edition.pk: edition for edition in editions}
    rows = Series.objects.filter(
        edition__in=known, indicator=indicator, sex__in=SEXES, age_from__isnull=False, part=""
    )
    if status is not None:
        rows = rows.filter(status=status)
    lines = {row.pk: row for row in rows.only("edition_id", "year", "sex", "age_from", "age_to")}
    best = _best(lines)
    cells: list[Cell] = []
    chosen = [pk for pk, row in lines.items() if best.get(row.year) == row.edition_id]
    for pk, code, value, text in _last_forms(chosen, codes):
        row = lines[pk]
        if value is None:
            if text.strip() not in NOBODY:
                continue
            value = 0.0
        cells.append(Cell(code[:5], row.year, row.sex, (row.age_from or 0, row.age_to), value))
    return Held(
        counted(cells),
        tuple(used_of(known[pk]) for pk in sorted(set(best.values()))),
        {year: known[pk].key for year, pk in best.items()},
    )


def _undivided(editions: Iterable[Any], indicators: Sequence[str]) -> dict[int, Series]:
    rows = Series.objects.filter(
        edition__in=editions, indicator__in=indicators, sex="", age_from=None, part=""
    )
    return {row.pk: row for row in rows.only("edition_id", "indicator", "year")}


def _best(lines: dict[int, Series]) -> dict[int, int]:
    """The edition to read of each year: with five-year classes, of most municipalities, then the one loaded last."""
    first: dict[tuple[int, int], int] = {}
    ages: dict[tuple[int, int], set[AgeClass]] = {}
    for pk, row in lines.items():
        if row.sex == SEXES[0]:
            ages.setdefault((row.year, row.edition_id), set()).add((row.age_from or 0, row.age_to))
            if (row.age_from, row.age_to) == FIRST:
                first[row.year, row.edition_id] = pk
    first = {of: pk for of, pk in first.items() if five_year_classes(ages[of])}
    counts: dict[int, int] = {}
    for pk, *_ in _last_forms(first.values()):
        counts[pk] = counts.get(pk, 0) + 1
    found: dict[int, tuple[int, int]] = {}
    for (year, edition), pk in first.items():
        if counts.get(pk, 0) >= _FEWEST:
            found[year] = max(found.get(year, (0, 0)), (counts[pk], edition))
    return {year: edition for year, (_, edition) in found.items()}


def _last_forms(
    chosen: Iterable[int], of: Collection[str] | None = None
) -> Iterator[tuple[int, str, float | None, str]]:
    """Series, six-digit code, value and words of every municipality's figure of these series, as last corrected.

    With `of` (five digits) of these municipalities only.
    """
    wanted = list(chosen)
    areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY)
    if of is not None:
        areas = areas.annotate(five=Left("code", 5)).filter(five__in=list(of))
    codes = dict(areas.values_list("pk", "code"))
    corrections = {
        row[0]: row[1:]
        for row in Figure.objects.filter(corrects__isnull=False, series__in=wanted).values_list(
            "corrects_id", "pk", "value", "text"
        )
    }
    figures = Figure.objects.filter(corrects=None, series__in=wanted)
    if of is not None:
        figures = figures.filter(area__in=list(codes))
    rows = figures.values_list("pk", "series_id", "area_id", "value", "text")
    for pk, series_id, area, value, text in rows.iterator(chunk_size=20_000):
        if area not in codes:
            continue
        while pk in corrections:
            pk, value, text = corrections[pk]
        yield series_id, codes[area], value, text


def used_of(edition: Edition) -> Used:
    """An edition with one hash over its files."""
    digests = sorted(edition.files.values_list("digest", flat=True))
    whole = hashlib.sha256("".join(digests).encode()).hexdigest()
    return Used(edition.key, edition.title, edition.source.title, len(digests), whole)
