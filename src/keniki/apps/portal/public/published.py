"""What residents may see of a region's records: no draft, nothing planned, private or not yet decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.http import Http404
from django.utils import timezone

from keniki.apps.activities import queries as activities
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.activities.queries import Filter, Trace
from keniki.apps.compacts import states
from keniki.apps.compacts.models import Agreement, AgreementVersion, Initiative, Kpi, Vision
from keniki.apps.compacts.states import VisionState
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Milestone, Region, RegionProgramme

#: Agreements that bind, and those that once did.
AGREEMENT_STATES = (*states.IN_FORCE, states.AgreementState.ENDED)
#: Visions that were put before the public.
VISION_STATES = (VisionState.PUBLIC_COMMENT, VisionState.DECIDED, VisionState.CHANGED)


def agreements(region: Region) -> list[Agreement]:
    """The region's concluded agreements with their parties, in the order of their days."""
    return list(
        Agreement.objects.filter(region=region, state__in=AGREEMENT_STATES)
        .select_related("amends", "source")
        .prefetch_related("parties__municipality")
        .order_by("concluded_on", "slug")
    )


def agreement_for(region: Region, slug: str) -> Agreement:
    """One concluded agreement; 404 for any other."""
    found = next((row for row in agreements(region) if row.slug == slug), None)
    if found is None:
        raise Http404("協定が見つかりません。")
    return found


def text_of(agreement: Agreement) -> AgreementVersion | None:
    """The text concluded last, with annex and signatories; a version in preparation is no text yet."""
    version: AgreementVersion | None = (
        agreement.versions.filter(frozen=True)
        .prefetch_related("annex_items__measures", "annex_items__roles", "signatories__municipality")
        .order_by("-number")
        .first()
    )
    return version


@dataclass(frozen=True)
class PublishedVision:
    """A vision as it was last put before the public; what is being prepared for its next change is not in it.

    `sections` are (heading, body), `goals` (policy field's key, text).
    """

    vision: Vision
    title: str
    first_year: int | None
    last_year: int | None
    future_image: str
    state_label: str
    on: date | None
    sections: tuple[tuple[str, str], ...] = ()
    goals: tuple[tuple[str, str], ...] = field(default=())

    @property
    def programme(self) -> str:
        return self.vision.programme


def visions(region: Region) -> list[PublishedVision]:
    """The region's visions from public comment on, the newest period first."""
    rows = (
        Vision.objects.filter(region=region, state__in=VISION_STATES)
        .prefetch_related("sections", "goals", "editions")
        .order_by("-first_year", "slug")
    )
    return [_published(row) for row in rows]


def _published(vision: Vision) -> PublishedVision:
    shown = [edition for edition in vision.editions.all() if edition.state in VISION_STATES]
    last = shown[-1] if shown else None
    kept: dict[str, Any] | None = last.content if last is not None else None
    if kept is None:
        kept = {
            "title": vision.title,
            "first_year": vision.first_year,
            "last_year": vision.last_year,
            "future_image": vision.future_image,
            "sections": [{"heading": row.heading, "body": row.body} for row in vision.sections.all()],
            "goals": [{"field": row.field, "text": row.text} for row in vision.goals.all()],
        }
    return PublishedVision(
        vision=vision,
        title=kept["title"],
        first_year=kept["first_year"],
        last_year=kept["last_year"],
        future_image=kept["future_image"],
        state_label=vision.state_label,
        on=(last.on if last is not None else None) or vision.decided_on,
        sections=tuple((row["heading"], row["body"]) for row in kept["sections"]),
        goals=tuple((row["field"], row["text"]) for row in kept["goals"]),
    )


def initiatives(region: Region) -> list[Initiative]:
    """Initiatives of a published vision or a concluded agreement, and those with anything done."""
    rows = (
        Initiative.objects.filter(region=region)
        .select_related("vision", "source")
        .prefetch_related("bodies", "roles", "annex_links__agreement")
        .order_by("order", "slug")
    )
    acted = set(
        Activity.objects.filter(region=region, state=Activity.State.DONE).values_list(
            "initiative_id", flat=True
        )
    )
    return [
        row
        for row in rows
        if row.pk in acted
        or (row.vision is not None and row.vision.state in VISION_STATES)
        or any(link.agreement.state in AGREEMENT_STATES for link in row.annex_links.all())
    ]


def initiative_for(region: Region, slug: str) -> Initiative:
    """One published initiative; 404 for any other."""
    found = next((row for row in initiatives(region) if row.slug == slug), None)
    if found is None:
        raise Http404("取組が見つかりません。")
    return found


def activities_of(
    region: Region, *, only: Filter | None = None, initiative: Initiative | None = None
) -> list[Activity]:
    """What was done (and that nothing was done), without what is only planned."""
    rows = activities.activities_of(region, only=only, initiative=initiative)
    return [row for row in rows if row.state != Activity.State.PLANNED]


def activity_for(region: Region, slug: str) -> Activity:
    """One activity that was done; 404 for any other."""
    found = activities.activity_for(region, slug)
    if found.state != Activity.State.DONE:
        raise Http404("活動が見つかりません。")
    return found


def lines_of(activity: Activity) -> list[activities.Line]:
    """The activity's printed lines without those that name lecturers."""
    return [line for line in activities.rendered_lines(activity) if line.kind != "lecturer"]


def photos(region: Region) -> list[Photo]:
    """Public copies with consent, of published initiatives and of activities that were done."""
    shown = {row.pk for row in initiatives(region)}
    return [
        photo
        for photo in activities.public_photos_of(region)
        if photo.initiative_id in shown
        and (photo.activity is None or photo.activity.state == Activity.State.DONE)
    ]


def photo_for(region: Region, slug: str) -> Photo:
    """One public photo; 404 for any other."""
    found = next((row for row in photos(region) if row.slug == slug), None)
    if found is None:
        raise Http404("写真が見つかりません。")
    return found


def kpis(region: Region) -> list[Kpi]:
    """KPIs of published visions; those that belong to no vision follow their initiative."""
    shown = {row.pk for row in initiatives(region)}
    rows = (
        Kpi.objects.filter(region=region)
        .select_related("vision", "initiative__vision", "source")
        .prefetch_related("targets", "readings__source")
        .order_by("order", "slug")
    )
    return [row for row in rows if _kpi_shown(row, shown)]


def _kpi_shown(kpi: Kpi, shown: set[int]) -> bool:
    vision = kpi.vision or (kpi.initiative.vision if kpi.initiative else None)
    if vision is not None:
        return vision.state in VISION_STATES
    return kpi.initiative_id in shown


def milestones(region: Region) -> list[Milestone]:
    """The steps that were taken."""
    today = timezone.localdate()
    return [
        row
        for row in regions.milestones(region)
        if row.state == Milestone.State.DONE and row.starts_on <= today
    ]


@dataclass(frozen=True)
class Period:
    """A programme the region works under, with its last day (None: it goes on)."""

    programme: RegionProgramme
    last_day: date | None


def programmes(region: Region) -> list[Period]:
    """The programmes that have begun, the first one first."""
    today = timezone.localdate()
    rows = region.programmes.select_related("source").order_by("valid")
    return [
        Period(row, row.valid.upper - timedelta(days=1) if row.valid.upper else None)
        for row in rows
        if row.valid.lower is None or row.valid.lower <= today
    ]


def trace(region: Region, years: Sequence[int] | None = None) -> Trace:
    """What came of every measure of the concluded agreements."""
    found = activities.trace(region, years)
    return Trace(found.years, tuple(item for item in found.items if item.agreement.state in AGREEMENT_STATES))
