"""Papers of people who need help: the plan of one person, the list that is given, the answer to a safety inquiry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from keniki.apps.finance.papers.common import Paper, letter
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.press import blocks as b
from keniki.rulebooks.disaster.support import ITEMS, reasons

from ..actions.support import plans
from ..actions.support.people import LABELS, SEXES
from ..models import ListSharing, SafetyInquiry, SupportPerson, SupportPlan
from ..queries.support.sharing import Selection
from .frame import incident_document, incident_paper

_WARNING: Final = "この紙には個人情報があります。目的のほかに使うこと、写すこと、人に見せることはできません。"
#: What an answer says when there is nothing to tell, whatever the reason is.
NOTHING: Final = "お尋ねの方について、回答できる情報はありません。"


def plan_sheet(person: SupportPerson, plan: SupportPlan) -> Paper:
    """The plan of one person on one sheet, for the person and the helpers."""
    told = said_of(person)
    rows = [
        ("名簿の番号", str(person.number)),
        *((LABELS[name], told[name]) for name in LABELS if name != "note"),
    ]
    sealed = plan.sealed or {}
    steps = [(label, str(sealed.get(name, ""))) for name, label in plans.LABELS.items()]
    shelter = plan.welfare_shelter
    steps.insert(1, ("福祉避難所", f"{shelter.name}　{shelter.address}" if shelter else ""))
    dates = [
        ("作成に同意した日", _day(plan.agreed_on) or "同意を得ていない（下書き）"),
        ("計画の提供", plan.get_share_display() + (f"（{_day(plan.share_on)}）" if plan.share_on else "")),
        ("作成・見直しの日", _day(plan.revised_on)),
        ("次に見直す日", _day(plan.review_on)),
    ]
    helpers = tuple(
        (each["name"], each.get("body", ""), each.get("phone", ""), each.get("role", ""))
        for each in sealed.get("helpers", [])
    )
    blocks: list[b.Block] = [
        b.Paragraph(_WARNING, role="small"),
        b.Heading(1, "本人"),
        _pairs(rows),
        b.Heading(1, "避難"),
        _pairs(steps),
        b.Heading(1, "支援する人"),
        b.DataTable(
            (b.Column("氏名・名称"), b.Column("所属"), b.Column("電話番号"), b.Column("役割")), helpers
        )
        if helpers
        else b.Paragraph("まだ決まっていません。"),
        b.Heading(1, "同意と見直し"),
        _pairs(dates),
    ]
    title = "個別避難計画"
    town = person.municipality.name
    return Paper(
        _plain(
            person.region, f"{title}（{town}）", blocks, plan.revised_on, town, draft=plan.agreed_on is None
        ),
        f"{title}_{town}_第{person.number}号",
    )


def list_paper(sharing: ListSharing, chosen: Selection) -> Paper:
    """The list as it is given: whom it may contain, on what basis, what has to be kept; plans with their steps."""
    town = sharing.municipality.name
    basis = sharing.get_basis_display() + (f"（{sharing.ordinance}）" if sharing.ordinance else "")
    head = [
        ("提供先", sharing.body.name),
        ("提供する市町村", town),
        ("根拠", basis),
        *([("特に必要な理由", sharing.necessity)] if sharing.necessity else []),
        ("目的", sharing.purpose),
        ("提供した日", _day(sharing.shared_on)),
        ("返却・消去の期限", _day(sharing.return_by)),
        ("人数", f"{len(chosen.persons):,}人"),
    ]
    blocks: list[b.Block] = [
        b.Paragraph(f"{_WARNING}受け取った人は、知った秘密を漏らしてはいけません（災害対策基本法）。期限までに返すか、消してください。"),
        _pairs(head),
        b.DataTable(
            (
                b.Column("番号", align="right"), b.Column("氏名"), b.Column("生年月日"), b.Column("性別"),
                b.Column("住所"),
                b.Column("電話番号"), b.Column("事由"), b.Column("必要な支援"),
            ),
            tuple(_row(each) for each in chosen.persons),
            size="small",
        ),
    ]  # fmt: skip
    if sharing.what == ListSharing.What.PLAN:
        for each in chosen.persons:
            sealed = each.plan.sealed or {}
            steps = [(label, str(sealed.get(name, ""))) for name, label in plans.LABELS.items()]
            helpers = "、".join(
                " ".join(part for part in (one["name"], one.get("phone", "")) if part)
                for one in sealed.get("helpers", [])
            )
            blocks += [
                b.Heading(2, f"{each.number}　{said_of(each)['name']}"),
                _pairs([*steps, ("支援する人", helpers)]),
            ]
    title = "避難行動要支援者名簿" if sharing.what == ListSharing.What.LIST else "個別避難計画"
    name = f"{title}_{town}_{sharing}"
    if sharing.incident is not None:
        document = incident_document(
            sharing.incident, title, blocks, dated=sharing.shared_on, author=town, landscape=True
        )
        return incident_paper(sharing.incident, document, name)
    return Paper(_plain(sharing.region, title, blocks, sharing.shared_on, town, landscape=True), name)


def drill_notice(sharing: ListSharing) -> Paper:
    """What an exercise sends instead of a list: how many people it would be, nobody's name."""
    assert sharing.incident is not None
    town = sharing.municipality.name
    title = "避難行動要支援者名簿の提供について（訓練の通知）"
    blocks = letter(
        number=sharing.document_no,
        day=sharing.shared_on,
        to=f"{sharing.body.name}　様",
        sender=[f"{town}長"],
        title=f"【訓練】{title}",
        body=["これは訓練です。実際の名簿は送りません。実際の災害では、次のとおり名簿を提供します。"],
        points=[
            ("対象となる人数", [f"{sharing.would_be:,}人"]),
            ("目的", [sharing.purpose]),
            ("特に必要な理由", [sharing.necessity]),
            ("返却・消去の期限", [_day(sharing.return_by)]),
        ],
    )
    document = incident_document(
        sharing.incident, title, blocks, dated=sharing.shared_on, formal=True, author=town
    )
    return incident_paper(sharing.incident, document, "名簿の提供の通知", town, str(sharing))


