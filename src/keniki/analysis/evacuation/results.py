"""What a plan says: aims with their bounds, who goes where, what towns receive, where places are short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .inputs import Numbers

AimKey: TypeAlias = Literal[
    "unplaced", "unplaced_accessible", "unplaced_vulnerable", "far", "person_km", "largest_share"
]
Cause: TypeAlias = Literal["capacity", "accessible", "reserve", "agreement", "nearest"]


@dataclass(frozen=True)
class Aim:
    """One aim (目的) in the order they count: `bound` is the least any plan as good in the aims before can have, `flow`
    what the best plan has if people may be split at will, `plan` what the plan has that keeps districts together.

    People, person-km (with the border's kilometres), or a share of places.
    """

    key: AimKey
    unit: str
    bound: float
    flow: float
    plan: float

    @property
    def flow_gap(self) -> float:
        """How far the flow is from its bound; 0 is proven best."""
        return self.flow - self.bound

    @property
    def gap(self) -> float:
        """How far the plan is from the bound: what keeping districts together costs at most. Below 0 where the aims
        before gave way (longer ways make the largest share smaller)."""
        return self.plan - self.bound


@dataclass(frozen=True)
class Assignment:
    """Who goes where, arrays of one row for each cell and shelter: rows of the cells and shelters as given, `people`,
    of them `vulnerable`, of these `accessible` at an accessible place, `km` of road."""

    cell: Numbers
    shelter: Numbers
    people: Numbers
    vulnerable: Numbers
    accessible: Numbers
    km: tuple[float, ...]


@dataclass(frozen=True)
class Part:
    """People of a district who go to one shelter, and their mean way."""

    shelter: str
    town: str
    people: int
    accessible: int
    km: float


@dataclass(frozen=True)
class DistrictPlan:
    """Where a district goes: its parts, the largest first. `whole`: all with a place are in one."""

    district: str
    town: str
    people: int
    unplaced: int
    parts: tuple[Part, ...]

    @property
    def whole(self) -> bool:
        return len(self.parts) <= 1


@dataclass(frozen=True)
class Receiving:
    """What a town receives (受入市町): its usable places, its own people and others there, what it keeps.

    `share` is the part of its places others take, None without places.
    """

    town: str
    shelters: int
    capacity: int
    own: int
    others: int
    kept_own: int
    kept_others: int

    @property
    def free(self) -> int:
        return self.capacity - self.own - self.others

    @property
    def share(self) -> float | None:
        return self.others / self.capacity if self.capacity else None


@dataclass(frozen=True)
class Short:
    """A town whose people find no place (不足): how many, of them `accessible` and other `vulnerable`, and why."""

    town: str
    people: int
    unplaced: int
    accessible: int
    vulnerable: int
    cause: Cause
    reason: str


@dataclass(frozen=True)
class Equipment:
    """Tents for those without a place, beds and staff for those with one; None without a number for one."""

    tents: int | None
    beds: int | None
    staff: int | None


@dataclass(frozen=True)
class Nearest:
    """Everybody at the nearest usable shelter, whatever it holds: people `over` capacity, how many shelters are over,
    people far, person-km (without the border's kilometres)."""

    over: int
    shelters: int
    far: int
    person_km: float


@dataclass(frozen=True)
class Plan:
    """A plan of evacuation. `people` leave; aims in their order; the rest as its classes say.

    `pairs` of cell and shelter were looked at in `rounds`; `all_pairs` says whether every other pair was shown to be no
    better for the first five aims.
    """

    people: int
    aims: tuple[Aim, ...]
    assignment: Assignment
    districts: tuple[DistrictPlan, ...]
    receiving: tuple[Receiving, ...]
    short: tuple[Short, ...]
    equipment: Equipment
    nearest: Nearest
    pairs: int
    rounds: int
    all_pairs: bool

    def aim(self, key: AimKey) -> Aim:
        """One of the aims."""
        return next(aim for aim in self.aims if aim.key == key)

    @property
    def unplaced(self) -> int:
        return int(self.aim("unplaced").plan)

    @property
    def split(self) -> tuple[DistrictPlan, ...]:
        """Districts that could not stay together."""
        return tuple(district for district in self.districts if not district.whole)
