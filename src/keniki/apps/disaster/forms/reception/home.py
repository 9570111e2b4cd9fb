"""The residents' form, in plain Japanese: the family, its persons, what they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet

from keniki.analysis import reception
from keniki.apps.regions.editing import rows_of
from keniki.core.errors import WrongInput

Choices = Sequence[tuple[str, str]]


class HomeForm(forms.Form):
    """The family."""

    ident = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)
    home = forms.ChoiceField(label="すんでいる市や町", required=False)
    address = forms.CharField(label="じゅうしょ", required=False, max_length=200)
    phone = forms.CharField(label="電話番号", required=False, max_length=40)
    emergency_contact = forms.CharField(label="家族など、連絡してほしい人", required=False, max_length=120)
    dog = forms.IntegerField(label="犬は 何匹ですか", required=False, min_value=0, max_value=20)
    cat = forms.IntegerField(label="猫は 何匹ですか", required=False, min_value=0, max_value=20)

    def __init__(self, *args: Any, towns: Choices, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"ident": reception.new_home()})
        super().__init__(*args, **kwargs)
        self.fields["home"].choices = [("", "えらんでください"), *towns]  # type: ignore[attr-defined]

    def clean_ident(self) -> str:
        typed = self.cleaned_data["ident"]
        sound = len(typed) == 16 and set(typed) <= set("0123456789abcdef")
        return typed if sound else reception.new_home()

    def family(self, members: Sequence[reception.HomePerson]) -> reception.Home:
        """The family. Raises `WrongInput` without a person."""
        if not members:
            raise WrongInput("名前を ひとり以上 書いてください。")
        data = self.cleaned_data
        pets = {kind: data[kind] for kind in ("dog", "cat") if data[kind]}
        return reception.Home(
            data["ident"],
            tuple(members),
            data["address"],
            data["phone"],
            data["home"],
            data["emergency_contact"],
            pets,
        )


class MemberForm(forms.Form):
    """A person of the family."""

    name = forms.CharField(label="なまえ", required=False, max_length=60)
    kana = forms.CharField(label="なまえの よみかた（カタカナ）", required=False, max_length=60)
    birth = forms.DateField(
        label="うまれた日", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    diet = forms.MultipleChoiceField(
        label="食べられない もの・食事で こまる こと", required=False, choices=list(reception.DIET.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    care = forms.MultipleChoiceField(
        label="手つだいが いる こと", required=False, choices=list(reception.CARE.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    medicine = forms.CharField(label="くすり・病気", required=False, max_length=100)
    language = forms.ChoiceField(
        label="ことば",
        required=False,
        choices=[("", "日本語"), *((each, each) for each in reception.LANGUAGES[1:])],
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.has_changed() and not data.get("name") and not data.get("DELETE"):
            self.add_error("name", "なまえを 書いてください。")
        return data


def member_rows(data: Any) -> BaseFormSet[Any]:
    """The persons: some empty rows, so that a family needs no script."""
    return rows_of(MemberForm, data, "members", [], extra=4)


def members_in(rows: BaseFormSet[Any]) -> list[reception.HomePerson]:
    """The persons that were entered; `WrongInput` for more than a code holds."""
    found = []
    for form in rows.forms:
        data = form.cleaned_data
        if not form.has_changed() or data.get("DELETE"):
            continue
        found.append(
            reception.HomePerson(
                data["name"],
                data["kana"],
                data["birth"].isoformat() if data["birth"] else "",
                diet=tuple(data["diet"]),
                medicine=data["medicine"],
                care=tuple(data["care"]),
                language=data["language"],
            )
        )
    if len(found) > reception.MOST_PERSONS:
        raise WrongInput(f"一度に 書けるのは {reception.MOST_PERSONS}人までです。")
    return found
