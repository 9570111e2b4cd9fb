"""A region's forecast beside other regions, prefecture and nation, and the page that explains the methods."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django_scopes import scope

from keniki.analysis.delineation import UeaRules
from keniki.analysis.population import Shrinkage
from keniki.apps.evidence.book.book import members_of_every_region
from keniki.apps.evidence.futures.making import Wanted
from keniki.apps.evidence.futures.neighbours import nearest, neighbours
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, KONAN
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit

from .country import OTHERS, load_censuses

pytestmark = pytest.mark.django_db

#: A municipality of another prefecture.
FAR = "43999" + check_digit("43999")
COUNTRY = (AOBA, KAWAKITA, HOSHINO, KONAN, FAR)


def at(name: str, *args: object, region: str = "aoba") -> str:
    return reverse(f"evidence:{name}", args=[region, *args])


def test_regions_with_members_in_common_come_first(region, other_region) -> None:
    regions = members_of_every_region()
    (found,) = nearest(region, regions)
    assert (found.name, found.why) == (other_region.name, "構成市町村が重なる圏域")
    assert {place.name for place in found.places} == {"港南市", "川北町"}


@pytest.mark.slow
def test_all_are_forecast_by_one_method_and_the_nation_is_the_sum(region, other_region) -> None:
    load_censuses(COUNTRY)
    with scope(region=region):
        found = neighbours(region, members_of_every_region(), Wanted((), "census2020", "net", 2040, draws=9))
    results = dict(found.named)
    assert list(results) == [region.name, other_region.name, "北海道", "全国"]
    assert results["全国"].years == (2020, 2025, 2030, 2035, 2040)
    assert len(results["全国"].places) == len(COUNTRY) + len(OTHERS)
    assert len(results["北海道"].places) == 5
    assert results["全国"].bands is None
    own, prefecture = results[region.name], results["北海道"]
    codes = [place.code for place in prefecture.places]
    rows = [codes.index(place.code) for place in own.places]
    assert prefecture.totals[:, rows].sum(axis=1) == pytest.approx(own.total)


@pytest.mark.slow
def test_a_region_without_figures_is_left_out_and_said(region, other_region) -> None:
    load_censuses((AOBA, KAWAKITA, HOSHINO, FAR))
    with scope(region=region):
        found = neighbours(region, members_of_every_region(), Wanted((), "census2020", "net", 2030))
    assert other_region.name not in dict(found.named)
    assert found.notes == (f"{other_region.name}は、港南市の基準人口がないため並べていない。",)


@pytest.mark.slow
def test_the_own_region_needs_figures(region) -> None:
    load_censuses((AOBA, KAWAKITA, FAR))
    with scope(region=region), pytest.raises(WrongInput, match="星野町"):
        neighbours(region, members_of_every_region(), Wanted((), "census2020", "net", 2030))


@pytest.mark.slow
def test_the_page_shows_indices_shares_and_values_of_whoever_is_asked_for(
    region, client_as, partner, neighbour
) -> None:
    client = client_as(partner)
    assert "国勢調査がありません" in client.get(at("futures-neighbours")).content.decode()
    assert client.get(at("neighbours-file", "future_total", 1, "csv")).status_code == 404
    load_censuses(COUNTRY)
    page = client.get(at("futures-neighbours"), {"others": FAR, "until": "2035"})
    assert page.status_code == 200
    assert [group.name for group, _ in page.context["found"].shown][2:3] == [FAR]
    words = page.content.decode()
    for each in ("港南圏域", "北海道", "全国", "65歳以上"):
        assert each in words, each
    drawn = client.get(at("neighbours-file", "future_total", 1, "svg"), {"others": FAR})
    assert drawn["Content-Type"] == "image/svg+xml"
    assert client_as(neighbour).get(at("futures-neighbours")).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base", "census1895"),
        ("model", "pool"),
        ("model", "magic"),
        ("until", "99999999999999"),
        ("until", "2020"),
        ("others", "012107"),
        ("others", "x" * 3000),
    ],
)
def test_wrong_choices_are_refused_in_place(region, client_as, partner, name, value) -> None:
    load_censuses(COUNTRY)
    page = client_as(partner).get(at("futures-neighbours"), {name: value})
    assert page.status_code == 422
    assert page.context["form"].errors[name]


def test_the_methods_are_explained_with_the_figures_in_use(region, client_as, viewer, neighbour) -> None:
    page = client_as(viewer).get(at("futures-methods"))
    words = page.content.decode()
    rules = {kind.key: figures for kind, figures in page.context["rules"]}
    assert [round(value, 1) for _, value in rules["uea"]][:2] == [
        round(UeaRules().threshold * 100, 1),
        10_000,
    ]
    for each in (
        "コーホート要因法",
        "限界",
        f"{Shrinkage().municipality:.0f}人",
        "特化係数",
        "保育所等利用児童数",
    ):
        assert each in words, each
    assert "国勢調査が3回分以上要ります" in words
    assert client_as(neighbour).get(at("futures-methods")).status_code == 404


@pytest.mark.slow
def test_the_check_on_past_censuses_is_reckoned_once_and_stands_on_the_page(
    region, client_as, viewer
) -> None:
    load_censuses(COUNTRY)
    client = client_as(viewer)
    assert at("methods-accuracy") in client.get(at("futures-methods")).content.decode()
    made = client.get(at("methods-accuracy"))
    assert made.status_code == 200
    assert client.get(at("futures-methods")).context["checked"] == made.context["checked"]
