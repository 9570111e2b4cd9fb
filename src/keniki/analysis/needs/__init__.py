"""What evacuees need and what is in stock: quantities, capacities, lots, ownership, purchases (共同備蓄).

One number of people (`people`, `covered`, `flood_evacuees` …) is the denominator of every line of `needs`; `capacity`
says how many spaces hold. Lots go out first expired first (`draw`); `minimums` and `standings` say what each body keeps
and lacks; `plan` buys over fiscal years. The rules are those of `rulebooks.disaster.standards`.
"""

from .denominator import People, covered, flood_evacuees, people, quake_evacuees, shares_of
from .facilities import Facility, facilities_for, heaters, staff_for
from .items import Line, Needs, Override, Question, needs
from .lots import (
    HOLDINGS,
    Drawn,
    Holding,
    Lot,
    Pick,
    Withdrawal,
    by_owner,
    check_use,
    draw,
    draw_all,
    expired,
    expiring,
    expiry,
    in_order,
    last_day_of,
    months_after,
    stock_on,
)
from .owning import Joint, Standing, apportioned, lending, minimums, minimums_apart, owned, standings
from .purchases import Plan, Purchase, Rolling, Target, Year, leaves_on, plan
from .spaces import Capacity, Held, Space, capacity, people_missing

__all__ = [
    "HOLDINGS",
    "Capacity",
    "Drawn",
    "Facility",
    "Held",
    "Holding",
    "Joint",
    "Line",
    "Lot",
    "Needs",
    "Override",
    "People",
    "Pick",
    "Plan",
    "Purchase",
    "Question",
    "Rolling",
    "Space",
    "Standing",
    "Target",
    "Withdrawal",
    "Year",
    "apportioned",
    "by_owner",
    "capacity",
    "check_use",
    "covered",
    "draw",
    "draw_all",
    "expired",
    "expiring",
    "expiry",
    "facilities_for",
    "flood_evacuees",
    "heaters",
    "in_order",
    "last_day_of",
    "leaves_on",
    "lending",
    "minimums",
    "minimums_apart",
    "months_after",
    "needs",
    "owned",
    "people",
    "people_missing",
    "plan",
    "quake_evacuees",
    "shares_of",
    "staff_for",
    "standings",
    "stock_on",
]
