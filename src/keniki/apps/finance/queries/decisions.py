"""A decision that was made known: its amounts, every exact step, its figures with sources, whether it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from keniki.analysis.sharing.words import STEPS
from keniki.apps.regions.models import Municipality
from keniki.rulebooks.sharing import RuleSpec

from ..models import Allocation, BasisFigure, SharingRule
from ..sharing import Reckoned, StageOf, gather, reckon, spec_of
from ..sharing.reckoning import splits_of
from .allocations import (
    IssueRow,
    allocations_of,
    earlier_than,
    is_same,
    newest,
    rule_in,
    shares_of,
    used_figures,
)
from .cost_figures import edition_urls


@dataclass(frozen=True)
class StepRow:
    """A step of a split: yen it is about, and each town's exact part in the order of the decision's towns."""

    label: str
    detail: str
    amount: Fraction
    cells: tuple[Fraction | None, ...]

    @property
    def total(self) -> str:
        return exact_words(self.amount)

    @property
    def parts(self) -> list[str | None]:
        """Each town's part in words, None for who has none."""
        return [None if part is None else exact_words(part) for part in self.cells]


@dataclass(frozen=True)
class ClassSteps:
    """The steps of one class of cost, with each town's whole yen at their end."""

    label: str
    cost: int
    deducted: int
    rows: tuple[StepRow, ...]
    shares: tuple[int, ...]

    @property
    def shared(self) -> int:
        return sum(self.shares)


@dataclass(frozen=True)
class FigureRow:
    """A figure that was used: of which basis, whose, and where it was read; `url` shows the edition."""

    label: str
    unit: str
    code: str
    name: str
    value: str
    source: str
    as_of: str
    edition: str
    cell: str
    url: str


