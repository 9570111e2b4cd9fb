"""What may be done with activities, towns' figures, photos and fiscal years."""

from .activities import post_activity, record_none, remove_activity, save_activity
from .figures import adopt_breakdown, enter_town_count, start_town_count
from .photos import add_photo, edit_photo, remove_photo
from .sheets import store_sheet
from .years import close_year, reopen_year

__all__ = [
    "add_photo",
    "adopt_breakdown",
    "close_year",
    "edit_photo",
    "enter_town_count",
    "post_activity",
    "record_none",
    "remove_activity",
    "remove_photo",
    "reopen_year",
    "save_activity",
    "start_town_count",
    "store_sheet",
]
