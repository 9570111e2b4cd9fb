"""Population futures: cohort-component projections of many municipalities at once (地域別将来人口推計).

Arrays are (n municipalities, 2 sexes, K classes of five years, the last open); a step is five years. From censuses
or a published projection to `Rates`, from a `Population` and rates to a `Projection`. Many drawn futures are made by
`drawing.draw`, which is imported apart because its machine code takes a second to load.
"""

from .accuracy import Errors, covered, errors, relative_errors
from .backcast import forecast, tune
from .cohorts import PLAIN, Shrinkage, cohort_rates
from .control import Control
from .people import STEP, History, InputError, Population, five_year_ages, fold, with_unknown, women_of
from .pool import pool_rates
from .projecting import Balance, Projection, balance, project
from .published import rates_of
from .rates import MODELS, Basis, Model, Rates
from .scenario import Closed, Families, Fertility, Migration, Scenario, Survival
from .survival import LifeTable, survival_between
from .uncertainty import Uncertainty, calibrate

__all__ = [
    "MODELS",
    "PLAIN",
    "STEP",
    "Balance",
    "Basis",
    "Closed",
    "Control",
    "Errors",
    "Families",
    "Fertility",
    "History",
    "InputError",
    "LifeTable",
    "Migration",
    "Model",
    "Population",
    "Projection",
    "Rates",
    "Scenario",
    "Shrinkage",
    "Survival",
    "Uncertainty",
    "balance",
    "calibrate",
    "cohort_rates",
    "covered",
    "errors",
    "five_year_ages",
    "fold",
    "forecast",
    "pool_rates",
    "project",
    "rates_of",
    "relative_errors",
    "survival_between",
    "tune",
    "with_unknown",
    "women_of",
]
