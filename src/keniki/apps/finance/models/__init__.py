"""Money: grants, budget lines, joint costs with their rules, what towns are billed, and the subsidiary book."""

from .budget import BudgetLine, Grant, GrantStep
from .claims import Assessment, Dunning, Instalment
from .costs import (
    BUDGETED,
    COSTED,
    Allocation,
    BasisFigure,
    CostGame,
    CostItem,
    JointCost,
    Share,
    SharingRule,
    TownBudget,
)
from .ledger import Account, Entry, Line

__all__ = [
    "BUDGETED",
    "COSTED",
    "Account",
    "Allocation",
    "Assessment",
    "BasisFigure",
    "BudgetLine",
    "CostGame",
    "CostItem",
    "Dunning",
    "Entry",
    "Grant",
    "GrantStep",
    "Instalment",
    "JointCost",
    "Line",
    "Share",
    "SharingRule",
    "TownBudget",
]
