"""The region's shape in the browser: creation, entries, members with dates and roles, programmes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponseBase, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from keniki.apps.accounts.queries import log_of_verbs
from keniki.core.names import join_names

from .. import actions, forms, policies, queries
from ..days import in_words, last_day
from ..editing import Frame, Sheet, edit_page, kept, rows_of
from ..models import Municipality, Organisation, Region, RegionMembership, RegionProgramme
from ..pages import StaffRequest, address, page, region_page, staff_page


@staff_page
def region_new(request: StaffRequest) -> HttpResponseBase:
    """Create a region with secretariat, members and programme."""
    policies.create_region(request.actor).require()
    offices = _offices(request)

    def build(data: QueryDict | None, record: None) -> Sheet:
        rows = rows_of(forms.MemberForm, data, "members", [], extra=4)
        return Sheet(
            forms.NewRegionForm(data, offices=offices), {_MEMBERS: rows}, forms.NewRegionForm.groups()
        )

    def save(sheet: Sheet) -> Region:
        given = sheet.form.cleaned_data
        rows = [
            actions.MemberRow(row["municipality"], row["role"], row["first"])
            for row in kept(sheet.formsets[_MEMBERS])
        ]
        centre = next((row.municipality for row in rows if row.role == RegionMembership.Role.CENTRE), None)
        office = actions.NewSecretariat(
            given["office_slug"], given["office_name"], given["office_department"], centre
        )
        names = ("slug", "name", "short_name", "members_term", "programme", "programme_first", "legal_basis")
        return actions.create_region(
            request.actor,
            secretariat=given["secretariat"] or office,
            members=rows,
            **{name: given[name] for name in names},
        )

    back = address("regions-list")
    return edit_page(
        request,
        Frame(back, [("圏域を選ぶ", back)]),
        "圏域の作成",
        None,
        build,
        save,
        done=lambda saved: (
            f"圏域「{saved.name}」を作成しました。次に、最初の協定を登録してください。",
            address("regions-members", saved.slug),
        ),
        lead="圏域、事務局、制度、加わる市町村を登録します。中心となる市が先頭になり、"
        "そのほかは入力した順になります（使わない行は空のままで構いません）。",
        save_label="圏域を作成",
    )


@region_page
def members(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Who is and was a member, in which role, in order; programmes; what to do next."""
    today, words = policies.today(), queries.role_words(region)
    memberships = list(queries.memberships_of(region))
    renamed = policies.may_rename_each(request.actor, [each.municipality for each in memberships])
    rows = [
        {
            "membership": membership,
            "role": words[membership.role],
            "days": in_words(membership.valid),
            "last": last_day(membership.valid),
            "now": today in membership.valid,
            "coming": bool(membership.valid.lower and membership.valid.lower > today),
            "may_rename": membership.municipality_id in renamed,
        }
        for membership in memberships
    ]
    programmes = RegionProgramme.objects.filter(region=region)
    return page(
        request,
        "regions/members.html",
        rows=rows,
        proposals=[_proposal(region, *each) for each in actions.proposals(region)],
        leftover=queries.leftover_posts(region),
        programmes=[
            {"programme": each, "days": in_words(each.valid), "now": today in each.valid}
            for each in programmes
        ],
        ruling=policies.manage_region(request.actor, region),
        may_edit=policies.edit_shared(request.actor, region),
        agreement_url=_agreement_url(region),
        entries=log_of_verbs(region.slug, _SHAPING),
    )


