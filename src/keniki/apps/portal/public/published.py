"""What residents may see of a region's records: no draft, nothing planned, private or not yet decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from keniki.apps.activities import queries as reading
from keniki.apps.activities.models import Activity, ActivityLine, Count, Photo
from keniki.apps.activities.queries import Trace
from keniki.apps.compacts import states
from keniki.apps.compacts.actions.visions import KPI_KEPT
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    Initiative,
    InitiativeAnnex,
    Kpi,
    KpiTarget,
    Vision,
    VisionEdition,
)
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


def _last_edition(vision: Vision) -> VisionEdition | None:
    """The edition that was put before the public last."""
    shown = [edition for edition in vision.editions.all() if edition.state in VISION_STATES]
    return shown[-1] if shown else None


def _published(vision: Vision) -> PublishedVision:
    last = _last_edition(vision)
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


def shown_initiatives(region: Region) -> QuerySet[Initiative]:
    """Initiatives of a published vision or a concluded agreement, and those with anything done, in order."""
    done = Activity.objects.filter(initiative=OuterRef("pk"), state=Activity.State.DONE)
    agreed = InitiativeAnnex.objects.filter(initiative=OuterRef("pk"), agreement__state__in=AGREEMENT_STATES)
    return (
        Initiative.objects.filter(region=region)
        .filter(Exists(done) | Exists(agreed) | Q(vision__state__in=VISION_STATES))
        .order_by("order", "slug")
    )


def initiatives(region: Region) -> list[Initiative]:
    """The published initiatives with their bodies, roles and agreements."""
    return list(
        shown_initiatives(region)
        .select_related("vision", "source")
        .prefetch_related("bodies", "roles", "annex_links__agreement")
    )


def initiative_for(region: Region, slug: str) -> Initiative:
    """One published initiative with its bodies, roles and agreements; 404 for any other."""
    found: Initiative | None = (
        shown_initiatives(region)
        .select_related("vision", "source")
        .prefetch_related("bodies", "roles", "annex_links__agreement")
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise Http404("取組が見つかりません。")
    return found


def activities(region: Region) -> QuerySet[Activity]:
    """What was done (and that nothing was done), without what is only planned."""
    return Activity.objects.filter(region=region).exclude(state=Activity.State.PLANNED)


def loaded(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """The same with lines, counts and towns, in three queries however many there are."""
    return rows.select_related("initiative", "municipality").prefetch_related(
        Prefetch("lines", ActivityLine.objects.order_by("order", "id")),
        Prefetch("counts", Count.objects.order_by("order", "id")),
    )


def activity_for(region: Region, slug: str) -> Activity:
    """One activity that was done; 404 for any other."""
    found = reading.activity_for(region, slug)
    if found.state != Activity.State.DONE:
        raise Http404("活動が見つかりません。")
    return found


def lines_of(activity: Activity) -> list[reading.Line]:
    """The activity's printed lines without those that name lecturers."""
    return [line for line in reading.rendered_lines(activity) if line.kind != "lecturer"]


def photos(region: Region) -> QuerySet[Photo]:
    """Public copies with consent, of published initiatives and of activities that were done."""
    return reading.public_photos_of(region).filter(
        Q(activity=None) | Q(activity__state=Activity.State.DONE),
        initiative__in=shown_initiatives(region).order_by().values("pk"),
    )


def photo_for(region: Region, slug: str) -> Photo:
    """One public photo; 404 for any other."""
    found: Photo | None = photos(region).filter(slug=slug).first()
    if found is None:
        raise Http404("写真が見つかりません。")
    return found


def kpis(region: Region) -> list[Kpi]:
    """KPIs of published visions as the last published edition states them, with the actuals of today.

    What is written in a KPI after that, or a KPI that is new, waits for the next edition. An edition that kept no KPIs
    (read from a file) shows them as they are. Those that belong to no vision follow their initiative.
    """
    own, followed = Q(vision__state__in=VISION_STATES), Q(vision=None)
    shown = shown_initiatives(region).order_by().values("pk")
    rows = (
        Kpi.objects.filter(region=region)
        .filter(
            own
            | followed & Q(initiative__vision__state__in=VISION_STATES)
            | followed & Q(initiative__vision=None, initiative__in=shown)
        )
        .select_related("vision", "initiative__vision", "region", "source")
        .prefetch_related("targets", "readings__source")
        .order_by("order", "slug")
    )
    stated: dict[int, dict[str, dict[str, Any]]] = {}
    for vision in Vision.objects.filter(region=region, state__in=VISION_STATES).prefetch_related("editions"):
        last = _last_edition(vision)
        if last is not None and last.content is not None and "kpis" in last.content:
            stated[vision.pk] = {row["slug"]: row for row in last.content["kpis"]}
    found = []
    for row in rows:
        edition = stated.get(vision_id(row) or 0)
        if edition is None:
            found.append(row)
        elif row.slug in edition:
            found.append(_as_stated(row, edition[row.slug]))
    return found


def _as_stated(kpi: Kpi, kept: dict[str, Any]) -> Kpi:
    """The KPI with the words and targets of an edition, for showing only."""
    for name in KPI_KEPT:
        setattr(kpi, name, kept[name])
    kpi.baseline_value = None if kept["baseline_value"] is None else Decimal(kept["baseline_value"])
    targets = [
        KpiTarget(kpi=kpi, fiscal_year=row["fiscal_year"], value=Decimal(row["value"]))
        for row in kept["targets"]
    ]
    kpi._prefetched_objects_cache["targets"] = targets  # type: ignore[attr-defined]
    return kpi


def vision_id(kpi: Kpi) -> int | None:
    """The vision a KPI belongs to, by itself or by its initiative."""
    return kpi.vision_id or (kpi.initiative.vision_id if kpi.initiative else None)


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
    found = reading.trace(region, years)
    return Trace(found.years, tuple(item for item in found.items if item.agreement.state in AGREEMENT_STATES))
