"""The small forms beside a rule's own: its file, and the days on which it is put to the towns and decided."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms

from keniki.apps.regions.fields import DayField

_MOST_BYTES: Final = 200_000


class FileForm(forms.Form):
    """A rule's file."""

    file = forms.FileField(
        label="定めのファイル（YAML）",
        help_text="この画面の「YAML」で保存したもの、又は keniki share の --rule と同じ形のもの。",
    )

    def clean_file(self) -> Any:
        found = self.cleaned_data["file"]
        if found.size > _MOST_BYTES:
            raise forms.ValidationError("ファイルが大きすぎます（200KBまで）。")
        return found


class ProposeForm(forms.Form):
    """Until when the towns answer."""

    due_on = DayField(label="回答期限", required=False)


class AdoptForm(forms.Form):
    """The day on which the rule was decided."""

    adopted_on = DayField(label="決定日", help_text="全ての市町村の機関決定がそろった日など。")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"adopted_on": today})
        super().__init__(*args, **kwargs)
