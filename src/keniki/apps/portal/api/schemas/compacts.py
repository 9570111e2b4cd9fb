"""Agreements, declarations, visions, initiatives and KPI."""

from __future__ import annotations

from datetime import date
from typing import Any

from .basics import In, Number, Out, Permission, Reading, SourceRef, Text, TownRef, Version, Year


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
    """Who does what; `keys` names the lines of `items` through all versions."""

    municipalities: list[str]
    items: list[str]
    keys: list[str]


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


class WayOut(Out):
    """One party's way through its assembly; `proxy`: the secretariat entered it last (代理入力)."""

    municipality: TownRef
    ordinance: bool | None
    ordinance_name: str
    bill_no: str
    submitted_on: date | None
    result: str
    resolved_on: date | None
    public_notice_on: date | None
    notified_on: date | None
    proxy: bool
    version: int


class DissolutionOut(WayOut):
    partner_noticed_on: date | None


class AgreementOut(AgreementRef):
    programme: str
    document_no: str
    valid_from: date | None
    valid_to: date | None
    amends: str | None
    version: int
    text: AgreementTextOut | None
    resolutions: list[WayOut]
    dissolutions: list[DissolutionOut]
    source: SourceRef | None


class DeclarationOut(Out):
    slug: str
    title: str
    programme: str
    state: str
    centre: TownRef
    declared_on: date | None
    document_no: str
    mayor: str
    gist: list[str]
    text_complete: bool
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


class EvaluationOut(Out):
    """A municipality's own evaluation; `proxy`: the secretariat entered it (代理入力)."""

    fiscal_year: int
    municipality: TownRef
    scale: str
    grade: str
    comment: str
    proxy: bool
    version: int


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
    evaluations: list[EvaluationOut]
    version: int
    permission: Permission


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
