"""Reading grants and budget lines; every sum is computed from the lines, in yen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.http import Http404

from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Municipality, Region, RegionProgramme
from keniki.core import fiscal_year

from ..models import BudgetLine, Grant, GrantStep
from ..origins import JOINT, REVENUE, joint_origin
from ..steps import current, missing

Stage = BudgetLine.Stage

#: What is shown for money by year: the budget that is there, what was paid, what is left.
AVAILABLE = (Stage.INITIAL, Stage.SUPPLEMENTARY, Stage.TRANSFER, Stage.CARRIED_OVER)


@dataclass(frozen=True)
class GrantState:
    """A grant with the step whose amount holds now (see `steps.current`), and the steps nobody recorded."""

    grant: Grant
    step: GrantStep | None
    lacking: list[str] = field(default_factory=list)

    @property
    def amount(self) -> int | None:
        return self.step.amount if self.step is not None else None

    @property
    def provisional(self) -> bool:
        """Whether the amount is only announced or expected (交付予定額)."""
        step = self.step
        return step is not None and (step.provisional or step.step == GrantStep.Step.INFORMAL_NOTICE)


def grants_of(
    region: Region, first_year: int | None = None, last_year: int | None = None
) -> list[GrantState]:
    """The region's grants of these fiscal years, oldest first, in two queries."""
    rows = Grant.objects.filter(region=region).select_related("recipient", "source")
    if first_year is not None:
        rows = rows.filter(fiscal_year__gte=first_year)
    if last_year is not None:
        rows = rows.filter(fiscal_year__lte=last_year)
    rows = rows.prefetch_related(Prefetch("steps", GrantStep.objects.order_by("order")))
    return [state_of(grant) for grant in rows.order_by("fiscal_year", "programme", "slug")]


def state_of(grant: Grant) -> GrantState:
    """A grant's state from its steps."""
    steps = list(grant.steps.all())
    found: Any = current(steps)
    return GrantState(grant, found, missing(steps))


def grant_for(region: Region, slug: str) -> Grant:
    """One grant; 404 when the region has none of that name."""
    rows = Grant.objects.filter(region=region, slug=slug).select_related("recipient", "source")
    found: Grant | None = rows.prefetch_related(
        Prefetch("steps", GrantStep.objects.order_by("order"))
    ).first()
    if found is None:
        raise Http404("交付金が見つかりません。")
    return found


@dataclass(frozen=True)
class GrantRow:
    """One grant by name through the years: states by fiscal year."""

    programme: str
    title: str
    years: tuple[int, ...]
    cells: dict[int, list[GrantState]]

    @property
    def in_order(self) -> list[list[GrantState]]:
        return [self.cells.get(year, []) for year in self.years]


@dataclass(frozen=True)
class GrantTable:
    """All grants, a row for each name, a column for each fiscal year, with the sum of each year in yen."""

    years: tuple[int, ...]
    rows: tuple[GrantRow, ...]
    sums: tuple[int, ...]


def grant_table(region: Region) -> GrantTable:
    """The region's grants per year; a year's sum is of the amounts that hold now."""
    states = grants_of(region)
    years = tuple(sorted({state.grant.fiscal_year for state in states}))
    cells: dict[tuple[str, str], dict[int, list[GrantState]]] = {}
    for state in states:
        name = (state.grant.programme, state.grant.title or state.grant.get_programme_display())
        cells.setdefault(name, {}).setdefault(state.grant.fiscal_year, []).append(state)
    labels = dict(RegionProgramme.Programme.choices)
    rows = tuple(
        GrantRow(labels[programme], title, years, found) for (programme, title), found in cells.items()
    )
    sums = tuple(sum(s.amount or 0 for s in states if s.grant.fiscal_year == year) for year in years)
    return GrantTable(years, rows, sums)


def lines_of(
    region: Region,
    *,
    year: int | None = None,
    town: str = "",
    initiative: str = "",
    stage: str = "",
) -> list[BudgetLine]:
    """Budget lines, newest year first; `town` is a code, `initiative` a slug."""
    rows = BudgetLine.objects.filter(region=region).select_related(
        "initiative", "project", "municipality", "source"
    )
    if year is not None:
        rows = rows.filter(fiscal_year=year)
    if town:
        rows = rows.filter(municipality__code=town)
    if initiative:
        rows = rows.filter(initiative__slug=initiative)
    if stage:
        rows = rows.filter(stage=stage)
    return list(rows.order_by("-fiscal_year", "initiative__order", "project__order", "municipality", "id"))


def line_for(region: Region, slug: str) -> BudgetLine:
    """One budget line; 404 when the region has none of that name."""
    found: BudgetLine | None = (
        BudgetLine.objects.filter(region=region, slug=slug)
        .select_related("initiative", "project", "municipality", "source")
        .first()
    )
    if found is None:
        raise Http404("予算・決算が見つかりません。")
    return found


