"""Old telegrams go; what they said of an incident stays in its events."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Min
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor, allow, deny
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Region

from ...models import AreaWarnings, Incident, Mode, WarningTelegram
from .telling import BEFORE

#: Telegrams that are removed in one statement.
_AT_ONCE: Final = 500


def thin_telegrams(days: int, actor: Actor = SYSTEM) -> int:
    """Remove telegrams received at least `days` days ago (at least 1); how many went, also in the log.

    Those that say what stands remain, and those an open real incident is still told from.
    """
    ruling = allow("システム管理者です。") if actor.operator else deny("システム管理者だけができます。")
    limit = timezone.now() - timedelta(days=max(days, 1))
    with scope(region=list(Region.objects.all())):
        incidents = Incident.objects.filter(mode=Mode.REAL, ended_at=None)
        began = incidents.aggregate(first=Min("began_at"))["first"]
    if began is not None:
        limit = min(limit, began - BEFORE)
    old = WarningTelegram.objects.filter(received_at__lte=limit)
    old = old.exclude(pk__in=AreaWarnings.objects.values("telegram"))
    with verb(actor, "disaster.thin_telegrams", ruling=ruling, quiet=True) as act:
        lock("warning-telegrams", 0)
        gone = 0
        while keys := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
            gone += WarningTelegram.objects.filter(pk__in=keys).only("pk").delete()[0]
        if gone:
            act.log(
                WarningTelegram(),
                {"telegrams": gone},
                None,
                f"{days}日以上前に受信した気象の電文{gone}件を消去",
            )
    return gone
