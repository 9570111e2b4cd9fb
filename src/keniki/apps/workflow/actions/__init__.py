"""What may be done with comments, files, due items and inquiries."""

from .dues import change_due, create_due, drop_due, finish_due, remind
from .files import attach, detach, keep
from .inquiries import (
    Reply,
    ask,
    close_inquiry,
    record_decision,
    reopen_inquiry,
    withdraw_inquiry,
)
from .keeping import purge_unused
from .talk import comment, reopen, settle

__all__ = [
    "Reply",
    "ask",
    "attach",
    "change_due",
    "close_inquiry",
    "comment",
    "create_due",
    "detach",
    "drop_due",
    "finish_due",
    "keep",
    "purge_unused",
    "record_decision",
    "remind",
    "reopen",
    "reopen_inquiry",
    "settle",
    "withdraw_inquiry",
]
