"""What is asked about a programme: which, of which city, on which day, by which census."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

PROGRAMMES = (
    ("teiju", "定住自立圏"),
    ("renkei", "連携中枢都市圏"),
    ("hokkaido", "広域連携加速化事業（北海道）"),
)


class ProcedureForm(forms.Form):
    """Which procedure, and the day it is counted from."""

    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)
    start = forms.DateField(label="起点の日", widget=forms.DateInput(attrs={"type": "date"}))


class EligibilityForm(forms.Form):
    """The question."""

    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)
    city = forms.ChoiceField(label="市")
    date = forms.DateField(label="判定する日", widget=forms.DateInput(attrs={"type": "date"}))
    census = forms.TypedChoiceField(label="国勢調査", required=False, coerce=int, empty_value=None)

    def __init__(
        self, *args: Any, cities: Sequence[tuple[str, str]], censuses: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].choices = list(cities)  # type: ignore[attr-defined]
        known = [(str(year), f"{year}年") for year in censuses]
        self.fields["census"].choices = [("", "要綱が指す国勢調査"), *known]  # type: ignore[attr-defined]
