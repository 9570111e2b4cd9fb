"""States of agreements and visions, and the moves between them that code and database both hold to."""

from __future__ import annotations

from django.db import models


class AgreementState(models.TextChoices):
    DRAFT = "draft", "案"
    SUBMITTED = "submitted", "議案提出"
    RESOLVED = "resolved", "議決"
    CONCLUDED = "concluded", "締結"
    PUBLISHED = "published", "公表"
    NOTICED = "noticed", "告示"
    NOTIFIED = "notified", "届出"
    CHANGED = "changed", "変更済"
    ENDED = "ended", "終了"
    DROPPED = "dropped", "取下げ"


class VisionState(models.TextChoices):
    OUTLINE = "outline", "骨子"
    DRAFT = "draft", "素案"
    PUBLIC_COMMENT = "public_comment", "パブリックコメント"
    DECIDED = "decided", "策定"
    CHANGED = "changed", "変更"


Moves = dict[str, tuple[str, ...]]

_PLAIN: Moves = {
    "draft": ("concluded", "dropped"),
    "concluded": ("changed", "ended"),
    "changed": ("changed", "ended"),
}
_RESOLVED: Moves = {
    "draft": ("submitted", "dropped"),
    "submitted": ("draft", "resolved", "dropped"),
    "resolved": ("concluded", "dropped"),
    "concluded": ("changed", "ended"),
    "changed": ("changed", "ended"),
}

#: For each kind of agreement, where each state may lead.
AGREEMENT_MOVES: dict[str, Moves] = {
    "multilateral": _PLAIN,
    "mutual_aid": _PLAIN,
    "memorandum": _PLAIN,
    "settlement": _RESOLVED,
    "pact": {
        **_RESOLVED,
        "concluded": ("noticed",),
        "noticed": ("notified",),
        "notified": ("changed", "ended"),
    },
    "policy": {
        "draft": ("submitted", "dropped"),
        "submitted": ("draft", "resolved", "dropped"),
        "resolved": ("published", "dropped"),
        "published": ("changed", "ended"),
        "changed": ("changed", "ended"),
    },
}

#: Kinds that an assembly has to pass before they bind.
RESOLVED_KINDS = ("settlement", "pact", "policy")

#: Kinds concluded between the centre (甲) and one partner (乙).
PAIRED_KINDS = ("settlement", "pact")

#: States an agreement leaves no more.
FINAL = ("ended", "dropped")

#: States in which an agreement binds its parties.
IN_FORCE = ("concluded", "published", "noticed", "notified", "changed")

VISION_MOVES: Moves = {
    "outline": ("draft",),
    "draft": ("outline", "public_comment", "decided"),
    "public_comment": ("draft", "decided"),
    "decided": ("changed",),
    "changed": ("changed",),
}


def agreement_guard() -> str:
    """The body of the trigger that refuses a move the agreement's kind does not allow."""
    pairs = sorted(
        (kind, old, new)
        for kind, moves in AGREEMENT_MOVES.items()
        for old, news in moves.items()
        for new in news
    )
    values = ", ".join(f"('{kind}','{old}','{new}')" for kind, old, new in pairs)
    return (
        "IF OLD.state IS DISTINCT FROM NEW.state "
        f"AND (NEW.kind, OLD.state, NEW.state) NOT IN ({values}) THEN "
        "RAISE EXCEPTION 'agreement: % does not move from % to %', NEW.kind, OLD.state, NEW.state "
        "USING ERRCODE = 'check_violation'; END IF; RETURN NEW;"
    )


def vision_pairs() -> list[tuple[str, str]]:
    return [(old, new) for old, news in VISION_MOVES.items() for new in news if old != new]