@dataclass
class Money:
    """Budget and account of something in one fiscal year, in yen; None where nothing is recorded.

    `parts` are amounts by stage of each source: what was typed (`""`), each joint cost's share, the revenue meant for
    it. They are spent and settled each by itself.
    """

    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, line: BudgetLine) -> None:
        self.put(line.stage, line.amount, part_of(line))

    def put(self, stage: str, amount: int, part: str = "") -> None:
        """Add yen at a stage to a part."""
        found = self.parts.setdefault(part, {})
        found[stage] = found.get(stage, 0) + amount

    def at(self, stage: str) -> int | None:
        """The amount of a stage, all parts together."""
        return _sum(part.get(stage) for part in self.parts.values())

    @property
    def request(self) -> int | None:
        return self.at(Stage.REQUEST)

    @property
    def assessed(self) -> int | None:
        return self.at(Stage.ASSESSED)

    @property
    def initial(self) -> int | None:
        return self.at(Stage.INITIAL)

    @property
    def changes(self) -> int | None:
        """補正, 流用 and 繰越 together."""
        return _sum(self.at(stage) for stage in AVAILABLE[1:])

    @property
    def available(self) -> int | None:
        """予算現額: as recorded, else 当初 + 補正 + 流用 + 繰越."""
        return _sum(_available(part) for part in self.parts.values())

    @property
    def spent(self) -> int | None:
        """決算 where there is one, else 支出済額."""
        return _sum(part.get(Stage.SETTLED, part.get(Stage.EXECUTED)) for part in self.parts.values())

    @property
    def unsettled_revenue(self) -> int:
        """予算現額 of the revenue meant for joint costs that are not settled: of it nobody records what is spent."""
        settled = {part.removesuffix(REVENUE) for part, found in self.parts.items() if Stage.SETTLED in found}
        return sum(
            _available(found) or 0
            for part, found in self.parts.items()
            if part.endswith(REVENUE) and part.removesuffix(REVENUE) not in settled
        )

    @property
    def unused(self) -> int | None:
        """予算現額, without `unsettled_revenue`, less what was spent (不用額 once the account is settled)."""
        if self.available is None or self.spent is None:
            return None
        return self.available - self.unsettled_revenue - self.spent


def part_of(line: BudgetLine) -> str:
    """The part of a budget that a line belongs to.

    >>> part_of(BudgetLine(origin="joint/kunren/2024/019020/initial/0/earmarked"))
    'joint/kunren/2024/'
    >>> part_of(BudgetLine(origin="joint/kunren/2024/019020/initial/0/revenue"))
    'joint/kunren/2024/revenue'
    >>> part_of(BudgetLine(origin="fees/2024-07"))
    ''
    """
    made = joint_origin(line)
    if made is None:
        return ""
    return f"{JOINT}/{made.slug}/{made.year}/{REVENUE if made.part == REVENUE else ''}"


def _available(part: Mapping[str, int]) -> int | None:
    if Stage.AVAILABLE in part:
        return part[Stage.AVAILABLE]
    return _sum(part.get(stage) for stage in AVAILABLE)


def _sum(values: Iterable[int | None]) -> int | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None


@dataclass(frozen=True)
class BudgetRow:
    """An initiative's (or project's) money of one body in the table's year."""

    initiative: Initiative
    project: Project | None
    municipality: Municipality | None
    money: Money


@dataclass(frozen=True)
class BudgetTable:
    """A fiscal year's money by initiative, project and body. Sums add up the rows' own figures."""

    year: int
    rows: tuple[BudgetRow, ...]
    by_town: tuple[tuple[str, Total], ...]
    total: Total

    @property
    def caption(self) -> str:
        return f"{fiscal_year.format_table(self.year)} 取組別の予算・決算"

    @property
    def unsettled_revenue(self) -> int:
        """What of 予算現額 is in no 残額 because nobody records how it is spent before 決算."""
        return sum(row.money.unsettled_revenue for row in self.rows)


@dataclass(frozen=True)
class Total:
    """Sums over rows, in yen; None where no row has the figure."""

    request: int | None
    assessed: int | None
    initial: int | None
    changes: int | None
    available: int | None
    spent: int | None
    unused: int | None


def budget_table(lines: Sequence[BudgetLine], year: int) -> BudgetTable:
    """The table of one fiscal year from budget lines already read."""
    rows: dict[tuple[int, int | None, int | None], BudgetRow] = {}
    for line in lines:
        if line.fiscal_year != year:
            continue
        key = (line.initiative_id, line.project_id, line.municipality_id)
        if key not in rows:
            rows[key] = BudgetRow(line.initiative, line.project, line.municipality, Money())
        rows[key].money.add(line)
    found = tuple(rows.values())
    towns = dict.fromkeys(row.municipality.name if row.municipality else "圏域共通" for row in found)
    by_town = tuple(
        (
            town,
            total_of(
                row.money
                for row in found
                if (row.municipality.name if row.municipality else "圏域共通") == town
            ),
        )
        for town in towns
    )
    return BudgetTable(year, found, by_town, total_of(row.money for row in found))


def total_of(moneys: Iterable[Money]) -> Total:
    """Sums of what the rows have."""
    listed = list(moneys)

    return Total(*(_sum(getattr(one, name) for one in listed) for name in Total.__dataclass_fields__))


def years_with_money(region: Region) -> list[int]:
    """Fiscal years with grants or budget lines, newest first."""
    grants = Grant.objects.filter(region=region).values_list("fiscal_year", flat=True)
    lines = BudgetLine.objects.filter(region=region).values_list("fiscal_year", flat=True)
    return sorted({*grants, *lines}, reverse=True)
