"""Names of municipalities in sentences: their kind, their order, how they are joined and counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Final, TypeVar

SEPARATOR: Final = "・"
KINDS: Final = ("都", "道", "府", "県", "市", "区", "町", "村")

Member = TypeVar("Member")


def join_names(names: Iterable[str], separator: str = SEPARATOR) -> str:
    """`岩見沢市・夕張市・美唄市`."""
    return separator.join(names)


def kind_of(name: str) -> str:
    """市, 町, 村, 区 or 都道府県's sign at the end of a name; empty for anything else."""
    return name[-1] if name and name[-1] in KINDS else ""


def short_name(name: str) -> str:
    """The name without its kind and county: `空知郡南幌町` → `南幌`."""
    own = without_county(name)
    return own[:-1] if kind_of(own) and len(own) > 1 else own


def without_county(name: str) -> str:
    """`空知郡南幌町` → `南幌町`; names that contain 郡 themselves stay (上郡町, 小郡市)."""
    return _COUNTY.sub("", name)


def default_order(
    members: Iterable[Member],
    *,
    name: Callable[[Member], str],
    official_order: Sequence[Hashable] = (),
    key: Callable[[Member], Hashable] | None = None,
    centres: Collection[Hashable] = (),
) -> list[Member]:
    """Members in the order used where an agreement states none: centre first, then 市, then 町村, in 建制順.

    `official_order` lists the members' keys (by default their names) in 建制順; `centres` holds keys. Members
    the list does not know keep their order and come last within their kind: the codes' order is never used.
    """
    identify = key or name
    positions = {identity: position for position, identity in enumerate(official_order)}

    def rank(member: Member) -> tuple[bool, int, int]:
        identity = identify(member)
        kind = _KIND_RANK.get(kind_of(name(member)), len(_KIND_RANK))
        return identity not in centres, kind, positions.get(identity, len(positions))

    return sorted(members, key=rank)


def kinds_phrase(names: Iterable[str]) -> str:
    """What the members together are called: `市町`, `市町村`, `町村`, `市`."""
    present = {kind_of(name) for name in names}
    return "".join(kind for kind in KINDS if kind in present)


def count_by_kind(names: Iterable[str]) -> str:
    """`4市5町`."""
    kinds = [kind_of(name) for name in names]
    return "".join(f"{kinds.count(kind)}{kind}" for kind in KINDS if kind in kinds)


_KIND_RANK: Final = {"市": 0, "区": 0, "町": 1, "村": 1}
_COUNTY = re.compile(r"^.+?郡(?=.+[町村]$)")
