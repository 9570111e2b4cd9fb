"""Entering general revenue, confirming a fiscal year, opening it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.programmes import naming, policies, queries
from keniki.apps.programmes.funding import Claim
from keniki.apps.programmes.models import ClaimYear, RevenueClaim
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table
from keniki.core.text import search_key


@dataclass(frozen=True)
class ClaimDraft:
    """A claim as it shall be, amounts in yen. The initiative is chosen (`initiative_slug`) or named in words."""

    fiscal_year: int
    municipality: Municipality
    initiative: str
    general_revenue: int
    initiative_slug: str = ""
    programme: str = ""
    origin: str = ""
    origin_total: int | None = None
    apart: str = ""
    note: str = ""


def save_claim(
    actor: Actor,
    region: Region,
    draft: ClaimDraft,
    claim: RevenueClaim | None = None,
    version: int | None = None,
) -> RevenueClaim:
    """Store what a member claims for an initiative. Raises `WrongInput`, `Denied` or `Stale`."""
    check_claim(draft)
    if claim is not None:
        policies.edit_claim(actor, claim).require()
    ruling = policies.enter_claim(actor, region, draft.fiscal_year, draft.municipality)
    name = "programmes.save_claim"
    with verb(actor, name, region=region.slug, ruling=ruling, quiet=claim is not None) as act:
        _hold(region, draft.fiscal_year, *([claim.fiscal_year] if claim is not None else []))
        return _store(act, region, draft, claim, version, proxy=bool(act.on_behalf_of))


def import_claims(actor: Actor, region: Region, year: FiscalYear, claims: Sequence[Claim]) -> int:
    """Store a file's claims, one per member and initiative, all or none; how many were new or changed."""
    towns = {row.municipality.code: row.municipality for row in queries.memberships_of_year(region, year)}
    for number, claim in enumerate(claims, 2):
        ruling = policies.enter_claim(actor, region, int(year), towns[claim.code])
        if not ruling:
            raise WrongInput(ruling.reason, row=number, column="municipality_code")
    ruling = policies.add_claim(actor, region)
    stored = 0
    with verb(actor, "programmes.import_claims", region=region.slug, ruling=ruling, quiet=True) as act:
        _hold(region, int(year))
        have = {(row.municipality.code, _key(row)): row for row in queries.claims_of(region, year)}
        for claim in claims:
            named = naming.chosen(region, claim.initiative_slug, claim.initiative)
            row = RevenueClaim(region=region, fiscal_year=int(year), municipality=towns[claim.code])
            _name(row, named, claim.initiative, "")
            old = have.get((claim.code, _key(row)))
            if old is not None and old.general_revenue == claim.general_revenue:
                continue
            row = old or row
            town = policies.enter_claim(actor, region, int(year), towns[claim.code])
            row.general_revenue, row.proxy = claim.general_revenue, bool(town.on_behalf_of)
            act.save(row)
            stored += 1
        if stored:
            total = sum(claim.general_revenue for claim in claims)
            act.log(
                region,
                None,
                {"rows": len(claims), "general_revenue": total},
                f"{format_table(year)}の一般財源の計上をファイルから{stored}件登録（ファイルの計 {total:,}円）",
            )
    return stored


def remove_claim(actor: Actor, claim: RevenueClaim, version: int) -> None:
    """Take a claim out."""
    ruling = policies.remove_claim(actor, claim)
    with verb(actor, "programmes.remove_claim", region=claim.region.slug, ruling=ruling) as act:
        _hold(claim.region, claim.fiscal_year)
        current = act.lock(claim, version)
        act.log(
            current,
            content_of_claim(current),
            None,
            f"{called(current)} を削除",
            municipality=current.municipality.code,
        )
        current.delete()


def confirm_claims(actor: Actor, region: Region, year: FiscalYear) -> ClaimYear:
    """Confirm a fiscal year's claims; refused while another region claims the same money.

    Two regions that confirm at once do so one after the other, so that one of them sees the other's claims.
    """
    ruling = policies.confirm_claims(actor, region)
    with verb(actor, "programmes.confirm_claims", region=region.slug, ruling=ruling) as act:
        lock("programmes", "claims-confirmed", int(year))
        lock("programmes", "claims", region.pk, int(year))
        if queries.confirmation(region, year) is not None:
            raise WrongInput(f"{format_table(year)}の計上は、既に確定しています。")
        if not queries.claims_of(region, year):
            raise WrongInput(f"{format_table(year)}の計上がありません。先に一般財源を入力してください。")
        outside = queries.claims_outside(region, year)
        if outside:
            names = "、".join(dict.fromkeys(row.municipality.name for row in outside))
            raise WrongInput(
                f"{format_table(year)}の計上を確定できません。{names}は、この年度の構成市町村ではありません。"
                "計上を削除するか、構成の期間を直してください。"
            )
        blocking = [clash.said for clash in queries.clashes(actor, region, year) if clash.blocks]
        if blocking:
            raise WrongInput(f"{format_table(year)}の計上を確定できません。{' '.join(blocking)}")
        saved = ClaimYear(region=region, fiscal_year=int(year), confirmed_on=today())
        saved.made_by(act)
        act.save(saved)
        act.log(saved, None, {"fiscal_year": int(year)}, f"{format_table(year)}の一般財源の計上を確定")
        return saved


