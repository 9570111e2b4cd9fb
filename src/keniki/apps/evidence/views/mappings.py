"""Pages of the remembered mappings, and the one on which a mapping is made of a file of unknown layout."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import yaml
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.core.errors import WrongInput

from .. import actions, policies, queries, uploads
from ..forms import FileForm
from ..importers.base import RawBytes
from ..importers.grids import sheets_of
from ..importers.mapping import MappingSpec, draft, head_of, spec_of
from ..mapping_forms import LayoutForm, MappingForm, choices, drafted, first_layout, layout_of
from ..reading import Reading


@region_page
@require_GET
def mappings(request: StaffRequest, region: Region) -> HttpResponse:
    """The mappings the region's files are read by: its own and everybody's."""
    return page(
        request,
        "evidence/mappings.html",
        nav_active="evidence",
        rows=queries.mappings(region),
        ruling=policies.import_figures(request.actor, region),
    )


@region_page
@require_GET
def mapping(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One mapping in words."""
    found = queries.mapping_for(region, pk)
    return page(
        request,
        "evidence/mapping.html",
        nav_active="evidence",
        mapping=found,
        words=queries.in_words(found),
        ruling=policies.forget_mapping(request.actor, found, region),
    )


@region_page
@require_GET
def mapping_file(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A mapping as the YAML file `keniki data import --map` takes."""
    found = queries.mapping_for(region, pk)
    content = spec_of(found.spec).model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    response = HttpResponse(text.encode(), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}.yaml"
    return response


@region_page
@require_POST
def forget(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Have a mapping forgotten."""
    found = queries.mapping_for(region, pk)
    actions.forget_mapping(request.actor, found, version_of(request) or 0, region=region)
    messages.success(request, f"列の対応「{found.name}」を削除しました。読み込んだ値は残っています。")
    return redirect("evidence:mappings", region.slug)


@region_page
@require_http_methods(["GET", "POST"])
def new_mapping(request: StaffRequest, region: Region) -> HttpResponse:
    """A file of unknown layout: chosen, looked at with a proposal, its columns named, tried, read and remembered."""
    policies.import_figures(request.actor, region).require()
    mark = request.POST.get("mark", "")
    form = FileForm(request.POST if not mark and request.POST else None, request.FILES or None)
    try:
        if mark:
            file = uploads.kept(region, mark)
            return _edited(request, region, file, mark)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data["file"]
            file = RawBytes(given.name or "file", given.read())
            content = draft(file)
            return _shown(request, region, file, uploads.keep(region, file), content)
    except WrongInput as wrong:
        form = FileForm({})
        form.is_valid()
        form.errors.clear()
        put_error(form, WrongInput(str(wrong), column="file"))
    return page(
        request,
        "evidence/mapping_file.html",
        nav_active="evidence",
        form=form,
        status=422 if form.errors else 200,
    )


def _edited(request: StaffRequest, region: Region, file: RawBytes, mark: str) -> HttpResponse:
    """What a person did on the page of columns: looked at other rows, tried the mapping, or saved it."""
    deed = request.POST.get("deed", "")
    if not deed:
        return _shown(request, region, file, mark, draft(file))
    laying = LayoutForm(request.POST, sheets=sheets_of(file))
    if not laying.is_valid():
        return _shown(request, region, file, mark, draft(file), laying=laying)
    content = drafted(file, laying)
    if deed == "look":
        return _shown(request, region, file, mark, content, laying=laying)
    form = MappingForm(request.POST, layout=layout_of(file, content), content=content)
    tried = None
    if form.is_valid():
        try:
            spec = form.spec()
            if deed == "save":
                done = actions.read_by_mapping(request.actor, region, file, spec)
                messages.success(
                    request,
                    f"「{spec.title}」を読み込みました。{done.said}。同じ見出しの表は、次からこの対応で読みます。",
                )
                return redirect("evidence:edition", region.slug, done.edition.pk)
            tried = _tried(region, file, spec)
        except WrongInput as wrong:
            form.refuse(wrong)
    return _shown(request, region, file, mark, content, laying=laying, form=form, tried=tried)


def _tried(region: Region, file: RawBytes, spec: MappingSpec) -> dict[str, Any]:
    return {
        "preview": queries.preview(Reading(region).read(file, spec=spec).parsed),
        "replaced": queries.mapping_of(region, head_of(file, spec)),
    }


def _shown(
    request: StaffRequest,
    region: Region,
    file: RawBytes,
    mark: str,
    content: dict[str, Any],
    *,
    laying: LayoutForm | None = None,
    form: MappingForm | None = None,
    tried: dict[str, Any] | None = None,
) -> HttpResponse:
    layout = layout_of(file, content)
    form = form or MappingForm(layout=layout, content=content)
    laying = laying or LayoutForm(sheets=sheets_of(file), initial=first_layout(file, content))
    wrong = bool(laying.errors) or (form.is_bound and form.wrong)
    return page(
        request,
        "evidence/mapping_new.html",
        nav_active="evidence",
        file=file,
        mark=mark,
        layout=layout,
        laying=laying,
        form=form,
        choices=choices(),
        status=422 if wrong else 200,
        **(tried or {}),
    )
