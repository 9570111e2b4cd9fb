"""Forms: fields, errors in place and on top, rows of formsets, the foot with 保存."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.forms import (
    BaseForm,
    BaseFormSet,
    CheckboxInput,
    ChoiceField,
    DateInput,
    Field,
    FileField,
    ModelChoiceField,
)
from django.forms.boundfield import BoundField

from keniki.core import era
from keniki.core.errors import WrongInput

from .library import register


@register.filter
def field_errors(bound: BoundField) -> list[str]:
    """The errors of a field; an empty one is told what to do instead of that it is required."""
    own_words = bound.field.error_messages.get("required") != Field.default_error_messages["required"]
    texts = []
    for error in bound.errors.as_data():
        if error.code == "required" and not own_words:
            chosen = isinstance(bound.field, ChoiceField | FileField | ModelChoiceField)
            texts.append("選んでください。" if chosen else "入力してください。")
        else:
            texts += error.messages
    return texts


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, label: str = "", help: str = "", grow: bool = False, row: bool = False
) -> dict[str, Any]:
    """One field: label, 必須 or 任意, help, errors in place. `row` lays choices side by side.

    Beside a day stands its era, as long as the script is not there the one of the value it opened with.
    """
    return {
        "day": era_typed(bound.value()) if isinstance(bound.field.widget, DateInput) else None,
        "field": bound,
        "label": label or bound.label,
        "help": help or bound.help_text,
        "grow": grow,
        "row": row,
        "single": isinstance(bound.field.widget, CheckboxInput),
        "needed": bound.field.required,
    }


@register.filter
def era_typed(value: Any) -> str:
    """The day of a date input in words: `令和6年5月24日（金）`; empty while there is none."""
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        try:
            value = date.fromisoformat(str(value or ""))
        except ValueError:
            return ""
    try:
        written = era.format_date(value)
    except WrongInput:
        return ""  # a day before the eras there are: the field says what is wrong with it
    return f"{written}（{'月火水木金土日'[value.weekday()]}）"


@register.inclusion_tag("components/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """Every field of a form, hidden ones too."""
    return {"form": form}


@register.inclusion_tag("components/errorsummary.html")
def errorsummary(*forms: BaseForm | BaseFormSet[Any]) -> dict[str, Any]:
    """All errors of a page's forms and formsets on top, each a link to its field; nothing without errors."""
    found: list[dict[str, str]] = []
    for each in forms:
        if isinstance(each, BaseFormSet):
            found += [{"text": str(text), "target": ""} for text in each.non_form_errors()]
            for position, form in enumerate(each.forms, start=1):
                found += _errors(form, f"{position}行目 ")
        elif each is not None:
            found += _errors(each)
    return {"found": found}


@register.inclusion_tag("components/formset.html")
def formset(forms: BaseFormSet[Any], add: str = "行を追加", title: str = "") -> dict[str, Any]:
    """Rows of the same form; adding needs a script, removing works without."""
    return {"formset": forms, "add": add, "title": title}


@register.inclusion_tag("components/savebar.html")
def savebar(label: str = "保存", cancel: str = "", note: str = "") -> dict[str, Any]:
    """The foot of a form: 保存 always here."""
    return {"label": label, "cancel": cancel, "note": note}


def _errors(form: BaseForm, prefix: str = "") -> list[dict[str, str]]:
    found = [{"text": f"{prefix}{text}", "target": ""} for text in form.non_field_errors()]
    for bound in form:
        target = bound.id_for_label or f"{bound.auto_id}_0"
        found += [
            {"text": f"{prefix}{bound.label}：{text}", "target": "" if bound.is_hidden else target}
            for text in field_errors(bound)
        ]
    return found
