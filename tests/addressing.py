"""What an address of the product is: which record it names, who opens it, who may write there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from keniki.apps.portal.testing import KAWAKITA

if TYPE_CHECKING:
    from .world import World

VISITORS = ("resident", "neighbour")
READERS = ("viewer", "panel_member")
TOWNS = ("partner", "approver", "other_partner")
SHARED = frozenset({"secretariat", "administrator"})
ADMINISTRATOR = frozenset({"administrator"})
INSIDE = frozenset({*READERS, *TOWNS, *SHARED})
STAFF = INSIDE | {"neighbour"}
EVERYONE = STAFF | {"resident"}
SEATS = (*VISITORS, *READERS, *TOWNS, *sorted(SHARED, reverse=True))
#: Officers of any town and the secretariat; of 川北町; of 星野町.
WRITERS = frozenset({*TOWNS, *SHARED})
KAWAKITA_OR_SHARED = frozenset({"partner", "approver", *SHARED})
HOSHINO_OR_SHARED = frozenset({"other_partner", *SHARED})


@dataclass(frozen=True)
class Address:
    """An address below /desk/ unless `opens` says otherwise.

    Texts may name the world's numbers and slugs in braces. `opens`: who gets `ok` with GET (None: POST only).
    `writes`: who may POST (empty: nothing is written there); `refusal` is what the others of the region get.
    `data` is what has to be typed for that (a function is asked with the world and the seat). `before` names the
    address from whose answer the form is sent; `stores` is false where sending changes no record.
    """

    kwargs: Mapping[str, str] = field(default_factory=dict)
    opens: frozenset[str] | None = INSIDE
    writes: frozenset[str] = frozenset()
    query: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    ok: int = 200
    refusal: int = 403
    regional: bool = True
    before: str = ""
    stores: bool = True

    def url(self, name: str, world: World) -> str:
        """The address with its records filled in."""
        region = {"region": world.region} if self.regional else {}
        found = reverse(name, kwargs=_filled(self.kwargs, world) | region)
        return f"{found}?{urlencode(_filled(self.query, world), doseq=True)}" if self.query else found

    def posted(self, world: World, seat: str = "secretariat") -> dict[str, Any]:
        """What this seat sends with POST, beside what the page shows: valid, and a change."""
        made = {name: value(world, seat) if callable(value) else value for name, value in self.data.items()}
        return _filled(made, world)


def read(**kwargs: str) -> Address:
    """A page everyone in the region opens and nobody writes on."""
    return Address(kwargs)


def form(writes: frozenset[str] = SHARED, *, data: Any = None, query: Any = None, **kwargs: str) -> Address:
    """A form that only those open who may write."""
    return Address(kwargs, opens=writes, writes=writes, data=data or {}, query=query or {})


def deed(writes: frozenset[str] = SHARED, *, data: Any = None, **kwargs: str) -> Address:
    """A button: POST only."""
    return Address(kwargs, opens=None, writes=writes, data=data or {})


def public(**kwargs: str) -> Address:
    """A page for everyone."""
    return Address(kwargs, opens=EVERYONE)


def own(opens: frozenset[str] | None = STAFF, **more: Any) -> Address:
    """A page outside any region."""
    return Address(opens=opens, regional=False, **more)


def of_draft(*, data: Any) -> Address:
    """A form of an inquiry that only the secretariat sees yet."""
    return Address({"pk": "{asking}"}, opens=SHARED, writes=SHARED, data=data, refusal=404)


def of_kawakita(writes: frozenset[str] = frozenset(), *, data: Any = None, **kwargs: str) -> Address:
    """A page of 川北町's own that the other towns do not see."""
    named = kwargs | {"code": KAWAKITA}
    return Address(named, opens=KAWAKITA_OR_SHARED, writes=writes, data=data or {}, refusal=404)


def _filled(texts: Mapping[str, Any], world: World) -> dict[str, Any]:
    known = {**world.slugs, **world.numbers}
    return {
        key: world.names.get(f"{key}={value}", world.names.get(value, value)).format_map(known)
        if isinstance(value, str)
        else [each.format_map(known) for each in value]
        if isinstance(value, list)
        else value
        for key, value in texts.items()
    }
