"""A forecast made: the projection of a scenario at once, its draws and what follows from them as work that is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from keniki.analysis.population import InputError, Projection, Rates, balance, project
from keniki.analysis.population.people import STEP, places_of
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from ..book.holdings import Place
from . import held
from .demanding import demands
from .forecasting import Ready, accuracy, explained, ready
from .region_rates import registered
from .results import Bands, Result
from .scenario_files import ScenarioSpec, checked

#: Draws made at a time: between two such parts work can be cancelled.
PART: Final = 50
_CORRECTED: Final = (
    "一律補正により区分ごとの総数に合わせるため、出生や移動などの仮定を変えても、補正する総数は変わらない。"
)
#: (what is being done, steps done, steps in all); it raises where the work is not wanted any more.
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked for: of which places, from which census, by which model, with which changes, until when."""

    places: tuple[Place, ...]
    base: str
    model: str
    until: int
    published: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    draws: int = 1000
    seed: int = 1

    @property
    def codes(self) -> tuple[str, ...]:
        """Five-digit codes of the places."""
        return tuple(place.code[:5] for place in self.places)

    @property
    def spec(self) -> ScenarioSpec:
        """The changes checked. WrongInput for what is no change."""
        return checked({"name": "scenario", "changes": list(self.changes)})


@dataclass(frozen=True)
class Projected:
    """A scenario's projection without draws; `made` holds the places, in the pool model all municipalities."""

    wanted: Wanted
    ready: Ready
    rates: Rates
    made: Projection

    @property
    def rows(self) -> Sequence[int]:
        """The places' rows in `made`."""
        return [int(row) for row in places_of(self.made.codes, self.wanted.codes)]

    @property
    def _corrected(self) -> tuple[str, ...]:
        """That control totals undo what a scenario would change of them."""
        corrected = self.ready.control is not None and len(self.wanted.changes) > 0
        return (_CORRECTED,) if corrected else ()

    def without_draws(self, notes: Sequence[str] = ()) -> Result:
        """The result with no band, check or demand: what a page shows while somebody moves a slider."""
        changes = balance(self.made)
        rows = self.rows
        at = places_of(self.rates.codes, self.wanted.codes)
        return Result(
            self.wanted.places,
            self.made.ages,
            self.made.years,
            self.made.values[:, rows],
            changes.children[:, rows],
            changes.deaths[:, rows],
            changes.moves[:, rows],
            tuple(str(self.rates.basis[row]) for row in at),
            None,
            (),
            None,
            self.ready.used,
            (*self.ready.said_of(self.wanted.codes), *self._corrected, *notes),
        )


def projected(wanted: Wanted) -> Projected:
    """The scenario's projection: some milliseconds once the statistics are read.

    WrongInput for places the model has no figures of, for changes or a published projection that don't fit.
    """
    found = ready(wanted.base, wanted.model, wanted.until, wanted.published or None)
    there = set(found.base.codes)
    lost = [place for place in wanted.places if place.code[:5] not in there]
    if lost:
        raise WrongInput(
            f"{'、'.join(place.name for place in lost)}の基準人口又は公表推計がありません。"
            f"{held.codes_of_today(place.code[:5] for place in lost)}統計を読み込むか、市区町村を選び直してください。"
        )
    try:
        if found.rates.leaving is None:
            found = found.of(wanted.codes)
        steps = (wanted.until - found.base.year) // STEP
        rates, own = wanted.spec.scenario().applied(found.rates, found.base.year, steps)
        if own is not None and found.control is not None:
            raise WrongInput("公表推計による一律補正と、シナリオの control は同時に使えません。")
        found = replace(found, control=found.control or own)
        made = project(found.base, rates, wanted.until, control=found.control)
    except InputError as error:
        raise explained(error) from error
    return Projected(wanted, found, rates, made)


def make(wanted: Wanted, on: date, told: Told, *, region: Region | None = None) -> Result:
    """The whole result: projection, draws, the check on past censuses, demand by the rates in force `on` that day.

    With `region` its own statistics and the rates it registered count for demand beside the official ones.
    `told` hears what is being done. Without three censuses, with control totals, or for no draws, there is no
    band, and a note says why. WrongInput as `projected`.
    """
    parts = -(-wanted.draws // PART)
    told("国勢調査を読んでいます", 0, parts + 2)
    found = projected(wanted)
    drawn, note = draws_of(found, told, parts)
    bands = None
    if drawn is not None:
        broad = drawn.broad()
        from keniki.analysis.population.drawing import QUANTILES

        bands = Bands(
            QUANTILES,
            broad.years,
            broad.groups,
            broad.quantiles(),
            broad.quantiles_together(wanted.codes),
        )
    told("過去の国勢調査で検証しています", parts, parts + 2)
    checks = accuracy(found.ready.base.year) if bands is not None else ()
    told("需要を求めています", parts + 1, parts + 2)
    own = None if region is None else registered(region, on)
    needs = demands(
        wanted.codes,
        found.ready.base,
        found.made,
        drawn,
        on,
        region=region,
        given=None if own is None else own.given,
    )
    needs = needs if own is None else own.said_in(needs)
    result = found.without_draws((note,) if note else ())
    return replace(result, bands=bands, accuracy=checks, demands=needs)


def draws_of(found: Projected, told: Told, parts: int) -> tuple[Any, str]:
    """All cells of the places in each draw (`Draws` by sex), or None and why there are none."""
    wanted = found.wanted
    if not wanted.draws or len(found.made.years) == 1:
        return None, ""
    if found.ready.control is not None:
        return None, "一律補正をする推計には、予測区間がない。"
    try:
        uncertainty = found.ready.uncertainty()
    except WrongInput as wrong:
        return None, wrong.message
    from keniki.analysis.population.drawing import Draws, draw

    made: list[Draws] = []
    for part in range(parts):
        told("予測区間を求めています", part, parts + 2)
        first = part * PART
        drawn = draw(
            found.ready.base,
            found.rates,
            wanted.until,
            uncertainty,
            min(PART, wanted.draws - first),
            wanted.seed,
            first=first,
            groups=found.made.ages,
            by_sex=True,
        )
        made.append(drawn.of(wanted.codes))
    values = np.concatenate([each.values for each in made])
    return replace(made[0], values=values), ""
