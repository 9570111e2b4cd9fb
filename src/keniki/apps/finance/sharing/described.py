"""A rule of sharing in the words of an agreement: what is shared, by which bases, how it is rounded and paid.

Pages and papers print the same sentences; every field of `RuleSpec` has its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from keniki.core.fiscal_year import format_table
from keniki.rulebooks.sharing import (
    BasisSpec,
    ClassSpec,
    ComponentSpec,
    DeductionSpec,
    LimitSpec,
    PaymentSpec,
    RoundingSpec,
    RuleSpec,
)
from keniki.rulebooks.sharing.spec import EQUAL, TABLE

#: What the two bases are called that need no figures.
EQUAL_LABEL, TABLE_LABEL = "均等割", "固定割合"
LARGEST: Final = "largest"
_DIRECTIONS: Final = {"down": "切り捨てる", "half_up": "四捨五入する", "up": "切り上げる"}
_CLOSED: Final = {
    "next": "その翌開庁日を納期とする",
    "previous": "その直前の開庁日を納期とする",
    "stay": "納期は動かさない",
}
#: How the names of bases end.
_PART: Final = "割"
#: How the basis of a loan's ratios begins, before its year.
_BY_YEAR: Final = "by_year:"


@dataclass(frozen=True)
class Passage:
    """Some sentences of a rule under a heading; empty for what stands alone."""

    heading: str
    lines: tuple[str, ...]


def described(spec: RuleSpec, names: Mapping[str, str] | None = None) -> tuple[Passage, ...]:
    """The rule in words, passage by passage; `names` are the municipalities' by the codes the rule uses.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> [passage.heading for passage in described(spec)]
    ['負担の割合', '端数の扱い']
    """
    words = _Words(spec, names or {})
    found = []
    if spec.classes:
        labels = [part.label or key for key, part in spec.classes.items()]
        for (key, part), label in zip(spec.classes.items(), labels, strict=True):
            heading = label if labels.count(label) == 1 else f"{label}・{key}"
            found.append(Passage(f"負担の割合（{heading}）", tuple(words.part(part))))
    else:
        found.append(Passage("負担の割合", tuple(words.part(spec.plain()))))
    if spec.bases:
        found.append(Passage("按分に使う数値", tuple(_basis(key, each) for key, each in spec.bases.items())))
    found.append(Passage("端数の扱い", tuple(words.rounding(spec.rounding))))
    if spec.payment is not None:
        found.append(Passage("納め方", tuple(_payment(spec.payment))))
    if spec.clause:
        found.append(Passage("根拠の条文", tuple(spec.clause.splitlines())))
    if spec.note:
        found.append(Passage("注", tuple(spec.note.splitlines())))
    return tuple(found)


def lines_of(spec: RuleSpec, names: Mapping[str, str] | None = None) -> list[str]:
    """The whole rule as sentences, in order; several classes of cost are named at the start of theirs.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> lines_of(spec)[0]
    '経費（その経費に充てる特定財源があるときは、差し引いた残り）の全額を均等に負担する。'
    """
    return [
        f"〔{passage.heading}〕{line}" if spec.classes and passage.heading.startswith("負担の割合") else line
        for passage in described(spec, names)
        for line in passage.lines
    ]


@dataclass(frozen=True)
class Difference:
    """A passage of one version beside that of another; a side that lacks it is empty."""

    heading: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        return self.old != self.new


def differences(
    old: RuleSpec, new: RuleSpec, names: Mapping[str, str] | None = None
) -> tuple[Difference, ...]:
    """Two versions beside each other (新旧), passage by passage in the order of the new one.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> [row.is_changed for row in differences(spec, spec)]
    [False, False, False]
    """
    before = {"名称": (old.name,), **{each.heading: each.lines for each in described(old, names)}}
    after = {"名称": (new.name,), **{each.heading: each.lines for each in described(new, names)}}
    gone = [heading for heading in before if heading not in after]
    return tuple(
        Difference(heading, before.get(heading, ()), after.get(heading, ())) for heading in [*after, *gone]
    )


def percent(value: Decimal) -> str:
    """「9.5％」: without needless zeros.

    >>> percent(Decimal("60.00"))
    '60％'
    """
    shown = f"{value:f}"
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown}％"


def basis_label(spec: RuleSpec, key: str) -> str:
    """What a basis is called: 均等割, 固定割合, the label the rule gives it, the year of borrowing.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> basis_label(spec, "equal"), basis_label(spec, "by_year:2015")
    ('均等割', '平成27年度借入れの率')
    """
    if key in spec.bases:
        return spec.bases[key].label or key
    if key.startswith(_BY_YEAR):
        return f"{format_table(int(key.removeprefix(_BY_YEAR)))}借入れの率"
    return {EQUAL: EQUAL_LABEL, TABLE: TABLE_LABEL}.get(key, key)


class _Words:
    def __init__(self, spec: RuleSpec, names: Mapping[str, str]) -> None:
        self.spec = spec
        self.names = names

    def town(self, code: str) -> str:
        return self.names.get(code, code)

    def towns(self, codes: Sequence[str]) -> str:
        return "、".join(self.town(code) for code in codes)

    def part(self, part: ClassSpec) -> list[str]:
        """One class of cost, in the order in which it is reckoned."""
        lines = [_deduction(each) for each in part.deductions]
        whole = "経費（その経費に充てる特定財源があるときは、差し引いた残り）"
        if part.exclude:
            lines.append(f"{self.towns(part.exclude)}は、負担しない。")
        first = []
        if part.host is not None:
            first.append(
                f"{whole}の{percent(part.host.percent)}を、施設の所在する{self.town(part.host.code)}が負担する。"
            )
        first += [f"{self.town(code)}は、{amount:,}円を先に負担する。" for code, amount in part.fixed.items()]
        lines += first
        rest = "残り" if first else whole
        if part.by_year:
            lines.append(f"{rest}を、借入れをした年度ごとの率により負担する。")
            lines += [
                f"{format_table(year)}の借入れ：{self.shares(table)}"
                for year, table in sorted(part.by_year.items())
            ]
        else:
            lines.append(self.components(rest, part.components))
        lines += [self.limit(code, limit) for code, limit in part.limits.items()]
        if part.limits:
            lines.append("上限又は下限により増減する額は、ほかの市町村が、その負担額に比例して負担する。")
        return [*lines, *(f"注：{line}" for line in part.note.splitlines())]

    def components(self, rest: str, components: Sequence[ComponentSpec]) -> str:
        if len(components) == 1:
            return f"{rest}の全額を{self.measure(components[0])}負担する。"
        parts = [f"{percent(each.weight)}を{self.measure(each)}" for each in components]
        return f"{rest}の{'、'.join(parts)}負担する。"

    def measure(self, each: ComponentSpec) -> str:
        if each.basis == EQUAL:
            said = "均等に"
        elif each.basis == TABLE:
            said = f"次の固定割合（{self.shares(each.table)}）により"
        else:
            said = self.by_figures(each.basis)
        without = f"（{self.towns(each.exclude)}を除く市町村で）" if each.exclude else ""
        return f"{said}{without}{f'（{each.note}）' if each.note else ''}"

    def by_figures(self, key: str) -> str:
        basis = self.spec.bases[key]
        when = _when(basis)
        inside = "、".join(part for part in (basis.source, when) if part)
        label = basis.label or key
        name = label.removesuffix(_PART) or label
        return f"{name}{f'（{inside}）' if inside else ''}に応じて"

    def shares(self, table: Mapping[str, Decimal]) -> str:
        return "、".join(f"{self.town(code)} {percent(value)}" for code, value in table.items())

    def limit(self, code: str, limit: LimitSpec) -> str:
        least = f"{limit.least:,}円以上" if limit.least is not None else ""
        most = f"{limit.most:,}円以下" if limit.most is not None else ""
        share = f"負担すべき総額の{percent(limit.most_percent)}以下" if limit.most_percent is not None else ""
        said = "、".join(part for part in (least, most, share) if part) or "上限・下限なし"
        return f"{self.town(code)}の負担額は、{said}とする。"

    def rounding(self, rounding: RoundingSpec) -> list[str]:
        unit = f"{rounding.unit:,}円"
        if rounding.remainder == LARGEST:
            lines = [
                f"{unit}未満の端数は切り捨て、切り捨てた額の合計は、"
                f"切り捨てた額の大きい市町村から順に{unit}ずつ加える。"
            ]
            if rounding.unit > 1:
                lines.append(f"なお残る{unit}未満の額は、その次の市町村に加える。")
            if rounding.direction != "down":
                lines.append(
                    f"端数は「{_DIRECTIONS[rounding.direction]}」と定めるが、この方法では切り捨てて配る。"
                )
        else:
            lines = [
                f"{unit}未満の端数は{_DIRECTIONS[rounding.direction]}。"
                f"合計との差額は、{self.town(rounding.remainder)}が負担する。"
            ]
        if rounding.each == "component":
            lines.append("端数の処理は、割ごとに行い、最後に総額でも行う。")
        return lines


def _deduction(each: DeductionSpec) -> str:
    if each.amount:
        return f"特定財源として、{each.name} {each.amount:,}円を経費から差し引く。"
    return f"特定財源として、{each.name}（経費の{percent(each.percent)}、1円未満切捨て）を経費から差し引く。"


def _when(basis: BasisSpec) -> str:
    day = basis.as_of if not basis.as_of or basis.as_of.endswith("現在") else f"{basis.as_of}現在"
    return "、".join(part for part in (day, basis.period) if part)


def _basis(key: str, basis: BasisSpec) -> str:
    facts = (
        basis.unit and f"単位 {basis.unit}",
        basis.source,
        _when(basis),
        basis.column and basis.column != key and f"数値の表の列 {basis.column}",
    )
    inside = "、".join(str(part) for part in facts if part)
    return f"{basis.label or key}：{inside or '出典・時点の定めなし'}"


def _payment(payment: PaymentSpec) -> list[str]:
    days = payment.instalments
    if len(days) == 1:
        lines = [f"負担金は、{days[0].month}月{days[0].day}日までに納める。"]
    else:
        parts = "、".join(f"{each.month}月{each.day}日までに{percent(each.percent)}" for each in days)
        lines = [f"負担金は、{parts}を納める。"]
    if payment.above:
        lines.append(
            f"{payment.above:,}円以下の負担金は、{days[0].month}月{days[0].day}日までに一括で納める。"
        )
    lines.append(f"納期が閉庁日に当たるときは、{_CLOSED[payment.closed_days]}。")
    if payment.notice_days is not None:
        lines.append(f"納入通知書は、納期の{payment.notice_days}日前までに送る。")
    return lines


def summary(spec: RuleSpec) -> str:
    """The rule in one line of a table: 「均等割 20％・人口割 80％」, by class where there are several.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> summary(spec)
    '均等割 100％'
    """
    parts = []
    for key, part in spec.parts().items():
        said = "・".join(
            f"{basis_label(spec, each.basis)} {percent(each.weight)}" for each in part.components
        )
        parts.append(f"{part.label or key}：{said or '借入年度の率'}" if key else said)
    return "／".join(parts)
