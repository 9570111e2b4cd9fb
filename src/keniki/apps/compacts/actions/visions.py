"""Visions: writing them, and the editions they leave behind on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.models import BasicGoal, Kpi, Vision, VisionEdition, VisionSection
from keniki.apps.compacts.states import VisionState
from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.core.errors import WrongInput

from .common import check_day, check_years, free_number, free_slug, label_of, needed

KPI_KEPT = (
    "slug",
    "name",
    "unit",
    "direction",
    "baseline_value",
    "baseline_years",
    "baseline_average",
    "baseline_label",
    "count_query",
    "note",
)
_HEAD = ("programme", "title", "first_year", "last_year", "future_image", "budget_note")


@dataclass(frozen=True)
class SectionRow:
    """A chapter of the text."""

    heading: str
    body: str = ""


@dataclass(frozen=True)
class GoalRow:
    """A basic goal; an empty `key` is a new one, `field` a policy field's key."""

    text: str
    field: str = ""
    key: str = ""


def save_vision(
    actor: Actor,
    region: Region,
    vision: Vision | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    sections: Sequence[SectionRow],
    goals: Sequence[GoalRow],
) -> Vision:
    """Write a vision, or begin one (`vision` None).

    `values`: programme, title, first_year, last_year, future_image, budget_note. Writing in a decided vision
    prepares its next change; the editions stay as they were.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "compacts.save_vision", region=region.slug, ruling=ruling, quiet=True) as act:
        if vision is None:
            taken = Vision.objects.filter(region=region).values_list("slug", flat=True)
            vision = Vision(region=region, slug=free_slug(taken, f"{values['programme']}-vision"))
            before: dict[str, Any] | None = None
        else:
            vision = act.lock(vision, version)
            before = content_of(vision)
        for name in _HEAD:
            if name in values:
                value = values[name]
                setattr(vision, name, tidy(value) if isinstance(value, str) else value)
        vision.title = needed(vision.title, "名称")
        check_years(vision.first_year, vision.last_year)
        chapters = [
            {"heading": needed(row.heading, "見出し"), "body": tidy(row.body)}
            for row in sections
            if row.heading.strip() or row.body.strip()
        ]
        kept = _keyed(goals)
        after = {**snapshot(vision, *_HEAD), "sections": chapters, "goals": kept}
        if before == after:
            return vision
        act.save(vision)
        vision.sections.all().delete()
        for order, chapter in enumerate(chapters, 1):
            VisionSection(vision=vision, order=order, **chapter).save()
        vision.goals.all().delete()
        for order, goal in enumerate(kept, 1):
            BasicGoal(vision=vision, order=order, **goal).save()
        if before is None:
            VisionEdition(vision=vision, order=1, state=vision.state, on=None).save()
        doing = "作成" if before is None else "変更"
        what = "" if before is None else f"（{'・'.join(_changed(before, after))}）"
        act.log(vision, before, after, f"「{vision}」（{vision.state_label}）{what}を {doing}")
        return vision


def move_vision(
    actor: Actor, vision: Vision, version: int | None, to: str, *, on: date | None, document_no: str = ""
) -> Vision:
    """Enter the state `to` on the day `on`; its whole content is kept as an edition (版)."""
    ruling = policies.move_vision(actor, vision, to)
    with verb(actor, "compacts.move_vision", region=vision.region.slug, ruling=ruling) as act:
        vision = act.lock(vision, version)
        policies.move_vision(actor, vision, to).require()
        if on is None:
            raise WrongInput("日付を入力してください。", column="日付")
        last = vision.editions.order_by("-order").first()
        check_day(on, "日付", not_before=last.on if last else None, after_what="直前の版の日")
        content = kept_of(vision)
        if to == VisionState.CHANGED and last is not None and not differs(last.content, content):
            raise WrongInput(
                "前の版から変わったところがありません。内容を変更してから、変更を確定してください。"
            )
        before = {"state": vision.state, "edition": vision.edition}
        was = vision.state_label
        vision.state = to
        if to == VisionState.CHANGED:
            vision.edition += 1
        if to == VisionState.DECIDED:
            vision.decided_on = on
        act.save(vision)
        VisionEdition(
            vision=vision,
            order=(last.order if last else 0) + 1,
            state=to,
            edition=vision.edition,
            on=on,
            content=content,
        ).save()
        number = f"、{document_no}" if document_no else ""
        act.log(
            vision,
            before,
            {"state": vision.state, "edition": vision.edition, "on": str(on), "document_no": document_no},
            f"「{vision}」を {was}→{vision.state_label} に進めた（{era.format_date(on)}{number}）",
        )
        return vision


def content_of(vision: Vision) -> dict[str, Any]:
    """What an edition keeps: head, chapters, goals."""
    return {
        **snapshot(vision, *_HEAD),
        "sections": [snapshot(row, "heading", "body") for row in vision.sections.all()],
        "goals": [snapshot(row, "key", "field", "text") for row in vision.goals.all()],
    }


def kept_of(vision: Vision) -> dict[str, Any]:
    """The whole of an edition: `content_of` and the KPIs with their targets; actuals go on and are not kept."""
    rows = (
        Kpi.objects.filter(region=vision.region_id)
        .filter(Q(vision=vision) | Q(vision=None, initiative__vision=vision))
        .prefetch_related("targets")
        .order_by("order", "slug")
    )
    return {
        **content_of(vision),
        "kpis": [
            {
                **snapshot(row, *KPI_KEPT),
                "targets": [
                    {"fiscal_year": target.fiscal_year, "value": f"{target.value.normalize():f}"}
                    for target in row.targets.all()
                ],
            }
            for row in rows
        ],
    }


def differs(kept: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    """Whether the vision was written in since this was kept; what an older edition did not keep is left out."""
    return kept is None or any(now[name] != value for name, value in kept.items())


def _keyed(goals: Sequence[GoalRow]) -> list[dict[str, str]]:
    used = [row.key for row in goals if row.key]
    kept = []
    for row in goals:
        text = tidy(row.text)
        if not text:
            continue
        key = row.key or free_number(used, "goal_")
        used.append(key)
        kept.append({"key": key, "field": row.field, "text": text})
    return kept


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    labels = {name: label_of(Vision, name) for name in _HEAD}
    labels |= {"sections": "本文の章", "goals": "基本目標"}
    return [labels[name] for name in after if before.get(name) != after[name]]
