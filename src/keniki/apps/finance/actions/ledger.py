"""What else is posted: spending and earmarked revenue of a joint cost, and the correction of any entry."""

from __future__ import annotations

from dataclasses import dataclass

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table
from keniki.core.money import format_money

from .. import policies
from ..models import Assessment, Entry, JointCost
from ..postings import resting_on
from ..queries import claims as queries
from .assessing import withdraw
from .claims import after_reversal
from .posting import (
    Correction,
    Deed,
    amount_of,
    check_day,
    entry_no,
    once,
    origin_of,
    post,
    posted_before,
    take_back,
)

Kind = Entry.Kind


@dataclass(frozen=True)
class Spending:
    """Money spent on a joint cost, or meant for it and received. `municipality` is the town in whose book it stands
    where every town runs its own part; without one it is the holder's."""

    kind: Kind
    deed: Deed
    text: str = ""
    municipality: Municipality | None = None


def post_spending(actor: Actor, cost: JointCost, year: int, spending: Spending) -> Entry:
    """Post what was spent (事業費) or received as earmarked revenue (特定財源) in a fiscal year."""
    ruling = policies.post_spending(actor, cost, year, spending.municipality)
    deed = spending.deed
    origin = origin_of(f"{spending.kind}/{cost.pk}", deed.token)
    with verb(actor, "finance.post_spending", region=cost.region.slug, ruling=ruling, quiet=True) as act:
        lock("entry-number", cost.region_id, year)
        town = spending.municipality
        body = cost.holder if town is None else town_organisation(town)
        assert body is not None
        text = spending.text.strip() or f"{cost.title} {spending.kind.label}"
        if (done := posted_before(cost.region, origin)) is not None:
            return once(done, deed, year, body=body, text=text)
        if spending.kind not in (Kind.EXPENSE, Kind.EARMARKED):
            raise WrongInput("事業費の支出か、特定財源の収入を選んでください。", column="kind")
        check_day(deed.on, year, since=FiscalYear(year).first_day)
        entry = post(
            act,
            cost,
            spending.kind,
            deed.amount,
            deed.on,
            body=body,
            fiscal_year=year,
            text=text,
            origin=origin,
            document_no=deed.document_no,
        )
        act.log(
            entry,
            None,
            {"amount": deed.amount, "on": deed.on.isoformat()},
            f"{format_table(year)} {cost.title} の{spending.kind.label}"
            f" {format_money(deed.amount, with_unit=True)}（{text}）を記帳",
            municipality=town.code if town is not None else "",
        )
    return entry


def reverse(actor: Actor, entry: Entry, correction: Correction) -> Entry:
    """Take an entry back by its opposite (訂正), with the reason.

    WrongInput where it was taken back before, and where later entries rest on it: those first. The entry of an
    assessment cancels the assessment.
    """
    ruling = policies.reverse_entry(actor, entry)
    origin = origin_of(f"reverse/{entry.pk}", correction.token)
    with verb(actor, "finance.reverse", region=entry.region.slug, ruling=ruling, quiet=True) as act:
        lock("claims", entry.cost_id, _claim_year(entry))
        row = act.lock(entry.assessment, None) if entry.assessment is not None else None
        if row is None:
            lock("reverse", entry.pk)
        if (done := posted_before(entry.region, origin)) is not None:
            return done
        reason = correction.reason.strip()
        if not reason:
            raise WrongInput("訂正の理由を入力してください。", column="reason")
        if Entry.objects.filter(reverses=entry).exists():
            raise WrongInput("この仕訳は、既に訂正されています。")
        if row is not None and entry.kind in (Kind.ASSESS, Kind.REFUND):
            return withdraw(act, row, correction, origin)
        if row is not None:
            _check_rest(entry, row)
        year = entry.fiscal_year if correction.fiscal_year is None else correction.fiscal_year
        check_day(correction.on, year, since=entry.on)
        made = take_back(
            act,
            entry,
            correction.on,
            fiscal_year=year,
            text=f"{entry_no(entry)} {entry.get_kind_display()}の訂正：{reason}",
            origin=origin,
        )
        if row is not None:
            after_reversal(act, entry, row)
        act.log(
            made,
            None,
            {"reverses": f"{entry_no(entry)}", "reason": reason},
            f"仕訳 {entry_no(entry)}（{entry.get_kind_display()}"
            f" {format_money(amount_of(entry), with_unit=True)}、{era.format_date(entry.on)}）を訂正（{reason}）",
            municipality=row.municipality.code if row is not None else "",
        )
    return made


def _claim_year(entry: Entry) -> int:
    return entry.assessment.fiscal_year if entry.assessment is not None else entry.fiscal_year


def _check_rest(entry: Entry, row: Assessment) -> None:
    """WrongInput where less would be left than later entries rest on."""
    state = queries.standing(row)
    kind, amount = Kind(entry.kind), amount_of(entry)
    for later in resting_on(kind):
        if state.of(kind) - amount < state.of(later):
            raise WrongInput(
                f"この{kind.label}に基づく{later.label}が記帳されています。先に{later.label}を訂正してください。"
            )
    if kind == Kind.RECEIVE and row.cost.manner != JointCost.Manner.EACH:
        others = queries.assessments_of(
            row.region, year=row.fiscal_year, cost=row.cost, town=row.municipality.code
        )
        refunded = any(other.is_refund and other.amount for other in others)
        if refunded and queries.net_received(others) < amount:
            raise WrongInput("この収納に基づく返還が決定されています。先に返還の決定を取り消してください。")
