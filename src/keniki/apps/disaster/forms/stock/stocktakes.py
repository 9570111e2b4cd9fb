"""Forms of a stocktake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField

from ...models import StockPlace
from .records import TokenForm, UnitsField


class BeginForm(forms.Form):
    """Where the stocktake is."""

    place = forms.ChoiceField(label="備蓄場所")
    on = DayField(label="開始日")
    note = forms.CharField(label="備考", max_length=300, required=False)

    def __init__(self, *args: Any, places: Mapping[str, StockPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((slug, f"{each.municipality.name} {each.name}") for slug, each in places.items()),
        ]


class CountForm(TokenForm):
    """What was counted of a lot."""

    code = forms.CharField(
        label="ロット番号",
        max_length=200,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "list": "lot-codes"}),
        help_text="ラベルのQRコードを読み取るか、番号を入力します。",
    )
    counted = UnitsField(label="数えた数")
    note = forms.CharField(label="備考", max_length=300, required=False)


class CloseForm(VersionedForm):
    """How a stocktake ends."""

    on = DayField(label="終了日")
    reason = forms.CharField(
        label="差の理由",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="帳簿と違うロットがあるときは必ず入力します。",
    )
    leave = forms.BooleanField(label="数えていないロットは帳簿のまま", required=False)
