"""Deeds on bills as the tests of bills and of the book do them: each with a token of its own."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from keniki.apps.accounts.actor import SYSTEM, Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.finance.actions import assessing
from keniki.apps.finance.actions.assessing import AssessDraft
from keniki.apps.finance.actions.posting import Correction, Deed
from keniki.apps.finance.models import Allocation, Assessment, JointCost, Share
from keniki.apps.regions.models import Municipality

TOKENS = count(1)


def token() -> str:
    """The mark of a form that nobody sent before."""
    return f"token-{next(TOKENS):06d}"


def deed(amount: int, on: date = date(2024, 5, 20), **more: Any) -> Deed:
    """Something to post, on the first date of payment."""
    return Deed(amount, on, more.pop("token", None) or token(), **more)


def correction(on: date = date(2024, 12, 1), reason: str = "入力誤り", **more: Any) -> Correction:
    """A correction of 1 December."""
    return Correction(reason, on, more.pop("token", None) or token(), **more)


def assess(
    actor: Actor, allocation: Allocation, *towns: Municipality, on: date = date(2024, 4, 10), **more: Any
) -> list[Assessment]:
    """What an allocation leaves to claim of the towns, assessed."""
    draft = AssessDraft(towns, on, more.pop("token", None) or token(), **more)
    return assessing.assess(actor, allocation, draft)


def shared_anew(cost: JointCost, shares: dict[str, int], *, stage: str, round: int = 0) -> Allocation:
    """A newer allocation with the shares named, as if the costs had changed."""
    last = Allocation.objects.filter(cost=cost).order_by("number").last()
    assert last is not None
    with verb(SYSTEM, "testing.shared_anew", region=cost.region.slug, quiet=True):
        made = Allocation(
            region=cost.region, cost=cost, rule=last.rule, fiscal_year=2024, stage=stage, round=round,
            number=last.number + 1, total=sum(shares.values()) + 400_000, deducted=400_000,
            content=last.content, digest="x", issued_on=date(2024, 9, 30),
        )  # fmt: skip
        made.save()
        for share in last.shares.select_related("municipality"):
            Share(
                allocation=made, municipality=share.municipality, amount=shares[share.municipality.name]
            ).save()
    return made
