"""What the pages of programmes share."""

from __future__ import annotations

from datetime import date

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.rulebooks.programmes import HOKKAIDO, RENKEI, TEIJU, programme


def programmes_of(region: Region) -> list[str]:
    """The region's programmes, the one running today and begun last first.

    Where it has none, all that its members may take part in: a prefecture's own one only in that prefecture.
    """
    day = today()
    rows = sorted(region.programmes.all(), key=lambda row: (day in row.valid, row.valid.lower), reverse=True)
    own = list(dict.fromkeys(row.programme for row in rows))
    if own:
        return own
    prefectures = {row.municipality.prefecture for row in members_on(region)}
    everywhere = {key: programme(key, date.max).value.prefecture for key in (TEIJU, RENKEI, HOKKAIDO)}
    return [key for key, where in everywhere.items() if not where or where in prefectures]
