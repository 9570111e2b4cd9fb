"""Small lookups for the slice's templates (`{% load compacts %}`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import template

from keniki.apps.compacts.models import Evaluation, Kpi
from keniki.apps.compacts.queries.evaluations import grade_mark as mark_of
from keniki.apps.compacts.queries.fields import field_names
from keniki.core import fiscal_year
from keniki.rulebooks.kpi import EvaluationScale

register = template.Library()


@register.filter
def of_town(rows: Iterable[Any] | str, municipality_id: int) -> Any:
    """The row of that municipality, or None."""
    return next((row for row in rows if getattr(row, "municipality_id", None) == municipality_id), None)


@register.filter
def town_names(codes: Iterable[str], names: Mapping[str, str]) -> str:
    """「甲 青葉市・乙 川北町」 for codes."""
    return "・".join(names.get(code, code) for code in codes)


@register.filter
def of_key(found: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key, or None."""
    return found.get(key) if found else None


@register.filter
def plain_number(value: Decimal | None) -> str:
    """A decimal without idle zeros: 1,200 or 2.5; empty without a value."""
    return "" if value is None else f"{value.normalize():,f}"


@register.filter
def rounded(value: Decimal | None) -> str:
    """A value on the way between targets, to one decimal."""
    if value is None:
        return ""
    cut = round(value, 1)
    return plain_number(cut if cut != cut.to_integral_value() else cut.to_integral_value())


@register.filter
def annex_title(titles: Mapping[tuple[str, str], str], link: Any) -> str:
    """The title of the annex item an initiative's link names."""
    return titles.get((link.agreement.slug, link.key), link.key)


@register.filter
def annex_groups(titles: Mapping[tuple[str, str], str], links: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """The annex items an initiative carries out, by title, each with the agreements that hold it."""
    groups: dict[str, list[Any]] = {}
    for link in links:
        groups.setdefault(annex_title(titles, link), []).append(link.agreement)
    return list(groups.items())


@register.filter
def grade_mark(evaluation: Evaluation, scales: Mapping[str, EvaluationScale]) -> str:
    """An evaluation's grade as tables print it."""
    return mark_of(scales.get(evaluation.scale), evaluation.grade)


@register.filter
def policy_field(key: str) -> str:
    """The name of a policy field."""
    return field_names().get(key, key)


@register.filter
def baseline_years(kpi: Kpi) -> str:
    """When the baseline was taken, as typed or 「H25～H29の平均」."""
    if kpi.baseline_label:
        return kpi.baseline_label
    years = sorted(kpi.baseline_years)
    if not years:
        return ""
    words = fiscal_year.format_short(years[0])
    if len(years) > 1:
        words = f"{words}～{fiscal_year.format_short(years[-1])}"
    return f"{words}の平均" if kpi.baseline_average else words