def reopen_claims(actor: Actor, region: Region, year: FiscalYear) -> None:
    """Open a confirmed fiscal year again."""
    ruling = policies.confirm_claims(actor, region)
    with verb(actor, "programmes.reopen_claims", region=region.slug, ruling=ruling) as act:
        lock("programmes", "claims", region.pk, int(year))
        found = queries.confirmation(region, year)
        if found is None:
            raise WrongInput(f"{format_table(year)}の計上は、確定していません。")
        act.log(found, {"fiscal_year": int(year)}, None, f"{format_table(year)}の一般財源の計上の確定を解除")
        found.delete()


def check_claim(draft: ClaimDraft) -> None:
    """Raise `WrongInput` for a claim that cannot be, naming the field as `column`."""
    if not draft.initiative.strip() and not draft.initiative_slug:
        raise WrongInput("取組を選ぶか、名称を入力してください。", column="initiative")
    if draft.general_revenue < 0:
        raise WrongInput("一般財源は0円以上で入力してください。", column="general_revenue")
    if draft.origin_total is not None:
        if not draft.origin.strip():
            raise WrongInput("総額を入力するときは、予算科目も入力してください。", column="origin")
        if draft.origin_total < draft.general_revenue:
            raise WrongInput(
                "予算科目の総額が、この計上の一般財源より小さくなっています。", column="origin_total"
            )


def called(claim: RevenueClaim) -> str:
    """How the log names a claim: 「令和6年度 栗山町 防災 1,200,000円」."""
    year = format_table(claim.fiscal_year)
    return f"{year} {claim.municipality.name} {claim.initiative} {claim.general_revenue:,}円"


def content_of_claim(claim: RevenueClaim) -> dict[str, Any]:
    """All of a claim that people edit, as the log keeps it."""
    return {
        "fiscal_year": claim.fiscal_year,
        "municipality": claim.municipality.name,
        "initiative": claim.initiative,
        "initiative_slug": claim.initiative_slug,
        "programme": claim.programme,
        "general_revenue": claim.general_revenue,
        "origin": claim.origin,
        "origin_total": claim.origin_total,
        "apart": claim.apart,
        "note": claim.note,
    }


def _store(
    act: Act,
    region: Region,
    draft: ClaimDraft,
    claim: RevenueClaim | None,
    version: int | None,
    *,
    proxy: bool,
) -> RevenueClaim:
    named = naming.chosen(region, draft.initiative_slug, draft.initiative)
    saved = RevenueClaim(region=region) if claim is None else act.lock(claim, version)
    old = {} if claim is None else content_of_claim(saved)
    for name in ("fiscal_year", "municipality", "general_revenue", "origin_total"):
        setattr(saved, name, getattr(draft, name))
    for name in ("origin", "apart", "note"):
        setattr(saved, name, getattr(draft, name).strip())
    _name(saved, named, draft.initiative, draft.programme)
    new = content_of_claim(saved)
    before, after = changes(old, new)
    if claim is not None and not after:
        return saved
    saved.proxy = proxy
    act.save(saved)
    text = f"{called(saved)} を{'計上' if claim is None else '変更'}"
    act.log(saved, before if claim is not None else None, after, text, municipality=saved.municipality.code)
    return saved


def _name(row: RevenueClaim, named: naming.Named | None, words: str, programme: str) -> None:
    """Write the initiative, and the programme: as given, else the initiative's own where it runs in the year."""
    row.initiative = words.strip() if named is None else named.title
    row.initiative_slug = "" if named is None else named.slug
    row.programme = programme
    if not programme and named is not None:
        running = queries.programmes_in(row.region, FiscalYear(row.fiscal_year))
        row.programme = named.programme if named.programme in running else ""


def _key(row: RevenueClaim) -> str:
    """What tells one initiative of a town from another: the one chosen, else its name however it is typed."""
    return row.initiative_slug or f" {search_key(row.initiative)}"


def _hold(region: Region, *years: int) -> None:
    """Keep these years open until the transaction ends; 403 for one that is confirmed."""
    for year in sorted(set(years)):
        lock("programmes", "claims", region.pk, year, shared=True)
        if queries.confirmation(region, year) is not None:
            raise Denied(policies.confirmed_reason(year))
