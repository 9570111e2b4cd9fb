"""Rules by which municipalities share costs: the form they are written in, and those that published texts hold."""

from .published import PublishedRule, published_rules
from .spec import BasisSpec, ClassSpec, ComponentSpec, DeductionSpec, LimitSpec, RoundingSpec, RuleSpec, why

__all__ = [
    "BasisSpec",
    "ClassSpec",
    "ComponentSpec",
    "DeductionSpec",
    "LimitSpec",
    "PublishedRule",
    "RoundingSpec",
    "RuleSpec",
    "published_rules",
    "why",
]
