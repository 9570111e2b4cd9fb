"""Disaster (防災): places, plans, the joint stockpile, and incidents with what happens in them."""

from .certificates import Certificate, CertificateApplication, CertificateSetting, CertificateStep
from .contacts import Contact, Duty
from .drills import DrillRun, DrillScenario, InjectAnswer
from .housing import House, HouseSurvey, SurveyPhoto
from .incidents import Cause, EntityState, Event, Incident, Mode, RefusedEvent
from .ledger import LedgerUse, Victim, VictimSupport
from .places import District, Hazard, HazardLayer, HazardPolygon, Shelter, ShelterSpace
from .plans import EvacuationPlan, Scenario
from .privacy import PersonalAccess, Retention
from .procedures import AidCost, AidRequest, AidStep, StayStep, WideAreaStay
from .reception import BundleRead, Card, CardBatch, Device, PaperSheet, ShelterPoster, WebCheckin
from .stock import (
    LotOwner,
    StockCount,
    StockItem,
    StockLot,
    StockMovement,
    StockPlace,
    Stocktake,
    StockTransfer,
    TransferLine,
    TransferStep,
)
from .stock_plans import ItemMeasure, PlanPosting, PurchasePlan, StockTable, StockTarget
from .support import (
    Consent,
    ListSharing,
    SafetyCheck,
    SafetyInquiry,
    SupportBody,
    SupportPerson,
    SupportPlan,
    SupportTown,
)
from .training import TrainingAttempt, TrainingCase, TrainingMember, TrainingPicture, TrainingSession
from .warnings import AreaWarnings, WarningPolling, WarningSource, WarningTelegram

__all__ = [
    "AidCost",
    "AidRequest",
    "AidStep",
    "AreaWarnings",
    "BundleRead",
    "Card",
    "CardBatch",
    "Cause",
    "Certificate",
    "CertificateApplication",
    "CertificateSetting",
    "CertificateStep",
    "Consent",
    "Contact",
    "Device",
    "District",
    "DrillRun",
    "DrillScenario",
    "Duty",
    "EntityState",
    "EvacuationPlan",
    "Event",
    "Hazard",
    "HazardLayer",
    "HazardPolygon",
    "House",
    "HouseSurvey",
    "Incident",
    "InjectAnswer",
    "ItemMeasure",
    "LedgerUse",
    "ListSharing",
    "LotOwner",
    "Mode",
    "PaperSheet",
    "PersonalAccess",
    "PlanPosting",
    "PurchasePlan",
    "RefusedEvent",
    "Retention",
    "SafetyCheck",
    "SafetyInquiry",
    "Scenario",
    "Shelter",
    "ShelterPoster",
    "ShelterSpace",
    "StayStep",
    "StockCount",
    "StockItem",
    "StockLot",
    "StockMovement",
    "StockPlace",
    "StockTable",
    "StockTarget",
    "StockTransfer",
    "Stocktake",
    "SupportBody",
    "SupportPerson",
    "SupportPlan",
    "SupportTown",
    "SurveyPhoto",
    "TrainingAttempt",
    "TrainingCase",
    "TrainingMember",
    "TrainingPicture",
    "TrainingSession",
    "TransferLine",
    "TransferStep",
    "Victim",
    "VictimSupport",
    "WarningPolling",
    "WarningSource",
    "WarningTelegram",
    "WebCheckin",
    "WideAreaStay",
]
