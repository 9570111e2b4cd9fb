"""Pages of the subsidiary book: the journal with its trial balance, one entry, its correction, the proof, the data."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.activities.queries import check_year
from keniki.apps.activities.queries.history import Entry as LogRow
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import ledger as actions
from ..actions.posting import entry_no
from ..forms.claims import CorrectionForm
from ..forms.ledger import JournalForm, SpendingForm
from ..models import Entry, JointCost
from ..queries import claims
from ..queries import ledger as queries
from ..queries.costs import cost_for, costs_of
from ..sharing import towns_of

PER_PAGE = 100
COLUMNS = (
    "会計年度", "仕訳番号", "日付", "種類", "共同経費ID", "共同経費", "団体", "勘定", "借方_円", "貸方_円", "摘要",
    "会計システムの番号", "調定の年度", "調定の番号", "市町村コード", "市町村", "納期", "訂正した仕訳", "入力者",
    "起票日時",
)  # fmt: skip


@region_page
@require_GET
def ledger(request: StaffRequest, region: Region) -> HttpResponse:
    """The journal, narrowed as asked, with the trial balance of every body."""
    form = _form(request, region)
    narrowed = form.narrowed
    lines = Paginator(queries.journal(region, narrowed), PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "finance/ledger.html",
        nav_active="finance",
        form=form,
        lines=lines,
        rows=queries.with_balances(region, narrowed, lines),
        trials=queries.trial_balance(region, narrowed),
        narrowed=narrowed,
        query=request.GET.urlencode(),
    )


@region_page
@require_GET
def ledger_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """The journal as data: one line a row, yen, ISO dates."""
    rows: list[tuple[Any, ...]] = []
    for line in queries.journal(region, _form(request, region).narrowed).select_related("entry__user"):
        entry = line.entry
        made, part, other = entry.assessment, entry.instalment, entry.reverses
        rows.append(
            (
                entry.fiscal_year,
                entry.number,
                entry.on,
                entry.get_kind_display(),
                entry.cost.slug,
                entry.cost.title,
                line.body.name,
                line.get_account_display(),
                line.amount if line.amount > 0 else None,
                -line.amount if line.amount < 0 else None,
                entry.text,
                entry.document_no,
                made.fiscal_year if made is not None else None,
                made.number if made is not None else None,
                made.municipality.code if made is not None else "",
                made.municipality.name if made is not None else "",
                part.number if part is not None else None,
                f"{other.fiscal_year}-{other.number}" if other is not None else "",
                entry.author,
                entry.posted_at.isoformat(timespec="seconds"),
            )
        )
    return download(f"{region.name}_補助簿_仕訳.csv", write_csv([COLUMNS, *rows]).data)


@region_page
@require_GET
def entry(request: StaffRequest, region: Region, year: int, number: int) -> HttpResponse:
    """One entry: its lines, what it was posted for, back to the rule and the items of the cost."""
    return _entry_page(request, region, queries.entry_for(region, year, number))


@region_page
@require_POST
def reverse_entry(request: StaffRequest, region: Region, year: int, number: int) -> HttpResponse:
    """Take an entry back by its opposite, with the reason."""
    found = queries.entry_for(region, year, number)
    policies.reverse_entry(request.actor, found).require()
    form = CorrectionForm(request.POST, year=found.fiscal_year)
    if form.is_valid():
        try:
            made = actions.reverse(request.actor, found, form.correction())
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"反対の仕訳 {entry_no(made)} を記帳しました。")
            return redirect("finance:entry", region.slug, made.fiscal_year, made.number)
    return _entry_page(request, region, found, form)


@region_page
@require_GET
def ledger_check(request: StaffRequest, region: Region) -> HttpResponse:
    """The proof that the book is right, rule by rule, and what the two sides have not done yet."""
    return page(request, "finance/ledger_check.html", nav_active="finance", check=queries.check(region))


@region_page
@require_http_methods(["GET", "POST"])
def spend(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """Post what was spent on a joint cost, or came in that is meant for it."""
    cost = cost_for(region, slug)
    try:
        check_year(region, year)
    except WrongInput as wrong:
        raise Http404(wrong.message) from wrong
    each = cost.manner == JointCost.Manner.EACH
    shared = policies.keep_account(request.actor, cost)
    towns = [
        town
        for town in (towns_of(cost, year) if each else [])
        if policies.post_spending(request.actor, cost, year, town)
    ]
    if request.method == "POST" and not towns:
        shared.require()
    form = SpendingForm(request.POST if request.method == "POST" else None, year=year, cost=cost, towns=towns)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.post_spending(request.actor, cost, year, form.spending())
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"{made.get_kind_display()}を記帳しました（仕訳 {entry_no(made)}）。")
            return redirect("finance:post-spending", region.slug, slug, year)
    spending = queries.entry_rows(
        region,
        cost=cost,
        fiscal_year=year,
        assessment=None,
        kind__in=(Entry.Kind.EXPENSE, Entry.Kind.EARMARKED),
    )
    entries = Paginator(spending, PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "finance/spending.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        form=form,
        ruling=shared if not towns else policies.post_spending(request.actor, cost, year, towns[0]),
        entries=[queries.posted_of(each, region) for each in entries],
        pages=entries,
        status=422 if form.errors else 200,
    )


def _form(request: StaffRequest, region: Region) -> JournalForm:
    return JournalForm(
        request.GET or None,
        years=claims.years_with_claims(region),
        costs=costs_of(region),
        bodies=queries.bodies_of(region),
    )


def _entry_page(
    request: StaffRequest, region: Region, found: Entry, form: CorrectionForm | None = None
) -> HttpResponse:
    reversed_by = getattr(found, "reversed_by", None)
    return page(
        request,
        "finance/entry.html",
        nav_active="finance",
        entry=found,
        lines=[queries.JournalRow(line, None) for line in found.lines.all()],
        reversed_by=reversed_by,
        ruling=policies.reverse_entry(request.actor, found) if reversed_by is None else None,
        form=form or CorrectionForm(year=found.fiscal_year),
        history=[LogRow(each.at, each.text) for each in log_of(found)],
        status=422 if form is not None and form.errors else 200,
    )
