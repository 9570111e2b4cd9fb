"""Forms for visions with their chapters and basic goals."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.compacts.models import Vision
from keniki.apps.regions.editing import VersionedForm

from .common import Choices, YearField, area, programme_choices


class VisionForm(VersionedForm):
    """A vision without its chapters and goals."""

    programme = forms.ChoiceField(label="制度", choices=programme_choices())
    title = forms.CharField(label="名称", max_length=200)
    first_year = YearField(label="開始年度", required=False)
    last_year = YearField(label="終了年度", required=False)
    future_image = forms.CharField(label="将来像", required=False, widget=area(5))
    budget_note = forms.CharField(
        label="事業費の注記",
        required=False,
        widget=area(2),
        help_text="例：事業費は見込みであり、毎年度の予算で定める。",
    )

    @staticmethod
    def filled_from(vision: Vision) -> dict[str, Any]:
        """The form's values for a vision."""
        names = ("version", "programme", "title", "first_year", "last_year", "future_image", "budget_note")
        return {name: getattr(vision, name) for name in names}


class SectionForm(forms.Form):
    """A chapter."""

    heading = forms.CharField(label="見出し", max_length=200, required=False)
    body = forms.CharField(label="本文", required=False, widget=area(6))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("body") and not given.get("heading"):
            self.add_error("heading", "本文があるときは、見出しを入力してください。")
        return given


class GoalForm(forms.Form):
    """A basic goal; its key is kept."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    field = forms.ChoiceField(label="政策分野", required=False)
    text = forms.CharField(label="基本目標", required=False, widget=area(2))

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = [("", "選んでください"), *choices]  # type: ignore[attr-defined]
