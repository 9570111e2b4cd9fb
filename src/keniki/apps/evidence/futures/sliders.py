"""The sliders of the workbench as the changes of a scenario, and a scenario's changes as sliders where they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from keniki.analysis.population import STEP

from .scenario_files import FamiliesPart, FertilityPart, MigrationPart, ScenarioSpec, SurvivalPart, checked

#: Ages (at the start of a step) that each slider of migration moves.
MIGRATION: Final[dict[str, tuple[tuple[int, int | None], ...]]] = {
    "young": ((15, 29),),
    "families": ((0, 14), (30, 64)),
    "old": ((65, None),),
}


@dataclass(frozen=True)
class Sliders:
    """What the workbench changes. Rates are per cent of what the forecast takes anyway.

    Fertility and mortality go straight from the year before `since` to their value in `by`; migration and families
    moving in hold from `since` on. `moving_in` are families a year into each place (`into`: this place only), a couple
    of `parents` to `parents` + 4 years with so many children of 0–4 and 5–9.
    """

    fertility: int = 100
    mortality: int = 100
    young: int = 100
    families: int = 100
    old: int = 100
    closed: bool = False
    moving_in: float = 0.0
    into: str = ""
    parents: int = 30
    infants: float = 1.0
    pupils: float = 0.0
    since: int | None = None
    by: int | None = None


def changes_of(
    sliders: Sliders, base_year: int, until: int, codes: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    """The changes of a scenario, plain data; none where every slider stands where it began.

    `codes` are the places families may move to.
    """
    first = sliders.since or base_year + STEP
    before, last = first - STEP, sliders.by or until
    since = {} if before == base_year else {"since": first}
    parts: list[dict[str, Any]] = []
    if sliders.closed:
        parts.append({"kind": "closed"})
    if sliders.fertility != 100:
        parts.append({"kind": "fertility", "factor": {before: 1.0, last: sliders.fertility / 100}})
    for name, ages in MIGRATION.items():
        factor = getattr(sliders, name)
        if factor != 100 and not sliders.closed:
            parts += [
                {"kind": "migration", "factor": factor / 100, "ages": list(each), **since} for each in ages
            ]
    if sliders.mortality != 100:
        parts.append({"kind": "survival", "factor": {before: 1.0, last: sliders.mortality / 100}})
    if sliders.moving_in:
        members = [{"sex": sex, "age": sliders.parents, "persons": 1.0} for sex in ("male", "female")]
        members += [
            {"sex": sex, "age": age, "persons": number / 2}
            for age, number in ((0, sliders.infants), (5, sliders.pupils))
            if number
            for sex in ("male", "female")
        ]
        where = [sliders.into] if sliders.into else list(codes)
        parts.append(
            {
                "kind": "families",
                "per_year": sliders.moving_in,
                "members": members,
                "municipalities": where,
                **since,
            }
        )
    return plain_changes(spec_of(parts))


def sliders_of(
    changes: Sequence[dict[str, Any]], base_year: int, until: int, codes: Sequence[str]
) -> Sliders | None:
    """The sliders that come to exactly these changes; None for a scenario no sliders can say."""
    found = Sliders()
    for part in spec_of(changes).changes:
        if part.kind == "closed":
            found = replace(found, closed=True)
        elif isinstance(part, FertilityPart) and part.factor and len(part.factor) == 2:
            found = _dated(replace(found, fertility=_percent(part.factor)), part.factor, base_year, until)
        elif isinstance(part, SurvivalPart) and len(part.factor) == 2:
            found = _dated(replace(found, mortality=_percent(part.factor)), part.factor, base_year, until)
        elif isinstance(part, MigrationPart):
            name = next((name for name, ages in MIGRATION.items() if part.ages in ages), None)
            if name is None:
                return None
            changed: dict[str, Any] = {name: round(part.factor * 100), "since": part.since or found.since}
            found = replace(found, **changed)
        elif isinstance(part, FamiliesPart):
            found = _families(found, part, codes)
        else:
            return None
    same = spec_of(changes_of(found, base_year, until, codes)) == spec_of(changes)
    return found if same else None


def spec_of(changes: Sequence[Any]) -> ScenarioSpec:
    """Changes as a scenario without a name. WrongInput for what is no change."""
    return checked({"name": "scenario", "changes": list(changes)})


def plain_changes(spec: ScenarioSpec) -> tuple[dict[str, Any], ...]:
    """The changes as plain data for a JSON column, without what goes without saying."""
    return tuple(each.model_dump(mode="json", exclude_defaults=True) for each in spec.changes)


def _percent(path: dict[int, float]) -> int:
    return round(path[max(path)] * 100)


def _dated(found: Sliders, path: dict[int, float], base_year: int, until: int) -> Sliders:
    since, by = min(path) + STEP, max(path)
    return replace(
        found,
        since=None if since == base_year + STEP else since,
        by=None if by == until else by,
    )


def _families(found: Sliders, part: FamiliesPart, codes: Sequence[str]) -> Sliders:
    children = {0: 0.0, 5: 0.0}
    parents = found.parents
    for each in part.members:
        if each.age in children:
            children[each.age] += each.persons
        else:
            parents = each.age
    everywhere = list(part.municipalities) == list(codes)
    return replace(
        found,
        moving_in=part.per_year,
        into="" if everywhere else part.municipalities[0],
        parents=parents,
        infants=children[0],
        pupils=children[5],
        since=part.since or found.since,
    )
