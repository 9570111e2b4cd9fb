"""The members and the figures of the region."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from keniki.apps.regions import policies
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Region, RegionMembership

from .columns import CHUNK, CODE, FLAG, PLACE, SOURCE, TOWN, YEAR, Column, Dataset, Row, plain


def _members(region: Region) -> Iterator[Row]:
    rows = RegionMembership.objects.filter(region=region, valid__startswith__lte=policies.today())
    for row in rows.select_related("municipality").order_by("order", "valid"):
        town, last = row.municipality, row.valid.upper - timedelta(days=1) if row.valid.upper else None
        yield (
            town.code,
            town.name,
            town.kana,
            town.get_kind_display(),
            regions.role_words(region, last)[row.role],
            row.order,
            row.valid.lower,
            last,
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
    ).iterator(CHUNK):
        yield (*row[:7], plain(row[7]), *row[8:])


REGION: tuple[Dataset, ...] = (
    Dataset(
        "members",
        "構成市町村",
        "圏域に属する市町村と、その役割、期間、庁舎の位置",
        (
            CODE,
            TOWN,
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
            CODE,
            TOWN,
            Column("dimension", "区分"),
            Column("as_of", "時点", "date"),
            YEAR,
            Column("value", "値", "number", text="単位は「単位」の列"),
            Column("unit", "単位"),
            Column("text", "内容"),
            SOURCE,
            PLACE,
            FLAG,
        ),
        _facts,
    ),
)
