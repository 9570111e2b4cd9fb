"""Forms of a town on the board: headquarters, warning level, orders of evacuation, figures of damage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from keniki.apps.regions.fields import MomentField, NumberField, YenField

from ...actions.board.writing import Shown
from ...damage_rows import DamageField
from ...queries.board.rows import LEVEL_WORDS
from ...queries.board.words import OUTAGES
from .base import EventForm, as_json, choices_of, seen_of

_COUNT = {"inputmode": "numeric", "class": "is-short num"}


def count_field(label: str, most: int = 10**6, **kwargs: Any) -> forms.IntegerField:
    """A number of people or things, not asked for."""
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=most,
        widget=forms.TextInput(attrs=_COUNT),
        **kwargs,
    )


class TownForm(EventForm):
    """A town's headquarters, its warning level, what its residents lack and are told."""

    KIND = "town"
    PARTS: ClassVar = {
        "state": ("headquarters", "state"),
        "at": ("headquarters", "at"),
        "place": ("headquarters", "place"),
        "level": ("warning_level", ""),
        "dispatch": ("dispatch", ""),
        **{f"out_{name}": (f"utilities.{name}", "") for name in OUTAGES},
        "message": ("message", ""),
        "memo": ("memo", ""),
    }

    state = forms.ChoiceField(
        label="災害対策本部", required=False, choices=choices_of("town", "headquarters", "state")
    )
    at = MomentField(label="設置・廃止の日時", required=False)
    place = forms.CharField(label="設置場所", required=False, max_length=160)
    level = forms.TypedChoiceField(
        label="警戒レベル",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "なし"), *((number, f"{number}　{words}") for number, words in LEVEL_WORDS.items())],
        help_text="避難情報の発令は市町村長が行います。ここには、決定された内容を記録します。",
    )
    dispatch = forms.CharField(label="職員の配備", required=False, max_length=200)
    message = forms.CharField(
        label="住民向けのお知らせ", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    memo = forms.CharField(
        label="備考", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        extra = {f"out_{name}": count_field(words, 10**7) for name, words in OUTAGES.items()}
        super().__init__(*args, extra=extra, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("at") or data.get("place")) and not data.get("state"):
            self.add_error("state", "本部の状態を選んでください。")
        return data


class OrderForm(forms.Form):
    """An order for several districts at once, as the mayor decided it."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    districts = forms.MultipleChoiceField(
        label="対象の地区", required=False, widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(
        label="一覧にない地区の名称",
        required=False,
        max_length=160,
        help_text="登録のない地区を対象とするときに入力します。",
    )
    level = forms.ChoiceField(
        label="避難情報",
        choices=choices_of("district", "order", "level"),
        help_text="市町村長が決定した内容を記録します。このシステムが発令することはありません。",
    )
    at = MomentField(label="市町村長が決定した日時")
    by = forms.CharField(label="発令者", max_length=120, help_text="例：川北町長")
    document = forms.CharField(
        label="文書番号・伝達の手段", max_length=200, help_text="例：防第12号、防災行政無線と緊急速報メール"
    )
    reason = forms.CharField(label="理由", required=False, max_length=300)
    people = count_field("対象人数（1地区のときだけ）")
    households = count_field("対象世帯数（1地区のときだけ）")
    note = forms.CharField(
        label="メモ", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, districts: Sequence[tuple[str, str]], mayor: str = "", **kwargs: Any
    ) -> None:
        now = timezone.localtime().replace(second=0, microsecond=0, tzinfo=None)
        kwargs["initial"] = {"at": now, "by": mayor, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        choosing: Any = self.fields["districts"]
        choosing.choices = districts
        if not districts:
            del self.fields["districts"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = len(data.get("districts") or []) + bool((data.get("name") or "").strip())
        if not chosen:
            self.add_error(
                "districts" if "districts" in self.fields else "name", "対象の地区を選んでください。"
            )
        if chosen > 1 and (data.get("people") is not None or data.get("households") is not None):
            self.add_error("people", "対象人数と対象世帯数は、1地区ずつ記録するときに入力してください。")
        return data

    def clean_seen(self) -> dict[str, dict[str, list[str]]]:
        """What the page showed, by district."""
        flat = seen_of(self.cleaned_data["seen"])
        found: dict[str, dict[str, list[str]]] = {}
        for key, idents in flat.items():
            slug, _, name = key.partition("/")
            found.setdefault(slug, {})[name] = idents
        return found

    def order(self) -> dict[str, Any]:
        """The order as an event holds it."""
        data = self.cleaned_data
        parts = {name: as_json(data[name]) for name in ("level", "at", "by", "document", "reason")}
        return {name: value for name, value in parts.items() if value is not None}


class DamageForm(EventForm):
    """A town's figures of damage in the rows of the report."""

    KIND = "damage"
    PARTS: ClassVar = {}

    as_of = MomentField(label="集計の時点", required=False)
    memo = forms.CharField(
        label="備考", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, rows: Sequence[DamageField], shown: Shown | None = None, **kwargs: Any
    ) -> None:
        self.PARTS = {  # type: ignore[misc]
            **{row.name: (row.field, "") for row in rows},
            "as_of": ("as_of", ""),
            "memo": ("memo", ""),
        }
        made = {row.name: _figure(row) for row in rows}
        super().__init__(*args, shown=shown, extra=made, **kwargs)


def _figure(row: DamageField) -> forms.Field:
    label = f"{row.label}（{'円' if row.is_yen else row.unit}）"
    if row.is_yen:
        return YenField(label=label, required=False)
    if row.is_fraction:
        return NumberField(label=label, required=False)
    return count_field(label)
