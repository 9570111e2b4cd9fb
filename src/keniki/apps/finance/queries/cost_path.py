"""Where a joint cost's year stands: the stages of its budget, the way of its shares, and what has to be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse

from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_word
from keniki.core.fiscal_year import FiscalYear
from keniki.core.money import format_money

from ..models import BudgetLine, JointCost, SharingRule
from ..sharing import StageOf
from .claims import BILLED, is_own, totals_of
from .costs import YearRecords, costs_of, records_of

Stage = BudgetLine.Stage


@dataclass(frozen=True)
class PathStep:
    """A step of the year as the stepper shows it; `deed` says what to do while it is open.

    Nobody has to take an `optional` one.
    """

    label: str
    state: str
    note: str = ""
    url: str = ""
    date: date | None = None
    deed: str = ""
    optional: bool = False

    @property
    def is_open(self) -> bool:
        return self.state not in ("done", "skipped")


@dataclass(frozen=True)
class CostRow:
    """A joint cost in the list: its year, what comes next, in which state the year is."""

    cost: JointCost
    records: YearRecords
    next: PathStep | None
    state: str
    badge: str


def rows_of(region: Region, year: int) -> list[CostRow]:
    """The region's joint costs as they stand in a fiscal year; those that ended before or begin later come without a
    next step."""
    costs = costs_of(region)
    found = records_of(region, costs, year)
    word = members_word(region)
    rows = []
    for cost in costs:
        made = found[cost.pk]
        runs = cost.first_year <= year and (cost.last_year is None or year <= cost.last_year)
        path = share_path(made, word)
        state, badge = state_of(made)
        ahead = next_of(path) if runs else None
        if not runs and not made.items:
            state, badge = "対象外", "muted"
        rows.append(CostRow(cost, made, ahead, state, badge))
    return rows


def state_of(records: YearRecords) -> tuple[str, str]:
    """The year in a word, and how its badge looks."""
    totals = totals_of(records.claims)
    if any(row.stage == Stage.SETTLED for row in records.allocations):
        return "決算・精算", "success"
    if totals.late:
        return "未納あり", "late"
    if totals.claimed:
        return ("収納済", "success") if totals.outstanding == 0 else ("請求中", "info")
    if records.allocations:
        return "負担額を決定", "info"
    if records.items:
        return "経費を入力", "warning"
    return "未入力", "muted"


def next_of(path: Sequence[PathStep]) -> PathStep | None:
    """The first step that is open and that somebody can do something about."""
    return next((step for step in path if step.is_open and step.deed), None)


def budget_path(records: YearRecords, word: str) -> list[PathStep]:
    """要求 → 査定 → 当初 → 補正 → 執行 → 決算 of the year; `word` is what the region calls its members."""
    cost, year, number = records.cost, records.year, len(records.towns)
    at_items = _to("items", cost, year)
    at_budgets = _to("budgets", cost, year)

    def entered(stage: str, label: str) -> PathStep:
        if any(item.stage == stage for item in records.items):
            yen = format_money(records.gross(StageOf(stage)), with_unit=True)
            return PathStep(label, "done", f"経費 {yen}", f"{at_items}?stage={stage}")
        return PathStep(label, "todo", "未入力", f"{at_items}?stage={stage}", deed=f"{label}の経費を入力")

    told = records.reported.get(Stage.ASSESSED, 0)
    assessed = PathStep(
        "査定",
        "done" if number and told >= number else "todo",
        f"{word} {told}／{number} が入力",
        at_budgets,
        deed="査定の結果を集める",
    )
    rounds = [stage.round for stage in records.stages if stage.stage == Stage.SUPPLEMENTARY]
    shown = f"第{max(rounds)}号まで" if rounds else "なし"
    number_of = f"&round={max(rounds, default=1)}"
    supplementary = PathStep(
        "補正",
        "done" if rounds else "todo",
        shown,
        f"{at_items}?stage={Stage.SUPPLEMENTARY}{number_of}",
        optional=True,
    )
    executed = PathStep(
        "執行",
        "done" if records.spent else "todo",
        f"事業費の記帳 {format_money(records.spent, with_unit=True)}" if records.spent else "記帳なし",
        _to("post-spending", cost, year),
    )
    steps = [
        entered(Stage.REQUEST, "要求"),
        assessed,
        entered(Stage.INITIAL, "当初"),
        supplementary,
        executed,
        entered(Stage.SETTLED, "決算"),
    ]
    return _passed(steps)


def share_path(records: YearRecords, word: str) -> list[PathStep]:
    """定め → 基礎数値 → 経費 → 負担額の決定 → 請求 → 収納 → 精算 of the year."""
    return _marked(
        [
            _rule_step(records),
            _figure_step(records),
            _item_step(records),
            _allocation_step(records),
            *_claim_steps(records, word),
            _settlement_step(records),
        ]
    )


def _rule_step(records: YearRecords) -> PathStep:
    cost, rule = records.cost, records.rule
    if rule is None:
        url = _of(cost, "rules")
        return PathStep("負担割合の定め", "todo", "未決定", url, deed="負担割合の定めを作る")
    url = rule.get_absolute_url()
    name = str(rule)
    if rule.state == SharingRule.State.ADOPTED:
        return PathStep("負担割合の定め", "done", name, url, rule.adopted_on)
    if rule.state == SharingRule.State.PROPOSED:
        return PathStep("負担割合の定め", "todo", f"{name}を照会中", url, deed="照会の回答を確かめて決定する")
    return PathStep("負担割合の定め", "todo", f"{name}は案", url, deed="定めの案を照会する")


def _figure_step(records: YearRecords) -> PathStep:
    url = _to("figures", records.cost, records.year)
    if records.spec is None:
        return PathStep("基礎数値", "todo", "定めができてから", url)
    if not records.lacking:
        needed = len(records.spec.bases)
        return PathStep("基礎数値", "done" if needed else "skipped", "" if needed else "使わない定め", url)
    notes = []
    for key, towns in records.lacking.items():
        more = f" ほか{len(towns) - 2}" if len(towns) > 2 else ""
        notes.append(
            f"{records.spec.bases[key].label}：{'・'.join(town.name for town in towns[:2])}{more} 未入力"
        )
    return PathStep("基礎数値", "todo", "、".join(notes), url, deed="基礎数値を入力する")


def _item_step(records: YearRecords) -> PathStep:
    url = _to("items", records.cost, records.year)
    if records.latest is None:
        return PathStep("経費の内訳", "todo", "未入力", url, deed="経費の内訳を入力する")
    yen = format_money(records.net(records.latest), with_unit=True)
    return PathStep("経費の内訳", "done", f"{records.latest.label}・負担の対象 {yen}", url)


def _allocation_step(records: YearRecords) -> PathStep:
    url = _to("issue", records.cost, records.year)
    newest = records.allocations[0] if records.allocations else None
    if records.latest is None or newest is None:
        return PathStep("負担額の決定", "todo", "未決定", url, deed="負担額を決定して通知する")
    label = StageOf(newest.stage, newest.round).label
    if records.allocated(records.latest) is None:
        note = f"{label}まで決定、{records.latest.label}は未決定"
        return PathStep(
            "負担額の決定", "todo", note, url, deed=f"{records.latest.label}の負担額を決定して通知する"
        )
    return PathStep(
        "負担額の決定",
        "done",
        f"{label}（第{newest.number}号）",
        newest.get_absolute_url(),
        newest.issued_on,
    )


def _claim_steps(records: YearRecords, word: str) -> list[PathStep]:
    cost, year = records.cost, records.year
    url = _to("assess", cost, year)
    at_all = f"{reverse('finance:assessments', args=[cost.region.slug])}?year={year}&cost={cost.slug}"
    billed = next((row for row in records.allocations if row.stage in BILLED), None)
    if cost.holder is None:
        skipped = "会計をもつ団体がないため、精算だけ行います"
        return [PathStep("請求", "skipped", skipped), PathStep("収納", "skipped")]
    owing = {
        share.municipality_id
        for share in (billed.shares.all() if billed is not None else ())
        if share.amount and not is_own(cost.holder, share.municipality)
    }
    standing = [row for row in records.claims if not row.is_refund and not row.assessment.cancelled_on]
    claimed = {row.assessment.municipality_id for row in standing}
    totals = totals_of(standing)
    if billed is None:
        return [PathStep("請求", "todo", "負担額の決定のあと", url), PathStep("収納", "todo", "", at_all)]
    open_towns = len(owing - claimed)
    bill = PathStep(
        "請求",
        "todo" if open_towns else "done",
        f"{word} {len(owing) - open_towns}／{len(owing)} に調定",
        url if open_towns else at_all,
        deed="調定して納入通知書を送る",
    )
    if not standing:
        return [bill, PathStep("収納", "todo", "", at_all)]
    late = f"・納期限を過ぎた未納 {format_money(totals.late, with_unit=True)}" if totals.late else ""
    paid = PathStep(
        "収納",
        "blocked" if totals.late else "done" if totals.outstanding == 0 else "todo",
        f"{format_money(totals.received)}／{format_money(totals.claimed, with_unit=True)}{late}",
        at_all,
        deed="未納を確かめる" if totals.late else "収納を記録する",
    )
    return [bill, paid]


def _settlement_step(records: YearRecords) -> PathStep:
    cost, year = records.cost, records.year
    url = _to("settlement", cost, year)
    if records.allocated(StageOf(Stage.SETTLED)) is not None:
        open_refunds = [row for row in records.claims if row.is_refund and row.outstanding]
        if open_refunds:
            return PathStep("精算", "todo", f"返還 {len(open_refunds)}件が未払", url, deed="返還を支払う")
        return PathStep("精算", "done", "決算の負担額を決定", url)
    if any(item.stage == Stage.SETTLED for item in records.items):
        return PathStep("精算", "todo", "決算の経費を入力済", url, deed="決算の負担額で精算する")
    closing = FiscalYear(year).settlement_last_day
    return PathStep("精算", "todo", f"出納閉鎖 {closing.month}月{closing.day}日のあと", url)


def _passed(steps: list[PathStep]) -> list[PathStep]:
    """What is empty although a later step is done was left out; the first open one after that is the current one."""
    last = max((place for place, step in enumerate(steps) if step.state == "done"), default=-1)
    left = [
        replace(step, state="skipped") if place < last and step.state == "todo" else step
        for place, step in enumerate(steps)
    ]
    return _marked(left)


def _marked(steps: list[PathStep]) -> list[PathStep]:
    here = next(
        (place for place, step in enumerate(steps) if step.state == "todo" and not step.optional), None
    )
    return [replace(step, state="current") if place == here else step for place, step in enumerate(steps)]


def _of(cost: JointCost, name: str) -> str:
    return reverse(f"finance:{name}", args=[cost.region.slug, cost.slug])


def _to(name: str, cost: JointCost, year: int) -> str:
    return reverse(f"finance:{name}", args=[cost.region.slug, cost.slug, year])
