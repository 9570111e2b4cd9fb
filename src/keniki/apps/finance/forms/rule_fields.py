"""The fields of a rule's form by row, what a rule fills them with, and the rows that were posted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField

from keniki.apps.regions.fields import AmountField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.sharing.spec import EQUAL, TABLE

from ..sharing.described import EQUAL_LABEL, LARGEST, TABLE_LABEL, percent

#: The most rows of one kind that are read.
MOST_ROWS: Final = 60
#: Bases in use everywhere: chosen by their label they bring their description along.
KNOWN_BASES: Final[Mapping[str, Mapping[str, str]]] = {
    "population": {
        "label": "人口割",
        "unit": "人",
        "source": "住民基本台帳",
        "as_of": "負担する年度の前年9月30日",
    },
    "households": {
        "label": "世帯数割",
        "unit": "世帯",
        "source": "住民基本台帳",
        "as_of": "負担する年度の前年9月30日",
    },
    "use": {"label": "利用割", "period": "負担する年度の前々年度の実績"},
    "area": {"label": "面積割", "unit": "平方キロメートル", "source": "全国都道府県市区町村別面積調"},
    "standard_fiscal_scale": {
        "label": "標準財政規模割",
        "unit": "千円",
        "period": "負担する年度の前々年度",
    },
    "basic_fiscal_needs": {"label": "基準財政需要額割", "unit": "千円", "period": "負担する年度の前年度"},
}
YEARS_HEAD: Final = "借入年度"
_SHORT: Final = {"class": "is-short"}
_NUMBER: Final = {"inputmode": "decimal", "class": "num is-short"}


class PercentField(NumberField):
    """Per cents from 0 to 100, with or without their sign."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs=dict(_NUMBER)))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        found = super().clean(plain(str(value or "")).removesuffix("%").strip())
        if found is not None and found > 100:
            raise forms.ValidationError("0から100までの割合（％）を入力してください。")
        return found


class Choices(forms.MultipleChoiceField):
    """Boxes to tick, none needed."""

    def __init__(self, label: str, towns: Sequence[Municipality]) -> None:
        super().__init__(
            label=label,
            required=False,
            choices=[(town.code, town.name) for town in towns],
            widget=forms.CheckboxSelectMultiple,
        )


class Row(Mapping[str, BoundField]):
    """The fields of one row by their names."""

    def __init__(self, form: forms.BaseForm, at: str) -> None:
        self.form = form
        self.at = at
        self.names = [name.removeprefix(f"{at}-") for name in form.fields if name.startswith(f"{at}-")]

    def __getitem__(self, name: str) -> BoundField:
        if name not in self.names:
            raise KeyError(name)
        return self.form[f"{self.at}-{name}"]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def table(self) -> list[BoundField]:
        """The fixed per cents by municipality, of a component that goes by them."""
        return [self[name] for name in self.names if name.startswith("t") and name[1:].isdecimal()]

    @property
    def has_more(self) -> bool:
        """Whether more is filled in than what stands in the row itself."""
        folded = [self[name] for name in ("remark", "exclude", *self.names) if name in self.names]
        return bool(self.table) or any(
            each.errors or (each.value() and each.name.endswith(("-remark", "-exclude"))) for each in folded
        )


@dataclass(frozen=True)
class PartShape:
    """How many rows one way of sharing has."""

    components: int = 3
    deductions: int = 1
    exceptions: int = 1


@dataclass(frozen=True)
class Shape:
    """How many rows the form has of each kind; always with an empty one to fill in."""

    parts: tuple[PartShape, ...] = (PartShape(),)
    bases: int = 1
    days: int = 2

    def more(self, what: str) -> Shape:
        """With two more rows of a kind (`bases`, `days`, `parts`, `p0-components` …); the same for any other word."""
        if what == "parts" and len(self.parts) < MOST_ROWS:
            return replace(self, parts=(*self.parts, PartShape()))
        if what in ("bases", "days"):
            return replace(self, **{what: min(getattr(self, what) + 2, MOST_ROWS)})
        found = re.fullmatch(r"p(\d{1,2})-(components|deductions|exceptions)", what)
        if found is None or int(found[1]) >= len(self.parts):
            return self
        parts = list(self.parts)
        rows = min(getattr(parts[int(found[1])], found[2]) + 2, MOST_ROWS)
        parts[int(found[1])] = replace(parts[int(found[1])], **{found[2]: rows})
        return replace(self, parts=tuple(parts))


