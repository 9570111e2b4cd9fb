"""Who may make inquiries for figures, read and write a town's answer, and see those of others."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Region
from keniki.apps.workflow import policies as workflow

from ..models import FigureInquiry, TownAnswer

State = FigureInquiry.State


def run(actor: Actor, region: Region) -> Ruling:
    """May the actor make, send and close inquiries, and take what was answered into the store?"""
    return rights.edit_shared(actor, region)


def see(actor: Actor, inquiry: FigureInquiry) -> Ruling:
    """May the actor see the inquiry? A draft is the secretariat's. A no is answered with 404."""
    return allow("この圏域の照会です。") if inquiry.state != State.DRAFT else see_all(actor, inquiry)


def see_all(actor: Actor, inquiry: FigureInquiry) -> Ruling:
    """May the actor see every town's answer? The secretariat may, everybody where they are opened."""
    secretariat = see_secretariat(actor, inquiry.region)
    if secretariat:
        return allow("事務局の職にあるため、すべての団体の回答を見ることができます。", secretariat.post)
    if _opened(inquiry):
        return allow("締切後に公開された照会です。")
    when = "締切後に公開されます。" if inquiry.opened else "事務局とその団体だけが見ることができます。"
    return deny(f"ほかの団体の回答は、{when}")


def see_secretariat(actor: Actor, region: Region) -> Ruling:
    """May the actor see the letters to all towns? Who works for the secretariat may."""
    post = rights.office_post(actor, region)
    if actor.operator or post is not None:
        return allow("事務局の職にあるため、すべての団体への文書を見ることができます。", post)
    return deny(
        "すべての団体への文書は、事務局が出力します。あなたの団体あての文書は、照会の画面から出力できます。"
    )


def see_answer(actor: Actor, answer: TownAnswer) -> Ruling:
    """May the actor see this town's answer? A no is answered with 404."""
    return workflow.see_record(actor, answer.region, answer)


def answer(actor: Actor, answer: TownAnswer) -> Ruling:
    """May the actor write this town's answer? Who was a member when it was asked; the secretariat as 代理入力."""
    ruling = rights.edit_town(actor, answer.region, answer.municipality, year=answer.fiscal_year)
    if ruling and answer.inquiry.state != State.SENT:
        state = answer.inquiry.get_state_display()
        return deny(f"この照会は「{state}」です。事務局が再開すると、回答できます。")
    return ruling


def _opened(inquiry: FigureInquiry) -> bool:
    return inquiry.opened and inquiry.state == State.CLOSED
