"""Reading files of shelters: GSI's two, the municipal standard data set, its predecessor, and our own with spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from keniki.core.csv_dialect import unguard_formula
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import repair_column
from keniki.core.names import without_county

from . import cells, columns
from .base import HAZARDS, Kind, Problem, ShelterFile, ShelterRow
from .cells import Wrong
from .spaces import joined_spaces, read_space
from .tables import Table, read_table

_FLAG_COLUMNS: Final = tuple((key, f"災害種別_{words}") for key, words in HAZARDS.items())


def read(data: bytes, name: str, *, towns: Mapping[str, str] | None = None) -> ShelterFile:
    """The places of a file; what it is is told by its head alone, and rows that cannot be taken are `problems`.

    `towns` (six-digit code → name) restores codes that lost their first 0 where all names agree, and refuses rows
    whose code and name are of two towns. WrongInput, with the place, for a file that cannot be read, for an unknown
    head and for a missing column.
    """
    table = read_table(data, name)
    kind = columns.kind_of(table.headings)
    if kind is None:
        raise WrongInput("避難所・避難場所のファイルの見出しではありません。", file=name, row=1)
    reading = _Reading(table, kind, name, towns or {})
    rows = tuple(reading.rows())
    problems = sorted(reading.problems, key=lambda problem: problem.row or 0)
    return ShelterFile(kind, name, rows, tuple(problems), tuple(reading.notes), tuple(reading.unread))


class _Reading:
    """One file being read."""

    def __init__(self, table: Table, kind: Kind, name: str, towns: Mapping[str, str]) -> None:
        self.table, self.kind, self.name, self.towns = table, kind, name, towns
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.unread: list[str] = []
        known = columns.KEYS[kind]
        self.column: dict[str, int] = {}
        strange = []
        for at, heading in enumerate(table.headings):
            own = known.get(columns.head_key(heading))
            if own is None:
                if heading:
                    strange.append(heading)
                continue
            standard = columns.RECOMMENDED.get(own, own) if kind is Kind.RECOMMENDED else own
            self.column.setdefault(standard, at)
        for heading in _REQUIRED[kind]:
            if heading not in self.column:
                raise WrongInput(f"見出し「{heading}」の列がありません。", file=name, row=1, column=heading)
        if kind in (Kind.GSI_SITES, Kind.GSI_SHELTERS) and not {columns.COMMON_ID, columns.GSI_CODE} & set(
            self.column
        ):
            raise WrongInput(
                "見出し「共通ID」も「市町村コード」もありません。どちらかの列が必要です。",
                file=name,
                row=1,
                column=columns.COMMON_ID,
            )
        if strange:
            self.notes.append(f"次の列は読みません：{'、'.join(strange)}")
        if kind is Kind.STANDARD and list(table.headings) != list(columns.STANDARD):
            missing = [heading for heading in columns.STANDARD if heading not in self.column]
            told = f"（ない列：{'、'.join(missing)}）" if missing else "（列の順が違います）"
            self.notes.append(f"標準の39列のとおりではありません{told}。")

    def rows(self) -> list[ShelterRow]:
        """The rows in order, without those that are refused or come a second time."""
        good = list(self._fitting())
        codes = self._codes([row for _, row in good])
        make = _MAKERS[self.kind]
        found: list[ShelterRow] = []
        seen: dict[object, int] = {}
        for (number, row), given in zip(good, codes, strict=True):
            try:
                made = make(self, number, row, given)
                for key in self._identities(made):
                    if key in seen:
                        raise Wrong(
                            _KEY_COLUMN[key[0]], f"{seen[key]}行目と同じです。同じIDの行は1つにしてください。"
                        )
                for key in self._identities(made):
                    seen[key] = number
                found.append(made)
            except Wrong as wrong:
                self._refuse(number, wrong, row)
        if self.kind is Kind.OWN:
            found, clashes = joined_spaces(found)
            self.problems.extend(clashes)
        return found

    def text(self, row: Sequence[str], column: str) -> str:
        """A cell as written, empty where the file has no such column."""
        at = self.column.get(column)
        told = row[at] if at is not None and at < len(row) else ""
        return unguard_formula(told) if self.kind is Kind.OWN else told

    def town_of(self, row: Sequence[str]) -> str:
        """The town's name as written."""
        for column in ("地方公共団体名", columns.GSI_TOWN, "市町村名", "所在地_市区町村"):
            if told := self.text(row, column).strip():
                return told
        return ""

    def _fitting(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows that have as many cells as the head."""
        width = len(self.table.headings)
        for number, row in self.table.rows:
            if len(row) == width or (not self.table.exact and len(row) < width):
                yield number, row
            elif len(row) > width and not any(row[width:]):
                yield number, row[:width]
            else:
                reason = f"セルの数が{len(row)}で、見出しの数{width}と違います。列がずれていないか確かめてください。"
                self._refuse(number, Wrong("", reason), row)

    def _codes(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """The codes as written, or the whole column restored by the names beside it."""
        texts = [
            next((told for column in _CODES[self.kind] if (told := self.text(row, column).strip())), "")
            for row in rows
        ]
        pairs = [
            (text, without_county(self.town_of(row))) for text, row in zip(texts, rows, strict=True) if text
        ]
        if not self.towns or not pairs or all(len(text) == 6 for text, _ in pairs):
            return texts
        try:
            restored = iter(repair_column(pairs, self.towns, file=self.name))
        except WrongInput:
            return texts
        return [next(restored) if text else "" for text in texts]

    def _identities(self, row: ShelterRow) -> Iterator[tuple[str, ...]]:
        """What no two rows of a file share."""
        if self.kind is Kind.OWN:
            return
        if row.common_id:
            yield "common", row.common_id
        if row.local_id and self.kind in (Kind.STANDARD, Kind.RECOMMENDED):
            yield "local", row.code, row.local_id

    def _refuse(self, number: int, wrong: Wrong, row: Sequence[str]) -> None:
        whole = ",".join(row)
        self.unread.append(whole)
        raw = self.text(row, wrong.column) or whole
        self.problems.append(Problem(number, wrong.column, wrong.reason, raw[:500]))

    def coded(self, given: str, column: str, row: Sequence[str]) -> str:
        """The town's six digits, in agreement with its name where the town is known; a member's own code is
        its code, also that of a fictional town."""
        if not given:
            raise Wrong(column, "団体コードがありません。6桁の団体コードを入力してください。")
        code = plain(given)
        if code not in self.towns:
            try:
                code = cells.code(given)
            except Wrong as wrong:
                raise Wrong(column, wrong.reason) from None
        self.agreed(code, column, row)
        return code

    def agreed(self, code: str, column: str, row: Sequence[str]) -> None:
        """Refuse a code whose town has another name than the row says."""
        known, told = self.towns.get(code), self.town_of(row)
        if known and told and not (told.endswith(known) or known.endswith(told) or known in told):
            raise Wrong(column, f"団体コード {code} は{known}ですが、市町村名は「{told[:40]}」です。")


def _named(text: str, column: str) -> str:
    if not text.strip():
        raise Wrong(column, "名称がありません。")
    if len(text.strip()) > 200:
        raise Wrong(column, "名称が200文字を超えています。")
    return text.strip()


def _gsi(reading: _Reading, number: int, row: Sequence[str], given: str) -> ShelterRow:
    common, code = cells.common_id(reading.text(row, columns.COMMON_ID))
    if given:
        written = reading.coded(given, columns.GSI_CODE, row)
        if code and written != code:
            raise Wrong(columns.COMMON_ID, f"共通IDの市町村（{code}）と市町村コード（{written}）が違います。")
        code = written
    elif code:
        reading.agreed(code, columns.COMMON_ID, row)
    else:
        raise Wrong(columns.COMMON_ID, "共通IDがありません。")
    name = _named(reading.text(row, columns.GSI_NAME), columns.GSI_NAME)
    latitude, longitude = cells.position(reading.text(row, "緯度"), reading.text(row, "経度"))
    sites = reading.kind is Kind.GSI_SITES
    mark = columns.GSI_SITE_MARK if sites else columns.GSI_SHELTER_MARK
    welfare = common[11:13] == "12"
    if (sites and common[11:13] in ("11", "12")) or (not sites and common[11:13] == "20"):
        other = "指定避難所" if sites else "指定緊急避難場所"
        raise Wrong(columns.COMMON_ID, f"共通IDの種別（{common[11:13]}）が{other}のものです。")
    hazards = tuple(key for key, words in HAZARDS.items() if cells.flag(reading.text(row, words), words))
    notes = (reading.text(row, "備考").strip(), reading.text(row, columns.GSI_OTHER).strip())
    return ShelterRow(
        number,
        code,
        name,
        common_id=common,
        address=reading.text(row, "住所").strip(),
        latitude=latitude,
        longitude=longitude,
        is_site=sites,
        is_shelter=not sites,
        is_welfare=welfare,
        hazards=hazards,
        same_address=cells.flag(reading.text(row, mark), mark),
        takes=reading.text(row, columns.GSI_TAKES).strip(),
        town=reading.town_of(row),
        note="\n".join(note for note in notes if note),
    )


def _standard(reading: _Reading, number: int, row: Sequence[str], given: str) -> ShelterRow:
    code = reading.coded(given, "全国地方公共団体コード", row)
    found = _common_fields(reading, number, row, code)
    local = reading.text(row, "ID").strip()
    common = cells.common_id(local)[0] if cells.is_common_id(local) else ""
    duplicate = cells.flag(reading.text(row, "指定避難所との重複"), "指定避難所との重複")
    made = replace(
        found, local_id=local, common_id=common, is_site=True, is_shelter=duplicate, same_address=duplicate
    )
    written = {column: reading.text(row, column) for column in columns.STANDARD if column in reading.column}
    rest = {column: cell for column, cell in written.items() if cell != standard_cell(made, column)}
    return replace(made, standard=rest)


def _own(reading: _Reading, number: int, row: Sequence[str], given: str) -> ShelterRow:
    common, coded = cells.common_id(reading.text(row, columns.COMMON_ID).strip())
    if given:
        code = reading.coded(given, "団体コード", row)
        if coded and coded != code:
            raise Wrong(columns.COMMON_ID, f"共通IDの市町村（{coded}）と団体コード（{code}）が違います。")
    elif coded:
        code = coded
        reading.agreed(code, columns.COMMON_ID, row)
    else:
        raise Wrong("団体コード", "団体コードがありません。6桁の団体コードを入力してください。")
    made = _common_fields(reading, number, row, code)

    def told(column: str) -> bool:
        return cells.flag(reading.text(row, column), column)

    return replace(
        made,
        common_id=common,
        local_id=reading.text(row, "避難所ID").strip(),
        is_site=told("指定緊急避難場所"),
        is_shelter=told("指定避難所"),
        is_welfare=told("福祉避難所"),
        takes=reading.text(row, columns.GSI_TAKES).strip(),
        spaces=read_space(number, lambda column: reading.text(row, column)),
    )


def _common_fields(reading: _Reading, number: int, row: Sequence[str], code: str) -> ShelterRow:
    """What the standard data set and our own table write alike."""
    name = _named(reading.text(row, "名称"), "名称")
    latitude, longitude = cells.position(reading.text(row, "緯度"), reading.text(row, "経度"))
    cells.capacity(reading.text(row, "想定収容人数"), "想定収容人数")
    address = reading.text(row, "所在地_連結表記").strip() or reading.text(row, "所在地").strip()
    return ShelterRow(
        number,
        code,
        name,
        kana=reading.text(row, "名称_カナ").strip(),
        address=address or "".join(reading.text(row, part).strip() for part in columns.ADDRESS_PARTS),
        latitude=latitude,
        longitude=longitude,
        elevation=cells.elevation(reading.text(row, "標高")),
        hazards=tuple(key for key, column in _FLAG_COLUMNS if cells.flag(reading.text(row, column), column)),
        stated_capacity=reading.text(row, "想定収容人数").strip(),
        communities=reading.text(row, "対象となる町会・自治会").strip(),
        contact=reading.text(row, "電話番号").strip(),
        town=reading.town_of(row),
        note=reading.text(row, "備考").strip(),
    )


def standard_cell(row: ShelterRow, column: str) -> str:
    """What the fields of a row give for one of the 39 columns; empty for those without a field.

    >>> standard_cell(ShelterRow(2, "012092", "紅葉園", hazards=("flood",)), "災害種別_洪水")
    '1'
    """
    made = _CELLS.get(column)
    return made(row) if made else ""


def _flagged(key: str) -> Callable[[ShelterRow], str]:
    return lambda row: "1" if key in row.hazards else ""


_CELLS: Final[dict[str, Callable[[ShelterRow], str]]] = {
    "全国地方公共団体コード": lambda row: row.code,
    "ID": lambda row: row.local_id or row.common_id,
    "名称": lambda row: row.name,
    "名称_カナ": lambda row: row.kana,
    "所在地_連結表記": lambda row: row.address,
    "緯度": lambda row: "" if row.latitude is None else f"{row.latitude:f}",
    "経度": lambda row: "" if row.longitude is None else f"{row.longitude:f}",
    "標高": lambda row: "" if row.elevation is None else f"{row.elevation:f}",
    "電話番号": lambda row: row.contact,
    "地方公共団体名": lambda row: row.town,
    **{column: _flagged(key) for key, column in _FLAG_COLUMNS},
    "指定避難所との重複": lambda row: "1" if row.is_shelter else "",
    "想定収容人数": lambda row: row.stated_capacity,
    "対象となる町会・自治会": lambda row: row.communities,
    "備考": lambda row: row.note,
}
_REQUIRED: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.GSI_SITES: (columns.GSI_NAME, *HAZARDS.values(), "緯度", "経度"),
    Kind.GSI_SHELTERS: (columns.GSI_NAME, "緯度", "経度"),
    Kind.STANDARD: ("全国地方公共団体コード", "名称"),
    Kind.RECOMMENDED: ("市区町村コード", "名称"),
    Kind.OWN: ("名称", "スペース名"),
}
_CODES: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.GSI_SITES: (columns.GSI_CODE,),
    Kind.GSI_SHELTERS: (columns.GSI_CODE,),
    Kind.STANDARD: ("全国地方公共団体コード", "市区町村コード"),
    Kind.RECOMMENDED: ("市区町村コード",),
    Kind.OWN: ("団体コード",),
}
_MAKERS: Final[dict[Kind, Callable[[_Reading, int, Sequence[str], str], ShelterRow]]] = {
    Kind.GSI_SITES: _gsi,
    Kind.GSI_SHELTERS: _gsi,
    Kind.STANDARD: _standard,
    Kind.RECOMMENDED: _standard,
    Kind.OWN: _own,
}
_KEY_COLUMN: Final = {"common": columns.COMMON_ID, "local": "ID"}
