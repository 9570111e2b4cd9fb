"""`keniki disaster needs`: what so many evacuees need, every line from the same number of people."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from keniki.cli import console
from keniki.cli.console import Result
from keniki.core import era
from keniki.core.digits import plain
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.analysis.needs import Facility, Line, Needs, Override
    from keniki.rulebooks.disaster.standards import OwnFigures

SEASONS: Final = ("winter", "mild")
GROUPS: Final = {
    "infants": "乳児（0歳）",
    "toddlers": "乳幼児（0歳～3歳）",
    "women": "女性（12歳～51歳）",
    "care": "要介護3以上",
}
_OPTIONS: Final = {"people", "days", "season", "standard", "area", "places", "public_share", *GROUPS}
_JAPAN: Final = ZoneInfo("Asia/Tokyo")


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        commands,
        "needs",
        run,
        help="避難者数から、食料・毛布・寒冷地の品目・トイレ・職員などの必要量を計算する（データベースは使わない）",
    )
    parser.add_argument("--people", required=True, type=int, metavar="N", help="避難者数（人）")
    parser.add_argument("--days", required=True, type=int, metavar="N", help="日数")
    parser.add_argument(
        "--season", required=True, choices=SEASONS, help="winter: 冬期（12月～3月）、mild: 冬期以外"
    )
    parser.add_argument(
        "--date",
        metavar="DATE",
        default="",
        help="この日に効力のある基準で計算する（例 2026-04-01、省略時は今日）",
    )
    parser.add_argument(
        "--standard", metavar="KEY", help="広さの基準（guideline_2024、council_2018、two、infection_2020）"
    )
    for key, words in GROUPS.items():
        parser.add_argument(
            f"--{key}", metavar="R", help=f"避難者に占める{words}の割合（例 0.007、省略時は全国の値）"
        )
    parser.add_argument(
        "--public-share", metavar="R", help="公的備蓄で賄う割合（例 0.4、省略時は避難者の全員）"
    )
    parser.add_argument("--area", metavar="M2", help="暖房する床面積（㎡、省略時は人数×1人当たりの広さ）")
    parser.add_argument("--places", type=int, default=1, metavar="N", help="避難所の数（省略時 1）")
    parser.add_argument("--later", action="store_true", help="トイレを発災当初ではなく中期の基準で計算する")
    parser.add_argument(
        "--overrides",
        type=Path,
        metavar="FILE.yaml",
        help="圏域で定めた数量と割合"
        "（items: 品目ごとに each（又は winter と mild）か of、pack、basis。"
        "shares: 区分ごとの割合。heating、staff: 暖房と職員の値）",
    )


def run(args: argparse.Namespace) -> Result:
    """The reckoning: denominator, lines, facilities, what is asked and what no text confirms."""
    from keniki.analysis.needs import covered, needs, people
    from keniki.rulebooks.disaster import standards

    on = _day(args.date)
    own = _own(args.overrides) if args.overrides is not None else standards.OwnFigures()
    try:
        among = people(args.people)
        if args.public_share is not None:
            among = covered(among, _number(args.public_share, "public_share"))
        given = {key: _number(text, key) for key in GROUPS if (text := getattr(args, key)) is not None}
        area = None if args.area is None else _number(args.area, "area")
        shares = {**own.shares, **given}
        found = needs(
            among,
            args.days,
            args.season,
            on,
            standard=args.standard,
            shares=shares,
            overrides=_overrides(own),
            area=area,
            places=args.places,
            later=args.later,
            heating=own.heating,
            staff=own.staff,
        )
    except WrongInput as wrong:
        raise _placed(wrong, args, own) from None
    _say(found)
    return _answer(found, shares)


def _day(text: str) -> date:
    if not text:
        return datetime.now(_JAPAN).date()
    try:
        return era.parse_date(text)
    except WrongInput as wrong:
        raise wrong.at(column="--date") from None


def _number(text: str, column: str) -> Fraction:
    """A number as a person types it; per cents are refused with how to write them."""
    from keniki.rulebooks.disaster.standards import exact

    found = exact(plain(text).replace(",", ""))
    if found is None:
        raise WrongInput(
            f"「{text[:30]}」は数ではありません。0.4 や 1200 のように指定してください。", column=column
        )
    return found


def _own(path: Path) -> OwnFigures:
    from pydantic import ValidationError

    from keniki.core.hand_yaml import read_yaml
    from keniki.rulebooks.disaster.standards import OwnFigures
    from keniki.rulebooks.sharing import why

    file = str(path)
    try:
        raw = read_yaml(console.read_bytes(path).decode("utf-8-sig"), file)
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。UTF-8で保存してください。", file=file) from None
    try:
        return OwnFigures.model_validate(raw)
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"値の書き方が正しくありません：{said}", file=file, column=field) from None


def _overrides(own: OwnFigures) -> dict[str, Override]:
    from keniki.analysis.needs import Override

    return {key: Override(each.basis, each.quantity, each.of, each.pack) for key, each in own.items.items()}


def _placed(wrong: WrongInput, args: argparse.Namespace, own: OwnFigures) -> WrongInput:
    """The complaint at the option or the file's entry that it is about."""
    from keniki.rulebooks.loader import RuleNotInForce

    key = wrong.column or ""
    if isinstance(wrong, RuleNotInForce):
        return WrongInput(wrong.message, column="--standard" if args.standard else "--date")
    given_here = key not in GROUPS or getattr(args, key) is not None
    if key in _OPTIONS and given_here:
        return WrongInput(wrong.message, column=f"--{key.replace('_', '-')}")
    if key in own.items or key in own.shares:
        return WrongInput(wrong.message, file=str(args.overrides), column=key)
    return wrong


