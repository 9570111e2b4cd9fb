"""Opening stock from one tidy file (期首在庫): items, places, lots and owners, all of it or nothing.

A row says how many units of a lot at a place are a town's. The rows of a lot at a place add up to what lies there, the
rows of an owner to its part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from keniki.analysis.needs import expiry
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import edit_shared, today
from keniki.core import era
from keniki.core.csv_dialect import Record, read_table
from keniki.core.digits import plain, whole_number
from keniki.core.errors import WrongInput
from keniki.core.money import Unit, parse_money
from keniki.rulebooks.disaster import standards

from ... import policies
from ...models import Mode, StockItem, StockLot, StockPlace
from ...queries.stock.finding import items_of, members_of
from ...queries.stock.on_hand import places_of
from .items import ItemDraft, PlaceDraft, store_item, store_place
from .ledger import MOST, posted, token_of
from .lots import LotDraft, store_lot

#: The columns of a file of stock, in their order.
COLUMNS: Final = (
    "品目", "基準の品目", "単位", "入数", "備蓄場所", "場所の市町村コード", "場所の市町村", "所在地", "ロット番号",
    "使用期限", "取得日", "単価_円", "財源", "所有市町村コード", "所有市町村", "数量", "備考",
)  # fmt: skip
REQUIRED: Final = ("品目", "単位", "備蓄場所", "場所の市町村コード", "取得日", "所有市町村コード", "数量")
#: A file has no more rows than this.
MOST_ROWS: Final = 5_000
_FUNDING: Final = {label: value for value, label in StockLot.Funding.choices}


@dataclass(frozen=True)
class Refusal:
    """A row that cannot be taken, where and why."""

    row: int
    column: str
    message: str


@dataclass
class LotRows:
    """The rows of one lot."""

    row: int
    code: str
    item: str
    expires_on: date | None
    acquired_on: date
    unit_price: int | None
    funding: str
    note: str
    #: Units by place (town's code, name) and owner's code.
    units: dict[tuple[str, str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All units of the lot."""
        return sum(self.units.values())

    @property
    def by_place(self) -> dict[tuple[str, str], int]:
        """Units by place."""
        return _summed((key[:2], number) for key, number in self.units.items())

    @property
    def by_owner(self) -> dict[str, int]:
        """Units by the owner's code."""
        return _summed((key[2], number) for key, number in self.units.items())


@dataclass
class Opening:
    """A file as it was read: what is new, the lots, and all rows that are refused."""

    items: dict[str, ItemDraft] = field(default_factory=dict)
    places: dict[tuple[str, str], PlaceDraft] = field(default_factory=dict)
    lots: dict[str, LotRows] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    rows: int = 0

    @property
    def units(self) -> int:
        """All units of the file."""
        return sum(lot.total for lot in self.lots.values())


def read_opening(region: Region, content: bytes, may: Mapping[str, Municipality], file: str = "") -> Opening:
    """What a file says; every refused row with its reason. `may` are the towns whose places the actor writes, by code.

    `WrongInput` for a file that cannot be read at all.
    """
    table = read_table(content, required=REQUIRED, file=file or None)
    if len(table.records) > MOST_ROWS:
        raise WrongInput(f"行が多すぎます。{MOST_ROWS:,}行までに分けてください。", file=file or None)
    reader = _Reader(region, may)
    for record in table.records:
        if any(record.cells.values()):
            reader.take(record)
    if not reader.found.rows and not reader.found.refused:
        raise WrongInput("登録する行がありません。", file=file or None)
    return reader.found


