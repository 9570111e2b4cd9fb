"""Pages of money: grants with their steps, budget and account by year, and their data as CSV."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import initiatives_of, year_state
from keniki.apps.activities.queries.history import Change, Entry
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import (
    Conflict,
    StaffRequest,
    chosen,
    conflict_of,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.apps.regions.queries import former_members, members_on
from keniki.core import fiscal_year
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput
from keniki.core.money import Unit, rounding_note

from .. import policies
from ..actions import money as actions
from ..actions.money import LABELS, content_of_grant, stage_words
from ..forms.money import BudgetFilter, BudgetForm, GrantForm, StepFormSet
from ..models import BudgetLine, Grant, GrantStep
from ..queries import money as queries
from ..steps import StepDraft

GRANT_COLUMNS = (
    "交付金ID", "制度", "名称", "年度", "交付先コード", "交付先", "順序", "手続", "金額_円", "日付",
    "文書番号", "予定額",
)  # fmt: skip
LINE_COLUMNS = (
    "予算ID", "年度", "取組ID", "取組", "事業", "事業主体コード", "事業主体", "段階", "号数",
    "金額_円", "財源", "備考",
)  # fmt: skip


@region_page
@require_GET
def finance(request: StaffRequest, region: Region) -> HttpResponse:
    """Grants per year, and the budget of one year."""
    years = queries.years_with_money(region)
    now = fiscal_year.FiscalYear.of(timezone.localdate())
    shown = next((year for year in years if year <= now), years[-1] if years else int(now))
    towns = [member.municipality for member in (*members_on(region), *former_members(region))]
    form = BudgetFilter(
        request.GET or None,
        years=years or [int(now)],
        towns=towns,
        initiatives=initiatives_of(region),
        initial={"year": shown},
    )
    data: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    year = data.get("year") or shown
    lines = queries.lines_of(
        region, year=year, town=data.get("town", ""), initiative=data.get("initiative", "")
    )
    may_edit = policies.edit_lines(request.actor, region, year, lines)
    return page(
        request,
        "finance/finance.html",
        nav_active="finance",
        grants=queries.grant_table(region),
        table=queries.budget_table(lines, year),
        lines=[(line, stage_words(line), bool(may_edit[line.municipality_id])) for line in lines],
        form=form,
        year=year_state(region, year),
        note=rounding_note(Unit.THOUSAND),
        may_grant=policies.write_grant(request.actor, region, now),
        may_line=policies.add_line(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_grant(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Add or change a grant with its steps; wrong input and a second editor's version keep what was typed."""
    grant = queries.grant_for(region, slug) if slug else None
    now = fiscal_year.FiscalYear.of(timezone.localdate())
    ruling = (
        policies.edit_grant(request.actor, grant)
        if grant is not None
        else policies.write_grant(request.actor, region, now)
    )
    if request.method == "POST":
        ruling.require()
    keep_theirs = grant is not None and request.POST.get("choice-steps") == "theirs"
    data = chosen(request, grant) if request.method == "POST" else None
    form = GrantForm(data, region=region, grant=grant, initial=_grant_initial(grant, int(now)))
    steps = StepFormSet(data, initial=_steps_initial(grant) if data is None else None, prefix="steps")
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid() & steps.is_valid():
        drafts = [draft for each in steps.forms if (draft := each.draft()) is not None]
        if keep_theirs and grant is not None:
            drafts = [_step_draft(step) for step in grant.steps.all()]
        try:
            saved = actions.save_grant(request.actor, region, form.draft(drafts), grant, version_of(request))
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = _grant_conflict(stale, form, drafts)
        else:
            messages.success(
                request, f"{fiscal_year.format_table(saved.fiscal_year)}の交付金を保存しました。"
            )
            return redirect("finance:grant", region.slug, saved.slug)
    state = queries.state_of(grant) if grant is not None else None
    return page(
        request,
        "finance/grant.html",
        nav_active="finance",
        grant=grant,
        state=state,
        stepper=_stepper(grant) if grant is not None else [],
        form=form,
        steps=steps,
        conflict=conflict,
        ruling=ruling,
        year=year_state(region, grant.fiscal_year) if grant is not None else None,
        history=_history(grant),
        back=reverse("finance:finance", args=[region.slug]),
        status=409 if conflict else 422 if form.errors or steps.total_error_count() else 200,
    )


