"""Rules of housing damage assessment (住家被害認定) by date: classes, weights, degrees, stops, depths, cautions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import Field, model_validator

from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

from .standards import Exact

T = TypeVar("T", bound=Entry)

ClassKey: TypeAlias = Literal["total", "major_half", "middle_half", "half", "quasi_half", "partial"]
Structure: TypeAlias = Literal["wood", "prefab", "non_wood"]
Hazard: TypeAlias = Literal["earthquake", "flood", "wind", "liquefaction"]
Survey: TypeAlias = Literal["first", "second", "self"]
Degree: TypeAlias = Literal["I", "II", "III", "IV", "V"]
Rounding: TypeAlias = Literal["none", "half_up_per_cell", "truncate"]
Share: TypeAlias = Annotated[Exact, Field(le=1)]
Percent: TypeAlias = Annotated[Exact, Field(le=100)]

#: What keys are called for people.
STRUCTURES: Final[dict[Structure, str]] = {"wood": "木造", "prefab": "プレハブ", "non_wood": "非木造"}
HAZARDS: Final[dict[Hazard, str]] = {
    "earthquake": "地震",
    "flood": "水害",
    "wind": "風害",
    "liquefaction": "液状化等の地盤被害",
}
SURVEYS: Final[dict[Survey, str]] = {"first": "第1次調査", "second": "第2次調査", "self": "自己判定方式"}
DEGREES: Final[dict[Degree, str]] = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ", "V": "Ⅴ"}
ROUNDINGS: Final[dict[Rounding, str]] = {
    "none": "端数処理なし",
    "half_up_per_cell": "欄ごとに1％未満を四捨五入",
    "truncate": "部位ごとに1％未満を切捨て",
}


class DamageClass(Entry):
    """A class of damage (被害の程度) with its name on certificates and the least loss in per cent.

    `lost_floor` is the share of the floor area lost that comes to the same; `lost_floor_check` says what to confirm
    where that share was seen in no text.
    """

    key: ClassKey
    name: str
    least: Percent
    lost_floor: Share | None = None
    lost_floor_check: str = ""


class Classes(Entry):
    """The classes of a version, the worst first; the last begins at no loss."""

    kind: Literal["classes"]
    rows: Annotated[tuple[DamageClass, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _falling(self) -> Self:
        if any(one.least <= other.least for one, other in pairwise(self.rows)) or self.rows[-1].least != 0:
            raise ValueError("区分は重い順に書き、最後の least は0にしてください")
        return self

    def of(self, percent: Fraction) -> DamageClass:
        """The class of a loss in per cent."""
        return next(row for row in self.rows if percent >= row.least)

    def named(self, key: str) -> DamageClass:
        """The class with this key; a version without it gives the next lighter one that it has."""
        order = list(CLASS_ORDER)
        at = order.index(key)  # type: ignore[arg-type]
        return next(row for row in self.rows if order.index(row.key) >= at)

    def rank(self, key: str) -> int:
        """How bad a class is: 0 is the worst."""
        return [row.key for row in self.rows].index(self.named(key).key)

    def span(self, key: str) -> tuple[Fraction, Fraction | None]:
        """The loss in per cent a class stands for: from, and below (None for the worst)."""
        rank = self.rank(key)
        return self.rows[rank].least, self.rows[rank - 1].least if rank else None


CLASS_ORDER: Final[tuple[ClassKey, ...]] = (
    "total",
    "major_half",
    "middle_half",
    "half",
    "quasi_half",
    "partial",
)


class PartWeight(Entry):
    """A part of the house (部位) and its per cent (構成比).

    `by_length`: damage is a length of the perimeter; `by_loss`: the form also takes the loss itself.
    """

    key: str
    name: str
    weight: Percent
    by_length: bool = False
    by_loss: bool = False


class Weights(Entry):
    """The parts of a house; their per cents add up to 100."""

    kind: Literal["weights"]
    parts: Annotated[tuple[PartWeight, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        whole = sum((part.weight for part in self.parts), Fraction(0))
        if whole != 100:
            raise ValueError(f"構成比の合計が {float(whole):g} です。100にしてください")
        return self


class Degrees(Entry):
    """The coefficient of each degree of damage (程度Ⅰ～Ⅴ)."""

    kind: Literal["degrees"]
    coefficients: dict[Degree, Share]


class Bands(Entry):
    """The upper bounds of the form's columns of area (面積率)."""

    kind: Literal["bands"]
    upper: tuple[Share, ...]


class Cracks(Entry):
    """Cracks of the foundation: those at least so wide, and spalls, count as so many metres each."""

    kind: Literal["cracks"]
    least_mm: Exact
    metres_each: Exact


