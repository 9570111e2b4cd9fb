"""Forms of what is printed ahead, of keyed-in sheets, and of the residents' form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from keniki.analysis import reception
from keniki.apps.regions.fields import MomentField

from ...models import Mode
from .persons import PersonForm

Choices = Sequence[tuple[str, str]]


class PrintForm(forms.Form):
    """What to print: cards or sheets, for which mode, how many."""

    what = forms.ChoiceField(
        label="作るもの",
        choices=[("cards", "受付カード（A4に10枚）"), ("sheets", "受付簿の用紙（1枚に10人）")],
    )
    mode = forms.ChoiceField(
        label="区分",
        choices=Mode.choices,
        help_text="訓練用のカードと用紙は、実災害の受付では読み取れません。分けて保管します。",
    )
    size = forms.IntegerField(
        label="枚数", min_value=1, max_value=1_000, help_text="カードは1,000枚、用紙は100枚まで"
    )


class SheetForm(forms.Form):
    """Which sheet is keyed in, from which line."""

    code = forms.CharField(
        label="受付簿のコード", max_length=40, help_text="用紙の上に印刷したコード。例：R-1234567-X"
    )
    line = forms.IntegerField(label="行", min_value=1, max_value=99, initial=1)


class LineForm(PersonForm):
    """A line of a sheet: what was written by hand, keyed in quickly."""

    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        name: part
        for name, part in PersonForm.PARTS.items()
        if name
        not in ("helper_needed", "inquiry_consent", "protected", "birth", "health", "emergency_contact")
    }
    GROUPS: ClassVar = [
        ("用紙の1行", ["shelter", "where", "since", "name", "kana", "age", "sex", "same_family"]),
        ("住所・連絡先", ["home", "address", "phone"]),
        ("配慮", [
            "diet_note", "medicine", "care_note", "language", *(f"diet_{each}" for each in reception.DIET),
            *(f"care_{each}" for each in reception.CARE), "memo",
        ]),
    ]  # fmt: skip
    helper_needed = inquiry_consent = protected = birth = health = emergency_contact = None  # type: ignore[assignment]
    shelter = forms.ChoiceField(label="避難所", required=False)
    where = forms.CharField(label="避難所以外の滞在先", max_length=200, required=False)
    since = MomentField(label="着いた時刻", help_text="用紙に書いてある時刻")
    same_family = forms.BooleanField(label="前の行と同じ世帯", required=False)

    def __init__(self, *args: Any, shelters: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].choices = [*shelters, ("", "避難所以外")]  # type: ignore[attr-defined]


class PosterForm(forms.Form):
    """For which shelter the residents' form opens."""

    shelter = forms.ChoiceField(label="避難所")
    keep_hours = forms.IntegerField(
        label="確認を待つ時間（時間）",
        min_value=1,
        max_value=168,
        initial=24,
        help_text="この時間を過ぎても受付で確認しなかった内容は、消去します。",
    )

    def __init__(self, *args: Any, shelters: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].choices = shelters  # type: ignore[attr-defined]


class RefuseForm(forms.Form):
    """Why a check-in is not taken."""

    reason = forms.CharField(label="受け付けない理由", max_length=200)
