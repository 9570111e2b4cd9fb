"""Organisations, posts, who holds them on which days, and the notes that stay with a post."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.utils.text import slugify

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.models import User
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..days import in_words, period
from ..models import HandoverNote, Municipality, Organisation, Post, PostHolder
from ..queries import roles_for

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def create_organisation(
    actor: Actor,
    *,
    slug: str,
    kind: str,
    name: str,
    department: str = "",
    municipality: Municipality | None = None,
    region: str = "",
    ruling: Ruling | None = None,
) -> Organisation:
    """Register a body people hold posts in. `ruling` says who may; an administrator by default."""
    with verb(
        actor, "regions.create_organisation", region=region, ruling=ruling or policies.create_account(actor)
    ) as act:
        organisation = new_organisation(slug, kind, name, department=department, municipality=municipality)
        act.log(
            organisation,
            None,
            snapshot(organisation, "slug", "kind", "name"),
            f"団体「{organisation.name}」を登録",
        )
    return organisation


def new_organisation(
    slug: str, kind: str, name: str, *, department: str = "", municipality: Municipality | None = None
) -> Organisation:
    """The part of `create_organisation` that other verbs do inside theirs."""
    name = _needed(name, "団体の名称")
    if kind == Organisation.Kind.MUNICIPALITY and municipality is None:
        raise WrongInput("市町村の団体には、市町村を選んでください。", column="市町村")
    slug = checked_slug(slug, Organisation, "団体の識別名")
    if kind == Organisation.Kind.MUNICIPALITY:
        twin = Organisation.objects.filter(kind=kind, municipality=municipality).first()
        if twin is not None:
            raise WrongInput(f"{name}は既に登録されています（識別名 {twin.slug}）。それを使ってください。")
    return Organisation.objects.create(
        slug=slug, kind=kind, name=name, department=department.strip(), municipality=municipality
    )


def town_organisation(municipality: Municipality) -> Organisation:
    """The body in which a municipality's people hold posts, made inside the running verb where it is missing."""
    found = Organisation.objects.filter(
        kind=Organisation.Kind.MUNICIPALITY, municipality=municipality
    ).first()
    if found is not None:
        return found
    return Organisation.objects.create(
        slug=f"m{municipality.code}",
        kind=Organisation.Kind.MUNICIPALITY,
        name=municipality.name,
        municipality=municipality,
    )


def change_organisation(
    actor: Actor,
    organisation: Organisation,
    version: int | None,
    *,
    name: str,
    department: str = "",
    note: str = "",
    region: str = "",
) -> Organisation:
    """Correct an organisation's name, section in charge or remarks."""
    ruling = policies.manage_people(actor, organisation)
    with verb(actor, "regions.change_organisation", region=region, ruling=ruling, quiet=True) as act:
        organisation = act.lock(organisation, version)
        before = snapshot(organisation, "name", "department", "note")
        organisation.name = _needed(name, "団体の名称")
        organisation.department, organisation.note = department.strip(), note.strip()
        old, new = changes(before, snapshot(organisation, *before))
        if new:
            act.save(organisation)
            act.log(organisation, old, new, f"団体「{before['name']}」の登録内容を変更")
    return organisation


def create_post(
    actor: Actor,
    organisation: Organisation,
    *,
    role: str,
    section: str = "",
    title: str = "",
    slug: str = "",
    region: str = "",
) -> Post:
    """Create a post (職). Rights hang on its role."""
    with verb(
        actor, "regions.create_post", region=region, ruling=policies.manage_people(actor, organisation)
    ) as act:
        post = Post.objects.create(
            organisation=organisation,
            slug=checked_slug(slug, Post, "職の識別名") if slug.strip() else free_slug(organisation, role),
            section=section.strip(),
            title=title.strip(),
            role=_role(role, organisation),
        )
        act.log(post, None, snapshot(post, "slug", "section", "title", "role"), f"職「{_named(post)}」を作成")
    return post


def change_post(
    actor: Actor,
    post: Post,
    version: int | None,
    *,
    role: str,
    section: str = "",
    title: str = "",
    region: str = "",
) -> Post:
    """Rename a post or change its role: everyone who holds it gains or loses rights at once."""
    with verb(
        actor,
        "regions.change_post",
        region=region,
        ruling=policies.manage_people(actor, post.organisation),
        quiet=True,
    ) as act:
        post = act.lock(post, version)
        before, name = snapshot(post, "section", "title", "role"), _named(post)
        post.section, post.title, post.role = (
            section.strip(),
            title.strip(),
            _role(role, post.organisation, post.role),
        )
        old, new = changes(before, snapshot(post, *before))
        if new:
            act.save(post)
            act.log(post, old, new, f"職「{name}」を「{_named(post)}」に変更")
    return post


def end_post(actor: Actor, post: Post, version: int | None, on: date, *, region: str = "") -> Post:
    """Abolish a post: `on` is its last day; whoever holds it longer holds it until then."""
    with verb(
        actor, "regions.end_post", region=region, ruling=policies.manage_people(actor, post.organisation)
    ) as act:
        post = act.lock(post, version)
        if post.ended_on is not None:
            raise WrongInput(f"この職は {era.format_date(post.ended_on)} に廃止済みです。")
        holders = list(post.holders.select_for_update().filter(valid__overlap=period(era.day_after(on))))
        for holder in holders:
            if holder.valid.lower and holder.valid.lower > on:
                raise WrongInput(
                    f"{holder.user.name} が {era.format_date(holder.valid.lower)} に就く予定です。"
                    "先にその発令を取り消してください。"
                )
            holder.valid = period(holder.valid.lower, on)
            holder.save()
        post.ended_on = on
        act.save(post)
        act.log(post, None, {"ended_on": str(on)}, f"職「{_named(post)}」を{era.format_date(on)}限りで廃止")
    return post


