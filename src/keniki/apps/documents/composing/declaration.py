"""宣言書: the centre's declaration, its gist and the parts its programme asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.models import Declaration, DeclarationPart
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from .. import sheets, wording
from .base import Composed, Draft, dated

#: Stands before what a source gives as a summary only.
OUTLINE = "（要旨）"


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    slug = str(parameters.get("slug") or "")
    declaration = find(slug)
    builder = _Declaration(draft, declaration)
    draft.inputs.add(declaration, declaration.parts.all(), [declaration.centre], builder.municipalities)
    document = b.Document(
        title=declaration.title,
        author=declaration.centre.name,
        keywords=(draft.region.name, declaration.title),
        blocks=builder.blocks(),
        dated=dated(declaration.declared_on),
        draft_mark=draft.mark() if declaration.state == Declaration.State.PUBLISHED else "（案）",
        fictional=draft.region.fictional,
        final=draft.stage.final,
        style="formal",
    )
    return Composed(
        name=f"{draft.region.slug}-declaration",
        document=document,
        sheets=sheets.declaration(declaration, draft.gaps.found),
        gaps=tuple(draft.gaps.found),
        inputs=draft.inputs,
    )


def find(slug: str) -> Declaration:
    """The named declaration, else the one published last; a draft only where none is published."""
    rows = Declaration.objects.select_related("centre").prefetch_related("parts").order_by("slug")
    if slug:
        found = rows.filter(slug=slug).first()
        if found is None:
            raise WrongInput(f"宣言「{slug}」がありません。宣言の一覧で識別名を確かめてください。")
        return found
    listed = list(rows)
    if not listed:
        raise WrongInput("この圏域には宣言が登録されていません。宣言の画面で作成してください。")
    published = Declaration.State.PUBLISHED
    return max(listed, key=lambda row: (row.state == published, row.declared_on or date.min))


class _Declaration:
    def __init__(self, draft: Draft, declaration: Declaration):
        self.gaps = draft.gaps
        self.declaration = declaration
        self.day = declaration.declared_on or timezone.localdate()
        self.fields = {field.code: field for field in wording.fields(declaration.programme, self.day)}
        codes = {code for part in declaration.parts.all() for code in part.municipalities}
        self.municipalities = list(Municipality.objects.filter(code__in=codes).order_by("code", "valid"))
        self.towns = {town.code: town.name for town in self.municipalities}

    def blocks(self) -> tuple[b.Block, ...]:
        declaration = self.declaration
        date_: b.TextLike = (
            era.format_date(declaration.declared_on)
            if declaration.declared_on
            else self.gaps.missing("表紙", "宣言日", declaration)
        )
        found: list[b.Block] = [
            b.Cover(
                lines=(b.CoverLine(declaration.title, "title"), b.CoverLine(date_, "date")),
                bottom=(b.CoverLine(declaration.centre.name, "parties"),),
            ),
            b.PageBreak(),
            b.Paragraph(declaration.title, align="center", role="title"),
        ]
        found.extend(self.gist())
        parts = {part.key: part for part in declaration.parts.all()}
        asked = {form.key: form.heading for form in parts_of(declaration.programme, self.day)}
        more = {key: part.heading for key, part in parts.items() if key not in asked}
        for number, (key, heading) in enumerate((asked | more).items(), 1):
            found.extend(self.part(number, heading, parts.get(key)))
        found.append(b.Spacer(1))
        found.append(b.Group((b.Paragraph(date_, first_indent=1), b.Paragraph(self.signed(), align="right"))))
        return tuple(found)

    def gist(self) -> list[b.Block]:
        """The declaration's own opening; where only a summary is known it is printed as one, the text as missing."""
        declaration = self.declaration
        if not declaration.gist:
            return [b.Paragraph(self.gaps.missing("要旨", "要旨", declaration))]
        if declaration.text_complete:
            return [b.Paragraph(sentence, first_indent=1) for sentence in declaration.gist]
        return [
            b.Paragraph(self.gaps.missing("前文", "宣言書の本文", declaration, label="本文"), first_indent=1),
            b.Paragraph(OUTLINE, role="strong", keep_with_next=True),
            b.BulletList(tuple(declaration.gist), marker="1"),
        ]

    def signed(self) -> b.TextLike:
        """Who declares, 職 and 氏名."""
        declaration = self.declaration
        name = declaration.mayor or self.gaps.missing("署名", "宣言者の氏名", declaration, label="氏名")
        return b.text(f"{declaration.centre.name}長", "　", name)

    def part(self, number: int, heading: str, part: DeclarationPart | None) -> list[b.Block]:
        title = (part.heading if part else "") or heading
        place = f"({number}) {title}"
        found: list[b.Block] = [b.Heading(1, title, number=f"({number})")]
        known = self.declaration.text_complete
        if part is None or not (known or part.text):
            found.append(
                b.Paragraph(
                    self.gaps.missing(
                        place,
                        title if known else f"{title}の本文",
                        self.declaration,
                        label="" if known else "本文",
                    ),
                    first_indent=0 if known else 1,
                )
            )
        content = self.content(part) if part else []
        if part and known and not content:
            content = [b.Paragraph(self.gaps.missing(place, title, self.declaration))]
        return [*found, *content]

    def content(self, part: DeclarationPart) -> list[b.Block]:
        """Text, items, fields and municipalities of a part, each once."""
        found: list[b.Block] = [
            b.Paragraph(words, first_indent=1) for words in part.text.splitlines() if words.strip()
        ]
        if part.outline and not (self.declaration.text_complete or part.text):
            found.append(b.Paragraph(f"{OUTLINE}{part.outline}", first_indent=1))
        named = _named(part.items, len(part.fields))
        if part.items and not named:
            found.append(b.BulletList(tuple(part.items)))
        if part.fields:
            found.append(self.field_table(part.fields, named))
        if part.municipalities:
            found.append(
                b.Paragraph(
                    b.names([self.towns.get(code, code) for code in part.municipalities], "、"), indent=1
                )
            )
        return found

    def field_table(self, codes: Sequence[str], named: Sequence[tuple[str, str]]) -> b.Block:
        """The policy fields by group, in the declaration's own words where it lists them."""
        if not named:
            known = [self.fields.get(code) for code in codes]
            named = [
                (f.group if f else "", f.name if f else code) for f, code in zip(known, codes, strict=True)
            ]
        rows: list[tuple[b.Cell, ...]] = []
        for number, (group, name) in enumerate(named, 1):
            cells = (b.Cell(str(number), align="right"), b.Cell(name))
            if number > 1 and named[number - 2][0] == group:
                rows.append(cells)
                continue
            span = next((at for at, (other, _) in enumerate(named[number - 1 :]) if other != group), None)
            height = span if span is not None else len(named) - number + 1
            rows.append((cells[0], b.Cell(group, rowspan=height), cells[1]))
        return b.DataTable(
            columns=(
                b.Column("№", width=1, align="right"),
                b.Column("政策分野", width=5),
                b.Column("連携想定項目", width=4),
            ),
            rows=tuple(rows),
        )


def _named(items: Sequence[str], count: int) -> list[tuple[str, str]]:
    """(group, field) of items written as 「区分：分野、分野」, where they name exactly `count` fields; else nothing."""
    pairs = [item.partition("：") for item in items]
    if not count or not all(mark for _, mark, _ in pairs):
        return []
    found = [(group.strip(), name.strip()) for group, _, listed in pairs for name in listed.split("、")]
    return found if len(found) == count else []
