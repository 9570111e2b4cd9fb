"""Pages of the weather agency's warnings: what stands and how old it is, for staff, residents, drills."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keniki.apps.accounts.models import User
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.actions.warnings.telling import tell_all
from keniki.apps.disaster.models import Event, WarningSource, WarningTelegram
from keniki.apps.disaster.public import answer
from keniki.apps.portal.testing import HOSHINO, KAWAKITA

from .jma_samples import kind, weather
from .test_incidents import DRILL, RAIN
from .test_warnings import BESIDE, TOWN, WARNING, ago, take

BASE = "/desk/aoba/disaster/warnings/"
CALL = "警報が出ています：事案を開設しますか"


def html(client, url: str) -> str:
    answered = client.get(url)
    assert answered.status_code == 200, url
    return answered.content.decode()


def sent(status: str = "訓練", name: str = "a_VPWW55_016000.xml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, weather({TOWN: WARNING}, status=status, at=ago(5)))


@pytest.mark.slow
def test_what_stands_is_shown_with_time_source_and_level(in_region, partner, client_as) -> None:
    client = client_as(partner)
    assert "まだ受け取っていません" in html(client, BASE)
    data = weather({TOWN: WARNING, BESIDE: kind("雷注意報", "14")}, at=ago(5))
    take(data)
    page = html(client, BASE)
    for words in (
        "レベル３大雨警報",
        "雷注意報",
        "3相当",
        "試験気象台",
        "出典：気象庁防災情報XML",
        "発表なし",
    ):
        assert words in page, words
    telegram = WarningTelegram.objects.get()
    detail = html(client, f"{BASE}{telegram.pk}/")
    assert telegram.digest in detail
    answered = client.get(f"{BASE}{telegram.pk}/file/")
    assert answered.content == data
    assert client.get(f"{BASE}{telegram.pk + 1}/").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("viewer", 200), ("neighbour", 404)])
def test_who_sees_the_region_sees_its_weather(request, in_region, client_as, who, status) -> None:
    assert client_as(request.getfixturevalue(who)).get(BASE).status_code == status


@pytest.mark.slow
def test_a_warning_without_an_incident_asks_for_one_wherever_staff_begin(
    in_region, secretariat, partner, client_as
) -> None:
    client = client_as(partner)
    pages = ("/desk/", "/desk/disaster/", "/desk/aoba/disaster/", BASE)
    take(weather({TOWN: kind("雷注意報", "14")}, at=ago(9)))
    assert all(CALL not in html(client, url) for url in pages)
    take(weather({TOWN: WARNING}, at=ago(5)))
    assert all(CALL in html(client, url) and "川北町" in html(client, url) for url in pages)
    save_incident(secretariat, in_region, DRILL)
    assert CALL in html(client, BASE)
    before = html(client, "/desk/disaster/").count(CALL)
    save_incident(secretariat, in_region, RAIN)
    assert [url for url in pages if url != "/desk/disaster/" and CALL in html(client, url)] == []
    assert html(client, "/desk/disaster/").count(CALL) == before - 1


def test_residents_see_what_stands_while_the_source_is_alive(in_region, client) -> None:
    take(weather({TOWN: WARNING}, at=ago(5)))
    page = answer("/disaster/aoba/", "aoba").body.decode()
    assert "レベル３大雨警報" in page
    assert "に確かめました" in page
    told = json.loads(answer("/disaster/aoba/board.json", "aoba").body)["regions"][0]["weather"]
    assert [town["level"] for town in told["towns"] if town["code"] == KAWAKITA] == [3]
    assert [town["warnings"] for town in told["towns"] if town["code"] == HOSHINO] == [[]]
    WarningTelegram.objects.update(received_at=timezone.now() - timedelta(hours=4))
    assert "レベル３大雨警報" not in answer("/disaster/aoba/", "aoba").body.decode()
    assert json.loads(answer("/disaster/aoba/board.json", "aoba").body)["regions"][0]["weather"] is None


def test_a_drill_of_the_agency_is_marked_and_reaches_no_resident(in_region, partner, client_as) -> None:
    taken = take(weather({TOWN: WARNING}, status="訓練", at=ago(5)))
    client = client_as(partner)
    page = html(client, BASE)
    assert "訓練" in page
    assert CALL not in page
    detail = html(client, f"{BASE}{taken.telegram.pk}/")
    assert "【訓練】" in detail
    assert "実際の警報・注意報ではありません" in detail
    assert (
        client.get(f"{BASE}{taken.telegram.pk}/file/")["Content-Disposition"].count("%E8%A8%93%E7%B7%B4") == 1
    )
    assert "レベル３大雨警報" not in answer("/disaster/aoba/", "aoba").body.decode()


def test_the_board_and_the_chronology_show_what_the_agency_said(in_region, secretariat, client_as) -> None:
    incident = save_incident(secretariat, in_region, RAIN)
    take(weather({TOWN: WARNING}, at=ago(5)))
    tell_all()
    client = client_as(secretariat)
    board = html(client, f"{incident.get_absolute_url()}board/")
    assert "レベル３大雨警報" in board
    assert BASE in board
    lines = html(client, f"{incident.get_absolute_url()}board/chronology/")
    for words in ("レベル３大雨警報", "気象情報", "システム（自動）", "試験気象台"):
        assert words in lines, words
    assert "代理入力" not in lines.partition("<table")[2]


def test_the_operator_switches_and_the_others_only_read(
    in_region, administrator, secretariat, client_as
) -> None:
    url = "/desk/disaster/warnings/"
    form = {"active": "yes", "feeds": ["extra"], "minutes": "2", "version": "1"}
    others = client_as(secretariat)
    assert "取得しない" in html(others, url)
    assert others.post(url, form).status_code == 403
    assert not WarningSource.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("who", ["secretariat"])
def test_a_telegram_is_played_into_a_drill_from_its_page(request, in_region, client_as, who) -> None:
    client = client_as(request.getfixturevalue(who))
    drill = save_incident(request.getfixturevalue("secretariat"), in_region, DRILL)
    url = f"{drill.get_absolute_url()}telegram/"
    assert "訓練" in html(client, url)
    answered = client.post(url, {"file": sent()}, follow=True)
    assert "【訓練】電文から1件を付与しました。" in answered.content.decode()
    assert "レベル３大雨警報" in answered.content.decode()
    again = client.post(url, {"file": sent("通常")})
    assert again.status_code == 422
    assert "付与できるのは「訓練」の電文だけです" in again.content.decode()
    assert client.post(url, {}).status_code == 422
    assert Event.objects.count() == 1


@pytest.mark.slow
def test_a_real_incident_has_no_such_page_and_a_town_plays_none(
    in_region, secretariat, partner, client_as
) -> None:
    real, drill = save_incident(secretariat, in_region, RAIN), save_incident(secretariat, in_region, DRILL)
    assert client_as(secretariat).get(f"{real.get_absolute_url()}telegram/").status_code == 404
    town = client_as(partner)
    assert town.get(f"{drill.get_absolute_url()}telegram/").status_code == 200
    assert town.post(f"{drill.get_absolute_url()}telegram/", {"file": sent()}).status_code == 403
    assert not Event.objects.exists()


@pytest.mark.slow
def test_the_page_asks_the_same_questions_whatever_has_come(in_region, partner, client_as) -> None:
    client = client_as(partner)
    take(weather({TOWN: WARNING}, at=ago(50)))
    html(client, BASE)
    with CaptureQueriesContext(connection) as few:
        html(client, BASE)
    for minutes in range(2, 40):
        take(weather({TOWN: WARNING, BESIDE: WARNING}, at=ago(minutes)))
    with CaptureQueriesContext(connection) as many:
        html(client, BASE)
    assert len(many) == len(few)


def test_the_operator_switches_on_its_page_and_a_second_sees_the_first(in_region, client) -> None:
    client.force_login(User.objects.create_user("ope", "運用 太郎", "x" * 20, is_operator=True))
    url = "/desk/disaster/warnings/"
    form = {"active": "yes", "feeds": ["extra"], "minutes": "2", "version": "1"}
    assert "気象庁の電文を取得することにしました。" in client.post(url, form, follow=True).content.decode()
    assert WarningSource.objects.get().minutes == 2
    for wrong in ({"minutes": "11"}, {"feeds": []}):
        assert client.post(url, {**form, **wrong}).status_code == 422
    second = client.post(url, {**form, "minutes": "5", "version": "7"})
    assert second.status_code == 422
    assert "ほかの人が先に設定を変えました" in second.content.decode()
    assert WarningSource.objects.get().minutes == 2
