"""A forecast from what is held: base population and rates by model, with everything they rest on."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

import numpy as np

from keniki.analysis.arrays import Array
from keniki.analysis.population import (
    STEP,
    Control,
    History,
    InputError,
    Population,
    Rates,
    Uncertainty,
    calibrate,
    cohort_rates,
    pool_rates,
    rates_of,
)
from keniki.core.errors import WrongInput

from ..queries import contents_mark
from . import held, lives
from .held import Used

#: A projection that is published as totals only: their indicators, and the ages they are of.
_TOTALS: Final = {
    "projected_population_0_14": (0, 14),
    "projected_population_15_64": (15, 64),
    "projected_population_65_plus": (65, None),
}

#: So many earlier censuses the newest one is forecast from to check the method.
_CHECKED: Final = 4


#: Periods of five years that rates are made of, in which nobody should have lost or won half of their people.
_LOOKED_BACK: Final = 3


@dataclass(frozen=True)
class Ready:
    """What a projection is made of. `history` ends at the base; `uncertainty` is None where nothing can be checked."""

    base: Population
    rates: Rates
    control: Control | None
    history: History | None
    used: tuple[Used, ...]
    notes: tuple[str, ...] = field(default=())

    def said_of(self, codes: Sequence[str]) -> tuple[str, ...]:
        """The notes, whose rates are not their own among these municipalities, and who changed too fast for any."""
        of = set(codes)
        return (*self.notes, *_basis_notes(self.rates, of), *_jump_notes(self.history, of))

    def of(self, codes: Sequence[str]) -> Ready:
        """The same of these municipalities only; those of one pool stay together and are not cut."""
        kept = None if self.control is None else self.control.of(codes)
        return replace(self, base=self.base.of(codes), rates=self.rates.of(codes), control=kept)

    def uncertainty(self) -> Uncertainty:
        """How wrong such forecasts were, measured on the censuses held. WrongInput for fewer than three of them."""
        if self.history is None:
            raise WrongInput("公表された推計の値そのものには、予測区間がない。", column="--draws")
        if len(self.history.years) < 3:
            raise WrongInput(
                "予測区間には、5年おきの国勢調査が3回分要ります。過去の国勢調査（男女、年齢5歳階級別の人口）を"
                " keniki data import で読み込んでください。",
                column="--draws",
            )
        return calibrate(self.history, lives.survival_from(self.base.year, 1, self.base.ages))


def ready(base: str, model: str, until: int, published: str | None = None) -> Ready:
    """Base and rates of all municipalities in the store that the model covers, up to `until`.

    Kept in the process until the store changes. `base` is a census (`census2020`); the model `published` with ages
    starts from the projection's own first year and with totals only from the census, corrected uniformly to them.
    WrongInput says which file is missing.
    """
    return _ready(base, model, until, published, contents_mark(None))


@lru_cache(maxsize=8)
def _ready(base: str, model: str, until: int, published: str | None, mark: str) -> Ready:
    if model == "published":
        if published is None:
            raise WrongInput("どの公表推計によるかを指定してください（例 ipss_h30）。", column="--published")
        return _published(base, until, published)
    counted = held.censuses()
    population = held.base_population(counted, base)
    steps = _steps(population.year, until)
    history = _history(counted, population)
    start = history.at(population.year)
    if len(history.years) < 2:
        raise WrongInput(
            f"{population.year - STEP}年の国勢調査（男女、年齢5歳階級別の人口）が読み込まれていません。"
            "人口の変化率を求めるには、基準の年とその5年前の調査が要ります。keniki data import で読み込んでください。",
            column="--model",
        )
    survival = lives.survival_from(start.year, steps, start.ages)
    past: Sequence[Array] = lives.past_survival(history.years, history.ages) if model != "ccr" else ()
    rates = cohort_rates(
        history, survival, max(steps, 1), past_survival=past, model="ccr" if model == "ccr" else "net"
    ).of(start.codes)
    used = counted.used_until(start.year)
    if model == "pool":
        start, rates, more, said = _pool(start, rates)
        return Ready(start, rates, None, history, (*used, *more), said)
    return Ready(start, rates, None, history, used)


@dataclass(frozen=True)
class Accuracy:
    """How well a census would have been foreseen at an earlier one by the same method (過去の国勢調査による検証).

    Errors of the totals of `n` municipalities as in `Errors`; `coverage_80` and `coverage_95` are shares of them within
    their band, None where none could be measured.
    """

    origin: int
    target: int
    n: int
    mape: float
    median_ape: float
    cell_error: float
    bias: float
    coverage_80: float | None
    coverage_95: float | None


def accuracy(until: int) -> tuple[Accuracy, ...]:
    """The newest census up to `until` as it would have been foreseen 5, 10, 15 and 20 years before.

    Empty where the store has no three censuses in a row; kept in the process until the store changes.
    """
    return _accuracy(until, contents_mark(None))


@lru_cache(maxsize=4)
def _accuracy(until: int, mark: str) -> tuple[Accuracy, ...]:
    from keniki.analysis.population.held_out import held_out

    counted = held.censuses()
    years = [year for year in counted.years if year <= until]
    if len(years) < 3:
        return ()
    history = held.Held({year: counted.years[year] for year in years}, ()).history
    found = []
    for origin in reversed(history.years[1:-1][-_CHECKED:]):
        target = history.years[-1]
        survival = lives.survival_from(origin, (target - origin) // STEP, history.ages)
        made = held_out(history.until(origin), history.at(target), survival)
        if made.coverage_80 is not None:
            off = made.errors
            found.append(
                Accuracy(
                    origin,
                    target,
                    off.n,
                    off.mape,
                    off.median_ape,
                    off.cell_error,
                    off.bias,
                    made.coverage_80,
                    made.coverage_95,
                )
            )
    return tuple(found)


def _history(counted: held.Held, base: Population) -> History:
    """The censuses up to the base, the base's municipalities first among equals."""
    years = {year: each for year, each in counted.years.items() if year <= base.year}
    return held.Held(years, counted.used).history


