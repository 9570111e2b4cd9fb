"""Declarations: page, form with the parts the programme asks for, publishing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.compacts import actions, policies, queries
from keniki.apps.compacts.actions.declarations import PART_FIELDS, PartRow
from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.forms.declarations import DeclarationForm, PublishForm
from keniki.apps.compacts.models import Declaration
from keniki.apps.compacts.queries.fields import field_names
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on, programme_words
from keniki.rulebooks import programmes
from keniki.rulebooks.compacts import declaring_programmes
from keniki.rulebooks.programmes import TEIJU

from .frames import EDIT, declaration_frame


@region_page
@require_GET
def declaration(request: StaffRequest, region: Region, declaration: str) -> HttpResponse:
    """One declaration with its gist and parts."""
    found = queries.declaration(region, declaration)
    parts = {part.key: part for part in found.parts.all()}
    headings = {part.key: part.heading for part in parts_of(found.programme)}
    headings |= {key: part.heading for key, part in parts.items() if key not in headings}
    codes = {code for part in parts.values() for code in part.municipalities}
    return page(
        request,
        "compacts/declaration.html",
        nav_active="visions",
        declaration=found,
        parts=[
            (number, heading, parts.get(key)) for number, (key, heading) in enumerate(headings.items(), 1)
        ],
        centre_word=programme_words(found.programme)["centre"],
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

    known = declaring_programmes(regions.today())
    wanted = found.programme if found else request.POST.get("programme") or request.GET.get("programme")
    programme = wanted if wanted in known else _programme_in_force(region, known)
    parts = parts_of(programme)

    def build(data: QueryDict | None, record: Declaration | None) -> Sheet:
        centre = next((m.municipality.code for m in members if m.role == RegionMembership.Role.CENTRE), "")
        partners = [m.municipality.code for m in members if m.role == RegionMembership.Role.PARTNER]
        initial: dict[str, Any] = {
            "programme": programme,
            "centre": centre,
            "partners_municipalities": partners if programme == TEIJU else [],
        }
        keep: list[str] = []
        if record is not None:
            initial = DeclarationForm.filled_from(record)
            keep = initial.get("ideas_fields", [])
        form = DeclarationForm(region, programme, data, initial=initial, keep=keep)
        return Sheet(form, groups=form.groups())

    def write(sheet: Sheet) -> Declaration:
        given = sheet.form.cleaned_data
        rows = {
            part.key: PartRow(
                **{name: given[f"{part.key}_{name}"] for name in PART_FIELDS if f"{part.key}_{name}" in given}
            )
            for part in parts
        }
        return actions.save_declaration(
            request.actor,
            region,
            found,
            given["version"],
            programme=programme,
            title=given["title"],
            centre=towns[given["centre"]],
            gist=given["gist"],
            parts=rows,
            text_complete=given["text_complete"],
            mayor=given["mayor"],
        )

    others = [] if found else [key for key in known if key != programme]
    return edit_page(
        request,
        declaration_frame(region, found),
        "宣言を編集" if found else "宣言を作成",
        found,
        build,
        write,
        done=lambda saved: (
            "宣言の案を保存しました。",
            reverse("compacts:declaration", args=[region.slug, saved.slug]),
        ),
        template="compacts/declaration_edit.html",
        declaration_name=programmes.programme(programme, regions.today()).value.declaration,
        others=[programmes.programme(key, regions.today()) for key in others],
    )


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

    frame = declaration_frame(region, found)
    return edit_page(
        request,
        frame,
        "公表を記録",
        found,
        build,
        write,
        done=lambda saved: ("宣言の公表を記録しました。", frame.back),
        template=EDIT,
        ruling=ruling,
        lead="記録すると、今の内容が公表した宣言として確定し、変更できなくなります。",
        save_label="公表を記録する",
    )


def _programme_in_force(region: Region, known: Collection[str]) -> str:
    """The declaring programme the region works under, the latest first; the first one known where there is none."""
    rows = [row.programme for row in region.programmes.order_by("-valid") if row.programme in known]
    return next(iter([*rows, *known]))
