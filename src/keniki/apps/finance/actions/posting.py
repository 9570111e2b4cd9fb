"""How the book is written: an entry numbered without a gap, posted once, taken back by its opposite."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Max

from keniki.apps.accounts.verbs import Act, lock
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Organisation, Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, check_payment, format_short

from ..models import Assessment, Entry, Instalment, JointCost, Line
from ..postings import POSTINGS, Side

Kind = Entry.Kind

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,40}")
_ANEW: Final = "画面を開き直して、もう一度入力してください。"


@dataclass(frozen=True)
class Deed:
    """What a page asks to post: yen, the day, the form's token, by which a second sending is recognised.

    `fiscal_year` is the book's year (without one the assessment's), `document_no` the number in the body's own system.
    """

    amount: int
    on: date
    token: str
    fiscal_year: int | None = None
    document_no: str = ""


@dataclass(frozen=True)
class Correction:
    """What a page asks to take back: why, on which day, in which book's year, with the form's token."""

    reason: str
    on: date
    token: str
    fiscal_year: int | None = None


def origin_of(what: str, token: str) -> str:
    """What an entry is posted for: what it is about, and the token of the form. WrongInput without a token."""
    if not _TOKEN.fullmatch(token):
        raise WrongInput(f"送信の印がありません。{_ANEW}")
    return f"{what}/{token}"


def check_day(on: date, year: int, *, since: date | None = None) -> None:
    """WrongInput for a day that has not come, that the fiscal year's book does not take, or before `since`."""
    if on > today():
        raise WrongInput("まだ来ていない日は記帳できません。行った日を入力してください。", column="on")
    try:
        check_payment(on, FiscalYear(year))
    except WrongInput as wrong:
        closed = FiscalYear(year).settlement_last_day
        hint = f"出納閉鎖（{era.format_date(closed)}）の後です。" if on > closed else ""
        raise WrongInput(f"{hint}{wrong.message}", column="fiscal_year") from None
    if since is not None and on < since:
        raise WrongInput(f"{era.format_date(since)}より前の日です。日付を確かめてください。", column="on")


def posted_before(region: Region, origin: str) -> Entry | None:
    """The entry that was posted for it already."""
    found: Entry | None = Entry.objects.filter(region=region, origin=origin).first()
    return found


def once(
    found: Entry,
    deed: Deed,
    fiscal_year: int,
    *,
    instalment: Instalment | None = None,
    body: Organisation | None = None,
    text: str | None = None,
) -> Entry:
    """The entry that the same form posted before; WrongInput where that form says something else now.

    `body` and `text` are compared where they are given.
    """
    same = (
        amount_of(found), found.on, found.fiscal_year, found.document_no, found.instalment_id
    ) == (
        deed.amount, deed.on, fiscal_year, deed.document_no.strip(),
        instalment.pk if instalment is not None else None,
    )  # fmt: skip
    same = same and (text is None or found.text == text[:300])
    if not same or (body is not None and any(line.body_id != body.pk for line in found.lines.all())):
        raise WrongInput(
            f"この画面からは、既に{amount_of(found):,}円（{era.format_date(found.on)}）を記帳しています。{_ANEW}"
        )
    return found


def amount_of(entry: Entry) -> int:
    """Yen of an entry: its debit."""
    return sum(line.amount for line in entry.lines.all() if line.amount > 0)


def entry_no(entry: Entry) -> str:
    """How an entry is named: 「R6-12」."""
    return f"{format_short(entry.fiscal_year)}-{entry.number}"


def body_of(assessment: Assessment, kind: Kind) -> Organisation:
    """In whose book an entry of an assessment stands."""
    if POSTINGS[kind].side is Side.HOLDER:
        return assessment.holder
    return town_organisation(assessment.municipality)


def post(
    act: Act,
    cost: JointCost,
    kind: Kind,
    amount: int,
    on: date,
    *,
    body: Organisation,
    fiscal_year: int,
    text: str,
    origin: str,
    document_no: str = "",
    assessment: Assessment | None = None,
    instalment: Instalment | None = None,
) -> Entry:
    """Post an entry of a kind inside a verb: both its lines, with the next number of the book's year."""
    if amount <= 0:
        raise WrongInput("金額は1円以上で入力してください。", column="amount")
    posting = POSTINGS[kind]
    entry = Entry(
        region=cost.region,
        cost=cost,
        fiscal_year=fiscal_year,
        number=_next_number(cost.region, fiscal_year),
        on=on,
        kind=kind,
        text=text[:300],
        document_no=document_no.strip(),
        assessment=assessment,
        instalment=instalment,
        origin=origin,
    )
    entry.made_by(act)
    entry.save()
    for account, yen in ((posting.debit, amount), (posting.credit, -amount)):
        Line(entry=entry, body=body, account=account, amount=yen).save()
    return entry


def take_back(act: Act, entry: Entry, on: date, *, fiscal_year: int, text: str, origin: str) -> Entry:
    """Post the opposite of an entry inside a verb. WrongInput where that was done before."""
    lock("entry-number", entry.region_id, fiscal_year)
    if Entry.objects.filter(reverses=entry).exists():
        raise WrongInput("この仕訳は、既に訂正されています。")
    made = Entry(
        region=entry.region,
        cost=entry.cost,
        fiscal_year=fiscal_year,
        number=_next_number(entry.region, fiscal_year),
        on=on,
        kind=Kind.REVERSAL,
        text=text[:300],
        assessment=entry.assessment,
        instalment=entry.instalment,
        reverses=entry,
        origin=origin,
    )
    made.made_by(act)
    made.save()
    for line in entry.lines.order_by("id"):
        Line(entry=made, body_id=line.body_id, account=line.account, amount=-line.amount).save()
    return made


def _next_number(region: Region, year: int) -> int:
    """The number after the last of a book's year; nobody else takes one until the transaction ends."""
    lock("entry-number", region.pk, year)
    last = Entry.objects.filter(region=region, fiscal_year=year).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
