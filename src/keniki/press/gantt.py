"""Steps over time (工程表): one bar per step from its first to its last day, with the table of its dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from keniki.core import era

from . import look
from .charts import Chart, framed, palette

#: The month below each line; January with its year.
_MONTHS = (
    "month(datum.value) == 0 ? [timeFormat(datum.value, '%-m月'), timeFormat(datum.value, '%Y年')]"
    " : timeFormat(datum.value, '%-m月')"
)

#: How wide the bars of a chart for a phone are.
_NARROW = 330


@dataclass(frozen=True, slots=True)
class Bar:
    """A step: its name, its track (who or what it belongs to), its first and last day."""

    name: str
    track: str
    start: date
    end: date


def gantt(title: str, bars: Sequence[Bar], tracks: Sequence[str], *, narrow: bool = False) -> Chart:
    """The bars in their order, coloured by track (named in the legend and by the table), months below.

    `narrow` is for a phone: each name stands above its bar instead of beside it, months only every third.
    ValueError for a bar of no track or one that ends before it begins.
    """
    for bar in bars:
        if bar.track not in tracks or bar.end < bar.start:
            raise ValueError(bar)
    names = [f"{number}. {bar.name}" for number, bar in enumerate(bars, 1)]
    values = [
        {
            "name": name,
            "track": bar.track,
            "start": bar.start.isoformat(),
            "end": (bar.end + timedelta(days=1)).isoformat(),
            "day": f"{bar.start.month}/{bar.start.day}",
            "once": bar.start == bar.end,
        }
        for name, bar in zip(names, bars, strict=True)
    ]
    beside = {"title": None, "labelLimit": 260, "labelFontSize": 11, "domain": False, "ticks": False}
    y = {"field": "name", "type": "nominal", "sort": names, "axis": None if narrow else beside}
    first, last = min(bar.start for bar in bars), max(bar.end for bar in bars)
    months = {
        "title": None,
        "labelExpr": _MONTHS,
        "tickCount": {"interval": "month", "step": 3 if narrow else 1},
        "grid": True,
    }
    room = (last - first) / 20
    ends = [(first - room).isoformat(), (last + room / 2).isoformat()]
    x = {"field": "start", "type": "temporal", "axis": months, "scale": {"domain": ends}}
    colour = {
        "field": "track",
        "type": "nominal",
        "scale": {"domain": list(tracks), "range": palette(len(tracks))},
        "legend": {"title": None, "orient": "top", **({"columns": 3} if narrow else {})},
    }
    above = {"type": "text", "align": "left", "dy": -13, "fontSize": 11, "limit": _NARROW, "color": look.TEXT}
    written = [{"mark": above, "encoding": {"y": y, "x": {"value": 0}, "text": {"field": "name"}}}]
    body = {
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "cornerRadius": 2},
                "encoding": {"y": y, "x": x, "x2": {"field": "end"}, "color": colour},
            },
            {
                "transform": [{"filter": "datum.once"}],
                "mark": {"type": "point", "shape": "diamond", "size": 90, "filled": True, "opacity": 1},
                "encoding": {"y": y, "x": x, "color": colour},
            },
            {
                "mark": {"type": "text", "align": "right", "dx": -8, "fontSize": 10, "color": look.MUTED},
                "encoding": {"y": y, "x": x, "text": {"field": "day"}},
            },
            *(written if narrow else []),
        ],
    }
    rows = tuple(
        (name, bar.track, era.format_date(bar.start), era.format_date(bar.end))
        for name, bar in zip(names, bars, strict=True)
    )
    alt = f"{title}の工程表：{era.format_date(first)}から{era.format_date(last)}までの{len(bars)}工程"
    return Chart(
        framed(
            body,
            title=title,
            subtitle="",
            size=(_NARROW, 36 * len(bars)) if narrow else (520, 20 * len(bars)),
        ),
        ("工程", "区分", "開始", "終了"),
        rows,
        alt,
    )
