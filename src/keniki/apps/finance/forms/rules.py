"""The form of a version of a rule: every field of `RuleSpec`, without a line of YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.http import QueryDict

from keniki.apps.regions.editing import ROWS
from keniki.apps.regions.fields import AmountField
from keniki.apps.regions.models import Municipality
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.rulebooks.sharing import RuleSpec
from keniki.rulebooks.sharing.spec import EQUAL, TABLE

from ..sharing import spec_of
from ..sharing.described import EQUAL_LABEL, LARGEST, TABLE_LABEL, percent, summary
from ..sharing.reckoning import StageOf
from .rule_fields import (
    BASIS_FIELDS,
    KNOWN_BASES,
    MOST_ROWS,
    Row,
    Shape,
    fields_of,
    initial_of,
    is_too_much,
    key_for,
    posted_shape,
    read_years,
    shape_of,
)

#: The id of the list that suggests bases.
BASIS_LIST: Final = "basis-names"
_START: Final[Mapping[str, Any]] = {
    "components": [{"basis": EQUAL, "weight": ""}, {"basis": "population", "weight": ""}],
    "payment": {"instalments": [{"month": "", "day": "", "percent": ""}]},
}


class RuleForm(forms.Form):
    """A version of a rule. Rows that are empty count for nothing; `spec` is the rule once the form is valid."""

    name = forms.CharField(
        label="定めの名称", required=False, max_length=120, help_text="空欄なら割合から付けます。"
    )
    first_year = forms.TypedChoiceField(label="適用する最初の年度", coerce=int)
    last_year = forms.TypedChoiceField(
        label="適用する最後の年度", coerce=int, required=False, empty_value=None
    )
    clause = forms.CharField(
        label="根拠の条文",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="協定・覚書の条文をそのまま入力します。",
    )
    note = forms.CharField(
        label="定めの注", required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    by_class = forms.CharField(required=False, max_length=3, widget=forms.HiddenInput)
    unit = AmountField(label="端数の単位（円）", initial=1)
    direction = forms.ChoiceField(
        label="端数の処理", choices=[("down", "切捨て"), ("half_up", "四捨五入"), ("up", "切上げ")]
    )
    remainder = forms.ChoiceField(label="合計との差額")
    each = forms.ChoiceField(
        label="端数処理の範囲", choices=[("total", "負担額の合計で"), ("component", "割ごとに")]
    )
    above = AmountField(label="一括で納める額（円以下）", required=False)
    closed_days = forms.ChoiceField(
        label="納期が閉庁日のとき",
        choices=[("next", "翌開庁日"), ("previous", "直前の開庁日"), ("stay", "動かさない")],
    )
    notice_days = forms.IntegerField(
        label="納入通知書を送る日（納期の何日前まで）", required=False, min_value=0, max_value=365
    )
    taken_from = forms.CharField(label="もとにした定め", required=False, max_length=200)
    remarks = forms.CharField(
        label="備考",
        required=False,
        max_length=500,
        help_text="事務局の覚え。照会する定めには含まれません。",
    )
    check_year = forms.TypedChoiceField(label="確かめる年度", coerce=int, required=False, empty_value=None)
    check_stage = forms.ChoiceField(label="段階", required=False)

    def __init__(
        self,
        data: QueryDict | Mapping[str, Any] | None = None,
        *,
        towns: Sequence[Municipality],
        years: Sequence[int],
        checked: Sequence[tuple[int, StageOf]] = (),
        shape: Shape | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.towns = list(towns)
        self.shape = shape or posted_shape(data or ())
        super().__init__(data, initial=dict(initial or {}))
        given: Mapping[str, Any] = data if data is not None else self.initial
        own = {
            str(given.get(f"b{row}-key") or ""): {"label": str(given.get(f"b{row}-label") or "")}
            for row in range(self.shape.bases)
        }
        own.pop("", None)
        tables = [
            at
            for number, part in enumerate(self.shape.parts)
            for row in range(part.components)
            if key_for(str(given.get(f"{(at := f'p{number}-c{row}')}-basis") or "").strip(), own) == TABLE
        ]
        self.fields.update(fields_of(self.shape, self.towns, tables, BASIS_LIST))
        offered = [(year, fiscal_year.format_table_with_western(year)) for year in years]
        self._choose("first_year", offered)
        self._choose("last_year", [("", "（定めない）"), *offered])
        self._choose("check_year", [("", "選んでください"), *offered])
        stages = {stage.label: stage for _, stage in checked}
        self._choose(
            "check_stage",
            [
                ("", "最後に入力した段階"),
                *((f"{stage.stage}-{stage.round}", label) for label, stage in stages.items()),
            ],
        )
        self._choose(
            "remainder",
            [
                (LARGEST, "切り捨てた額の大きい順に配る"),
                *((town.code, f"{town.name}が負担する") for town in self.towns),
            ],
        )
        #: The field of each place of the rule, as `bases.use.label`.
        self.places: dict[str, str] = {}
        self.spec: RuleSpec | None = None

    def _choose(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def is_by_class(self) -> bool:
        return bool(self["by_class"].value() == "yes")

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The ways of sharing with their rows; without classes the first only."""
        shown = list(enumerate(self.shape.parts))[: None if self.is_by_class else 1]
        return [
            {
                "at": f"p{number}",
                "number": number + 1,
                "head": Row(self, f"p{number}"),
                "components": [Row(self, f"p{number}-c{row}") for row in range(part.components)],
                "deductions": [Row(self, f"p{number}-d{row}") for row in range(part.deductions)],
                "exceptions": [Row(self, f"p{number}-x{row}") for row in range(part.exceptions)],
                "rows_open": any(Row(self, f"p{number}-c{row}").has_more for row in range(part.components)),
                "open": self._filled(rf"p{number}-(host|host_percent|exclude|[dx]\d+-.*)"),
                "years_open": self._filled(f"p{number}-years"),
            }
            for number, part in shown
        ]

    @property
    def bases(self) -> list[Row]:
        return [Row(self, f"b{row}") for row in range(self.shape.bases)]

    @property
    def days(self) -> list[Row]:
        return [Row(self, f"i{row}") for row in range(self.shape.days)]

    @property
    def suggestions(self) -> list[str]:
        """The names of bases one may type: those that need no figures, this rule's own, those in use everywhere."""
        own = [str(row["label"].value() or "") for row in self.bases]
        known = [basis["label"] for basis in KNOWN_BASES.values()]
        return list(dict.fromkeys(filter(None, [EQUAL_LABEL, TABLE_LABEL, *own, *known])))

    @property
    def bases_open(self) -> bool:
        """Whether a basis is described otherwise than it is known everywhere, or wrongly."""
        return any(self._is_own(row) for row in self.bases)

    def _is_own(self, row: Row) -> bool:
        known = KNOWN_BASES.get(str(row["key"].value() or ""), {})
        return any(
            each.errors or (name != "key" and str(each.value() or "") != known.get(name, ""))
            for name, each in row.items()
        )

    @property
    def payment_open(self) -> bool:
        return self._filled(r"i\d+-.*|above|notice_days")

    @property
    def text_open(self) -> bool:
        return self._filled("clause|note|remarks|taken_from")

    @property
    def rounding_open(self) -> bool:
        usual = {"unit": {"1", "1円"}, "direction": {"down"}, "remainder": {LARGEST}, "each": {"total"}}
        return any(
            self[name].errors or str(self[name].value() or "") not in values for name, values in usual.items()
        )

    def _filled(self, pattern: str) -> bool:
        """Whether one of these fields holds something or is wrong."""
        named = [self[name] for name in self.fields if re.fullmatch(pattern, name)]
        return any(each.value() or each.errors for each in named)

    def clean(self) -> dict[str, Any]:
        """The rule out of its rows; what cannot be is said where it stands."""
        data = super().clean() or {}
        first, last = data.get("first_year"), data.get("last_year")
        if first and last and last < first:
            self.add_error("last_year", "最初の年度以後を選んでください。")
        if is_too_much(self.data):
            self.add_error(
                None, f"行が多すぎます（{MOST_ROWS}行まで）。まとめてから、もう一度保存してください。"
            )
        content = self._content(data)
        if self.errors:
            return data
        unnamed = not content["name"]
        try:
            spec = spec_of({**content, "name": content["name"] or "（名称なし）"})
        except WrongInput as wrong:
            field = self._field_at(wrong.column or "")
            self.add_error(field, wrong.message.removeprefix("負担割合の定めが正しくありません："))
            return data
        if unnamed:
            spec = spec.model_copy(update={"name": _name_of(spec)})
        self.spec = spec
        return data

    def _field_at(self, place: str) -> str | None:
        while place:
            if place in self.places:
                return self.places[place]
            place = place.rpartition(".")[0]
        return None

    def _content(self, data: dict[str, Any]) -> dict[str, Any]:
        bases = self._bases(data)
        content: dict[str, Any] = {name: _text(data, name) for name in ("name", "clause", "note")}
        if data.get("by_class") == "yes":
            content["classes"] = self._classes(data, bases)
        else:
            content |= self._part(data, "p0", "", bases)
            if content.pop("by_year", None):
                self.add_error("p0-years", "借入年度の率は、経費の区分を作って、その区分に入力してください。")
        content["bases"] = bases
        self.places["bases"] = "b0-label"
        content["rounding"] = {
            name: data[name] for name in ("direction", "remainder", "each") if name in data
        }
        if data.get("unit") is not None:
            content["rounding"]["unit"] = data["unit"]
        self.places |= {f"rounding.{name}": name for name in ("unit", "direction", "remainder", "each")}
        content["payment"] = self._payment(data)
        return content

    def _bases(self, data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for row in range(self.shape.bases):
            at = f"b{row}"
            basis = {name: _text(data, f"{at}-{name}") for name in BASIS_FIELDS}
            key = _text(data, f"{at}-key")
            if not key and not any(basis.values()):
                continue
            if not basis["label"]:
                self.add_error(f"{at}-label", "基準の名称を入力してください。")
            key = key or _free_key(_known(basis["label"]) or "basis", found)
            if key in found or key in (EQUAL, TABLE):
                self.add_error(f"{at}-key", f"記号「{key}」は使われています。別の英字にしてください。")
            found[key] = basis
            self.places |= {f"bases.{key}.{name}": f"{at}-{name}" for name in BASIS_FIELDS}
            self.places[f"bases.{key}"] = f"{at}-key"
        return found

    def _classes(self, data: Mapping[str, Any], bases: dict[str, dict[str, str]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number in range(len(self.shape.parts)):
            at = f"p{number}"
            if data.get(f"{at}-drop"):
                continue
            label, key = _text(data, f"{at}-label"), _text(data, f"{at}-key")
            named = key or _free_key("class", found)
            content = self._part(data, at, f"classes.{named}.", bases)
            if not label and not key and not any(content.values()):
                continue
            if named in found:
                self.add_error(f"{at}-key", f"記号「{named}」が2回あります。別の英字にしてください。")
            found[named] = {**content, "label": label, "note": _text(data, f"{at}-remark")}
            self.places |= {f"classes.{named}": f"{at}-key", f"classes.{named}.label": f"{at}-label"}
        if not found:
            self.add_error(None, "経費の区分に、名称と割合を入力してください。")
        return found

    def _part(
        self, data: Mapping[str, Any], at: str, place: str, bases: dict[str, dict[str, str]]
    ) -> dict[str, Any]:
        shape = self.shape.parts[int(at[1:])]
        content: dict[str, Any] = {
            "components": self._components(data, at, place, bases),
            "by_year": self._years(data, at),
            "deductions": self._deductions(data, at, place),
            "exclude": self._listed(data, f"{at}-exclude"),
        }
        host, part = data.get(f"{at}-host") or "", data.get(f"{at}-host_percent")
        self.places |= {f"{place}host": f"{at}-host", f"{place}by_year": f"{at}-years"}
        if host or part is not None:
            content["host"] = {"code": host, "percent": part}
            if not host:
                self.add_error(f"{at}-host", "施設の所在する市町村を選んでください。")
            if part is None and f"{at}-host_percent" not in self.errors:
                self.add_error(f"{at}-host_percent", "割合を入力してください。")
        fixed, limits = self._exceptions(data, at, shape.exceptions)
        content |= {"fixed": fixed, "limits": limits}
        if content["components"] and content["by_year"]:
            self.add_error(f"{at}-years", "割合と借入年度の率は、どちらか一方にしてください。")
        return {name: value for name, value in content.items() if value}

    def _components(
        self, data: Mapping[str, Any], at: str, place: str, bases: dict[str, dict[str, str]]
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        last, wrong = "", False
        for row in range(self.shape.parts[int(at[1:])].components):
            here = f"{at}-c{row}"
            typed, weight = _text(data, f"{here}-basis"), data.get(f"{here}-weight")
            wrong = wrong or f"{here}-weight" in self.errors
            each: dict[str, Any] = {
                "note": _text(data, f"{here}-remark"),
                "exclude": self._listed(data, f"{here}-exclude"),
                "table": self._table(data, here),
            }
            if weight is None:
                if any(each.values()) and f"{here}-weight" not in self.errors:
                    self.add_error(f"{here}-weight", "割合（％）を入力してください。")
                continue
            key = key_for(typed, bases)
            if key is None:
                hint = "下の「基準の説明」に名称を登録してください。" if typed else "基準を選んでください。"
                self.add_error(
                    f"{here}-basis", f"「{typed}」という基準がありません。{hint}" if typed else hint
                )
                continue
            if key not in bases and key in KNOWN_BASES:
                bases[key] = dict(KNOWN_BASES[key])
            if key == TABLE:
                self._check_table(here, each["table"])
            else:
                each["table"] = {}
            self.places[f"{place}components.{len(found)}"] = f"{here}-basis"
            self.places[f"{place}components.{len(found)}.weight"] = f"{here}-weight"
            found.append({"basis": key, "weight": weight, **{k: v for k, v in each.items() if v}})
            last = f"{here}-weight"
        total = sum((each["weight"] for each in found), Decimal(0))
        if not found and not wrong and not _text(data, f"{at}-years") and self._is_asked(data, at):
            self.add_error(f"{at}-c0-weight", "割合（％）を入力してください。合計を100％にします。")
        elif found and total != 100 and not wrong and last not in self.errors:
            self.add_error(last, f"割合の合計が{percent(total)}です。100％にしてください。")
        self.places[f"{place}components"] = f"{at}-c0-weight"
        return found

    def _is_asked(self, data: Mapping[str, Any], at: str) -> bool:
        """Whether a part needs its per cents: the only one always, a class once it is named."""
        if data.get("by_class") != "yes":
            return True
        return bool(_text(data, f"{at}-label") or _text(data, f"{at}-key"))

    def _table(self, data: Mapping[str, Any], here: str) -> dict[str, Decimal]:
        given = {town.code: data.get(f"{here}-t{town.code}") for town in self.towns}
        return {code: value for code, value in given.items() if value is not None}

    def _check_table(self, here: str, table: Mapping[str, Decimal]) -> None:
        shown = [f"{here}-t{town.code}" for town in self.towns if f"{here}-t{town.code}" in self.fields]
        if any(name in self.errors for name in shown):
            return
        if not table:
            self.add_error(f"{here}-basis", "市町村ごとの固定割合を入力してください。")
        elif (total := sum(table.values())) != 100:
            said = f"固定割合の合計が{percent(Decimal(total))}です。100％にしてください。"
            self.add_error(shown[-1], said)

    def _years(self, data: Mapping[str, Any], at: str) -> dict[str, dict[str, Decimal]]:
        try:
            return read_years(_text(data, f"{at}-years"), self.towns)
        except WrongInput as wrong:
            self.add_error(f"{at}-years", f"{wrong.row}行目：{wrong.message}" if wrong.row else wrong.message)
            return {}

    def _deductions(self, data: Mapping[str, Any], at: str, place: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for row in range(self.shape.parts[int(at[1:])].deductions):
            here = f"{at}-d{row}"
            name, amount, part = (
                _text(data, f"{here}-name"), data.get(f"{here}-amount"), data.get(f"{here}-percent")
            )  # fmt: skip
            if not name and amount is None and part is None:
                continue
            if not name:
                self.add_error(f"{here}-name", "特定財源の名称を入力してください。")
            if bool(amount) == bool(part):
                if not {f"{here}-amount", f"{here}-percent"} & set(self.errors):
                    self.add_error(
                        f"{here}-amount", "金額（円）か割合（％）の、どちらか一つを入力してください。"
                    )
                continue
            self.places[f"{place}deductions.{len(found)}"] = f"{here}-name"
            found.append(
                {
                    "name": name,
                    **({"amount": amount} if amount else {}),
                    **({"percent": part} if part else {}),
                }
            )
        return found

    def _exceptions(
        self, data: Mapping[str, Any], at: str, rows: int
    ) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
        fixed: dict[str, int] = {}
        limits: dict[str, dict[str, Any]] = {}
        for row in range(rows):
            here = f"{at}-x{row}"
            town = data.get(f"{here}-town") or ""
            values = {name: data.get(f"{here}-{name}") for name in ("fixed", "least", "most", "most_percent")}
            given = {name: value for name, value in values.items() if value is not None}
            if given and not town:
                self.add_error(f"{here}-town", "市町村を選んでください。")
            if not given or not town:
                continue
            if town in fixed or town in limits:
                self.add_error(f"{here}-town", "この市町村が2回あります。1行にしてください。")
            if "fixed" in given:
                fixed[town] = given.pop("fixed")
            least, most = given.get("least"), given.get("most")
            if least is not None and most is not None and most < least:
                self.add_error(f"{here}-most", "上限が下限より小さくなっています。")
            if given:
                limits[town] = given
        return fixed, limits

    def _payment(self, data: Mapping[str, Any]) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = []
        for row in range(self.shape.days):
            month, day, part = (data.get(f"i{row}-{name}") for name in ("month", "day", "percent"))
            if month is None and day is None and part is None:
                continue
            lacking = next((name for name, value in (("month", month), ("day", day)) if value is None), None)
            if lacking is not None:
                if f"i{row}-{lacking}" not in self.errors:
                    self.add_error(f"i{row}-{lacking}", "納期の月と日を入力してください。")
                continue
            self.places[f"payment.instalments.{len(found)}"] = f"i{row}-day"
            found.append({"month": month, "day": day, **({"percent": part} if part is not None else {})})
        extra = {name: data.get(name) for name in ("above", "notice_days") if data.get(name) is not None}
        self.places |= {"payment": "i0-percent"}
        if not found:
            moved = data.get("closed_days") not in (None, "", "next")
            if (extra or moved) and not any(
                name.startswith("i") and name[1].isdigit() for name in self.errors
            ):
                self.add_error("i0-month", "納期（月・日）を入力してください。")
            return None
        return {"instalments": found, "closed_days": data.get("closed_days") or "next", **extra}

    def _listed(self, data: Mapping[str, Any], name: str) -> list[str]:
        chosen = set(data.get(name) or ())
        return [town.code for town in self.towns if town.code in chosen]


def blank_form(**facts: Any) -> RuleForm:
    """The form for a new rule: 均等割 and 人口割 wait for their per cents."""
    initial = initial_of(_START, facts["towns"]) | facts.pop("initial", {})
    return RuleForm(initial=initial, shape=shape_of(_START), **facts)


def filled_form(content: Mapping[str, Any], **facts: Any) -> RuleForm:
    """The form filled with a rule's plain data."""
    initial = initial_of(content, facts["towns"]) | facts.pop("initial", {})
    return RuleForm(initial=initial, shape=shape_of(content), **facts)


def typed_form(data: QueryDict, shape: Shape, changes: Mapping[str, Any], **facts: Any) -> RuleForm:
    """The form as it was typed, not yet checked, with other rows."""
    initial = {
        name: data.getlist(name) if name.endswith("-exclude") else data.get(name) for name in data
    } | dict(changes)
    return RuleForm(initial=initial, shape=shape, **facts)


def _text(data: Mapping[str, Any], name: str) -> str:
    return str(data.get(name) or "").replace("\r\n", "\n").strip()


def _known(label: str) -> str:
    return next((key for key, basis in KNOWN_BASES.items() if basis["label"] == label), "")


def _free_key(start: str, taken: Mapping[str, Any]) -> str:
    if start not in taken and start not in ("basis", "class"):
        return start
    return next(f"{start}{number}" for number in range(1, ROWS * 2) if f"{start}{number}" not in taken)


def _name_of(spec: RuleSpec) -> str:
    """「均等割20・人口割80」"""
    return summary(spec).replace("％", "").replace(" ", "")[:120]
