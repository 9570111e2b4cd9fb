"""Municipalities from an official list (全国地方公共団体コード): CSV or the ministry's workbook, checked."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.accounts.verbs import Act, verb
from keniki.core import csv_dialect, era
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit, parse_code

from ..days import last_day
from ..models import Municipality
from .mergers import NewTown, merge_inside, rename_inside

Kind = Municipality.Kind


@dataclass(frozen=True)
class MunicipalityRow:
    """A municipality as a list states it: six digits, name, hiragana (may be empty), kind.

    One that is gone has its last day and the code of its successor: its own code where only the name changed.
    """

    code: str
    name: str
    kana: str = ""
    kind: str = Kind.TOWN
    last: date | None = None
    successor: str = ""

    @property
    def prefecture(self) -> str:
        return self.code[:2]


class Loaded(TypedDict):
    """What a list did: municipalities created, readings filled in, rows without news, municipalities that went into
    another; and those left as they are because their stored name differs, as sentences."""

    created: int
    changed: int
    unchanged: int
    ended: int
    differing: list[str]


def load_municipalities(actor: Actor, name: str, data: bytes) -> Loaded:
    """Read an official list (`name` is the file's) and store it; all of it or nothing."""
    _may_load(actor).require()
    return store_municipalities(actor, read_municipality_list(data, file=name), source=name)


def store_municipalities(actor: Actor, rows: Iterable[MunicipalityRow], *, source: str = "") -> Loaded:
    """Store the municipalities of a list; one entry in the log. The same list twice changes nothing.

    A stored name is never overwritten (it is reported), and a municipality that the list lacks stays. A row with a
    last day and a successor is a merger or a new name: memberships end or go on as the verbs of `mergers` say.
    """
    listed = list(rows)
    result = Loaded(created=0, changed=0, unchanged=0, ended=0, differing=[])
    with verb(actor, "regions.load_municipalities", ruling=_may_load(actor), quiet=True) as act:
        known = {
            town.code: town
            for town in Municipality.objects.filter(valid__endswith__isnull=True).order_by("valid")
        }
        endings = _endings(listed, known, result)
        coming = {row.successor: row for row in endings}
        new: list[Municipality] = []
        heirs: dict[str, NewTown] = {}
        for row in (row for row in listed if row.last is None):
            town = known.get(row.code)
            if row.code in coming and (town is None or town.name != row.name):
                heirs[row.code] = NewTown(row.code, row.name, row.kind, row.kana)
                continue
            if town is None:
                town = Municipality(
                    code=row.code,
                    name=row.name,
                    kana=row.kana,
                    kind=row.kind,
                    prefecture=row.prefecture,
                    source_text=source,
                )
                known[row.code] = town
                new.append(town)
            elif town.name != row.name:
                result["differing"].append(f"{row.code} 登録は{town.name}、一覧は{row.name}")
            elif row.kana and not town.kana:
                town.kana = row.kana
                town.save(update_fields=["kana"])
                result["changed"] += 1
            else:
                result["unchanged"] += 1
        Municipality.objects.bulk_create(new, batch_size=1000)
        result["created"] = len(new)
        _end(act, endings, known, heirs, result)
        if new or result["changed"]:
            subject = new[0] if new else next(iter(known.values()))
            act.log(
                subject,
                None,
                {"created": result["created"], "changed": result["changed"], "source": source},
                f"市町村の一覧を読み込み（追加 {result['created']}、ふりがなの補充 {result['changed']}）",
            )
    return result


def _endings(
    rows: Sequence[MunicipalityRow], known: Mapping[str, Municipality], result: Loaded
) -> list[MunicipalityRow]:
    """The rows of municipalities that are stored as going on but are gone; WrongInput where list and store differ."""
    gone = {
        (town.code, last_day(town.valid)): town
        for town in Municipality.objects.filter(valid__endswith__isnull=False).select_related("successor")
    }
    endings = []
    for row in rows:
        if row.last is None:
            continue
        stored = gone.get((row.code, row.last))
        if stored is not None:
            if stored.successor is not None and row.successor not in ("", stored.successor.code):
                raise WrongInput(
                    f"{row.name}の承継先は登録では{stored.successor.name}（{stored.successor.code}）、"
                    f"一覧では {row.successor} です。どちらが正しいか確かめてください。",
                    column="承継先コード",
                )
            result["unchanged"] += 1
            continue
        town = known.get(row.code)
        if town is None or town.name != row.name:
            raise WrongInput(
                f"{row.code} {row.name} の最後の日がありますが、その名称で続いている市町村の登録がありません。"
                "コードと名称と最後の日を確かめてください。",
                column="最後の日",
            )
        if not row.successor:
            raise WrongInput(f"{row.name}の承継先コードを入力してください。", column="承継先コード")
        endings.append(row)
    return endings


def _end(
    act: Act,
    endings: Sequence[MunicipalityRow],
    known: Mapping[str, Municipality],
    heirs: Mapping[str, NewTown],
    result: Loaded,
) -> None:
    """Towns with the same successor and day go together: one alone into a new municipality has only a new name."""
    groups: dict[tuple[str, date], list[Municipality]] = {}
    for row in sorted(endings, key=lambda row: (row.last or date.max, row.code)):
        assert row.last is not None
        groups.setdefault((row.successor, row.last + timedelta(days=1)), []).append(known[row.code])
    for (successor, on), towns in groups.items():
        heir = heirs.get(successor)
        if heir is not None and len(towns) == 1:
            rename_inside(act, towns[0], heir, on)
        else:
            found = Municipality.objects.filter(code=successor, valid__contains=on)
            into = heir or found.exclude(pk__in=[town.pk for town in towns]).first()
            if into is None:
                raise WrongInput(
                    f"{towns[0].name}の承継先 {successor} が一覧にも登録にもありません。"
                    "承継先の市町村の行を一覧に加えてください。",
                    column="承継先コード",
                )
            merge_inside(act, towns, into, on, {})
        result["ended"] += len(towns)


def _may_load(actor: Actor) -> Ruling:
    if actor.operator:
        return allow("システム管理者です。")
    return deny("市町村の一覧の読込みはシステム管理者が行います。")


def read_municipality_list(data: bytes, *, file: str | None = None) -> list[MunicipalityRow]:
    """Read a list: the ministry's workbook (all its sheets) or a CSV with 団体コード and 市区町村名.

    Optional columns say which are gone: 最後の日 and 承継先コード. Rows of prefectures are skipped, check digits
    checked, half-width kana turned into hiragana. Where a spreadsheet lost leading zeros, the prefecture named in
    the row decides. WrongInput names the row.
    """
    found: dict[tuple[str, date | None], MunicipalityRow] = {}
    tables = (
        _sheets(data, file)
        if data.startswith(b"PK")
        else [(file, csv_dialect.read_csv(data, file=file).rows)]
    )
    columns: _Columns | None = None
    for name, rows in tables:
        start, own = _find_head(rows)
        columns = own or columns
        if columns is None:
            continue
        for number, cells in enumerate(rows[start:], start + 1):
            row = _read(cells, columns, name, number)
            if row is None:
                continue
            twin = found.get((row.code, row.last))
            if twin is not None and twin.name != row.name:
                raise WrongInput(
                    f"コード {row.code} が2つの名称（{twin.name}、{row.name}）で現れます。",
                    file=name,
                    row=number,
                    column="団体コード",
                )
            if twin is None or (row.kana and not twin.kana):
                found[row.code, row.last] = row
    if columns is None:
        raise WrongInput(
            "見出し「団体コード」と「市区町村名」の列が見つかりません。総務省の「全国地方公共団体コード」の一覧を指定してください。",
            file=file,
        )
    if not found:
        raise WrongInput("市町村の行がありません。", file=file)
    return list(found.values())


def hiragana(kana: str) -> str:
    """Hiragana of a reading in katakana of either width."""
    full = unicodedata.normalize("NFKC", kana).strip()
    return "".join(chr(ord(sign) - 0x60) if "ァ" <= sign <= "ヶ" else sign for sign in full)


def kind_of(code: str, name: str) -> str:
    """The kind by the name's end and the code: numbers 100–199 of a prefecture are designated cities, their
    wards and special wards."""
    special = code[2] == "1"
    if name.endswith("区"):
        return Kind.SPECIAL_WARD if code.startswith("131") else Kind.WARD
    if name.endswith("市"):
        return Kind.DESIGNATED_CITY if special else Kind.CITY
    if name.endswith("町"):
        return Kind.TOWN
    if name.endswith("村"):
        return Kind.VILLAGE
    raise WrongInput(f"「{name}」は市・町・村・区のどれでもありません。", column="市区町村名")


@dataclass(frozen=True)
class _Columns:
    code: int
    name: int
    prefecture: int | None
    kana: int | None
    last: int | None = None
    successor: int | None = None


_CODE_HEADS = ("団体コード", "全国地方公共団体コード", "市区町村コード", "地域コード", "標準地域コード")
_NAME_HEADS = ("市区町村名漢字", "市区町村名", "市町村名", "市区町村", "団体名", "名称")
_KANA_HEADS = ("市区町村名カナ", "市区町村名かな", "市区町村名ふりがな", "市区町村カナ", "カナ", "ふりがな")
_LAST_HEADS = ("最後の日", "有効終了日")
_SUCCESSOR_HEADS = ("承継先コード", "承継先団体コード")
_PREFECTURE_HEADS = ("都道府県名漢字", "都道府県名", "都道府県")

_PREFECTURES = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
]


