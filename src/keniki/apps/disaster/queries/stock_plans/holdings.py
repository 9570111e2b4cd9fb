"""What the stockpile really holds on a day: lots from their movements, whose they are, where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from keniki.analysis.needs import Lot
from keniki.apps.regions.models import Region
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.loader import Rule

from ...models import ItemMeasure, StockItem, StockLot
from ..stock.on_hand import owned_of, stock_of


@dataclass(frozen=True)
class Held:
    """A lot that is there: `quantity` of its own units, by the code of the town it lies in and of the town it is of.

    A lot without shares belongs to the town in which it lies.
    """

    lot: StockLot
    quantity: int
    lies_in: dict[str, int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)

    def is_usable(self, day: date) -> bool:
        """Whether it may be used on a day: the day of expiry is the last."""
        return self.lot.expires_on is None or day <= self.lot.expires_on


@dataclass(frozen=True)
class Uncounted:
    """An item that is there and does not count towards any need, and why."""

    item: StockItem
    quantity: int
    reason: str


def held_on(region: Region, day: date) -> list[Held]:
    """Every lot of which something lies somewhere at the end of a day, first expired first within an item.

    What exercises moved is where it was; what is on its way lies nowhere. Constant number of queries.
    """
    lies: dict[int, dict[str, int]] = {}
    lots: dict[int, StockLot] = {}
    for each in stock_of(region, on=day).held:
        lots[each.lot.pk] = each.lot
        code = each.place.municipality.code
        here = lies.setdefault(each.lot.pk, {})
        here[code] = here.get(code, 0) + each.quantity
    found = []
    for pk, lot in lots.items():
        where, total = lies[pk], sum(lies[pk].values())
        owned = owned_of(lot, total) if lot.owners.all() else where
        found.append(Held(lot, total, where, owned))
    return found


def as_lots(
    region: Region, held: Sequence[Held], on: date, *, day: date | None = None, by_owner: bool = True
) -> tuple[list[Lot], list[Uncounted]]:
    """The lots in the units of the standards in force on `on`, and what cannot be counted.

    One for each owner with the key `lot/owner`, or whole ones by their own key. With `day` what has expired by then
    is left out. Parts of a unit are dropped.
    """
    measures = {pk: Fraction(row.amount) for pk, row in measures_of(region).items()}
    rules = standards.items(on)
    lots: list[Lot] = []
    uncounted: dict[int, Uncounted] = {}
    for each in held:
        if day is not None and not each.is_usable(day):
            continue
        item, code = each.lot.item, each.lot.code
        amount = in_standard(item, measures, rules)
        if isinstance(amount, str):
            before = uncounted[item.pk].quantity if item.pk in uncounted else 0
            uncounted[item.pk] = Uncounted(item, before + each.quantity, amount)
            continue
        owners = each.owners if by_owner else {"": each.quantity}
        lots.extend(
            Lot(
                f"{code}/{owner}" if owner else code,
                item.standard,
                int(number * amount),
                each.lot.expires_on,
                owner=owner,
            )
            for owner, number in owners.items()
            if number > 0
        )
    return lots, list(uncounted.values())


def in_standard(
    item: StockItem, measures: dict[int, Fraction], rules: dict[str, Rule[standards.ItemRule]]
) -> Fraction | str:
    """How much of the standard's unit one unit of an item is, or the sentence that says why that is not known."""
    if not item.standard:
        return "基準の品目が選ばれていません。"
    rule = rules.get(item.standard)
    if rule is None:
        return "基準の品目が、この年度の基準にありません。"
    if item.pk in measures:
        return measures[item.pk]
    if item.unit.strip() == rule.value.unit:
        return Fraction(1)
    return f"単位（{item.unit}）が基準の単位（{rule.value.unit}）と異なり、換算が登録されていません。"


def measures_of(region: Region) -> dict[int, ItemMeasure]:
    """What was said of items' units, by the item's number."""
    return {row.item_id: row for row in ItemMeasure.objects.filter(region=region)}


def codes_in(held: Iterable[Held]) -> list[str]:
    """The codes of all owners."""
    return sorted({code for each in held for code in each.owners})
