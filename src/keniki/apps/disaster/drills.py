"""The timing of a drill: what is told when, and how long the towns took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from keniki.core.errors import WrongInput

#: A drill lasts no longer than this, in minutes of its scenario (three days), and tells no more than so many things.
LONGEST: Final = 3 * 24 * 60
MOST: Final = 300


@dataclass(frozen=True)
class Inject:
    """One thing told in a drill (状況付与): minutes after the start, to which towns (codes; none: all), and what is
    expected of them."""

    number: int
    after: int
    title: str
    text: str
    towns: tuple[str, ...] = ()
    source: str = ""
    expected: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a scenario keeps it."""
        return {
            "after": self.after,
            "title": self.title,
            "text": self.text,
            "towns": list(self.towns),
            "source": self.source,
            "expected": self.expected,
        }


def injects_of(rows: Sequence[Mapping[str, Any]]) -> list[Inject]:
    """The injects of a scenario, numbered from 1 in the order in which they are told. Raises `WrongInput` with the row.

    >>> [each.number for each in injects_of([{"after": 5, "title": "b"}, {"after": 0, "title": "a"}])]
    [1, 2]
    """
    if not rows:
        raise WrongInput("状況付与を1件以上入力してください。")
    if len(rows) > MOST:
        raise WrongInput(f"状況付与は{MOST}件までです。")
    for place, row in enumerate(rows, start=1):
        after = row.get("after")
        if not isinstance(after, int) or not 0 <= after <= LONGEST:
            raise WrongInput(
                f"開始からの分は、0から{LONGEST}までの整数で入力してください。", row=place, column="after"
            )
        if not str(row.get("title", "")).strip():
            raise WrongInput("状況付与の見出しを入力してください。", row=place, column="title")
    ordered = sorted(enumerate(rows), key=lambda each: (each[1]["after"], each[0]))
    return [
        Inject(
            number,
            row["after"],
            str(row["title"]).strip(),
            str(row.get("text", "")).strip(),
            tuple(row.get("towns", ())),
            str(row.get("source", "")).strip(),
            str(row.get("expected", "")).strip(),
        )
        for number, (_, row) in enumerate(ordered, start=1)
    ]


def due_at(inject: Inject, started: datetime, speed: int) -> datetime:
    """When an inject is told: a scenario of 60 minutes at double speed takes 30.

    >>> from datetime import datetime
    >>> due_at(Inject(1, 60, "", ""), datetime(2026, 9, 1, 9), 2)
    datetime.datetime(2026, 9, 1, 9, 30)
    """
    return started + timedelta(minutes=inject.after) / speed


def minutes(since: datetime, until: datetime) -> float:
    """Minutes between two moments, to a tenth.

    >>> minutes(datetime(2026, 9, 1, 9), datetime(2026, 9, 1, 9, 4, 30))
    4.5
    """
    return round((until - since).total_seconds() / 60, 1)
