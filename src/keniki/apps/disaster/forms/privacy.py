"""The form of a retention."""

from __future__ import annotations

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField

from ..actions.privacy import RetentionDraft


class RetentionForm(VersionedForm):
    """Until when a town keeps what an incident holds about its persons. Nothing is proposed."""

    purge_on = DayField(
        label="消去する日",
        help_text="この日の夜に、氏名や配慮事項など個人に関する内容を消去します。人数や経過は残ります。",
    )
    basis = forms.CharField(
        label="根拠",
        max_length=300,
        help_text="例：文書管理規程第○条（保存期間○年）。市町村の規程を入力します。",
    )

    def draft(self) -> RetentionDraft:
        return RetentionDraft(self.cleaned_data["purge_on"], self.cleaned_data["basis"].strip())
