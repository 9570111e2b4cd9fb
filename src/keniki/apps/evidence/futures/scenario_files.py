"""A scenario as people write it: a YAML file or a form, checked, and as `analysis` knows it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from keniki.analysis.ages import AgeClass
from keniki.analysis.population import (
    Closed,
    Control,
    Families,
    Fertility,
    Migration,
    Scenario,
    Survival,
)
from keniki.analysis.population.scenario import Change
from keniki.core.errors import WrongInput
from keniki.core.hand_yaml import read_yaml
from keniki.core.municipality_code import parse_code

Year: TypeAlias = Annotated[int, Field(ge=1900, le=2200)]
Factor: TypeAlias = Annotated[float, Field(ge=0, le=100)]
Path: TypeAlias = Annotated[dict[Year, Factor], Field(min_length=1)]
Ages: TypeAlias = tuple[Annotated[int, Field(ge=0, le=120)], Annotated[int, Field(ge=0, le=120)] | None]


def _as_typed(code: Any) -> Any:
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else code


#: A municipality's code; 131016 without quotes is a number for YAML.
Code: TypeAlias = Annotated[str, BeforeValidator(_as_typed)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_years(since: int | None, until: int | None) -> None:
    if since is not None and until is not None and until < since:
        raise ValueError("終わりの年（until）が初めの年（since）より前です")


class ClosedPart(_Part):
    """No migration at all (封鎖人口)."""

    kind: Literal["closed"]


class FertilityPart(_Part):
    """出生: one of a factor on 子ども女性比, the ratio itself, or 合計特殊出生率, by year."""

    kind: Literal["fertility"]
    factor: Path | None = None
    child_women: Path | None = None
    tfr: Path | None = None
    municipalities: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> FertilityPart:
        if sum(each is not None for each in (self.factor, self.child_women, self.tfr)) != 1:
            raise ValueError("factor、child_women、tfr のどれか一つを年ごとに書いてください")
        return self


class MigrationPart(_Part):
    """移動: net migration of some ages times a factor, plus a rate."""

    kind: Literal["migration"]
    factor: Annotated[float, Field(ge=-10, le=10)] = 1.0
    added: Annotated[float, Field(ge=-1, le=1)] = 0.0
    ages: Ages = (0, None)
    since: Year | None = None
    until: Year | None = None
    municipalities: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> MigrationPart:
        if self.ages[1] is not None and self.ages[1] < self.ages[0]:
            raise ValueError("年齢の終わりが初めより前です")
        _check_years(self.since, self.until)
        return self


class Member(_Part):
    """So many persons of a sex and class (its first age) in each family."""

    sex: Literal["male", "female"]
    age: Annotated[int, Field(ge=0, le=120, multiple_of=5)]
    persons: Annotated[float, Field(ge=0, le=20)]


class FamiliesPart(_Part):
    """So many families a year move in (毎年k世帯の転入)."""

    kind: Literal["families"]
    per_year: Annotated[float, Field(ge=0, le=100_000)]
    members: Annotated[tuple[Member, ...], Field(min_length=1)]
    municipalities: Annotated[tuple[Code, ...], Field(min_length=1)]
    since: Year | None = None
    until: Year | None = None

    @model_validator(mode="after")
    def _in_order(self) -> FamiliesPart:
        _check_years(self.since, self.until)
        return self


class SurvivalPart(_Part):
    """死亡: mortality times a factor by year."""

    kind: Literal["survival"]
    factor: Path


class ControlPart(_Part):
    """一律補正: totals by year for each area and group of ages, both sexes together."""

    kind: Literal["control"]
    areas: Annotated[tuple[tuple[Code, ...], ...], Field(min_length=1)]
    groups: Annotated[tuple[Ages, ...], Field(min_length=1)] = ((0, None),)
    totals: dict[Year, tuple[tuple[Annotated[float, Field(ge=0)], ...], ...]]

    @model_validator(mode="after")
    def _fits(self) -> ControlPart:
        for year, areas in self.totals.items():
            if len(areas) != len(self.areas) or any(len(area) != len(self.groups) for area in areas):
                raise ValueError(f"{year}年の totals は、地域の数×年齢区分の数にしてください")
        return self


Part: TypeAlias = Annotated[
    ClosedPart | FertilityPart | MigrationPart | FamiliesPart | SurvivalPart | ControlPart,
    Field(discriminator="kind"),
]


class ScenarioSpec(_Part):
    """A scenario (シナリオ): its changes in the order they are made."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    author: Annotated[str, Field(max_length=80)] = ""
    note: Annotated[str, Field(max_length=1000)] = ""
    changes: Annotated[tuple[Part, ...], Field(max_length=40)] = ()

    def scenario(self) -> Scenario:
        """The same for `analysis`. WrongInput for a code that is none."""
        return Scenario(self.name, tuple(_change(each) for each in self.changes), self.author, self.note)


def read(text: str, file: str) -> ScenarioSpec:
    """A scenario of a YAML (or JSON) file. WrongInput names row or field and what stands there."""
    return checked(read_yaml(text, file), file)


def checked(raw: Any, file: str | None = None) -> ScenarioSpec:
    """The scenario in plain data. WrongInput for what is missing, unknown or out of bounds."""
    try:
        return TypeAdapter(ScenarioSpec).validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or None
        raise WrongInput(
            f"シナリオの書き方が正しくありません：{reason(first)}。", file=file, column=place
        ) from None


_REASONS: Final = {
    "missing": "この項目が要ります",
    "extra_forbidden": "この項目はありません",
    "union_tag_invalid": "kind は closed、fertility、migration、families、survival、control のどれかです",
    "union_tag_not_found": "変更には kind が要ります",
    "literal_error": "使える値ではありません",
    "too_short": "少なすぎます",
    "too_long": "多すぎます",
    "string_too_long": "長すぎます",
    "string_too_short": "空です",
    "multiple_of": "5の倍数にしてください",
    "greater_than_equal": "小さすぎます",
    "less_than_equal": "大きすぎます",
}


def reason(error: Any) -> str:
    """What pydantic refused, in words."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _REASONS.get(error["type"], "値の形が違います")


def _codes(typed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(parse_code(code)[:5] for code in typed)


def _change(part: Any) -> Change:
    match part:
        case ClosedPart():
            return Closed()
        case FertilityPart():
            return Fertility(part.factor, part.child_women, part.tfr, _codes(part.municipalities))
        case MigrationPart():
            return Migration(
                part.factor, part.added, part.ages, part.since, part.until, _codes(part.municipalities)
            )
        case FamiliesPart():
            members: dict[tuple[str, AgeClass], float] = {
                (each.sex, (each.age, each.age + 4)): each.persons for each in part.members
            }
            return Families(part.per_year, members, _codes(part.municipalities), part.since, part.until)
        case SurvivalPart():
            return Survival(part.factor)
        case ControlPart():
            totals = {year: np.array(areas, dtype=float)[:, None, :] for year, areas in part.totals.items()}
            return Control(tuple(_codes(area) for area in part.areas), part.groups, totals)
    raise TypeError(part)
