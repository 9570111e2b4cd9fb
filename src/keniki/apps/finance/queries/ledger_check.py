"""The proof that the book is right: every rule it has to keep, each asked of the rows themselves.

Nothing here trusts the database's guards or the verbs: a row that came past them is found and named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Max, Min, Q, Sum
from django.urls import reverse

from keniki.apps.regions.models import Region
from keniki.core.fiscal_year import format_short, format_table

from ..models import Account, Allocation, Assessment, Entry, Line
from ..postings import POSTINGS
from ..standing import Standing
from .claims import is_own, standings

Kind = Entry.Kind

#: What the accounts of a book that follows the rules may hold on the whole: debit (+1), credit (−1).
_SIDES: Final[Mapping[str, int]] = {
    Account.RECEIVABLE: 1,
    Account.SHARE_EXPENSE: 1,
    Account.EXPENSE: 1,
    Account.REFUND_RECEIVABLE: 1,
    Account.EARMARKED_REVENUE: -1,
    Account.REFUND_PAYABLE: -1,
    Account.COMMITTED: -1,
    Account.ORDERED: -1,
    Account.REFUND_REVENUE: -1,
}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it has to be (or not done yet), and the page where it is seen."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Proof:
    """One rule of the book: how many rows it was asked of, and where it does not hold."""

    name: str
    rule: str
    asked: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return not self.findings


@dataclass(frozen=True)
class Check:
    """The whole proof, with what the two books of a claim do not agree on yet (未処理), which is no mistake."""

    proofs: tuple[Proof, ...]
    pending: tuple[Finding, ...]
    entries: int
    debit: int
    credit: int

    @property
    def holds(self) -> bool:
        return all(proof.holds for proof in self.proofs)


def check(region: Region) -> Check:
    """Prove the region's book. The number of queries does not depend on that of its rows."""
    entries = Entry.objects.filter(region=region)
    lines = Line.objects.filter(entry__region=region)
    sums = lines.aggregate(
        debit=Sum("amount", filter=Q(amount__gt=0), default=0),
        credit=Sum(-F("amount"), filter=Q(amount__lt=0), default=0),
    )
    count = entries.count()
    rows = standings(
        Assessment.objects.filter(region=region)
        .select_related("cost", "municipality", "holder")
        .order_by("fiscal_year", "number")
    )
    proofs = (
        Proof(
            "仕訳の貸借",
            "どの仕訳も、団体ごとに借方と貸方が等しい",
            count,
            tuple(_unbalanced(region)),
        ),
        Proof("全体の貸借", "補助簿全体の借方と貸方が等しい", count, tuple(_totals(sums))),
        Proof("勘定と団体", "仕訳の勘定と団体が、その種類のとおりである", count, tuple(_misplaced(region))),
        Proof("番号", "仕訳と調定の番号が、年度ごとに1から欠けずに続く", count, tuple(_gaps(region))),
        Proof("訂正", "訂正の仕訳が、もとの仕訳のちょうど反対である", count, tuple(_wrong_reversals(region))),
        Proof(
            "調定と未収",
            "未収負担金・未払返還金が、調定額から収納額（支払額）を引いた額である",
            len(rows),
            tuple(_receivables(region, rows)),
        ),
        Proof(
            "限度",
            "収納は納期の額を、支出命令は支出負担行為を、支出は支出命令を超えない",
            len(rows),
            tuple(_excesses(region, rows)),
        ),
        Proof(
            "負担額と調定",
            "調定した額の合計が、それぞれの負担額の決定を超えない",
            len(rows),
            tuple(_overclaimed(region, rows)),
        ),
        Proof("残高の向き", "どの勘定の残高も、あるべき側にある", count, tuple(_wrong_sides(region))),
    )
    return Check(proofs, tuple(_pending(region, rows)), count, sums["debit"], sums["credit"])


