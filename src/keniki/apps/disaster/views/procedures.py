"""Pages of wide-area evacuation and stay, and of mutual aid."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.editing import Frame, Sheet, VersionedForm, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.apps.regions.queries import members_on

from .. import policies
from ..actions import procedures as actions
from ..forms import procedures as forms
from ..models import AidRequest, Incident, WideAreaStay
from ..papers import procedures as papers
from ..papers.frame import paper_answer
from ..procedures import AID_STEPS, STAY_STEPS, Side, stay_place
from ..queries import incidents
from ..queries import procedures as queries
from ..queries.legal_basis import aid_basis, stay_basis
from ..queries.stock.settling import unclaimed
from .frame import incident_page, incident_way, marked

Procedure = WideAreaStay | AidRequest


@region_page
@require_GET
def stays(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The wide-area evacuations and stays of an incident."""
    found = incidents.incident_for(region, slug)
    return incident_page(
        request,
        found,
        "disaster/stays.html",
        rows=queries.stays_of(found),
        ruling=policies.record_on_page(request.actor, found, None),
    )


@region_page
@require_GET
def aids(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The requests for help of an incident, and what help cost."""
    found = incidents.incident_for(region, slug)
    return incident_page(
        request,
        found,
        "disaster/aids.html",
        rows=queries.aids_of(found),
        ruling=policies.record_on_page(request.actor, found, None),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_stay(request: StaffRequest, region: Region, slug: str, number: int | None = None) -> HttpResponse:
    """Ask another town to take residents in, or change what was asked."""
    incident = incidents.incident_for(region, slug)
    found = queries.stay_for(incident, number) if number else None
    return _edit(request, incident, found, "広域避難・広域一時滞在", "disaster:stays", stay=True)


@region_page
@require_http_methods(["GET", "POST"])
def edit_aid(request: StaffRequest, region: Region, slug: str, number: int | None = None) -> HttpResponse:
    """Ask another town for help, or change what was asked."""
    incident = incidents.incident_for(region, slug)
    found = queries.aid_for(incident, number) if number else None
    return _edit(request, incident, found, "応援の要請", "disaster:aids", stay=False)


@region_page
@require_http_methods(["GET", "POST"])
def stay(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """A wide-area evacuation or stay with its steps, and a form for the next one."""
    incident = incidents.incident_for(region, slug)
    return _shown(request, incident, queries.stay_for(incident, number), "disaster/stay.html")


@region_page
@require_http_methods(["GET", "POST"])
def aid(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """A request for help with its steps and costs, and a form for the next step."""
    incident = incidents.incident_for(region, slug)
    return _shown(request, incident, queries.aid_for(incident, number), "disaster/aid.html")


@region_page
@require_http_methods(["GET", "POST"])
def aid_costs(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """What help cost, line by line."""
    incident = incidents.incident_for(region, slug)
    found = queries.aid_for(incident, number)
    ruling = policies.take_step(request.actor, found, Side.HELPER)
    if request.method == "POST":
        ruling.require()
    back = found.get_absolute_url()

    def build(data: Any, record: AidRequest | None) -> Sheet:
        form = VersionedForm(data, initial={"version": found.version})
        return Sheet(form, {"費用": forms.cost_rows(data, found)})

    def save(sheet: Sheet) -> AidRequest:
        version = sheet.form.cleaned_data.get("version") or 0
        return actions.save_costs(request.actor, found, forms.costs_in(sheet.formsets["費用"]), version)

    def done(saved: AidRequest) -> tuple[str, str]:
        return f"【{incident.get_mode_display()}】{saved}の費用を保存しました。", back

    crumbs = _crumbs(incident, "応援", reverse("disaster:aids", args=[region.slug, slug]))
    return edit_page(
        request,
        Frame(back, [*crumbs, (str(found), back)], "disaster", eyebrow=incident.get_mode_display()),
        "応援に要した費用",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(incident),
    )


@region_page
@require_GET
def stay_paper(
    request: StaffRequest, region: Region, slug: str, number: int, key: str, form: str
) -> HttpResponse:
    """The letter of a step of a wide-area evacuation or stay."""
    found = queries.stay_for(incidents.incident_for(region, slug), number)
    paper = papers.stay_letter(queries.standing(found), key)
    if paper is None:
        raise Http404("この手続の文書はありません。")
    return paper_answer(paper, form)


@region_page
@require_GET
def aid_paper(
    request: StaffRequest, region: Region, slug: str, number: int, key: str, form: str
) -> HttpResponse:
    """The letter of a step of a request for help."""
    found = queries.aid_for(incidents.incident_for(region, slug), number)
    paper = papers.aid_letter(queries.standing(found), key)
    if paper is None:
        raise Http404("この手続の文書はありません。")
    return paper_answer(paper, form)


def _edit(
    request: StaffRequest, incident: Incident, found: Procedure | None, title: str, at: str, *, stay: bool
) -> HttpResponse:
    region = incident.region
    if found is not None:
        ruling = policies.take_step(request.actor, found, Side.ASKER)
    else:
        ruling = policies.record_on_page(request.actor, incident, None)
    if request.method == "POST":
        ruling.require()
    listed = reverse(at, args=[region.slug, incident.slug])
    back = found.get_absolute_url() if found is not None else listed
    towns = _towns(region, found)
    new, old = (forms.NewStayForm, forms.StayForm) if stay else (forms.NewAidForm, forms.AidForm)

    def build(data: Any, record: Procedure | None) -> Sheet:
        initial = forms.procedure_initial(record)
        form = (old if found is not None else new)(data, towns=towns, initial=initial)
        return Sheet(form, groups=[("どの団体の間か", ["asker", "asker_name", "helper", "helper_name"])])

    def save(sheet: Sheet) -> Procedure:
        form: Any = sheet.form
        if found is not None:
            version = form.cleaned_data.get("version") or 0
            return actions.change_procedure(request.actor, found, form.draft(), version)
        if stay:
            return actions.ask_stay(request.actor, incident, form.draft(), form.first())
        return actions.ask_aid(request.actor, incident, form.draft(), form.first())

    def done(saved: Procedure) -> tuple[str, str]:
        return f"【{incident.get_mode_display()}】{saved}を保存しました。", saved.get_absolute_url()

    crumbs = [*_crumbs(incident, title, listed), *([(str(found), back)] if found is not None else [])]
    return edit_page(
        request,
        Frame(back, crumbs, "disaster", eyebrow=incident.get_mode_display()),
        f"{title}の変更" if found is not None else f"{title}を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(incident),
    )


def _shown(request: StaffRequest, incident: Incident, found: Procedure, template: str) -> HttpResponse:
    """The page of a procedure, where the next step is recorded too."""
    standing = queries.standing(found)
    rules = queries.rules_of(found)
    may = {key: policies.take_step(request.actor, found, rules[key].side) for key in standing.following}
    following = [(key, rules[key]) for key in standing.following if may[key]]
    ruling = next((each for each in may.values() if each), None) or policies.take_step(
        request.actor, found, Side.EITHER
    )
    shelters = queries.shelters_of(incident.region, found) if isinstance(found, WideAreaStay) else []
    place = stay_place(found.kind, found.first_day) if isinstance(found, WideAreaStay) else ""
    decides = any(key == "shelters" for key, _ in following)
    rows_title = f"受け入れる{place}（{rules['shelters'].label}のとき）" if decides else ""

    def build(data: Any, record: Procedure | None) -> Sheet:
        form = forms.StepForm(data, following=following, initial={"version": found.version})
        rows = {rows_title: forms.place_rows(data, shelters)} if decides else {}
        return Sheet(form, rows)

    def save(sheet: Sheet) -> Any:
        form = sheet.form
        assert isinstance(form, forms.StepForm)
        places = [place for rows in sheet.formsets.values() for place in forms.places_in(rows)]
        version = form.cleaned_data.get("version") or 0
        return actions.take_step(request.actor, found, form.draft(places), version)

    def done(_step: object) -> tuple[str, str]:
        return f"【{incident.get_mode_display()}】{found}の手続を記録しました。", found.get_absolute_url()

    if request.method == "POST":
        wanted = rules.get(request.POST.get("key", ""))
        (policies.take_step(request.actor, found, wanted.side) if wanted else ruling).require()
    listed = "disaster:stays" if isinstance(found, WideAreaStay) else "disaster:aids"
    back = reverse(listed, args=[incident.region.slug, incident.slug])
    word = "広域避難・広域一時滞在" if isinstance(found, WideAreaStay) else "応援"
    return edit_page(
        request,
        Frame(back, _crumbs(incident, word, back), "disaster", eyebrow=incident.get_mode_display()),
        str(found),
        found,
        build,
        save,
        done=done,
        template=template,
        save_label="手続を記録",
        ruling=ruling,
        standing=standing,
        papers=_with_papers(found),
        entries=log_of(found),
        may_change=bool(policies.take_step(request.actor, found, Side.ASKER)),
        may_cost=bool(policies.take_step(request.actor, found, Side.HELPER)),
        open_for_me=bool(following),
        unclaimed=unclaimed(incident.region, incident, found) if isinstance(found, AidRequest) else [],
        basis=stay_basis(found.kind, found.first_day)
        if isinstance(found, WideAreaStay)
        else aid_basis(found.first_day),
        **marked(incident),
    )


def _with_papers(found: Procedure) -> frozenset[str]:
    """The steps that have a paper."""
    if isinstance(found, WideAreaStay):
        return frozenset(STAY_STEPS) & {"request", "report", "acceptance", "refusal", "managers", "notice"}
    return frozenset(AID_STEPS) & {"request", "acceptance", "refusal", "claim"}


def _towns(region: Region, found: Procedure | None) -> dict[str, Municipality]:
    towns = [row.municipality for row in members_on(region)]
    for town in (found.asker, found.helper) if found is not None else ():
        if town is not None and town not in towns:
            towns.append(town)
    return {town.code: town for town in towns}


def _crumbs(incident: Incident, word: str, at: str) -> list[tuple[str, str]]:
    return incident_way(incident, (word, at))
