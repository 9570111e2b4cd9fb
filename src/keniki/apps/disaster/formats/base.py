"""What a reader of shelter files gives: rows, the rows it could not take, and what it noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

#: Hazards (災害種別) by their keys, in the order of the standard data set; GSI's files head their columns with these.
HAZARDS: Final = {
    "flood": "洪水",
    "landslide": "崖崩れ、土石流及び地滑り",
    "storm_surge": "高潮",
    "earthquake": "地震",
    "tsunami": "津波",
    "fire": "大規模な火事",
    "inland_flood": "内水氾濫",
    "volcano": "火山現象",
}
#: Kinds of spaces by their keys.
SPACE_KINDS: Final = {
    "hall": "体育館・ホール",
    "room": "教室・会議室・和室",
    "tent": "テント設営地",
    "car": "車中泊の場所",
}


class Kind(StrEnum):
    """Which file it is, known by its head."""

    GSI_SITES = "gsi_sites"
    GSI_SHELTERS = "gsi_shelters"
    STANDARD = "standard"
    RECOMMENDED = "recommended"
    OWN = "own"

    @property
    def words(self) -> str:
        """What people call it."""
        return _TITLES[self]


_TITLES: Final = {
    Kind.GSI_SITES: "国土地理院 指定緊急避難場所データ",
    Kind.GSI_SHELTERS: "国土地理院 指定避難所データ",
    Kind.STANDARD: "自治体標準オープンデータセット 指定緊急避難場所一覧",
    Kind.RECOMMENDED: "推奨データセット 指定緊急避難場所一覧（旧様式）",
    Kind.OWN: "避難所とスペースの一覧",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A row or feature that was not taken: its number in the file, the column, why, and what stood there."""

    row: int | None
    column: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Space:
    """A part of a shelter people stay in; None is what the file leaves open.

    `floor_area` in m²; `capacity` is a number of people set for this space.
    """

    row: int
    name: str
    kind: str = "hall"
    floor_area: Decimal | None = None
    capacity: int | None = None
    heated: bool | None = None
    by_day: bool = True
    by_night: bool = True
    accessible: bool = False
    welfare: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShelterRow:
    """One place of a file.

    `row` is its number in the file (the head is 1), `code` the town's six digits, `town` its name as written.
    `hazards` are keys of `HAZARDS`. `same_address`: the file says that the other designation has the same address.
    `standard` holds cells of the 39 columns that the fields don't give back as they were written.
    """

    row: int
    code: str
    name: str
    common_id: str = ""
    local_id: str = ""
    kana: str = ""
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    elevation: Decimal | None = None
    is_site: bool = False
    is_shelter: bool = False
    is_welfare: bool = False
    hazards: tuple[str, ...] = ()
    same_address: bool = False
    stated_capacity: str = ""
    takes: str = ""
    communities: str = ""
    contact: str = ""
    town: str = ""
    note: str = ""
    spaces: tuple[Space, ...] = ()
    standard: Mapping[str, str] = field(default_factory=dict)

    @property
    def facility(self) -> str:
        """The first eleven characters of the common ID: the town and its number of the facility; empty without."""
        return self.common_id[:11]

    @property
    def designation(self) -> str:
        """The two characters of the common ID that say as what: 20 site, 11 shelter, 12 welfare shelter."""
        return self.common_id[11:13]

    def with_fields(self, **changes: Any) -> ShelterRow:
        """The row with other fields; cells of the 39 columns written from the changed fields follow them."""
        from .columns import WRITTEN_FROM

        gone = {column for name in changes for column in WRITTEN_FROM.get(name, ())}
        kept = {column: cell for column, cell in self.standard.items() if column not in gone}
        return replace(self, **({"standard": kept} | changes))


@dataclass(frozen=True)
class ShelterFile:
    """A file that was read: what it is, its rows in order, what was not taken, and notes for the person.

    `unread` are the rows of the problems, as written: the places they name are not missing in the file.
    """

    kind: Kind
    name: str
    rows: tuple[ShelterRow, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
