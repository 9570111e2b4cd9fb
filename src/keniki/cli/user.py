"""`keniki user`: people, tokens, initial passwords, the transfer of posts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.accounts.models import User


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register `keniki user …`."""
    group = subparsers.add_parser(
        "user", help="利用者、トークン、人事異動", description="利用者、トークン、人事異動"
    )
    deeds = group.add_subparsers(dest="deed", metavar="操作", required=True, parser_class=console.Parser)

    new = console.command(deeds, "add", run_add, help="利用者を登録し、仮パスワードを表示する")
    new.add_argument("login", metavar="LOGIN", help="ログインID（半角の英数字と . _ - @）")
    new.add_argument("--name", required=True, help="氏名")
    new.add_argument("--email", default="", help="メールアドレス")
    new.add_argument("--post", metavar="SLUG", help="就く職の識別名")
    new.add_argument("--from", dest="first", metavar="DATE", help="就く日（省略時は今日）")
    new.add_argument("--operator", action="store_true", help="システム管理者として登録する")

    password = console.command(deeds, "password", run_password, help="仮パスワードを発行する")
    password.add_argument("login", metavar="LOGIN")

    token = console.command(deeds, "token", run_token, help="APIトークンを発行する（表示は一度だけ）")
    token.add_argument("login", metavar="LOGIN")
    token.add_argument("--label", default="", help="用途")
    token.add_argument("--days", type=int, default=365, help="有効日数（省略時 365）")

    unlock = console.command(deeds, "unlock", run_unlock, help="ログインの停止を解除する")
    unlock.add_argument("login", metavar="LOGIN")

    factor = console.command(
        deeds,
        "reset-2fa",
        run_reset_2fa,
        help="失われた2段階認証（認証アプリ、パスキー、回復コード）を解除する",
    )
    factor.add_argument("login", metavar="LOGIN")

    stop = console.command(deeds, "deactivate", run_deactivate, help="利用を停止する")
    stop.add_argument("login", metavar="LOGIN")

    console.command(deeds, "list", run_list, help="利用者と職の一覧")

    transfer = console.command(deeds, "transfer", run_transfer, help="人事異動をCSVから一括登録する")
    transfer.add_argument(
        "file", metavar="FILE.csv", help="列：ログインID、氏名、異動前の職、異動後の職、発令日"
    )
    transfer.add_argument("--dry-run", action="store_true", help="確かめるだけで、保存しない")


@needs_database
def run_add(args: argparse.Namespace) -> Result:
    """Register a person, with a first post where one is named."""
    from django.db import transaction

    from keniki.apps.accounts import actions as accounts
    from keniki.apps.regions import actions, policies
    from keniki.apps.regions.models import Post
    from keniki.core import era

    actor = acting.actor(args)
    ruling = policies.create_account(actor)
    if args.operator and not actor.operator:
        raise WrongInput("システム管理者を登録できるのは、システム管理者だけです。")
    with transaction.atomic():
        issued = accounts.create_user(actor, ruling, args.login, args.name, email=args.email)
        if args.operator:
            accounts.make_operator(actor, issued.user)
        if args.post:
            post = Post.objects.select_related("organisation").filter(slug=args.post).first()
            if post is None:
                raise WrongInput(f"職「{args.post}」は登録されていません。", column="--post")
            first = era.parse_date(args.first) if args.first else policies.today()
            actions.assign(actor, post, issued.user, first)
    console.say(
        f"{issued.user.login}（{issued.user.name}）を登録しました。", f"仮パスワード: {issued.password}"
    )
    console.note("仮パスワードの表示は今回だけです。最初のログインで本人が変更します。")
    return {
        "login": issued.user.login,
        "name": issued.user.name,
        "password": issued.password,
        "post": args.post,
    }


@needs_database
def run_password(args: argparse.Namespace) -> Result:
    """Give a new initial password."""
    from keniki.apps.accounts import actions as accounts
    from keniki.apps.regions import policies

    actor, user = acting.actor(args), _user(args.login)
    issued = accounts.reset_password(actor, policies.manage_account(actor, user), user)
    console.say(f"{user.login} の仮パスワード: {issued.password}")
    console.note("仮パスワードの表示は今回だけです。ログイン中の画面とAPIトークンは使えなくなりました。")
    return {"login": user.login, "password": issued.password}


