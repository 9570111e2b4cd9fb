"""The form of a purchase plan with its items, of posting a year of it, and of the public table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from keniki.apps.finance.models import BudgetLine, JointCost
from keniki.apps.regions.editing import VersionedForm, kept, rows_of
from keniki.apps.regions.fields import AmountField, DayField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.core.fiscal_year import format_table_with_western
from keniki.rulebooks.disaster import standards

from ...actions.stock_plans.buying import STAGES, PlanDraft
from ...models import PurchasePlan
from ...queries.stock_plans.buying import SPLITS, BuyLine, Settings
from .targets import item_choices, known_items, plain

_GOALS = (
    ("joint", "圏域で共同してもつ数量（端数は圏域で1回だけ切上げ）"),
    ("apart", "市町村ごとの必要量の合計（端数は市町村ごとに切上げ）"),
)


class PlanForm(VersionedForm):
    """A purchase plan; the weights of towns are fields `weight-<code>`."""

    title = forms.CharField(label="名称", max_length=160)
    first_year = forms.TypedChoiceField(
        label="最初の年度", coerce=int, help_text="この年度の備蓄目標と基準で計算します。"
    )
    years = forms.IntegerField(label="年数", min_value=1, max_value=20, initial=5)
    goal = forms.ChoiceField(label="目標の数量", choices=_GOALS, widget=forms.RadioSelect, initial="joint")
    as_of = DayField(label="在庫の基準日", help_text="この日の在庫から始めます。")
    phase_in = forms.IntegerField(
        label="整備の年数",
        min_value=1,
        max_value=20,
        initial=5,
        help_text="目標の数量に、この年数で均等に近づけます。",
    )
    budget = AmountField(label="年間の予算（円）", required=False, help_text="空欄なら上限なし。")
    rolling_months = forms.IntegerField(
        label="期限前の活用（月前）",
        min_value=0,
        max_value=120,
        initial=6,
        help_text="使用期限のこの月数前から、訓練などで使うものとします。0なら期限まで備蓄に数えます。",
    )
    delivery_month = forms.IntegerField(label="納入の月", min_value=1, max_value=12, initial=10)
    delivery_day = forms.IntegerField(label="納入の日", min_value=1, max_value=28, initial=1)
    cost = forms.ChoiceField(
        label="共同経費",
        required=False,
        help_text="計上する先。平時の共同事業の経費で、相互応援の費用とは分けます。",
    )
    cost_class = forms.CharField(
        label="経費の区分", max_length=40, required=False, help_text="負担割合の定めに区分があるときだけ。"
    )
    split = forms.ChoiceField(
        label="負担の分け方", choices=list(SPLITS.items()), widget=forms.RadioSelect, initial="none"
    )
    note = forms.CharField(label="備考", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self,
        *args: Any,
        years: Sequence[int],
        costs: Sequence[JointCost],
        towns: Sequence[Municipality],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.costs = {each.slug: each for each in costs}
        self.fields["first_year"].choices = [(year, format_table_with_western(year)) for year in years]  # type: ignore[attr-defined]
        self.fields["cost"].choices = [  # type: ignore[attr-defined]
            ("", "選ばない"),
            *((each.slug, f"{each.title}（{each.initiative.title}）") for each in costs),
        ]
        self.weights = [f"weight-{town.code}" for town in towns]
        for town in towns:
            self.fields[f"weight-{town.code}"] = NumberField(label=town.name, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("split") == "weights" and not any(data.get(name) for name in self.weights):
            self.add_error("split", "「入力した割合」のどれかに、0より大きい数を入力してください。")
        return data

    def draft(self, lines: Sequence[BuyLine]) -> PlanDraft:
        """The plan with the items to buy."""
        data = self.cleaned_data
        weights = {
            name.removeprefix("weight-"): plain(data[name]) for name in self.weights if data[name] is not None
        }
        settings = Settings(
            as_of=data["as_of"],
            goal=data["goal"],
            phase_in=data["phase_in"],
            budget=data["budget"],
            rolling_months=data["rolling_months"],
            delivery=(data["delivery_month"], data["delivery_day"]),
            split=data["split"],
            weights=weights if data["split"] == "weights" else {},
            cost_class=data["cost_class"].strip(),
            lines=tuple(lines),
        )
        return PlanDraft(
            data["title"].strip(),
            data["first_year"],
            data["years"],
            settings,
            self.costs.get(data["cost"]),
            data["note"].strip(),
        )


class BuyRow(forms.Form):
    """How an item is bought."""

    #: The fields of a row stand side by side.
    in_line = True

    item = forms.ChoiceField(label="品目", required=False)
    price = AmountField(label="1箱の単価（円）", required=False)
    pack = forms.IntegerField(label="1箱の数量", required=False, min_value=1, max_value=10**6)
    shelf_months = forms.IntegerField(label="保存月数", required=False, min_value=1, max_value=1200)
    priority = forms.IntegerField(label="優先順位", required=False, min_value=1, max_value=99)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = item_choices(known_items(on))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("DELETE"):
            return data
        if data.get("price") is not None and not data.get("item") and "item" not in self.errors:
            self.add_error("item", "品目を選んでください。")
        return data


def buy_rows(data: Any, plan: PurchasePlan | None, on: date) -> forms.BaseFormSet[Any]:
    """The rows of a plan's items; a new plan begins with all items of the standards, without prices."""
    if plan is not None:
        initial = [
            {
                "item": each.item,
                "price": each.price,
                "pack": each.pack,
                "shelf_months": each.shelf_months,
                "priority": each.priority,
            }
            for each in Settings.of(plan.content).lines
        ]
    else:
        initial = [
            {
                "item": key,
                "pack": rule.value.pack,
                "shelf_months": rule.value.shelf_months,
                "priority": 1 if rule.value.group in ("basic", "water") else 2,
            }
            for key, rule in standards.items(on).items()
        ]
    return rows_of(BuyRow, data, "lines", initial, on=on)


def lines_in(rows: forms.BaseFormSet[Any]) -> list[BuyLine]:
    """The items with a price; a row without one is not bought."""
    return [
        BuyLine(row["item"], row["price"], row["pack"] or 1, row["shelf_months"], row["priority"] or 1)
        for row in kept(rows)
        if row.get("item") and row.get("price") is not None
    ]


def plan_initial(plan: PurchasePlan | None, today: date, year: int) -> dict[str, Any]:
    """The values a plan's form begins with."""
    if plan is None:
        return {"as_of": today, "first_year": year}
    settings = Settings.of(plan.content)
    names = ("as_of", "goal", "phase_in", "budget", "rolling_months", "split", "cost_class")
    found: dict[str, Any] = {name: getattr(settings, name) for name in names}
    found |= {name: getattr(plan, name) for name in ("title", "first_year", "years", "note", "version")}
    found |= {f"weight-{code}": text for code, text in settings.weights.items()}
    month, day = settings.delivery
    return found | {
        "delivery_month": month,
        "delivery_day": day,
        "cost": plan.cost.slug if plan.cost is not None else "",
    }


class PostForm(VersionedForm):
    """A year of a plan into its joint cost at a stage."""

    year = forms.TypedChoiceField(label="年度", coerce=int)
    stage = forms.ChoiceField(
        label="段階", choices=[(each.value, each.label) for each in STAGES], initial=BudgetLine.Stage.REQUEST
    )

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, format_table_with_western(year)) for year in years]  # type: ignore[attr-defined]


class TableForm(VersionedForm):
    """Making the table of a day public."""

    as_of = DayField(label="基準日")
    note = forms.CharField(label="備考", max_length=300, required=False)
