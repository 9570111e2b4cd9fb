"""Activities: reading, adding, changing, and each town's own figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import actions, policies
from keniki.apps.activities import queries as activities
from keniki.apps.activities.drafts import ActivityDraft, read_lines, reading_of
from keniki.apps.activities.models import Activity, Count
from keniki.apps.activities.queries.activities import with_everything
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from . import schemas as s
from .common import REFUSALS, WRITE_REFUSALS, Conflict, page_of, region_of, town_by_code
from .regions import number, permission, source, town

router = Router(tags=["活動"])
_ONE = "/regions/{region}/activities/{slug}"


@router.get(
    "/regions/{region}/activities", response={200: s.Page[s.ActivityOut], **REFUSALS}, summary="活動の一覧"
)
def activity_list(
    request: HttpRequest,
    region: s.Slug,
    year: s.Year | None = None,
    initiative: s.Slug | None = None,
    field: s.Words = "",
    town: s.Code | None = None,
    kind: s.Kind | None = None,
    q: s.Words = "",
    limit: s.Limit = 50,
    offset: s.Offset = 0,
) -> Any:
    """The region's activities in the report's order, narrowed and in pages."""
    with region_of(request, region) as found:
        only = activities.Filter(
            year=year, initiative=initiative or "", field=field, town=town or "", kind=kind or "", words=q
        )
        rows = with_everything(activities.activity_rows(found, only)).order_by(*activities.IN_ORDER)
        return page_of(rows, limit, offset, shown)


@router.get(_ONE, response={200: s.ActivityDetail, **REFUSALS}, summary="活動")
def activity(request: HttpRequest, region: s.Slug, slug: s.Slug) -> Any:
    with region_of(request, region) as found:
        return _detail(_actor(request), activities.activity_for(found, slug))


@router.post(
    "/regions/{region}/activities", response={201: s.ActivityDetail, **WRITE_REFUSALS}, summary="活動を登録"
)
def add(request: HttpRequest, region: s.Slug, payload: s.ActivityIn) -> Any:
    """Add an activity (shared ones as the secretariat, a town's own with its code), or record 実績なし.

    実績なし with a municipality is said of that town's part only.
    """
    with region_of(request, region) as found:
        actor = _actor(request)
        own = town_by_code(payload.municipality) if payload.municipality else None
        policies.write(actor, found, payload.fiscal_year, own).require()
        initiative = _initiative(found, payload.initiative)
        project = _project(initiative, payload.project)
        if payload.state == "none":
            saved = actions.record_none(
                actor, initiative, payload.fiscal_year, project=project, municipality=own
            )
        else:
            draft = ActivityDraft(
                initiative=initiative,
                fiscal_year=payload.fiscal_year,
                title=payload.title,
                kind=payload.kind,
                state=payload.state,
                project=project,
                municipality=own,
                tally_only=payload.tally_only,
                starts_on=payload.starts_on,
                ends_on=payload.ends_on,
                place=payload.place,
                organiser=payload.organiser,
                text=payload.text,
                reading=read_lines(_typed(payload.lines), town=own.pk if own else None),
                measures=_measures(initiative, payload.measures),
                roles=_roles(initiative, payload.roles),
            )
            saved = actions.save_activity(actor, found, draft)
        return Status(201, _detail(actor, activities.activity_for(found, saved.slug)))


@router.patch(
    _ONE,
    response={200: s.ActivityDetail, 409: s.ConflictOut, **WRITE_REFUSALS},
    summary="活動を変更",
)
def change(request: HttpRequest, region: s.Slug, slug: s.Slug, payload: s.ActivityChange) -> Any:
    """Change what is named in the body; 409 with both versions when somebody else was faster."""
    with region_of(request, region) as found:
        actor = _actor(request)
        row = activities.activity_for(found, slug)
        policies.edit(actor, row).require()
        if row.state == Activity.State.NONE:
            raise WrongInput(
                "「実績なし」の記録は変更できません。活動を登録すると取り消されます。", column="state"
            )
        sent = payload.model_dump(exclude_unset=True)
        draft = _changed(found, row, payload, sent)
        try:
            saved = actions.save_activity(actor, found, draft, row, payload.version)
        except Stale as stale:
            current = shown(activities.activity_for(found, slug))
            raise Conflict(stale, payload.model_dump(mode="json", exclude_unset=True), current) from None
        return _detail(actor, activities.activity_for(found, saved.slug))


@router.put(
    _ONE + "/counts/{key}/{code}",
    response={200: s.ActivityDetail, 409: s.ConflictOut, **WRITE_REFUSALS},
    summary="市町村の数値を入力",
)
def town_count(
    request: HttpRequest, region: s.Slug, slug: s.Slug, key: s.Key, code: s.Code, payload: s.TownCountIn
) -> Any:
    """Enter one town's figure within the total `key`; the total follows while the towns add up to it."""
    with region_of(request, region) as found:
        actor = _actor(request)
        row = activities.activity_for(found, slug)
        own = town_by_code(code, "code")
        try:
            actions.enter_town_count(actor, row, key, own, payload.value, version=payload.version)
        except Stale as stale:
            current = shown(activities.activity_for(found, slug))
            raise Conflict(stale, payload.model_dump(mode="json"), current) from None
        return _detail(actor, activities.activity_for(found, slug))


def shown(row: Activity) -> dict[str, Any]:
    """An activity (read with everything) as JSON."""
    return {
        "slug": row.slug,
        "version": row.version,
        "initiative": row.initiative.slug,
        "project": row.project.slug if row.project else None,
        "fiscal_year": row.fiscal_year,
        "title": row.title,
        "kind": row.kind,
        "state": row.state,
        "tally_only": row.tally_only,
        "municipality": town(row.municipality),
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "place": row.place,
        "organiser": row.organiser,
        "text": row.text,
        "proxy": row.proxy,
        "lines": [{"kind": line.kind, "text": line.text} for line in activities.rendered_lines(row)],
        "counts": [_count(count) for count in row.counts.all()],
        "measures": [
            {"agreement": link.agreement.slug, "measure": link.key} for link in row.measure_links.all()
        ],
        "roles": [
            {"agreement": link.agreement.slug, "item": link.item, "role": link.key}
            for link in row.role_links.all()
        ],
        "source": source(row),
    }


def _count(row: Count) -> dict[str, Any]:
    return {
        "key": row.key,
        "quantity": row.quantity,
        "value": number(row.value),
        "unit": row.counter,
        "basis": row.basis,
        "words": activities.words(row),
        "municipality": town(row.municipality),
        "part_of": row.part_of.key if row.part_of else None,
        "proxy": row.proxy,
        "version": row.version,
    }


def _detail(actor: Actor, row: Activity) -> dict[str, Any]:
    return {**shown(row), "permission": permission(policies.edit(actor, row))}


def _changed(region: Region, row: Activity, payload: s.ActivityChange, sent: dict[str, Any]) -> ActivityDraft:
    """The activity as it shall be: stored values with the sent ones over them."""
    own = row.municipality
    if "municipality" in sent:
        own = town_by_code(payload.municipality) if payload.municipality else None
    draft = ActivityDraft(
        initiative=row.initiative,
        fiscal_year=row.fiscal_year,
        title=row.title,
        kind=row.kind,
        state=row.state,
        project=_project(row.initiative, payload.project) if "project" in sent else row.project,
        municipality=own,
        tally_only=row.tally_only,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        place=row.place,
        organiser=row.organiser,
        text=row.text,
        reading=reading_of(row)
        if payload.lines is None
        else read_lines(_typed(payload.lines), row, town=own.pk if own else None),
        measures=tuple((link.agreement_id, link.key) for link in row.measure_links.all())
        if payload.measures is None
        else _measures(row.initiative, payload.measures),
        roles=tuple((link.agreement_id, link.item, link.key) for link in row.role_links.all())
        if payload.roles is None
        else _roles(row.initiative, payload.roles),
    )
    plain = {
        name: value
        for name, value in sent.items()
        if name in _PLAIN and (value is not None or name in _EMPTYABLE)
    }
    return replace(draft, **plain)


_EMPTYABLE = ("starts_on", "ends_on")
_PLAIN = (
    "fiscal_year",
    "title",
    "kind",
    "state",
    "tally_only",
    "starts_on",
    "ends_on",
    "place",
    "organiser",
    "text",
)


def _typed(lines: list[s.LineIn]) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in lines]