def _answer(found: Needs, own: Mapping[str, object]) -> dict[str, Any]:
    standard = found.standard
    return {
        "people": found.people.count,
        "denominator": {"people": found.people.count, "steps": list(found.people.steps)},
        "days": found.days,
        "season": found.season,
        "date": found.on.isoformat(),
        "places": found.places,
        "standard": {
            "key": standard.id.removeprefix("space."),
            "name": standard.value.name,
            "m2_per_person": _plain(standard.value.m2),
            "valid_from": standard.valid_from.isoformat(),
            "source": standard.source,
            "evidence": list(standard.evidence),
            "confirmed": standard.confirmed,
        },
        "area": {
            "value": _plain(found.area),
            "unit": "m2",
            "arithmetic": found.area_arithmetic,
            "needed": _plain(found.people.count * standard.value.m2),
            "holds_people": found.holds,
            "people_without_room": max(0, found.people.count - found.holds),
        },
        "shares": {key: float(value) for key, value in found.shares.items()},
        "shares_given": sorted(own),
        "unit": "fraction",
        "items": [_line(line) for line in found.lines],
        "facilities": [_facility(each) for each in found.facilities],
        "asks": [{"item": each.key, "name": each.name, "question": each.text} for each in found.questions],
        "unconfirmed": [line.key for line in found.unconfirmed],
    }


def _line(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {
        "item": line.key,
        "name": line.name,
        "group": line.group,
        "quantity": line.quantity,
        "unit": line.unit,
        "people": line.people,
        "exact": _plain(line.exact),
        "arithmetic": line.arithmetic,
        "source": line.source,
        "evidence": list(line.evidence),
        "confirmed": line.confirmed,
        "product_default": line.is_product_default,
        "own_figure": line.is_own,
        "shelf_months": line.shelf_months,
        "note": line.note,
    }
    if line.packs is not None:
        found |= {"packs": line.packs, "pack": line.pack}
    return found


def _facility(each: Facility) -> dict[str, Any]:
    return {
        "facility": each.key,
        "name": each.name,
        "quantity": _plain(each.quantity),
        "unit": each.unit,
        "arithmetic": each.arithmetic,
        "source": each.source,
        "evidence": list(each.evidence),
        "confirmed": each.confirmed,
        "product_default": each.is_product_default,
    }


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _say(found: Needs) -> None:
    from keniki.rulebooks.disaster.standards import GROUPS as KINDS
    from keniki.rulebooks.disaster.standards import SEASONS as NAMES

    console.say(
        f"避難者 {found.people.count:,}人、{found.days}日、{NAMES[found.season]}"
        f"（{found.on.isoformat()} の基準）",
        *(f"  {step}" for step in found.people.steps),
        f"床面積: {found.area_arithmetic}（{found.standard.value.name}、{found.holds:,}人分）",
    )
    for group, title in KINDS.items():
        lines = [line for line in found.lines if line.group == group]
        if lines:
            console.say(f"【{title}】")
        for line in lines:
            console.say(f"  {line.name}  {line.quantity:,}{line.unit}{_mark(line)}", f"    {line.arithmetic}")
    console.say("【設備と人】")
    for each in found.facilities:
        console.say(f"  {each.name}: {each.arithmetic}{_mark(each)}")
    if found.questions:
        console.say("【数量の基準がない品目】（--overrides で指定してください）")
        for question in found.questions:
            console.say(f"  {question.name}（{question.key}）: {question.text}")
    console.note("※1 公表資料で確認できていない値を含む　※2 Keniki の初期設定を含む　※3 地域の値")


def _mark(each: Line | Facility) -> str:
    marks = [
        "※1" if not each.confirmed else "",
        "※2" if each.is_product_default else "",
        "※3" if getattr(each, "is_own", False) else "",
    ]
    return f" {' '.join(filter(None, marks))}" if any(marks) else ""
