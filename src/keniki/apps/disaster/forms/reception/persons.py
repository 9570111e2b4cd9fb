"""The forms of the desk: a family that arrives, a code, what is known of a person, where somebody is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.forms import BaseFormSet

from keniki.analysis import reception
from keniki.apps.regions.editing import FoldedForm, rows_of
from keniki.apps.regions.fields import DayField, MomentField
from keniki.core.errors import WrongInput

from ...actions.reception.persons import FamilyDraft, PersonDraft, Stay
from ..board.base import EMPTY, EventForm, choices_of

Choices = Sequence[tuple[str, str]]
ELSEWHERE: Final = ("", "避難所以外（車中・親族宅など）")
_LANGUAGES: Final = [
    ("", "日本語又は未確認"),
    *((each, each) for each in reception.LANGUAGES[1:]),
    ("その他", "その他"),
]


def _lines(label: str, most: int = 500, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=most, widget=forms.Textarea(attrs={"rows": 2}), **kwargs
    )


def _text(label: str, most: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=most, **kwargs)


def _boxes(label: str, known: Mapping[str, str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=list(known.items()), widget=forms.CheckboxSelectMultiple
    )


class StayForm(forms.Form):
    """Where somebody stays, since when."""

    shelter = forms.ChoiceField(label="避難所", required=False)
    where = _text("避難所以外の滞在先", 200, help_text="例：自宅の車、○○町の親族宅")
    since = MomentField(label="日時", required=False, help_text="空欄は、いま")

    def __init__(self, *args: Any, shelters: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].choices = [*shelters, ELSEWHERE]  # type: ignore[attr-defined]

    def stay(self, state: str = "in") -> Stay:
        """What was entered."""
        data = self.cleaned_data
        return Stay(data["shelter"], data["where"], data["since"], state)


class CheckInForm(StayForm):
    """A family that arrives."""

    nonce = forms.CharField(widget=forms.HiddenInput, max_length=32, required=False)
    home = forms.ChoiceField(label="住所地", required=False)
    address = _text("住所", 300)
    phone = _text("電話番号", 40)
    emergency_contact = _text("緊急連絡先", 200)
    dogs = forms.IntegerField(label="犬（匹）", required=False, min_value=0, max_value=99)
    cats = forms.IntegerField(label="猫（匹）", required=False, min_value=0, max_value=99)
    other_pets = forms.IntegerField(label="その他のペット（匹）", required=False, min_value=0, max_value=99)
    house = _lines("住家の状況")
    car = _text("車", 120, help_text="車中に泊まるときは、車種・番号・場所")
    memo = _lines("備考")

    GROUPS: ClassVar = [
        ("どこにいるか", ["shelter", "where", "since"]),
        ("世帯", ["home", "address", "phone", "emergency_contact", "house", "car", "memo"]),
        ("ペット", ["dogs", "cats", "other_pets"]),
    ]

    def __init__(self, *args: Any, towns: Choices, **kwargs: Any) -> None:
        initial = {"nonce": secrets.token_hex(8), **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["home"].choices = [*towns, ("", "圏域の外・不明")]  # type: ignore[attr-defined]

    def family(self, persons: Sequence[PersonDraft]) -> FamilyDraft:
        """The family; what is the household's stands with each person too, as far as the person has it."""
        data = self.cleaned_data
        shared = {
            name: data[name] for name in ("home", "address", "phone", "emergency_contact") if data[name]
        }
        household = {
            name: data[name] for name in ("home", "address", "phone", "house", "car", "memo") if data[name]
        }
        pets = {"dog": data["dogs"], "cat": data["cats"], "other": data["other_pets"]}
        household |= {f"pets.{kind}": number for kind, number in pets.items() if number}
        if household or len(persons) > 1:
            household["head"] = persons[0].values.get("name", "") if persons else ""
        whole = [PersonDraft({**shared, **each.values}, each.card, each.line) for each in persons]
        return FamilyDraft(whole, household, data["nonce"])


