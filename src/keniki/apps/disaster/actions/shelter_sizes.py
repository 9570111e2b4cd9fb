"""Writing the sizes of many shelters at once: floor area, people, heating."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .. import policies
from ..models import Shelter, ShelterSpace
from .shelters import SpaceDraft, arranged, check_spaces, content, space_draft_of, store_changed


@dataclass(frozen=True)
class SizeDraft:
    """How large a space of a shelter is; `space` None makes the shelter's first space of that name.

    `version` is the shelter's as it was shown. `floor_area` in m², `capacity` in people; None: nobody said.
    """

    shelter: Shelter
    version: int | None
    name: str
    space: int | None = None
    floor_area: Decimal | None = None
    capacity: int | None = None
    heated: bool | None = None


def save_sizes(actor: Actor, region: Region, sizes: Sequence[SizeDraft]) -> list[Shelter]:
    """Write the sizes, all of them or none; the shelters that changed.

    Raises `WrongInput` with the number of the size in the list as its row, `Denied` or `Stale`.
    """
    policies.write_some_place(actor, region).require()
    by_shelter: dict[int, list[int]] = {}
    for at, each in enumerate(sizes):
        by_shelter.setdefault(each.shelter.pk, []).append(at)
    changed = []
    with transaction.atomic():
        for _, places in sorted(by_shelter.items()):
            try:
                saved = _save(actor, region, [sizes[at] for at in places])
            except WrongInput as wrong:
                raise WrongInput(wrong.message, row=places[0] + 1) from None
            if saved is not None:
                changed.append(saved)
    return changed


def _save(actor: Actor, region: Region, drafts: Sequence[SizeDraft]) -> Shelter | None:
    """Write the sizes of one shelter; None where they are as they were."""
    shelter = drafts[0].shelter
    ruling = policies.write_place(actor, region, shelter.municipality).require()
    with verb(actor, "disaster.save_sizes", region=region.slug, ruling=ruling, quiet=True) as act:
        saved = act.lock(shelter, drafts[0].version)
        kept = list(saved.spaces.all())
        old = content(saved, kept)
        spaces = list(_sized(kept, drafts))
        check_spaces(spaces)
        return saved if store_changed(act, saved, old, kept, arranged(saved, kept, spaces)) else None


def _sized(kept: Iterable[ShelterSpace], drafts: Sequence[SizeDraft]) -> Iterable[SpaceDraft]:
    """The spaces that are there, those that are meant with their new size, then the new ones."""
    meant = {each.space: each for each in drafts if each.space is not None}
    for space in kept:
        new = meant.get(space.pk)
        sized = {name: getattr(new, name) for name in ("floor_area", "capacity", "heated")} if new else {}
        yield space_draft_of(space, **sized)
    for each in drafts:
        if each.space is None:
            yield SpaceDraft(
                each.name, floor_area=each.floor_area, capacity=each.capacity, heated=each.heated
            )
