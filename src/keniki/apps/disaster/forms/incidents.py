"""The form of an incident."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import MomentField

from ..actions.incidents import IncidentDraft
from ..models import Cause, Incident, Mode


class IncidentForm(VersionedForm):
    """An incident. Nothing is chosen ahead between reality and exercise, and it is not asked again."""

    mode = forms.ChoiceField(
        label="区分",
        choices=Mode.choices,
        widget=forms.RadioSelect,
        help_text="開設した後は変えられません。訓練の記録は実災害の記録に混ざりません。",
        error_messages={"required": "「実災害」か「訓練」のどちらかを選んでください。"},
    )
    title = forms.CharField(label="名称", max_length=160, help_text="例：8月5日の大雨、令和8年度図上訓練")
    hazard = forms.ChoiceField(label="災害種別", choices=[("", "選んでください"), *Cause.choices])
    began_at = MomentField(label="発生（開始）日時")
    public = forms.BooleanField(
        label="住民向けの画面に表示",
        required=False,
        help_text="訓練を表示するときは、すべての画面に「訓練」と大きく示します。",
    )
    note = forms.CharField(
        label="備考", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, incident: Incident | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incident = incident
        if incident is not None:
            del self.fields["mode"]

    def draft(self) -> IncidentDraft:
        data = self.cleaned_data
        return IncidentDraft(
            mode=self.incident.mode if self.incident is not None else data["mode"],
            title=data["title"].strip(),
            hazard=data["hazard"],
            began_at=data["began_at"],
            public=data["public"],
            note=data["note"].strip(),
        )


def incident_initial(incident: Incident | None) -> dict[str, Any]:
    """The values the form begins with: an incident begins now."""
    if incident is None:
        return {"began_at": timezone.localtime().replace(second=0, microsecond=0, tzinfo=None)}
    names = ("title", "hazard", "began_at", "public", "note", "version")
    return {name: getattr(incident, name) for name in names}
