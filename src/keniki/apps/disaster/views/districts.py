"""Pages of districts: the list with its map, one district, its form, files, census proposals, targets."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.apps.regions.queries import members_on
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import districts as actions
from ..actions.districts import DistrictDraft
from ..forms.districts import (
    COLUMNS,
    DistrictFile,
    DistrictFileForm,
    DistrictForm,
    district_initial,
    districts_in,
)
from ..models import District
from ..picturing import district_map
from ..queries import districts as queries
from ..queries.hazards import layers_for_district, town_shapes
from ..queries.towns import towns_placed


@region_page
@require_GET
def districts(request: StaffRequest, region: Region) -> HttpResponse:
    """The districts of the region, of one town; the map; each town's sum beside its census population."""
    every = queries.districts_of(region)
    code = request.GET.get("town", "")
    shown = [each for each in every if not code or each.municipality.code == code]
    known = town_shapes(region)
    by_town = queries.people_by_town(region, every)
    return page(
        request,
        "disaster/districts.html",
        nav_active="disaster",
        districts=shown,
        town=next((row.town for row in by_town if row.town.code == code), None),
        by_town=[(row, policies.write_place(request.actor, region, row.town)) for row in by_town],
        total=sum(each.residents for each in every),
        targets=sum(each.residents for each in every if each.target),
        map=district_map(f"{region.name}の地区の地図", known, shown, town=code) if shown else None,
        known=known,
        unplaced=sum(not each.geometry and each.latitude is None for each in shown),
        ruling=policies.write_some_place(request.actor, region),
    )


