"""The centre's declaration: writing its gist and parts, publishing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.models import Declaration, DeclarationPart
from keniki.apps.regions.models import Municipality, Region
from keniki.core import era
from keniki.core.errors import WrongInput

from .common import check_day, free_slug, needed

#: What may be written of a part.
PART_FIELDS: Final = ("heading", "text", "outline", "items", "fields", "municipalities")


@dataclass(frozen=True)
class PartRow:
    """A part as typed; an empty heading takes the part's own."""

    text: str = ""
    outline: str = ""
    heading: str = ""
    items: Sequence[str] = ()
    fields: Sequence[str] = ()
    municipalities: Sequence[str] = ()


def save_declaration(
    actor: Actor,
    region: Region,
    declaration: Declaration | None,
    version: int | None,
    *,
    programme: str,
    title: str,
    centre: Municipality,
    gist: Sequence[str],
    parts: Mapping[str, PartRow],
    text_complete: bool = True,
    mayor: str = "",
) -> Declaration:
    """Write a draft declaration, or begin one (`declaration` None); complete a published one's missing text.

    `parts` by the keys its programme asks for; others that a file brought in stay as they are. Without
    `text_complete` gist and outlines stand for a text that is not at hand. Of a published text that is complete
    only the name of the `mayor` can still be added.
    """
    ruling = (
        policies.edit_declaration(actor, declaration) if declaration else policies.edit_shared(actor, region)
    )
    with verb(actor, "compacts.save_declaration", region=region.slug, ruling=ruling, quiet=True) as act:
        if declaration is None:
            taken = Declaration.objects.filter(region=region).values_list("slug", flat=True)
            declaration = Declaration(region=region, slug=free_slug(taken, f"{programme}-sengen"))
            before: dict[str, Any] | None = None
        else:
            declaration = act.lock(declaration, version)
            policies.edit_declaration(actor, declaration).require()
            before = _whole(declaration)
        finished = declaration.state == Declaration.State.PUBLISHED and declaration.text_complete
        declaration.programme, declaration.centre = programme, centre
        declaration.text_complete = text_complete
        declaration.title, declaration.mayor = needed(title, "名称"), mayor.strip()
        declaration.gist = [tidy(line) for line in gist if line.strip()]
        asked = parts_of(programme)
        if not asked:
            raise WrongInput("宣言のある制度（定住自立圏、連携中枢都市圏）を選んでください。", column="制度")
        wanted = [_part(part.key, part.heading, parts.get(part.key, PartRow())) for part in asked]
        after = {**_head(declaration), "parts": wanted}
        if before == after:
            return declaration
        if finished and {**(before or {}), "mayor": ""} != {**after, "mayor": ""}:
            raise WrongInput(
                "公表した宣言に追記できるのは、宣言者の氏名だけです。ほかの欄を元に戻してください。"
            )
        published = declaration.state == Declaration.State.PUBLISHED
        if published and text_complete and not all(part["text"] or part["items"] for part in wanted):
            raise WrongInput(
                "本文が未入力の部があります。すべての部の本文を入力するか、「本文のとおり入力した」を外してください。",
                column="本文",
            )
        if not published:
            act.save(declaration)
        for order, values in enumerate([] if finished else wanted, 1):
            row = declaration.parts.filter(key=values["key"]).first() or DeclarationPart(
                declaration=declaration, key=values["key"]
            )
            row.order = order
            for name in PART_FIELDS:
                setattr(row, name, values[name])
            row.save()
        if published:
            act.save(declaration)
        doing = (
            f"公表した{'宣言者の氏名' if finished else '本文'}を 補入"
            if published
            else f"案を {'作成' if before is None else '変更'}"
        )
        act.log(declaration, before, after, f"「{declaration}」（{declaration.centre}）の{doing}")
        return declaration


def publish_declaration(
    actor: Actor, declaration: Declaration, version: int | None, *, on: date | None, document_no: str = ""
) -> Declaration:
    """Publish on the day `on`; what was published stays."""
    ruling = policies.publish_declaration(actor, declaration)
    with verb(actor, "compacts.publish_declaration", region=declaration.region.slug, ruling=ruling) as act:
        declaration = act.lock(declaration, version)
        policies.publish_declaration(actor, declaration).require()
        if on is None:
            raise WrongInput("宣言日を入力してください。", column="宣言日")
        check_day(on, "宣言日")
        before = snapshot(declaration, "state", "declared_on", "document_no")
        declaration.state = Declaration.State.PUBLISHED
        declaration.declared_on, declaration.document_no = on, document_no.strip()
        act.save(declaration)
        number = f"、{declaration.document_no}" if declaration.document_no else ""
        act.log(
            declaration,
            before,
            snapshot(declaration, "state", "declared_on", "document_no"),
            f"「{declaration}」を 案→公表 に進めた（{era.format_date(on)}{number}）",
        )
        return declaration


def _part(key: str, label: str, row: PartRow) -> dict[str, Any]:
    return {
        "key": key,
        "heading": row.heading.strip() or label,
        "text": tidy(row.text),
        "outline": tidy(row.outline),
        "items": [line.strip() for line in row.items if line.strip()],
        "fields": list(row.fields),
        "municipalities": list(row.municipalities),
    }


def _head(declaration: Declaration) -> dict[str, Any]:
    return snapshot(declaration, "programme", "title", "centre_id", "mayor", "gist", "text_complete")


def _whole(declaration: Declaration) -> dict[str, Any]:
    return {
        **_head(declaration),
        "parts": [snapshot(part, "key", *PART_FIELDS) for part in declaration.parts.all()],
    }