@region_page
def settings(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The region's name, terms, history and secretariat."""
    policies.manage_region(request.actor, region).require()
    offices = (_offices(request) | Organisation.objects.filter(pk=region.secretariat_id)).distinct()
    names = ("version", "name", "short_name", "members_term", "formation_history")

    def build(data: QueryDict | None, record: Region) -> Sheet:
        initial = {name: getattr(record, name) for name in names} | {"secretariat": record.secretariat_id}
        return Sheet(forms.RegionForm(data, initial=initial, offices=offices))

    def save(sheet: Sheet) -> Region:
        given = dict(sheet.form.cleaned_data)
        return actions.change_region(request.actor, region, given.pop("version"), **given)

    return edit_page(
        request,
        _frame(region),
        f"{region.name}の基本情報",
        region,
        build,
        save,
        done=lambda saved: ("保存しました。", address("regions-members", region.slug)),
    )


@region_page
def join(request: StaffRequest, region: Region) -> HttpResponseBase:
    """A municipality joins on a day."""
    policies.manage_region(request.actor, region).require()
    words = queries.role_words(region)
    proposed = {name: request.GET[name] for name in ("municipality", "role", "first") if name in request.GET}

    def build(data: QueryDict | None, record: None) -> Sheet:
        return Sheet(forms.JoinForm(data, words=words, initial=proposed))

    def save(sheet: Sheet) -> RegionMembership:
        given = sheet.form.cleaned_data
        return actions.join(
            request.actor, region, given["municipality"], given["role"], given["first"], given["last"]
        )

    return edit_page(
        request,
        _frame(region),
        f"{region.members_term}を追加",
        None,
        build,
        save,
        done=lambda saved: (
            f"{saved.municipality.name} を追加しました。",
            address("regions-members", region.slug),
        ),
    )


@region_page
def leave(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """A member leaves on a day."""
    policies.manage_region(request.actor, region).require()
    membership = _membership(region, pk)

    def build(data: QueryDict | None, record: RegionMembership) -> Sheet:
        return Sheet(
            forms.LeaveForm(data, initial={"version": record.version, "last": last_day(record.valid)})
        )

    def save(sheet: Sheet) -> RegionMembership:
        given = sheet.form.cleaned_data
        return actions.leave(request.actor, membership, given["version"], given["last"])

    words = queries.role_words(region)
    return edit_page(
        request,
        _frame(region),
        f"{membership.municipality.name} が{region.members_term}を離れる",
        membership,
        build,
        save,
        done=lambda saved: (
            f"{membership.municipality.name} の期間を終えました。",
            address("regions-members", region.slug),
        ),
        lead=f"現在の期間：{in_words(membership.valid)}（{words[membership.role]}）",
    )


@region_page
def merge(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Members go into another municipality, old or new."""
    policies.manage_region(request.actor, region).require()
    here = Municipality.objects.filter(
        memberships__region=region, memberships__valid__contains=policies.today(), valid__endswith=None
    ).order_by("memberships__order")
    words = queries.role_words(region)

    def build(data: QueryDict | None, record: None) -> Sheet:
        initial = {"role": RegionMembership.Role.PARTNER}
        form = forms.MergeForm(data, initial=initial, towns=here, words=words)
        return Sheet(form, groups=forms.MergeForm.groups())

    def save(sheet: Sheet) -> actions.Merged:
        assert isinstance(sheet.form, forms.MergeForm)
        given = sheet.form.cleaned_data
        roles = {region.slug: given["role"]} if given["role"] else {}
        return actions.merge(
            request.actor,
            list(given["towns"]),
            sheet.form.successor(),
            given["on"],
            roles=roles,
            region=region.slug,
        )

    return edit_page(
        request,
        _frame(region),
        "合併の登録",
        None,
        build,
        save,
        done=lambda merged: (_merged_words(merged), address("regions-members", region.slug)),
        lead="なくなる市町村の期間は合併の前日で終わり、それまでの記録と文書には前の名称が残ります。"
        "承継した市町村の担当者は、前の年度の記録を仕上げることができます。"
        "登録した合併は取り消せません。市町村と日付を確かめてから登録してください。",
        save_label="合併を登録",
    )


@region_page
def rename(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """A member has another name, kind or code from a day on."""
    policies.manage_region(request.actor, region).require()
    town = _membership(region, pk).municipality
    policies.merge_towns(request.actor, [town]).require()
    names = ("code", "name", "kana", "kind", "county")

    def build(data: QueryDict | None, record: Municipality) -> Sheet:
        return Sheet(forms.RenameForm(data, initial={name: getattr(town, name) for name in names}))

    def save(sheet: Sheet) -> Municipality:
        assert isinstance(sheet.form, forms.RenameForm)
        return actions.rename(
            request.actor, town, sheet.form.town(), sheet.form.cleaned_data["on"], region=region.slug
        )

    return edit_page(
        request,
        _frame(region),
        f"{town.name} の名称・種別・コードの変更",
        town,
        build,
        save,
        done=lambda saved: (
            f"{town.name} を {saved.name} に変更しました。",
            address("regions-members", region.slug),
        ),
        lead="改称、町制・市制施行、中核市への移行などを登録します。同じ団体が続くため、圏域での役割、職、"
        "担当者はそのまま引き継がれます。登録した変更は取り消せません。",
    )


def _proposal(region: Region, old: Municipality, new: Municipality, on: date, role: str) -> dict[str, Any]:
    """That the successor may join where the old municipality was, and the page that does it."""
    query = urlencode({"municipality": new.code, "first": str(on), "role": role})
    return {"old": old, "new": new, "on": on, "url": f"{address('regions-join', region.slug)}?{query}"}


def _merged_words(merged: actions.Merged) -> str:
    names = join_names(row.municipality.name for row in merged.left)
    words = [f"{names} の {merged.successor.name} への合併を登録しました。"]
    if merged.posts:
        words.append(
            f"前の市町村の職 {len(merged.posts)}件に在職者がいます。人事異動で新しい職に移してください。"
        )
    return "".join(words)


@region_page
def role(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """A member's role changes on a day."""
    policies.manage_region(request.actor, region).require()
    membership = _membership(region, pk)
    other = (
        RegionMembership.Role.PARTNER
        if membership.role == RegionMembership.Role.CENTRE
        else RegionMembership.Role.CENTRE
    )
    words = queries.role_words(region)

    def build(data: QueryDict | None, record: RegionMembership) -> Sheet:
        return Sheet(forms.RoleForm(data, initial={"version": record.version, "role": other}, words=words))

    def save(sheet: Sheet) -> RegionMembership:
        given = sheet.form.cleaned_data
        return actions.change_role(request.actor, membership, given["version"], given["role"], given["first"])

    return edit_page(
        request,
        _frame(region),
        f"{membership.municipality.name} の役割の変更",
        membership,
        build,
        save,
        done=lambda saved: (
            f"{membership.municipality.name} の役割を変更しました。",
            address("regions-members", region.slug),
        ),
        lead=f"現在：{words[membership.role]}（{in_words(membership.valid)}）。"
        "変更日の前日までは、いまの役割のまま残ります。",
    )


@region_page
def order(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The order in which members are named; centres always come first."""
    policies.manage_region(request.actor, region).require()
    towns: list[Municipality] = list(
        dict.fromkeys(membership.municipality for membership in queries.memberships_of(region))
    )
    centre = queries.role_words(region)["centre"]

    def build(data: QueryDict | None, record: None) -> Sheet:
        return Sheet(forms.OrderForm(data, towns=towns))

    def save(sheet: Sheet) -> None:
        assert isinstance(sheet.form, forms.OrderForm)
        actions.reorder(request.actor, region, sheet.form.ordered())

    return edit_page(
        request,
        _frame(region),
        f"{region.members_term}の順序",
        None,
        build,
        save,
        done=lambda saved: ("順序を保存しました。", address("regions-members", region.slug)),
        lead=f"協定の順に番号を付けてください。{centre}は番号にかかわらず先頭になります。",
    )


@region_page
def programme(request: StaffRequest, region: Region) -> HttpResponseBase:
    """A programme begins, or gets its last day."""
    policies.manage_region(request.actor, region).require()

    def build(data: QueryDict | None, record: None) -> Sheet:
        return Sheet(forms.ProgrammeForm(data))

    def save(sheet: Sheet) -> RegionProgramme:
        given = sheet.form.cleaned_data
        return actions.set_programme(
            request.actor, region, given["programme"], given["first"], given["last"], given["legal_basis"]
        )

    return edit_page(
        request,
        _frame(region),
        "制度の登録",
        None,
        build,
        save,
        done=lambda saved: ("制度の期間を保存しました。", address("regions-members", region.slug)),
        lead="登録済みの制度は、同じ開始日で入力すると最後の日と根拠が変わります。",
    )


_MEMBERS = "加わる市町村"
#: What the history on the page of members and programmes shows.
_SHAPING = (
    "portal.load_region",
    *(
        f"regions.{name}"
        for name in (
            *("create_region", "change_region", "join", "leave", "change_role", "reorder", "set_programme"),
            *("merge", "rename", "follow_successors"),
        )
    ),
)


def _frame(region: Region) -> Frame:
    back = address("regions-members", region.slug)
    return Frame(back, [("構成と制度", back)])


def _membership(region: Region, pk: int) -> RegionMembership:
    found = (
        RegionMembership.objects.select_related("region", "municipality").filter(pk=pk, region=region).first()
    )
    if found is None:
        raise Http404
    return found


def _offices(request: StaffRequest):  # type: ignore[no-untyped-def]
    """Organisations that can run a region, among those the actor administers."""
    rows = Organisation.objects.exclude(kind=Organisation.Kind.CONTRACTOR)
    if request.actor.operator:
        return rows
    own = [post.organisation_id for post in request.actor.posts if post.role == policies.Role.ADMINISTRATOR]
    return rows.filter(Q(pk__in=own))


def _agreement_url(region: Region) -> str:
    try:
        return reverse("compacts:agreement-new", args=[region.slug])
    except NoReverseMatch:
        return ""
