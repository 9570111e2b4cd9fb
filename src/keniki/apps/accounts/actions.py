"""What may be done to accounts: users, passwords, tokens, sessions, locks.

Who manages whom follows from posts, which this slice does not know: managing verbs take the `ruling` of
`regions.policies.manage_account`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.utils import timezone

from keniki.core.errors import WrongInput

from . import lockout, policies, queries
from .actor import Actor, Ruling, allow, deny
from .mail import tell
from .models import Token, User
from .verbs import verb

TOKEN_PREFIX = "keniki_"  # noqa: S105
TOKEN_DAYS = 365


@dataclass(frozen=True)
class Issued:
    """A user with the initial password, which is shown once and never again."""

    user: User
    password: str


def create_user(
    actor: Actor, ruling: Ruling, login: str, name: str, *, email: str = "", region: str = ""
) -> Issued:
    """Register a person with an initial password that has to be changed at the first log-in."""
    with verb(actor, "accounts.create_user", region=region, ruling=ruling) as act:
        issued = new_user(login, name, email=email)
        act.log(
            issued.user,
            None,
            {"login": issued.user.login, "name": issued.user.name},
            f"利用者「{issued.user.name}」（ログインID {issued.user.login}）を登録",
        )
    return issued


def new_user(login: str, name: str, *, email: str = "") -> Issued:
    """The part of `create_user` that other verbs (the bulk transfer) do inside theirs."""
    login, name = checked_login(login), name.strip()
    if not name:
        raise WrongInput("氏名を入力してください。", column="氏名")
    password = initial_password()
    user = User.objects.create_user(login, name, password, email=email, must_change_password=True)
    return Issued(user, password)


def checked_login(login: str) -> str:
    """The log-in as it will be stored, or WrongInput: its form, and that nobody has it."""
    login = login.strip()
    if not _LOGIN.fullmatch(login) or login.lower() in RESERVED_LOGINS:
        raise WrongInput(
            f"「{login}」はログインIDに使えません。半角の英数字と . _ - @ で2～64文字にしてください。",
            column="ログインID",
        )
    if User.objects.filter(login__iexact=login).exists():
        raise WrongInput(
            f"ログインID「{login}」は既に使われています（大文字と小文字は区別しません）。",
            column="ログインID",
        )
    return login


def make_operator(actor: Actor, user: User) -> User:
    """Make somebody an operator of the installation (システム管理者); only an operator may."""
    ruling = allow("システム管理者です。") if actor.operator else deny("システム管理者だけができます。")
    with verb(actor, "accounts.make_operator", ruling=ruling) as act:
        user = _lock(user)
        user.is_operator = True
        user.save(update_fields=["is_operator"])
        act.log(
            user, {"is_operator": False}, {"is_operator": True}, f"利用者「{user.name}」をシステム管理者に"
        )
    return user


def change_user(
    actor: Actor, ruling: Ruling, user: User, *, name: str, email: str = "", region: str = ""
) -> User:
    """Correct a person's name or e-mail address."""
    with verb(actor, "accounts.change_user", region=region, ruling=ruling, quiet=True) as act:
        user = _lock(user)
        before, name = {"name": user.name, "email": user.email}, name.strip()
        if not name:
            raise WrongInput("氏名を入力してください。", column="氏名")
        user.name, user.email = name, email
        after = {"name": user.name, "email": user.email}
        if before != after:
            user.save(update_fields=["name", "email"])
            renamed = f"氏名を {before['name']}→{name} に" if before["name"] != name else "メールアドレスを"
            act.log(user, before, after, f"利用者 {user.login} の{renamed}変更")
    return user


def reset_password(actor: Actor, ruling: Ruling, user: User, *, region: str = "") -> Issued:
    """Give a new initial password; every session and API token of the user ends, a lock is lifted."""
    with verb(actor, "accounts.reset_password", region=region, ruling=ruling) as act:
        user = _lock(user)
        password = initial_password()
        user.set_password(password)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
        _end_sessions(user)
        lockout.unlock(user)
        ended = _end_tokens(user)
        tokens = f"（APIトークン {ended}件を失効）" if ended else ""
        act.log(user, None, None, f"利用者「{user.name}」の仮パスワードを発行{tokens}")
    return Issued(user, password)


def reset_second_factor(actor: Actor, ruling: Ruling, user: User, *, region: str = "") -> list[str]:
    """Take away what the user has lost: authenticator app, passkeys and recovery codes; every session ends.

    Returns what was removed, in words. The person is told by mail where mail is set up. For one's own there is the
    page of the second factor, which asks for the password.
    """
    if actor.user is not None and actor.user.pk == user.pk:
        raise WrongInput("自分の2段階認証は、「2段階認証・パスキー」の画面で変更してください。")
    with verb(actor, "accounts.reset_second_factor", region=region, ruling=ruling) as act:
        user = _lock(user)
        removed = queries.second_factors(user)
        if not removed:
            raise WrongInput(f"{user.name} は2段階認証を設定していません。")
        Authenticator.objects.filter(user=user).delete()
        _end_sessions(user)
        lockout.unlock(user)
        act.log(
            user,
            {"second_factors": removed},
            {"second_factors": []},
            f"利用者「{user.name}」の2段階認証（{'・'.join(removed)}）を解除",
        )
        tell(
            user,
            "2段階認証の解除のお知らせ",
            f"{actor.label()} が、あなたの2段階認証（{'・'.join(removed)}）を解除し、"
            "ログイン中の画面を終了しました。",
            "次にログインしたら、2段階認証を設定し直してください。",
            "心当たりがないときは、すぐに管理者へ知らせてください。",
        )
    return removed