class PersonRow(FoldedForm):
    """A person of the family."""

    FOLDED = ("配慮が必要なこと", ("diet", "diet_note", "medicine", "care", "care_note", "language"))

    name = _text("氏名", 120)
    kana = _text("カナ", 120)
    birth = DayField(label="生年月日", required=False)
    age = forms.IntegerField(
        label="年齢", required=False, min_value=0, max_value=130, help_text="生年月日が分からないとき"
    )
    sex = forms.ChoiceField(label="性別", required=False, choices=choices_of("person", "sex"))
    card = _text("受付カード", 80, help_text="番号又はコード")
    diet = _boxes("食事の配慮", reception.DIET)
    diet_note = _text("食事の配慮の内容", 500)
    medicine = _text("服薬・医療処置", 500)
    care = _boxes("介助・設備の配慮", reception.CARE)
    care_note = _text("介助の内容", 500)
    language = forms.ChoiceField(label="使う言語", required=False, choices=_LANGUAGES)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (
            self.has_changed()
            and not data.get("DELETE")
            and not (data.get("name") or data.get("kana") or data.get("card"))
        ):
            self.add_error("name", "氏名、カナ、受付カードのどれかを入力してください。")
        return data

    def draft(self) -> PersonDraft:
        """The person."""
        data = self.cleaned_data
        values: dict[str, Any] = {
            "name": data["name"].strip(), "kana": data["kana"].strip(), "birth": plain(data["birth"]),
            "age": data["age"], "sex": data["sex"], "needs.diet_note": data["diet_note"],
            "needs.medicine": data["medicine"],
            "needs.care_note": data["care_note"], "needs.language": data["language"],
        }  # fmt: skip
        values |= {f"needs.diet.{each}": True for each in data["diet"]}
        values |= {f"needs.care.{each}": True for each in data["care"]}
        return PersonDraft(
            {name: value for name, value in values.items() if value not in (None, "")}, data["card"]
        )


def person_rows(data: Any) -> BaseFormSet[Any]:
    """The persons of a family: one row to begin with, more without a script too."""
    return rows_of(PersonRow, data, "persons", [], extra=3)


def drafts_of(rows: BaseFormSet[Any]) -> list[PersonDraft]:
    """The persons that were entered."""
    return [form.draft() for form in rows.forms if form.has_changed() and not form.cleaned_data.get("DELETE")]


class ScanForm(StayForm):
    """A code that is scanned or typed."""

    code = forms.CharField(
        label="受付カード・受付簿・事前登録のコード",
        max_length=4000,
        help_text="QRコードを読み取るか、カードの番号を入力します。",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "enterkeyhint": "go"}),
    )
    field_order = ["shelter", "code", "where", "since"]


class PresenceForm(StayForm):
    """Somebody goes out, comes back, moves or leaves."""

    state = forms.ChoiceField(
        label="状況",
        choices=[
            ("in", "滞在中（戻った・移った）"),
            ("away", "外出中"),
            ("left", "退所"),
            ("expected", "受入予定"),
        ],
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["state", "shelter", "where", "since"]


def plain(value: Any) -> Any:
    """A day as an event holds it."""
    return value.isoformat() if isinstance(value, date) else value


class _PlainDays(EventForm):
    note = None  # type: ignore[assignment]

    def values(self) -> dict[str, Any]:
        return {name: plain(value) for name, value in super().values().items()}


class PersonForm(_PlainDays):
    """What is known of a person."""

    KIND = "person"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "name": ("name", ""), "kana": ("kana", ""), "birth": ("birth", ""), "age": ("age", ""), "sex": ("sex", ""),
        "home": ("home", ""), "address": ("address", ""), "phone": ("phone", ""),
        "emergency_contact": ("emergency_contact", ""), "health": ("health", ""), "memo": ("memo", ""),
        "helper_needed": ("helper_needed", ""), "inquiry_consent": ("inquiry_consent", ""),
        "protected": ("protected", ""), "diet_note": ("needs.diet_note", ""),
        "medicine": ("needs.medicine", ""), "care_note": ("needs.care_note", ""),
        "language": ("needs.language", ""),
        **{f"diet_{each}": (f"needs.diet.{each}", "") for each in reception.DIET},
        **{f"care_{each}": (f"needs.care.{each}", "") for each in reception.CARE},
    }  # fmt: skip
    GROUPS: ClassVar = [
        ("本人", ["name", "kana", "birth", "age", "sex"]),
        ("連絡先", ["home", "address", "phone", "emergency_contact"]),
        ("食事", [*(f"diet_{each}" for each in reception.DIET), "diet_note"]),
        (
            "介助・設備・医療",
            [*(f"care_{each}" for each in reception.CARE), "care_note", "medicine", "health", "language"],
        ),
        ("取扱い", ["helper_needed", "inquiry_consent", "protected", "memo"]),
    ]

    name = _text("氏名", 120)
    kana = _text("氏名カナ", 120)
    birth = DayField(label="生年月日", required=False)
    age = forms.IntegerField(
        label="年齢", required=False, min_value=0, max_value=130, help_text="生年月日が分からないとき"
    )
    sex = forms.ChoiceField(label="性別", required=False, choices=choices_of("person", "sex"))
    home = forms.ChoiceField(label="住所地", required=False)
    address = _text("住所", 300)
    phone = _text("電話番号", 40)
    emergency_contact = _text("緊急連絡先", 200)
    diet_note = _lines("食事の配慮の内容")
    medicine = _lines("服薬・医療処置")
    care_note = _lines("介助の内容")
    health = _lines("体調・けが")
    language = _text("使う言語", 80)
    helper_needed = forms.BooleanField(label="避難行動要支援者", required=False)
    inquiry_consent = forms.BooleanField(
        label="安否情報の提供に同意", required=False, help_text="本人に確かめたときだけ付けます。"
    )
    protected = forms.BooleanField(
        label="保護対象（安否の照会に回答しない）",
        required=False,
        help_text="配偶者からの暴力などから逃れている人",
    )
    memo = _lines("備考", 2000)

    def __init__(self, *args: Any, towns: Choices = (), **kwargs: Any) -> None:
        boxes = {
            f"{group}_{each}": forms.BooleanField(label=label, required=False)
            for group, known in (("diet", reception.DIET), ("care", reception.CARE))
            for each, label in known.items()
        }
        super().__init__(*args, extra=boxes, **kwargs)
        self.fields["home"].choices = [EMPTY, *towns]  # type: ignore[attr-defined]


