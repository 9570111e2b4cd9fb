"""What was promised: agreements with their texts, declarations and visions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Code, Day, Key, Part, Slug, Sourced, Text, Year


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
    """Who does what (連携市町の役割); `municipalities` in order, `items` one line each.

    `keys` names the lines through the versions, as a measure's key does. A line without one is named by its place:
    `role2_1` is the first line of the annex item's second role.
    """

    municipalities: Annotated[list[Code], Field(min_length=1)]
    items: list[Text]
    keys: list[Key] = Field(default_factory=list)


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
    submitted_on: Day | None = None
    resolved_on: Day | None = None
    result: Literal["", "passed", "rejected", "withdrawn"] = ""
    public_notice_on: Day | None = None
    notified_on: Day | None = None


class Dissolution(Resolution):
    """The same for the dissolution (廃止), of a municipality whose assembly decides it."""

    partner_noticed_on: Day | None = None


class Party(Part):
    municipality: Code
    mark: str = ""


class StateEntry(Part):
    state: Key
    on: Day | None = None
    document_no: str = ""
    edition: int | None = None


class Agreement(Sourced):
    slug: Slug
    kind: Literal["multilateral", "settlement", "pact", "policy", "mutual_aid", "memorandum"]
    title: Text
    programme: Literal["hokkaido", "teiju", "renkei"] | None = None
    amends: Slug | None = None
    state: Key = "draft"
    concluded_on: Day | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    document_no: str = ""
    parties: list[Party] = Field(default_factory=list)
    versions: list[AgreementVersion] = Field(default_factory=list)
    resolutions: list[Resolution] = Field(default_factory=list)
    dissolutions: list[Dissolution] = Field(default_factory=list)
    states: list[StateEntry] = Field(default_factory=list)
    note: str = ""


class DeclarationPart(Sourced):
    """One of the declaration's parts; `items` are lines below the text; `fields` policy field codes.

    `outline` says what the part is about where its text is not at hand.
    """

    key: Literal["population", "functions", "use", "history", "commuting", "partners", "situation", "ideas"]
    heading: Text
    text: str = ""
    outline: str = ""
    items: list[str] = Field(default_factory=list)
    fields: list[str] = Field(default_factory=list)
    municipalities: list[Code] = Field(default_factory=list)


class Declaration(Sourced):
    """A declaration of the centre (中心市宣言書・連携中枢都市宣言書): its gist (要旨) and parts.

    Without `text_complete` only a summary is known: what is missing of the text prints 未入力, and so does an empty
    `mayor`, the name of who declares.
    """

    slug: Slug
    programme: Literal["teiju", "renkei"]
    title: Text
    centre: Code
    state: Literal["draft", "published"] = "draft"
    declared_on: Day | None = None
    document_no: str = ""
    mayor: str = ""
    gist: list[Text] = Field(default_factory=list)
    text_complete: bool = True
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
    decided_on: Day | None = None
    future_image: str = ""
    sections: list[Section] = Field(default_factory=list)
    goals: list[BasicGoal] = Field(default_factory=list)
    states: list[StateEntry] = Field(default_factory=list)
    budget_note: str = ""
