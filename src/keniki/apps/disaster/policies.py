"""Who may do what in disaster work.

A town's places, stock and headquarters are written by the town; the secretariat may as 代理入力, shown as such. What is
about persons is the town's alone: nobody enters or reads it for another town.
"""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor, Remedy, Ruling, allow, deny
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import edit_shared, edit_town, see_own, town_post

from .models import (
    AidRequest,
    Incident,
    RefusedEvent,
    StockLot,
    TrainingMember,
    TrainingSession,
    WideAreaStay,
)
from .procedures import Side


def write_shared(actor: Actor, region: Region) -> Ruling:
    """May the actor write what all towns share: hazard layers, scenarios and plans, items, purchase plans?"""
    return edit_shared(actor, region)


def write_place(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """May the actor write this town's shelters, districts and stock places?"""
    return edit_town(actor, region, municipality)


def write_some_place(actor: Actor, region: Region) -> Ruling:
    """May the actor write the places of any town, as a file of several towns needs?"""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = town_post(actor, region)
    if post is None:
        return deny("避難所・地区・備蓄の登録は、各市町村の担当者と事務局が行います。")
    return allow(f"{post.organisation_name}の職にあるため、{post.organisation_name}分を登録できます。", post)


def write_lot(actor: Actor, lot: StockLot) -> Ruling:
    """May the actor correct a lot of the stock? A town that owns part of it or keeps it, and the secretariat."""
    owners = [each.municipality for each in lot.owners.select_related("municipality")]
    places = [each.place.municipality for each in lot.movements.select_related("place__municipality")]
    towns = {town.pk: town for town in (*owners, *places)}
    rulings = [edit_town(actor, lot.region, town) for town in towns.values()]
    own = next((ruling for ruling in rulings if ruling and not ruling.on_behalf_of), None)
    shared = own or edit_shared(actor, lot.region)
    return shared or deny("ロットは、持分か在庫のある市町村の担当者と、事務局が編集します。")


def step_transfer(actor: Actor, region: Region, town: Municipality) -> Ruling:
    """May the actor take the step of a stock transfer that is this town's? The secretariat may as 代理入力."""
    return edit_town(actor, region, town)


def write_contact(actor: Actor, region: Region, municipality: Municipality | None) -> Ruling:
    """May the actor write a contact and its turns: a town's as the town, another body's as the secretariat?"""
    return edit_shared(actor, region) if municipality is None else edit_town(actor, region, municipality)


def fetch_warnings(actor: Actor) -> Ruling:
    """May the actor switch the weather agency's feeds on and off, and have telegrams taken?"""
    if actor.operator:
        return allow("システム管理者です。")
    return deny("気象庁の電文の取得と読込みは、システム管理者が行います。")


def open_incident(actor: Actor, region: Region) -> Ruling:
    """May the actor open an incident or a drill? Every town may, in the middle of the night, and the secretariat."""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = town_post(actor, region)
    if post is None:
        return deny("事案（災害・訓練）は、各市町村の担当者と事務局が開設します。")
    return allow(f"{post.organisation_name}の職にあるため、事案を開設できます。", post)


def edit_incident(actor: Actor, incident: Incident) -> Ruling:
    """May the actor change or end the incident?"""
    return open_incident(actor, incident.region)


def record(actor: Actor, incident: Incident, municipality: Municipality | None) -> Ruling:
    """May the actor record an event about a town (without one: about the whole region) in an incident?

    After its end an incident still takes what offline devices bring; a page writes no more.
    """
    if municipality is None:
        return open_incident(actor, incident.region)
    return edit_town(actor, incident.region, municipality)


def record_on_page(actor: Actor, incident: Incident, municipality: Municipality | None) -> Ruling:
    """May the actor record an event on a page, now?"""
    ruling = record(actor, incident, municipality)
    if ruling and incident.ended_at is not None:
        return deny(
            "この事案は終了しています。記録を続けるときは、事案を再開してください。",
            Remedy("事案を開く", incident.get_absolute_url()),
        )
    return ruling


def settle_refused(actor: Actor, refused: RefusedEvent) -> Ruling:
    """May the actor settle what was refused? The town it came from; what came from no town, the secretariat."""
    if refused.municipality is None:
        return edit_shared(actor, refused.region)
    if refused.personal:
        return record_person(actor, refused.region, refused.municipality)
    return edit_town(actor, refused.region, refused.municipality)


def record_person(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """May the actor enter what is about persons in this town? Its own people only, no 代理入力."""
    post = town_post(actor, region, municipality)
    if post is not None:
        return allow(f"{municipality.name}の職にあるため、個人に関する記録を扱えます。", post)
    return deny(
        f"個人に関する記録は、{municipality.name}の職にある方だけが扱えます。応援に入る職員には、"
        f"{municipality.name}の職を付与してください。"
    )


def see_person(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """May the actor read what is about persons in this town? Its own people only."""
    if actor.operator:
        return deny("個人に関する記録は、その市町村の職にある方だけが見ることができます。")
    own = see_own(actor, region, municipality)
    post = town_post(actor, region, municipality)
    if own and post is not None:
        return allow(f"{municipality.name}の職にあるため、個人に関する記録を見ることができます。", post)
    return deny(f"個人に関する記録は、{municipality.name}の職にある方だけが見ることができます。")


def register_device(actor: Actor, region: Region) -> Ruling:
    """May the actor register devices of its town and read what they bring? Any town's officer; no 代理入力."""
    post = town_post(actor, region)
    if post is None:
        return deny("受付の端末と持ち運びファイルは、各市町村の職にある方が扱います。")
    return allow(f"{post.organisation_name}の職にあるため、{post.organisation_name}の端末を扱えます。", post)


def take_step(actor: Actor, procedure: WideAreaStay | AidRequest, side: Side) -> Ruling:
    """May the actor record a step of a procedure? The town that takes it may; the secretariat as 代理入力.

    What a town outside the region did is recorded, from its document, by the other town.
    """
    if procedure.incident.ended_at is not None and procedure.pk is None:
        return record_on_page(actor, procedure.incident, None)
    ends = {Side.ASKER: [procedure.asker], Side.HELPER: [procedure.helper]}
    towns = ends.get(side, [procedure.asker, procedure.helper])
    inside = [town for town in towns if town is not None]
    if not inside:
        inside = [town for town in (procedure.asker, procedure.helper) if town is not None]
    if not inside:
        return edit_shared(actor, procedure.region)
    rulings = [edit_town(actor, procedure.region, town) for town in inside]
    return next((ruling for ruling in rulings if ruling and not ruling.on_behalf_of), None) or next(
        (ruling for ruling in rulings if ruling), rulings[0]
    )


def join_training(actor: Actor, session: TrainingSession) -> Ruling:
    """May the actor take part in a training session? Everybody with a writing post of a town, while it is open."""
    if session.closed_at is not None:
        return deny("この研修会は終了しています。")
    post = town_post(actor, session.region)
    if post is None or actor.user is None:
        return deny(
            "研修会には、市町村の職にある方が参加します。アカウントのない方は、氏名で登録してください。"
        )
    return allow(f"{post.organisation_name}の職にあるため、参加できます。", post)


def answer_training(actor: Actor, member: TrainingMember) -> Ruling:
    """May the actor enter this participant's answers? The participant; for one without an account the town."""
    if member.session.closed_at is not None:
        return deny("この研修会は終了しています。答えは変えられません。")
    if member.user is not None:
        if actor.user is not None and actor.user.pk == member.user.pk:
            return allow("あなたの答えです。", actor.post)
        return deny("答えは、参加者が自分で入力します。")
    return write_participant(actor, member.session.region, member.municipality)


def write_participant(actor: Actor, region: Region, municipality: Municipality | None) -> Ruling:
    """May the actor name a participant without an account, and enter the answers?"""
    return edit_shared(actor, region) if municipality is None else edit_town(actor, region, municipality)


def see_participant(actor: Actor, member: TrainingMember) -> Ruling:
    """May the actor read this participant's name and results? The participant, the town, and who runs the session."""
    if member.user is not None and actor.user is not None and actor.user.pk == member.user.pk:
        return allow("あなたの結果です。", actor.post)
    return write_participant(actor, member.session.region, member.municipality)