@needs_database
def run_token(args: argparse.Namespace) -> Result:
    """Issue an API token with the rights of its user."""
    from keniki.apps.accounts import actions as accounts
    from keniki.apps.regions import policies

    actor, user = acting.actor(args), _user(args.login)
    own = actor.user is not None and actor.user.pk == user.pk
    ruling = None if own else policies.manage_account(actor, user)
    token, secret = accounts.create_token(actor, args.label, user=user, days=args.days, ruling=ruling)
    console.say(secret)
    console.note("トークンの表示は今回だけです。Authorization: Bearer に続けて送ります。")
    return {"login": user.login, "token": secret, "expires_at": token.expires_at}


@needs_database
def run_unlock(args: argparse.Namespace) -> Result:
    """Lift a lock after wrong passwords."""
    from keniki.apps.accounts import actions as accounts
    from keniki.apps.regions import policies

    actor, user = acting.actor(args), _user(args.login)
    accounts.unlock(actor, policies.manage_account(actor, user), user)
    console.say(f"{user.login} のログイン停止を解除しました。")
    return {"login": user.login, "locked": False}


@needs_database
def run_reset_2fa(args: argparse.Namespace) -> Result:
    """Remove a lost second factor."""
    from keniki.apps.accounts import actions as accounts
    from keniki.apps.regions import policies

    actor, user = acting.actor(args), _user(args.login)
    removed = accounts.reset_second_factor(actor, policies.manage_account(actor, user), user)
    console.say(f"{user.login} の2段階認証（{'・'.join(removed)}）を解除しました。")
    console.note("ログイン中の画面は終了しました。")
    return {"login": user.login, "removed": removed}


@needs_database
def run_deactivate(args: argparse.Namespace) -> Result:
    """Close an account."""
    from keniki.apps.accounts import actions as accounts
    from keniki.apps.regions import policies

    actor, user = acting.actor(args), _user(args.login)
    accounts.deactivate(actor, policies.manage_account(actor, user), user)
    console.say(f"{user.login} の利用を停止しました。")
    return {"login": user.login, "active": False}


@needs_database
def run_list(args: argparse.Namespace) -> Result:
    """Everybody with the posts held today."""
    from keniki.apps.regions import queries

    actor = acting.actor(args)
    if not actor.operator:
        raise WrongInput("利用者の一覧は、システム管理者だけが見られます。")
    people = queries.everyone()
    for user, posts in people:
        state = "" if user.is_active else "（利用停止）"
        held = "、".join(f"{post.label}［{post.slug}］" for post in posts) or "職なし"
        console.say(f"{user.login}\t{user.name}{state}\t{held}")
    return {
        "users": [
            {
                "login": user.login,
                "name": user.name,
                "active": user.is_active,
                "operator": user.is_operator,
                "posts": [post.slug for post in posts],
            }
            for user, posts in people
        ]
    }


@needs_database
def run_transfer(args: argparse.Namespace) -> Result:
    """Do all moves of a file, or none."""
    from keniki.apps.regions import actions

    path = Path(args.file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WrongInput("ファイルを開けません。名前と場所を確かめてください。", file=path.name) from error
    actor = acting.actor(args)
    plan = actions.plan_transfer(actor, data, file=path.name)
    for problem in plan.problems:
        console.note(str(problem))
    if args.dry_run:
        if plan.problems:
            raise plan.problems[0]
        issued = []
    else:
        done = actions.transfer(actor, data, file=path.name)
        plan, issued = done.plan, done.issued
    for move in plan.moves:
        before, after = (post.label if post else "―" for post in (move.before, move.after))
        console.say(f"{move.row}行目 {move.login} {move.name}: {before} → {after}（{move.on.isoformat()}）")
    for each in issued:
        console.say(f"仮パスワード {each.user.login}: {each.password}")
    return {
        "stored": not args.dry_run,
        "moves": [
            {
                "row": move.row,
                "login": move.login,
                "name": move.name,
                "before": move.before.slug if move.before else None,
                "after": move.after.slug if move.after else None,
                "on": move.on.isoformat(),
                "new": move.is_new,
            }
            for move in plan.moves
        ],
        "passwords": {each.user.login: each.password for each in issued},
    }


def _user(login: str) -> User:
    from keniki.apps.accounts import queries

    user = queries.user_by_login(login)
    if user is None:
        raise WrongInput(f"利用者「{login}」は登録されていません。keniki user list で確かめてください。")
    return user
