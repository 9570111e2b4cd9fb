"""What the charts of a region book share: numbers as written, axes of names, room for words, labels that keep apart."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil, floor, isfinite, log10
from typing import Any, Final, TypeAlias

from keniki.press import look
from keniki.press.charts import Chart, Number, Spec, dark, framed, palette

Values: TypeAlias = Sequence[Number | None]
Row: TypeAlias = tuple[str | Number | None, ...]

ABSENT: Final = "―"
#: From here on a number is written as a power of ten: nobody counts so many digits.
HUGE: Final = 1e15
MOST_DECIMALS: Final = 9
#: What an axis shows: 「1,234」, 「▲0.5」.
AXIS_NUMBER: Final = (
    "(datum.value < 0 ? '▲' : '') + format(abs(datum.value), abs(datum.value) >= 1e15 ? '.1e' : ',~f')"
)
OTHERS: Final = "その他"
#: Pixels of a letter of 12 px, by which room for words is reckoned.
_WIDE, _NARROW = 1.0, 0.58


def known(value: Number | None) -> float | None:
    """The value as a number to draw; None where it is missing or no number at all."""
    try:
        number = float(value) if value is not None else None
    except OverflowError:
        return None
    return number if number is not None and isfinite(number) else None


def summed(values: Values) -> Number | None:
    """The sum of what is there, exact as printed; None where nothing is."""
    there = [Decimal(str(value)) for value in values if known(value) is not None]
    if not there:
        return None
    total = sum(there, Decimal(0))
    return int(total) if total == int(total) else total


def fixed(value: Number | None, decimals: int = 0) -> str:
    """「1,234.5」, 「▲3」, 「―」; at least as many decimals as asked, none beyond."""
    number = known(value)
    if number is None:
        return ABSENT
    if abs(number) >= HUGE:
        text = f"{abs(number):.1e}"
    else:
        text = f"{rounded(abs(Decimal(str(value))), min(decimals, MOST_DECIMALS)):,f}"
    zero = not text.strip("0.,")
    return f"▲{text}" if number < 0 and not zero else text


def rounded(value: Decimal, decimals: int) -> Decimal:
    """The value in so many decimals, halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding="ROUND_HALF_UP")


def decimals_of(values: Values) -> int:
    """As many decimals as the most exact value has, three at most."""
    found = 0
    for value in values:
        number = known(value)
        if number is not None and abs(number) < HUGE:
            exponent = Decimal(str(value)).normalize().as_tuple().exponent
            found = max(found, -exponent if isinstance(exponent, int) else 0)
    return min(found, 3)


def text_width(text: str, size: float = 12) -> float:
    """Pixels that a line of text takes, reckoned from wide and narrow letters."""
    wide = sum(_WIDE if unicodedata.east_asian_width(letter) in "WFA" else _NARROW for letter in text)
    return wide * size


def wrapped(text: str, width: float, size: float = 12, lines: int = 9) -> list[str]:
    """The text in so many lines at most that fit; what is left over ends in 「…」."""
    found = [""]
    for letter in text:
        if found[-1] and text_width(found[-1] + letter, size) > width:
            if len(found) == lines:
                found[-1] = found[-1][:-1] + "…"
                return found
            found.append("")
        found[-1] += letter
    return found


def balanced(text: str, width: float, size: float = 12) -> list[str]:
    """The text in one line or two of about the same length; what does not fit ends in 「…」."""
    whole = text_width(text, size)
    return wrapped(text, width if whole <= width else min(whole / 2 + size, width), size, 2)


def fitting(names: Sequence[str], width: float, most: float, least: float) -> float:
    """The largest size of letters, by half pixels, at which every name fits; the least one where none does."""
    longest = max((text_width(name, 1) for name in names), default=0.0)
    size = most
    while size > least and longest * size > width:
        size -= 0.5
    return size


def unit_words(unit: str, *more: str) -> str:
    """「単位：人　…」, without the unit where there is none."""
    return "　".join(part for part in (f"単位：{unit}" if unit else "", *more) if part)


def bracketed(unit: str) -> str:
    """「（人）」, nothing without a unit."""
    return f"（{unit}）" if unit else ""


def headed(title: str, unit: str) -> str:
    """A column's head with its unit."""
    return title + bracketed(unit)


def drawn(
    body: Spec,
    *,
    title: str,
    subtitle: str,
    size: tuple[int, int],
    columns: Sequence[str],
    rows: Sequence[Row],
    alt: str,
) -> Chart:
    """The chart of a drawing; a long title and subtitle go over several lines.

    The parts of the drawing carry no names of their own for screen readers: the table and `alt` are better read.
    """
    spec = framed(body, title=title, subtitle=subtitle, size=size)
    width = max(size[0], 360)
    spec["title"]["text"] = [literal(line) for line in wrapped(title, width, 14)]
    spec["title"]["subtitle"] = [literal(line) for line in wrapped(subtitle, width, 12)] if subtitle else []
    spec["config"]["aria"] = False
    return Chart(spec, tuple(columns), tuple(rows), alt)


