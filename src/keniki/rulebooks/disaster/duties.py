"""What municipalities have to do in disaster work at stated times (法定の定期の事務)."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated

from pydantic import Field

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load


class Duty(Entry):
    """A duty that comes again every so many months, in words."""

    name: str
    words: str
    every_months: Annotated[int, Field(ge=1, le=120)]


def stock_table(on: date) -> Rule[Duty] | None:
    """The duty to make the stock public; None before there was one."""
    return _book().in_force(on).get("stock_table")


@cache
def _book() -> Rulebook[Duty]:
    return load("disaster/duties.yaml", Duty)
