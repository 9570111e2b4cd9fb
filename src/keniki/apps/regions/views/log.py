"""The region's log, and what a record looked like on a day."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.utils.dateparse import parse_date

from keniki.apps.accounts import queries as people
from keniki.apps.accounts.forms import LogFilterForm

from .. import queries
from ..models import Region
from ..pages import StaffRequest, page, region_page

PER_PAGE = 50


@region_page
def log(request: StaffRequest, region: Region) -> HttpResponseBase:
    """What was done in this region, by verb, town, person and day."""
    towns = list(dict.fromkeys(row.municipality for row in queries.memberships_of(region)))
    form = LogFilterForm(
        request.GET,
        verbs=[(verb, verb_label(verb)) for verb in people.log_verbs(region.slug)],
        towns=[(town.code, town.name) for town in towns],
        people=people.log_people(region.slug),
    )
    given = form.cleaned_data if form.is_valid() else {}
    wanted = people.LogFilter(
        verb=given.get("verb", ""),
        municipality=given.get("town", ""),
        person=given.get("person", ""),
        first=given.get("first"),
        last=given.get("last"),
        words=given.get("q", ""),
    )
    rows = Paginator(people.search_log(region.slug, wanted), PER_PAGE)
    found = rows.get_page(request.GET.get("page"))
    return page(
        request, "regions/log.html", form=form, found=found, entries=found.object_list, number=rows.count
    )


@region_page
def history(request: StaffRequest, region: Region, kind: str, pk: int) -> HttpResponseBase:
    """Every state of one record, and how it stood on a chosen day."""
    record = queries.record_in(region, kind, pk)
    if not people.has_history(type(record)):
        raise Http404("この種類の記録には履歴がありません。")
    typed = request.GET.get("on", "")
    try:
        day = parse_date(typed) if typed else None
    except ValueError:
        day = None
    state = people.state_on(record, day) if day else None
    return page(
        request,
        "regions/history.html",
        record=record,
        kind=kind,
        kind_label=record._meta.verbose_name,
        day=day,
        typed=typed,
        state=people.readable(type(record), state.values) if state else [],
        versions=people.history_of(record),
        entries=people.log_of(record)[:50],
    )


def verb_label(verb: str) -> str:
    """A verb's name for the filter; one without a translation is shown as it is stored."""
    return _VERBS.get(verb, verb)


_VERBS = {
    "accounts.create_user": "利用者の登録",
    "accounts.change_user": "利用者の変更",
    "accounts.reset_password": "仮パスワードの発行",
    "accounts.reset_second_factor": "2段階認証の解除",
    "accounts.deactivate": "利用の停止",
    "accounts.reactivate": "利用の再開",
    "accounts.unlock": "ログイン停止の解除",
    "regions.create_region": "圏域の作成",
    "regions.change_region": "圏域の変更",
    "regions.join": "構成団体の追加",
    "regions.leave": "構成団体の離脱",
    "regions.merge": "合併",
    "regions.rename": "名称・種別・コードの変更",
    "regions.follow_successors": "合併・改称に伴う団体の変更",
    "regions.change_role": "構成団体の役割変更",
    "regions.reorder": "構成団体の順序",
    "regions.set_programme": "制度の登録",
    "regions.create_organisation": "団体の登録",
    "regions.change_organisation": "団体の変更",
    "regions.create_post": "職の作成",
    "regions.change_post": "職の変更",
    "regions.end_post": "職の廃止",
    "regions.assign": "発令",
    "regions.end_holding": "発令の終了",
    "regions.transfer": "人事異動の一括登録",
    "regions.write_note": "引継ぎ事項",
    "workflow.comment": "コメント",
    "workflow.settle": "コメントへの対応",
    "workflow.reopen": "コメントの対応の取消し",
    "workflow.attach": "添付",
    "workflow.detach": "添付の削除",
    "workflow.create_due": "期限の登録",
    "workflow.change_due": "期限の変更",
    "workflow.finish_due": "期限の完了",
    "workflow.drop_due": "期限の取下げ",
    "workflow.remind": "期限のお知らせ",
    "workflow.ask": "照会",
    "workflow.close_inquiry": "照会の締切",
    "workflow.reopen_inquiry": "照会の再開",
    "workflow.withdraw": "照会の取下げ",
    "workflow.record_decision": "機関決定の記録",
    "evidence.import": "統計の読込み",
    "evidence.correct": "統計の値の訂正",
    "evidence.fix_row": "保留した行の訂正",
    "evidence.drop_row": "保留した行を登録しない",
    "evidence.drop_rows": "保留した行をまとめて登録しない",
    "evidence.withdraw": "統計の版の取下げ",
    "evidence.restore": "統計の版の取下げの取消し",
    "evidence.remember_mapping": "列の対応の登録",
    "evidence.forget_mapping": "列の対応の削除",
    "evidence.save_forecast": "将来推計の保存",
    "evidence.make_forecast": "将来推計の計算",
    "evidence.rename_forecast": "将来推計の名称・説明の変更",
    "evidence.show_forecast": "将来推計の基礎調査への掲載",
    "evidence.remove_forecast": "将来推計の削除",
    "evidence.save_demand_rates": "需要の率の登録",
    "evidence.remove_demand_rates": "需要の率の削除",
    "portal.load_region": "ファイルの読込み",
}
