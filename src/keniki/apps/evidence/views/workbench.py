"""The workbench: municipalities, base, model and sliders, answered with pyramid and curves; then saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from .. import actions, policies
from ..futures import scenario_files
from ..futures.forms import Choices, SaveForm, ScenarioFileForm, WorkbenchForm
from ..futures.making import Wanted, projected
from ..futures.pictures import Picture, picture
from ..futures.sliders import plain_changes
from ..models import Forecast
from ..queries import forecasts as queries

#: A scenario of forty changes with control totals of a whole region is far smaller.
_LARGEST_SCENARIO = 1_000_000


@region_page
@require_GET
def futures(request: StaffRequest, region: Region) -> HttpResponse:
    """The region's forecasts, and what has to be loaded before there can be any."""
    choices = queries.choices(region)
    return page(
        request,
        "evidence/futures/list.html",
        nav_active="evidence",
        rows=queries.forecasts(region),
        choices=choices,
        ruling=policies.save_forecast(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def workbench(request: StaffRequest, region: Region) -> HttpResponse:
    """Choose and move, then save: the address holds the state, the form for saving brings it back."""
    choices = queries.choices(region)
    if request.method == "POST":
        return _saved(request, region, choices)
    return _workbench(request, region, _bound(request.GET, region, choices))


@region_page
@require_GET
def live(request: StaffRequest, region: Region) -> HttpResponse:
    """Pyramid, curves and table for what the sliders say now; 422 with what is wrong, the picture stays.

    A part of the workbench's page: whoever opens it by itself gets the page.
    """
    address = reverse("evidence:workbench", args=[region.slug])
    if request.headers.get("HX-Request") is None:
        return redirect(f"{address}?{request.GET.urlencode()}")
    form = _bound(request.GET, region, queries.choices(region))
    found = _picture(form)
    response = page(
        request,
        "evidence/futures/_live.html" if found else "evidence/futures/_refused.html",
        form=form,
        picture=found,
        status=200 if found else 422,
    )
    if found:
        response["HX-Replace-Url"] = f"{address}?{form.state}"
    else:
        response["HX-Reswap"] = "none"
    return response


@region_page
@require_POST
def upload(request: StaffRequest, region: Region) -> HttpResponse:
    """A scenario's file, saved as a forecast of what the workbench shows and reckoned."""
    policies.save_forecast(request.actor, region).require()
    choices = queries.choices(region)
    form = _bound(QueryDict(request.POST.get("state", "")[:8_000]), region, choices)
    file = ScenarioFileForm(request.POST, request.FILES)
    if file.is_valid() and form.is_valid() and form.wanted is not None:
        try:
            draft = _drafted(file.cleaned_data["scenario"], form.wanted)
            saved = actions.save_forecast(request.actor, region, draft)
        except WrongInput as wrong:
            file.add_error("scenario", str(wrong))
        else:
            return _started(request, region, saved)
    return _workbench(request, region, form, file=file, status=422)


@region_page
@require_GET
def scenario_file(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A forecast's scenario as the YAML file that `keniki project --scenario` and the workbench take."""
    found = queries.forecast_for(region, pk)
    content = scenario_files.checked(
        {
            "name": found.title,
            "author": found.author_name[:80],
            "note": found.note,
            "changes": found.changes,
        }
    ).model_dump(exclude_defaults=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    return download(f"{found.title}.yaml", text)


def _drafted(given: UploadedFile[Any], wanted: Wanted) -> actions.ForecastDraft:
    """A forecast by the scenario of a file; its name is the title, who wrote it stands in the note."""
    name = given.name or "scenario.yaml"
    if (given.size or 0) > _LARGEST_SCENARIO:
        raise WrongInput("シナリオのファイルが大きすぎます（1 MBまで）。", file=name)
    spec = scenario_files.read(_text(given.read(), name), name)
    author = f"シナリオの作成者：{spec.author}" if spec.author else ""
    said = SaveForm(
        {"title": spec.name, "note": "\n".join(filter(None, [spec.note, author])), "draws": 1, "seed": 1}
    )
    if not said.is_valid():
        field, problems = next(iter(said.errors.items()))
        raise WrongInput(str(problems[0]), file=name, column="name" if field == "title" else "note")
    draft = replace(wanted, changes=plain_changes(spec))
    return actions.ForecastDraft(said.cleaned_data["title"], draft, said.cleaned_data["note"])


def _saved(request: StaffRequest, region: Region, choices: Choices) -> HttpResponse:
    """What the workbench showed last (`state`), kept under a title and reckoned."""
    policies.save_forecast(request.actor, region).require()
    form = _bound(QueryDict(request.POST.get("state", "")[:8_000]), region, choices)
    save = SaveForm(request.POST)
    if form.is_valid() and save.is_valid() and form.wanted is not None:
        given = save.cleaned_data
        wanted = replace(form.wanted, draws=given["draws"], seed=given["seed"])
        draft = actions.ForecastDraft(given["title"], wanted, given["note"])
        try:
            saved = actions.save_forecast(request.actor, region, draft)
        except WrongInput as wrong:
            put_error(save, wrong)
        else:
            return _started(request, region, saved)
    return _workbench(request, region, form, save=save, status=422)


def _started(request: StaffRequest, region: Region, saved: Forecast) -> HttpResponse:
    run = actions.start_forecast(request.actor, saved)
    messages.success(request, f"将来推計「{saved}」を保存しました。予測区間と需要を計算します。")
    return redirect("evidence:forecast-run", region.slug, run.pk)


def _workbench(
    request: StaffRequest,
    region: Region,
    form: WorkbenchForm,
    *,
    save: SaveForm | None = None,
    file: ScenarioFileForm | None = None,
    status: int = 200,
) -> HttpResponse:
    found = _picture(form) if form.choices.censuses else None
    begun = bool(request.GET) or form.choices.members
    refused = status != 200 or bool(form.choices.censuses and begun and form.errors)
    return page(
        request,
        "evidence/futures/workbench.html",
        nav_active="evidence",
        form=form,
        save=save or SaveForm(),
        file=file or ScenarioFileForm(),
        picture=found,
        ruling=policies.save_forecast(request.actor, region),
        status=422 if refused else 200,
    )


def _bound(data: QueryDict, region: Region, choices: Choices) -> WorkbenchForm:
    """The form as a state says; 404 where it goes on from a forecast that is not the region's."""
    earlier = whole_number(data.get("after"))
    found = queries.forecast_for(region, earlier) if earlier is not None else None
    return WorkbenchForm(data, choices=choices, earlier=found)


def _picture(form: WorkbenchForm) -> Picture | None:
    if not form.is_valid() or form.wanted is None:
        return None
    try:
        return _drawn(form.wanted)
    except WrongInput as wrong:
        form.refuse(wrong)
        return None


def _drawn(wanted: Wanted) -> Picture:
    return picture(projected(replace(wanted, changes=())), projected(wanted))


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongInput("文字コードを UTF-8 にして保存し直してください。", file=name) from None
