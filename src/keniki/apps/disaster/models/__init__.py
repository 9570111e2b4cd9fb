"""Disaster (防災): places, plans, the joint stockpile, and incidents with what happens in them."""

from .contacts import Contact, Duty
from .incidents import Cause, EntityState, Event, Incident, Mode, RefusedEvent
from .places import District, Hazard, HazardLayer, HazardPolygon, Shelter, ShelterSpace
from .plans import EvacuationPlan, Scenario
from .privacy import PersonalAccess, Retention
from .stock import (
    LotOwner,
    PurchasePlan,
    StockCount,
    StockItem,
    StockLot,
    StockMovement,
    StockPlace,
    Stocktake,
    StockTarget,
    StockTransfer,
    TransferLine,
    TransferStep,
)

__all__ = [
    "Cause",
    "Contact",
    "District",
    "Duty",
    "EntityState",
    "EvacuationPlan",
    "Event",
    "Hazard",
    "HazardLayer",
    "HazardPolygon",
    "Incident",
    "LotOwner",
    "Mode",
    "PersonalAccess",
    "PurchasePlan",
    "RefusedEvent",
    "Retention",
    "Scenario",
    "Shelter",
    "ShelterSpace",
    "StockCount",
    "StockItem",
    "StockLot",
    "StockMovement",
    "StockPlace",
    "StockTarget",
    "StockTransfer",
    "Stocktake",
    "TransferLine",
    "TransferStep",
]
