"""Who a command acts as."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Region


def actor(args: argparse.Namespace) -> Actor:
    """The actor of `--as USER`, else the installation's operator. Call after the database is up."""
    from keniki.apps.accounts.models import User
    from keniki.apps.regions import queries

    login = getattr(args, "as_user", None)
    if not login:
        return queries.operator()
    user = User.objects.filter(login__iexact=login, is_active=True).first()
    if user is None:
        raise WrongInput(f"利用者「{login}」がいません。ログインIDを確かめてください。", column="--as")
    return queries.actor_for(user, via="cli")


def within(region: Region | None) -> AbstractContextManager[Any]:
    """The scope of the region, where one is named."""
    from django_scopes import scope

    return scope(region=region) if region is not None else nullcontext()


def region(acting: Actor, slug: str) -> Region:
    """The region with this slug as far as the actor sees it."""
    from django.http import Http404

    from keniki.apps.regions import queries

    try:
        return queries.region_for(acting, slug)
    except Http404:
        known = (
            "、".join(queries.visible_regions(acting).values_list("slug", flat=True)[:10]) or "まだありません"
        )
        raise WrongInput(
            f"圏域「{slug}」がありません。登録されている圏域: {known}。", column="--region"
        ) from None
