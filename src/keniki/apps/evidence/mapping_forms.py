"""The form in which a person says how the columns of a table are to be read, and the mapping it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField

from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue
from keniki.rulebooks.regions import prefectures

from .importers.base import RawBytes
from .importers.cells import indicator_id, unit_id
from .importers.grids import Grid, grid_of, sheets_of
from .importers.mapping import Heads, MappingSpec, draft, letter_of, named, spec_of
from .queries import indicator_name, unit_name

#: Columns a person is asked about; a table with more is read by a mapping file.
WIDEST: Final = 120
_EXAMPLES: Final = 3
_ROWS: Final = re.compile(r"\d{1,5}(?:[,、，\s]+\d{1,5}){0,4}")
_USES: Final = (("", "読まない"), ("number", "数値"), ("words", "文字"))
_SEXES: Final = (("", "区別なし"), ("男", "男"), ("女", "女"))
_STATUS: Final = (
    ("unknown", "不明"),
    ("town_reported", "市町村の報告"),
    ("estimated", "推計"),
)
_OFFICIAL: Final = ("official", "公的統計")
_TABLES: Final = (("", "値（指標の列）"), ("flows", "流動（どこからどこへ）"))
_KINDS: Final = (
    ("municipality", "市区町村"),
    ("prefecture", "都道府県"),
    ("former", "旧市町村"),
    ("medical_area", "二次医療圏"),
    ("fire_union", "消防の管轄"),
    ("school_district", "通学区域"),
    ("other", "その他の地域"),
)
_LIST: Final = re.compile(r"\s*[、,，]\s*")


class LayoutForm(forms.Form):
    """Where the table stands: its sheet, its rows of headings and its first row of data."""

    sheet = forms.ChoiceField(label="シート", required=False)
    head_rows = forms.CharField(
        label="見出しの行",
        max_length=40,
        help_text="見出しが2行あるときは 3,4 のように書きます。上の行の空いたセルには、左の見出しが続きます。",
    )
    first_row = forms.IntegerField(label="データの最初の行", min_value=1, max_value=1_048_576)

    def __init__(self, *args: Any, sheets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = [(sheet, sheet) for sheet in sheets]  # type: ignore[attr-defined]
        if len(sheets) < 2:
            del self.fields["sheet"]

    def clean_head_rows(self) -> list[int]:
        """The numbers, ascending."""
        typed = str(self.cleaned_data["head_rows"]).strip()
        if not _ROWS.fullmatch(typed):
            raise forms.ValidationError("行の番号を 3 又は 3,4 のように書いてください（5行まで）。")
        rows = sorted({int(number) for number in re.findall(r"\d+", typed)})
        if rows[0] < 1:
            raise forms.ValidationError("行の番号は1からです。")
        return rows

    def clean(self) -> dict[str, Any]:
        """The first row of data is below the headings."""
        data = super().clean() or {}
        rows, first = data.get("head_rows"), data.get("first_row")
        if rows and first and first <= max(rows):
            self.add_error("first_row", "見出しの行より下の行にしてください。")
        return data


@dataclass(frozen=True)
class Layout:
    """A table as it is laid out: its grid, and which rows are headings."""

    grid: Grid
    heads: Sequence[int]
    first: int

    @cached_property
    def titles(self) -> Heads:
        return Heads(self.grid, self.heads)

    @property
    def width(self) -> int:
        return min(self.grid.width, WIDEST)

    @property
    def too_wide(self) -> int:
        """How many columns a person is not asked about."""
        return self.grid.width - self.width

    def label(self, column: int) -> str:
        """`C列 人口（人）`."""
        return f"{letter_of(column)}列 {self.titles.title(column)}".strip()

    def examples(self, column: int) -> list[str]:
        """The first values below the headings."""
        cells = (self.grid.cell(row, column) for row in range(self.first, len(self.grid.rows) + 1))
        found: list[str] = []
        for cell in cells:
            if cell:
                found.append(cell[:40])
            if len(found) == _EXAMPLES:
                break
        return found

    def column(self, told: object) -> int | None:
        """The number of a column as a mapping calls it."""
        try:
            return self.titles.column(told) if isinstance(told, str | int) else None
        except WrongInput:
            return None

    def named(self, column: int, dated: int = 0) -> str | int:
        """How the mapping calls a column; without the head row that holds the year, which is another one next year."""
        called = named(self.grid, column, [row for row in self.heads if row != dated])
        return called if self.column(called) == column else column


def layout_of(file: RawBytes, content: Mapping[str, Any]) -> Layout:
    """The layout a draft of a mapping states."""
    sheet = content.get("sheet")
    return Layout(grid_of(file, sheet), list(content["head_rows"]), int(content["first_row"]))


def first_layout(file: RawBytes, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the layout's form holds to begin with."""
    return {
        "sheet": content.get("sheet") or sheets_of(file)[0],
        "head_rows": ",".join(map(str, content["head_rows"])),
        "first_row": content["first_row"],
    }


