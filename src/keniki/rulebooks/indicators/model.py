"""What the catalogue says of an indicator: recipe, unit, where it is published, how it is added up."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from keniki.rulebooks.loader import Entry, check_evidence

#: In a term: the part (industry, …) the indicator is asked for.
SAME: Final = "same"


class Direction(StrEnum):
    """Which way is better. A count that only describes a place is neutral."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"
    NEUTRAL = "neutral"


class Aggregation(StrEnum):
    """How a region's figure follows from its municipalities'."""

    SUM = "sum"
    WEIGHTED_MEAN = "weighted_mean"
    RECOMPUTE = "recompute"
    NONE = "none"


class Interval(StrEnum):
    """Which interval belongs beside the figure of a small area."""

    NONE = ""
    POISSON = "poisson"


class Timing(StrEnum):
    """What the figure's year means: a day in it, the calendar year, the fiscal year, several years."""

    POINT = "point"
    CALENDAR_YEAR = "calendar_year"
    FISCAL_YEAR = "fiscal_year"
    YEARS = "years"


class Unit(Entry):
    """A unit; a figure in it times `factor` is one in its `base` unit (a hectare is 0.01 km²)."""

    label: str
    base: str = ""
    factor: float = 1.0


class Theme(Entry):
    """A chapter of the region book."""

    name: str


class PartKind(Entry):
    """A division of figures (`industry:C`); without members any word may stand after the colon."""

    name: str
    members: dict[str, str] = {}


class Statistic(Entry):
    """A source by its slug: what it is called, who publishes it, which file has to be imported.

    Title, publisher and address of an official source come from `rulebooks.statistics`.
    """

    file: str
    title: str = ""
    publisher: str = ""
    url: str = ""


class Published(Entry):
    """Where a figure is published; `file` says which file of the source, where it isn't its usual one."""

    source: str
    file: str = ""


class Term(Entry):
    """A figure inside a recipe: an indicator, perhaps of one sex, one age class, one part, times a number.

    `age` is in completed years, both ends inclusive; an open class ends in null.
    """

    of: str
    times: float = 1.0
    sex: Literal["", "male", "female"] = ""
    age: tuple[int, int | None] | None = None
    part: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, written: Any) -> Any:
        return {"of": written} if isinstance(written, str) else written

    @property
    def figure(self) -> Term:
        """The figure meant, without its coefficient: what values are looked up by."""
        return self if self.times == 1.0 else self.model_copy(update={"times": 1.0})

    def with_part(self, part: str) -> Term:
        """The term for one part, where it says `same`."""
        return self.model_copy(update={"part": part}) if self.part == SAME else self


class Combination(Entry):
    """Σ times × figure."""

    kind: Literal["combination"]
    terms: tuple[Term, ...] = Field(min_length=1)

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe."""
        return self.terms


class Ratio(Entry):
    """Σ numerator ÷ Σ denominator × factor (100 for percent, 100,000 for 人口10万対)."""

    kind: Literal["ratio"]
    numerator: tuple[Term, ...] = Field(min_length=1)
    denominator: tuple[Term, ...] = Field(min_length=1)
    factor: float = 1.0

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe."""
        return self.numerator + self.denominator


class Change(Entry):
    """Later less earlier; `relative` divides by the earlier, `years` by the years between; times factor."""

    kind: Literal["change"]
    of: Term
    relative: bool = False
    per_year: bool = False
    factor: float = 1.0

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe."""
        return (self.of,)


class ShareQuotient(Entry):
    """特化係数 of shares: a part's share here ÷ its share in the reference (the nation)."""

    kind: Literal["share_quotient"]
    of: str
    by: str
    reference: Literal["nation", "prefecture"] = "nation"

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe."""
        return (Term(of=self.of, part=SAME), Term(of=self.of))


class ProductivityQuotient(Entry):
    """特化係数 of a productivity: a part's output per worker here ÷ the same in the reference."""

    kind: Literal["productivity_quotient"]
    output: str
    workers: str
    by: str
    reference: Literal["nation", "prefecture"] = "nation"

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe."""
        return (Term(of=self.output, part=SAME), Term(of=self.workers, part=SAME))


class PeriodRate(Entry):
    """What happened in a period ÷ its years ÷ the base at its beginning × factor (開業率)."""

    kind: Literal["period_rate"]
    of: Term
    base: Term
    factor: float = 1.0

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe; `base` of the earlier year."""
        return (self.of, self.base)


