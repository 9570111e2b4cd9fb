"""The page that explains each method of the futures and of natural regions in plain words (推計と圏域設定の方法)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.core.cache import cache
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from keniki import __version__
from keniki.analysis.economy import METHODS as MULTIPLIER_METHODS
from keniki.analysis.population import Shrinkage
from keniki.analysis.population.drawing import QUANTILES
from keniki.analysis.population.scenario import FERTILITY_PER_RATIO
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.policies import today
from keniki.rulebooks import demand
from keniki.rulebooks.population import life_tables

from ..book.tables import printed
from ..delineating.finding import DRAWS
from ..delineating.rules import LMA_SETS, RULES
from ..futures import held
from ..futures.forecasting import Accuracy, accuracy
from ..models import Forecast
from ..queries import contents_mark

#: Seconds; a mark of what is held is part of what a check is kept under.
_KEPT_FOR: Final = 7 * 24 * 60 * 60


@region_page
@require_GET
def methods(request: StaffRequest, region: Region) -> HttpResponse:
    """Every method with its formula, limits and sources; figures are those of the rules and the statistics held."""
    counted = held.censuses()
    years = sorted(counted.years)
    return page(
        request,
        "evidence/methods.html",
        nav_active="evidence",
        years=years,
        newest=len(counted.years[years[-1]].population.codes) if years else 0,
        used=counted.used,
        shrink=Shrinkage(),
        periods=[weight * 100 for weight in Shrinkage().periods],
        fertility=FERTILITY_PER_RATIO,
        tables=life_tables(),
        draws=Forecast._meta.get_field("draws").default,
        inner=(QUANTILES[-2] - QUANTILES[1]) * 100,
        outer=(QUANTILES[-1] - QUANTILES[0]) * 100,
        checked=_rows(_kept()),
        checkable=len(years) >= 3,
        demands=_demands(),
        rules=[
            (kind, [(each, each.default * each.factor) for each in kind.parameters])
            for kind in RULES.values()
        ],
        sets=[words for key, words in LMA_SETS.items() if key != "own"],
        stability_draws=DRAWS,
        multipliers=[each.upper() for each in MULTIPLIER_METHODS],
    )


@region_page
@require_GET
def methods_accuracy(request: StaffRequest, region: Region) -> HttpResponse:
    """How well past censuses would have been foreseen, reckoned where it was not yet."""
    polled = request.headers.get("HX-Request") is not None
    return page(
        request,
        "evidence/_methods_accuracy.html" if polled else "evidence/methods_accuracy.html",
        nav_active="evidence",
        checked=_rows(_checked()),
    )


@dataclass(frozen=True)
class CheckedRow:
    """A check as a row: its figures in per cent as printed."""

    row: Accuracy
    cells: tuple[str, ...]


def _rows(found: tuple[Accuracy, ...] | None) -> list[CheckedRow] | None:
    if found is None:
        return None
    return [
        CheckedRow(
            each,
            (
                *(
                    printed(value * 100, 2)
                    for value in (each.mape, each.median_ape, each.cell_error, each.bias)
                ),
                *(
                    printed(value * 100, 1) if value is not None else "―"
                    for value in (each.coverage_80, each.coverage_95)
                ),
            ),
        )
        for each in found
    ]


def _demands() -> list[tuple[demand.DemandRule, str, str]]:
    """Each demand with the source of the national rate it falls back on, and what has to be given for it."""
    on = today()
    found = []
    for rule in demand.demands(on).values():
        rates = [demand.rate(rule.rate, on)] if rule.rate else []
        rates += [demand.factor(rule.factor, on)] if rule.factor else []
        sources = [each.source for each in rates if each.is_known]
        asks = [each.question for each in rates if not each.is_known]
        found.append((rule, "、".join(dict.fromkeys(sources)), "".join(asks)))
    return found


def _checked() -> tuple[Accuracy, ...]:
    """The check on the censuses held, kept for all processes until others are loaded."""
    found = _kept()
    if found is None:
        years = held.censuses().years
        found = accuracy(max(years)) if len(years) >= 3 else ()
        cache.set(_key(), found, _KEPT_FOR)
    return found


def _kept() -> tuple[Accuracy, ...] | None:
    found: tuple[Accuracy, ...] | None = cache.get(_key())
    return found


def _key() -> str:
    return f"futures-accuracy:{contents_mark(None)}:{__version__}"
