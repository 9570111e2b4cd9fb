"""What the pages of programmes share."""

from __future__ import annotations

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.programmes import PROGRAMMES


def programmes_of(region: Region) -> list[str]:
    """The region's programmes, the one running today and begun last first; all there are where it has none."""
    day = today()
    rows = sorted(region.programmes.all(), key=lambda row: (day in row.valid, row.valid.lower), reverse=True)
    return list(dict.fromkeys(row.programme for row in rows)) or list(PROGRAMMES)
