"""The forms of shelters, their spaces and their files, and what the list is narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import ROWS, VersionedForm
from keniki.apps.regions.fields import DayField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import SEASONS

from ..actions.shelters import ShelterDraft, SpaceDraft
from ..capacities import TIMES, Basis
from ..formats.cells import MOST_AREA, MOST_PEOPLE
from ..formats.columns import STANDARD, WRITTEN_FROM
from ..models import Hazard, Shelter, ShelterSpace
from ..queries.shelters import ShelterFilter

KINDS: Final = {
    "site": "指定緊急避難場所",
    "shelter": "指定避難所",
    "welfare": "福祉避難所",
    "other": "指定のない場所",
}
#: The columns of the standard data set that are no field of their own, as `cell-<number>` of the form.
CELLS: Final = {
    f"cell-{STANDARD.index(column)}": column
    for column in STANDARD
    if column not in {each for columns in WRITTEN_FROM.values() for each in columns}
    or column in ("所在地_都道府県", "所在地_市区町村", "所在地_町字", "所在地_番地以下")
}
#: How heating is chosen, and what is kept of it.
HEATED: Final = {"": None, "yes": True, "no": False}
HEATED_AS: Final = {value: key for key, value in HEATED.items()}


class ListForm(forms.Form):
    """What the list is narrowed by, and what capacities are reckoned by."""

    town = forms.ChoiceField(label="市町村", required=False)
    kind = forms.ChoiceField(label="種類", required=False, choices=[("", "すべて"), *KINDS.items()])
    hazard = forms.ChoiceField(label="使える災害", required=False, choices=[("", "すべて"), *Hazard.choices])
    standard = forms.ChoiceField(label="1人当たりの広さ", required=False)
    season = forms.ChoiceField(label="季節", required=False, choices=list(SEASONS.items()))
    at = forms.ChoiceField(label="時間", required=False, choices=list(TIMES.items()))
    ended = forms.BooleanField(label="指定を取り消した所も表示", required=False)

    def __init__(self, *args: Any, towns: Sequence[Municipality], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        known = standards.space_standards(on)
        choose(self, "town", [("", "すべて"), *((town.code, town.name) for town in towns)])
        choose(self, "standard", [(key, rule.value.name) for key, rule in known.items()])
        basis = Basis.of(on=on)
        self.initial.update(standard=basis.standard, season=basis.season, at=basis.at)
        if self.is_bound:
            # What the address leaves out is as it is on that day.
            self.data = {**self.initial, **{key: self.data[key] for key in self.data}}

    @property
    def narrowed(self) -> tuple[ShelterFilter, Basis]:
        """The filters that are understood; others are as if not there."""
        self.is_valid()
        data = getattr(self, "cleaned_data", {})
        chosen = ShelterFilter(
            data.get("town", ""), data.get("hazard", ""), data.get("kind", ""), bool(data.get("ended"))
        )
        return chosen, Basis.of(data.get("standard", ""), data.get("season", ""), data.get("at", ""), self.on)


class ShelterForm(VersionedForm):
    """One shelter."""

    town = forms.ChoiceField(label="市町村")
    name = forms.CharField(label="名称", max_length=200)
    kana = forms.CharField(label="名称（カナ）", max_length=200, required=False)
    address = forms.CharField(label="所在地", max_length=300, required=False)
    latitude = NumberField(label="緯度", required=False, help_text="10進数（例：43.196174）")
    longitude = NumberField(label="経度", required=False)
    elevation = forms.DecimalField(
        label="標高（m）",
        required=False,
        max_digits=7,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num is-short"}),
    )
    is_site = forms.BooleanField(label="指定緊急避難場所", required=False)
    is_shelter = forms.BooleanField(label="指定避難所", required=False)
    is_welfare = forms.BooleanField(label="福祉避難所", required=False)
    hazards = forms.MultipleChoiceField(
        label="使える災害",
        required=False,
        choices=Hazard.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="指定緊急避難場所として指定した災害の種類。",
    )
    stated_capacity = forms.CharField(
        label="想定収容人数", max_length=100, required=False, help_text="公表している人数や説明を、そのまま。"
    )
    takes = forms.CharField(label="受入対象者", max_length=300, required=False)
    communities = forms.CharField(
        label="対象となる町会・自治会",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    contact = forms.CharField(label="電話番号", max_length=60, required=False)
    common_id = forms.CharField(
        label="共通ID", max_length=14, required=False, help_text="全国共通避難所・避難場所ID（14文字）"
    )
    other_ids = forms.CharField(
        label="ほかの共通ID",
        max_length=200,
        required=False,
        help_text="緊急避難場所と避難所の両方に指定しているとき、もう一方のID。2つ以上は空白で区切ります。",
    )
    local_id = forms.CharField(label="市町村のID", max_length=40, required=False)
    source_text = forms.CharField(label="出典", max_length=300, required=False)
    note = forms.CharField(
        label="備考", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, towns: Mapping[str, Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        choose(self, "town", [("", "選んでください"), *((code, town.name) for code, town in towns.items())])
        for name, column in CELLS.items():
            self.fields[name] = forms.CharField(label=column, required=False, max_length=500)

    def draft(self) -> ShelterDraft:
        data = self.cleaned_data
        texts = {
            name: data[name]
            for name in (
                "name", "kana", "address", "stated_capacity", "takes", "communities", "contact", "local_id",
                "source_text", "note",
            )
        }  # fmt: skip
        kept = self.initial.get("standard", {})
        cells = {column: data[name].strip() for name, column in CELLS.items()}
        return ShelterDraft(
            municipality=self.towns[data["town"]],
            latitude=data["latitude"],
            longitude=data["longitude"],
            elevation=data["elevation"],
            is_site=data["is_site"],
            is_shelter=data["is_shelter"],
            is_welfare=data["is_welfare"],
            hazards=tuple(data["hazards"]),
            common_id=data["common_id"].strip().upper(),
            other_ids=tuple(data["other_ids"].upper().split()),
            # A cell that a file left empty on purpose stays; one that is emptied here is no longer said.
            standard={
                column: text for column, text in (kept | cells).items() if text or not kept.get(column, "x")
            },
            **texts,
        )


def shelter_initial(shelter: Shelter | None) -> dict[str, Any]:
    """The values a shelter's form begins with."""
    if shelter is None:
        return {}
    names = [name for name in ShelterForm.base_fields if hasattr(shelter, name)]
    found = {name: getattr(shelter, name) for name in names}
    cells = {name: shelter.standard.get(column, "") for name, column in CELLS.items()}
    return (
        found
        | cells
        | {
            "town": shelter.municipality.code,
            "other_ids": " ".join(shelter.other_ids),
            "standard": dict(shelter.standard),
        }
    )


