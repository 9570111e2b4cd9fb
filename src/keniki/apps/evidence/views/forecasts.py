"""Pages of saved forecasts: how far the reckoning is, the result with its exhibits, several beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from .. import actions, policies
from ..book.tables import Exhibit
from ..futures.exhibits import beside
from ..futures.exhibits import exhibit as exhibit_of
from ..futures.forms import TitleForm, query_of
from ..futures.held import Used
from ..futures.results import Result
from ..futures.wording import facts
from ..models import Forecast, ForecastResult, ForecastRun
from ..queries import forecasts as queries
from .book import file_of

#: The parts of a forecast's page: key, name, their exhibits.
PARTS: Final = (
    ("total", "総数と予測区間", ("future_total",)),
    ("ages", "年齢", ("future_groups", "future_pyramids")),
    ("places", "市区町村別", ("future_places",)),
    ("causes", "増減の要因", ("future_balance",)),
    ("demands", "需要", ("future_demands", "future_causes", "future_changes", "future_rates")),
    ("checks", "検証", ("future_accuracy",)),
)
#: So many forecasts can be told apart beside each other.
FEWEST, MOST = 2, 4


@dataclass(frozen=True)
class Tab:
    """A part of the page as the tabs show it."""

    label: str
    url: str
    current: bool


@region_page
@require_GET
def forecast(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One forecast: what it is made of, one part of its exhibits, of all its municipalities or of one."""
    found = queries.forecast_for(region, pk)
    stored = queries.newest_result(found)
    return _forecast(request, region, found, stored)


