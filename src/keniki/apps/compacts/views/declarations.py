"""Declarations: page, form with the five parts, publishing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.compacts import actions, policies, queries
from keniki.apps.compacts.actions.declarations import PartRow
from keniki.apps.compacts.forms.plans import DeclarationForm, PublishForm
from keniki.apps.compacts.models import Declaration, DeclarationPart
from keniki.apps.compacts.queries.fields import field_names
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on

from .editing import Outcome, Sheet, edit


@region_page
@require_GET
def declaration(request: StaffRequest, region: Region, declaration: str) -> HttpResponse:
    """One declaration with its gist and parts."""
    found = queries.declaration(region, declaration)
    parts = {part.key: part for part in found.parts.all()}
    codes = {code for part in parts.values() for code in part.municipalities}
    return page(
        request,
        "compacts/declaration.html",
        nav_active="visions",
        declaration=found,
        parts=[
            (number, label, parts.get(key))
            for number, (key, label) in enumerate(DeclarationPart.Key.choices, 1)
        ],
        names={town.code: town.name for town in Municipality.objects.filter(code__in=codes)},
        fields=field_names(keep=[key for part in parts.values() for key in part.fields]),
        may_edit=policies.edit_declaration(request.actor, found),
        may_publish=policies.publish_declaration(request.actor, found),
        entries=log_of(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def save(request: StaffRequest, region: Region, declaration: str | None = None) -> HttpResponse:
    """Write a draft declaration or begin one."""
    found = queries.declaration(region, declaration) if declaration else None
    ruling = (
        policies.edit_declaration(request.actor, found)
        if found
        else policies.edit_shared(request.actor, region)
    )
    ruling.require()
    members = members_on(region)
    towns = {m.municipality.code: m.municipality for m in members}

    def build(data: QueryDict | None, record: Declaration | None) -> Sheet:
        centre = next((m.municipality.code for m in members if m.role == RegionMembership.Role.CENTRE), "")
        partners = [m.municipality.code for m in members if m.role == RegionMembership.Role.PARTNER]
        initial: dict[str, Any] = {"centre": centre, "partners_municipalities": partners}
        keep: list[str] = []
        if record is not None:
            initial = DeclarationForm.filled_from(record)
            keep = initial.get("ideas_fields", [])
        form = DeclarationForm(region, data, initial=initial, keep=keep)
        return Sheet(form, groups=DeclarationForm.groups())

    def write(sheet: Sheet) -> Declaration:
        given = sheet.form.cleaned_data
        parts = {
            key: PartRow(
                text=given[f"{key}_text"],
                heading=given[f"{key}_heading"],
                items=given[f"{key}_items"],
                fields=given.get(f"{key}_fields", []),
                municipalities=given.get(f"{key}_municipalities", []),
            )
            for key in DeclarationPart.Key.values
        }
        return actions.save_declaration(
            request.actor,
            region,
            found,
            given["version"],
            programme=given["programme"],
            title=given["title"],
            centre=towns[given["centre"]],
            gist=given["gist"],
            parts=parts,
        )

    outcome = edit(request, found, build, write)
    if outcome.done:
        messages.success(request, "宣言の案を保存しました。")
        return redirect("compacts:declaration", region.slug, outcome.saved.slug)
    return _form_page(request, region, found, "宣言を編集" if found else "宣言を作成", outcome)


@region_page
@require_http_methods(["GET", "POST"])
def publish(request: StaffRequest, region: Region, declaration: str) -> HttpResponse:
    """Publish on a day."""
    found = queries.declaration(region, declaration)
    ruling = policies.publish_declaration(request.actor, found).require()

    def build(data: QueryDict | None, record: Declaration) -> Sheet:
        return Sheet(PublishForm(data, initial={"version": record.version, "on": regions.today()}))

    def write(sheet: Sheet) -> Declaration:
        given = sheet.form.cleaned_data
        return actions.publish_declaration(
            request.actor, found, given["version"], on=given["on"], document_no=given["document_no"]
        )

    outcome = edit(request, found, build, write)
    if outcome.done:
        messages.success(request, "宣言の公表を記録しました。")
        return redirect("compacts:declaration", region.slug, found.slug)
    return _form_page(
        request,
        region,
        found,
        "公表を記録",
        outcome,
        ruling=ruling,
        lead="記録すると、今の内容が公表した宣言として確定し、変更できなくなります。",
        save_label="公表を記録する",
    )


def _form_page(
    request: StaffRequest,
    region: Region,
    found: Declaration | None,
    title: str,
    outcome: Outcome,
    **context: Any,
) -> HttpResponse:
    visions_url = reverse("compacts:visions", args=[region.slug])
    address = reverse("compacts:declaration", args=[region.slug, found.slug]) if found else visions_url
    crumbs = [("ビジョン・KPI", visions_url)] + ([(found.title, address)] if found else [])
    return page(
        request,
        "compacts/edit.html",
        status=409 if outcome.conflict else 422 if request.method == "POST" else 200,
        nav_active="visions",
        title=title,
        eyebrow=found.title if found else "",
        outcome=outcome,
        back=address,
        crumbs=crumbs,
        **context,
    )