def drafted(file: RawBytes, form: LayoutForm) -> dict[str, Any]:
    """A draft for the layout a person chose."""
    data = form.cleaned_data
    return draft(file, sheet=data.get("sheet") or "", heads=data["head_rows"], first=data["first_row"])


class ColumnForm(forms.Form):
    """What one column holds."""

    use = forms.ChoiceField(label="読み方", choices=_USES, required=False)
    indicator = forms.CharField(
        label="指標",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"list": "indicators"}),
    )
    unit = forms.CharField(
        label="単位",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"list": "units", "class": "is-short"}),
    )
    year = forms.CharField(
        label="年",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"class": "is-short"}),
    )
    sex = forms.ChoiceField(label="男女", choices=_SEXES, required=False)
    age = forms.CharField(
        label="年齢", max_length=20, required=False, widget=forms.TextInput(attrs={"class": "is-short"})
    )
    part = forms.CharField(label="内訳", max_length=120, required=False)

    def __init__(
        self, data: Any, *, number: int, layout: Layout, initial: Mapping[str, Any], flows: bool = False
    ) -> None:
        super().__init__(data, prefix=f"c{number}", initial=dict(initial))
        self.number, self.layout, self.flows = number, layout, flows
        self.label, self.examples = layout.label(number), layout.examples(number)
        for field in self.fields.values():
            field.label = f"{letter_of(number)}列の{field.label}"

    @property
    def others(self) -> list[BoundField]:
        """The fields that matter for a column that is read."""
        return [bound for bound in self if bound.name != "use"]

    @property
    def open(self) -> bool:
        """Whether they are shown at once."""
        return bool((self["use"].value() and not self.flows) or self.errors)

    def clean(self) -> dict[str, Any]:
        """A column that is read has an indicator, one of numbers a unit too; those of flows need neither."""
        data = super().clean() or {}
        if self.flows:
            return data
        if data.get("use") and not data.get("indicator"):
            self.add_error("indicator", "指標を選ぶか、名前を付けてください。")
        if data.get("use") == "number" and not data.get("unit"):
            self.add_error("unit", "単位を入力してください。")
        return data

    def content(self, dated: int) -> dict[str, Any]:
        """The column as a mapping states it; `dated` is the head row that holds the year."""
        data = self.cleaned_data
        indicator = indicator_id(data["indicator"])
        made: dict[str, Any] = {"column": self.layout.named(self.number, dated), "indicator": indicator}
        if data["use"] == "words":
            made["kind"] = "words"
        if data["unit"]:
            made["unit"] = unit_id(data["unit"], indicator)
        return made | {name: data[name] for name in ("year", "sex", "age", "part") if data[name]}


