"""Moments as telegrams and feeds write them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final


def moment(text: str) -> datetime | None:
    """The moment with its offset, None for all else.

    >>> moment("2026-08-01T03:20:00+09:00").hour, moment("2026-08-01")
    (3, None)
    >>> moment("0001-01-01T00:00:00+09:00")
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


#: Years of telegrams; a moment at either end of the calendar cannot be turned into another offset.
_YEARS: Final = range(1970, 2200)
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
