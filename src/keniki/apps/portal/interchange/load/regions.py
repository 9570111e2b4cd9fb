"""The region and who is in it: municipalities, organisations, programmes, milestones, facts, members."""

from __future__ import annotations

from typing import Any

from keniki.apps.regions.days import last_day
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
from keniki.apps.regions.queries import members_word

from .. import schema
from ..towns import stored_keys
from .state import Load, days


def municipalities(load: Load) -> None:
    """Towns may be shared with other regions: what is known stays, what is empty is filled in."""
    keys = schema.town_keys(load.document.municipalities)
    towns = Municipality.objects.filter(code__in={given.code for given in load.document.municipalities})
    names = stored_keys(towns.select_related("successor"))
    known = {names[town.pk]: town for town in towns.select_related("successor")}
    wanted: list[tuple[str, dict[str, Any]]] = []
    for number, (key, given) in enumerate(zip(keys, load.document.municipalities, strict=True)):
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
        town = known.get(key)
        if town is not None:
            _same_town(load, number, given, town)
            values = {
                name: value
                for name, value in values.items()
                if value not in ("", None) and getattr(town, name) in ("", None)
            }
        wanted.append((key, values))
    load.towns = load.sync.rows(Municipality, known.values(), lambda town: names[town.pk], wanted)
    for number, (key, given) in enumerate(zip(keys, load.document.municipalities, strict=True)):
        town = load.towns[key]
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


def _same_town(load: Load, number: int, given: schema.Municipality, town: Municipality) -> None:
    """Whether the file and the stored municipality agree on what no file changes: the name, the end, the successor."""

    def refuse(message: str, field: str) -> None:
        raise load.document.wrong(message, "municipalities", number, field)

    if town.name != given.name:
        refuse(
            f"コード {given.code} は既に {town.name} として登録済みです（ファイルでは {given.name}）。"
            "名称かコードを確かめてください。",
            "name",
        )
    last = last_day(town.valid)
    if given.valid_to != last:
        stored, file = (f"{day} 限りでなくなって" if day else "続いて" for day in (last, given.valid_to))
        refuse(
            f"{town.name} は登録では{stored}いますが、ファイルでは{file}います。"
            "合併や改称は、画面（構成と制度）か市町村の一覧（keniki load --municipalities）で登録してから、"
            "ファイルを登録に合わせてください。",
            "valid_to",
        )
    successor = town.successor.code if town.successor else None
    if given.successor and successor and given.successor.partition("@")[0] != successor:
        refuse(
            f"{town.name} の承継先は登録では {successor}、ファイルでは {given.successor} です。"
            "どちらが正しいか確かめてください。",
            "successor",
        )


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
    load.bodies = bodies
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
                    "members_term": given.members_term
                    or members_word(None, (load.towns[m.municipality] for m in load.document.members)),
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
