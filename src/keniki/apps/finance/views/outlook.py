"""The outlook of a joint cost: ten years of shares by every rule on drawn populations, and the chance each holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from keniki.apps.evidence.futures.drawn import futures_of
from keniki.apps.evidence.models import Forecast
from keniki.apps.evidence.policies import save_forecast
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table, format_table_with_western
from keniki.press.charts import Chart
from keniki.press.csv import render_csv
from keniki.press.excel.data import DataSheet

from .. import games
from ..forms.workbench import OutlookForm
from ..queries import workbench as queries
from ..queries.costs import cost_for
from ..queries.workbench import Bench
from ..sharing import Gathered, reckon
from ..sharing.asking import Said, bases_of, number_in, stage_in, stage_key, year_in
from ..sharing.comparing import Candidate
from ..sharing.outlooking import FOLLOWED, MOST_DRAWS, Ahead, Course, Path, look_ahead
from ..sharing.pictures import fanned, staying
from .workbench import group_words

#: Rules that are looked at beside each other, and of them without being asked for.
MOST_RULES: Final = 8
_AT_FIRST: Final = 4
#: What a basis goes with where nothing else is asked: the people themselves, else nothing.
_PERSONS: Final = "人"


@dataclass(frozen=True)
class Asked:
    """What an address asks for; `problem` says why there is no outlook."""

    bench: Bench
    said: Said
    gathered: Gathered | None = None
    forecasts: tuple[Forecast, ...] = ()
    forecast: Forecast | None = None
    rules: tuple[Candidate, ...] = ()
    chosen: tuple[Candidate, ...] = ()
    bases: Mapping[str, str] | None = None
    path: Path | None = None
    ahead: Ahead | None = None
    problem: str = ""

    @property
    def first(self) -> str:
        """The key of the rule whose amounts are drawn."""
        return self.chosen[0].key if self.chosen else ""


@region_page
@require_GET
def outlook(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Amounts and burdens by year with their intervals, and how likely each rule stays in the core."""
    asked = _asked(request, region, slug)
    ahead, gathered = asked.ahead, asked.gathered
    names = {town.code: town.name for town in gathered.towns} if gathered is not None else {}
    shown = _shown(request, asked)
    return page(
        request,
        "finance/outlook.html",
        nav_active="finance",
        cost=asked.bench.cost,
        asked=asked,
        form=_form(asked) if gathered is not None else None,
        ahead=ahead,
        shown=shown,
        names=names,
        rows=_rows(ahead, shown, names) if ahead is not None and shown is not None else [],
        each=_rows(ahead, shown, names, each=True) if ahead is not None and shown is not None else [],
        core=[(course, _core(course), group_words(course.worst, names)) for course in ahead.courses]
        if ahead is not None
        else [],
        costs=_costs(ahead) if ahead is not None else [],
        alts=_alts(asked, shown, names),
        query=request.GET.urlencode(),
        may_forecast=save_forecast(request.actor, region),
        back=reverse("finance:workbench", args=[region.slug, asked.bench.cost.slug]),
    )


@region_page
@require_GET
def outlook_chart(request: StaffRequest, region: Region, slug: str, chart: str) -> HttpResponse:
    """`core`: the chances by rule; `towns`: what each town pays; `each`: by resident (SVG)."""
    asked = _asked(request, region, slug)
    shown = _shown(request, asked)
    if asked.ahead is None or asked.gathered is None:
        raise Http404("見通しはまだ求められません。")
    names = {town.code: town.name for town in asked.gathered.towns}
    made = None
    if chart == "core":
        made = staying(asked.ahead, asked.first)
    elif chart in ("towns", "each") and shown is not None:
        made = _fans(asked, shown, names, each=chart == "each")
    if made is None:
        raise Http404("この図はありません。")
    return HttpResponse(made.svg(), content_type="image/svg+xml")


