"""From what a document lacks to the page where it is entered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils.http import urlencode

from keniki.apps.accounts.actor import Actor
from keniki.apps.compacts.models import AgreementVersion, AnnexItem, Initiative, Resolution
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Region


@dataclass(frozen=True)
class Filling:
    """A gap with the address where it is filled; no address where its record is gone or comes by file only."""

    place: str
    what: str
    url: str = ""


def places(actor: Actor, region: Region, gaps: Iterable[Mapping[str, str]]) -> list[Filling]:
    """The gaps as a build keeps them, in their order, inside `scope(region=region)`.

    Who edits the shared records is led to the initiative's form, everybody else to the page that shows the record
    and says who enters it. One query per kind of record.
    """
    listed = list(gaps)
    records = _records({gap["record"] for gap in listed if gap.get("record")})
    to_form = bool(rights.edit_shared(actor, region))
    return [
        Filling(
            gap["place"],
            gap["what"],
            _page(region, gap.get("page", ""), records.get(gap["record"]))
            or _of_record(region, records.get(gap["record"]), to_form),
        )
        for gap in listed
    ]


def _records(keys: set[str]) -> dict[str, Any]:
    """The records that are still there, by key."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for key in keys:
        kind, _, pk = key.partition(":")
        wanted[kind].append(int(pk))
    found: dict[str, Any] = {}
    for kind, pks in sorted(wanted.items()):
        rows = apps.get_model(kind)._default_manager.filter(pk__in=pks)
        if path := _AGREEMENT.get(kind):
            rows = rows.select_related(path)
        found.update({f"{kind}:{row.pk}": row for row in rows})
    return found


_AGREEMENT = {
    "compacts.agreementversion": "agreement",
    "compacts.annexitem": "agreement_version__agreement",
    "compacts.resolution": "agreement",
}


def _page(region: Region, page: str, record: Any) -> str:
    name, _, year = page.partition(":")
    if name == "activities" and isinstance(record, Initiative):
        query = urlencode({"year": year, "initiative": record.slug})
        return f"{reverse('activities:activities', args=[region.slug])}?{query}"
    if name == "initiative" and isinstance(record, Initiative):
        return reverse("portal:initiative", args=[region.slug, record.slug])
    return reverse(_LISTS[name], args=[region.slug]) if name in _LISTS else ""


_LISTS = {
    "costs": "finance:finance",
    "grants": "finance:finance",
    "initiatives": "compacts:initiatives",
    "kpis": "compacts:kpis",
    "photos": "activities:photos",
}


def _of_record(region: Region, record: Any, to_form: bool) -> str:
    if record is None:
        return ""
    if isinstance(record, Initiative):
        name = "compacts:initiative-edit" if to_form else "portal:initiative"
        return reverse(name, args=[region.slug, record.slug])
    address = _PAGES.get(record._meta.label_lower)
    return address(region.slug, record) if address else ""


def _agreement(slug: str, record: AgreementVersion | AnnexItem | Resolution) -> str:
    version = record.agreement_version if isinstance(record, AnnexItem) else record
    return reverse("compacts:agreement", args=[slug, version.agreement.slug])


def _by_slug(name: str) -> Callable[[str, Any], str]:
    return lambda slug, record: reverse(name, args=[slug, record.slug])


def _members(slug: str, record: Any) -> str:
    return reverse("regions-members", args=[slug])


_PAGES: dict[str, Callable[[str, Any], str]] = {
    "activities.photo": lambda slug, record: f"{reverse('activities:photos', args=[slug])}?missing=1",
    "compacts.agreement": _by_slug("compacts:agreement"),
    "compacts.agreementversion": _agreement,
    "compacts.annexitem": _agreement,
    "compacts.resolution": _agreement,
    "compacts.declaration": _by_slug("compacts:declaration"),
    "compacts.kpi": _by_slug("compacts:kpi"),
    "compacts.vision": _by_slug("compacts:vision"),
    "regions.region": _members,
    "regions.regionprogramme": _members,
}