@region_page
@require_GET
def district(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A district: its people, where it lies, which hazards reach it."""
    found = queries.district_for(region, slug)
    known = town_shapes(region)
    placed = bool(found.geometry) or found.latitude is not None
    return page(
        request,
        "disaster/district.html",
        nav_active="disaster",
        district=found,
        map=district_map(f"{found}の位置", known, [found], town=found.municipality.code) if placed else None,
        layers=layers_for_district(region, found),
        placed=placed,
        entries=log_of(found),
        ruling=policies.write_place(request.actor, region, found.municipality),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_district(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a district or change it; a second editor is shown both."""
    found = queries.district_for(region, slug) if slug else None
    ruling = (
        policies.write_place(request.actor, region, found.municipality)
        if found
        else policies.write_some_place(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    at_list = reverse("disaster:districts", args=[region.slug])
    back = found.get_absolute_url() if found else at_list
    towns = towns_placed(request.actor, region, found.municipality if found else None)

    def build(data: Any, record: District | None) -> Sheet:
        return Sheet(
            DistrictForm(data, towns=towns, district=record, initial=district_initial(record)),
            groups=[
                ("どこの地区か", ["town", "code", "name", "latitude", "longitude"]),
                ("人数", ["residents", "vulnerable", "night_people", "day_people", "as_of", "source_text"]),
                ("広域避難", ["target", "note"]),
            ],
        )

    def save(sheet: Sheet) -> District:
        form = sheet.form
        assert isinstance(form, DistrictForm)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_district(request.actor, region, form.draft(), found, version)

    def done(saved: District) -> tuple[str, str]:
        return f"地区「{saved}」を保存しました。", reverse(
            "disaster:district", args=[region.slug, saved.slug]
        )

    crumbs = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("地区", at_list),
        *([(found.name, back)] if found else []),
    ]
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        "地区の変更" if found else "地区を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        remove=reverse("disaster:remove-district", args=[region.slug, slug]) if found and ruling else "",
        remove_version=found.version if found else None,
        remove_label="この地区を削除",
    )


@region_page
@require_POST
def remove_district(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a district."""
    found = queries.district_for(region, slug)
    policies.write_place(request.actor, region, found.municipality).require()
    try:
        actions.remove_district(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの地区を更新しました。内容を確かめてください。")
        return redirect(found)
    messages.success(request, f"地区「{found}」を削除しました。")
    return redirect("disaster:districts", region.slug)


@region_page
@require_GET
def districts_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """The districts as a file that is read back; without any the file to fill in."""
    rows = [
        (
            each.municipality.code,
            each.municipality.name,
            each.code,
            each.name,
            each.residents,
            each.vulnerable,
            each.night_people,
            each.day_people,
            "1" if each.target else "",
            each.latitude,
            each.longitude,
            each.as_of,
            each.source_text,
            each.note,
        )
        for each in queries.districts_of(region)
    ]
    return download(f"{region.name}_地区.csv", write_csv([COLUMNS, *rows]).data)


@region_page
@require_http_methods(["GET", "POST"])
def load_districts(request: StaffRequest, region: Region) -> HttpResponse:
    """Take districts from a CSV or a GeoJSON; rows that cannot be taken are shown, the rest is stored."""
    ruling = policies.write_some_place(request.actor, region)
    form, file, loaded = DistrictFileForm(), None, None
    if request.method == "POST":
        ruling.require()
        form = DistrictFileForm(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data["file"]
            try:
                file, loaded = _take(request, region, given.read(), given.name)
            except WrongInput as wrong:
                put_error(form, WrongInput(wrong.message, row=wrong.row, column="file"))
            else:
                if file.drafts:
                    messages.success(
                        request,
                        f"地区を読み込みました。新規{loaded.new}、変更{loaded.changed}、変更なし{loaded.unchanged}。",
                    )
                if not file.problems:
                    return redirect("disaster:districts", region.slug)
    return page(
        request,
        "disaster/load_districts.html",
        status=422 if request.method == "POST" and file is None else 200,
        nav_active="disaster",
        form=form,
        columns=COLUMNS,
        problems=file.problems if file else (),
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def propose_districts(request: StaffRequest, region: Region) -> HttpResponse:
    """Towns without districts: each whole town as one district, from its census figures."""
    ruling = policies.write_some_place(request.actor, region)
    rows = [
        row
        for row in queries.people_by_town(region, queries.districts_of(region))
        if not row.districts and policies.write_place(request.actor, region, row.town)
    ]
    ready = {row.town.code: row for row in rows if row.proposed_residents is not None}
    if request.method == "POST":
        ruling.require()
        asked = dict.fromkeys(request.POST.getlist("town"))
        for town in (row.municipality for row in members_on(region)):
            if town.code in asked:
                policies.write_place(request.actor, region, town).require()
        chosen = [ready[code] for code in asked if code in ready]
        if chosen:
            loaded = actions.load_districts(request.actor, region, [_whole_town(row) for row in chosen])
            messages.success(
                request,
                f"{loaded.new}市町村を、それぞれ1つの地区として登録しました。要配慮者の人数を入力してください。",
            )
            return redirect("disaster:districts", region.slug)
        messages.error(request, "登録する市町村を選んでください。")
    return page(
        request,
        "disaster/propose_districts.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        rows=[(row, row.town.code in ready) for row in rows],
        ready=bool(ready),
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def targets(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """Choose the districts of a town that are targets of wide-area evacuation."""
    town = next((row.municipality for row in members_on(region) if row.municipality.code == code), None)
    if town is None:
        raise Http404("市町村が見つかりません。")
    ruling = policies.write_place(request.actor, region, town)
    own = queries.districts_of(region, code)
    if request.method == "POST":
        ruling.require()
        typed = set(request.POST.getlist("district"))
        chosen = {each.pk for each in own if each.slug in typed}
        number = actions.mark_targets(request.actor, region, town, chosen)
        messages.success(request, f"{town.name}の広域避難の対象地区を{number}地区変更しました。")
        return redirect("disaster:districts", region.slug)
    return page(
        request,
        "disaster/targets.html",
        nav_active="disaster",
        town=town,
        districts=own,
        ruling=ruling,
    )


def _take(
    request: StaffRequest, region: Region, data: bytes, name: str
) -> tuple[DistrictFile, actions.Loaded]:
    towns = {row.municipality.code: row.municipality for row in members_on(region)}
    shapes = town_shapes(region).whole
    file = districts_in(data, name, towns, towns_placed(request.actor, region), shapes)
    return file, actions.load_districts(request.actor, region, file.drafts, given=file.given)


def _whole_town(row: queries.TownPeople) -> DistrictDraft:
    assert row.population is not None
    residents = row.proposed_residents or 0
    used = [row.population, *([row.day_night] if row.day_night is not None else [])]
    sources = "、".join(dict.fromkeys(f"{each.source_title} {each.edition_title}" for each in used))
    return DistrictDraft(
        municipality=row.town,
        name=f"{row.town.name}全域",
        residents=residents,
        night_people=residents,
        day_people=row.proposed_day,
        latitude=row.town.latitude,
        longitude=row.town.longitude,
        source_text=sources[:300],
        note="市町村の人口をそのまま1つの地区とした。位置は市役所・町村役場。",
    )