class MappingForm(forms.Form):
    """How a table is to be read: where its places and its year stand, and what each column holds."""

    title = forms.CharField(
        label="対応の名称", max_length=120, help_text="表の名前。年は除いてかまいません。"
    )
    table = forms.ChoiceField(label="表の内容", choices=_TABLES, required=False)
    code = forms.TypedChoiceField(label="団体コードの列", required=False, coerce=int, empty_value=None)
    name = forms.TypedChoiceField(label="市町村名の列", required=False, coerce=int, empty_value=None)
    prefecture = forms.ChoiceField(
        label="都道府県", required=False, help_text="名称だけの表で、同じ名の市町村が他県にもあるとき。"
    )
    year_at = forms.ChoiceField(label="年の場所", required=False)
    year = forms.CharField(
        label="年",
        max_length=20,
        required=False,
        help_text="例：令和5年、2023、令和5年度、2023年4月。列ごとに違えば列に書きます。",
    )
    skip = forms.CharField(
        label="読み飛ばす行",
        max_length=200,
        required=False,
        help_text="市町村名（なければ団体コード、どちらもなければ1列目）が、これらの語の行。例：合計、計",
    )
    status = forms.ChoiceField(label="性質", choices=_STATUS, required=False)
    area_at = forms.ChoiceField(label="地域の場所", required=False)
    fixed = forms.CharField(
        label="表全体の地域",
        max_length=120,
        required=False,
        help_text="表全体が1つの地域のとき。団体コードか名称。",
    )
    kind = forms.ChoiceField(label="地域の種類", choices=_KINDS, required=False)
    members = forms.CharField(
        label="地域の構成市町村",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="市町村でない地域のとき、1行に1つ。例：北部圏 = ○○市、○○町",
    )
    to_at = forms.ChoiceField(label="行き先の場所", required=False)
    to_code = forms.TypedChoiceField(
        label="行き先の団体コードの列", required=False, coerce=int, empty_value=None
    )
    to_name = forms.TypedChoiceField(
        label="行き先の市町村名の列", required=False, coerce=int, empty_value=None
    )
    purpose_at = forms.ChoiceField(label="目的の場所", required=False)
    purpose = forms.CharField(
        label="目的", max_length=40, required=False, help_text="例：通勤、通学、通勤・通学、買物、通院"
    )

    def __init__(
        self, data: Any = None, *, layout: Layout, content: Mapping[str, Any], official: bool = False
    ) -> None:
        super().__init__(data, initial=_initial(layout, content, official=official))
        self.layout, self.sheet = layout, content.get("sheet")
        self._offer(official=official)
        said = {layout.column(each["column"]): each for each in content["columns"]}
        self.flows = data is not None and data.get("table") == "flows"
        self.columns = [
            ColumnForm(
                data,
                number=number,
                layout=layout,
                initial=_column_initial(said.get(number)),
                flows=self.flows,
            )
            for number in range(1, layout.width + 1)
        ]

    def _offer(self, *, official: bool) -> None:
        """What can be chosen: this table's columns and head rows, and everybody's statistics where they are."""
        layout = self.layout
        columns = [(str(number), layout.label(number)) for number in range(1, layout.width + 1)]
        heads = [(f"head:{row}", f"見出しの{row}行目") for row in layout.heads]
        placed = [(f"column:{number}", label) for number, label in columns]
        named_columns = [("", "なし"), *columns]
        offered: dict[str, Sequence[tuple[str, str]]] = {
            "code": named_columns,
            "name": named_columns,
            "to_code": named_columns,
            "to_name": named_columns,
            "prefecture": [
                ("", "指定しない"),
                *((each.number, each.name) for each in prefectures(date.max)),
            ],
            "year_at": [("", "すべて同じ（次の「年」）"), *heads, *placed],
            "area_at": [("", "列（団体コード・市町村名）"), ("fixed", "表全体が1つの地域"), *heads],
            "to_at": [("", "列（次の2つ）"), *heads],
            "purpose_at": [("", "すべて同じ（次の「目的」）"), *heads, *placed],
            "status": [_OFFICIAL, *_STATUS] if official else _STATUS,
        }
        for name, found in offered.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[BoundField]:
        """The fields of this form and of every column, as the summary of errors lists them."""
        yield from super().__iter__()
        for column in self.columns:
            yield from column

    def is_valid(self) -> bool:
        """This form and that of every column."""
        return all([super().is_valid(), *(column.is_valid() for column in self.columns)])

    @property
    def wrong(self) -> bool:
        return bool(self.errors) or any(column.errors for column in self.columns)

    @property
    def unusual(self) -> bool:
        """Whether the fields for tables that are no rows of municipalities are shown at once."""
        names = ("area_at", "fixed", "members", "to_at", "to_code", "to_name", "purpose_at", "purpose")
        chosen = any(self[name].value() for name in names)
        return self.flows or chosen or self["kind"].value() not in (None, "", "municipality")

    def clean(self) -> dict[str, Any]:
        """Places stand somewhere, of flows both ends and the purpose."""
        data = super().clean() or {}
        if not data.get("area_at") and data.get("code") is None and data.get("name") is None:
            self.add_error("name", "団体コードか市町村名の列を選んでください。")
        if data.get("area_at") == "fixed" and not data.get("fixed"):
            self.add_error("fixed", "団体コードか名称を入力してください。")
        if not self.flows:
            return data
        if not data.get("to_at") and data.get("to_code") is None and data.get("to_name") is None:
            self.add_error("to_name", "行き先の団体コードか市町村名の列を選んでください。")
        if not data.get("purpose_at") and not data.get("purpose"):
            self.add_error("purpose", "目的を入力してください。")
        return data

    def spec(self) -> MappingSpec:
        """The mapping; WrongInput names the key that is wrong (`columns.2.unit`)."""
        data, layout = self.cleaned_data, self.layout
        year = self._told("year")
        dated = year["head_row"] if isinstance(year, dict) and "head_row" in year else 0
        area = self._area(data["area_at"], data["code"], data["name"], dated)
        if not self.used:
            raise WrongInput("読む列がありません。少なくとも1つの列の「読み方」を選んでください。")
        content: dict[str, Any] = {
            "title": data["title"],
            "head_rows": list(layout.heads),
            "first_row": layout.first,
            "status": data["status"] or "unknown",
        }
        if self.flows:
            content["flow"] = self._flow(area, dated)
        else:
            content |= {"area": area, "columns": [column.content(dated) for column in self.used]}
        if self.sheet:
            content["sheet"] = self.sheet
        if year:
            content["year"] = year
        if data["members"].strip():
            content["areas"] = self._areas()
        words = [word for word in _LIST.split(data["skip"].strip()) if word]
        if words:
            column = data["name"] or data["code"] or 1
            content["skip"] = [{"column": layout.named(column, dated), "values": words}]
        return spec_of(content)

    def _told(self, name: str) -> Any:
        """What stands in a field, or where it stands: in a head row or a column."""
        data = self.cleaned_data
        kind, _, at = str(data[f"{name}_at"]).partition(":")
        if kind == "head":
            return {"head_row": int(at)}
        return {"column": self.layout.named(int(at))} if kind else data[name]

    def _area(self, at: str, code: int | None, name: int | None, dated: int) -> dict[str, Any]:
        data = self.cleaned_data
        area: dict[str, Any] = {}
        if at == "fixed":
            area["fixed"] = data["fixed"]
        elif at:
            area["name"] = {"head_row": int(at.partition(":")[2])}
        else:
            columns = (("code", code), ("name", name))
            area |= {key: self.layout.named(column, dated) for key, column in columns if column is not None}
        if data["prefecture"]:
            area["prefecture"] = data["prefecture"]
        if data["kind"] not in ("", "municipality"):
            area["kind"] = data["kind"]
        return area

    def _flow(self, origin: dict[str, Any], dated: int) -> dict[str, Any]:
        data, numbers = self.cleaned_data, [column.number for column in self.used]
        if numbers != list(range(numbers[0], numbers[-1] + 1)):
            raise WrongInput("流動の値の列は、続いた列を選んでください。")
        return {
            "origin": origin,
            "destination": self._area(data["to_at"], data["to_code"], data["to_name"], dated),
            "purpose": self._told("purpose"),
            "column": numbers[0],
            "through": numbers[-1],
        }

    def _areas(self) -> list[dict[str, Any]]:
        """The areas of the table's own shape, with their municipalities."""
        found = []
        for number, line in enumerate(self.cleaned_data["members"].splitlines(), start=1):
            name, sign, members = re.sub("[＝：:]", "=", line).partition("=")
            if not line.strip():
                continue
            if not sign or not name.strip():
                raise WrongInput(
                    f"{number}行目：「地域の名称 = 市町村、市町村」の形で入力してください。", column="members"
                )
            towns = [town for town in _LIST.split(members.strip()) if town]
            found.append(
                {"name": name.strip(), "kind": self.cleaned_data["kind"] or "other", "members": towns}
            )
        return found

    @property
    def used(self) -> list[ColumnForm]:
        """The columns that are read."""
        return [column for column in self.columns if column.cleaned_data.get("use")]

    def refuse(self, wrong: WrongInput) -> None:
        """Show what is wrong with the mapping at the field that says it."""
        parts = (wrong.column or "").split(".")
        if parts[0] == "columns" and len(parts) > 1 and parts[1].isdigit():
            at = int(parts[1]) - 1
            if at < len(self.used):
                field = parts[2] if len(parts) > 2 and parts[2] in ColumnForm.base_fields else None
                self.used[at].add_error(field, wrong.message)
                return
        field = _FIELDS.get(".".join(parts[:2])) or _FIELDS.get(parts[0], parts[0])
        self.add_error(field if field in self.fields else None, str(wrong) if wrong.row else wrong.message)


