"""Reading the subsidiary book: the journal with running balances, the trial balance, one entry and where it is from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import F, Prefetch, Q, QuerySet, Sum, Window
from django.http import Http404

from keniki.apps.regions.models import Organisation, Region

from ..models import Account, Entry, Line
from .ledger_check import Check as Check
from .ledger_check import check as check

Kind = Entry.Kind


@dataclass(frozen=True)
class JournalFilter:
    """What the journal is narrowed by: a fiscal year of the book, a cost's slug, a body's id, an account, a kind."""

    year: int | None = None
    cost: str = ""
    body: int | None = None
    account: str = ""
    kind: str = ""


@dataclass(frozen=True)
class JournalRow:
    """One line of the journal. `balance` is that of its body's account after it, debit above nothing."""

    line: Line
    balance: int | None

    @property
    def entry(self) -> Entry:
        return self.line.entry

    @property
    def debit(self) -> int | None:
        return self.line.amount if self.line.amount > 0 else None

    @property
    def credit(self) -> int | None:
        return -self.line.amount if self.line.amount < 0 else None


def journal(region: Region, narrowed: JournalFilter) -> QuerySet[Line]:
    """The lines in the order of the book, with `running`: the body's account since the first line of these years.

    Narrowed to a kind there are no balances, as the lines between are missing.
    """
    rows = _lines(region, narrowed).select_related(
        "body", "entry__cost", "entry__assessment__municipality", "entry__instalment", "entry__reverses"
    )
    order = ("entry__fiscal_year", "entry__number", "id")
    running = Window(Sum("amount"), partition_by=[F("body"), F("account")], order_by=order)
    return rows.annotate(running=running).order_by(*order)


def opening(region: Region, narrowed: JournalFilter) -> dict[tuple[int, str], int]:
    """What the accounts held before the fiscal year, yen by body's id and account; empty without a year."""
    if narrowed.year is None:
        return {}
    rows = Line.objects.filter(entry__region=region, entry__fiscal_year__lt=narrowed.year)
    if narrowed.cost:
        rows = rows.filter(entry__cost__slug=narrowed.cost)
    found = rows.order_by().values_list("body", "account").annotate(yen=Sum("amount"))
    return {(body, account): yen for body, account, yen in found}


def with_balances(region: Region, narrowed: JournalFilter, lines: Iterable[Line]) -> list[JournalRow]:
    """Lines of a page of the journal with their balances, those of earlier years included."""
    if narrowed.kind:
        return [JournalRow(line, None) for line in lines]
    before = opening(region, narrowed)
    return [
        JournalRow(line, before.get((line.body_id, line.account), 0) + getattr(line, "running", 0))
        for line in lines
    ]


@dataclass(frozen=True)
class TrialRow:
    """One account of a body: what was debited and credited, and what is left (debit above nothing)."""

    account: str
    opening: int
    debit: int
    credit: int

    @property
    def label(self) -> str:
        return str(Account(self.account).label)

    @property
    def balance(self) -> int:
        return self.opening + self.debit - self.credit


@dataclass(frozen=True)
class Trial:
    """The trial balance of one body (残高試算表)."""

    body: Organisation
    rows: tuple[TrialRow, ...]

    @property
    def debit(self) -> int:
        return sum(row.debit for row in self.rows)

    @property
    def credit(self) -> int:
        return sum(row.credit for row in self.rows)

    @property
    def balance(self) -> int:
        """Nothing, where the book is right."""
        return sum(row.balance for row in self.rows)


def trial_balance(region: Region, narrowed: JournalFilter) -> list[Trial]:
    """Each body's accounts, narrowed to a fiscal year and a cost; in the order of the list of accounts."""
    whole = JournalFilter(year=narrowed.year, cost=narrowed.cost, body=narrowed.body)
    sums = {
        (body, account): (debit or 0, credit or 0)
        for body, account, debit, credit in _lines(region, whole)
        .order_by()
        .values_list("body", "account")
        .annotate(
            debit=Sum("amount", filter=Q(amount__gt=0)), credit=Sum(-F("amount"), filter=Q(amount__lt=0))
        )
    }
    before = {
        key: yen
        for key, yen in opening(region, whole).items()
        if narrowed.body is None or key[0] == narrowed.body
    }
    places = list(Account.values)
    keys = sorted({*sums, *before}, key=lambda key: (key[0], places.index(key[1])))
    bodies = Organisation.objects.in_bulk({body for body, _ in keys})
    return [
        Trial(
            bodies[body],
            tuple(
                TrialRow(account, before.get((body, account), 0), *sums.get((body, account), (0, 0)))
                for _, account in found
            ),
        )
        for body, found in groupby(keys, key=lambda key: key[0])
    ]


