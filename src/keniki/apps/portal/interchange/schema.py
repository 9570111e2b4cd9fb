"""The form in which a region travels: what `keniki load` reads and `keniki export` writes.

References between records are slugs (or six-digit municipality codes), money is whole yen, years are
fiscal years named by their first calendar year, dates are ISO. A directory is read as the union of its
YAML files: lists of the same key are joined, single objects may stand in one file only.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FORMAT = "keniki-region/1"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Code = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Year = Annotated[int, Field(ge=1868, le=2200)]
Text = Annotated[str, StringConstraints(min_length=1)]


class Part(BaseModel):
    """What all records share: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class SourceDocument(Part):
    """A document that figures and texts were taken from (出典)."""

    slug: Slug
    title: Text
    publisher: str = ""
    published_on: date | None = None
    note: str = ""


class SourceRef(Part):
    """Where in which document a record stands; `flag` keeps a contradiction found there."""

    document: Slug
    place: str = ""
    flag: str = ""


class Sourced(Part):
    source: SourceRef | None = None


class Fact(Sourced):
    """One figure or text about the region or a municipality.

    `indicator` is the catalogue's id (`population`, `area`, …). Exactly one of `value` and `text` is given.
    `as_of` is the reference date, `fiscal_year` the reference year where the source gives only that.
    """

    indicator: Key
    label: Text
    municipality: Code | None = None
    dimension: str = ""
    as_of: date | None = None
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
    starts_on: date
    ends_on: date | None = None
    precision: Literal["day", "month", "year"] = "day"
    state: Literal["planned", "done", "unknown"] = "done"
    text: str = ""


class RegionProgramme(Sourced):
    """A programme the region works under for a time; `valid_to` is the last day."""

    programme: Literal["hokkaido", "teiju", "renkei"]
    valid_from: date
    valid_to: date | None = None
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


class Region(Sourced):
    """`secretariat` names one of `organisations`. `fictional` marks every page and document 架空."""

    slug: Slug
    name: Text
    short_name: str = ""
    fictional: bool = False
    #: How the members together are called in documents ("連携市町", "関係市町村").
    members_term: str = "構成市町"
    formation_history: str = ""
    secretariat: Slug
    organisations: list[OrganisationIn] = Field(default_factory=list)
    programmes: list[RegionProgramme] = Field(default_factory=list)
    milestones: list[Milestone] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    sources: list[SourceDocument] = Field(default_factory=list)


class Office(Part):
    address: str = ""
    latitude: Annotated[Decimal, Field(ge=20, le=46)] | None = None
    longitude: Annotated[Decimal, Field(ge=122, le=154)] | None = None


class Municipality(Part):
    """A municipality for the days it exists; `successor` is the code it went into."""

    code: Code
    name: Text
    kana: str = ""
    kind: Literal["city", "designated_city", "core_city", "special_ward", "town", "village", "ward"]
    prefecture: Annotated[str, StringConstraints(pattern=r"^\d{2}$")]
    county: str = ""
    office: Office = Field(default_factory=Office)
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Code | None = None
    source: str = ""


class Member(Sourced):
    municipality: Code
    role: Literal["centre", "partner"]
    order: Annotated[int, Field(ge=1)]
    valid_from: date
    valid_to: date | None = None


class Paragraph(Part):
    text: Text
    items: list[str] = Field(default_factory=list)


class Article(Part):
    """One article (条): `heading` without brackets; the first paragraph carries no number in print."""

    number: Annotated[int, Field(ge=1)]
    heading: str = ""
    paragraphs: Annotated[list[Paragraph], Field(min_length=1)]


class MeasureIn(Part):
    """A promised measure (取組内容 of an annex item); `key` stays the same through the versions."""

    key: Key
    text: Text


class PartyRoleIn(Part):
    """Who does what (連携市町の役割); `municipalities` in order, `items` one line each."""

    municipalities: Annotated[list[Code], Field(min_length=1)]
    items: list[Text]


