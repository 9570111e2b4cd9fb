"""Drawn futures made in parts, by whoever is there to make them, and put together again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from keniki.analysis.ages import AgeClass

from .drawing import GROUPS, Draws, Floats32, draw
from .people import Population
from .projecting import project
from .rates import Rates
from .uncertainty import Uncertainty

#: Municipalities × draws of one part: a tenth of a second of work, ten megabytes of answer.
SIZE: Final = 100_000


@dataclass(frozen=True)
class Part:
    """Draws `first` to `first + draws − 1`."""

    first: int
    draws: int


class Stream(Protocol):
    """What gives the places of tasks and `function(task, *shared)` as they are finished, as `keniki.engines.stream`."""

    def __call__(
        self, function: Callable[..., Any], tasks: Iterable[Any], *, shared: Sequence[Any]
    ) -> Generator[tuple[int, Any], None, None]: ...


def parts(draws: int, municipalities: int, first: int = 0, size: int = SIZE) -> list[Part]:
    """The draws in order, in parts of nearly the same number of draws.

    >>> [part.draws for part in parts(1000, 1741, size=500_000)]
    [250, 250, 250, 250]
    """
    number = -(-draws // max(1, size // municipalities))
    ends = [first + draws * at // number for at in range(number + 1)]
    return [Part(start, end - start) for start, end in itertools.pairwise(ends)]


def part_of(
    part: Part,
    base: Population,
    rates: Rates,
    until: int,
    uncertainty: Uncertainty,
    seed: int,
    groups: tuple[AgeClass, ...],
    by_sex: bool,
) -> Floats32:
    """The values of one part of `draw`, made with one thread.

    >>> from keniki.analysis.population import five_year_ages
    >>> ages, ones = five_year_ages(85), np.ones((1, 1, 2, 18))
    >>> rates = Rates(("01210",), ages, ones, ones * 0, np.array([[0.2]]), np.array([[0.5]]), "net")
    >>> error = Uncertainty(np.full((4, 7), 0.05), *(np.zeros(4) for _ in range(3)), np.eye(4), None)
    >>> base = Population(("01210",), ages, 100 * ones[0], 2020)
    >>> part_of(Part(90, 10), base, rates, 2025, error, 1, GROUPS, False).shape
    (10, 1, 1, 5)
    """
    return draw(
        base,
        rates,
        until,
        uncertainty,
        part.draws,
        seed,
        first=part.first,
        groups=groups,
        by_sex=by_sex,
        threads=1,
    ).values


def draw_in_parts(
    stream: Stream,
    base: Population,
    rates: Rates,
    until: int,
    uncertainty: Uncertainty,
    draws: int,
    seed: int,
    *,
    first: int = 0,
    groups: Sequence[AgeClass] = GROUPS,
    by_sex: bool = False,
    size: int = SIZE,
    progress: Callable[[int], None] | None = None,
) -> Draws:
    """The same as `draw`, to the last bit, in parts that `stream` has made somewhere.

    `size` is that of a part in municipalities × draws; what is no more than one part is made here. `progress` is told
    after each part how many draws it was. Memory: that of the answer and of the parts under way. InputError as `draw`.

    >>> from keniki.analysis.population import five_year_ages
    >>> ages, ones = five_year_ages(85), np.ones((1, 1, 2, 18))
    >>> rates = Rates(("01210",), ages, ones, ones * 0, np.array([[0.2]]), np.array([[0.5]]), "net")
    >>> error = Uncertainty(np.full((4, 7), 0.05), *(np.zeros(4) for _ in range(3)), np.eye(4), None)
    >>> told = (Population(("01210",), ages, 100 * ones[0], 2020), rates, 2025, error, 100, 1)
    >>> one_by_one = lambda function, tasks, *, shared: (
    ...     (at, function(task, *shared)) for at, task in enumerate(tasks)
    ... )
    >>> bool(np.all(draw_in_parts(one_by_one, *told, size=30).values == draw(*told).values))
    True
    """
    if draws * len(base.codes) <= size:
        return draw(
            base,
            rates,
            until,
            uncertainty,
            draws,
            seed,
            first=first,
            groups=groups,
            by_sex=by_sex,
            progress=progress,
        )
    central = project(base, rates, until)
    pieces = parts(draws, len(base.codes), first, size)
    shared = (base, rates, until, uncertainty, seed, tuple(groups), by_sex)
    values: Floats32 | None = None
    with closing(stream(part_of, pieces, shared=shared)) as made:
        for at, found in made:
            if values is None:
                values = np.empty((draws, *found.shape[1:]), dtype=np.float32)
            start = pieces[at].first - first
            values[start : start + pieces[at].draws] = found
            if progress is not None:
                progress(pieces[at].draws)
    assert values is not None
    return Draws(base.codes, central.years[1:], tuple(groups), values, central, seed, first, by_sex)
