"""Declarations, agreements, visions, initiatives and KPIs: what a region has promised and means to do."""

from .agreements import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    AssemblyWay,
    Dissolution,
    Measure,
    Party,
    PartyRole,
    Resolution,
    Signatory,
    StateChange,
    clause_keys,
)
from .declarations import Declaration, DeclarationPart
from .initiatives import (
    Evaluation,
    Finding,
    Initiative,
    InitiativeAnnex,
    InitiativeRole,
    Outlook,
    OutlookMeasure,
    Project,
    ScaleChoice,
)
from .kpis import Kpi, KpiReading, KpiTarget
from .register import Candidate, CandidateInterest, CandidateStep, Matter, MatterVoice
from .visions import BasicGoal, Vision, VisionEdition, VisionSection

__all__ = [
    "Agreement",
    "AgreementVersion",
    "AnnexItem",
    "AssemblyWay",
    "BasicGoal",
    "Candidate",
    "CandidateInterest",
    "CandidateStep",
    "Declaration",
    "DeclarationPart",
    "Dissolution",
    "Evaluation",
    "Finding",
    "Initiative",
    "InitiativeAnnex",
    "InitiativeRole",
    "Kpi",
    "KpiReading",
    "KpiTarget",
    "Matter",
    "MatterVoice",
    "Measure",
    "Outlook",
    "OutlookMeasure",
    "Party",
    "PartyRole",
    "Project",
    "Resolution",
    "ScaleChoice",
    "Signatory",
    "StateChange",
    "Vision",
    "VisionEdition",
    "VisionSection",
    "clause_keys",
]
