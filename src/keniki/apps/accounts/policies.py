"""Who may act on accounts. Whose account a manager may touch follows from posts (`regions.policies`)."""

from __future__ import annotations

from .actor import Actor, Ruling, allow, deny
from .models import Token, User


def own_account(actor: Actor, user: User) -> Ruling:
    """Everyone keeps their own password, tokens and sessions."""
    if actor.operator:
        return allow("システム管理者です。")
    if actor.user is not None and actor.user.pk == user.pk:
        return allow("あなた自身の設定です。", actor.post)
    return deny("ほかの利用者の設定は変更できません。")


def own_token(actor: Actor, token: Token) -> Ruling:
    """A token is revoked by its user."""
    return own_account(actor, token.user)
