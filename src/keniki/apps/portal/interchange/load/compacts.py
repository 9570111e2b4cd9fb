"""What was promised: agreements with their texts, declarations and visions."""

from __future__ import annotations

from keniki.apps.compacts import models as compacts
from keniki.apps.compacts import states

from .. import schema
from .state import Load


def agreements(load: Load) -> None:
    given = load.document.agreements
    stored = {row.slug: row for row in compacts.Agreement.objects.filter(region=load.region)}
    for number, a in enumerate(given):
        known = stored.get(a.slug)
        if known and a.state not in (known.state, *states.AGREEMENT_MOVES[known.kind].get(known.state, ())):
            raise load.document.wrong(
                f"登録では「{known.get_state_display()}」で、{a.state} へは移せません。"
                f"state を {known.state} にするか、画面で状態を進めてください。",
                *("agreements", number, "state"),
            )
    rows = load.sync.rows(
        compacts.Agreement,
        stored.values(),
        lambda row: row.slug,
        [
            (
                a.slug,
                {
                    "region": load.region,
                    "slug": a.slug,
                    "kind": a.kind,
                    "title": a.title,
                    "programme": a.programme or "",
                    "state": a.state,
                    "concluded_on": a.concluded_on,
                    "valid_from": a.valid_from,
                    "valid_to": a.valid_to,
                    "document_no": a.document_no,
                    "note": a.note,
                    **load.placed(a),
                },
            )
            for a in given
        ],
    )
    load.agreement = rows
    for a in given:
        if a.amends:
            load.sync.rows(
                compacts.Agreement,
                [rows[a.slug]],
                lambda row: row.slug,
                [(a.slug, {"amends": rows[a.amends]})],
            )
    load.sync.children(
        compacts.Party,
        "agreement",
        {
            rows[a.slug]: [
                {"municipality": load.towns[p.municipality], "order": n, "mark": p.mark}
                for n, p in enumerate(a.parties, 1)
            ]
            for a in given
        },
        ("municipality", "mark"),
    )
    load.sync.rows(
        compacts.StateChange,
        compacts.StateChange.objects.filter(agreement__in=rows.values()),
        lambda row: (row.agreement_id, row.order),
        [
            (
                (rows[a.slug].pk, n),
                {
                    "agreement": rows[a.slug],
                    "state": s.state,
                    "on": s.on,
                    "document_no": s.document_no,
                    "order": n,
                },
            )
            for a in given
            for n, s in enumerate(a.states, 1)
        ],
    )
    for a in given:
        agreement_texts(load, a, rows[a.slug])


def agreement_texts(load: Load, given: schema.Agreement, agreement: compacts.Agreement) -> None:
    stored = {row.number: row for row in agreement.versions.all()}
    versions = load.sync.rows(
        compacts.AgreementVersion,
        stored.values(),
        lambda row: row.number,
        [
            (
                v.number,
                {
                    "agreement": agreement,
                    "number": v.number,
                    "preamble": v.preamble,
                    "articles": [article.model_dump() for article in v.articles],
                    "closing": v.closing,
                    "annex_heading": v.annex_heading,
                    "change_note": v.change_note,
                    **load.placed(v),
                },
            )
            for v in given.versions
        ],
    )
    for v in given.versions:
        version = versions[v.number]
        items = load.sync.rows(
            compacts.AnnexItem,
            version.annex_items.all(),
            lambda row: row.key,
            [
                (
                    item.key,
                    {
                        "agreement_version": version,
                        "order": n,
                        **item.model_dump(exclude={"measures", "roles"}),
                    },
                )
                for n, item in enumerate(v.annex, 1)
            ],
        )
        load.sync.children(
            compacts.Measure,
            "annex_item",
            {
                items[item.key]: [
                    {"key": m.key, "order": n, "text": m.text} for n, m in enumerate(item.measures, 1)
                ]
                for item in v.annex
            },
            ("key", "text"),
        )
        load.sync.children(
            compacts.PartyRole,
            "annex_item",
            {
                items[item.key]: [{"order": n, **role.model_dump()} for n, role in enumerate(item.roles, 1)]
                for item in v.annex
            },
            ("municipalities", "items", "keys"),
        )
        signatories(load, version, v)
    bound = given.state != "draft"
    load.sync.rows(
        compacts.AgreementVersion,
        versions.values(),
        lambda row: row.number,
        [(v.number, {"frozen": True}) for v in given.versions if bound or v.number < len(given.versions)],
    )
    for model, kept, ways in (
        (compacts.Resolution, agreement.resolutions.all(), given.resolutions),
        (compacts.Dissolution, agreement.dissolutions.all(), given.dissolutions),
    ):
        load.sync.rows(
            model,
            kept,
            lambda row: row.municipality_id,
            [
                (
                    load.towns[way.municipality].pk,
                    {
                        "agreement": agreement,
                        **way.model_dump(exclude={"municipality"}),
                        "municipality": load.towns[way.municipality],
                    },
                )
                for way in ways
            ],
        )


