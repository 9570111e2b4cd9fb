"""The form that takes a file of statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from .importers import READERS


class RowForm(forms.Form):
    """The cells of a row that could not be read, one field each."""

    def __init__(self, *args: Any, cells: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, cell in enumerate(cells, 1):
            self.fields[f"cell-{number}"] = forms.CharField(
                label=f"{number}列目", initial=cell, required=False, max_length=10_000
            )

    def cleaned_cells(self) -> list[str]:
        """The cells in their order."""
        return [self.cleaned_data[name] for name in self.fields]


class CorrectionForm(forms.Form):
    """A corrected value and why."""

    value = forms.FloatField(label="正しい値", required=False, help_text="分からないときは空欄にします。")
    reason = forms.CharField(label="訂正の理由", max_length=300)


class ImportForm(forms.Form):
    """A file as it was published, and what it is where that cannot be told from it."""

    file = forms.FileField(label="統計のファイル", help_text="公表されたファイルを、直さずそのまま選びます。")
    kind = forms.ChoiceField(label="種類", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds = [(reader.kind, reader.title) for reader in READERS]
        self.fields["kind"].choices = [("", "内容から判定する"), *kinds]  # type: ignore[attr-defined]
