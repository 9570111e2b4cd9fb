"""The transfer of posts (人事異動) by CSV: read, shown as a plan with everything that is wrong, then all or nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from keniki.apps.accounts.actions import Issued, new_user
from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.models import User
from keniki.apps.accounts.verbs import verb
from keniki.core import csv_dialect, era, text
from keniki.core.errors import WrongInput

from .. import policies
from ..days import in_words, period
from ..models import Post, PostHolder
from .people import still_there

#: A day so far from today is pointed out: the year may be mistyped.
FAR = 400

COLUMNS = ("ログインID", "氏名", "異動前の職", "異動後の職", "発令日")


@dataclass(frozen=True)
class Move:
    """One row: a person leaves `before` the day before `on` and takes `after` on that day."""

    row: int
    login: str
    name: str
    user: User | None
    before: Post | None
    after: Post | None
    on: date
    ends: PostHolder | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.user is None

    @property
    def kind(self) -> str:
        """採用, 異動, 兼務の追加 or 解く, for the preview."""
        if self.is_new:
            return "新規"
        if self.before and self.after:
            return "異動"
        return "職の追加" if self.after else "職を解く"


@dataclass(frozen=True)
class Plan:
    """What a file would do. With problems nothing is done."""

    moves: list[Move]
    problems: list[WrongInput] = field(default_factory=list)

    @property
    def new_people(self) -> list[str]:
        """Log-ins that will be created, once each."""
        return list(dict.fromkeys(move.login for move in self.moves if move.is_new))


@dataclass(frozen=True)
class Transferred:
    """What was done: the plan, and the initial passwords, which are shown once."""

    plan: Plan
    issued: list[Issued]


def plan_transfer(actor: Actor, data: bytes, *, file: str | None = None) -> Plan:
    """Read the CSV (UTF-8 or CP932) and check every row against posts, holders and the actor's rights.

    Columns ログインID, 氏名, 異動前の職, 異動後の職 (identifiers of posts; one may be empty), 発令日. A file that
    cannot be read raises WrongInput; wrong rows are the plan's problems, each with its row and column.
    """
    table = csv_dialect.read_table(data, file=file)
    heads = _heads(table.headings, file)
    checker = _Checker(actor, file)
    moves: list[Move] = []
    problems: list[WrongInput] = []
    for record in table.records:
        cells = {name: record[head].strip() for name, head in heads.items()}
        if not any(cells.values()):
            continue
        try:
            moves.append(checker.move(record.row, cells))
        except WrongInput as problem:
            problems.append(problem.at(file=file, row=record.row))
    if not moves and not problems:
        raise WrongInput("異動の行がありません。2行目から1行に1件ずつ入力してください。", file=file)
    return Plan([checker.noted(move, moves) for move in moves], problems)


def transfer(actor: Actor, data: bytes, *, file: str | None = None, region: str = "") -> Transferred:
    """Do all moves of the file, or none: the first problem is raised with its row.

    New people get an account with an initial password. One log entry stands for the whole file.
    """
    with verb(actor, "regions.transfer", region=region, ruling=_may_move(actor)) as act:
        plan = plan_transfer(actor, data, file=file)
        if plan.problems:
            first, more = plan.problems[0], len(plan.problems) - 1
            rest = f"（ほかに{more}件の誤りがあります）" if more else ""
            raise WrongInput(
                f"{first.message}{rest} 何も保存していません。", file=file, row=first.row, column=first.column
            )
        people: dict[str, Issued] = {}
        for move in plan.moves:
            user = move.user
            if user is None:
                key = move.login.lower()
                if key not in people:
                    people[key] = new_user(move.login, move.name)
                user = people[key].user
            if move.ends is not None:
                move.ends.valid = period(move.ends.valid.lower, move.on - timedelta(days=1))
                move.ends.save()
            if move.after is not None:
                PostHolder.objects.create(user=user, post=move.after, valid=period(move.on))
        dates = "・".join(era.format_date(day) for day in sorted({move.on for move in plan.moves}))
        fresh = f"、新規の利用者 {len(people)}名" if people else ""
        first_post = next(move.after or move.before for move in plan.moves)
        assert first_post is not None
        act.log(
            first_post,
            None,
            {
                "moves": [
                    {
                        "login": move.login,
                        "before": move.before.slug if move.before else None,
                        "after": move.after.slug if move.after else None,
                        "on": str(move.on),
                    }
                    for move in plan.moves
                ]
            },
            f"{dates}付けの人事異動 {len(plan.moves)}件{fresh}を一括登録",
        )
    return Transferred(plan, list(people.values()))


def template_rows(posts: list[Post]) -> list[list[str]]:
    """The file to fill in: one row for everybody who holds one of the posts today, and the head."""
    held = PostHolder.objects.filter(post__in=posts, valid__contains=policies.today()).select_related(
        "user", "post"
    )
    rows = [[each.user.login, each.user.name, each.post.slug, "", ""] for each in held.order_by("post__slug")]
    return [list(COLUMNS), *rows]


class _Checker:
    def __init__(self, actor: Actor, file: str | None) -> None:
        self.actor, self.file = actor, file
        self.posts = {
            post.slug: post for post in Post.objects.select_related("organisation__municipality__successor")
        }
        self.users = {user.login.lower(): user for user in User.objects.all()}
        self.holdings: dict[int, list[PostHolder]] = defaultdict(list)
        for held in PostHolder.objects.select_related("post"):
            self.holdings[held.user_id].append(held)
        self.rights: dict[int, Ruling] = {}
        self.seen: dict[tuple[str, str], int] = {}
        self.names: dict[str, str] = {}

    def move(self, row: int, cells: dict[str, str]) -> Move:
        login, name = cells["ログインID"], cells["氏名"]
        if not login:
            raise WrongInput("ログインIDを入力してください。", column="ログインID")
        on = self.day(cells["発令日"])
        before = self.post(cells["異動前の職"], "異動前の職")
        after = self.post(cells["異動後の職"], "異動後の職")
        if before is None and after is None:
            raise WrongInput("異動前と異動後の職の少なくとも一方を入力してください。", column="異動後の職")
        if before is not None and before == after:
            raise WrongInput("異動前と異動後の職が同じです。", column="異動後の職")
        user = self.person(login, name, before)
        self.once(row, login, before, after)
        ends = self.ending(user, before, on) if user and before else None
        if after is not None:
            self.free(user, after, on, ends)
        return Move(row, user.login if user else login, name, user, before, after, on, ends)

    def day(self, cell: str) -> date:
        if not cell:
            raise WrongInput("発令日を入力してください（例：2026-04-01、令和8年4月1日）。", column="発令日")
        try:
            return era.parse_date(cell)
        except WrongInput as wrong:
            raise wrong.at(column="発令日") from None

    def post(self, cell: str, column: str) -> Post | None:
        if not cell:
            return None
        post = self.posts.get(cell.lower())
        if post is None:
            near = [slug for slug in self.posts if cell.lower() in slug or slug in cell.lower()][:3]
            hint = f"似たもの：{'、'.join(near)}。" if near else ""
            raise WrongInput(
                f"職「{cell}」は登録されていません。{hint}職の一覧にある識別名で入力してください。",
                column=column,
            )
        if post.organisation_id not in self.rights:
            self.rights[post.organisation_id] = policies.manage_people(self.actor, post.organisation)
        ruling = self.rights[post.organisation_id]
        if not ruling:
            raise WrongInput(ruling.reason, column=column)
        return post

    def person(self, login: str, name: str, before: Post | None) -> User | None:
        user = self.users.get(login.lower())
        if user is None:
            if before is not None:
                raise WrongInput(
                    f"ログインID「{login}」の利用者はいません。新しい利用者なら異動前の職を空にしてください。",
                    column="ログインID",
                )
            if not name:
                raise WrongInput("新しい利用者の氏名を入力してください。", column="氏名")
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}", login):
                raise WrongInput(
                    f"「{login}」はログインIDに使えません。半角の英数字と . _ - @ で2～64文字にしてください。",
                    column="ログインID",
                )
            known = self.names.setdefault(login.lower(), name)
            if known != name:
                raise WrongInput(f"ログインID「{login}」の氏名が上の行（{known}）と違います。", column="氏名")
            return None
        if not name or text.search_key(name).replace(" ", "") != text.search_key(user.name).replace(" ", ""):
            raise WrongInput(
                f"ログインID「{login}」の利用者は「{user.name}」です。氏名を確かめてください（入力：{name or '空'}）。",
                column="氏名",
            )
        if not user.is_active:
            raise WrongInput(
                f"{user.name}（{login}）は利用を停止しています。先に利用を再開してください。",
                column="ログインID",
            )
        return user

    def once(self, row: int, login: str, before: Post | None, after: Post | None) -> None:
        for post, part in ((before, "before"), (after, "after")):
            if post is None:
                continue
            first = self.seen.setdefault((login.lower(), f"{part}:{post.slug}"), row)
            if first != row:
                raise WrongInput(
                    f"{first}行目と同じ人の同じ職の異動です。どちらかを削除してください。",
                    column="ログインID",
                )

    def ending(self, user: User, before: Post, on: date) -> PostHolder:
        eve = on - timedelta(days=1)
        for held in self.holdings[user.pk]:
            if held.post_id == before.pk and (held.valid.lower is None or held.valid.lower <= eve):
                if held.valid.upper is None or held.valid.upper > on:
                    return held
                if held.valid.upper == on:
                    return held
        posts = [
            held.post.slug
            for held in self.holdings[user.pk]
            if held.valid.upper is None or held.valid.upper > eve
        ]
        raise WrongInput(
            f"{user.name} は {era.format_date(eve)} に「{before.slug}」に就いていません"
            f"（就いている職：{'、'.join(posts) or 'なし'}）。",
            column="異動前の職",
        )

    def free(self, user: User | None, after: Post, on: date, ends: PostHolder | None) -> None:
        if after.ended_on is not None:
            raise WrongInput(
                f"職「{after.slug}」は {era.format_date(after.ended_on)} 限りで廃止されています。",
                column="異動後の職",
            )
        try:
            still_there(after, on)
        except WrongInput as wrong:
            raise wrong.at(column="異動後の職") from None
        if user is None:
            return
        for held in self.holdings[user.pk]:
            if (
                held is not ends
                and held.post_id == after.pk
                and (held.valid.upper is None or held.valid.upper > on)
            ):
                raise WrongInput(
                    f"{user.name} は既に「{after.slug}」に就いています（{in_words(held.valid)}）。",
                    column="異動後の職",
                )

    def noted(self, move: Move, moves: list[Move]) -> Move:
        """The move with what the reader should know: who leaves without a post, who keeps another one."""
        notes = []
        if abs((move.on - policies.today()).days) > FAR:
            notes.append(f"発令日が{era.format_date(move.on)}です。年を確かめてください")
        if move.user is None or move.before is None:
            return Move(**{**vars(move), "notes": tuple(notes)})
        ended = {each.ends.pk for each in moves if each.ends is not None and each.user == move.user}
        keeps = [
            held.post.label
            for held in self.holdings[move.user.pk]
            if held.pk not in ended and (held.valid.upper is None or held.valid.upper > move.on)
        ]
        takes = [each for each in moves if each.user == move.user and each.after is not None]
        if keeps:
            notes.append(f"引き続き {'、'.join(keeps)} も兼ねます")
        elif not takes:
            notes.append("職がなくなり、圏域の画面は見られなくなります")
        return Move(**{**vars(move), "notes": tuple(notes)})


def _heads(headings: list[str], file: str | None) -> dict[str, str]:
    """Our column names to the file's headings: what stands in brackets after the name does not count."""
    plain = {re.sub(r"[（(].*$", "", heading).strip(): heading for heading in headings}
    for name in COLUMNS:
        if name not in plain:
            raise WrongInput(
                f"見出し「{name}」の列がありません。1行目の見出しを {'、'.join(COLUMNS)} にしてください。",
                file=file,
                row=1,
                column=name,
            )
    return {name: plain[name] for name in COLUMNS}


def _may_move(actor: Actor) -> Ruling:
    """Each row asks for its own right; here only that the actor is an administrator at all."""
    return policies.create_account(actor)
