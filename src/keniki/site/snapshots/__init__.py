"""Public pages and data served without Django: made ahead, kept as files, answered from memory.

`files` stores them, `answering` answers before Django, `refreshing` has them made anew. Who makes them registers a
source in `keniki.apps.accounts.snapshots`.
"""

from __future__ import annotations

from pathlib import Path

from .answering import Application, Shelf, before
from .files import NotPublished, publish, withdraw
from .refreshing import keep_fresh

__all__ = ["NotPublished", "Shelf", "before", "in_front_of", "keep_fresh", "publish", "withdraw"]


def in_front_of(django: Application, folder: Path) -> Application:
    """Django's application with the folder's snapshots answered before it, under the same security headers."""
    from keniki.site.headers import security_headers

    plain, secure = security_headers()
    return before(django, Shelf(folder, plain), secure)
