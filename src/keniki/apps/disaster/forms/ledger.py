"""The forms of the victims' ledger: a person, support, a use, the list's filter."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField
from keniki.apps.regions.policies import today

from ..actions.ledger import COLUMNS, SEALED, SupportDraft, UseDraft, VictimDraft
from ..models import LedgerUse, Victim
from ..queries.ledger import Asked


class VictimForm(VersionedForm):
    """A person of the ledger."""

    name = forms.CharField(label="氏名", max_length=120)
    kana = forms.CharField(label="ふりがな", max_length=120, required=False)
    birth = DayField(label="生年月日", required=False)
    sex = forms.ChoiceField(
        label="性別",
        required=False,
        choices=[("", "記載しない"), ("女", "女"), ("男", "男"), ("その他", "その他")],
    )
    address = forms.CharField(label="住所", max_length=300, required=False)
    residence = forms.CharField(
        label="居所（避難先など）",
        max_length=300,
        required=False,
        help_text="いま住んでいる所が住所と違うとき。",
    )
    phone = forms.CharField(label="電話", max_length=60, required=False)
    household = forms.CharField(
        label="世帯", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    special = forms.CharField(
        label="要配慮者である事由",
        max_length=300,
        required=False,
        help_text="高齢、障がい、妊娠など。要配慮者でないときは空欄にします。",
    )
    house = forms.IntegerField(label="家屋の整理番号", required=False, min_value=1, max_value=9_999_999)
    application = forms.IntegerField(
        label="罹災証明書の受付番号", required=False, min_value=1, max_value=9_999_999
    )
    consent = forms.ChoiceField(
        label="台帳情報の提供への同意",
        choices=Victim.Consent.choices,
        help_text="圏域や団体などへ提供してよいか、本人に確かめた結果。",
    )
    consented_on = DayField(label="同意の有無を確かめた日", required=False)
    note = forms.CharField(
        label="備考", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def draft(self) -> VictimDraft:
        """The person that was typed."""
        data = self.cleaned_data
        birth = data.get("birth")
        sealed = {key: data.get(key) or "" for key in SEALED} | {"birth": birth.isoformat() if birth else ""}
        return VictimDraft(
            sealed, data["house"], data["application"], data["consent"], data.get("consented_on")
        )


VICTIM_GROUPS: Final = [
    ("本人", ["name", "kana", "birth", "sex", "address", "residence", "phone", "household", "special"]),
    ("被害", ["house", "application"]),
    ("提供への同意", ["consent", "consented_on"]),
    ("備考", ["note"]),
]


def victim_initial(victim: Victim | None) -> dict[str, Any]:
    """The values a person's form begins with."""
    if victim is None:
        return {}
    return {
        **(victim.sealed or {}),
        "house": victim.house.number if victim.house else None,
        "application": victim.application.number if victim.application else None,
        "consent": victim.consent,
        "consented_on": victim.consented_on,
        "version": victim.version,
    }


class SupportForm(forms.Form):
    """Something that was done for a person."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    on = DayField(label="実施した日", initial=today)
    kind = forms.CharField(
        label="援護の内容", max_length=200, help_text="例：見舞金の支給、応急修理、仮設住宅への入居、税の減免"
    )
    office = forms.CharField(label="担当課", max_length=120, required=False)
    memo = forms.CharField(label="金額・備考", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("uid", uuid4())

    def draft(self) -> SupportDraft:
        data = self.cleaned_data
        return SupportDraft(data["uid"], data["on"], data["kind"], data["office"], data["memo"])


class UseForm(forms.Form):
    """A use of the ledger."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    basis = forms.ChoiceField(
        label="根拠",
        choices=LedgerUse.Basis.choices,
        widget=forms.RadioSelect,
        help_text="本人の同意によるときは、同意のある方だけが入ります。",
    )
    recipient = forms.CharField(label="提供先・利用する課", max_length=200)
    purpose = forms.CharField(
        label="目的", max_length=200, help_text="援護の内容が分かるように書きます。例：生活再建支援金の案内"
    )
    document_no = forms.CharField(
        label="申請・依頼の文書",
        max_length=120,
        required=False,
        help_text="他の地方公共団体への提供では必要です。例：7月3日付け ○○第12号",
    )
    columns = forms.MultipleChoiceField(
        label="項目",
        choices=list(COLUMNS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="援護に必要な限度で選びます。選ばない項目はファイルに入りません。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("uid", uuid4())

    def draft(self) -> UseDraft:
        data = self.cleaned_data
        return UseDraft(
            data["uid"],
            data["basis"],
            data["recipient"],
            data["purpose"],
            data["columns"],
            data["document_no"],
        )


class LedgerListForm(forms.Form):
    """What the ledger is narrowed to."""

    text = forms.CharField(label="氏名・ふりがな・場所・番号", required=False, max_length=100)
    class_key = forms.ChoiceField(label="住家の被害", required=False)
    support = forms.ChoiceField(
        label="援護", required=False, choices=[("", "すべて"), ("no", "まだない方"), ("yes", "ある方")]
    )
    consent = forms.ChoiceField(
        label="提供への同意", required=False, choices=[("", "すべて"), *Victim.Consent.choices]
    )
    care = forms.BooleanField(label="要配慮者だけ", required=False)

    def __init__(self, *args: Any, classes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["class_key"].choices = [("", "すべて"), *classes.items()]  # type: ignore[attr-defined]

    @property
    def asked(self) -> Asked:
        """The filter; a value nobody offered counts as none."""
        self.is_valid()
        data = self.cleaned_data
        texts = {name: data.get(name) or "" for name in ("text", "class_key", "support", "consent")}
        return Asked(**texts, care=bool(data.get("care")))
