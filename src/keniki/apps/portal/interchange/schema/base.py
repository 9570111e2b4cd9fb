"""What all parts of a region's file share: their words, sources, and the refusal of unknown keys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


def _not_a_number(value: Any) -> Any:
    if isinstance(value, str | date):
        return value
    raise PydanticCustomError("date_type", "a date is written 2020-10-09")


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
SixDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
#: Which municipality: its code. An earlier one that had the same code under another name is `014290@2024-03-31`:
#: code and last day.
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}(?:@[0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Year = Annotated[int, Field(ge=1868, le=2200)]
Day = Annotated[date, Field(ge=date(1868, 1, 1), le=date(2200, 12, 31)), BeforeValidator(_not_a_number)]
Text = Annotated[str, StringConstraints(min_length=1)]


class Part(BaseModel):
    """What all records share: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class SourceDocument(Part):
    """A document that figures and texts were taken from (出典)."""

    slug: Slug
    title: Text
    publisher: str = ""
    published_on: Day | None = None
    note: str = ""


class SourceRef(Part):
    """Where in which document a record stands; `flag` keeps a contradiction found there."""

    document: Slug
    place: str = ""
    flag: str = ""


class Sourced(Part):
    source: SourceRef | None = None
