"""What an activity must be like to be stored."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_word, towns_in
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

from .drafts import ActivityDraft, check_reading
from .models import Activity
from .queries.annex import annex_items, role_groups
from .queries.years import check_year


@dataclass(frozen=True)
class Bounds:
    """What a fiscal year of a region allows: whether it is one, its members, and what they are called."""

    wrong: WrongInput | None
    members: frozenset[int]
    word: str


def bounds_of(region: Region, year: int) -> Bounds:
    """Read once where many activities of the year are checked."""
    wrong = None
    try:
        check_year(region, year)
    except WrongInput as error:
        wrong = error
    towns = towns_in(region, year) if wrong is None else []
    return Bounds(wrong, frozenset(town.pk for town in towns), members_word(region))


def check(region: Region, draft: ActivityDraft, bounds: Bounds | None = None) -> None:
    """Raise `WrongInput` for what cannot be stored, naming the field as `column`.

    An activity that runs over 31 March belongs to the fiscal year of its first day.
    """
    bounds = bounds or bounds_of(region, draft.fiscal_year)
    if bounds.wrong is not None:
        raise bounds.wrong
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
    if draft.starts_on is not None and draft.starts_on not in year:
        raise WrongInput(
            f"{label}（{year.first_day.isoformat()}～{year.last_day.isoformat()}）の日ではありません。"
            "年度か日付を直してください。年度をまたぐ活動は、初日の年度に登録します。",
            column="starts_on",
        )
    if draft.ends_on is not None and draft.ends_on > year.next.last_day:
        raise WrongInput(
            "終了日が初日の翌年度より後です。続く活動は、年度ごとに分けて登録してください。", column="ends_on"
        )
    if draft.state == Activity.State.DONE and draft.starts_on and draft.starts_on > timezone.localdate():
        raise WrongInput("まだ来ていない日です。状態を「予定」にしてください。", column="starts_on")
    if draft.state == Activity.State.DONE and year.first_day > timezone.localdate():
        raise WrongInput(f"{label}はまだ始まっていません。状態を「予定」にしてください。", column="state")
    if draft.municipality is not None and draft.municipality.pk not in bounds.members:
        raise WrongInput(
            f"{draft.municipality.name}は{label}の{bounds.word}ではありません。", column="municipality"
        )
    for count in draft.reading.counts:
        if count.municipality is not None and count.municipality not in bounds.members:
            raise WrongInput(
                f"「{count.words}」の団体は{label}の{bounds.word}ではありません。"
                "団体別の数値の画面で取り消してから保存してください。",
                column="counts",
            )
    _check_roles(draft)
    check_reading(draft.reading)


def check_member(region: Region, municipality: Municipality, year: int) -> None:
    """Raise `WrongInput` unless the town was a member on any day of the fiscal year."""
    if municipality.pk not in {town.pk for town in towns_in(region, year)}:
        raise WrongInput(
            f"{municipality.name}は{fiscal_year.format_table(year)}の{members_word(region)}ではありません。",
            column="municipality",
        )


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
