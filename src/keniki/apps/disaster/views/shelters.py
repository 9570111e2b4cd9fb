"""Pages of shelters: the list with its map, one shelter, its form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import SEASONS, Season

from .. import policies
from ..actions import shelters as actions
from ..capacities import NOTHING, TIMES
from ..formats.columns import STANDARD
from ..formats.shelters import standard_cell
from ..formats.writing import write_own, write_standard
from ..forms.shelters import (
    CELLS,
    EndForm,
    ListForm,
    ShelterForm,
    SpaceFormSet,
    shelter_initial,
    space_initial,
)
from ..merging import CREDITS, row_of
from ..models import Hazard, Shelter
from ..picturing import shelter_map, sign_of
from ..queries import hazards as hazard_queries
from ..queries import shelters as queries
from ..queries.shelters import ShelterFilter
from ..queries.towns import towns_placed

#: Rows of the list on a page.
PER_PAGE = 500
_SEASONS: list[Season] = ["mild", "winter"]


@region_page
@require_GET
def shelters(request: StaffRequest, region: Region) -> HttpResponse:
    """The shelters of the region, narrowed; their capacity by a standard, in a season, at a time of day; the map."""
    towns = [row.municipality for row in members_on(region)]
    form = ListForm(request.GET, towns=towns, on=today())
    narrowed, basis = form.narrowed
    rows = queries.shelters_of(region, narrowed)
    held = queries.held_by(rows, basis)
    bases = [basis.other(season, at) for season, at in product(_SEASONS, TIMES)]
    by_town, every = queries.town_sums(rows, bases)
    known = hazard_queries.town_shapes(region)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "disaster/shelters.html",
        nav_active="disaster",
        form=form,
        basis=basis,
        rows=[(each, sign_of(each), held.get(each.pk, NOTHING)) for each, _ in shown],
        shown=shown,
        number=len(rows),
        by_town=by_town,
        every=every,
        heads=[(SEASONS[each.season], TIMES[each.at]) for each in bases],
        winter=basis.season == "winter",
        map=shelter_map(
            f"{region.name}の避難所の地図", known, [each for each, _ in rows], town=narrowed.town
        ),
        known=known,
        unplaced=sum(each.latitude is None for each, _ in rows),
        credits=_credits([each for each, _ in rows]),
        hazard_words=dict(Hazard.choices),
        any_shelter=bool(rows) or Shelter.objects.filter(region=region).exists(),
        query=urlencode({"town": narrowed.town}) if narrowed.town else "",
        ruling=policies.write_some_place(request.actor, region),
    )


@region_page
@require_GET
def shelters_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """The shelters with their spaces as a file that is read back."""
    rows = queries.shelters_of(region, _of_town(request, ended=False))
    content = write_own(row_of(each, spaces) for each, spaces in rows)
    return download(f"{region.name}_避難所とスペース.csv", content)


@region_page
@require_GET
def shelters_standard(request: StaffRequest, region: Region) -> HttpResponse:
    """The emergency sites as the municipal standard data set: 39 columns, the head as published."""
    rows = queries.shelters_of(region, _of_town(request, ended=False))
    content = write_standard(row_of(each) for each, _ in rows if each.is_site)
    return download(f"{region.name}_指定緊急避難場所一覧.csv", content)


@region_page
@require_GET
def shelter(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A shelter: what it is, its spaces with the arithmetic of their capacity, the hazards it lies in, its past."""
    found = queries.shelter_for(region, slug)
    spaces = list(found.spaces.all())
    form = ListForm(request.GET, towns=[found.municipality], on=today())
    _, basis = form.narrowed
    bases = [basis.other(season, at) for season, at in product(_SEASONS, TIMES)]
    by_basis = [queries.held_by([(found, spaces)], each).get(found.pk, NOTHING) for each in bases]
    row = row_of(found, spaces)
    cells = [(column, row.standard.get(column, standard_cell(row, column))) for column in STANDARD]
    held = queries.held_by([(found, spaces)], basis).get(found.pk, NOTHING)
    standing = hazard_queries.standing_in(region, found)
    known = hazard_queries.town_shapes(region)
    return page(
        request,
        "disaster/shelter.html",
        nav_active="disaster",
        shelter=found,
        known=known,
        hazards=[(Hazard(key).label, key in found.hazards) for key in Hazard.values],
        form=form,
        basis=basis,
        rule=basis.rule,
        winter=standards.winter(basis.on),
        held=held,
        by_basis=list(
            zip([f"{SEASONS[each.season]}・{TIMES[each.at]}" for each in bases], by_basis, strict=True)
        ),
        cells=cells,
        standing=standing,
        contradicting=[each for each in standing if each.contradicts],
        imported=_imported(found),
        map=shelter_map(f"{found}の位置", known, [found], town=found.municipality.code)
        if found.latitude is not None
        else None,
        end_form=EndForm(initial={"version": found.version, "on": found.ended_on or today()}),
        entries=log_of(found),
        ruling=policies.write_place(request.actor, region, found.municipality),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_shelter(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a shelter or change it with its spaces; a second editor is shown both."""
    found = queries.shelter_for(region, slug) if slug else None
    ruling = (
        policies.write_place(request.actor, region, found.municipality)
        if found
        else policies.write_some_place(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    at_list = reverse("disaster:shelters", args=[region.slug])
    back = found.get_absolute_url() if found else at_list
    towns = towns_placed(request.actor, region, found.municipality if found else None)

    def build(data: Any, record: Shelter | None) -> Sheet:
        spaces = list(record.spaces.all()) if record is not None else []
        form = ShelterForm(data, towns=towns, initial=shelter_initial(record))
        rows = SpaceFormSet(data, initial=space_initial(spaces), prefix="spaces")
        return Sheet(
            form,
            {"スペース": rows},
            [
                ("どこの何か", ["town", "name", "kana", "address", "latitude", "longitude", "elevation"]),
                ("指定", ["is_site", "is_shelter", "is_welfare", "hazards", "takes", "communities"]),
                ("収容人数と連絡先", ["stated_capacity", "contact", "note"]),
                ("IDと出典", ["common_id", "other_ids", "local_id", "source_text"]),
                ("標準データセットの項目", list(CELLS)),
            ],
        )

    def save(sheet: Sheet) -> Shelter:
        form = sheet.form
        assert isinstance(form, ShelterForm)
        spaces = [draft for each in sheet.formsets["スペース"].forms if (draft := each.draft()) is not None]
        version = form.cleaned_data.get("version") if found else None
        return actions.save_shelter(request.actor, region, form.draft(), spaces, found, version)

    def done(saved: Shelter) -> tuple[str, str]:
        return f"避難所「{saved}」を保存しました。", reverse(
            "disaster:shelter", args=[region.slug, saved.slug]
        )

    crumbs = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("避難所", at_list),
        *([(found.name, back)] if found else []),
    ]
    removable = found is not None and ruling and not found.imported
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        "避難所の変更" if found else "避難所を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        remove=reverse("disaster:remove-shelter", args=[region.slug, slug]) if removable else "",
        remove_version=found.version if found else None,
        remove_label="この避難所を、スペースとともに削除",
    )


@region_page
@require_POST
def end_shelter(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """End the designation of a shelter on a day, or (`restore`) give it back."""
    found = queries.shelter_for(region, slug)
    policies.write_place(request.actor, region, found.municipality).require()
    if "restore" in request.POST:
        on, version = None, version_of(request) or 0
    else:
        form = EndForm(request.POST)
        if not form.is_valid():
            messages.error(request, "指定を取り消した日を、日付で入力してください。")
            return redirect(found)
        on, version = form.cleaned_data["on"], form.cleaned_data["version"] or 0
    try:
        actions.end_shelter(request.actor, found, version, on)
    except Stale:
        messages.error(request, "ほかの人が先にこの避難所を更新しました。内容を確かめてください。")
    else:
        messages.success(
            request,
            f"「{found}」の指定{'の取消しを撤回しました。' if on is None else 'の取消しを記録しました。'}",
        )
    return redirect(found)


@region_page
@require_POST
def remove_shelter(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a shelter that was registered by mistake."""
    found = queries.shelter_for(region, slug)
    policies.write_place(request.actor, region, found.municipality).require()
    try:
        actions.remove_shelter(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの避難所を更新しました。内容を確かめてください。")
        return redirect(found)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(found)
    messages.success(request, f"避難所「{found}」を削除しました。")
    return redirect("disaster:shelters", region.slug)


def _of_town(request: StaffRequest, *, ended: bool) -> ShelterFilter:
    return ShelterFilter(town=request.GET.get("town", "")[:6], ended=ended)


def _credits(rows: Sequence[Shelter]) -> list[str]:
    """Whose data the shelters on a page come from."""
    kinds = {kind for each in rows for kind in each.imported}
    return [words for kind, words in CREDITS.items() if kind.value in kinds and kind.value != "own"]


def _imported(found: Shelter) -> list[tuple[str, str, str]]:
    """Which files spoke of a shelter: whose data, the file, when it was taken."""
    return [
        (words, each["file"], each["on"])
        for kind, words in CREDITS.items()
        if (each := found.imported.get(kind.value)) is not None
    ]
