"""Agreements, their parties, and what came of every promise."""

from __future__ import annotations

from collections.abc import Iterator

from keniki.apps.portal.public import published
from keniki.apps.regions.models import Region

from .columns import CODE, TOWN, YEAR, Column, Dataset, Row

_OUTCOMES = {"none": "なし", "studied": "検討", "done": "実施"}
_MEASURE = (
    Column("agreement_id", "協定ID"),
    Column("measure_id", "取組内容ID", text="協定のすべての版を通じて同じ"),
)
_ROLE = (
    Column("item_id", "別表の取組ID"),
    Column("role_id", "役割ID", text="協定のすべての版を通じて、別表の取組の中で同じ"),
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


def _roles(region: Region) -> Iterator[Row]:
    for item in published.trace(region).items:
        for role in item.roles:
            for row in role.rows:
                for town in role.towns:
                    came = row.of(town)
                    yield (
                        item.agreement.slug,
                        item.agreement.title,
                        item.item.key,
                        row.clause.key,
                        item.item.title,
                        role.label,
                        town.code,
                        town.name,
                        row.clause.text,
                        _OUTCOMES[came.state],
                        len(came.activities),
                    )


def _role_trace(region: Region) -> Iterator[Row]:
    for item in published.trace(region).items:
        for role in item.roles:
            for row in role.rows:
                for year, cell in row.cells.items():
                    yield (
                        item.agreement.slug,
                        item.item.key,
                        row.clause.key,
                        year,
                        _OUTCOMES[cell.state],
                        len(cell.activities),
                    )


AGREEMENTS: tuple[Dataset, ...] = (
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
            CODE,
            TOWN,
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
            YEAR,
            Column("outcome", "結果", text="なし、検討、実施"),
            Column("activities", "活動の数_件", "integer", "件"),
        ),
        _trace,
    ),
    Dataset(
        "roles",
        "協定の役割",
        "協定の別表に定めた市町村の役割と、これまでの結果（活動の記録から判定。1行に1市町村）",
        (
            _MEASURE[0],
            Column("agreement", "協定の名称"),
            *_ROLE,
            Column("item", "別表の取組"),
            Column("whose", "だれの役割か"),
            CODE,
            TOWN,
            Column("role", "役割"),
            Column("outcome", "結果", text="圏域の共同の活動とその市町村の活動から、なし、検討、実施"),
            Column("activities", "活動の数_件", "integer", "件"),
        ),
        _roles,
    ),
    Dataset(
        "role_trace",
        "協定の役割の年度ごとの結果",
        "役割ごと、年度ごとの結果（活動の記録から判定）",
        (
            _MEASURE[0],
            *_ROLE,
            YEAR,
            Column("outcome", "結果", text="なし、検討、実施"),
            Column("activities", "活動の数_件", "integer", "件"),
        ),
        _role_trace,
    ),
)
