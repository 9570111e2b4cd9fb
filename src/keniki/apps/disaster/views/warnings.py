"""Pages of the weather agency's warnings: what stands, the telegrams, the switch, a telegram played into a drill."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, staff_page
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from .. import policies
from ..actions.warnings.switching import FEED_WORDS, switch_source
from ..actions.warnings.taking import content_of
from ..actions.warnings.telling import play_telegram
from ..formats.jma.polling import BASE_URL
from ..forms.warnings import SourceForm, TelegramForm
from ..queries import incidents
from ..queries import warnings as queries
from .frame import incident_page

_ROWS = 50


@region_page
@require_GET
def warnings(request: StaffRequest, region: Region) -> HttpResponse:
    """What stands in the region's towns with time and source, and the telegrams it comes from."""
    weather = queries.weather_of(region)
    names = {row.municipality.code: row.municipality.name for row in members_on(region)}
    shown = Paginator(queries.telegrams_of(region), _ROWS).get_page(request.GET.get("page"))
    return page(
        request,
        "disaster/warnings.html",
        nav_active="disaster",
        weather=weather,
        calling=queries.calling(region, weather),
        opening=policies.open_incident(request.actor, region),
        shown=shown,
        rows=[(each, "・".join(names[code] for code in each.towns if code in names)) for each in shown],
        ruling=policies.fetch_warnings(request.actor),
    )


@region_page
@require_GET
def telegram(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A telegram: its head, what it is about, what of it could not be read."""
    found = queries.telegram_for(pk)
    names = {row.municipality.code: row.municipality.name for row in members_on(region)}
    return page(
        request,
        "disaster/warning_telegram.html",
        nav_active="disaster",
        telegram=found,
        drill=found.is_exercise,
        drill_text=f"この電文の運用種別は「{found.status}」です。実際の警報・注意報ではありません。",
        towns=[names[code] for code in found.towns if code in names],
        felt=queries.said_by(found, names),
    )


@region_page
@require_GET
def telegram_file(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """The telegram as it was sent."""
    found = queries.telegram_for(pk)
    content = content_of(found)
    if not content:
        raise Http404("大きすぎるため、電文の内容は保存していません。")
    mode = found.get_mode_display() if found.mode else "読み込めない電文"
    return download(f"{mode}_{found.file}", content, "application/octet-stream")


@staff_page
@require_http_methods(["GET", "POST"])
def source(request: StaffRequest) -> HttpResponse:
    """Where the operator has the agency's feeds fetched, or no longer."""
    ruling = policies.fetch_warnings(request.actor)
    current = queries.source_of()
    form = SourceForm(source=current)
    if request.method == "POST":
        ruling.require()
        form = SourceForm(request.POST, source=current)
        if form.is_valid():
            data = form.cleaned_data
            try:
                row = switch_source(
                    request.actor,
                    active=data["active"],
                    feeds=data["feeds"],
                    minutes=data["minutes"],
                    version=data.get("version") or 0,
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            except Stale:
                current = queries.source_of()
                sent = request.POST.copy()
                sent["version"] = str(current.version)
                form = SourceForm(sent, source=current)
                put_error(
                    form,
                    WrongInput(
                        "ほかの人が先に設定を変えました。いまの設定を確かめて、もう一度保存してください。"
                    ),
                )
            else:
                done = "取得することにしました" if row.active else "取得しないことにしました"
                messages.success(request, f"気象庁の電文を{done}。")
                return redirect("disaster:warning-source")
    return page(
        request,
        "disaster/warning_source.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        source=current,
        feeds=[FEED_WORDS[name] for name in current.feeds],
        polling=queries.polling_of(),
        address=queries.address_asked() or BASE_URL,
        refused=queries.last_refused(),
        form=form,
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def play(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Play a telegram of the agency's drills into an exercise. A real incident has no such page."""
    incident = incidents.incident_for(region, slug)
    if not incident.is_exercise:
        raise Http404("訓練の電文を付与できるのは訓練だけです。")
    ruling = policies.write_shared(request.actor, region)
    if ruling:
        ruling = policies.record_on_page(request.actor, incident, None)
    form = TelegramForm()
    if request.method == "POST":
        ruling.require()
        form = TelegramForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = play_telegram(request.actor, incident, file.read(), file.name)
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"【訓練】電文から{made}件を付与しました。")
                return redirect("disaster:board", region.slug, slug)
    return incident_page(
        request,
        incident,
        "disaster/play_telegram.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        ruling=ruling,
    )
