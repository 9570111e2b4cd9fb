"""What a plan of evacuation is made from: cells with people, shelters with places, a scenario with its rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keniki.core.errors import WrongInput

Whole: TypeAlias = Literal["district", "cell", "none"]
Numbers: TypeAlias = NDArray[np.int64]
WHOLES: Final = ("district", "cell", "none")

#: No shelter and no cell holds more people.
_MOST_PEOPLE: Final = 10**7


@dataclass(frozen=True)
class Cells:
    """n places people leave (町丁目・行政区の区画), arrays (n,).

    `people` are those who go to a shelter; `vulnerable` (要配慮者) and `accessible` (people who need an accessible
    place) are parts of them, the second a part of the first. `towns` are municipality codes; all cells of a district
    lie in one town. Positions in degrees.
    """

    ids: tuple[str, ...]
    districts: tuple[str, ...]
    towns: tuple[str, ...]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    people: Numbers
    vulnerable: Numbers
    accessible: Numbers

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Shelters:
    """m places people may go to (避難所), arrays (m,).

    `accessible` is the part of `capacity` that people who need an accessible place can use; `unusable` says why a
    shelter cannot be used for this hazard and season, empty where it can.
    """

    ids: tuple[str, ...]
    towns: tuple[str, ...]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    capacity: Numbers
    accessible: Numbers
    unusable: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def places(self) -> Numbers:
        """The capacity that counts: 0 where a shelter cannot be used."""
        return np.where(np.array(self.unusable, dtype=object) == "", self.capacity, 0).astype(np.int64)


@dataclass(frozen=True)
class Reserve:
    """Places a receiving town keeps (受入枠): for its `own` people, for `others`; a number, or a share below 1.

    A number is dealt to the town's usable shelters by capacity (largest remainder), a share is taken of each.
    """

    own: float = 0
    others: float = 0


@dataclass(frozen=True)
class PerPeople:
    """How many people one tent, one bed and one member of staff serve; None leaves the number out."""

    tent: float | None = None
    bed: float | None = None
    staff: float | None = None


@dataclass(frozen=True)
class Scenario:
    """The rules of a plan.

    `far_km`: people who go further are counted as 遠距離. `border_km`: added to a journey into another town.
    `detour`: road length by straight length. `nearest`: only so many of the cheapest shelters of a cell count (a
    district kept together may go to any of its cells'); None lets every pair of cell and shelter count. `agreements`:
    pairs (from, to) of towns that send and receive; None lets all. `keep_whole`: what stays together where it can;
    `longer_for_whole_km`: the most kilometres that may cost each of those who move, on average; None for any.
    `longer_for_fairness`: how much longer all journeys together may become (a share) so that receiving towns carry more
    evenly; 0 keeps the strict order of aims.
    """

    far_km: float
    border_km: float = 0.0
    detour: float = 1.0
    nearest: int | None = None
    reserves: Mapping[str, Reserve] = field(default_factory=dict)
    agreements: frozenset[tuple[str, str]] | None = None
    keep_whole: Whole = "district"
    longer_for_whole_km: float | None = None
    longer_for_fairness: float = 0.0
    per: PerPeople = PerPeople()

    def __post_init__(self) -> None:
        for name, least, most in (
            ("far_km", 0, 2000),
            ("border_km", 0, 2000),
            ("detour", 1, 5),
            ("longer_for_fairness", 0, 1),
        ):
            value = getattr(self, name)
            if not np.isfinite(value) or not least <= value <= most:
                raise WrongInput(f"{name} は {least} から {most} までの数にしてください。", column=name)
        longer = self.longer_for_whole_km
        if longer is not None and not (np.isfinite(longer) and 0 <= longer <= 2000):
            raise WrongInput(
                "longer_for_whole_km は 0 から 2000 までの数にしてください。", column="longer_for_whole_km"
            )
        if self.nearest is not None and (self.nearest != int(self.nearest) or self.nearest < 1):
            raise WrongInput("nearest は1以上の整数にしてください。", column="nearest")
        if self.keep_whole not in WHOLES:
            raise WrongInput(
                f"keep_whole は {'、'.join(WHOLES)} のどれかにしてください。", column="keep_whole"
            )
        for name in ("tent", "bed", "staff"):
            value = getattr(self.per, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise WrongInput(f"1{name}当たりの人数は0より大きい数にしてください。", column=name)
        for town, kept in self.reserves.items():
            for value in (kept.own, kept.others):
                if not np.isfinite(value) or value < 0 or (value >= 1 and value != int(value)):
                    raise WrongInput(
                        f"「{town}」の受入枠は、0以上1未満の割合か、1以上の整数（人数）にしてください。",
                        column="reserves",
                    )


def cells_of(
    ids: Sequence[str],
    towns: Sequence[str],
    latitude: ArrayLike,
    longitude: ArrayLike,
    people: ArrayLike,
    *,
    districts: Sequence[str] | None = None,
    vulnerable: ArrayLike | None = None,
    accessible: ArrayLike | None = None,
) -> Cells:
    """Cells from columns of one length n; without districts each cell is its own, `vulnerable` is `accessible` unless
    given. WrongInput names the first row (from 1) that cannot be.

    >>> cells_of(["a"], ["012106"], [43.2], [141.8], [120], accessible=[5]).vulnerable
    array([5])
    """
    n = len(ids)
    found = Cells(
        tuple(ids),
        tuple(districts if districts is not None else ids),
        tuple(towns),
        _positions(latitude, n, "latitude", 90),
        _positions(longitude, n, "longitude", 180),
        _people(people, n, "people"),
        _people(
            vulnerable if vulnerable is not None else accessible if accessible is not None else np.zeros(n),
            n,
            "vulnerable",
        ),
        _people(accessible if accessible is not None else np.zeros(n), n, "accessible"),
    )
    _unlike(found.ids, "区画")
    for name, column in (("districts", found.districts), ("towns", found.towns)):
        if len(column) != n:
            raise WrongInput(f"{name} は区画と同じ数（{n}）にしてください。", column=name)
    for name, small, large in (
        ("vulnerable", found.vulnerable, found.people),
        ("accessible", found.accessible, found.vulnerable),
    ):
        _first(small > large, f"{name} が、それを含む人数を超えています。", name)
    town_of: dict[str, str] = {}
    for at, (district, town) in enumerate(zip(found.districts, found.towns, strict=True)):
        if town_of.setdefault(district, town) != town:
            raise WrongInput(
                f"地区「{district}」が2つの市町にまたがっています。市町ごとに分けてください。",
                row=at + 1,
                column="districts",
            )
    return found


def shelters_of(
    ids: Sequence[str],
    towns: Sequence[str],
    latitude: ArrayLike,
    longitude: ArrayLike,
    capacity: ArrayLike,
    *,
    accessible: ArrayLike | None = None,
    unusable: Sequence[str] | None = None,
) -> Shelters:
    """Shelters from columns of one length m; usable unless `unusable` gives a reason. WrongInput as `cells_of`.

    >>> shelters_of(["A", "B"], ["1", "1"], [43, 43], [141, 141.1], [50, 80], unusable=["浸水", ""]).places
    array([ 0, 80])
    """
    m = len(ids)
    found = Shelters(
        tuple(ids),
        tuple(towns),
        _positions(latitude, m, "latitude", 90),
        _positions(longitude, m, "longitude", 180),
        _people(capacity, m, "capacity"),
        _people(accessible if accessible is not None else np.zeros(m), m, "accessible"),
        tuple(unusable if unusable is not None else [""] * m),
    )
    _unlike(found.ids, "避難所")
    for name, column in (("towns", found.towns), ("unusable", found.unusable)):
        if len(column) != m:
            raise WrongInput(f"{name} は避難所と同じ数（{m}）にしてください。", column=name)
    _first(
        found.accessible > found.capacity, "配慮が要る人の収容人数が、収容人数を超えています。", "accessible"
    )
    return found


def evacuating(
    cells: Cells, rate: ArrayLike | Mapping[str, float], classes: Sequence[str] | None = None
) -> Cells:
    """The cells with the people who leave: residents times a rate, rounded up.

    `rate` is one number, one of each cell (n,), or by class with each cell's class in `classes` (inside the flooded
    area, outside). Rates are from 0 to 1.

    >>> town = cells_of(["a", "b"], ["1", "1"], [43, 43], [141, 141.1], [100, 35])
    >>> evacuating(town, {"in": 0.8, "out": 0.4}, ["in", "out"]).people
    array([80, 14])
    """
    if isinstance(rate, Mapping):
        if classes is None or len(classes) != len(cells):
            raise WrongInput(
                "区画ごとの区分（classes）を、区画と同じ数だけ指定してください。", column="classes"
            )
        for at, name in enumerate(classes):
            if name not in rate:
                raise WrongInput(f"区分「{name}」の避難率がありません。", row=at + 1, column="rate")
        rates = np.array([rate[name] for name in classes], dtype=np.float64)
    else:
        rates = np.broadcast_to(np.asarray(rate, dtype=np.float64), (len(cells),))
    _first(
        ~(np.isfinite(rates) & (rates >= 0) & (rates <= 1)), "避難率は0から1までの数にしてください。", "rate"
    )

    def part(of: Numbers) -> Numbers:
        return np.ceil(np.round(of * rates, 9)).astype(np.int64)

    return replace(
        cells,
        people=part(cells.people),
        vulnerable=part(cells.vulnerable),
        accessible=part(cells.accessible),
    )


def _unlike(ids: Collection[str], what: str) -> None:
    seen: set[str] = set()
    for at, each in enumerate(ids):
        if each in seen:
            raise WrongInput(f"{what}「{each}」が2回あります。1つにしてください。", row=at + 1, column="ids")
        seen.add(each)


def _positions(values: ArrayLike, n: int, name: str, most: float) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (n,):
        raise WrongInput(f"{name} は{n}個の数にしてください。", column=name)
    _first(~(np.abs(found) <= most), f"{name} は度（-{most} から {most}）で入力してください。", name)
    return found


def _people(values: ArrayLike, n: int, name: str) -> Numbers:
    given = np.asarray(values, dtype=np.float64)
    if given.shape != (n,):
        raise WrongInput(f"{name} は{n}個の人数にしてください。", column=name)
    with np.errstate(invalid="ignore"):
        _first(
            ~((given >= 0) & (given <= _MOST_PEOPLE) & (given == np.floor(given))),
            f"{name} は0以上の整数にしてください。",
            name,
        )
    return given.astype(np.int64)


def _first(wrong: Any, message: str, column: str) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        raise WrongInput(message, row=int(rows[0]) + 1, column=column)
