"""The region itself, its municipalities, members, organisations, programmes, milestones and facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .base import Code, Day, Key, Part, SixDigits, Slug, Sourced, SourceDocument, Text, Year


class Fact(Sourced):
    """One figure or text about the region or a municipality.

    `indicator` is the catalogue's id (`population`, `area`, …). Exactly one of `value` and `text` is given.
    `as_of` is the reference date, `fiscal_year` the reference year where the source gives only that.
    """

    indicator: Key
    label: Text
    municipality: Code | None = None
    dimension: str = ""
    as_of: Day | None = None
    fiscal_year: Year | None = None
    value: Decimal | None = None
    text: str = ""
    unit: str = ""


class Milestone(Sourced):
    """A dated step in the region's life (年表・スケジュール); `precision` says how exact the dates are."""

    slug: Slug
    track: Literal[
        "agreement", "declaration", "vision", "panel", "working_group", "programme", "organisation", "other"
    ]
    title: Text
    starts_on: Day
    ends_on: Day | None = None
    precision: Literal["day", "month", "year"] = "day"
    state: Literal["planned", "done", "unknown"] = "done"
    text: str = ""


class RegionProgramme(Sourced):
    """A programme the region works under for a time; `valid_to` is the last day."""

    programme: Literal["hokkaido", "teiju", "renkei"]
    valid_from: Day
    valid_to: Day | None = None
    first_fiscal_year: Year | None = None
    last_fiscal_year: Year | None = None
    legal_basis: str = ""
    #: Report items in the programme's rulebook (policy field codes) that this region works on (連携する具体的事項).
    fields: list[str] = Field(default_factory=list)


class OrganisationIn(Sourced):
    """A body that is not itself a member municipality (振興局, 一部事務組合, 消防, 事業者 …)."""

    slug: Slug
    kind: Literal[
        "municipality",
        "secretariat",
        "prefecture",
        "bureau",
        "union",
        "fire",
        "operator",
        "school",
        "welfare_council",
        "contractor",
    ]
    name: Text
    municipality: Code | None = None
    department: str = ""
    note: str = ""
    members: list[Code] = Field(default_factory=list)
    beyond_region: bool = False


class Arrangement(Sourced):
    """A joint arrangement that exists beside the programmes (一部事務組合, 協議会, 事務の委託, 任意の連携 …).

    `form` is a key of the rulebook of legal forms, empty where no text says it. `members` may lie outside the region,
    `bodies` are organisations, `others` the names of members that are neither. `since` is as exact as
    `since_precision` says, `until` is the last day.
    """

    slug: Slug
    name: Text
    form: str = ""
    office: str = ""
    fields: list[str] = Field(default_factory=list)
    members: list[Code] = Field(default_factory=list)
    bodies: list[Slug] = Field(default_factory=list)
    others: list[Text] = Field(default_factory=list)
    lead: Code | None = None
    since: Day | None = None
    since_precision: Literal["day", "month", "year"] = "day"
    until: Day | None = None
    seat: str = ""
    note: str = ""


class Grade(Part):
    key: Text
    label: Text


class EvaluationScale(Part):
    """The scale evaluations use from a fiscal year on: a key of the rulebook or, with `grades`, the region's own."""

    first_year: Year
    scale: Key
    name: str = ""
    grades: list[Grade] = Field(default_factory=list)


class Region(Sourced):
    """`secretariat` names one of `organisations`. `fictional` marks every page and document 架空."""

    slug: Slug
    name: Text
    short_name: str = ""
    fictional: bool = False
    #: How the members together are called in documents ("連携市町", "関係市町村"); without it 構成 and the kinds of
    #: the members (構成市町, 構成市町村).
    members_term: str = ""
    formation_history: str = ""
    secretariat: Slug
    organisations: list[OrganisationIn] = Field(default_factory=list)
    programmes: list[RegionProgramme] = Field(default_factory=list)
    milestones: list[Milestone] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    sources: list[SourceDocument] = Field(default_factory=list)
    evaluation_scales: list[EvaluationScale] = Field(default_factory=list)


class Office(Part):
    address: str = ""
    latitude: Annotated[Decimal, Field(ge=20, le=46)] | None = None
    longitude: Annotated[Decimal, Field(ge=122, le=154)] | None = None


class Municipality(Part):
    """A municipality for the days it exists (`valid_to` is the last); `successor` is the one it went into."""

    code: SixDigits
    name: Text
    kana: str = ""
    kind: Literal["city", "designated_city", "core_city", "special_ward", "town", "village", "ward"]
    prefecture: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    county: str = ""
    office: Office = Field(default_factory=Office)
    valid_from: Day | None = None
    valid_to: Day | None = None
    successor: Code | None = None
    source: str = ""


def town_keys(municipalities: Sequence[Municipality]) -> list[str]:
    """What the file calls each of them: the code; with the last day where a later one has the same code."""
    latest = {
        town.code: town for town in sorted(municipalities, key=lambda town: town.valid_from or date.min)
    }
    return [
        town_key(town.code, town.valid_to, later=latest[town.code] is not town) for town in municipalities
    ]


def town_key(code: str, last: date | None, *, later: bool) -> str:
    """See `Code`."""
    return f"{code}@{last}" if later else code


class Member(Sourced):
    municipality: Code
    role: Literal["centre", "partner"]
    order: Annotated[int, Field(ge=1)]
    valid_from: Day
    valid_to: Day | None = None
