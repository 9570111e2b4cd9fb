"""The vision from its cover to its annexes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from keniki.apps.compacts.models import VisionEdition
from keniki.apps.compacts.states import VisionState
from keniki.apps.regions.models import RegionMembership
from keniki.core import era
from keniki.press import blocks as b

from ... import sheets
from ..base import Composed, Draft, dated
from .indicators import indicators
from .records import Records, find
from .sheet import sheet


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    vision = find(str(parameters.get("slug") or ""))
    records = Records(draft, vision)
    decided = vision.state in (VisionState.DECIDED, VisionState.CHANGED)
    document = b.Document(
        title=vision.title,
        author=draft.region.secretariat.name,
        keywords=(draft.region.name, vision.title),
        blocks=blocks(records),
        dated=dated(vision.decided_on, *(edition.on for edition in vision.editions.all())),
        draft_mark=draft.mark() if decided else f"（{vision.state_label}）",
        fictional=draft.region.fictional,
        final=draft.stage.final,
    )
    return Composed(
        name=f"{draft.region.slug}-vision",
        document=document,
        sheets=sheets.vision(
            vision, records.initiatives, records.kpis, records.budget, records.actuals, draft.gaps.found
        ),
        gaps=tuple(draft.gaps.found),
        inputs=draft.inputs,
    )


def blocks(r: Records) -> tuple[b.Block, ...]:
    found: list[b.Block] = [cover(r), b.PageBreak(), b.Contents(depth=2)]
    found.extend(basics(r))
    found.extend(sections(r))
    found.extend(system(r))
    found.append(b.Heading(1, "協定に基づき推進する具体的取組", number="4", new_page=True))
    if not r.initiatives:
        found.append(b.Paragraph(r.gaps.missing("具体的取組", "取組", r.vision, page="initiatives")))
    for number, initiative in enumerate(r.initiatives, 1):
        found.extend(sheet(r, number, initiative))
    found.extend(annexes(r))
    return tuple(found)


def cover(r: Records) -> b.Cover:
    return b.Cover(
        lines=(
            b.CoverLine(r.draft.region.name, "region"),
            b.CoverLine(r.vision.title, "title"),
            b.CoverLine(f"（{r.vision.state_label}）", "plain"),
            b.CoverLine(r.period("期間"), "period"),
            *(b.CoverLine(line, "date") for line in dates(r)),
        ),
        bottom=(b.CoverLine(b.names(list(r.towns.values()), "、"), "parties"),),
    )


def dates(r: Records) -> list[b.TextLike]:
    """The day it was decided and, of a changed vision, the day of the change printed here."""
    decided = r.vision.decided_on
    if r.vision.state != VisionState.CHANGED:
        if decided:
            return [era.format_date(decided)]
        return [r.gaps.missing("表紙", "策定日", r.vision, label="策定日")]
    number = r.vision.edition
    changed = next(
        (e.on for e in r.vision.editions.all() if e.state == VisionState.CHANGED and e.edition == number),
        None,
    )
    shown = {"策定": decided, f"変更（第{number}版）": changed}
    return [
        b.text(era.format_date(day) if day else r.gaps.missing("表紙", f"{what}の日", r.vision), f"　{what}")
        for what, day in shown.items()
    ]


def basics(r: Records) -> list[b.Block]:
    roles: dict[str, list[str]] = defaultdict(list)
    for membership in r.members:
        label = r.words.centre if membership.role == RegionMembership.Role.CENTRE else r.words.partner
        roles[label].append(membership.municipality.name)
    return [
        b.Heading(1, "名称・期間・将来像", number="1", new_page=True),
        b.KeyValueTable(
            (
                b.KeyValueRow("名称", r.vision.title),
                b.KeyValueRow("圏域", r.draft.region.name),
                *(b.KeyValueRow(label, b.names(names, "、")) for label, names in roles.items()),
                b.KeyValueRow("期間", r.period()),
                b.KeyValueRow(
                    "将来像",
                    r.gaps.text(r.vision.future_image, "将来像", "圏域の将来像", r.vision),
                ),
            )
        ),
        *whole_kpis(r),
    ]


def whole_kpis(r: Records) -> list[b.Block]:
    """The indicators of the vision as a whole, which belong to no initiative."""
    kpis = [kpi for kpi in r.kpis if kpi.initiative_id is None]
    if not kpis:
        return []
    return [b.Heading(2, "圏域全体の成果指標（KPI）"), *indicators(r, kpis, "圏域全体の成果指標")]


def sections(r: Records) -> list[b.Block]:
    found: list[b.Block] = [b.Heading(1, "圏域の概況", number="2")]
    parts = list(r.vision.sections.all())
    if not parts:
        found.append(b.Paragraph(r.gaps.missing("圏域の概況", "概況の本文", r.vision)))
    for number, section in enumerate(parts, 1):
        found.append(b.Heading(2, section.heading, number=f"({number})"))
        if not section.body.strip():
            found.append(
                b.Paragraph(r.gaps.missing(f"圏域の概況 {section.heading}", section.heading, r.vision))
            )
        found.extend(
            b.Paragraph(words, first_indent=1) for words in section.body.splitlines() if words.strip()
        )
    return found


def system(r: Records) -> list[b.Block]:
    """体系図 as a table: policy field → basic goal → initiative → projects; gaps are noted in the sheets below."""
    goals = {goal.key: goal for goal in r.vision.goals.all()}
    rows = []
    for initiative in r.initiatives:
        goal = goals.get(initiative.goal)
        rows.append(
            (
                r.field_names(initiative),
                goal.text if goal else b.Missing(),
                initiative.title,
                "\n".join(f"・{project.title}" for project in initiative.projects.all()) or b.Missing(),
            )
        )
    found: list[b.Block] = [b.Heading(1, "体系図", number="3", new_page=True)]
    if not rows:
        return [*found, b.Paragraph(r.gaps.missing("体系図", "取組", r.vision, page="initiatives"))]
    return [
        *found,
        b.DataTable(
            columns=(
                b.Column("政策分野", 2),
                b.Column("基本目標", 3),
                b.Column("取組", 3),
                b.Column("事業", 4),
            ),
            rows=tuple(rows),
            size="small",
        ),
    ]


def annexes(r: Records) -> list[b.Block]:
    """資料: how the vision came about."""
    editions = [edition for edition in r.vision.editions.all() if edition.on]
    if not editions:
        return []
    return [
        b.Heading(1, "資料", number="5", new_page=True),
        b.Heading(2, "策定の経過"),
        b.DataTable(
            columns=(b.Column("日付", 3), b.Column("内容", 7)),
            rows=tuple((era.format_date(e.on), _edition(e)) for e in editions if e.on),
        ),
    ]


def _edition(edition: VisionEdition) -> str:
    label: str = edition.get_state_display()
    return f"{label}第{edition.edition}版" if edition.state == VisionState.CHANGED else label
