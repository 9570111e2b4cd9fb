"""General revenue that members claim in a fiscal year, and what looks like the same money in another region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404
from django_scopes import scope
from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Actor
from keniki.apps.programmes.funding import Claim, Double, Member, Role, Severity, double_claims
from keniki.apps.programmes.models import ClaimYear, RevenueClaim
from keniki.apps.regions.models import Region, RegionMembership
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


def programme_in(region: Region, year: FiscalYear) -> str | None:
    """The programme the region works under at the end of a fiscal year, the one begun last; None for none."""
    running = [row for row in region.programmes.all() if year.last_day in row.valid]
    return str(max(running, key=lambda row: row.valid.lower).programme) if running else None


def claims_of(region: Region, year: int) -> list[RevenueClaim]:
    """What is claimed in a fiscal year, town by town in the order it was entered."""
    rows = RevenueClaim.objects.filter(region=region, fiscal_year=int(year)).select_related("municipality")
    return list(rows.order_by("municipality__code", "id"))


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
    )


def clashes(actor: Actor, region: Region, year: FiscalYear) -> list[Clash]:
    """The region's claims of a year that another region of the same towns claims too, those that block first.

    A claim that says why it is other money (`apart`) is no longer doubted, unless the budget line is the same.
    """
    own = claims_of(region, year)
    others = _claimed_elsewhere(region, year, {row.municipality_id for row in own})
    if not others:
        return []
    rows: dict[int, RevenueClaim] = {}
    claims = []
    for row in (*own, *others):
        claim = as_claim(row, row.region.slug if row.region_id != region.pk else region.slug)
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
    """What the same towns claim in the other regions they belong to in the year."""
    wanted = list(towns)
    during = DateRange(year.first_day, year.last_day, "[]")
    others = list(
        Region.objects.filter(
            pk__in=RegionMembership.objects.filter(municipality__in=wanted, valid__overlap=during).values(
                "region"
            )
        ).exclude(pk=region.pk)
    )
    if not others:
        return []
    with scope(region=others):
        rows = RevenueClaim.objects.filter(
            region__in=others, fiscal_year=int(year), municipality__in=wanted
        ).select_related("municipality", "region")
        return list(rows.order_by("id"))


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
