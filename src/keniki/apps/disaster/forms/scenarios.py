"""The form of a scenario: page and file say the same (`initial_of` and `ScenarioSheet.spec` undo each other)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import Sheet, VersionedForm, kept, rows_of
from keniki.apps.regions.fields import DayField, NumberField
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards

from ..formats.scenario import (
    COUNTED,
    FORMAT,
    REACHES,
    TOGETHER,
    ScenarioFile,
    checked,
)
from ..models import District, Hazard, HazardLayer, Shelter

DISTRICTS: Final = "危険な地区（ハザード情報を選ばないとき）"
SHELTERS: Final = "避難所ごとの指定"
TOWNS: Final = "受け入れる市町村ごとの指定"
PREFIXES: Final = {DISTRICTS: "districts", SHELTERS: "shelters", TOWNS: "towns"}
_NOTHING: Final = ("", "選んでください")
_KM: Final = {"below": Decimal("2000.001")}
_GROUPS: Final = [
    ("想定", ["title", "hazard", "date", "season", "at", "layer", "reach", "note"]),
    ("避難する人", ["count", "rate_inside", "rate_outside", "rate_basis", "accessible_percent"]),
    ("避難所", ["standard", "undesignated", "welfare", "bring_heating"]),
    (
        "割当の決め方",
        [
            "far_km", "border_km", "detour", "keep_whole", "longer_for_whole_km", "longer_for_fairness",
            "nearest",
        ],
    ),
    ("資機材と職員", ["tent_people", "bed_people", "staff_people"]),
]  # fmt: skip


class ScenarioForm(VersionedForm):
    """A scenario without its rows."""

    title = forms.CharField(label="名称", max_length=160, help_text="例：○○川の氾濫（想定最大規模）、冬の夜")
    hazard = forms.ChoiceField(label="災害種別", choices=[_NOTHING, *Hazard.choices])
    date = DayField(
        label="基準日", help_text="この日に効力のある基準（広さ、冬期の扱い、避難率）で計算します。"
    )
    season = forms.ChoiceField(
        label="季節", choices=[(key, words) for key, words in standards.SEASONS.items()]
    )
    at = forms.ChoiceField(label="時間", choices=[("night", "夜"), ("day", "昼")])
    layer = forms.ChoiceField(
        label="ハザード情報",
        required=False,
        help_text="区域の中の人と、区域の中にあって使えない避難所を、この地図で決めます。",
    )
    reach = forms.ChoiceField(label="計画に入れる地区", choices=list(REACHES.items()))
    note = forms.CharField(
        label="備考", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    count = forms.ChoiceField(label="数える人", choices=list(COUNTED.items()))
    rate_inside = NumberField(
        label="避難率：区域の中（％）",
        required=False,
        below=Decimal("100.001"),
        help_text="洪水で空欄のときは、基準日の目安を使います。ほかの災害では必ず入力します。",
    )
    rate_outside = NumberField(label="避難率：区域の外（％）", required=False, below=Decimal("100.001"))
    rate_basis = forms.CharField(
        label="避難率の根拠", required=False, max_length=300, help_text="避難率を入力したときは必ず書きます。"
    )
    accessible_percent = NumberField(
        label="要配慮者のうち、バリアフリーの場所が要る人（％）",
        required=False,
        below=Decimal("100.001"),
        help_text="空欄は0％（場所を区別しない）。",
    )
    standard = forms.ChoiceField(label="1人当たりの広さの基準")
    undesignated = forms.BooleanField(
        label="災害種別の指定のない指定避難所も使う",
        required=False,
        help_text="緊急避難場所の指定がない避難所は、この災害に安全か登録からは分かりません。確かめてから使います。",
    )
    welfare = forms.BooleanField(label="福祉避難所にも割り当てる", required=False)
    bring_heating = forms.BooleanField(
        label="暖房のない所に暖房機を持ち込む",
        required=False,
        help_text="冬期に、暖房のない体育館などを数えます。要る暖房機の数を示します。",
    )
    far_km = NumberField(
        label="遠距離とする道のり（km）", help_text="これより遠くへ行く人を、できるだけ少なくします。", **_KM
    )
    border_km = NumberField(
        label="市町村の境を越えるときに加える距離（km）",
        required=False,
        help_text="空欄は0。大きいほど、同じ市町村の中を優先します。",
        **_KM,
    )
    detour = NumberField(
        label="道のりの倍率",
        required=False,
        below=Decimal("5.001"),
        help_text="直線距離に掛けます。空欄は1.3。",
    )
    keep_whole = forms.ChoiceField(label="まとめて動く単位", choices=list(TOGETHER.items()))
    longer_for_whole_km = NumberField(
        label="まとめるために長くしてよい距離（1人平均、km）",
        required=False,
        help_text="空欄は制限なし。",
        **_KM,
    )
    longer_for_fairness = NumberField(
        label="受入れの偏りを減らすために長くしてよい割合（％）",
        required=False,
        below=Decimal("100.001"),
        help_text="空欄は0％（距離を優先）。",
    )
    nearest = forms.IntegerField(
        label="1地区の候補にする避難所の数",
        required=False,
        min_value=1,
        max_value=10_000,
        help_text="空欄は全て。",
    )
    tent_people = NumberField(label="テント1張の人数", required=False, below=Decimal(100_001))
    bed_people = NumberField(label="簡易ベッド1台の人数", required=False, below=Decimal(100_001))
    staff_people = NumberField(
        label="職員1人が受け持つ人数",
        required=False,
        below=Decimal(100_001),
        help_text="空欄は基準日の目安。",
    )

    def __init__(self, *args: Any, choices: Choices, on: dt.date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["layer"].choices = choices.layers  # type: ignore[attr-defined]
        days = [today()] if on is None else [today(), on]
        known = {key: rule.value.name for day in days for key, rule in standards.space_standards(day).items()}
        self.fields["standard"].choices = list(known.items())  # type: ignore[attr-defined]


class Choices:
    """What the rows of a scenario choose from."""

    def __init__(
        self,
        layers: Sequence[HazardLayer],
        districts: Sequence[District],
        shelters: Sequence[Shelter],
        towns: Mapping[str, str],
    ) -> None:
        self.layers = [
            ("", "使わない（下の「危険な地区」で決める）"),
            *((each.slug, f"{each.title}（{each.get_hazard_display()}）") for each in layers),
        ]
        self.districts = [
            _NOTHING,
            *((each.slug, f"{each.municipality.name} {each.name}") for each in districts),
        ]
        self.shelters = [
            _NOTHING,
            *((each.slug, f"{each.municipality.name} {each.name}") for each in shelters),
        ]
        self.towns = list(towns.items())


class DistrictRow(forms.Form):
    """A district of the list, with the part of its people inside."""

    district = forms.ChoiceField(label="地区")
    inside = NumberField(
        label="区域の中の人の割合（％）", required=False, below=Decimal("100.001"), help_text="空欄は100％。"
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["district"].choices = choices.districts  # type: ignore[attr-defined]


class ShelterRow(forms.Form):
    """How many a shelter holds in this scenario."""

    shelter = forms.ChoiceField(label="避難所")
    people = forms.IntegerField(
        label="収容人数（人）", min_value=0, max_value=1_000_000, help_text="0は使わない。"
    )
    reason = forms.CharField(label="理由・根拠", max_length=300)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].choices = choices.shelters  # type: ignore[attr-defined]


class TownRow(forms.Form):
    """What a receiving town keeps, and from whom it receives."""

    town = forms.ChoiceField(label="市町村")
    own = NumberField(
        label="自市町村の人に残す枠", required=False, help_text="1以上は人数、1未満は割合（0.3など）。"
    )
    others = NumberField(label="ほかの市町村の人に残す枠", required=False)
    limited = forms.BooleanField(label="次の市町村からだけ受け入れる", required=False)
    receives_from = forms.MultipleChoiceField(
        label="受け入れる相手", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [_NOTHING, *choices.towns]  # type: ignore[attr-defined]
        self.fields["receives_from"].choices = choices.towns  # type: ignore[attr-defined]


class ScenarioUpload(VersionedForm):
    """A file of a scenario."""

    file = forms.FileField(
        label="想定のファイル",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
        help_text=f"YAMLかJSON（{FORMAT}）。想定の画面の「想定のファイル」で出したものを直して使えます。",
    )


class AdoptForm(forms.Form):
    """When a plan was adopted, and by what."""

    adopted_on = DayField(label="決定日")
    adopted_note = forms.CharField(
        label="決定の根拠",
        max_length=300,
        help_text="会議の名称、決裁の番号など。決定した後は変えられません。",
    )


def sheet_of(
    data: Mapping[str, Any] | None, spec: ScenarioFile | None, version: int | None, choices: Choices
) -> Sheet:
    """The form and its rows, bound to what was typed or filled from a scenario."""
    first = initial_of(spec) if spec is not None else _first(today())
    form = ScenarioForm(
        data,
        initial=first["form"] | {"version": version},
        choices=choices,
        on=_typed_day(data) or (spec.date if spec is not None else None),
    )
    kinds: dict[str, type[forms.Form]] = {DISTRICTS: DistrictRow, SHELTERS: ShelterRow, TOWNS: TownRow}
    formsets = {
        label: rows_of(kinds[label], data, prefix, first.get(prefix, []), extra=1, choices=choices)
        for label, prefix in PREFIXES.items()
    }
    return Sheet(form, formsets, list(_GROUPS))


def _first(on: dt.date) -> dict[str, Any]:
    """What a new scenario begins with."""
    form = {
        "date": on, "season": standards.winter(on).value.season(on), "at": "night", "reach": "touched",
        "count": "residents", "standard": standards.default_space(on), "keep_whole": "district",
    }  # fmt: skip
    return {"form": form}


def _typed_day(data: Mapping[str, Any] | None) -> dt.date | None:
    """The day that was typed, whose standards may be chosen; None where it is none."""
    try:
        return dt.date.fromisoformat(str(data.get("date", ""))) if data is not None else None
    except ValueError:
        return None


def initial_of(spec: ScenarioFile) -> dict[str, Any]:
    """What form and rows begin with."""
    rates, equipment = spec.rates, spec.equipment
    form: dict[str, Any] = {
        name: getattr(spec, name)
        for name in (
            "title", "hazard", "date", "season", "at", "reach", "note", "count", "standard", "undesignated",
            "welfare", "bring_heating", "keep_whole", "nearest",
        )
    }  # fmt: skip
    form |= {
        "layer": spec.layer or "",
        "rate_inside": _percent(rates.inside) if rates else None,
        "rate_outside": _percent(rates.outside) if rates else None,
        "rate_basis": rates.basis if rates else "",
        "accessible_percent": _percent(spec.accessible_share),
        "far_km": _typed(spec.far_km),
        "border_km": _typed(spec.border_km),
        "detour": _typed(spec.detour),
        "longer_for_whole_km": _typed(spec.longer_for_whole_km),
        "longer_for_fairness": _percent(spec.longer_for_fairness),
        "tent_people": _typed(equipment.tent_people),
        "bed_people": _typed(equipment.bed_people),
        "staff_people": _typed(equipment.staff_people),
    }
    return {
        "form": form,
        "districts": [
            {"district": each.district, "inside": _percent(each.inside)} for each in spec.districts
        ],
        "shelters": [each.model_dump() for each in spec.shelters],
        "towns": [
            {
                "town": each.town,
                "own": _typed(each.own),
                "others": _typed(each.others),
                "limited": each.receives_from is not None,
                "receives_from": list(each.receives_from or ()),
            }
            for each in spec.towns
        ],
    }


def spec_of(sheet: Sheet) -> ScenarioFile:
    """The scenario that form and rows say. WrongInput with the field as the form calls it."""
    data = sheet.form.cleaned_data
    rates = None
    if data["rate_inside"] is not None or data["rate_outside"] is not None or data["rate_basis"]:
        for name in ("rate_inside", "rate_outside"):
            if data[name] is None:
                raise WrongInput("避難率は、区域の中と外の両方を入力してください。", column=name)
        if not data["rate_basis"]:
            raise WrongInput("避難率の根拠を入力してください。", column="rate_basis")
        rates = {
            "inside": _share(data["rate_inside"], "rate_inside"),
            "outside": _share(data["rate_outside"], "rate_outside"),
            "basis": data["rate_basis"],
        }
    elif data["hazard"] != "flood":
        raise WrongInput(
            "洪水のほかの災害には避難率の基準がありません。避難率と根拠を入力してください。",
            column="rate_inside",
        )
    districts = kept(sheet.formsets[DISTRICTS])
    if bool(data["layer"]) == bool(districts):
        raise WrongInput(
            "危険な所は、ハザード情報か、「危険な地区」の行のどちらか一つで決めてください。", column="layer"
        )
    names = (
        "title", "hazard", "season", "at", "reach", "note", "count", "standard", "undesignated", "welfare",
        "bring_heating", "keep_whole", "nearest",
    )  # fmt: skip
    raw: dict[str, Any] = {name: data[name] for name in names}
    raw |= {
        "format": FORMAT,
        "date": data["date"].isoformat(),
        "layer": data["layer"] or None,
        "rates": rates,
        "accessible_share": _share(data["accessible_percent"] or Decimal(0), "accessible_percent"),
        "far_km": float(data["far_km"]),
        "border_km": float(data["border_km"] or 0),
        "detour": float(data["detour"]) if data["detour"] is not None else 1.3,
        "longer_for_whole_km": _float(data["longer_for_whole_km"]),
        "longer_for_fairness": _share(data["longer_for_fairness"] or Decimal(0), "longer_for_fairness"),
        "districts": [
            {
                "district": row["district"],
                "inside": 1.0 if row["inside"] is None else _share(row["inside"], "districts"),
            }
            for row in districts
        ],
        "shelters": [
            {name: row[name] for name in ("shelter", "people", "reason")}
            for row in kept(sheet.formsets[SHELTERS])
        ],
        "towns": [
            {
                "town": row["town"],
                "own": float(row["own"] or 0),
                "others": float(row["others"] or 0),
                "receives_from": row["receives_from"] if row["limited"] else None,
            }
            for row in kept(sheet.formsets[TOWNS])
        ],
        "equipment": {name: _float(data[name]) for name in ("tent_people", "bed_people", "staff_people")},
    }
    return checked(raw)


def _percent(share: float) -> str:
    return f"{round(share * 100, 1):g}"


def _share(percent: Decimal, column: str) -> float:
    if percent * 10 != int(percent * 10):
        raise WrongInput("割合（％）は小数第1位までにしてください。", column=column)
    return float(percent / 100)


def _typed(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
