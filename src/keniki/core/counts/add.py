"""Adding counts without counting parts and their total twice."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from keniki.core.counts.model import Basis, Count, format_count


def leaves(counts: Sequence[Count]) -> list[Count]:
    """The counts that stand for themselves: parts of a total in the same list are left out.

    ValueError when `part_of` names no other count of the list.
    """
    for position, count in enumerate(counts):
        if count.part_of is not None and (count.part_of == position or not 0 <= count.part_of < len(counts)):
            raise ValueError(f"part_of {count.part_of} of count {position} is no other count of the list")
    return [count for count in counts if count.part_of is None]


def total(*texts: Sequence[Count], merge_counters: bool = False) -> list[Count]:
    """Sums over the counts of one or more texts, each with its own `part_of` positions, as they appear.

    Added are only counts of one quantity, one counter and one of 実数 and 延べ; with `merge_counters`, 名 and
    人 are added under the counter that came first. One 約 makes a sum 約. Sums are never part of anything.
    """
    sums: dict[tuple[str, str, bool], Count] = {}
    for counts in texts:
        for count in leaves(counts):
            key = (count.quantity.value, "" if merge_counters else count.counter, count.basis.is_cumulative)
            so_far = sums.get(key)
            sums[key] = _plain(count) if so_far is None else _plain(count, so_far)
    return list(sums.values())


def _plain(count: Count, so_far: Count | None = None) -> Count:
    value: int | Decimal = count.value if so_far is None else so_far.value + count.value
    about = count.basis.is_about or (so_far is not None and so_far.basis.is_about)
    summed = Count(
        value,
        count.counter if so_far is None else so_far.counter,
        Basis.of(about=about, cumulative=count.basis.is_cumulative),
        quantity=count.quantity,
    )
    return Count(summed.value, summed.counter, summed.basis, format_count(summed), summed.quantity)
