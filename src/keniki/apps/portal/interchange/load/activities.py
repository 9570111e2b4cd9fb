"""Activities with their lines, counts, measures and roles, and the photos of initiatives."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from keniki.apps.activities.models import Activity, ActivityLine, Count, MeasureLink, Photo, RoleLink
from keniki.apps.regions.models import Municipality
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput

from .. import schema
from ..places import Loc
from .state import Load

_ACTIVITY = (
    "slug",
    "fiscal_year",
    "order",
    "title",
    "kind",
    "state",
    "tally_only",
    "starts_on",
    "ends_on",
    "place",
    "organiser",
    "text",
    "origin",
)
_PHOTO = ("slug", "fiscal_year", "caption", "credit", "kind", "consent", "public")


def activities(load: Load) -> None:
    given = load.document.activities
    rows = load.sync.rows(
        Activity,
        Activity.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                a.slug,
                {
                    "region": load.region,
                    "initiative": load.initiative[a.initiative],
                    "project": load.project[a.initiative, a.project] if a.project else None,
                    "municipality": load.town(a.municipality),
                    **{name: getattr(a, name) for name in _ACTIVITY},
                    **load.placed(a),
                },
            )
            for a in given
        ],
    )
    load.sync.children(
        ActivityLine,
        "activity",
        {
            rows[a.slug]: [{"order": n, "kind": x.kind, "text": x.text} for n, x in enumerate(a.lines, 1)]
            for a in given
        },
        ("kind", "text"),
    )
    load.links(
        MeasureLink,
        "activity",
        {rows[a.slug]: [(load.agreement[m.agreement], m.measure) for m in a.measures] for a in given},
    )
    load.links(
        RoleLink,
        "activity",
        {rows[a.slug]: [(load.agreement[r.agreement], r.item, r.role) for r in a.roles] for a in given},
        ("item", "key"),
    )
    counts(load, given, rows)
    photos(load, rows)


def counts(load: Load, given: Sequence[schema.Activity], rows: dict[str, Activity]) -> None:
    counts = load.sync.rows(
        Count,
        Count.objects.filter(activity__region=load.region),
        lambda row: (row.activity_id, row.key),
        [
            (
                (rows[a.slug].pk, c.key),
                {
                    "activity": rows[a.slug],
                    "order": n,
                    **c.model_dump(exclude={"municipality", "part_of"}),
                    "municipality": load.town(c.municipality),
                },
            )
            for a in given
            for n, c in enumerate(a.counts, 1)
        ],
    )
    load.sync.rows(
        Count,
        counts.values(),
        lambda row: (row.activity_id, row.key),
        [
            ((rows[a.slug].pk, c.key), {"part_of": counts[rows[a.slug].pk, c.part_of]})
            for a in given
            for c in a.counts
            if c.part_of
        ],
    )


def photos(load: Load, activities: dict[str, Activity]) -> None:
    load.sync.rows(
        Photo,
        Photo.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                p.slug,
                {
                    "region": load.region,
                    "initiative": load.initiative[i.slug],
                    "activity": activities[p.activity] if p.activity else None,
                    "municipality": _owner(load, p, activities),
                    "order": n,
                    **p.model_dump(include=set(_PHOTO)),
                    **_file(load, p, ("initiatives", position, "photos", n - 1, "file")),
                    **load.placed(p),
                },
            )
            for position, i in enumerate(load.document.initiatives)
            for n, p in enumerate(i.photos, 1)
        ],
    )


def _owner(load: Load, photo: schema.Photo, activities: dict[str, Activity]) -> Municipality | None:
    if photo.municipality is not None or photo.activity is None:
        return load.town(photo.municipality)
    return activities[photo.activity].municipality


def _file(load: Load, photo: schema.Photo, at: Loc) -> dict[str, Any]:
    """Store the carried file, original and public copy; nothing where the photo has none."""
    if photo.file is None:
        return {}
    from keniki.press import images

    try:
        content = base64.b64decode(photo.file.base64, validate=True)
    except ValueError:
        raise load.document.wrong("base64 として読めません。もう一度書き出してください。", *at) from None
    if hashlib.sha256(content).hexdigest() != photo.file.sha256:
        raise load.document.wrong("sha256 が内容と一致しません。ファイルが壊れています。", *at)
    try:
        facts = images.inspect_photo(content, file=photo.file.name)
    except WrongInput as error:
        raise load.document.wrong(error.message, *at) from None
    return {
        "file_name": photo.file.name,
        "digest": storage.put(content),
        "public_digest": storage.put(images.public_copy(content)),
        "width": facts.width,
        "height": facts.height,
    }