@region_page
@require_POST
def remove_grant(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a grant."""
    grant = queries.grant_for(region, slug)
    try:
        actions.remove_grant(request.actor, grant, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの交付金を更新しました。内容を確かめてください。")
        return redirect("finance:grant", region.slug, slug)
    messages.success(request, "交付金を削除しました。")
    return redirect("finance:finance", region.slug)


@region_page
@require_http_methods(["GET", "POST"])
def edit_line(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Add or change a budget line of a stage; wrong input and a second editor's version keep what was typed."""
    line = queries.line_for(region, slug) if slug else None
    ruling = (
        policies.edit_line(request.actor, line)
        if line is not None
        else policies.add_line(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    data = chosen(request, line) if request.method == "POST" else None
    form = BudgetForm(
        data, actor=request.actor, region=region, line=line, initial=_line_initial(request, line)
    )
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_line(request.actor, region, form.draft(), line, version_of(request))
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, f"{actions.called(saved)} を保存しました。")
            return redirect(
                f"{reverse('finance:finance', args=[region.slug])}?year={saved.fiscal_year}#lines"
            )
    return page(
        request,
        "finance/line.html",
        nav_active="finance",
        line=line,
        form=form,
        conflict=conflict,
        ruling=ruling,
        may_remove=policies.remove_line(request.actor, line) if line is not None else None,
        year=year_state(region, line.fiscal_year) if line is not None else None,
        history=_history(line),
        back=reverse("finance:finance", args=[region.slug]),
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_POST
def remove_line(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a budget line."""
    line = queries.line_for(region, slug)
    try:
        actions.remove_line(request.actor, line, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの行を更新しました。内容を確かめてください。")
        return redirect("finance:line", region.slug, slug)
    messages.success(request, f"{actions.called(line)} を削除しました。")
    return redirect(f"{reverse('finance:finance', args=[region.slug])}?year={line.fiscal_year}#lines")


@region_page
@require_GET
def grants_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """All grants as data: one step a row, yen, ISO dates."""
    rows = [
        (
            state.grant.slug,
            state.grant.get_programme_display(),
            state.grant.title,
            state.grant.fiscal_year,
            state.grant.recipient.code if state.grant.recipient else "",
            state.grant.recipient.name if state.grant.recipient else "",
            order,
            step.get_step_display(),
            step.amount,
            step.on,
            step.document_no,
            int(step.provisional),
        )
        for state in queries.grants_of(region)
        for order, step in enumerate(state.grant.steps.all(), 1)
    ]
    return download(f"{region.name}_交付金.csv", write_csv([GRANT_COLUMNS, *rows]).data)


@region_page
@require_GET
def lines_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """All budget lines as data: one line a row, yen."""
    rows = [
        (
            line.slug,
            line.fiscal_year,
            line.initiative.slug,
            line.initiative.title,
            line.project.title if line.project else "",
            line.municipality.code if line.municipality else "",
            line.municipality.name if line.municipality else "",
            line.get_stage_display(),
            line.round or None,
            line.amount,
            line.get_funding_display() if line.funding else "",
            line.note,
        )
        for line in queries.lines_of(region)
    ]
    return download(f"{region.name}_予算決算.csv", write_csv([LINE_COLUMNS, *rows]).data)


def _grant_initial(grant: Grant | None, year: int) -> dict[str, Any]:
    if grant is None:
        return {"fiscal_year": year}
    return {
        "title": grant.title,
        "programme": grant.programme,
        "fiscal_year": grant.fiscal_year,
        "recipient": grant.recipient_id or "",
    }


def _steps_initial(grant: Grant | None) -> list[dict[str, Any]]:
    if grant is None:
        return [{}, {}]
    names = ("step", "amount", "on", "document_no", "provisional")
    return [*({name: getattr(step, name) for name in names} for step in grant.steps.all()), {}]


def _step_draft(step: GrantStep) -> StepDraft:
    return StepDraft(step.step, step.amount, step.on, step.document_no, step.provisional)


def _line_initial(request: StaffRequest, line: BudgetLine | None) -> dict[str, Any]:
    if line is None:
        named = fiscal_year.FiscalYear.named(request.GET.get("year"))
        year = int(named or fiscal_year.FiscalYear.of(timezone.localdate()))
        return {"fiscal_year": year, "stage": BudgetLine.Stage.INITIAL}
    names = ("initiative", "fiscal_year", "stage", "amount", "funding", "note")
    return {
        **{name: getattr(line, name) for name in names},
        "round": line.round or None,
        "project": str(line.project_id or ""),
        "municipality": line.municipality_id or "",
    }


def _grant_conflict(stale: Stale, form: GrantForm, drafts: list[StepDraft]) -> Conflict:
    found = conflict_of(stale, form)
    current: Any = stale.current
    mine = content_of_steps(drafts)
    theirs = "\n".join(content_of_grant(current)["steps"])
    rows = [*found.rows, {"name": "steps", "label": LABELS["steps"], "mine": mine, "theirs": theirs}]
    return Conflict(rows, found.version, found.whose, found.when)


def content_of_steps(drafts: list[StepDraft]) -> str:
    """Steps as the log writes them, one a line."""
    return "\n".join(
        " ".join(
            filter(
                None,
                (
                    draft.label,
                    f"{draft.amount:,}円",
                    draft.on.isoformat() if draft.on else "",
                    draft.document_no,
                    "予定額" if draft.provisional else "",
                ),
            )
        )
        for draft in drafts
    )


def _stepper(grant: Grant) -> list[dict[str, Any]]:
    steps = list(grant.steps.all())
    return [
        {
            "label": f"{step.get_step_display()}　{step.amount:,}円",
            "state": "current" if number == len(steps) else "done",
            "date": step.on,
            "note": "・".join(filter(None, (step.document_no, *_open_of(step)))),
        }
        for number, step in enumerate(steps, 1)
    ]


def _open_of(step: GrantStep) -> list[str]:
    """What is not known of a step: a stated or expected amount has no papers, every other step has."""
    if step.provisional:
        return ["予定額"]
    if step.step == GrantStep.Step.REPORTED:
        return []
    asked = (("日付", step.on), ("文書番号", step.document_no))
    return [f"{label} 未入力" for label, known in asked if not known]


def _history(record: Grant | BudgetLine | None) -> list[Entry]:
    if record is None:
        return []
    entries = []
    for row in log_of(record):
        found = []
        if row.before is not None and row.after is not None:
            found = [
                Change(LABELS.get(name, name), _words(row.before.get(name)), _words(value))
                for name, value in row.after.items()
            ]
        entries.append(Entry(row.at, row.text, found))
    return entries


def _words(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value or "")