class RoundingRule(Entry):
    """How losses of parts are rounded where the survey says nothing."""

    kind: Literal["rounding"]
    mode: Rounding


class StoreyWeights(Entry):
    """The share of each storey where parts are surveyed by storey."""

    kind: Literal["storey_weights"]
    weights: dict[int, Share]


class Collapse(Entry):
    """The house or a whole storey of it has visibly collapsed (一見して倒壊)."""

    kind: Literal["collapse"]
    class_key: ClassKey


class WashedAway(Entry):
    """The house was washed away (流失)."""

    kind: Literal["washed_away"]
    class_key: ClassKey


class Tilt(Entry):
    """The mean tilt of the four corners from which the survey ends; with `settlement_m` both are needed."""

    kind: Literal["tilt"]
    structures: tuple[Structure, ...]
    hazards: tuple[Hazard, ...]
    least: Exact
    settlement_m: Exact | None = None
    class_key: ClassKey


class TiltPart(Entry):
    """A tilt that counts as a loss in per cent in place of one part; the larger sum is taken."""

    kind: Literal["tilt_part"]
    structures: tuple[Structure, ...]
    hazards: tuple[Hazard, ...]
    least: Exact
    loss: Percent
    instead_of: dict[Literal["first", "second"], str]


class Rate(Entry):
    """The rate of damage (損傷率) of one part from which the survey ends."""

    kind: Literal["rate"]
    structures: tuple[Structure, ...]
    hazards: tuple[Hazard, ...]
    part: str
    least: Share
    class_key: ClassKey


class DepthRow(Entry):
    """From this depth above the floor in metres, this class."""

    least_m: Exact
    class_key: ClassKey


class Depth(Entry):
    """Classes by the depth of water above the floor (浸水深) of detached houses up to so many storeys."""

    kind: Literal["depth"]
    structures: tuple[Structure, ...]
    storeys: int
    rows: Annotated[tuple[DepthRow, ...], Field(min_length=1)]
    below_floor: ClassKey


class Sampling(Entry):
    """The corner houses of an area, all at least so deep in water, decide for every house in it (サンプル調査)."""

    kind: Literal["sampling"]
    corners: int
    least_m: Exact
    class_key: ClassKey


class TiltRow(Entry):
    """From this mean tilt, this class."""

    least: Exact
    class_key: ClassKey


class TiltClasses(Entry):
    """Classes by the tilt of a house that leans as one with its foundation (不同沈下)."""

    kind: Literal["tilt_classes"]
    rows: tuple[TiltRow, ...]


class SinkingRow(Entry):
    """Sunk to here, this class."""

    key: str
    name: str
    class_key: ClassKey


class Sinking(Entry):
    """Classes by how far a house has sunk into the ground (潜り込み), the worst first."""

    kind: Literal["sinking"]
    rows: tuple[SinkingRow, ...]


class SelfReport(Entry):
    """The class of the applicant's own photographs (自己判定方式): never a worse one."""

    kind: Literal["self_report"]
    class_key: ClassKey


class Caution(Entry):
    """What to confirm because of the day; `asks` names the field of the survey that answers it.

    Answered with yes, a class lighter than `lifts_to` becomes it.
    """

    kind: Literal["caution"]
    text: str
    hazards: tuple[Hazard, ...] = ("earthquake", "flood", "wind", "liquefaction")
    asks: Literal["", "revision_2025_half"] = ""
    lifts_to: ClassKey | None = None


class Points(Entry):
    """Points of a training attempt, and how far its per cent may be off."""

    kind: Literal["points"]
    class_points: int
    method_points: int
    part_points: int
    percent_tolerance: Percent


_Value: TypeAlias = Annotated[
    Classes
    | Weights
    | Degrees
    | Bands
    | Cracks
    | RoundingRule
    | StoreyWeights
    | Collapse
    | WashedAway
    | Tilt
    | TiltPart
    | Rate
    | Depth
    | Sampling
    | TiltClasses
    | Sinking
    | SelfReport
    | Caution
    | Points,
    Field(discriminator="kind"),
]


class TrainingCase(Entry):
    """A fictional house to assess in training: what an assessor sees, and the survey that is right.

    `trap` is what is easily done wrong.
    """

    title: str
    text: str
    trap: str = ""
    survey: dict[str, Any]


def first_day() -> date:
    """The first day of which there are rules."""
    return _book().history("classes")[0].valid_from


def classes(on: date) -> Rule[Classes]:
    """The classes of damage, the worst first, with their names on certificates."""
    return _of(Classes, _book().on("classes", on))