class AnnexItem(Part):
    """A row group of the appended table (別表の取組). `group` is the heading over fields (「…に係る政策分野」)."""

    key: Key
    group: str = ""
    field_label: Text
    fields: list[str] = Field(default_factory=list)
    title: Text
    direction: str = ""
    measures: list[MeasureIn] = Field(default_factory=list)
    roles: list[PartyRoleIn] = Field(default_factory=list)
    remarks: str = ""


class Signatory(Part):
    """Who signs. `name_complete` is false where the source lost part of the name: it is never filled by guess."""

    municipality: Code
    address: str = ""
    title: str = ""
    name: str = ""
    name_complete: bool = True


class AgreementVersion(Sourced):
    number: Annotated[int, Field(ge=1)]
    preamble: str = ""
    articles: list[Article] = Field(default_factory=list)
    closing: str = ""
    annex_heading: str = "別表"
    annex: list[AnnexItem] = Field(default_factory=list)
    signatories: list[Signatory] = Field(default_factory=list)
    change_note: str = ""


class Resolution(Part):
    """One municipality's way through its assembly (議決)."""

    municipality: Code
    ordinance: bool | None = None
    ordinance_name: str = ""
    bill_no: str = ""
    submitted_on: date | None = None
    resolved_on: date | None = None
    result: Literal["", "passed", "rejected", "withdrawn"] = ""
    public_notice_on: date | None = None
    notified_on: date | None = None


class Party(Part):
    municipality: Code
    mark: str = ""


class StateEntry(Part):
    state: Key
    on: date | None = None
    document_no: str = ""
    edition: int | None = None


class Agreement(Sourced):
    slug: Slug
    kind: Literal["multilateral", "settlement", "pact", "policy", "mutual_aid", "memorandum"]
    title: Text
    programme: Literal["hokkaido", "teiju", "renkei"] | None = None
    amends: Slug | None = None
    state: Key = "draft"
    concluded_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    document_no: str = ""
    parties: list[Party] = Field(default_factory=list)
    versions: list[AgreementVersion] = Field(default_factory=list)
    resolutions: list[Resolution] = Field(default_factory=list)
    states: list[StateEntry] = Field(default_factory=list)
    note: str = ""


class DeclarationPart(Sourced):
    """One of the declaration's parts; `items` are lines below the text; `fields` policy field codes."""

    key: Literal["functions", "use", "history", "ideas", "partners"]
    heading: Text
    text: str = ""
    items: list[str] = Field(default_factory=list)
    fields: list[str] = Field(default_factory=list)
    municipalities: list[Code] = Field(default_factory=list)


class Declaration(Sourced):
    """A declaration of the centre (中心市宣言書・連携中枢都市宣言書): its gist (要旨) and five parts."""

    slug: Slug
    programme: Literal["teiju", "renkei"]
    title: Text
    centre: Code
    state: Literal["draft", "published"] = "draft"
    declared_on: date | None = None
    document_no: str = ""
    gist: list[Text] = Field(default_factory=list)
    parts: list[DeclarationPart] = Field(default_factory=list)


class Section(Part):
    heading: Text
    body: str = ""


class BasicGoal(Part):
    key: Key
    field: str = ""
    text: Text


class Vision(Sourced):
    """A vision (連携ビジョン・共生ビジョン・都市圏ビジョン). An empty `future_image` prints 未入力."""

    slug: Slug
    programme: Literal["hokkaido", "teiju", "renkei"]
    title: Text
    first_year: Year | None = None
    last_year: Year | None = None
    state: Literal["outline", "draft", "public_comment", "decided", "changed"] = "outline"
    edition: Annotated[int, Field(ge=0)] = 0
    decided_on: date | None = None
    future_image: str = ""
    sections: list[Section] = Field(default_factory=list)
    goals: list[BasicGoal] = Field(default_factory=list)
    states: list[StateEntry] = Field(default_factory=list)
    budget_note: str = ""


class AnnexRef(Part):
    agreement: Slug
    item: Key