def assign(
    actor: Actor, post: Post, user: User, first: date, last: date | None = None, *, region: str = ""
) -> PostHolder:
    """Give a post to a person from `first` (to `last`, both included)."""
    with verb(
        actor, "regions.assign", region=region, ruling=policies.manage_people(actor, post.organisation)
    ) as act:
        holder = new_holding(post, user, first, last)
        act.log(
            holder,
            None,
            {"user": user.login, "post": post.slug, "valid": str(holder.valid)},
            f"{user.name} を「{_named(post)}」に発令（{in_words(holder.valid)}）",
        )
    return holder


def new_holding(post: Post, user: User, first: date, last: date | None = None) -> PostHolder:
    """The part of `assign` that other verbs do inside theirs."""
    valid = period(first, last)
    if not user.is_active:
        raise WrongInput(f"{user.name}（{user.login}）は利用を停止しています。先に利用を再開してください。")
    if post.ended_on is not None and (last is None or last > post.ended_on):
        raise WrongInput(f"「{_named(post)}」は {era.format_date(post.ended_on)} 限りで廃止されています。")
    still_there(post, first)
    twin = PostHolder.objects.filter(post=post, user=user, valid__overlap=valid).first()
    if twin is not None:
        raise WrongInput(f"{user.name} は既に「{_named(post)}」に就いています（{in_words(twin.valid)}）。")
    return PostHolder.objects.create(post=post, user=user, valid=valid)


def still_there(post: Post, first: date) -> None:
    """Nobody takes up a post in a municipality that is gone by then."""
    body = post.organisation
    town = body.municipality if body.kind == Organisation.Kind.MUNICIPALITY else None
    if town is not None and town.valid.upper is not None and town.valid.upper <= first:
        last = era.format_date(town.valid.upper - timedelta(days=1))
        heir = f"{town.successor.name}の職に発令してください。" if town.successor else ""
        raise WrongInput(f"{town.name}は {last} 限りでなくなっています。{heir}")


def end_holding(actor: Actor, holder: PostHolder, last: date, *, region: str = "") -> PostHolder:
    """End someone's holding; `last` is its last day. A holding that has not begun by then is cancelled."""
    ruling = policies.manage_people(actor, holder.post.organisation)
    with verb(actor, "regions.end_holding", region=region, ruling=ruling) as act:
        holder = PostHolder.objects.select_for_update().get(pk=holder.pk)
        name, before = _named(holder.post), {"valid": str(holder.valid)}
        if holder.valid.lower and last < holder.valid.lower:
            if holder.valid.lower <= policies.today():
                raise WrongInput("就いた日より前には終えられません。日付を確かめてください。")
            act.log(
                holder,
                before,
                None,
                f"{holder.user.name} の「{name}」の発令（{in_words(holder.valid)}）を取消し",
            )
            holder.delete()
            return holder
        ended = holder.post.ended_on
        if ended is not None and last > ended:
            raise WrongInput(f"「{name}」は {era.format_date(ended)} 限りで廃止されています。")
        holder.valid = period(holder.valid.lower, last)
        holder.save()
        act.log(
            holder,
            before,
            {"valid": str(holder.valid)},
            f"{holder.user.name} の「{name}」を{era.format_date(last)}限りで解く",
        )
    return holder


def write_note(actor: Actor, post: Post, text: str, *, region: str = "") -> HandoverNote:
    """Leave a note to whoever holds the post next (引継ぎ); it is never changed."""
    text = _needed(text, "引継ぎ事項")
    with verb(actor, "regions.write_note", region=region, ruling=policies.read_notes(actor, post)) as act:
        if actor.user is None:
            raise WrongInput("引継ぎ事項は、ログインした利用者が書きます。")
        note = HandoverNote.objects.create(post=post, text=text, written_by=actor.user)
        act.log(post, None, None, f"職「{_named(post)}」の引継ぎ事項を記入")
    return note


def checked_slug(slug: str, model: Any, column: str) -> str:
    """The slug as stored, or WrongInput: its form, and that it is free."""
    slug = slug.strip()
    if not _SLUG.fullmatch(slug) or len(slug) > 80:
        raise WrongInput(
            f"「{slug}」は使えません。半角の英小文字と数字を - でつないで入力してください（例：kawakita-kikaku）。",
            column=column,
        )
    if model.objects.filter(slug=slug).exists():
        raise WrongInput(f"「{slug}」は既に使われています。別のものにしてください。", column=column)
    return slug


def free_slug(organisation: Organisation, role: str) -> str:
    """A slug for a new post that names its organisation and role."""
    base = slugify(f"{organisation.slug}-{role.replace('_', '-')}")[:70]
    taken = set(Post.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def _role(role: str, organisation: Organisation, kept: str = "") -> str:
    if role not in Post.Role.values:
        raise WrongInput(f"役割「{role}」はありません（{'、'.join(Post.Role.values)}）。", column="役割")
    known = roles_for(organisation, kept)
    if role not in known:
        names = "、".join(Post.Role(each).label for each in known)
        raise WrongInput(
            f"「{Post.Role(role).label}」は{organisation.get_kind_display()}の職では意味を持ちません。"
            f"{names}から選んでください。",
            column="役割",
        )
    return role


def _named(post: Post) -> str:
    return f"{post.label}（{post.get_role_display()}）"


def _needed(text: str, column: str) -> str:
    text = text.strip()
    if not text:
        raise WrongInput(f"{column}を入力してください。", column=column)
    return text