def answer_letter(inquiry: SafetyInquiry) -> Paper:
    """The answer to an inquiry. Nothing tells apart who was not found, is protected or did not agree."""
    assert inquiry.decided_on is not None
    sealed, town = inquiry.sealed or {}, inquiry.municipality.name
    asker, sought = sealed.get("asker", {}), sealed.get("sought", {})
    answer: Mapping[str, str] = inquiry.answer or {}
    told = [(ITEMS[name], [words]) for name, words in answer.items()]
    drill = (
        ["これは訓練で作った回答です。実際の安否を示すものではありません。"]
        if inquiry.incident.is_exercise
        else []
    )
    title = "安否情報の照会について（回答）"
    blocks = letter(
        number=inquiry.document_no,
        day=inquiry.decided_on,
        to=f"{asker.get('name', '')}　様",
        sender=[f"{town}長"],
        title=f"【{inquiry.incident.get_mode_display()}】{title}",
        body=[
            *drill,
            f"{era.format_date(inquiry.received_at.date())}に受け付けた照会（受付番号{inquiry.number}）について、"
            + ("下記のとおり回答します。" if told else "次のとおり回答します。"),
            *([] if told else [NOTHING]),
        ],
        points=[("お尋ねの方", [f"{sought.get('name', '')}　様"]), *told] if told else [],
    )
    document = incident_document(
        inquiry.incident, title, blocks, dated=inquiry.decided_on, formal=True, author=town
    )
    return incident_paper(inquiry.incident, document, "安否照会の回答", town, f"第{inquiry.number}号")


def said_of(person: SupportPerson) -> dict[str, str]:
    """A person's record in words."""
    sealed: Mapping[str, Any] = person.sealed or {}
    words = reasons(today())
    told = {name: str(sealed.get(name, "")) for name in LABELS}
    told["sex"] = SEXES.get(told["sex"], "")
    told["reasons"] = "、".join(words.get(key, key) for key in sealed.get("reasons", []))
    told["birth"] = era.format_date(date.fromisoformat(told["birth"])) if told["birth"] else ""
    return told


def _row(person: SupportPerson) -> tuple[Any, ...]:
    told = said_of(person)
    return (
        person.number,
        *(told[name] for name in ("name", "birth", "sex", "address", "phone", "reasons", "needs")),
    )


def _pairs(rows: Sequence[tuple[str, str]]) -> b.KeyValueTable:
    return b.KeyValueTable(tuple(b.KeyValueRow(label, words or b.NOTHING) for label, words in rows))


def _day(day: date | None) -> str:
    return era.format_date(day) if day else ""


def _plain(
    region: Region,
    title: str,
    blocks: Sequence[b.Block],
    day: date,
    author: str,
    *,
    landscape: bool = False,
    draft: bool = False,
) -> b.Document:
    return b.Document(
        title=title,
        subject=title,
        author=author,
        keywords=(region.name,),
        blocks=tuple(blocks),
        dated=datetime.combine(day, time(), tzinfo=UTC),
        draft_mark="下書き" if draft else None,
        fictional=region.fictional,
        landscape=landscape,
        style="report",
        footer=f"{title}　取扱注意",
    )