class MeasureRef(Part):
    agreement: Slug
    measure: Key


class InitiativeRole(Part):
    """A line of 構成団体の役割分担; `label` as printed ("岩見沢市", "各 市 町")."""

    label: Text
    municipalities: list[Code] = Field(default_factory=list)
    text: Text


class Project(Sourced):
    """A project (事業) below an initiative (取組)."""

    slug: Slug
    title: Text
    code: str = ""
    lead: Code | None = None
    bodies: list[Code] = Field(default_factory=list)
    first_year: Year | None = None
    last_year: Year | None = None
    text: str = ""
    effect: str = ""
    subsidy: str = ""


class FindingIn(Part):
    """成果と課題 in order; how they are marked (①, ・) follows from the initiative's kind."""

    text: Text


class OutlookMeasure(Part):
    title: Text
    text: str = ""


class Outlook(Part):
    """A policy ahead (方針) with its measures (取組)."""

    title: Text
    measures: list[OutlookMeasure] = Field(default_factory=list)


class StoredFile(Part):
    """A file carried inside the document; `sha256` is of the decoded bytes."""

    name: Text
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    base64: str


class Photo(Sourced):
    """A picture for the report; without `file` it prints as 未入力. `caption` has no year: `fiscal_year` prints it."""

    slug: Slug
    caption: Text
    fiscal_year: Year | None = None
    activity: Slug | None = None
    credit: str = ""
    kind: Literal["photo", "flyer", "leaflet"] = "photo"
    consent: Literal["unknown", "given", "not_needed", "refused"] = "unknown"
    public: bool = False
    file: StoredFile | None = None


class Evaluation(Part):
    """One municipality's yearly evaluation of an initiative, on the named scale of the rulebook."""

    fiscal_year: Year
    municipality: Code
    scale: Key
    grade: Text
    comment: str = ""


class Initiative(Sourced):
    """An initiative (取組), the spine's joint.

    `title` and `overview` are the report's own and never overwrite the annex item's title and direction.
    `one_off` initiatives print 連携により得られた成果又は見込まれる成果 and no outlook.
    """

    slug: Slug
    order: Annotated[int, Field(ge=1)]
    title: Text
    #: Word before 分野の活動記録写真 ("防災"); empty: photos follow without a heading.
    field_name: str = ""
    fields: list[str] = Field(default_factory=list)
    programme: Literal["hokkaido", "teiju", "renkei"] | None = None
    vision: Slug | None = None
    goal: Key | None = None
    annex_items: list[AnnexRef] = Field(default_factory=list)
    first_year: Year | None = None
    last_year: Year | None = None
    one_off: bool = False
    overview: str = ""
    purpose: str = ""
    #: Empty: all members on the last day of the period.
    bodies: list[Code] = Field(default_factory=list)
    roles: list[InitiativeRole] = Field(default_factory=list)
    projects: list[Project] = Field(default_factory=list)
    findings: list[FindingIn] = Field(default_factory=list)
    outlooks: list[Outlook] = Field(default_factory=list)
    photos: list[Photo] = Field(default_factory=list)
    evaluations: list[Evaluation] = Field(default_factory=list)


class CountIn(Part):
    """A typed count (数量). `key` is what a line's text names as `{key}`.

    `as_typed` is the wording of the source ("4市3町", "約300人") where it is not `value` + `counter`.
    A count with `part_of` is contained in the count of that key and is never added to it.
    """

    key: Key
    value: Decimal
    counter: Text
    quantity: Key
    basis: Literal["exact", "cumulative", "about", "about_cumulative"] = "exact"
    as_typed: str = ""
    municipality: Code | None = None
    part_of: Key | None = None


class Line(Part):
    """A line under an activity: a result (→), a note (※) or a lecturer line; `{key}` stands for a count."""

    kind: Literal["result", "note", "lecturer"]
    text: Text


