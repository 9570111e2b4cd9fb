"""Forms over the library of practices and the comparison of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from keniki.apps.programmes.library import Criterion
from keniki.rulebooks.programmes.catalogue import Practice


class PracticesForm(forms.Form):
    """What the library is narrowed by."""

    words = forms.CharField(
        label="ことば", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )

    def __init__(
        self,
        *args: Any,
        practices: Sequence[Practice],
        names: Mapping[str, str],
        titles: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        used = {key for row in practices for key in row.fields}
        sources = dict.fromkeys(label for row in practices for label in row.evidence)
        self.fields["field"] = forms.ChoiceField(
            label="分野",
            required=False,
            choices=[("", "すべて"), *((key, name) for key, name in names.items() if key in used)],
        )
        self.fields["source"] = forms.ChoiceField(
            label="出典",
            required=False,
            choices=[("", "すべて"), *((label, titles[label]) for label in sources)],
        )


class GapsForm(forms.Form):
    """By what regions are taken for alike."""

    by = forms.MultipleChoiceField(
        label="似ているとみなす条件",
        choices=[(each.value, each.label) for each in Criterion],
        widget=forms.CheckboxSelectMultiple,
        initial=[Criterion.PROGRAMME.value],
        required=False,
    )
