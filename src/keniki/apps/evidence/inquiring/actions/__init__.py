"""What may be done with an inquiry for figures: make, send, answer, hand in, take into the store."""

from .answering import Sheeted, hand_in, save_answer, take_sheet
from .making import Draft, change_form, change_items, copy_inquiry, drop_inquiry, make_inquiry
from .sending import change_terms, close_inquiry, remind_towns, reopen_inquiry, send_inquiry
from .taking import Taken, take_figures

__all__ = [
    "Draft",
    "Sheeted",
    "Taken",
    "change_form",
    "change_items",
    "change_terms",
    "close_inquiry",
    "copy_inquiry",
    "drop_inquiry",
    "hand_in",
    "make_inquiry",
    "remind_towns",
    "reopen_inquiry",
    "save_answer",
    "send_inquiry",
    "take_figures",
    "take_sheet",
]
