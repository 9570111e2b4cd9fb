"""Taking events: whatever page, device, file or paper they come from, each is stored once and folded into its entity.

What is acknowledged is committed. What cannot be taken is kept aside with its reason; the rest goes on.
"""

from .placing import ANSWERS
from .receipts import Receipt, Refused
from .taking import MOST, Saying, record, record_together, take_anywhere, take_events

__all__ = [
    "ANSWERS",
    "MOST",
    "Receipt",
    "Refused",
    "Saying",
    "record",
    "record_together",
    "take_anywhere",
    "take_events",
]