@region_page
@require_GET
def outlook_csv(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The outlook of every rule as data: a row per rule, town and year."""
    asked = _asked(request, region, slug)
    if asked.ahead is None or asked.gathered is None:
        raise Http404("見通しはまだ求められません。")
    names = {town.code: town.name for town in asked.gathered.towns}
    title = f"{asked.bench.cost.title}_{format_table(asked.gathered.fiscal_year)}_負担の見通し"
    return download(f"{title}.csv", render_csv(outlook_sheet(asked.ahead, names)).data)


def outlook_sheet(ahead: Ahead, names: Mapping[str, str]) -> DataSheet:
    """All quantiles and chances as data."""
    heads = (
        "定め", "団体コード", "団体名", "年度", "負担額_円_下限10", "負担額_円_中央値", "負担額_円_上限90",
        "1人当たり_円_下限10", "1人当たり_円_中央値", "1人当たり_円_上限90", "コアに入る確率",
    )  # fmt: skip
    rows = []
    for course in ahead.courses:
        if course.amounts is None or course.each is None:
            continue
        for at, code in enumerate(ahead.codes):
            for step, year in enumerate(ahead.years):
                rows.append(
                    (
                        course.name,
                        code,
                        names[code],
                        year,
                        *(round(float(value)) for value in course.amounts[:, step, at]),
                        *(round(float(value), 1) for value in course.each[:, step, at]),
                        None if course.in_core is None else round(float(course.in_core[step]), 4),
                    )
                )
    return DataSheet("見通し", heads, rows)


def _asked(request: StaffRequest, region: Region, slug: str) -> Asked:
    said = Said()
    bench = queries.bench(cost_for(region, slug))
    year = year_in(request.GET.get("year", ""), bench.years, bench.year, said)
    if year is None:
        return Asked(bench, said)
    stage = stage_in(request.GET.get("stage", ""), request.GET.get("round", ""), bench.stages(year), said)
    assert stage is not None
    gathered = bench.gathered(year, stage)
    bases = bases_of(gathered, bench.candidates)
    rules = [rule for rule in bench.candidates if reckon(gathered, rule.spec).shared is not None]
    chosen = _chosen(request, bench, rules, year)
    forecasts = queries.forecasts_of(region)
    pk = whole_number(request.GET.get("forecast", ""))
    forecast = next((each for each in forecasts if each.pk == pk), forecasts[0] if forecasts else None)
    if request.GET.get("forecast") and (forecast is None or forecast.pk != pk):
        said.say("指定された将来推計はありません。別の推計で表示しています。")
    received = sum(each.amount for held in gathered.revenues.values() for each in held)
    made = queries.game_at(bench.game_in(year), gathered, max(gathered.total - received, 0))
    game = made if isinstance(made, games.TownGame) else None
    path = _path(request, bench, bases, game, said)
    found = Asked(bench, said, gathered, tuple(forecasts), forecast, tuple(rules), tuple(chosen), bases, path)
    if forecast is None:
        return found
    if not chosen:
        return replace(found, problem="使える定めがありません。定めか、按分の基礎数値を入力してください。")
    untested = made.problem if isinstance(made, games.Refused) else ""
    if made is None:
        untested = "単独・共同の費用が未入力のため、コアに入る確率は求めていません。"
    try:
        futures = futures_of(forecast, MOST_DRAWS)
        return replace(found, ahead=look_ahead(gathered, chosen, futures, path, game, untested))
    except WrongInput as wrong:
        return replace(found, problem=wrong.message)


def _chosen(request: StaffRequest, bench: Bench, rules: list[Candidate], year: int) -> list[Candidate]:
    """The rules asked for; else the decided one and some published ones, the same split only once."""
    wanted = request.GET.getlist("rule")
    asked = [rule for rule in rules if rule.key in wanted][:MOST_RULES]
    if asked:
        return asked
    decided = bench.rule_in(year)
    first = [rule for rule in rules if decided is not None and rule.key == f"v{decided.number}"]
    rest = [rule for rule in rules if rule not in first]
    return [*first, *rest][:_AT_FIRST]


def _path(
    request: StaffRequest, bench: Bench, bases: Mapping[str, str], game: games.TownGame | None, said: Said
) -> Path:
    """How the cost goes on; where nothing is asked, as large a part of it as of the cost function varies."""
    units = {key: basis.unit for rule in reversed(bench.candidates) for key, basis in rule.spec.bases.items()}
    follow = []
    for key in bases:
        typed = request.GET.get(f"follow-{key}", "")
        by_itself = "total" if key == "population" or units.get(key) == _PERSONS else "fixed"
        follow.append((key, typed if typed in FOLLOWED else by_itself))
    demand = request.GET.get("demand", "")
    variable = request.GET.get("variable", "").strip()
    if not variable and game is not None:
        variable = str(game.variable_percent)
    return Path(
        number_in(request.GET.get("rise", ""), "経費の増減", Decimal(-20), Decimal(20), said),
        number_in(variable, "人口とともに変わる部分", Decimal(0), Decimal(100), said),
        demand if demand in FOLLOWED else "total",
        tuple(follow),
    )


def _form(asked: Asked) -> OutlookForm:
    gathered, path = asked.gathered, asked.path
    assert gathered is not None
    assert path is not None
    follow = [(key, label) for key, (label, _) in FOLLOWED.items()]
    return OutlookForm(
        choices={
            "year": [(year, format_table_with_western(year)) for year in asked.bench.years],
            "stage": [(stage_key(stage), stage.label) for stage in asked.bench.stages(gathered.fiscal_year)],
            "forecast": [(each.pk, f"{each.title}（{each.until}年まで）") for each in asked.forecasts],
            "demand": [(key, label) for key, label in follow if key != "fixed"],
            "rule": [(rule.key, rule.name) for rule in asked.rules],
        },
        bases=asked.bases or {},
        follow=follow,
        initial={
            "year": gathered.fiscal_year,
            "stage": stage_key(gathered.stage),
            "forecast": asked.forecast.pk if asked.forecast is not None else "",
            "rise": f"{path.rise:f}" if path.rise else "",
            "variable": f"{path.variable:f}",
            "demand": path.demand,
            "rule": [rule.key for rule in asked.chosen],
            **{f"follow-{key}": what for key, what in path.follow},
        },
    )


def _shown(request: StaffRequest, asked: Asked) -> Course | None:
    """The rule whose towns are shown: the one asked for as `show`, else the first."""
    if asked.ahead is None:
        return None
    key = request.GET.get("show", "")
    courses = [course for course in asked.ahead.courses if course.amounts is not None]
    return next((course for course in courses if course.key == key), courses[0] if courses else None)


def _fans(asked: Asked, course: Course, names: Mapping[str, str], *, each: bool) -> Chart | None:
    assert asked.ahead is not None
    assert asked.gathered is not None
    return fanned(asked.ahead, course, names, _now(asked, course), asked.gathered.fiscal_year, each=each)


def _now(asked: Asked, course: Course) -> dict[str, int]:
    """What each town pays by the rule in the cost's own year."""
    assert asked.gathered is not None
    rule = next(rule for rule in asked.chosen if rule.key == course.key)
    return dict(reckon(asked.gathered, rule.spec).shares)


def _rows(
    ahead: Ahead, course: Course, names: Mapping[str, str], *, each: bool = False
) -> list[tuple[str, list[tuple[str, ...]]]]:
    """A row per town: by year the middle, the lower and the upper end; whole yen, per resident with one decimal."""
    values = course.each if each else course.amounts
    if values is None:
        return []
    digits = 1 if each else 0
    return [
        (
            names[code],
            [
                tuple(f"{float(values[place, step, at]):,.{digits}f}" for place in (1, 0, 2))
                for step in range(len(ahead.years))
            ],
        )
        for at, code in enumerate(ahead.codes)
    ]


def _core(course: Course) -> list[Decimal | None]:
    """The chances in per cent by year."""
    if course.in_core is None:
        return []
    return [Decimal(repr(round(float(value) * 100, 1))) for value in course.in_core]


def _costs(ahead: Ahead) -> list[tuple[int, int, int]]:
    return [
        (round(float(middle)), round(float(low)), round(float(high)))
        for low, middle, high in zip(*ahead.cost, strict=True)
    ]


def _alts(asked: Asked, shown: Course | None, names: Mapping[str, str]) -> dict[str, str]:
    """What the pictures show, in sentences; without an outlook none."""
    if asked.ahead is None or asked.gathered is None:
        return {}
    found = {}
    if (core := staying(asked.ahead, asked.first)) is not None:
        found["core"] = core.alt
    if shown is not None:
        for chart in ("towns", "each"):
            drawn = _fans(asked, shown, names, each=chart == "each")
            if drawn is not None:
                found[chart] = drawn.alt
    return found
