"""The page on which the sizes of many shelters are typed into one table."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.errors import WrongInput

from .. import policies
from ..actions.shelter_sizes import save_sizes
from ..forms.shelter_sizes import Sizes, SizesFilter, size_rows
from ..models import Shelter
from ..queries import shelters as queries
from ..queries.shelters import ShelterFilter
from ..queries.towns import towns_placed

#: Rows that are typed before they are saved.
AT_ONCE = 50


@region_page
@require_http_methods(["GET", "POST"])
def shelter_sizes(request: StaffRequest, region: Region) -> HttpResponse:
    """Floor areas of many shelters in one table: those without a size first, so many at once.

    A row that somebody else changed meanwhile says what is stored now and is written when it is sent again.
    """
    ruling = policies.write_some_place(request.actor, region)
    if request.method == "POST":
        ruling.require()
    towns = towns_placed(request.actor, region)
    form = SizesFilter(request.GET, towns=list(towns.values()))
    narrowed = form.cleaned_data if form.is_valid() else {}
    every = [each for each, _ in queries.shelters_of(region, ShelterFilter())]
    if request.method == "POST":
        sent = {text for key, text in request.POST.items() if key.endswith("-shelter")}
        for town in {each.municipality for each in every if each.slug in sent}:
            policies.write_place(request.actor, region, town).require()
    listed = [each for each in every if each.municipality.code in towns]
    known = {"shelters": {each.slug: each for each in listed}}
    shown = ShelterFilter(town=narrowed.get("town", ""), kind=narrowed.get("kind", ""))
    rows = size_rows([each for each in listed if shown.takes(each)], every=bool(narrowed.get("every")))
    here = reverse("disaster:shelter-sizes", args=[region.slug])
    if request.GET:
        here += f"?{urlencode({key: request.GET[key] for key in form.fields if key in request.GET})}"
    if request.method == "POST":
        sizes = Sizes(request.POST, prefix="sizes", form_kwargs=known)
        if _saved(request, region, sizes):
            return redirect(here)
    else:
        sizes = Sizes(prefix="sizes", initial=rows[:AT_ONCE], form_kwargs=known)
    return page(
        request,
        "disaster/shelter_sizes.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        form=form,
        sizes=sizes,
        here=here,
        number=len(rows),
        at_once=AT_ONCE,
        any_shelter=bool(listed),
        ruling=ruling,
    )


def _saved(request: StaffRequest, region: Region, sizes: Any) -> bool:
    """Write what was typed; False where it is refused, with the reason in its row."""
    if not sizes.is_valid():
        return False
    meant = [(each, draft) for each in sizes.forms if (draft := each.draft()) is not None]
    try:
        changed = save_sizes(request.actor, region, [draft for _, draft in meant])
    except Stale as stale:
        _tell(sizes, stale.current)
        return False
    except WrongInput as wrong:
        meant[(wrong.row or 1) - 1][0].add_error(None, wrong.message)
        return False
    if changed:
        messages.success(request, f"{len(changed):,}か所の面積・人数・暖房を保存しました。")
    else:
        messages.info(request, "入力された変更はありません。")
    return True


def _tell(sizes: Any, current: Any) -> None:
    """Say in the rows of a shelter what somebody else has stored, and take its version: sent again, it is written."""
    assert isinstance(current, Shelter)
    for form in sizes.forms:
        if form.known is None or form.known.pk != current.pk:
            continue
        stored = form.stored
        said = "スペースがありません" if stored is None else _words(stored)
        form.add_error(
            None,
            f"「{current.name}」は、ほかの人が先に変更しました。いまの記録は、{said}。入力した値でよければ、"
            "もう一度保存してください。",
        )
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = str(current.version)


def _words(space: Any) -> str:
    area = f"面積{space.floor_area.normalize():,f}m²" if space.floor_area is not None else "面積は未入力"
    people = f"、{space.capacity:,}人" if space.capacity is not None else ""
    return f"{space.name}（{area}{people}）"
