"""Rules by which municipalities share costs: the form they are written in, and those that published texts hold."""

from .published import PublishedRule, published_rules
from .spec import (
    BasisSpec,
    ClassSpec,
    ComponentSpec,
    DaySpec,
    DeductionSpec,
    HostSpec,
    LimitSpec,
    PaymentSpec,
    RoundingSpec,
    RuleSpec,
    why,
)

__all__ = [
    "BasisSpec",
    "ClassSpec",
    "ComponentSpec",
    "DaySpec",
    "DeductionSpec",
    "HostSpec",
    "LimitSpec",
    "PaymentSpec",
    "PublishedRule",
    "RoundingSpec",
    "RuleSpec",
    "published_rules",
    "why",
]
