"""The outlook: drawn populations year by year, amounts and the core on each of them, the page and its files."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from django.urls import reverse

from keniki.analysis.sharing import Game, core
from keniki.apps.evidence import actions as evidence
from keniki.apps.evidence.book.book import members_of, places_of
from keniki.apps.evidence.futures.drawn import Futures, futures_of
from keniki.apps.evidence.futures.making import Wanted, make
from keniki.apps.evidence.importers import ipss
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.models import Forecast
from keniki.apps.evidence.tests.country import load_censuses
from keniki.apps.finance.actions.games import save_game
from keniki.apps.finance.games import TownGame, game_of, spec_of
from keniki.apps.finance.models import JointCost
from keniki.apps.finance.queries import workbench as queries
from keniki.apps.finance.sharing import Gathered, StageOf
from keniki.apps.finance.sharing.comparing import published
from keniki.apps.finance.sharing.outlooking import AHEAD, Path, look_ahead
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.queries import operator
from keniki.core.errors import WrongInput

from .joint import joint_cost

TOWNS = (AOBA, KAWAKITA, HOSHINO)
FUNCTION = {
    "kind": "function",
    "function": {"fixed": "1150000", "variable": "10", "basis": "population", "distance": "1000"},
}
FOLLOW = (("population", "total"),)
MANY = ["01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430"]


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


@pytest.fixture
def forecast(cost, secretariat) -> Forecast:
    load_censuses(TOWNS)
    wanted = Wanted(tuple(members_of(cost.region)), "census2020", "net", 2040, draws=60)
    return evidence.save_forecast(secretariat, cost.region, evidence.ForecastDraft("今のまま", wanted))


def gathered(cost: JointCost) -> Gathered:
    return queries.bench(cost).gathered(2024, StageOf("initial"))


def at(cost: JointCost, name: str = "outlook", *more: object) -> str:
    return reverse(f"finance:{name}", args=[cost.region.slug, cost.slug, *more])


def made_up(values: list[list[float]], years: tuple[int, ...] = (2020, 2025, 2030, 2035)) -> Futures:
    """Two draws of three towns: the steps of each in `values` (town, step), in the second draw a tenth fewer."""
    steps = np.array(values).T[None, :, :, None].repeat(5, axis=3)
    both = np.concatenate([steps, np.concatenate([steps[:, :1], steps[:, 1:] * 0.9], axis=1)])
    groups = ((0, None), (0, 14), (15, 64), (65, None), (75, None))
    return Futures(TOWNS, years, groups, both, True, (), (), "made-up")


@pytest.mark.slow
def test_without_a_forecast_the_page_leads_to_the_futures(cost, client_as, secretariat, viewer) -> None:
    page = client_as(secretariat).get(at(cost))
    assert page.status_code == 200
    assert "この圏域の将来推計がまだありません" in page.content.decode()
    assert reverse("evidence:workbench", args=[cost.region.slug]) in page.content.decode()
    assert (
        reverse("evidence:futures", args=[cost.region.slug])
        in client_as(viewer).get(at(cost)).content.decode()
    )
    for chart in ("core", "towns"):
        assert client_as(secretariat).get(at(cost, "outlook-chart", chart)).status_code == 404
    assert client_as(secretariat).get(at(cost, "outlook-csv")).status_code == 404


def test_people_between_two_steps_lie_on_a_line() -> None:
    made = made_up([[100, 50, 20, 10], [10, 10, 10, 10], [4, 3, 2, 1]])
    found = made.people([2020, 2021, 2025, 2033], TOWNS, (0, None))
    assert found[0, :, 0].tolist() == pytest.approx([100, 90, 50, 14])
    assert found[1, :, 0].tolist() == pytest.approx([100, 89, 45, 12.6])
    with pytest.raises(ValueError, match="2020 to 2035"):
        made.people([2036], TOWNS, (0, None))


def test_a_rule_goes_with_the_people_from_the_costs_own_year_on(cost) -> None:
    """A fifth of 2.4 million in equal parts, the rest by registered people times their growth since 2024."""
    futures = made_up([[100, 90, 80, 70], [10, 8, 6, 5], [10, 10, 10, 10]])
    have = gathered(cost)
    (rule,) = [each for each in queries.bench(cost).candidates if each.key == "v1"]
    found = look_ahead(have, [rule], futures, Path(follow=FOLLOW))
    assert found.years == tuple(range(2025, 2035))
    then = futures.people(found.years, TOWNS, (0, None)) / futures.people([2024], TOWNS, (0, None))
    people = np.array([60_000, 9_000, 3_000]) * then
    wanted = 2_400_000 * (0.2 / 3 + 0.8 * people / people.sum(axis=-1, keepdims=True))
    course = found.courses[0]
    assert course.amounts is not None
    assert course.amounts == pytest.approx(np.quantile(wanted, (0.1, 0.5, 0.9), axis=0))
    assert course.each is not None
    residents = futures.people(found.years, TOWNS, (0, None))
    assert course.each == pytest.approx(np.quantile(wanted / residents, (0.1, 0.5, 0.9), axis=0))
    assert course.in_core is None
    fixed = look_ahead(have, [rule], futures, Path(follow=(("population", "fixed"),))).courses[0]
    assert fixed.amounts is not None
    assert fixed.amounts[1, -1].tolist() == pytest.approx([1_760_000, 400_000, 240_000], abs=1)


@pytest.mark.slow
def test_the_core_is_tested_on_every_future(cost) -> None:
    futures = made_up([[100, 90, 60, 30], [10, 8, 6, 5], [10, 10, 10, 10]])
    have = gathered(cost)
    bench = queries.bench(cost)
    rules = [each for each in bench.candidates if each.key in ("v1", "p-mito.tourism")]
    game = game_of(spec_of(FUNCTION), have.towns, have.bases, 2_400_000.0)
    assert isinstance(game, TownGame)
    found = look_ahead(have, rules, futures, Path(variable=Decimal(50), follow=FOLLOW), game)
    assert found.tested == found.draws == 2
    growth = futures.people(found.years, TOWNS, (0, None)) / futures.people([2024], TOWNS, (0, None))
    everybody = futures.people(found.years, TOWNS, (0, None)).sum(axis=-1)
    index = 0.5 + 0.5 * everybody / futures.people([2024], TOWNS, (0, None)).sum(axis=-1)
    for course, equal in zip(found.courses, (0.2, 0.7), strict=True):
        inside = np.zeros((2, len(found.years)))
        for draw in range(2):
            for step in range(len(found.years)):
                bases = {
                    "population": {
                        code: Decimal(str(value * growth[draw, step, place]))
                        for place, (code, value) in enumerate(zip(TOWNS, (60_000, 9_000, 3_000), strict=True))
                    }
                }
                then = game_of(spec_of(FUNCTION), have.towns, bases)
                assert isinstance(then, TownGame)
                assert then.game is not None
                net = 2_400_000 * index[draw, step]
                people = np.array([float(each) for each in bases["population"].values()])
                paid = net * (equal / 3 + (1 - equal) * people / people.sum())
                costs = then.game.costs.copy()
                costs[-1] = paid.sum()
                inside[draw, step] = core(Game(TOWNS, costs), paid.tolist()).inside
        assert course.in_core is not None
        assert course.in_core.tolist() == inside.mean(axis=0).tolist(), course.name
    chances = {
        value for course in found.courses for value in (course.in_core if course.in_core is not None else ())
    }
    assert len(chances) > 1


def test_quotes_go_on_with_the_cost(cost) -> None:
    futures = made_up([[100, 90, 80, 70], [10, 8, 6, 5], [10, 10, 10, 10]])
    have = gathered(cost)
    rules = [each for each in queries.bench(cost).candidates if each.key == "v1"]
    quotes = [{"towns": [code], "amount": 3_000_000} for code in TOWNS]
    game = game_of(spec_of({"kind": "quotes", "quotes": quotes}), have.towns, {}, 2_400_000.0)
    assert isinstance(game, TownGame)
    path = Path(rise=Decimal(2), variable=Decimal(30), follow=FOLLOW)
    found = look_ahead(have, rules, futures, path, game)
    assert found.courses[0].in_core is not None
    assert found.courses[0].in_core.tolist() == [1.0] * AHEAD
    now, last = (futures.people([year], TOWNS, (0, None)).sum(axis=-1)[:, 0] for year in (2024, 2034))
    cost_then = 2_800_000 * (0.7 + 0.3 * last / now) * 1.02**10
    assert found.cost[:, -1] == pytest.approx(np.quantile(cost_then, (0.1, 0.5, 0.9)))


def test_a_forecast_that_does_not_fit_says_so(cost) -> None:
    have = gathered(cost)
    rules = [each for each in queries.bench(cost).candidates if each.key == "v1"]
    futures = made_up([[1, 1, 1, 1]] * 3)
    with pytest.raises(WrongInput, match="星野町がありません"):
        look_ahead(have, rules, replace(futures, codes=(AOBA, KAWAKITA, "012106")), Path())
    with pytest.raises(WrongInput, match="2024年度より後"):
        look_ahead(have, rules, made_up([[1, 1]] * 3, (2015, 2020)), Path())
    short = look_ahead(have, rules, made_up([[1, 1, 1]] * 3, (2020, 2025, 2030)), Path())
    assert short.years[-1] == 2030
    assert "2030年度までを示す" in short.notes[-1]


def test_a_rule_of_other_towns_is_told_and_not_reckoned(cost) -> None:
    have = gathered(cost)
    rule = next(each for each in published() if each.key == "p-mito.obstetrics")
    found = look_ahead(have, [rule], made_up([[1, 1, 1, 1]] * 3), Path())
    assert found.courses[0].amounts is None
    assert "ありません" in found.courses[0].problem


@pytest.mark.slow
def test_the_draws_are_those_of_the_forecasts_own_bands(cost, forecast) -> None:
    from datetime import date

    from keniki.apps.evidence.futures.inputs import wanted_of

    drawn = futures_of(forecast, 1000)
    assert drawn.drawn
    assert drawn.values.shape[:2] == (60, 5)
    result = make(wanted_of(forecast), date(2024, 6, 1), lambda *_: None)
    assert result.bands is not None
    for place, code in enumerate(drawn.codes):
        people = drawn.people(result.bands.years, [code], (0, None))[:, :, 0]
        assert np.quantile(people, 0.9, axis=0) == pytest.approx(
            result.bands.of(0.9, (0, None), place), rel=1e-5
        )
    assert drawn.people([2020], drawn.codes, (0, None))[0, 0] == pytest.approx(result.totals[0])
    assert futures_of(forecast, 1000) is drawn


@pytest.mark.slow
def test_the_page_shows_chances_amounts_and_burdens(cost, forecast, secretariat, client_as) -> None:
    save_game(secretariat, cost, 2024, spec_of(FUNCTION))
    client = client_as(secretariat)
    found = client.get(at(cost))
    page = found.content.decode()
    for shown in ("定めがコアに入る確率", "60通りの将来", "住民1人当たりの負担額の見通し", "R16", "80 %区間"):
        assert shown in page, shown
    ahead = found.context["ahead"]
    assert ahead.tested == 60
    assert ahead.courses[0].key == "v1"
    assert found.context["form"]["variable"].value() == "38"
    for chart in ("core", "towns", "each"):
        drawn = client.get(at(cost, "outlook-chart", chart))
        assert drawn.status_code == 200
        assert drawn.content.startswith(b"<svg")
    assert client.get(at(cost, "outlook-chart", "nai")).status_code == 404
    rows = list(csv.DictReader(io.StringIO(client.get(at(cost, "outlook-csv")).content.decode("utf-8-sig"))))
    assert len(rows) == len(ahead.courses) * 3 * 10
    own = next(row for row in rows if row["団体名"] == "青葉市" and row["年度"] == "2034")
    assert int(own["負担額_円_下限10"]) <= int(own["負担額_円_中央値"]) <= int(own["負担額_円_上限90"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        {"rise": "abc"}, {"variable": "500"}, {"forecast": "999999"}, {"year": "1900"}, {"stage": "nai"},
        {"rule": "nai"}, {"demand": "nai", "follow-population": "nai"}, {"show": "nai"}, {"variable": "-3"},
    ],
)  # fmt: skip
def test_no_link_is_refused(cost, forecast, secretariat, client_as, query) -> None:
    answer = client_as(secretariat).get(at(cost), query)
    assert answer.status_code == 200
    assert answer.context["ahead"] is not None


@pytest.mark.slow
def test_nine_real_towns_and_a_thousand_futures_take_seconds(cast, test_data) -> None:
    """The censuses as the national institute published them for the nine towns, a cost of 9 million yen of 2016."""
    paths = [path for code in MANY for path in (test_data / "ipss_h30").glob(f"City[MF]/pd{code}.json")]
    files = [RawBytes(path.name, path.read_bytes(), path.parent.name) for path in sorted(paths)]
    evidence.import_figures(operator(), [ipss.READER.read(file) for file in files])
    places = tuple(places_of(MANY))
    forecast = Forecast(
        region=cast.region, title="9市町", places=[place.code for place in places], base="census2015",
        model="net", until=2030, draws=1000, seed=1,
    )  # fmt: skip
    futures = futures_of(forecast, 1000)
    people = futures.people([2016], futures.codes, (0, None))[0, 0]
    towns = tuple(Municipality(code=place.code, name=place.name) for place in places)
    figures = {place.code: Decimal(round(value)) for place, value in zip(places, people, strict=True)}
    have = Gathered(
        JointCost(title="試し"), 2016, StageOf("initial"), towns, {"": 9_000_000}, {}, {},
        {"population": figures},
    )  # fmt: skip
    function = {"fixed": "1800000", "variable": "50", "basis": "population"}
    game = game_of(spec_of({"kind": "function", "function": function}), towns, have.bases, 9_000_000.0)
    assert isinstance(game, TownGame)
    rules = [each for each in published() if each.key in ("p-gotemba_oyama.general", "p-mito.tourism")]
    begun = time.monotonic()
    path = Path(variable=Decimal(game.variable_percent), follow=FOLLOW)
    found = look_ahead(have, rules, futures, path, game)
    assert time.monotonic() - begun < 15
    assert (found.draws, found.tested, len(found.years)) == (1000, 1000, 10)
    by_people, mostly_equal = found.courses
    assert by_people.in_core is not None
    assert mostly_equal.in_core is not None
    assert by_people.in_core.tolist() == [1.0] * 10
    assert mostly_equal.in_core.max() == 0
    assert by_people.each is not None
    assert np.all(by_people.each[1, -1] > by_people.each[1, 0])
    assert look_ahead(have, rules, futures, path, game) is found
