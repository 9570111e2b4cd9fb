"""The forms of wide-area stays, requests for help, their steps and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm, kept, rows_of
from keniki.apps.regions.fields import AmountField, DayField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today

from ..actions.procedures import AidDraft, Between, CostDraft, StayDraft, StepDraft
from ..models import AidCost, AidRequest, Shelter, WideAreaStay
from ..procedures import StepRule

_OUTSIDE = "（圏域の外の団体）"


class _BetweenForm(VersionedForm):
    """The two towns; the one outside the region by its name."""

    asker = forms.ChoiceField(label="求める市町村", required=False)
    asker_name = forms.CharField(label="求める団体の名称", max_length=120, required=False)
    helper = forms.ChoiceField(label="応じる市町村", required=False)
    helper_name = forms.CharField(label="応じる団体の名称", max_length=120, required=False)

    def __init__(self, *args: Any, towns: Mapping[str, Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        choices = [("", _OUTSIDE), *((code, town.name) for code, town in towns.items())]
        for name in ("asker", "helper"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            self.fields[f"{name}_name"].help_text = "圏域の外の団体のときに入力します。"

    def between(self) -> Between:
        data = self.cleaned_data
        return Between(
            self.towns.get(data["asker"]),
            self.towns.get(data["helper"]),
            data["asker_name"],
            data["helper_name"],
        )


class _FirstStep(forms.Form):
    """The day and number of the document that asked."""

    on = DayField(label="申入れの日", initial=today)
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)

    def first(self) -> StepDraft:
        return StepDraft("request", self.cleaned_data["on"], self.cleaned_data["document_no"])


class StayForm(_BetweenForm):
    """A wide-area evacuation or stay."""

    kind = forms.ChoiceField(label="種類", choices=WideAreaStay.Kind.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    districts = forms.CharField(
        label="対象の地区", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    people = forms.IntegerField(label="人数（人）", min_value=1, max_value=9_999_999)
    vulnerable = forms.IntegerField(label="うち要配慮者（人）", min_value=0, max_value=9_999_999, initial=0)
    first_day = DayField(label="最初の日")
    last_day = DayField(label="見込みの最後の日", required=False)
    note = forms.CharField(label="備考", max_length=1000, required=False)

    def draft(self) -> StayDraft:
        data = self.cleaned_data
        return StayDraft(
            kind=data["kind"],
            between=self.between(),
            reason=data["reason"],
            people=data["people"],
            vulnerable=data["vulnerable"],
            districts=data["districts"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            note=data["note"],
        )


class NewStayForm(_FirstStep, StayForm):
    """A wide-area evacuation or stay that is asked for."""


class AidForm(_BetweenForm):
    """A request for help."""

    kind = forms.ChoiceField(label="種類", choices=AidRequest.Kind.choices, widget=forms.RadioSelect)
    content = forms.CharField(label="求める内容", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    quantity = forms.IntegerField(label="数量", min_value=1, max_value=9_999_999, required=False)
    unit = forms.CharField(label="単位", max_length=20, required=False, help_text="例：人、台、食")
    place = forms.CharField(label="場所・集合場所", max_length=200, required=False)
    first_day = DayField(label="最初の日")
    last_day = DayField(label="最後の日", required=False)
    basis = forms.CharField(
        label="根拠とする協定", max_length=200, required=False, help_text="例：災害時相互応援に関する協定"
    )
    note = forms.CharField(label="備考", max_length=1000, required=False)

    def draft(self) -> AidDraft:
        data = self.cleaned_data
        return AidDraft(
            kind=data["kind"],
            between=self.between(),
            content=data["content"],
            quantity=data["quantity"],
            unit=data["unit"],
            place=data["place"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            basis=data["basis"],
            note=data["note"],
        )


class NewAidForm(_FirstStep, AidForm):
    """A request for help that is made."""


def procedure_initial(record: WideAreaStay | AidRequest | None, agreement: str = "") -> dict[str, Any]:
    """The values a procedure's form begins with; `agreement` is what the last request rested on."""
    if record is None:
        return {"basis": agreement, "first_day": today()}
    common = ("kind", "first_day", "last_day", "note", "version", "asker_name", "helper_name")
    own = (
        ("reason", "districts", "people", "vulnerable")
        if isinstance(record, WideAreaStay)
        else ("content", "quantity", "unit", "place", "basis")
    )
    return {
        "asker": record.asker.code if record.asker else "",
        "helper": record.helper.code if record.helper else "",
        **{name: getattr(record, name) for name in (*common, *own)},
    }