def signatories(load: Load, version: compacts.AgreementVersion, given: schema.AgreementVersion) -> None:
    """A version's signatories; in a frozen one a name that was lost may be completed, and stays once it is."""
    values = [
        {**s.model_dump(exclude={"municipality"}), "municipality": load.towns[s.municipality], "order": n}
        for n, s in enumerate(given.signatories, 1)
    ]
    stored = {row.municipality_id: row for row in version.signatories.all()}
    for row in values:
        known = stored.get(row["municipality"].pk)
        if version.frozen and known is not None and known.name_complete and not row["name_complete"]:
            row.update(name=known.name, name_complete=True)
    if {row["municipality"].pk for row in values} == set(stored):
        load.sync.rows(
            compacts.Signatory,
            stored.values(),
            lambda row: row.municipality_id,
            [(row["municipality"].pk, row) for row in values],
        )
        return
    load.sync.children(
        compacts.Signatory,
        "agreement_version",
        {version: values},
        ("municipality", "address", "title", "name", "name_complete"),
    )


def _completed_mayor(stored: compacts.Declaration | None) -> str:
    """The name that was added to a published declaration; a file that lacks it takes it away no more."""
    return stored.mayor if stored is not None and stored.state == stored.State.PUBLISHED else ""


def declarations_and_visions(load: Load) -> None:
    stored = {row.slug: row for row in compacts.Declaration.objects.filter(region=load.region)}
    rows = load.sync.rows(
        compacts.Declaration,
        stored.values(),
        lambda row: row.slug,
        [
            (
                d.slug,
                {
                    "region": load.region,
                    **d.model_dump(exclude={"parts", "source", "centre"}),
                    "text_complete": d.text_complete and (d.slug in stored and stored[d.slug].text_complete),
                    "mayor": d.mayor or _completed_mayor(stored.get(d.slug)),
                    "centre": load.towns[d.centre],
                    **load.placed(d),
                },
            )
            for d in load.document.declarations
        ],
    )
    load.sync.children(
        compacts.DeclarationPart,
        "declaration",
        {
            rows[d.slug]: [
                {"order": n, **part.model_dump(exclude={"source"}), **load.placed(part)}
                for n, part in enumerate(d.parts, 1)
            ]
            for d in load.document.declarations
        },
        (
            "key",
            "heading",
            "text",
            "outline",
            "items",
            "fields",
            "municipalities",
            "source",
            "source_place",
            "source_flag",
        ),
    )
    load.sync.rows(
        compacts.Declaration,
        rows.values(),
        lambda row: row.slug,
        [(d.slug, {"text_complete": d.text_complete}) for d in load.document.declarations],
    )
    load.vision = load.sync.rows(
        compacts.Vision,
        compacts.Vision.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                v.slug,
                {
                    "region": load.region,
                    **v.model_dump(exclude={"sections", "goals", "states", "source"}),
                    **load.placed(v),
                },
            )
            for v in load.document.visions
        ],
    )
    visions = load.document.visions
    load.sync.children(
        compacts.VisionSection,
        "vision",
        {
            load.vision[v.slug]: [{"order": n, **s.model_dump()} for n, s in enumerate(v.sections, 1)]
            for v in visions
        },
        ("heading", "body"),
    )
    load.sync.children(
        compacts.BasicGoal,
        "vision",
        {
            load.vision[v.slug]: [{"order": n, **g.model_dump()} for n, g in enumerate(v.goals, 1)]
            for v in visions
        },
        ("key", "field", "text"),
    )
    load.sync.children(
        compacts.VisionEdition,
        "vision",
        {
            load.vision[v.slug]: [
                {
                    "order": n,
                    "state": s.state,
                    "edition": s.edition or 0,
                    "on": s.on,
                    "document_no": s.document_no,
                }
                for n, s in enumerate(v.states, 1)
            ]
            for v in visions
        },
        ("state", "edition", "on", "document_no"),
    )