def bodies_of(region: Region) -> list[Organisation]:
    """The bodies in whose books something stands."""
    rows = Line.objects.filter(entry__region=region).order_by().values_list("body", flat=True).distinct()
    return list(Organisation.objects.filter(pk__in=list(rows)).order_by("kind", "name"))


def entry_for(region: Region, year: int, number: int) -> Entry:
    """One entry with its lines and everything it comes from; 404 when the region has none of that number."""
    found: Entry | None = (
        Entry.objects.filter(region=region, fiscal_year=year, number=number)
        .select_related(
            "cost__holder",
            "cost__initiative",
            "assessment__municipality",
            "assessment__holder",
            "assessment__cost__holder",
            "assessment__allocation__rule",
            "assessment__allocation__cost",
            "instalment",
            "reverses",
            "reversed_by",
            "user",
        )
        .prefetch_related(Prefetch("lines", Line.objects.select_related("body__municipality").order_by("id")))
        .first()
    )
    if found is None:
        raise Http404("仕訳が見つかりません。")
    found.region = region
    found.cost.region = region
    if found.assessment is not None:
        found.assessment.region = region
        found.assessment.cost.region = region
        found.assessment.allocation.region = region
        found.assessment.allocation.cost.region = region
    for other in (found.reverses, getattr(found, "reversed_by", None)):
        if other is not None:
            other.region = region
    return found


@dataclass(frozen=True)
class Posted:
    """An entry as one row: its debit and credit account, the amount, whether it was taken back."""

    entry: Entry
    body: str = ""
    debit: str = ""
    credit: str = ""
    amount: int = 0
    reversed_by: Entry | None = None


def entries_of(region: Region, **narrowed: object) -> list[Posted]:
    """Entries in the order of the book, one a row; two queries."""
    return [posted_of(entry, region) for entry in entry_rows(region, **narrowed)]


def entry_rows(region: Region, **narrowed: object) -> QuerySet[Entry]:
    """Entries in the order of the book, with what `posted_of` needs."""
    rows = Entry.objects.filter(region=region, **narrowed).select_related(
        "reversed_by", "reverses", "instalment", "user"
    )
    rows = rows.prefetch_related(Prefetch("lines", Line.objects.select_related("body").order_by("id")))
    return rows.order_by("fiscal_year", "number")


def posted_of(entry: Entry, region: Region) -> Posted:
    """One row of an entry whose lines are read."""
    lines = list(entry.lines.all())
    debit = [line for line in lines if line.amount > 0]
    credit = [line for line in lines if line.amount < 0]
    entry.region = region
    taken_back: Entry | None = getattr(entry, "reversed_by", None)
    if taken_back is not None:
        taken_back.region = region
    return Posted(
        entry,
        "・".join(dict.fromkeys(line.body.name for line in lines)),
        "・".join(line.get_account_display() for line in debit),
        "・".join(line.get_account_display() for line in credit),
        sum(line.amount for line in debit),
        taken_back,
    )


def _lines(region: Region, narrowed: JournalFilter) -> QuerySet[Line]:
    rows = Line.objects.filter(entry__region=region)
    if narrowed.year is not None:
        rows = rows.filter(entry__fiscal_year=narrowed.year)
    if narrowed.cost:
        rows = rows.filter(entry__cost__slug=narrowed.cost)
    if narrowed.body is not None:
        rows = rows.filter(body=narrowed.body)
    if narrowed.account:
        rows = rows.filter(account=narrowed.account)
    if narrowed.kind:
        rows = rows.filter(entry__kind=narrowed.kind)
    return rows
