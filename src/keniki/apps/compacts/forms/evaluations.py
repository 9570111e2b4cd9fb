"""Forms for the yearly evaluations and the scale they use."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import VersionedForm

from .common import Choices, YearField, area


class EvaluationForm(VersionedForm):
    """One municipality's evaluation on a scale."""

    comment = forms.CharField(label="コメント", required=False, widget=area(4))

    def __init__(self, grades: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"] = forms.ChoiceField(label="評価", choices=grades, widget=forms.RadioSelect)
        self.order_fields(["version", "grade", "comment"])


class ScaleForm(forms.Form):
    """The scale of the evaluations from a fiscal year on."""

    OWN: Final = "own"

    first_year = YearField(label="この年度から使う")
    name = forms.CharField(
        label="独自の尺度の名称", max_length=80, required=False, help_text="例：青葉圏域の5段階評価"
    )

    def __init__(self, scales: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scale"] = forms.ChoiceField(
            label="尺度", choices=[*scales, (self.OWN, "独自の尺度（下に入力）")], widget=forms.RadioSelect
        )
        self.order_fields(["first_year", "scale", "name"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("scale") == self.OWN and not given.get("name", "").strip():
            self.add_error("name", "独自の尺度を使うときは、名称を入力してください。")
        return given


class GradeForm(forms.Form):
    """One grade of an own scale."""

    in_line = True

    mark = forms.CharField(
        label="記号", max_length=2, required=False, widget=forms.TextInput(attrs={"class": "is-short"})
    )
    label = forms.CharField(label="説明", max_length=60, required=False)
