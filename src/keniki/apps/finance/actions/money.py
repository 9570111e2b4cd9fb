"""Writing grants with their steps, and budget lines; posting a cost from another slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock
from keniki.apps.activities.actions.writing import hold_year, writing
from keniki.apps.activities.checks import check_member
from keniki.apps.activities.queries import check_year
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Municipality, Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.core.money import format_money

from .. import policies
from ..models import BudgetLine, Grant, GrantStep
from ..steps import StepDraft, check, in_order


@dataclass(frozen=True)
class GrantDraft:
    """A grant as it shall be."""

    programme: str
    fiscal_year: int
    title: str = ""
    recipient: Municipality | None = None
    steps: tuple[StepDraft, ...] = ()


@dataclass(frozen=True)
class LineDraft:
    """A budget line as it shall be; `amount` in yen, `round` the number of the 補正."""

    initiative: Initiative
    fiscal_year: int
    stage: str
    amount: int
    project: Project | None = None
    municipality: Municipality | None = None
    round: int = 0
    funding: str = ""
    note: str = ""


def save_grant(
    actor: Actor, region: Region, draft: GrantDraft, grant: Grant | None = None, version: int | None = None
) -> Grant:
    """Store a grant with its steps, in the order they are taken. Raises `WrongInput`, `Denied` or `Stale`."""
    steps = in_order(draft.steps)
    check_year(region, draft.fiscal_year)
    check(steps)
    ruling = policies.write_grant(actor, region, draft.fiscal_year).require()
    years = [draft.fiscal_year]
    if grant is not None:
        policies.edit_grant(actor, grant).require()
        years.append(grant.fiscal_year)
    with writing(actor, "finance.save_grant", region, *years, ruling=ruling, quiet=grant is not None) as act:
        if grant is None:
            lock("grant-slug", region.pk)
            saved = Grant(region=region, slug=_free_slug(Grant, region, f"grant-{draft.fiscal_year}"))
            old: dict[str, Any] = {}
        else:
            saved = act.lock(grant, version)
            old = content_of_grant(saved)
        differs = grant is None
        for name in ("programme", "fiscal_year", "title", "recipient"):
            differs = differs or getattr(saved, name) != getattr(draft, name)
            setattr(saved, name, getattr(draft, name))
        if differs:
            act.save(saved)
        have = [(s.step, s.amount, s.on, s.document_no, s.provisional) for s in saved.steps.order_by("order")]
        want = [(s.step, s.amount, s.on, s.document_no, s.provisional) for s in steps]
        if have != want:
            for row in saved.steps.all():
                row.delete()
            for order, step in enumerate(steps, 1):
                GrantStep(grant=saved, order=order, **_fields(step)).save()
            if not differs:
                act.save(saved)
        new = content_of_grant(saved)
        name = f"{fiscal_year.format_table(saved.fiscal_year)} {saved.title or saved.get_programme_display()}"
        if grant is None:
            act.log(saved, None, new, f"{name} の交付金を登録({_steps_words(new['steps'])})")
            return saved
        before, after = changes(old, new)
        if after:
            act.log(saved, before, after, f"{name} の交付金の{_change_words(before, after)} に変更")
        return saved


def remove_grant(actor: Actor, grant: Grant, version: int) -> None:
    """Remove a grant with its steps."""
    ruling = policies.edit_grant(actor, grant)
    with writing(actor, "finance.remove_grant", grant.region, grant.fiscal_year, ruling=ruling) as act:
        current = act.lock(grant, version)
        year = fiscal_year.format_table(current.fiscal_year)
        title = current.title or current.get_programme_display()
        act.log(current, content_of_grant(current), None, f"{year} {title} の交付金を削除")
        current.delete()


def save_line(
    actor: Actor, region: Region, draft: LineDraft, line: BudgetLine | None = None, version: int | None = None
) -> BudgetLine:
    """Store a budget line. Raises `WrongInput`, `Denied` or `Stale`."""
    check_line(region, draft)
    ruling = policies.write_line(actor, region, draft.fiscal_year, draft.municipality).require()
    years = [draft.fiscal_year]
    if line is not None:
        policies.edit_line(actor, line).require()
        years.append(line.fiscal_year)
    with writing(actor, "finance.save_line", region, *years, ruling=ruling, quiet=line is not None) as act:
        return store_line(act, region, draft, line, version)


def remove_line(actor: Actor, line: BudgetLine, version: int) -> None:
    """Remove a budget line."""
    ruling = policies.remove_line(actor, line)
    with writing(actor, "finance.remove_line", line.region, line.fiscal_year, ruling=ruling) as act:
        current = act.lock(line, version)
        act.log(current, content_of_line(current), None, f"{called(current)} を削除")
        current.delete()


def post_cost(
    actor: Actor,
    *,
    origin: str,
    initiative: Initiative,
    fiscal_year: int,
    amount: int,
    stage: str = BudgetLine.Stage.EXECUTED,
    project: Project | None = None,
    municipality: Municipality | None = None,
    round: int = 0,
    funding: str = "",
    note: str = "",
) -> BudgetLine:
    """Post a cost (yen) of another slice. `origin` names the slice and its record ("fees/2024-07").

    The same origin is the same cost: posting again brings it up to date, never a second one.
    """
    if not origin:
        raise ValueError("post_cost needs an origin")
    region = initiative.region
    draft = LineDraft(initiative, fiscal_year, stage, amount, project, municipality, round, funding, note)
    check_line(region, draft)
    ruling = policies.write_line(actor, region, fiscal_year, municipality)
    with writing(actor, "finance.post_cost", region, fiscal_year, ruling=ruling, quiet=True) as act:
        lock("cost-origin", region.pk, origin)
        posted = BudgetLine.objects.filter(region=region, origin=origin).first()
        if posted is not None and posted.fiscal_year != fiscal_year:
            hold_year(region, posted.fiscal_year)
        return store_line(act, region, draft, posted, None, origin=origin)


def check_line(region: Region, draft: LineDraft) -> None:
    """Raise `WrongInput` for a line that cannot be stored, naming the field as `column`."""
    check_year(region, draft.fiscal_year)
    if draft.municipality is not None:
        check_member(region, draft.municipality, draft.fiscal_year)
    if draft.initiative.region_id != region.pk:
        raise WrongInput("ほかの圏域の取組です。", column="initiative")
    if draft.project is not None and draft.project.initiative_id != draft.initiative.pk:
        raise WrongInput(
            f"事業「{draft.project.title}」は、選んだ取組の事業ではありません。", column="project"
        )
    supplementary = draft.stage == BudgetLine.Stage.SUPPLEMENTARY
    if supplementary and draft.round < 1:
        raise WrongInput("補正は、何号補正かを1以上の数で入力してください。", column="round")
    if not supplementary and draft.round:
        raise WrongInput("号数は、補正のときだけ入力します。", column="round")
    signed = (BudgetLine.Stage.SUPPLEMENTARY, BudgetLine.Stage.TRANSFER, BudgetLine.Stage.CARRIED_OVER)
    if draft.amount < 0 and draft.stage not in signed:
        label = BudgetLine.Stage(draft.stage).label
        raise WrongInput(
            f"{label}は0円以上で入力してください。▲は補正・流用・繰越で使います。", column="amount"
        )


def called(line: BudgetLine) -> str:
    """How the log names a line: 「令和6年度 栗山町 防災 第1号補正 1,200,000円」."""
    town = f"{line.municipality.name} " if line.municipality else ""
    title = line.project.title if line.project else line.initiative.title
    amount = format_money(line.amount, with_unit=True)
    return f"{fiscal_year.format_table(line.fiscal_year)} {town}{title} {stage_words(line)} {amount}"


def stage_words(line: BudgetLine) -> str:
    """「第1号補正」, 「当初」."""
    return f"第{line.round}号{line.get_stage_display()}" if line.round else line.get_stage_display()


def content_of_grant(grant: Grant) -> dict[str, Any]:
    """All of a grant that people edit, as the log keeps it."""
    return {
        "programme": grant.get_programme_display(),
        "fiscal_year": fiscal_year.format_table(grant.fiscal_year),
        "title": grant.title,
        "recipient": grant.recipient.name if grant.recipient else "",
        "steps": [
            " ".join(
                filter(
                    None,
                    (
                        step.get_step_display(),
                        format_money(step.amount, with_unit=True),
                        step.on.isoformat() if step.on else "",
                        step.document_no,
                        "予定額" if step.provisional else "",
                    ),
                )
            )
            for step in grant.steps.order_by("order")
        ],
    }


def content_of_line(line: BudgetLine) -> dict[str, Any]:
    """All of a budget line that people edit, as the log keeps it."""
    return {
        "initiative": line.initiative.title,
        "project": line.project.title if line.project else "",
        "fiscal_year": fiscal_year.format_table(line.fiscal_year),
        "municipality": line.municipality.name if line.municipality else "",
        "stage": stage_words(line),
        "amount": format_money(line.amount, with_unit=True),
        "funding": line.get_funding_display() if line.funding else "",
        "note": line.note,
    }


#: The parts of a grant and of a budget line as pages and the log name them.
LABELS = {
    "programme": "制度",
    "fiscal_year": "年度",
    "title": "名称",
    "recipient": "交付先",
    "steps": "手続",
    "initiative": "取組",
    "project": "事業",
    "municipality": "事業主体",
    "stage": "段階",
    "round": "号数",
    "amount": "金額",
    "funding": "財源",
    "note": "備考",
}


#: What a body enters; who entered it stays shown while only the note beside it changes.
_FIGURE = ("fiscal_year", "stage", "round", "amount", "funding", "municipality")


def store_line(
    act: Act,
    region: Region,
    draft: LineDraft,
    line: BudgetLine | None,
    version: int | None,
    *,
    origin: str = "",
    logged: bool = True,
) -> BudgetLine:
    """The part of `save_line` that other verbs do inside theirs; `logged=False` where their own line says it."""
    town = draft.municipality.code if draft.municipality else ""
    if line is None:
        lock("budget-slug", region.pk)
        stem = f"{draft.initiative.slug}-{draft.fiscal_year}-{draft.stage}".replace("_", "-")
        saved = BudgetLine(region=region, slug=_free_slug(BudgetLine, region, stem), origin=origin)
        old: dict[str, Any] = {}
    else:
        saved = act.lock(line, version)
        old = content_of_line(saved)
    said = {name: getattr(saved, name) for name in _FIGURE} if line is not None else None
    for name in draft.__dataclass_fields__:
        setattr(saved, name, getattr(draft, name))
    same_figure = said is not None and all(getattr(saved, name) == value for name, value in said.items())
    saved.proxy = bool(act.on_behalf_of) or (saved.proxy and same_figure)
    new = content_of_line(saved)
    if line is None:
        act.save(saved)
        if logged:
            act.log(saved, None, new, f"{called(saved)} を登録", municipality=town)
        return saved
    before, after = changes(old, new)
    if after:
        act.save(saved)
    if after and logged:
        name = called(saved).rsplit(" ", 1)[0]
        act.log(saved, before, after, f"{name} の{_change_words(before, after)} に変更", municipality=town)
    return saved


def _change_words(before: dict[str, Any], after: dict[str, Any]) -> str:
    return "、".join(f"{LABELS[name]}を {_words(before[name])}→{_words(after[name])}" for name in after)


def _words(value: Any) -> str:
    return _steps_words(value) if isinstance(value, list) else str(value or "なし")


def _steps_words(steps: Sequence[str]) -> str:
    return "／".join(steps) or "なし"


def _fields(step: StepDraft) -> dict[str, Any]:
    return {name: getattr(step, name) for name in step.__dataclass_fields__}


def _free_slug(model: type[Grant] | type[BudgetLine], region: Region, stem: str) -> str:
    stem = stem[:70]
    taken = set(model.objects.filter(region=region, slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
