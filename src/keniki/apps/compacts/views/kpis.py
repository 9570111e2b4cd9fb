"""KPIs: list, page with targets and actuals, form, readings."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.compacts import actions, closing, policies, queries
from keniki.apps.compacts.forms.common import plain
from keniki.apps.compacts.forms.kpis import KPI_TYPED, KpiForm, ReadingForm, TargetForm
from keniki.apps.compacts.models import Kpi, KpiReading
from keniki.apps.compacts.queries.kpis import chart_of, last_closed_year, standing, table, tally
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import Sheet, edit_page, kept, rows_of
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core import fiscal_year
from keniki.core.counts import Quantity
from keniki.core.errors import WrongInput
from keniki.rulebooks.kpi import status_rule

from .frames import EDIT, kpi_frame


@region_page
@require_GET
def kpis(request: StaffRequest, region: Region) -> HttpResponse:
    """All KPIs with how they stand, by vision and initiative."""
    year = last_closed_year()
    standings = [standing(row, year) for row in queries.kpis(region)]
    return page(
        request,
        "compacts/kpis.html",
        nav_active="visions",
        standings=standings,
        tally=tally(standings),
        rule=status_rule(regions.today()),
        ruling=policies.edit_shared(request.actor, region),
    )


@region_page
@require_GET
def kpi(request: StaffRequest, region: Region, kpi: str) -> HttpResponse:
    """One KPI: baseline, every year's target, actual and standing."""
    found = queries.kpi(region, kpi)
    query, rows = found.count_query or {}, table(found)
    return page(
        request,
        "compacts/kpi.html",
        nav_active="visions",
        kpi=found,
        standing=standing(found, last_closed_year()),
        rows=rows,
        closed=closing.refusals(region, [row.year for row in rows]),
        chart_alt=chart_of(found).alt,
        comments={row.fiscal_year: row.comment for row in found.readings.all()},
        counted_quantity=_quantity(query.get("quantity", "")),
        counted_titles=[
            row.title for row in queries.initiatives(region) if row.slug in query.get("initiatives", [])
        ],
        rule=status_rule(regions.today()),
        this_year=last_closed_year() + 1,
        may_edit=policies.edit_shared(request.actor, region),
        entries=log_of(found),
    )


@region_page
@require_GET
def chart(request: StaffRequest, region: Region, kpi: str) -> HttpResponse:
    """The KPI's chart as SVG."""
    return HttpResponse(chart_of(queries.kpi(region, kpi)).svg(), content_type="image/svg+xml")


@region_page
@require_http_methods(["GET", "POST"])
def save(request: StaffRequest, region: Region, kpi: str | None = None) -> HttpResponse:
    """Write a KPI with its targets, or begin one."""
    policies.edit_shared(request.actor, region).require()
    found = queries.kpi(region, kpi) if kpi else None
    visions = {row.slug: row for row in queries.visions(region)}
    initiatives = {row.slug: row for row in queries.initiatives(region)}

    def build(data: QueryDict | None, record: Kpi | None) -> Sheet:
        initial: dict[str, Any] = {
            "counting": "typed",
            "vision": request.GET.get("vision", ""),
            "initiative": request.GET.get("initiative", ""),
        }
        targets: list[dict[str, Any]] = []
        if record is not None:
            initial = KpiForm.filled_from(record)
            targets = [{"year": t.fiscal_year, "value": plain(t.value)} for t in record.targets.all()]
        form = KpiForm(
            region,
            data,
            initial=initial,
            visions=[(slug, row.title) for slug, row in visions.items()],
            initiatives=[(slug, row.title) for slug, row in initiatives.items()],
        )
        return Sheet(
            form, {"年度ごとの目標値": rows_of(TargetForm, data, "targets", targets)}, KpiForm.groups()
        )

    def write(sheet: Sheet) -> Kpi:
        given = sheet.form.cleaned_data
        targets = [row for row in kept(sheet.formsets["年度ごとの目標値"]) if row["year"]]
        years = [row["year"] for row in targets]
        if len(years) != len(set(years)):
            raise WrongInput("同じ年度の目標値が2つあります。どちらかを消してください。", column="目標値")
        assert isinstance(sheet.form, KpiForm)
        return actions.save_kpi(
            request.actor,
            region,
            found,
            given["version"],
            values={
                **{name: given[name] for name in KPI_TYPED},
                "vision": visions.get(given["vision"]),
                "initiative": initiatives.get(given["initiative"]),
                "count_query": sheet.form.count_query(found.count_query if found else None),
            },
            targets={row["year"]: row["value"] for row in targets},
        )

    return edit_page(
        request,
        kpi_frame(region, found),
        "KPIを編集" if found else "KPIを作成",
        found,
        build,
        write,
        done=lambda saved: ("KPIを保存しました。", reverse("compacts:kpi", args=[region.slug, saved.slug])),
        template=EDIT,
    )


@region_page
@require_http_methods(["GET", "POST"])
def reading(request: StaffRequest, region: Region, kpi: str, year: int) -> HttpResponse:
    """Type the actual of one fiscal year."""
    found = queries.kpi(region, kpi)
    policies.enter_reading(request.actor, found, year).require()
    if fiscal_year.FiscalYear.named(str(year)) is None:
        raise Http404("年度がありません。")
    stored = next((row for row in found.readings.all() if row.fiscal_year == year), None)

    def build(data: QueryDict | None, record: KpiReading | None) -> Sheet:
        initial: dict[str, Any] = {}
        if record is not None:
            initial = {
                "version": record.version,
                "value": plain(record.value),
                "comment": record.comment,
            }
        return Sheet(ReadingForm(data, initial=initial))

    def write(sheet: Sheet) -> KpiReading | None:
        given = sheet.form.cleaned_data
        return actions.save_reading(
            request.actor, found, year, given["version"], value=given["value"], comment=given["comment"]
        )

    label = fiscal_year.format_table(year)
    unit = f"（{found.unit}）" if found.unit else ""
    frame = kpi_frame(region, found)
    return edit_page(
        request,
        frame,
        f"{label}の実績を入力{unit}",
        stored,
        build,
        write,
        done=lambda saved: (f"{label}の実績を保存しました。", frame.back),
        template=EDIT,
    )


def _quantity(key: str) -> str:
    return Quantity(key).label if key in set(Quantity) else key
