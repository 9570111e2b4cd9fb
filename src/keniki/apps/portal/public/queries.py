"""What each public page shows, put together from published records only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from keniki.apps.activities.models import Activity, Photo
from keniki.apps.activities.queries import Filter, Line
from keniki.apps.compacts.models import Agreement, AgreementVersion, AnnexItem, Initiative, Kpi
from keniki.apps.documents import queries as documents
from keniki.apps.documents.models import Build, BuildFile
from keniki.apps.portal import kpis as standings
from keniki.apps.portal import map as maps
from keniki.apps.portal.kpis import Standing
from keniki.apps.portal.queries import when_of
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Region, RegionMembership, Sourced
from keniki.core.fiscal_year import FiscalYear, format_short
from keniki.press import charts
from keniki.rulebooks import programmes as rules
from keniki.rulebooks.kpi import status_rule
from keniki.rulebooks.loader import RuleUnknown

from . import published
from .published import Period, PublishedVision

WIDE, NARROW = 720.0, 340.0


@dataclass(frozen=True)
class Origin:
    """Where a figure was taken from, as the source popover prints it."""

    edition: str
    note: str = ""


def origin_of(record: Sourced) -> Origin | None:
    """The record's source with the place in it; None without one."""
    if record.source is None:
        return None
    place = f"「{record.source_place}」" if record.source_place else ""
    publisher = f"（{record.source.publisher}）" if record.source.publisher else ""
    return Origin(f"{record.source.title}{publisher}{place}", record.source_flag)


@dataclass(frozen=True)
class Figure:
    """A fact with its origin; `value` is without the zeros the database adds."""

    fact: Fact
    origin: Origin | None

    @property
    def value(self) -> Decimal | int | None:
        number = self.fact.value
        if number is None:
            return None
        return int(number) if number == number.to_integral_value() else number.normalize()


@dataclass(frozen=True)
class MemberRow:
    """A member today with its newest figures."""

    membership: RegionMembership
    population: Figure | None
    forecast: Figure | None
    area: Figure | None

    @property
    def change(self) -> Decimal | None:
        """The change from population to forecast, as a fraction."""
        if self.population is None or self.forecast is None or not self.population.fact.value:
            return None
        return (self.forecast.fact.value or Decimal(0)) / self.population.fact.value - 1

    @property
    def percent(self) -> str:
        """The change in percent with one decimal, minus as ▲; empty where it is not known."""
        if self.change is None:
            return ""
        rounded = round(self.change * 100, 1)
        return f"{'▲' if rounded < 0 else ''}{abs(rounded):.1f}"


@dataclass(frozen=True)
class Listed:
    """A region on the first page."""

    region: Region
    members: list[RegionMembership]


def listed() -> list[Listed]:
    """Every region with its members today, real ones first."""
    today = timezone.localdate()
    by_region: dict[int, list[RegionMembership]] = defaultdict(list)
    rows = RegionMembership.objects.filter(valid__contains=today).select_related("municipality")
    for row in rows.order_by("order"):
        by_region[row.region_id].append(row)
    found = Region.objects.select_related("secretariat").order_by("fictional", "slug")
    return [Listed(region, by_region[region.pk]) for region in found]


def members(region: Region) -> list[MemberRow]:
    """Today's members in the region's order, with population, forecast and area."""
    figures = regions.facts(region, "population", "projected_population", "area")
    return [
        MemberRow(
            row,
            *(
                _newest(figures, name, row.municipality_id)
                for name in ("population", "projected_population", "area")
            ),
        )
        for row in regions.members_on(region)
    ]


def whole(region: Region) -> dict[str, Figure | None]:
    """The region's own newest figures: population, forecast, area."""
    figures = regions.facts(region, "population", "projected_population", "area")
    return {
        "population": _newest(figures, "population", None),
        "forecast": _newest(figures, "projected_population", None),
        "area": _newest(figures, "area", None),
    }


def _newest(figures: Sequence[Fact], indicator: str, town: int | None) -> Figure | None:
    own = [
        row
        for row in figures
        if row.indicator == indicator
        and row.municipality_id == town
        and row.value is not None
        and not row.dimension
    ]
    if not own:
        return None
    fact = max(own, key=lambda row: (row.as_of or date.min, row.pk))
    return Figure(fact, origin_of(fact))


