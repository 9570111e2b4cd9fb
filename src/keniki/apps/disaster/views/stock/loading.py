"""The page on which a file of opening stock is shown first and then registered."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.csv_dialect import decode, write_csv
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.stock import loading as actions
from ...actions.stock.loading import COLUMNS, Opening
from ...forms.stock.loading import StockFileForm, StockTextForm
from .frame import crumbs_to, stock_page, towns_to_write

#: So many lots are shown before a file is registered.
_SHOWN = 200


@region_page
@require_GET
def template(request: StaffRequest, region: Region) -> HttpResponse:
    """The file to fill in."""
    return download("備蓄在庫の書式.csv", write_csv([COLUMNS]).data)


@region_page
@require_http_methods(["GET", "POST"])
def load(request: StaffRequest, region: Region) -> HttpResponse:
    """Choose a file, see what it would register and every row that cannot be, register it."""
    ruling = policies.write_some_place(request.actor, region)
    form, chosen, opening = StockFileForm(), None, None
    status = 200
    if request.method == "POST":
        ruling.require()
        status = 422
        may = towns_to_write(request, region)
        if "text" in request.POST:
            chosen = StockTextForm(request.POST)
            if chosen.is_valid():
                data = chosen.cleaned_data
                try:
                    opening = actions.read_opening(region, data["text"].encode(), may, data["name"])
                    number = actions.load_opening(request.actor, region, opening, data["token"])
                except WrongInput as wrong:
                    put_error(chosen, wrong)
                else:
                    messages.success(request, f"備蓄の在庫を{number}ロット登録しました。")
                    return redirect("disaster:stock", region.slug)
        else:
            form = StockFileForm(request.POST, request.FILES)
            if form.is_valid():
                file = form.cleaned_data["file"]
                try:
                    text = decode(file.read(), file=file.name)[0]
                    opening = actions.read_opening(region, text.encode(), may, file.name)
                except WrongInput as wrong:
                    put_error(form, wrong)
                else:
                    shown = StockTextForm(initial={"text": text, "name": file.name})
                    chosen = None if opening.refused else shown
                    status = 422 if opening.refused else 200
    return stock_page(
        request,
        "load.html",
        status=status,
        form=form,
        chosen=chosen,
        opening=opening,
        lots=_lots(opening, {row.municipality.code: row.municipality.name for row in members_on(region)}),
        day=today(),
        columns=COLUMNS,
        ruling=ruling,
        crumbs=crumbs_to(region),
    )


def _lots(
    opening: Opening | None, names: Mapping[str, str]
) -> list[tuple[object, list[tuple[str, int]], list[tuple[str, int]]]]:
    """The first lots of a file with their places and owners by name."""
    if opening is None:
        return []
    return [
        (
            lot,
            [(name, number) for (_, name), number in lot.by_place.items()],
            [(names.get(code, code), number) for code, number in lot.by_owner.items()],
        )
        for lot in list(opening.lots.values())[:_SHOWN]
    ]
