"""What the classes of e-Stat tables mean: items, units, ages, sexes, nationalities and all other divisions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final

from keniki.core.digits import plain
from keniki.core.era import parse_year
from keniki.core.errors import WrongInput

from .base import UNKNOWN_AGE, Sex

#: As long as a figure's part may be.
LONGEST_PART: Final = 120
LONGEST_INDICATOR: Final = 80


class Role(Enum):
    """What an axis of a table says about its figures."""

    ITEM = "item"
    TIME = "time"
    AREA = "area"
    SEX = "sex"
    AGE = "age"
    NATIONALITY = "nationality"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Age:
    """A class of ages, both ends included; an open class has no end, all ages neither."""

    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What is counted, and its unit where the name or its meaning gives it."""

    indicator: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A class of the time axis: its year (the first of a fiscal year) and, where it says more, the period."""

    year: int
    period: str = ""


def role_of(heading: str) -> Role:
    """What the axis of this heading is about; 世帯主の年齢 and the like are divisions as any other."""
    name = squeezed(heading)
    for role, pattern in _ROLES:
        if pattern.search(name):
            return role
    return Role.OTHER


def age_of(name: str) -> Age | None:
    """The ages of a class (0～4歳, 100歳以上, 15歳未満, 30歳, 総数, 年齢「不詳」), None where it is no such class."""
    text = without_repeat(name)
    if is_total(text):
        return Age()
    if _UNKNOWN.fullmatch(text):
        return Age(UNKNOWN_AGE, UNKNOWN_AGE)
    if found := _AGES.fullmatch(text):
        first, last = int(found[1]), int(found[2])
        return Age(first, last) if first <= last else None
    if found := _FROM.fullmatch(text):
        return Age(int(found[1]))
    if (found := _BELOW.fullmatch(text)) and int(found[1]):
        return Age(0, int(found[1]) - 1)
    if found := _SINGLE.fullmatch(text):
        return Age(int(found[1]), int(found[1]))
    return None


def sex_of(name: str) -> Sex | None:
    """The sex of a class, empty for both, None for a class that is none of these."""
    text = squeezed(name)
    if is_total(text) or text in ("男女計", "男女", "男女総数"):
        return ""
    if text in ("男", "男性"):
        return "male"
    return "female" if text in ("女", "女性") else None


def nationality_of(name: str) -> str | None:
    """The part of a class (`nationality:japanese`), empty for all nationalities, None for any other class."""
    text = squeezed(name)
    if is_total(text) or text == "国籍総数":
        return ""
    return {"日本人": "nationality:japanese", "外国人": "nationality:foreign"}.get(text)


def is_total(name: str) -> bool:
    """Whether a class stands for all of its axis: 総数, also 総数（配偶関係） and 全域."""
    text = squeezed(name)
    return text in _TOTALS or bool(_TOTAL.fullmatch(text))


def part_of(heading: str, name: str) -> str:
    """`axis:value` of a class of any other axis; industries and the three sectors go by letter and number."""
    axis, value = squeezed(heading), squeezed(name)
    if "産業" in axis:
        if found := _INDUSTRY.match(value):
            return f"industry:{found[1]}"
        if found := _SECTOR.match(value):
            return f"sector:{found[1]}"
    return f"{axis}:{without_repeat(name)}".replace(";", "；")


def join_parts(parts: list[str]) -> str:
    """Several divisions as one part; one too long to be stored is cut and told apart by a digest."""
    text = ";".join(part for part in parts if part)
    if len(text) <= LONGEST_PART:
        return text
    digest = sha256(text.encode()).hexdigest()[:8]
    return f"{text[: LONGEST_PART - 9]}#{digest}"


def item_of(name: str, *, table: str = "", code: str = "") -> Item:
    """What a 表章事項 (人口【人】) counts; one without a name here is `estat_<table>_<code>`."""
    found = _WITH_UNIT.fullmatch(name.strip())
    bare, unit = (squeezed(found[1]), unit_of(found[2])) if found else (squeezed(name), "")
    known = ITEMS.get(bare)
    if known is not None:
        return Item(known.indicator, unit or known.unit)
    return Item(stable_name("estat", table, code or bare), unit)


def class_item(name: str) -> Item | None:
    """An indicator of its own among the classes of an age axis: 平均年齢【歳】, 年齢中位数（歳）."""
    text = without_repeat(name)
    for word, item in _AGE_MEASURES.items():
        if re.fullmatch(rf"{word}(?:[【（(]?歳[】）)]?)?", text):
            return item
    return None


def unit_in(name: str) -> str:
    """The unit that a class of its own measure carries (15歳未満の割合【％】), empty for none."""
    found = _WITH_UNIT.fullmatch(name.strip())
    return unit_of(found[2]) if found else ""


def unit_of(text: str) -> str:
    """The unit's name of what stands in 【】; empty for none (【－】) and as written for one without a name."""
    word = squeezed(text)
    return UNITS.get(word, word)


def end_said(name: str) -> str:
    """`home` or `work` of a heading, empty for neither; 常住地による従業・通学市区町村 is where people work."""
    own = re.sub("^.*(による|から|別の?)", "", name) or name
    home, work = (pattern.search(own) is not None for pattern in (_HOME, _WORK))
    return "" if home == work else "home" if home else "work"


def is_end(heading: str) -> bool:
    """Whether a heading is a residence's or a destination's: it says so and names places."""
    return end_said(heading) != "" and re.search("市|区|町|村|地", heading) is not None


