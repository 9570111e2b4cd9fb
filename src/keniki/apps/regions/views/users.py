"""People's accounts: registering, correcting, initial passwords, locks."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from keniki.apps.accounts import actions as accounts
from keniki.apps.accounts import lockout
from keniki.apps.accounts import queries as people
from keniki.apps.accounts.models import User
from keniki.core.errors import WrongInput

from .. import actions, forms, policies, queries
from ..editing import Frame, Sheet, edit, edit_page, outcome_page
from ..models import Post, PostHolder, Region
from ..pages import StaffRequest, address, page, region_page


@region_page
def user_new(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Register a person; the initial password is shown once."""
    may = policies.create_account(request.actor).require()
    everyone = queries.organisations_of(region)
    policies.ask_at_once(everyone)
    bodies = [body for body in everyone if policies.manage_people(request.actor, body)]
    posts = Post.objects.filter(organisation__in=bodies, ended_on=None).select_related("organisation")

    def build(data: QueryDict | None, record: None) -> Sheet:
        return Sheet(forms.NewUserForm(data, posts=posts))

    def save(sheet: Sheet) -> accounts.Issued:
        given = sheet.form.cleaned_data
        with transaction.atomic():
            issued = accounts.create_user(
                request.actor, may, given["login"], given["name"], email=given["email"], region=region.slug
            )
            if given["post"]:
                actions.assign(request.actor, given["post"], issued.user, given["first"], region=region.slug)
        return issued

    outcome = edit(request, None, build, save)
    if outcome.done:
        return page(request, "regions/issued.html", issued=[outcome.saved], what="利用者を登録しました")
    back = address("regions-people", region.slug)
    return outcome_page(
        request,
        outcome,
        Frame(back, [("人と職", back)]),
        "利用者の登録",
        lead="権限は職に付きます。登録だけでは何も見られません。仮パスワードは登録した直後に一度だけ表示します。",
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
        second_factors=people.second_factors(found),
        own=request.actor.user is not None and request.actor.user.pk == found.pk,
        locked_minutes=-(-lockout.locked_for(found) // 60),
        entries=people.log_of(found)[:20],
    )


@region_page
def user_edit(request: StaffRequest, region: Region, login: str) -> HttpResponseBase:
    """Correct a person's name or address."""
    found = _user(request, region, login)
    may = policies.manage_account(request.actor, found).require()

    def build(data: QueryDict | None, record: User) -> Sheet:
        return Sheet(forms.UserForm(data, initial={"name": record.name, "email": record.email}))

    def save(sheet: Sheet) -> User:
        return accounts.change_user(request.actor, may, found, region=region.slug, **sheet.form.cleaned_data)

    people_page = address("regions-people", region.slug)
    back = address("regions-user", region.slug, found.login)
    return edit_page(
        request,
        Frame(back, [("人と職", people_page), (found.name, back)]),
        f"{found.name} の登録内容",
        found,
        build,
        save,
        done=lambda saved: ("保存しました。", back),
    )


@require_POST
@region_page
def user_do(request: StaffRequest, region: Region, login: str, deed: str) -> HttpResponseBase:
    """Reset the password or the second factor, unlock, close or reopen an account."""
    found = _user(request, region, login)
    may = policies.manage_account(request.actor, found).require()
    try:
        if deed == "password":
            issued = accounts.reset_password(request.actor, may, found, region=region.slug)
            return page(request, "regions/issued.html", issued=[issued], what="仮パスワードを発行しました")
        if deed == "unlock":
            accounts.unlock(request.actor, may, found, region=region.slug)
            messages.success(request, "ログインの停止を解除しました。")
        elif deed == "second-factor":
            removed = accounts.reset_second_factor(request.actor, may, found, region=region.slug)
            messages.success(request, f"{found.name} の2段階認証（{'・'.join(removed)}）を解除しました。")
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
