"""Taking a file of shelters: one action for all of its rows, one entry in the log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core import era

from .. import policies
from ..formats.base import Kind, ShelterFile
from ..merging import COMPLETE, CREDITS, SPACE, Change, Merge, key_of, merge
from ..models import Shelter, ShelterSpace
from ..queries.shelters import registered
from .shelters import ShelterDraft, Slugs, apply

#: Every conflict is decided for the file.
EVERYTHING = "*"


@dataclass(frozen=True)
class Taken:
    """What an import did. `problems` rows were quarantined, `conflicts` values stayed as they were registered."""

    merge: Merge
    new: int
    changed: int
    unchanged: int
    gone: int
    retired: int
    conflicts: int


def preview_shelters(actor: Actor, region: Region, file: ShelterFile) -> Merge:
    """What taking this file would do; nothing is stored. Raises `Denied`."""
    policies.write_some_place(actor, region).require()
    towns = {row.municipality.code: row.municipality for row in members_on(region)}
    writable = {code for code, town in towns.items() if policies.write_place(actor, region, town)}
    return merge(region, file, registered(region), towns, writable)


def import_shelters(
    actor: Actor,
    region: Region,
    file: ShelterFile,
    *,
    choose: Collection[str] = (),
    retire: bool = False,
) -> Taken:
    """Take the rows of a file that may be taken. `choose` are the keys of conflicts in which the file's value is
    taken (`EVERYTHING` for all); `retire` ends the designation of places the file no longer has. Raises `Denied`.
    """
    ruling = policies.write_some_place(actor, region).require()
    with verb(actor, "disaster.import_shelters", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("shelter-slug", region.pk)
        found = preview_shelters(actor, region, file)
        slugs = Slugs(region)
        for change in found.new:
            _create(act, region, file, change, slugs)
        changed = 0
        left = 0
        for change in (*found.changed, *found.unchanged):
            chosen = [each for each in change.conflicts if each.key in choose or EVERYTHING in choose]
            left += len(change.conflicts) - len(chosen)
            for each in chosen:
                change.fields[each.field] = change.said[each.field]
            if change.is_changed:
                changed += 1
            _update(act, region, file, change)
        retired = _retire(act, found, file.kind) if retire else 0
        same = len(found.changed) + len(found.unchanged) - changed
        taken = Taken(found, len(found.new), changed, same, len(found.gone), retired, left)
        if found.new or changed or retired:
            counts = {
                "file": file.name, "kind": file.kind.value, "new": taken.new, "changed": changed, "unchanged": same,
                "retired": retired, "quarantined": len(found.problems), "conflicts": left,
            }  # fmt: skip
            parts = [f"新規{taken.new}", f"変更{changed}", f"変更なし{same}"]
            parts += [f"取消し{retired}"] if retired else []
            parts += [f"読み込まない行{len(found.problems)}"] if found.problems else []
            act.log(region, None, counts, f"避難所のファイル「{file.name}」を読み込み（{'、'.join(parts)}）")
        return taken


def _create(act: Act, region: Region, file: ShelterFile, change: Change, slugs: Slugs) -> None:
    draft = ShelterDraft(change.town, change.row.name, common_id=change.row.common_id, other_ids=change.ids)
    shelter = Shelter(region=region, slug=slugs.free(draft))
    apply(shelter, draft)
    shelter.source_text = CREDITS[file.kind]
    _write(shelter, file, change)
    act.save(shelter)
    _spaces(act, shelter, change, {})


def _update(act: Act, region: Region, file: ShelterFile, change: Change) -> None:
    assert change.shelter is not None
    said = _kept(file, change)
    if (
        not change.is_changed
        and change.shelter.imported.get(file.kind.value, {}).get("fields") == said["fields"]
    ):
        return
    shelter = act.lock(change.shelter, None)
    shelter.region, shelter.municipality = region, change.shelter.municipality
    ids = [each for each in (shelter.common_id, *shelter.other_ids, *change.ids) if each]
    shelter.common_id, shelter.other_ids = (ids[0], ids[1:]) if ids else ("", [])
    _write(shelter, file, change)
    act.save(shelter)
    _spaces(act, shelter, change, {each.name: each for each in shelter.spaces.all()})


def _write(shelter: Shelter, file: ShelterFile, change: Change) -> None:
    for name, value in change.fields.items():
        if name.startswith(SPACE):
            continue
        if name == "position":
            shelter.latitude, shelter.longitude = (Decimal(each) for each in value) if value else (None, None)
        elif name == "elevation":
            shelter.elevation = Decimal(value) if value else None
        else:
            setattr(shelter, name, value)
    shelter.imported = shelter.imported | {file.kind.value: _kept(file, change)}


def _kept(file: ShelterFile, change: Change) -> dict[str, Any]:
    """What the file said, for the next one of its kind; what earlier ones said of spaces is kept too."""
    before = change.shelter.imported.get(file.kind.value, {}).get("fields", {}) if change.shelter else {}
    spaces = {name: value for name, value in before.items() if name.startswith(SPACE)}
    return {
        "key": key_of(change.row),
        "file": file.name,
        "on": today().isoformat(),
        "fields": spaces | change.said,
    }


def _spaces(act: Act, shelter: Shelter, change: Change, known: dict[str, ShelterSpace]) -> None:
    order = max((each.order for each in known.values()), default=-1)
    for key, value in change.fields.items():
        if not key.startswith(SPACE) or not value:
            continue
        name = key.removeprefix(SPACE)
        space = known.get(name)
        if space is None:
            order += 1
            space = ShelterSpace(region=shelter.region, shelter=shelter, name=name, order=order)
        for part in ("kind", "capacity", "heated", "by_day", "by_night", "accessible", "welfare", "note"):
            setattr(space, part, value[part])
        space.floor_area = Decimal(value["floor_area"]) if value["floor_area"] else None
        act.save(space)


def _retire(act: Act, found: Merge, kind: Kind) -> int:
    """Take away the designation the file no longer names; a place without any other one is ended today."""
    flag = COMPLETE[kind] if found.gone else ""
    for gone in found.gone:
        shelter = act.lock(gone, None)
        setattr(shelter, flag, False)
        shelter.imported = {key: value for key, value in shelter.imported.items() if key != kind.value}
        if not (shelter.is_site or shelter.is_shelter or shelter.is_welfare):
            shelter.ended_on = today()
            shelter.note = f"{shelter.note}\n{era.format_date(today())}のファイルに載っていない。".strip()
        act.save(shelter)
    return len(found.gone)
