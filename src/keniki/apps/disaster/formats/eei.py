"""Shelters, orders and damage out, by the items of 災害対応基本共有情報（EEI）v1.1: JSON and CSV for other systems.

The state publishes EEI as a list of items without types, codes or a schema. So only the *names* of items are EEI's, and
each field says whether its item is EEI's (`origin` "EEI") or Keniki's own ("Keniki"); forms, codes and the order of the
columns are Keniki's. Shelters follow item 21 (避難所): basic, 開設状況, 避難者数 (all of them, also those who came by
themselves), 定員状況. Orders and damage use words of the same list as far as they are known.

Every file carries its mode in a field of each row, 訓練 or 実災害, and holds one mode only. What is not known is empty;
a headcount that is a range has no single number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from keniki.analysis.merging.events import MODES, Mode
from keniki.analysis.merging.kinds import ORDERS
from keniki.core.csv_dialect import Cell, write_csv
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit

Status: TypeAlias = Literal["unopened", "preparing", "open", "full", "closed", "unknown", "always"]
Origin: TypeAlias = Literal["EEI", "Keniki"]
Value: TypeAlias = str | int | Decimal | datetime | bool | None

VERSION: Final = "1.1"
JST: Final = timezone(timedelta(hours=9))
#: 開設状況 as EEI lists it. Preparing is not open yet; full is open, and 定員状況 says that it is full.
OPENING: Final[dict[Status, str]] = {
    "unopened": "未開設",
    "preparing": "未開設",
    "open": "開設",
    "full": "開設",
    "closed": "閉鎖",
    "unknown": "不明",
    "always": "常設",
}
#: 定員状況: EEI names the item, the words are Keniki's.
OCCUPANCY: Final[dict[Status, str]] = {"open": "空きあり", "full": "満員", "always": "空きあり"}


@dataclass(frozen=True, slots=True)
class ShelterReport:
    """A shelter as it stands: `people_low` to `people_high` are in it, whoever sent them there.

    `outside` are people looked after here who sleep elsewhere (車中・在宅); they are not part of the two. `updated_at`
    is when the newest of all this was recorded.
    """

    mode: Mode
    code: str
    town: str
    name: str
    status: Status
    updated_at: datetime | None
    common_id: str = ""
    local_id: str = ""
    kana: str = ""
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    welfare: bool = False
    capacity: int | None = None
    people_low: int | None = None
    people_high: int | None = None
    men: int | None = None
    women: int | None = None
    households: int | None = None
    outside: int | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str = ""
    staff: int | None = None
    water: str = ""
    toilets: int | None = None
    wanted: str = ""
    infection: str = ""
    living: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class OrderReport:
    """An evacuation order in a district: `order` is a key of the events' orders (`evacuate`, `lifted`)."""

    mode: Mode
    code: str
    town: str
    district: str
    order: str
    issued_at: datetime | None
    updated_at: datetime | None
    level: int | None = None
    reason: str = ""
    people: int | None = None
    households: int | None = None


@dataclass(frozen=True, slots=True)
class DamageReport:
    """One figure of a town's damage: the row of the report form it stands in, and the figure in the form's unit."""

    mode: Mode
    code: str
    town: str
    group: str
    name: str
    unit: str
    figure: int | Decimal | None
    as_of: datetime | None
    updated_at: datetime | None


Report = TypeVar("Report", ShelterReport, OrderReport, DamageReport)


@dataclass(frozen=True)
class Column(Generic[Report]):
    """A field: its key in JSON, its heading in CSV, whose item it is, what it holds."""

    key: str
    title: str
    origin: Origin
    note: str
    of: Callable[[Report], Value]


