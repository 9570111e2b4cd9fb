"""States of agreements and visions, and the moves between them that code and database both hold to; the stages of
candidates for measures."""

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
    DISSOLUTION_BILL = "dissolution_bill", "廃止の議案提出"
    DISSOLUTION_PASSED = "dissolution_passed", "廃止の議決"
    DISSOLUTION_AGREED = "dissolution_agreed", "廃止の合意"
    ENDED = "ended", "終了"
    DROPPED = "dropped", "取下げ"


class VisionState(models.TextChoices):
    OUTLINE = "outline", "骨子"
    DRAFT = "draft", "素案"
    PUBLIC_COMMENT = "public_comment", "パブリックコメント"
    DECIDED = "decided", "策定"
    CHANGED = "changed", "変更"


class CandidateStage(models.TextChoices):
    CANDIDATE = "candidate", "取組候補"
    STUDYING = "studying", "検討中"
    TRIAL = "trial", "試行"
    PROJECT = "project", "事業化"
    DROPPED = "dropped", "見送り"


Moves = dict[str, tuple[str, ...]]

_PLAIN: Moves = {
    "draft": ("concluded", "dropped"),
    "concluded": ("changed", "ended"),
    "changed": ("changed", "ended"),
}
_SETTLED = ("changed", "dissolution_bill", "ended")
_DRAFTED: Moves = {
    "draft": ("submitted", "dropped"),
    "submitted": ("draft", "resolved", "dropped"),
}

#: For each kind of agreement, where each state may lead. From a bill of dissolution (廃止) an agreement can go back
#: to the state it was in; straight to `ended` it goes only when its term is over.
AGREEMENT_MOVES: dict[str, Moves] = {
    "multilateral": _PLAIN,
    "mutual_aid": _PLAIN,
    "memorandum": _PLAIN,
    "settlement": {
        **_DRAFTED,
        "resolved": ("concluded", "dropped"),
        "concluded": _SETTLED,
        "changed": _SETTLED,
        "dissolution_bill": ("dissolution_passed", "concluded", "changed"),
        "dissolution_passed": ("ended",),
    },
    "pact": {
        **_DRAFTED,
        "resolved": ("concluded", "dropped"),
        "concluded": ("noticed",),
        "noticed": ("notified",),
        "notified": _SETTLED,
        "changed": _SETTLED,
        "dissolution_bill": ("dissolution_passed", "notified", "changed"),
        "dissolution_passed": ("dissolution_agreed",),
        "dissolution_agreed": ("ended",),
    },
    "policy": {
        **_DRAFTED,
        "resolved": ("published", "dropped"),
        "published": _SETTLED,
        "changed": _SETTLED,
        "dissolution_bill": ("dissolution_passed", "published", "changed"),
        "dissolution_passed": ("ended",),
    },
}

#: Kinds that an assembly has to pass before they bind and before they are dissolved.
RESOLVED_KINDS = ("settlement", "pact", "policy")

#: Kinds concluded between the centre (甲) and one partner (乙).
PAIRED_KINDS = ("settlement", "pact")

#: Of these, where two centres count as one (複眼型中心市) and stand on one side. 連携協約 bind two municipalities
#: (地方自治法第252条の2), so each centre concludes its own.
JOINT_CENTRES = ("settlement",)

#: Kinds whose dissolution every party's assembly has to pass. For the others the agreement's own text says whose.
DISSOLVED_BY_ALL = ("pact", "policy")

#: States on the way to the end by dissolution.
DISSOLVING = ("dissolution_bill", "dissolution_passed", "dissolution_agreed")

#: States an agreement leaves no more.
FINAL = ("ended", "dropped")

#: What every party must have recorded before its agreement enters a state: steps of the rulebook's procedures.
RESTS_ON: dict[str, dict[str, tuple[str, ...]]] = {
    "settlement": {"submitted": ("ordinance", "bill"), "resolved": ("resolution",)},
    "pact": {
        "submitted": ("bill",),
        "resolved": ("resolution",),
        "noticed": ("public_notice",),
        "notified": ("notification",),
    },
    "policy": {"submitted": ("ordinance", "bill"), "resolved": ("resolution",)},
}

#: What everyone who decides a dissolution must have recorded before the agreement enters a state.
DISSOLUTION_RESTS_ON: dict[str, dict[str, tuple[str, ...]]] = {
    "settlement": {
        "dissolution_bill": ("bill",),
        "dissolution_passed": ("resolution",),
        "ended": ("notice_to_partner",),
    },
    "pact": {
        "dissolution_bill": ("bill",),
        "dissolution_passed": ("resolution",),
        "ended": ("public_notice", "notification"),
    },
    "policy": {"dissolution_bill": ("ordinance", "bill"), "dissolution_passed": ("resolution",)},
}

#: States in which an agreement binds its parties.
IN_FORCE = ("concluded", "published", "noticed", "notified", "changed", *DISSOLVING)

VISION_MOVES: Moves = {
    "outline": ("draft",),
    "draft": ("outline", "public_comment", "decided"),
    "public_comment": ("draft", "decided"),
    "decided": ("changed",),
    "changed": ("changed",),
}


def reached(kind: str, state: str) -> tuple[str, ...]:
    """The state itself and those that come after it, never the way back."""
    found, ahead = [], [state]
    while ahead:
        here = ahead.pop(0)
        if here in found:
            continue
        found.append(here)
        onward = AGREEMENT_MOVES[kind].get(here, ())
        back = here == "dissolution_bill" and state in DISSOLVING
        ahead += [to for to in onward if to != "draft" and not (back and to not in DISSOLVING)]
    return tuple(found)


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


def end_guard() -> str:
    """The body of the trigger that refuses an end without dissolution or an expired term where assemblies decide."""
    kinds, dissolving = (", ".join(f"'{word}'" for word in words) for words in (RESOLVED_KINDS, DISSOLVING))
    return (
        "IF NEW.state = 'ended' AND OLD.state IS DISTINCT FROM NEW.state "
        f"AND NEW.kind IN ({kinds}) AND OLD.state NOT IN ({dissolving}) "
        "AND (OLD.valid_to IS NULL OR OLD.valid_to > (now() AT TIME ZONE 'Asia/Tokyo')::date) THEN "
        "RAISE EXCEPTION 'agreement: neither dissolved by its assemblies nor expired' "
        "USING ERRCODE = 'check_violation'; END IF; RETURN NEW;"
    )


def vision_pairs() -> list[tuple[str, str]]:
    return [(old, new) for old, news in VISION_MOVES.items() for new in news if old != new]


#: Where a candidate for a measure may go. What was set aside can be taken up again; what became an initiative stays.
CANDIDATE_MOVES: Moves = {
    "candidate": ("studying", "trial", "project", "dropped"),
    "studying": ("trial", "project", "dropped", "candidate"),
    "trial": ("project", "studying", "dropped"),
    "dropped": ("candidate",),
    "project": (),
}
