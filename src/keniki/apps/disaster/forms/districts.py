"""The forms of districts, and the districts of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.csv_dialect import read_table, unguard_formula
from keniki.core.errors import WrongInput

from ..actions.districts import MOST_PEOPLE, DistrictDraft, check_district
from ..formats import cells
from ..formats.base import Problem
from ..formats.cells import Wrong
from ..formats.geojson import read_areas
from ..models import District

#: The columns of a file of districts and the properties of a GeoJSON, with the field each of them fills.
FIELDS: Final = {
    "地区コード": "code", "地区名": "name", "居住者": "residents", "要配慮者": "vulnerable", "夜間人口": "night_people",
    "昼間人口": "day_people", "広域避難の対象": "target", "緯度": "latitude", "経度": "longitude", "時点": "as_of",
    "出典": "source_text", "備考": "note",
}  # fmt: skip
TOWN_CODE: Final = "市町村コード"
TOWN_NAME: Final = "市町村"
COLUMNS: Final = (TOWN_CODE, TOWN_NAME, *FIELDS)
_LENGTHS: Final = {"地区コード": 40, "地区名": 120, "出典": 300, "備考": 500}


@dataclass(frozen=True)
class DistrictFile:
    """The districts of a file, those that were not taken, and the fields it speaks of."""

    drafts: tuple[DistrictDraft, ...]
    problems: tuple[Problem, ...]
    given: frozenset[str]


class DistrictForm(VersionedForm):
    """One district."""

    town = forms.ChoiceField(label="市町村")
    code = forms.CharField(
        label="地区コード",
        max_length=40,
        required=False,
        help_text="町丁・字等の番号や行政区の番号。なければ空欄。",
    )
    name = forms.CharField(label="地区名", max_length=120)
    residents = forms.IntegerField(label="居住者（人）", min_value=0, max_value=MOST_PEOPLE)
    vulnerable = forms.IntegerField(
        label="要配慮者（人）",
        min_value=0,
        max_value=MOST_PEOPLE,
        help_text="居住者のうち、避難に支援や配慮が要る人の数。氏名はここには登録しません。",
    )
    night_people = forms.IntegerField(
        label="夜間人口（人）", min_value=0, max_value=MOST_PEOPLE, required=False
    )
    day_people = forms.IntegerField(
        label="昼間人口（人）", min_value=0, max_value=MOST_PEOPLE, required=False
    )
    target = forms.BooleanField(
        label="広域避難の対象地区",
        required=False,
        help_text="市町村の境を越えて避難することを、あらかじめ想定する地区。",
    )
    latitude = NumberField(label="緯度", required=False, help_text="人が多く住む所の位置。")
    longitude = NumberField(label="経度", required=False)
    as_of = DayField(label="時点", required=False)
    source_text = forms.CharField(label="出典", max_length=300, required=False)
    note = forms.CharField(label="備考", max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        towns: Mapping[str, Municipality],
        district: District | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        self.district = district
        self.fields["town"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((code, town.name) for code, town in towns.items()),
        ]

    def draft(self) -> DistrictDraft:
        data = self.cleaned_data
        names = [name for name in self.base_fields if name not in ("town", "version")]
        shape = self.district.geometry if self.district is not None else None
        return DistrictDraft(
            municipality=self.towns[data["town"]], geometry=shape, **{name: data[name] for name in names}
        )


def district_initial(district: District | None) -> dict[str, Any]:
    """The values a district's form begins with."""
    if district is None:
        return {}
    names = [name for name in DistrictForm.base_fields if name != "town"]
    return {"town": district.municipality.code, **{name: getattr(district, name) for name in names}}


class DistrictFileForm(forms.Form):
    """A file of districts."""

    file = forms.FileField(
        label="地区のCSV・GeoJSON",
        widget=forms.FileInput(attrs={"accept": ".csv,.geojson,.json"}),
        help_text="GeoJSONは、同じ名前の属性をもつ多角形。座標は世界測地系の経度・緯度。",
    )


