"""Initiatives and their projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.closing import refusals
from keniki.apps.compacts.models import (
    Agreement,
    AnnexItem,
    Finding,
    Initiative,
    InitiativeAnnex,
    InitiativeRole,
    Outlook,
    OutlookMeasure,
    Project,
)
from keniki.apps.compacts.outlooks import PolicyAhead
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from .common import attributes, check_years, differences, free_slug, label_of, needed

_HEAD = (
    "order",
    "title",
    "field_name",
    "fields",
    "programme",
    "vision",
    "goal",
    "first_year",
    "last_year",
    "one_off",
    "overview",
    "purpose",
)
_PROJECT = ("title", "code", "lead", "bodies", "first_year", "last_year", "text", "effect", "subsidy")


@dataclass(frozen=True)
class RoleLine:
    """A line of the division of roles, labelled as printed; `municipalities` six-digit codes."""

    label: str
    text: str
    municipalities: Sequence[str] = ()


def save_initiative(
    actor: Actor,
    region: Region,
    initiative: Initiative | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    bodies: Sequence[Municipality] = (),
    roles: Sequence[RoleLine] = (),
    findings: Sequence[str] = (),
    outlooks: Sequence[PolicyAhead] = (),
    annex: Sequence[tuple[Agreement, str]] = (),
) -> Initiative:
    """Write an initiative with everything that hangs on it, or begin one (`initiative` None).

    `values` as far as given: order, title, field_name, fields, programme, vision, goal, first_year, last_year,
    one_off, overview, purpose. `annex` names annex items by agreement and key.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "compacts.save_initiative", region=region.slug, ruling=ruling, quiet=True) as act:
        if initiative is None:
            rows = Initiative.objects.filter(region=region)
            initiative = Initiative(
                region=region,
                slug=free_slug(rows.values_list("slug", flat=True), "torikumi"),
                order=max(rows.values_list("order", flat=True), default=0) + 1,
            )
            before: dict[str, Any] | None = None
        else:
            initiative = act.lock(initiative, version)
            before = _whole(initiative)
        clean = {name: tidy(value) if isinstance(value, str) else value for name, value in values.items()}
        for name, value in clean.items():
            assert name in _HEAD, name
            setattr(initiative, name, value)
        initiative.title = needed(initiative.title, "取組（事業）名")
        check_years(initiative.first_year, initiative.last_year)
        _check_goal(initiative)
        _check_annex(region, annex)
        parts: dict[str, Any] = {
            "bodies": sorted(town.code for town in bodies),
            "roles": [
                [row.label.strip(), list(row.municipalities), tidy(row.text)]
                for row in roles
                if row.text.strip()
            ],
            "findings": [tidy(text) for text in findings if text.strip()],
            "outlooks": [[o.title, [[m.title, m.text] for m in o.measures]] for o in outlooks],
            "annex": sorted([agreement.slug, key] for agreement, key in annex),
        }
        after = {**snapshot(initiative, *_attributes()), **parts}
        if before == after:
            return initiative
        if before is not None and before["findings"] != parts["findings"]:
            _findings_are_open(initiative)
        act.save(initiative)
        _write_parts(initiative, before or {}, parts, bodies, annex)
        doing = "作成" if before is None else "変更"
        what = "" if before is None else f"（{'・'.join(_changed(before, after))}）"
        was, now = (None, after) if before is None else changes(before, after)
        act.log(initiative, was, now, f"取組「{initiative}」{what}を {doing}")
        return initiative


def save_project(
    actor: Actor,
    initiative: Initiative,
    project: Project | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
) -> Project:
    """Write a project below an initiative, or begin one.

    `values`: title, code, lead, bodies (codes), first_year, last_year, text, effect, subsidy.
    """
    ruling = policies.edit_shared(actor, initiative.region)
    with verb(
        actor, "compacts.save_project", region=initiative.region.slug, ruling=ruling, quiet=True
    ) as act:
        fresh = project is None
        if project is None:
            rows = initiative.projects.all()
            project = Project(
                initiative=initiative,
                slug=free_slug([row.slug for row in rows], "jigyou"),
                order=max((row.order for row in rows), default=0) + 1,
            )
        else:
            project = act.lock(project, version)
        clean = {name: tidy(value) if isinstance(value, str) else value for name, value in values.items()}
        assert set(clean) <= set(_PROJECT)
        lines = [] if fresh else differences(project, clean)
        if not fresh and not lines:
            return project
        before = None if fresh else snapshot(project, *_project_attributes())
        for name, value in clean.items():
            setattr(project, name, value)
        project.title = needed(project.title, "事業名")
        check_years(project.first_year, project.last_year)
        act.save(project)
        after = snapshot(project, *_project_attributes())
        what = f"の{'、'.join(lines)} に変更" if lines else "を 追加"
        act.log(project, before, after, f"取組「{initiative}」の事業「{project}」{what}")
        return project


