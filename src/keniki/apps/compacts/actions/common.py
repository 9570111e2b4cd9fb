"""What the actions share: names for new records, dates in words, checks of days and years."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from keniki.apps.regions import policies as regions
from keniki.core import era, fiscal_year
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput


def free_slug(taken: Iterable[str], stem: str) -> str:
    """`stem` itself or with the first number that is free; underscores become hyphens."""
    stem = stem.replace("_", "-")
    used = set(taken)
    if stem not in used:
        return stem
    number = 2
    while f"{stem}-{number}" in used:
        number += 1
    return f"{stem}-{number}"


def free_number(taken: Iterable[str], stem: str) -> str:
    """`stem` with a number above all numbers ever used with it: a key that came to nothing is not used again."""
    numbers = [whole_number(key.removeprefix(stem)) or 0 for key in taken if key.startswith(stem)]
    return f"{stem}{max(numbers, default=0) + 1}"


def shown(value: Any) -> str:
    """A value as a log line prints it."""
    if value is None or value == "" or value == []:
        return "（空欄）"
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, date):
        return era.format_date(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, list | tuple):
        return "・".join(str(part) for part in value)
    text = str(value).replace("\n", " ")
    return text if len(text) <= 40 else f"{text[:40]}…"


def label_of(model: type[models.Model], name: str) -> str:
    """The Japanese name of a field; `vision_id` counts as `vision`."""
    return str(getattr(model._meta.get_field(name.removesuffix("_id")), "verbose_name", name))


def attributes(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """The column names of fields: `vision` is `vision_id`."""
    return [str(getattr(model._meta.get_field(name), "attname", name)) for name in names]


def differences(record: models.Model, values: dict[str, Any]) -> list[str]:
    """「名称を A→B」 for every field whose value is about to change."""
    lines = []
    for name, value in values.items():
        before = getattr(record, name)
        if before == value:
            continue
        column = record._meta.get_field(name)
        label = str(getattr(column, "verbose_name", name))
        if isinstance(before, models.Model) or isinstance(value, models.Model):
            lines.append(f"{label}を {shown(before)}→{shown(value)}")
            continue
        choices = {key: str(word) for key, word in (getattr(column, "flatchoices", None) or ())}
        lines.append(
            f"{label}を {shown(choices.get(before, before))}→{shown(choices.get(value, value))}"
            if not isinstance(before, list | dict)
            else f"{label}を変更"
        )
    return lines


def check_day(day: date | None, column: str, *, not_before: date | None = None, after_what: str = "") -> None:
    """WrongInput for a day to come and for one before `not_before`."""
    if day is None:
        return
    if day > regions.today():
        raise WrongInput("まだ来ていない日付は記録できません。", column=column)
    if not_before is not None and day < not_before:
        raise WrongInput(
            f"{after_what}（{era.format_date(not_before)}）より前の日付です。日付を確かめてください。",
            column=column,
        )


def check_years(first: int | None, last: int | None) -> None:
    """WrongInput when a period ends before it begins."""
    if first is not None and last is not None and last < first:
        raise WrongInput(
            f"終了年度（{fiscal_year.format_table(last)}）が開始年度（{fiscal_year.format_table(first)}）より前です。",
            column="終了年度",
        )


def needed(value: str, column: str) -> str:
    """The text without blanks around it; WrongInput when nothing is left."""
    value = value.strip()
    if not value:
        raise WrongInput("入力してください。", column=column)
    return value