class HouseholdForm(_PlainDays):
    """What is known of a household."""

    KIND = "household"
    PARTS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "head": ("head", ""), "people": ("people", ""), "home": ("home", ""), "address": ("address", ""),
        "phone": ("phone", ""), "where": ("where", ""), "house": ("house", ""), "car": ("car", ""),
        "memo": ("memo", ""), **{f"pets_{each}": (f"pets.{each}", "") for each in reception.PETS},
    }  # fmt: skip
    head = _text("代表者", 120)
    people = forms.IntegerField(label="人数（申告）", required=False, min_value=0, max_value=50)
    home = forms.ChoiceField(label="住所地", required=False)
    address = _text("住所", 300)
    phone = _text("電話番号", 40)
    where = _text("避難所以外の滞在先（車中・親族宅等）", 200)
    house = _lines("住家の状況")
    car = _text("車", 120)
    memo = _lines("備考", 2000)

    def __init__(self, *args: Any, towns: Choices = (), **kwargs: Any) -> None:
        pets = {
            f"pets_{each}": forms.IntegerField(
                label=f"{label}（匹）", required=False, min_value=0, max_value=99
            )
            for each, label in reception.PETS.items()
        }
        super().__init__(*args, extra=pets, **kwargs)
        self.fields["home"].choices = [EMPTY, *towns]  # type: ignore[attr-defined]


class ListForm(forms.Form):
    """What a list of persons is narrowed by."""

    q = _text("氏名・カナ・カードの番号", 80)
    shelter = forms.ChoiceField(label="避難所", required=False)
    state = forms.ChoiceField(
        label="状況",
        required=False,
        choices=[
            ("", "すべて"),
            ("in", "滞在中"),
            ("away", "外出中"),
            ("left", "退所"),
            ("expected", "受入予定"),
        ],
    )
    needs = forms.ChoiceField(
        label="配慮",
        required=False,
        choices=[
            ("", "すべて"), ("any", "配慮あり"), ("conflict", "食い違いあり"), *reception.DIET.items(),
            *((key, label) for key, label in reception.CARE.items() if key not in reception.DIET),
        ],
    )  # fmt: skip
    purpose = _text("検索の目的", 200, help_text="閲覧記録に残ります。例：家族からの問い合わせ")

    def __init__(self, *args: Any, shelters: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shelter"].choices = [("", "すべて"), *shelters, ("none", "避難所以外")]  # type: ignore[attr-defined]


def at_field(form: EventForm, wrong: WrongInput) -> WrongInput:
    """The refusal at the form's field that stands for the entity's field it names."""
    column = (wrong.column or "").removeprefix("fields.")
    for name, (whole, part) in form.PARTS.items():
        if column in {whole, f"{whole}.{part}"}:
            return WrongInput(wrong.message, column=name)
    return WrongInput(wrong.message)
