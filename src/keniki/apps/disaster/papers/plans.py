"""Papers of a plan: a sheet for each district (who, where, how, whom to ask), and the plan as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.utils import timezone

from keniki.apps.finance.papers.common import Paper
from keniki.core import era
from keniki.press import blocks as b
from keniki.press.excel import DataSheet

from ..formats.base import HAZARDS
from ..models import EvacuationPlan, HazardPolygon
from ..planning.pictures import plan_map, receiving_chart
from ..planning.sheets import aims_of, lacks_of, public_line, sheets_of
from ..queries.hazards import TownShapes, polygons_of, town_shapes

#: A plan is neither an exercise nor the real thing; every sheet says so.
MARK: Final = "計画（想定）"
Drawn = Callable[[str], bytes | None]


def district_sheet(
    plan: EvacuationPlan, row: Mapping[str, Any], contacts: Sequence[str], drawn: Drawn
) -> Paper:
    """The sheet of one district."""
    blocks = _district(plan, row, contacts, drawn, level=None)
    return Paper(_document(plan, f"{row['name']}の避難計画", blocks), _name(plan, row["name"]))


def district_sheets(
    plan: EvacuationPlan,
    rows: Sequence[Mapping[str, Any]],
    contacts: Mapping[str, Sequence[str]],
    drawn: Drawn,
    which: str = "",
) -> Paper:
    """The sheets of districts, one after the other; the file's name says `which` of all they are."""
    blocks: list[b.Block] = []
    for at, row in enumerate(rows):
        blocks += _district(plan, row, contacts.get(row["town"], ()), drawn, level=at)
    if not rows:
        blocks = [b.Paragraph("避難する人のいる地区はありません。")]
    return Paper(
        _document(plan, "地区ごとの避難計画", blocks), _name(plan, f"地区別_{which}" if which else "地区別")
    )


def whole_plan(plan: EvacuationPlan, drawn: Drawn) -> Paper:
    """The plan as a whole: what is assumed, the aims, receiving towns, shelters that cannot be used."""
    content = plan.content
    image = drawn("")
    chart = receiving_chart(content)
    blocks: list[b.Block] = [
        b.Heading(1, "想定"),
        _assumed(plan),
        b.Heading(1, "結果"),
        b.DataTable(
            (b.Column("目的（上から順に優先）", 3), b.Column("計画", align="right"), b.Column("下限", align="right"),
             b.Column("差", align="right"), b.Column("単位")),
            tuple((each.label, each.plan, each.bound, each.gap, each.unit) for each in aims_of(content)),
        ),
        b.Note("※下限は、どのような計画でもこれより小さくできない値。差が0の目的は、これ以上よくできない。"),
    ]  # fmt: skip
    if image is not None:
        blocks.append(b.Figure(b.Image(image, "避難先の割当の地図"), "避難先の割当"))
    blocks += [b.Heading(1, "受入市町村"), _towns(content)]
    if chart is not None:
        blocks.append(chart.figure())
    blocks += [b.Heading(1, "必要な資機材と職員"), _equipment(content)]
    blocks += [b.Heading(1, "地区ごとの避難先"), _assignment(content)]
    unusable = [row for row in content["shelters"] if not row["usable"]]
    if unusable:
        blocks += [
            b.Heading(1, "使えない避難所"),
            b.DataTable(
                (b.Column("理由", 3), b.Column("か所", align="right")),
                tuple((each.reason, f"{each.shelters:,}") for each in lacks_of(content)),
            ),
            b.DataTable(
                (b.Column("避難所", 2), b.Column("市町村", 1), b.Column("理由", 3)),
                tuple((row["name"], row["town_name"], row["reason"]) for row in unusable),
                size="small",
            ),
        ]
    if content["left_out"]:
        blocks += [
            b.Heading(1, "計画に入れていない地区"),
            b.DataTable(
                (
                    b.Column("地区", 2),
                    b.Column("市町村", 1),
                    b.Column("人数", 1, "right", "人"),
                    b.Column("理由", 3),
                ),
                tuple(
                    (row["name"], row["town"], row["people"], row["reason"]) for row in content["left_out"]
                ),
            ),
        ]
    sheets: tuple[DataSheet, ...] = tuple(sheets_of(content).values())
    return Paper(_document(plan, "避難先の割当計画", blocks), _name(plan, "割当計画"), sheets)


