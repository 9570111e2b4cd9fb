"""Shelters with their spaces: each town keeps its own, capacities are reckoned by a dated standard and shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions import hazards
from keniki.apps.disaster.actions import shelters as actions
from keniki.apps.disaster.actions.shelters import ShelterDraft, SpaceDraft
from keniki.apps.disaster.capacities import Basis, held
from keniki.apps.disaster.formats import columns
from keniki.apps.disaster.models import Shelter, ShelterSpace
from keniki.apps.disaster.queries import shelters as queries
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

BASE = "/desk/aoba/disaster/shelters/"
HALL = SpaceDraft("体育館", floor_area=Decimal(700), heated=False)
ROOM = SpaceDraft("会議室", "room", Decimal("64.5"), heated=True, accessible=True, by_day=False)


def of(town, **changes) -> ShelterDraft:
    made = {
        "name": "川北小学校", "address": "川北町中央1", "latitude": Decimal("43.2"), "longitude": Decimal("141.8"),
        "is_site": True, "is_shelter": True, "hazards": ("flood", "earthquake"),
    }  # fmt: skip
    return ShelterDraft(town, **(made | changes))


def form(**changes: str | list[str]) -> dict[str, str | list[str]]:
    return {
        "town": KAWAKITA, "name": "川北小学校", "latitude": "43.2", "longitude": "141.8", "is_shelter": "on",
        "hazards": ["flood"], "spaces-TOTAL_FORMS": "1", "spaces-INITIAL_FORMS": "0", "spaces-0-name": "体育館",
        "spaces-0-kind": "hall", "spaces-0-floor_area": "700", "spaces-0-heated": "no", "spaces-0-by_day": "on",
        "spaces-0-by_night": "on",
    } | changes  # fmt: skip


def capacity(shelter: Shelter, season: str, at: str, standard: str = "") -> dict:
    basis = Basis.of(standard, season, at, date(2026, 7, 1))
    found = held({shelter.pk: list(shelter.spaces.all())}, basis)[shelter.pk]
    return {
        name: getattr(found, name)
        for name in ("people", "uncounted_halls", "uncounted_tents", "accessible", "unknown", "cars")
    }


@pytest.mark.slow
def test_a_town_registers_its_own_and_no_other_towns(in_region, partner, other_partner, towns, client_as):
    client = client_as(partner)
    assert "保存しました" in client.post(BASE + "new/", form(), follow=True).content.decode()
    found = Shelter.objects.get()
    assert (found.municipality.code, found.hazards, found.is_shelter) == (KAWAKITA, ["flood"], True)
    assert [each.name for each in found.spaces.all()] == ["体育館"]
    assert client_as(other_partner).post(f"{BASE}{found.slug}/edit/", form()).status_code == 403
    assert client_as(partner).post(BASE + "new/", form(town=HOSHINO)).status_code == 422
    with pytest.raises(Denied):
        actions.save_shelter(other_partner, in_region, of(towns["川北町"]))


@pytest.mark.slow
def test_all_of_the_region_read_them_and_nobody_else(in_region, partner, towns, client_as, viewer, neighbour):
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL, ROOM])
    for address in (BASE, made.get_absolute_url(), BASE + "data/", BASE + "standard/"):
        assert "川北小学校" in client_as(viewer).get(address).content.decode()
        assert client_as(neighbour).get(address).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "入力してください"), ({"latitude": ""}, "両方"),
        ({"latitude": "141.8", "longitude": "43.2"}, "入れ替わって"),
        ({"latitude": "10"}, "日本の範囲"), ({"common_id": "E01"}, "共通ID"), ({"spaces-0-floor_area": "-1"}, "0以上"),
        ({"spaces-0-floor_area": "0"}, "0より大きい"), ({"spaces-0-capacity": "-5"}, "0"),
        ({"spaces-0-name": ""}, "名称"),
        ({"town": ""}, "市町村"), ({"spaces-0-floor_area": "9999999"}, "1,000,000"),
    ],
)  # fmt: skip
def test_a_wrong_shelter_keeps_what_was_typed(in_region, partner, client_as, changes, said):
    answer = client_as(partner).post(BASE + "new/", form(note="覚え書き") | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "覚え書き" in answer.content.decode()
    assert not Shelter.objects.exists()


def test_the_second_editor_is_shown_both(in_region, partner, towns, client_as):
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL])
    actions.save_shelter(partner, in_region, of(towns["川北町"], note="耐震改修済み"), None, made, 1)
    answer = client_as(partner).post(
        f"{made.get_absolute_url()}edit/", form(note="改修中") | {"version": "1"}
    )
    assert answer.status_code == 409
    assert "耐震改修済み" in answer.content.decode()
    for act in (actions.remove_shelter, lambda *given: actions.end_shelter(*given, date(2026, 4, 1))):
        with pytest.raises(Stale):
            act(partner, made, 1)


def test_capacity_by_standard_season_and_time(in_region, partner, towns):
    tent = SpaceDraft("グラウンド", "tent", Decimal(350), heated=None)
    lot = SpaceDraft("駐車場", "car", capacity=40)
    unknown = SpaceDraft("和室", "room")
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL, ROOM, tent, lot, unknown])
    rest = {"unknown": 1, "cars": 40}
    assert capacity(made, "mild", "night") == {
        "people": 200 + 18 + 100, "uncounted_halls": 0, "uncounted_tents": 0, "accessible": 18,
    } | rest  # fmt: skip
    assert capacity(made, "mild", "day") == {
        "people": 300, "uncounted_halls": 0, "uncounted_tents": 0, "accessible": 0,
    } | rest  # fmt: skip
    assert capacity(made, "winter", "night") == {
        "people": 18, "uncounted_halls": 200, "uncounted_tents": 100, "accessible": 18,
    } | rest  # fmt: skip
    assert capacity(made, "mild", "night", "council_2018")["people"] == 424 + 39 + 212


def test_a_number_that_was_set_counts_instead_of_the_floor_and_nothing_known_is_no_zero(
    in_region, partner, towns
):
    counted = SpaceDraft("体育館", floor_area=Decimal(700), capacity=150, heated=True)
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [counted])
    assert capacity(made, "winter", "night")["people"] == 150
    bare = actions.save_shelter(partner, in_region, of(towns["川北町"], name="集会所"), [SpaceDraft("広間")])
    assert capacity(bare, "winter", "night")["people"] is None


def test_the_page_shows_the_arithmetic_its_source_and_what_winter_leaves_out(
    in_region, partner, towns, client_as
):
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL, ROOM])
    page = (
        client_as(partner).get(made.get_absolute_url(), {"season": "winter", "at": "night"}).content.decode()
    )
    assert "700㎡ ÷ 3.5㎡" in page
    assert "暖房がない" in page
    assert "令和6年12月13日改定" in page
    assert "数えない 200" in page
    assert "全国地方公共団体コード" in page


def test_the_list_is_narrowed_and_sums_by_town(in_region, partner, other_partner, towns, client_as):
    actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL])
    actions.save_shelter(
        other_partner, in_region, of(towns["星野町"], name="星野会館", hazards=("fire",), is_site=False)
    )
    client = client_as(partner)
    page = client.get(BASE, {"season": "winter"}).content.decode()
    assert "星野会館" in page
    assert "冬期に数えない屋内" in page
    assert "<svg" in page
    fire = client.get(BASE, {"hazard": "fire"}).content.decode()
    assert "星野会館" in fire
    assert "川北小学校" not in fire
    assert (
        client.get(BASE, {"hazard": "nothing", "standard": "x", "season": "y", "town": "z"}).status_code
        == 200
    )
    rows = queries.registered(in_region)
    towns_, every = queries.town_sums(rows, [Basis.of("", "mild", "night", date(2026, 7, 1))])
    assert [(each.name, each.sums[0].people, each.sums[0].lacking) for each in towns_] == [
        ("川北町", 200, 0), ("星野町", 0, 1),
    ]  # fmt: skip
    assert every.sums[0].people == 200


def test_spaces_are_changed_swapped_and_removed_with_one_entry(in_region, partner, towns):
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL, ROOM])
    first, second = made.spaces.all()
    swapped = [SpaceDraft("会議室", id=first.pk), SpaceDraft("体育館", "room", id=second.pk)]
    saved = actions.save_shelter(partner, in_region, of(towns["川北町"]), swapped, made, 1)
    assert list(ShelterSpace.objects.values_list("pk", "name")) == [
        (first.pk, "会議室"),
        (second.pk, "体育館"),
    ]
    actions.save_shelter(partner, in_region, of(towns["川北町"]), [], saved, 2)
    assert not ShelterSpace.objects.exists()
    assert LogEntry.objects.filter(verb="disaster.save_shelter").count() == 3
    with pytest.raises(WrongInput, match="2つ"):
        actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL, HALL], saved, 3)


def test_one_common_id_stands_for_one_place(in_region, partner, towns):
    actions.save_shelter(partner, in_region, of(towns["川北町"], common_id="E0190200001201"))
    for given in ({"common_id": "E0190200001201"}, {"other_ids": ("E0190200001201",)}):
        with pytest.raises(WrongInput, match="登録されています"):
            actions.save_shelter(partner, in_region, of(towns["川北町"], name="別", **given))


@pytest.mark.slow
def test_a_designation_ends_and_comes_back(in_region, partner, towns, client_as):
    made = actions.save_shelter(partner, in_region, of(towns["川北町"]), [HALL])
    client = client_as(partner)
    client.post(f"{made.get_absolute_url()}end/", {"on": "2026-04-01", "version": "1"})
    made.refresh_from_db()
    assert made.ended_on == date(2026, 4, 1)
    client.get(BASE)
    assert "川北小学校" not in client.get(BASE).content.decode()
    assert "川北小学校" in client.get(BASE, {"ended": "on"}).content.decode()
    client.post(f"{made.get_absolute_url()}end/", {"restore": "1", "version": "2"})
    made.refresh_from_db()
    assert made.ended_on is None
    client.post(f"{made.get_absolute_url()}remove/", {"version": "3"})
    assert not Shelter.objects.exists()


def test_a_cell_of_the_standard_data_set_follows_its_field(in_region, partner, towns):
    draft = of(towns["川北町"], standard={"所在地_町字": "中央", "名称_英字": "School"})
    made = actions.save_shelter(partner, in_region, draft)
    moved = of(towns["川北町"], address="川北町東2", standard=made.standard)
    saved = actions.save_shelter(partner, in_region, moved, None, made, 1)
    assert saved.standard == {"名称_英字": "School"}


def test_the_standard_file_has_the_sites_under_the_published_head(in_region, partner, towns, client_as):
    actions.save_shelter(partner, in_region, of(towns["川北町"], common_id="E0190200001201"))
    actions.save_shelter(partner, in_region, of(towns["川北町"], name="避難所だけ", is_site=False))
    answer = client_as(partner).get(BASE + "standard/")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join(columns.STANDARD)
    assert len(lines) == 2
    assert KAWAKITA in lines[1]


@pytest.mark.slow
def test_a_page_asks_the_database_no_more_where_there_is_more(
    in_region, secretariat, partner, towns, client_as
):
    from keniki.apps.disaster.actions.districts import DistrictDraft, save_district

    from .test_hazards import draft, layer_file, square

    layer = hazards.save_layer(secretariat, in_region, draft(), layer_file())
    client = client_as(secretariat)
    addresses = (BASE, layer.get_absolute_url(), "/desk/aoba/disaster/districts/", BASE + "data/")

    def asked(number: int) -> list[int]:
        for each in range(number):
            name = f"{number}-{each}"
            actions.save_shelter(partner, in_region, of(towns["川北町"], name=name), [HALL, ROOM])
            shape = square(141.7 + each / 100, 43.1)
            made = DistrictDraft(towns["川北町"], name, residents=10, geometry=shape)
            save_district(partner, in_region, made)
        found = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            found.append(len(seen))
        return found

    assert asked(1) == asked(6)
