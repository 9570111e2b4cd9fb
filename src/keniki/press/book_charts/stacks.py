"""Parts of a whole: amounts by year and municipality, shares, what a change is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from keniki.press import look
from keniki.press.charts import Chart, Number, Spec

from . import common as c

#: Municipalities of a stack that have a tone and a name of their own; more become the largest ones and the others.
STACK_MOST: Final = 16
#: Pixels of height for each part, so that its name beside the last column keeps its place.
_PART_HEIGHT: Final = 24
#: Pixels of width for each year, where they are few.
_YEAR_WIDTH: Final = 130
#: Parts of a bar of shares.
SHARE_MOST: Final = 12
#: Pixels of a column.
_WIDEST: Final = 110
_OTHERS_COLOUR: Final = "#9a9a9a"
_PROJECTED = {"strokeDash": [3, 2], "strokeWidth": 1.2, "fillOpacity": 0.38}


def columns_by_year(
    title: str,
    unit: str,
    years: Sequence[str],
    series: Mapping[str, c.Values],
    *,
    projected_from: int | None = None,
    size: tuple[int, int] = (520, 300),
) -> Chart:
    """A column per year, a part per municipality (first lowest), the total above; pale from `projected_from` on (推計).

    More than sixteen municipalities: the fifteen largest and 「その他」 are drawn, all stand in the table. The picture
    is higher than `size` where many names stand beside it, narrower where years are few. ValueError where a series
    is not as long as the years.
    """
    c.same_length(years, series, "years")
    parts = c.folded(series, STACK_MOST, "市町村")
    size = (min(size[0], _YEAR_WIDTH * (len(years) + 1)), max(size[1], _PART_HEIGHT * len(parts)))
    colours = _colours(parts, folded=len(series) > STACK_MOST)
    decimals = c.decimals_of([value for values in series.values() for value in values])
    totals = [c.summed(column) for column in zip(*series.values(), strict=True)] or [None] * len(years)
    partial = [
        total is not None and any(c.known(values[at]) is None for values in series.values())
        for at, total in enumerate(totals)
    ]
    pieces, tops = _stacked([values for _, values in parts], len(years))
    ends = c.domain([edge for piece in pieces for edge in (piece["low"], piece["high"])], room=0.06)
    x, y = c.years_axis(years, size[0]), c.number_axis(ends, field="low", grid=True)
    per_pixel = (ends[1] - ends[0]) / size[1]
    whole = size[0] / max(len(years), 1)
    band = min(whole * 0.74, _WIDEST)
    for piece in pieces:
        piece["colour"] = colours[piece["part"]]
        piece["projected"] = projected_from is not None and piece["at"] >= projected_from
        piece["ink"] = look.TEXT if piece["projected"] else c.ink(piece["colour"])
        value = parts[piece["part"]][1][piece["at"]]
        label = c.fixed(value, decimals)
        fits = piece["high"] - piece["low"] >= 12 * per_pixel and c.text_width(label, 10) <= band - 2
        piece["label"] = label if fits else ""
    told = [c.fixed(total, decimals) for total in totals]
    room = whole - 3
    letters = c.fitting(told, room, 11.5, 8.5)
    every = 2 if any(c.text_width(text, letters) > room for text in told) else 1
    heads = [
        {
            "at": at,
            "low": tops[at],
            "label": "" if (len(years) - 1 - at) % every else text + "※" * lacks,
        }
        for at, (text, lacks) in enumerate(zip(told, partial, strict=True))
    ]
    layers = [
        *_bars(pieces, x, {"y": y, "y2": {"field": "high"}}, {"width": {"band": band / whole}}),
        *_labels_within(pieces, x, "y", y),
        *c.texts(heads, {"x": x, "y": y}, dy=-8, fontWeight="bold", fontSize=letters),
        *_names_beside(
            [name for name, _ in parts], colours, pieces, (len(years) - 1, band / whole), ends, size
        ),
        *_projection_words(projected_from, len(years), size),
    ]
    lacking = "※値のない市町村を除く計" if any(partial) else ""
    rows = [(name, *values) for name, values in series.items()]
    shown = [
        (f"{year}（推計）" if projected_from is not None and at >= projected_from else year, text)
        for at, (year, text) in enumerate(zip(years, told, strict=True))
    ]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, _projected_words(projected_from, len(years)), lacking),
        size=size,
        columns=("市町村", *(year for year, _ in shown)),
        rows=[*rows, ("計", *totals)],
        alt=f"{title}の市町村別積み上げ棒グラフ{c.bracketed(unit)}：計 {c.listed(shown, 20)}",
    )


def shares(
    title: str,
    categories: Sequence[str],
    groups: Mapping[str, c.Values],
    *,
    projected_from: int | None = None,
) -> Chart:
    """A bar of 100 % per category, one part per group, its percent written where it fits.

    The values are amounts or percents; the shares are of the sum of what is there. Amounts stand in the table
    beside the shares, percents that add up to 100 stand alone. A category that lacks a value, has none but zeros or
    a negative one has no bar: it would not be the whole. ValueError where a group is not as long as the categories.
    """
    c.same_length(categories, groups, "categories")
    parts = c.folded(groups, SHARE_MOST, "区分")
    colours = _colours(parts, folded=len(groups) > SHARE_MOST)
    percents = [_percents([values[at] for values in groups.values()]) for at in range(len(categories))]
    drawn = [_percents([values[at] for _, values in parts]) for at in range(len(categories))]
    width = 520
    pieces: list[Spec] = []
    for at, row in enumerate(drawn):
        edge = 0.0
        for part, percent in enumerate(row if percents[at] else []):
            label = f"{c.fixed(percent, 1)}"
            pieces.append(
                {
                    "at": at,
                    "part": part,
                    "low": edge,
                    "high": edge + float(percent),
                    "colour": colours[part],
                    "projected": projected_from is not None and at >= projected_from,
                    "label": label if float(percent) * width / 100 > c.text_width(label, 10.5) + 4 else "",
                }
            )
            edge += float(percent)
    for piece in pieces:
        piece["ink"] = look.TEXT if piece["projected"] else c.ink(piece["colour"])
    names = [
        f"{name}（推計）" if projected_from is not None and at >= projected_from else name
        for at, name in enumerate(categories)
    ]
    y, lines = c.names_axis(names)
    x = c.number_axis([0, 100], field="low")
    height = max(len(categories), 1) * (20 if lines == 1 else 28)
    absent = [{"at": at, "label": c.ABSENT} for at, row in enumerate(percents) if not row]
    layers = [
        *_bars(pieces, y, {"x": x, "x2": {"field": "high"}}, {"height": {"band": 0.78}}, across=True),
        *_labels_within(pieces, y, "x", x),
        *c.texts(absent, {"y": y, "x": {"datum": 0}}, align="left", dx=4, color=look.MUTED),
        *c.names_above([name for name, _ in parts], colours, width),
    ]
    given = [[values[at] for values in groups.values()] for at in range(len(categories))]
    amounts = any(
        row and abs(sum(c.known(v) or 0 for v in own) - 100) > 0.6
        for row, own in zip(percents, given, strict=True)
    )
    columns, rows = _share_table(categories, list(groups), given, percents, amounts=amounts)
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words("％", _projected_words(projected_from, len(categories))),
        size=(width, height),
        columns=columns,
        rows=rows,
        alt=f"{title}の帯グラフ（％）：{_shares_told(names, list(groups), percents)}",
    )


def components(
    title: str,
    unit: str,
    places: Sequence[str],
    parts: Mapping[str, c.Values],
    decimals: int = 0,
) -> Chart:
    """What a change is made of: parts to the right and left of zero, a diamond and its number for the sum.

    A place that lacks a part has no sum. ValueError where a part is not as long as the places.
    """
    c.same_length(places, parts, "places")
    width = 460
    sums = [_whole([values[at] for values in parts.values()]) for at in range(len(places))]
    pieces, _ = _stacked(list(parts.values()), len(places))
    colours = c.shades(len(parts))
    for piece in pieces:
        piece["colour"], piece["label"], piece["ink"], piece["projected"] = (
            colours[piece["part"]],
            "",
            "",
            False,
        )
    right = {at: max((p["high"] for p in pieces if p["at"] == at), default=0.0) for at in range(len(places))}
    edges = [edge for piece in pieces for edge in (piece["low"], piece["high"])]
    ends = c.domain([*edges, *(c.known(total) or 0.0 for total in sums)], room=0.02)
    for piece in pieces:
        value = list(parts.values())[piece["part"]][piece["at"]]
        label = c.fixed(value, decimals)
        pixel = (ends[1] - ends[0]) / width
        middle, total = (piece["high"] + piece["low"]) / 2, c.known(sums[piece["at"]])
        fits = piece["high"] - piece["low"] > (c.text_width(label, 10) + 14) * pixel
        hidden = total is not None and abs(total - middle) < (c.text_width(label, 10) / 2 + 7) * pixel
        piece["label"] = label if fits and not hidden else ""
        piece["ink"] = c.ink(piece["colour"])
    y, lines = c.names_axis(places)
    x = c.number_axis(ends, field="low", grid=True)
    dots = [{"at": at, "low": c.known(total)} for at, total in enumerate(sums) if total is not None]
    numbers = [
        {"at": at, "low": max(right[at], c.known(total) or 0.0), "label": c.fixed(total, decimals)}
        for at, total in enumerate(sums)
    ]
    dot = {
        "type": "point",
        "shape": "diamond",
        "size": 70,
        "opacity": 1,
        "fill": look.WHITE,
        "color": look.TEXT,
    }
    layers = [
        *_bars(pieces, y, {"x": x, "x2": {"field": "high"}}, {"height": {"band": 0.72}}, across=True),
        *_labels_within(pieces, y, "x", x),
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": look.TEXT},
            "encoding": {"x": {"datum": 0}},
        },
        {"data": {"values": dots}, "mark": {**dot, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
        *c.texts(numbers, {"x": x, "y": y}, align="left", dx=9, fontWeight="bold"),
        *c.names_above(list(parts), colours, width),
    ]
    rows = [(place, *(values[at] for values in parts.values()), sums[at]) for at, place in enumerate(places)]
    told = [(place, c.fixed(total, decimals)) for place, total in zip(places, sums, strict=True)]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, "◇と右の数字は計"),
        size=(width, max(len(places), 1) * (22 if lines == 1 else 28)),
        columns=("市町村", *(c.headed(name, unit) for name in parts), c.headed("計", unit)),
        rows=rows,
        alt=f"{title}の積み上げ棒グラフ{c.bracketed(unit)}：計 {c.listed(told)}",
    )


def _whole(values: c.Values) -> Number | None:
    return None if any(c.known(value) is None for value in values) else c.summed(values)


def _percents(values: c.Values) -> list[Decimal]:
    """The shares of values in percent; empty where they are not parts of a whole."""
    there = [c.known(value) for value in values]
    if any(value is None or value < 0 for value in there):
        return []
    exact = [Decimal(str(value)) for value in values]
    whole = sum(exact, Decimal(0))
    return [value / whole * 100 for value in exact] if whole else []


def _stacked(parts: Sequence[c.Values], count: int) -> tuple[list[Spec], list[float]]:
    """Every part as a piece from `low` to `high`, those below zero downwards; and the upper end of each stack."""
    ups, downs = [0.0] * count, [0.0] * count
    pieces: list[Spec] = []
    for part, values in enumerate(parts):
        for at, value in enumerate(values):
            number = c.known(value)
            if not number:
                continue
            edges = downs if number < 0 else ups
            ends = sorted((edges[at], edges[at] + number))
            edges[at] += number
            pieces.append({"at": at, "part": part, "low": ends[0], "high": ends[1]})
    return pieces, ups


def _colours(parts: Sequence[tuple[str, c.Values]], *, folded: bool) -> list[str]:
    return [*c.shades(len(parts) - 1), _OTHERS_COLOUR] if folded else c.shades(len(parts))


def _bars(
    pieces: Sequence[Spec], band: Spec, along: Spec, width: Spec, *, across: bool = False
) -> list[Spec]:
    """The pieces: full for what was counted, pale with a dashed edge for what is projected."""
    colour = {"field": "colour", "type": "nominal", "scale": None}
    place = {"y" if across else "x": band, **along}
    full = {"type": "bar", "stroke": look.WHITE, "strokeWidth": 0.7, **width}
    layers: list[Spec] = [
        {
            "data": {"values": [piece for piece in pieces if not piece["projected"]]},
            "mark": full,
            "encoding": {**place, "fill": colour},
        }
    ]
    if pale := [piece for piece in pieces if piece["projected"]]:
        mark = {"type": "bar", **_PROJECTED, **width}
        layers.append(
            {"data": {"values": pale}, "mark": mark, "encoding": {**place, "fill": colour, "stroke": colour}}
        )
    return layers


def _labels_within(pieces: Sequence[Spec], band: Spec, axis: str, along: Spec) -> list[Spec]:
    data = [{**piece, "low": (piece["low"] + piece["high"]) / 2} for piece in pieces if piece["label"]]
    if not data:
        return []
    other = "y" if axis == "x" else "x"
    mark = {"type": "text", "fontSize": 10, "baseline": "middle"}
    colour = {"field": "ink", "type": "nominal", "scale": None}
    encoding = {other: band, axis: along, "text": {"field": "label"}, "color": colour}
    return [{"data": {"values": data}, "mark": mark, "encoding": encoding}]


def _names_beside(
    names: Sequence[str],
    colours: Sequence[str],
    pieces: Sequence[Spec],
    column: tuple[int, float],
    ends: Sequence[float],
    size: tuple[int, int],
) -> list[Spec]:
    """Every part's name right of the last column, at the height of its piece there, led to it by a line.

    `column` is the place of the last column and the part of its band that it fills.
    """
    last, filled = column
    edge_of_column = f"width-width/{max(last + 1, 1)}*{(1 - filled) / 2:.4f}"
    per_pixel = (ends[1] - ends[0]) / size[1]
    own = {piece["part"]: (piece["low"] + piece["high"]) / 2 for piece in pieces if piece["at"] == last}
    wanted, edge = [], 0.0
    for part in range(len(names)):
        edge = own.get(part, edge)
        wanted.append(edge)
    places = c.spread(wanted, 15 * per_pixel, ends[0] + 7 * per_pixel, ends[1] - 7 * per_pixel)
    data = [
        {"name": name, "colour": colour, "from": start, "to": place, "there": part in own}
        for part, (name, colour, start, place) in enumerate(zip(names, colours, wanted, places, strict=True))
    ]
    scale = {"domain": list(ends), "nice": False, "zero": False}
    at = {"field": "to", "type": "quantitative", "scale": scale}
    start = {"field": "from", "type": "quantitative", "scale": scale}
    colour = {"field": "colour", "type": "nominal", "scale": None}
    square = {"type": "point", "shape": "square", "filled": True, "size": 80, "opacity": 1}
    return [
        {
            "data": {"values": [row for row in data if row["there"]]},
            "mark": {"type": "rule", "strokeWidth": 0.8},
            "encoding": {
                "x": {"value": {"expr": edge_of_column}},
                "x2": {"value": {"expr": "width+10"}},
                "y": start,
                "y2": {"field": "to"},
                "color": colour,
            },
        },
        {
            "data": {"values": data},
            "mark": square,
            "encoding": {"x": {"value": {"expr": "width+14"}}, "y": at, "color": colour},
        },
        {
            "data": {"values": data},
            "mark": {"type": "text", "align": "left", "fontSize": 11.5, "color": look.TEXT},
            "encoding": {"x": {"value": {"expr": "width+22"}}, "y": at, "text": {"field": "name"}},
        },
    ]


def _projected_words(projected_from: int | None, count: int) -> str:
    return "淡い色・破線の枠：推計" if projected_from is not None and projected_from < count else ""


def _projection_words(projected_from: int | None, count: int, size: tuple[int, int]) -> list[Spec]:
    """A rule before the first projected year."""
    if projected_from is None or not 0 < projected_from < count:
        return []
    x = {"value": {"expr": f"width*{projected_from}/{count}"}}
    rule = {"type": "rule", "color": look.MUTED, "strokeDash": [4, 3]}
    return [
        {
            "data": {"values": [{}]},
            "mark": rule,
            "encoding": {"x": x, "y": {"value": -14}, "y2": {"value": size[1]}},
        },
        *c.words("推計", x, {"value": -10}, align="left", dx=5, color=look.TEXT_SOFT),
    ]


def _share_table(
    categories: Sequence[str],
    groups: Sequence[str],
    given: Sequence[c.Values],
    percents: Sequence[Sequence[Decimal]],
    *,
    amounts: bool,
) -> tuple[list[str], list[c.Row]]:
    if not amounts:
        return ["区分", *(f"{name}（％）" for name in groups)], [
            (name, *row) for name, row in zip(categories, given, strict=True)
        ]
    columns = ["区分", *(title for name in groups for title in (name, f"{name}（％）"))]
    rows: list[c.Row] = []
    for name, own, row in zip(categories, given, percents, strict=True):
        rounded: list[Number | None] = [c.rounded(percent, 1) for percent in row] or [None] * len(own)
        both = zip(own, rounded, strict=True)
        rows.append((name, *(cell for pair in both for cell in pair)))
    return columns, rows


def _shares_told(names: Sequence[str], groups: Sequence[str], percents: Sequence[Sequence[Decimal]]) -> str:
    told = []
    for name, row in zip(names, percents, strict=True):
        shown = [f"{group}{c.fixed(percent, 1)}％" for group, percent in zip(groups, row, strict=False)]
        told.append((name, "・".join(shown[:6]) + ("ほか" if len(shown) > 6 else "") or c.ABSENT))
    return c.listed(told, 8)
