"""Targets of towns, and the needs that follow from each one's number of people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404
from pydantic import ValidationError

from keniki.analysis.needs import Needs, Override, People, covered, needs, people
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import towns_in
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.disaster.standards import OwnFigures
from keniki.rulebooks.sharing import why

from ...models import StockTarget


@dataclass(frozen=True)
class TownNeed:
    """What a town prepares for in a fiscal year and what it needs for that; `target` may be of an earlier year."""

    town: Municipality
    target: StockTarget | None = None
    needs: Needs | None = None
    problem: str = ""
    carried: bool = False

    @property
    def quantities(self) -> dict[str, int]:
        """Units by item."""
        return {line.key: line.quantity for line in self.needs.lines} if self.needs is not None else {}


def rules_on(year: int) -> date:
    """The day whose rules count for a fiscal year: its first."""
    return FiscalYear(year).first_day


def target_for(region: Region, pk: int) -> StockTarget:
    """One target; 404 when there is none."""
    found = StockTarget.objects.filter(region=region, pk=pk).select_related("municipality").first()
    if found is None:
        raise Http404("備蓄目標が見つかりません。")
    found.region = region
    return found


def targets_until(region: Region, year: int) -> list[StockTarget]:
    """Of each town the target of the fiscal year, or else its last one before."""
    rows = StockTarget.objects.filter(region=region, fiscal_year__lte=year).select_related("municipality")
    found: dict[int, StockTarget] = {}
    for row in rows.order_by("fiscal_year", "pk"):
        row.region = region
        found[row.municipality_id] = row
    return list(found.values())


def town_needs(region: Region, year: int, targets: Sequence[StockTarget] | None = None) -> list[TownNeed]:
    """Every town of a fiscal year in the region's order with its need; a town without a target has none."""
    rows = targets_until(region, year) if targets is None else targets
    of = {row.municipality_id: row for row in rows}
    found = []
    for town in towns_in(region, year):
        target = of.get(town.pk)
        if target is None:
            found.append(TownNeed(town))
            continue
        target.municipality = town
        carried = target.fiscal_year != year
        try:
            found.append(TownNeed(town, target, reckon_target(target, year), carried=carried))
        except WrongInput as wrong:
            found.append(TownNeed(town, target, problem=wrong.message, carried=carried))
    return found


def reckon_target(target: StockTarget, year: int | None = None) -> Needs:
    """The need of one target by the rules of the fiscal year (its own by default). Raises `WrongInput`."""
    own = own_figures(target)
    return needs(
        denominator(target),
        target.days,
        "winter" if target.winter else "mild",
        rules_on(target.fiscal_year if year is None else year),
        shares=own.shares,
        overrides={
            key: Override(each.basis, each.quantity, each.of, each.pack) for key, each in own.items.items()
        },
        area=target.area,
        places=target.places,
    )


def denominator(target: StockTarget) -> People:
    """The people a town's public stock is for, and how they follow from those it expects."""
    every = people(target.people)
    return every if target.share == 1 else covered(every, target.share)


def joint_people(found: Iterable[TownNeed]) -> int:
    """The people of all towns together that the public stock is for."""
    return sum(each.needs.people.count for each in found if each.needs is not None)


def own_figures(target: StockTarget) -> OwnFigures:
    """What the town set itself, checked. WrongInput names what is wrong."""
    try:
        return OwnFigures.model_validate({"items": target.overrides, "shares": target.shares})
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"市町村独自の値が正しくありません：{said}", column=field) from None
