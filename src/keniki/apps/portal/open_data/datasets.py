"""The data sets: their columns, and their rows from published records, one value per cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from keniki.apps.activities.models import Activity, Count
from keniki.apps.finance.models import Grant, GrantStep
from keniki.apps.portal.public import published
from keniki.apps.regions.models import Fact, Region, RegionMembership
from keniki.core import counts

Kind = Literal["string", "code", "integer", "number", "date", "boolean"]
Row = tuple[Any, ...]

KIND_LABELS: dict[Kind, str] = {
    "string": "文字",
    "code": "コード（文字）",
    "integer": "整数",
    "number": "数値",
    "date": "日付（YYYY-MM-DD）",
    "boolean": "1（はい）／0（いいえ）。JSONはtrue／false",
}

#: Grant steps that are decided; what is wished for or told informally is not published.
GRANT_STEPS = (
    GrantStep.Step.DECISION,
    GrantStep.Step.CHANGE,
    GrantStep.Step.FINAL,
    GrantStep.Step.REPAYMENT,
    GrantStep.Step.REPORTED,
)
_CHUNK = 2000


@dataclass(frozen=True)
class Column:
    """A column: `key` in JSON, `title` as CSV heading, what its values are and their unit."""

    key: str
    title: str
    kind: Kind = "string"
    unit: str = ""
    text: str = ""

    @property
    def kind_label(self) -> str:
        return KIND_LABELS[self.kind]


@dataclass(frozen=True)
class Dataset:
    """A data set; `rows` reads inside the region's scope and may be read lazily."""

    name: str
    title: str
    text: str
    columns: tuple[Column, ...]
    rows: Callable[[Region], Iterable[Row]]


_CODE = Column("municipality_code", "全国地方公共団体コード", "code", text="6桁")
_TOWN = Column("municipality", "市町村名")
_YEAR = Column("fiscal_year", "年度", "integer", "年度", "4月1日から3月31日まで。始まりの年（西暦）")
_SOURCE = Column("source", "出典")
_PLACE = Column("source_place", "出典の箇所")
_FLAG = Column("source_flag", "出典の注意")
_INITIATIVE = (Column("initiative_id", "取組ID"), Column("initiative", "取組名"))


def _members(region: Region) -> Iterator[Row]:
    rows = RegionMembership.objects.filter(region=region, valid__startswith__lte=_today())
    for row in rows.select_related("municipality").order_by("order", "valid"):
        town = row.municipality
        yield (
            town.code,
            town.name,
            town.kana,
            town.get_kind_display(),
            row.get_role_display(),
            row.order,
            row.valid.lower,
            row.valid.upper - timedelta(days=1) if row.valid.upper else None,
            town.office_address,
            town.latitude,
            town.longitude,
        )


def _facts(region: Region) -> Iterator[Row]:
    rows = Fact.objects.filter(region=region).order_by("order", "id")
    for row in rows.values_list(
        "indicator",
        "label",
        "municipality__code",
        "municipality__name",
        "dimension",
        "as_of",
        "fiscal_year",
        "value",
        "unit",
        "text",
        "source__title",
        "source_place",
        "source_flag",
    ).iterator(_CHUNK):
        yield (*row[:7], plain(row[7]), *row[8:])


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
    rows = _done(region).order_by("initiative__order", "initiative__slug", "fiscal_year", "order", "id")
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
    ).iterator(chunk_size=_CHUNK):
        yield (*row[:6], kinds[row[6]], states[row[7]], *row[8:])


def _counts(region: Region) -> Iterator[Row]:
    bases = dict(Count.Basis.choices)
    labels = {str(each): each.label for each in counts.Quantity}
    rows = Count.objects.filter(activity__in=_done(region)).order_by(
        "activity__initiative__order",
        "activity__fiscal_year",
        "activity__order",
        "activity_id",
        "order",
        "id",
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
    ).iterator(chunk_size=_CHUNK):
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
    from keniki.apps.portal.public.queries import kpi_sheets

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


def _agreements(region: Region) -> Iterator[Row]:
    for row in published.agreements(region):
        yield (
            row.slug,
            row.title,
            row.get_kind_display(),
            row.get_programme_display() if row.programme else "",
            row.get_state_display(),
            row.concluded_on,
            row.valid_from,
            row.valid_to,
            row.document_no,
            row.amends.slug if row.amends else None,
        )


def _parties(region: Region) -> Iterator[Row]:
    for row in published.agreements(region):
        for party in row.parties.all():
            yield (
                row.slug,
                row.title,
                party.order,
                party.municipality.code,
                party.municipality.name,
                party.mark,
            )


_OUTCOMES = {"none": "なし", "studied": "検討", "done": "実施"}


def _measures(region: Region) -> Iterator[Row]:
    for item in published.trace(region).items:
        for row in item.rows:
            yield (
                item.agreement.slug,
                item.agreement.title,
                item.item.key,
                item.item.group,
                item.item.field_label,
                item.item.title,
                row.measure.key,
                row.measure.text,
                _OUTCOMES[row.overall.state],
                len(row.overall.activities),
            )


def _trace(region: Region) -> Iterator[Row]:
    for item in published.trace(region).items:
        for row in item.rows:
            for year, cell in row.cells.items():
                yield (
                    item.agreement.slug,
                    row.measure.key,
                    year,
                    _OUTCOMES[cell.state],
                    len(cell.activities),
                )


def plain(value: Decimal | None) -> Decimal | None:
    """A stored decimal without the zeros the database adds."""
    if value is None:
        return None
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _done(region: Region) -> Any:
    shown = [row.pk for row in published.initiatives(region)]
    return Activity.objects.filter(region=region, initiative__in=shown).exclude(state=Activity.State.PLANNED)


