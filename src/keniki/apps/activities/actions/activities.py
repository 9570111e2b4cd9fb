"""Adding, changing and removing activities; the record that nothing was done; posting from other slices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock
from keniki.apps.activities import policies
from keniki.apps.activities.checks import check, check_member
from keniki.apps.activities.drafts import ActivityDraft, Reading, read_lines
from keniki.apps.activities.models import Activity, ActivityLine, Count, MeasureLink, RoleLink
from keniki.apps.activities.queries.counts import whole, words
from keniki.apps.activities.queries.nothing import contradicted
from keniki.apps.activities.queries.years import check_year
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Municipality, Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

from .writing import called, content, hold_year, reread, writing


def save_activity(
    actor: Actor,
    region: Region,
    draft: ActivityDraft,
    activity: Activity | None = None,
    version: int | None = None,
) -> Activity:
    """Store the draft as a new activity, or as the content of `activity` (seen at `version`).

    A record 実績なし that a done activity contradicts disappears where the actor may write it; one of somebody else's
    stays until they take it back (`queries.contradicted`). Raises `WrongInput`, `Denied` or `Stale`.
    """
    ruling = policies.write(actor, region, draft.fiscal_year, draft.municipality).require()
    years = [draft.fiscal_year]
    if activity is not None:
        before = policies.edit(actor, activity).require()
        ruling = before if activity.municipality_id and not draft.municipality else ruling
        years.append(activity.fiscal_year)
    check(region, draft)
    with writing(actor, "activities.save", region, *years, ruling=ruling, quiet=activity is not None) as act:
        return store(act, region, draft, activity, version)


def store(
    act: Act,
    region: Region,
    draft: ActivityDraft,
    activity: Activity | None = None,
    version: int | None = None,
    *,
    origin: str = "",
    proxy: bool | None = None,
    log: bool = True,
) -> Activity:
    """Write a checked draft inside a running verb, with its log entry; unchanged, nothing is written."""
    _lock_initiative(draft.initiative)
    if activity is None:
        lock("activity-slug", region.pk)
        saved = Activity(
            region=region, slug=_free_slug(region, draft), order=_next_order(draft), origin=origin
        )
        old: dict[str, Any] = {}
    else:
        saved = act.lock(activity, version)
        if saved.state == Activity.State.NONE:
            raise WrongInput("「実績なし」の記録は編集できません。活動を登録すると、この記録は消えます。")
        old = content(reread(saved))
    differs = activity is None or any(getattr(saved, name) != getattr(draft, name) for name in _PLAIN)
    for name in _PLAIN:
        setattr(saved, name, getattr(draft, name))
    acts_for_town = bool(act.on_behalf_of) if proxy is None else proxy
    saved.proxy = acts_for_town and draft.municipality is not None
    if differs:
        act.save(saved)
    _write_parts(act, saved, draft)
    gone, left = _drop_none(act, saved)
    town = _code(draft.municipality)
    result = reread(saved)
    about_none = "（「実績なし」の記録を取消）" if gone else ""
    if left:
        about_none += "（事務局の「実績なし」の記録は残る）"
    if activity is None:
        if log:
            text = f"{called(result)} を登録{about_none}"
            act.log(saved, None, content(result), text, municipality=town)
        return result
    before, after = changes(old, content(result))
    if not after:
        return result
    if not differs:
        act.save(saved)
        result = reread(saved)
    if log:
        text = f"{_change_text(result, before, after)}{about_none}"
        act.log(result, before, after, text, municipality=town)
    return result


def record_none(
    actor: Actor,
    initiative: Initiative,
    year: int,
    *,
    project: Project | None = None,
    municipality: Municipality | None = None,
    source_note: str = "",
) -> Activity:
    """Record that nothing was done for the initiative in that year (実績なし, printed ―).

    With a municipality the town says so of its own part only. Refused while an activity it would contradict, even a
    planned one, is recorded there, and while the town has a figure in a shared activity.
    """
    region = initiative.region
    check_year(region, year)
    if fiscal_year.FiscalYear(year).first_day > timezone.localdate():
        raise WrongInput(
            f"{fiscal_year.format_table(year)}はまだ始まっていません。「実績なし」は年度が始まってから記録します。",
            column="fiscal_year",
        )
    if municipality is not None:
        check_member(region, municipality, year)
    ruling = policies.write(actor, region, year, municipality)
    with writing(actor, "activities.record_none", region, year, ruling=ruling, quiet=True) as act:
        _lock_initiative(initiative)
        there = Activity.objects.filter(initiative=initiative, fiscal_year=year)
        said = there.filter(state=Activity.State.NONE, project=project, municipality=municipality).first()
        if said is not None:
            return said
        _refuse_beside(there.exclude(state=Activity.State.NONE), initiative, year, project, municipality)
        lock("activity-slug", region.pk)
        activity = Activity(
            region=region,
            initiative=initiative,
            project=project,
            municipality=municipality,
            slug=_free(region, f"{initiative.slug}-{year}-none"),
            fiscal_year=year,
            proxy=bool(act.on_behalf_of),
            kind=Activity.Kind.NONE,
            state=Activity.State.NONE,
            source_flag=source_note,
        )
        act.save(activity)
        whose = f" {municipality.name}分" if municipality is not None else ""
        text = f"{fiscal_year.format_table(year)} {initiative.title}{whose} を「実績なし」と記録"
        act.log(
            activity,
            None,
            {"state": "実績なし", "fiscal_year": year},
            text,
            municipality=_code(municipality),
        )
        return activity


def remove_activity(actor: Actor, activity: Activity, version: int) -> None:
    """Remove an activity with its counts; its photos stay with the initiative."""
    ruling = policies.remove(actor, activity)
    with writing(actor, "activities.remove", activity.region, activity.fiscal_year, ruling=ruling) as act:
        current = act.lock(activity, version)
        whole_record = reread(current)
        for photo in current.photos.all():
            for year in policies.years_of_photo(photo):
                hold_year(activity.region, year)
        town = whole_record.municipality
        what = "の「実績なし」の記録" if whole_record.state == Activity.State.NONE else ""
        whose = f" {town.name}分" if town is not None and what else ""
        act.log(
            whole_record,
            content(whole_record),
            None,
            f"{called(whole_record)}{whose}{what} を削除",
            municipality=_code(town),
        )
        for photo in current.photos.all():
            photo.activity = None
            act.save(photo)
        current.delete()


def post_activity(
    actor: Actor,
    *,
    origin: str,
    initiative: Initiative,
    fiscal_year: int,
    title: str,
    kind: str,
    state: str = Activity.State.DONE,
    project: Project | None = None,
    municipality: Municipality | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    place: str = "",
    organiser: str = "",
    text: str = "",
    lines: Sequence[tuple[str, str]] = (),
    reading: Reading | None = None,
    measures: Sequence[tuple[int, str]] = (),
    roles: Sequence[tuple[int, str, str]] = (),
) -> Activity:
    """Post what another slice did as an activity. `origin` names the slice and its record ("drills/12").

    The same origin is the same activity: posting again brings it up to date, never a second one. `lines` are
    (kind, natural text); `reading` gives templates and counts instead where the slice knows them.
    """
    if not origin:
        raise ValueError("post_activity needs an origin")
    region = initiative.region
    ruling = policies.write(actor, region, fiscal_year, municipality)
    with writing(actor, "activities.post", region, fiscal_year, ruling=ruling, quiet=True) as act:
        lock("activity-origin", region.pk, origin)
        posted = Activity.objects.filter(region=region, origin=origin).first()
        before = reread(posted) if posted is not None else None
        if before is not None and before.fiscal_year != fiscal_year:
            hold_year(region, before.fiscal_year)
        town = municipality.pk if municipality is not None else None
        draft = ActivityDraft(
            initiative=initiative,
            fiscal_year=fiscal_year,
            title=title,
            kind=kind,
            state=state,
            project=project,
            municipality=municipality,
            starts_on=starts_on,
            ends_on=ends_on,
            place=place,
            organiser=organiser,
            text=text,
            reading=reading if reading is not None else read_lines(lines, before, town=town),
            measures=tuple(measures),
            roles=tuple(roles),
        )
        check(region, draft)
        return store(act, region, draft, before, origin=origin)


def _write_parts(act: Act, activity: Activity, draft: ActivityDraft) -> None:
    _write_lines(activity, draft)
    _write_counts(act, activity, draft)
    wanted = set(draft.measures)
    have = {(link.agreement_id, link.key): link for link in MeasureLink.objects.filter(activity=activity)}
    for name, link in have.items():
        if name not in wanted:
            link.delete()
    for agreement, key in sorted(wanted - set(have)):
        MeasureLink(activity=activity, agreement_id=agreement, key=key).save()
    fulfilled = {(r.agreement_id, r.item, r.key): r for r in RoleLink.objects.filter(activity=activity)}
    for clause, role in fulfilled.items():
        if clause not in draft.roles:
            role.delete()
    for agreement, item, key in sorted(set(draft.roles) - set(fulfilled)):
        RoleLink(activity=activity, agreement_id=agreement, item=item, key=key).save()


def _write_lines(activity: Activity, draft: ActivityDraft) -> None:
    have = [
        (line.kind, line.text)
        for line in ActivityLine.objects.filter(activity=activity).order_by("order", "id")
    ]
    want = [(line.kind, line.text) for line in draft.reading.lines]
    if have == want:
        return
    for line in ActivityLine.objects.filter(activity=activity):
        line.delete()
    for order, (kind, text) in enumerate(want, 1):
        ActivityLine(activity=activity, order=order, kind=kind, text=text).save()


def _write_counts(act: Act, activity: Activity, draft: ActivityDraft) -> None:
    have = {count.key: count for count in Count.objects.filter(activity=activity).select_related("part_of")}
    want = {count.key: count for count in draft.reading.counts}
    stored: dict[str, Count] = {}
    acting_town = act.post.municipality_id if act.post is not None else None
    for order, (key, given) in enumerate(want.items(), 1):
        row = have.get(key) or Count(activity=activity, key=key)
        new = {
            "value": whole(given.value),
            "counter": given.counter,
            "quantity": given.quantity,
            "basis": given.basis,
            "as_typed": given.as_typed,
            "municipality_id": given.municipality,
            "order": order,
        }
        differs = row.pk is None or any(
            (whole(row.value) if name == "value" else getattr(row, name)) != value
            for name, value in new.items()
        )
        figure = row.pk is None or (whole(row.value), row.municipality_id) != (
            new["value"],
            given.municipality,
        )
        if differs:
            for name, value in new.items():
                setattr(row, name, value)
            if figure:
                row.proxy = given.municipality is not None and given.municipality != acting_town
            act.save(row)
        stored[key] = row
    for key, given in want.items():
        total = stored.get(given.part_of)
        if stored[key].part_of_id != (total.pk if total else None):
            stored[key].part_of = total
            act.save(stored[key])
    for key, row in have.items():
        if key not in want:
            row.delete()


def _change_text(activity: Activity, before: dict[str, Any], after: dict[str, Any]) -> str:
    parts = []
    for name, new in after.items():
        label = LABELS[name]
        old = before[name]
        if isinstance(new, list):
            gone = [item for item in old if item not in new]
            come = [item for item in new if item not in old]
            if name == "counts" and "lines" in after:
                continue
            parts.append(f"{label}を {_quoted(gone)}→{_quoted(come)}")
        elif isinstance(new, bool):
            parts.append(f"{label}を {'はい' if new else 'いいえ'}")
        else:
            parts.append(f"{label}を {_short(old)}→{_short(new)}")
    name = (
        called(activity)
        if "title" not in after
        else f"{fiscal_year.format_table(activity.fiscal_year)} {before['title']}"
    )
    return f"{name} の{'、'.join(parts)} に変更"


def _quoted(items: Sequence[Any]) -> str:
    return "".join(f"「{item}」" for item in items) or "なし"


def _short(value: Any) -> str:
    text = " ".join(str(value).split()) or "なし"
    return f"{text[:30]}…" if len(text) > 31 else text


def _lock_initiative(initiative: Initiative) -> None:
    lock("initiative-activities", initiative.pk)


def _drop_none(act: Act, activity: Activity) -> tuple[bool, bool]:
    """Take back the records 実績なし it contradicts: was any taken back, is any of somebody else's left?"""
    said = contradicted(activity)
    own = [row for row in said if policies.edit(act.actor, row)]
    for row in own:
        row.delete()
    return bool(own), len(own) < len(said)


