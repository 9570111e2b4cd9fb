"""A map of a region from its offices' points: a pure function from places to marks and labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

_EARTH_KM_PER_DEGREE = 111.32
_WIDE = 480.0
_LEAST_KM = 8.0
_MARGIN = 16.0
_LETTER = 16.0
_LINE = 21.0
_SMALLEST, _LARGEST = 7.0, 30.0
_ROUND_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500)


#: From x, y to x, y.
Line = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """A municipality to show: `latitude` and `longitude` in degrees, `population` in persons (None unknown).

    `centre` marks the centre city; `note` is a second line under the name; `url` makes the place a link.
    """

    code: str
    name: str
    latitude: float | None
    longitude: float | None
    population: int | None = None
    centre: bool = False
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Box:
    """A rectangle in the map's units (left, top, width, height)."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def within(self, width: float, height: float) -> bool:
        return self.x >= 0 and self.y >= 0 and self.x + self.width <= width and self.y + self.height <= height


@dataclass(frozen=True)
class Mark:
    """A place on the map: its circle, its label's box, and the end of a line to it where they are apart."""

    place: Place
    x: float
    y: float
    radius: float
    label: Box = field(default=Box(0, 0, 0, 0))
    leader: tuple[float, float] | None = None

    @property
    def circle(self) -> Box:
        return Box(self.x - self.radius, self.y - self.radius, 2 * self.radius, 2 * self.radius)

    @property
    def text_x(self) -> float:
        return round(self.label.x + 3, 1)

    @property
    def name_y(self) -> float:
        return round(self.label.y + _LETTER, 1)

    @property
    def note_y(self) -> float:
        return round(self.label.y + _LETTER + _LINE - 1, 1)


