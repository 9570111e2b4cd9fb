"""Natural regions found in a table of flows by all rules, and how sure they are, made part by part and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from django.core.cache import cache

from keniki import __version__
from keniki.analysis.delineation import Delineation, Flows, Stability, pooled, stability
from keniki.apps.regions.models import Region

from ..models import Edition
from ..queries import PURPOSES, contents_mark, visible_editions
from .rules import RULES, Chosen, Rule, rules_of
from .tables import FlowTable, flows_in, neighbours, sizes

#: Flows are drawn anew so often, so many at a time, from this seed.
DRAWS: Final = 100
PART: Final = 10
SEED: Final = 1
#: Seconds the parts of a run are kept.
_KEPT_FOR: Final = 24 * 60 * 60
#: Municipalities of Japan; a table with fewer origins covers a part of it.
_ALL: Final = 1_700


@dataclass(frozen=True)
class Found:
    """What each rule (by its key) makes of a table.

    `purposes` are what was counted for it, `has_did` whether cities' DID population was held, `notes` what a reader
    has to know of all of them; `key` changes with anything the result depends on.
    """

    table: FlowTable
    chosen: Chosen
    flows: Mapping[str, Flows]
    purposes: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Rule]
    made: Mapping[str, Delineation]
    has_did: bool
    editions: tuple[Edition, ...]
    notes: tuple[str, ...]
    key: str

    def words_of(self, rule: str) -> str:
        """Whom the rule counted, in words."""
        return "・".join(PURPOSES.get(each, each) for each in self.purposes[rule])


def find(region: Region, table: FlowTable, purpose: str, chosen: Chosen) -> Found:
    """All rules on a table of flows; `purpose` is who counts, empty for each rule's own.

    Kept in the process until the store changes. WrongInput for a centre that is not in the table.
    """
    return _found(region.pk, table, purpose, chosen, contents_mark(region))


@lru_cache(maxsize=8)
def _found(region_pk: int, table: FlowTable, purpose: str, chosen: Chosen, mark: str) -> Found:
    region = Region.objects.get(pk=region_pk)
    purposes, notes = _counted(table, purpose)
    flows = {key: flows_in(table, counted, region) for key, counted in purposes.items()}
    size = sizes(region)
    beside = neighbours(flows["fua"])
    rules = rules_of(chosen, flows, size.did, size.centre_share, beside)
    made = {key: rule(flows[key]) for key, rule in rules.items()}
    edition = visible_editions(region).get(pk=table.edition)
    told = (table.key, purposes, chosen, beside is None, mark, contents_mark(None), __version__)
    return Found(
        table,
        chosen,
        flows,
        purposes,
        rules,
        made,
        bool(size.did),
        (edition, *(each for each in size.editions if each != edition)),
        (*notes, *_partly(flows["ten"]), *_stand_ins(bool(size.did), bool(size.centre_share), chosen)),
        hashlib.sha256(repr(told).encode()).hexdigest(),
    )


def _counted(table: FlowTable, purpose: str) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Which purposes of the table each rule counts, and what has to be said about it."""
    found: dict[str, tuple[str, ...]] = {}
    notes: dict[str, None] = {}
    for key, kind in RULES.items():
        wanted = purpose or kind.purpose
        counted = table.counted(wanted)
        if not counted:
            instead = next((each for each in ("commute_school", "commute") if table.counted(each)), "")
            counted = table.counted(instead) if instead else table.purposes[:1]
            words = "・".join(PURPOSES.get(each, each) for each in counted)
            notes[
                f"{PURPOSES[kind.purpose]}の流動で求める方法を、この表にある{words}の流動で求めています。"
            ] = None
        found[key] = counted
    return found, list(notes)


def _partly(flows: Flows) -> list[str]:
    living = int((flows.residents > 0).sum())
    if living >= _ALL:
        return []
    return [
        f"この流動の表にある出発地は{living:,}市区町村です。表に出発地のない市区町村は、行き先（中心）にはなれますが、"
        "どこに属するかは分かりません。全国の表では結果が変わることがあります。"
    ]


def _stand_ins(did: bool, shares: bool, chosen: Chosen) -> list[str]:
    if not did:
        return [
            "人口集中地区（DID）の人口が読み込まれていないため、都市雇用圏は従業者数、機能的都市圏は従業・通学者数"
            f"{chosen.city_workers:,.0f}人以上を都市の大きさの代わりに使った目安です。公表されている圏域とは一致しません。"
            "人口集中地区人口（指標 did_population）を読み込むと、本来の方法に近づきます。"
        ]
    if not shares:
        return [
            "人口集中地区の人口が5万人以上の市区町村がないため、機能的都市圏は従業・通学者数で都市を決めた目安です。"
        ]
    return [
        "機能的都市圏の都市の中心は、1kmメッシュの人口密度の代わりに、5万人以上の人口集中地区で決めています。"
    ]


def kept_stability(found: Found) -> dict[str, Stability] | None:
    """How sure the areas of each rule are; None while parts of the run are missing."""
    parts = _parts(found)
    if len(parts) < _every():
        return None
    return {
        key: pooled(
            [
                Stability(made, PART, SEED, np.asarray(part[key][0]), float(part[key][1]))
                for _, part in sorted(parts.items())
            ]
        )
        for key, made in found.made.items()
    }


def draw_part(found: Found) -> int:
    """Make the next part of the run that is missing and keep it; how many draws are made then.

    A part takes about a second for all of Japan, so that a page can make one at a time and say how far it is. Two who
    ask at once make the same part, with the same numbers.
    """
    there = _parts(found)
    missing = next((part for part in range(_every()) if part not in there), None)
    if missing is None:
        return DRAWS
    made = {}
    for key, rule in found.rules.items():
        one = stability(found.flows[key], rule, PART, SEED, first=missing * PART)
        made[key] = (one.stays.astype(np.float32).tobytes(), one.adjusted_rand)
    cache.set(_key(found, missing), made, _KEPT_FOR)
    return (len(there) + 1) * PART


def draws_made(found: Found) -> int:
    """How many draws are made and kept so far."""
    return len(_parts(found)) * PART


def _parts(found: Found) -> dict[int, Mapping[str, tuple[Any, float]]]:
    keys = {_key(found, part): part for part in range(_every())}
    kept = cache.get_many(keys)
    return {
        keys[key]: {
            rule: (np.frombuffer(stays, dtype=np.float32).astype(float), agreed)
            for rule, (stays, agreed) in part.items()
        }
        for key, part in kept.items()
    }


def _every() -> int:
    return DRAWS // PART


def _key(found: Found, part: int) -> str:
    return f"delineation:{found.key}:{part}"
