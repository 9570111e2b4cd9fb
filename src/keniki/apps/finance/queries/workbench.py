"""What the workbench of a joint cost is made of: years and stages, rules, game, what surrounds each town's share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from django.urls import reverse
from django.utils import timezone

from keniki.apps.activities.queries import persons_reached
from keniki.apps.compacts.models import Initiative
from keniki.apps.evidence.models import Forecast
from keniki.apps.evidence.queries import FigureView, figures
from keniki.apps.programmes import funding
from keniki.apps.programmes.queries import (
    as_claim,
    claims_under,
    members_of_year,
    programme_in,
    programmes_in,
    settings_for,
)
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .. import games
from ..models import BasisFigure, BudgetLine, CostGame, CostItem, JointCost, SharingRule, TownBudget
from ..sharing import Gathered, StageOf, gather, stages_of
from ..sharing.burdens import Benefit, Burdens, Effect, Residents, burdens, earmarked_at
from ..sharing.comparing import Candidate, candidates

Stage = BudgetLine.Stage


@dataclass(frozen=True)
class Bench:
    """A joint cost as the workbench reads it at once: all its items, rules, games, and the figures of its years."""

    cost: JointCost
    items: tuple[CostItem, ...]
    figures: tuple[BasisFigure, ...]
    rules: tuple[SharingRule, ...]
    games: tuple[CostGame, ...]

    @cached_property
    def years(self) -> list[int]:
        """The fiscal years with items, the newest first."""
        return sorted({item.fiscal_year for item in self.items}, reverse=True)

    @property
    def year(self) -> int | None:
        """The year that is shown where none is asked for: the running one or the one before, else the first."""
        now = int(FiscalYear.of(timezone.localdate()))
        return next((year for year in self.years if year <= now), self.years[-1] if self.years else None)

    def stages(self, year: int) -> list[StageOf]:
        """The stages of a year that have items."""
        return stages_of(item for item in self.items if item.fiscal_year == year)

    def gathered(self, year: int, stage: StageOf) -> Gathered:
        """The records of a year at a stage."""
        return gather(
            self.cost,
            year,
            stage,
            items=[item for item in self.items if item.fiscal_year == year],
            figures=[figure for figure in self.figures if figure.fiscal_year == year],
        )

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The rules one may try."""
        return candidates(self.rules)

    def rule_in(self, year: int) -> SharingRule | None:
        """The rule decided for a year, else the newest that is put to the towns, else the newest draft."""

        def holds(rule: SharingRule) -> bool:
            return rule.first_year <= year and (rule.last_year is None or year <= rule.last_year)

        order = (SharingRule.State.ADOPTED, SharingRule.State.PROPOSED, SharingRule.State.DRAFT)
        return next(
            (rule for state in order for rule in self.rules if rule.state == state and holds(rule)), None
        )

    def game_in(self, year: int) -> CostGame | None:
        """The game entered for a year, else the newest of an earlier one."""
        earlier = [game for game in self.games if game.fiscal_year <= year]
        return max(earlier, key=lambda game: game.fiscal_year, default=None)


def bench(cost: JointCost) -> Bench:
    """Everything the workbench needs of a joint cost: four queries."""
    return Bench(
        cost,
        tuple(CostItem.objects.filter(cost=cost).select_related("municipality")),
        tuple(BasisFigure.objects.filter(cost=cost).select_related("municipality")),
        tuple(_rules(cost)),
        tuple(CostGame.objects.filter(cost=cost).select_related("user")),
    )


def game_for(cost: JointCost, year: int) -> CostGame | None:
    """The game entered for exactly this year."""
    return CostGame.objects.filter(cost=cost, fiscal_year=year).select_related("user").first()


def game_at(
    kept: CostGame | None, gathered: Gathered, shared: int | None = None
) -> games.TownGame | games.Refused | None:
    """The game of the towns of a year, brought to the yen that are shared; None where none was entered."""
    if kept is None:
        return None
    try:
        spec = games.spec_of(kept.content)
    except WrongInput as wrong:
        return games.Refused(wrong.message)
    return games.game_of(spec, gathered.towns, gathered.bases, None if shared is None else float(shared))


def burdens_of(gathered: Gathered, shares: Mapping[str, int], game: games.TownGame | None = None) -> Burdens:
    """What shares (yen by code) of a cost mean for each town at its year and stage; a constant number of queries."""
    cost, year = gathered.cost, gathered.fiscal_year
    budgets = town_budgets(cost, year, gathered.stage)
    generals = {code: amount - budgets.get(code, 0) for code, amount in shares.items()}
    return burdens(
        gathered.towns,
        shares,
        budgets=budgets,
        effects=effects_of(cost.region, cost.initiative, year, generals),
        residents=residents_of(cost.region, gathered.towns, gathered.figures),
        benefits=benefits_of(cost.region, cost.initiative, year),
        game=game,
        spent=gathered.spent,
    )


