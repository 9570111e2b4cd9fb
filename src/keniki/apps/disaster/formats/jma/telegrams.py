"""Reading a telegram: its head, which says real or drill, and by its type the warnings, a river's forecast, a quake."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from keniki.analysis.merging.events import Mode
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import Telegram, telegram, telegrams

from ..base import Problem
from ..xml_reading import Node, read_xml
from .context import Context, Found, moment_at
from .quakes import read_quake
from .rivers import read_rivers
from .rows import Bulletin
from .weather import read_landslides, read_weather

T = TypeVar("T")

ROOT: Final = "http://xml.kishou.go.jp/jmaxml1/"
INFORMATION: Final = "http://xml.kishou.go.jp/jmaxml1/informationBasis1/"
#: 運用種別 of a telegram. Only 通常 is real; what is not listed is refused and never real.
MODES: Final[dict[str, Mode]] = {"通常": "real", "訓練": "exercise", "試験": "exercise"}
INFO_TYPES: Final = ("発表", "訂正", "取消", "遅延")


def read_telegram(
    data: bytes,
    name: str,
    *,
    members: Collection[str] = (),
    rivers: Mapping[str, Sequence[str]] | None = None,
) -> Bulletin:
    """What a telegram says, for the municipalities in `members` (six digits; all of them where none are given).

    The type is in the file's name (`…_VPWW55_016000.xml`), else it follows from the title. `rivers` are the
    municipalities along a river's forecast section, by the section's code, for telegrams that name no municipality.
    WrongInput with file, row and element for what is no telegram of a type that is read, or says neither 通常, 訓練 nor
    試験; single items that cannot be read are `problems`, the rest is taken.
    """
    root = read_xml(data, name)
    if root.name != "Report" or root.space != ROOT:
        raise WrongInput(
            f"気象庁防災情報XMLの電文ではありません（最上位の要素は「{root.name[:40]}」）。",
            file=name,
            row=root.row,
            column="Report",
        )
    control, head = _only(root, "Control", name), _only(root, "Head", name)
    if head.space != INFORMATION:
        raise WrongInput("電文のHeadの名前空間が違います。", file=name, row=head.row, column="Head")
    kind, rule = _kind(name, control)
    mode = _listed(control, "Status", MODES, name)
    info_type = _listed(head, "InfoType", {each: each for each in INFO_TYPES}, name)
    bulletin = Bulletin(
        file=name,
        telegram=kind,
        mode=mode,
        status=control.said("Status"),
        title=head.said("Title"),
        headline=head.said("Headline/Text"),
        info_type=info_type,
        event_id=head.said("EventID"),
        serial=head.said("Serial"),
        issued_at=moment_at(head, "ReportDateTime", name),
        control_at=moment_at(control, "DateTime", name),
        office=control.said("PublishingOffice") or control.said("EditorialOffice"),
        digest=hashlib.sha256(data).hexdigest(),
    )
    if bulletin.withdrawn:
        return bulletin
    context = Context(
        name, kind, rule, mode, bulletin.issued_at, bulletin.office, frozenset(members), rivers or {}
    )
    return _with_body(bulletin, head, _only(root, "Body", name), context)


def _with_body(bulletin: Bulletin, head: Node, body: Node, context: Context) -> Bulletin:
    """The telegram with what its body says."""
    if context.rule.reads == "quake":
        found = Found()
        quake = read_quake(body, bulletin.event_id, context, found)
        return replace(bulletin, quake=quake, problems=_in_order(found))
    if context.rule.reads == "weather":
        found = read_weather(body, context)
    elif context.rule.reads == "landslide":
        found = read_landslides(body, context)
    else:
        found = read_rivers(head, body, context)
    return replace(
        bulletin,
        warnings=tuple(found.warnings),
        told=tuple(found.told),
        problems=_in_order(found),
    )


def _in_order(found: Found) -> tuple[Problem, ...]:
    return tuple(sorted(found.problems, key=lambda problem: problem.row or 0))


def _kind(name: str, control: Node) -> tuple[str, Telegram]:
    """The telegram's type by the file's name, else by its title; WrongInput where it is none that is read."""
    found = _TYPE.search(name)
    if found is not None:
        rule = telegram(found[1])
        if rule is None:
            raise WrongInput(f"電文の種類 {found[1]} は読みません。", file=name, column="Title")
        return found[1], rule
    title = control.said("Title")
    rule = next((each for each in telegrams() if each.title == title), None)
    if rule is None:
        raise WrongInput(
            f"電文「{title[:40]}」は読みません。ファイル名に電文の種類（VPWW55 など）を付けてください。",
            file=name,
            row=control.row,
            column="Title",
        )
    return rule.type.partition("-")[0], rule


def _listed(node: Node, name: str, values: Mapping[str, T], file: str) -> T:
    """What one of the listed words stands for; WrongInput with the place for any other, and where it stands twice."""
    found = node.all(name)
    text = "・".join(each.text for each in found)
    if len(found) != 1 or text not in values:
        raise WrongInput(
            f"{name}が「{text[:20]}」です。{'・'.join(values)}のどれか一つでない電文は用いません。",
            file=file,
            row=found[-1].row if found else node.row,
            column=name,
        )
    return values[text]


def _only(root: Node, name: str, file: str) -> Node:
    found = root.all(name)
    if len(found) != 1:
        raise WrongInput(
            f"電文の{name}が{len(found)}個あります（1個のはずです）。", file=file, row=root.row, column=name
        )
    return found[0]


_TYPE: Final = re.compile(r"(?:^|_)([A-Z]{4}[0-9]{2})(?=[_.]|$)")
