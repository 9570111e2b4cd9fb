"""宣言書: the centre's declaration, its gist and the parts its programme asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.models import Declaration, DeclarationPart
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from .. import sheets, wording
from .base import Composed, Draft


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    slug = str(parameters.get("slug") or "")
    rows = Declaration.objects.select_related("centre").prefetch_related("parts")
    declaration = rows.filter(slug=slug).first() if slug else rows.order_by("-declared_on", "slug").first()
    if declaration is None:
        wanted = f"宣言「{slug}」がありません。" if slug else "この圏域には宣言が登録されていません。"
        raise WrongInput(f"{wanted}宣言の画面で作成してください。")
    builder = _Declaration(draft, declaration)
    draft.inputs.add(declaration, declaration.parts.all(), [declaration.centre], builder.municipalities)
    document = b.Document(
        title=declaration.title,
        author=declaration.centre.name,
        keywords=(draft.region.name, declaration.title),
        blocks=builder.blocks(),
        changed_at=draft.changed_at,
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
        date: b.TextLike = (
            era.format_date(declaration.declared_on)
            if declaration.declared_on
            else self.gaps.missing("表紙", "宣言日", declaration)
        )
        found: list[b.Block] = [
            b.Cover(
                lines=(b.CoverLine(declaration.title, "title"), b.CoverLine(date, "date")),
                bottom=(b.CoverLine(declaration.centre.name, "parties"),),
            ),
            b.PageBreak(),
            b.Paragraph(declaration.title, align="center", role="title"),
        ]
        if declaration.gist:
            found.extend(b.Paragraph(sentence, first_indent=1) for sentence in declaration.gist)
        else:
            found.append(b.Paragraph(self.gaps.missing("要旨", "要旨", declaration)))
        parts = {part.key: part for part in declaration.parts.all()}
        asked = {form.key: form.heading for form in parts_of(declaration.programme, self.day)}
        more = {key: part.heading for key, part in parts.items() if key not in asked}
        for number, (key, heading) in enumerate((asked | more).items(), 1):
            found.extend(self.part(number, heading, parts.get(key)))
        found.append(b.Spacer(1))
        found.append(b.Paragraph(date, first_indent=1))
        found.append(b.Paragraph(f"{declaration.centre.name}長", align="right"))
        return tuple(found)

    def part(self, number: int, heading: str, part: DeclarationPart | None) -> list[b.Block]:
        title = (part.heading if part else "") or heading
        found: list[b.Block] = [b.Heading(1, title, number=f"({number})")]
        content: list[b.Block] = []
        if part and part.text:
            content.extend(
                b.Paragraph(words, first_indent=1) for words in part.text.splitlines() if words.strip()
            )
        if part and part.items:
            content.append(b.BulletList(tuple(part.items)))
        if part and part.fields:
            content.append(self.field_table(part.fields))
        if part and part.municipalities:
            content.append(
                b.Paragraph("、".join(self.towns.get(code, code) for code in part.municipalities), indent=1)
            )
        if not content:
            content.append(b.Paragraph(self.gaps.missing(f"({number}) {title}", title, self.declaration)))
        return [*found, *content]

    def field_table(self, codes: list[str]) -> b.Block:
        rows = []
        for number, code in enumerate(codes, 1):
            field = self.fields.get(code)
            rows.append((number, field.group if field else "", field.name if field else code))
        return b.DataTable(
            columns=(
                b.Column("№", width=1, align="right"),
                b.Column("政策分野", width=5),
                b.Column("連携想定項目", width=4),
            ),
            rows=tuple(rows),
        )
