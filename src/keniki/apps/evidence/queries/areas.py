"""Reading areas other than municipalities: those that touch a region, with members and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on

from ..models import Area, AreaMember, Figure, Series
from .editions import visible_editions
from .figures import WHOLE, FigureView, current, headings_of, view_of
from .flows import area_names

#: In the order of the page.
KINDS = (Area.Kind.FORMER, Area.Kind.MEDICAL, Area.Kind.FIRE, Area.Kind.SCHOOL, Area.Kind.OTHER)


@dataclass(frozen=True)
class AreaTown:
    """A municipality an area covers, wholly or in part; whether it is a member of the region."""

    code: str
    name: str
    inside: bool
    partly: bool


@dataclass(frozen=True)
class AreaView:
    """An area that touches a region. `beyond` areas reach out of it: their figures are never part of its sums."""

    area: Area
    towns: Sequence[AreaTown]

    @property
    def beyond(self) -> bool:
        return self.area.beyond_region or any(not town.inside for town in self.towns)


@dataclass(frozen=True)
class AreaKind:
    """The areas of one kind."""

    label: str
    areas: Sequence[AreaView]


def areas_touching(region: Region) -> list[AreaKind]:
    """The areas with figures that cover members of the region, by kind; constant number of queries."""
    views = _views(region, _touching(region).filter(kind__in=KINDS))
    return [
        AreaKind(str(kind.label), found)
        for kind in KINDS
        if (found := [view for view in views if view.area.kind == kind])
    ]


def area_for(region: Region, pk: int) -> AreaView:
    """One area that touches the region; 404 for any other."""
    found = _views(region, _touching(region).filter(kind__in=KINDS, pk=pk))
    if not found:
        raise Http404("地域が見つかりません。")
    return found[0]


def figures_of(region: Region, area: Area) -> list[FigureView]:
    """The newest figure of every indicator of an area, by the indicator's name; of the whole population."""
    series = Series.objects.filter(edition__in=visible_editions(region), **WHOLE)
    newest: dict[tuple[str, str], Figure] = {}
    for row in sorted(
        current(series, Area.objects.filter(pk=area.pk)),
        key=lambda row: (row.series.year, row.series.edition.imported_at, row.pk),
    ):
        newest[row.series.indicator, row.series.unit] = row
    labels = headings_of(list(newest.values()))
    return sorted((view_of(row, labels) for row in newest.values()), key=lambda view: view.title)


def _touching(region: Region) -> QuerySet[Area]:
    """Areas with figures the region reads that cover one of its members."""
    codes = [row.municipality.code for row in members_on(region)]
    covered = AreaMember.objects.filter(area=OuterRef("pk"), code__in=codes)
    told = Figure.objects.filter(area=OuterRef("pk"), series__edition__in=visible_editions(region))
    return Area.objects.filter(Exists(covered), Exists(told))


def _views(region: Region, areas: QuerySet[Area]) -> list[AreaView]:
    found = list(areas.prefetch_related("members").order_by("code"))
    members = {row.municipality.code: row.municipality.name for row in members_on(region)}
    covered: dict[int, list[tuple[str, bool]]] = {}
    for area in found:
        part = area.kind == Area.Kind.FORMER
        covered[area.pk] = [(each.code, each.partly or part) for each in area.members.all()]
    names = area_names({code for towns in covered.values() for code, _ in towns}) | members
    return [
        AreaView(
            area,
            [
                AreaTown(code, names.get(code, code), code in members, partly)
                for code, partly in sorted(
                    covered[area.pk], key=lambda pair: (pair[0] not in members, pair[0])
                )
            ],
        )
        for area in found
    ]