def _refuse_beside(
    there: QuerySet[Activity],
    initiative: Initiative,
    year: int,
    project: Project | None,
    municipality: Municipality | None,
) -> None:
    """Raise for 実績なし beside activities that say otherwise."""
    label = fiscal_year.format_table(year)
    if project is not None:
        there = there.filter(project=project)
    own = there if municipality is None else there.filter(municipality=municipality)
    existing = list(own.order_by("order", "id")[:3])
    if existing:
        titles = "、".join(f"「{row.title}」" for row in existing)
        raise WrongInput(
            f"{label}の「{initiative.title}」には活動{titles}が登録されています。"
            "「実績なし」にするには、先にその活動を削除してください。"
        )
    if municipality is None:
        return
    figure = Count.objects.filter(activity__in=there, municipality=municipality, value__gt=0)
    if (count := figure.select_related("activity").first()) is not None:
        raise WrongInput(
            f"{label}の共同の活動「{count.activity.title}」に{municipality.name}の数値（{words(count)}）があります。"
            "「実績なし」にするには、先にその数値を取り消してください。"
        )


def _next_order(draft: ActivityDraft) -> int:
    rows = Activity.objects.filter(initiative=draft.initiative, fiscal_year=draft.fiscal_year)
    return int(rows.aggregate(last=Max("order"))["last"] or 0) + 1