def _pool(start: Population, rates: Rates) -> tuple[Population, Rates, tuple[Used, ...], tuple[str, ...]]:
    out, into, year, used = held.moves(start.year)
    if year is None:
        raise WrongInput(
            "転出者数と転入者数がありません。SSDSE-A（市区町村）を keniki data import で読み込むか、"
            "純移動率モデル（net）を使ってください。",
            column="--model",
        )
    lost = np.array([out.get(code, np.nan) for code in start.codes])
    won = np.array([into.get(code, np.nan) for code in start.codes])
    there = ~(np.isnan(lost) | np.isnan(won))
    without = [code for code, known in zip(start.codes, there, strict=True) if not known]
    codes = tuple(code for code in start.codes if code not in set(without))
    notes = [f"転出入は{year}年の値による。"]
    if without:
        shown = "、".join(without[:10])
        notes.append(f"転出入の値がない{len(without)}市区町村は、プールに含めていない: {shown}")
    kept = start.of(codes)
    return kept, pool_rates(rates.of(codes), kept, lost[there], won[there]), used, tuple(notes)


def _published(base: str, until: int, source: str) -> Ready:
    whole = held.projected(source)
    if whole.years:
        years = sorted(whole.years)
        first = years[0]
        if until > years[-1] or until < first or (until - first) % STEP:
            raise WrongInput(f"この公表推計は{first}年から{years[-1]}年までの5年おきです。", column="--to")
        series = [whole.years[year].population for year in years]
        codes = [code for code in series[0].codes if all(code in set(each.codes) for each in series)]
        kept = [each.of(codes) for each in series]
        survival = lives.survival_from(first, len(kept) - 1, kept[0].ages)
        note = f"基準人口は、公表推計の{first}年の値による。"
        return Ready(kept[0], rates_of(kept, survival), None, None, whole.used, (note,))
    totals, used = held.totals_projected(source, tuple(_TOTALS))
    if not totals:
        raise WrongInput(
            f"公表推計 {source} が読み込まれていません。国立社会保障・人口問題研究所の結果表を"
            " keniki data import で読み込んでください。",
            column="--published",
        )
    found = ready(base, "ccr", until)
    codes = [
        code
        for code in found.base.codes
        if all(code in by for year, by in totals.items() if found.base.year < year <= until)
    ]
    if not codes:
        raise WrongInput(f"公表推計 {source} に、{base} の後の年の値がありません。", column="--published")
    control = Control(
        tuple((code,) for code in codes),
        tuple(_TOTALS.values()),
        {
            year: np.array([[by[code]] for code in codes])
            for year, by in totals.items()
            if found.base.year < year <= until
        },
    )
    notes = ("公表推計は年齢3区分の総数だけなので、変化率による推計を市区町村・3区分ごとに一律に補正した。",)
    return Ready(
        found.base.of(codes), found.rates.of(codes), control, found.history, (*found.used, *used), notes
    )