def same_length(names: Sequence[str], given: Mapping[str, Sequence[Any]], what: str) -> None:
    """ValueError where a series has more or fewer values than there are names."""
    for name, values in given.items():
        if len(values) != len(names):
            raise ValueError(f"{name}: {len(values)} values for {len(names)} {what}")


def folded(series: Mapping[str, Values], most: int, counter: str) -> list[tuple[str, Values]]:
    """The series as drawn: where they are more than `most`, the largest one by one, the rest as 「その他33市町村」."""
    if len(series) <= most:
        return list(series.items())
    weights = {name: sum(abs(known(value) or 0) for value in values) for name, values in series.items()}
    chosen = set(sorted(weights, key=lambda name: -weights[name])[: most - 1])
    rest = [values for name, values in series.items() if name not in chosen]
    others = [summed(column) for column in zip(*rest, strict=True)]
    kept: list[tuple[str, Values]] = [(name, values) for name, values in series.items() if name in chosen]
    return [*kept, (f"{OTHERS}{len(rest)}{counter}", others)]


def shades(count: int) -> list[str]:
    """So many colours; from the 25th on they begin anew."""
    return [palette(24)[place % 24] for place in range(count)]


def ink(colour: str) -> str:
    """Letters that can be read on the colour."""
    return look.WHITE if dark(colour) else look.TEXT


def literal(text: str) -> str:
    """A text that stands in a definition itself: Vega takes `if` for a word of its own, `if ` for a text."""
    return f"{text} " if text.isascii() and text.isalpha() else text


def written(lines: Sequence[str | list[str]]) -> str:
    """Names as a list in an expression of Vega."""
    return json.dumps(
        [literal(line) if isinstance(line, str) else [literal(each) for each in line] for line in lines]
    )


def names_axis(
    names: Sequence[str], *, width: float = 168, size: int = 12, bold: Sequence[str] = ()
) -> tuple[Spec, int]:
    """An axis (field `at`, the place of a name among the names) for bars that lie, and how many lines a name takes.

    Two places of one name stay two.
    """
    lines = [balanced(name, width, size) for name in names]
    axis: Spec = {
        "title": None,
        "labelExpr": f"{written(lines)}[datum.value]",
        "labelFontSize": size,
        "labelLimit": 0,
        "labelLineHeight": size + 1,
        "domain": False,
        "ticks": False,
    }
    if bold:
        marked = [place for place, name in enumerate(names) if name in bold]
        axis["labelFontWeight"] = {
            "condition": {"test": f"indexof({marked}, datum.value) >= 0", "value": "bold"},
            "value": "normal",
        }
    encoding = {
        "field": "at",
        "type": "ordinal",
        "scale": {"domain": list(range(len(names)))},
        "axis": axis,
    }
    return encoding, max(map(len, lines), default=1)


def rows_axis(names: Sequence[str]) -> tuple[Spec, int]:
    """The same on an axis of numbers: a name's row goes from its place (field `at`) to the next, downwards."""
    encoding, lines = names_axis(names)
    count = max(len(names), 1)
    axis = encoding["axis"]
    axis |= {"values": [place + 0.5 for place in range(len(names))], "tickCount": count, "grid": False}
    axis["labelExpr"] = axis["labelExpr"].replace("[datum.value]", "[datum.value - 0.5]")
    scale = {"domain": [0, count], "reverse": True, "nice": False, "zero": False}
    return {**encoding, "type": "quantitative", "scale": scale}, lines


def years_axis(years: Sequence[str], width: float) -> Spec:
    """An axis below (field `at`); long names go over lines, and where there is no room some are left out."""
    room = width / max(len(years), 1) - 4
    size = fitting(years, room, 12, 9)
    lines = [wrapped(year, max(room, 30), size, 3) for year in years]
    return {
        "field": "at",
        "type": "ordinal",
        "scale": {"domain": list(range(len(years)))},
        "axis": {
            "title": None,
            "labelAngle": 0,
            "labelExpr": f"{written(lines)}[datum.value]",
            "labelFontSize": size,
            "labelOverlap": "greedy",
            "labelLimit": 0,
            "labelLineHeight": 13,
        },
    }


def step(span: float, count: int = 5) -> float:
    """1, 2 or 5 times a power of ten, so that about `count` of them make the span."""
    if span < 1e-200 or not isfinite(span):
        return 1.0
    power = 10.0 ** floor(log10(span / count))
    return next((power * factor for factor in (1, 2, 5) if span / (power * factor) <= count), power * 10)


