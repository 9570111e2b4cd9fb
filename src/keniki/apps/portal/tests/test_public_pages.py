"""The public pages: open to everybody, plain, and closed about what is not published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities import actions
from keniki.apps.activities.actions.photos import PhotoDraft
from keniki.apps.portal.open_data import DATASETS
from keniki.apps.portal.tests.secrets_for_tests import SECRET, store_photos, store_secrets
from keniki.apps.regions.models import Region

pytestmark = pytest.mark.django_db

PAGES = ("home", "members", "activities", "vision", "agreements", "documents", "data")


@pytest.fixture
def visitor() -> Client:
    return Client()


def crawl(client: Client, start: str) -> dict[str, bytes]:
    """Every page of the region that can be reached by links, with its content."""
    found: dict[str, bytes] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = answer.getvalue()
        if "text/html" in answer["Content-Type"]:
            links = re.findall(r'(?:href|src)="(/r/[^"#]*|\?[^"#]*)"', found[address].decode())
            waiting += [
                link if link.startswith("/") else address.split("?")[0] + link.replace("&amp;", "&")
                for link in links
            ]
    return found


def data_files(region: Region) -> Iterator[str]:
    for name in DATASETS:
        for ending in ("csv", "json"):
            yield reverse("public:dataset", args=[region.slug, name, ending])


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_open_every_page_and_it_says_that_the_region_is_fictional(
    visitor: Client, region: Region, name: str
) -> None:
    answer = visitor.get(reverse(f"public:{name}", args=[region.slug]))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "架空の圏域です" in text
    assert "<script" not in text
    assert "style=" not in text


def test_the_first_page_lists_the_regions_with_their_members(visitor: Client, region: Region) -> None:
    text = visitor.get("/").content.decode()
    assert f'href="{reverse("public:home", args=[region.slug])}"' in text
    assert "青葉市、川北町、星野町" in text


def test_an_unknown_region_is_not_found(visitor: Client, region: Region) -> None:
    assert visitor.get("/r/nowhere/").status_code == 404


def test_the_home_page_shows_figures_with_their_source_and_a_linked_map(
    visitor: Client, region: Region
) -> None:
    text = visitor.get(reverse("public:home", args=[region.slug])).content.decode()
    assert "青葉圏域の形成に関する協定書（架空）" in text
    assert text.count("<svg class=") >= 2
    for code in ("青葉市", "川北町", "星野町"):
        assert f">{code}</text>" in text


def test_activities_are_shown_by_year_and_initiative(visitor: Client, region: Region) -> None:
    url = reverse("public:activities", args=[region.slug])
    newest = visitor.get(url).content.decode()
    assert "スマートフォン講習会" in newest
    assert "49名参加" in newest
    drill = visitor.get(url, {"year": "2023"}).content.decode()
    assert "1回 120名参加" in drill
    assert "49名参加" not in drill
    other = visitor.get(url, {"initiative": "bousai", "year": "2022"}).content.decode()
    assert "この年度の活動はありません" in other


@pytest.mark.parametrize(
    "query", [{"year": "x"}, {"year": "99999"}, {"initiative": "nothing"}, {"year": "²"}]
)
def test_a_strange_choice_shows_a_page_instead_of_failing(
    visitor: Client, region: Region, query: dict[str, str]
) -> None:
    assert visitor.get(reverse("public:activities", args=[region.slug]), query).status_code == 200


def test_the_agreement_shows_its_text_annex_and_signatories(visitor: Client, region: Region) -> None:
    text = visitor.get(reverse("public:agreement", args=[region.slug, "kyoutei"])).content.decode()
    for words in (
        "圏域を形成することを目的とする",
        "備蓄を共有する仕組みをつくる",
        "川本花子",
        "令和2年10月1日",
    ):
        assert words in text


@pytest.mark.slow
def test_a_kpi_has_a_chart_with_the_numbers_of_its_table(visitor: Client, region: Region) -> None:
    page = visitor.get(reverse("public:vision", args=[region.slug])).content.decode()
    assert "講習会の参加者数" in page
    url = reverse("public:kpi-chart", args=[region.slug, "koushuukai-sanka", "wide"])
    chart = visitor.get(url)
    assert chart["Content-Type"] == "image/svg+xml"
    assert ">49<" in chart.content.decode()
    again = visitor.get(url, headers={"If-None-Match": chart["ETag"]})
    assert again.status_code == 304


@pytest.mark.slow
def test_a_reader_who_has_the_page_is_told_that_nothing_changed_until_something_did(
    visitor: Client, region: Region, secretariat: Actor, in_region: Region, client_as: Any
) -> None:
    from keniki.apps.activities.queries import activity_for

    url = reverse("public:home", args=[region.slug])
    first = visitor.get(url)
    known = {"If-None-Match": first["ETag"]}
    assert first["Cache-Control"] == "no-cache"
    unchanged = visitor.get(url, headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert Client().get(url).content == first.content
    visitor.cookies["keniki_furigana"] = "1"
    assert visitor.get(url, headers=known).status_code == 200
    del visitor.cookies["keniki_furigana"]
    found = activity_for(region, "r6-sumaho")
    actions.remove_activity(secretariat, found, found.version)
    assert visitor.get(url, headers=known).status_code == 200
    assert "ETag" not in client_as(secretariat).get(url)


@pytest.mark.slow
def test_many_activities_come_in_pages_of_fifty(visitor: Client, region: Region, in_region: Region) -> None:
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.activities.models import Activity
    from keniki.apps.compacts.models import Initiative
    from keniki.apps.regions.queries import operator

    bousai = Initiative.objects.get(slug="bousai")
    with verb(operator(), "testing", quiet=True):
        for number in range(120):
            Activity(
                region=region,
                initiative=bousai,
                slug=f"kunren-{number}",
                fiscal_year=2024,
                title=f"訓練その{number}。",
                kind="drill",
                state="done",
                order=number,
            ).save()
    url = reverse("public:activities", args=[region.slug])
    seen: list[str] = []
    for page in ("1", "2", "3"):
        text = visitor.get(url, {"initiative": "bousai", "year": "2024", "page": page}).content.decode()
        assert "120件中" in text
        seen += re.findall(r"訓練その(\d+)。", text)
    assert seen == [str(number) for number in range(120)]


@pytest.mark.slow
def test_readings_over_kanji_are_shown_on_demand_and_taken_away_again(
    visitor: Client, region: Region
) -> None:
    home = reverse("public:home", args=[region.slug])
    assert "<ruby>" not in visitor.get(home).content.decode()
    there = visitor.get(reverse("public:furigana"), {"next": home, "on": "1"})
    assert there["Location"] == home
    assert "<ruby>川北町<rp>" in visitor.get(home).content.decode()
    visitor.get(reverse("public:furigana"), {"next": home, "on": "0"})
    assert "<ruby>" not in visitor.get(home).content.decode()


def test_the_switch_for_readings_leads_nowhere_else(visitor: Client, region: Region) -> None:
    answer = visitor.get(reverse("public:furigana"), {"next": "https://example.com/", "on": "1"})
    assert answer["Location"] == "/"


@pytest.mark.slow
def test_nothing_unpublished_is_on_any_page_or_in_any_data_set(
    visitor: Client, region: Region, secretariat: Actor
) -> None:
    store_secrets()
    photos = store_photos(secretariat, region)
    found = crawl(visitor, reverse("public:home", args=[region.slug]))
    for address in data_files(region):
        found[address] = visitor.get(address).getvalue()
    assert len(found) > 25
    for address, content in found.items():
        assert SECRET.encode() not in content, address
        assert b"9999999" not in content, address
    everything = b"".join(found.values())
    assert "防災講座".encode() in everything, "the crawl has to see the activity whose lecturer is kept back"
    for person in ("佐藤一郎", "中村次郎"):
        assert person.encode() not in everything
    for name, status in (("public", 200), ("private", 404), ("planned", 404)):
        assert (
            visitor.get(reverse("public:photo", args=[region.slug, photos[name].slug])).status_code == status
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("agreement", "himitsu-kyoutei"),
        ("initiative", "himitsu-torikumi"),
        ("activity", "himitsu-yotei"),
    ],
)
def test_an_unpublished_record_does_not_exist_for_residents(
    visitor: Client, region: Region, name: str, slug: str
) -> None:
    store_secrets()
    assert visitor.get(reverse(f"public:{name}", args=[region.slug, slug])).status_code == 404


@pytest.mark.slow
def test_an_unpublished_kpi_has_no_chart(visitor: Client, region: Region) -> None:
    store_secrets()
    assert (
        visitor.get(reverse("public:kpi-chart", args=[region.slug, "himitsu-kpi", "wide"])).status_code == 404
    )


def test_a_record_of_another_region_is_not_shown_here(
    visitor: Client, region: Region, other_region: Region
) -> None:
    assert visitor.get(reverse("public:initiative", args=[other_region.slug, "bousai"])).status_code == 404
    assert visitor.get(reverse("public:agreement", args=[other_region.slug, "kyoutei"])).status_code == 404


def test_a_photo_disappears_at_once_when_its_consent_is_withdrawn(
    visitor: Client, region: Region, secretariat: Actor
) -> None:
    photo = store_photos(secretariat, region)["public"]
    url = reverse("public:photo", args=[region.slug, photo.slug])
    shown = visitor.get(url)
    assert shown["Cache-Control"] == "no-cache"
    with scope(region=region):
        actions.edit_photo(
            secretariat,
            photo,
            PhotoDraft(photo.caption, credit="青葉市", consent="refused"),
            version=photo.version,
        )
    assert visitor.get(url, headers={"If-None-Match": shown["ETag"]}).status_code == 404


def test_what_is_prepared_for_the_next_change_of_a_vision_is_not_shown_yet(
    visitor: Client, region: Region, secretariat: Actor
) -> None:
    from datetime import date

    from keniki.apps.compacts.actions.visions import move_vision, save_vision

    values = {
        "programme": "teiju",
        "title": "青葉共生ビジョン",
        "first_year": 2025,
        "last_year": 2029,
        "future_image": "みどりのまち",
    }
    url = reverse("public:vision", args=[region.slug])
    with scope(region=region):
        vision = save_vision(secretariat, region, None, None, values=values, sections=[], goals=[])
        assert "みどりのまち" not in visitor.get(url).content.decode()
        vision = move_vision(secretariat, vision, vision.version, "draft", on=date(2024, 10, 1))
        vision = move_vision(secretariat, vision, vision.version, "decided", on=date(2025, 3, 1))
        save_vision(
            secretariat,
            region,
            vision,
            vision.version,
            values={**values, "future_image": f"{SECRET}のまち"},
            sections=[],
            goals=[],
        )
    text = visitor.get(url).content.decode()
    assert "みどりのまち" in text
    assert SECRET not in text


@pytest.mark.slow
def test_a_kpi_is_shown_as_the_published_edition_states_it_with_the_actuals_of_today(
    visitor: Client, region: Region, secretariat: Actor, in_region: Region
) -> None:
    from datetime import date
    from decimal import Decimal

    from keniki.apps.compacts.actions.kpis import save_kpi, save_reading
    from keniki.apps.compacts.actions.visions import move_vision, save_vision

    def shown() -> str:
        return visitor.get(reverse("public:vision", args=[region.slug])).content.decode()

    def kpi(found: Any, name: str, target: str) -> Any:
        values = {"name": name, "unit": "人", "direction": "floor", "vision": vision}
        version = None if found is None else found.version
        return save_kpi(secretariat, region, found, version, values=values, targets={2024: Decimal(target)})

    values = {
        "programme": "teiju",
        "title": "青葉共生ビジョン",
        "first_year": 2023,
        "last_year": 2027,
        "future_image": "みどりのまち",
    }
    vision = save_vision(secretariat, region, None, None, values=values, sections=[], goals=[])
    visits = kpi(None, "図書館に来た人", "4321")
    assert "図書館に来た人" not in shown()
    vision = move_vision(secretariat, vision, vision.version, "draft", on=date(2023, 1, 1))
    vision = move_vision(secretariat, vision, vision.version, "decided", on=date(2023, 3, 1))
    assert "図書館に来た人" in shown()
    assert "4,321" in shown()

    visits = kpi(visits, f"図書館{SECRET}", "8765")
    kpi(None, f"博物館{SECRET}", "1")
    save_reading(secretariat, visits, 2024, None, value=Decimal(5432))
    waiting = shown()
    assert SECRET not in waiting
    assert "8,765" not in waiting
    assert "4,321" in waiting
    assert "5,432" in waiting, "actuals are shown as they are entered"
    chart = visitor.get(reverse("public:kpi-chart", args=[region.slug, visits.slug, "wide"])).content.decode()
    assert SECRET not in chart

    move_vision(secretariat, vision, vision.version, "changed", on=date(2025, 4, 1))
    assert "8,765" in shown()
    assert f"博物館{SECRET}" in shown()


def test_those_who_have_left_are_named_with_their_last_day(
    visitor: Client, region: Region, in_region: Region
) -> None:
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.regions.models import RegionMembership
    from keniki.apps.regions.queries import operator

    url = reverse("public:members", args=[region.slug])
    assert "終わり" not in visitor.get(url).content.decode()
    with verb(operator(), "testing", region=region.slug) as act:
        row = RegionMembership.objects.get(region=region, municipality__name="星野町")
        row.valid = (row.valid.lower, "2024-04-01")
        act.save(row)
        act.log(row, None, None, "星野町の期間を変更")
    text = visitor.get(url).content.decode()
    assert "星野町" in text
    assert "令和6年3月31日まで" in text


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_as_many_queries_for_ten_times_the_activities(
    visitor: Client, region: Region, secretariat: Actor, name: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from keniki.apps.activities.drafts import ActivityDraft
    from keniki.apps.compacts.models import Initiative

    url = reverse(f"public:{name}", args=[region.slug])
    with CaptureQueriesContext(connection) as before:
        visitor.get(url)
    with scope(region=region):
        initiative = Initiative.objects.get(slug="bousai")
        for number in range(12):
            actions.save_activity(
                secretariat, region, ActivityDraft(initiative, 2024, f"訓練{number}", "drill", "done")
            )
    with CaptureQueriesContext(connection) as after:
        visitor.get(url)
    assert len(after) <= len(before) + 1