def forecasts_of(region: Region) -> list[Forecast]:
    """The region's saved forecasts: the one shown in the book first, then the newest."""
    return list(Forecast.objects.filter(region=region).order_by("-shown_in_book", "-made_at", "-id"))


def town_budgets(cost: JointCost, year: int, stage: StageOf) -> dict[str, int]:
    """The earmarked money of the towns' budgets at a stage, yen by code; none of those that have not entered any."""
    rows = TownBudget.objects.filter(cost=cost, fiscal_year=year).select_related("municipality")
    return earmarked_at(rows, stage)


def residents_of(
    region: Region, towns: Sequence[Municipality], own: Collection[BasisFigure] = ()
) -> dict[str, Residents]:
    """The newest population held of each town by code, else what was entered of it as a basis in 人.

    An edition that counts men and women only gives their sum. Two queries at most.
    """
    codes = [town.code for town in towns]
    found: dict[str, Residents] = {}
    for row in figures(codes, ["population"], region=region):
        if row.value is not None:
            found.setdefault(row.code, _residents(region, row, round(row.value)))
    lacking = [code for code in codes if code not in found]
    if lacking:
        for code, (row, value) in _both_sexes(region, lacking).items():
            found[code] = _residents(region, row, value)
    for figure in own:
        code = figure.municipality.code
        if code not in found and figure.basis == "population":
            said = " ".join(filter(None, (figure.source, figure.as_of)))
            found[code] = Residents(int(figure.value), said or "按分の基礎数値")
    return found


def effects_of(
    region: Region, initiative: Initiative, year: int, generals: Mapping[str, int]
) -> dict[str, Effect]:
    """How much each town's estimated special tax rises by this general revenue (yen by code), by code.

    Beside what the town claims for the region's other initiatives in the year, under the initiative's programme where
    that runs, else the region's main one: min(cap, rate × revenue) with it less that without it.
    """
    fiscal = FiscalYear(year)
    running = programmes_in(region, fiscal)
    main = programme_in(region, fiscal)
    programme = initiative.programme if initiative.programme in running else main
    if programme is None:
        return dict.fromkeys(generals, Effect(None, "この年度に取り組む制度が登録されていません。"))
    members = members_of_year(region, fiscal)
    there = {member.code for member in members}
    others = [
        as_claim(row, region.slug)
        for row in claims_under(region, fiscal, programme)
        if row.initiative_slug != initiative.slug
    ]
    own = [
        funding.Claim(region.slug, code, initiative.title, fiscal, max(amount, 0))
        for code, amount in generals.items()
        if code in there
    ]
    settings = settings_for(region)
    try:
        without = funding.estimate(programme, fiscal, members, others, settings=settings)
        with_it = funding.estimate(programme, fiscal, members, [*others, *own], settings=settings)
    except WrongInput as wrong:
        return dict.fromkeys(generals, Effect(None, wrong.message))
    found = {}
    for before, after in zip(without.rows, with_it.rows, strict=True):
        rule = after.rule.source if after.rule is not None else ""
        if after.estimate is None or before.estimate is None:
            why = "、".join(after.asks) or "この制度には、特別交付税の上限額の定めがありません。"
            found[after.code] = Effect(None, why, rule)
        else:
            found[after.code] = Effect(after.estimate - before.estimate, "", rule)
    return found


def benefits_of(region: Region, initiative: Initiative, year: int) -> dict[str, Benefit]:
    """Persons and sessions of the initiative's activities in the year by code, as the towns' own figures say."""
    found: dict[str, Benefit] = {}
    for name, quantity in (("people", "participants"), ("sessions", "sessions")):
        for row in persons_reached(region, year, quantity, initiative=initiative):
            if row.municipality is not None:
                code = row.municipality.code
                known = found.get(code, Benefit())
                value = (getattr(known, name) or Decimal(0)) + row.value
                found[code] = replace(known, **{name: value})
    return found


def _rules(cost: JointCost) -> list[SharingRule]:
    rules = list(SharingRule.objects.filter(cost=cost))
    for rule in rules:
        rule.cost = cost
        rule.region = cost.region
    return rules


def _residents(region: Region, row: FigureView, value: int) -> Residents:
    url = reverse("evidence:figure", args=[region.slug, row.pk])
    return Residents(value, f"{row.edition_title}（{row.year}年）", url)


def _both_sexes(region: Region, codes: Sequence[str]) -> dict[str, tuple[FigureView, int]]:
    """The newest population by sex of towns without a total, added up over whatever else it is divided by."""
    rows: dict[str, list[FigureView]] = {}
    for row in figures(codes, ["population"], region=region, divided=True):
        rows.setdefault(row.code, []).append(row)
    found = {}
    for code, own in rows.items():
        newest = max(own, key=lambda row: (row.year, row.edition))
        same = [row for row in own if (row.year, row.edition) == (newest.year, newest.edition)]
        halves = [row for row in same if row.sex in ("male", "female")]
        plain = [row for row in halves if row.age_from is None and not row.part] or halves
        if plain:
            found[code] = (plain[0], round(sum(row.value or 0.0 for row in plain)))
    return found
