"""The same general revenue in two regions: found by its budget line, by its name, by its amount, by the sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from keniki.apps.programmes.codes import six_digits
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table
from keniki.core.text import search_key

from .allocation import Claim


class Severity(StrEnum):
    """WARN may be right (two initiatives of one name); BLOCK cannot be: the money exists once."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Double:
    """Claims of one municipality and year in several regions that look like, or are, the same money (yen)."""

    severity: Severity
    code: str
    year: FiscalYear
    regions: tuple[str, ...]
    claims: tuple[Claim, ...]
    claimed: int
    available: int | None
    message: str
    reason: str = ""


def double_claims(
    claims: Iterable[Claim], available: Mapping[tuple[str, FiscalYear], int] | None = None
) -> tuple[Double, ...]:
    """Every overlap between regions, those that block first; and a budget line of which more is claimed than it holds.

    `available` gives the general revenue a municipality has for such initiatives in a year, where it is known:
    more than that cannot be claimed over all regions together.
    """
    by_town: dict[tuple[str, FiscalYear], list[Claim]] = defaultdict(list)
    for claim in claims:
        by_town[six_digits(claim.code), claim.year].append(claim)
    found: list[Double] = []
    for (code, year), own in by_town.items():
        found += _in_town(code, year, own, (available or {}).get((code, year)))
    return tuple(sorted(found, key=lambda double: double.severity is not Severity.BLOCK))


def refuse_doubles(
    claims: Iterable[Claim], available: Mapping[tuple[str, FiscalYear], int] | None = None
) -> tuple[Double, ...]:
    """The warnings; WrongInput for the first overlap that blocks."""
    doubles = double_claims(claims, available)
    for double in doubles:
        if double.severity is Severity.BLOCK:
            raise WrongInput(double.message, column="general_revenue")
    return doubles


def _in_town(code: str, year: FiscalYear, claims: list[Claim], available: int | None) -> list[Double]:
    found: list[Double] = []
    explained: set[frozenset[int]] = set()

    def note(same: list[Claim], severity: Severity, reason: str, limit: int | None) -> None:
        marks = frozenset(id(claim) for claim in same)
        if marks in explained or (limit is None and len({claim.region for claim in same}) < 2):
            return
        explained.add(marks)
        found.append(_double(severity, code, year, same, limit, reason))

    for same in _grouped(claims, lambda claim: search_key(claim.origin)).values():
        origin = same[0].origin
        limits = {claim.origin_total for claim in same if claim.origin_total is not None}
        limit = min(limits, default=None)
        total = sum(claim.general_revenue for claim in same)
        several = len({claim.region for claim in same}) > 1
        if limit is not None and total > limit:
            note(
                same,
                Severity.BLOCK,
                f"予算科目「{origin}」の計上の計が、その一般財源の総額を超えます。",
                limit,
            )
        elif several and len(limits) > 1:
            note(same, Severity.BLOCK, f"予算科目「{origin}」の総額が、圏域によって違います。", limit)
        elif several and limit is not None:
            note(same, Severity.WARN, f"予算科目「{origin}」を分けて計上しています。", limit)
        elif several:
            note(same, Severity.BLOCK, f"予算科目「{origin}」が同じです。", None)
    total = sum(claim.general_revenue for claim in claims)
    if available is not None and total > available and len({claim.region for claim in claims}) > 1:
        note(
            claims,
            Severity.BLOCK,
            "各圏域で計上した一般財源の計が、その市町村の一般財源を超えます。",
            available,
        )
    nameless = [claim for claim in claims if claim.general_revenue]
    for same in _grouped(nameless, lambda claim: search_key(claim.initiative)).values():
        if not _apart(same):
            note(same, Severity.WARN, f"取組名「{same[0].initiative}」が同じです。", None)
    for amount, same in _grouped(nameless, lambda claim: str(claim.general_revenue)).items():
        if not _apart(same):
            note(same, Severity.WARN, f"一般財源の額（{int(amount):,}円）が同じです。", None)
    return found


def _apart(claims: list[Claim]) -> bool:
    """Whether every claim names its budget line and no two are the same: then it is other money."""
    origins = [search_key(claim.origin) for claim in claims]
    return all(origins) and len(set(origins)) == len(origins)


def _grouped(claims: Iterable[Claim], key: Callable[[Claim], str]) -> dict[str, list[Claim]]:
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        name = key(claim)
        if name:
            groups[name].append(claim)
    return groups


def _double(
    severity: Severity,
    code: str,
    year: FiscalYear,
    claims: list[Claim],
    available: int | None,
    reason: str,
) -> Double:
    regions = tuple(dict.fromkeys(claim.region for claim in claims))
    claimed = sum(claim.general_revenue for claim in claims)
    limit = f"（計上 {claimed:,}円、実額 {available:,}円）" if available is not None else ""
    ending = (
        "同じ一般財源は一つの圏域だけで計上してください。"
        if severity is Severity.BLOCK
        else "同じ一般財源でないか確かめてください。"
    )
    where = "複数の圏域" if len(regions) > 1 else "圏域"
    return Double(
        severity,
        code,
        year,
        regions,
        tuple(claims),
        claimed,
        available,
        f"{code} の{format_table(year)}の一般財源が{where}（{'、'.join(regions)}）にあります。"
        f"{reason}{limit}{ending}",
        reason,
    )
