"""The forms of a town's target and of the measure of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import VersionedForm, kept, rows_of
from keniki.apps.regions.fields import NumberField
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table_with_western
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import ItemRule, exact
from keniki.rulebooks.loader import Rule

from ...actions.stock_plans.targets import TargetDraft
from ...models import ItemMeasure, StockTarget

_HUNDRED: Final = Decimal(100)
#: Per cent with so many decimals are exact enough for shares of people.
_PLACES: Final = Decimal("0.000001")


class ShareField(NumberField):
    """A share in per cent, 0 to 100, with so many decimals."""

    def __init__(self, *, decimals: int = 6, **kwargs: Any) -> None:
        super().__init__(below=Decimal(10**6), **kwargs)
        self.decimals = decimals

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        if number is not None and number > _HUNDRED:
            raise forms.ValidationError("100％以下で入力してください。")
        if number is not None and number != round(number, self.decimals):
            raise forms.ValidationError(f"小数は{self.decimals}桁までにしてください。")
        return number


class TargetForm(VersionedForm):
    """A town's target of a fiscal year; the shares of the groups are fields `group-<key>`."""

    town = forms.ChoiceField(label="市町村")
    fiscal_year = forms.TypedChoiceField(label="年度", coerce=int)
    people = forms.IntegerField(
        label="想定避難者（人）",
        min_value=0,
        max_value=99_999_999,
        help_text="この人数が、すべての品目の計算のもとになります。",
    )
    basis = forms.CharField(
        label="想定の根拠",
        max_length=300,
        help_text="例：○○断層帯の地震（平成30年2月 道の被害想定）、人口の5％",
    )
    basis_url = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)
    days = forms.IntegerField(label="日数", min_value=1, max_value=366, initial=3)
    winter = forms.BooleanField(label="冬期の装備を含める", required=False, initial=True)
    share = ShareField(
        label="公的備蓄の割合（％）",
        decimals=1,
        initial="100",
        help_text="想定避難者のうち、公的備蓄で賄う人の割合。家庭の備蓄などを見込むときに100より小さくします。",
    )
    share_basis = forms.CharField(
        label="公的備蓄の割合の根拠", max_length=300, required=False, help_text="100％のときは要りません。"
    )
    places = forms.IntegerField(label="避難所の数", min_value=1, max_value=100_000, initial=1)
    area = NumberField(
        label="暖房する床面積（㎡）",
        required=False,
        below=Decimal(10**8),
        help_text="空欄なら、人数に1人当たりの広さの基準を掛けます。",
    )
    shares_basis = forms.CharField(label="内訳の割合の根拠", max_length=300, required=False)

    def __init__(
        self, *args: Any, towns: Mapping[str, Municipality], years: Sequence[int], on: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        self.fields["town"].choices = [(code, town.name) for code, town in towns.items()]  # type: ignore[attr-defined]
        self.fields["fiscal_year"].choices = [(year, format_table_with_western(year)) for year in years]  # type: ignore[attr-defined]
        self.groups = standards.shares(on).value.groups
        for key, group in self.groups.items():
            self.fields[f"group-{key}"] = ShareField(
                label=f"{group.words}の割合（％）",
                required=False,
                help_text=f"空欄なら全国の値（{float(group.share * 100):.3f}％）",
            )

    def draft(self, overrides: Mapping[str, Mapping[str, Any]]) -> TargetDraft:
        """The target with the town's own figures by item."""
        data = self.cleaned_data
        shares = {
            key: str(Fraction(data[f"group-{key}"]) / 100)
            for key in self.groups
            if data[f"group-{key}"] is not None
        }
        return TargetDraft(
            municipality=self.towns[data["town"]],
            fiscal_year=data["fiscal_year"],
            people=data["people"],
            basis=data["basis"],
            basis_url=data["basis_url"] if data["basis_url"].startswith("/desk/") else "",
            days=data["days"],
            winter=data["winter"],
            share=(data["share"] / _HUNDRED).quantize(Decimal("0.001")),
            share_basis=data["share_basis"],
            places=data["places"],
            area=data["area"],
            shares=shares,
            shares_basis=data["shares_basis"],
            overrides=overrides,
        )

    def group_names(self) -> list[str]:
        """The fields of the groups."""
        return [f"group-{key}" for key in self.groups]


class OverrideRow(forms.Form):
    """The town's own figure of an item."""

    #: The fields of a row stand side by side.
    in_line = True

    item = forms.ChoiceField(label="品目", required=False)
    quantity = NumberField(
        label="数量",
        required=False,
        help_text="1人（1人1日）当たり。間仕切り・テント・ストーブは1つ当たりの人数（㎡）。",
    )
    basis = forms.CharField(label="根拠", max_length=300, required=False)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = known_items(on)
        self.fields["item"].choices = item_choices(self.rules)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("DELETE") or not (data.get("item") or data.get("quantity") is not None):
            return data
        if not data.get("item") and "item" not in self.errors:
            self.add_error("item", "品目を選んでください。")
        if data.get("quantity") is None and "quantity" not in self.errors:
            self.add_error("quantity", "数量を入力してください。")
        if not data.get("basis") and "basis" not in self.errors:
            self.add_error("basis", "この値の根拠を入力してください。")
        rule = self.rules.get(data.get("item") or "")
        if rule is not None and rule.value.is_one_for and data.get("quantity") == 0:
            self.add_error("quantity", "0より大きい数を入力してください。")
        return data


def known_items(on: date) -> dict[str, Rule[ItemRule]]:
    """The items of a day and of today: the fiscal year of a form may be changed while it is filled in."""
    return standards.items(today()) | standards.items(on)


def item_choices(rules: Mapping[str, Rule[ItemRule]]) -> list[tuple[str, str]]:
    """Items to choose from, with their units."""
    named = [(key, f"{rule.value.name}（{rule.value.unit}）") for key, rule in rules.items()]
    return [("", "選んでください"), *named]


def override_rows(data: Any, target: StockTarget | None, on: date) -> forms.BaseFormSet[Any]:
    """The rows of a target's own figures."""
    initial = [
        {"item": key, "quantity": _number(each), "basis": each.get("basis", "")}
        for key, each in (target.overrides if target is not None else {}).items()
    ]
    return rows_of(OverrideRow, data, "overrides", initial, on=on)


def overrides_in(rows: forms.BaseFormSet[Any], on: date) -> dict[str, dict[str, Any]]:
    """The figures by item, as a target keeps them. WrongInput for an item that is named twice."""
    rules, in_force = known_items(on), standards.items(on)
    found: dict[str, dict[str, Any]] = {}
    for row in kept(rows):
        key = row.get("item")
        if not key:
            continue
        rule = rules[key].value
        if key not in in_force:
            raise WrongInput(
                f"{rule.name}は、この年度の基準にない品目です。「基準と異なる数量」から除いてください。"
            )
        if key in found:
            raise WrongInput(f"基準と異なる数量に、{rule.name}が2回あります。1つにしてください。")
        found[key] = {
            "basis": row["basis"].strip(),
            "of" if rule.is_one_for else "each": plain(row["quantity"]),
        }
    return found


def target_initial(target: StockTarget | None) -> dict[str, Any]:
    """The values a target's form begins with."""
    if target is None:
        return {}
    names = (
        "fiscal_year", "people", "basis", "basis_url", "days", "winter", "share_basis", "places", "area",
        "shares_basis", "version",
    )  # fmt: skip
    found = {name: getattr(target, name) for name in names}
    found |= {f"group-{key}": percent_of(text) for key, text in target.shares.items()}
    return found | {"town": target.municipality.code, "share": plain(target.share * _HUNDRED)}


def percent_of(text: str) -> str:
    """An exact share as it is typed, in per cent."""
    share = exact(text) or Fraction(0)
    return plain((Decimal(share.numerator * 100) / Decimal(share.denominator)).quantize(_PLACES))


def plain(number: Decimal) -> str:
    """A number without needless zeros and without an exponent."""
    return f"{number.normalize():f}"


class MeasureForm(VersionedForm):
    """How much of its standard's unit one unit of an item is."""

    amount = NumberField(label="1単位の量", required=False, below=Decimal(10**8))
    basis = forms.CharField(
        label="根拠", max_length=200, required=False, help_text="例：2Lのペットボトル、缶1つに800g"
    )


def measure_initial(measure: ItemMeasure | None) -> dict[str, Any]:
    """The values the form of a measure begins with."""
    if measure is None:
        return {}
    return {"amount": plain(measure.amount), "basis": measure.basis, "version": measure.version}


def _number(own: Mapping[str, Any]) -> str:
    return str(own.get("each") or own.get("of") or own.get("winter") or "")