def places(region: Region, rows: Sequence[MemberRow]) -> list[maps.Place]:
    """The members as places of a map, each a link to its row on the members' page."""
    url = reverse("public:members", args=[region.slug])
    return [
        maps.Place(
            code=row.membership.municipality.code,
            name=row.membership.municipality.name,
            latitude=_float(row.membership.municipality.latitude),
            longitude=_float(row.membership.municipality.longitude),
            population=int(row.population.value or 0) if row.population else None,
            centre=row.membership.role == RegionMembership.Role.CENTRE,
            url=f"{url}#m{row.membership.municipality.code}",
            note=f"{row.population.value:,}人" if row.population else "",
        )
        for row in rows
    ]


def both_maps(region: Region, rows: Sequence[MemberRow]) -> list[tuple[str, maps.Map]]:
    """The map for wide screens, and with names only for narrow ones."""
    found = places(region, rows)
    return [
        ("wide", maps.draw(found, width=WIDE)),
        ("narrow", maps.draw([replace(place, note="") for place in found], width=NARROW)),
    ]


@dataclass(frozen=True)
class Step:
    """A line of the region's timeline."""

    when: str
    title: str
    text: str
    track: str
    origin: Origin | None


def steps(region: Region) -> list[Step]:
    """What the region has gone through, oldest first."""
    return [
        Step(when_of(row), row.title, row.text, row.get_track_display(), origin_of(row))
        for row in published.milestones(region)
    ]


@dataclass(frozen=True)
class ActivityCard:
    """An activity with its printed lines and public photos."""

    activity: Activity
    lines: list[Line]
    photos: list[Photo]

    @property
    def none(self) -> bool:
        return self.activity.state == Activity.State.NONE


def cards(region: Region, rows: Sequence[Activity]) -> list[ActivityCard]:
    by_activity: dict[int | None, list[Photo]] = defaultdict(list)
    for photo in published.photos(region):
        by_activity[photo.activity_id].append(photo)
    return [ActivityCard(row, published.lines_of(row), by_activity[row.pk]) for row in rows]


@dataclass(frozen=True)
class InitiativeGroup:
    """An initiative with what was done under it."""

    initiative: Initiative
    cards: list[ActivityCard]

    @property
    def done(self) -> list[ActivityCard]:
        return [card for card in self.cards if not card.none]


@dataclass(frozen=True)
class YearGroup:
    """A fiscal year with its initiatives."""

    year: int
    groups: list[InitiativeGroup]


@dataclass(frozen=True)
class ActivityList:
    """The activities' page: the years and initiatives to choose from, and what is shown of them."""

    years: list[int]
    initiatives: list[Initiative]
    year: int | None
    initiative: Initiative | None
    found: list[YearGroup]
    number: int


def activity_list(region: Region, year: str, initiative: str) -> ActivityList:
    """What was done by year and initiative; without a choice the newest year with anything is shown."""
    everything = published.activities_of(region)
    years = sorted({row.fiscal_year for row in everything}, reverse=True)
    shown = published.initiatives(region)
    chosen = next((row for row in shown if row.slug == initiative), None)
    number = int(year) if year.isdecimal() and int(year) in years else None
    if number is None and chosen is None and years:
        done = [row.fiscal_year for row in everything if row.state == Activity.State.DONE]
        number = max(done, default=years[0])
    rows = [
        row
        for row in everything
        if (number is None or row.fiscal_year == number)
        and (chosen is None or row.initiative_id == chosen.pk)
    ]
    ready = cards(region, rows)
    by_year: dict[int, dict[int, list[ActivityCard]]] = defaultdict(lambda: defaultdict(list))
    for card in ready:
        by_year[card.activity.fiscal_year][card.activity.initiative_id].append(card)
    found = [
        YearGroup(
            y,
            [InitiativeGroup(row, by_year[y][row.pk]) for row in shown if by_year[y].get(row.pk)],
        )
        for y in sorted(by_year, reverse=True)
    ]
    return ActivityList(years, shown, number, chosen, found, sum(not card.none for card in ready))


