"""Pages of scenarios: the list, one with its plans, its form, its file in and out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
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
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import scenarios as actions
from ..capacities import Basis
from ..formats.scenario import COUNTED, REACHES, TOGETHER, write_scenario
from ..forms.scenarios import Choices, ScenarioUpload, sheet_of, spec_of
from ..models import Scenario
from ..planning.gathering import rates_of
from ..queries import plans as queries
from ..queries.districts import districts_of
from ..queries.hazards import layers_of
from ..queries.shelters import ShelterFilter, shelters_of


@region_page
@require_GET
def scenarios(request: StaffRequest, region: Region) -> HttpResponse:
    """The scenarios of the region, each with its newest and its adopted plan."""
    return page(
        request,
        "disaster/scenarios.html",
        nav_active="disaster",
        rows=queries.scenarios_of(region),
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_GET
def scenario(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """What a scenario assumes, and the plans reckoned of it."""
    return _scenario(request, region, queries.scenario_for(region, slug))


def _scenario(
    request: StaffRequest, region: Region, found: Scenario, *, problem: str = "", status: int = 200
) -> HttpResponse:
    spec = queries.spec_of(found)
    plans = queries.plans_of(found)
    inside, outside, source, confirmed = rates_of(spec)
    names = {row.municipality.code: row.municipality.name for row in members_on(region)}
    labels = {each.slug: f"{each.municipality.name} {each.name}" for each in districts_of(region)}
    shelters = {each.slug: each for each, _ in shelters_of(region, ShelterFilter(ended=True))}
    return page(
        request,
        "disaster/scenario.html",
        status=status,
        nav_active="disaster",
        scenario=found,
        spec=spec,
        basis=Basis(spec.standard, spec.season, spec.at, spec.date),
        words={
            "reach": REACHES[spec.reach],
            "count": COUNTED[spec.count],
            "keep_whole": TOGETHER[spec.keep_whole],
        },
        rates=(f"{inside * 100:g}", f"{outside * 100:g}", source, confirmed),
        accessible=f"{spec.accessible_share * 100:g}",
        fairness=f"{spec.longer_for_fairness * 100:g}",
        listed=[
            (labels.get(each.district, each.district), f"{each.inside * 100:g}") for each in spec.districts
        ],
        uses=[(shelters.get(each.shelter), each) for each in spec.shelters],
        towns=[
            (
                names.get(each.town, each.town),
                each,
                None
                if each.receives_from is None
                else [names.get(code, code) for code in each.receives_from],
            )
            for each in spec.towns
        ],
        plans=plans,
        adopted=queries.adopted_of(plans),
        going=next((each for each in plans if not each.ended), None),
        ruling=policies.write_shared(request.actor, region),
        entries=log_of(found),
        problem=problem,
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_scenario(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a scenario or change it; a second editor is shown both."""
    found = queries.scenario_for(region, slug) if slug else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    at_list = reverse("disaster:scenarios", args=[region.slug])
    back = found.get_absolute_url() if found else at_list
    choices = Choices(
        layers_of(region),
        districts_of(region),
        [each for each, _ in shelters_of(region, ShelterFilter())],
        {row.municipality.code: row.municipality.name for row in members_on(region)},
    )

    def build(data: Any, record: Scenario | None) -> Sheet:
        spec = queries.spec_of(record) if record is not None else None
        return sheet_of(data, spec, record.version if record is not None else None, choices)

    def save(sheet: Sheet) -> Scenario:
        version = sheet.form.cleaned_data["version"] if found else None
        return actions.save_scenario(request.actor, region, spec_of(sheet), found, version)

    def done(saved: Scenario) -> tuple[str, str]:
        saved.region = region
        return f"避難の想定「{saved}」を保存しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(back, _crumbs(region, found), "disaster"),
        "避難の想定の変更" if found else "避難の想定を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        remove=reverse("disaster:remove-scenario", args=[region.slug, slug]) if found and ruling else "",
        remove_version=found.version if found else None,
        remove_label="この想定を、計画とともに削除",
    )


@region_page
@require_http_methods(["GET", "POST"])
def load_scenario(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a scenario from its file, or give one the content of a file."""
    found = queries.scenario_for(region, slug) if slug else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    back = found.get_absolute_url() if found else reverse("disaster:scenarios", args=[region.slug])

    def build(data: Any, record: Scenario | None) -> Sheet:
        files = request.FILES if data is not None else None
        return Sheet(ScenarioUpload(data, files, initial={"version": record.version if record else None}))

    def save(sheet: Sheet) -> Scenario:
        form = sheet.form
        given = form.cleaned_data["file"]
        version = form.cleaned_data["version"] if found else None
        try:
            return actions.load_scenario(request.actor, region, given.read(), given.name, found, version)
        except WrongInput as wrong:
            raise WrongInput(str(wrong), column="file") from None

    def done(saved: Scenario) -> tuple[str, str]:
        saved.region = region
        return f"避難の想定「{saved}」を保存しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(back, _crumbs(region, found), "disaster"),
        "想定をファイルから読み込む",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        save_label="読み込む",
        lead="ファイルの内容で、この想定を置き換えます。"
        if found
        else "ファイルの内容で、新しい想定を登録します。",
    )


@region_page
@require_GET
def scenario_file(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The scenario as its file (YAML)."""
    found = queries.scenario_for(region, slug)
    return download(f"{found.slug}.yaml", write_scenario(queries.spec_of(found)))


@region_page
@require_POST
def remove_scenario(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a scenario with its plans."""
    found = queries.scenario_for(region, slug)
    policies.write_shared(request.actor, region).require()
    try:
        actions.remove_scenario(request.actor, found, version_of(request) or 0)
    except (WrongInput, Stale) as refused:
        words = (
            str(refused)
            if isinstance(refused, WrongInput)
            else "ほかの人が先にこの想定を更新しました。内容を確かめてください。"
        )
        status = 422 if isinstance(refused, WrongInput) else 409
        return _scenario(request, region, queries.scenario_for(region, slug), problem=words, status=status)
    messages.success(request, f"避難の想定「{found}」を削除しました。")
    return redirect("disaster:scenarios", region.slug)


def _crumbs(region: Region, found: Scenario | None) -> list[tuple[str, str]]:
    return [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("避難の計画", reverse("disaster:scenarios", args=[region.slug])),
        *([(found.title, found.get_absolute_url())] if found else []),
    ]
