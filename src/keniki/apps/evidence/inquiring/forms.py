"""Forms of inquiries for figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.forms import day
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue

from ..models import FigureInquiry
from .actions import Draft
from .items import QUESTIONS, Item, Kind, Slot, from_catalogue, read_years
from .values import EMPTY, LONGEST_NOTE, LONGEST_TEXT, Content, Value, read_value

_LINES = forms.Textarea(attrs={"rows": 3})


def _short(widget: type[forms.Widget] = forms.TextInput) -> forms.Widget:
    return widget(attrs={"class": "is-short"})


class InquiryForm(VersionedForm):
    """What an inquiry says beside its items."""

    title = forms.CharField(label="件名", max_length=120, help_text="例：令和8年度 圏域基礎数値調査")
    purpose = forms.CharField(label="目的", required=False, max_length=2000, widget=_LINES)
    years = forms.CharField(
        label="年",
        required=False,
        max_length=120,
        help_text="数値を聞く年。例：2021-2025、令和3年～令和7年。年か年度かは項目ごとに決めます。",
    )
    towns = forms.MultipleChoiceField(
        label="照会先",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="選ばなければ、照会日の構成団体すべて。",
    )
    deadline = day("回答期限", required=False, help="開庁日にします。")
    opened = forms.BooleanField(
        label="締め切った後、回答を照会先の団体どうしに公開する",
        required=False,
        help_text="送付した後は変えられません。公開するかどうかは、回答の画面と鑑文に示されます。",
    )
    addressee = forms.ChoiceField(label="宛先", choices=FigureInquiry.Addressee.choices)
    sender = forms.CharField(
        label="発信者",
        required=False,
        max_length=300,
        widget=_LINES,
        help_text="鑑文に右寄せで印刷されます。",
    )
    contact = forms.CharField(label="連絡先", required=False, max_length=600, widget=_LINES)

    def __init__(self, *args: Any, towns: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["towns"].choices = [(town.code, town.name) for town in towns]  # type: ignore[attr-defined]

    def clean_years(self) -> list[int]:
        try:
            return read_years(self.cleaned_data["years"])
        except WrongInput as wrong:
            raise forms.ValidationError(wrong.message) from wrong

    def draft(self) -> Draft:
        """What was typed."""
        return Draft(**{name: self.cleaned_data[name] for name in Draft.__dataclass_fields__})


class CatalogueForm(VersionedForm):
    """Indicators of the catalogue to add, by theme."""

    add = forms.MultipleChoiceField(
        label="指標一覧から加える", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, asked: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        book = catalogue(today())
        self.fields["add"].choices = [  # type: ignore[attr-defined]
            (
                theme.name,
                [
                    (each.id, f"{each.name}（{book.unit_label(each.id)}）")
                    for each in book.in_theme(key)
                    if not each.parts and each.unit != "words" and each.id not in asked
                ],
            )
            for key, theme in book.themes.items()
        ]

    @property
    def themes(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """The indicators by theme: id, name and whether it is chosen; themes without any are left out."""
        chosen = set(self["add"].value() or ())
        groups: Any = self.fields["add"].choices  # type: ignore[attr-defined]
        found = [(theme, [(key, name, key in chosen) for key, name in each]) for theme, each in groups]
        return [(theme, each) for theme, each in found if each]


class FigureRow(forms.Form):
    """One figure: an indicator of the catalogue, or one's own."""

    in_line = True

    key = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    name = forms.CharField(label="項目", max_length=120, required=False)
    unit = forms.CharField(label="単位", max_length=40, required=False, widget=_short())
    fiscal = forms.TypedChoiceField(
        label="年の種類", choices=[("", "年"), ("1", "年度")], coerce=bool, empty_value="", required=False
    )
    adds_up = forms.BooleanField(label="合計する", required=False)
    note = forms.CharField(label="注", max_length=300, required=False)
    place = forms.IntegerField(
        label="順",
        required=False,
        min_value=1,
        max_value=9999,
        widget=_short(forms.NumberInput),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("key") and not given.get("name") and (given.get("unit") or given.get("note")):
            self.add_error("name", "項目の名称を入力してください。")
        return given


class QuestionRow(forms.Form):
    """One question."""

    in_line = True

    key = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    name = forms.CharField(label="質問", max_length=300, required=False)
    kind = forms.ChoiceField(label="答え方", choices=[(kind.value, kind.label) for kind in QUESTIONS])
    choices = forms.CharField(
        label="選択肢",
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="1行に1つ",
    )
    unit = forms.CharField(label="単位", max_length=40, required=False, widget=_short())
    note = forms.CharField(label="注", max_length=300, required=False)
    place = forms.IntegerField(
        label="順",
        required=False,
        min_value=1,
        max_value=9999,
        widget=_short(forms.NumberInput),
    )


def figure_of(row: Mapping[str, Any]) -> Item:
    """The figure a row says; what the catalogue says of an indicator is not changed by it."""
    book = catalogue(today())
    said = {"fiscal": bool(row["fiscal"]), "note": row["note"].strip()}
    if row["key"] in book:
        return replace(from_catalogue(row["key"]), **said)
    return Item(
        row["key"], Kind.FIGURE, row["name"].strip(), unit=row["unit"].strip(), adds_up=row["adds_up"], **said
    )


def question_of(row: Mapping[str, Any]) -> Item:
    """The question a row says."""
    kind = Kind(row["kind"])
    return Item(
        row["key"],
        kind,
        row["name"].strip(),
        note=row["note"].strip(),
        unit=row["unit"].strip() if kind is Kind.NUMBER else "",
        choices=tuple(row["choices"].splitlines()) if kind is Kind.CHOICE else (),
    )


class SendForm(forms.Form):
    """The letters of a round."""

    document_no = forms.CharField(
        label="文書番号",
        max_length=80,
        required=False,
        help_text="例：企第123号。空欄は「○第　　号」と印刷。",
    )
    dated = day("日付", help="鑑文の日付。この日の構成団体に照会します。")


class RemindForm(forms.Form):
    """Whom to remind, and the letters of the round."""

    towns = forms.MultipleChoiceField(label="団体", widget=forms.CheckboxSelectMultiple)
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
    dated = day("日付")

    def __init__(self, *args: Any, towns: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["towns"].choices = list(towns)  # type: ignore[attr-defined]


class TermsForm(forms.Form):
    """What may change of an inquiry that was sent."""

    deadline = day("回答期限", help="開庁日にします。")
    contact = forms.CharField(label="連絡先", max_length=600, widget=_LINES)


class SheetForm(forms.Form):
    """A filled-in return sheet."""

    file = forms.FileField(
        label="回答票",
        help_text="入力したExcelファイル（.xlsx）。取り込んだ後、画面で確かめて回答します。",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )


class AnswerForm(VersionedForm):
    """A town's answer: for every cell of the form a value (`v1`, `v2` …) and a note (`n1` …)."""

    def __init__(self, *args: Any, slots: Sequence[Slot], content: Content, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slots = slots
        for number, slot in enumerate(slots, 1):
            value = content.get(slot.key, EMPTY)
            self.fields[f"v{number}"] = forms.CharField(
                label=slot.label, required=False, max_length=LONGEST_TEXT + 100, initial=value.typed
            )
            self.fields[f"n{number}"] = forms.CharField(
                label=f"{slot.label}の注", required=False, max_length=LONGEST_NOTE, initial=value.note
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self.content: dict[tuple[str, str], Value] = {}
        for number, slot in enumerate(self.slots, 1):
            try:
                value = read_value(slot.item, given.get(f"v{number}", ""), given.get(f"n{number}", ""))
            except WrongInput as wrong:
                self.add_error(f"v{number}", wrong.message)
            else:
                if value != EMPTY:
                    self.content[slot.key] = value
        return given
