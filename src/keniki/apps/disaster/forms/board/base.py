"""The form of an event: its fields stand for fields of an entity, and it carries what its page showed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from keniki.analysis import merging

from ...actions.board.writing import Shown
from ...queries.board import words

#: A form shows no more writes of a field than this, whatever its sender claims.
_MOST_SEEN: Final = 2_000
EMPTY: Final = ("", "選んでください")


class EventForm(forms.Form):
    """Fields of an entity to fill in. `PARTS` says which form field is which field of the entity; with a second name it
    is a part of a value that has several. What people disagree about begins empty and says so."""

    KIND: ClassVar[str]
    PARTS: ClassVar[Mapping[str, tuple[str, str]]]

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        label="メモ",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="クロノロジーに残ります。個人の氏名は書かないでください。",
    )

    def __init__(
        self,
        *args: Any,
        shown: Shown | None = None,
        extra: Mapping[str, forms.Field] | None = None,
        **kwargs: Any,
    ) -> None:
        self.shown = shown or Shown()
        self.base_fields = {**type(self).base_fields, **(extra or {})}  # type: ignore[misc]
        given = kwargs.pop("initial", None) or {}
        kwargs["initial"] = {**given, **self._initial(), "seen": json.dumps(self.shown.as_json())}
        super().__init__(*args, **kwargs)
        for name in self.disputed:
            field = self.fields[name]
            told = "／".join(
                words.value(self.KIND, self.PARTS[name][0], value) for value in self._values(name)
            )
            field.help_text = f"食い違いがあります：{told}。入力すると、その内容に決まります。"

    @property
    def disputed(self) -> list[str]:
        """The form's fields whose value people disagree about."""
        return [name for name in self.PARTS if name in self.fields and len(self._values(name)) > 1]

    def clean_seen(self) -> dict[str, list[str]]:
        return seen_of(self.cleaned_data["seen"])

    def values(self) -> dict[str, Any]:
        """What the form holds, by field of the entity."""
        found: dict[str, Any] = {}
        for name, (field, part) in self.PARTS.items():
            if name not in self.fields:
                continue
            value = as_json(self.cleaned_data.get(name))
            if not part:
                found[field] = value
            elif value is not None:
                found[field] = {**(found.get(field) or {}), part: value}
            else:
                found.setdefault(field, None)
        return found

    def _values(self, name: str) -> list[Any]:
        return self.shown.values(self.PARTS[name][0])

    def _initial(self) -> dict[str, Any]:
        initial = {}
        for name, (field, part) in self.PARTS.items():
            value = self.shown.value(field)
            if part:
                value = value.get(part) if isinstance(value, dict) else None
            if value is not None:
                initial[name] = _typed(value)
        return initial


def seen_of(text: str) -> dict[str, list[str]]:
    """What a page said it had shown; nothing of what cannot be read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise forms.ValidationError("画面の内容が読み取れません。画面を開き直してください。")
    seen: dict[str, list[str]] = {}
    for name, idents in found.items():
        if not isinstance(name, str) or not isinstance(idents, list) or len(idents) > _MOST_SEEN:
            raise forms.ValidationError("画面の内容が読み取れません。画面を開き直してください。")
        seen[name] = [ident for ident in idents if isinstance(ident, str)]
    return seen


def as_json(value: Any) -> Any:
    """A cleaned value as an event holds it; None for what was left empty."""
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="minutes")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.strip() or None if isinstance(value, str) else value


def choices_of(kind: str, field: str, part: str = "", *, empty: str = EMPTY[1]) -> list[tuple[str, str]]:
    """The words of a field as choices, after an empty one."""
    check: Any = merging.field_of(kind, field).check
    if part:
        check = check.parts[part]
    return [("", empty), *check.words.items()]


def _typed(value: Any) -> Any:
    """A value of an event as a form field shows it."""
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return (
        timezone.localtime(moment).replace(tzinfo=None)
        if moment is not None and timezone.is_aware(moment)
        else value
    )
