"""Deciding shares and entering towns' budgets in few words, for the tests of both."""

from __future__ import annotations

from datetime import date

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.finance.actions.allocating import IssueDraft, issue
from keniki.apps.finance.actions.budgets import BudgetDraft, save_town_budget
from keniki.apps.finance.models import CostItem
from keniki.apps.finance.sharing import StageOf

BASE = "/desk/aoba/finance/costs/kunren-hi/2024/"
INITIAL, REQUEST, ASSESSED = StageOf("initial"), StageOf("request"), StageOf("assessed")
SETTLED, EXECUTED = StageOf("settled"), StageOf("executed")


def decided(actor, cost, stage=INITIAL, **changes):
    return issue(actor, cost, 2024, IssueDraft(**({"stage": stage, "issued_on": date(2024, 4, 1)} | changes)))


def enter(actor, cost, town, amount, stage=INITIAL, *, earmarked=0, version=None, **changes):
    draft = BudgetDraft(stage, amount, earmarked, **changes)
    return save_town_budget(actor, cost, 2024, town, draft, version)


def supplementary(cost, amount, *, number=1) -> None:
    with verb(SYSTEM, "testing.more", region=cost.region.slug, quiet=True):
        CostItem(
            region=cost.region, cost=cost, fiscal_year=2024, stage="supplementary", round=number,
            title="追加", amount=amount,
        ).save()  # fmt: skip