def _find_head(rows: Sequence[Sequence[str]]) -> tuple[int, _Columns | None]:
    """Where the data begin and which column is which; without a head the data begin at once."""
    for number, cells in enumerate(rows[:15]):
        heads = [re.sub(r"[\s（）()]", "", unicodedata.normalize("NFKC", cell)) for cell in cells]
        code, name = _place(heads, _CODE_HEADS), _place(heads, _NAME_HEADS)
        if code is not None and name is not None:
            optional = (_PREFECTURE_HEADS, _KANA_HEADS, _LAST_HEADS, _SUCCESSOR_HEADS)
            return number + 1, _Columns(code, name, *(_place(heads, each) for each in optional))
    return 0, None


def _place(heads: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((heads.index(name) for name in wanted if name in heads), None)


def _read(cells: Sequence[str], columns: _Columns, file: str | None, number: int) -> MunicipalityRow | None:
    def cell(place: int | None) -> str:
        return cells[place].strip() if place is not None and place < len(cells) else ""

    typed, name = cell(columns.code), re.sub(r"\s", "", cell(columns.name))
    if not typed or not name or name in _PREFECTURES:
        return None
    try:
        code = _code(typed, cell(columns.prefecture))
        if code[2:5] == "000":
            return None
        kind = kind_of(code, name)
    except WrongInput as wrong:
        raise wrong.at(file=file, row=number, column="団体コード") from None
    last, successor = cell(columns.last), cell(columns.successor)
    try:
        return MunicipalityRow(
            code,
            name,
            hiragana(cell(columns.kana)),
            kind,
            era.parse_date(last.removesuffix(" 00:00:00")) if last else None,
            _code(successor, cell(columns.prefecture)) if successor else "",
        )
    except WrongInput as wrong:
        raise wrong.at(file=file, row=number, column="最後の日と承継先コード") from None


def _code(typed: str, prefecture: str) -> str:
    plain = unicodedata.normalize("NFKC", typed).removeprefix("R").removesuffix(".0")
    if prefecture not in _PREFECTURES:
        return parse_code(plain)
    wanted = f"{_PREFECTURES.index(prefecture) + 1:02d}"
    readings = {plain}
    if plain.isdecimal() and len(plain) in (4, 5):
        readings |= {plain.zfill(5), plain.zfill(6)}
    fitting = {six for reading in readings if (six := _six(reading)) is not None and six.startswith(wanted)}
    if len(fitting) == 1:
        return fitting.pop()
    if fitting:
        raise WrongInput(
            f"「{typed}」は {'と'.join(sorted(fitting))} のどちらとも読めます。6桁で入力してください。"
        )
    code = parse_code(plain)
    raise WrongInput(f"コード {code} は{prefecture}のもの（{wanted}で始まる）ではありません。")


def _six(digits: str) -> str | None:
    if len(digits) == 5 and digits.isdecimal():
        return digits + check_digit(digits)
    if len(digits) == 6 and digits.isdecimal() and check_digit(digits[:5]) == digits[5]:
        return digits
    return None


def _sheets(data: bytes, file: str | None) -> list[tuple[str | None, list[list[str]]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [
            (
                f"{file or ''}［{name}］",
                [
                    [_text(value) for value in row]
                    for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                ],
            )
            for name in book.sheet_names
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise WrongInput(
            "Excelファイルとして読めません。ファイルが壊れていないか確かめてください。", file=file
        ) from error


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
