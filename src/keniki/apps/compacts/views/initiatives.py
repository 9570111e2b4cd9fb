"""Initiatives: list against the policy fields, form, projects. The page of one is composed in `portal`."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.compacts import actions, policies, queries
from keniki.apps.compacts.actions.initiatives import RoleLine
from keniki.apps.compacts.forms.common import member_choices
from keniki.apps.compacts.forms.initiatives import FindingForm, InitiativeForm, ProjectForm, RoleLineForm
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.compacts.queries.visions import goals_of
from keniki.apps.regions.editing import Sheet, edit_page, kept, rows_of
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on

from .frames import EDIT, initiative_frame, initiative_url


@region_page
@require_GET
def initiatives(request: StaffRequest, region: Region) -> HttpResponse:
    """All initiatives against the policy fields."""
    rows = queries.initiatives(region)
    return page(
        request,
        "compacts/initiatives.html",
        nav_active="initiatives",
        table=queries.field_table(rows),
        annex=queries.annex_titles(region),
        addresses={row.slug: initiative_url(region, row) for row in rows},
        ruling=policies.edit_shared(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def save(request: StaffRequest, region: Region, initiative: str | None = None) -> HttpResponse:
    """Write an initiative with everything that hangs on it, or begin one."""
    policies.edit_shared(request.actor, region).require()
    found = queries.initiative(region, initiative) if initiative else None
    towns = member_choices(region)
    members = {m.municipality.code: m.municipality for m in members_on(region)}
    annex = {choice.value: choice for choice in queries.annex_choices(region)}
    visions = {vision.slug: vision for vision, _ in goals_of(region)}
    aims = [
        (f"{vision.slug}:{key}", f"{vision.title}{'：' + text if text else '（基本目標は未定）'}")
        for vision, goals in goals_of(region)
        for key, text in [("", ""), *((goal.key, goal.text) for goal in goals)]
    ]

    def build(data: QueryDict | None, record: Initiative | None) -> Sheet:
        roles: list[dict[str, Any]] = []
        findings: list[dict[str, Any]] = []
        initial: dict[str, Any] = {}
        if record is not None:
            initial = InitiativeForm.filled_from(record)
            roles = [
                {"label": r.label, "municipalities": r.municipalities, "text": r.text}
                for r in record.roles.all()
            ]
            findings = [{"text": row.text} for row in record.findings.all()]
        choices = [
            (value, f"{choice.agreement.title} 別表「{choice.item.title}」")
            for value, choice in annex.items()
        ]
        form = InitiativeForm(
            region, data, initial=initial, aims=aims, annex=choices, keep=initial.get("fields", [])
        )
        return Sheet(
            form,
            {
                "構成団体の役割分担": rows_of(RoleLineForm, data, "roles", roles, extra=1, towns=towns),
                "成果と課題": rows_of(FindingForm, data, "findings", findings, extra=1),
            },
            InitiativeForm.groups(),
        )

    def write(sheet: Sheet) -> Initiative:
        given = dict(sheet.form.cleaned_data)
        version, aim = given.pop("version"), given.pop("aim")
        links, bodies, outlooks = given.pop("annex"), given.pop("bodies"), given.pop("outlooks")
        if given["order"] is None:
            del given["order"]
        slug, _, goal = aim.partition(":")
        return actions.save_initiative(
            request.actor,
            region,
            found,
            version,
            values={**given, "vision": visions.get(slug), "goal": goal},
            bodies=[members[code] for code in bodies],
            roles=[
                RoleLine(r["label"], r["text"], r["municipalities"])
                for r in kept(sheet.formsets["構成団体の役割分担"])
            ],
            findings=[r["text"] for r in kept(sheet.formsets["成果と課題"])],
            outlooks=outlooks,
            annex=[(annex[value].agreement, annex[value].item.key) for value in links],
        )

    return edit_page(
        request,
        initiative_frame(region, found),
        "取組を編集" if found else "取組を作成",
        found,
        build,
        write,
        done=lambda saved: ("取組を保存しました。", initiative_url(region, saved)),
        template="compacts/initiative_edit.html",
        initiative=found,
        projects=list(found.projects.all()) if found else [],
    )


@region_page
@require_http_methods(["GET", "POST"])
def project(
    request: StaffRequest, region: Region, initiative: str, project: str | None = None
) -> HttpResponse:
    """Write a project below an initiative or begin one."""
    policies.edit_shared(request.actor, region).require()
    found = queries.initiative(region, initiative)
    stored = next((row for row in found.projects.all() if row.slug == project), None)
    if project is not None and stored is None:
        raise Http404("事業が見つかりません。")
    members = {m.municipality.code: m.municipality for m in members_on(region)}

    def build(data: QueryDict | None, record: Project | None) -> Sheet:
        return Sheet(ProjectForm(region, data, initial=ProjectForm.filled_from(record) if record else {}))

    def write(sheet: Sheet) -> Project:
        given = dict(sheet.form.cleaned_data)
        version = given.pop("version")
        given["lead"] = members.get(given["lead"])
        return actions.save_project(request.actor, found, stored, version, values=given)

    back = reverse("compacts:initiative-edit", args=[region.slug, found.slug])
    return edit_page(
        request,
        initiative_frame(region, found, back),
        "事業を編集" if stored else "事業を追加",
        stored,
        build,
        write,
        done=lambda saved: ("事業を保存しました。", back),
        template=EDIT,
    )
