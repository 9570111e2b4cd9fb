"""The forms of certificates: an application, a step, the town's setting, the register's filter, a paper to check."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm

from ..actions.certificates import ApplicationDraft, SettingDraft
from ..actions.certificates.applying import SEALED
from ..models import CertificateApplication, CertificateSetting, Incident
from ..models.certificates import Kind
from ..queries.certificates import LONG, Asked

_PLAIN = ("kind", "via", "asked_on", "struck_on", "self_reported")


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), **more)


class ApplicationForm(VersionedForm):
    """An application."""

    kind = forms.ChoiceField(
        label="証明書の種類",
        choices=Kind.choices,
        widget=forms.RadioSelect,
        help_text="住家の被害は罹災証明書、住家でない建物や物の被害は被災証明書です。",
    )
    via = forms.ChoiceField(label="受付の方法", choices=CertificateApplication.Via.choices)
    asked_on = _day("申請日")
    struck_on = _day("被災した日")
    applicant = forms.CharField(label="申請者の氏名", max_length=120)
    kana = forms.CharField(label="申請者のふりがな", max_length=120, required=False)
    address = forms.CharField(label="申請者の住所", max_length=300)
    phone = forms.CharField(label="電話", max_length=60, required=False)
    relation = forms.CharField(
        label="世帯主との関係", max_length=60, required=False, help_text="例：本人、妻、委任を受けた代理人"
    )
    head = forms.CharField(
        label="世帯主の氏名", max_length=120, required=False, help_text="罹災証明書のとき必要です。"
    )
    head_address = forms.CharField(
        label="世帯主の住所", max_length=300, required=False, help_text="罹災証明書のとき必要です。"
    )
    household = forms.CharField(
        label="世帯の構成員",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="1行に1人。氏名と続柄。証明書に載せるときだけ入力します。",
    )
    place = forms.CharField(
        label="被災した場所", max_length=300, help_text="罹災証明書では、被災した住家の所在地。"
    )
    things = forms.CharField(
        label="被災した物と被害",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="被災証明書のとき必要です。例：車庫の屋根が飛んだ。",
    )
    self_reported = forms.BooleanField(
        label="自己判定方式",
        required=False,
        help_text="申請者の写真を確かめ、一部損壊とすることに申請者が同意したときだけ選びます。",
    )
    purpose = forms.CharField(label="使う目的・提出先", max_length=300, required=False)
    note = forms.CharField(
        label="備考", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def draft(self) -> ApplicationDraft:
        """The application that was typed."""
        return ApplicationDraft(**{name: self.cleaned_data[name] for name in (*_PLAIN, *SEALED)})


GROUPS = [
    ("申請者", ["applicant", "kana", "address", "phone", "relation"]),
    ("証明書に載せること", ["head", "head_address", "household", "place", "things"]),
    ("そのほか", ["self_reported", "purpose", "note"]),
]


def application_initial(application: CertificateApplication | None, incident: Incident) -> dict[str, Any]:
    """The values the form of an application begins with."""
    if application is None:
        return {"struck_on": incident.began_at.date()}
    plain = {name: getattr(application, name) for name in (*_PLAIN, "version")}
    return plain | {name: (application.sealed or {}).get(name, "") for name in SEALED}


class StepForm(VersionedForm):
    """A step of an application: its day, and what else this step asks for."""

    on = _day("日付")
    house = forms.IntegerField(
        label="家屋の整理番号", min_value=1, max_value=10_000_000, help_text="被害調査の一覧にある番号。"
    )
    reason = forms.CharField(label="理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    remark = forms.CharField(
        label="追加記載事項・備考",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="証明書に載せることだけを入力します。例：床上浸水",
    )

    def __init__(self, *args: Any, asks: frozenset[str], needs: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("house", "reason", "remark"):
            if name not in asks:
                del self.fields[name]
        if "reason" in asks and "reason" not in needs:
            self.fields["reason"].required = False
            self.fields["reason"].label = "備考"


class SettingForm(VersionedForm):
    """What a town prints on its certificates, and how long it keeps them."""

    mayor_title = forms.CharField(label="長の職名", max_length=60, help_text="例：○○町長")
    mayor_name = forms.CharField(label="長の氏名", max_length=60)
    number_word = forms.CharField(
        label="番号の前に付ける文字", max_length=40, required=False, help_text="例：り証第"
    )
    office = forms.CharField(label="問合せ先", max_length=200, required=False)
    extra = forms.CharField(
        label="証明書に加える文", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    keep_years = forms.IntegerField(
        label="証明書の記録を残す年数",
        min_value=1,
        max_value=50,
        required=False,
        help_text="空欄なら、事案の個人情報の保存期限にほかの記録と一緒に消去します。",
    )
    keep_basis = forms.CharField(
        label="残す年数の根拠", max_length=300, required=False, help_text="例：文書管理規程 第○条"
    )

    def draft(self) -> SettingDraft:
        """The setting that was typed."""
        return SettingDraft(**{name: self.cleaned_data[name] for name in self.fields if name != "version"})


def setting_initial(setting: CertificateSetting | None) -> dict[str, Any]:
    """The values a setting's form begins with."""
    if setting is None:
        return {}
    return {name: getattr(setting, name) for name in SettingForm.base_fields}


class CheckForm(forms.Form):
    """A paper to check."""

    kind = forms.ChoiceField(label="証明書の種類", choices=Kind.choices)
    number = forms.IntegerField(label="番号", min_value=1, max_value=10_000_000)
    check = forms.CharField(label="照合記号", max_length=20, help_text="例：3f2a-91bc-07de")


def asked_in(query: Any) -> Asked:
    """What the address of a register asks for; what makes no sense asks for nothing."""
    days = query.get("days", "")
    return Asked(
        query.get("q", "")[:100].replace("\x00", ""),
        query.get("kind", ""),
        query.get("state", ""),
        query.get("class", "")[:20].replace("\x00", ""),
        query.get("waits", "") == "1",
        min(int(days), 3650) if days.isascii() and days.isdigit() and len(days) < 6 else LONG,
    )
