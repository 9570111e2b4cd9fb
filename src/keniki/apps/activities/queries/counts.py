"""Counts inside result lines: an activity's own records as words, exactly as they were typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from keniki.apps.activities.models import Activity, Count
from keniki.apps.regions.models import Municipality
from keniki.core import counts as core
from keniki.core.counts.model import read_typed

_QUANTITIES = frozenset(core.Quantity)
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(?P<key>[^{}]+)\}")


@dataclass(frozen=True)
class Line:
    """A printed line: `kind` is result, note or lecturer; `text` has its counts in place."""

    kind: str
    text: str


def rendered_lines(activity: Activity) -> list[Line]:
    """The activity's lines with every `{key}` replaced by its count in words; a key without a count stays."""
    by_key = {count.key: words(count) for count in activity.counts.all()}
    return [Line(line.kind, fill(line.text, by_key)) for line in activity.lines.all()]


def fill(template: str, by_key: Mapping[str, str]) -> str:
    """The template with its placeholders filled; `{{` and `}}` are literal braces."""
    return substitute(template, lambda key: by_key.get(key, f"{{{key}}}"))


def substitute(template: str, put: Callable[[str], str]) -> str:
    """The template with `put(key)` in place of every placeholder."""

    def replace(match: re.Match[str]) -> str:
        return match[0][0] if match["key"] is None else put(match["key"])

    return _PLACEHOLDER.sub(replace, template)


def words(count: Count) -> str:
    """「延べ100作品」, 「4市3町」, 「252名」: as typed, or in the same style when changed."""
    if count.as_typed and read_typed(count.as_typed) is None:
        return count.as_typed
    return core.format_count(plain(count))


def plain(count: Count, part_of: int | None = None) -> core.Count:
    """The record as a count of `core.counts`; quantities that only a region knows become OTHER."""
    typed = read_typed(count.as_typed) if count.as_typed else None
    return core.Count(
        whole(count.value),
        count.counter,
        core.Basis(count.basis),
        count.as_typed,
        quantity_of(count.quantity),
        part_of,
        typed.breakdown if typed is not None else (),
    )


def quantity_of(key: str) -> core.Quantity:
    """The quantity with this key; OTHER for one that only the record knows."""
    return core.Quantity(key) if key in _QUANTITIES else core.Quantity.OTHER


def quantity_label(key: str) -> str:
    """What a log line and a table head call a quantity: 「参加人数」, 「回数」."""
    if key == core.Quantity.PARTICIPANTS:
        return "参加人数"
    return quantity_of(key).label if key in _QUANTITIES else "数量"


def whole(value: Decimal | int) -> int | Decimal:
    """A stored decimal without the zeros the database adds."""
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else number.normalize()


def town_of(count: Count) -> Municipality | None:
    """Whose figure it is: the count's town, or the town whose own activity it belongs to."""
    return count.municipality or count.activity.municipality
