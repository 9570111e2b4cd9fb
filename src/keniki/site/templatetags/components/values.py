"""Filters and tags that write one value: missing ones, money, counts, dates, fiscal years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from keniki.core import era, fiscal_year, money
from keniki.core.counts import Basis, Count, format_count

from .library import register

#: What a value that is not there looks like: sign on the page, words for a screen reader.
MISSING: Final[Mapping[str, tuple[str, str]]] = {
    "none": ("―", "なし"),
    "todo": ("未入力", ""),
    "unknown": ("不詳", ""),
}


@register.filter
def kind_of(record: Model) -> str:
    """The kind of a record as the log names it: `activities.activity`."""
    return record._meta.label_lower


@register.filter
def missing(value: Any, kind: str = "todo") -> Any:
    """The value, or 未入力 (`todo`), ― (`none`), 不詳 (`unknown`) when there is none. Zero is a value."""
    return blank(kind) if value is None or value == "" else value


@register.filter
def dash_if_none(value: Any) -> Any:
    """The value, or 「―」: nothing was done, nothing is to be typed."""
    return missing(value, "none")


@register.simple_tag
def blank(kind: str = "todo") -> SafeString:
    """`{% blank "none" %}` 「―」, `{% blank "todo" %}` 「未入力」, `{% blank "unknown" %}` 「不詳」."""
    sign, words = MISSING[kind]
    if words:
        return format_html(
            '<span class="missing-{}"><span aria-hidden="true">{}</span>'
            '<span class="sr-only">{}</span></span>',
            kind,
            sign,
            words,
        )
    return format_html('<span class="missing-{}">{}</span>', kind, sign)


@register.filter
def yen(amount: int | None) -> str:
    """`1,234,000円`, minus as ▲; empty without an amount (then chain `missing` or `dash_if_none`)."""
    return "" if amount is None else money.format_money(amount, with_unit=True)


@register.filter
def thousand_yen(amount: int | None) -> str:
    """Yen printed in 千円 (四捨五入) without the unit, which stands in the head of the table."""
    return "" if amount is None else money.format_money(amount, money.Unit.THOUSAND)


@register.filter
def number(value: int | float | Decimal | None) -> str:
    """Digits in groups of three, minus as ▲; a stored decimal without the zeros its column adds."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else value.normalize()
    return f"{money.MINUS if value < 0 else ''}{abs(value):,}"


@register.filter
def count(value: Any) -> str:
    """A count (数量) as typed: `延べ100作品`, `約300人`, `4市3町`.

    Takes a `keniki.core.counts.Count`, or a record with its value, counter, basis and as_typed.
    """
    if value is None or value == "":
        return ""
    if not isinstance(value, Count):
        number = Decimal(value.value).normalize()
        whole = int(number) if number == number.to_integral_value() else number
        value = Count(whole, value.counter, Basis(value.basis), getattr(value, "as_typed", ""))
    return format_count(value)


@register.filter
def era_date(day: date | datetime | None) -> str:
    """`令和2年10月9日`; a moment is taken in local time."""
    return era.format_date(_day(day)) if day else ""


@register.filter
def era_date_short(day: date | datetime | None) -> str:
    """`R2.10.9` for narrow columns."""
    return era.format_date_short(_day(day)) if day else ""


@register.filter
def era_moment(moment: datetime | None) -> str:
    """`R6.5.24 14:05`, local time: for logs."""
    if moment is None:
        return ""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return f"{era.format_date_short(local.date())} {local:%H:%M}"


@register.filter
def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in the two greatest units: `1時間32分前`; less than a minute is `1分以内`.

    >>> from datetime import timedelta, timezone as zone
    >>> at = datetime(2026, 8, 1, tzinfo=zone.utc)
    >>> [ago(at, at + timedelta(minutes=each)) for each in (0, 5, 60, 92, 1440 * 2 + 61)]
    ['1分以内', '5分前', '1時間前', '1時間32分前', '2日1時間前']
    """
    minutes = max(int(((now or timezone.now()) - moment).total_seconds() // 60), 0)
    units = [(minutes // 1440, "日"), (minutes // 60 % 24, "時間"), (minutes % 60, "分")]
    first = next((at for at, (number, _) in enumerate(units) if number), None)
    if first is None:
        return "1分以内"
    return "".join(f"{number}{unit}" for number, unit in units[first : first + 2] if number) + "前"


@register.filter
def year_table(year: int | None) -> str:
    """A fiscal year in tables: `令和2年度`."""
    return "" if year is None else fiscal_year.format_table(year)


@register.filter
def not_over(year: int) -> bool:
    """Whether the fiscal year has not ended: what is not there may still come."""
    return int(year) >= int(fiscal_year.FiscalYear.of(timezone.localdate()))


@register.filter
def year_choice(year: int | None) -> str:
    """A fiscal year where one is chosen: `令和2年度（2020）`."""
    return "" if year is None else fiscal_year.format_table_with_western(year)


@register.filter
def year_short(year: int | None) -> str:
    """A fiscal year in captions and chart axes: `R2`."""
    return "" if year is None else fiscal_year.format_short(year)


@register.filter
def year_text(year: int | None) -> str:
    """A fiscal year in running text: `（R2年度）`."""
    return "" if year is None else fiscal_year.format_text(year)


@register.filter
def years_title(years: Iterable[int]) -> str:
    """Fiscal years behind a title: `（R3～R6）`, `（R2のみ実施）`."""
    return fiscal_year.format_title(years)


def _day(day: date | datetime) -> date:
    if isinstance(day, datetime):
        return timezone.localtime(day).date() if timezone.is_aware(day) else day.date()
    return day
