"""The region's shape in the browser: creation, entries, members with dates and roles, programmes."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.core.errors import WrongInput

from .. import actions, forms, policies, queries
from ..days import in_words, last_day
from ..models import Municipality, Organisation, Region, RegionMembership, RegionProgramme
from ..pages import StaffRequest, chosen, conflict_of, page, put_error, region_page, staff_page, version_of
from .frame import address, form_page


@staff_page
def region_new(request: StaffRequest) -> HttpResponseBase:
    """Create a region with secretariat, members and programme."""
    policies.create_region(request.actor).require()
    offices = _offices(request)
    form = forms.NewRegionForm(request.POST or None, offices=offices)
    members = forms.MemberFormSet(request.POST or None, prefix="members")
    if request.method == "POST" and form.is_valid() & members.is_valid():
        given = form.cleaned_data
        rows = [
            actions.MemberRow(row["municipality"], row["role"], row["first"])
            for row in members.cleaned_data
            if row and not row.get("DELETE")
        ]
        centre = next((row.municipality for row in rows if row.role == RegionMembership.Role.CENTRE), None)
        try:
            region = actions.create_region(
                request.actor,
                slug=given["slug"],
                name=given["name"],
                short_name=given["short_name"],
                members_term=given["members_term"],
                secretariat=given["secretariat"]
                or actions.NewSecretariat(
                    given["office_slug"], given["office_name"], given["office_department"], centre
                ),
                members=rows,
                programme=given["programme"],
                programme_first=given["programme_first"],
                legal_basis=given["legal_basis"],
            )
            messages.success(
                request, f"圏域「{region.name}」を作成しました。次に、最初の協定を登録してください。"
            )
            return redirect("regions-members", region.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    broken = request.method == "POST"
    return page(request, "regions/new.html", form=form, members=members, status=422 if broken else 200)


@region_page
def members(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Who is and was a member, in which role, in order; programmes; what to do next."""
    today = policies.today()
    rows = [
        {
            "membership": membership,
            "days": in_words(membership.valid),
            "last": last_day(membership.valid),
            "now": today in membership.valid,
            "coming": bool(membership.valid.lower and membership.valid.lower > today),
        }
        for membership in queries.memberships_of(region)
    ]
    programmes = RegionProgramme.objects.filter(region=region)
    return page(
        request,
        "regions/members.html",
        rows=rows,
        programmes=[
            {"programme": each, "days": in_words(each.valid), "now": today in each.valid}
            for each in programmes
        ],
        ruling=policies.manage_region(request.actor, region),
        may_edit=policies.edit_shared(request.actor, region),
        agreement_url=_agreement_url(region),
        entries=log_of(region)[:10],
    )


@region_page
def settings(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The region's name, terms, history and secretariat."""
    policies.manage_region(request.actor, region).require()
    offices = (_offices(request) | Organisation.objects.filter(pk=region.secretariat_id)).distinct()
    names = ("name", "short_name", "members_term", "formation_history")
    initial = {name: getattr(region, name) for name in names} | {"secretariat": region.secretariat_id}
    data = chosen(request, region) if request.method == "POST" else None
    form = forms.RegionForm(data, initial=initial, offices=offices)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_region(request.actor, region, version_of(request), **form.cleaned_data)
            messages.success(request, "保存しました。")
            return redirect("regions-members", region.slug)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{region.name}の基本情報",
        address("regions-members", region.slug),
        version=region.version,
        conflict=conflict,
        crumbs=[("構成と制度", address("regions-members", region.slug))],
    )


@region_page
def join(request: StaffRequest, region: Region) -> HttpResponseBase:
    """A municipality joins on a day."""
    policies.manage_region(request.actor, region).require()
    form = forms.JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.join(
                request.actor, region, given["municipality"], given["role"], given["first"], given["last"]
            )
            messages.success(request, f"{given['municipality'].name} を追加しました。")
            return redirect("regions-members", region.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        "構成市町を追加",
        address("regions-members", region.slug),
        crumbs=[("構成と制度", address("regions-members", region.slug))],
    )


@region_page
def leave(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """A member leaves on a day."""
    policies.manage_region(request.actor, region).require()
    membership = _membership(region, pk)
    form = forms.LeaveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.leave(request.actor, membership, version_of(request), form.cleaned_data["last"])
            messages.success(request, f"{membership.municipality.name} の期間を終えました。")
            return redirect("regions-members", region.slug)
        except Stale:
            form.add_error(None, _CHANGED)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{membership.municipality.name} が構成市町を離れる",
        address("regions-members", region.slug),
        version=membership.version,
        lead=f"現在の期間：{in_words(membership.valid)}（{membership.get_role_display()}）",
        crumbs=[("構成と制度", address("regions-members", region.slug))],
    )


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
    form = forms.RoleForm(request.POST or None, initial={"role": other})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.change_role(request.actor, membership, version_of(request), given["role"], given["first"])
            messages.success(request, f"{membership.municipality.name} の役割を変更しました。")
            return redirect("regions-members", region.slug)
        except Stale:
            form.add_error(None, _CHANGED)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{membership.municipality.name} の役割の変更",
        address("regions-members", region.slug),
        version=membership.version,
        lead=f"現在：{membership.get_role_display()}（{in_words(membership.valid)}）。変更日の前日までは、いまの役割のまま残ります。",
        crumbs=[("構成と制度", address("regions-members", region.slug))],
    )


@region_page
def order(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The order in which members are named; centres always come first."""
    policies.manage_region(request.actor, region).require()
    towns: list[Municipality] = list(
        dict.fromkeys(membership.municipality for membership in queries.memberships_of(region))
    )
    form = forms.OrderForm(request.POST or None, towns=towns)
    if request.method == "POST" and form.is_valid():
        try:
            actions.reorder(request.actor, region, form.ordered())
            messages.success(request, "順序を保存しました。")
            return redirect("regions-members", region.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        "構成市町の順序",
        address("regions-members", region.slug),
        lead="協定の順に番号を付けてください。中心市は番号にかかわらず先頭になります。",
        crumbs=[("構成と制度", address("regions-members", region.slug))],
    )


@region_page
def programme(request: StaffRequest, region: Region) -> HttpResponseBase:
    """A programme begins, or gets its last day."""
    policies.manage_region(request.actor, region).require()
    form = forms.ProgrammeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.set_programme(
                request.actor, region, given["programme"], given["first"], given["last"], given["legal_basis"]
            )
            messages.success(request, "制度の期間を保存しました。")
            return redirect("regions-members", region.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        "制度の登録",
        address("regions-members", region.slug),
        lead="登録済みの制度は、同じ開始日で入力すると最後の日と根拠が変わります。",
        crumbs=[("構成と制度", address("regions-members", region.slug))],
    )


_CHANGED = "ほかの人がこの記録を更新しました。内容を確かめて、もう一度保存してください。"


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
