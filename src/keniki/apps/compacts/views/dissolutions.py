"""The dissolution (廃止) of an agreement: beginning it, giving it up, and each deciding party's way."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts import actions, policies, procedures, queries, states
from keniki.apps.compacts.forms.agreements import DissolutionForm
from keniki.apps.compacts.models import Agreement, Dissolution
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page, version_of
from keniki.rulebooks.compacts import Action

from .agreements import party, record_way
from .frames import agreement_frame


@region_page
@require_http_methods(["GET", "POST"])
def start(request: StaffRequest, region: Region, agreement: str) -> HttpResponse:
    """Begin a dissolution: which parties' assemblies decide it."""
    found = queries.agreement(region, agreement)
    ruling = policies.start_dissolution(request.actor, found).require()
    parties = {each.municipality.code: each.municipality for each in found.parties.all()}
    everyone = found.kind in states.DISSOLVED_BY_ALL

    def build(data: QueryDict | None, record: Agreement) -> Sheet:
        choices = [] if everyone else [(code, town.name) for code, town in parties.items()]
        return Sheet(DissolutionForm(choices, data, initial={"version": record.version}))

    def save(sheet: Sheet) -> list[Dissolution]:
        given = sheet.form.cleaned_data
        deciding = [parties[code] for code in given.get("deciding", parties)]
        return actions.start_dissolution(request.actor, found, given["version"], deciding)

    frame = agreement_frame(region, found, "#dissolutions")
    return edit_page(
        request,
        frame,
        "廃止の手続を始める",
        found,
        build,
        save,
        done=lambda saved: (
            "廃止の手続を始めました。市町村ごとに、廃止の議案の番号と提出日を記録してください。",
            frame.back,
        ),
        template="compacts/move.html",
        lead="議案の提出を記録するまでは、いつでも取りやめられます。協定の効力は、終了を記録するまで続きます。",
        ruling=ruling,
        save_label="廃止の手続を始める",
        dissolve=procedures.procedure_for(found, regions.today()).value.steps(Action.DISSOLVE),
        everyone="・".join(town.name for town in parties.values()) if everyone else "",
    )


@region_page
@require_POST
def stop(request: StaffRequest, region: Region, agreement: str) -> HttpResponse:
    """Give the dissolution up before its bill is submitted."""
    found = queries.agreement(region, agreement)
    try:
        actions.stop_dissolution(request.actor, found, version_of(request))
        messages.success(request, "廃止の手続を取りやめました。協定は元のまま効力を持ちます。")
    except Stale:
        messages.error(
            request, "ほかの人がこの協定を更新しました。内容を確かめて、もう一度操作してください。"
        )
    return redirect("compacts:agreement", region.slug, found.slug)


@region_page
@require_http_methods(["GET", "POST"])
def record(request: StaffRequest, region: Region, agreement: str, code: str) -> HttpResponse:
    """One deciding party's bill, vote and notices."""
    found = queries.agreement(region, agreement)
    town = party(found, code)
    return record_way(
        request,
        found,
        town,
        policies.record_dissolution(request.actor, found, town),
        next((row for row in found.dissolutions.all() if row.municipality_id == town.pk), None),
        policies.dissolution_fields(found),
        actions.record_dissolution,
        part="#dissolutions",
        heading=f"{town.name}の廃止の議決等を記録",
    )