def _unbalanced(region: Region) -> Iterator[Finding]:
    rows = Line.objects.filter(entry__region=region).order_by()
    by_body = rows.values_list("entry__fiscal_year", "entry__number", "body__name").annotate(
        yen=Sum("amount")
    )
    for year, number, body, yen in by_body.exclude(yen=0):
        yield Finding(
            f"仕訳 {format_short(year)}-{number} の{body}で {yen:,}円合いません。",
            _entry(region, year, number),
        )
    for entry in Entry.objects.filter(region=region, lines=None):
        yield Finding(
            f"仕訳 {format_short(entry.fiscal_year)}-{entry.number} に行がありません。",
            _entry(region, entry.fiscal_year, entry.number),
        )


def _totals(sums: Mapping[str, int]) -> Iterator[Finding]:
    if sums["debit"] != sums["credit"]:
        yield Finding(f"借方 {sums['debit']:,}円、貸方 {sums['credit']:,}円です。")


def _misplaced(region: Region) -> Iterator[Finding]:
    """Lines in an account or in a book that is not of their kind."""
    wrong = Q()
    for kind, posting in POSTINGS.items():
        right = Q(account=posting.debit, amount__gt=0) | Q(account=posting.credit, amount__lt=0)
        wrong |= Q(entry__kind=kind) & ~right
    holders = [kind for kind, posting in POSTINGS.items() if posting.side.name == "HOLDER"]
    towns = [kind for kind, posting in POSTINGS.items() if posting.side.name == "TOWN"]
    claimed = Q(entry__assessment__isnull=False)
    wrong |= claimed & Q(entry__kind__in=holders) & ~Q(body=F("entry__assessment__holder"))
    wrong |= (
        claimed
        & Q(entry__kind__in=towns)
        & ~Q(body__municipality=F("entry__assessment__municipality"), body__kind="municipality")
    )
    rows = Line.objects.filter(wrong, entry__region=region).select_related("entry", "body")
    for line in rows:
        entry = line.entry
        yield Finding(
            f"仕訳 {format_short(entry.fiscal_year)}-{entry.number}（{entry.get_kind_display()}）に"
            f"{line.body}の{line.get_account_display()} {line.amount:,}円があります。",
            _entry(region, entry.fiscal_year, entry.number),
        )


def _gaps(region: Region) -> Iterator[Finding]:
    for model, name in ((Entry, "仕訳"), (Assessment, "調定")):
        rows = model.objects.filter(region=region).order_by().values_list("fiscal_year")
        for year, first, last, count in rows.annotate(
            first=Min("number"), last=Max("number"), count=Count("id")
        ):
            if (first, last) != (1, count):
                yield Finding(
                    f"{format_table(year)}の{name}は{count}件ですが、番号は{first}から{last}までです。"
                )


def _wrong_reversals(region: Region) -> Iterator[Finding]:
    reversals = list(
        Entry.objects.filter(region=region, kind=Kind.REVERSAL).select_related("reverses").order_by("pk")
    )
    ids = {entry.pk for entry in reversals} | {entry.reverses_id for entry in reversals}
    sums: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    lines = Line.objects.filter(entry__in=ids).order_by()
    for pk, body, account, yen in lines.values_list("entry", "body", "account").annotate(yen=Sum("amount")):
        sums[pk][body, account] = yen
    for entry in reversals:
        other = entry.reverses
        opposite = {} if other is None else {key: -yen for key, yen in sums[other.pk].items()}
        if other is None or sums[entry.pk] != opposite or other.kind == Kind.REVERSAL:
            yield Finding(
                f"仕訳 {format_short(entry.fiscal_year)}-{entry.number} が、もとの仕訳の反対になっていません。",
                _entry(region, entry.fiscal_year, entry.number),
            )