def _steps(year: int, until: int) -> int:
    steps, left = divmod(until - year, STEP)
    if left or not 0 <= steps <= 20:
        raise WrongInput(
            f"推計する年は、基準の{year}年から5年おきに、100年後までにしてください。", column="--to"
        )
    return steps


def _basis_notes(rates: Rates, of: Set[str]) -> tuple[str, ...]:
    words = {"prefecture": "都道府県", "nation": "全国"}
    found = []
    for basis, word in words.items():
        codes = [
            code for code, each in zip(rates.codes, rates.basis, strict=True) if each == basis and code in of
        ]
        if codes:
            shown = "、".join(codes[:10])
            more = " など" if len(codes) > 10 else ""
            found.append(f"過去の国勢調査がない{len(codes)}市区町村は、{word}の変化率による: {shown}{more}")
    return tuple(found)


def _jump_notes(history: History | None, of: Set[str]) -> tuple[str, ...]:
    """Who lost or won more than half within five years, as when people were evacuated, or has nobody at all."""
    if history is None:
        return ()
    totals = history.values.sum(axis=(1, 2))[:, -1 - _LOOKED_BACK :]
    before, after = totals[:, :-1], totals[:, 1:]
    jumped = np.any((after < before / 2) | (after > before * 2), axis=1) | (totals[:, -1] == 0)
    codes = [code for code, has in zip(history.codes, jumped, strict=True) if has and code in of]
    if not codes:
        return ()
    shown = "、".join(codes[:10])
    more = " など" if len(codes) > 10 else ""
    return (
        f"国勢調査の間に人口が急に変わった市区町村（避難指示など）は、変化率による推計に向かない: {shown}{more}",
    )


#: What people's scenarios and totals are refused for, by the words of the analysis.
_REFUSED: Final = {
    "no figures of this municipality": "この市区町村は、推計する市区町村にありません",
    "no such class for the members of a family": "世帯員の年齢は、推計の年齢階級の初めの年齢にしてください",
    "no whole class of ages lies within the ages of the migration": "移動の年齢の間に、5歳階級が一つも入りません",
    "a scenario has one set of control totals": "control は一つだけにしてください",
    "this municipality is in two areas of the control totals": "この市区町村が、control の二つの地域にあります",
    "a class of ages lies only partly in a group of the control totals": (
        "年齢の区切りは、5歳階級の区切りに合わせてください"
    ),
    "control totals are of an area that is only partly projected": (
        "control の地域に、推計しない市区町村があります"
    ),
    "nobody is there to be scaled to the control total": (
        "人口が0の地域又は年齢区分を、control の総数に合わせることはできません"
    ),
}


def explained(error: InputError) -> WrongInput:
    """What the analysis refused, as a message for people with its place."""
    place = {"code": error.code, "year": error.year}
    where = "、".join(str(value) for value in place.values() if value is not None)
    said = _REFUSED.get(error.problem, error.problem)
    return WrongInput(f"推計できません（{where}{'：' if where else ''}{said}）。")
