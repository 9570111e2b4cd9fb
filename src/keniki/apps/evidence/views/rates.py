"""The page of a region's own rates for demand: what is used today, the text, files in and out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, chosen, conflict_of, page, region_page, version_of
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .. import actions, policies
from ..book.book import members_of
from ..futures.forms import LedgerForm, RatesFileForm, RatesForm
from ..futures.ledgers import buildings_in, with_buildings
from ..futures.rate_keys import keys, template
from ..futures.rates_today import rates_today
from ..futures.region_rates import name_of, rates_of, registered
from ..models import DemandRates

_LARGEST_LEDGER = 2_000_000


@region_page
@require_http_methods(["GET", "POST"])
def demand_rates(request: StaffRequest, region: Region) -> HttpResponse:
    """The rates used today, and the region's own as text: changed in place, 422 with what is wrong."""
    stored = rates_of(region)
    if request.method != "POST":
        return _page(request, region, stored)
    policies.keep_demand_rates(request.actor, region).require()
    form = RatesForm(chosen(request, stored))
    if not form.is_valid():
        return _page(request, region, stored, form=form, status=422)
    return _kept(request, region, stored, form)


@region_page
@require_POST
def upload(request: StaffRequest, region: Region) -> HttpResponse:
    """A file in place of the text; one that is refused stands in the text, with what is wrong."""
    policies.keep_demand_rates(request.actor, region).require()
    stored = rates_of(region)
    file = RatesFileForm(request.POST, request.FILES)
    if not file.is_valid():
        return _page(request, region, stored, file=file, status=422)
    given = file.cleaned_data["rates"]
    try:
        content = _text(given)
    except WrongInput as wrong:
        file.add_error("rates", wrong.message)
        return _page(request, region, stored, file=file, status=422)
    typed = {
        "content": content,
        "note": stored.note if stored else "",
        "file_name": given.name[-200:],
    }
    form = RatesForm(typed)
    if not form.is_valid():
        return _page(request, region, stored, form=form, status=422)
    return _kept(request, region, stored, form)


@region_page
@require_POST
def buildings(request: StaffRequest, region: Region) -> HttpResponse:
    """The buildings of a ledger, put among the rates in place of those its municipalities had."""
    policies.keep_demand_rates(request.actor, region).require()
    stored = rates_of(region)
    ledger = LedgerForm(request.POST, request.FILES, members=members_of(region))
    if ledger.is_valid():
        given = ledger.cleaned_data
        try:
            there = buildings_in(
                _bytes(given["ledger"]), given["ledger"].name, today(), given["municipality"]
            )
            content = with_buildings(stored.content if stored else "", there, given["source"], given["year"])
            actions.save_demand_rates(
                request.actor,
                region,
                content,
                name=stored.file_name if stored else "",
                note=stored.note if stored else "",
                version=version_of(request) or 0,
            )
        except WrongInput as wrong:
            ledger.add_error("ledger", str(wrong))
        except Stale as stale:
            ledger.add_error(None, str(stale))
            return _page(request, region, rates_of(region), ledger=ledger, status=409)
        else:
            count = sum(len(rows) for rows in there.values())
            messages.success(request, f"公共施設の建物{count:,}件を登録しました。")
            return redirect("evidence:demand-rates", region.slug)
    return _page(request, region, stored, ledger=ledger, status=422)


@region_page
@require_POST
def remove(request: StaffRequest, region: Region) -> HttpResponse:
    """Give the region's own rates up."""
    try:
        actions.remove_demand_rates(request.actor, region, version_of(request) or 0)
    except Stale as stale:
        messages.error(request, str(stale))
    else:
        messages.success(request, "登録した率を削除しました。統計と全国の率によって推計します。")
    return redirect("evidence:demand-rates", region.slug)


@region_page
@require_GET
def rates_file(request: StaffRequest, region: Region) -> HttpResponse:
    """The registered rates as the YAML file that `keniki demand --rates` takes."""
    stored = rates_of(region)
    if stored is None:
        raise Http404("登録した率はありません。")
    return download(name_of(stored), stored.content)


@region_page
@require_GET
def template_file(request: StaffRequest, region: Region) -> HttpResponse:
    """A file of rates in which everything that may be given stands as a comment."""
    members = members_of(region)
    return download(f"{region.slug}-rates.yaml", template(today(), members[0].code if members else ""))


def _kept(request: StaffRequest, region: Region, stored: DemandRates | None, form: RatesForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        actions.save_demand_rates(
            request.actor,
            region,
            given["content"],
            name=given["file_name"],
            note=given["note"],
            version=version_of(request) or 0,
        )
    except WrongInput as wrong:
        form.add_error("content", str(wrong))
        return _page(request, region, stored, form=form, status=422)
    except Stale as stale:
        clash = conflict_of(stale, form)
        return _page(request, region, rates_of(region), form=form, conflict=clash, status=409)
    messages.success(request, "率を登録しました。将来推計を計算し直すと、需要に使われます。")
    return redirect("evidence:demand-rates", region.slug)


def _page(
    request: StaffRequest,
    region: Region,
    stored: DemandRates | None,
    *,
    form: RatesForm | None = None,
    file: RatesFileForm | None = None,
    ledger: LedgerForm | None = None,
    conflict: Any = None,
    status: int = 200,
) -> HttpResponse:
    on = today()
    own, broken = None, ""
    try:
        own = registered(region, on)
    except WrongInput as wrong:
        broken = str(wrong)
    members = members_of(region)
    initial = {
        "content": stored.content if stored else template(on, members[0].code if members else ""),
        "note": stored.note if stored else "",
        "file_name": stored.file_name if stored else "",
    }
    found: dict[str, forms.Form] = {
        "form": form or RatesForm(initial=initial),
        "file": file or RatesFileForm(),
        "ledger": ledger or LedgerForm(initial={"year": on.year - 1}, members=members),
    }
    return page(
        request,
        "evidence/futures/rates.html",
        nav_active="evidence",
        stored=stored,
        version=version_of(request) or 0 if status == 422 else stored.version if stored else 0,
        broken=broken,
        today=rates_today(region, own.given if own else None, on),
        keys=keys(on).values(),
        conflict=conflict,
        ruling=policies.keep_demand_rates(request.actor, region),
        entries=log_of(stored) if stored else (),
        status=status,
        **found,
    )


def _text(given: Any) -> str:
    if (given.size or 0) > actions.LARGEST_RATES:
        raise WrongInput(f"率のファイルが大きすぎます（{actions.LARGEST_RATES // 1000} KBまで）。")
    try:
        text = str(given.read(), "utf-8-sig")
    except UnicodeDecodeError:
        raise WrongInput("文字コードを UTF-8 にして保存し直してください。") from None
    if not text.strip():
        raise WrongInput("ファイルが空です。")
    return text


def _bytes(given: Any) -> bytes:
    if (given.size or 0) > _LARGEST_LEDGER:
        raise WrongInput(f"台帳のファイルが大きすぎます（{_LARGEST_LEDGER // 1_000_000} MBまで）。")
    return bytes(given.read())
