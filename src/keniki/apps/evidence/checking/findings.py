"""The checks of the rule book over what is stored of a region's members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.checks import Within, checks
from keniki.rulebooks.indicators import catalogue

from ..models import Area, Series
from ..queries import visible_editions
from .held import Store
from .results import SLUGS, Section
from .sums import Above
from .tables import Over


def sections(region: Region, towns: Sequence[Municipality]) -> list[Section]:
    """Every check of the rule book that has something to check for these municipalities, in the book's order.

    Official figures and the region's own are read; none is changed and nothing is stored.
    """
    book = catalogue(today())
    names = {town.code: town.name for town in towns}
    order = {town.code: place for place, town in enumerate(towns)}
    series = Series.objects.filter(edition__in=visible_editions(region))
    own = Store(series, Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=order), book)
    rank = {verdict: place for place, verdict in enumerate(SLUGS.values())}
    above = Above(region, list(order), own, book)
    made = []
    for name, rule in checks(today()).items():
        check = rule.value
        raw = above.findings(check) if check.within is not Within.NO else Over(own, check).findings()
        found = [replace(one, place=names.get(one.code, one.place)) for one in raw]
        if not found:
            continue
        found.sort(
            key=lambda one: (rank[one.found.verdict], -one.printed.year, order.get(one.code, len(order)))
        )
        made.append(Section(name, rule, found, Counter(one.found.verdict for one in found)))
    return made
