"""Sharing joint costs (費用負担): the rules municipalities use, the solutions of theory, the test of the core.

Practice: a written rule (`rulebooks.sharing.RuleSpec`) and bills to whole yen (`share`). Theory: a cost game
(`game_of`, `game_from_function`, `game_from_quotes`) to shares (`shapley`, `nucleolus`, `scrb` …) and the core test.
"""

from .costs import CostFunction, game_from_function, game_from_quotes
from .games import Core, Game, GameError, Lack, core, game_by, game_of
from .instalments import DueDate, Part, due_dates, instalments
from .levels import nucleolus
from .orders import Sampled, sampled_shapley, shapley
from .outlooks import Outlook, amounts, coalition_costs, judged, outlook
from .pooling import (
    Procurement,
    Queue,
    erlang_c,
    licences,
    newsvendor,
    safety_ratio,
    specialists,
    unit_price,
)
from .rounding import whole
from .rules import Component, Deduction, Limit, Problem, Rule, ShareError, Split, Step, split
from .solutions import (
    Separable,
    airport,
    by_share,
    constrained_equal,
    equal_gain,
    proportional_to_alone,
    scrb,
    serial,
    talmud,
    tau_value,
)
from .words import said, said_of_game
from .written import Shared, rule_of, share

__all__ = [
    "Component",
    "Core",
    "CostFunction",
    "Deduction",
    "DueDate",
    "Game",
    "GameError",
    "Lack",
    "Limit",
    "Outlook",
    "Part",
    "Problem",
    "Procurement",
    "Queue",
    "Rule",
    "Sampled",
    "Separable",
    "ShareError",
    "Shared",
    "Split",
    "Step",
    "airport",
    "amounts",
    "by_share",
    "coalition_costs",
    "constrained_equal",
    "core",
    "due_dates",
    "equal_gain",
    "erlang_c",
    "game_by",
    "game_from_function",
    "game_from_quotes",
    "game_of",
    "instalments",
    "judged",
    "licences",
    "newsvendor",
    "nucleolus",
    "outlook",
    "proportional_to_alone",
    "rule_of",
    "safety_ratio",
    "said",
    "said_of_game",
    "sampled_shapley",
    "scrb",
    "serial",
    "shapley",
    "share",
    "specialists",
    "split",
    "talmud",
    "tau_value",
    "unit_price",
    "whole",
]
