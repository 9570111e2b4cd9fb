"""Initiatives with what hangs on them, as a table over the policy fields and one by one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch
from django.http import Http404

from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Initiative,
    InitiativeAnnex,
    Kpi,
    Project,
)
from keniki.apps.programmes.naming import Named
from keniki.apps.regions.models import Region

from .fields import field_names


@dataclass(frozen=True)
class AnnexChoice:
    """An annex item of the newest version of an agreement."""

    agreement: Agreement
    item: AnnexItem

    @property
    def value(self) -> str:
        return f"{self.agreement.slug}:{self.item.key}"


@dataclass(frozen=True)
class FieldTable:
    """Initiatives against the policy fields any of them names: columns (key, name), rows in order."""

    columns: list[tuple[str, str]]
    rows: list[Initiative]


def initiatives(region: Region) -> list[Initiative]:
    """All initiatives in order with roles, projects, annex links, bodies, vision and KPIs."""
    return list(
        Initiative.objects.filter(region=region)
        .select_related("vision", "region")
        .prefetch_related(
            "bodies",
            "roles",
            "findings",
            "outlooks__measures",
            Prefetch("projects", Project.objects.select_related("lead")),
            Prefetch("annex_links", InitiativeAnnex.objects.select_related("agreement")),
            Prefetch("kpis", Kpi.objects.prefetch_related("targets", "readings")),
            "vision__goals",
        )
    )


def named_initiatives(region: Region) -> list[Named]:
    """All initiatives in order, as claims of general revenue name them."""
    rows = Initiative.objects.filter(region=region).order_by("order", "slug")
    return [Named(*row) for row in rows.values_list("slug", "title", "programme")]


def initiative(region: Region, slug: str) -> Initiative:
    """One initiative with the same; 404 when the region has none of that name."""
    for row in initiatives(region):
        if row.slug == slug:
            return row
    raise Http404("取組が見つかりません。")


def field_table(rows: list[Initiative]) -> FieldTable:
    """The initiatives against their policy fields."""
    used = {key for row in rows for key in row.fields}
    names = field_names(keep=sorted(used))
    return FieldTable([(key, name) for key, name in names.items() if key in used], rows)


def annex_choices(region: Region) -> list[AnnexChoice]:
    """Annex items an initiative may carry out: those of every agreement's newest version, by agreement."""
    newest: dict[int, AgreementVersion] = {}
    for version in (
        AgreementVersion.objects.filter(agreement__region=region, agreement__amends=None)
        .exclude(agreement__state="dropped")
        .select_related("agreement")
        .prefetch_related("annex_items")
        .order_by("agreement__slug", "number")
    ):
        newest[version.agreement_id] = version
    return [AnnexChoice(v.agreement, item) for v in newest.values() for item in v.annex_items.all()]


def annex_titles(region: Region) -> dict[tuple[str, str], str]:
    """Titles of annex items by agreement slug and key, for showing links."""
    return {(c.agreement.slug, c.item.key): c.item.title for c in annex_choices(region)}
