"""What a vision's document is made from, read once."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from keniki.apps.activities.queries import count_query_actuals
from keniki.apps.compacts.models import Initiative, Kpi, Vision
from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions import queries as regions
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.press import blocks as b

from ... import wording
from ..base import Draft

#: Stages of money a vision plans with, the later one wins where both are entered.
PLANNED = (BudgetLine.Stage.REQUEST, BudgetLine.Stage.INITIAL)


def find(slug: str) -> Vision:
    """The named vision, else the newest decided one, else the newest."""
    rows = Vision.objects.prefetch_related("sections", "goals", "editions")
    if slug:
        found = rows.filter(slug=slug).first()
        if found is None:
            raise WrongInput(f"ビジョン「{slug}」がありません。ビジョンの一覧で識別名を確かめてください。")
        return found
    listed = list(rows)
    if not listed:
        raise WrongInput("この圏域にはビジョンが登録されていません。ビジョンの画面で作成してください。")
    return max(listed, key=lambda v: (str(v.decided_on or ""), v.first_year or 0, v.slug))


class Records:
    """The vision with its initiatives, indicators, money and members, and the desk the composer works on."""

    def __init__(self, draft: Draft, vision: Vision):
        self.draft = draft
        self.gaps = draft.gaps
        self.vision = vision
        day = vision.decided_on or timezone.localdate()
        self.words = wording.words_of(vision.programme, day)
        self.fields = {field.code: field for field in wording.fields(vision.programme, day)}
        self.initiatives = list(
            Initiative.objects.filter(vision=vision)
            .prefetch_related(
                "projects__lead", "roles", "annex_links__agreement__parties__municipality", "bodies"
            )
            .order_by("order", "slug")
        )
        self.kpis = list(
            Kpi.objects.filter(vision=vision)
            .prefetch_related("targets", "readings")
            .order_by("order", "slug")
        )
        self.kpis += (
            Kpi.objects.filter(vision=None, initiative__in=self.initiatives)
            .prefetch_related("targets", "readings")
            .order_by("order", "slug")
        )
        self.years = self._years()
        self.budget = list(
            BudgetLine.objects.filter(initiative__in=self.initiatives, stage__in=PLANNED)
            .select_related("initiative", "project", "municipality")
            .order_by("fiscal_year", "slug")
        )
        self.actuals = {kpi.pk: self._actuals(kpi) for kpi in self.kpis}
        last_day = FiscalYear(vision.last_year).last_day if vision.last_year else None
        self.members = regions.members_on(draft.region, last_day) or regions.members_on(draft.region)
        self.towns = {m.municipality.code: m.municipality.name for m in self.members}
        self._note_inputs()

    def _years(self) -> tuple[FiscalYear, ...]:
        if self.vision.first_year and self.vision.last_year:
            return FiscalYear.span(self.vision.first_year, self.vision.last_year)
        return ()

    def _actuals(self, kpi: Kpi) -> dict[int, Decimal]:
        actuals = {reading.fiscal_year: reading.value for reading in kpi.readings.all()}
        if kpi.count_query and self.years:
            first = min([self.years[0], *(int(year) for year in kpi.baseline_years)])
            years = range(int(first), int(self.years[-1]) + 1)
            counted = count_query_actuals(kpi.region_id, kpi.count_query, years)
            actuals.update({year: actual.value for year, actual in counted.items()})
        return actuals

    def _note_inputs(self) -> None:
        inputs = self.draft.inputs
        inputs.add(
            self.vision, self.vision.sections.all(), self.vision.goals.all(), self.vision.editions.all()
        )
        for member in self.members:
            inputs.add(member, [member.municipality])
        for initiative in self.initiatives:
            projects = initiative.projects.all()
            leads = [project.lead for project in projects if project.lead]
            inputs.add(initiative, projects, leads, initiative.annex_links.all())
        for kpi in self.kpis:
            inputs.add(kpi, kpi.targets.all(), kpi.readings.all())
            if kpi.count_query:
                actuals = sorted(self.actuals[kpi.pk].items())
                inputs.add_value(f"actuals:{kpi.pk}", f"KPI「{kpi.name}」の実績（活動の数量から）", actuals)
        for line in self.budget:
            inputs.add(line, [line.municipality] if line.municipality else [])

    def period(self, label: str = "") -> b.TextLike:
        if self.years:
            return fiscal_year.format_period(self.years[0], self.years[-1])
        return self.gaps.missing("名称・期間・将来像", "期間", self.vision, label=label)

    def field_names(self, initiative: Initiative) -> str:
        return (
            "・".join(self.fields[code].name if code in self.fields else code for code in initiative.fields)
            or "―"
        )
