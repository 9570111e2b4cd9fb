"""The board as files for other systems."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.errors import WrongInput

from ...exchanging import alert_of, files, package_of
from ...formats import cap
from ...queries import incidents
from ...queries.board import board_of
from .pages import reverse_board


@region_page
@require_GET
def exchange(request: StaffRequest, region: Region, slug: str, name: str) -> HttpResponse:
    """CAP 1.2 or a file by the items of EEI, of what stands now; what cannot be written says why on the board."""
    incident = incidents.incident_for(region, slug)
    writers = files()
    if name not in (*writers, "cap.xml"):
        raise Http404("この形式では出力できません。")
    board, now = board_of(incident), timezone.localtime()
    try:
        if name == "cap.xml":
            alert = alert_of(incident, board, f"keniki.{region.slug}", now)
            if alert is None:
                raise WrongInput(
                    "避難情報・避難所・警戒レベルの記録がないため、CAPに書き出すものがありません。"
                )
            content, media = cap.write(alert), "application/cap+xml"
        else:
            content = writers[name](package_of(incident, board, now))
            media = "application/json" if name.endswith(".json") else "text/csv; charset=utf-8"
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(reverse_board(incident))
    return download(f"{incident.get_mode_display()}_{incident.title}_{name}", content, media)
