"""What has to be known of a city before its eligibility can be judged; anything may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from keniki.core.era import format_year
from keniki.core.errors import WrongInput


class CityKind(StrEnum):
    """The kinds of municipalities; the names are those of the register of municipalities."""

    DESIGNATED = "designated_city"
    CORE = "core_city"
    CITY = "city"
    SPECIAL_WARD = "special_ward"
    TOWN = "town"
    VILLAGE = "village"

    @property
    def label(self) -> str:
        """指定都市, 中核市, 市, …"""
        return _KIND_LABELS[self]

    @property
    def is_city(self) -> bool:
        """Whether it is a 市."""
        return self in (CityKind.DESIGNATED, CityKind.CORE, CityKind.CITY)


_KIND_LABELS = {
    CityKind.DESIGNATED: "指定都市",
    CityKind.CORE: "中核市",
    CityKind.CITY: "市",
    CityKind.SPECIAL_WARD: "特別区",
    CityKind.TOWN: "町",
    CityKind.VILLAGE: "村",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of one census; ratios are fractions. `edition` names the table it stands in.

    `step` is the unit it was rounded to when published (0.001 for a per cent with one decimal), None if exact;
    `differing` says what other official editions give for the same.
    """

    value: Decimal
    census: int
    edition: str = ""
    step: Decimal | None = None
    differing: tuple[str, ...] = ()

    @property
    def edition_name(self) -> str:
        """The edition as printed, `平成27年国勢調査` where no table is named."""
        return self.edition or census_name(self.census)


@dataclass(frozen=True, slots=True)
class FormerCity:
    """The former municipality (旧市町村) with the largest population of a merged city.

    `towns` are the names of all it was merged from, `edition` says where that was read, if the statistics say so.
    """

    name: str
    ratios: tuple[Measured, ...] = ()
    towns: tuple[str, ...] = ()
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Supporting:
    """Whether objective data show that neighbours' residents come for hospitals and shops (通院・買物)."""

    hospital_visits: bool = False
    shopping: bool = False
    source: str = ""

    @property
    def exists(self) -> bool:
        """Whether there is any such data."""
        return self.hospital_visits or self.shopping


@dataclass(frozen=True, slots=True)
class City:
    """A city: `code` has six digits; figures may be given for several censuses.

    `ratios` are day/night population ratios, `core_commuting` the share of its commuters who go to special wards
    or designated cities of the metropolitan areas; None of a kind, a flag or supporting data is "not known".
    """

    code: str
    name: str
    kind: CityKind | None = CityKind.CITY
    populations: tuple[Measured, ...] = ()
    ratios: tuple[Measured, ...] = ()
    core_commuting: tuple[Measured, ...] = ()
    merged: bool | None = None
    largest_former: FormerCity | None = None
    supporting: Supporting | None = None

    @property
    def prefecture(self) -> str:
        """The prefecture's two digits."""
        return self.code[:2]

    def population(self, census: int | None) -> Measured | None:
        """The population of that census."""
        return _of(self.populations, census)

    def ratio(self, census: int | None) -> Measured | None:
        """The day/night ratio of that census."""
        return _of(self.ratios, census)

    def commuting(self, census: int | None) -> Measured | None:
        """The share commuting to special wards and designated cities in that census."""
        return _of(self.core_commuting, census)

    def former_ratio(self, census: int | None) -> Measured | None:
        """The day/night ratio of the largest former municipality in that census."""
        return _of(self.largest_former.ratios, census) if self.largest_former else None

    def censuses(self) -> set[int]:
        """Every census a figure is given for."""
        former = self.largest_former.ratios if self.largest_former else ()
        figures = (*self.populations, *self.ratios, *self.core_commuting, *former)
        return {figure.census for figure in figures}


@dataclass(frozen=True, slots=True)
class Pair:
    """How two cities lie to each other; `integrated`: an official has confirmed that the outline's further
    conditions (distance, one area of life) are met."""

    adjacent: bool | None = None
    minutes: Decimal | None = None
    kilometres: Decimal | None = None
    integrated: bool | None = None


@dataclass(frozen=True, slots=True)
class ManualRecognition:
    """A city recognised against the figures; without the legal basis it is refused."""

    legal_basis: str
    note: str = ""

    def __post_init__(self) -> None:
        if not self.legal_basis.strip():
            raise WrongInput("手動認定には根拠（要綱の条項、通知など）を入力してください。", column="根拠")


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one question. `second` and `pair` belong to twin centres; `prefectures` are those of the
    region's members; `figures` are figures of the region by indicator for conditions an installation entered."""

    city: City
    second: City | None = None
    pair: Pair = field(default_factory=Pair)
    prefectures: tuple[str, ...] = ()
    figures: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    manual: ManualRecognition | None = None

    def censuses(self) -> set[int]:
        """Every census a figure of either city is given for."""
        return self.city.censuses() | (self.second.censuses() if self.second else set())


def day_night(day_population: int, night_population: int, census: int, edition: str = "") -> Measured:
    """The day/night ratio from its two populations, exact. WrongInput for populations that cannot be."""
    if night_population <= 0 or day_population < 0:
        raise WrongInput(
            f"昼間人口 {day_population}、夜間人口 {night_population} から比率を計算できません。人数を確かめてください。"
        )
    return Measured(Decimal(day_population) / Decimal(night_population), census, edition)


def census_name(census: int) -> str:
    """`令和2年国勢調査`."""
    return f"{format_year(census)}国勢調査"


def was_taken(census: int, on: date) -> bool:
    """Whether the census of that year had been taken by then (1 October)."""
    return date(census, 10, 1) <= on


def _of(figures: tuple[Measured, ...], census: int | None) -> Measured | None:
    return next((figure for figure in figures if figure.census == census), None)