@dataclass(frozen=True)
class Package:
    """All that is given out of one incident at one moment. WrongInput for rows of another mode and for wrong codes."""

    mode: Mode
    incident: str
    incident_id: str
    made_at: datetime
    shelters: tuple[ShelterReport, ...] = ()
    orders: tuple[OrderReport, ...] = ()
    damage: tuple[DamageReport, ...] = ()
    source: str = ""
    data_at: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise WrongInput(
                "訓練か実災害かが決まっていません。事案の区分を確かめてください。", column="mode"
            )
        if self.made_at.tzinfo is None:
            raise WrongInput("作成日時に時差がありません。時差の付いた日時にしてください。", column="made_at")
        _check(self.shelters, self.mode)
        _check(self.orders, self.mode)
        _check(self.damage, self.mode)
        rows: tuple[Any, ...] = (*self.shelters, *self.orders, *self.damage)
        known = [row.updated_at for row in rows]
        newest = max((at for at in known if at is not None), default=None)
        object.__setattr__(self, "data_at", newest)

    @property
    def age_seconds(self) -> int | None:
        """Seconds between the newest record and the making of the file; None where there is no record."""
        return None if self.data_at is None else max(0, int((self.made_at - self.data_at).total_seconds()))

    @property
    def name(self) -> str:
        """A name for the file, mode first: `訓練_shelters` or `実災害_shelters` are never taken for each other."""
        return f"{MODES[self.mode]}_{self.incident_id}"


def _mode_columns() -> tuple[Column[Any], ...]:
    return (
        Column("mode", "区分", "Keniki", "訓練 又は 実災害", lambda row: MODES[row.mode]),
        Column("municipality_code", "全国地方公共団体コード", "EEI", "6桁", lambda row: row.code),
        Column("municipality", "市町村名", "Keniki", "", lambda row: row.town),
    )


def _updated() -> Column[Any]:
    return Column(
        "updated_at", "最終更新日時", "Keniki", "最も新しい記録の受信日時", lambda row: row.updated_at
    )


def _total(row: ShelterReport) -> int | None:
    return row.people_low if row.people_low == row.people_high else None


def _occupancy(row: ShelterReport) -> str:
    return OCCUPANCY.get(row.status, "")


