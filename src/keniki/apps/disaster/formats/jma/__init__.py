"""Telegrams of the weather agency (気象庁防災情報XML): feeds, telegrams, what stands; bytes in, frozen rows out.

Nothing here asks the network by itself: `polling` says what to ask for and when, `fetching` asks for it, and both only
when an administrator switched the source on.
"""

from .feeds import Entry, Feed, read_feed
from .fetching import Fetcher
from .polling import Answer, Ask, Poll, answered, next_ask, start
from .rows import AreaWarning, Bulletin, Quake, Shaking
from .standing import Standing, standing
from .telegrams import read_telegram

__all__ = [
    "Answer",
    "AreaWarning",
    "Ask",
    "Bulletin",
    "Entry",
    "Feed",
    "Fetcher",
    "Poll",
    "Quake",
    "Shaking",
    "Standing",
    "answered",
    "next_ask",
    "read_feed",
    "read_telegram",
    "standing",
    "start",
]