def posted_shape(names: Iterable[str]) -> Shape:
    """The rows whose fields were posted."""
    given = list(names)
    parts = [
        PartShape(
            _rows(given, rf"p{number}-c(\d{{1,2}})-weight"),
            _rows(given, rf"p{number}-d(\d{{1,2}})-name"),
            _rows(given, rf"p{number}-x(\d{{1,2}})-town"),
        )
        for number in range(_rows(given, r"p(\d{1,2})-c0-weight"))
    ]
    return Shape(
        tuple(parts) or (PartShape(),),
        _rows(given, r"b(\d{1,2})-label") or 1,
        _rows(given, r"i(\d{1,2})-month") or 1,
    )


def is_too_much(names: Iterable[str]) -> bool:
    """Whether more rows of a kind were posted than are read."""
    return any(
        int(number) >= MOST_ROWS
        for name in names
        for number in re.findall(r"(?:^|-)[pbicdx](\d+)(?=-)", name)
    )


def _rows(names: Iterable[str], pattern: str) -> int:
    found = [int(match[1]) for name in names if (match := re.fullmatch(pattern, name))]
    return min(max(found, default=-1) + 1, MOST_ROWS)


def shape_of(content: Mapping[str, Any]) -> Shape:
    """The rows a rule needs (plain data, perhaps not whole), and one of each to spare."""
    classes = content.get("classes") or {"": content}
    parts = tuple(
        PartShape(
            max(len(part.get("components", ())) + 1, 3),
            len(part.get("deductions", ())) + 1,
            len({*part.get("fixed", {}), *part.get("limits", {})}) + 1,
        )
        for part in classes.values()
    )
    days = (content.get("payment") or {}).get("instalments", ())
    return Shape(parts, len(content.get("bases", {})) + 1, len(days) + 1)


def initial_of(content: Mapping[str, Any], towns: Sequence[Municipality]) -> dict[str, Any]:
    """What the fields hold for a rule's plain data; codes are those of `towns`."""
    found: dict[str, Any] = {name: content.get(name, "") for name in ("name", "clause", "note")}
    bases: Mapping[str, Mapping[str, str]] = content.get("bases", {})
    for row, (key, basis) in enumerate(bases.items()):
        found |= {f"b{row}-{name}": basis.get(name, "") for name in BASIS_FIELDS}
        found[f"b{row}-key"] = key
    classes = content.get("classes")
    found["by_class"] = "yes" if classes else ""
    for number, (key, part) in enumerate((classes or {"": content}).items()):
        at = f"p{number}"
        if classes:
            found |= {f"{at}-key": key, f"{at}-label": part.get("label", "")}
            found[f"{at}-remark"] = part.get("note", "")
        found |= _part_initial(at, part, bases, towns)
    rounding = content.get("rounding", {})
    found |= {
        "unit": rounding.get("unit", 1),
        "direction": rounding.get("direction", "down"),
        "remainder": rounding.get("remainder", LARGEST),
        "each": rounding.get("each", "total"),
    }
    payment = content.get("payment") or {}
    found |= {
        "above": payment.get("above", ""),
        "closed_days": payment.get("closed_days", "next"),
        "notice_days": payment.get("notice_days", ""),
    }
    for row, day in enumerate(payment.get("instalments", ())):
        found |= {f"i{row}-month": day["month"], f"i{row}-day": day["day"]}
        found[f"i{row}-percent"] = day.get("percent", "100")
    return found


#: The facts of a basis beside its key.
BASIS_FIELDS: Final = ("label", "unit", "source", "as_of", "period", "column")


def _part_initial(
    at: str, part: Mapping[str, Any], bases: Mapping[str, Mapping[str, str]], towns: Sequence[Municipality]
) -> dict[str, Any]:
    found: dict[str, Any] = {f"{at}-exclude": list(part.get("exclude", ()))}
    for row, each in enumerate(part.get("components", ())):
        found[f"{at}-c{row}-basis"] = label_for(each["basis"], bases)
        found[f"{at}-c{row}-weight"] = each["weight"]
        found[f"{at}-c{row}-remark"] = each.get("note", "")
        found[f"{at}-c{row}-exclude"] = list(each.get("exclude", ()))
        found |= {f"{at}-c{row}-t{code}": value for code, value in each.get("table", {}).items()}
    for row, each in enumerate(part.get("deductions", ())):
        found[f"{at}-d{row}-name"] = each.get("name", "")
        found[f"{at}-d{row}-amount"] = each.get("amount", "")
        found[f"{at}-d{row}-percent"] = each.get("percent", "")
    if host := part.get("host"):
        found |= {f"{at}-host": host["code"], f"{at}-host_percent": host["percent"]}
    fixed, limits = part.get("fixed", {}), part.get("limits", {})
    for row, code in enumerate(dict.fromkeys([*fixed, *limits])):
        found |= {f"{at}-x{row}-town": code, f"{at}-x{row}-fixed": fixed.get(code, "")}
        limit = limits.get(code, {})
        found |= {f"{at}-x{row}-{name}": limit.get(name, "") for name in ("least", "most", "most_percent")}
    found[f"{at}-years"] = written_years(part.get("by_year", {}), towns)
    return found


