"""Forms for KPIs, their targets and actuals."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.compacts.models import Kpi
from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.counts import Quantity
from keniki.core.errors import WrongInput

from .common import Choices, YearField, area, boxes, member_choices, plain


class YearsField(forms.CharField):
    """One or more fiscal years: 令和2年度, H25～H29; its value is the list of years."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            if not value:
                return ""
            return fiscal_year.format_period(min(value), max(value))
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return []
        try:
            first, last = fiscal_year.parse_period(text)
        except WrongInput as error:
            raise forms.ValidationError(error.message) from None
        return [int(year) for year in fiscal_year.FiscalYear.span(first, last)]


#: Fields of a KPI that the form takes as they are stored.
KPI_TYPED = (
    "name",
    "unit",
    "direction",
    "baseline_value",
    "baseline_years",
    "baseline_average",
    "baseline_label",
    "note",
)


class KpiForm(VersionedForm):
    """A KPI without its targets."""

    name = forms.CharField(label="指標名", max_length=200)
    unit = forms.CharField(
        label="単位", max_length=20, required=False, widget=forms.TextInput(attrs={"class": "is-short"})
    )
    direction = forms.ChoiceField(
        label="方向",
        choices=Kpi.Direction.choices,
        help_text="維持は目標値を下回らないこと、以内は超えないこと、以上は下回らないこと、累計は年度ごとの値を足し上げることです。",
    )
    baseline_value = forms.DecimalField(label="基準値", required=False, max_digits=20, decimal_places=4)
    baseline_years = YearsField(
        label="基準年度",
        required=False,
        help_text="例：令和5年度。平均のときは H25～H29 のように範囲で入力します。",
    )
    baseline_average = forms.BooleanField(label="基準値は基準年度の平均", required=False)
    baseline_label = forms.CharField(
        label="基準値の表記", max_length=60, required=False, help_text="例：H25–29平均"
    )
    counting = forms.ChoiceField(
        label="実績の求め方",
        choices=[("typed", "年度ごとに入力する"), ("counted", "活動の数量から集計する")],
        widget=forms.RadioSelect,
    )
    quantity = forms.ChoiceField(
        label="集計する数量",
        choices=[("", "選んでください"), *((q.value, q.label) for q in Quantity)],
        required=False,
    )
    counter = forms.CharField(
        label="集計する単位（数え方）",
        max_length=10,
        required=False,
        help_text="例：名。空欄はすべての数え方です。",
    )
    note = forms.CharField(label="備考", required=False, widget=area(2))

    def __init__(
        self, region: Region, *args: Any, visions: Choices, initiatives: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vision"] = forms.ChoiceField(
            label="ビジョン", choices=[("", "なし"), *visions], required=False
        )
        self.fields["initiative"] = forms.ChoiceField(
            label="取組", choices=[("", "なし"), *initiatives], required=False
        )
        self.fields["counted_initiatives"] = boxes(initiatives, "集計する取組")
        self.fields["municipality"] = forms.ChoiceField(
            label="集計する市町", choices=[("", "圏域全体"), *member_choices(region)], required=False
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("counting") == "counted":
            if not given.get("quantity"):
                self.add_error("quantity", "集計する数量を選んでください。")
            if not given.get("counted_initiatives"):
                self.add_error("counted_initiatives", "集計する取組を選んでください。")
        return given

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("指標", ["name", "unit", "direction", "vision", "initiative", "note"]),
            ("基準値", ["baseline_value", "baseline_years", "baseline_average", "baseline_label"]),
            ("実績", ["counting", "counted_initiatives", "quantity", "counter", "municipality"]),
        ]

    def count_query(self, before: dict[str, Any] | None) -> dict[str, Any] | None:
        """The stored form of the count query; kinds of activities set before are kept."""
        given = self.cleaned_data
        if given["counting"] != "counted":
            return None
        return {
            "initiatives": given["counted_initiatives"],
            "quantity": given["quantity"],
            "counter": given["counter"],
            "kinds": (before or {}).get("kinds", []),
            "municipality": given["municipality"] or None,
        }

    @staticmethod
    def filled_from(kpi: Kpi) -> dict[str, Any]:
        """The form's values for a KPI."""
        query = kpi.count_query or {}
        values = {name: getattr(kpi, name) for name in ("version", *KPI_TYPED)}
        if kpi.baseline_value is not None:
            values["baseline_value"] = plain(kpi.baseline_value)
        return {
            **values,
            "vision": kpi.vision.slug if kpi.vision else "",
            "initiative": kpi.initiative.slug if kpi.initiative else "",
            "counting": "counted" if query else "typed",
            "counted_initiatives": query.get("initiatives", []),
            "quantity": query.get("quantity", ""),
            "counter": query.get("counter", ""),
            "municipality": query.get("municipality") or "",
        }


class TargetForm(forms.Form):
    """The target of one fiscal year."""

    in_line = True

    year = YearField(label="年度", required=False)
    value = forms.DecimalField(label="目標値", required=False, max_digits=20, decimal_places=4)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("year") and given.get("value") is None and "value" not in self.errors:
            self.add_error("value", "目標値を入力してください。")
        if given.get("value") is not None and not given.get("year") and "year" not in self.errors:
            self.add_error("year", "年度を入力してください。")
        return given


class ReadingForm(VersionedForm):
    """The actual of one fiscal year."""

    value = forms.DecimalField(
        label="実績値",
        required=False,
        max_digits=20,
        decimal_places=4,
        help_text="空欄にすると未入力に戻ります。累計の指標は、その年度までの累計を入力します。",
    )
    comment = forms.CharField(label="コメント", required=False, widget=area(3))
