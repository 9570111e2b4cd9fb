"""Functions as machine code (numba), for loops that arrays cannot say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code that other threads don't wait for, kept for the next process where a folder can
    be written.

    >>> compiled(lambda a: a + 1)(2)
    3
    """
    try:
        return cast("F", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast("F", numba.njit(nogil=True)(function))