def label_for(key: str, bases: Mapping[str, Mapping[str, str]]) -> str:
    """What a basis is chosen by: its label where that finds it again, else its key."""
    described = bases.get(key) or KNOWN_BASES.get(key, {})
    label = {EQUAL: EQUAL_LABEL, TABLE: TABLE_LABEL}.get(key) or described.get("label", "")
    return label if label and key_for(label, bases) == key else key


def key_for(typed: str, bases: Mapping[str, Mapping[str, str]]) -> str | None:
    """The key of the basis that was typed: its key or label, of the rule's own first; None for an unknown one.

    >>> key_for("人口割", {}), key_for("equal", {}), key_for("患者数割", {})
    ('population', 'equal', None)
    """
    if typed in bases or typed in (EQUAL, TABLE):
        return typed
    named = [key for key, basis in bases.items() if basis.get("label") == typed]
    if named:
        return named[0]
    fixed = {EQUAL_LABEL: EQUAL, TABLE_LABEL: TABLE}
    known = {basis["label"]: key for key, basis in KNOWN_BASES.items() if key not in bases}
    return fixed.get(typed) or known.get(typed) or (typed if typed in KNOWN_BASES else None)


def written_years(table: Mapping[Any, Mapping[str, Any]], towns: Sequence[Municipality]) -> str:
    """Ratios by year of borrowing as a table that can be pasted: one line a year, one column a municipality."""
    if not table:
        return ""
    used = {code for row in table.values() for code in row}
    columns = [town for town in towns if town.code in used]
    lines = [",".join([YEARS_HEAD, *(_column_name(town, towns) for town in columns)])]
    for year, row in sorted(table.items(), key=lambda each: int(each[0])):
        lines.append(",".join([str(year), *(str(row.get(town.code, "")) for town in columns)]))
    return "\n".join(lines)


def read_years(typed: str, towns: Sequence[Municipality]) -> dict[str, dict[str, Decimal]]:
    """Per cents by year and six-digit code of a pasted table. WrongInput names its line."""
    lines = [(number, line) for number, line in enumerate(typed.splitlines(), 1) if line.strip()]
    if not lines:
        return {}
    head = _cells(lines[0][1])
    codes = [_code_of(cell, towns, lines[0][0]) for cell in head[1:]]
    if not codes or len(set(codes)) < len(codes):
        raise WrongInput("1行目には、借入年度に続けて市町村名を1回ずつ書いてください。", row=lines[0][0])
    found: dict[str, dict[str, Decimal]] = {}
    for number, line in lines[1:]:
        cells = _cells(line)
        year = _year(cells[0], number)
        if len(cells) > len(head):
            raise WrongInput("1行目より列が多くなっています。", row=number)
        if str(year) in found:
            raise WrongInput(f"{year}年度が2回あります。1行にしてください。", row=number)
        row = {code: _percent(cell, number) for code, cell in zip(codes, cells[1:], strict=False) if cell}
        if sum(row.values()) != 100:
            total = percent(sum(row.values(), Decimal(0)))
            raise WrongInput(f"率の合計が{total}です。100％にしてください。", row=number)
        found[str(year)] = row
    if not found:
        raise WrongInput("2行目から、年度ごとの率（％）を書いてください。", row=lines[0][0] + 1)
    return found


def _year(cell: str, row: int) -> int:
    typed = plain(cell)
    try:
        year = int(typed) if typed.isdecimal() else int(FiscalYear.parse(typed))
    except (ValueError, WrongInput):
        year = 0
    if not 1900 <= year <= 2200:
        raise WrongInput(f"「{cell}」を年度として読めません。2015、H27 のように書いてください。", row=row)
    return year


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    if "," in line or "，" in line or "、" in line:
        return [cell.strip() for cell in re.split("[,，、]", line)]
    return line.split()


