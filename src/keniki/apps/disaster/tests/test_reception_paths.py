"""The other ways in: cards and sheets printed ahead, a resident's own telephone, a code prepared at home."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from keniki.analysis import reception
from keniki.apps.accounts.actor import Denied
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.actions.reception.persons import Stay, scan_in
from keniki.apps.disaster.actions.reception.printing import make_cards, make_sheets
from keniki.apps.disaster.actions.reception.web import (
    close_poster,
    confirm_checkin,
    erase_expired,
    open_poster,
)
from keniki.apps.disaster.models import Card, Event, Incident, WebCheckin
from keniki.apps.disaster.queries.reception.people import Roll
from keniki.core.errors import WrongInput

from .boarded import halls
from .test_incidents import DRILL, RAIN
from .test_reception import HALL, at, base

FAMILY = {
    "ident": "0123456789abcdef", "phone": "0126-00-0000", "dog": "1", "members-TOTAL_FORMS": "2",
    "members-INITIAL_FORMS": "0", "members-0-name": "山田 花子", "members-0-diet": "egg", "members-1-name": "山田 太郎",
}  # fmt: skip


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


@pytest.fixture
def shelters(in_region, towns, secretariat):
    return halls(in_region, towns, secretariat)


@pytest.fixture
def desk(in_region, towns):
    with scope(region=in_region, towns={towns["川北町"].pk}):
        yield towns["川北町"]


def test_cards_are_numbered_and_of_one_mode(
    incident, in_region, desk, partner, other_partner, shelters
) -> None:
    real = make_cards(partner, in_region, desk, "real", 3)
    training = make_cards(partner, in_region, desk, "exercise", 2)
    assert [(each.number, each.token[0]) for each in Card.objects.order_by("id")] == [
        (1, "R"), (2, "R"), (3, "R"), (1, "T"), (2, "T"),
    ]  # fmt: skip
    assert (real.last, training.last) == (3, 2)
    assert make_cards(partner, in_region, desk, "real", 1).first == 4
    assert scan_in(partner, incident, desk, "2", HALL).new
    assert not scan_in(partner, incident, desk, real.cards.get(number=2).token, HALL).new
    with pytest.raises(WrongInput, match="第99号は、川北町では作っていません"):
        scan_in(partner, incident, desk, "99", HALL)
    with pytest.raises(Denied):
        make_cards(other_partner, in_region, desk, "real", 1)


@pytest.mark.slow
def test_cards_and_sheets_are_printed_for_the_own_town(
    in_region, desk, partner, other_partner, client_as
) -> None:
    batch = make_cards(partner, in_region, desk, "exercise", 12)
    [sheet] = make_sheets(partner, in_region, desk, "real", 1)
    client = client_as(partner)
    for path in (f"{batch.pk}.pdf", f"sheets/{sheet.token}.pdf"):
        answer = client.get(f"/desk/aoba/disaster/cards/{desk.code}/{path}")
        assert answer.content.startswith(b"%PDF")
        assert (
            client_as(other_partner).get(f"/desk/aoba/disaster/cards/{desk.code}/{path}").status_code == 404
        )


@pytest.mark.slow
def test_a_sheet_is_keyed_in_line_by_line_and_twice_is_one_person(
    incident, in_region, desk, partner, shelters, client_as
) -> None:
    [sheet] = make_sheets(partner, in_region, desk, "real", 1)
    client = client_as(partner)
    first = client.post(f"{base(incident)}paper/", {"code": reception.spelt(sheet.token), "line": "1"})
    assert first["Location"].endswith(f"paper/{sheet.token}/1/")

    def key_in(line: int, **more: str):
        url = f"{base(incident)}paper/{sheet.token}/{line}/"
        seen = re.search(r'name="seen" value="([^"]*)"', client.get(url).content.decode())
        assert seen
        data = {
            "seen": seen[1].replace("&quot;", '"'),
            "shelter": "shelter:kita",
            "since": "2024-08-05T19:30",
        }
        return client.post(url, data | more)

    assert key_in(1, name="山田 花子")["Location"].endswith("/2/")
    assert key_in(2, name="山田 太郎", same_family="on").status_code == 302
    assert key_in(1, name="山田 花子").status_code == 302
    assert at(incident) == (2, 2)
    roll = Roll(incident)
    assert {person.household for person in roll.persons} == {roll.persons[0].household} != {""}
    assert roll.persons[0].joined.value("presence")["since"] == "2024-08-05T19:30+09:00"
    assert set(Event.objects.filter(personal=True).values_list("via", flat=True)) == {"paper"}
    assert key_in(3).status_code == 422


def test_a_training_sheet_is_refused_in_reality(incident, in_region, desk, partner, client_as) -> None:
    [sheet] = make_sheets(partner, in_region, desk, "exercise", 1)
    client = client_as(partner)
    assert client.post(f"{base(incident)}paper/", {"code": sheet.token, "line": "1"}).status_code == 422
    assert client.get(f"{base(incident)}paper/{sheet.token}/1/").status_code == 404


@pytest.mark.slow
def test_a_residents_form_waits_for_the_desk_and_is_confirmed_by_one_button(
    drill, desk, partner, other_partner, shelters, client_as
) -> None:
    poster = open_poster(partner, drill, shelters["kita"])
    url, visitor = f"/disaster/aoba/check-in/{poster.token}/", Client()
    assert "これは 訓練です" in visitor.get(url).content.decode()
    text = visitor.post(url, FAMILY).content.decode()
    assert "1<small>番（2人）" in text
    visitor.post(url, FAMILY)
    row = WebCheckin.objects.get()
    assert at(drill) == (0, 0)
    client = client_as(partner)
    assert "山田 花子、山田 太郎" in client.get(f"{base(drill)}web/").content.decode()
    assert client_as(other_partner).post(f"{base(drill)}web/{row.pk}/confirm/").status_code == 404
    assert (
        "1番の2人を受け付けました"
        in client.post(f"{base(drill)}web/{row.pk}/confirm/", follow=True).content.decode()
    )
    assert at(drill) == (2, 2)
    row.refresh_from_db()
    assert (row.state, row.sealed) == ("confirmed", None)
    assert (
        "既に処理したか" in client.post(f"{base(drill)}web/{row.pk}/confirm/", follow=True).content.decode()
    )
    assert client.get(f"{base(drill)}posters/{poster.pk}.pdf").content.startswith(b"%PDF")


@pytest.mark.slow
def test_a_form_without_a_name_or_after_closing_is_refused_in_plain_words(
    incident, desk, partner, secretariat, shelters
) -> None:
    poster = open_poster(partner, incident, shelters["kita"])
    url, visitor = f"/disaster/aoba/check-in/{poster.token}/", Client()
    empty = visitor.post(url, FAMILY | {"members-0-name": "", "members-0-diet": "", "members-1-name": ""})
    assert (empty.status_code, "書いてください" in empty.content.decode()) == (422, True)
    close_poster(partner, poster, None)
    gone = visitor.post(url, FAMILY)
    assert (gone.status_code, "おわりました" in gone.content.decode()) == (410, True)
    assert visitor.get("/disaster/aoba/check-in/unknown/").status_code == 404
    again = open_poster(partner, incident, shelters["kita"])
    end_incident(secretariat, incident, incident.version)
    assert Client().get(f"/disaster/aoba/check-in/{again.token}/").status_code == 410


def test_what_nobody_confirmed_is_erased_and_what_is_refused_too(
    incident, desk, partner, shelters, client_as
) -> None:
    poster = open_poster(partner, incident, shelters["kita"], keep_hours=2)
    url = f"/disaster/aoba/check-in/{poster.token}/"
    Client().post(url, FAMILY)
    Client().post(url, FAMILY | {"ident": "f" * 16})
    first, second = WebCheckin.objects.order_by("number")
    client_as(partner).post(f"{base(incident)}web/{second.pk}/refuse/", {"reason": "二重"})
    second.refresh_from_db()
    assert (second.state, second.sealed) == ("refused", None)
    with scopes_disabled():
        assert erase_expired(timezone.now() + timedelta(hours=1)) == 0
    assert erase_expired(timezone.now() + timedelta(hours=3)) == 1
    assert not WebCheckin.objects.filter(pk=first.pk).exists()
    first.incident, first.region = incident, incident.region
    with pytest.raises(WrongInput, match="消去されました"):
        confirm_checkin(partner, first)


def test_too_many_forms_from_one_place_are_stopped(incident, desk, partner, shelters, monkeypatch) -> None:
    from keniki.apps.disaster.views.reception import web

    monkeypatch.setattr(web, "_OF_ADDRESS", 2)
    poster = open_poster(partner, incident, shelters["kita"])
    url, visitor = f"/disaster/aoba/check-in/{poster.token}/", Client()
    answers = [visitor.post(url, FAMILY | {"ident": f"{at:016x}"}).status_code for at in range(3)]
    assert answers == [200, 200, 422]


@pytest.mark.slow
def test_a_code_prepared_at_home_keeps_nothing_and_is_read_at_the_desk(
    incident, desk, partner, shelters
) -> None:
    visitor = Client()
    answer = visitor.post("/disaster/aoba/prepare/", FAMILY)
    assert (answer.status_code, "<svg" in answer.content.decode()) == (200, True)
    assert answer["Cache-Control"].find("no-store") >= 0
    assert not WebCheckin.objects.exists()
    long = {f"members-{at}-name": "山" * 60 for at in range(12)} | {"members-TOTAL_FORMS": "12"}
    assert visitor.post("/disaster/aoba/prepare/", FAMILY | long).status_code == 422
    home = reception.Home("0123456789abcdef", (reception.HomePerson("山田 花子"),))
    assert scan_in(partner, incident, desk, reception.home_code(home), Stay(place="shelter:kita")).new
