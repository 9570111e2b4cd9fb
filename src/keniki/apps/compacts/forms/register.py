"""Forms of the register: what the towns name, candidates for measures and their way."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.compacts.models import Candidate, Matter
from keniki.apps.compacts.states import CandidateStage
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.models import Milestone, Municipality, Region
from keniki.rulebooks import indicators
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes import PROGRAMMES, policy_fields

from .common import Choices, DateField, area, boxes, field_choices, member_choices


def indicator_choices(keep: str = "") -> Choices:
    """The indicators of the catalogue by key; `keep` stays to choose from."""
    found = {indicator.id: indicator.name for indicator in indicators.catalogue(regions.today())}
    if keep:
        found.setdefault(keep, keep)
    return [("", "なし"), *found.items()]


def register_fields(region: Region, keep: list[str]) -> Choices:
    """The fields of the region's programmes and, finer than the roles of a hub-city region, those of 定住自立圏."""
    found = dict(field_choices(region))
    for key, name in (*field_choices(region, "teiju"), *field_choices(region, keep=keep)):
        found.setdefault(key, name)
    return list(found.items())


def role_choices(region: Region, keep: str = "") -> Choices:
    """The headings under which the region's programmes put their fields: what a measure is for."""
    wanted = list(region.programmes.values_list("programme", flat=True)) or PROGRAMMES
    found: dict[str, str] = {}
    for key in wanted:
        try:
            groups = policy_fields(key, regions.today()).value.groups
        except RuleNotInForce:
            continue
        found |= {group.key: group.name for group in groups if group.name}
    if keep:
        found.setdefault(keep, keep)
    return [("", "定めない"), *found.items()]


class RegisterFilterForm(forms.Form):
    """What the register is narrowed by."""

    words = forms.CharField(
        label="ことば", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )

    def __init__(self, region: Region, *args: Any, keep: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"] = forms.ChoiceField(
            label="分野", required=False, choices=[("", "すべて"), *register_fields(region, keep)]
        )
        self.fields["town"] = forms.ChoiceField(
            label="市町村", required=False, choices=[("", "すべて"), *member_choices(region)]
        )


class MatterForm(VersionedForm):
    """An issue, a hope or what is done today."""

    kind = forms.ChoiceField(label="区分", choices=Matter.Kind.choices)
    title = forms.CharField(label="件名", max_length=200)
    text = forms.CharField(label="内容", required=False, widget=area(4))
    body = forms.CharField(
        label="実施している団体",
        max_length=200,
        required=False,
        help_text="「現状の取組」のときに入力します。",
    )
    survey = forms.CharField(
        label="把握の方法（調査名など）", max_length=200, required=False, help_text="例：事業調査、担当者会議"
    )
    surveyed_on = DateField(label="調査等の日", required=False)
    precision = forms.ChoiceField(
        label="日付の精度",
        choices=Milestone.Precision.choices,
        initial="day",
        help_text="月や年だけ分かるときに選びます。",
    )
    source_place = forms.CharField(label="出典の箇所", max_length=300, required=False)

    def __init__(
        self,
        region: Region,
        *args: Any,
        towns: list[Municipality] | None,
        shared: bool,
        keep: list[str],
        indicator: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields"] = boxes(register_fields(region, keep), "政策分野")
        self.fields["indicator"] = forms.ChoiceField(
            label="根拠となる指標", choices=indicator_choices(indicator), required=False
        )
        if towns is not None:
            everyone = [("", "圏域として（市町村を決めない）")] if shared else []
            self.fields["municipality"] = forms.ChoiceField(
                label="どの市町村の登録か",
                choices=[*everyone, *((town.code, town.name) for town in towns)],
                required=not shared,
            )

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("課題・期待・現状", ["municipality", "kind", "title", "text", "fields", "body"]),
            ("根拠", ["survey", "surveyed_on", "precision", "indicator", "source_place"]),
        ]

    @staticmethod
    def filled_from(matter: Matter) -> dict[str, Any]:
        """The form's values for an entry."""
        names = ("version", "kind", "title", "text", "fields", "body", "survey", "surveyed_on", "precision")
        return {name: getattr(matter, name) for name in (*names, "indicator", "source_place")}


class VoiceForm(VersionedForm):
    """What a town says to a matter or a candidate."""

    text = forms.CharField(
        label="市町村の言葉", required=False, widget=area(3), help_text="空のままでも記録できます。"
    )


class CandidateForm(VersionedForm):
    """A candidate for a measure."""

    title = forms.CharField(label="取組候補", max_length=200)
    text = forms.CharField(label="内容", required=False, widget=area(4))
    reach = forms.CharField(
        label="効果の及ぶ範囲", max_length=200, required=False, help_text="例：圏域全体、沿線の市町"
    )
    effect = forms.CharField(label="見込まれる効果", required=False, widget=area(3))
    obstacle = forms.CharField(label="支障・整理すべきこと", required=False, widget=area(3))
    responsible = forms.CharField(label="担当する団体", max_length=200, required=False)
    source_place = forms.CharField(label="出典の箇所", max_length=300, required=False)

    def __init__(
        self, region: Region, *args: Any, matters: Choices, keep: list[str], role: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields"] = boxes(register_fields(region, keep), "政策分野")
        self.fields["role"] = forms.ChoiceField(
            label="圏域の役割", choices=role_choices(region, role), required=False
        )
        self.fields["matters"] = boxes(matters, "応える課題")

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("取組候補", ["title", "text", "fields", "matters"]),
            ("ねらいと範囲", ["role", "reach", "effect"]),
            ("進めるために", ["obstacle", "responsible", "source_place"]),
        ]

    @staticmethod
    def filled_from(candidate: Candidate) -> dict[str, Any]:
        """The form's values for a candidate."""
        names = ("version", "title", "text", "fields", "role", "reach", "effect", "obstacle", "responsible")
        return {
            **{name: getattr(candidate, name) for name in (*names, "source_place")},
            "matters": [row.slug for row in candidate.matters.all()],
        }


class StageForm(VersionedForm):
    """The next stage: day and reason, and what the stage asks for beside."""

    on = DateField(label="日")

    def __init__(
        self, candidate: Candidate, to: str, *args: Any, initiatives: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        dropped = to == CandidateStage.DROPPED
        self.fields["reason"] = forms.CharField(label="理由", required=dropped, widget=area(3))
        if to == CandidateStage.TRIAL:
            self.fields["trial_from"] = DateField(label="試行の開始日")
            self.fields["trial_to"] = DateField(
                label="試行の終了日", required=False, help_text="決まっていなければ空のままにします。"
            )
        elif candidate.stage == CandidateStage.TRIAL:
            self.fields["trial_to"] = DateField(label="試行の終了日", required=False)
            self.fields["result"] = forms.CharField(label="試行の結果", widget=area(4))
        if to == CandidateStage.PROJECT:
            self.fields["initiative"] = forms.ChoiceField(
                label="取組",
                required=False,
                choices=[("", "この候補の内容で新しい取組を作成する"), *initiatives],
            )


class MattersFileForm(forms.Form):
    """The file of issues, hopes and what is done today."""

    file = forms.FileField(
        label="CSVファイル",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="UTF-8 でも Shift_JIS（CP932）でも読み込めます。",
    )
