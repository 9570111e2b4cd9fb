"""The forms of drills: the scenario with its injects, the start, what a town did, the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from keniki.apps.activities.queries import initiatives_of
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.editing import VersionedForm, kept, rows_of
from keniki.apps.regions.models import Municipality, Region

from ..actions.drills import EndDraft, ScenarioDraft
from ..drills import LONGEST
from ..models import Cause, DrillScenario


class ScenarioForm(VersionedForm):
    """A scenario."""

    title = forms.CharField(label="名称", max_length=160, help_text="例：石狩川氾濫 図上訓練")
    hazard = forms.ChoiceField(label="災害種別", choices=[("", "選んでください"), *Cause.choices])
    purpose = forms.CharField(
        label="ねらい", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class InjectRow(forms.Form):
    """One inject."""

    after = forms.IntegerField(label="開始から（分）", min_value=0, max_value=LONGEST, required=False)
    title = forms.CharField(label="見出し", max_length=120, required=False)
    text = forms.CharField(
        label="内容", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    source = forms.CharField(label="だれから", max_length=80, required=False)
    towns = forms.MultipleChoiceField(label="あて先（選ばなければ全団体）", required=False)
    expected = forms.CharField(label="期待する対応", max_length=500, required=False)

    def __init__(self, *args: Any, towns: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["towns"].choices = list(towns.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if any(
            data.get(name) not in (None, "", []) for name in ("after", "title", "text", "expected", "source")
        ):
            if data.get("after") is None and "after" not in self.errors:
                self.add_error("after", "開始からの分を入力してください。")
            if not data.get("title") and "title" not in self.errors:
                self.add_error("title", "見出しを入力してください。")
        return data


def inject_rows(data: Any, scenario: DrillScenario | None, towns: Mapping[str, str]) -> Any:
    """The injects of a scenario, and empty rows."""
    initial = list(scenario.injects) if scenario is not None else []
    return rows_of(InjectRow, data, "injects", initial, extra=3, towns=towns)


def scenario_draft(form: ScenarioForm, rows: Any) -> ScenarioDraft:
    """The scenario that was typed."""
    data = form.cleaned_data
    names = ("after", "title", "text", "source", "towns", "expected")
    injects = tuple({name: row[name] for name in names} for row in kept(rows) if row.get("title"))
    return ScenarioDraft(data["title"], data["hazard"], injects, data["purpose"])


def scenario_initial(scenario: DrillScenario | None) -> dict[str, Any]:
    """The values a scenario's form begins with."""
    names = ("title", "hazard", "purpose", "version")
    return {name: getattr(scenario, name) for name in names} if scenario is not None else {}


class StartForm(forms.Form):
    """The start of a drill."""

    title = forms.CharField(label="訓練の名称", max_length=160, help_text="例：令和8年度 合同図上訓練")
    speed = forms.IntegerField(
        label="時間の進み方（倍）",
        min_value=1,
        max_value=60,
        initial=1,
        help_text="2倍にすると、60分のシナリオを30分で行います。",
    )
    public = forms.BooleanField(
        label="住民向けの画面に表示", required=False, help_text="訓練であることを大きく示します。"
    )


class AnswerForm(forms.Form):
    """What a town did with an inject."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    town = forms.ChoiceField(label="市町村")
    text = forms.CharField(
        label="対応の内容",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="空欄のまま送ると「確認」だけを記録します。",
    )

    def __init__(self, *args: Any, towns: Mapping[str, Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        self.fields["town"].choices = [(code, town.name) for code, town in towns.items()]  # type: ignore[attr-defined]


class EndForm(VersionedForm):
    """The end of a drill."""

    participants = forms.IntegerField(label="参加者（人）", min_value=1, max_value=100_000)
    place = forms.CharField(label="会場", max_length=120, required=False)
    initiative: forms.ModelChoiceField[Initiative] = forms.ModelChoiceField(
        label="活動として記録する取組",
        queryset=None,
        required=False,
        empty_label="選んでください",
        help_text="回数と参加者数が、この取組の活動と年次報告に入ります。",
    )
    unrecorded = forms.BooleanField(
        label="活動に記録しない（年次報告に入れない）", required=False, help_text="操作の練習などのとき。"
    )
    evaluation = forms.CharField(
        label="講評", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, region: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [each.pk for each in initiatives_of(region)]
        self.fields["initiative"].queryset = Initiative.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        if not ids:
            del self.fields["initiative"], self.fields["unrecorded"]

    def clean(self) -> dict[str, Any]:
        """A drill counts in the annual report unless somebody says that it shall not."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "initiative" in self.fields and "initiative" not in self.errors:
            chosen, unrecorded = data.get("initiative"), data.get("unrecorded")
            if chosen is None and not unrecorded:
                self.add_error("initiative", "取組を選ぶか、「活動に記録しない」を選んでください。")
            elif chosen is not None and unrecorded:
                self.add_error("unrecorded", "取組を選んだときは、外してください。")
        return data

    def draft(self) -> EndDraft:
        data = self.cleaned_data
        return EndDraft(data["participants"], data["evaluation"], data.get("initiative"), data["place"])
