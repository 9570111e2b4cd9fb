"""Every promise of the agreements in force: what the trace sets against what was done."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from keniki.apps.compacts.models import AgreementVersion, AnnexItem
from keniki.apps.regions.models import Region

from .agreements import in_force


@dataclass(frozen=True)
class Promise:
    """A measure or a line of a role in an annex item in force.

    `key` is the measure's key, the same through all versions; for a line of a role it is the item's key, a dot and
    the line's key. `municipalities` are codes: whose role it is; a measure is promised by all parties.
    """

    agreement: str
    agreement_title: str
    version: int
    item: str
    group: str
    field_label: str
    fields: tuple[str, ...]
    item_title: str
    kind: str
    key: str
    text: str
    municipalities: tuple[str, ...]


def promises(region: Region) -> list[Promise]:
    """All measures and roles of the last frozen version of every agreement in force, in the order of print."""
    found: list[Promise] = []
    bound = in_force(region)
    versions: dict[int, AgreementVersion] = {}
    for version in (
        AgreementVersion.objects.filter(agreement__in=bound, frozen=True)
        .order_by("number")
        .prefetch_related(
            Prefetch("annex_items", AnnexItem.objects.prefetch_related("measures", "roles")),
            "agreement__parties__municipality",
        )
    ):
        versions[version.agreement_id] = version
    for agreement in bound:
        last = versions.get(agreement.pk)
        if last is None:
            continue
        parties = tuple(party.municipality.code for party in last.agreement.parties.all())
        for item in last.annex_items.all():
            found.extend(_of_item(last, item, parties))
    return found


def _of_item(version: AgreementVersion, item: AnnexItem, parties: tuple[str, ...]) -> list[Promise]:
    def promise(kind: str, key: str, text: str, towns: tuple[str, ...]) -> Promise:
        return Promise(
            agreement=version.agreement.slug,
            agreement_title=version.agreement.title,
            version=version.number,
            item=item.key,
            group=item.group,
            field_label=item.field_label,
            fields=tuple(item.fields),
            item_title=item.title,
            kind=kind,
            key=key,
            text=text,
            municipalities=towns,
        )

    measures = [promise("measure", row.key, row.text, parties) for row in item.measures.all()]
    roles = [
        promise("role", f"{item.key}.{key}", text, tuple(role.municipalities))
        for role in item.roles.all()
        for key, text in role.clauses
    ]
    return [*measures, *roles]
