"""Incidents: opened by any town, real or an exercise for ever, ended and opened again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions.incidents import (
    IncidentDraft,
    end_incident,
    reopen_incident,
    save_incident,
)
from keniki.apps.disaster.models import Event, Hazard, Incident, Mode
from keniki.core.errors import WrongInput

TOKYO = ZoneInfo("Asia/Tokyo")
BASE = "/desk/aoba/disaster/incidents/"
DRILL = IncidentDraft(Mode.EXERCISE, "図上訓練", Hazard.FLOOD, datetime(2024, 9, 1, 9, tzinfo=TOKYO))
RAIN = IncidentDraft(Mode.REAL, "8月5日の大雨", Hazard.FLOOD, datetime(2024, 8, 5, 18, tzinfo=TOKYO))


def form(**changes: str) -> dict[str, str]:
    return {
        "mode": "exercise", "title": "図上訓練", "hazard": "flood", "began_at": "2024-09-01T09:00", "note": "",
    } | changes  # fmt: skip


@pytest.mark.parametrize("who", ["secretariat", "partner", "other_partner"])
def test_every_town_opens_an_incident(request, in_region, client_as, who) -> None:
    client = client_as(request.getfixturevalue(who))
    answer = client.post(BASE + "new/", form(), follow=True)
    assert answer.status_code == 200
    found = Incident.objects.get()
    assert (found.slug, found.mode) == ("2024-09-01-exercise", Mode.EXERCISE)
    assert "【訓練】図上訓練 を保存しました。" in answer.content.decode()
    assert LogEntry.objects.filter(verb="disaster.save_incident").count() == 1


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("panel_member", 403), ("neighbour", 404)])
def test_who_does_not_write_for_a_town_opens_none(request, in_region, client_as, who, status) -> None:
    assert client_as(request.getfixturevalue(who)).post(BASE + "new/", form()).status_code == status
    assert not Incident.objects.exists()


def test_nothing_is_chosen_ahead_between_reality_and_exercise(in_region, secretariat, client_as) -> None:
    client = client_as(secretariat)
    assert "checked" not in client.get(BASE + "new/").content.decode()
    answer = client.post(BASE + "new/", form(mode=""))
    assert answer.status_code == 422
    assert "「実災害」か「訓練」のどちらかを選んでください。" in answer.content.decode()


@pytest.mark.parametrize("draft", [DRILL, RAIN])
def test_every_page_says_what_it_is(in_region, secretariat, client_as, draft) -> None:
    found = save_incident(secretariat, in_region, draft)
    word = found.get_mode_display()
    for path in ("", "edit/"):
        text = client_as(secretariat).get(found.get_absolute_url() + path).content.decode()
        assert f'aria-label="{word}"' in text
        assert f"<title>【{word}】" in text
        assert ("print-drill.css" in text) is found.is_exercise


def test_reality_and_exercise_never_change_into_each_other(in_region, secretariat, client_as) -> None:
    actor = secretariat
    found = save_incident(actor, in_region, DRILL)
    with pytest.raises(WrongInput, match="区分は変えられません"):
        save_incident(actor, in_region, replace(DRILL, mode=Mode.REAL), found, found.version)
    client_as(secretariat).post(f"{found.get_absolute_url()}edit/", form(mode="real", version="1"))
    found.refresh_from_db()
    assert found.mode == Mode.EXERCISE
    with (
        pytest.raises(IntegrityError, match="stays what it is"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE disaster_incident SET mode = 'real' WHERE id = %s", [found.pk])


def test_the_database_takes_no_event_of_the_other_kind(in_region, secretariat) -> None:
    actor = secretariat
    drill, rain = save_incident(actor, in_region, DRILL), save_incident(actor, in_region, RAIN)
    for incident, mode in ((drill, Mode.REAL), (rain, Mode.EXERCISE)):
        event = Event(
            id=uuid4(), region=in_region, incident=incident, mode=mode, kind="note", entity="note:1", at=timezone.now(),
            via="page", digest="0" * 64,
        )  # fmt: skip
        with (
            verb(actor, "testing.event", quiet=True),
            pytest.raises(IntegrityError, match="mode"),
            transaction.atomic(),
        ):
            event.save()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mode": "real", "title": "総合防災訓練"}, "名称に「訓練」とありますが、区分は「実災害」です"),
        ({"mode": "real", "title": "大雨", "began_at": "2999-01-01T00:00"}, "2150年までの日時"),
        ({"began_at": "きのう"}, "began_at"),
        ({"hazard": ""}, "hazard"),
        ({"title": "  "}, "title"),
    ],
)  # fmt: skip
def test_a_wrong_incident_is_refused_with_what_was_typed(
    in_region, secretariat, client_as, changes, said
) -> None:
    answer = client_as(secretariat).post(BASE + "new/", form(**changes, note="覚え書き"))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert "覚え書き" in text
    assert not Incident.objects.exists()


def test_a_real_incident_does_not_begin_tomorrow(in_region, secretariat) -> None:
    tomorrow = replace(RAIN, began_at=timezone.now() + timedelta(days=1))
    with pytest.raises(WrongInput, match="まだ来ていない日時"):
        save_incident(secretariat, in_region, tomorrow)


def test_an_incident_ends_and_is_opened_again(in_region, partner, client_as) -> None:
    actor = partner
    found = save_incident(actor, in_region, RAIN)
    with pytest.raises(WrongInput, match="より前です"):
        end_incident(actor, found, found.version, RAIN.began_at - timedelta(hours=1))
    client_as(partner).post(f"{found.get_absolute_url()}end/", {"version": "1"})
    found.refresh_from_db()
    assert found.ended_at is not None
    with pytest.raises(Stale):
        reopen_incident(actor, found, 1)
    assert reopen_incident(actor, found, 2).ended_at is None
    assert [each.verb for each in LogEntry.objects.filter(verb__startswith="disaster.").order_by("pk")] == [
        "disaster.save_incident", "disaster.end_incident", "disaster.reopen_incident",
    ]  # fmt: skip


def test_two_of_a_day_have_their_own_addresses(in_region, secretariat) -> None:
    slugs = [save_incident(secretariat, in_region, DRILL).slug for _ in range(3)]
    assert slugs == ["2024-09-01-exercise", "2024-09-01-exercise-2", "2024-09-01-exercise-3"]


def test_the_second_editor_is_shown_both(in_region, secretariat, client_as) -> None:
    actor = secretariat
    found = save_incident(actor, in_region, DRILL)
    save_incident(actor, in_region, replace(DRILL, title="図上訓練（改）"), found, 1)
    answer = client_as(secretariat).post(
        f"{found.get_absolute_url()}edit/", form(title="別の名称", version="1")
    )
    assert answer.status_code == 409
    assert "図上訓練（改）" in answer.content.decode()


def test_a_viewer_may_not_end_it(in_region, secretariat, viewer) -> None:
    found = save_incident(secretariat, in_region, DRILL)
    with pytest.raises(Denied):
        end_incident(viewer, found, found.version)


def test_the_first_pages_tell_what_goes_on(in_region, secretariat, client_as) -> None:
    client = client_as(secretariat)
    assert "開いている事案はありません。" in client.get("/desk/aoba/disaster/").content.decode()
    save_incident(secretariat, in_region, DRILL)
    rain = save_incident(secretariat, in_region, RAIN)
    for path in ("/desk/aoba/disaster/", "/desk/disaster/"):
        text = client.get(path).content.decode()
        assert text.index("8月5日の大雨") < text.index("図上訓練"), path
    end_incident(secretariat, rain, rain.version)
    assert "8月5日の大雨" not in client.get("/desk/disaster/").content.decode()
    assert "8月5日の大雨" in client.get(BASE).content.decode()
