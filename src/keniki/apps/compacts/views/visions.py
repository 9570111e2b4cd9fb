"""Visions: list with declarations and KPIs, page with the tree, form, states, editions."""

from __future__ import annotations

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.compacts import actions, policies, queries, states
from keniki.apps.compacts.actions.visions import GoalRow, SectionRow
from keniki.apps.compacts.forms.agreements import MoveForm
from keniki.apps.compacts.forms.common import field_choices
from keniki.apps.compacts.forms.visions import GoalForm, SectionForm, VisionForm
from keniki.apps.compacts.models import Vision
from keniki.apps.compacts.queries.fields import field_names
from keniki.apps.compacts.queries.kpis import last_closed_year, standing, tally
from keniki.apps.compacts.queries.visions import edition as kept_edition
from keniki.apps.compacts.queries.visions import unsaved_changes
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import Sheet, edit_page, kept, rows_of
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page

from .frames import EDIT, vision_frame

MOVE_LABELS = {
    "outline": "骨子に戻す",
    "draft": "素案にする",
    "public_comment": "パブリックコメントの開始を記録する",
    "decided": "策定を記録する",
    "changed": "変更版の確定を記録する",
}


@region_page
@require_GET
def visions(request: StaffRequest, region: Region) -> HttpResponse:
    """All visions and declarations, and how the KPIs stand."""
    year = last_closed_year()
    standings = [standing(row, year) for row in queries.kpis(region)]
    return page(
        request,
        "compacts/visions.html",
        nav_active="visions",
        visions=queries.visions(region),
        declarations=queries.declarations(region),
        tally=tally(standings),
        ruling=policies.edit_shared(request.actor, region),
    )


@region_page
@require_GET
def vision(request: StaffRequest, region: Region, vision: str) -> HttpResponse:
    """One vision: state, period, future image, chapters, tree, KPIs, editions."""
    found = queries.vision(region, vision)
    actor = request.actor
    year = last_closed_year()
    return page(
        request,
        "compacts/vision.html",
        nav_active="visions",
        vision=found,
        steps=queries.vision_steps(found),
        tree=queries.tree(found),
        standings=[standing(row, year) for row in found.kpis.all()],
        moves=[
            (to, MOVE_LABELS[to], policies.move_vision(actor, found, to))
            for to in states.VISION_MOVES[found.state]
        ],
        unsaved=unsaved_changes(found),
        may_edit=policies.edit_shared(actor, region),
        entries=log_of(found),
    )


@region_page
@require_GET
def edition(request: StaffRequest, region: Region, vision: str, order: int) -> HttpResponse:
    """The whole content of a kept edition."""
    found = queries.vision(region, vision)
    row = kept_edition(found, order)
    assert row.content is not None
    return page(
        request,
        "compacts/edition.html",
        nav_active="visions",
        vision=found,
        edition=row,
        content=row.content,
        fields=field_names(),
    )


@region_page
@require_http_methods(["GET", "POST"])
def save(request: StaffRequest, region: Region, vision: str | None = None) -> HttpResponse:
    """Write a vision or begin one."""
    policies.edit_shared(request.actor, region).require()
    found = queries.vision(region, vision) if vision else None

    def build(data: QueryDict | None, record: Vision | None) -> Sheet:
        sections = [{"heading": s.heading, "body": s.body} for s in record.sections.all()] if record else []
        goals = (
            [{"key": g.key, "field": g.field, "text": g.text} for g in record.goals.all()] if record else []
        )
        choices = field_choices(region, keep=[goal["field"] for goal in goals if goal["field"]])
        return Sheet(
            VisionForm(data, initial=VisionForm.filled_from(record) if record else {}),
            {
                "本文の章": rows_of(SectionForm, data, "sections", sections, extra=1),
                "基本目標": rows_of(GoalForm, data, "goals", goals, choices=choices),
            },
        )

    def write(sheet: Sheet) -> Vision:
        given = dict(sheet.form.cleaned_data)
        return actions.save_vision(
            request.actor,
            region,
            found,
            given.pop("version"),
            values=given,
            sections=[SectionRow(r["heading"], r["body"]) for r in kept(sheet.formsets["本文の章"])],
            goals=[GoalRow(r["text"], r["field"], r["key"]) for r in kept(sheet.formsets["基本目標"])],
        )

    return edit_page(
        request,
        vision_frame(region, found),
        "ビジョンを編集" if found else "ビジョンを作成",
        found,
        build,
        write,
        done=lambda saved: (
            "ビジョンを保存しました。",
            reverse("compacts:vision", args=[region.slug, saved.slug]),
        ),
        template=EDIT,
    )


@region_page
@require_http_methods(["GET", "POST"])
def move(request: StaffRequest, region: Region, vision: str, state: str) -> HttpResponse:
    """Enter a state on a day; the content is kept as an edition."""
    found = queries.vision(region, vision)
    if state not in states.VisionState.values:
        raise Http404("この状態はありません。")
    ruling = policies.move_vision(request.actor, found, state).require()

    def build(data: QueryDict | None, record: Vision) -> Sheet:
        return Sheet(MoveForm(data, initial={"version": record.version, "on": regions.today()}))

    def write(sheet: Sheet) -> Vision:
        given = sheet.form.cleaned_data
        return actions.move_vision(
            request.actor, found, given["version"], state, on=given["on"], document_no=given["document_no"]
        )

    frame = vision_frame(region, found)
    return edit_page(
        request,
        frame,
        MOVE_LABELS[state],
        found,
        build,
        write,
        done=lambda saved: (f"「{saved.state_label}」を記録しました。", frame.back),
        template=EDIT,
        ruling=ruling,
        lead="記録すると、今の内容が版として残ります。",
        save_label="記録する",
    )