def set_own_password(actor: Actor, password: str) -> User:
    """The first log-in: the initial password is replaced by one that only the user knows."""
    user = actor.user
    if user is None:
        raise WrongInput("ログインしてください。")
    with verb(actor, "accounts.set_own_password", ruling=policies.own_account(actor, user)) as act:
        user = _lock(user)
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        act.log(user, None, None, "自分のパスワードを設定")
    return user


def deactivate(actor: Actor, ruling: Ruling, user: User, *, region: str = "") -> User:
    """Close an account: its sessions end and its tokens no longer work. What it did stays in the log."""
    if actor.user is not None and actor.user.pk == user.pk:
        raise WrongInput("自分自身の利用を停止することはできません。ほかの管理者が行ってください。")
    with verb(actor, "accounts.deactivate", region=region, ruling=ruling) as act:
        user = _lock(user)
        user.is_active, user.closed_at = False, timezone.now()
        user.save(update_fields=["is_active", "closed_at"])
        _end_sessions(user)
        _end_tokens(user)
        act.log(user, {"is_active": True}, {"is_active": False}, f"利用者「{user.name}」の利用を停止")
    return user


def reactivate(actor: Actor, ruling: Ruling, user: User, *, region: str = "") -> User:
    """Open a closed account again; its tokens stay revoked."""
    with verb(actor, "accounts.reactivate", region=region, ruling=ruling) as act:
        user = _lock(user)
        if user.forgotten:
            raise WrongInput("個人情報を消去した利用者は再開できません。新しく登録してください。")
        user.is_active, user.closed_at = True, None
        user.save(update_fields=["is_active", "closed_at"])
        act.log(user, {"is_active": False}, {"is_active": True}, f"利用者「{user.name}」の利用を再開")
    return user


def unlock(actor: Actor, ruling: Ruling, user: User, *, region: str = "") -> None:
    """Lift the lock that too many wrong passwords brought."""
    with verb(actor, "accounts.unlock", region=region, ruling=ruling) as act:
        lockout.unlock(user)
        act.log(user, None, None, f"利用者「{user.name}」のログイン停止を解除")


def create_token(
    actor: Actor,
    label: str,
    *,
    user: User | None = None,
    days: int = TOKEN_DAYS,
    ruling: Ruling | None = None,
) -> tuple[Token, str]:
    """A new API token and its secret, which is shown once: only the hash is kept. `days` until it expires."""
    owner = user or actor.user
    if owner is None:
        raise WrongInput("トークンを使う利用者を指定してください。")
    if not owner.is_active:
        raise WrongInput(f"利用者 {owner.login} は利用を停止しています。")
    if not 1 <= days <= 3 * 366:
        raise WrongInput("有効日数は1日から3年までにしてください。", column="有効日数")
    with verb(actor, "accounts.create_token", ruling=ruling or policies.own_account(actor, owner)) as act:
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = Token.objects.create(
            user=owner,
            digest=token_digest(secret),
            label=label.strip(),
            expires_at=timezone.now() + timedelta(days=days),
        )
        purpose = f"「{token.label}」" if token.label else ""
        act.log(token, None, {"label": token.label}, f"利用者「{owner.name}」のAPIトークン{purpose}を発行")
    return token, secret


def revoke_token(actor: Actor, token: Token, *, ruling: Ruling | None = None) -> Token:
    """End a token at once; a revoked one stays in the list."""
    with verb(
        actor, "accounts.revoke_token", ruling=ruling or policies.own_token(actor, token), quiet=True
    ) as act:
        token = Token.objects.select_for_update().get(pk=token.pk)
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            purpose = f"「{token.label}」" if token.label else ""
            act.log(token, None, None, f"利用者「{token.user.name}」のAPIトークン{purpose}を失効")
    return token


def end_session(actor: Actor, mark: str) -> None:
    """Log out one of the actor's own sessions elsewhere; `mark` as `queries.sessions_of` names it."""
    user = actor.user
    if user is None:
        raise WrongInput("ログインしてください。")
    with verb(actor, "accounts.end_session", ruling=policies.own_account(actor, user), quiet=True) as act:
        for session in queries.stored_sessions(user):
            if queries.session_mark(session.session_key) == mark:
                session.delete()
                act.log(user, None, None, "別の端末のログインを終了")


def end_other_sessions(actor: Actor, keep: str | None) -> int:
    """Log out all sessions of the actor but the one with this key; how many ended."""
    user = actor.user
    if user is None:
        raise WrongInput("ログインしてください。")
    with verb(actor, "accounts.end_session", ruling=policies.own_account(actor, user), quiet=True) as act:
        ended = _end_sessions(user, keep)
        if ended:
            act.log(user, None, {"ended": ended}, f"別の端末のログイン {ended}件を終了")
    return ended


def token_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def initial_password() -> str:
    """Four groups of four letters that are not mistaken for one another (about 79 bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


RESERVED_LOGINS = frozenset({"new", "transfer"})
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def _lock(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _end_tokens(user: User) -> int:
    return Token.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def _end_sessions(user: User, keep: str | None = None) -> int:
    keys = [session.session_key for session in queries.stored_sessions(user) if session.session_key != keep]
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    return ended
