"""Forms of bills: what is assessed, and one form for each deed on an assessment."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from keniki.apps.regions.fields import AmountField, DayField
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.fiscal_year import FiscalYear, fiscal_years_of_payment, format_table_with_western

from ..actions.assessing import AssessDraft
from ..actions.claims import DunDraft
from ..actions.posting import Correction, Deed
from ..models import Entry, Instalment, JointCost
from ..queries.claims import Position
from ..standing import Standing, State

Kind = Entry.Kind

_BOOK_HELP = "出納閉鎖（翌年度5月31日）の後の日は、翌年度の会計に記帳します。"


class TokenForm(forms.Form):
    """A form that carries its own mark, so that sending it twice does its deed once."""

    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("token", secrets.token_urlsafe(12))


class BookForm(TokenForm):
    """A day and the fiscal year of the book it is posted in."""

    on = DayField(label="日付")
    fiscal_year = forms.TypedChoiceField(label="会計年度", coerce=int, help_text=_BOOK_HELP)

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day = today()
        last = max(year + 1, int(FiscalYear.of(day)))
        years = [(each, format_table_with_western(each)) for each in range(year, last + 1)]
        self.fields["fiscal_year"].choices = years  # type: ignore[attr-defined]
        self.initial.setdefault("on", day)
        possible = [each for each in fiscal_years_of_payment(day) if each >= year]
        self.initial.setdefault("fiscal_year", int(possible[0]) if possible else year)


class AssessForm(BookForm):
    """Which towns' differences are assessed: a box and the number of the holder's own system for each."""

    due_on = DayField(
        label="納期限（定めの納期によらないとき）",
        required=False,
        help_text="空欄なら、負担割合の定めの納期で分けます。",
    )
    refund_on = DayField(label="返還の支払期限（返還する市町村があるとき）", required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, year: int, rows: Sequence[Position], **kwargs: Any) -> None:
        super().__init__(*args, year=year, **kwargs)
        self.fields["on"].label = "調定日"
        self.order_fields(["token", "shown", "on", "fiscal_year", "due_on", "refund_on"])
        self.rows = [row for row in rows if row.difference and not row.problem]
        self.towns = [row.municipality for row in rows]
        if not any(row.difference < 0 for row in self.rows):
            del self.fields["refund_on"]
        if not any(row.difference > 0 for row in self.rows):
            del self.fields["due_on"]
        self.initial["shown"] = json.dumps({row.municipality.code: row.difference for row in self.rows})
        for row in self.rows:
            town = row.municipality
            self.fields[f"take_{town.code}"] = forms.BooleanField(
                label=f"{town.name}に{'請求' if row.difference > 0 else '返還'}する",
                required=False,
                initial=True,
            )
            self.fields[f"no_{town.code}"] = forms.CharField(
                label=f"{town.name}の調定番号", required=False, max_length=80
            )

    @property
    def common(self) -> list[forms.BoundField]:
        """The fields that hold for all towns, hidden ones too."""
        return [self[name] for name in self.fields if not name.startswith(("take_", "no_"))]

    def town_rows(self, rows: Iterable[Position]) -> list[tuple[Position, Any, Any]]:
        """Each position with its box and number, None where there is nothing to assess."""
        found = []
        for row in rows:
            take, number = f"take_{row.municipality.code}", f"no_{row.municipality.code}"
            has = take in self.fields
            found.append((row, self[take] if has else None, self[number] if has else None))
        return found

    def draft(self) -> AssessDraft:
        """What was ticked, towns included whose difference is assessed by now: it may be the same form again."""
        data, box = self.cleaned_data, forms.CheckboxInput()
        return AssessDraft(
            tuple(
                town
                for town in self.towns
                if box.value_from_datadict(self.data, self.files, f"take_{town.code}")
            ),
            data["on"],
            data["token"],
            data["fiscal_year"],
            data.get("due_on"),
            data.get("refund_on"),
            {town.code: data.get(f"no_{town.code}", "") for town in self.towns},
            _shown(data["shown"]),
        )


def _shown(text: str) -> Mapping[str, int] | None:
    """The differences that the page showed; what is no such list is none at all."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {str(code): yen for code, yen in found.items()} if isinstance(found, dict) else {}


