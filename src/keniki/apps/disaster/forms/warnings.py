"""Forms of the weather agency's telegrams: whether they are fetched, and one played into a drill."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm

from ..actions.warnings.switching import FEED_WORDS
from ..formats.xml_reading import MAX_BYTES
from ..models import WarningSource


class SourceForm(VersionedForm):
    """Which feeds are asked, and how often."""

    active = forms.TypedChoiceField(
        label="取得",
        choices=(("no", "取得しない"), ("yes", "取得する")),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text="「取得する」にすると、この機械から気象庁（又は設定した中継サーバ）に接続します。",
    )
    feeds = forms.MultipleChoiceField(
        label="フィード",
        choices=tuple(FEED_WORDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    minutes = forms.IntegerField(
        label="間隔（分）",
        min_value=1,
        max_value=10,
        help_text="1～10分。気象庁の高頻度フィードは毎分更新され、10分以上前の電文は落ちることがあります。",
    )

    def __init__(self, data: Any = None, *, source: WarningSource) -> None:
        initial = {
            "active": "yes" if source.active else "no",
            "feeds": source.feeds or list(FEED_WORDS),
            "minutes": source.minutes,
            "version": source.version,
        }
        super().__init__(data, initial=initial)


class TelegramForm(forms.Form):
    """A telegram of a drill."""

    file = forms.FileField(
        label="訓練の電文（XML）",
        widget=forms.FileInput(attrs={"accept": ".xml,application/xml"}),
        help_text="気象庁防災情報XMLで、運用種別が「訓練」のもの。ファイル名に電文の種類（VPWW55 など）を入れます。",
    )

    def clean_file(self) -> Any:
        """The file, unless it is larger than any telegram."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError("ファイルが大きすぎます。電文のXMLを1つ選んでください。")
        return file
