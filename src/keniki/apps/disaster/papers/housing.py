"""Papers of houses: the survey sheet with the fields its hazard and structure ask for, and the result of a survey."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from keniki.apps.finance.papers.common import Paper
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.apps.workflow import storage
from keniki.core import era
from keniki.press import blocks as b
from keniki.rulebooks.disaster.damage import DEGREES, HAZARDS, STRUCTURES

from ..forms.housing.surveys import Asked
from ..models import House, HouseSurvey, Incident, SurveyPhoto
from .frame import incident_document, incident_paper

_PHOTO_ROWS = 6
_SKETCH_LINES = 30


def survey_sheets(
    incident: Incident, town: Municipality, pairs: Sequence[tuple[House, Asked]], which: str = ""
) -> Paper:
    """Sheets to fill in by hand, each on a page of its own; a house without a number makes a blank one.

    `which` of all sheets they are is in the file's name.
    """
    blocks: list[b.Block] = []
    for place, (house, asked) in enumerate(pairs):
        blocks += _sheet(town, house, asked, new_page=place > 0)
    document = incident_document(incident, "住家被害認定調査票", blocks, dated=today(), author=town.name)
    return incident_paper(incident, document, town.name, f"調査票_{which}" if which else "調査票")


def _sheet(town: Municipality, house: House, asked: Asked, *, new_page: bool) -> list[b.Block]:
    round = HouseSurvey.Round(asked.round).label
    kind = f"{HAZARDS[asked.hazard]}・{STRUCTURES[asked.structure]}・{round}"  # type: ignore[index]
    sealed = house.sealed or {}
    known = bool(house.number)
    people = "　".join(each for each in (sealed.get("owner", ""), sealed.get("household", "")) if each)
    facts = [
        ("整理番号", f"{town.name}　第{house.number}号" if known else f"{town.name}　第　　　　号"),
        ("所在地", sealed.get("address", "")),
        ("所有者・居住者", people),
        ("電話", sealed.get("phone", "")),
        (
            "階数・戸建て",
            f"{house.storeys}階　{'戸建て' if house.detached else '集合住宅など'}"
            if known
            else "　　階　　戸建て・集合住宅",
        ),
        ("被災した日", era.format_date(house.struck_on)),
        ("調査した日・職員", "　　年　　月　　日　　"),
    ]
    blocks: list[b.Block] = [
        b.Heading(1, f"住家被害認定調査票（{kind}）", new_page=new_page),
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in facts), label_width=0.22),
        b.Heading(2, "外観・傾斜"),
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in _outside(asked)), label_width=0.3),
        b.Heading(2, "部位の損傷（それぞれの程度の面積の割合％）"),
        b.DataTable(
            (
                b.Column("部位", width=3), b.Column("構成比", unit="％"),
                *(b.Column(f"程度{each}") for each in DEGREES.values()), b.Column("損害割合", unit="％"),
            ),
            tuple(
                (part.name, _weight(part.weight) if asked.weights_known else "", *("",) * len(DEGREES), "")
                for part in asked.parts
                if not part.by_length
            ),
            size="small",
        ),
    ]  # fmt: skip
    for part in asked.parts:
        if part.by_length:
            line = "外周　　　m　損傷の長さ　　　m　亀裂（0.3mm以上）　　か所　剥落　　か所"
            blocks.append(b.KeyValueTable((b.KeyValueRow(part.name, line),), label_width=0.15))
    if not asked.weights_known:
        blocks.append(b.Note(asked.question))
    photos = tuple((number, "", "") for number in range(1, _PHOTO_ROWS + 1))
    blocks += [
        b.Heading(2, "写真"),
        b.DataTable(
            (b.Column("番号", width=0), b.Column("写っている所", width=2), b.Column("説明", width=4)), photos
        ),
        b.PageBreak(),
        b.Heading(2, "見取図（損傷の位置、写真の向き）"),
        b.KeyValueTable((b.KeyValueRow("見取図", "\n" * _SKETCH_LINES),), label_width=0.12),
        b.KeyValueTable((b.KeyValueRow("所見", "\n\n"), b.KeyValueRow("判定", "")), label_width=0.12),
    ]
    return blocks


def _outside(asked: Asked) -> list[tuple[str, str]]:
    rows = [("一見して倒壊", "□ いいえ　□ 住家全部　□ 一部の階の全部")]
    if asked.is_flood:
        rows += [
            ("外力による損傷", "□ あり　□ なし（内水など）　　□ 流失"),
            (
                "浸水",
                "□ 床下　□ 床上（四隅　　　　・　　　　・　　　　・　　　　m）",
            ),
        ]
    rows.append(("四隅の傾斜（mm）", "北西　　　　北東　　　　南東　　　　南西　　　　下げ振り"))
    if asked.structure == "non_wood" and asked.hazard == "earthquake":
        rows.append(("最大沈下量・最大露出量", "　　　　　m"))
    if asked.hazard == "liquefaction":
        rows.append(("基礎等の潜り込み", "□ なし　□ 天端下25cmまで　□ 床まで　□ 床上1mまで"))
    rows.append(("損壊した床面積", "　　　　m²　÷　延べ床面積　　　　m²"))
    return rows


def result_sheet(incident: Incident, house: House, survey: HouseSurvey) -> Paper:
    """The result of a survey: class, arithmetic, rules with their evidence, what was confirmed, photos."""
    result = survey.result
    sealed = house.sealed or {}
    is_official = house.official_id == survey.pk
    decided = era.format_date(house.decided_on) if is_official and house.decided_on else ""
    facts = [
        ("整理番号", f"{house.municipality.name}　第{house.number}号"),
        ("所在地", sealed.get("address", "") or "（消去済み）"),
        (
            "所有者・居住者",
            "　".join(each for each in (sealed.get("owner"), sealed.get("household")) if each) or "―",
        ),
        ("構造・階数", f"{result['structure_name']}　{house.storeys}階"),
        ("災害", f"{result['hazard_name']}　{era.format_date(house.struck_on)}"),
        ("調査", f"{survey}　{era.format_date(survey.surveyed_on)}　{survey.assessors}"),
        ("判定", f"{result['class']}　{_percent(survey)}"),
        ("判定の方法", result["method_name"]),
        ("状態", f"採用（{decided}　{house.decided_by}）" if is_official else survey.get_state_display()),
    ]
    blocks: list[b.Block] = [
        b.Heading(1, "住家被害認定調査の結果"),
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in facts), label_width=0.22),
    ]
    if result["parts"]:
        rows = [
            (part["name"], _decimal(part["weight"]), _decimal(part["rate"] * 100), _decimal(part["loss"]))
            for part in result["parts"]
        ]
        blocks += [
            b.Heading(2, "部位ごとの損害割合"),
            b.DataTable(
                (
                    b.Column("部位", width=3),
                    b.Column("構成比", unit="％"),
                    b.Column("損傷率", unit="％"),
                    b.Column("損害割合", unit="％"),
                ),
                tuple(rows),
            ),
        ]
    blocks += [
        b.Heading(2, "計算"),
        b.BulletList(tuple(b.BulletItem(line) for line in (*result["lines"], *result["notes"]))),
    ]
    if result["needs_confirmation"]:
        by = {each["rule"]: each.get("by", "") for each in house.confirmed} if is_official else {}
        items = [
            each["what"] + (f"　確認：{by[each['rule']]}" if by.get(each["rule"]) else "　【未確認】")
            for each in result["needs_confirmation"]
        ]
        blocks += [
            b.Heading(2, "確認を要する事項"),
            b.BulletList(tuple(b.BulletItem(each) for each in items)),
        ]
    blocks += [
        b.Heading(2, "用いた規則"),
        b.DataTable(
            (b.Column("規則", width=2), b.Column("出典", width=4), b.Column("根拠", width=2)),
            tuple(
                (each["rule"], each["source"], "、".join(each["evidence_titles"])) for each in result["rules"]
            ),
            size="small",
        ),
    ]
    if survey.sealed and survey.sealed.get("remark"):
        blocks += [b.Heading(2, "所見"), b.Paragraph(survey.sealed["remark"])]
    pictures = [_photo(each) for each in survey.photos.all()]
    if pictures:
        blocks += [b.Heading(2, "写真"), b.PhotoGrid(tuple(pictures))]
    document = incident_document(
        incident, "住家被害認定調査の結果", blocks, dated=survey.made_at, author=house.municipality.name,
        mark=None if is_official else "未決定",
    )  # fmt: skip
    return incident_paper(incident, document, house.municipality.name, f"第{house.number}号", "調査結果")


def _photo(photo: SurveyPhoto) -> b.Photo:

    caption = (photo.sealed or {}).get("caption") or "写真"
    try:
        return b.Photo(caption, b.Image(storage.get(photo.digest), caption))
    except storage.LostFile:
        return b.Photo(caption, withheld="保存されたファイルがありません")


def _percent(survey: HouseSurvey) -> str:
    if survey.percent is not None:
        return f"損害割合 {survey.percent.normalize():f}％"
    low, high = survey.result["percent_range"]["from"], survey.result["percent_range"]["below"]
    return f"損害割合 {low}％以上" + (f"{high}％未満" if high is not None else "") + "に当たる"


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 3)))


def _weight(value: object) -> Decimal:
    return Decimal(str(float(value)))  # type: ignore[arg-type]
