"""Who may load statistics: official ones for everybody, a region's own for itself."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.evidence.models import Edition, Forecast, ForecastRun, Mapping
from keniki.apps.regions import policies as rights
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


def save_forecast(actor: Actor, region: Region) -> Ruling:
    """May the actor save forecasts of the region's population and have them reckoned? Every post that writes may."""
    if actor.operator:
        return allow("システム管理者です。")
    post = rights.secretariat_post(actor, region) or rights.town_post(actor, region)
    if post:
        return allow("この圏域の記録を書く職にあるため、将来推計を保存できます。", post)
    return deny("将来推計の保存は、事務局と構成市町村の担当者が行います。条件を変えて見ることはできます。")


def change_forecast(actor: Actor, forecast: Forecast) -> Ruling:
    """May the actor change a forecast's title and note, or remove it? Who made it may, and the secretariat."""
    ruling = save_forecast(actor, forecast.region)
    if not ruling or actor.operator:
        return ruling
    if actor.user is not None and actor.user.pk == forecast.author_id:
        return allow("あなたが作成した将来推計です。", ruling.post)
    shared = edit_shared(actor, forecast.region)
    if shared:
        return allow("事務局の職にあるため、将来推計を変更できます。", shared.post)
    return deny("名称と説明の変更、削除は、作成した方か事務局が行います。")


def show_forecast(actor: Actor, region: Region) -> Ruling:
    """May the actor say which forecast the region book shows? The secretariat may."""
    ruling = edit_shared(actor, region)
    if ruling:
        return allow("事務局の職にあるため、圏域基礎調査に掲載する将来推計を選べます。", ruling.post)
    return deny("圏域基礎調査に掲載する将来推計は、事務局が選びます。")


def cancel_forecast(actor: Actor, run: ForecastRun) -> Ruling:
    """May the actor stop a forecast being reckoned? Who started it may, and the secretariat."""
    ruling = save_forecast(actor, run.region)
    if not ruling or actor.operator or (actor.user is not None and run.user_id == actor.user.pk):
        return ruling
    if edit_shared(actor, run.region):
        return ruling
    return deny("計算の取消しは、計算を始めた方か事務局が行います。")


def keep_demand_rates(actor: Actor, region: Region) -> Ruling:
    """May the actor register rates that the region's demand is reckoned with? Every post that writes may."""
    if actor.operator:
        return allow("システム管理者です。")
    post = rights.secretariat_post(actor, region) or rights.town_post(actor, region)
    if post:
        return allow("この圏域の記録を書く職にあるため、需要の率を登録できます。", post)
    return deny("需要の率の登録は、事務局と構成市町村の担当者が行います。")
