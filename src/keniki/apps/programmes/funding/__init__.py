"""What a region may receive: the special allocation per municipality and year, bonds, reference amounts.

Everything here is an estimate (見込額): the state settles the special allocation each March, within its total.
"""

from keniki.rulebooks.programmes.funding import Role

from .allocation import (
    Basis,
    BasisRow,
    Claim,
    Estimate,
    InitiativeSum,
    Maximum,
    Member,
    MunicipalEstimate,
    Scenario,
    basis_sheet,
    cap_scenarios,
    estimate,
    initiative_sums,
    maximum,
    special_allocation,
    what_if,
)
from .doubles import Double, Severity, double_claims, refuse_doubles
from .others import (
    Bond,
    Fund,
    HubReference,
    Income,
    IncomeKind,
    expert_support,
    fund_formation,
    fund_income,
    general_revenue,
    hub_reference,
    income_by_kind,
    medical_support,
    prefecture_grant,
    regional_bond,
)
from .reading import read_claims

__all__ = (
    "Basis",
    "BasisRow",
    "Bond",
    "Claim",
    "Double",
    "Estimate",
    "Fund",
    "HubReference",
    "Income",
    "IncomeKind",
    "InitiativeSum",
    "Maximum",
    "Member",
    "MunicipalEstimate",
    "Role",
    "Scenario",
    "Severity",
    "basis_sheet",
    "cap_scenarios",
    "double_claims",
    "estimate",
    "expert_support",
    "fund_formation",
    "fund_income",
    "general_revenue",
    "hub_reference",
    "income_by_kind",
    "initiative_sums",
    "maximum",
    "medical_support",
    "prefecture_grant",
    "read_claims",
    "refuse_doubles",
    "regional_bond",
    "special_allocation",
    "what_if",
)
