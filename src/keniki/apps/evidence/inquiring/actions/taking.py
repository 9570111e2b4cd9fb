"""Taking what the towns have decided into the store of figures, each version once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.errors import WrongInput

from ...actions import Imported, import_figures
from ...importers.base import (
    NO_VALUE,
    AreaKey,
    EditionSpec,
    Parsed,
    RawBytes,
    SeriesKey,
    SourceSpec,
)
from ...models import AnswerVersion, FigureInquiry
from .. import policies
from ..items import Slot, read_items, slots_of
from ..queries import confirmed_versions
from ..values import EMPTY, Content, read_content

KIND = "town_inquiry"
#: Lines of the file a version is kept as: above its figures stand what they are; the columns before them name the town.
_LINES = ("項目", "年", "単位", "回答", "注")
_ANSWERS = _LINES.index("回答") + 1
_BEFORE = 3


@dataclass(frozen=True)
class Taken:
    """What was taken: the versions, and how many figures are new."""

    versions: list[AnswerVersion]
    stored: int


def take_figures(actor: Actor, inquiry: FigureInquiry) -> Taken:
    """Store the decided figures of every town as town-reported, with inquiry, item and town as their cell.

    What was taken before is not taken again. A corrected answer becomes an edition of its own; the first one stays.
    `WrongInput` where the inquiry asks for no figures.
    """
    region = inquiry.region
    with verb(
        actor, "evidence.take_figures", region=region.slug, ruling=policies.run(actor, region), quiet=True
    ) as act:
        inquiry = act.lock(inquiry, None)
        slots = [slot for slot in slots_of(read_items(inquiry.items), inquiry.years) if slot.item.is_figure]
        if not slots:
            raise WrongInput("この照会に数値の項目はありません。")
        waiting = [version for version in confirmed_versions(inquiry) if version.edition_id is None]
        corrected = {
            row.answer_id
            for row in AnswerVersion.objects.filter(answer__inquiry=inquiry, edition__isnull=False)
        }
        first = [version for version in waiting if version.answer_id not in corrected]
        groups = [first] if first else []
        groups += [[version] for version in waiting if version.answer_id in corrected]
        stored = 0
        for versions in groups:
            spec = _edition(inquiry, None if versions is first else versions[0])
            done = _imported(actor, inquiry, versions, spec, slots)
            stored += done.stored
            for version in versions:
                version.edition = done.edition
                version.save(update_fields=["edition"])
        if waiting:
            names = "・".join(version.answer.municipality.name for version in waiting)
            act.log(
                inquiry,
                None,
                {"stored": stored, "versions": [version.pk for version in waiting]},
                f"数値照会「{inquiry}」の{names}の決裁済みの数値を登録（新しい値 {stored:,}件）",
            )
    return Taken(waiting, stored)


def _imported(
    actor: Actor,
    inquiry: FigureInquiry,
    versions: Sequence[AnswerVersion],
    edition: EditionSpec,
    slots: Sequence[Slot],
) -> Imported:
    source = _source(inquiry)
    parsed = [_parsed(inquiry, version, source, edition, slots) for version in versions]
    return import_figures(actor, parsed, region=inquiry.region)


def _source(inquiry: FigureInquiry) -> SourceSpec:
    region = inquiry.region
    return SourceSpec(
        f"inquiry-{region.pk}-{region.slug}"[:80],
        f"{region.name} 数値照会（市町村の報告）"[:200],
        publisher=region.secretariat.name,
        credit=f"{region.name}の照会への各団体の回答",
    )


def _edition(inquiry: FigureInquiry, corrected: AnswerVersion | None) -> EditionSpec:
    asked = era.format_date(inquiry.asked_on) if inquiry.asked_on else ""
    if corrected is None:
        return EditionSpec(f"inquiry-{inquiry.pk:06d}", inquiry.title, surveyed=f"{asked}照会")
    town = corrected.answer.municipality
    return EditionSpec(
        f"inquiry-{inquiry.pk:06d}-{town.code}-{corrected.number:03d}",
        f"{inquiry.title}（{town.name}の訂正 {corrected}）",
        surveyed=f"{asked}照会",
    )


def _parsed(
    inquiry: FigureInquiry,
    version: AnswerVersion,
    source: SourceSpec,
    edition: EditionSpec,
    slots: Sequence[Slot],
) -> Parsed:
    """One town's version as a file: a column for every item and year, the town in the line of the answers."""
    town, content = version.answer.municipality, read_content(version.content)
    name = f"照会{inquiry.pk}_{town.code}_{town.name}_{version}.csv"
    parsed = Parsed(KIND, RawBytes(name, _csv(town, slots, content)), source, edition)
    parsed.area_keys = [AreaKey("municipality", town.code, town.name)]
    parsed.row_labels[_ANSWERS] = town.name
    for column, slot in enumerate(slots, _BEFORE + 1):
        value = content.get(slot.key, EMPTY)
        if not value.is_answered or slot.year is None:
            continue
        item = slot.item
        period = f"FY{slot.year}" if item.fiscal else ""
        parsed.series_keys.append(SeriesKey(item.key, item.unit, slot.year, period, status="town_reported"))
        parsed.column_labels[column] = item.name
        number = NO_VALUE if value.number is None else value.number
        text = value.mark.label if value.mark is not None else ""
        parsed.add(len(parsed.series_keys) - 1, 0, number, _ANSWERS, column, text)
    return parsed


def _csv(town: Municipality, slots: Sequence[Slot], content: Content) -> bytes:
    values = [content.get(slot.key, EMPTY) for slot in slots]
    lines = (
        [slot.item.name for slot in slots],
        [slot.item.year_label(slot.year) for slot in slots],
        [slot.item.unit_label for slot in slots],
        [value.typed for value in values],
        [value.note for value in values],
    )
    out = io.StringIO()
    writer = csv.writer(out)
    for name, line in zip(_LINES, lines, strict=True):
        writer.writerow((town.code, town.name, name, *line))
    return out.getvalue().encode()