def initiative_years(region: Region, initiative: Initiative) -> list[tuple[int, list[ActivityCard]]]:
    """The initiative's years with what was done in them, the newest first."""
    by_year: dict[int, list[ActivityCard]] = defaultdict(list)
    for card in cards(region, published.activities_of(region, initiative=initiative)):
        by_year[card.activity.fiscal_year].append(card)
    return sorted(by_year.items(), reverse=True)


def newest(region: Region, limit: int = 4) -> list[ActivityCard]:
    """What was done last, those with photos first."""
    rows = [row for row in published.activities_of(region) if row.state == Activity.State.DONE]
    rows.sort(key=lambda row: (row.fiscal_year, row.starts_on or date.min, row.pk), reverse=True)
    found = cards(region, [row for row in rows if row.fiscal_year == rows[0].fiscal_year])
    return sorted(found, key=lambda card: not card.photos)[:limit]


@dataclass(frozen=True)
class AnnexRow:
    """An annex item with its measures and roles, and the published initiatives that carry it out."""

    item: AnnexItem
    roles: list[tuple[str, list[str]]]
    initiatives: list[Initiative]


def annex(region: Region, text: AgreementVersion) -> list[AnnexRow]:
    """The annex of an agreement's text."""
    towns = {
        row.municipality.code: row.municipality.name
        for row in region.memberships.select_related("municipality")
    }
    carried: dict[tuple[int, str], list[Initiative]] = defaultdict(list)
    for initiative in published.initiatives(region):
        for link in initiative.annex_links.all():
            carried[link.agreement_id, link.key].append(initiative)
    return [
        AnnexRow(
            item,
            [
                ("・".join(towns.get(code, code) for code in role.municipalities), role.items)
                for role in item.roles.all()
            ],
            carried[text.agreement_id, item.key],
        )
        for item in text.annex_items.all()
    ]


def status_statement() -> str:
    """The rule by which a KPI's standing is judged, as printed under the table."""
    return status_rule(timezone.localdate()).value.statement


def field_names(programme: str) -> dict[str, str]:
    """The programme's policy fields by key."""
    if not programme:
        return {}
    try:
        rule = rules.policy_fields(programme, timezone.localdate())
    except RuleUnknown:
        return {}
    return {row.key: row.name for row in rule.value.fields}


@dataclass(frozen=True)
class KpiSheet:
    """A KPI with its standing and the rows of its table: (fiscal year, target, actual)."""

    standing: Standing
    rows: list[tuple[int, Decimal | None, Decimal | None]]
    baseline: str
    origin: Origin | None

    @property
    def kpi(self) -> Kpi:
        return self.standing.kpi

    @property
    def actual(self) -> Decimal | None:
        """The actual of the year that is judged."""
        return _plain(self.standing.actual)


def kpi_sheets(region: Region) -> list[KpiSheet]:
    """The published KPIs, each judged in the last year that is over and has an actual."""
    year = FiscalYear.of(timezone.localdate()).previous
    return [sheet(_newest_standing(kpi, year)) for kpi in published.kpis(region)]


def _newest_standing(kpi: Kpi, year: FiscalYear) -> Standing:
    found = standings.standing(kpi, year)
    known = [each for each in found.actuals if each <= int(found.year)]
    if found.actual is None and known:
        return standings.standing(kpi, FiscalYear(max(known)))
    return found


def sheet(standing: Standing) -> KpiSheet:
    """One KPI's table."""
    kpi = standing.kpi
    targets = {row.fiscal_year: row.value for row in kpi.targets.all()}
    years = sorted(
        targets.keys() | {year for year in standing.actuals if not targets or year >= min(targets)}
    )
    return KpiSheet(
        standing,
        [(year, _plain(targets.get(year)), _plain(standing.actuals.get(year))) for year in years],
        baseline_words(kpi),
        origin_of(kpi),
    )


