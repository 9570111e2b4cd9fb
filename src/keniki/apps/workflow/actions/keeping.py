"""Files that nothing refers to any more are removed for good."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor, allow, deny
from keniki.apps.accounts.verbs import verb

from .. import keeping, storage
from ..models import Attachment


def purge_unused(actor: Actor, days: int) -> list[keeping.Unused]:
    """Remove the files no record has referred to, stored at least `days` ago; what went, also in the log.

    A file somebody stores again at the same moment stays. `days` below 1 are taken as 1: what a running request
    has stored and not yet written down is never taken for unused.
    """
    ruling = allow("システム管理者です。") if actor.operator else deny("システム管理者だけができます。")
    oldest = max(days, 1)
    with verb(actor, "workflow.purge_unused", ruling=ruling, quiet=True) as act:
        gone = [one for one in keeping.unused(oldest) if storage.discard(one.file, oldest)]
        if gone:
            size = sum(one.size for one in gone)
            act.log(
                Attachment(),
                {"sha256": [one.file.digest for one in gone if one.file.digest]},
                None,
                f"どの記録からも使われなくなって{oldest}日以上たったファイル {len(gone)}件"
                f"（{size / 1024**2:.1f} MB）を消去",
            )
    return gone
