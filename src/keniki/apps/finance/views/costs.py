"""Pages of joint costs: the list, one cost in a fiscal year, its form, its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import year_state
from keniki.apps.activities.queries.history import Change, Entry
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.apps.regions.queries import members_word
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table, format_table_with_western
from keniki.core.money import Unit, rounding_note

from .. import policies
from ..actions import costs as actions
from ..cost_charts import YearSum, classes_in, cost_chart, sums_by_year
from ..forms.costs import CostForm, cost_initial
from ..models import JointCost
from ..queries import cost_path
from ..queries import costs as queries
from ..queries.costs import YearRecords
from ..sharing import Reckoned, StageOf, gather, reckon

COLUMNS = (
    "共同経費ID", "名称", "取組ID", "取組", "執行の方法", "会計をもつ団体", "年度", "段階", "回", "種類", "経費の区分",
    "借入年度", "執行する市町村コード", "執行する市町村", "内容", "金額_円", "積算",
)  # fmt: skip


#: Fiscal years beside the one that is shown.
_BEFORE, _AFTER = 5, 3


@dataclass(frozen=True)
class ShareRow:
    """What a town bears: by the records as they are now, and as it was last made known; yen."""

    name: str
    now: int | None
    part: str
    known: int | None

    @property
    def difference(self) -> int | None:
        """What is shared now less what was made known."""
        return self.now - self.known if self.now is not None and self.known is not None else None


@region_page
@require_GET
def costs(request: StaffRequest, region: Region) -> HttpResponse:
    """The joint costs of the region in a fiscal year, each with what comes next."""
    now = int(FiscalYear.of(timezone.localdate()))
    begun = [each.first_year for each in queries.costs_of(region)]
    years = list(range(max([now, *begun]) + 1, min([now, *begun]) - 1, -1))
    named = FiscalYear.named(request.GET.get("year"))
    year = int(named) if named is not None and int(named) in years else now
    rows = cost_path.rows_of(region, year)
    stages = sorted(
        {stage for row in rows for stage in row.records.stages},
        key=lambda stage: (list(cost_path.Stage.values).index(stage.stage), stage.round),
    )
    return page(
        request,
        "finance/costs.html",
        nav_active="finance",
        rows=[(row, [_at(row.records, stage) for stage in stages]) for row in rows],
        stages=stages,
        sums=[sum(_at(row.records, stage) or 0 for row in rows) for stage in stages],
        shown=year,
        years=[(each, format_table_with_western(each)) for each in years],
        year=year_state(region, year),
        note=rounding_note(Unit.THOUSAND),
        ruling=policies.write_cost(request.actor, region),
    )


@region_page
@require_GET
def cost(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A joint cost in a fiscal year: where its money stands, its items by stage, what each town bears."""
    found = queries.cost_for(region, slug)
    year = queries.year_of(found, request.GET.get("year"))
    records = queries.records(found, year)
    word = members_word(region)
    share_path = cost_path.share_path(records, word)
    made = _reckoned(records)
    shares = _share_rows(records, made) if made is not None else []
    every = queries.all_items(found)
    sums = sums_by_year(every)
    several = classes_in(sums)
    classes = several if len(several) > 1 else []
    newest = records.allocations[0] if records.allocations else None
    return page(
        request,
        "finance/cost.html",
        nav_active="finance",
        cost=found,
        records=records,
        shown=year,
        years=_year_tabs(found, year),
        year=year_state(region, year),
        word=word,
        places=_places(found, records),
        next=cost_path.next_of(share_path),
        budget_path=cost_path.budget_path(records, word),
        share_path=share_path,
        lines=_lines(records),
        totals=_totals(records),
        made=made,
        shares=shares,
        share_total=sum(row.now or 0 for row in shares) if shares else None,
        newest=newest,
        newest_net=newest.total - newest.deducted if newest else None,
        allocations=[
            (each, StageOf(each.stage, each.round).label, each.total - each.deducted)
            for each in records.allocations
        ],
        newest_stage=StageOf(newest.stage, newest.round).label if newest else "",
        sums=[(each, [each.by_class.get(key) for key in classes]) for each in reversed(sums)],
        classes=[queries.class_label(records.spec, key) or "区分なし" for key in classes],
        chart=_chart(found, sums, records) if sums else None,
        note=rounding_note(Unit.THOUSAND),
        ruling=policies.write_cost_of(request.actor, region, year),
        may_edit=policies.write_cost(request.actor, region),
        history=_history(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_cost(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a joint cost or change it; a second editor is shown both."""
    found = queries.cost_for(region, slug) if slug else None
    ruling = policies.write_cost(request.actor, region)
    if request.method == "POST":
        ruling.require()
    back = reverse("finance:cost", args=[region.slug, slug]) if found else _at_costs(region)
    now = int(FiscalYear.of(timezone.localdate()))

    def build(data: Any, record: JointCost | None) -> Sheet:
        initial = cost_initial(region, record, now)
        form = CostForm(data, region=region, cost=record, initial=initial)
        return Sheet(
            form,
            groups=[
                ("何の経費か", ["title", "initiative", "project", "note"]),
                ("だれが執行し、だれが負担するか", ["manner", "holder", "places"]),
                ("いつからいつまで", ["first_year", "last_year"]),
            ],
        )

    def save(sheet: Sheet) -> JointCost:
        form = sheet.form
        assert isinstance(form, CostForm)
        return actions.save_cost(
            request.actor, region, form.draft(), found, form.cleaned_data.get("version") if found else None
        )

    def done(saved: JointCost) -> tuple[str, str]:
        return f"共同経費「{saved.title}」を保存しました。", reverse(
            "finance:cost", args=[region.slug, saved.slug]
        )

    crumbs = [("共同経費", _at_costs(region)), *([(found.title, back)] if found else [])]
    held = actions.held_by(found) if found is not None else []
    removable = found is not None and ruling and not held
    return edit_page(
        request,
        Frame(back, crumbs, "finance"),
        "共同経費の設定" if found else "共同経費を登録",
        found,
        build,
        save,
        done=done,
        template="finance/cost_form.html",
        ruling=ruling,
        held=held,
        remove=reverse("finance:remove-cost", args=[region.slug, slug]) if removable else "",
        remove_version=found.version if found else None,
        remove_label="この共同経費を、内訳・基礎数値・定めの案とともに削除",
    )


@region_page
@require_POST
def remove_cost(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a joint cost of which nothing was put to the towns yet."""
    found = queries.cost_for(region, slug)
    policies.write_cost(request.actor, region).require()
    try:
        actions.remove_cost(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの共同経費を更新しました。内容を確かめてください。")
        return redirect("finance:cost", region.slug, slug)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect("finance:cost", region.slug, slug)
    messages.success(request, f"共同経費「{found.title}」を削除しました。")
    return redirect("finance:costs", region.slug)


@region_page
@require_GET
def chart(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A cost's years by class, as SVG; 404 before there are items."""
    found = queries.cost_for(region, slug)
    sums = sums_by_year(queries.all_items(found))
    if not sums:
        raise Http404("経費の内訳がありません。")
    drawn = _chart(found, sums, queries.records(found, sums[-1].year))
    return HttpResponse(drawn.svg(), content_type="image/svg+xml")


@region_page
@require_GET
def data(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """All items of a cost as data: one item a row, yen."""
    found = queries.cost_for(region, slug)
    rows = [
        (
            found.slug,
            found.title,
            found.initiative.slug,
            found.initiative.title,
            found.get_manner_display(),
            str(found.holder) if found.holder else "",
            item.fiscal_year,
            item.get_stage_display(),
            item.round or None,
            item.get_kind_display(),
            item.cost_class,
            item.loan_year,
            item.municipality.code if item.municipality else "",
            item.municipality.name if item.municipality else "",
            item.title,
            item.amount,
            item.reckoning,
        )
        for item in queries.all_items(found)
    ]
    return download(f"{region.name}_{found.title}_経費.csv", write_csv([COLUMNS, *rows]).data)


def _at_costs(region: Region) -> str:
    return reverse("finance:costs", args=[region.slug])


def _year_tabs(cost: JointCost, shown: int) -> list[dict[str, Any]]:
    """The fiscal years around the one that is shown."""
    years = sorted(queries.years_of(cost))
    place = years.index(shown)
    return [
        {"label": format_table(each), "url": f"?year={each}", "current": each == shown}
        for each in years[max(0, place - _BEFORE) : place + _AFTER + 1]
    ]


def _at(records: YearRecords, stage: StageOf) -> int | None:
    return records.gross(stage) if stage in records.stages else None


def _places(cost: JointCost, records: YearRecords) -> str:
    names = "・".join(town.name for town in records.towns)
    return names if cost.places else f"すべて（{names}）" if names else "すべて"


def _lines(records: YearRecords) -> list[dict[str, Any]]:
    return [
        {
            "line": line,
            "label": queries.class_label(records.spec, line.cost_class),
            "cells": [line.amounts.get(stage) for stage in records.stages],
        }
        for line in records.lines
    ]


def _totals(records: YearRecords) -> list[tuple[str, list[int]]]:
    return [
        ("経費の計", [records.gross(stage) for stage in records.stages]),
        ("特定財源の計", [records.earmarked(stage) for stage in records.stages]),
        ("負担の対象", [records.net(stage) for stage in records.stages]),
    ]


def _reckoned(records: YearRecords) -> Reckoned | None:
    """The last stage shared by the version that speaks for the year; None before there are both."""
    if records.spec is None or records.latest is None:
        return None
    gathered = gather(
        records.cost, records.year, records.latest, items=records.items, figures=records.figures
    )
    return reckon(gathered, records.spec)


def _share_rows(records: YearRecords, made: Reckoned) -> list[ShareRow]:
    total = sum(made.shares.values())
    told = list(records.allocations[0].shares.all()) if records.allocations else []
    known = {each.municipality.code: each.amount for each in told}
    towns = {town.code: town.name for town in made.gathered.towns}
    names = towns | {each.municipality.code: each.municipality.name for each in told}
    rows = []
    for code in names:
        now = made.shares.get(code)
        if now is None and code not in known:
            continue
        part = f"{float(Fraction(now * 100, total)):.2f}" if now is not None and total else ""
        rows.append(ShareRow(names[code], now, part, known.get(code)))
    return rows


def _chart(cost: JointCost, sums: Sequence[YearSum], records: YearRecords) -> Any:
    labels = {
        key: queries.class_label(records.spec, key) or "区分なし" for each in sums for key in each.by_class
    }
    return cost_chart(cost.title, list(sums)[-6:], labels)


def _history(cost: JointCost) -> list[Entry]:
    entries = []
    for row in list(log_of(cost))[:20]:
        changes = []
        if row.before is not None and row.after is not None:
            changes = [
                Change(
                    "内訳" if name == "items" else actions.LABELS.get(name, name),
                    _said(row.before.get(name)),
                    _said(value),
                )
                for name, value in row.after.items()
            ]
        entries.append(Entry(row.at, row.text, changes))
    return entries


def _said(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value or "")