class Activity(Sourced):
    """What was done, or the record that nothing was (`state: none`, printed ―) in that fiscal year.

    `kind: study` counts as studied only (検討) in the trace; every other kind counts as done.
    """

    slug: Slug
    initiative: Slug
    project: Slug | None = None
    fiscal_year: Year
    order: Annotated[int, Field(ge=0)] = 0
    title: str = ""
    kind: Literal[
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
        "none",
    ]
    state: Literal["planned", "done", "none"]
    tally_only: bool = False
    municipality: Code | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    place: str = ""
    organiser: str = ""
    text: str = ""
    measures: list[MeasureRef] = Field(default_factory=list)
    lines: list[Line] = Field(default_factory=list)
    counts: list[CountIn] = Field(default_factory=list)
    origin: str = ""


class GrantStep(Part):
    """A step of a grant. `reported` is an amount a report states without its papers; `provisional` marks 予定額."""

    step: Literal[
        "wish",
        "informal_notice",
        "application",
        "decision",
        "change",
        "advance",
        "results_report",
        "final",
        "repayment",
        "reported",
    ]
    amount: int
    on: date | None = None
    document_no: str = ""
    provisional: bool = False


class Grant(Sourced):
    """A grant to the region in one fiscal year; amounts in yen."""

    slug: Slug
    programme: Literal["hokkaido", "teiju", "renkei"]
    fiscal_year: Year
    title: str = ""
    recipient: Code | None = None
    steps: Annotated[list[GrantStep], Field(min_length=1)]


class BudgetLine(Sourced):
    """Money of one project or initiative in one fiscal year at one stage, in yen."""

    slug: Slug
    initiative: Slug
    project: Slug | None = None
    fiscal_year: Year
    municipality: Code | None = None
    stage: Literal[
        "request",
        "initial",
        "supplementary",
        "transfer",
        "carried_over",
        "available",
        "executed",
        "settled",
    ]
    round: int = 0
    amount: int
    funding: Literal["", "general_revenue", "grant", "bond", "fee", "share", "other"] = ""
    note: str = ""


class CountQuery(Part):
    """Which counts a KPI's actual adds up: by initiatives, quantity, counter, town and kind of activity."""

    initiatives: Annotated[list[Slug], Field(min_length=1)]
    quantity: Key
    counter: str = ""
    kinds: list[str] = Field(default_factory=list)
    municipality: Code | None = None


class KpiBaseline(Part):
    """`value` may be the average of `years`; `label` as printed ("H25–29平均")."""

    value: Decimal | None = None
    years: list[Year] = Field(default_factory=list)
    average: bool = False
    label: str = ""


class KpiTarget(Part):
    fiscal_year: Year
    value: Decimal


class KpiReading(Part):
    fiscal_year: Year
    value: Decimal
    comment: str = ""
    source: SourceRef | None = None


class Kpi(Sourced):
    """A KPI of an initiative or of a vision as a whole. `undecided` is 検討中: no target yet."""

    slug: Slug
    vision: Slug | None = None
    initiative: Slug | None = None
    order: int = 0
    name: Text
    unit: str = ""
    direction: Literal["increase", "decrease", "maintain", "ceiling", "floor", "cumulative", "undecided"]
    baseline: KpiBaseline | None = None
    count_query: CountQuery | None = None
    targets: list[KpiTarget] = Field(default_factory=list)
    readings: list[KpiReading] = Field(default_factory=list)
    note: str = ""


class RegionFile(Part):
    """The whole document. Key order is the order of export."""

    format: Literal["keniki-region/1"]
    region: Region
    municipalities: list[Municipality]
    members: list[Member]
    agreements: list[Agreement] = Field(default_factory=list)
    declarations: list[Declaration] = Field(default_factory=list)
    visions: list[Vision] = Field(default_factory=list)
    initiatives: list[Initiative] = Field(default_factory=list)
    activities: list[Activity] = Field(default_factory=list)
    grants: list[Grant] = Field(default_factory=list)
    budgets: list[BudgetLine] = Field(default_factory=list)
    kpi: list[Kpi] = Field(default_factory=list)
