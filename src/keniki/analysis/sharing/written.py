"""Rules as people write them (`rulebooks.sharing.RuleSpec`) applied to bills, by class of cost and year of loan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from keniki.rulebooks.sharing import ClassSpec, ComponentSpec, RuleSpec

from .rounding import LARGEST, Yen
from .rules import Component, Deduction, Figures, Limit, Problem, Rule, ShareError, Split, split

#: How codes in a rule are read: any form to the one the figures use.
Reader = Callable[[str], str]


@dataclass(frozen=True)
class Shared:
    """Bills shared under one rule: whole yen by municipality over all of them, and each bill's own split by its key."""

    shares: Mapping[str, Yen]
    splits: Mapping[str, Split]

    @property
    def cost(self) -> Yen:
        """All bills together."""
        return sum(each.cost for each in self.splits.values())

    @property
    def deducted(self) -> Yen:
        """What revenue meant for the costs was taken off."""
        return sum(each.deducted for each in self.splits.values())


def share(
    spec: RuleSpec,
    costs: Mapping[str, Yen],
    towns: Sequence[str],
    bases: Mapping[str, Figures],
    read: Reader = str,
    *,
    revenues: Mapping[str, Sequence[Deduction]] | None = None,
) -> Shared:
    """Share bills under a written rule. `costs` by class of cost (`""` for a rule without classes), one that goes by
    the year of borrowing as `debt:2015`; every class has at most one bill (of a year).

    `bases` are figures by the keys of the rule's bases, `revenues` what is taken off a bill beside the rule's own
    deductions (特定財源 as received). ShareError as `rules.split`, and for a class or year that the
    rule does not have.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> share(spec, {"": 101}, ["A", "B"], {}).shares
    {'A': 51, 'B': 50}
    """
    if not costs:
        raise ShareError(Problem.NO_CLASS)
    splits = {}
    for key, cost in costs.items():
        rule = rule_of(spec, key, read)
        received = (revenues or {}).get(key, ())
        if received:
            rule = replace(rule, deductions=(*rule.deductions, *received))
        splits[key] = split(rule, cost, towns, bases)
    shares = {town: sum(each.shares[town] for each in splits.values()) for town in towns}
    return Shared(shares, splits)


def rule_of(spec: RuleSpec, key: str = "", read: Reader = str) -> Rule:
    """The rule for a class of cost, `debt:2015` for one that goes by the year of borrowing. ShareError for none.

    >>> spec = RuleSpec.model_validate({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    >>> rule_of(spec).components[0].weight
    Fraction(100, 1)
    """
    name, _, year = key.partition(":")
    parts = spec.parts()
    if name not in parts:
        raise ShareError(Problem.CLASS if name or spec.classes else Problem.NO_CLASS, found=name)
    part = parts[name]
    rounding = spec.rounding
    remainder = rounding.remainder if rounding.remainder == LARGEST else read(rounding.remainder)
    return Rule(
        name=" ".join(filter(None, (spec.name, part.label, year))),
        components=_components(part, year, read),
        deductions=tuple(
            Deduction(each.name, each.amount, Fraction(each.percent)) for each in part.deductions
        ),
        fixed={read(code): amount for code, amount in part.fixed.items()},
        host=None if part.host is None else read(part.host.code),
        host_percent=Fraction(0) if part.host is None else Fraction(part.host.percent),
        without=frozenset(read(code) for code in part.exclude),
        limits={
            read(code): Limit(
                each.least, each.most, None if each.most_percent is None else Fraction(each.most_percent)
            )
            for code, each in part.limits.items()
        },
        unit=rounding.unit,
        remainder=remainder,
        direction=rounding.direction,
        each_component=rounding.each == "component",
    )


def _components(part: ClassSpec, year: str, read: Reader) -> tuple[Component, ...]:
    if not part.by_year:
        if year:
            raise ShareError(Problem.YEAR, found=year)
        return tuple(_component(each, read) for each in part.components)
    if not year.isdecimal() or int(year) not in part.by_year:
        raise ShareError(Problem.YEAR, found=year or "—")
    table = {read(code): Fraction(percent) for code, percent in part.by_year[int(year)].items()}
    return (Component(f"by_year:{year}", Fraction(100), table),)


def _component(each: ComponentSpec, read: Reader) -> Component:
    table = {read(code): Fraction(percent) for code, percent in each.table.items()} or None
    return Component(each.basis, Fraction(each.weight), table, frozenset(read(code) for code in each.exclude))