def domain(
    values: Sequence[float], *, zero: bool = True, room: float = 0.0, left: float = 0.0
) -> list[float]:
    """The ends of an axis that holds the values: round numbers, with a part of the span left free at each full end.

    `left` is more room below the lowest of values under zero, for numbers that stand there.
    """
    held = [*values, 0.0] if zero or not values else list(values)
    low, high = min(held), max(held)
    if low == high:
        low, high = (
            (low - abs(low) * 0.1 or -1.0, high + abs(high) * 0.1 or 1.0) if low or not zero else (0, 1)
        )
    span = high - low
    below = low - span * (room + left * (low < 0)) if low < 0 or not zero else low
    above = high + span * room if high > 0 or not zero else high
    if not zero and low >= 0 > below:
        below = 0.0
    size = step(above - below, 10)
    return [floor(below / size) * size, ceil(above / size) * size]


def number_axis(ends: Sequence[float], *, field: str = "value", **more: Any) -> Spec:
    """An axis of numbers between fixed ends."""
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": list(ends), "nice": False, "zero": False},
        "axis": {"title": None, "labelExpr": AXIS_NUMBER, "tickCount": 5, **more},
    }


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` apart, each as near as can be to where it is wanted, between the ends while they fit.

    The order of the wanted places is kept.
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    groups: list[tuple[float, list[int]]] = []
    for place in order:
        groups.append((wanted[place], [place]))
        while len(groups) > 1:
            (above, first), (below, second) = groups[-2:]
            if above + (len(first) + len(second)) / 2 * gap <= below:
                break
            joined = first + second
            middle = sum(wanted[one] - at * gap for at, one in enumerate(joined)) / len(joined)
            groups[-2:] = [(middle + (len(joined) - 1) / 2 * gap, joined)]
    found = [0.0] * len(wanted)
    for middle, members in groups:
        top = middle - (len(members) - 1) / 2 * gap
        for at, one in enumerate(members):
            found[one] = top + at * gap
    return _within(found, order, gap, low, high)


def _within(places: list[float], order: Sequence[int], gap: float, low: float, high: float) -> list[float]:
    floor_ = low
    for one in order:
        places[one] = max(places[one], floor_)
        floor_ = places[one] + gap
    ceiling = max(high, low + gap * (len(places) - 1))
    for one in reversed(order):
        places[one] = min(places[one], ceiling)
        ceiling = places[one] - gap
    return places


def words(text: str, x: Spec, y: Spec, **mark: Any) -> list[Spec]:
    """One text with a white rim, so that it can be read over lines and bars."""
    rimmed = {"type": "text", "fontSize": 11, "color": look.TEXT, **_rim(3), "text": literal(text), **mark}
    return [{"data": {"values": [{}]}, "encoding": {"x": x, "y": y}, "mark": rimmed}]


def texts(data: Sequence[Spec], encoding: Spec, **mark: Any) -> list[Spec]:
    """The texts of a layer (field `label`) with a white rim."""
    rimmed = {"type": "text", "fontSize": 11, "color": look.TEXT, **_rim(4.5), **mark}
    own = {"data": {"values": list(data)}, "encoding": {**encoding, "text": {"field": "label"}}}
    return [{**own, "mark": rimmed}] if data else []


def _rim(width: float) -> Spec:
    """A white line around letters; `press.charts` writes the letters above it."""
    return {"stroke": look.WHITE, "strokeWidth": width, "strokeJoin": "round"}


def listed(pairs: Sequence[tuple[str, str]], most: int = 12) -> str:
    """「岩見沢市 79,306、夕張市 7,334」 for a sentence; beyond `most` the count of the others."""
    text = "、".join(f"{name} {value}" for name, value in pairs[:most])
    return f"{text}、ほか{len(pairs) - most}" if len(pairs) > most else text


def names_above(
    names: Sequence[str], colours: Sequence[str], width: int, *, shapes: Sequence[str] = ("square",)
) -> list[Spec]:
    """The names in lines over the drawing, each behind a mark of its colour and shape, in their order."""
    lines: list[list[tuple[int, float]]] = [[]]
    edge = 0.0
    for part, name in enumerate(names):
        room = 18 + text_width(name, 11.5) + 14
        if lines[-1] and edge + room > width + 60:
            lines.append([])
            edge = 0.0
        lines[-1].append((part, edge))
        edge += room
    layers: list[Spec] = []
    for line, row in enumerate(lines):
        for part, edge in row:
            x, y = {"value": edge + 6}, {"value": -10 - 17 * (len(lines) - 1 - line)}
            mark: Spec = {"type": "point", "shape": shapes[part % len(shapes)], "size": 80, "opacity": 1}
            mark |= {"filled": len(shapes) == 1 or part % 2 == 0, "color": colours[part]}
            text = {"type": "text", "align": "left", "dx": 9, "fontSize": 11.5, "color": look.TEXT}
            place = {"data": {"values": [{}]}, "encoding": {"x": x, "y": y}}
            layers += [{**place, "mark": mark}, {**place, "mark": {**text, "text": literal(names[part])}}]
    return layers
