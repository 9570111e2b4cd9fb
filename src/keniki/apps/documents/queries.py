"""Reading documents: what was built, whether it is still up to date, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Max, Min, Q
from django.http import Http404
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from keniki import __version__
from keniki.apps.accounts.queries import revision_of_region
from keniki.apps.activities.models import Activity
from keniki.apps.evidence.queries import contents_mark
from keniki.apps.regions import policies as rights
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Region
from keniki.apps.workflow.runs import DEAD_AFTER
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from . import jobs
from .composing import inputs
from .inputs import differences
from .models import Build, BuildFile, BuildRun
from .rendering import FORMATS

#: Seconds an answer about a document is kept at most.
KEPT_FOR = 24 * 60 * 60


@dataclass(frozen=True)
class Freshness:
    """Whether a build still says what the records say. `changes` is (kind of change, record)."""

    stale: bool
    changes: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def towns_word(region: Region) -> str:
    """「各市町」「各市町村」…, after the kinds of today's members."""
    return f"各{regions.kinds_word(row.municipality for row in regions.members_on(region))}"


def report_years(region: Region) -> list[FiscalYear]:
    """The fiscal years a results report may cover: those of programmes and activities, and up to the present one."""
    years = {int(FiscalYear.of(rights.today()))}
    for programme in region.programmes.all():
        begins = FiscalYear.of(programme.valid.lower) if programme.valid.lower else None
        years.update(
            int(year) for year in (programme.first_fiscal_year or begins, programme.last_fiscal_year) if year
        )
    entered = Activity.objects.filter(region=region).aggregate(
        first=Min("fiscal_year"), last=Max("fiscal_year")
    )
    years.update(year for year in entered.values() if year is not None)
    return list(FiscalYear.span(min(years), max(years)))


def builds(region: Region, kind: str = "") -> list[Build]:
    """All builds, newest first; what each was built from is read only where it is compared."""
    rows = Build.objects.defer("inputs").select_related("made_by").prefetch_related("files")
    return list(rows.filter(kind=kind) if kind else rows)


def latest(region: Region) -> dict[str, Build]:
    """The newest build of each kind."""
    rows = Build.objects.filter(region=region).defer("inputs").prefetch_related("files")
    newest = rows.order_by("kind", "-made_at", "-id").distinct("kind")
    found = sorted(newest, key=lambda build: build.made_at, reverse=True)
    for build in found:
        build.region = region
    return {build.kind: build for build in found}


def build_for(region: Region, kind: str, number: int) -> Build:
    """One build, by kind and number; 404 when there is none."""
    found = (
        Build.objects.select_related("made_by", "replaces", "region").filter(kind=kind, number=number).first()
    )
    if found is None:
        raise Http404("文書が見つかりません。")
    return found


def run_for(region: Region, pk: int) -> BuildRun:
    found = BuildRun.objects.select_related("build").filter(pk=pk).first()
    if found is None:
        raise Http404("作成中の文書が見つかりません。")
    return found


def is_broken_off(run: BuildRun) -> bool:
    """Whether a build said to be under way has no living worker any more."""
    if run.state != BuildRun.State.RUNNING:
        return False
    dead = Q(worker=None) | Q(worker__last_heartbeat__lt=timezone.now() - timedelta(seconds=DEAD_AFTER))
    mine = ProcrastinateJob.objects.filter(task_name=jobs.build_document.name, args__run_id=run.pk)
    return bool(mine.filter(dead, status="doing").exists())


def freshness(build: Build, revision: str = "") -> Freshness:
    """Compare the build's inputs with the records as they are now.

    That reads all that the document would print; the answer is kept until something of the region changes.
    `revision`, where it is known already, is that of the region (`revision_of_region`).
    """
    revision = revision or revision_of_region(build.region.slug)
    if build.kind in (Build.Kind.PROFILE, Build.Kind.FUTURE):
        revision = f"{revision}-{contents_mark(build.region)}"
    parts = (build.pk, build.digest[:16], revision, rights.today(), __version__)
    key = "freshness:" + ":".join(map(str, parts))
    found: Freshness | None = cache.get(key)
    if found is None:
        found = _compared(build)
        cache.set(key, found, KEPT_FOR)
    return found


def _compared(build: Build) -> Freshness:
    try:
        now = inputs(build.region, build.kind, **build.parameters)
    except WrongInput as error:
        return Freshness(True, problem=str(error))
    if now.digest == build.digest:
        return Freshness(False)
    return Freshness(True, tuple(differences(build.inputs, now)))


def files(build: Build) -> dict[str, Any]:
    """The build's downloads and its page images."""
    rows = list(build.files.all())
    return {
        "downloads": [row for format_ in FORMATS for row in rows if row.format == format_],
        "pages": [row for row in rows if row.pages is not None],
    }


def file_for(build: Build, format_: str) -> BuildFile:
    found = build.files.filter(format=format_).first()
    if found is None:
        raise Http404("ファイルが見つかりません。")
    return found


def public_builds(region: Region) -> list[Build]:
    """Submitted documents that the secretariat has published."""
    return list(Build.objects.filter(public=True, state=Build.State.SUBMITTED).prefetch_related("files"))