class StepForm(VersionedForm):
    """A step that was taken."""

    key = forms.ChoiceField(label="手続")
    on = DayField(label="日付", initial=today)
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
    note = forms.CharField(label="備考", max_length=500, required=False)

    def __init__(self, *args: Any, following: Sequence[tuple[str, StepRule]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(key, f"{rule.label}（{rule.side.value}）") for key, rule in following]
        self.fields["key"].choices = [("", "選んでください"), *choices]  # type: ignore[attr-defined]

    def draft(self, places: Sequence[tuple[str, int]] = ()) -> StepDraft:
        data = self.cleaned_data
        decided = tuple(places) if data["key"] == "shelters" else ()
        return StepDraft(data["key"], data["on"], data["document_no"], data["note"], decided)


class PlaceRow(forms.Form):
    """A shelter with the people it takes in."""

    shelter = forms.ChoiceField(label="受け入れる場所", required=False)
    people = forms.IntegerField(label="人数（人）", min_value=1, max_value=999_999, required=False)

    def __init__(self, *args: Any, shelters: Sequence[Shelter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].choices = [("", "―"), *((each.slug, each.name) for each in shelters)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("shelter") and not data.get("people") and "people" not in self.errors:
            self.add_error("people", "人数を入力してください。")
        if data.get("people") and not data.get("shelter"):
            self.add_error("shelter", "受け入れる場所を選んでください。")
        return data


def place_rows(data: Any, shelters: Sequence[Shelter]) -> Any:
    """The rows of shelters that take people in."""
    return rows_of(PlaceRow, data, "places", [], extra=3, shelters=shelters)


def places_in(rows: Any) -> list[tuple[str, int]]:
    """The shelters that were typed, with people."""
    return [(row["shelter"], row["people"]) for row in kept(rows) if row.get("shelter")]


class CostRow(forms.Form):
    """A line of what help cost."""

    kind = forms.ChoiceField(label="費目", choices=[("", "―"), *AidCost.Kind.choices], required=False)
    title = forms.CharField(label="内容", max_length=200, required=False)
    quantity = NumberField(label="数量", required=False)
    unit = forms.CharField(label="単位", max_length=20, required=False)
    amount = AmountField(label="金額（円）", required=False)
    evidence = forms.CharField(label="証拠書類", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if any(data.get(name) for name in ("kind", "title", "amount")):
            for name, words in (("kind", "費目を選んでください。"), ("title", "内容を入力してください。")):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
            if data.get("amount") is None and "amount" not in self.errors:
                self.add_error("amount", "金額を入力してください。")
        return data


def cost_rows(data: Any, aid: AidRequest) -> Any:
    """The lines of costs as they stand, and empty ones."""
    names = ("kind", "title", "quantity", "unit", "amount", "evidence")
    initial = [
        {name: getattr(row, name) for name in names} for row in aid.costs.all() if row.transfer_id is None
    ]
    return rows_of(CostRow, data, "costs", initial, extra=3)


def costs_in(rows: Any) -> list[CostDraft]:
    """The lines that were typed."""
    return [
        CostDraft(
            row["kind"],
            row["title"],
            row["amount"],
            row.get("quantity"),
            row.get("unit", ""),
            row.get("evidence", ""),
        )
        for row in kept(rows)
        if row.get("kind")
    ]
