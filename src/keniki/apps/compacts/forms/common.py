"""What the forms share: dates, years, tick boxes of towns and policy fields."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from keniki.apps.compacts.queries.fields import field_names
from keniki.apps.regions import policies as regions
from keniki.apps.regions import queries as region_queries
from keniki.apps.regions.models import Region, RegionProgramme
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes import PROGRAMMES, policy_fields

Choices = list[tuple[str, str]]


class DateField(forms.DateField):
    """A day, typed with the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


class YearField(forms.CharField):
    """A fiscal year as people write it (令和6年度, R6, 2024); its value is the year as a number."""

    widget = forms.TextInput(attrs={"class": "is-short", "placeholder": "令和6年度"})

    def prepare_value(self, value: Any) -> Any:
        return fiscal_year.format_table(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return int(fiscal_year.FiscalYear.parse(text))
        except WrongInput as error:
            raise forms.ValidationError(error.message) from None


class LinesField(forms.CharField):
    """One entry a line; its value is the list of entries."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return list(value)
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


def area(rows: int = 4, **attributes: str) -> forms.Textarea:
    """A text box of so many lines."""
    return forms.Textarea(attrs={"rows": rows, **attributes})


def boxes(choices: Iterable[tuple[str, str]], label: str, **kwargs: Any) -> forms.MultipleChoiceField:
    """Tick boxes."""
    return forms.MultipleChoiceField(
        label=label, choices=list(choices), widget=forms.CheckboxSelectMultiple, required=False, **kwargs
    )


def member_choices(region: Region) -> Choices:
    """Towns of the region by code, in its order."""
    return [(m.municipality.code, m.municipality.name) for m in region_queries.members_on(region)]


def programme_choices(empty: str = "") -> Choices:
    """The programmes, after an empty choice with that label if any."""
    return ([("", empty)] if empty else []) + [
        (str(key), str(word)) for key, word in RegionProgramme.Programme.choices
    ]


def field_choices(region: Region, programme: str = "", keep: Iterable[str] = ()) -> Choices:
    """Policy fields by key: those of `programme`, or of the programmes the region has worked under.

    Keys in `keep` stay to choose from, under the name any programme gives them.
    """
    wanted = [programme] if programme else list(region.programmes.values_list("programme", flat=True))
    names = field_names()
    found: dict[str, str] = {}
    for key in wanted or PROGRAMMES:
        try:
            rule = policy_fields(key, regions.today())
        except RuleNotInForce:
            continue
        for field in rule.value.fields:
            found.setdefault(field.key, field.name)
    for key in keep:
        found.setdefault(key, names.get(key, key))
    return list(found.items())


def plain(value: Decimal) -> Decimal:
    """A stored value without idle zeros and without an exponent: 120.0000 is 120."""
    return Decimal(f"{value.normalize():f}")
