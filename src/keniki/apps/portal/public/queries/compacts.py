"""Agreements' annexes and visions as residents see them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import prefetch_related_objects
from django.utils import timezone

from keniki.apps.compacts.models import AgreementVersion, AnnexItem, Initiative
from keniki.apps.portal.public import published
from keniki.apps.portal.public.published import PublishedVision
from keniki.apps.regions.models import Region
from keniki.rulebooks import programmes as rules
from keniki.rulebooks.loader import RuleUnknown

from .kpis import KpiSheet, kpi_sheets


@dataclass(frozen=True)
class AnnexRow:
    """An annex item with its measures and roles, and the published initiatives that carry it out."""

    item: AnnexItem
    roles: list[tuple[str, list[str]]]
    initiatives: list[Initiative]


def annex(region: Region, text: AgreementVersion) -> list[AnnexRow]:
    """The annex of an agreement's text."""
    towns = {
        row.municipality.code: row.municipality.name
        for row in region.memberships.select_related("municipality")
    }
    carried: dict[tuple[int, str], list[Initiative]] = defaultdict(list)
    shown = list(published.shown_initiatives(region))
    prefetch_related_objects(shown, "annex_links")
    for initiative in shown:
        for link in initiative.annex_links.all():
            carried[link.agreement_id, link.key].append(initiative)
    return [
        AnnexRow(
            item,
            [
                ("・".join(towns.get(code, code) for code in role.municipalities), role.items)
                for role in item.roles.all()
            ],
            carried[text.agreement_id, item.key],
        )
        for item in text.annex_items.all()
    ]


@dataclass(frozen=True)
class VisionPage:
    """A published vision with its goals by field and its KPIs."""

    published: PublishedVision
    goals: list[tuple[str, str]]
    initiatives: list[Initiative]
    kpis: list[KpiSheet] = field(default_factory=list)


def vision_pages(region: Region) -> list[VisionPage]:
    """Every published vision; KPIs that belong to no vision follow the newest one."""
    found = published.visions(region)
    shown = list(published.shown_initiatives(region))
    sheets = kpi_sheets(region)
    pages = []
    for number, row in enumerate(found):
        names = field_names(row.programme)
        own = [
            each
            for each in sheets
            if published.vision_id(each.kpi) == row.vision.pk
            or (published.vision_id(each.kpi) is None and number == 0)
        ]
        pages.append(
            VisionPage(
                row,
                [(names.get(key, ""), text) for key, text in row.goals],
                [each for each in shown if each.vision_id == row.vision.pk],
                own,
            )
        )
    return pages


def field_names(programme: str) -> dict[str, str]:
    """The programme's policy fields by key."""
    if not programme:
        return {}
    try:
        rule = rules.policy_fields(programme, timezone.localdate())
    except RuleUnknown:
        return {}
    return {row.key: row.name for row in rule.value.fields}
