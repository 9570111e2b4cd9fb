"""Forms of the book: what the journal is narrowed by, and what is spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from keniki.apps.regions.fields import AmountField
from keniki.apps.regions.models import Municipality, Organisation
from keniki.core.fiscal_year import format_table_with_western

from ..actions.ledger import Spending
from ..actions.posting import Deed
from ..models import Account, Entry, JointCost
from ..queries.ledger import JournalFilter
from .claims import BookForm

Kind = Entry.Kind


class JournalForm(forms.Form):
    """What the journal is narrowed by."""

    year = forms.TypedChoiceField(label="会計年度", required=False, coerce=int, empty_value=None)
    cost = forms.ChoiceField(label="共同経費", required=False)
    body = forms.TypedChoiceField(label="団体", required=False, coerce=int, empty_value=None)
    account = forms.ChoiceField(label="勘定", required=False, choices=[("", "すべて"), *Account.choices])
    kind = forms.ChoiceField(label="種類", required=False, choices=[("", "すべて"), *Kind.choices])

    def __init__(
        self,
        *args: Any,
        years: Sequence[int],
        costs: Sequence[JointCost],
        bodies: Sequence[Organisation],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "year", [("", "すべて"), *((year, format_table_with_western(year)) for year in years)])
        _choose(self, "cost", [("", "すべて"), *((cost.slug, cost.title) for cost in costs)])
        _choose(self, "body", [("", "すべて"), *((body.pk, body.name) for body in bodies)])

    @property
    def narrowed(self) -> JournalFilter:
        """The filters that are understood; others are as if not there."""
        if not self.is_bound:
            return JournalFilter()
        self.is_valid()
        return JournalFilter(**self.cleaned_data)


class SpendingForm(BookForm):
    """What was spent on a joint cost, or came in for it."""

    kind = forms.ChoiceField(
        label="種類", choices=[(each.value, each.label) for each in (Kind.EXPENSE, Kind.EARMARKED)]
    )
    municipality = forms.TypedChoiceField(label="執行した団体", required=False, coerce=int, empty_value=None)
    amount = AmountField(label="金額（円）")
    text = forms.CharField(label="摘要", max_length=200)
    document_no = forms.CharField(label="支出命令・収入の番号（会計システム）", required=False, max_length=80)

    def __init__(
        self, *args: Any, year: int, cost: JointCost, towns: Sequence[Municipality], **kwargs: Any
    ) -> None:
        super().__init__(*args, year=year, **kwargs)
        self.towns = towns
        own = [("", cost.holder.name)] if cost.holder is not None else []
        _choose(self, "municipality", [*own, *((town.pk, town.name) for town in towns)])
        if not towns:
            del self.fields["municipality"]
        del self.fields["fiscal_year"]
        self.order_fields(["token", "kind", "municipality", "amount", "on", "text", "document_no"])

    def spending(self) -> Spending:
        data = self.cleaned_data
        town = next((town for town in self.towns if town.pk == data.get("municipality")), None)
        deed = Deed(data["amount"], data["on"], data["token"], document_no=data["document_no"])
        return Spending(Kind(data["kind"]), deed, data["text"], town)


def _choose(form: forms.Form, name: str, choices: Sequence[tuple[Any, str]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]
