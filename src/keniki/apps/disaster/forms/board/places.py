"""Forms of places on the board: shelters, also those nobody registered, and roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from keniki.apps.regions.fields import MomentField, NumberField

from ...queries.board.words import UTILITIES
from .base import EMPTY, EventForm, choices_of
from .towns import count_field

Choices = Sequence[tuple[str, str]]


def _lines(label: str, most: int = 1000, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=most, widget=forms.Textarea(attrs={"rows": 2}), **kwargs
    )


class ShelterForm(EventForm):
    """A shelter: whether it is open, how many were counted, what works there and what it lacks."""

    KIND = "shelter"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "status": ("status", ""),
        "opened_at": ("opened_at", ""),
        "closed_at": ("closed_at", ""),
        "reason": ("reason", ""),
        "people": ("count", "people"),
        "households": ("count", "households"),
        "men": ("count", "men"),
        "women": ("count", "women"),
        "outside": ("count", "outside"),
        "counted_at": ("count", "counted_at"),
        "capacity": ("capacity", ""),
        **{f"use_{name}": (f"utilities.{name}", "") for name in UTILITIES},
        "toilets": ("toilets", ""),
        "staff": ("staff", ""),
        "wanted": ("wanted", ""),
        "infection": ("infection", ""),
        "memo": ("memo", ""),
    }
    COUNT: ClassVar = ["people", "households", "men", "women", "outside", "counted_at"]
    WORKING: ClassVar = [*(f"use_{name}" for name in UTILITIES), "toilets", "staff"]

    status = forms.ChoiceField(label="開設状況", required=False, choices=choices_of("shelter", "status"))
    opened_at = MomentField(label="開設日時", required=False)
    closed_at = MomentField(label="閉鎖日時", required=False)
    reason = forms.CharField(label="開設の理由", required=False, max_length=300)
    people = count_field(
        "数えた人数", help_text="受付の登録とは別に、その場で数えた人数です。並べて表示します。"
    )
    households = count_field("世帯数")
    men = count_field("男性")
    women = count_field("女性")
    outside = count_field("屋外・車中の人数")
    counted_at = MomentField(label="数えた日時", required=False)
    capacity = count_field("受け入れられる人数", help_text="登録された人数と違うときに入力します。")
    toilets = count_field("使える便器の数", 10**4)
    staff = count_field("運営に当たる職員の数", 10**4)
    wanted = _lines("必要なもの")
    infection = _lines("感染症への対応", 500)
    memo = _lines("備考", 2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        working = choices_of("shelter", "utilities.x", empty="記録なし")
        extra = {
            f"use_{name}": forms.ChoiceField(label=words, required=False, choices=working)
            for name, words in UTILITIES.items()
        }
        super().__init__(*args, extra=extra, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        others = [name for name in self.COUNT if name != "people" and data.get(name) is not None]
        if data.get("people") is None and others:
            self.add_error("people", "数えた人数を入力してください。")
        if (
            data.get("people") is not None
            and data.get("counted_at") is None
            and "counted_at" not in self.errors
        ):
            self.add_error("counted_at", "数えた日時を入力してください。")
        parts = [data.get("men"), data.get("women")]
        if data.get("people") is not None and sum(each or 0 for each in parts) > data["people"]:
            self.add_error("people", "男性と女性の合計より少なくなっています。")
        return data


class NewShelterForm(ShelterForm):
    """A place nobody registered: its name and town, and where it is."""

    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "name": ("name", ""),
        "town": ("town", ""),
        "address": ("address", ""),
        "lat": ("position", "lat"),
        "lon": ("position", "lon"),
        **ShelterForm.PARTS,
    }

    name = forms.CharField(label="名称", max_length=160)
    town = forms.ChoiceField(label="市町村")
    address = forms.CharField(label="所在地", required=False, max_length=300)
    lat = NumberField(label="緯度", required=False)
    lon = NumberField(label="経度", required=False)
    field_order = ("name", "town", "address", "lat", "lon")

    def __init__(self, *args: Any, towns: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choosing: Any = self.fields["town"]
        choosing.choices = [EMPTY, *towns]


class RoadForm(EventForm):
    """A road: whether it can be passed, why not, until when."""

    KIND = "road"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "name": ("name", ""),
        "town": ("town", ""),
        "state": ("state", ""),
        "reason": ("reason", ""),
        "since": ("since", ""),
        "until": ("until", ""),
        "manager": ("manager", ""),
        "detour": ("detour", ""),
        "lat": ("position", "lat"),
        "lon": ("position", "lon"),
    }

    name = forms.CharField(label="路線・区間", max_length=200)
    town = forms.ChoiceField(label="市町村")
    state = forms.ChoiceField(label="通行の状況", choices=choices_of("road", "state"))
    reason = forms.CharField(label="理由", required=False, max_length=300)
    since = MomentField(label="規制開始", required=False)
    until = MomentField(label="解除（見込み）", required=False)
    manager = forms.CharField(label="道路管理者", required=False, max_length=120)
    detour = forms.CharField(label="う回路", required=False, max_length=300)
    lat = NumberField(label="緯度", required=False)
    lon = NumberField(label="経度", required=False)

    def __init__(self, *args: Any, towns: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choosing: Any = self.fields["town"]
        choosing.choices = [EMPTY, *towns]
        _free(self, "name", "town", "state")


def _free(form: EventForm, *names: str) -> None:
    """What people disagree about may be left open: it is decided by itself."""
    for name in names:
        if name in form.disputed:
            form.fields[name].required = False
