"""The shapes of the API's JSON. Codes have six digits, money is yen, dates are ISO, fiscal years Western."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

#: A name in an address or a reference.
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=40)]
Year = Annotated[int, Field(ge=1868, le=2117, description="年度（始まりの年、西暦）")]
Version = Annotated[int, Field(ge=0, le=2_147_483_647)]
Id = Annotated[int, Field(ge=1, le=9_223_372_036_854_775_807)]
Limit = Annotated[int, Field(ge=1, le=200, description="1ページの件数（200まで）")]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]

_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=200)]
Text = Annotated[str, StringConstraints(pattern=_PLAIN, max_length=20_000)]
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=100)]
Amount = Annotated[Decimal, Field(ge=0, lt=Decimal(10) ** 12, max_digits=15, decimal_places=3)]
Reading = Annotated[Decimal, Field(gt=-(Decimal(10) ** 12), lt=Decimal(10) ** 12, decimal_places=4)]
Day = Annotated[date, Field(ge=date(1868, 1, 1), le=date(2118, 3, 31))]
Number = int | float


class Out(Schema):
    """What is answered."""


class In(Schema):
    """What is sent: unknown names are refused."""

    model_config = ConfigDict(extra="forbid")


class Problem(Out):
    """What is wrong, where, what to do."""

    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None


class Refusal(Out):
    error: Problem


class Permission(Out):
    """Whether the actor may write this, and why (not)."""

    allowed: bool
    reason: str
    on_behalf_of: str = ""


class TownRef(Out):
    code: str
    name: str


class SourceRef(Out):
    title: str
    place: str = ""
    flag: str = ""


class PostOut(Out):
    label: str
    role: str
    organisation: str
    municipality: TownRef | None


class RegionRef(Out):
    slug: str
    name: str
    fictional: bool


class MyRegion(RegionRef):
    edit_shared: Permission


class MeOut(Out):
    """Who the token or session stands for, and what that may do where."""

    login: str | None
    name: str
    operator: bool
    posts: list[PostOut]
    regions: list[MyRegion]


class FactOut(Out):
    """A figure or text. A share is a fraction (`unit` 割合); `printed` is the number as in its source."""

    indicator: str
    label: str
    municipality: TownRef | None
    dimension: str
    as_of: date | None
    fiscal_year: int | None
    value: Number | None
    unit: str
    printed: str
    text: str
    source: SourceRef | None


class ProgrammeOut(Out):
    programme: str
    name: str
    valid_from: date | None
    valid_to: date | None
    legal_basis: str


class MemberOut(Out):
    code: str
    name: str
    kana: str
    role: str
    order: int
    valid_from: date | None
    valid_to: date | None


class RegionOut(RegionRef):
    secretariat: str
    members_term: str
    formation_history: str
    version: int
    programmes: list[ProgrammeOut]
    members: list[MemberOut]
    facts: list[FactOut]


class MunicipalityOut(Out):
    code: str
    name: str
    kana: str
    kind: str
    prefecture: str
    valid_from: date | None
    valid_to: date | None


class MunicipalityPage(Out):
    count: int
    items: list[MunicipalityOut]


class AgreementRef(Out):
    slug: str
    title: str
    kind: str
    state: str
    concluded_on: date | None
    parties: list[TownRef]


class MeasureOut(Out):
    key: str
    text: str


class RoleOut(Out):
    municipalities: list[str]
    items: list[str]


class AnnexItemOut(Out):
    key: str
    group: str
    field: str
    title: str
    direction: str
    remarks: str
    measures: list[MeasureOut]
    roles: list[RoleOut]


class SignatoryOut(Out):
    municipality: TownRef
    address: str
    title: str
    name: str
    name_complete: bool


class AgreementTextOut(Out):
    number: int
    frozen: bool
    preamble: str
    articles: list[dict[str, Any]]
    closing: str
    annex: list[AnnexItemOut]
    signatories: list[SignatoryOut]


class AgreementOut(AgreementRef):
    programme: str
    document_no: str
    valid_from: date | None
    valid_to: date | None
    amends: str | None
    version: int
    text: AgreementTextOut | None
    source: SourceRef | None


class DeclarationOut(Out):
    slug: str
    title: str
    programme: str
    state: str
    centre: TownRef
    declared_on: date | None
    document_no: str
    gist: list[str]
    parts: list[dict[str, Any]]
    version: int


class VisionOut(Out):
    slug: str
    title: str
    programme: str
    state: str
    state_label: str
    first_year: int | None
    last_year: int | None
    decided_on: date | None
    future_image: str
    goals: list[dict[str, str]]
    sections: list[dict[str, str]]
    version: int


class InitiativeRef(Out):
    slug: str
    title: str
    field: str
    programme: str
    first_year: int | None
    last_year: int | None


class ProjectOut(Out):
    slug: str
    title: str
    first_year: int | None
    last_year: int | None


class InitiativeOut(InitiativeRef):
    overview: str
    purpose: str
    one_off: bool
    vision: str | None
    bodies: list[TownRef]
    roles: list[dict[str, str]]
    projects: list[ProjectOut]
    annex_items: list[dict[str, str]]
    findings: list[str]
    version: int
    permission: Permission


class LineOut(Out):
    kind: str
    text: str


class CountOut(Out):
    """A count. One that is `part_of` another is contained in it; `words` is how it is printed."""

    key: str
    quantity: str
    value: Number
    unit: str
    basis: str
    words: str
    municipality: TownRef | None
    part_of: str | None
    proxy: bool
    version: int


class MeasureRef(Out):
    agreement: str
    measure: str


class ActivityOut(Out):
    slug: str
    version: int
    initiative: str
    project: str | None
    fiscal_year: int
    title: str
    kind: str
    state: str
    tally_only: bool
    municipality: TownRef | None
    starts_on: date | None
    ends_on: date | None
    place: str
    organiser: str
    text: str
    proxy: bool
    lines: list[LineOut]
    counts: list[CountOut]
    measures: list[MeasureRef]
    source: SourceRef | None


class ActivityDetail(ActivityOut):
    permission: Permission


class ActivityPage(Out):
    count: int
    items: list[ActivityOut]


class LineIn(In):
    kind: Literal["result", "note", "lecturer"] = "result"
    text: Line


class MeasureIn(In):
    agreement: Slug
    measure: Key


Kind = Literal[
    "study",
    "survey",
    "training",
    "course",
    "drill",
    "event",
    "purchase",
    "development",
    "publication",
    "service",
    "meeting",
    "other",
]


class ActivityIn(In):
    """An activity as it shall be. `state` none records that nothing was done; title and kind are not used then.

    Numbers with their counters in `lines` become counts.
    """

    initiative: Slug
    fiscal_year: Year
    title: Line = ""
    kind: Kind = "other"
    state: Literal["planned", "done", "none"] = "done"
    project: Slug | None = None
    municipality: Code | None = None
    tally_only: bool = False
    starts_on: Day | None = None
    ends_on: Day | None = None
    place: Name = ""
    organiser: Name = ""
    text: Text = ""
    lines: Annotated[list[LineIn], Field(max_length=50)] = Field(default_factory=list)
    measures: Annotated[list[MeasureIn], Field(max_length=50)] = Field(default_factory=list)


class ActivityChange(In):
    """What shall be different; names left out stay as they are. `version` is the one that was read."""

    version: Version
    fiscal_year: Year | None = None
    title: Line | None = None
    kind: Kind | None = None
    state: Literal["planned", "done"] | None = None
    project: Slug | None = None
    municipality: Code | None = None
    tally_only: bool | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    place: Name | None = None
    organiser: Name | None = None
    text: Text | None = None
    lines: Annotated[list[LineIn], Field(max_length=50)] | None = None
    measures: Annotated[list[MeasureIn], Field(max_length=50)] | None = None


class TownCountIn(In):
    """A town's figure within a total; null takes it back. `version` is the figure's, 0 without one."""

    value: Amount | None
    version: Version


class ConflictOut(Out):
    """Two people, one record: what was sent and what is stored now."""

    error: Problem
    mine: dict[str, Any]
    current: dict[str, Any] | None


class GrantStepOut(Out):
    step: str
    amount: int
    on: date | None
    document_no: str
    provisional: bool


class GrantOut(Out):
    slug: str
    title: str
    programme: str
    fiscal_year: int
    recipient: TownRef | None
    unit: str = "円"
    steps: list[GrantStepOut]


class BudgetOut(Out):
    slug: str
    initiative: str
    project: str | None
    fiscal_year: int
    municipality: TownRef | None
    stage: str
    round: int
    amount: int
    unit: str = "円"
    funding: str
    proxy: bool


class KpiYear(Out):
    """A fiscal year: `version` is that of the typed reading (null: counted, or none typed)."""

    fiscal_year: int
    target: Number | None
    actual: Number | None
    version: int | None


class KpiOut(Out):
    """A KPI; its values are in `unit`. `counted`: actuals come from activities and are not typed."""

    slug: str
    name: str
    unit: str
    direction: str
    vision: str | None
    initiative: str | None
    baseline: Number | None
    counted: bool
    status: str
    status_year: int
    reason: str
    years: list[KpiYear]


class ReadingIn(In):
    """A typed actual; null takes it away. `version` is the reading's, left out when there is none yet."""

    fiscal_year: Year
    value: Reading | None
    comment: Text = ""
    version: Version | None = None


