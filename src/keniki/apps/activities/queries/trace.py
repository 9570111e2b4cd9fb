"""The trace: what came of every promised measure, year by year. It follows from the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from keniki.apps.activities.models import Activity, MeasureLink
from keniki.apps.compacts.models import Agreement, AnnexItem, Measure
from keniki.apps.regions.models import Region

from .activities import latest_measures, years_with_activities

Outcome = Literal["none", "studied", "done"]


@dataclass(frozen=True)
class TraceCell:
    """What came of a measure in one fiscal year: ― none, 検討 studied, 実施(n) done with `number` activities.

    Planned activities change nothing; `planned` only counts them.
    """

    state: Outcome = "none"
    number: int = 0
    activities: tuple[Activity, ...] = ()
    planned: int = 0


@dataclass(frozen=True)
class TraceRow:
    """One measure with its cells by fiscal year, and the outcome over all of them."""

    measure: Measure
    cells: dict[int, TraceCell]
    overall: TraceCell

    @property
    def by_year(self) -> list[tuple[int, TraceCell]]:
        return list(self.cells.items())


@dataclass(frozen=True)
class TraceItem:
    """An annex item with its measures; its own cells sum up all of them (no activity counted twice)."""

    agreement: Agreement
    item: AnnexItem
    rows: tuple[TraceRow, ...]
    cells: dict[int, TraceCell]
    overall: TraceCell

    @property
    def by_year(self) -> list[tuple[int, TraceCell]]:
        return list(self.cells.items())


@dataclass(frozen=True)
class Trace:
    years: tuple[int, ...]
    items: tuple[TraceItem, ...] = field(default=())

    def row(self, agreement: str, key: str) -> TraceRow:
        """The row of a measure by the agreement's slug and the measure's key; KeyError when there is none."""
        for item in self.items:
            for row in item.rows:
                if item.agreement.slug == agreement and row.measure.key == key:
                    return row
        raise KeyError(key)


def trace(region: Region, years: Sequence[int] | None = None) -> Trace:
    """Every measure of the latest version of the region's agreements against the activities linked to it.

    `years` are the columns (default: the years in which anything is recorded). 検討 (study) alone makes a
    measure studied, any other kind that was done makes it done.
    """
    columns = tuple(years if years is not None else years_with_activities(region))
    measures = latest_measures(list(Agreement.objects.filter(region=region).values_list("pk", flat=True)))
    linked: dict[tuple[int, str], list[Activity]] = {}
    links = (
        MeasureLink.objects.filter(activity__region=region, activity__fiscal_year__in=columns)
        .exclude(activity__state=Activity.State.NONE)
        .select_related("activity__initiative")
        .order_by("activity__fiscal_year", "activity__order", "activity_id")
    )
    for link in links:
        linked.setdefault((link.agreement_id, link.key), []).append(link.activity)

    by_item: dict[int, list[Measure]] = {}
    for measure in measures:
        by_item.setdefault(measure.annex_item_id, []).append(measure)
    items = []
    for own in by_item.values():
        item = own[0].annex_item
        agreement = item.agreement_version.agreement
        served = {measure.pk: linked.get((agreement.pk, measure.key), []) for measure in own}
        together = list({activity.pk: activity for found in served.values() for activity in found}.values())
        rows = tuple(
            TraceRow(measure, _cells(served[measure.pk], columns), outcome(served[measure.pk]))
            for measure in own
        )
        items.append(TraceItem(agreement, item, rows, _cells(together, columns), outcome(together)))
    return Trace(columns, tuple(items))


def outcome(activities: Sequence[Activity]) -> TraceCell:
    """What these activities make of a measure."""
    past = [activity for activity in activities if activity.state == Activity.State.DONE]
    planned = sum(activity.state == Activity.State.PLANNED for activity in activities)
    done = [activity for activity in past if activity.kind != Activity.Kind.STUDY]
    if done:
        return TraceCell("done", len(done), tuple(past), planned)
    if past:
        return TraceCell("studied", len(past), tuple(past), planned)
    return TraceCell(planned=planned)


def _cells(activities: Sequence[Activity], columns: Sequence[int]) -> dict[int, TraceCell]:
    return {
        year: outcome([activity for activity in activities if activity.fiscal_year == year])
        for year in columns
    }
