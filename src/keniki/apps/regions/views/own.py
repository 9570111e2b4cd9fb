"""One's own pages: first password, posts and notes, sessions, tokens, and the choice of a region."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from keniki.apps.accounts import actions as accounts
from keniki.apps.accounts import queries as people
from keniki.apps.accounts.forms import FirstPasswordForm, TokenForm
from keniki.apps.accounts.models import Token
from keniki.core.errors import WrongInput

from .. import policies, queries
from ..pages import StaffRequest, own_path, page, put_error, staff_page


def _first_password(request: StaffRequest) -> HttpResponseBase:
    """Replace the initial password before anything else."""
    user = request.actor.user
    if user is None or not user.must_change_password:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = FirstPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        changed = accounts.set_own_password(request.actor, form.cleaned_data["password"])
        update_session_auth_hash(request, changed)
        messages.success(request, "パスワードを設定しました。次回からこのパスワードでログインしてください。")
        return redirect(own_path(request, request.GET.get("next", "")) or settings.LOGIN_REDIRECT_URL)
    return page(request, "accounts/first_password.html", form=form, status=200 if not form.errors else 422)


_first_password.for_everyone = True  # type: ignore[attr-defined]
first_password = staff_page(_first_password)


@staff_page
def profile(request: StaffRequest) -> HttpResponseBase:
    """Who I am here: posts, hand-over notes, sessions, tokens, what I did last."""
    return _profile(request, TokenForm())


def _profile(
    request: StaffRequest, form: TokenForm, *, secret: str = "", status: int = 200
) -> HttpResponseBase:
    user = request.actor.user
    if user is None:
        raise Http404
    holdings = queries.holdings_of(user)
    context: dict[str, Any] = {
        "holdings": holdings,
        "today": policies.today(),
        "handover": queries.handover_for(request.actor),
        "regions_seen": list(queries.visible_regions(request.actor)),
        "sessions": people.sessions_of(user, request.session.session_key),
        "tokens": people.tokens_of(user),
        "entries": people.log_of_user(user, 10),
        "idle_minutes": settings.SESSION_IDLE_SECONDS // 60,
        "session_hours": settings.SESSION_COOKIE_AGE // 3600,
        "form": form,
        "secret": secret,
    }
    return page(request, "accounts/profile.html", status=status, **context)


@require_POST
@staff_page
def token_new(request: StaffRequest) -> HttpResponseBase:
    """Issue a token; its secret is on this one page only."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            _, secret = accounts.create_token(
                request.actor, form.cleaned_data["label"], days=form.cleaned_data["days"]
            )
            return _profile(request, TokenForm(), secret=secret)
        except WrongInput as wrong:
            put_error(form, wrong)
    return _profile(request, form, status=422)


@require_POST
@staff_page
def token_revoke(request: StaffRequest, pk: int) -> HttpResponseBase:
    """End one of my tokens."""
    token = get_object_or_404(Token, pk=pk, user=request.actor.user)
    accounts.revoke_token(request.actor, token)
    messages.success(request, "トークンを失効させました。")
    return redirect("accounts-profile")


@require_POST
@staff_page
def session_end(request: StaffRequest, mark: str) -> HttpResponseBase:
    """Log out one of my other sessions, or all of them (`others`)."""
    if mark == "others":
        ended = accounts.end_other_sessions(request.actor, request.session.session_key)
        messages.success(request, f"ほかの端末のログイン {ended}件を終了しました。")
    else:
        accounts.end_session(request.actor, mark)
        messages.success(request, "ログインを終了しました。")
    return redirect("accounts-profile")


@staff_page
def regions(request: StaffRequest) -> HttpResponseBase:
    """The regions I may see, with my posts in each; here one switches."""
    regions = list(queries.visible_regions(request.actor).select_related("secretariat"))
    policies.know_stays(regions)
    members = queries.members_of_each(regions)
    rows = [
        {
            "region": region,
            "posts": policies.posts_in(request.actor, region),
            "members": members[region.pk],
        }
        for region in regions
    ]
    return page(request, "regions/list.html", rows=rows, may_create=policies.create_region(request.actor))
