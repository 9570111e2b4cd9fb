"""Where names and values stand on a map: within their shape, else beside it where no other words stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

from keniki.press import look
from keniki.press.book_charts import common as c
from keniki.press.charts import Spec

from .outlines import Box, Point, Polygon, area, innermost, inside, largest, within

#: Where more shapes stand on a map, a name is written only where it fits into its own.
BESIDE_MOST: Final = 60
_SIZES = (12.0, 11.0, 10.0, 9.0)
_SMALL = 9.0
_DIRECTIONS = 16
#: Square pixels below which no name fits into a shape.
_LEAST = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words (one a line) for the polygons of a shape, and the colour in which they can be read on it."""

    lines: Sequence[str]
    polygons: Sequence[Polygon]
    bold: bool
    ink: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words at their place: the middle of their box, in pixels; `beside` where they stand on other ground too."""

    wanted: Wanted
    lines: Sequence[str]
    middle: Point
    size: float
    beside: bool
    anchor: Point | None = None


def placed(every: Sequence[Wanted], size: tuple[int, int]) -> list[Label]:
    """The labels that fit: first those within their shapes, then, the largest shape first, those beside."""
    found: list[Label] = []
    waiting: list[tuple[float, int, Wanted, Point]] = []
    for order, wanted in enumerate(every):
        main = largest(wanted.polygons)
        if len(every) > BESIDE_MOST and area(main[0]) < _LEAST:
            continue
        pole = innermost(main, _wide(wanted.lines))
        label = _within(wanted, main, pole)
        if label:
            found.append(label)
        else:
            waiting.append((-area(main[0]), order, wanted, pole))
    if len(every) > BESIDE_MOST:
        return found
    taken = [_box(label.lines, label.middle, label.size) for label in found]
    for _, _, wanted, pole in sorted(waiting, key=lambda one: one[:2]):
        label = _beside(wanted, pole, taken, size)
        if label:
            found.append(label)
            taken.append(_box(label.lines, label.middle, label.size))
    return found


def layers(labels: Sequence[Label]) -> list[Spec]:
    """The words as layers of a map, those on other ground with a white rim and a line to their shape."""
    own: list[Spec] = []
    led = [
        {"x": label.anchor[0], "y": label.anchor[1], "x2": label.middle[0], "y2": label.middle[1]}
        for label in labels
        if label.anchor
    ]
    if led:
        ends = {
            f"{name}{end}": {"field": f"{axis}{end}", **({} if end else {"type": "quantitative"})}
            for name, axis in (("longitude", "x"), ("latitude", "y"))
            for end in ("", "2")
        }
        mark = {"type": "rule", "color": look.TEXT, "strokeWidth": 0.8, "clip": False}
        own.append({"data": {"values": led}, "mark": mark, "encoding": ends})
    for beside in (False, True):
        for bold in (False, True):
            chosen = [label for label in labels if label.beside == beside and label.wanted.bold == bold]
            data = [row for label in chosen for row in _rows(label)]
            if not data:
                continue
            encoding = {
                "longitude": {"field": "x", "type": "quantitative"},
                "latitude": {"field": "y", "type": "quantitative"},
                "text": {"field": "text"},
                "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
            }
            mark = {"type": "text", "baseline": "middle", "clip": False}
            mark |= {"fontWeight": "bold"} if bold else {}
            if beside:
                rim = {**mark, "stroke": look.WHITE, "strokeWidth": 3, "color": look.WHITE}
                own.append({"data": {"values": data}, "mark": rim, "encoding": encoding})
            ink = {"color": {"field": "ink", "type": "nominal", "scale": None}}
            own.append({"data": {"values": data}, "mark": mark, "encoding": {**encoding, **ink}})
    return own


def _rows(label: Label) -> list[Spec]:
    high = label.size * 1.2
    top = label.middle[1] - high * (len(label.lines) - 1) / 2
    return [
        {
            "x": round(label.middle[0], 1),
            "y": round(top + high * place, 1),
            "text": line,
            "size": label.size,
            "ink": look.TEXT if label.beside else label.wanted.ink,
        }
        for place, line in enumerate(label.lines)
    ]


def _wide(lines: Sequence[str]) -> float:
    """How many times as wide as high the words are."""
    return max(max(c.text_width(line, 1) for line in lines) / (1.2 * len(lines)), 0.5)


def _box(lines: Sequence[str], middle: Point, size: float, room: float = 1.5) -> Box:
    half = max(c.text_width(line, size) for line in lines) / 2 + room
    high = size * 1.2 * len(lines) / 2 + room / 2
    return (middle[0] - half, middle[1] - high, middle[0] + half, middle[1] + high)


def _within(wanted: Wanted, main: Polygon, pole: Point) -> Label | None:
    for size in _SIZES:
        if within(_box(wanted.lines, pole, size), [main]):
            return Label(wanted, wanted.lines, pole, size, beside=False)
    alone = wanted.lines[:1]
    place = innermost(main, _wide(alone))
    if within(_box(alone, place, _SMALL), [main]):
        return Label(wanted, alone, place, _SMALL, beside=False)
    return None


def _beside(wanted: Wanted, pole: Point, taken: Sequence[Box], size: tuple[int, int]) -> Label | None:
    """Over the shape where nothing else is written, else around it with a line that leads there."""
    for letters in (10.0, _SMALL):
        for distance in (0, 16, 24, 34, 46, 60):
            for direction in range(_DIRECTIONS if distance else 1):
                turn = direction * 2 * pi / _DIRECTIONS
                middle = (pole[0] + cos(turn) * distance * 1.5, pole[1] + sin(turn) * distance)
                box = _box(wanted.lines, middle, letters)
                if not _on(box, size) or any(_meet(box, other) for other in taken):
                    continue
                far = not inside(middle, wanted.polygons)
                if far and any(_through(pole, middle, other) for other in taken):
                    continue
                return Label(wanted, wanted.lines, middle, letters, beside=True, anchor=pole if far else None)
    return None


def _through(start: Point, end: Point, box: Box) -> bool:
    """Whether a line runs through the box (Liang and Barsky)."""
    enter, leave = 0.0, 1.0
    for axis in (0, 1):
        along = end[axis] - start[axis]
        low, high = box[axis] - start[axis], box[axis + 2] - start[axis]
        if not along:
            if not low < 0 < high:
                return False
            continue
        edges = sorted((low / along, high / along))
        enter, leave = max(enter, edges[0]), min(leave, edges[1])
        if enter >= leave:
            return False
    return True


def _on(box: Box, size: tuple[int, int]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