def _free_slug(region: Region, draft: ActivityDraft) -> str:
    return _free(region, f"{draft.initiative.slug}-{draft.fiscal_year}", always_numbered=True)


def _free(region: Region, stem: str, *, always_numbered: bool = False) -> str:
    stem = stem[:70]
    taken = set(Activity.objects.filter(region=region, slug__startswith=stem).values_list("slug", flat=True))
    if not always_numbered and stem not in taken:
        return stem
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _code(town: Municipality | None) -> str:
    return town.code if town is not None else ""


_PLAIN = (
    "initiative",
    "project",
    "fiscal_year",
    "title",
    "kind",
    "state",
    "tally_only",
    "municipality",
    "starts_on",
    "ends_on",
    "place",
    "organiser",
    "text",
)

#: The parts of an activity as the log and the comparison of two versions name them.
LABELS = {
    "initiative": "取組",
    "project": "事業",
    "fiscal_year": "年度",
    "municipality": "市町村",
    "title": "活動名",
    "kind": "種類",
    "state": "状態",
    "tally_only": "集計のみ",
    "starts_on": "開始日",
    "ends_on": "終了日",
    "place": "場所",
    "organiser": "主催",
    "text": "内容",
    "lines": "結果",
    "counts": "数量",
    "measures": "別表の取組内容",
    "roles": "果たした役割",
}