def _percent(cell: str, row: int) -> Decimal:
    try:
        value = Decimal(plain(cell).removesuffix("%"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= 100:
        raise WrongInput(f"「{cell}」は0から100までの割合（％）ではありません。", row=row)
    return value


def _column_name(town: Municipality, towns: Sequence[Municipality]) -> str:
    return town.name if sum(each.name == town.name for each in towns) == 1 else town.code


def _code_of(cell: str, towns: Sequence[Municipality], row: int) -> str:
    named = [town.code for town in towns if town.name == cell]
    if len(named) == 1:
        return named[0]
    try:
        code = parse_code(cell)
    except WrongInput:
        code = ""
    if code not in {town.code for town in towns}:
        raise WrongInput(f"「{cell}」は、この共同経費を負担する市町村ではありません。", row=row)
    return code


def fields_of(
    shape: Shape, towns: Sequence[Municipality], tables: Iterable[str], basis_list: str
) -> dict[str, forms.Field]:
    """Every field of the rows of a form; `tables` are the prefixes of the components with fixed per cents."""
    named = [("", "選んでください"), *((town.code, town.name) for town in towns)]
    fixed = set(tables)
    found: dict[str, forms.Field] = {}
    for number, part in enumerate(shape.parts):
        at = f"p{number}"
        found |= _head_fields(at, named, towns)
        for row in range(part.components):
            found |= _component_fields(f"{at}-c{row}", towns, f"{at}-c{row}" in fixed, basis_list)
        for row in range(part.deductions):
            found[f"{at}-d{row}-name"] = _text("特定財源の名称", 120)
            found[f"{at}-d{row}-amount"] = AmountField(label="金額（円）", required=False)
            found[f"{at}-d{row}-percent"] = PercentField(label="又は経費の割合（％）", required=False)
        for row in range(part.exceptions):
            found[f"{at}-x{row}-town"] = forms.ChoiceField(label="市町村", required=False, choices=named)
            found[f"{at}-x{row}-fixed"] = AmountField(label="先に負担する固定額（円）", required=False)
            found[f"{at}-x{row}-least"] = AmountField(label="下限（円）", required=False)
            found[f"{at}-x{row}-most"] = AmountField(label="上限（円）", required=False)
            found[f"{at}-x{row}-most_percent"] = PercentField(label="上限（総額の％）", required=False)
    for row in range(shape.bases):
        found |= _basis_fields(f"b{row}")
    for row in range(shape.days):
        found[f"i{row}-month"] = _number("月", 1, 12)
        found[f"i{row}-day"] = _number("日", 1, 31)
        found[f"i{row}-percent"] = PercentField(label="割合（％）", required=False)
    return found


def _head_fields(
    at: str, named: Sequence[tuple[str, str]], towns: Sequence[Municipality]
) -> dict[str, forms.Field]:
    return {
        f"{at}-label": _text("区分の名称", 80, "例：建設費、運営費、公債費"),
        f"{at}-key": _text("区分の記号", 40, "経費の内訳で使う英字の名前。空欄なら自動で付けます。"),
        f"{at}-remark": forms.CharField(
            label="区分の注", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
        ),
        f"{at}-drop": forms.BooleanField(label="この区分を削除する", required=False),
        f"{at}-exclude": Choices("負担しない市町村", towns),
        f"{at}-host": forms.ChoiceField(
            label="施設の所在する市町村", required=False, choices=[("", "（定めない）"), *named[1:]]
        ),
        f"{at}-host_percent": PercentField(label="所在市町村が先に負担する割合（％）", required=False),
        f"{at}-years": forms.CharField(
            label="借入年度の率",
            required=False,
            max_length=50_000,
            widget=forms.Textarea(attrs={"rows": 3, "class": "is-wide"}),
            help_text="1行目に「借入年度」と市町村名、2行目から年度と率（％）。表計算ソフトの表をそのまま貼り付けられます。",
        ),
    }


def _component_fields(
    at: str, towns: Sequence[Municipality], fixed: bool, basis_list: str
) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {
        f"{at}-basis": forms.CharField(
            label="基準",
            required=False,
            max_length=80,
            widget=forms.TextInput(attrs={"list": basis_list, "autocomplete": "off"}),
        ),
        f"{at}-weight": PercentField(label="割合（％）", required=False),
        f"{at}-remark": _text("割の注", 200),
        f"{at}-exclude": Choices("この割から除く市町村", towns),
    }
    if fixed:
        found |= {f"{at}-t{town.code}": PercentField(label=town.name, required=False) for town in towns}
    return found


def _basis_fields(at: str) -> dict[str, forms.Field]:
    return {
        f"{at}-label": _text("基準の名称", 80, "例：患者数割"),
        f"{at}-unit": _text("単位", 40, short=True),
        f"{at}-source": _text("出典", 200),
        f"{at}-as_of": _text("時点", 80, "例：前年9月30日"),
        f"{at}-period": _text("期間", 80, "例：前々年度の実績"),
        f"{at}-key": _text("記号", 40, "英字。空欄なら自動で付けます。", short=True),
        f"{at}-column": _text("数値の表の列", 80, short=True),
    }


def _text(label: str, most: int, help: str = "", *, short: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs=dict(_SHORT) if short else {})
    return forms.CharField(label=label, required=False, max_length=most, help_text=help, widget=widget)


def _number(label: str, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=low,
        max_value=high,
        widget=forms.TextInput(attrs=dict(_NUMBER)),
    )
