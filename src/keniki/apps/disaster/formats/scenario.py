"""The file of a scenario (避難の想定, `keniki.scenario/1`): what is assumed, as YAML or JSON.

A page and a file say the same: `read_scenario(write_scenario(spec)) == spec`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import yaml
from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.hand_yaml import read_yaml
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.loader import Entry
from keniki.rulebooks.sharing import why

FORMAT: Final = "keniki.scenario/1"
#: A scenario of a whole prefecture is smaller.
MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_ROWS: Final = 20_000

HazardKey: TypeAlias = Literal[
    "flood", "landslide", "storm_surge", "earthquake", "tsunami", "fire", "inland_flood", "volcano"
]
Reach: TypeAlias = Literal["touched", "towns", "region"]
REACHES: Final[dict[Reach, str]] = {
    "touched": "区域にかかる地区だけ",
    "towns": "区域にかかる地区のある市町村の、全ての地区",
    "region": "圏域の全ての地区",
}
Counted: TypeAlias = Literal["residents", "present"]
COUNTED: Final[dict[Counted, str]] = {
    "residents": "居住者",
    "present": "その時間にいる人（夜間人口・昼間人口）",
}
Together: TypeAlias = Literal["district", "cell", "none"]
TOGETHER: Final[dict[Together, str]] = {
    "district": "地区ごと（できるだけ1つの避難所）",
    "cell": "地区の区域の内・外ごと",
    "none": "まとめない（距離を優先）",
}


def _slug(given: Any) -> Any:
    return given.strip() if isinstance(given, str) else given


def _number(given: Any) -> Any:
    """A number with at most three digits behind the point, so that page and file can say the same."""
    if isinstance(given, bool):
        raise ValueError("数を書いてください")
    if isinstance(given, int | float) and round(given, 3) != given:
        raise ValueError(f"「{given}」は小数第3位までにしてください")
    return given


def _day(given: Any) -> Any:
    if isinstance(given, bool | int | float):
        raise ValueError("年月日（例 2026-12-01）で書いてください")
    if not isinstance(given, str):
        return given
    try:
        return era.parse_date(given)
    except WrongInput as wrong:
        raise ValueError(wrong.message.rstrip("。")) from None


Slug: TypeAlias = Annotated[
    str, BeforeValidator(_slug), StringConstraints(pattern=r"^[a-z0-9][-a-z0-9_]*$", max_length=80)
]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Share: TypeAlias = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Km: TypeAlias = Annotated[float, BeforeValidator(_number), Field(ge=0, le=2000)]
For: TypeAlias = Annotated[float, BeforeValidator(_number), Field(gt=0, le=100_000)]
Words: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class Rates(Entry):
    """Who leaves (避難率): the part of the people inside the area and of those outside, and what that rests on."""

    inside: Share
    outside: Share
    basis: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class AffectedDistrict(Entry):
    """A district of a list: the part of its people that is inside."""

    district: Slug
    inside: Share = 1.0


class ShelterUse(Entry):
    """What is said of one shelter for this scenario: how many it holds (0: not used), and why."""

    shelter: Slug
    people: Annotated[int, Field(ge=0, le=1_000_000)]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class TownUse(Entry):
    """What a receiving town keeps (受入枠) for its own people and for others: people, or a share below 1; and from
    which towns it receives (None: from all)."""

    town: Code
    own: Annotated[float, BeforeValidator(_number), Field(ge=0, le=10_000_000)] = 0.0
    others: Annotated[float, BeforeValidator(_number), Field(ge=0, le=10_000_000)] = 0.0
    receives_from: Annotated[tuple[Code, ...], Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _people_are_whole(self) -> Self:
        for value in (self.own, self.others):
            if value >= 1 and value != int(value):
                raise ValueError("受入枠は、0以上1未満の割合か、1以上の整数（人数）で書いてください")
        return self


class Equipment(Entry):
    """People for one tent, one bed and one of the staff; None: no number, or for staff the rule of the day."""

    tent_people: For | None = None
    bed_people: For | None = None
    staff_people: For | None = None


class ScenarioFile(Entry):
    """A scenario. Either `layer` (ハザード情報) says where it is dangerous, or the list `districts`."""

    format: Literal["keniki.scenario/1"] = "keniki.scenario/1"
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    hazard: HazardKey
    date: Annotated[date, BeforeValidator(_day)]
    season: standards.Season
    at: Literal["day", "night"]
    layer: Slug | None = None
    districts: Annotated[tuple[AffectedDistrict, ...], Field(max_length=_MOST_ROWS)] = ()
    reach: Reach = "touched"
    count: Counted = "residents"
    rates: Rates | None = None
    accessible_share: Share = 0.0
    standard: str
    undesignated: bool = False
    welfare: bool = False
    bring_heating: bool = False
    shelters: Annotated[tuple[ShelterUse, ...], Field(max_length=_MOST_ROWS)] = ()
    far_km: Km
    border_km: Km = 0.0
    detour: Annotated[float, BeforeValidator(_number), Field(ge=1, le=5)] = 1.3
    keep_whole: Together = "district"
    longer_for_whole_km: Km | None = None
    longer_for_fairness: Share = 0.0
    nearest: Annotated[int, Field(ge=1, le=10_000)] | None = None
    towns: Annotated[tuple[TownUse, ...], Field(max_length=200)] = ()
    equipment: Equipment = Equipment()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.layer is None) == (not self.districts):
            raise ValueError(
                "危険な所は、layer（ハザード情報）か districts（地区の一覧）のどちらか一つで書いてください"
            )
        for name, keys in (
            ("districts", [each.district for each in self.districts]),
            ("shelters", [each.shelter for each in self.shelters]),
            ("towns", [each.town for each in self.towns]),
        ):
            double = (
                next((key for at, key in enumerate(keys) if key in keys[:at]), None)
                if len(set(keys)) != len(keys)
                else None
            )
            if double is not None:
                raise ValueError(f"{name} に「{double}」が2回あります。1つにしてください")
        if self.rates is None and self.hazard != "flood":
            raise ValueError(
                "洪水のほかの災害には避難率の基準がありません。rates（inside、outside、basis）を書いてください"
            )
        return self


def read_scenario(data: bytes, file: str | None = None) -> ScenarioFile:
    """The scenario of a YAML or JSON file. WrongInput names the line or the field that is wrong.

    >>> text = "{format: keniki.scenario/1, title: 川, hazard: flood, date: 2026-07-01, season: mild, at: night,"
    >>> text += " layer: flood-1, standard: guideline_2024, far_km: 10}"
    >>> read_scenario(text.encode()).far_km
    10.0
    """
    if len(data) > MOST_BYTES:
        raise WrongInput(f"想定のファイルは{MOST_BYTES // 1024 // 1024}MBまでにしてください。", file=file)
    try:
        raw = read_yaml(data.decode("utf-8-sig"), file)
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。UTF-8で保存してください。", file=file) from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise WrongInput(
            f"想定のファイルではありません。最初に format: {FORMAT} と書いてください。",
            file=file,
            column="format",
        )
    return checked(raw, file)


def checked(raw: Any, file: str | None = None) -> ScenarioFile:
    """The scenario of plain data; WrongInput names the field, also for a standard that is not in force."""
    try:
        spec = ScenarioFile.model_validate(raw)
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"想定の書き方が正しくありません：{said}", file=file, column=field) from None
    try:
        standards.space_standard(spec.standard, spec.date)
        if spec.rates is None:
            standards.flood_rates(spec.date)
        standards.winter(spec.date)
        standards.staff(spec.date)
    except WrongInput as wrong:
        raise WrongInput(wrong.message, file=file, column="standard") from None
    return spec


def plain(spec: ScenarioFile) -> dict[str, Any]:
    """The scenario as plain data, without what stands at its default."""
    kept = spec.model_dump(mode="json", exclude_defaults=True)
    return {"format": FORMAT, **{name: kept[name] for name in ScenarioFile.model_fields if name in kept}}


def write_scenario(spec: ScenarioFile) -> bytes:
    """The scenario as a YAML file (UTF-8), read again as the same."""
    return yaml.safe_dump(plain(spec), allow_unicode=True, sort_keys=False, width=100).encode()
