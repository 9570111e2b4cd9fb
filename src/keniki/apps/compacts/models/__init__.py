"""Declarations, agreements, visions, initiatives and KPIs: what a region has promised and means to do."""

from .agreements import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Measure,
    Party,
    PartyRole,
    Resolution,
    Signatory,
    StateChange,
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
)
from .kpis import Kpi, KpiReading, KpiTarget
from .visions import BasicGoal, Vision, VisionEdition, VisionSection

__all__ = [
    "Agreement",
    "AgreementVersion",
    "AnnexItem",
    "BasicGoal",
    "Declaration",
    "DeclarationPart",
    "Evaluation",
    "Finding",
    "Initiative",
    "InitiativeAnnex",
    "InitiativeRole",
    "Kpi",
    "KpiReading",
    "KpiTarget",
    "Measure",
    "Outlook",
    "OutlookMeasure",
    "Party",
    "PartyRole",
    "Project",
    "Resolution",
    "Signatory",
    "StateChange",
    "Vision",
    "VisionEdition",
    "VisionSection",
]