@dataclass(frozen=True)
class Map:
    """What `_map.html` draws: `scale_km` is the length of the bar, `scale_width` the same in the map's units.

    `spokes` are lines between each centre and each partner; `unplaced` are places without a point.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    spokes: tuple[Line, ...]
    scale_km: int
    scale_width: float
    unplaced: tuple[Place, ...]

    @property
    def scale(self) -> Box:
        """Where the scale bar stands."""
        return _scale_box(self.width, self.height)


def draw(places: Sequence[Place], *, width: float = 640.0) -> Map:
    """Lay out a map `width` units wide: labels meet neither each other nor any circle and lie in the frame.

    Areas of circles go with the population. The order of `places` is that of the marks (and of the tab key).
    The map grows in height where its labels need it.
    """
    placed = [place for place in places if place.latitude is not None and place.longitude is not None]
    unplaced = tuple(place for place in places if place not in placed)
    if not placed:
        return Map(width, 0, (), (), 0, 0, unplaced)
    height, positions, per_km = _project(placed, width)
    largest = max((place.population or 0 for place in placed), default=0)
    top = _top_radius(width)
    marks = [
        Mark(place, round(x, 1), round(y, 1), round(_radius(place.population, largest, top), 1))
        for place, (x, y) in zip(placed, positions, strict=True)
    ]
    centres = [mark for mark in marks if mark.place.centre]
    spokes = tuple(
        (centre.x, centre.y, mark.x, mark.y) for centre in centres for mark in marks if not mark.place.centre
    )
    while True:
        labelled = _label(marks, spokes, width, height)
        if labelled is not None:
            break
        height += 80
    km = next((km for km in reversed(_ROUND_KM) if km * per_km <= width * 0.28), _ROUND_KM[0])
    return Map(width, round(height, 1), tuple(labelled), spokes, km, round(km * per_km, 1), unplaced)


def letters_width(text: str, size: float = _LETTER) -> float:
    """About how wide a text is printed: full-width letters one em, others a little more than half."""
    return sum(size if ord(letter) > 0xFF else size * 0.6 for letter in text)


def _project(places: Sequence[Place], width: float) -> tuple[float, list[tuple[float, float]], float]:
    """Height, points (equirectangular at the middle latitude, north up) and units per km."""
    latitudes = [float(place.latitude or 0) for place in places]
    longitudes = [float(place.longitude or 0) for place in places]
    middle = (min(latitudes) + max(latitudes)) / 2
    squeeze = math.cos(math.radians(middle))
    east = [longitude * squeeze * _EARTH_KM_PER_DEGREE for longitude in longitudes]
    north = [latitude * _EARTH_KM_PER_DEGREE for latitude in latitudes]
    wide = max(max(east) - min(east), _LEAST_KM)
    tall = max(max(north) - min(north), _LEAST_KM)
    above = _top_radius(width) + _MARGIN
    side, below = above + width * 0.06, above + 34
    most = width * (0.85 if width >= _WIDE else 1.35)
    least = width * 0.5
    per_km = min((width - 2 * side) / wide, (most - above - below) / tall)
    height = max(least, tall * per_km + above + below)
    left = (width - (max(east) - min(east)) * per_km) / 2
    upper = above + (height - above - below - (max(north) - min(north)) * per_km) / 2
    points = [
        (left + (x - min(east)) * per_km, upper + (max(north) - y) * per_km)
        for x, y in zip(east, north, strict=True)
    ]
    return height, points, per_km


def _top_radius(width: float) -> float:
    return _LARGEST if width >= _WIDE else _LARGEST * 0.75


def _radius(population: int | None, largest: int, top: float) -> float:
    if not population or not largest:
        return _SMALLEST
    return max(_SMALLEST, top * math.sqrt(population / largest))


def _label(marks: Sequence[Mark], spokes: Sequence[Line], width: float, height: float) -> list[Mark] | None:
    """Every mark with its label, large places first, off the spokes if it can be; None without room."""
    circles = [mark.circle for mark in marks]
    taken: list[Box] = [_scale_box(width, height)]
    found: dict[int, Mark] = {}
    for number in sorted(range(len(marks)), key=lambda each: -marks[each].radius):
        mark = marks[number]
        lines = 2 if mark.place.note else 1
        wide = max(letters_width(mark.place.name), letters_width(mark.place.note, 14)) + 6
        tall = lines * _LINE + 2
        for boxes, apart in _candidates(mark, wide, tall, width, height):
            free = [
                box
                for box in boxes
                if box.within(width, height) and not any(box.meets(other) for other in (*taken, *circles))
            ]
            if free:
                box = min(free, key=lambda each: sum(_crosses(each, line) for line in spokes))
                taken.append(box)
                found[number] = replace(mark, label=box, leader=_nearest(box, mark) if apart else None)
                break
        else:
            return None
    return [found[number] for number in range(len(marks))]


def _candidates(
    mark: Mark, wide: float, tall: float, width: float, height: float
) -> Iterator[tuple[list[Box], bool]]:
    """Boxes for a label: beside the circle first, then further and further away, last anywhere."""
    for distance in (3.0, 8.0, 18.0, 30.0, 48.0, 72.0):
        reach = mark.radius + distance
        slant = reach * 0.75
        corners = (
            (mark.x + reach, mark.y - tall / 2),
            (mark.x - reach - wide, mark.y - tall / 2),
            (mark.x - wide / 2, mark.y + reach),
            (mark.x - wide / 2, mark.y - reach - tall),
            (mark.x + slant, mark.y + slant),
            (mark.x + slant, mark.y - slant - tall),
            (mark.x - slant - wide, mark.y + slant),
            (mark.x - slant - wide, mark.y - slant - tall),
        )
        yield [Box(round(x, 1), round(y, 1), round(wide, 1), tall) for x, y in corners], distance > 10
    anywhere = sorted(
        (math.hypot(x + wide / 2 - mark.x, y + tall / 2 - mark.y), x, y)
        for x in range(0, max(1, int(width - wide)), 12)
        for y in range(0, max(1, int(height - tall)), 12)
    )
    for _, x, y in anywhere:
        yield [Box(x, y, round(wide, 1), tall)], True


def _crosses(box: Box, line: Line) -> bool:
    """Whether the line runs through the box (Liang and Barsky's clipping)."""
    x1, y1, x2, y2 = line
    enter, leave = 0.0, 1.0
    for along, before in (
        (x1 - x2, x1 - box.x),
        (x2 - x1, box.x + box.width - x1),
        (y1 - y2, y1 - box.y),
        (y2 - y1, box.y + box.height - y1),
    ):
        if along == 0:
            if before < 0:
                return False
        elif along < 0:
            enter = max(enter, before / along)
        else:
            leave = min(leave, before / along)
    return enter < leave


def _nearest(box: Box, mark: Mark) -> tuple[float, float]:
    """The point of the label's edge nearest to the circle."""
    return (
        round(min(max(mark.x, box.x), box.x + box.width), 1),
        round(min(max(mark.y, box.y), box.y + box.height), 1),
    )


def _scale_box(width: float, height: float) -> Box:
    return Box(0, height - 34, width * 0.28 + 60, 34)