def _forecast(
    request: StaffRequest,
    region: Region,
    found: Forecast,
    stored: ForecastResult | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    choices = queries.choices(region)
    result = None if stored is None else Result.from_json(stored.content)
    names = {place.code: place.name for place in (result.places if result else choices.members)}
    part = _part(request.GET.get("part", ""))
    place = _place(request.GET.get("place", ""), result)
    query = "" if place is None or result is None else f"place={result.places[place].code}"
    here = found.get_absolute_url()
    return page(
        request,
        "evidence/futures/forecast.html",
        nav_active="evidence",
        forecast=found,
        facts=facts(found, names, dict(choices.published).get(found.published, "")),
        stored=stored,
        result=result,
        stale=queries.stale(found, stored),
        run=queries.last_forecast_run(found),
        tabs=[
            Tab(name, f"{here}?part={key}{'&' if query else ''}{query}#parts", key == part)
            for key, name, _ in PARTS
        ],
        part=part,
        exhibits=_exhibits(result, part, place),
        place=place,
        query=query,
        files_at=f"{here}files/",
        used=queries.used_editions([Used(**each) for each in stored.inputs]) if stored else [],
        again=query_of(found, choices),
        may_save=policies.save_forecast(request.actor, region),
        may_change=policies.change_forecast(request.actor, found),
        may_show=policies.show_forecast(request.actor, region),
        entries=log_of(found),
        problem=problem,
        status=status,
    )


@region_page
@require_GET
def exhibit_file(
    request: StaffRequest, region: Region, pk: int, exhibit: str, number: int, format: str
) -> HttpResponse:
    """A chart of a forecast as SVG or PNG, or its table as CSV or Excel."""
    stored = queries.newest_result(queries.forecast_for(region, pk))
    if stored is None or exhibit not in {each for _, _, ids in PARTS for each in ids}:
        raise Http404("この図表はありません。")
    result = Result.from_json(stored.content)
    made = exhibit_of(result, exhibit, _place(request.GET.get("place", ""), result))
    return file_of(request, made, number, format, stored.made_at)


@region_page
@require_GET
def run(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """How far a forecast has come; the finished one leads to its page."""
    found = queries.forecast_run_for(region, pk)
    polled = request.headers.get("HX-Request") is not None
    if found.state == ForecastRun.State.DONE:
        if found.message and not polled:
            messages.info(request, found.message)
        target = found.forecast.get_absolute_url() if not polled else request.path
    else:
        target = request.path
    if polled and found.ended:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = target
        return response
    if target != request.path:
        return redirect(target)
    return page(
        request,
        "evidence/futures/_run.html" if polled else "evidence/futures/run.html",
        nav_active="evidence",
        run=found,
        may_cancel=policies.cancel_forecast(request.actor, found),
        may_save=policies.save_forecast(request.actor, region),
    )


@region_page
@require_POST
def cancel(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Stop a forecast that is waiting or running."""
    found = queries.forecast_run_for(region, pk)
    actions.cancel_forecast(request.actor, found)
    messages.info(request, "計算を取り消しました。保存した条件は残っています。")
    return redirect(found.forecast.get_absolute_url())


@region_page
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Title and note of a forecast; what it is made of stays."""
    found = queries.forecast_for(region, pk)
    policies.change_forecast(request.actor, found).require()
    here = found.get_absolute_url()

    def build(data: QueryDict | None, record: Forecast) -> Sheet:
        initial = {"title": record.title, "note": record.note, "version": record.version}
        return Sheet(TitleForm(data, initial=initial))

    def write(sheet: Sheet) -> Forecast:
        given = sheet.form.cleaned_data
        return actions.rename_forecast(request.actor, found, given["version"], given["title"], given["note"])

    crumbs = [("将来推計", reverse("evidence:futures", args=[region.slug])), (found.title, here)]
    return edit_page(
        request,
        Frame(here, crumbs, "evidence", region.name),
        "名称と説明を変える",
        found,
        build,
        write,
        done=lambda saved: ("保存しました。", saved.get_absolute_url()),
    )


@region_page
@require_POST
def do(request: StaffRequest, region: Region, pk: int, deed: str) -> HttpResponse:
    """One deed: reckon again, show in the region book, show no longer, remove."""
    found = queries.forecast_for(region, pk)
    version = version_of(request) or 0
    try:
        if deed == "reckon":
            return redirect(
                "evidence:forecast-run", region.slug, actions.start_forecast(request.actor, found).pk
            )
        if deed in ("show", "hide"):
            actions.show_forecast(request.actor, found, version, deed == "show")
            said = "圏域基礎調査に掲載しました。" if deed == "show" else "圏域基礎調査への掲載をやめました。"
            messages.success(request, said)
            return redirect(found.get_absolute_url())
        if deed == "remove":
            actions.remove_forecast(request.actor, found, version)
            messages.success(request, f"将来推計「{found}」を削除しました。")
            return redirect("evidence:futures", region.slug)
    except (WrongInput, Stale) as refused:
        found = queries.forecast_for(region, pk)
        status = 409 if isinstance(refused, Stale) else 422
        stored = queries.newest_result(found)
        return _forecast(request, region, found, stored, problem=str(refused), status=status)
    raise Http404("この操作はありません。")


@region_page
@require_GET
def compare(request: StaffRequest, region: Region) -> HttpResponse:
    """Two to four forecasts beside each other, with what their assumptions differ in."""
    rows = [row for row in queries.forecasts(region) if row.made_at is not None]
    chosen = _chosen(request)
    problem = ""
    if chosen and not FEWEST <= len(chosen) <= MOST:
        problem = f"比べる推計を{FEWEST}～{MOST}件選んでください。"
        chosen = []
    found = queries.forecasts_for(region, chosen)
    results = _results(found)
    return page(
        request,
        "evidence/futures/compare.html",
        nav_active="evidence",
        rows=[(row, row.forecast.pk in chosen) for row in rows],
        problem=problem,
        found=found,
        differences=_differences(region, found, [result for _, result in results]),
        exhibits=beside(results) if found else [],
        files_at=f"{request.path}",
        query="&".join(f"forecast={each.pk}" for each in found),
        status=422 if problem else 200,
    )


@region_page
@require_GET
def compared_file(
    request: StaffRequest, region: Region, exhibit: str, number: int, format: str
) -> HttpResponse:
    """A chart of forecasts beside each other as SVG or PNG, or the table as CSV or Excel."""
    chosen = _chosen(request)
    if not FEWEST <= len(chosen) <= MOST:
        raise Http404("この図表はありません。")
    made = beside(_results(queries.forecasts_for(region, chosen)))
    return file_of(request, next((each for each in made if each.id == exhibit), None), number, format)


def _chosen(request: StaffRequest) -> list[int]:
    """The numbers of the forecasts asked for, each once. 404 for what is no number."""
    typed = request.GET.getlist("forecast")
    numbers = [whole_number(each) for each in typed]
    if any(number is None for number in numbers):
        raise Http404("将来推計が見つかりません。")
    return list(dict.fromkeys(number for number in numbers if number is not None))


def _results(found: list[Forecast]) -> list[tuple[str, Result]]:
    """What they came to, by title. 404 where one was never reckoned."""
    stored = queries.newest_results(found)
    if any(each.pk not in stored for each in found):
        raise Http404("この将来推計は、まだ計算されていません。")
    return [(each.title, Result.from_json(stored[each.pk].content)) for each in found]


def _differences(
    region: Region, found: list[Forecast], results: list[Result]
) -> list[tuple[str, list[str], bool]]:
    """What each is made of by head: the words of every forecast, and whether they differ."""
    names = {place.code: place.name for result in results for place in result.places}
    published = dict(queries.published_projections()) if found else {}
    columns = [facts(each, names, published.get(each.published, "")) for each in found]
    heads = [head for head, _ in columns[0]] if columns else []
    rows = [(head, [column[at][1] for column in columns]) for at, head in enumerate(heads)]
    return [(head, words, len(set(words)) > 1) for head, words in rows]


def _part(asked: str) -> str:
    return asked if asked in {key for key, _, _ in PARTS} else PARTS[0][0]


def _place(code: str, result: Result | None) -> int | None:
    """The number of the municipality asked for. 404 for one the forecast has not."""
    if not code:
        return None
    codes = [place.code for place in result.places] if result else []
    if code not in codes:
        raise Http404("この市区町村は、将来推計に含まれていません。")
    return codes.index(code)


def _exhibits(result: Result | None, part: str, place: int | None) -> list[Exhibit]:
    if result is None:
        return []
    ids = next(ids for key, _, ids in PARTS if key == part)
    made = [exhibit_of(result, each, place) for each in ids]
    return [each for each in made if each is not None]