SHELTER_COLUMNS: Final[tuple[Column[ShelterReport], ...]] = (
    *_mode_columns(),
    Column("common_id", "共通ID", "EEI", "全国共通避難所・避難場所ID（14文字）", lambda row: row.common_id),
    Column("local_id", "ID", "EEI", "市町村のID", lambda row: row.local_id),
    Column("name", "施設名", "EEI", "", lambda row: row.name),
    Column("kana", "施設名かな", "EEI", "登録のままの仮名", lambda row: row.kana),
    Column("address", "住所", "EEI", "", lambda row: row.address),
    Column("latitude", "緯度", "EEI", "10進", lambda row: row.latitude),
    Column("longitude", "経度", "EEI", "10進", lambda row: row.longitude),
    Column("type", "避難所タイプ", "EEI", "一般 又は 福祉", lambda row: "福祉" if row.welfare else "一般"),
    Column("capacity", "想定収容人数", "EEI", "人", lambda row: row.capacity),
    Column(
        "opening",
        "開設状況",
        "EEI",
        "未開設・開設・閉鎖・不明・常設（準備中は未開設、満員は開設）",
        lambda row: OPENING[row.status],
    ),
    Column(
        "preparing",
        "開設準備中",
        "Keniki",
        "準備中のとき真（CSVでは1）",
        lambda row: row.status == "preparing" or None,
    ),
    Column(
        "people",
        "避難者数（総数）",
        "EEI",
        "自主避難者を含む。確定しないときは空",
        _total,
    ),
    Column("people_low", "避難者数（下限）", "Keniki", "確かに居る人数", lambda row: row.people_low),
    Column("people_high", "避難者数（上限）", "Keniki", "食い違いを含めた人数", lambda row: row.people_high),
    Column("men", "避難者数（男）", "EEI", "", lambda row: row.men),
    Column("women", "避難者数（女）", "EEI", "", lambda row: row.women),
    Column("households", "避難世帯数", "Keniki", "", lambda row: row.households),
    Column("outside", "避難所外の人数", "Keniki", "車中・在宅など。総数に含まない", lambda row: row.outside),
    Column("opened_at", "開設日時", "EEI", "ISO 8601", lambda row: row.opened_at),
    Column("closed_at", "閉鎖日時", "EEI", "ISO 8601", lambda row: row.closed_at),
    Column("reason", "開設理由", "EEI", "", lambda row: row.reason),
    Column("occupancy", "定員状況", "EEI", "空きあり・満員（語は Keniki）", _occupancy),
    Column("staff", "人的支援", "EEI", "運営に当たる職員の数（数え方は Keniki）", lambda row: row.staff),
    Column("water", "飲料水", "EEI", "語は Keniki", lambda row: row.water),
    Column("toilets", "トイレ数", "EEI", "使える便器の数", lambda row: row.toilets),
    Column("wanted", "必要物資", "EEI", "", lambda row: row.wanted),
    Column("infection", "感染症対策", "EEI", "", lambda row: row.infection),
    Column("living", "居住環境", "EEI", "", lambda row: row.living),
    Column("note", "備考", "Keniki", "", lambda row: row.note),
    _updated(),
)
ORDER_COLUMNS: Final[tuple[Column[OrderReport], ...]] = (
    *_mode_columns(),
    Column("district", "対象地区", "Keniki", "", lambda row: row.district),
    Column("order", "避難情報", "Keniki", "発令の区分", lambda row: ORDERS[row.order]),
    Column("level", "警戒レベル", "Keniki", "1～5", lambda row: row.level),
    Column("issued_at", "発令日時", "Keniki", "ISO 8601", lambda row: row.issued_at),
    Column("reason", "発令理由", "Keniki", "", lambda row: row.reason),
    Column("people", "対象人数", "Keniki", "人", lambda row: row.people),
    Column("households", "対象世帯数", "Keniki", "世帯", lambda row: row.households),
    _updated(),
)
DAMAGE_COLUMNS: Final[tuple[Column[DamageReport], ...]] = (
    *_mode_columns(),
    Column("group", "被害の区分", "Keniki", "第4号様式の区分", lambda row: row.group),
    Column("name", "項目", "Keniki", "第4号様式の行", lambda row: row.name),
    Column("unit", "単位", "Keniki", "", lambda row: row.unit),
    Column("figure", "数値", "Keniki", "未報告は空", lambda row: row.figure),
    Column("as_of", "集計の時点", "Keniki", "ISO 8601", lambda row: row.as_of),
    _updated(),
)


