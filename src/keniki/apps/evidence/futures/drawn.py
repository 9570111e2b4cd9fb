"""The drawn futures of a saved forecast year by year, for whoever reckons with the people of the years to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from keniki.analysis.ages import AgeClass, group_ages
from keniki.analysis.arrays import Array, floats
from keniki.core.errors import WrongInput

from ..models import Forecast
from ..queries import contents_mark
from .held import Used
from .inputs import digest_of, used_now, wanted_of
from .making import PART, Wanted, projected

#: So many forecasts are kept drawn in the process.
_KEPT = 4


@dataclass(frozen=True)
class Futures:
    """Persons on 1 October by draw, year, municipality and group of age, both sexes: `values` (D, S, n, G).

    `codes` have six digits; `years` are the base and the steps of five years after it. `drawn` is False where the
    forecast has no errors to draw (D is 1 then, the projection itself), and `notes` say why. `digest` is one hash over
    scenario and inputs.
    """

    codes: tuple[str, ...]
    years: tuple[int, ...]
    groups: tuple[AgeClass, ...]
    values: Array
    drawn: bool
    used: tuple[Used, ...]
    notes: tuple[str, ...]
    digest: str

    def people(self, years: Sequence[int], codes: Sequence[str], group: AgeClass) -> Array:
        """Persons of a group in these years (linear between the steps) and municipalities, (D, T, n).

        ValueError for a year, municipality or group that is not there.
        """
        if not all(self.years[0] <= year <= self.years[-1] for year in years):
            raise ValueError(f"the forecast is of {self.years[0]} to {self.years[-1]}")
        rows = [self.codes.index(code) for code in codes]
        values = self.values[:, :, rows, self.groups.index(group)]
        steps = np.array(self.years, dtype=float)
        found = []
        for year in years:
            after = max(1, int(np.searchsorted(steps, year)))
            part = (year - steps[after - 1]) / (steps[after] - steps[after - 1])
            found.append(values[:, after - 1] * (1 - part) + values[:, after] * part)
        return floats(np.stack(found, axis=1))


def futures_of(forecast: Forecast, most: int) -> Futures:
    """The first `most` draws of a saved forecast at most, the same as those of its bands.

    Kept in the process while scenario and statistics stay. WrongInput where the statistics are not there any more.
    """
    digest = digest_of(forecast, used_now(forecast, contents_mark(None)))
    return _futures(_Asked(digest, min(forecast.draws, most), wanted_of(forecast)))


@dataclass(frozen=True)
class _Asked:
    """What is drawn; the digest stands for all of it."""

    digest: str
    draws: int
    wanted: Wanted = field(compare=False)


@lru_cache(maxsize=_KEPT)
def _futures(asked: _Asked) -> Futures:
    from keniki.analysis.population.drawing import GROUPS, draw

    wanted, draws = asked.wanted, asked.draws
    made = projected(wanted)
    plain = made.without_draws()
    central = group_ages(plain.values.sum(axis=2), plain.ages, GROUPS)
    codes = tuple(place.code for place in wanted.places)
    notes, values = plain.notes, central[None]
    drawn = False
    if draws and len(plain.years) > 1:
        try:
            if made.ready.control is not None:
                raise WrongInput("一律補正をする推計には、予測区間がない。")
            uncertainty = made.ready.uncertainty()
        except WrongInput as wrong:
            notes = (*notes, wrong.message)
        else:
            parts = [
                draw(
                    made.ready.base,
                    made.rates,
                    wanted.until,
                    uncertainty,
                    min(PART, draws - first),
                    wanted.seed,
                    first=first,
                ).of(wanted.codes)
                for first in range(0, draws, PART)
            ]
            ahead = np.concatenate([part.values for part in parts]).astype(float)
            base = np.broadcast_to(central[:1], (len(ahead), 1, *central.shape[1:]))
            values, drawn = np.concatenate([base, ahead], axis=1), True
    return Futures(codes, plain.years, GROUPS, floats(values), drawn, plain.used, notes, asked.digest)
