"""General revenue that members claim in a fiscal year, and what looks like the same money in another region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import Http404
from django_scopes import scopes_disabled

from keniki.apps.accounts.actor import Actor
from keniki.apps.programmes.funding import Claim, Double, Member, Role, Severity, double_claims
from keniki.apps.programmes.models import ClaimYear, RevenueClaim
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.apps.regions.queries import last_of_each, members_between, visible_regions
from keniki.core.fiscal_year import FiscalYear


@dataclass(frozen=True)
class Clash:
    """Claims of this region that look like, or are, money claimed in another one; `said` shows no more of that one
    than the reader may see. `blocks` while the year cannot be confirmed."""

    claims: tuple[RevenueClaim, ...]
    severity: Severity
    blocks: bool
    said: str


def members_of_year(region: Region, year: FiscalYear) -> list[Member]:
    """Who was a member on any day of the fiscal year, each with its last role, in the region's order."""
    return [
        Member(row.municipality.code, row.municipality.name, Role(row.role))
        for row in memberships_of_year(region, year)
    ]


def memberships_of_year(region: Region, year: FiscalYear) -> list[RegionMembership]:
    """The last membership in the fiscal year of everybody who was a member in it, in the region's order."""
    rows = last_of_each(members_between(region, year.first_day, year.last_day)).values()
    return sorted(rows, key=lambda row: row.order)


def programmes_in(region: Region, year: FiscalYear) -> list[str]:
    """The programmes the region works under in a fiscal year: those at its end first, of them the one begun last."""
    running = [
        row
        for row in region.programmes.all()
        if row.valid.lower <= year.last_day and (row.last_day is None or row.last_day >= year.first_day)
    ]
    running.sort(key=lambda row: (year.last_day in row.valid, row.valid.lower), reverse=True)
    return list(dict.fromkeys(str(row.programme) for row in running))


def programme_in(region: Region, year: FiscalYear) -> str | None:
    """The region's main programme in a fiscal year, under which claims that name none count; None for none."""
    return next(iter(programmes_in(region, year)), None)


def claims_under(region: Region, year: FiscalYear, programme: str) -> list[RevenueClaim]:
    """The members' claims of a fiscal year that count under a programme.

    One that names no programme counts under the main one; asked for a programme that does not run in the year, all
    count, to see what it would bring.
    """
    running = programmes_in(region, year)
    members = {row.municipality_id for row in memberships_of_year(region, year)}
    return [
        row
        for row in claims_of(region, year)
        if row.municipality_id in members
        and (programme not in running or (row.programme or running[0]) == programme)
    ]


def claims_outside(region: Region, year: FiscalYear) -> list[RevenueClaim]:
    """The claims of a fiscal year of towns that turned out to be no members in it: they count nowhere."""
    members = {row.municipality_id for row in memberships_of_year(region, year)}
    return [row for row in claims_of(region, year) if row.municipality_id not in members]


def claims_of(region: Region, year: int) -> list[RevenueClaim]:
    """What is claimed in a fiscal year, town by town in the region's order, in the order it was entered."""
    rows = RevenueClaim.objects.filter(region=region, fiscal_year=int(year)).select_related(
        "municipality", "region"
    )
    found = list(rows.order_by("municipality__code", "id"))
    places = {
        row.municipality_id: place
        for place, row in enumerate(memberships_of_year(region, FiscalYear(int(year))))
    }
    return sorted(found, key=lambda row: places.get(row.municipality_id, len(places)))


def years_claimed(region: Region) -> list[int]:
    """The fiscal years with claims, the newest first."""
    rows = RevenueClaim.objects.filter(region=region).order_by("-fiscal_year")
    return list(rows.values_list("fiscal_year", flat=True).distinct())


def claim_for(region: Region, pk: int) -> RevenueClaim:
    """One claim; 404 for none of the region."""
    found: RevenueClaim | None = (
        RevenueClaim.objects.filter(region=region, pk=pk).select_related("municipality", "region").first()
    )
    if found is None:
        raise Http404("一般財源の計上が見つかりません。")
    return found