#: The fields that say what a key of a mapping holds.
_FIELDS: Final = {
    "area": "name",
    "area.fixed": "fixed",
    "areas": "members",
    "flow.origin": "name",
    "flow.destination": "to_name",
    "flow.purpose": "purpose",
}


def choices() -> dict[str, list[tuple[str, str]]]:
    """What a person may pick: the catalogue's indicators and units, as they are printed, with their ids."""
    book = catalogue(date.max)
    return {
        "indicators": [(indicator.name, book.unit_label(indicator.id)) for indicator in book],
        "units": [(unit.label, key) for key, unit in book.units.items() if unit.label],
    }


def _initial(layout: Layout, content: Mapping[str, Any], *, official: bool) -> dict[str, Any]:
    area, year = content["area"], content.get("year")
    made: dict[str, Any] = {
        "title": content["title"],
        "code": layout.column(area.get("code")),
        "name": layout.column(area.get("name")),
        "skip": "、".join(word for rule in content.get("skip", ()) for word in rule["values"]),
        "status": "official" if official else "unknown",
        "kind": "municipality",
    }
    if isinstance(year, dict):
        at = year.get("head_row")
        made["year_at"] = f"head:{at}" if at else f"column:{layout.column(year.get('column'))}"
    elif year:
        made["year"] = str(year)
    return made


def _column_initial(said: Mapping[str, Any] | None) -> dict[str, Any]:
    if said is None:
        return {"use": ""}
    indicator = indicator_id(str(said["indicator"]))
    unit = unit_id(str(said.get("unit", "")), indicator)
    return {
        "use": said.get("kind", "number"),
        "indicator": indicator_name(indicator),
        "unit": unit_name(unit),
        **{name: said[name] for name in ("year", "sex", "age", "part") if isinstance(said.get(name), str)},
    }