def drawing(found: EvacuationPlan) -> Callable[[str], bytes | None]:
    """Draws the plan's map, or that of a district; what lies beneath is read once."""

    @cache
    def beneath() -> tuple[TownShapes, list[HazardPolygon]]:
        layer = found.scenario.layer
        named = found.content["scenario"].get("layer")
        polygons = polygons_of(layer) if layer is not None and layer.slug == named else []
        return town_shapes(found.region), polygons

    return lambda district: plan_map(found.content, *beneath(), district=district)


def _document(plan: EvacuationPlan, title: str, blocks: Sequence[b.Block]) -> b.Document:
    region = plan.region
    moment = plan.ended_at or plan.started_at
    return b.Document(
        title=f"{title}【{MARK}】",
        subject=str(plan),
        author=region.name,
        keywords=(region.name, MARK),
        blocks=(
            b.Paragraph(f"{title}【{MARK}】", role="title"),
            b.Paragraph(_stand(plan), "center", role="small"),
            *blocks,
        ),
        dated=moment.replace(microsecond=0),
        draft_mark=None if plan.adopted_on else f"{MARK}・案",
        fictional=region.fictional,
        footer=f"【{MARK}】{plan}",
    )  # fmt: skip


def _stand(plan: EvacuationPlan) -> str:
    done = timezone.localtime(plan.ended_at or plan.started_at)
    said = f"{plan}　{era.format_date(done.date())}計算"
    if plan.adopted_on is None:
        return f"{said}（決定していない案）"
    return f"{said}　{era.format_date(plan.adopted_on)}決定（{plan.adopted_note}）"


def _name(plan: EvacuationPlan, what: str) -> str:
    return f"計画（想定）_{what}_{plan}".replace("/", "／")


def _district(
    plan: EvacuationPlan, row: Mapping[str, Any], contacts: Sequence[str], drawn: Drawn, *, level: int | None
) -> list[b.Block]:
    shelters = {each["shelter"]: each for each in plan.content["shelters"]}
    blocks: list[b.Block] = []
    if level is not None:
        blocks.append(b.Heading(1, f"{row['name']}（{row['town_name']}）", new_page=level > 0))
    share = f"{row['inside_share'] * 100:.0f}％"
    depth = f"、最も深い区分 {row['depth']:g}m" if row["depth"] else ""
    people = f"{row['people']:,}人（対象の{row['counted']:,}人のうち。区域の中の人の割合 {share}{depth}）"
    number = sum(part["vulnerable"] for part in row["parts"])
    needing = f"避難先のある人のうち {number:,}人（個人の支援は、個別避難計画による）"
    blocks.append(
        b.KeyValueTable(
            (
                b.KeyValueRow("だれが", f"{row['name']}（{row['town_name']}）　避難する人 {people}"),
                b.KeyValueRow("配慮が要る人", needing),
                b.KeyValueRow("住民への案内", public_line(row)),
                b.KeyValueRow("連絡先", "\n".join(contacts) if contacts else b.Missing()),
            )
        )
    )  # fmt: skip
    if row["parts"]:
        blocks.append(
            b.DataTable(
                (
                    b.Column("図", 0.4, "right"), b.Column("避難先", 2.4), b.Column("市町村", 1.1),
                    b.Column("人数", 0.8, "right", "人"), b.Column("要配慮者", 0.8, "right", "人"),
                    b.Column("道のり", 0.8, "right", "km"), b.Column("所在地・電話", 2.6),
                ),
                tuple(
                    (
                        at, part["name"], part["town_name"], part["people"], part["vulnerable"], f"{part['km']:.1f}",
                        "　".join(
                            text
                            for text in (shelters[part["shelter"]]["address"], shelters[part["shelter"]]["contact"])
                            if text
                        ) or b.NOTHING,
                    )
                    for at, part in enumerate(row["parts"], 1)
                ),
                size="small",
            )
        )  # fmt: skip
        detour = plan.content["scenario"].get("detour", 1.3)
        blocks.append(
            b.Note(f"※道のりは直線距離の{detour:g}倍の目安。移動の手段と経路は、道路の状況により指示する。")
        )
    if row["unplaced"]:
        blocks.append(b.Paragraph(f"避難先のない人 {row['unplaced']:,}人：{row['reason']}", role="strong"))
    image = drawn(row["district"])
    if image is not None:
        blocks.append(b.Figure(b.Image(image, f"{row['name']}から避難先までの地図"), "避難先の位置", 0.9))
    return blocks