def confirmation(region: Region, year: int) -> ClaimYear | None:
    """The confirmation of a fiscal year's claims, None while they are open."""
    found: ClaimYear | None = (
        ClaimYear.objects.filter(region=region, fiscal_year=int(year)).select_related("user").first()
    )
    return found


def as_claim(row: RevenueClaim, region: str) -> Claim:
    """A stored claim as the estimate takes it."""
    return Claim(
        region,
        row.municipality.code,
        row.initiative,
        FiscalYear(row.fiscal_year),
        row.general_revenue,
        origin=row.origin,
        origin_total=row.origin_total,
        initiative_slug=row.initiative_slug,
    )


def clashes(actor: Actor, region: Region, year: FiscalYear) -> list[Clash]:
    """The region's claims of a year that another region of the same towns claims too, those that block first; and
    those that together exceed their budget line.

    Whether the towns are still members does not count: what was claimed stays claimed until it is taken out. Towns that
    were renamed or merged are the same. A claim that says why it is other money (`apart`) is no longer doubted, unless
    the budget line is the same.
    """
    own = claims_of(region, year)
    if not own:
        return []
    one = _heirs({row.municipality_id for row in own})
    others = _claimed_elsewhere(region, year, one)
    codes = {one[row.municipality_id]: row.municipality.code for row in own}
    rows: dict[int, RevenueClaim] = {}
    claims = []
    for row in (*own, *others):
        claim = replace(as_claim(row, row.region.slug), code=codes[one[row.municipality_id]])
        rows[id(claim)] = row
        claims.append(claim)
    seen = set(visible_regions(actor).values_list("slug", flat=True))
    found = []
    for double in double_claims(claims):
        involved = [rows[id(claim)] for claim in double.claims]
        mine = tuple(row for row in involved if row.region_id == region.pk)
        explained = double.severity is Severity.WARN and any(row.apart for row in involved)
        if mine and not explained:
            found.append(Clash(mine, double.severity, True, _said(double, mine, involved, region, seen)))
    return found


def _claimed_elsewhere(region: Region, year: FiscalYear, towns: Iterable[int]) -> list[RevenueClaim]:
    """What these towns claim in other regions in the year."""
    with scopes_disabled():
        rows = RevenueClaim.objects.filter(fiscal_year=int(year), municipality__in=list(towns))
        return list(
            rows.exclude(region=region)
            .select_related("municipality", "region")
            .order_by("region__slug", "id")
        )


def _heirs(towns: Iterable[int]) -> dict[int, int]:
    """Each of these municipalities, those they came from and those they went into, with the last of its line."""
    into: dict[int, int] = {}
    known, asked = set(towns), set[int]()
    while known - asked:
        waiting = known - asked
        asked |= waiting
        pairs = Municipality.objects.filter(successor__isnull=False).filter(
            Q(pk__in=waiting) | Q(successor__in=waiting)
        )
        for old, new in pairs.values_list("pk", "successor"):
            if new is not None:
                into[old] = new
                known |= {old, new}
    return {town: _last(town, into) for town in known}


def _last(town: int, into: Mapping[int, int]) -> int:
    seen = {town}
    while town in into and into[town] not in seen:
        town = into[town]
        seen.add(town)
    return town


def _said(
    double: Double,
    mine: Sequence[RevenueClaim],
    involved: Sequence[RevenueClaim],
    region: Region,
    seen: set[str],
) -> str:
    """What the actor reads: of a region they may not see nothing but that there is one."""
    town = mine[0].municipality.name
    names = "、".join(f"「{row.initiative}」" for row in mine)
    others = {row.region.slug: row.region.name for row in involved if row.region_id != region.pk}
    if not others:
        return f"{town}の{names}：{double.reason}予算科目か金額を直してください。"
    ending = (
        "同じ一般財源は一つの圏域だけで計上してください。"
        if double.severity is Severity.BLOCK
        else "別の財源であれば、その理由を計上に記してください。"
    )
    if set(others) <= seen:
        where = "、".join(others.values())
        return f"{town}の{names}は、{where}での計上と同じ一般財源とみられます。{double.reason}{ending}"
    return (
        f"{town}の{names}は、ほかの圏域での計上と同じ一般財源とみられます。{town}に確かめてください。{ending}"
    )