def _receivables(region: Region, rows: list[Standing]) -> Iterator[Finding]:
    """The account of each claim against its own record: what was assessed less what cash came in or went out."""
    accounts = (Account.RECEIVABLE, Account.REFUND_PAYABLE)
    lines = Line.objects.filter(entry__region=region, account__in=accounts).order_by()
    held: dict[int | None, int] = dict(lines.values_list("entry__assessment").annotate(yen=Sum("amount")))
    for row in rows:
        sign = -1 if row.is_refund else 1
        wanted = sign * row.outstanding
        found = held.pop(row.assessment.pk, 0)
        if found != wanted:
            yield _of(
                region, row, f"補助簿の残高 {sign * found:,}円、調定と収納からは {row.outstanding:,}円です。"
            )
        parts = sum(each.instalment.amount for each in row.instalments)
        if parts != row.assessment.amount:
            yield _of(region, row, f"納期の合計 {parts:,}円が、調定額と合いません。")
    for pk, yen in held.items():
        if yen:
            yield Finding(f"調定（{pk}）のない残高 {yen:,}円があります。")


def _excesses(region: Region, rows: list[Standing]) -> Iterator[Finding]:
    for row in rows:
        for part in row.instalments:
            if part.outstanding < 0:
                number = part.instalment.number
                yield _of(region, row, f"第{number}期に {-part.outstanding:,}円多く収納されています。")
        for kind, yen in row.posted.items():
            over = -row.left(Kind(kind))
            if over > 0:
                yield _of(region, row, f"{Kind(kind).label} {yen:,}円は、{over:,}円多く記帳されています。")


def _overclaimed(region: Region, rows: list[Standing]) -> Iterator[Finding]:
    """Of each cost, year and town: what is claimed in all against the share of the last allocation it is claimed by."""
    allocations = {row.assessment.allocation_id for row in rows}
    shares: dict[tuple[int, int], int] = {}
    number: dict[int, int] = {}
    for allocation in Allocation.objects.filter(pk__in=allocations).prefetch_related("shares"):
        number[allocation.pk] = allocation.number
        for share in allocation.shares.all():
            shares[allocation.pk, share.municipality_id] = share.amount
    claimed: dict[tuple[int, int, int], list[Standing]] = defaultdict(list)
    for row in rows:
        key = (row.assessment.cost_id, row.assessment.fiscal_year, row.assessment.municipality_id)
        claimed[key].append(row)
        if is_own(row.assessment.holder, row.assessment.municipality):
            yield _of(region, row, "会計をもつ団体が、自らに調定しています。")
    for (_, _, town), found in claimed.items():
        live = [row for row in found if row.amount]
        total = sum(-row.amount if row.is_refund else row.amount for row in live)
        if not live:
            continue
        last = max(live, key=lambda row: number[row.assessment.allocation_id])
        most = shares.get((last.assessment.allocation_id, town), 0)
        if total > most:
            yield _of(region, last, f"調定額の合計 {total:,}円が、負担額 {most:,}円を超えています。")


def _wrong_sides(region: Region) -> Iterator[Finding]:
    rows = Line.objects.filter(entry__region=region, account__in=_SIDES).order_by()
    for body, account, yen in rows.values_list("body__name", "account").annotate(yen=Sum("amount")):
        if yen * _SIDES[account] < 0:
            yield Finding(f"{body}の{Account(account).label}の残高が {yen:,}円です。")


def _pending(region: Region, rows: list[Standing]) -> Iterator[Finding]:
    """Where the town's book does not hold what the holder's does, or not yet."""
    for row in rows:
        if row.assessment.cancelled_on is not None:
            continue
        if row.unbooked:
            what = "返還金の調定" if row.is_refund else "支出負担行為"
            yield _of(region, row, f"市町村の{what}が {row.unbooked:,}円分まだです。")
        paid = row.of(Kind.REFUND_RECEIVE if row.is_refund else Kind.PAY)
        if paid != row.settled:
            here, there = ("支払", "市町村の収納") if row.is_refund else ("収納", "市町村の支出")
            yield _of(region, row, f"{here} {row.settled:,}円に対し、{there}は {paid:,}円です。")


def _entry(region: Region, year: int, number: int) -> str:
    return reverse("finance:entry", args=[region.slug, year, number])


def _of(region: Region, row: Standing, text: str) -> Finding:
    made = row.assessment
    return Finding(
        f"調定 {format_short(made.fiscal_year)}-{made.number} {made.municipality.name}（{made.cost.title}）：{text}",
        reverse("finance:assessment", args=[region.slug, made.fiscal_year, made.number]),
    )
