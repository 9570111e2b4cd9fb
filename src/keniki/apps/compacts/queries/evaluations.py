"""The yearly evaluations of all municipalities side by side, and where they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keniki.apps.compacts.models import Evaluation, Initiative, ScaleChoice
from keniki.apps.regions import queries as region_queries
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.kpi import EvaluationScale, ScaleBasis, ScaleGrade, evaluation_scales


@dataclass(frozen=True)
class EvaluationRow:
    """One initiative: every member's evaluation in the region's order, and how far they are apart.

    `gap` is the largest distance in grades from a centre's evaluation on the same scale; None while every centre's or
    every other one is missing. `apart` names those that differ from a centre: partners, and a second centre.
    """

    initiative: Initiative
    cells: list[tuple[Municipality, Evaluation | None]]
    gap: int | None
    apart: list[str]


@dataclass(frozen=True)
class Share:
    """How many of a municipality's evaluations are in the upper half of its scale."""

    municipality: Municipality
    good: int
    given: int

    @property
    def percent(self) -> str:
        return f"{self.good * 1000 // self.given / 10:.1f}" if self.given else ""


def evaluating(region: Region, year: int) -> list[RegionMembership]:
    """The members that evaluate a fiscal year, in order: those of its last day and those that left within it.

    A municipality that went into another member (合併, 改称) within the year leaves its evaluation to that one.
    """
    fiscal = FiscalYear(year)
    rows = region_queries.members_between(region, fiscal.first_day, fiscal.last_day)
    last = region_queries.last_of_each(rows)
    given = set(
        Evaluation.objects.filter(initiative__region=region, fiscal_year=year).values_list(
            "municipality", flat=True
        )
    )
    return sorted(
        (row for town, row in last.items() if row.municipality.successor_id not in last or town in given),
        key=lambda row: row.order,
    )


def evaluation_table(
    region: Region, year: int, members: Sequence[RegionMembership] | None = None
) -> list[EvaluationRow]:
    """All initiatives of the year against the members that evaluate it (`evaluating`)."""
    members = evaluating(region, year) if members is None else members
    centre_ids = [m.municipality_id for m in members if m.role == RegionMembership.Role.CENTRE]
    stored = {
        (row.initiative_id, row.municipality_id): row
        for row in Evaluation.objects.filter(initiative__region=region, fiscal_year=year)
    }
    known = scales(region, year)
    rows = []
    for initiative in Initiative.objects.filter(region=region):
        if not in_years(initiative, year):
            continue
        cells = [(m.municipality, stored.get((initiative.pk, m.municipality_id))) for m in members]
        gap, apart = divergence(cells, centre_ids, known)
        rows.append(EvaluationRow(initiative, cells, gap, apart))
    return rows


def divergence(
    cells: list[tuple[Municipality, Evaluation | None]],
    centres: list[int],
    known: dict[str, EvaluationScale],
) -> tuple[int | None, list[str]]:
    """The largest distance in grades from a centre's evaluation, and who differs; only on the same scale.

    Of two centres the second is held against the first, and every partner against both.
    """

    def place(row: Evaluation | None) -> tuple[str, int] | None:
        order = [grade.key for grade in known[row.scale].grades] if row and row.scale in known else []
        return (row.scale, order.index(row.grade)) if row and row.grade in order else None

    given = [(town, found) for town, row in cells if (found := place(row)) is not None]
    own = [(town, found) for town, found in given if town.pk in centres]
    distances: dict[str, int] = {}
    for town, (scale, grade) in given:
        against = own if town.pk not in centres else own[:1]
        others = [there for other, (on, there) in against if on == scale and other.pk != town.pk]
        if others:
            distances[town.name] = max(abs(grade - there) for there in others)
    if not distances:
        return None, []
    return max(distances.values()), [name for name, distance in distances.items() if distance]


def shares(rows: list[EvaluationRow], known: dict[str, EvaluationScale]) -> list[Share]:
    """For each member the share of grades in the upper half of the scale (A and B of four)."""
    totals: dict[int, list[int]] = {}
    towns: dict[int, Municipality] = {}
    for row in rows:
        for town, evaluation in row.cells:
            towns[town.pk] = town
            good, given = totals.setdefault(town.pk, [0, 0])
            if evaluation is None or evaluation.scale not in known:
                continue
            order = [grade.key for grade in known[evaluation.scale].grades]
            upper = order[: len(order) // 2]
            totals[town.pk] = [good + (evaluation.grade in upper), given + 1]
    return [Share(towns[pk], good, given) for pk, (good, given) in totals.items()]


def scales(region: Region, year: int) -> dict[str, EvaluationScale]:
    """The scales of the rulebook at the end of the year, and those the region wrote itself."""
    own = {row.scale: own_scale(row) for row in ScaleChoice.objects.filter(region=region).exclude(grades=[])}
    return {key: rule.value for key, rule in evaluation_scales(FiscalYear(year).last_day).items()} | own


def own_scale(choice: ScaleChoice) -> EvaluationScale:
    """A scale the region wrote, as those of the rulebook are."""
    return EvaluationScale(
        name=choice.name,
        basis=ScaleBasis.JUDGEMENT,
        grades=tuple(ScaleGrade(key=row["key"], label=row["label"]) for row in choice.grades),
    )


def scale_choices(region: Region) -> list[ScaleChoice]:
    """Every choice of a scale, the one for the latest year first; of several for a year the last one counts."""
    return list(ScaleChoice.objects.filter(region=region))


def scale_in_use(region: Region, year: int) -> str:
    """The scale chosen for the year; where none was, the one used last up to it, or the rulebook's default."""
    choice = ScaleChoice.objects.filter(region=region, first_year__lte=year).first()
    if choice is not None:
        return choice.scale
    last = (
        Evaluation.objects.filter(initiative__region=region, fiscal_year__lte=year)
        .order_by("-fiscal_year", "-id")
        .first()
    )
    return last.scale if last else "default"


def grade_mark(scale: EvaluationScale | None, key: str) -> str:
    """A grade as tables print it: its mark, or its words where the scale has no marks of one or two letters."""
    if scale is None or len(key) <= 2:
        return key
    return next((grade.label for grade in scale.grades if grade.key == key), key)


def in_years(initiative: Initiative, year: int) -> bool:
    """Whether the initiative runs in the fiscal year, as far as its years are known."""
    return (initiative.first_year or year) <= year <= (initiative.last_year or year)
