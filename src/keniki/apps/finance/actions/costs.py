"""Writing joint costs: what is run together, how, by whom, who shares it and in which fiscal years."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.activities.actions.writing import hold_year, writing
from keniki.apps.activities.queries import check_year, year_states
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table

from .. import policies
from ..models import (
    Allocation,
    Assessment,
    BasisFigure,
    CostGame,
    CostItem,
    Entry,
    JointCost,
    SharingRule,
    TownBudget,
)
from .joint_lines import follow_cost

_STEM: Final = 60
#: The parts of a joint cost as pages and the log name them.
LABELS: Final = {
    "title": "名称",
    "initiative": "取組",
    "project": "事業",
    "manner": "執行の方法",
    "holder": "会計をもつ団体",
    "places": "負担する市町村",
    "first_year": "最初の年度",
    "last_year": "最後の年度",
    "note": "備考",
}


@dataclass(frozen=True)
class CostDraft:
    """A joint cost as it shall be; `holder` is a member or another body, `places` are codes (none: every member)."""

    title: str
    initiative: Initiative
    first_year: int
    manner: str = JointCost.Manner.CENTRE
    project: Project | None = None
    holder: Municipality | Organisation | None = None
    places: tuple[str, ...] = ()
    last_year: int | None = None
    note: str = ""


def save_cost(
    actor: Actor, region: Region, draft: CostDraft, cost: JointCost | None = None, version: int | None = None
) -> JointCost:
    """Store a joint cost. Its budget lines of open fiscal years follow to another name, initiative, project or holder.

    Raises `WrongInput`, `Denied` or `Stale`.
    """
    ruling = policies.write_cost(actor, region).require()
    _check(region, draft, cost)
    with verb(actor, "finance.save_cost", region=region.slug, ruling=ruling, quiet=cost is not None) as act:
        if cost is None:
            lock("joint-cost-slug", region.pk)
            saved = JointCost(region=region, slug=_free_slug(region, draft.initiative))
            old: dict[str, Any] = {}
            _check_name(region, draft)
        else:
            saved = act.lock(cost, version)
            saved.region = region
            old = content_of_cost(saved)
        before_lines = _of_lines(saved)
        for name in ("title", "initiative", "first_year", "manner", "project", "last_year", "note"):
            setattr(saved, name, getattr(draft, name))
        saved.places = list(draft.places)
        saved.holder = (
            town_organisation(draft.holder) if isinstance(draft.holder, Municipality) else draft.holder
        )
        new = content_of_cost(saved)
        if cost is None:
            act.save(saved)
            act.log(saved, None, new, f"共同経費「{saved.title}」を登録")
            return saved
        before, after = changes(old, new)
        if not after:
            return saved
        act.save(saved)
        if before_lines != _of_lines(saved):
            for year in _open_years(saved):
                hold_year(region, year)
                follow_cost(act, saved, year)
        said = "、".join(
            f"{LABELS[name]}を {before[name] or 'なし'}→{after[name] or 'なし'}" for name in after
        )
        act.log(saved, before, after, f"共同経費「{saved.title}」の{said} に変更")
        return saved


def remove_cost(actor: Actor, cost: JointCost, version: int) -> None:
    """Remove a joint cost with its items, figures and drafts of a rule.

    `WrongInput` while a rule was put to the towns, a share made known, a budget entered or anything booked: such a
    cost is ended by its last fiscal year.
    """
    ruling = policies.write_cost(actor, cost.region).require()
    years = _years_kept(cost, CostItem, BasisFigure)
    with writing(actor, "finance.remove_cost", cost.region, *years, ruling=ruling) as act:
        current = act.lock(cost, version)
        current.region = cost.region
        held = held_by(current)
        if held:
            raise WrongInput(
                f"「{current.title}」には{'・'.join(held)}があるため、削除できません。"
                "終わった共同経費は、最後の年度を入れて残します。"
            )
        for rows in (CostItem, BasisFigure, CostGame, SharingRule):
            for row in rows.objects.filter(cost=current):
                row.delete()
        act.log(current, content_of_cost(current), None, f"共同経費「{current.title}」を削除")
        current.delete()


def held_by(cost: JointCost) -> list[str]:
    """What keeps a joint cost from being removed, in words."""
    put = SharingRule.objects.filter(cost=cost).exclude(state=SharingRule.State.DRAFT)
    found = (
        ("照会した定め", put),
        ("負担額の決定", Allocation.objects.filter(cost=cost)),
        ("負担金の予算", TownBudget.objects.filter(cost=cost)),
        ("調定", Assessment.objects.filter(cost=cost)),
        ("補助簿の記帳", Entry.objects.filter(cost=cost)),
    )
    return [label for label, rows in found if rows.exists()]


def content_of_cost(cost: JointCost) -> dict[str, Any]:
    """All of a joint cost that people edit, as the log keeps it."""
    return {
        "title": cost.title,
        "initiative": cost.initiative.title,
        "project": cost.project.title if cost.project else "",
        "manner": cost.get_manner_display(),
        "holder": str(cost.holder) if cost.holder else "",
        "places": "・".join(_names(cost)) if cost.places else "すべて",
        "first_year": format_table(cost.first_year),
        "last_year": format_table(cost.last_year) if cost.last_year else "",
        "note": cost.note,
    }


def _of_lines(cost: JointCost) -> tuple[Any, ...]:
    """What of a joint cost its budget lines hold."""
    return (cost.title, cost.initiative_id, cost.project_id, cost.holder_id)


def _names(cost: JointCost) -> list[str]:
    rows = Municipality.objects.filter(code__in=cost.places).order_by("code", "-valid")
    names: dict[str, str] = {}
    for code, name in rows.values_list("code", "name"):
        names.setdefault(code, name)
    return [names.get(code, code) for code in cost.places]


def _check(region: Region, draft: CostDraft, cost: JointCost | None) -> None:
    check_year(region, draft.first_year, column="first_year")
    if draft.last_year is not None and draft.last_year < draft.first_year:
        raise WrongInput("最後の年度が最初の年度より前です。", column="last_year")
    if draft.initiative.region_id != region.pk:
        raise WrongInput("ほかの圏域の取組です。", column="initiative")
    if draft.project is not None and draft.project.initiative_id != draft.initiative.pk:
        raise WrongInput(
            f"事業「{draft.project.title}」は、選んだ取組の事業ではありません。", column="project"
        )
    if draft.manner != JointCost.Manner.EACH and draft.holder is None:
        raise WrongInput(
            "会計をもつ団体を選んでください。各市町村の執行のときだけ、空欄にできます。", column="holder"
        )
    if len(draft.places) == 1:
        raise WrongInput(
            "負担する市町村は2団体以上を選んでください。すべての団体が負担するときは、どれも選びません。",
            column="places",
        )
    if cost is not None:
        _check_years_kept(cost, draft)


def _check_name(region: Region, draft: CostDraft) -> None:
    """Raise `WrongInput` where a cost to register is one that is there, or was sent twice."""
    rows = JointCost.objects.filter(
        Q(last_year=None) | Q(last_year__gte=draft.first_year),
        region=region,
        initiative=draft.initiative,
        project=draft.project,
        title=draft.title,
    )
    if draft.last_year is not None:
        rows = rows.filter(first_year__lte=draft.last_year)
    if rows.exists():
        raise WrongInput(
            f"この取組には、共同経費「{draft.title}」が既に登録されています。"
            "別の経費であれば、区別できる名称にしてください。",
            column="title",
        )


def _check_years_kept(cost: JointCost, draft: CostDraft) -> None:
    kept = _years_kept(cost, CostItem, BasisFigure, Allocation, TownBudget, Assessment, Entry)
    last = draft.last_year
    for year in kept:
        column = (
            "first_year"
            if year < draft.first_year
            else "last_year"
            if last is not None and year > last
            else ""
        )
        if column:
            raise WrongInput(f"{format_table(year)}の記録があるため、期間から外せません。", column=column)


def _years_kept(cost: JointCost, *kinds: Any) -> list[int]:
    years: set[int] = set()
    for kind in kinds:
        years |= set(
            kind.objects.filter(cost=cost).order_by().values_list("fiscal_year", flat=True).distinct()
        )
    return sorted(years)


def _open_years(cost: JointCost) -> list[int]:
    years = _years_kept(cost, TownBudget, Allocation)
    return [year for year, state in year_states(cost.region, years).items() if not state.is_closed]


def _free_slug(region: Region, initiative: Initiative) -> str:
    stem = f"{initiative.slug[:_STEM].strip('-')}-cost"
    taken: Iterable[str] = JointCost.objects.filter(region=region, slug__startswith=stem).values_list(
        "slug", flat=True
    )
    used, number = set(taken), 1
    while f"{stem}-{number}" in used:
        number += 1
    return f"{stem}-{number}"
