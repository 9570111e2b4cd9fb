"""Who may load statistics: official ones for everybody, a region's own for itself."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.evidence.models import Edition, Mapping
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import edit_shared


def import_figures(actor: Actor, region: Region | None) -> Ruling:
    """May the actor load figures, into a region's own store or into everybody's (`region` None)?"""
    if region is not None:
        return edit_shared(actor, region)
    if actor.operator:
        return allow("システム管理者です。")
    return deny(
        "全圏域で使う公的統計は、システム管理者が読み込みます。圏域の資料として読み込むことはできます。"
    )


def fetch(actor: Actor) -> Ruling:
    """May the actor switch tables of official statistics on and off, and fetch them?"""
    if actor.operator:
        return allow("システム管理者です。")
    return deny("公的統計の取得は、システム管理者が切り替えます。")


def forget_mapping(actor: Actor, mapping: Mapping, region: Region | None) -> Ruling:
    """May the actor have a remembered mapping forgotten?"""
    if mapping.region_id is None and not actor.operator:
        return deny("全圏域で使う列の対応は、システム管理者が削除します。")
    return import_figures(actor, region if mapping.region_id is not None else None)


def withdraw_edition(actor: Actor, edition: Edition, region: Region | None) -> Ruling:
    """May the actor withdraw an edition, or put it back?"""
    if edition.region_id is None and not actor.operator:
        return deny("公的統計の版は、システム管理者が取り下げます。誤りはシステム管理者に知らせてください。")
    return import_figures(actor, region if edition.region_id is not None else None)


def correct_figure(actor: Actor, edition: Edition, region: Region | None) -> Ruling:
    """May the actor put a corrected value beside one of this edition?"""
    if edition.region_id is None and not actor.operator:
        return deny(
            "公的統計の値は変えられません。誤りは公表者に、読み違いはシステム管理者に知らせてください。"
        )
    return import_figures(actor, region if edition.region_id is not None else None)
