"""Form fields that several slices share: amounts of money, days, numbers with a fraction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core import validators

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.money import Unit, format_money, parse_money

_TOO_LARGE = 10**15
_FIRST_DAY, _LAST_DAY = date(1947, 1, 1), date(2150, 12, 31)


class YenField(forms.CharField):
    """An amount as people type it, read as whole yen: 3,300,000・330万・▲1,200千円."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "text", "class": "num"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return format_money(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            amount = parse_money(typed, Unit.YEN)
        except WrongInput as wrong:
            raise forms.ValidationError(wrong.message) from wrong
        if abs(amount) >= _TOO_LARGE:
            raise forms.ValidationError("金額が大きすぎます。1,000兆円より小さい金額を入力してください。")
        return amount


class AmountField(YenField):
    """An amount of 0 yen or more."""

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        if amount is not None and amount < 0:
            raise forms.ValidationError("0円以上の金額を入力してください。")
        return amount


class DayField(forms.DateField):
    """A day of the post-war administration: 1947 to 2150, so that a day before and after it exist too."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**kwargs)
        self.validators += [
            validators.MinValueValidator(_FIRST_DAY, "昭和22年より後の日にしてください。"),
            validators.MaxValueValidator(_LAST_DAY, "2150年までの日にしてください。"),
        ]


class MomentField(forms.DateTimeField):
    """A moment of the post-war administration, to the minute, in local time."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        if moment is not None and not _FIRST_DAY <= moment.date() <= _LAST_DAY:
            raise forms.ValidationError("昭和22年から2150年までの日時にしてください。")
        return moment


class NumberField(forms.CharField):
    """A number of 0 or more in digits of any width, with thousands commas or a fraction, read as Decimal."""

    def __init__(self, *, below: Decimal = Decimal(10**12), **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}))
        self.below = below
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            number = Decimal(plain(typed).replace(",", ""))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or number < 0:
            raise forms.ValidationError(f"「{typed}」は0以上の数ではありません。数字で入力してください。")
        if number >= self.below:
            raise forms.ValidationError(f"{self.below:,f} より小さい数を入力してください。")
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -6:
            raise forms.ValidationError("小数は6桁までにしてください。")
        return number
