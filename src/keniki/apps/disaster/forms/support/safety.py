"""The forms of safety checks and safety inquiries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField, MomentField
from keniki.apps.regions.policies import today
from keniki.rulebooks.disaster.support import ITEMS, relations

from ...actions.support.checks import CheckDraft
from ...actions.support.inquiries import LENGTHS, Decision, InquiryDraft
from ...models import SafetyCheck, SafetyInquiry
from ...queries.support.finding import Found
from .people import BirthField


class CheckForm(VersionedForm):
    """How a person of the list is."""

    state = forms.ChoiceField(label="状況", choices=SafetyCheck.State.choices, widget=forms.RadioSelect)
    checked_at = MomentField(label="確認した日時")
    where = forms.CharField(label="いる所・避難した先", max_length=200, required=False)
    by = forms.CharField(label="だれが確かめたか", max_length=120, required=False)
    note = forms.CharField(
        label="備考", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    person = forms.ChoiceField(label="避難所の受付の記録", required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, found: Sequence[Found], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "結び付けない")] + [(each.entity, _said(each)) for each in found]
        kept = (kwargs.get("initial") or {}).get("person", "")
        if kept and kept not in dict(choices):
            choices.append((kept, "いまの結び付き（氏名か生年月日が変わっています）"))
        self.fields["person"].choices = choices  # type: ignore[attr-defined]
        self.fields["person"].help_text = "同じ氏名の人が受付にいるとき、同じ人かを確かめて選びます。"
        if len(choices) == 1:
            del self.fields["person"]

    def draft(self) -> CheckDraft:
        data = self.cleaned_data
        names = ("state", "checked_at", "where", "by", "note")
        return CheckDraft(person=data.get("person", ""), **{name: data[name] for name in names})


def check_initial(check: SafetyCheck | None) -> dict[str, Any]:
    """The values a check's form begins with."""
    if check is None:
        return {"checked_at": timezone.localtime().replace(second=0, microsecond=0)}
    sealed = check.sealed or {}
    return {name: sealed.get(name, "") for name in ("where", "by", "note", "person")} | {
        "state": check.state,
        "checked_at": check.checked_at,
        "version": check.version,
    }


class AskForm(forms.Form):
    """An inquiry as residents send it: short words."""

    relation = forms.ChoiceField(label="探している人との関係")
    name = forms.CharField(label="あなたの名前", max_length=LENGTHS["name"])
    address = forms.CharField(label="あなたの住所", max_length=LENGTHS["address"])
    phone = forms.CharField(label="あなたの電話番号", max_length=LENGTHS["phone"])
    sought_name = forms.CharField(label="探している人の名前", max_length=LENGTHS["name"])
    sought_kana = forms.CharField(
        label="探している人の名前（カタカナ）", max_length=LENGTHS["kana"], required=False
    )
    sought_birth = BirthField(label="探している人の生年月日", required=False)
    sought_address = forms.CharField(
        label="探している人の住所", max_length=LENGTHS["address"], required=False
    )
    reason = forms.CharField(
        label="探している理由", max_length=LENGTHS["reason"], widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relation"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((key, rule.value.name) for key, rule in relations(today()).items()),
        ]

    def draft(self) -> InquiryDraft:
        names = [name for name in self.fields if name in InquiryDraft.__dataclass_fields__]
        return InquiryDraft(**{name: self.cleaned_data[name] for name in names})


class WebAskForm(AskForm):
    """The same on the public page."""

    def draft(self) -> InquiryDraft:
        names = [name for name in self.fields if name in InquiryDraft.__dataclass_fields__]
        return InquiryDraft(via=SafetyInquiry.Via.WEB, **{name: self.cleaned_data[name] for name in names})


class InquiryForm(AskForm):
    """An inquiry at the window or by letter."""

    via = forms.ChoiceField(
        label="受付の方法",
        choices=[each for each in SafetyInquiry.Via.choices if each[0] != SafetyInquiry.Via.WEB],
        widget=forms.RadioSelect,
        initial=SafetyInquiry.Via.WINDOW,
    )
    received_at = MomentField(label="受付日時")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            "relation": "続柄・関係", "name": "照会者の氏名", "address": "照会者の住所", "phone": "照会者の電話番号",
            "sought_name": "被照会者の氏名", "sought_kana": "被照会者の氏名カナ", "sought_birth": "被照会者の生年月日",
            "sought_address": "被照会者の住所", "reason": "照会の理由",
        }  # fmt: skip
        for name, label in words.items():
            self.fields[name].label = label


class VerifyForm(VersionedForm):
    """Which document of the asker was seen."""

    identity = forms.ChoiceField(
        label="確認した書類", choices=[("", "選んでください"), *SafetyInquiry.Identity.choices]
    )
    note = forms.CharField(
        label="確認の内容",
        max_length=300,
        required=False,
        help_text="その他の方法のときは、方法と理由。書類の番号や写しは残しません。",
    )


class DecideForm(VersionedForm):
    """What is answered; `rights` are the items that may be, for each person found."""

    person = forms.ChoiceField(label="だれについて回答するか", required=False, widget=forms.RadioSelect)
    where = forms.CharField(label=ITEMS["where"], max_length=300, required=False)
    health = forms.CharField(label=ITEMS["health"], max_length=500, required=False)
    contact = forms.CharField(label=ITEMS["contact"], max_length=200, required=False)
    held = forms.BooleanField(label="「安否に関する情報を持っています」と回答する", required=False)
    read_rule = forms.BooleanField(
        label="回答できる範囲を、災害対策基本法施行規則の文言で確かめた",
        required=False,
        help_text="この画面の範囲は、規則の文言でまだ確かめていません。回答する事項があるときは、確かめてから選びます。",
    )
    on = DayField(label="決定の日", initial=today)
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)

    def __init__(self, *args: Any, found: Sequence[Found], rights: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "回答できる情報はない")] + [  # type: ignore[attr-defined]
            (each.entity, _said(each)) for each in found
        ]
        self.shown = [name for name in ITEMS if name in rights]

    def decision(self) -> Decision:
        data = self.cleaned_data
        items = {name: data[name] for name in ("where", "health", "contact") if data.get(name)}
        if data.get("held"):
            items["held"] = "持っています。"
        if not data["person"]:
            items = {}
        return Decision(
            items=items,
            on=data["on"],
            person=data["person"],
            document_no=data["document_no"],
            read_rule=data.get("read_rule", False),
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        typed = [name for name in ITEMS if data.get(name)]
        if typed and not data.get("person"):
            self.add_error("person", "回答する事項があるときは、だれについてかを選んでください。")
        if data.get("person") and not typed:
            self.add_error(
                "person", "回答する事項を入力してください。なければ「回答できる情報はない」を選びます。"
            )
        return data


def _said(found: Found) -> str:
    birth = f"、{found.birth}生" if found.birth else ""
    said = {True: "提供に同意", False: "提供に不同意", None: "同意は未確認"}[found.consent]
    return f"{found.name}{birth}、{found.address or '住所の記録なし'}（{said}）"
