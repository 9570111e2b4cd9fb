"""The initiatives (取組) with their roles, projects, findings, outlooks, photos and evaluations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .base import Code, Key, Part, Slug, Sourced, Text, Year


class AnnexRef(Part):
    agreement: Slug
    item: Key


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
    """A picture for the report; without `file` it prints as 未入力. `caption` has no year: `fiscal_year` prints it.

    With `municipality` it is that town's own; left out, it belongs to whom its activity belongs.
    """

    slug: Slug
    caption: Text
    fiscal_year: Year | None = None
    activity: Slug | None = None
    municipality: Code | None = None
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
