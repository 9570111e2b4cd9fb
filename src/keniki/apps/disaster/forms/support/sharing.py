"""The forms of bodies that may help, and of what is given to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField
from keniki.apps.regions.policies import today

from ...actions.support.sharing import CONTACT, BodyDraft, SharingDraft
from ...models import District, Incident, ListSharing, SupportBody


class BodyForm(VersionedForm):
    """A body that may help."""

    kind = forms.ChoiceField(label="種類", choices=SupportBody.Kind.choices)
    name = forms.CharField(label="名称", max_length=120)
    in_plan = forms.BooleanField(
        label="地域防災計画に定めがある",
        required=False,
        help_text="平時に名簿を提供できるのは、地域防災計画に定める避難支援等関係者だけです。",
    )
    person = forms.CharField(label="担当者", max_length=120, required=False)
    phone = forms.CharField(label="電話番号", max_length=40, required=False)
    address = forms.CharField(label="所在地", max_length=300, required=False)
    note = forms.CharField(label="備考", max_length=500, required=False)
    ended_on = DayField(label="提供先から外した日", required=False)

    def draft(self) -> BodyDraft:
        return BodyDraft(**{name: self.cleaned_data[name] for name in BodyDraft.__dataclass_fields__})


def body_initial(body: SupportBody | None) -> dict[str, Any]:
    """The values a body's form begins with."""
    if body is None:
        return {}
    sealed = body.sealed or {}
    own = ("kind", "name", "in_plan", "ended_on", "version")
    return {name: getattr(body, name) for name in own} | {name: sealed.get(name, "") for name in CONTACT}


class SharingForm(forms.Form):
    """What is given to whom, on what basis."""

    body = forms.ChoiceField(label="提供先")
    what = forms.ChoiceField(
        label="提供するもの", choices=ListSharing.What.choices, widget=forms.RadioSelect, initial="list"
    )
    basis = forms.ChoiceField(
        label="根拠", choices=ListSharing.Basis.choices, widget=forms.RadioSelect, initial="consent"
    )
    purpose = forms.CharField(
        label="目的", max_length=200, help_text="例：避難支援の準備と見守り、災害時の安否確認。"
    )
    districts = forms.MultipleChoiceField(
        label="対象の地区",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="選ばないときは、すべての地区。",
    )
    shared_on = DayField(label="提供する日", initial=today)
    return_by = DayField(label="返却・消去の期限")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
    incident = forms.ChoiceField(
        label="事案",
        required=False,
        help_text="災害時の提供のときだけ選びます。訓練では、個人の名簿は出ません。",
    )
    necessity = forms.CharField(
        label="特に必要な理由",
        max_length=300,
        required=False,
        help_text="災害時の提供のとき。生命・身体を守るため、なぜいま必要か。",
    )

    def __init__(
        self,
        *args: Any,
        bodies: Sequence[SupportBody],
        districts: Sequence[District],
        incidents: Sequence[Incident],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = {str(each.pk): each for each in bodies}
        self.incidents = {each.slug: each for each in incidents}
        fields: Any = self.fields
        fields["body"].choices = [
            ("", "選んでください"),
            *((key, f"{each.name}（{each.get_kind_display()}）") for key, each in self.bodies.items()),
        ]
        fields["districts"].choices = [(each.slug, each.name) for each in districts]
        if not districts:
            del fields["districts"]
        fields["incident"].choices = [
            ("", "災害時の提供ではない"),
            *((slug, str(each)) for slug, each in self.incidents.items()),
        ]

    def draft(self) -> SharingDraft:
        data = self.cleaned_data
        names = ("what", "basis", "purpose", "shared_on", "return_by", "document_no", "necessity")
        return SharingDraft(
            body=self.bodies[data["body"]],
            incident=self.incidents.get(data["incident"]),
            districts=tuple(data.get("districts") or ()),
            **{name: data[name] for name in names},
        )


class ReturnForm(VersionedForm):
    """That a list came back."""

    on = DayField(label="返却・消去を確かめた日", initial=today)
    how = forms.CharField(
        label="返却・消去の方法", max_length=200, help_text="例：紙の名簿を返却、裁断の報告。"
    )