def districts_in(
    data: bytes,
    name: str,
    towns: Mapping[str, Municipality],
    own: Mapping[str, Municipality],
    region: Sequence[Mapping[str, Any]] = (),
) -> DistrictFile:
    """The districts of a CSV with COLUMNS or of a GeoJSON with properties of these names.

    `towns` are the region's, `own` those the actor writes, `region` the towns' shapes. Rows that cannot be taken are
    problems; WrongInput for a file that cannot be read.
    """
    rows: list[tuple[int, dict[str, str], Mapping[str, Any] | None]]
    if data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        file = read_areas(data, name, region=region)
        rows = [
            (area.number, {key: _text(value) for key, value in area.properties.items()}, area.geometry)
            for area in file.areas
        ]
        problems = list(file.problems)
        heads = {key for _, each, _ in rows for key in each}
    else:
        table = read_table(data, required=(TOWN_CODE, "地区名", "居住者"), file=name)
        rows = [
            (each.row, {key: unguard_formula(text) for key, text in each.cells.items()}, None)
            for each in table.records
            if any(each.cells.values())
        ]
        problems, heads = [], set(table.headings)
    if not rows and not problems:
        raise WrongInput(
            "ファイルに地区がありません。見出しの下に、1行に1つずつ入力してください。", file=name
        )
    given = {field for column, field in FIELDS.items() if column in heads} | {"municipality", "name"}
    if any(shape for _, _, shape in rows):
        given.add("geometry")
    drafts: list[DistrictDraft] = []
    seen: dict[tuple[str, str], int] = {}
    for number, row, shape in rows:
        try:
            draft = _draft(number, row, shape, towns, own)
            key = (draft.municipality.code, draft.code or f"/{draft.name}")
            if key in seen:
                raise Wrong("地区名", f"{seen[key]}番目の行と同じ地区です。1つにしてください。")
            seen[key] = number
            drafts.append(draft)
        except Wrong as wrong:
            problems.append(Problem(number, wrong.column, str(wrong), row.get(wrong.column, "")[:500]))
    problems.sort(key=lambda each: each.row or 0)
    return DistrictFile(tuple(drafts), tuple(problems), frozenset(given))


def _draft(
    number: int,
    row: Mapping[str, str],
    shape: Mapping[str, Any] | None,
    towns: Mapping[str, Municipality],
    own: Mapping[str, Municipality],
) -> DistrictDraft:
    def text(column: str) -> str:
        told, most = row.get(column, "").strip(), _LENGTHS.get(column, 2000)
        if len(told) > most:
            raise Wrong(column, f"{column}が{most:,}文字を超えています。")
        return told

    code = text(TOWN_CODE)
    if code not in towns:
        try:
            code = cells.code(code)
        except Wrong as wrong:
            raise Wrong(TOWN_CODE, str(wrong)) from None
    if code not in towns:
        raise Wrong(TOWN_CODE, f"「{code}」は、圏域の市町村のコード（6桁）ではありません。")
    town = towns[code]
    if code not in own:
        raise Wrong(TOWN_CODE, f"{town.name}の地区は、{town.name}の担当者だけが登録できます。")
    named = text(TOWN_NAME)
    if named and named != town.name:
        raise Wrong(TOWN_NAME, f"市町村コード {code} は{town.name}ですが、市町村は「{named[:40]}」です。")
    if "居住者" in row and not text("居住者"):
        raise Wrong("居住者", "居住者が空欄です。人数を入力してください。住む人がいないときは0とします。")
    latitude, longitude = cells.position(text("緯度"), text("経度"))
    draft = DistrictDraft(
        municipality=town,
        name=text("地区名"),
        code=text("地区コード"),
        residents=_people(text("居住者"), "居住者") or 0,
        vulnerable=_people(text("要配慮者"), "要配慮者") or 0,
        night_people=_people(text("夜間人口"), "夜間人口"),
        day_people=_people(text("昼間人口"), "昼間人口"),
        target=cells.flag(text("広域避難の対象"), "広域避難の対象"),
        latitude=_six(latitude),
        longitude=_six(longitude),
        geometry=shape,
        as_of=_day(text("時点")),
        source_text=text("出典"),
        note=text("備考"),
        row=number,
    )
    try:
        check_district(draft)
    except WrongInput as wrong:
        columns = {field: column for column, field in FIELDS.items()}
        raise Wrong(columns.get(wrong.column or "", ""), wrong.message) from None
    return draft


def _people(text: str, column: str) -> int | None:
    try:
        return cells.whole(text, column, MOST_PEOPLE)
    except Wrong:
        words = f"「{text[:20]}」は人数ではありません。0以上{MOST_PEOPLE:,}以下の整数で入力してください。"
        raise Wrong(column, words) from None


def _six(number: Decimal | None) -> Decimal | None:
    return None if number is None else round(number, 6)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return era.parse_date(text)
    except WrongInput as wrong:
        raise Wrong("時点", wrong.message) from None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
