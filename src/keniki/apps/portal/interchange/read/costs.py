"""Whether joint costs fit what the document names, and their rules can be rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keniki.apps.finance import games
from keniki.apps.finance.sharing import spec_of
from keniki.core.errors import WrongInput

from .. import schema
from ..places import Loc

if TYPE_CHECKING:
    from .references import _Check as Check


def joint_costs(document: schema.RegionFile, check: Check) -> None:
    bodies = {body.slug for body in document.region.organisations}
    check.unique((cost.slug for cost in document.joint_costs), "joint_costs", field="slug")
    for n, cost in enumerate(document.joint_costs):
        at: Loc = ("joint_costs", n)
        check.one_of(cost.initiative, check.initiatives, "取組", *at, "initiative")
        check.one_of(cost.project, check.projects[cost.initiative], "事業", *at, "project")
        check.one_of(cost.holder, bodies, "団体", *at, "holder")
        check.town(cost.holder_town, *at, "holder_town")
        check.refuse(
            bool(cost.holder and cost.holder_town),
            "holder と holder_town はどちらか一つです。",
            *at,
            "holder",
        )
        check.refuse(
            cost.manner != "each" and not (cost.holder or cost.holder_town),
            "会計をもつ団体（holder か holder_town）が必要です。",
            *at,
        )
        check.towns(cost.places, *at, "places")
        check.years(cost.first_year, cost.last_year, *at, "last_year")
        _items(cost, check, at)
        _rules(cost, check, at)
        for k, figure in enumerate(cost.figures):
            check.town(figure.municipality, *at, "figures", k, "municipality")
        check.unique(((row.fiscal_year, row.basis, row.municipality) for row in cost.figures), *at, "figures")
        _games(cost, check, at)


def _items(cost: schema.JointCost, check: Check, at: Loc) -> None:
    for k, item in enumerate(cost.items):
        here = (*at, "items", k)
        check.town(item.municipality, *here, "municipality")
        more = item.stage == "supplementary"
        check.refuse(item.amount < 0 and not more, "▲の金額は補正だけです。", *here, "amount")
        check.refuse(
            more != (item.round > 0), "補正には round（号数）を、ほかには0を書いてください。", *here, "round"
        )


def _games(cost: schema.JointCost, check: Check, at: Loc) -> None:
    check.unique((game.fiscal_year for game in cost.games), *at, "games", field="fiscal_year")
    for k, game in enumerate(cost.games):
        here = (*at, "games", k)
        try:
            spec = games.spec_of(game.content)
        except WrongInput as wrong:
            raise check.wrong(wrong.message, *_within(here, wrong)) from None
        check.refuse(spec.kind != game.kind, f"content の kind が {spec.kind} です。", *here, "kind")


def _within(here: Loc, wrong: WrongInput) -> Loc:
    return (*here, "content", *(wrong.column.split(".") if wrong.column else ()))


def _rules(cost: schema.JointCost, check: Check, at: Loc) -> None:
    check.unique((rule.number for rule in cost.rules), *at, "rules", field="number")
    adopted: list[tuple[int, int]] = []
    for k, rule in enumerate(cost.rules):
        here = (*at, "rules", k)
        check.years(rule.first_year, rule.last_year, *here, "last_year")
        try:
            spec_of(rule.content)
        except WrongInput as wrong:
            raise check.wrong(wrong.message, *_within(here, wrong)) from None
        if rule.state != "adopted":
            continue
        check.refuse(rule.adopted_on is None, "決定した定めには adopted_on（決定日）が必要です。", *here)
        years = (rule.first_year, rule.last_year or 9999)
        check.refuse(
            any(first <= years[1] and years[0] <= last for first, last in adopted),
            "決定した定めの年度が重なっています。前の定めに last_year を書いてください。",
            *here,
            "first_year",
        )
        adopted.append(years)
