"""The rules of a day for one kind of survey as plain data, for a device that judges a house where there is no network.

The twin in JavaScript (`survey_class.js`) reads nothing else: no figure stands in it.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, Literal

from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import DEGREES, ROUNDINGS, Hazard, Structure
from keniki.rulebooks.loader import Rule

from .inputs import AREAS
from .results import METHODS


def carried_rules(
    structure: Structure, hazard: Hazard, survey: Literal["first", "second"], on: date
) -> dict[str, Any]:
    """Parts, degrees, classes, stops and short ways of a day; every number an exact text (`3/4`, `0.5`, `15`).

    `confirmed` of a stop says whether its text was read: only then it ends the survey. Ways that this kind of survey
    does not know are empty or None.

    >>> found = carried_rules("wood", "flood", "first", date(2025, 6, 1))
    >>> [row["least"] for row in found["depth"]["force"]["rows"]]
    ['9/5', '1', '1/2', '0']
    >>> carried_rules("wood", "flood", "first", date(2024, 1, 1))["depth"]["inland"] is None
    True
    """
    weights = rules.weights(structure, survey, hazard, on)
    named = weights if weights.is_known else rules.weights(structure, "second", hazard, on)
    revised = [each.value for each in rules.cautions(hazard, on) if each.value.asks]
    rounding = rules.rounding(on).value.mode
    ground = hazard == "liquefaction"
    return {
        "parts": [
            {
                "key": part.key,
                "name": part.name,
                "weight": _text(part.weight),
                "by_length": part.by_length,
                "by_loss": part.by_loss,
            }
            for part in named.value.parts
        ],
        "weights_known": weights.is_known,
        "question": "" if weights.is_known else weights.question,
        "degrees": {key: _text(share) for key, share in rules.degrees(on).value.coefficients.items()},
        "degree_names": dict(DEGREES),
        "metres_each": _text(rules.cracks(on).value.metres_each),
        "bands": [_text(bound) for bound in rules.area_bands(on).value.upper],
        "areas": dict(AREAS),
        "rounding": rounding,
        "roundings": dict(ROUNDINGS),
        "methods": dict(METHODS),
        "classes": [
            {
                "key": row.key,
                "name": row.name,
                "least": _text(row.least),
                "lost_floor": None if row.lost_floor is None else _text(row.lost_floor),
            }
            for row in rules.classes(on).value.rows
        ],
        "collapsed": _stop(rules.collapse(on), on),
        "washed_away": _stop(rules.washed_away(on), on),
        "tilts": []
        if ground
        else [
            _stop(rule, on)
            | {
                "least": _text(rule.value.least),
                "settlement_m": None if rule.value.settlement_m is None else _text(rule.value.settlement_m),
            }
            for rule in rules.tilts(structure, hazard, on)
        ],
        "tilt_parts": [
            {
                "least": _text(rule.value.least),
                "loss": _text(rule.value.loss),
                "part": rule.value.instead_of[survey],
            }
            for rule in rules.tilt_parts(structure, hazard, on)
        ],
        "rates": [
            {
                "part": rule.value.part,
                "least": _text(rule.value.least),
                "class": _named(rule.value.class_key, on),
            }
            for rule in rules.rates(structure, hazard, on)
        ],
        "depth": _depths(structure, on) if hazard == "flood" and survey == "first" else None,
        "leaning": [
            {"least": _text(row.least), "class": _named(row.class_key, on)}
            for row in rules.leaning(on).value.rows
        ]
        if ground
        else [],
        "leaning_confirmed": ground and rules.leaning(on).confirmed,
        "sinking": {row.key: _named(row.class_key, on) for row in rules.sinking(on).value.rows}
        if ground
        else {},
        "sinking_confirmed": ground and rules.sinking(on).confirmed,
        "ground_else": _named("partial", on),
        "revised": revised[0].text if revised else "",
        "revised_to": _named(revised[0].lifts_to, on) if revised and revised[0].lifts_to else None,
    }


def _depths(structure: Structure, on: date) -> dict[str, Any]:
    """The classes by depth with and without external force; None where the day had none for such houses."""
    found: dict[str, Any] = {}
    for name, force in (("force", True), ("inland", False)):
        rule = rules.depth(force, on)
        found[name] = (
            None
            if rule is None or structure not in rule.value.structures
            else {
                "storeys": rule.value.storeys,
                "rows": [
                    {"least": _text(row.least_m), "class": _named(row.class_key, on)}
                    for row in rule.value.rows
                ],
                "below_floor": _named(rule.value.below_floor, on),
                "confirmed": rule.confirmed,
            }
        )
    return found


def _stop(rule: Rule[Any], on: date) -> dict[str, Any]:
    return {"class": _named(rule.value.class_key, on), "confirmed": rule.confirmed}


def _named(key: str, on: date) -> str:
    """The class of the day that stands for this one."""
    return rules.classes(on).value.named(key).key


def _text(value: Fraction) -> str:
    return str(Fraction(value))
