"""Forms of requests, offers and notes on the board, of decisions, and of taking back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from keniki.apps.regions.fields import MomentField, NumberField

from .base import EMPTY, EventForm, choices_of, seen_of
from .places import Choices, _free, _lines


class RequestForm(EventForm):
    """What a town asks the others for, or offers them."""

    KIND = "request"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        name: (name, "")
        for name in (
            "direction", "what", "town", "item", "quantity", "unit", "place", "shelter", "needed_by", "memo",
        )
    }  # fmt: skip

    direction = forms.ChoiceField(label="要請・申出の別", choices=choices_of("request", "direction"))
    what = forms.ChoiceField(label="種別", choices=choices_of("request", "what"))
    town = forms.ChoiceField(label="市町村")
    item = forms.CharField(label="品目・内容", max_length=200)
    quantity = NumberField(label="数量", required=False)
    unit = forms.CharField(label="単位", required=False, max_length=20)
    place = forms.CharField(label="届け先・集合場所", required=False, max_length=200)
    shelter = forms.ChoiceField(label="届け先の避難所", required=False)
    needed_by = MomentField(label="必要な日時", required=False)
    memo = _lines("備考", 2000)

    def __init__(self, *args: Any, towns: Choices, shelters: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["town"].choices = [EMPTY, *towns]
        fields["shelter"].choices = [("", "なし"), *shelters]
        _free(self, "direction", "what", "town", "item")


class AnswerForm(EventForm):
    """What became of a request or an offer: who takes it up, with how much, what was sent and received."""

    KIND = "request"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        name: (name, "") for name in ("state", "partner", "promised", "answers", "delivered", "memo")
    }

    state = forms.ChoiceField(label="状況", required=False, choices=choices_of("request", "state"))
    partner = forms.ChoiceField(label="相手の市町村", required=False)
    promised = NumberField(label="応じる数量", required=False)
    answers = forms.ChoiceField(label="対応する要請・申出", required=False)
    delivered = NumberField(label="届いた数量", required=False)
    memo = _lines("備考", 2000)

    def __init__(self, *args: Any, towns: Choices, others: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["partner"].choices = [EMPTY, *towns]
        fields["answers"].choices = [("", "なし"), *others]


class NoteForm(EventForm):
    """An entry of the chronology: what happened, when, how it is known, what is done about it."""

    KIND = "note"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        name: (name, "")
        for name in (
            "text", "town", "source", "source_note", "happened_at", "important", "about", "state", "action",
        )
    }  # fmt: skip

    text = forms.CharField(
        label="内容",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="圏域の職員が読みます。個人の氏名や病状は書かないでください。",
    )
    town = forms.ChoiceField(label="市町村", required=False)
    source = forms.ChoiceField(label="情報源", choices=choices_of("note", "source"))
    source_note = forms.CharField(label="情報源の詳細", required=False, max_length=200)
    happened_at = MomentField(label="発生・把握した日時", required=False)
    important = forms.BooleanField(label="重要", required=False)
    about = forms.ChoiceField(label="関係する対象", required=False)
    state = forms.ChoiceField(label="対応の状況", required=False, choices=choices_of("note", "state"))
    action = _lines("対応の内容", 2000)

    def __init__(self, *args: Any, towns: Choices, about: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["town"].choices = [("", "圏域全体"), *towns]
        fields["about"].choices = [("", "なし"), *about]
        del self.fields["note"]
        _free(self, "text", "source")


class DecideForm(forms.Form):
    """Which of several values stands."""

    seen = forms.CharField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(
        label="正しい内容",
        widget=forms.RadioSelect,
        error_messages={"required": "正しい内容を選んでください。"},
    )

    def __init__(self, *args: Any, options: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choosing: Any = self.fields["choice"]
        choosing.choices = options

    def clean_seen(self) -> dict[str, list[str]]:
        return seen_of(self.cleaned_data["seen"])


class ReasonForm(forms.Form):
    """Why something is taken back, or how something refused was settled."""

    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class SettleForm(forms.Form):
    """How something that was refused was settled."""

    note = forms.CharField(
        label="処理の内容",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例：端末の担当者に確かめ、画面から入力し直した",
    )
