"""The trace: what came of every promised measure and role, year by year. It follows from the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from django.utils import timezone

from keniki.apps.activities.models import Activity, MeasureLink, RoleLink
from keniki.apps.compacts import states
from keniki.apps.compacts.models import Agreement, AnnexItem, Initiative, Measure
from keniki.apps.regions.models import Municipality, Region
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.activities import outcomes

from .activities import years_with_activities
from .annex import Clause, RoleGroup, annex_items, role_groups

Outcome = Literal["none", "studied", "done"]

#: States of an agreement whose annex is a promise, kept or not.
CONCLUDED = (*states.IN_FORCE, "ended")


@dataclass(frozen=True)
class TraceCell:
    """What came of a promise in one fiscal year: ― none, 検討 studied, 実施(n) done with `number` activities.

    Planned activities change nothing; `planned` only counts them.
    """

    state: Outcome = "none"
    number: int = 0
    activities: tuple[Activity, ...] = ()
    planned: int = 0


@dataclass(frozen=True)
class _Row:
    cells: dict[int, TraceCell]
    overall: TraceCell

    @property
    def by_year(self) -> list[tuple[int, TraceCell]]:
        return list(self.cells.items())


@dataclass(frozen=True)
class TraceRow(_Row):
    """One measure with its cells by fiscal year, and the outcome over all of them."""

    measure: Measure


@dataclass(frozen=True)
class TraceClause(_Row):
    """One line of a role with its cells by fiscal year, and the outcome over all of them."""

    clause: Clause

    def of(self, town: Municipality) -> TraceCell:
        """What came of it as this town's promise: what it did itself or all did together."""
        return outcome([one for one in self.overall.activities if _by(one, (town.code,))])


@dataclass(frozen=True)
class TraceRole:
    """The role of one party or of several: whose it is, in words, and its lines."""

    label: str
    towns: tuple[Municipality, ...]
    rows: tuple[TraceClause, ...]

    @property
    def names(self) -> str:
        return "、".join(town.name for town in self.towns)


@dataclass(frozen=True)
class TraceItem(_Row):
    """An annex item with its measures and roles; its own cells sum up the measures (no activity counted twice)."""

    agreement: Agreement
    item: AnnexItem
    rows: tuple[TraceRow, ...]
    roles: tuple[TraceRole, ...] = ()

    @property
    def is_draft(self) -> bool:
        """Whether nobody has promised it yet: the agreement was never concluded (案)."""
        return self.agreement.state not in CONCLUDED


@dataclass(frozen=True)
class Trace:
    years: tuple[int, ...]
    items: tuple[TraceItem, ...] = field(default=())

    @property
    def rows(self) -> list[TraceRow | TraceClause]:
        """Every promise: measures and lines of roles in the annex's order. What is only a draft is none."""
        found: list[TraceRow | TraceClause] = []
        for item in self.items:
            if not item.is_draft:
                found += [*item.rows, *(clause for role in item.roles for clause in role.rows)]
        return found

    @property
    def rule(self) -> str:
        """The rule by which activities make a promise studied or done, in a sentence."""
        return outcomes(timezone.localdate()).value.statement

    def row(self, agreement: str, key: str) -> TraceRow:
        """The row of a measure by the agreement's slug and the measure's key; KeyError when there is none."""
        for item in self.items:
            for row in item.rows:
                if item.agreement.slug == agreement and row.measure.key == key:
                    return row
        raise KeyError(key)

    def role(self, agreement: str, item: str, key: str) -> TraceClause:
        """The row of a role's line by the agreement's slug, the annex item's key and the line's; else KeyError."""
        for each in self.items:
            if (each.agreement.slug, each.item.key) == (agreement, item):
                for row in (row for role in each.roles for row in role.rows):
                    if row.clause.key == key:
                        return row
        raise KeyError(key)

    def only(self, state: str) -> Trace:
        """The same with those promises only that came to this; annex items without one are left out."""
        found = []
        for item in self.items:
            rows = tuple(row for row in item.rows if row.overall.state == state)
            roles = tuple(
                replace(role, rows=own)
                for role in item.roles
                if (own := tuple(row for row in role.rows if row.overall.state == state))
            )
            if rows or roles:
                found.append(replace(item, rows=rows, roles=roles))
        return replace(self, items=tuple(found))

    def number(self, state: Outcome) -> int:
        """How many promises came to this."""
        return sum(row.overall.state == state for row in self.rows)


