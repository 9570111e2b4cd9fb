"""Who may settle comments, keep files, run inquiries and finish due items; built on the region's policies."""

from __future__ import annotations

from typing import Any

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.regions import policies
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_word

from .about import town_of
from .models import Approval, Attachment, Comment, DueItem, Inquiry


def edit_record(actor: Actor, region: Region, record: Any) -> Ruling:
    """May the actor edit the record commented on: a town's own (in its fiscal year) or a shared one?"""
    town = town_of(record)
    if town is not None:
        return policies.edit_town(actor, region, town, year=getattr(record, "fiscal_year", None))
    return policies.edit_shared(actor, region)


def see_record(actor: Actor, region: Region, record: Any) -> Ruling:
    """May the actor read what stands at the record? A town's `confidential` one is its own and the secretariat's.

    A no is answered with 404. What is about an inquiry is about the record inquired.
    """
    if isinstance(record, Inquiry):
        record = record.about
    town = town_of(record)
    if town is None or not getattr(record, "confidential", False) or actor.operator:
        return allow("この圏域の記録です。")
    return policies.see_own(actor, region, town)


def settle(actor: Actor, region: Region, comment: Comment) -> Ruling:
    """A comment is marked as dealt with by who edits the record, or by who wrote it."""
    if actor.user is not None and actor.user.pk == comment.author_id:
        return allow("あなたが書いたコメントです。", policies.see(actor, region).post)
    ruling = edit_record(actor, region, comment.about)
    if ruling:
        return allow("この記録を編集できるため、対応済みにできます。", ruling.post)
    return deny("コメントは、書いた方か、この記録を編集できる方が対応済みにします。")


def attach(actor: Actor, region: Region) -> Ruling:
    """Files are added by everyone who writes in the region: its secretariat and its towns."""
    if actor.operator:
        return allow("システム管理者です。")
    post = policies.secretariat_post(actor, region) or policies.own_post(actor, region)
    if post:
        return allow("この圏域の記録を書く職にあるため、ファイルを添付できます。", post)
    return deny(f"ファイルの添付は、事務局と{members_word(region)}の担当者が行います。")


def detach(actor: Actor, region: Region, attachment: Attachment) -> Ruling:
    """A file is taken away by who uploaded it or by the secretariat; a town's reply stays with its decision."""
    if Approval.objects.filter(reply=attachment).exists():
        return deny("機関決定の回答文書は削除できません。決定を訂正するときに差し替えられます。")
    if actor.user is not None and actor.user.pk == attachment.uploaded_by_id:
        return attach(actor, region)
    ruling = policies.edit_shared(actor, region)
    return ruling if ruling else deny("添付の削除は、添付した方か事務局が行います。")


def finish(actor: Actor, region: Region, item: DueItem) -> Ruling:
    """A due item is marked as done by its organisation or by the secretariat."""
    if actor.operator:
        return allow("システム管理者です。")
    own = next((post for post in actor.posts if post.organisation_id == item.organisation_id), None)
    if own is not None and own.role in policies.WRITERS:
        return allow("宛先の団体の職にあるため、済みにできます。", own)
    ruling = policies.edit_shared(actor, region)
    if ruling:
        return ruling
    return deny(f"この期限は、宛先（{item.organisation or '事務局'}）の担当者か事務局が済みにします。")