@dataclass(frozen=True)
class Decision:
    """A decision as its page shows it. `changed` says what is different in the records now; empty while it holds.

    `newer` is the decision of the same stage that took its place.
    """

    allocation: Allocation
    spec: RuleSpec
    towns: tuple[Municipality, ...]
    shares: Mapping[str, int]
    classes: tuple[ClassSteps, ...]
    figures: tuple[FigureRow, ...]
    changed: tuple[str, ...]
    newer: Allocation | None
    before: Allocation | None

    @property
    def stage(self) -> StageOf:
        return StageOf(self.allocation.stage, self.allocation.round)

    @property
    def shared(self) -> int:
        """What the towns bear together, yen."""
        return self.allocation.total - self.allocation.deducted

    @property
    def rows(self) -> list[IssueRow]:
        """Each town's amount beside that of the decision before."""
        before = shares_of(self.before) if self.before is not None else {}
        return [IssueRow(town, self.shares.get(town.code), before.get(town.code)) for town in self.towns]

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items it was reckoned from."""
        names = ("title", "kind", "cost_class", "loan_year", "amount", "reckoning")
        return [dict(zip(names, row, strict=True)) for row in self.allocation.content["items"]]


def decision(allocation: Allocation) -> Decision:
    """A decision read with everything its page shows."""
    cost, year = allocation.cost, allocation.fiscal_year
    stage = StageOf(allocation.stage, allocation.round)
    rows = allocations_of(cost, year)
    newer = next((row for row in reversed(rows) if StageOf(row.stage, row.round) == stage), None)
    if newer is not None and newer.number <= allocation.number:
        newer = None
    earlier = [row for row in rows if row.number < allocation.number]
    spec = spec_of(allocation.content["rule"])
    towns = tuple(share.municipality for share in allocation.shares.all())
    names = {town.code: town.name for town in towns}
    rule = rule_in(cost, year)
    found = reckon(gather(cost, year, stage), spec_of(rule.content)) if rule is not None else None
    return Decision(
        allocation,
        spec,
        towns,
        shares_of(allocation),
        tuple(_class_steps(allocation, spec, towns)),
        tuple(_figure_rows(allocation, spec, names)),
        tuple(changes_since(allocation, found, rule)),
        newer,
        earlier_than(newest(earlier), stage),
    )


def changes_since(allocation: Allocation, found: Reckoned | None, rule: SharingRule | None) -> list[str]:
    """What is different in the records since a decision was made, in sentences; nothing while it holds."""
    if found is None or rule is None:
        return ["この年度に適用する負担割合の定めが、いまはありません。"]
    said = []
    if allocation.rule_id != rule.pk:
        said.append(f"負担割合の定めが第{allocation.rule.number}版から第{rule.number}版になりました。")
    old = allocation.content
    spec = spec_of(old["rule"])
    towns = {share.municipality.code: share.municipality.name for share in allocation.shares.all()}
    now = {town.code: town.name for town in found.gathered.towns}
    names = towns | now
    said += [f"{names[code]}が負担する市町村に加わりました。" for code in now if code not in towns]
    said += [f"{names[code]}が負担する市町村から外れました。" for code in towns if code not in now]
    said += _cost_changes(spec, old, found)
    said += _figure_changes(spec, old, found, names)
    if found.problem:
        said.append(f"いまの記録では計算できません。{found.problem}")
    elif not said and not is_same(allocation, found, rule):
        said.append("計算の結果が変わりました。")
    return said


def exact_words(value: Fraction) -> str:
    """An exact amount in yen as people read it.

    >>> exact_words(Fraction(1_000_003, 3)), exact_words(Fraction(-5)), exact_words(Fraction(-1, 2))
    ('333,334と1/3', '▲5', '▲1/2')
    """
    sign, amount = ("▲" if value < 0 else ""), abs(value)
    whole, rest = divmod(amount.numerator, amount.denominator)
    if not rest:
        return f"{sign}{whole:,}"
    part = f"{rest:,}/{amount.denominator:,}"
    return f"{sign}{whole:,}と{part}" if whole else f"{sign}{part}"


def _cost_changes(spec: RuleSpec, old: Mapping[str, Any], found: Reckoned) -> Iterator[str]:
    taken_off = {key: sum(yen for _, yen in named) for key, named in old["revenues"].items()}
    revenues = {key: sum(each.amount for each in named) for key, named in found.gathered.revenues.items()}
    for what, before, after in (
        ("経費", old["costs"], found.gathered.costs),
        ("特定財源", taken_off, revenues),
    ):
        for key in dict.fromkeys([*before, *after]):
            was, becomes = before.get(key, 0), after.get(key, 0)
            if was != becomes:
                label = _class_label(spec, key)
                named = f"（{label}）" if label else ""
                yield f"{what}{named}が {was:,}円から {becomes:,}円になりました。"


def _figure_changes(
    spec: RuleSpec, old: Mapping[str, Any], found: Reckoned, names: Mapping[str, str]
) -> Iterator[str]:
    for key, figures in used_figures(spec, old).items():
        label = spec.bases[key].label if key in spec.bases else key
        now = found.gathered.bases.get(key, {})
        for code, value in figures.items():
            becomes = str(now[code]) if code in now else None
            if becomes == value:
                continue
            what = "未入力" if becomes is None else f"{_plain(value)}から {_plain(becomes)}"
            yield f"{label}・{names.get(code, code)}の値が {what}になりました。"


def _class_label(spec: RuleSpec, key: str) -> str:
    name, _, loan = key.partition(":")
    label = spec.classes[name].label or name if name in spec.classes else name
    return f"{label} {loan}年度借入" if loan else label


def _class_steps(
    allocation: Allocation, spec: RuleSpec, towns: Sequence[Municipality]
) -> Iterable[ClassSteps]:
    for key, split in splits_of(allocation.content).items():
        rows = []
        for step in split.steps:
            basis = spec.bases[step.basis].label if step.basis in spec.bases else step.basis
            basis = _BASES.get(basis, basis)
            named = step.what == "component"
            weight = "" if step.weight is None else f"{_percent(step.weight)}％"
            rows.append(
                StepRow(
                    basis if named else STEPS.get(step.what, step.what),
                    weight if named else basis,
                    step.amount,
                    tuple(step.of.get(town.code) for town in towns),
                )
            )
        yield ClassSteps(
            _class_label(spec, key),
            split.cost,
            split.deducted,
            tuple(rows),
            tuple(split.shares.get(town.code, 0) for town in towns),
        )


_BASES = {"equal": "均等割", "table": "固定割合"}


def _figure_rows(allocation: Allocation, spec: RuleSpec, names: Mapping[str, str]) -> Iterable[FigureRow]:
    used = used_figures(spec, allocation.content)
    editions = [BasisFigure(edition=edition) for *_, edition, _ in allocation.content["sources"]]
    urls = edition_urls(allocation.region, editions)
    for basis, code, source, as_of, edition, cell in allocation.content["sources"]:
        if code not in used.get(basis, {}):
            continue
        said = spec.bases.get(basis)
        yield FigureRow(
            said.label if said is not None else basis,
            said.unit if said is not None else "",
            code,
            names.get(code, code),
            _plain(used[basis][code]),
            source or (said.source if said is not None else ""),
            as_of,
            edition,
            cell,
            urls.get(edition, ""),
        )


def _percent(weight: Fraction) -> str:
    shown = Decimal(weight.numerator) / Decimal(weight.denominator)
    return f"{shown.normalize():f}"


def _plain(value: str) -> str:
    """A stored number without the zeros at its end.

    >>> _plain("60000.0000"), _plain("12.50")
    ('60,000', '12.5')
    """
    whole, _, rest = value.partition(".")
    rest = rest.rstrip("0")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")
