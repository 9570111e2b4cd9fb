"""What a saved forecast rests on: its scenario, the editions it is made of, and one hash over both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache

from ..book.book import places_of
from ..models import Forecast
from ..models.futures import MADE_OF
from .forecasting import ready
from .held import Used
from .making import Wanted
from .region_rates import EDITION


def wanted_of(forecast: Forecast) -> Wanted:
    """A saved forecast as it is asked for. WrongInput for a municipality that nothing is known of any more."""
    return Wanted(
        tuple(places_of(forecast.places)),
        forecast.base,
        forecast.model,
        forecast.until,
        forecast.published,
        tuple(forecast.changes),
        forecast.draws,
        forecast.seed,
    )


def digest_of(forecast: Forecast, used: Sequence[Used], rates: Sequence[Used] = ()) -> str:
    """One SHA-256 over the scenario, the editions and the region's own rates with their hashes."""
    scenario = {name: getattr(forecast, name) for name in MADE_OF if name != "region"}
    inputs = [asdict(each) for each in (*used, *rates)]
    said = json.dumps([scenario, inputs], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def rates_in(inputs: Iterable[Used]) -> tuple[Used, ...]:
    """The region's own rates among the inputs of a result."""
    return tuple(each for each in inputs if each.edition == EDITION)


def used_now(forecast: Forecast, mark: str) -> tuple[Used, ...]:
    """The editions the forecast would be made of today; `mark` is that of the store's contents.

    Kept in the process until the store changes. WrongInput where the statistics are not there any more.
    """
    return _used(forecast.base, forecast.model, forecast.until, forecast.published, mark)


@lru_cache(maxsize=256)
def _used(base: str, model: str, until: int, published: str, mark: str) -> tuple[Used, ...]:
    return ready(base, model, until, published or None).used