def _assumed(plan: EvacuationPlan) -> b.KeyValueTable:
    content = plan.content
    spec, basis = content["scenario"], content["basis"]
    area = f"{basis['layer']}（{basis['layer_source']}）" if basis["layer"] else "地区の一覧による"
    leaving = (
        f"{content['people']:,}人（避難先のある人 {content['placed']:,}人、ない人 {content['unplaced']:,}人）"
    )
    rates = f"区域の中 {basis['rate_inside'] * 100:g}％、区域の外 {basis['rate_outside'] * 100:g}％"
    return b.KeyValueTable(
        (
            b.KeyValueRow("想定", spec["title"]),
            b.KeyValueRow("災害種別", HAZARDS[spec["hazard"]]),
            b.KeyValueRow("危険な区域", area),
            b.KeyValueRow("季節と時間", basis["words"]),
            b.KeyValueRow("広さの基準", f"{basis['standard']}（{basis['standard_source']}）"),
            b.KeyValueRow("避難率", f"{rates}（{basis['rate_source']}）"),
            b.KeyValueRow("避難する人", leaving),
        )
    )  # fmt: skip


def _towns(content: Mapping[str, Any]) -> b.DataTable:
    return b.DataTable(
        (
            b.Column("市町村", 1.4), b.Column("使う避難所", 1, "right", "か所"), b.Column("収容人数", 1, "right", "人"),
            b.Column("自市町村の人", 1, "right", "人"), b.Column("ほかの市町村の人", 1, "right", "人"),
            b.Column("空き", 1, "right", "人"), b.Column("職員", 1, "right", "人"),
        ),
        tuple(
            (row["name"], row["used"], row["capacity"], row["own"], row["others"], row["free"], row["staff"])
            for row in content["receiving"]
        ),
    )  # fmt: skip


def _equipment(content: Mapping[str, Any]) -> b.DataTable:
    return b.DataTable(
        (
            b.Column("品目", 2), b.Column("数", 0.8, "right"), b.Column("単位", 0.6), b.Column("計算", 3),
            b.Column("根拠", 2),
        ),
        tuple(
            (
                row["name"], b.Missing() if row["quantity"] is None else row["quantity"], row["unit"],
                row["arithmetic"], row["source"] or b.NOTHING,
            )
            for row in content["equipment"]
        ),
        size="small",
    )  # fmt: skip


def _assignment(content: Mapping[str, Any]) -> b.DataTable:
    rows: list[Any] = []
    for row in content["districts"]:
        home = (row["name"], row["town_name"])
        rows += [
            (*home, part["name"], part["town_name"], part["people"], f"{part['km']:.1f}")
            for part in row["parts"]
        ]
        if row["unplaced"]:
            rows.append((*home, "避難先なし", b.NOTHING, row["unplaced"], b.NOTHING))
    return b.DataTable(
        (
            b.Column("地区", 2), b.Column("市町村", 1.2), b.Column("避難先", 2.4), b.Column("避難先の市町村", 1.2),
            b.Column("人数", 0.8, "right", "人"), b.Column("道のり", 0.8, "right", "km"),
        ),
        tuple(rows),
        size="small",
    )  # fmt: skip
