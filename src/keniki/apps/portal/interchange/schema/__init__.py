"""The form in which a region travels: what `keniki load` reads and `keniki export` writes.

References between records are slugs (or six-digit municipality codes), money is whole yen, years are
fiscal years named by their first calendar year, dates are ISO. A directory is read as the union of its
YAML files: lists of the same key are joined, single objects may stand in one file only.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PrivateAttr

from keniki.core.errors import WrongInput

from ..places import Places
from .activities import Activity, CountIn, Line, MeasureRef, RoleRef
from .base import Code, Day, Key, Part, Slug, Sourced, SourceDocument, SourceRef, Text, Year
from .compacts import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Article,
    BasicGoal,
    Declaration,
    DeclarationPart,
    Dissolution,
    MeasureIn,
    Paragraph,
    Party,
    PartyRoleIn,
    Resolution,
    Section,
    Signatory,
    StateEntry,
    Vision,
)
from .costs import BasisFigure, CostGame, CostItem, JointCost, SharingRule
from .finance import BudgetLine, Grant, GrantStep
from .initiatives import (
    AnnexRef,
    Evaluation,
    FindingIn,
    Initiative,
    InitiativeRole,
    Outlook,
    OutlookMeasure,
    Photo,
    Project,
    StoredFile,
)
from .kpis import CountQuery, Kpi, KpiBaseline, KpiReading, KpiTarget
from .programmes import CityFact, ClaimYear, PlanStep, ProcedurePlan, RevenueClaim, RuleAnswer
from .regions import (
    Arrangement,
    EvaluationScale,
    Fact,
    Grade,
    Member,
    Milestone,
    Municipality,
    Office,
    OrganisationIn,
    Region,
    RegionProgramme,
    town_key,
    town_keys,
)
from .register import Candidate, CandidateStep, Matter, Voice

__all__ = [
    "FORMAT",
    "Activity",
    "Agreement",
    "AgreementVersion",
    "AnnexItem",
    "AnnexRef",
    "Arrangement",
    "Article",
    "BasicGoal",
    "BasisFigure",
    "BudgetLine",
    "Candidate",
    "CandidateStep",
    "CityFact",
    "ClaimYear",
    "Code",
    "CostGame",
    "CostItem",
    "CountIn",
    "CountQuery",
    "Day",
    "Declaration",
    "DeclarationPart",
    "Dissolution",
    "Evaluation",
    "EvaluationScale",
    "Fact",
    "FindingIn",
    "Grade",
    "Grant",
    "GrantStep",
    "Initiative",
    "InitiativeRole",
    "JointCost",
    "Key",
    "Kpi",
    "KpiBaseline",
    "KpiReading",
    "KpiTarget",
    "Line",
    "Matter",
    "MeasureIn",
    "MeasureRef",
    "Member",
    "Milestone",
    "Municipality",
    "Office",
    "OrganisationIn",
    "Outlook",
    "OutlookMeasure",
    "Paragraph",
    "Part",
    "Party",
    "PartyRoleIn",
    "Photo",
    "PlanStep",
    "ProcedurePlan",
    "Project",
    "Region",
    "RegionFile",
    "RegionProgramme",
    "Resolution",
    "RevenueClaim",
    "RoleRef",
    "RuleAnswer",
    "Section",
    "SharingRule",
    "Signatory",
    "Slug",
    "SourceDocument",
    "SourceRef",
    "Sourced",
    "StateEntry",
    "StoredFile",
    "Text",
    "Vision",
    "Voice",
    "Year",
    "town_key",
    "town_keys",
]

FORMAT = "keniki-region/1"


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
    joint_costs: list[JointCost] = Field(default_factory=list)
    kpi: list[Kpi] = Field(default_factory=list)
    arrangements: list[Arrangement] = Field(default_factory=list)
    matters: list[Matter] = Field(default_factory=list)
    candidates: list[Candidate] = Field(default_factory=list)
    rule_answers: list[RuleAnswer] = Field(default_factory=list)
    city_facts: list[CityFact] = Field(default_factory=list)
    revenue_claims: list[RevenueClaim] = Field(default_factory=list)
    claim_years: list[ClaimYear] = Field(default_factory=list)
    procedure_plans: list[ProcedurePlan] = Field(default_factory=list)
    _places: Places | None = PrivateAttr(default=None)

    def remember(self, places: Places) -> None:
        """Keep where the parts stand in the files, for complaints that come later."""
        self._places = places

    def wrong(self, message: str, *at: str | int) -> WrongInput:
        """A complaint about the part at `at`, with its file and line where the document was read from files."""
        places = self._places or Places(
            self.model_dump(include={str(at[0])}) if at else {}, {}, self.region.slug
        )
        return places.wrong(message, at)
