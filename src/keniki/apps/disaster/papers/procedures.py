"""Letters of the procedures between towns: the request and its answer, the public notice, the claim of costs."""

from __future__ import annotations

from keniki.apps.finance.papers.common import Paper, letter, yen
from keniki.core import era
from keniki.press import blocks as b

from ..models import AidRequest, AidStep, StayStep, WideAreaStay
from ..procedures import stay_place
from ..queries.procedures import Standing
from .frame import incident_document, incident_paper


def stay_letter(standing: Standing, key: str) -> Paper | None:
    """The paper of a step of a wide-area stay: request, report, acceptance, refusal, notice; None where it has none."""
    stay = standing.procedure
    assert isinstance(stay, WideAreaStay)
    step = _last(standing, key)
    if step is None:
        return None
    assert isinstance(step, StayStep)
    kind, place = stay.get_kind_display(), stay_place(stay.kind, stay.first_day)
    asker, helper = stay.asker_label, stay.helper_label
    said = {
        "request": (
            f"{kind}の協議について", f"{helper}長　様", asker,
            f"下記のとおり、住民の{kind}について協議します。受入れの可否を回答してください。",
        ),
        "report": (
            f"{kind}の協議の報告について", "知事　様", asker,
            f"下記のとおり、{helper}と住民の{kind}について協議しましたので、報告します。",
        ),
        "acceptance": (
            f"{kind}の受入れについて（回答）", f"{asker}長　様", helper,
            f"協議のあった住民の{kind}について、下記のとおり受け入れます。",
        ),
        "refusal": (
            f"{kind}の受入れについて（回答）", f"{asker}長　様", helper,
            f"協議のあった住民の{kind}については、受け入れることができません。",
        ),
        "managers": (
            f"{kind}のための{place}の使用について（通知）", f"{place}の管理者　様", helper,
            f"{asker}の住民の{kind}のため、下記の{place}を使用しますので、通知します。",
        ),
        "notice": (
            f"{kind}について（公示）", "", asker,
            f"{stay.reason}のため、下記のとおり{kind}を行います。",
        ),
    }.get(key)  # fmt: skip
    if said is None:
        return None
    title, to, sender, body = said
    points = _stay_points(stay, standing)
    if step.note:
        points.append(("その他", [step.note]))
    blocks = letter(
        number=step.document_no, day=step.on, to=to, sender=[f"{sender}長"], title=_marked(stay, title), body=[body],
        points=[] if key == "refusal" else points,
    )  # fmt: skip
    document = incident_document(stay.incident, title, blocks, dated=step.on, formal=True, author=sender)
    return incident_paper(stay.incident, document, title, f"第{stay.number}号")


def aid_letter(standing: Standing, key: str) -> Paper | None:
    """The paper of a step of a request for help: request, answer, claim; None where it has none."""
    aid = standing.procedure
    assert isinstance(aid, AidRequest)
    step = _last(standing, key)
    if step is None:
        return None
    asker, helper = aid.asker_label, aid.helper_label
    basis = f"{aid.basis}に基づき、" if aid.basis else ""
    said = {
        "request": ("応援の要請について", helper, asker, f"{basis}下記のとおり応援を要請します。"),
        "acceptance": ("応援の要請について（回答）", asker, helper, "要請のあった応援について、下記のとおり応じます。"),
        "refusal": (
            "応援の要請について（回答）", asker, helper, "要請のあった応援については、応じることができません。",
        ),
        "claim": (
            "応援に要した費用の請求について", asker, helper,
            "下記のとおり、応援に要した費用を請求します。内訳は次のページのとおりです。",
        ),
    }.get(key)  # fmt: skip
    if said is None:
        return None
    title, to, sender, body = said
    points = _aid_points(aid)
    blocks = letter(
        number=step.document_no, day=step.on, to=f"{to}長　様", sender=[f"{sender}長"], title=_marked(aid, title),
        body=[body], points=[] if key == "refusal" else points,
    )  # fmt: skip
    if key == "claim":
        blocks += _costs(aid)
    document = incident_document(aid.incident, title, blocks, dated=step.on, formal=True, author=sender)
    return incident_paper(aid.incident, document, title, f"第{aid.number}号")


def _stay_points(stay: WideAreaStay, standing: Standing) -> list[tuple[str, list[str]]]:
    until = f"から{era.format_date(stay.last_day)}まで（見込み）" if stay.last_day else "から"
    points = [
        ("人数", [f"{stay.people:,}人（うち要配慮者 {stay.vulnerable:,}人）"]),
        ("対象の地区", [stay.districts or "別に連絡する。"]),
        ("期間", [f"{era.format_date(stay.first_day)}{until}"]),
        ("理由", [stay.reason]),
    ]
    decided = _last(standing, "shelters")
    if isinstance(decided, StayStep) and decided.places:
        rows = [f"{place['name']}　{place['people']:,}人" for place in decided.places]
        points.append((stay_place(stay.kind, stay.first_day), rows))
    return points


def _aid_points(aid: AidRequest) -> list[tuple[str, list[str]]]:
    until = f"から{era.format_date(aid.last_day)}まで" if aid.last_day else "から"
    quantity = f"{aid.quantity:,}{aid.unit}" if aid.quantity else ""
    return [
        ("種類", [aid.get_kind_display()]),
        ("内容", [" ".join(part for part in (aid.content, quantity) if part)]),
        ("期間", [f"{era.format_date(aid.first_day)}{until}"]),
        ("場所", [aid.place or "別に連絡する。"]),
    ]


def _costs(aid: AidRequest) -> list[b.Block]:
    costs = list(aid.costs.all())
    rows = tuple(
        (
            row.get_kind_display(), row.title, f"{row.quantity:,f}{row.unit}" if row.quantity is not None else "",
            row.amount, row.evidence,
        )
        for row in costs
    )  # fmt: skip
    total = sum(row.amount for row in costs)
    return [
        b.Heading(1, "費用の内訳", new_page=True),
        b.Paragraph(f"請求する額　{yen(total)}"),
        b.DataTable(
            (
                b.Column("費目"),
                b.Column("内容"),
                b.Column("数量"),
                b.Column("金額", unit="円"),
                b.Column("証拠書類"),
            ),
            (*rows, ("計", "", "", total, "")),
        ),
    ]


def _last(standing: Standing, key: str) -> StayStep | AidStep | None:
    """The last step of this kind that was taken."""
    return next((step for _, step in reversed(standing.taken) if step.key == key), None)


def _marked(procedure: WideAreaStay | AidRequest, title: str) -> str:
    return f"【{procedure.incident.get_mode_display()}】{title}"
