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


class WithdrawalForm(forms.Form):
    """Why an edition is withdrawn."""

    reason = forms.CharField(label="取下げの理由", max_length=300)


class DropForm(forms.Form):
    """Rows kept aside that are not to be stored, each as `number:version`, and why."""

    rows = forms.MultipleChoiceField(label="行", required=False, widget=forms.MultipleHiddenInput)
    everything = forms.IntegerField(label="この条件のすべての行", required=False, min_value=1)
    reason = forms.CharField(label="登録しない理由", max_length=300)

    def __init__(self, *args: Any, choices: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rows"].choices = [(each, each) for each in choices]  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """A table of unknown layout."""

    file = forms.FileField(
        label="表のファイル（CSV・Excel）",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
        help_text="1行に1つの市町村がある表、年や月が並ぶ表、流動の表など。"
        "文字コードは UTF-8 でも Shift_JIS（CP932）でもかまいません。",
    )


class TableForm(forms.Form):
    """A table of the e-Stat API that the list of official sources does not name."""

    table = forms.CharField(
        label="統計表ID",
        max_length=12,
        help_text="e-Statの統計表の画面の「API」にある数字10桁（statsDataId）です。",
    )
    title = forms.CharField(
        label="名称", max_length=200, required=False, help_text="空欄のときは、取得した表の題名になります。"
    )
    narrowed = forms.CharField(
        label="絞り込み",
        max_length=300,
        required=False,
        help_text="大きな表は、地域などで絞り込みます。例：cdArea=01210,01209",
    )


class ImportForm(forms.Form):
    """A file as it was published, and what it is where that cannot be told from it."""

    file = forms.FileField(label="統計のファイル", help_text="公表されたファイルを、直さずそのまま選びます。")
    kind = forms.ChoiceField(label="種類", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds = [(reader.kind, reader.title) for reader in READERS]
        self.fields["kind"].choices = [("", "内容から判定する"), *kinds]  # type: ignore[attr-defined]
