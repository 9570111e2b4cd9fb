"""The map of stricken houses: by class and state, with words and a table; the town's alone; many by district."""

from __future__ import annotations

import pytest
from django_scopes import scope

from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster import house_map
from keniki.apps.disaster.models import House, Incident, Mode, PersonalAccess
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.regions.models import Municipality

from .test_housing_pages import at, decide, last_survey, opened, register, survey

PLACE = {"latitude": "43.2", "longitude": "141.7"}


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return opened(secretariat, in_region, Mode.EXERCISE)


@pytest.fixture
def officer(client, partner):
    client.force_login(partner.user)
    return client


def test_each_house_stands_on_the_map_by_what_was_decided(officer, incident):
    assert "家屋はまだ登録されていません" in officer.get(at(incident, "houses-map")).content.decode()
    first = register(officer, incident, **PLACE)
    register(officer, incident, address="南町2", latitude="43.21", longitude="141.71")
    register(officer, incident, address="南町3", district="南町")
    assert survey(officer, incident, first, external_force="yes", depths="0.75").status_code == 302
    officer.post(at(incident, "confirm-house-survey", first, last_survey().number))
    shown = officer.get(at(incident, "houses-map"))
    words = shown.content.decode()
    assert "調査済み（決定前）" in words
    assert decide(officer, incident, first).status_code == 302
    words = officer.get(at(incident, "houses-map")).content.decode()
    assert 'class="sign is-house-middle_half"' in words
    assert "家屋第1号（中規模半壊）" in words
    assert 'class="sign is-house-waiting"' in words
    assert "地図にない家屋：1棟" in words
    assert "訓練" in words
    assert "本町1丁目" not in words
    assert PersonalAccess.objects.filter(what="被災家屋の地図").last().people == 3
    narrowed = officer.get(at(incident, "houses-map"), {"district": "南町"}).content.decode()
    assert "緯度と経度のある家屋がありません" in narrowed
    assert 'class="sign is-house-' not in narrowed


def test_nobody_of_another_town_sees_it(client, incident, secretariat, neighbour):
    for other in (secretariat, neighbour):
        client.force_login(other.user)
        assert client.get(at(incident, "houses-map")).status_code == 404


@pytest.mark.slow
def test_many_houses_are_shown_by_district_and_each_opens_its_own(officer, incident, partner):
    own = Municipality.objects.get(code=KAWAKITA)
    with scope(region=incident.region, towns={own.pk}), verb(partner, "testing.houses", quiet=True):
        rows = [
            House(
                region=incident.region, incident=incident, mode=incident.mode, municipality=own, number=number,
                district=f"{number % 12 + 1}条", hazard="flood", struck_on=incident.began_at.date(),
                sealed={"latitude": f"{43 + number / 1e4}", "longitude": f"{141.5 + number % 70 / 1e3}"},
            )
            for number in range(1, 5001)
        ]  # fmt: skip
        House.objects.bulk_create(rows)
    shown = officer.get(at(incident, "houses-map"))
    words = shown.content.decode()
    assert words.count('class="sign is-group"') == 12 + 1
    assert "地区・町字ごとに示します" in words
    assert len(shown.content) < 200_000
    one = officer.get(at(incident, "houses-map"), {"district": "3条"}).content.decode()
    assert one.count("is-house-waiting") == 417 + 1
    assert house_map.MOST_SINGLE < 417