def load_opening(actor: Actor, region: Region, opening: Opening, token: str) -> int:
    """Register what a file says, all or nothing; how many lots. The same token again registers nothing."""
    origin = token_of(token)
    if opening.refused:
        first = opening.refused[0]
        raise WrongInput(first.message, row=first.row, column=first.column)
    ruling = policies.write_some_place(actor, region).require()
    if opening.items:
        edit_shared(actor, region).require()
    for draft in opening.places.values():
        policies.write_place(actor, region, draft.municipality).require()
    with verb(actor, "disaster.load_stock", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stock-deed", region.pk, origin)
        if posted(region, origin):
            return 0
        lock("stock-item", region.pk)
        items: dict[str, StockItem] = {each.title: each for each in items_of(region)}
        for title, item in opening.items.items():
            items[title] = items.get(title) or store_item(act, region, item, None, None)
        places: dict[tuple[str, str], StockPlace] = {
            (each.municipality.code, each.name): each for each in places_of(region)
        }
        for key, place in opening.places.items():
            places[key] = places.get(key) or store_place(act, region, place, None, None)
        towns = {town.code: town for town in members_of(region)}
        for lot in opening.lots.values():
            for code, _ in lot.by_place:
                policies.write_place(actor, region, towns[code]).require()
            made = LotDraft(
                item=items[lot.item],
                acquired_on=lot.acquired_on,
                owners={towns[code]: number for code, number in lot.by_owner.items()},
                code=lot.code if not lot.code.startswith(_UNNAMED) else "",
                expires_on=lot.expires_on,
                unit_price=lot.unit_price,
                funding=lot.funding,
                note=lot.note,
                quantities={places[key]: number for key, number in lot.by_place.items()},
            )
            try:
                store_lot(act, region, made, origin, made.acquired_on)
            except WrongInput as wrong:
                raise wrong.at(row=lot.row) from wrong
        act.log(
            region,
            None,
            {"lots": len(opening.lots), "items": len(opening.items), "places": len(opening.places)},
            f"備蓄の在庫をファイルから登録：{len(opening.lots)}ロット"
            f"（新しい品目{len(opening.items)}件、新しい場所{len(opening.places)}か所）",
        )
        return len(opening.lots)


#: Rows without a lot number are a lot each per item and day; it is numbered when it is registered.
_UNNAMED: Final = "\0"


class _Reader:
    """Reads the rows one after another."""

    def __init__(self, region: Region, may: Mapping[str, Municipality]) -> None:
        self.region, self.may, self.day = region, may, today()
        self.towns = {town.code: town for town in members_of(region)}
        self.items = {each.title: each for each in items_of(region)}
        self.places = {(each.municipality.code, each.name): each for each in places_of(region)}
        self.codes = set(StockLot.objects.filter(region=region).values_list("code", flat=True))
        self.rules = standards.items(self.day)
        self.standards = {each.standard for each in self.items.values() if each.standard}
        self.found = Opening()

    def take(self, record: Record) -> None:
        """One row."""
        try:
            self._read(record)
        except WrongInput as wrong:
            self.found.refused.append(Refusal(record.row, wrong.column or "", wrong.message))
        else:
            self.found.rows += 1

    def _read(self, row: Record) -> None:
        if row.get("区分").strip() == Mode.EXERCISE.label:
            raise WrongInput("訓練の在庫は、実際の在庫として登録できません。", column="区分")
        title = row["品目"].strip()
        if not title:
            raise WrongInput("品目を入力してください。", column="品目")
        item = self._item(row, title)
        place, place_draft = self._place(row)
        owner = row["所有市町村コード"].strip()
        if owner not in self.towns:
            raise WrongInput(
                f"「{owner}」は、圏域の市町村のコード（6桁）ではありません。", column="所有市町村コード"
            )
        number = whole_number(plain(row["数量"]).replace(",", ""), lowest=1, highest=MOST)
        if number is None:
            raise WrongInput(f"「{row['数量']}」は、1以上の整数ではありません。", column="数量")
        lot = self._lot(row, title)
        key = (*place, owner)
        if key in lot.units:
            raise WrongInput(
                "同じロット・場所・所有市町村の行が二つあります。一つにまとめてください。",
                column="ロット番号",
            )
        if item is not None:
            self.found.items[title] = item
            if item.standard:
                self.standards.add(item.standard)
        if place_draft is not None:
            self.found.places[place] = place_draft
        self.found.lots.setdefault(lot.code, lot).units[key] = number

    def _item(self, row: Record, title: str) -> ItemDraft | None:
        unit = row["単位"].strip()
        known: Any = self.items.get(title) or self.found.items.get(title)
        if known is not None:
            if unit and unit != known.unit:
                raise WrongInput(f"「{title}」の単位は「{known.unit}」です（{unit}）。", column="単位")
            return None
        if not unit:
            raise WrongInput("単位を入力してください。", column="単位")
        key = row.get("基準の品目").strip()
        if key and key not in self.rules:
            raise WrongInput(f"「{key}」は、基準の品目の記号ではありません。", column="基準の品目")
        if key in self.standards:
            raise WrongInput(f"基準の品目「{key}」は、別の品目に割り当てられています。", column="基準の品目")
        pack = whole_number(plain(row.get("入数") or "1").replace(",", ""), lowest=1, highest=MOST)
        if pack is None:
            raise WrongInput("入数は1以上の整数で入力してください。", column="入数")
        shelf = self.rules[key].value.shelf_months if key else None
        return ItemDraft(title[:120], unit[:20], key, pack, shelf)

    def _place(self, row: Record) -> tuple[tuple[str, str], PlaceDraft | None]:
        name, code = row["備蓄場所"].strip(), row["場所の市町村コード"].strip()
        if not name:
            raise WrongInput("備蓄場所を入力してください。", column="備蓄場所")
        if code not in self.may:
            raise WrongInput(
                f"「{code}」は、あなたが登録できる市町村のコード（6桁）ではありません。",
                column="場所の市町村コード",
            )
        key = (code, name[:120])
        known = self.places.get(key)
        if known is not None and known.ended_on is not None:
            raise WrongInput(f"「{name}」は廃止した場所です。", column="備蓄場所")
        if known is not None or key in self.found.places:
            return key, None
        return key, PlaceDraft(key[1], self.may[code], row.get("所在地").strip()[:300])

    def _lot(self, row: Record, title: str) -> LotRows:
        typed = plain(row.get("ロット番号"))
        if typed in self.codes:
            raise WrongInput(f"ロット番号「{typed}」は既に登録されています。", column="ロット番号")
        acquired = _day(row["取得日"], "取得日")
        if acquired > self.day:
            raise WrongInput("取得日が、まだ来ていない日です。", column="取得日")
        expires = _until(row.get("使用期限"))
        if expires is not None and expires < acquired:
            raise WrongInput("使用期限が取得日より前です。", column="使用期限")
        price = _yen(row.get("単価_円"))
        words = row.get("財源").strip()
        funding = _FUNDING.get(words or StockLot.Funding.JOINT.label, words)
        if funding not in StockLot.Funding.values:
            raise WrongInput(f"「{words}」は、{'・'.join(_FUNDING)}のどれでもありません。", column="財源")
        code = typed or f"{_UNNAMED}{title}/{expires}/{acquired}/{price}/{funding}"
        made = LotRows(row.row, code, title, expires, acquired, price, funding, row.get("備考").strip()[:500])
        before = self.found.lots.get(code)
        if before is None:
            return made
        for name, label in (
            ("item", "品目"), ("expires_on", "使用期限"), ("acquired_on", "取得日"), ("unit_price", "単価_円"),
            ("funding", "財源"),
        ):  # fmt: skip
            if getattr(before, name) != getattr(made, name):
                raise WrongInput(f"ロット「{typed}」の{label}が、{before.row}行目と違います。", column=label)
        return before


def _summed(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for key, number in pairs:
        found[key] = found.get(key, 0) + number
    return found


def _day(text: str, column: str) -> date:
    try:
        return era.parse_date(text)
    except WrongInput as wrong:
        raise WrongInput(wrong.message, column=column) from None


def _until(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return expiry(plain(text))
    except WrongInput as wrong:
        try:
            return era.parse_date(text)
        except WrongInput:
            raise WrongInput(wrong.message, column="使用期限") from None


def _yen(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        amount = parse_money(text, Unit.YEN)
    except WrongInput as wrong:
        raise WrongInput(wrong.message, column="単価_円") from None
    if not 0 <= amount <= MOST:
        raise WrongInput("単価は0円以上、10億円以下で入力してください。", column="単価_円")
    return amount