def baseline_words(kpi: Kpi) -> str:
    """「612人（R1～R3平均）」; empty without a baseline."""
    if kpi.baseline_value is None:
        return ""
    years = [FiscalYear(int(year)) for year in kpi.baseline_years]
    label = kpi.baseline_label or "、".join(format_short(year) for year in years)
    return f"{_plain(kpi.baseline_value):,}{kpi.unit}" + (f"（{label}）" if label else "")


#: Widths of a chart's drawing area: beside another one, and on a phone.
CHART_WIDTHS = {"wide": 430, "narrow": 250}


def kpi_chart(found: KpiSheet, width: int) -> charts.Chart:
    """The chart of a KPI's table, drawn `width` units wide; the baseline stands at its last year."""
    kpi = found.kpi
    years = [int(year) for year in kpi.baseline_years]
    base = charts.KpiPoint(format_short(max(years)), _plain(kpi.baseline_value)) if years else None
    axis = list(
        dict.fromkeys(format_short(y) for y in sorted({*years[-1:], *(row[0] for row in found.rows)}))
    )
    chart = charts.kpi_line(
        kpi.name,
        kpi.unit,
        kpi.direction,  # type: ignore[arg-type]
        baseline=base if base and base.value is not None else None,
        targets=[
            charts.KpiPoint(format_short(y), target) for y, target, _ in found.rows if target is not None
        ],
        actuals=[
            charts.KpiPoint(format_short(y), actual) for y, _, actual in found.rows if actual is not None
        ],
        years=axis,
    )
    return replace(chart, spec={**chart.spec, "width": width, "height": 220})


@dataclass(frozen=True)
class VisionPage:
    """A published vision with its goals by field and its KPIs."""

    published: PublishedVision
    goals: list[tuple[str, str]]
    initiatives: list[Initiative]
    kpis: list[KpiSheet] = field(default_factory=list)


def vision_pages(region: Region) -> list[VisionPage]:
    """Every published vision; KPIs that belong to no vision follow the newest one."""
    found = published.visions(region)
    shown = published.initiatives(region)
    sheets = kpi_sheets(region)
    pages = []
    for number, row in enumerate(found):
        names = field_names(row.programme)
        own = [
            each
            for each in sheets
            if _vision_id(each.kpi) == row.vision.pk or (_vision_id(each.kpi) is None and number == 0)
        ]
        pages.append(
            VisionPage(
                row,
                [(names.get(key, ""), text) for key, text in row.goals],
                [each for each in shown if each.vision_id == row.vision.pk],
                own,
            )
        )
    return pages


def _vision_id(kpi: Kpi) -> int | None:
    return kpi.vision_id or (kpi.initiative.vision_id if kpi.initiative else None)


@dataclass(frozen=True)
class PublicDocument:
    """A published document with its downloads."""

    build: Build
    downloads: list[BuildFile]


def public_documents(region: Region) -> list[PublicDocument]:
    return [
        PublicDocument(build, documents.files(build)["downloads"])
        for build in documents.public_builds(region)
    ]


@dataclass(frozen=True)
class Home:
    """The region's first page."""

    rows: list[MemberRow]
    maps: list[tuple[str, maps.Map]]
    figures: dict[str, Figure | None]
    programmes: list[Period]
    steps: list[Step]
    initiatives: list[tuple[Initiative, list[int]]]
    newest: list[ActivityCard]
    agreements: list[Agreement]
    visions: list[PublishedVision]
    documents: list[PublicDocument]


def home(region: Region) -> Home:
    """All of the region's first page."""
    rows = members(region)
    years: dict[int, set[int]] = defaultdict(set)
    for row in published.activities_of(region, only=Filter()):
        if row.state == Activity.State.DONE:
            years[row.initiative_id].add(row.fiscal_year)
    return Home(
        rows=rows,
        maps=both_maps(region, rows),
        figures=whole(region),
        programmes=published.programmes(region),
        steps=steps(region),
        initiatives=[(row, sorted(years[row.pk])) for row in published.initiatives(region)],
        newest=newest(region),
        agreements=published.agreements(region),
        visions=published.visions(region),
        documents=public_documents(region),
    )


def _plain(value: Decimal | None) -> Decimal | None:
    """A stored decimal without the zeros the database adds."""
    if value is None:
        return None
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