def to_json(package: Package) -> bytes:
    """The package as one UTF-8 JSON object: what it is, the meaning of its fields, then the rows.

    Numbers are numbers, moments ISO 8601 with +09:00, what is not known is null.
    """
    content = {
        "format": "keniki-eei",
        "eei_version": VERSION,
        "about": "EEIの項目名による独自の形式です。項目ごとの origin が EEI か Keniki かを示します。",
        "mode": package.mode,
        "mode_label": MODES[package.mode],
        "incident": {"id": package.incident_id, "name": package.incident},
        "source": package.source,
        "made_at": _moment(package.made_at),
        "data_at": None if package.data_at is None else _moment(package.data_at),
        "age_seconds": package.age_seconds,
        "fields": {
            "shelters": _legend(SHELTER_COLUMNS),
            "orders": _legend(ORDER_COLUMNS),
            "damage": _legend(DAMAGE_COLUMNS),
        },
        "shelters": _objects(SHELTER_COLUMNS, package.shelters),
        "orders": _objects(ORDER_COLUMNS, package.orders),
        "damage": _objects(DAMAGE_COLUMNS, package.damage),
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def shelters_csv(package: Package) -> bytes:
    """The shelters as CSV: UTF-8 with BOM, one row each, the mode in the first column, the data's age in the last."""
    return _csv(SHELTER_COLUMNS, package.shelters, package)


def orders_csv(package: Package) -> bytes:
    """The orders as CSV, as `shelters_csv`."""
    return _csv(ORDER_COLUMNS, package.orders, package)


def damage_csv(package: Package) -> bytes:
    """The damage as CSV, one row for each figure, as `shelters_csv`."""
    return _csv(DAMAGE_COLUMNS, package.damage, package)


def rows_of_damage(
    mode: Mode,
    code: str,
    town: str,
    figures: Mapping[tuple[str, str, str], int | Decimal | None],
    *,
    as_of: datetime | None,
    updated_at: datetime | None,
) -> tuple[DamageReport, ...]:
    """The figures of one town's damage as rows; keys are group, name and unit of the report form's rows."""
    return tuple(
        DamageReport(mode, code, town, group, name, unit, figure, as_of, updated_at)
        for (group, name, unit), figure in figures.items()
    )


def described() -> list[tuple[str, str, str, Origin, str]]:
    """Every field for the documentation: file, key, heading, whose item it is, what it holds.

    >>> described()[0]
    ('shelters', 'mode', '区分', 'Keniki', '訓練 又は 実災害')
    """
    files: tuple[tuple[str, Sequence[Column[Any]]], ...] = (
        ("shelters", SHELTER_COLUMNS),
        ("orders", ORDER_COLUMNS),
        ("damage", DAMAGE_COLUMNS),
    )
    return [
        (file, column.key, column.title, column.origin, column.note)
        for file, columns in files
        for column in columns
    ]


def _check(rows: Iterable[Any], mode: Mode) -> None:
    for number, row in enumerate(rows, start=1):
        if row.mode != mode:
            told = MODES.get(row.mode, "区分のない")
            raise WrongInput(
                f"{MODES[mode]}のファイルに{told}の行があります。訓練と実災害は別のファイルにしてください。",
                row=number,
                column="区分",
            )
        if not (len(row.code) == 6 and row.code.isdecimal() and check_digit(row.code[:5]) == row.code[5]):
            raise WrongInput(
                f"「{row.code[:20]}」は6桁の団体コードではありません。",
                row=number,
                column="全国地方公共団体コード",
            )
        if row.updated_at is not None and row.updated_at.tzinfo is None:
            raise WrongInput("日時に時差がありません。", row=number, column="最終更新日時")
        if isinstance(row, ShelterReport):
            _check_people(row, number)


def _check_people(row: ShelterReport, number: int) -> None:
    if (row.people_low is None) != (row.people_high is None):
        raise WrongInput(
            "人数の下限と上限は両方を入れるか、両方を空にしてください。", row=number, column="避難者数"
        )
    if (
        row.people_low is not None
        and row.people_high is not None
        and not 0 <= row.people_low <= row.people_high
    ):
        raise WrongInput("人数の下限が0より小さいか、上限を超えています。", row=number, column="避難者数")


def _legend(columns: Sequence[Column[Any]]) -> dict[str, dict[str, str]]:
    return {
        column.key: {"title": column.title, "origin": column.origin, "note": column.note}
        for column in columns
    }


def _objects(columns: Sequence[Column[Report]], rows: Sequence[Report]) -> list[dict[str, Any]]:
    return [{column.key: _json(column.of(row)) for column in columns} for row in rows]


def _json(value: Value) -> Any:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return None if value == "" else value


def _csv(columns: Sequence[Column[Any]], rows: Sequence[Any], package: Package) -> bytes:
    heads = [column.title for column in columns] + ["作成日時", "データの経過秒数"]
    lines: list[list[Cell]] = [
        [*(_cell(column.of(row)) for column in columns), _moment(package.made_at), _age(row, package)]
        for row in rows
    ]
    return write_csv([heads, *lines]).data


def _cell(value: Value) -> Cell:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, bool):
        return 1 if value else 0
    return value


def _age(row: Any, package: Package) -> int | None:
    if row.updated_at is None:
        return None
    return max(0, int((package.made_at - row.updated_at).total_seconds()))


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise WrongInput("日時に時差がありません。時差の付いた日時にしてください。")
    return at.astimezone(JST).isoformat(timespec="seconds")