def people_field(help_text: str = "") -> forms.IntegerField:
    """How many people somebody has set for a space."""
    return forms.IntegerField(
        label="個別に定めた人数",
        required=False,
        min_value=0,
        max_value=MOST_PEOPLE,
        widget=forms.NumberInput(attrs={"class": "is-short"}),
        help_text=help_text,
    )


def heated_field() -> forms.ChoiceField:
    """Whether a space is heated; `HEATED` says what each choice means."""
    return forms.ChoiceField(
        label="暖房", required=False, choices=[("", "未入力"), ("yes", "あり"), ("no", "なし")]
    )


class SpaceForm(forms.Form):
    """One space of a shelter; a row without a name and a size is none."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="名称", required=False, max_length=120)
    kind = forms.ChoiceField(label="種類", choices=ShelterSpace.Kind.choices, required=False)
    floor_area = NumberField(label="面積（m²）", required=False)
    capacity = people_field("間取図に置いて数えたときなど。面積の割り算より優先します。")
    heated = heated_field()
    by_day = forms.BooleanField(label="昼に使える", required=False)
    by_night = forms.BooleanField(label="夜に使える", required=False)
    accessible = forms.BooleanField(label="バリアフリー", required=False)
    welfare = forms.BooleanField(label="要配慮者の部屋", required=False)
    note = forms.CharField(label="備考", required=False, max_length=300)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("DELETE"):
            return data
        if self._filled(data) and not data.get("name") and "name" not in self.errors:
            self.add_error("name", "スペースの名称（体育館、2階会議室など）を入力してください。")
        check_area(self, data.get("floor_area"))
        return data

    @staticmethod
    def _filled(data: Mapping[str, Any]) -> bool:
        sized = data.get("floor_area") is not None or data.get("capacity") is not None
        return sized or bool(data.get("heated") or data.get("note"))

    def draft(self) -> SpaceDraft | None:
        """The space, or None for an empty row and one to be removed."""
        data = self.cleaned_data
        if data.get("DELETE") or not data.get("name"):
            return None
        return SpaceDraft(
            name=data["name"],
            kind=data["kind"] or ShelterSpace.Kind.HALL,
            floor_area=data["floor_area"],
            capacity=data["capacity"],
            heated=HEATED[data["heated"]],
            by_day=data["by_day"],
            by_night=data["by_night"],
            accessible=data["accessible"],
            welfare=data["welfare"],
            note=data["note"],
            id=data["id"],
        )


SpaceFormSet = forms.formset_factory(SpaceForm, extra=0, can_delete=True, max_num=ROWS, absolute_max=ROWS)


def space_initial(spaces: Iterable[ShelterSpace]) -> list[dict[str, Any]]:
    """Spaces as the rows of their form, with an empty one to go on with."""
    names = (
        "name", "kind", "floor_area", "capacity", "by_day", "by_night", "accessible", "welfare", "note",
    )  # fmt: skip
    rows = [
        {"id": each.pk, "heated": HEATED_AS[each.heated], **{name: getattr(each, name) for name in names}}
        for each in spaces
    ]
    return [*rows, {"by_day": True, "by_night": True}][:ROWS]


class EndForm(VersionedForm):
    """The day on which a designation ends."""

    on = DayField(label="指定を取り消した日")


class ShelterFileForm(forms.Form):
    """A file of shelters, of any kind that is known by its head."""

    file = forms.FileField(
        label="避難所のファイル",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.json,.geojson"}),
        help_text="国土地理院の指定緊急避難場所・指定避難所、自治体標準オープンデータセット、避難所とスペースの一覧"
        "（CSV・Excel・GeoJSON）。種類は見出しから判定します。",
    )


class TakeForm(forms.Form):
    """What a person decided after looking at a file."""

    mark = forms.CharField(widget=forms.HiddenInput)
    retire = forms.BooleanField(
        label="ファイルに載っていない避難所の指定を、きょうで取り消す",
        required=False,
    )
    everything = forms.BooleanField(label="食い違いは、すべてファイルの値にする", required=False)


def check_area(form: forms.Form, area: Any) -> None:
    """Refuse a floor of nothing, one beyond all floors, and more decimals than are kept."""
    if area is not None and area == 0:
        form.add_error("floor_area", "面積は0より大きい数にしてください。分からないときは空欄にします。")
    if area is not None and area != round(area, 2):
        form.add_error("floor_area", "小数は2桁までにしてください。")
    if area is not None and area > MOST_AREA:
        form.add_error("floor_area", f"面積は{MOST_AREA:,f}m²以下にしてください。")


def choose(form: forms.Form, name: str, choices: Sequence[tuple[Any, str]]) -> None:
    """Give a field the choices of this region."""
    form.fields[name].choices = choices  # type: ignore[attr-defined]