def moment_of(name: str) -> Moment | None:
    """The time of a class: 2020年, 2020年10月, 令和2年, 2019年度; None where it gives no year."""
    text = squeezed(name)
    found = _YEAR.match(text)
    if found is None:
        return None
    try:
        year = int(found[1]) if found[1].isdigit() else parse_year(found[1])
    except WrongInput:
        return None
    if found[2] == "年度":
        return Moment(year, f"FY{year}")
    if found[3]:
        return Moment(year, f"{year}-{int(found[3]):02}" + (f"-{int(found[4]):02}" if found[4] else ""))
    return Moment(year)


def stable_name(*words: str) -> str:
    """A snake_case name of these words, the same for the same words; a digest stands for what is not ASCII."""
    parts = []
    for word in words:
        text = plain(word).lower()
        kept = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
        lost = not re.sub(r"[-_.\s]", "", text).isascii()
        parts.append("_".join(filter(None, (kept, _digest(text) if lost else ""))))
    return "_".join(filter(None, parts))[:LONGEST_INDICATOR].rstrip("_")


def squeezed(text: str) -> str:
    """For comparing only: width folded, no spaces, one kind of wave dash and quotation mark."""
    return "".join(plain(text).translate(_ALIKE).split())


def without_repeat(name: str) -> str:
    """A class without its mark （再掲）, which says that it is counted in others too."""
    return _REPEATED.sub("", squeezed(name))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


ITEMS: Final = {
    "人口": Item("population", "persons"),
    "総人口": Item("population", "persons"),
    "人口(総数)": Item("population", "persons"),
    "世帯数": Item("households", "households"),
    "総世帯数": Item("households", "households"),
    "一般世帯数": Item("general_households", "households"),
    "一般世帯人員": Item("general_household_members", "persons"),
    "平均年齢": Item("mean_age", "years"),
    "年齢中位数": Item("median_age", "years"),
    "面積": Item("total_area"),
    "人口密度": Item("population_density"),
    "昼間人口": Item("daytime_population", "persons"),
    "夜間人口": Item("nighttime_population", "persons"),
    "昼夜間人口比率": Item("day_night_ratio", "percent"),
    "就業者数": Item("employed_persons", "persons"),
    "事業所数": Item("establishments", "establishments"),
    "従業者数": Item("employees", "persons"),
}
"""Indicators of items, by their squeezed name without the unit."""

UNITS: Final = {
    "": "",
    "-": "",
    "人": "persons",
    "千人": "thousand_persons",
    "世帯": "households",
    "戸": "dwellings",
    "住宅": "dwellings",
    "事業所": "establishments",
    "施設": "facilities",
    "校": "institutions",
    "件": "cases",
    "組": "couples",
    "歳": "years",
    "%": "percent",
    "km2": "km2",
    "平方キロメートル": "km2",
    "平方km": "km2",
    "ha": "hectare",
    "ヘクタール": "hectare",
    "m2": "m2",
    "平方メートル": "m2",
    "円": "yen",
    "千円": "thousand_yen",
    "万円": "ten_thousand_yen",
    "百万円": "million_yen",
    "億円": "hundred_million_yen",
    "人/km2": "persons_per_km2",
    "人/平方キロメートル": "persons_per_km2",
    "1平方キロメートル当たり人": "persons_per_km2",
    "人/世帯": "persons_per_household",
    "t": "tonnes",
}
"""Names of units, by what tables write (squeezed)."""

_AGE_MEASURES: Final = {"平均年齢": ITEMS["平均年齢"], "年齢中位数": ITEMS["年齢中位数"]}
_TOTALS: Final = {"総数", "総計", "合計", "全域", "全体"}
_TOTAL: Final = re.compile(r"総数\([^()]*\)")
_ROLES: Final = (
    (Role.ITEM, re.compile(r"^表章(事項|項目)")),
    (Role.TIME, re.compile(r"^(時間軸|調査年|年次|時点)")),
    (Role.SEX, re.compile(r"^男女")),
    (Role.NATIONALITY, re.compile(r"^国籍")),
    (Role.AGE, re.compile(r"^年齢")),
    (
        Role.AREA,
        re.compile(r"^(全国|都道府県|市区町村|市町村|地域|地方公共団体|区域|常住地|住所地|従業地)"),
    ),
)
_HOME: Final = re.compile("常住|居住|住所|出発|住んで")
_WORK: Final = re.compile("従業|通勤|通学|就業|到着|行き先|目的地")
_ALIKE: Final = str.maketrans({"〜": "~", "～": "~", "∼": "~", "－": "-", "−": "-", "‐": "-", "，": ","})
_REPEATED: Final = re.compile(r"^\(再掲\)")
_UNKNOWN: Final = re.compile(r"(年齢)?[「『]?不詳[」』]?")
_AGES: Final = re.compile(r"(\d{1,3})歳?[~-](\d{1,3})歳?")
_FROM: Final = re.compile(r"(\d{1,3})歳以上")
_BELOW: Final = re.compile(r"(\d{1,3})歳未満")
_SINGLE: Final = re.compile(r"(\d{1,3})歳")
_INDUSTRY: Final = re.compile(r"(?:大分類)?([A-T])[^A-Za-z]")
_SECTOR: Final = re.compile(r"第([123])次産業")
_WITH_UNIT: Final = re.compile(r"(.*?)【([^】]*)】\s*")
_YEAR: Final = re.compile(
    r"(\d{4}|(?:明治|大正|昭和|平成|令和)(?:元|\d+))(?:\(\d{4}\))?(年度|年)"
    r"(?:\([^)]*\))?(?:(\d{1,2})月(?:(\d{1,2})日)?)?(?![~-])"
)
