"""Rules beside each other: what each town pays by every rule at hand and every solution of theory, and whether any
group of towns would be better off by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from keniki.rulebooks.sharing import RuleSpec, published_rules

from ..games import TownGame
from ..models import SharingRule
from .reckoning import Gathered, Reckoned, reckon
from .solving import Solution, Test, solutions, tested
from .text import spec_of

#: The prefix of a published rule's key, and of a class of one with classes.
PUBLISHED: Final = "p-"
#: A rule put together on the page by weights.
OWN: Final = "own"


@dataclass(frozen=True)
class Candidate:
    """A rule that may be tried: a version of the cost's own (`v3`), a published one (`p-…`), one put together.

    `start` is what the page of a new rule is told to begin with it, empty where it cannot.
    """

    key: str
    name: str
    spec: RuleSpec
    kind: Literal["version", "published", "own"]
    source: str = ""
    state: str = ""
    start: str = ""


@dataclass(frozen=True)
class Column:
    """What one rule or solution comes to: yen by code (not rounded for theory), the core test where there is a game.

    `source` is where a rule is written, of a solution what it does. `problem` says why there are no amounts; `errors`
    are 95 % errors of sampled ones.
    """

    key: str
    name: str
    theory: bool
    amounts: Mapping[str, float]
    test: Test | None = None
    problem: str = ""
    source: str = ""
    errors: Mapping[str, float] | None = None
    waits: bool = False

    def whole(self, code: str) -> int | None:
        """The amount of a town to the yen, None without one."""
        return round(self.amounts[code]) if code in self.amounts else None

    @property
    def number(self) -> int | None:
        """The number of the version, None for what is none."""
        return int(self.key[1:]) if self.key[1:].isdecimal() else None

    @property
    def total(self) -> int | None:
        """All amounts together to the yen."""
        return round(sum(self.amounts.values())) if self.amounts else None


@dataclass(frozen=True)
class Comparison:
    """Columns with amounts, those without and why, and the game they were tested on (None: not entered)."""

    columns: tuple[Column, ...]
    lacking: tuple[Column, ...]
    game: TownGame | None = None
    problem: str = ""
    codes: tuple[str, ...] = field(default=())

    @property
    def waits(self) -> bool:
        """Whether some solution has to be asked for."""
        return any(column.waits for column in self.lacking)


def candidates(rules: Iterable[SharingRule]) -> list[Candidate]:
    """The cost's own rules (the decided one first, then the newest) and the published ones, class by class."""
    states = (SharingRule.State.ADOPTED, SharingRule.State.PROPOSED, SharingRule.State.DRAFT)
    order = {str(state): place for place, state in enumerate(states)}
    own = sorted(
        (rule for rule in rules if rule.state in order), key=lambda rule: (order[rule.state], -rule.number)
    )
    found = [
        Candidate(
            f"v{rule.number}",
            f"第{rule.number}版 {rule.title}",
            spec_of(rule.content),
            "version",
            rule.taken_from,
            str(rule.get_state_display()),
            f"version:{rule.number}",
        )
        for rule in own
    ]
    return [*found, *published()]


@cache
def published() -> tuple[Candidate, ...]:
    """The published rules; one with classes of cost stands as it is and as each of its classes."""
    found = []
    for rule in published_rules():
        value = rule.value
        key = f"{PUBLISHED}{rule.id}"
        start = f"published:{rule.id}"
        found.append(
            Candidate(
                key, f"{value.body}：{value.rule.name}", value.rule, "published", rule.source, start=start
            )
        )
        for name, part in value.rule.classes.items():
            if not part.components:
                continue
            spec = value.rule.model_copy(
                update={
                    "name": f"{value.rule.name}（{part.label or name}）",
                    "classes": {},
                    "components": part.components,
                    "deductions": part.deductions,
                    "host": part.host,
                    "fixed": part.fixed,
                    "exclude": part.exclude,
                    "limits": part.limits,
                }
            )
            found.append(
                Candidate(
                    f"{key}.{name}", f"{value.body}：{spec.name}", spec, "published", rule.source, start=start
                )
            )
    return tuple(found)


def compare(
    gathered: Gathered,
    rules: Sequence[Candidate],
    game: TownGame | None,
    *,
    problem: str = "",
    every: bool = False,
) -> Comparison:
    """Every rule applied to what was gathered, then every solution of theory where there is a game.

    A published rule that says the same as one before it is left out. `problem` is why there is no game; with `every`
    solutions that take half a minute are made too.
    """
    columns: list[Column] = []
    lacking: list[Column] = []
    seen: dict[str, str] = {}
    for rule in rules:
        text = rule.spec.model_dump_json(include=_SAME, exclude_defaults=True)
        if rule.kind == "published" and text in seen:
            continue
        seen[text] = rule.key
        column = _of_rule(reckon(gathered, rule.spec), rule, game)
        (columns if column.amounts else lacking).append(column)
    if game is not None:
        for solution in solutions(game, every=every):
            column = _of_theory(solution, game)
            (columns if column.amounts else lacking).append(column)
    return Comparison(tuple(columns), tuple(lacking), game, problem, tuple(gathered.codes))


#: What makes a rule's amounts.
_SAME: Final = {
    "components", "deductions", "host", "fixed", "exclude", "limits", "classes", "rounding",
}  # fmt: skip


def missing_bases(gathered: Gathered, spec: RuleSpec) -> list[str]:
    """The names of the rule's bases of which some town has no figure."""
    used = {each.basis for part in spec.parts().values() for each in part.components}
    return [
        basis.label
        for key, basis in spec.bases.items()
        if key in used and not set(gathered.codes) <= set(gathered.bases.get(key, {}))
    ]


def _of_rule(made: Reckoned, rule: Candidate, game: TownGame | None) -> Column:
    if made.shared is None:
        lacking = missing_bases(made.gathered, made.spec)
        problem = f"基礎数値が足りません：{'、'.join(lacking)}" if lacking else made.problem
        return Column(rule.key, rule.name, False, {}, problem=problem, source=rule.source)
    amounts = {code: float(yen) for code, yen in made.shares.items()}
    test = tested(game, amounts) if game is not None else None
    return Column(rule.key, rule.name, False, amounts, test, source=rule.source)


def _of_theory(solution: Solution, game: TownGame) -> Column:
    if not solution.shares:
        return Column(solution.key, solution.name, True, {}, problem=solution.problem, waits=solution.waits)
    return Column(
        solution.key,
        solution.name,
        True,
        dict(solution.shares),
        tested(game, solution.shares),
        source=solution.meaning,
        errors=solution.errors,
    )