def trace(
    region: Region,
    years: Sequence[int] | None = None,
    *,
    town: str = "",
    initiative: Initiative | None = None,
) -> Trace:
    """Every measure and every line of a role in the region's agreements against the activities linked to it.

    A 変更協定 stands in the text of the agreement it changed; the annex of an agreement that was never concluded is
    there as a draft, that of a dropped one is not. `years` are the columns (default: the years in which anything is
    recorded). Which kinds make a promise studied only is the rulebook's `outcomes`; any other kind that was done makes
    it done. A town's own activity fulfils no other town's role. With `town` (a code) only what that town promised is
    there, and what it did itself or all did together; with `initiative` only the annex items it serves. The number of
    queries does not grow with the records.
    """
    columns = tuple(years if years is not None else years_with_activities(region))
    agreements = Agreement.objects.filter(region=region, amends=None).exclude(state="dropped")
    if town:
        agreements = agreements.filter(parties__municipality__code=town)
    items = annex_items(agreements.values_list("pk", flat=True))
    if initiative is not None:
        served = {(link.agreement_id, link.key) for link in initiative.annex_links.all()}
        items = [item for item in items if (item.agreement_version.agreement_id, item.key) in served]
    for_measure = _by_promise(
        _linked(MeasureLink, region, columns), lambda link: (link.agreement_id, link.key)
    )
    for_role = _by_promise(
        _linked(RoleLink, region, columns), lambda link: (link.agreement_id, link.item, link.key)
    )
    found = []
    for item in items:
        agreement = item.agreement_version.agreement
        did = {
            measure.pk: [
                activity
                for activity in for_measure.get((agreement.pk, measure.key), [])
                if not town or _by(activity, (town,))
            ]
            for measure in item.measures.all()
        }
        together = list({one.pk: one for activities in did.values() for one in activities}.values())
        rows = tuple(
            TraceRow(_cells(did[measure.pk], columns), outcome(did[measure.pk]), measure)
            for measure in item.measures.all()
        )
        roles = tuple(
            _role(group, columns, for_role, (town,) if town else group.codes)
            for group in role_groups(item)
            if not town or town in group.codes
        )
        if rows or roles:
            found.append(
                TraceItem(_cells(together, columns), outcome(together), agreement, item, rows, roles)
            )
    return Trace(columns, tuple(found))


def outcome(activities: Sequence[Activity]) -> TraceCell:
    """What these activities make of a promise."""
    past = [activity for activity in activities if activity.state == Activity.State.DONE]
    planned = sum(activity.state == Activity.State.PLANNED for activity in activities)
    done = [activity for activity in past if not is_study(activity.kind, activity.fiscal_year)]
    if done:
        return TraceCell("done", len(done), tuple(past), planned)
    if past:
        return TraceCell("studied", len(past), tuple(past), planned)
    return TraceCell(planned=planned)


def is_study(kind: str, year: int) -> bool:
    """Whether an activity of this kind in this fiscal year was a study only (検討) and fulfils no promise."""
    return kind in outcomes(FiscalYear(year).first_day).value.studied


def _role(
    group: RoleGroup,
    columns: Sequence[int],
    linked: dict[tuple[object, ...], list[Activity]],
    towns: Sequence[str],
) -> TraceRole:
    rows = []
    for clause in group.clauses:
        all_of_it = linked.get((group.agreement.pk, group.item.key, clause.key), [])
        own = [activity for activity in all_of_it if _by(activity, towns)]
        rows.append(TraceClause(_cells(own, columns), outcome(own), clause))
    return TraceRole(group.label, group.towns, tuple(rows))


def _by(activity: Activity, towns: Sequence[str]) -> bool:
    """Whether all did it together, or one of these towns did."""
    return activity.municipality is None or activity.municipality.code in towns


def _linked(
    model: type[MeasureLink] | type[RoleLink], region: Region, columns: Sequence[int]
) -> Iterable[MeasureLink | RoleLink]:
    return (
        model._default_manager.filter(activity__region=region, activity__fiscal_year__in=columns)
        .exclude(activity__state=Activity.State.NONE)
        .select_related("activity__initiative", "activity__municipality")
        .order_by("activity__fiscal_year", "activity__order", "activity_id")
    )


def _by_promise(
    links: Iterable[MeasureLink | RoleLink], promise: Callable[..., tuple[object, ...]]
) -> dict[tuple[object, ...], list[Activity]]:
    found: dict[tuple[object, ...], list[Activity]] = {}
    for link in links:
        found.setdefault(promise(link), []).append(link.activity)
    return found


def _cells(activities: Sequence[Activity], columns: Sequence[int]) -> dict[int, TraceCell]:
    return {
        year: outcome([activity for activity in activities if activity.fiscal_year == year])
        for year in columns
    }
