"""The chronology is composed: events, steps of procedures and transfers, answers to injects, each with who and when."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from keniki.apps.disaster.actions.drills import ScenarioDraft, answer_inject, save_scenario, start_drill
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.actions.procedures import StepDraft, ask_aid, ask_stay, take_step
from keniki.apps.disaster.models import Cause, StayStep
from keniki.apps.disaster.queries.board.places import known_places
from keniki.apps.disaster.queries.chronology import ChronologyFilter, chronology_of, lines_of
from keniki.apps.portal.testing import AOBA, HOSHINO

from .stocked import Stocked, incident, stocked
from .test_board import write
from .test_incidents import DRILL, RAIN
from .test_procedures import DAY, FIRST, aid_draft, stay_draft
from .test_stock_transfers import asked, sent


def told(found, **narrowed):
    known = known_places(found.region)
    return lines_of(found, chronology_of(found, ChronologyFilter(**narrowed))[:100], known)


@pytest.fixture
def rain(in_region, secretariat):
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def test_steps_stand_between_events_with_who_when_and_document(
    rain, towns, partner, other_partner, client_as
) -> None:
    write(partner, rain, "town:019020", message="高台へ")
    stay = ask_stay(partner, rain, stay_draft(towns), FIRST)
    aid = ask_aid(partner, rain, aid_draft(towns), FIRST)
    take_step(other_partner, aid, StepDraft("acceptance", DAY, "星防第7号", "5名を送る"), None)
    lines = told(rain)
    assert [line.kind for line in lines] == [
        "応援の手続", "応援の手続", "広域避難・広域一時滞在の手続", "本部・警戒レベル",
    ]  # fmt: skip
    first = lines[0]
    assert (first.town, first.source, first.note) == ("星野町", "文書番号 星防第7号", "5名を送る")
    assert ("手続", "応じる旨の回答") in first.changes
    assert first.post.startswith("星野町")
    assert str(stay) in lines[2].title
    page = client_as(partner).get(f"{rain.get_absolute_url()}board/chronology/").content.decode()
    for words in ("応じる旨の回答", "架防第1号", "広域避難第1号", "星野町"):
        assert words in page, words


def test_it_is_narrowed_as_events_are(rain, towns, partner) -> None:
    write(partner, rain, "town:019020", message="高台へ")
    ask_stay(partner, rain, stay_draft(towns), FIRST)
    assert len(told(rain, kind="stay")) == 1
    assert told(rain, kind="aid") == []
    assert [line.kind for line in told(rain, kind="town.update")] == ["本部・警戒レベル"]
    assert len(told(rain, town=HOSHINO)) == 1
    assert told(rain, town=AOBA) == []
    assert len(told(rain, text="東地区")) == 1
    assert told(rain, important=True) == []
    assert chronology_of(rain, ChronologyFilter()).count() == 2


def test_a_past_moment_knows_no_later_step_and_the_report_has_them(
    rain, towns, partner, other_partner, client_as
) -> None:
    stay = ask_stay(partner, rain, stay_draft(towns), FIRST)
    before = timezone.now()
    take_step(other_partner, stay, StepDraft("acceptance", DAY), None)
    assert len(told(rain, until=before)) == 1
    assert len(told(rain, since=before)) == 1
    pdf = client_as(partner).get(f"{rain.get_absolute_url()}board/report.pdf").content
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "受入れの回答" in text
    assert "実災害" in text


def test_transfers_of_an_incident_are_in_it_and_those_of_peacetime_are_not(
    stock, secretariat, partner, other_partner
) -> None:
    found = incident(stock.region, secretariat, "real")
    asked(stock, other_partner)
    sent(stock, partner, asked(stock, other_partner, kind="aid", incident=found, due_on=None), 50)
    lines = told(found, kind="transfer")
    assert [dict(line.changes)["段階"] for line in lines] == ["発送済み", "承認", "依頼中"]
    assert [dict(line.changes)["品目"] for line in lines] == [
        "アルファ米 50食",
        "アルファ米 50食",
        "アルファ米 120食",
    ]
    assert [line.town for line in lines] == ["川北町", "川北町", "星野町"]


def test_injects_and_what_towns_did_with_them_are_in_the_drill_alone(
    in_region, secretariat, partner, towns, rain
) -> None:
    injects = ({"after": 0, "title": "大雨警報（架空）"},)
    scenario = save_scenario(secretariat, in_region, ScenarioDraft("訓練", Cause.FLOOD, injects))
    run = start_drill(secretariat, scenario, "夜の訓練")
    answer_inject(partner, run, 1, towns["川北町"], "避難所を開設した。")
    run.incident.region = in_region
    lines = told(run.incident)
    assert [line.kind for line in lines] == ["状況付与への対応", "記録"] or lines[1].via == "訓練の状況付与"
    assert (lines[0].town, lines[0].note) == ("川北町", "避難所を開設した。")
    assert "大雨警報（架空）" in lines[0].title
    assert told(rain) == []


def test_one_who_comes_from_another_region_sees_none_of_it(
    rain, towns, partner, neighbour, client_as
) -> None:
    ask_stay(partner, rain, stay_draft(towns), FIRST)
    assert client_as(neighbour).get(f"{rain.get_absolute_url()}board/chronology/").status_code == 404


def test_the_questions_stay_the_same_however_long_it_is(rain, towns, partner) -> None:
    ask_stay(partner, rain, stay_draft(towns), FIRST)
    with CaptureQueriesContext(connection) as few:
        told(rain)
    for number in range(5):
        ask_stay(partner, rain, stay_draft(towns, reason=f"理由{number}"), FIRST)
    with CaptureQueriesContext(connection) as many:
        assert len(told(rain)) == 6
    assert len(many) == len(few)
    assert StayStep.objects.count() == 6


def test_pages_and_files_are_cut_in_the_database(in_region, secretariat, towns, partner, client_as) -> None:
    drill = save_incident(secretariat, in_region, DRILL)
    for number in range(3):
        ask_stay(partner, drill, stay_draft(towns, reason=f"理由{number}"), FIRST)
    client = client_as(partner)
    base = f"{drill.get_absolute_url()}board/chronology"
    assert client.get(f"{base}/", {"page": "99"}).status_code == 200
    rows = client.get(f"{base}.csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 4
    assert all("訓練" in row for row in rows[1:])
    assert chronology_of(drill, ChronologyFilter(since=timezone.now() + timedelta(hours=1))).count() == 0
