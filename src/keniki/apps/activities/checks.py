"""What an activity must be like to be stored."""

from __future__ import annotations

from django.utils import timezone

from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_between
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

from .drafts import ActivityDraft, check_reading
from .models import Activity
from .queries.annex import annex_items, role_groups


def check(region: Region, draft: ActivityDraft) -> None:
    """Raise `WrongInput` for what cannot be stored, naming the field as `column`."""
    year = fiscal_year.FiscalYear(draft.fiscal_year)
    label = fiscal_year.format_table(year)
    if not draft.title.strip():
        raise WrongInput("活動名を入力してください。", column="title")
    if draft.kind == Activity.Kind.NONE or draft.state == Activity.State.NONE:
        raise WrongInput("実績がない年度は「実績なし」として記録してください。", column="state")
    if draft.initiative.region_id != region.pk:
        raise WrongInput("ほかの圏域の取組です。", column="initiative")
    if draft.project is not None and draft.project.initiative_id != draft.initiative.pk:
        raise WrongInput(
            f"事業「{draft.project.title}」は取組「{draft.initiative.title}」の事業ではありません。",
            column="project",
        )
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        raise WrongInput("終了日が開始日より前です。", column="ends_on")
    if draft.ends_on and not draft.starts_on:
        raise WrongInput("開始日を入力してください。", column="starts_on")
    for name in ("starts_on", "ends_on"):
        day = getattr(draft, name)
        if day is not None and day not in year:
            raise WrongInput(
                f"{label}（{year.first_day.isoformat()}～{year.last_day.isoformat()}）の日ではありません。"
                "年度か日付を直してください。",
                column=name,
            )
    if draft.state == Activity.State.DONE and draft.starts_on and draft.starts_on > timezone.localdate():
        raise WrongInput("まだ来ていない日です。状態を「予定」にしてください。", column="starts_on")
    if draft.state == Activity.State.DONE and year.first_day > timezone.localdate():
        raise WrongInput(f"{label}はまだ始まっていません。状態を「予定」にしてください。", column="state")
    members = {m.municipality_id for m in members_between(region, year.first_day, year.last_day)}
    for count in draft.reading.counts:
        if count.municipality is not None and count.municipality not in members:
            raise WrongInput(f"「{count.words}」の市町は{label}の構成市町ではありません。", column="counts")
    _check_roles(draft)
    check_reading(draft.reading)


def _check_roles(draft: ActivityDraft) -> None:
    """A town's own activity fulfils that town's roles; lines the agreement no longer has are kept as they are."""
    town = draft.municipality
    if town is None or not draft.roles:
        return
    for item in annex_items(agreement for agreement, _, _ in draft.roles):
        for group in role_groups(item):
            chosen = {(group.agreement.pk, item.key, clause.key) for clause in group.clauses}
            if chosen & set(draft.roles) and town not in group.towns:
                raise WrongInput(
                    f"{town.name}の活動は、{group.label}には結び付けられません。", column="roles"
                )