class ReadingOut(Out):
    kpi: str
    fiscal_year: int
    value: Number | None
    unit: str
    comment: str
    version: int | None


class TraceCellOut(Out):
    fiscal_year: int
    state: str
    activities: list[str]


class TraceRowOut(Out):
    agreement: str
    item: str
    item_title: str
    measure: str
    text: str
    overall: str
    years: list[TraceCellOut]


class TraceOut(Out):
    years: list[int]
    rows: list[TraceRowOut]


class FileOut(Out):
    format: str
    name: str
    size: int
    url: str


class DocumentRef(Out):
    kind: str
    kind_label: str
    number: int
    state: str
    state_label: str
    made_at: datetime
    missing: int
    public: bool
    parameters: dict[str, Any]


class GapOut(Out):
    place: str
    what: str


class ChangeOut(Out):
    change: str
    record: str


class DocumentOut(DocumentRef):
    version: int
    stale: bool
    problem: str
    changes: list[ChangeOut]
    gaps: list[GapOut]
    files: list[FileOut]
    permission: Permission


class DocumentIn(In):
    """What to build: years (and programme) for results, `slug` for the others."""

    kind: Literal["results", "agreement", "declaration", "vision"]
    first: Year | None = None
    last: Year | None = None
    programme: Slug | None = None
    slug: Slug | None = None


class RunOut(Out):
    id: int
    kind: str
    state: str
    done_steps: int
    all_steps: int
    step: str
    message: str
    document: int | None


class LogOut(Out):
    at: datetime
    actor: str
    post: str
    on_behalf_of: str
    via: str
    verb: str
    municipality: str
    text: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class LogPage(Out):
    count: int
    items: list[LogOut]