def weights(
    structure: Structure, survey: Literal["first", "second"], hazard: Hazard, on: date
) -> Rule[Weights]:
    """The parts of a house; reading `value` raises RuleUnknown where no text gives them."""
    kind = "wood" if structure == "prefab" else structure
    return _of(Weights, _book().on(f"weights.{kind}.{survey}.{hazard}", on))


def degrees(on: date) -> Rule[Degrees]:
    """The coefficients of the degrees of damage."""
    return _of(Degrees, _book().on("degrees", on))


def area_bands(on: date) -> Rule[Bands]:
    """The columns of area of the form."""
    return _of(Bands, _book().on("area_bands", on))


def cracks(on: date) -> Rule[Cracks]:
    """What a crack of the foundation counts for."""
    return _of(Cracks, _book().on("cracks", on))


def rounding(on: date) -> Rule[RoundingRule]:
    """How losses are rounded where nothing else is said."""
    return _of(RoundingRule, _book().on("rounding", on))


def storey_weights(on: date) -> Rule[StoreyWeights]:
    """The shares of storeys; no text gives them."""
    return _of(StoreyWeights, _book().on("storey_weights", on))


def collapse(on: date) -> Rule[Collapse]:
    """What a collapse comes to."""
    return _of(Collapse, _book().on("stop.collapsed", on))


def washed_away(on: date) -> Rule[WashedAway]:
    """What a house that was washed away comes to."""
    return _of(WashedAway, _book().on("stop.washed_away", on))


def tilts(structure: Structure, hazard: Hazard, on: date) -> list[Rule[Tilt]]:
    """The tilts that end a survey, in the order they are looked at."""
    return [rule for rule in _kind(Tilt, on) if _fits(rule.value, structure, hazard)]


def tilt_parts(structure: Structure, hazard: Hazard, on: date) -> list[Rule[TiltPart]]:
    """The tilts that count as a loss."""
    return [rule for rule in _kind(TiltPart, on) if _fits(rule.value, structure, hazard)]


def rates(structure: Structure, hazard: Hazard, on: date) -> list[Rule[Rate]]:
    """The rates of damage of one part that end a survey."""
    return [rule for rule in _kind(Rate, on) if _fits(rule.value, structure, hazard)]


def depth(external_force: bool, on: date) -> Rule[Depth] | None:
    """The classes by depth, with or without damage by external force (外力); None where there were none on the day."""
    rule = _book().in_force(on).get("depth.force" if external_force else "depth.inland")
    return None if rule is None else _of(Depth, rule)


def sampling(external_force: bool, on: date) -> Rule[Sampling] | None:
    """The sampling of an area; None where there was none on the day."""
    rule = _book().in_force(on).get("sampling.force" if external_force else "sampling.inland")
    return None if rule is None else _of(Sampling, rule)


def leaning(on: date) -> Rule[TiltClasses]:
    """The classes by tilt after liquefaction."""
    return _of(TiltClasses, _book().on("liquefaction.tilt", on))


def sinking(on: date) -> Rule[Sinking]:
    """The classes by sinking after liquefaction."""
    return _of(Sinking, _book().on("liquefaction.sinking", on))


def self_report(on: date) -> Rule[SelfReport]:
    """What the applicant's photographs may come to."""
    return _of(SelfReport, _book().on("self_report", on))


def cautions(hazard: Hazard, on: date) -> list[Rule[Caution]]:
    """What to confirm because of the day."""
    return [rule for rule in _kind(Caution, on) if hazard in rule.value.hazards]


def points(on: date) -> Rule[Points]:
    """The points of training."""
    return _of(Points, _book().on("training_points", on))


def class_versions() -> list[Rule[Classes]]:
    """Every version of the classes, the oldest first, for certificates of any day."""
    return [_of(Classes, rule) for rule in _book().history("classes")]


def training_cases() -> dict[str, Rule[TrainingCase]]:
    """The cases of training by key, in the order they are given."""
    return {rule.id: rule for rule in _cases().rules}


def _of(kind: type[T], rule: Rule[Any]) -> Rule[T]:
    if rule.is_known and not isinstance(rule.value, kind):
        raise WrongInput(f"この規則は {kind.__name__} ではありません。", file=rule.file, column=rule.id)
    return rule


def _kind(kind: type[T], on: date) -> Iterator[Rule[T]]:
    for rule in _book().in_force(on).values():
        if rule.is_known and isinstance(rule.value, kind):
            yield rule


def _fits(value: Tilt | TiltPart | Rate, structure: Structure, hazard: Hazard) -> bool:
    return structure in value.structures and hazard in value.hazards


@cache
def _book() -> Rulebook[Any]:
    return load("disaster/damage.yaml", _Value)  # type: ignore[arg-type]


@cache
def _cases() -> Rulebook[TrainingCase]:
    return load("disaster/training_cases.yaml", TrainingCase)