class PostingForm(BookForm):
    """One deed that is posted: an amount up to what is left, the day, the number in the body's own system."""

    amount = AmountField(label="金額（円）")
    document_no = forms.CharField(label="会計システムの番号", required=False, max_length=80)

    def __init__(self, *args: Any, standing: Standing, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, year=standing.assessment.fiscal_year, **kwargs)
        self.order_fields(["token", "amount", "on", "document_no", "fiscal_year"])
        self.fields["on"].label = f"{kind.label}の日"
        self.fields["document_no"].label = f"{kind.label}の番号（会計システム）"
        self.initial.setdefault("amount", standing.left(kind))

    def deed(self) -> Deed:
        data = self.cleaned_data
        return Deed(data["amount"], data["on"], data["token"], data["fiscal_year"], data["document_no"])


class ReceiveForm(PostingForm):
    """What came in for one date of payment."""

    instalment = forms.TypedChoiceField(label="納期", coerce=int)

    def __init__(self, *args: Any, standing: Standing, kind: Kind = Kind.RECEIVE, **kwargs: Any) -> None:
        super().__init__(*args, standing=standing, kind=kind, **kwargs)
        self.order_fields(["token", "instalment", "amount", "on", "document_no", "fiscal_year"])
        self.parts = open_parts(self, standing)
        if first := next((each for each in standing.instalments if each.outstanding > 0), None):
            self.initial["amount"] = first.outstanding


class DunForm(forms.Form):
    """A letter that asks for what is late."""

    instalment = forms.TypedChoiceField(label="納期", coerce=int)
    sent_on = DayField(label="発付日")
    pay_by = DayField(label="指定期限", help_text="督促で新しく定める期限です。")
    document_no = forms.CharField(label="文書番号", required=False, max_length=80)

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = open_parts(self, standing, late=True)
        self.initial.setdefault("sent_on", today())

    def draft(self) -> DunDraft:
        data = self.cleaned_data
        return DunDraft(data["sent_on"], data["pay_by"], data["document_no"])


class NotifyForm(forms.Form):
    """The notice's number and day."""

    notice_no = forms.CharField(label="納入通知書の番号", max_length=80, required=False)
    notice_on = DayField(label="納入通知書の日付")

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = standing.assessment
        if standing.is_refund:
            self.fields["notice_no"].label, self.fields["notice_on"].label = (
                "返還の通知の番号",
                "返還の通知の日付",
            )
        self.initial.setdefault("notice_no", row.notice_no)
        self.initial.setdefault("notice_on", row.notice_on or today())


class CorrectionForm(BookForm):
    """Why an entry or an assessment is taken back, and when."""

    reason = forms.CharField(label="理由", max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["token", "reason", "on", "fiscal_year"])

    def correction(self) -> Correction:
        data = self.cleaned_data
        return Correction(data["reason"], data["on"], data["token"], data["fiscal_year"])


class AssessmentFilter(forms.Form):
    """What the list of assessments is narrowed by."""

    year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    cost = forms.ChoiceField(label="共同経費", required=False)
    town = forms.ChoiceField(label="市町村", required=False)
    state = forms.ChoiceField(label="状態", required=False)

    def __init__(
        self,
        *args: Any,
        years: Sequence[int],
        costs: Sequence[JointCost],
        towns: Sequence[Municipality],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "year", [("", "すべて"), *((year, format_table_with_western(year)) for year in years)])
        _choose(self, "cost", [("", "すべて"), *((cost.slug, cost.title) for cost in costs)])
        _choose(self, "town", [("", "すべて"), *((town.code, town.name) for town in towns)])
        _choose(self, "state", [("", "すべて"), *((each.name, each.value) for each in State)])

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are understood; others are as if not there."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return self.cleaned_data


def open_parts(form: forms.Form, standing: Standing, *, late: bool = False) -> dict[int, Instalment]:
    """The dates of payment to choose from (with `late` those past their day), by number.

    What is sent may name any of them: sent again, it names one that is not open any more.
    """
    rows = [
        each
        for each in standing.instalments
        if form.is_bound or (each.is_late(standing.on) if late else each.outstanding > 0)
    ]
    _choose(
        form,
        "instalment",
        [
            (
                each.instalment.number,
                f"第{each.instalment.number}期（{_day(each.instalment.due_on)}、未収 {each.outstanding:,}円）",
            )
            for each in rows
        ],
    )
    return {each.instalment.number: each.instalment for each in rows}


def _day(day: date) -> str:
    return era.format_date(day)


def _choose(form: forms.Form, name: str, choices: Sequence[tuple[Any, str]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]