def _initiative(region: Region, slug: str) -> Initiative:
    found: Initiative | None = Initiative.objects.filter(region=region, slug=slug).first()
    if found is None:
        raise WrongInput(f"取組「{slug}」はこの圏域にありません。", column="initiative")
    return found


def _project(initiative: Initiative, slug: str | None) -> Project | None:
    if slug is None:
        return None
    found: Project | None = Project.objects.filter(initiative=initiative, slug=slug).first()
    if found is None:
        raise WrongInput(f"事業「{slug}」はこの取組にありません。", column="project")
    return found


def _measures(initiative: Initiative, wanted: list[s.MeasureIn]) -> tuple[tuple[int, str], ...]:
    known = {
        (agreement.slug, measure.key): agreement.pk
        for agreement, measure in activities.measure_choices([initiative])[initiative.pk]
    }
    found = []
    for each in wanted:
        if (each.agreement, each.measure) not in known:
            raise WrongInput(
                f"取組内容「{each.agreement}/{each.measure}」はこの取組の別表にありません。",
                column="measures",
            )
        found.append((known[each.agreement, each.measure], each.measure))
    return tuple(dict.fromkeys(found))


def _roles(initiative: Initiative, wanted: list[s.RoleIn]) -> tuple[tuple[int, str, str], ...]:
    known = {
        (group.agreement.slug, group.item.key, clause.key): group.agreement.pk
        for group in activities.role_choices([initiative])[initiative.pk]
        for clause in group.clauses
    }
    found = []
    for each in wanted:
        if (each.agreement, each.item, each.role) not in known:
            raise WrongInput(
                f"役割「{each.agreement}/{each.item}/{each.role}」はこの取組の別表にありません。",
                column="roles",
            )
        found.append((known[each.agreement, each.item, each.role], each.item, each.role))
    return tuple(dict.fromkeys(found))


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor
