"""Initiatives, activities with their counts, grants and KPI."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from keniki.apps.activities.models import Activity, Count
from keniki.apps.activities.queries import IN_ORDER
from keniki.apps.finance.models import Grant, GrantStep
from keniki.apps.portal.public import published
from keniki.apps.portal.public.queries import kpi_sheets
from keniki.apps.regions.models import Region
from keniki.core import counts

from .columns import CHUNK, CODE, INITIATIVE, PLACE, SOURCE, TOWN, YEAR, Column, Dataset, Row, plain

#: Grant steps that are decided; what is wished for or told informally is not published.
GRANT_STEPS = (
    GrantStep.Step.DECISION,
    GrantStep.Step.CHANGE,
    GrantStep.Step.FINAL,
    GrantStep.Step.REPAYMENT,
    GrantStep.Step.REPORTED,
)


def _initiatives(region: Region) -> Iterator[Row]:
    for row in published.initiatives(region):
        yield (
            row.slug,
            row.title,
            row.field_name,
            row.get_programme_display() if row.programme else "",
            row.first_year,
            row.last_year,
            row.one_off,
            row.overview,
            row.purpose,
        )


def _bodies(region: Region) -> Iterator[Row]:
    order = {row.municipality_id: row.order for row in region.memberships.all()}
    for row in published.initiatives(region):
        for town in sorted(row.bodies.all(), key=lambda each: (order.get(each.pk, 999), each.code)):
            yield (row.slug, row.title, town.code, town.name)


def _activities(region: Region) -> Iterator[Row]:
    kinds, states = dict(Activity.Kind.choices), dict(Activity.State.choices)
    rows = _done(region).order_by(*IN_ORDER)
    for row in rows.values_list(
        "slug",
        "initiative__slug",
        "initiative__title",
        "project__title",
        "fiscal_year",
        "title",
        "kind",
        "state",
        "tally_only",
        "starts_on",
        "ends_on",
        "place",
        "municipality__code",
        "municipality__name",
        "source__title",
        "source_place",
    ).iterator(chunk_size=CHUNK):
        yield (*row[:6], kinds[row[6]], states[row[7]], *row[8:])


def _counts(region: Region) -> Iterator[Row]:
    bases = dict(Count.Basis.choices)
    labels = {str(each): each.label for each in counts.Quantity}
    rows = Count.objects.filter(activity__in=_done(region)).order_by(
        *(f"activity__{name}" for name in IN_ORDER), "order", "id"
    )
    for row in rows.values_list(
        "activity__slug",
        "activity__title",
        "activity__fiscal_year",
        "key",
        "quantity",
        "value",
        "counter",
        "basis",
        "municipality__code",
        "municipality__name",
        "part_of__key",
    ).iterator(chunk_size=CHUNK):
        quantity = labels.get(row[4], labels[counts.Quantity.OTHER])
        yield (*row[:4], quantity, plain(row[5]), row[6], bases[row[7]], *row[8:])


def _grants(region: Region) -> Iterator[Row]:
    programmes = dict(Grant._meta.get_field("programme").flatchoices)
    steps = dict(GrantStep.Step.choices)
    rows = GrantStep.objects.filter(grant__in=Grant.objects.filter(region=region), step__in=GRANT_STEPS)
    for row in rows.order_by("grant__fiscal_year", "grant__slug", "order").values_list(
        "grant__slug",
        "grant__fiscal_year",
        "grant__title",
        "grant__programme",
        "grant__recipient__code",
        "grant__recipient__name",
        "step",
        "amount",
        "provisional",
        "on",
        "document_no",
        "grant__source__title",
        "grant__source_place",
    ):
        yield (*row[:3], programmes[row[3]], *row[4:6], steps[row[6]], *row[7:])


def _kpi(region: Region) -> Iterator[Row]:
    for found in kpi_sheets(region):
        kpi = found.kpi
        for year, target, actual in found.rows:
            yield (
                kpi.slug,
                kpi.name,
                kpi.initiative.slug if kpi.initiative else None,
                kpi.initiative.title if kpi.initiative else None,
                kpi.get_direction_display(),
                plain(kpi.baseline_value),
                kpi.baseline_label,
                year,
                target,
                actual,
                kpi.unit,
                bool(kpi.count_query),
            )


def _done(region: Region) -> QuerySet[Activity]:
    shown = published.shown_initiatives(region).order_by().values("pk")
    return published.activities(region).filter(initiative__in=shown)


WORK: tuple[Dataset, ...] = (
    Dataset(
        "initiatives",
        "取組",
        "圏域の市町村が連携して行う取組",
        (
            *INITIATIVE,
            Column("field", "分野"),
            Column("programme", "制度"),
            Column("first_year", "開始年度", "integer", "年度"),
            Column("last_year", "終了年度", "integer", "年度"),
            Column("one_off", "一回限り", "boolean"),
            Column("overview", "概要"),
            Column("purpose", "目的"),
        ),
        _initiatives,
    ),
    Dataset(
        "bodies",
        "取組の実施団体",
        "それぞれの取組を行う市町村（1行に1市町村）",
        (*INITIATIVE, CODE, TOWN),
        _bodies,
    ),
    Dataset(
        "activities",
        "活動",
        "取組ごとに、年度に行った活動。実績がなかった年度は状態が「実績なし」の行",
        (
            Column("activity_id", "活動ID"),
            *INITIATIVE,
            Column("project", "事業名"),
            YEAR,
            Column("title", "活動名"),
            Column("kind", "種類"),
            Column("state", "状態"),
            Column("tally_only", "集計のみ", "boolean", text="個々の開催の記録がなく、合計だけの記録"),
            Column("starts_on", "開始日", "date"),
            Column("ends_on", "終了日", "date"),
            Column("place", "場所"),
            CODE,
            TOWN,
            SOURCE,
            PLACE,
        ),
        _activities,
    ),
    Dataset(
        "counts",
        "活動の数量",
        "活動ごとの回数、参加者数など。内訳の行は「内訳の合計」に合計の数量IDがあり、合計に足さない",
        (
            Column("activity_id", "活動ID"),
            Column("activity", "活動名"),
            YEAR,
            Column("count_id", "数量ID", text="活動の中で一意"),
            Column("quantity", "何の数"),
            Column("value", "数", "number", text="単位は「単位」の列"),
            Column("unit", "単位"),
            Column("basis", "数え方", text="実数、延べ、約、延べ約"),
            CODE,
            TOWN,
            Column("part_of", "内訳の合計"),
        ),
        _counts,
    ),
    Dataset(
        "grants",
        "交付金",
        "圏域に対する交付金の決定額など。予定額は確定していない額",
        (
            Column("grant_id", "交付金ID"),
            YEAR,
            Column("title", "名称"),
            Column("programme", "制度"),
            CODE,
            TOWN,
            Column("step", "手続"),
            Column("amount", "金額_円", "integer", "円"),
            Column("provisional", "予定額", "boolean"),
            Column("on", "日付", "date"),
            Column("document_no", "文書番号"),
            SOURCE,
            PLACE,
        ),
        _grants,
    ),
    Dataset(
        "kpi",
        "成果指標（KPI）",
        "ビジョンの成果指標の基準値と、年度ごとの目標値、実績値",
        (
            Column("kpi_id", "指標ID"),
            Column("name", "指標名"),
            *INITIATIVE,
            Column("direction", "方向"),
            Column("baseline", "基準値", "number"),
            Column("baseline_label", "基準値の年度"),
            YEAR,
            Column("target", "目標値", "number"),
            Column("actual", "実績値", "number"),
            Column("unit", "単位"),
            Column("counted", "活動から集計", "boolean", text="実績値を活動の数量から集計した指標"),
        ),
        _kpi,
    ),
)
