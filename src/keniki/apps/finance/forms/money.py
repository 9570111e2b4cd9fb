"""Forms of grants and budget lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities.forms import DayInput, towns_to_choose, year_choices
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.editing import ROWS
from keniki.apps.regions.fields import YenField
from keniki.apps.regions.models import Municipality, Region, RegionProgramme
from keniki.apps.regions.policies import edit_shared
from keniki.apps.regions.queries import members_on
from keniki.core import fiscal_year

from ..actions.money import GrantDraft, LineDraft
from ..models import BudgetLine, Grant, GrantStep
from ..steps import StepDraft


class GrantForm(forms.Form):
    """A grant of one fiscal year."""

    title = forms.CharField(
        label="名称", required=False, max_length=200, help_text="空欄なら制度の名前を使います。"
    )
    programme = forms.ChoiceField(label="制度", choices=RegionProgramme.Programme.choices)
    fiscal_year = forms.TypedChoiceField(label="年度", coerce=int)
    recipient = forms.TypedChoiceField(label="交付先", required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, region: Region, grant: Grant | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = [grant.fiscal_year] if grant is not None else []
        self.towns = _towns(region, grant.recipient if grant is not None else None)
        _choose(self, "fiscal_year", year_choices(*years))
        _choose(self, "recipient", [("", "（決めていない）"), *((t.pk, t.name) for t in self.towns)])

    def draft(self, steps: Sequence[StepDraft]) -> GrantDraft:
        data = self.cleaned_data
        town = next((town for town in self.towns if town.pk == data["recipient"]), None)
        return GrantDraft(data["programme"], data["fiscal_year"], data["title"].strip(), town, tuple(steps))


class StepForm(forms.Form):
    """One step of a grant."""

    step = forms.ChoiceField(
        label="手続", required=False, choices=[("", "選んでください"), *GrantStep.Step.choices]
    )
    amount = YenField(label="金額（円）", required=False)
    on = forms.DateField(label="日付", required=False, widget=DayInput())
    document_no = forms.CharField(label="文書番号", required=False, max_length=80)
    provisional = forms.BooleanField(label="予定額", required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        filled = any(data.get(name) for name in ("amount", "on", "document_no")) or data.get("amount") == 0
        if filled and not data.get("step"):
            self.add_error("step", "手続を選んでください。")
        if data.get("step") and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", "金額を円で入力してください。")
        return data

    def draft(self) -> StepDraft | None:
        """The step, or None for an empty row."""
        data = self.cleaned_data
        if not data.get("step") or data.get("DELETE"):
            return None
        return StepDraft(
            data["step"], data["amount"], data["on"], data["document_no"].strip(), data["provisional"]
        )


StepFormSet = forms.formset_factory(StepForm, extra=0, can_delete=True, max_num=ROWS, absolute_max=ROWS)


class BudgetForm(forms.Form):
    """Money of one initiative or project at one stage."""

    initiative: forms.ModelChoiceField[Initiative] = forms.ModelChoiceField(
        label="取組", queryset=None, empty_label="選んでください"
    )
    project = forms.ChoiceField(label="事業", required=False)
    fiscal_year = forms.TypedChoiceField(
        label="年度", coerce=int, help_text="4～5月の支払いは、前の年度（出納整理期間）のこともあります。"
    )
    municipality = forms.TypedChoiceField(label="事業主体", required=False, coerce=int, empty_value=None)
    stage = forms.ChoiceField(label="段階", choices=BudgetLine.Stage.choices)
    round = forms.IntegerField(
        label="号数（補正のとき）",
        required=False,
        min_value=0,
        max_value=99,
        widget=forms.NumberInput(attrs={"class": "is-short"}),
    )
    amount = YenField(label="金額（円）", help_text="例：1,200,000、120万円、▲300千円")
    funding = forms.ChoiceField(label="財源", required=False, choices=BudgetLine.Funding.choices)
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(
        self, *args: Any, actor: Actor, region: Region, line: BudgetLine | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        initiatives = Initiative.objects.filter(region=region)
        self.fields["initiative"].queryset = initiatives  # type: ignore[attr-defined]
        self.projects = {
            str(project.pk): project
            for initiative in initiatives.prefetch_related("projects")
            for project in initiative.projects.all()
        }
        own = line.municipality if line is not None else None
        shared = bool(edit_shared(actor, region))
        self.towns = towns_to_choose(actor, region, own)
        _choose(self, "fiscal_year", year_choices(*([line.fiscal_year] if line is not None else [])))
        titles = [(pk, f"{p.initiative.title} › {p.title}") for pk, p in self.projects.items()]
        _choose(self, "project", [("", "（事業に分けない）"), *titles])
        common = [("", "圏域共通")] if shared else []
        _choose(self, "municipality", [*common, *((town.pk, town.name) for town in self.towns)])
        if not shared:
            self.fields["municipality"].required = True

    def draft(self) -> LineDraft:
        data = self.cleaned_data
        return LineDraft(
            initiative=data["initiative"],
            fiscal_year=data["fiscal_year"],
            stage=data["stage"],
            amount=data["amount"],
            project=self.projects.get(data["project"]),
            municipality=next((town for town in self.towns if town.pk == data["municipality"]), None),
            round=data["round"] or 0,
            funding=data["funding"],
            note=data["note"].strip(),
        )


class BudgetFilter(forms.Form):
    """What the table of lines is narrowed by."""

    year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    town = forms.ChoiceField(label="事業主体", required=False)
    initiative = forms.ChoiceField(label="取組", required=False)

    def __init__(
        self,
        *args: Any,
        years: Sequence[int],
        towns: Sequence[Municipality],
        initiatives: Sequence[Initiative],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "year", [(year, fiscal_year.format_table_with_western(year)) for year in years])
        _choose(self, "town", [("", "すべて"), *((town.code, town.name) for town in towns)])
        _choose(self, "initiative", [("", "すべて"), *((row.slug, row.title) for row in initiatives)])


def _choose(form: forms.Form, name: str, choices: Sequence[tuple[Any, str]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]


def _towns(region: Region, own: Municipality | None) -> list[Municipality]:
    towns = [member.municipality for member in members_on(region)]
    return towns if own is None or own in towns else [*towns, own]