def _today() -> date:
    from keniki.apps.regions.policies import today

    return today()


_MEASURE = (
    Column("agreement_id", "協定ID"),
    Column("measure_id", "取組内容ID", text="協定のすべての版を通じて同じ"),
)

DATASETS: dict[str, Dataset] = {
    each.name: each
    for each in (
        Dataset(
            "members",
            "構成市町村",
            "圏域に属する市町村と、その役割、期間、庁舎の位置",
            (
                _CODE,
                _TOWN,
                Column("kana", "市町村名_ふりがな"),
                Column("kind", "種別"),
                Column("role", "役割"),
                Column("order", "順序", "integer", text="協定の順"),
                Column("valid_from", "加入日", "date"),
                Column("valid_to", "終了日", "date", text="空欄は現在も続いていることを示す"),
                Column("office_address", "庁舎の所在地"),
                Column("latitude", "緯度", "number", "度", "世界測地系"),
                Column("longitude", "経度", "number", "度", "世界測地系"),
            ),
            _members,
        ),
        Dataset(
            "facts",
            "圏域の基礎データ",
            "圏域と市町村の人口、面積、将来推計人口など、出典のある数値と文章",
            (
                Column("indicator", "指標ID"),
                Column("label", "項目"),
                _CODE,
                _TOWN,
                Column("dimension", "区分"),
                Column("as_of", "時点", "date"),
                _YEAR,
                Column("value", "値", "number", text="単位は「単位」の列"),
                Column("unit", "単位"),
                Column("text", "内容"),
                _SOURCE,
                _PLACE,
                _FLAG,
            ),
            _facts,
        ),
        Dataset(
            "initiatives",
            "取組",
            "圏域の市町村が連携して行う取組",
            (
                *_INITIATIVE,
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
            (*_INITIATIVE, _CODE, _TOWN),
            _bodies,
        ),
        Dataset(
            "activities",
            "活動",
            "取組ごとに、年度に行った活動。実績がなかった年度は状態が「実績なし」の行",
            (
                Column("activity_id", "活動ID"),
                *_INITIATIVE,
                Column("project", "事業名"),
                _YEAR,
                Column("title", "活動名"),
                Column("kind", "種類"),
                Column("state", "状態"),
                Column("tally_only", "集計のみ", "boolean", text="個々の開催の記録がなく、合計だけの記録"),
                Column("starts_on", "開始日", "date"),
                Column("ends_on", "終了日", "date"),
                Column("place", "場所"),
                _CODE,
                _TOWN,
                _SOURCE,
                _PLACE,
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
                _YEAR,
                Column("count_id", "数量ID", text="活動の中で一意"),
                Column("quantity", "何の数"),
                Column("value", "数", "number", text="単位は「単位」の列"),
                Column("unit", "単位"),
                Column("basis", "数え方", text="実数、延べ、約、延べ約"),
                _CODE,
                _TOWN,
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
                _YEAR,
                Column("title", "名称"),
                Column("programme", "制度"),
                _CODE,
                _TOWN,
                Column("step", "手続"),
                Column("amount", "金額_円", "integer", "円"),
                Column("provisional", "予定額", "boolean"),
                Column("on", "日付", "date"),
                Column("document_no", "文書番号"),
                _SOURCE,
                _PLACE,
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
                *_INITIATIVE,
                Column("direction", "方向"),
                Column("baseline", "基準値", "number"),
                Column("baseline_label", "基準値の年度"),
                _YEAR,
                Column("target", "目標値", "number"),
                Column("actual", "実績値", "number"),
                Column("unit", "単位"),
                Column("counted", "活動から集計", "boolean", text="実績値を活動の数量から集計した指標"),
            ),
            _kpi,
        ),
        Dataset(
            "agreements",
            "協定",
            "圏域の市町村が結んだ協定と連携協約",
            (
                Column("agreement_id", "協定ID"),
                Column("title", "名称"),
                Column("kind", "種別"),
                Column("programme", "制度"),
                Column("state", "状態"),
                Column("concluded_on", "締結日", "date"),
                Column("valid_from", "効力の開始日", "date"),
                Column("valid_to", "効力の終了日", "date"),
                Column("document_no", "文書番号"),
                Column("amends", "変更する協定のID"),
            ),
            _agreements,
        ),
        Dataset(
            "parties",
            "協定の当事者",
            "それぞれの協定を結んだ市町村（1行に1市町村）",
            (
                Column("agreement_id", "協定ID"),
                Column("agreement", "協定の名称"),
                Column("order", "順序", "integer"),
                _CODE,
                _TOWN,
                Column("mark", "甲乙"),
            ),
            _parties,
        ),
        Dataset(
            "measures",
            "協定の取組内容",
            "協定の別表に定めた取組内容と、これまでの結果（活動の記録から判定）",
            (
                _MEASURE[0],
                Column("agreement", "協定の名称"),
                Column("item_id", "別表の取組ID"),
                Column("group", "政策分野の区分"),
                Column("field", "分野"),
                Column("item", "別表の取組"),
                _MEASURE[1],
                Column("measure", "取組内容"),
                Column("outcome", "結果", text="なし、検討、実施"),
                Column("activities", "活動の数_件", "integer", "件"),
            ),
            _measures,
        ),
        Dataset(
            "trace",
            "協定の取組内容の年度ごとの結果",
            "取組内容ごと、年度ごとの結果（活動の記録から判定）",
            (
                *_MEASURE,
                _YEAR,
                Column("outcome", "結果", text="なし、検討、実施"),
                Column("activities", "活動の数_件", "integer", "件"),
            ),
            _trace,
        ),
    )
}
