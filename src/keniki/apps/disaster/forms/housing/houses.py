"""The forms of a house, of the list, of a file of houses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField
from keniki.core import era
from keniki.core.csv_dialect import Record, read_table
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES

from ...actions.housing.houses import SEALED, HouseDraft
from ...models import Cause, CertificateApplication, House
from ...queries.housing import STATES, HouseFilter

#: What the cause of an incident does to houses; of others nothing is assumed.
HAZARD_OF: Final = {
    Cause.FLOOD: "flood", Cause.INLAND_FLOOD: "flood", Cause.STORM_SURGE: "flood", Cause.TSUNAMI: "flood",
    Cause.LANDSLIDE: "flood", Cause.EARTHQUAKE: "earthquake", Cause.WIND: "wind",
}  # fmt: skip
#: The columns of a file of houses.
COLUMNS: Final = (
    "整理番号", "地区・町字", *SEALED.values(), "用途", "構造", "階数", "戸建て", "災害の種類", "被災した日", "調査班",
)  # fmt: skip
_NEEDED: Final = ("所在地",)
_YES: Final = {"1": True, "はい": True, "○": True, "0": False, "いいえ": False, "×": False}


class HouseForm(VersionedForm):
    """A stricken house."""

    address = forms.CharField(label="所在地", max_length=200, help_text="町字から番地・方書まで")
    district = forms.CharField(
        label="地区・町字",
        max_length=80,
        required=False,
        help_text="一覧を絞り込むための名称です。番地は入れません。",
    )
    owner = forms.CharField(label="所有者", max_length=120, required=False)
    household = forms.CharField(label="居住者（世帯主など）", max_length=200, required=False)
    phone = forms.CharField(label="電話", max_length=40, required=False)
    use = forms.ChoiceField(
        label="用途", choices=House.Use.choices, help_text="住家の被害認定は、住家だけが対象です。"
    )
    structure = forms.ChoiceField(label="構造", choices=list(STRUCTURES.items()))
    storeys = forms.IntegerField(label="階数", min_value=1, max_value=60, initial=1)
    detached = forms.BooleanField(label="戸建て", required=False, initial=True)
    hazard = forms.ChoiceField(label="災害の種類", choices=list(HAZARDS.items()))
    struck_on = DayField(label="被災した日", help_text="この日の判定の規則によります。")
    team = forms.CharField(label="調査班", max_length=40, required=False, help_text="例：1班")
    latitude = forms.CharField(label="緯度", max_length=20, required=False)
    longitude = forms.CharField(label="経度", max_length=20, required=False)
    note = forms.CharField(
        label="備考", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def draft(self) -> HouseDraft:
        data = self.cleaned_data
        return HouseDraft(
            hazard=data["hazard"],
            struck_on=data["struck_on"],
            district=data["district"],
            use=data["use"],
            structure=data["structure"],
            storeys=data["storeys"],
            detached=data["detached"],
            team=data["team"],
            sealed={key: data[key] for key in SEALED},
        )


HOUSE_GROUPS: Final = [
    ("どこの、だれの家か", ["address", "district", "owner", "household", "phone", "latitude", "longitude"]),
    ("建物", ["use", "structure", "storeys", "detached"]),
    ("被害と調査", ["hazard", "struck_on", "team", "note"]),
]


def house_initial(
    house: House | None, hazard: str, day: date, asked: CertificateApplication | None = None
) -> dict[str, Any]:
    """The values a house's form begins with; those of the application that asks for its survey, if one does."""
    if house is None and asked is not None:
        sealed = asked.sealed or {}
        said = {"address": "place", "owner": "applicant", "household": "head", "phone": "phone"}
        return {
            "hazard": hazard,
            "struck_on": asked.struck_on,
            **{name: sealed.get(key, "") for name, key in said.items()},
        }
    if house is None:
        return {"hazard": hazard, "struck_on": day}
    names = (
        "district", "use", "structure", "storeys", "detached", "hazard", "struck_on", "team", "version",
    )  # fmt: skip
    return {**(house.sealed or {}), **{name: getattr(house, name) for name in names}}


class HouseListForm(forms.Form):
    """What the list of houses is narrowed to."""

    state = forms.ChoiceField(label="状態", required=False, choices=[("", "すべて"), *STATES.items()])
    class_key = forms.ChoiceField(label="区分", required=False)
    district = forms.ChoiceField(label="地区・町字", required=False)
    team = forms.ChoiceField(label="調査班", required=False)

    def __init__(
        self,
        *args: Any,
        classes: Sequence[tuple[str, str]],
        districts: Sequence[str],
        teams: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("class_key", classes),
            ("district", [(each, each) for each in districts]),
            ("team", [(each, each) for each in teams]),
        ):
            self.fields[name].choices = [("", "すべて"), *choices]  # type: ignore[attr-defined]

    @property
    def narrowed(self) -> HouseFilter:
        """The filter; a value nobody offered counts as none."""
        self.is_valid()
        data = self.cleaned_data
        return HouseFilter(**{name: data.get(name) or "" for name in self.fields})


class HouseFileForm(forms.Form):
    """A file of houses."""

    file = forms.FileField(label="家屋のCSV", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))


def houses_in(content: bytes, hazard: str, day: date, file: str = "") -> list[HouseDraft]:
    """The houses of a file with COLUMNS (UTF-8 or Shift_JIS); columns may be missing except the address.

    `hazard` and `day` stand where a row says nothing. Raises `WrongInput` with row and column.
    """
    table = read_table(content, required=_NEEDED, file=file or None)
    return [_draft(each, hazard, day) for each in table.records if any(each.cells.values())]


def _draft(row: Record, hazard: str, day: date) -> HouseDraft:
    def one(column: str, words: Mapping[str, Any], default: Any) -> Any:
        typed = row.get(column, "").strip()
        if not typed:
            return default
        if typed not in words:
            raise WrongInput(
                f"「{typed}」は、{'・'.join(words)}のどれでもありません。", row=row.row, column=column
            )
        return words[typed]

    def whole(column: str, default: int | None) -> int | None:
        typed = row.get(column, "").strip()
        if not typed:
            return default
        if not (typed.isdecimal() and len(typed) < 8):
            raise WrongInput(f"「{typed}」は整数ではありません。", row=row.row, column=column)
        return int(typed)

    typed = row.get("被災した日", "").strip()
    try:
        struck = era.parse_date(typed) if typed else day
    except WrongInput as error:
        raise WrongInput(error.message, row=row.row, column="被災した日") from None
    sealed = {key: row.get(label, "").strip() for key, label in SEALED.items()}
    for key, label in SEALED.items():
        if len(sealed[key]) > 1000:
            raise WrongInput("1,000字までで入力してください。", row=row.row, column=label)
    for column, most in (("地区・町字", 80), ("調査班", 40)):
        if len(row.get(column, "")) > most:
            raise WrongInput(f"{most}字までで入力してください。", row=row.row, column=column)
    return HouseDraft(
        hazard=one("災害の種類", {name: key for key, name in HAZARDS.items()}, hazard),
        struck_on=struck,
        district=row.get("地区・町字", ""),
        use=one("用途", {label: value for value, label in House.Use.choices}, House.Use.RESIDENCE),
        structure=one("構造", {name: key for key, name in STRUCTURES.items()}, "wood"),
        storeys=whole("階数", 1) or 0,
        detached=one("戸建て", _YES, True),
        team=row.get("調査班", ""),
        sealed=sealed,
        number=whole("整理番号", None),
    )
