"""Pages of hazard layers: the list, one layer with its map and who lies in it, its form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.apps.regions.policies import today

from .. import policies
from ..actions import hazards as actions
from ..formats.geojson import read_hazards
from ..forms.hazards import LayerForm, layer_initial
from ..models import HazardLayer
from ..picturing import legend_of, shelter_map
from ..queries import hazards as queries
from ..queries.districts import districts_of
from ..queries.shelters import ShelterFilter, shelters_of


@region_page
@require_GET
def layers(request: StaffRequest, region: Region) -> HttpResponse:
    """The hazard layers of the region."""
    return page(
        request,
        "disaster/layers.html",
        nav_active="disaster",
        layers=queries.layers_of(region),
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_GET
def layer(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A layer: its map, the shelters in it, the residents of each district in it, where it is from."""
    found = queries.layer_for(region, slug)
    polygons = queries.polygons_of(found)
    shelters = [each for each, _ in shelters_of(region, ShelterFilter())]
    affected = queries.affected(found, polygons, shelters)
    districts = queries.exposed(polygons, districts_of(region))
    known = queries.town_shapes(region)
    return page(
        request,
        "disaster/layer.html",
        nav_active="disaster",
        layer=found,
        number=len(polygons),
        legend=legend_of(polygons),
        map=shelter_map(f"{found}の地図", known, shelters, polygons=polygons) if polygons else None,
        known=known,
        affected=[(each, queries.depth_words(each.polygon)) for each in affected],
        contradicting=sum(each.contradicts for each in affected),
        districts=[each for each in districts if each.people],
        residents=sum(each.people or 0 for each in districts),
        by_point=sum(not each.by_area and bool(each.people) for each in districts),
        unplaced=[each.district for each in districts if each.people is None],
        any_district=bool(districts),
        unplaced_shelters=sum(each.latitude is None for each in shelters),
        entries=log_of(found),
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_layer(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a layer with its file, change it, or give it a newer file; a second editor is shown both."""
    found = queries.layer_for(region, slug) if slug else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    at_list = reverse("disaster:layers", args=[region.slug])
    back = found.get_absolute_url() if found else at_list

    def build(data: Any, record: HazardLayer | None) -> Sheet:
        files = request.FILES if data is not None else None
        return Sheet(LayerForm(data, files, layer=record, initial=layer_initial(record)))

    def save(sheet: Sheet) -> HazardLayer:
        form = sheet.form
        assert isinstance(form, LayerForm)
        given = form.cleaned_data["file"]
        file = None
        if given is not None:
            content = given.read()
            towns = queries.town_shapes(region)
            read = read_hazards(content, given.name, on=today(), region=towns.whole)
            file = actions.LayerFile.of(read, content)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_layer(request.actor, region, form.draft(), file, found, version)

    def done(saved: HazardLayer) -> tuple[str, str]:
        saved.region = region
        if saved.refused:
            messages.warning(
                request, f"{len(saved.refused)}区域は読み込んでいません。理由は下の表に示します。"
            )
        return f"ハザード情報「{saved}」を保存しました。", saved.get_absolute_url()

    crumbs = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("ハザード情報", at_list),
        *([(found.title, back)] if found else []),
    ]
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        "ハザード情報の変更" if found else "ハザード情報を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        remove=reverse("disaster:remove-layer", args=[region.slug, slug]) if found and ruling else "",
        remove_version=found.version if found else None,
        remove_label="このハザード情報を、区域とともに削除",
    )


@region_page
@require_POST
def remove_layer(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a layer with its polygons."""
    found = queries.layer_for(region, slug)
    policies.write_shared(request.actor, region).require()
    try:
        actions.remove_layer(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこのハザード情報を更新しました。内容を確かめてください。")
        return redirect(found)
    messages.success(request, f"ハザード情報「{found}」を削除しました。")
    return redirect("disaster:layers", region.slug)
