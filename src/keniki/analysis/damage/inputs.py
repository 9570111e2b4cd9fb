"""What a survey of a house found, read from plain data: every wrong value is named with its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias, cast

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.damage import (
    DEGREES,
    HAZARDS,
    ROUNDINGS,
    STRUCTURES,
    SURVEYS,
    Degree,
    Hazard,
    Rounding,
    Structure,
    Survey,
)

Collapsed: TypeAlias = Literal["house", "storey"]
AreaAs: TypeAlias = Literal["exact", "bands"]
Mode: TypeAlias = Literal["real", "exercise"]
COLLAPSED: Final[dict[Collapsed, str]] = {"house": "住家全部が倒壊", "storey": "一部の階が全部倒壊"}
MODES: Final[dict[Mode, str]] = {"real": "実災害", "exercise": "訓練"}
AREAS: Final[dict[AreaAs, str]] = {"exact": "測った割合", "bands": "調査票の面積率の区分の上限"}
SUNK_TO: Final[dict[str, str]] = {
    "none": "潜り込みなし",
    "foundation_top_25cm": "基礎の天端下25cmまで",
    "floor": "床まで",
    "floor_plus_1m": "床上1mまで",
}
_FLOOD_ONLY: Final = (
    "external_force",
    "depth_above_floor_m",
    "depths_above_floor_m",
    "depth_m",
    "floor_height_m",
    "below_floor",
    "washed_away",
    "area_corners_m",
)
_KEYS: Final = (
    *("label", "mode", "date", "structure", "hazard", "survey", "storeys", "detached"),
    *_FLOOD_ONLY,
    *("collapsed", "tilt_mm", "plumb_mm", "settlement_m", "sunk_to", "parts"),
    *("lost_floor_share", "lost_floor_area_m2", "floor_area_m2"),
    *("rounding", "area_as", "weights", "storey_weights", "revision_2025_half", "photos", "agreed"),
)
_PART_KEYS: Final = (
    *("part", "degree", "storey", "area", "length_m", "of_m", "count", "of"),
    *("perimeter_m", "cracks", "cracks_mm", "spalls", "loss_percent"),
)
#: A number has at most so many digits before and after its point.
_DIGITS: Final = 12
_METRES: Final = Fraction(10_000)


@dataclass(frozen=True)
class Damage:
    """Damage of one part as it was entered, at `place` in the input.

    `share` of the part (0–1) is damaged to `degree`; `loss` is the loss itself in per cent of the house. The foundation
    has metres of damage, cracks and spalls along its perimeter instead (`metres`, `cracks`, `crack_widths_mm`,
    `spalls`, `perimeter_m`).
    """

    place: str
    part: str
    degree: Degree | None = None
    share: Fraction | None = None
    how: str = ""
    storey: int | None = None
    loss: Fraction | None = None
    metres: Fraction = Fraction(0)
    cracks: int = 0
    crack_widths_mm: tuple[Fraction, ...] = ()
    spalls: int = 0
    perimeter_m: Fraction | None = None


@dataclass(frozen=True)
class House:
    """One survey of one house (住家); lengths in metres, plumb lines in millimetres.

    `date` is the day of the disaster: its rules count. `parts` is None where the parts were not surveyed, and empty
    where none was damaged. `depths` are depths of water above the floor; below the floor there are none.
    """

    date: date
    structure: Structure
    hazard: Hazard
    survey: Survey = "first"
    storeys: int = 1
    detached: bool = True
    external_force: bool = False
    depths: tuple[Fraction, ...] = ()
    below_floor: bool = False
    washed_away: bool = False
    area_corners: tuple[Fraction, ...] = ()
    collapsed: Collapsed | None = None
    tilt_mm: tuple[Fraction, ...] = ()
    plumb_mm: Fraction = Fraction(1200)
    settlement_m: Fraction | None = None
    sunk_to: str | None = None
    parts: tuple[Damage, ...] | None = None
    lost_floor: Fraction | None = None
    rounding: Rounding | None = None
    area_as: AreaAs = "exact"
    weights: Mapping[str, Fraction] | None = None
    storey_weights: Mapping[int, Fraction] | None = None
    revision_2025_half: bool | None = None
    mode: Mode | None = None
    label: str = ""

    @property
    def tilt(self) -> Fraction | None:
        """The mean tilt of the four corners (傾斜の平均), horizontal over vertical."""
        if not self.tilt_mm:
            return None
        return sum(self.tilt_mm, Fraction(0)) / len(self.tilt_mm) / self.plumb_mm


def read_house(raw: object) -> House:
    """A survey from plain data as JSON or a form gives it (see `House` and the reference for the fields).

    WrongInput names the field (`parts.0.area`) of a value that is missing, unknown, out of bounds, no number or in
    contradiction to another one.

    >>> house = read_house({"structure": "wood", "storeys": 2, "hazard": "flood", "external_force": True,
    ...                     "depth_above_floor_m": 0.75, "date": "2025-08-01"})
    >>> house.depths, house.survey
    ((Fraction(3, 4),), 'first')
    >>> read_house({"structure": "paper"})
    Traceback (most recent call last):
    keniki.core.errors.WrongInput: 「date」：この項目が要ります。災害の発生日を YYYY-MM-DD で入れてください。
    """
    if not isinstance(raw, Mapping):
        raise WrongInput('{"structure": …, "hazard": …, "date": …} の形にしてください。')
    values = _Values(raw, "", _KEYS)
    day = values.day("date", "災害の発生日")
    structure = cast("Structure", values.choice("structure", STRUCTURES))
    hazard = cast("Hazard", values.choice("hazard", HAZARDS))
    survey = cast("Survey", values.choice("survey", SURVEYS, "first"))
    if hazard != "flood":
        values.none_of(_FLOOD_ONLY, f"hazard が {hazard} のときは書けません（水害の項目です）")
    else:
        values.needed("external_force", "水流や漂流物など外力による損傷の有無を true か false で")
        values.needed("storeys", "階数を")
    _check_kind(values, structure, hazard, survey)
    storeys = values.whole("storeys", least=1, most=60) or 1
    plumb = values.number("plumb_mm", least=Fraction(1), most=_METRES)
    if plumb is not None and not values.has("tilt_mm"):
        raise values.wrong("plumb_mm", "tilt_mm がないときは書けません")
    plumb = plumb or Fraction(1200)
    return House(
        date=day,
        structure=structure,
        hazard=hazard,
        survey=survey,
        storeys=storeys,
        detached=values.flag("detached", True),
        external_force=values.flag("external_force"),
        depths=_depths(values),
        below_floor=values.flag("below_floor"),
        washed_away=values.flag("washed_away"),
        area_corners=values.corners("area_corners_m", most=Fraction(50)),
        collapsed=cast("Collapsed | None", values.choice("collapsed", COLLAPSED, None)),
        tilt_mm=values.corners("tilt_mm", most=plumb),
        plumb_mm=plumb,
        settlement_m=values.number("settlement_m", most=Fraction(50)),
        sunk_to=values.choice("sunk_to", SUNK_TO, None),
        parts=_parts(values, storeys),
        lost_floor=_lost_floor(values),
        rounding=cast("Rounding | None", values.choice("rounding", ROUNDINGS, None)),
        area_as=cast("AreaAs", values.choice("area_as", AREAS, "exact")),
        weights=values.shares("weights", Fraction(100)),
        storey_weights=_storey_weights(values, storeys),
        revision_2025_half=values.flag("revision_2025_half") if values.has("revision_2025_half") else None,
        mode=cast("Mode | None", values.choice("mode", MODES, None)),
        label=values.text("label"),
    )


def exact(given: object) -> Fraction | None:
    """A finite number as it is written, without the error of a binary fraction; None for anything else.

    >>> exact(0.1), exact("1/3"), exact(float("nan"))
    (Fraction(1, 10), Fraction(1, 3), None)
    """
    if isinstance(given, Fraction):
        return given
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal | str):
        return None
    text = unicodedata.normalize("NFKC", str(given)).strip()
    if len(text) > 3 * _DIGITS:
        return None
    above, slash, below = text.partition("/")
    if slash:
        if not (above.isdecimal() and below.isdecimal() and int(below)):
            return None
        return Fraction(int(above), int(below))
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS:
        return None
    return Fraction(number)


class _Values:
    """The fields of one mapping, each read once with its place."""

    def __init__(self, raw: Mapping[Any, Any], place: str, known: Sequence[str]) -> None:
        self.raw = raw
        self.place = place
        for key in raw:
            if key not in known:
                raise WrongInput(
                    f"この項目はありません。書ける項目：{'、'.join(known)}", column=self.at(str(key))
                )

    def at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def wrong(self, key: str, what: str) -> WrongInput:
        return WrongInput(f"{what}。", column=self.at(key))

    def has(self, key: str) -> bool:
        return self.raw.get(key) is not None

    def needed(self, key: str, what: str) -> None:
        if not self.has(key):
            raise self.wrong(key, f"この項目が要ります。{what}入れてください")

    def none_of(self, keys: Sequence[str], why: str) -> None:
        for key in keys:
            if self.has(key):
                raise self.wrong(key, why)

    def day(self, key: str, what: str) -> date:
        self.needed(key, f"{what}を YYYY-MM-DD で")
        given = self.raw[key]
        if type(given) is date:
            return given
        try:
            return date.fromisoformat(given if isinstance(given, str) and len(given) == 10 else "")
        except ValueError:
            raise self.wrong(key, f"「{given}」は日付ではありません。YYYY-MM-DD で入れてください") from None

    def choice(self, key: str, known: Mapping[Any, str], default: str | None = "") -> str | None:
        if not self.has(key):
            if default == "":
                self.needed(key, "、".join(known) + " のどれかを")
            return default
        given = self.raw[key]
        if not isinstance(given, str) or given not in known:
            shown = "、".join(f"{one}（{name}）" for one, name in known.items())
            raise self.wrong(key, f"「{given}」は使えません。使える値：{shown}")
        return given

    def flag(self, key: str, default: bool = False) -> bool:
        if not self.has(key):
            return default
        given = self.raw[key]
        if not isinstance(given, bool):
            raise self.wrong(key, f"「{given}」ではなく true か false にしてください")
        return given

    def text(self, key: str) -> str:
        given = self.raw.get(key) or ""
        if not isinstance(given, str) or len(given) > 200:
            raise self.wrong(key, "200字までの文字にしてください")
        return given

    def number(self, key: str, *, least: Fraction = Fraction(0), most: Fraction = _METRES) -> Fraction | None:
        return self.bounded(self.raw[key], key, least, most) if self.has(key) else None

    def bounded(self, given: object, key: str, least: Fraction, most: Fraction) -> Fraction:
        found = exact(given)
        if found is None:
            raise self.wrong(key, f"「{given}」は数ではありません。半角の数字で入れてください")
        if not least <= found <= most:
            raise self.wrong(key, f"「{given}」は {_plain(least)} 以上 {_plain(most)} 以下にしてください")
        return found

    def whole(self, key: str, *, least: int = 0, most: int = 100_000) -> int | None:
        found = self.number(key, least=Fraction(least), most=Fraction(most))
        if found is not None and found.denominator != 1:
            raise self.wrong(key, f"「{self.raw[key]}」は整数にしてください")
        return None if found is None else int(found)

    def list(self, key: str) -> Sequence[object] | None:
        if not self.has(key):
            return None
        given = self.raw[key]
        if not isinstance(given, list | tuple):
            raise self.wrong(key, "[ ] で囲んだ一覧にしてください")
        return given

    def numbers(self, key: str, most: Fraction) -> tuple[Fraction, ...]:
        found = self.list(key) or ()
        return tuple(
            self.bounded(each, f"{key}.{number}", Fraction(0), most) for number, each in enumerate(found)
        )

    def corners(self, key: str, most: Fraction) -> tuple[Fraction, ...]:
        found = self.numbers(key, most)
        if self.has(key) and len(found) != 4:
            raise self.wrong(key, f"四隅の4つの値が要ります（{len(found)}つあります）")
        return found

    def shares(self, key: str, whole: Fraction) -> dict[str, Fraction] | None:
        if not self.has(key):
            return None
        given = self.raw[key]
        if not isinstance(given, Mapping) or not given:
            raise self.wrong(key, "{名前: 値, …} の形にしてください")
        found = {
            str(name): self.bounded(each, f"{key}.{name}", Fraction(0), whole) for name, each in given.items()
        }
        total = sum(found.values(), Fraction(0))
        if total != whole:
            raise self.wrong(key, f"合計が {_plain(total)} です。{_plain(whole)} にしてください")
        return found


def _check_kind(values: _Values, structure: Structure, hazard: Hazard, survey: Survey) -> None:
    """Fields that contradict the kind of survey."""
    if hazard != "liquefaction":
        values.none_of(("sunk_to",), "地盤の潜り込みは hazard が liquefaction のときだけ書けます")
    if structure != "non_wood" or hazard != "earthquake":
        values.none_of(("settlement_m",), "沈下量は地震の非木造（non_wood）のときだけ書けます")
    if survey == "self":
        for key, what in (
            ("photos", "申請者の写真で確認したとき true を"),
            ("agreed", "申請者が一部損壊に同意したとき true を"),
        ):
            if not values.flag(key):
                raise values.wrong(key, f"自己判定方式には写真と同意が要ります。{what}入れてください")
    else:
        values.none_of(("photos", "agreed"), "自己判定方式（survey が self）のときだけ書けます")
    if survey != "first":
        values.none_of(("area_corners_m",), "区域のサンプル調査は第1次調査の方法です")


def _depths(values: _Values) -> tuple[Fraction, ...]:
    """Depths above the floor in metres; below the floor none, and `below_floor` is the answer."""
    ways = [key for key in ("depth_above_floor_m", "depths_above_floor_m", "depth_m") if values.has(key)]
    if len(ways) > 1:
        raise values.wrong(ways[1], f"{ways[0]} と {ways[1]} はどちらか一つにしてください")
    if values.has("depth_m") != values.has("floor_height_m"):
        missing = "floor_height_m" if values.has("depth_m") else "depth_m"
        raise values.wrong(missing, "地盤面からの浸水深（depth_m）と床の高さ（floor_height_m）は両方要ります")
    if values.flag("below_floor"):
        values.none_of(("depth_above_floor_m", "depths_above_floor_m"), "床下浸水（below_floor）と矛盾します")
    if values.flag("washed_away"):
        values.none_of(("below_floor",), "流失（washed_away）と矛盾します")
        if not values.flag("external_force"):
            raise values.wrong("washed_away", "外力による損傷がない（external_force: false）ことと矛盾します")
    found = values.numbers("depths_above_floor_m", Fraction(50))
    if values.has("depths_above_floor_m") and not found:
        raise values.wrong("depths_above_floor_m", "浸水深が1つもありません")
    single = values.number("depth_above_floor_m", most=Fraction(50))
    if single is not None:
        return (single,)
    ground = values.number("depth_m", most=Fraction(50))
    floor = values.number("floor_height_m", most=Fraction(20))
    if ground is None or floor is None:
        return found
    above = ground - floor
    if values.flag("below_floor") != (above < 0) and values.has("below_floor"):
        raise values.wrong("below_floor", "depth_m と floor_height_m の差と矛盾します")
    return (above,)


def _lost_floor(values: _Values) -> Fraction | None:
    areas = ("lost_floor_area_m2", "floor_area_m2")
    if values.has("lost_floor_share"):
        values.none_of(areas, "lost_floor_share と床面積はどちらか一つにしてください")
    share = values.number("lost_floor_share", most=Fraction(1))
    lost, whole = (values.number(key, most=Fraction(1_000_000)) for key in areas)
    if (lost is None) != (whole is None):
        missing = areas[0] if lost is None else areas[1]
        raise values.wrong(missing, "損壊した床面積と延床面積は両方要ります")
    if lost is None or whole is None:
        return share
    if whole == 0 or lost > whole:
        raise values.wrong("lost_floor_area_m2", "損壊した床面積が延床面積を超えているか、延床面積が0です")
    return lost / whole


def _storey_weights(values: _Values, storeys: int) -> dict[int, Fraction] | None:
    found = values.shares("storey_weights", Fraction(1))
    if found is None:
        return None
    known = [str(storey) for storey in range(1, storeys + 1)]
    for name in found:
        if name not in known:
            raise values.wrong(f"storey_weights.{name}", f"階は {'、'.join(known)} のどれかにしてください")
    return {int(name): share for name, share in found.items()}


def _parts(values: _Values, storeys: int) -> tuple[Damage, ...] | None:
    given = values.list("parts")
    if given is None:
        return None
    return tuple(_damage(each, f"parts.{number}", storeys) for number, each in enumerate(given))


def _damage(raw: object, place: str, storeys: int) -> Damage:
    if not isinstance(raw, Mapping):
        raise WrongInput('{"part": "roof", "degree": "III", "area": 0.2} の形にしてください。', column=place)
    values = _Values(raw, place, _PART_KEYS)
    values.needed("part", "部位（roof など）を")
    part = values.text("part")
    by_share = ("degree", "storey", "area", "count", "of", "of_m")
    by_length = ("perimeter_m", "cracks", "cracks_mm", "spalls")
    if values.has("loss_percent"):
        values.none_of((*by_share, *by_length, "length_m"), "損害割合（loss_percent）と同時には書けません")
        return Damage(place, part, loss=values.number("loss_percent", most=Fraction(100)))
    if values.has("perimeter_m"):
        values.none_of(by_share, "外周の長さ（perimeter_m）による損傷と同時には書けません")
        return _along(values, place, part)
    values.none_of(by_length[1:], "基礎の外周の長さ（perimeter_m）が要ります")
    values.needed("degree", "損傷の程度（I～V）を")
    degree = _degree(values)
    share, how = _share(values)
    return Damage(place, part, degree, share, how, values.whole("storey", least=1, most=storeys))


def _along(values: _Values, place: str, part: str) -> Damage:
    perimeter = values.number("perimeter_m", least=Fraction(1, 10))
    if values.has("cracks") and values.has("cracks_mm"):
        raise values.wrong(
            "cracks_mm", "亀裂の数（cracks）と幅の一覧（cracks_mm）はどちらか一つにしてください"
        )
    metres = values.number("length_m", most=perimeter or _METRES) or Fraction(0)
    return Damage(
        place,
        part,
        metres=metres,
        cracks=values.whole("cracks") or 0,
        crack_widths_mm=values.numbers("cracks_mm", Fraction(1000)),
        spalls=values.whole("spalls") or 0,
        perimeter_m=perimeter,
    )


def _degree(values: _Values) -> Degree:
    given = values.raw["degree"]
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= 5:
        return tuple(DEGREES)[given - 1]
    text = unicodedata.normalize("NFKC", given).strip() if isinstance(given, str) else ""
    if text not in DEGREES:
        raise values.wrong("degree", f"「{given}」は使えません。損傷の程度は I、II、III、IV、V のどれかです")
    return text


def _share(values: _Values) -> tuple[Fraction, str]:
    """The damaged share of the part, from an area, a length or a count; and how it came about."""
    ways = [key for key in ("area", "length_m", "count") if values.has(key)]
    if len(ways) != 1:
        what = "面積の割合（area）、長さ（length_m と of_m）、数（count と of）のどれか一つが要ります"
        raise values.wrong(ways[1] if ways else "area", what)
    way = ways[0]
    whole = {"area": "", "length_m": "of_m", "count": "of"}[way]
    values.none_of([key for key in ("of_m", "of") if key != whole], f"{way} と同時には書けません")
    if way == "area":
        area = values.number("area", most=Fraction(1)) or Fraction(0)
        return area, ""
    if not values.has(whole):
        raise values.wrong(whole, f"全体の値が要ります。{way} は何の内かを入れてください")
    if way == "count":
        one, other = Fraction(values.whole("count") or 0), Fraction(values.whole("of", least=1) or 1)
    else:
        one = values.number("length_m") or Fraction(0)
        other = values.number("of_m", least=Fraction(1, 100)) or Fraction(1)
    if one > other:
        raise values.wrong(way, f"全体（{whole}）を超えています")
    return one / other, f"{_plain(one)}/{_plain(other)}"


def _plain(number: Fraction) -> str:
    return f"{float(number):g}"
