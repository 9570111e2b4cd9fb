"""Results of forecasts made by hand: any number of towns, shrinking or growing, with bands or without."""

from __future__ import annotations

import numpy as np

from keniki.analysis.population import five_year_ages
from keniki.analysis.population.drawing import GROUPS, QUANTILES
from keniki.apps.evidence.book.holdings import Place
from keniki.apps.evidence.futures.demanding import Banded, Changed, Demand, Demands, Missing, Parted
from keniki.apps.evidence.futures.forecasting import Accuracy
from keniki.apps.evidence.futures.held import Used
from keniki.apps.evidence.futures.results import Bands, Result

TOWNS = (Place("019011", "青葉市"), Place("019020", "川北町"), Place("019038", "星野町"))
AGES = five_year_ages(85)
YEARS = (2020, 2025, 2030, 2035)
USED = Used("census-2020", "令和2年国勢調査", "国勢調査", 1, "ab" * 32)
CHECKS = (
    Accuracy(2015, 2020, 1451, 0.019, 0.011, 0.025, -0.005, 0.85, 0.95),
    Accuracy(2010, 2020, 1454, 0.055, 0.023, 0.037, 0.034, 0.83, 0.95),
)


def result(
    places: tuple[Place, ...] = TOWNS,
    *,
    step: float = 0.9,
    years: tuple[int, ...] = YEARS,
    banded: bool = True,
    needs: bool = True,
) -> Result:
    """Every class times `step` every five years, the old ones a little more; towns of different size."""
    sizes = 100.0 * (1 + np.arange(len(places)))
    ageing = np.linspace(1.0, 1.06, len(AGES))
    values = np.stack(
        [sizes[:, None, None] * (step * ageing) ** at * np.ones((1, 2, 1)) for at in range(len(years))]
    )
    totals = values.sum(axis=(2, 3))
    children = values[1:, :, :, 0].sum(axis=2)
    deaths = totals[:-1] * 0.05
    groups = np.stack([values[1:, ..., _inside(group)].sum(axis=(2, 3)) for group in GROUPS], axis=-1)
    spread = 1 + np.array(QUANTILES) - 0.5
    of_places = np.array([groups * each for each in spread])
    return Result(
        places,
        AGES,
        years,
        values,
        children,
        deaths,
        np.diff(totals, axis=0) - children + deaths,
        ("own",) * len(places),
        Bands(QUANTILES, years[1:], GROUPS, of_places, of_places.sum(axis=2)) if banded else None,
        CHECKS if banded else (),
        _demands(places, years, totals, banded=banded) if needs else None,
        (USED,),
        ("過去の国勢調査がない1市区町村は、都道府県の変化率による: 01903",),
    )


def many(count: int) -> tuple[Place, ...]:
    """So many towns with names of their own."""
    return tuple(Place(f"9{at:04}0", f"第{at}町") for at in range(1, count + 1))


def _inside(group: tuple[int, int | None]) -> list[int]:
    return [
        at
        for at, (first, last) in enumerate(AGES)
        if first >= group[0] and (group[1] is None or (last is not None and last <= group[1]))
    ]


def _demands(
    places: tuple[Place, ...], years: tuple[int, ...], totals: np.ndarray, *, banded: bool
) -> Demands:
    codes = tuple(place.code[:5] for place in places)

    def made(id: str, name: str, theme: str, unit: str, rate: float, first: int = 0) -> Demand:
        whole = [float(value) * rate for value in totals.sum(axis=1)[first:]]
        by_code = {code: tuple(float(v) * rate for v in totals[first:, at]) for at, code in enumerate(codes)}
        bands = None
        if banded:
            edges = tuple(tuple(v * (1 + q - 0.5) for v in whole) for q in (0.025, 0.1, 0.5, 0.9, 0.975))
            bands = Banded((0.025, 0.1, 0.5, 0.9, 0.975), years[first:], edges)
        moved = tuple(value - whole[0] for value in whole)
        changes = (Changed("as", "推計どおり", whole[-1], 0.0),)
        changes += (Changed("tfr", "出生率が10%高い（仮定）", whole[-1] * 1.1, whole[-1] * 0.1),)
        return Demand(
            id,
            name,
            theme,
            unit,
            unit,
            0,
            years[first:],
            tuple(whole),
            by_code,
            bands,
            dict.fromkeys(codes, "national"),
            ("「全国の率」（架空の出典）",),
            "率×人口",
            "",
            Parted(years[first:], moved, (0.0,) * len(moved), (0.0,) * len(moved)),
            changes,
        )

    return Demands(
        codes,
        years,
        "2026-11-22",
        (
            made("pupils", "小学校児童数", "education", "人", 0.05),
            made("water", "1日平均給水量", "sanitation", "m³／日", 0.3),
            made("births", "出生数（1年間）", "population", "人", 0.006, 1),
        ),
        (
            Missing("bus", "バスの利用者数", "transit", codes, "乗降客数の表を読み込んでください。"),
            Missing("homes", "空き家数", "space", codes[:1], "住宅・土地統計調査を読み込んでください。"),
        ),
        1000 if banded else 0,
        1,
        ("率は将来も変わらないものとした。",),
    )
