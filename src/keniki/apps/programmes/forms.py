"""What is asked about a programme: which, of which city, on which day, by which census."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core import validators

PROGRAMMES = (
    ("teiju", "定住自立圏"),
    ("renkei", "連携中枢都市圏"),
    ("hokkaido", "広域連携加速化事業（北海道）"),
)


def _day(label: str) -> forms.DateField:
    """A day on which a programme may have been in force."""
    within = [
        validators.MinValueValidator(date(1947, 1, 1), "昭和22年より後の日にしてください。"),
        validators.MaxValueValidator(date(2150, 12, 31), "2150年までの日にしてください。"),
    ]
    return forms.DateField(label=label, validators=within, widget=forms.DateInput(attrs={"type": "date"}))


class ProcedureForm(forms.Form):
    """Which procedure, and the day it is counted from."""

    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)
    start = _day("起点の日")


class EligibilityForm(forms.Form):
    """The question."""

    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)
    city = forms.ChoiceField(label="市")
    date = _day("判定する日")
    census = forms.TypedChoiceField(label="国勢調査", required=False, coerce=int, empty_value=None)

    def __init__(
        self, *args: Any, cities: Sequence[tuple[str, str]], censuses: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].choices = list(cities)  # type: ignore[attr-defined]
        known = [(str(year), f"{year}年") for year in censuses]
        self.fields["census"].choices = [("", "要綱が指す国勢調査"), *known]  # type: ignore[attr-defined]
