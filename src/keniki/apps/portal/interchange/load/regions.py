"""The region and who is in it: municipalities, organisations, programmes, milestones, facts, members."""

from __future__ import annotations

from datetime import date
from typing import Any

from keniki.apps.regions.models import (
    Fact,
    Milestone,
    Municipality,
    Organisation,
    Region,
    RegionMembership,
    RegionProgramme,
    SourceDocument,
)

from .state import Load, days


def municipalities(load: Load) -> None:
    """Towns may be shared with other regions: what is known stays, what is empty is filled in."""
    existing = {
        (town.code, town.valid.lower): town
        for town in Municipality.objects.filter(code__in=[m.code for m in load.document.municipalities])
    }
    by_code: dict[str, Municipality] = {}
    for (code, _), town in sorted(existing.items(), key=lambda item: item[0][1] or date.min):
        by_code[code] = town
    wanted: list[tuple[str, dict[str, Any]]] = []
    for number, given in enumerate(load.document.municipalities):
        values = {
            "code": given.code,
            "name": given.name,
            "kana": given.kana,
            "kind": given.kind,
            "prefecture": given.prefecture,
            "county": given.county,
            "office_address": given.office.address,
            "latitude": given.office.latitude,
            "longitude": given.office.longitude,
            "valid": days(given.valid_from, given.valid_to),
            "source_text": given.source,
        }
        known = by_code.get(given.code)
        if known is not None:
            if known.name != given.name:
                raise load.document.wrong(
                    f"コード {given.code} は既に {known.name} として登録済みです（ファイルでは {given.name}）。"
                    "名称かコードを確かめてください。",
                    *("municipalities", number, "name"),
                )
            values = {
                name: value
                for name, value in values.items()
                if value not in ("", None) and getattr(known, name) in ("", None)
            }
        wanted.append((given.code, values))
    load.towns = load.sync.rows(Municipality, by_code.values(), lambda town: town.code, wanted)
    for number, given in enumerate(load.document.municipalities):
        town = load.towns[given.code]
        if given.successor and town.successor_id is None:
            town.successor = (
                load.towns.get(given.successor) or Municipality.objects.filter(code=given.successor).first()
            )
            if town.successor is None:
                raise load.document.wrong(
                    f"承継先 {given.successor} がファイルにも登録にもありません。先に書いてください。",
                    *("municipalities", number, "successor"),
                )
            town.save()


def region_itself(load: Load) -> None:
    given = load.document.region
    bodies = load.sync.rows(
        Organisation,
        Organisation.objects.filter(slug__in=[o.slug for o in given.organisations]),
        lambda organisation: organisation.slug,
        [
            (
                o.slug,
                {
                    "slug": o.slug,
                    "kind": o.kind,
                    "name": o.name,
                    "department": o.department,
                    "municipality": load.town(o.municipality),
                    "beyond_region": o.beyond_region,
                    "note": o.note,
                    "source": o.source.model_dump() if o.source else None,
                },
            )
            for o in given.organisations
        ],
    )
    for body in given.organisations:
        load.many(bodies[body.slug].members, [load.towns[code] for code in body.members])
    load.region = load.sync.rows(
        Region,
        Region.objects.filter(slug=given.slug),
        lambda region: region.slug,
        [
            (
                given.slug,
                {
                    "slug": given.slug,
                    "name": given.name,
                    "short_name": given.short_name,
                    "fictional": given.fictional,
                    "members_term": given.members_term,
                    "formation_history": given.formation_history,
                    "secretariat": bodies[given.secretariat],
                },
            )
        ],
    )[given.slug]
    load.sources = load.sync.rows(
        SourceDocument,
        SourceDocument.objects.filter(region=load.region),
        lambda source: source.slug,
        [(s.slug, {"region": load.region, **s.model_dump()}) for s in given.sources],
    )
    place = load.placed(given)
    formation = {
        "formation_source": place["source"],
        "source_place": place["source_place"],
        "source_flag": place["source_flag"],
    }
    load.sync.rows(Region, [load.region], lambda region: region.slug, [(given.slug, formation)])
    load.many(
        load.region.related, [bodies[o.slug] for o in given.organisations if o.slug != given.secretariat]
    )
    load.sync.rows(
        RegionProgramme,
        RegionProgramme.objects.filter(region=load.region),
        lambda row: (str(row.programme), row.valid.lower),
        [
            (
                (str(p.programme), p.valid_from),
                {
                    "region": load.region,
                    "programme": p.programme,
                    "valid": days(p.valid_from, p.valid_to),
                    "first_fiscal_year": p.first_fiscal_year,
                    "last_fiscal_year": p.last_fiscal_year,
                    "legal_basis": p.legal_basis,
                    "fields": p.fields,
                    **load.placed(p),
                },
            )
            for p in given.programmes
        ],
    )
    load.sync.rows(
        Milestone,
        Milestone.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (m.slug, {"region": load.region, **m.model_dump(exclude={"source"}), **load.placed(m)})
            for m in given.milestones
        ],
    )
    load.sync.rows(
        Fact,
        Fact.objects.filter(region=load.region),
        lambda row: (
            row.indicator,
            row.municipality_id,
            row.dimension,
            row.as_of,
            row.fiscal_year,
            row.source_id,
        ),
        [
            (
                (
                    f.indicator,
                    load.town_id(f.municipality),
                    f.dimension,
                    f.as_of,
                    f.fiscal_year,
                    load.source_id(f),
                ),
                {
                    "region": load.region,
                    **f.model_dump(exclude={"source", "municipality"}),
                    "municipality": load.town(f.municipality),
                    "order": number,
                    **load.placed(f),
                },
            )
            for number, f in enumerate(given.facts)
        ],
    )


def members(load: Load) -> None:
    load.sync.rows(
        RegionMembership,
        RegionMembership.objects.filter(region=load.region),
        lambda row: (row.municipality_id, row.valid.lower),
        [
            (
                (load.towns[m.municipality].pk, m.valid_from),
                {
                    "region": load.region,
                    "municipality": load.towns[m.municipality],
                    "role": m.role,
                    "order": m.order,
                    "valid": days(m.valid_from, m.valid_to),
                    **load.placed(m),
                },
            )
            for m in load.document.members
        ],
    )
