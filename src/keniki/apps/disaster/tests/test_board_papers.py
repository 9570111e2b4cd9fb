"""The papers and files made of the board: the mode on every page, numbers that sum up, nothing keyed twice."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import unquote

import pytest
from defusedxml.ElementTree import fromstring
from pypdf import PdfReader

from keniki.apps.disaster.actions.events import record, take_events
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.copying import copy_rows
from keniki.apps.disaster.damage_rows import damage_fields, sheet_rows
from keniki.apps.disaster.models import Incident, Shelter
from keniki.apps.disaster.queries.board import board_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.regions.policies import today

from .boarded import halls
from .test_events import event, person
from .test_incidents import DRILL, RAIN

BOTH = ("incident", "drill")


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


@pytest.fixture
def shelters(in_region, towns, secretariat) -> dict[str, Shelter]:
    return halls(in_region, towns, secretariat)


@pytest.fixture
def told(in_region, partner, other_partner, shelters):
    """What happened, in any incident: levels, a shelter with people, an order, damage in two towns."""

    def tell(found):
        mine = [
            event(found, f"town:{KAWAKITA}", {"warning_level": 4, "headquarters": {"state": "set"}}),
            event(found, "shelter:kita", {"status": "open", "wanted": "水 200本"}),
            event(
                found,
                "district:kawazoi",
                {
                    "name": "川沿い", "town": KAWAKITA, "people": 30,
                    "order": {"level": "evacuate", "at": "2024-08-05T21:00:00+09:00", "by": "川北町長"},
                },
            ),
            event(found, f"damage:{KAWAKITA}", {"houses.total": 2, "dead": 1, "yen.agriculture": 2_500_000}),
            person(found),
            person(found),
        ]  # fmt: skip
        assert take_events(partner, in_region, mine).refused == []
        theirs = [event(found, f"damage:{HOSHINO}", {"houses.total": 3})]
        assert take_events(other_partner, in_region, theirs).refused == []
        return f"{found.get_absolute_url()}board/"

    return tell


def text_of(content: bytes) -> list[str]:
    return ["".join((page.extract_text() or "").split()) for page in PdfReader(io.BytesIO(content)).pages]


@pytest.mark.slow
@pytest.mark.parametrize("which", BOTH)
def test_the_situation_report_says_what_it_is_on_every_page(request, which, told, partner, client_as) -> None:
    found = request.getfixturevalue(which)
    base, word = told(found), found.get_mode_display()
    answer = client_as(partner).get(f"{base}report.pdf")
    assert answer.status_code == 200
    assert unquote(answer["Content-Disposition"]).partition("''")[2].startswith(f"{word}_状況報告_")
    pages = text_of(answer.content)
    assert all(f"【{word}】" in page for page in pages)
    whole = "".join(pages)
    assert f"【{word}】状況報告" in pages[0]
    for said in ("災害対策本部設置", "避難指示", "川北町長", "水200本", "圏域の避難者2人", "川沿い"):
        assert said in whole, said
    assert client_as(partner).get(f"{base}report.docx").content[:2] == b"PK"
    assert client_as(partner).get(f"{base}report.xml").status_code == 404


@pytest.mark.slow
def test_the_damage_report_sums_the_towns_in_the_rows_of_the_form(told, incident, partner, client_as) -> None:
    base = told(incident)
    rows = sheet_rows(today(), [row.figures for row in board_of(incident).damage])
    by_field = {row.field: row for row in rows}
    assert (by_field["houses.total"].figures, by_field["houses.total"].total) == ((2, 3), 5)
    assert (by_field["dead"].figures, by_field["dead"].total) == ((1, None), 1)
    assert by_field["yen.agriculture"].figures == (2500, None)
    assert by_field["missing"].total is None
    assert {each.field for each in damage_fields(today())} == {row.field for row in rows if row.field}
    for form in ("pdf", "docx", "xlsx"):
        assert client_as(partner).get(f"{base}damage.{form}").status_code == 200
    alone = text_of(client_as(partner).get(f"{base}damage.pdf", {"town": HOSHINO}).content)
    assert "星野町" in "".join(alone)
    assert "川北町" not in "".join(alone)


def test_a_figure_in_dispute_is_summed_nowhere(told, incident, partner) -> None:
    told(incident)
    record(partner, incident, f"damage:{KAWAKITA}", "damage.report", {"houses.total": 9})
    row = next(
        each
        for each in sheet_rows(today(), [row.figures for row in board_of(incident).damage])
        if each.field == "houses.total"
    )
    assert (row.total, row.disputed) == (None, (True, False))


def test_damage_is_entered_in_the_rows_of_the_form(incident, partner, client_as) -> None:
    url = f"{incident.get_absolute_url()}board/towns/{KAWAKITA}/damage/"
    data = {
        "seen": "{}", "d_houses_total": "4", "d_other_paddy_flooded": "12.5", "d_yen_agriculture": "1,200千円",
        "as_of": "2024-08-06T06:00",
    }  # fmt: skip
    assert client_as(partner).post(url, data).status_code == 302
    [row] = board_of(incident).damage
    values = {name: datum.value for name, datum in row.figures.items()}
    assert values == {"houses.total": 4, "other.paddy_flooded": 12.5, "yen.agriculture": 1_200_000}
    assert client_as(partner).post(url, data | {"d_dead": "-1"}).status_code == 422


@pytest.mark.slow
def test_the_copy_sheet_has_everything_that_would_be_keyed(told, incident, partner, client_as) -> None:
    base = told(incident)
    rows = copy_rows(board_of(incident), KAWAKITA, today())
    told_ = {(part, name): value for part, name, value in rows}
    assert told_["災害対策本部", "警戒レベル"] == "4"
    assert told_["避難所", "川北町体育館：避難者数（受付の登録）"] == "2"
    assert told_["避難情報", "川沿い：区分"] == "避難指示"
    assert told_["被害", "住家被害　全壊（棟）"] == "2"
    assert told_["被害", "人的被害　行方不明者（人）"] == ""
    url = f"{base}towns/{KAWAKITA}/copy.csv"
    lines = list(csv.reader(io.StringIO(client_as(partner).get(url).content.decode("utf-8-sig"))))
    assert [line[1:] for line in lines[1:]] == [list(row) for row in rows]
    assert {line[0] for line in lines[1:]} == {"実災害"}
    assert client_as(partner).get(f"{base}towns/{KAWAKITA}/copy.pdf").status_code == 200
    assert client_as(partner).get(f"{base}towns/000000/copy.csv").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(("which", "status"), [("incident", "Actual"), ("drill", "Exercise")])
def test_other_systems_are_told_the_mode(request, which, status, told, partner, client_as) -> None:
    found = request.getfixturevalue(which)
    client, base = client_as(partner), told(found)
    alert = fromstring(client.get(f"{base}exchange/cap.xml").content)
    name = "{urn:oasis:names:tc:emergency:cap:1.2}"
    assert alert.findtext(f"{name}status") == status
    events = [info.findtext(f"{name}event") or "" for info in alert.findall(f"{name}info")]
    assert len(events) == 3
    assert all(("訓練" in each) is found.is_exercise for each in events)
    package = json.loads(client.get(f"{base}exchange/eei.json").content)
    assert package["mode"] == found.mode
    for file in ("eei-shelters.csv", "eei-orders.csv", "eei-damage.csv"):
        assert found.get_mode_display() in client.get(f"{base}exchange/{file}").content.decode("utf-8-sig")
    assert client.get(f"{base}exchange/passwd").status_code == 404


@pytest.mark.slow
def test_an_empty_board_has_nothing_to_pass_on_and_says_so(incident, partner, client_as) -> None:
    base = f"{incident.get_absolute_url()}board/"
    answer = client_as(partner).get(f"{base}exchange/cap.xml", follow=True)
    assert "CAPに書き出すものがありません。" in answer.content.decode()
    for name in ("shelters", "orders", "roads", "requests"):
        assert client_as(partner).get(f"{base}tables/{name}.csv").status_code == 200
    assert client_as(partner).get(f"{base}tables/persons.csv").status_code == 404
