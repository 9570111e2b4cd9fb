"""Organisations, posts, who holds them, the transfer on 1 April, and people's accounts."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from keniki.apps.accounts import actions as accounts
from keniki.apps.accounts import lockout
from keniki.apps.accounts import queries as people
from keniki.apps.accounts.models import User
from keniki.apps.accounts.verbs import Stale
from keniki.core import csv_dialect
from keniki.core.errors import WrongInput

from .. import actions, forms, policies, queries
from ..models import Organisation, Post, PostHolder, Region
from ..pages import StaffRequest, chosen, conflict_of, page, put_error, region_page, version_of
from .frame import address, form_page


@region_page
def overview(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Every organisation of the region with its posts and who holds them today."""
    organisations = queries.organisations_of(region)
    desks = queries.desks(organisations)
    rulings = {body.pk: policies.manage_people(request.actor, body) for body in organisations}
    return page(
        request,
        "regions/people.html",
        bodies=[
            {"organisation": body, "desks": desks[body.pk], "ruling": rulings[body.pk]}
            for body in organisations
        ],
        may_transfer=any(rulings.values()),
        may_register=policies.create_account(request.actor),
    )


@region_page
def organisation(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """One organisation: its posts, its people, what was changed."""
    body = _organisation(region, slug)
    return page(
        request,
        "regions/organisation.html",
        organisation=body,
        desks=queries.desks([body])[body.pk],
        ruling=policies.manage_people(request.actor, body),
        entries=people.log_of(body)[:20],
    )


@region_page
def organisation_edit(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Correct an organisation's name and section."""
    body = _organisation(region, slug)
    policies.manage_people(request.actor, body).require()
    initial = {"name": body.name, "department": body.department, "note": body.note}
    form = forms.OrganisationForm(
        chosen(request, body) if request.method == "POST" else None, initial=initial
    )
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_organisation(
                request.actor, body, version_of(request), region=region.slug, **form.cleaned_data
            )
            messages.success(request, "保存しました。")
            return redirect("regions-organisation", region.slug, slug)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{body.name}の登録内容",
        address("regions-organisation", region.slug, slug),
        version=body.version,
        conflict=conflict,
        crumbs=[
            ("人と職", address("regions-people", region.slug)),
            (str(body), address("regions-organisation", region.slug, slug)),
        ],
    )


@region_page
def post_new(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Create a post in an organisation."""
    body = _organisation(region, slug)
    policies.manage_people(request.actor, body).require()
    form = forms.NewPostForm(request.POST or None, initial={"role": Post.Role.OFFICER})
    if request.method == "POST" and form.is_valid():
        try:
            post = actions.create_post(request.actor, body, region=region.slug, **form.cleaned_data)
            messages.success(request, f"職「{post.label}」を作成しました。続けて、就く方を発令してください。")
            return redirect("regions-post", region.slug, post.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{body.name}の職を作成",
        address("regions-organisation", region.slug, slug),
        lead="権限は職に付きます。人が替わっても職は残り、引継ぎ事項も職に残ります。",
        crumbs=[
            ("人と職", address("regions-people", region.slug)),
            (str(body), address("regions-organisation", region.slug, slug)),
        ],
    )


@region_page
def post(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """One post: who holds it, the notes that stay with it, and what may be done."""
    return _post_page(request, region, _post(region, slug))


def _post_page(
    request: StaffRequest, region: Region, found: Post, status: int = 200, **shown: Any
) -> HttpResponseBase:
    body = found.organisation
    desk = next(each for each in queries.desks([body])[body.pk] if each.post.pk == found.pk)
    may_read = policies.read_notes(request.actor, found)
    context: dict[str, Any] = {
        "post": found,
        "desk": desk,
        "ruling": policies.manage_people(request.actor, body),
        "may_read": may_read,
        "notes": queries.notes_of(found) if may_read else [],
        "note_form": forms.NoteForm(),
        "assign_form": forms.AssignForm(),
        "end_form": forms.EndPostForm(),
        "entries": people.log_of(found)[:20],
        **shown,
    }
    return page(request, "regions/post.html", status=status, **context)


@region_page
def post_edit(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Rename a post or change its role."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    initial = {"section": found.section, "title": found.title, "role": found.role}
    form = forms.PostForm(chosen(request, found) if request.method == "POST" else None, initial=initial)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_post(
                request.actor, found, version_of(request), region=region.slug, **form.cleaned_data
            )
            messages.success(request, "保存しました。")
            return redirect("regions-post", region.slug, slug)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"職「{found.label}」の変更",
        address("regions-post", region.slug, slug),
        version=found.version,
        conflict=conflict,
        lead="役割を変えると、この職に就いている方の権限がすぐに変わります。",
        crumbs=[
            ("人と職", address("regions-people", region.slug)),
            (found.label, address("regions-post", region.slug, slug)),
        ],
    )


@require_POST
@region_page
def post_end(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Abolish a post."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    form = forms.EndPostForm(request.POST)
    if form.is_valid():
        try:
            actions.end_post(
                request.actor, found, version_of(request), form.cleaned_data["last"], region=region.slug
            )
            messages.success(request, "職を廃止しました。")
            return redirect("regions-post", region.slug, slug)
        except Stale:
            form.add_error(None, "ほかの人がこの職を更新しました。内容を確かめて、もう一度操作してください。")
        except WrongInput as wrong:
            put_error(form, wrong)
    return _post_page(request, region, found, 422, end_form=form)


@require_POST
@region_page
def assign(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Give the post to a person."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    form = forms.AssignForm(request.POST)
    if form.is_valid():
        user = people.user_by_login(form.cleaned_data["login"])
        if user is None:
            form.add_error(
                "login", "この利用者は登録されていません。先に「人と職」から利用者を登録してください。"
            )
        else:
            try:
                actions.assign(
                    request.actor,
                    found,
                    user,
                    form.cleaned_data["first"],
                    form.cleaned_data["last"],
                    region=region.slug,
                )
                messages.success(request, f"{user.name} を発令しました。")
                return redirect("regions-post", region.slug, slug)
            except WrongInput as wrong:
                put_error(form, wrong)
    return _post_page(request, region, found, 422, assign_form=form)


@region_page
def holding_end(request: StaffRequest, region: Region, slug: str, pk: int) -> HttpResponseBase:
    """End somebody's holding of a post, or cancel one that has not begun."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    holder = PostHolder.objects.select_related("user", "post__organisation").filter(pk=pk, post=found).first()
    if holder is None:
        raise Http404
    form = forms.EndHoldingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_holding(request.actor, holder, form.cleaned_data["last"], region=region.slug)
            messages.success(request, "保存しました。")
            return redirect("regions-post", region.slug, slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{holder.user.name} の「{found.label}」を解く",
        address("regions-post", region.slug, slug),
        lead="まだ始まっていない発令は、始まる前の日を入力すると取り消されます。",
        crumbs=[
            ("人と職", address("regions-people", region.slug)),
            (found.label, address("regions-post", region.slug, slug)),
        ],
    )


@require_POST
@region_page
def note(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Write a hand-over note."""
    found = _post(region, slug)
    form = forms.NoteForm(request.POST)
    if form.is_valid():
        actions.write_note(request.actor, found, form.cleaned_data["text"], region=region.slug)
        messages.success(request, "引継ぎ事項を残しました。")
        return redirect("regions-post", region.slug, slug)
    return _post_page(request, region, found, 422, note_form=form)


# --- the transfer -----------------------------------------------------------------------------------------


@region_page
def transfer(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Upload the file, see what it will do, then do all of it or nothing."""
    policies.create_account(request.actor).require()
    form = forms.TransferForm()
    shown: dict[str, Any] = {}
    if request.method == "POST" and "apply" in request.POST:
        return _apply(request, region)
    if request.method == "POST":
        form = forms.TransferForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            data = upload.read()
            try:
                shown = {
                    "plan": actions.plan_transfer(request.actor, data, file=upload.name),
                    "content": base64.b64encode(data).decode(),
                    "file_name": upload.name,
                }
            except WrongInput as wrong:
                form.add_error("file", str(wrong))
    status = 422 if form.errors or (shown and shown["plan"].problems) else 200
    return page(request, "regions/transfer.html", form=form, status=status, **shown)


def _apply(request: StaffRequest, region: Region) -> HttpResponseBase:
    name = request.POST.get("file_name", "")
    form = forms.TransferForm()
    try:
        data = base64.b64decode(request.POST.get("content", ""), validate=True)
        done = actions.transfer(request.actor, data, file=name, region=region.slug)
    except binascii.Error:
        messages.error(request, "ファイルの内容が届きませんでした。もう一度ファイルを選んでください。")
        return redirect("regions-transfer", region.slug)
    except WrongInput as wrong:
        messages.error(request, str(wrong))
        return page(request, "regions/transfer.html", form=form, status=422)
    return page(request, "regions/transfer.html", done=done, form=form)


@region_page
def transfer_template(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The file to fill in, with everyone who holds a post today."""
    bodies = [
        body for body in queries.organisations_of(region) if policies.manage_people(request.actor, body)
    ]
    posts = [desk.post for desks in queries.desks(bodies).values() for desk in desks]
    written = csv_dialect.write_csv(actions.template_rows(posts), encoding="utf-8-sig")
    response = HttpResponse(written.data, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{region.slug}-transfer.csv"'
    return response


# --- accounts ---------------------------------------------------------------------------------------------


@region_page
def user_new(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Register a person; the initial password is shown once."""
    may = policies.create_account(request.actor).require()
    bodies = [
        body for body in queries.organisations_of(region) if policies.manage_people(request.actor, body)
    ]
    posts = Post.objects.filter(organisation__in=bodies, ended_on=None).select_related("organisation")
    form = forms.NewUserForm(request.POST or None, posts=posts)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                issued = accounts.create_user(
                    request.actor,
                    may,
                    given["login"],
                    given["name"],
                    email=given["email"],
                    region=region.slug,
                )
                if given["post"]:
                    actions.assign(
                        request.actor, given["post"], issued.user, given["first"], region=region.slug
                    )
            return page(request, "regions/issued.html", issued=[issued], what="利用者を登録しました")
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        "利用者の登録",
        address("regions-people", region.slug),
        lead="権限は職に付きます。登録だけでは何も見られません。仮パスワードは登録した直後に一度だけ表示します。",
        crumbs=[("人と職", address("regions-people", region.slug))],
    )


@region_page
def user(request: StaffRequest, region: Region, login: str) -> HttpResponseBase:
    """A person: posts, state of the account, and what an administrator may do."""
    found = _user(request, region, login)
    return page(
        request,
        "regions/user.html",
        person=found,
        holdings=queries.holdings_of(found),
        today=policies.today(),
        ruling=policies.manage_account(request.actor, found),
        locked_minutes=-(-lockout.locked_for(found.login) // 60),
        entries=people.log_of(found)[:20],
    )


@region_page
def user_edit(request: StaffRequest, region: Region, login: str) -> HttpResponseBase:
    """Correct a person's name or address."""
    found = _user(request, region, login)
    may = policies.manage_account(request.actor, found).require()
    form = forms.UserForm(request.POST or None, initial={"name": found.name, "email": found.email})
    if request.method == "POST" and form.is_valid():
        try:
            accounts.change_user(request.actor, may, found, region=region.slug, **form.cleaned_data)
            messages.success(request, "保存しました。")
            return redirect("regions-user", region.slug, found.login)
        except WrongInput as wrong:
            put_error(form, wrong)
    return form_page(
        request,
        form,
        f"{found.name} の登録内容",
        address("regions-user", region.slug, found.login),
        crumbs=[
            ("人と職", address("regions-people", region.slug)),
            (found.name, address("regions-user", region.slug, found.login)),
        ],
    )


@require_POST
@region_page
def user_do(request: StaffRequest, region: Region, login: str, deed: str) -> HttpResponseBase:
    """Reset the password, unlock, close or reopen an account."""
    found = _user(request, region, login)
    may = policies.manage_account(request.actor, found).require()
    try:
        if deed == "password":
            issued = accounts.reset_password(request.actor, may, found, region=region.slug)
            return page(request, "regions/issued.html", issued=[issued], what="仮パスワードを発行しました")
        if deed == "unlock":
            accounts.unlock(request.actor, may, found, region=region.slug)
            messages.success(request, "ログインの停止を解除しました。")
        elif deed == "deactivate":
            accounts.deactivate(request.actor, may, found, region=region.slug)
            messages.success(request, f"{found.name} の利用を停止しました。")
        elif deed == "reactivate":
            accounts.reactivate(request.actor, may, found, region=region.slug)
            messages.success(request, f"{found.name} の利用を再開しました。")
        else:
            raise Http404
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    return redirect("regions-user", region.slug, found.login)


# --- finding ----------------------------------------------------------------------------------------------


def _organisation(region: Region, slug: str) -> Organisation:
    found = next((body for body in queries.organisations_of(region) if body.slug == slug), None)
    if found is None:
        raise Http404("この圏域にその団体はありません。")
    return found


def _post(region: Region, slug: str) -> Post:
    found = (
        Post.objects.select_related("organisation__municipality")
        .filter(slug=slug, organisation__in=queries.organisations_of(region))
        .first()
    )
    if found is None:
        raise Http404("この圏域にその職はありません。")
    return found


def _user(request: StaffRequest, region: Region, login: str) -> User:
    """A person of this region, or one whose account the actor manages."""
    found = None if "\0" in login else people.user_by_login(login)
    if found is None:
        raise Http404("利用者が見つかりません。")
    here = PostHolder.objects.filter(
        user=found, post__organisation__in=queries.organisations_of(region)
    ).exists()
    if not here and not policies.manage_account(request.actor, found):
        raise Http404("利用者が見つかりません。")
    return found
