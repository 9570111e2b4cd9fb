"""Reading a rule's basis figures: the grid of towns and bases, and what the statistics store has of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.urls import reverse

from keniki.apps.evidence.models import Series
from keniki.apps.evidence.queries import (
    FigureView,
    figures,
    indicator_name,
    known_editions,
    unit_name,
    visible_editions,
)
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.indicators import Aggregation, Timing, catalogue
from keniki.rulebooks.sharing import BasisSpec

from ..models import BasisFigure
from ..sharing.as_of import day_of, last_day_of

#: The indicator a basis means, by words in its name and source, tried in this order.
_MEANS: Final = (
    (("住民基本台帳", "住基"), "registered_population"),
    (("可住地",), "habitable_area"),
    (("基準財政需要",), "basic_fiscal_demand"),
    (("基準財政収入",), "basic_fiscal_revenue"),
    (("財政力",), "fiscal_strength_index"),
    (("世帯",), "households"),
    (("面積",), "total_area"),
    (("人口",), "population"),
)
#: Taken where the store has nothing of the indicator meant.
_INSTEAD: Final = {"registered_population": "population"}
_ALSO: Final = ("fiscal_strength_index",)
_PLACES: Final = Decimal("0.0001")
_LONGEST: Final = 120


@dataclass(frozen=True)
class Held:
    """A town's figure of a basis as the store has it, with where it stands."""

    value: Decimal
    cell: str
    url: str

    @property
    def shown(self) -> Decimal:
        """The value without the zeros behind its last figure."""
        return plain_number(self.value)


@dataclass(frozen=True)
class Offer:
    """One edition's figures of an indicator for one time: what could be taken for a basis.

    `day` is the last day the figures are of; `lacking` are the towns without one.
    """

    key: str
    edition: str
    title: str
    period: str
    day: date
    unit: str
    held: Mapping[str, Held]
    lacking: tuple[Municipality, ...]
    url: str

    @property
    def is_whole(self) -> bool:
        return not self.lacking


def indicators_held(region: Region) -> list[tuple[str, str]]:
    """The indicators of official editions whose figures measure something of a town, with their names."""
    book = catalogue(today())
    rows = Series.objects.filter(edition__in=visible_editions(region), status=Series.Status.OFFICIAL)
    held = set(rows.order_by().values_list("indicator", flat=True).distinct())
    return [
        (key, book[key].name)
        for key in sorted(held & set(book.indicators), key=lambda each: book[each].name)
        if book[key].aggregation == Aggregation.SUM or key in _ALSO
    ]


def indicator_for(key: str, basis: BasisSpec, held: Iterable[str]) -> str:
    """The indicator to take for a basis: what it means, else what comes near it; empty where the store has neither."""
    known, meant = set(held), indicator_meant(key, basis)
    return next((each for each in (meant, _INSTEAD.get(meant, "")) if each in known), "")


def indicator_meant(key: str, basis: BasisSpec) -> str:
    """The indicator that a basis means as far as its words tell, whether there are figures of it or not."""
    words = f"{basis.label} {basis.source} {basis.column}"
    told = next((indicator for parts, indicator in _MEANS if any(part in words for part in parts)), "")
    return told or (key if key in catalogue(today()) else "")


def day_for(basis: BasisSpec, year: int) -> date:
    """The day of a basis in a fiscal year: as its rule says, else the first of the year."""
    return day_of(basis.as_of, year) or FiscalYear(year).first_day


def offers(region: Region, towns: Sequence[Municipality], indicator: str, on: date) -> list[Offer]:
    """The official figures of an indicator that are of a time up to the day: the whole ones first, then the newest;
    of one year those that say their day.

    Figures that stand apart for men and women only are added up.
    """
    rows = figures(
        [town.code for town in towns], [indicator], region=region, divided=True, kinds=["municipality"]
    )
    book = catalogue(today())
    fiscal = indicator in book and book[indicator].timing == Timing.FISCAL_YEAR
    groups: dict[tuple[str, str, int, str, str], list[FigureView]] = defaultdict(list)
    for row in rows:
        if row.value is None or row.value < 0 or row.status != Series.Status.OFFICIAL:
            continue
        if row.age_from is None and not row.part and last_day_of(row.period, row.year, fiscal=fiscal) <= on:
            groups[row.source, row.edition, row.year, row.period, row.unit].append(row)
    editions = {
        (each.source.slug, each.key): each
        for each in known_editions(region).filter(key__in={key[1] for key in groups})
    }
    found = []
    for (source, key, year, period, unit), listed in groups.items():
        edition = editions[source, key]
        held = _held(region, listed)
        if not held:
            continue
        found.append(
            Offer(
                f"{edition.pk}-{period}-{unit}",
                f"{source}/{key}"[:_LONGEST],
                f"{listed[0].source_title} {listed[0].edition_title}".strip(),
                period,
                last_day_of(period, year, fiscal=fiscal),
                unit_name(unit),
                held,
                tuple(town for town in towns if town.code not in held),
                reverse("evidence:edition", args=[region.slug, edition.pk]),
            )
        )
    found.sort(key=lambda o: (len(o.held), o.day.year, len(o.period), o.day, o.key), reverse=True)
    return found


def _held(region: Region, rows: Iterable[FigureView]) -> dict[str, Held]:
    whole: dict[str, FigureView] = {}
    halves: dict[str, dict[str, FigureView]] = defaultdict(dict)
    for row in rows:
        if row.sex:
            halves[row.code][row.sex] = row
        else:
            whole.setdefault(row.code, row)
    found = {code: _one(region, [row]) for code, row in whole.items()}
    for code, both in halves.items():
        if code not in found and len(both) == 2:
            found[code] = _one(region, list(both.values()))
    return found


def _one(region: Region, rows: Sequence[FigureView]) -> Held:
    value = sum((Decimal(str(row.value)) for row in rows), Decimal(0)).quantize(_PLACES)
    places = [f"{row.cell.row}行{row.cell.column}列" for row in rows if row.cell.row and row.cell.column]
    cell = f"{rows[0].cell.file} {'＋'.join(places)}".strip()
    return Held(value, cell[-_LONGEST:], reverse("evidence:figure", args=[region.slug, rows[0].pk]))


def edition_urls(region: Region, rows: Iterable[BasisFigure]) -> dict[str, str]:
    """Where the editions are shown from which figures were taken, by how figures name them."""
    names = {row.edition for row in rows if row.edition}
    if not names:
        return {}
    keys = {name.partition("/")[2] for name in names}
    return {
        name: reverse("evidence:edition", args=[region.slug, each.pk])
        for each in known_editions(region).filter(key__in=keys)
        if (name := f"{each.source.slug}/{each.key}"[:_LONGEST]) in names
    }


def plain_number(value: Decimal) -> Decimal:
    """The number without the zeros behind its last figure.

    >>> plain_number(Decimal("60000.0000")), plain_number(Decimal("0.4300"))
    (Decimal('60000'), Decimal('0.43'))
    """
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def name_of(indicator: str) -> str:
    """What the catalogue calls an indicator."""
    return indicator_name(indicator)