# --- steps ------------------------------------------------------------------------------------------------


def _attributes() -> list[str]:
    return attributes(Initiative, _HEAD)


def _project_attributes() -> list[str]:
    return attributes(Project, _PROJECT)


def _whole(initiative: Initiative) -> dict[str, Any]:
    return {
        **snapshot(initiative, *_attributes()),
        "bodies": sorted(initiative.bodies.values_list("code", flat=True)),
        "roles": [[row.label, list(row.municipalities), row.text] for row in initiative.roles.all()],
        "findings": [row.text for row in initiative.findings.all()],
        "outlooks": [
            [row.title, [[m.title, m.text] for m in row.measures.all()]] for row in initiative.outlooks.all()
        ],
        "annex": sorted(
            [link.agreement.slug, link.key] for link in initiative.annex_links.select_related("agreement")
        ),
    }


def _check_goal(initiative: Initiative) -> None:
    if not initiative.goal:
        return
    if initiative.vision is None:
        raise WrongInput("基本目標を選ぶときは、ビジョンも選んでください。", column="ビジョン")
    if not initiative.vision.goals.filter(key=initiative.goal).exists():
        raise WrongInput("選んだ基本目標は、選んだビジョンにありません。", column="基本目標")


def _check_annex(region: Region, annex: Sequence[tuple[Agreement, str]]) -> None:
    for agreement, key in annex:
        if (
            agreement.region_id != region.pk
            or not AnnexItem.objects.filter(agreement_version__agreement=agreement, key=key).exists()
        ):
            raise WrongInput(
                "選んだ別表の取組は、この圏域の協定にありません。", column="根拠となる別表の取組"
            )


def _findings_are_open(initiative: Initiative) -> None:
    """Raise `Denied` once every year of the initiative is closed: its 成果と課題 have been reported."""
    last = initiative.last_year
    if last is None:
        return
    years = range(initiative.first_year or last, last + 1)
    closed = refusals(initiative.region, years)
    if len(closed) == len(years):
        closed[last].require()


def _write_parts(
    initiative: Initiative,
    before: Mapping[str, Any],
    parts: Mapping[str, Any],
    bodies: Sequence[Municipality],
    annex: Sequence[tuple[Agreement, str]],
) -> None:
    changed = {name for name, value in parts.items() if before.get(name) != value}
    if "bodies" in changed:
        initiative.bodies.set(bodies)
    if "roles" in changed:
        initiative.roles.all().delete()
        for order, (label, towns, text) in enumerate(parts["roles"], 1):
            InitiativeRole(
                initiative=initiative, order=order, label=label, municipalities=towns, text=text
            ).save()
    if "findings" in changed:
        initiative.findings.all().delete()
        for order, text in enumerate(parts["findings"], 1):
            Finding(initiative=initiative, order=order, text=text).save()
    if "outlooks" in changed:
        initiative.outlooks.all().delete()
        for order, (title, measures) in enumerate(parts["outlooks"], 1):
            outlook = Outlook(initiative=initiative, order=order, title=title)
            outlook.save()
            for place, (name, text) in enumerate(measures, 1):
                OutlookMeasure(outlook=outlook, order=place, title=name, text=text).save()
    if "annex" in changed:
        initiative.annex_links.all().delete()
        for agreement, key in annex:
            InitiativeAnnex(initiative=initiative, agreement=agreement, key=key).save()


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    labels = {name: label_of(Initiative, name) for name in attributes(Initiative, _HEAD)}
    labels |= {
        "vision_id": "ビジョン",
        "bodies": "実施団体",
        "roles": "役割分担",
        "findings": "成果と課題",
        "outlooks": "今後の視点",
        "annex": "根拠となる別表の取組",
    }
    return [labels[name] for name in after if before.get(name) != after[name]]
