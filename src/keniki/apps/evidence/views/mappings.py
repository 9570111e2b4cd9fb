"""Pages of the remembered mappings, and the one on which a mapping is made of a file of unknown layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, staff_page, version_of
from keniki.core.errors import WrongInput

from .. import actions, policies, queries, uploads
from ..forms import FileForm
from ..importers.base import RawBytes
from ..importers.grids import sheets_of
from ..importers.mapping import MappingSpec, draft, head_of, spec_of
from ..mapping_forms import LayoutForm, MappingForm, choices, drafted, first_layout, layout_of
from ..reading import Reading


@dataclass(frozen=True)
class Desk:
    """Whose mappings a page is about: a region's, or (without one) everybody's, which are the operator's."""

    region: Region | None

    def url(self, name: str, *args: object) -> str:
        """The address of a page of mappings."""
        if self.region is None:
            return reverse(f"evidence:official-{name}", args=args)
        return reverse(f"evidence:{name}", args=[self.region.slug, *args])

    @property
    def frame(self) -> dict[str, Any]:
        """What all these pages show: where they belong and lead."""
        if self.region is None:
            home = (reverse("evidence:sources"), "公的統計の取得")
        else:
            home = (reverse("evidence:evidence", args=[self.region.slug]), "統計")
        return {
            "nav_active": "evidence" if self.region else "",
            "home_url": home[0],
            "home_name": home[1],
            "mappings_url": self.url("mappings"),
            "new_url": self.url("new-mapping"),
        }


@region_page
@require_GET
def mappings(request: StaffRequest, region: Region) -> HttpResponse:
    """The mappings the region's files are read by: its own and everybody's."""
    return _mappings(request, Desk(region))


@staff_page
@require_GET
def official_mappings(request: StaffRequest) -> HttpResponse:
    """The mappings everybody's statistics are read by."""
    return _mappings(request, Desk(None))


def _mappings(request: StaffRequest, desk: Desk) -> HttpResponse:
    return page(
        request,
        "evidence/mappings.html",
        rows=[(row, desk.url("mapping", row.pk)) for row in queries.mappings(desk.region)],
        ruling=policies.import_figures(request.actor, desk.region),
        **desk.frame,
    )


@region_page
@require_GET
def mapping(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One mapping in words."""
    return _mapping(request, Desk(region), pk)


@staff_page
@require_GET
def official_mapping(request: StaffRequest, pk: int) -> HttpResponse:
    """One of everybody's mappings in words."""
    return _mapping(request, Desk(None), pk)


def _mapping(request: StaffRequest, desk: Desk, pk: int) -> HttpResponse:
    found = queries.mapping_for(desk.region, pk)
    return page(
        request,
        "evidence/mapping.html",
        mapping=found,
        words=queries.in_words(found),
        ruling=policies.forget_mapping(request.actor, found, desk.region),
        file_url=desk.url("mapping-file", pk),
        forget_url=desk.url("forget-mapping", pk),
        **desk.frame,
    )


@region_page
@require_GET
def mapping_file(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A mapping as the YAML file `keniki data import --map` takes."""
    return _mapping_file(region, pk)


@staff_page
@require_GET
def official_mapping_file(request: StaffRequest, pk: int) -> HttpResponse:
    """One of everybody's mappings as a YAML file."""
    return _mapping_file(None, pk)


def _mapping_file(region: Region | None, pk: int) -> HttpResponse:
    found = queries.mapping_for(region, pk)
    content = spec_of(found.spec).model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    return download(f"{found.name}.yaml", text)


@region_page
@require_POST
def forget(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Have a mapping forgotten."""
    return _forget(request, Desk(region), pk)


@staff_page
@require_POST
def forget_official(request: StaffRequest, pk: int) -> HttpResponse:
    """Have one of everybody's mappings forgotten."""
    return _forget(request, Desk(None), pk)


def _forget(request: StaffRequest, desk: Desk, pk: int) -> HttpResponse:
    found = queries.mapping_for(desk.region, pk)
    actions.forget_mapping(request.actor, found, version_of(request) or 0, region=desk.region)
    messages.success(request, f"列の対応「{found.name}」を削除しました。読み込んだ値は残っています。")
    return redirect(desk.url("mappings"))


@region_page
@require_http_methods(["GET", "POST"])
def new_mapping(request: StaffRequest, region: Region) -> HttpResponse:
    """A file of unknown layout: chosen, looked at with a proposal, its columns named, tried, read and remembered."""
    return _new(request, Desk(region))


@staff_page
@require_http_methods(["GET", "POST"])
def new_official_mapping(request: StaffRequest) -> HttpResponse:
    """The same for statistics everybody reads."""
    return _new(request, Desk(None))


def _new(request: StaffRequest, desk: Desk) -> HttpResponse:
    policies.import_figures(request.actor, desk.region).require()
    mark = request.POST.get("mark", "")
    form = FileForm(request.POST if not mark and request.POST else None, request.FILES or None)
    try:
        if mark:
            file = uploads.kept(desk.region, mark)
            return _edited(request, desk, file, mark)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data["file"]
            file = RawBytes(given.name or "file", given.read())
            content = draft(file)
            return _shown(request, desk, file, uploads.keep(desk.region, file), content)
    except WrongInput as wrong:
        form = FileForm({})
        form.is_valid()
        form.errors.clear()
        put_error(form, WrongInput(str(wrong), column="file"))
    return page(
        request,
        "evidence/mapping_file.html",
        form=form,
        status=422 if form.errors else 200,
        **desk.frame,
    )


def _edited(request: StaffRequest, desk: Desk, file: RawBytes, mark: str) -> HttpResponse:
    """What a person did on the page of columns: looked at other rows, tried the mapping, or saved it."""
    deed = request.POST.get("deed", "")
    if not deed:
        return _shown(request, desk, file, mark, draft(file))
    laying = LayoutForm(request.POST, sheets=sheets_of(file))
    if not laying.is_valid():
        return _shown(request, desk, file, mark, draft(file), laying=laying)
    content = drafted(file, laying)
    if deed == "look":
        return _shown(request, desk, file, mark, content, laying=laying)
    layout = layout_of(file, content)
    form = MappingForm(request.POST, layout=layout, content=content, official=desk.region is None)
    tried = None
    if form.is_valid():
        try:
            spec = form.spec()
            if deed == "save":
                done = actions.read_by_mapping(request.actor, desk.region, file, spec)
                messages.success(
                    request,
                    f"「{spec.title}」を読み込みました。{done.said}。同じ見出しの表は、次からこの対応で読みます。",
                )
                if desk.region is None:
                    return redirect(desk.url("mappings"))
                return redirect("evidence:edition", desk.region.slug, done.edition.pk)
            tried = _tried(desk.region, file, spec)
        except WrongInput as wrong:
            form.refuse(wrong)
    return _shown(request, desk, file, mark, content, laying=laying, form=form, tried=tried)


def _tried(region: Region | None, file: RawBytes, spec: MappingSpec) -> dict[str, Any]:
    return {
        "preview": queries.preview(Reading(region).read(file, spec=spec).parsed),
        "replaced": queries.mapping_of(region, head_of(file, spec)),
    }


def _shown(
    request: StaffRequest,
    desk: Desk,
    file: RawBytes,
    mark: str,
    content: dict[str, Any],
    *,
    laying: LayoutForm | None = None,
    form: MappingForm | None = None,
    tried: dict[str, Any] | None = None,
) -> HttpResponse:
    layout = layout_of(file, content)
    form = form or MappingForm(layout=layout, content=content, official=desk.region is None)
    laying = laying or LayoutForm(sheets=sheets_of(file), initial=first_layout(file, content))
    wrong = bool(laying.errors) or (form.is_bound and form.wrong)
    return page(
        request,
        "evidence/mapping_new.html",
        file=file,
        mark=mark,
        layout=layout,
        laying=laying,
        form=form,
        choices=choices(),
        status=422 if wrong else 200,
        **desk.frame,
        **(tried or {}),
    )