class ShiftComponent(Entry):
    """One component of shift-share, from two years of the place and of the nation, part by part."""

    kind: Literal["shift_component"]
    of: str
    by: str
    component: Literal["national", "mix", "regional"]

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe, of both years; of the total only the nation's."""
        return (Term(of=self.of, part=SAME),)


class RateTimesPopulation(Entry):
    """Σ over sex and age of a rate held constant × the projected population ÷ `per`."""

    kind: Literal["rate_times_population"]
    rate: str
    population: str
    per: float = 1.0

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe, by sex and age."""
        return (Term(of=self.rate), Term(of=self.population))


class MeanAge(Entry):
    """Mean age of a population given by age classes."""

    kind: Literal["mean_age"]
    of: str

    @property
    def used(self) -> tuple[Term, ...]:
        """All figures of the recipe, by age."""
        return (Term(of=self.of),)


Recipe = Annotated[
    Combination
    | Ratio
    | Change
    | PeriodRate
    | ShareQuotient
    | ProductivityQuotient
    | ShiftComponent
    | RateTimesPopulation
    | MeanAge,
    Field(discriminator="kind"),
]


class FlowSum(Entry):
    """A figure that is a sum of flows from the municipality, for any of `purposes`.

    `to` says where they go: the `centre` its part names, the `same` municipality, or `anywhere` (also the same).
    """

    purposes: tuple[str, ...] = Field(min_length=1)
    to: Literal["centre", "same", "anywhere"]


class Indicator(Entry):
    """One indicator.

    `formula` is the recipe in words; `recipe` is missing where figures are only published, `published` is empty where
    they are only computed; `flow` says which flows a figure is the sum of. `parts` names the divisions its figures may
    have. `weight` belongs to a weighted mean, `not_added_because` to an aggregation `none`. `theme` and `evidence`
    come from the group it stands in.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    definition: str
    formula: str = ""
    recipe: Recipe | None = None
    flow: FlowSum | None = None
    unit: str
    direction: Direction = Direction.NEUTRAL
    published: tuple[Published, ...] = ()
    aggregation: Aggregation
    weight: str = ""
    not_added_because: str = ""
    decimals: int = Field(default=0, ge=0, le=6)
    timing: Timing = Timing.POINT
    parts: tuple[str, ...] = ()
    interval: Interval = Interval.NONE
    note: str = ""
    theme: str = ""
    evidence: tuple[str, ...] = ()

    @field_validator("evidence")
    @classmethod
    def _known_labels(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return check_evidence(labels) if labels else labels

    @field_validator("published", mode="before")
    @classmethod
    def _slugs(cls, written: Any) -> Any:
        if isinstance(written, list):
            return tuple({"source": each} if isinstance(each, str) else each for each in written)
        return written

    @model_validator(mode="after")
    def _whole(self) -> Indicator:
        if self.recipe is None and not self.published:
            raise ValueError("recipe も published もない指標は求められません")
        if self.flow is not None and (
            self.recipe is not None or (self.flow.to == "centre") != (self.parts == ("centre",))
        ):
            raise ValueError(
                "flow の指標には recipe を書かず、to が centre のときだけ parts を [centre] にしてください"
            )
        if self.recipe is not None and not self.formula:
            raise ValueError("recipe のある指標には formula（式の説明）が要ります")
        if self.aggregation is Aggregation.RECOMPUTE and self.recipe is None:
            raise ValueError("aggregation が recompute の指標には recipe が要ります")
        if (self.aggregation is Aggregation.WEIGHTED_MEAN) != bool(self.weight):
            raise ValueError(
                "weight は weighted_mean の指標に、また weighted_mean の指標にだけ書いてください"
            )
        if (self.aggregation is Aggregation.NONE) != bool(self.not_added_because):
            raise ValueError("not_added_because は none の指標に、また none の指標にだけ書いてください")
        return self


class IndicatorGroup(Entry):
    """Indicators of one theme that rest on the same texts."""

    theme: str
    indicators: tuple[Indicator, ...] = Field(min_length=1)
