"""The public board: what residents are told, of real incidents and of drills apart, without anything about a person."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.test import Client

from keniki.apps.accounts import snapshots
from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster import public
from keniki.apps.disaster.actions.events import record, take_events
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.models import District, Incident, Shelter
from keniki.apps.portal.testing import KAWAKITA

from .test_events import AT, event, person
from .test_incidents import DRILL, RAIN

PAGE, DRILL_PAGE, DATA = "/disaster/aoba/", "/disaster/aoba/drill/", "/disaster/aoba/board.json"


@pytest.fixture
def places(in_region, towns, secretariat) -> None:
    with verb(secretariat, "testing.places", quiet=True) as act:
        act.save(
            Shelter(
                region=in_region, municipality=towns["川北町"], slug="kita", name="川北町体育館", is_shelter=True,
                is_site=True, hazards=["flood", "earthquake"], address="川北町中央2番地",
            )
        )  # fmt: skip
        act.save(
            District(
                region=in_region, municipality=towns["川北町"], slug="higashi", name="東地区", residents=120
            )
        )


def shown(in_region, actor, draft=RAIN) -> Incident:
    return save_incident(actor, in_region, replace(draft, public=True))


def told(actor, incident: Incident) -> None:
    """An order, an open shelter with two people, a closed road."""
    record(
        actor,
        incident,
        "district:higashi",
        "order",
        {"order": {"level": "evacuate", "at": AT, "reason": "氾濫のおそれ"}},
    )
    record(actor, incident, "shelter:kita", "shelter.status", {"status": "open"})
    record(
        actor,
        incident,
        f"town:{KAWAKITA}",
        "town.level",
        {"warning_level": 4, "headquarters": {"state": "set"}},
    )
    road = event(
        incident,
        "road:0b0e7a52-8f0a-4c57-9d0f-6a4c4f5d3b01",
        {"name": "道道1号", "state": "closed", "town": KAWAKITA},
    )
    people = [person(incident, name="架空 花子"), person(incident, name="架空 太郎")]
    assert len(take_events(actor, incident.region, [road, *people]).stored) == 3


def data(client: Client) -> dict:
    return json.loads(client.get(DATA).content)["regions"][0]


@pytest.mark.slow
def test_residents_are_told_what_holds_now(in_region, partner, places, client) -> None:
    told(partner, shown(in_region, partner))
    text = client.get(PAGE).content.decode()
    for words in (
        "【実災害】8月5日の大雨",
        "避難指示（警戒レベル4）",
        "東地区",
        "川北町体育館",
        "道道1号",
        "通行止め",
        "災害対策本部設置",
    ):
        assert words in text, words
    (incident,) = data(client)["real"]
    assert incident["mode"] == "real"
    assert incident["orders"][0]["warning_level"] == 4
    assert incident["shelters"][0]["people"] == {"low": 2, "high": 2}
    assert incident["roads"][0]["state"] == "通行止め"


def test_nothing_about_a_person_is_public(in_region, partner, places, client) -> None:
    told(partner, shown(in_region, partner))
    for path in (PAGE, DRILL_PAGE, DATA, "/disaster/", "/disaster/board.json"):
        text = client.get(path).content.decode()
        assert "花子" not in text
        assert "person" not in text


def test_a_drill_has_a_page_of_its_own_and_says_so(in_region, partner, places, client) -> None:
    told(partner, shown(in_region, partner, DRILL))
    text = client.get(PAGE).content.decode()
    assert "いま、お知らせしている災害はありません。" in text
    assert "避難指示" not in text
    assert "訓練をしています" in text
    drill = client.get(DRILL_PAGE).content.decode()
    assert "<title>【訓練】災害の情報" in drill
    assert 'class="band is-drill"' in drill
    assert "避難指示" in drill
    found = data(client)
    assert (found["real"], [each["mode"] for each in found["exercise"]]) == ([], ["exercise"])


def test_reality_and_drill_beside_each_other_do_not_mix(in_region, partner, places, client) -> None:
    told(partner, shown(in_region, partner, DRILL))
    real = shown(in_region, partner)
    record(partner, real, "shelter:kita", "shelter.status", {"status": "full"})
    page, drill = (client.get(path).content.decode() for path in (PAGE, DRILL_PAGE))
    assert "満員" in page
    assert "避難指示" not in page
    assert "満員" not in drill
    assert 'class="band is-drill"' not in page


def test_what_is_not_for_residents_or_over_is_not_shown(in_region, partner, places, client) -> None:
    save_incident(partner, in_region, RAIN)
    over = shown(in_region, partner)
    end_incident(partner, over, over.version)
    assert data(client)["real"] == []
    assert "8月5日の大雨" not in client.get(PAGE).content.decode()


def test_a_disagreement_is_said_to_be_checked(in_region, partner, secretariat, places, client) -> None:
    incident = shown(in_region, partner)
    for actor, status in ((partner, "open"), (secretariat, "closed")):
        take_events(actor, in_region, [event(incident, "shelter:kita", {"status": status})])
    assert data(client)["real"][0]["shelters"][0]["status"] == "確認中"


def test_the_age_of_the_data_stands_on_every_page_and_in_the_data(in_region, partner, client) -> None:
    for path in (PAGE, DRILL_PAGE, "/disaster/"):
        assert "<time datetime=" in client.get(path).content.decode(), path
    for path in (DATA, "/disaster/board.json"):
        assert json.loads(client.get(path).content)["generated_at"].endswith("+09:00"), path


def test_places_to_flee_to_are_there_at_any_time(in_region, places, client) -> None:
    text = client.get(PAGE).content.decode()
    assert "川北町体育館" in text
    assert "洪水・地震" in text
    assert data(client)["shelters"][0]["hazards"] == ["洪水", "地震"]


def test_an_unknown_region_is_404_and_nothing_is_posted(client, region) -> None:
    assert client.get("/disaster/nowhere/").status_code == 404
    assert client.get("/disaster/nowhere/board.json").status_code == 404
    assert client.post(PAGE).status_code == 405


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_is_public_is_made_anew_after_a_deed(region, partner, monkeypatch) -> None:
    from django_scopes import scope

    from keniki.apps.disaster.queries import snapshots as announced

    touched: list[tuple[str, str]] = []
    monkeypatch.setattr(announced, "touch", lambda name, key="": touched.append((name, key)))
    with scope(region=region):
        hidden = save_incident(partner, region, RAIN)
        assert touched == []
        incident = shown(region, partner, DRILL)
        assert touched == [(public.SOURCE, "aoba"), (public.SOURCE, "")]
        touched.clear()
        record(partner, incident, f"town:{KAWAKITA}", "town.level", {"warning_level": 3})
        assert touched == [(public.SOURCE, "aoba"), (public.SOURCE, "")]
        touched.clear()
        record(partner, hidden, f"town:{KAWAKITA}", "town.level", {"warning_level": 3})
        assert touched == []
        save_incident(partner, region, replace(DRILL, public=False), incident, incident.version)
        assert touched == [(public.SOURCE, "aoba"), (public.SOURCE, "")]


def test_the_source_is_registered_and_makes_what_the_pages_answer(in_region, partner, places, client) -> None:
    source = snapshots.sources()[public.SOURCE]
    assert {"", "aoba"} <= set(source.keys())
    made = {each.address: each for each in source.build("aoba")}
    assert set(made) == {PAGE, DRILL_PAGE, DATA}
    for address, each in made.items():
        assert snapshots.stamp(each.generated_at).encode() in each.body, address
