"""What the pages that join slices are narrowed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from keniki.apps.regions.models import Municipality


class TraceForm(forms.Form):
    """Whose promises, and what came of them."""

    town = forms.ChoiceField(label="市町村の約束", required=False)
    came = forms.ChoiceField(
        label="結果",
        required=False,
        choices=[("", "すべて"), ("done", "実施"), ("studied", "検討のみ"), ("none", "なし")],
    )

    def __init__(self, *args: Any, towns: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [  # type: ignore[attr-defined]
            ("", "すべて"),
            *((town.code, town.name) for town in towns),
        ]
