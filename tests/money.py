"""A joint cost of 青葉圏域 on its way through a year: rules in every state, decisions, budgets, bills, the book."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from keniki.apps.compacts.models import Initiative
from keniki.apps.finance import games
from keniki.apps.finance.actions import assessing, budgets, claims, rules
from keniki.apps.finance.actions import games as game_actions
from keniki.apps.finance.actions.posting import Deed
from keniki.apps.finance.models import Assessment, JointCost, SharingRule
from keniki.apps.finance.sharing import StageOf, spec_of
from keniki.apps.finance.tests.joint import RULE, allocated, joint_cost
from keniki.apps.regions import policies
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow.models import Inquiry

if TYPE_CHECKING:
    from .world import World

COST, OTHER, YEAR = "kunren-hi", "kouhou-hi", 2024


def joint_money(world: World) -> None:
    """川北町's bill is part paid and late, and it gets something back; 星野町's is paid in part, another untouched."""
    secretariat, region, towns = world.actor("secretariat"), world.cast.region, world.cast.towns
    cost = joint_cost(
        region,
        Initiative.objects.get(slug="bousai"),
        year=YEAR,
        slug=COST,
        amounts={"request": 3_000_000, "initial": 2_800_000, "settled": 2_500_000},
    )
    joint_cost(region, cost.initiative, year=YEAR, slug="kara", rule=None, amounts={})
    _rules(world, cost)
    game_actions.save_game(
        secretariat,
        cost,
        YEAR,
        games.spec_of({"kind": "function", "function": {"fixed": 900_000, "per_member": 600_000}}),
        "見積（架空）",
    )
    decided = allocated(cost, year=YEAR, number=1)
    for stage, amount in (("request", 500_000), ("initial", 400_000)):
        budgets.save_town_budget(
            secretariat, cost, YEAR, towns["川北町"], budgets.BudgetDraft(StageOf(stage), amount), shown=False
        )
    day = date(YEAR, 4, 10)
    paying = (towns["川北町"], towns["星野町"])
    draft = assessing.AssessDraft(paying, day, "kunren-hi-1", YEAR)
    first, second = assessing.assess(secretariat, decided, draft)
    part = second.instalments.order_by("number")[0]
    claims.receive(secretariat, second, part, Deed(part.amount, date(YEAR, 5, 17), "kunren-hi-4", YEAR))
    _paid_in_part(world, first)
    settled = allocated(cost, year=YEAR, stage="settled", number=2)
    back = assessing.AssessDraft(
        (towns["川北町"],), date(YEAR + 1, 4, 30), "kunren-hi-2", YEAR, refund_on=date(YEAR + 1, 5, 20)
    )
    refund = assessing.assess(secretariat, settled, back)[-1]
    claims.assess_refund(
        secretariat, refund, Deed(refund.amount // 3, date(YEAR + 1, 5, 7), "kunren-hi-3", YEAR)
    )
    other = joint_cost(region, cost.initiative, year=YEAR, slug=OTHER)
    untouched = assessing.assess(
        secretariat,
        allocated(other, year=YEAR),
        assessing.AssessDraft((towns["星野町"],), day, "kouhou-hi-1", YEAR),
    )[0]
    world.numbers |= {"bill": first.number, "refund": refund.number, "untouched": untouched.number}


def _rules(world: World, cost: JointCost) -> None:
    """Beside the adopted version a draft (2), and one (3) to which every town has agreed."""
    secretariat = world.actor("secretariat")
    for name in ("人口割100の案", "均等割50・人口割50"):
        equal = 0 if name.startswith("人口") else 50
        spec = spec_of(
            {
                **RULE,
                "name": name,
                "components": [
                    {"basis": "equal", "weight": equal},
                    {"basis": "population", "weight": 100 - equal},
                ],
            }
        )
        rules.save_rule(secretariat, cost, rules.RuleDraft(spec, 2027))
    proposed = SharingRule.objects.get(cost=cost, number=3)
    rules.propose_rule(secretariat, proposed, proposed.version, date(2099, 3, 31))
    inquiry = Inquiry.objects.get(digest=SharingRule.objects.get(pk=proposed.pk).digest)
    for town in ("青葉市", "川北町", "星野町"):
        workflow.record_decision(
            secretariat,
            inquiry,
            world.cast.towns[town],
            answer="agreed",
            decided_on=policies.today(),
            decision_kind="mayor",
            document_no="架空第9号",
            reply=workflow.Reply("回答.csv", "異議なし\r\n".encode()),
        )


def _paid_in_part(world: World, bill: Assessment) -> None:
    secretariat = world.actor("secretariat")
    bill = claims.notify(secretariat, bill, bill.version, "架空第1号", date(YEAR, 4, 12))
    first = bill.instalments.order_by("number")[0]
    for verb, amount in ((claims.commit, 300_000), (claims.order, 200_000), (claims.pay, 100_000)):
        entry = verb(secretariat, bill, Deed(amount, date(YEAR, 5, 10), f"kunren-hi-{amount}", YEAR))
    world.numbers["entry"] = entry.number
    claims.receive(secretariat, bill, first, Deed(50_000, date(YEAR, 5, 15), "kunren-hi-in", YEAR))
    claims.dun(secretariat, bill, first, claims.DunDraft(date(YEAR, 6, 3), date(YEAR, 6, 20)))
