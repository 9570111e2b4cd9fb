"""The board: several people write at once and nothing is lost; any past moment is shown as it was known then."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.actions.board import writing
from keniki.apps.disaster.actions.board.writing import Shown, Writing
from keniki.apps.disaster.actions.events import record, take_events
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.models import District, Event, Incident, RefusedEvent, Shelter
from keniki.apps.disaster.queries.board import board_of
from keniki.apps.disaster.queries.states import state_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .boarded import halls
from .test_events import event, person
from .test_incidents import DRILL, RAIN

TOWN = f"town:{KAWAKITA}"
NOBODY = Shown()


def base(found) -> str:
    return f"{found.get_absolute_url()}board/"


def filled(client, url: str) -> dict[str, str]:
    """What a form page holds, as a browser would send it back."""
    text = client.get(url).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', text)
    assert seen, url
    return {"seen": seen[1].replace("&quot;", '"')}


def write(actor, found, entity: str, **values):
    state = state_of(found, [entity.partition(":")[0]])
    shown = writing.shown_of(state.joined.get(entity))
    return writing.write(actor, found, "town.update", [Writing(entity, values, shown)])


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
def district(in_region, towns, secretariat) -> District:
    with verb(secretariat, "testing.district", quiet=True) as act:
        return act.save(
            District(
                region=in_region, municipality=towns["川北町"], slug="honcho", name="本町", residents=120
            )
        )


@pytest.mark.slow
def test_a_town_says_its_headquarters_and_level(incident, partner, client_as) -> None:
    client, url = client_as(partner), f"{base(incident)}towns/{KAWAKITA}/"
    data = filled(client, url) | {"state": "set", "at": "2024-08-05T19:10", "place": "役場", "level": "4"}
    answer = client.post(url, data, follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "【実災害】川北町の本部・警戒レベルを記録しました。" in text
    assert '<span class="level is-4">4 避難指示</span>' in text
    row = next(each for each in board_of(incident).towns if each.town == KAWAKITA)
    assert row.headquarters.value == {
        "state": "set", "at": "2024-08-05T19:10+09:00", "place": "役場",
    }  # fmt: skip
    assert row.mark is not None
    assert Event.objects.get().fields.keys() == {"headquarters", "warning_level"}


@pytest.mark.slow
def test_two_who_did_not_see_each_other_are_a_visible_conflict_until_somebody_decides(
    incident, partner, secretariat, client_as
) -> None:
    """Both opened the form before either saved: both values stand, both are shown, a person decides."""
    url = f"{base(incident)}towns/{KAWAKITA}/"
    one, other = client_as(partner), client_as(secretariat)
    first, second = filled(one, url), filled(other, url)
    one.post(url, first | {"level": "3"})
    text = other.post(url, second | {"level": "4"}, follow=True).content.decode()
    assert "食い違いがあります。" in text
    assert "食い違い（1件）" in text
    [split] = board_of(incident).splits
    assert [option.value for option in split.options] == [3, 4]
    assert [option.mark.behalf for option in split.options] == ["", "川北町"]
    assert "食い違いがあります：3／4。" in one.get(url).content.decode()
    address = f"{base(incident)}decide/town/{KAWAKITA}/warning_level/"
    page = one.get(address).content.decode()
    assert "代理入力：川北町" in page
    data = filled(one, address) | {"choice": split.options[1].head}
    assert one.post(address, data).status_code == 302
    board = board_of(incident)
    assert board.splits == ()
    assert next(row for row in board.towns if row.town == KAWAKITA).level.value == 4
    assert one.post(address, data, follow=True).content.decode().count("ほかの人が先に決定しました") == 1
    assert Event.objects.count() == 3


@pytest.mark.slow
def test_a_field_nobody_touched_is_not_written(incident, partner, secretariat, client_as) -> None:
    """One changes the level while another, who saw none, writes a message: no conflict, nothing overwritten."""
    url = f"{base(incident)}towns/{KAWAKITA}/"
    stale = filled(client_as(secretariat), url)
    write(partner, incident, TOWN, warning_level=4)
    client_as(secretariat).post(url, stale | {"message": "高台へ"})
    row = next(each for each in board_of(incident).towns if each.town == KAWAKITA)
    assert (row.level.value, row.message.value, board_of(incident).splits) == (4, "高台へ", ())


def test_saving_without_a_change_records_nothing(incident, partner, client_as) -> None:
    url = f"{base(incident)}towns/{KAWAKITA}/"
    write(partner, incident, TOWN, warning_level=4)
    answer = client_as(partner).post(url, filled(client_as(partner), url) | {"level": "4"})
    assert answer.status_code == 422
    assert "変わったところがありません。" in answer.content.decode()
    assert Event.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("other_partner", 403), ("viewer", 403), ("neighbour", 404)])
def test_what_was_typed_stays_when_somebody_may_not(request, incident, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    answer = client.post(f"{base(incident)}towns/{KAWAKITA}/", {"seen": "{}", "message": "高台に避難"})
    assert answer.status_code == status
    assert not Event.objects.exists()
    if status == 403:
        assert "高台に避難" in answer.content.decode()


@pytest.mark.slow
def test_wrong_values_are_refused_at_their_field(incident, partner, client_as, shelters) -> None:
    url = f"{base(incident)}shelters/kita/"
    answer = client_as(partner).post(url, {"seen": "{}", "people": "10", "men": "8", "women": "5"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "数えた日時を入力してください。" in text
    assert "男性と女性の合計より少なくなっています。" in text
    for broken in ("[", "[1]", '{"status": "x"}'):
        assert client_as(partner).post(url, {"seen": broken, "status": "open"}).status_code == 422
    assert not Event.objects.exists()


@pytest.mark.slow
def test_counts_by_hand_stand_side_by_side_and_never_replace_the_registrations(
    incident,
    in_region,
    partner,
    secretariat,
    client_as,
    shelters,
) -> None:
    url = f"{base(incident)}shelters/kita/"
    take_events(partner, in_region, [person(incident) for _ in range(3)])
    first, second = filled(client_as(partner), url), filled(client_as(secretariat), url)
    count = {"status": "open", "counted_at": "2024-08-05T20:00"}
    client_as(partner).post(url, first | count | {"people": "5"})
    client_as(secretariat).post(url, second | {"people": "7", "counted_at": "2024-08-05T20:05"})
    row = next(each for each in board_of(incident).shelters if each.slug == "kita")
    assert (row.low, row.high, row.counted) == (3, 3, (5, 7))
    assert "5／7" in client_as(partner).get(base(incident)).content.decode()


def test_somebody_in_two_places_makes_a_range(incident, in_region, partner, shelters) -> None:
    key = str(uuid4())
    take_events(partner, in_region, [person(incident), person(incident, key=key)])
    left = event(incident, f"person:{key}", {"presence": {"state": "left"}})
    take_events(partner, in_region, [left])
    board = board_of(incident)
    row = next(each for each in board.shelters if each.slug == "kita")
    assert (row.low, row.high) == (1, 2)
    assert (board.total.low, board.total.high) == (1, 2)


@pytest.mark.slow
def test_an_order_is_the_mayors_for_several_districts_at_once(incident, partner, client_as, district) -> None:
    url = f"{base(incident)}towns/{KAWAKITA}/orders/"
    client = client_as(partner)
    page = client.get(url).content.decode()
    assert "発令するのは市町村長です" in page
    assert "災害対策基本法第60条第1項" in page
    order = {
        "districts": ["honcho"], "name": "川沿い一帯", "level": "evacuate", "at": "2024-08-05T21:00", "by": "川北町長",
        "document": "防第12号、防災行政無線", "reason": "氾濫のおそれ",
    }  # fmt: skip
    assert client.post(url, filled(client, url) | order).status_code == 302
    board = board_of(incident)
    assert sorted((row.name, row.level, row.issuer) for row in board.ordered_districts) == [
        ("川沿い一帯", 4, "川北町長"), ("本町", 4, "川北町長"),
    ]  # fmt: skip
    town = next(row for row in board.towns if row.town == KAWAKITA)
    assert (town.ordered, town.highest, town.people_ordered) == (2, 4, 120)
    again = client.post(url, filled(client, url) | order | {"districts": [], "name": "", "at": ""})
    assert again.status_code == 422
    assert "対象の地区を選んでください。" in again.content.decode()


@pytest.mark.slow
def test_a_place_nobody_registered_is_on_the_board_until_it_is_taken_back(
    incident, partner, client_as
) -> None:
    client = client_as(partner)
    url = f"{base(incident)}shelters/new/"
    data = {"seen": "{}", "name": "川北神社", "town": KAWAKITA, "status": "open", "lat": "43.1"}
    assert client.post(url, data).status_code == 422
    assert client.post(url, data | {"lon": "141.7"}).status_code == 302
    [row] = [each for each in board_of(incident).shelters if not each.registered]
    assert (row.name, row.position, row.is_open) == ("川北神社", (141.7, 43.1), True)
    void = f"{base(incident)}void/shelter/{row.slug}/"
    assert client.post(void, {"reason": ""}).status_code == 422
    assert client.post(void, {"reason": "二重登録"}).status_code == 302
    assert not [each for each in board_of(incident).shelters if not each.registered]
    assert client.post(void, {"reason": "やはり避難先"}).status_code == 302
    assert [each.name for each in board_of(incident).shelters if not each.registered] == ["川北神社"]


@pytest.mark.slow
def test_a_request_is_answered_by_another_town(
    incident, partner, other_partner, secretariat, client_as
) -> None:
    asks = {
        "direction": "request",
        "what": "goods",
        "town": KAWAKITA,
        "item": "毛布",
        "quantity": "50",
        "unit": "枚",
    }
    offers = {
        "direction": "offer",
        "what": "goods",
        "town": HOSHINO,
        "item": "毛布（新品）",
        "quantity": "80",
    }
    url = f"{base(incident)}requests/new/"
    assert client_as(partner).post(url, {"seen": "{}"} | asks).status_code == 302
    assert client_as(other_partner).post(url, {"seen": "{}"} | offers).status_code == 302
    wanted, offer = board_of(incident).requests
    assert [(match.town_name, match.sure) for match in wanted.matches] == [("星野町", False)]
    answer = f"{base(incident)}requests/{wanted.key}/answer/"
    helper = client_as(other_partner)
    data = filled(helper, answer) | {
        "state": "accepted", "partner": HOSHINO, "promised": "50", "answers": offer.entity,
    }  # fmt: skip
    assert helper.post(answer, data).status_code == 302
    wanted = next(row for row in board_of(incident).requests if row.entity == wanted.entity)
    assert (wanted.state.value, wanted.partner_name, wanted.promised.value) == ("accepted", "星野町", 50)
    assert [match.sure for match in wanted.matches] == [True]
    data = filled(helper, answer) | {
        "state": "sent",
        "partner": HOSHINO,
        "promised": "50",
        "answers": offer.entity,
    }
    assert helper.post(answer, data).status_code == 302
    rewritten = f"{base(incident)}requests/{wanted.key}/"
    answered = helper.post(rewritten, filled(helper, rewritten) | asks | {"item": "水"})
    assert answered.status_code == 403
    assert "水" in answered.content.decode()


@pytest.mark.slow
def test_notes_and_roads_are_in_the_chronology_with_source_and_way(incident, partner, client_as) -> None:
    client = client_as(partner)
    note = {
        "seen": "{}", "text": "堤防から水が漏れている", "town": KAWAKITA, "source": "resident",
        "source_note": "消防団経由", "important": "on", "state": "open", "happened_at": "2024-08-05T20:40",
    }  # fmt: skip
    road = {"seen": "{}", "name": "町道1号", "town": KAWAKITA, "state": "closed", "reason": "冠水"}
    assert client.post(f"{base(incident)}notes/new/", note).status_code == 302
    assert client.post(f"{base(incident)}roads/new/", road).status_code == 302
    url = f"{base(incident)}chronology/"
    text = client.get(url).content.decode()
    assert text.index("町道1号") < text.index("堤防から水が漏れている")
    assert "住民（消防団経由）" in text
    only = client.get(url, {"important": "on"}).content.decode()
    assert "堤防" in only
    assert "町道1号" not in only
    assert "町道1号" not in client.get(url, {"town": HOSHINO}).content.decode()
    assert "町道1号" in client.get(url, {"text": "冠水", "kind": "road.update"}).content.decode()
    rows = client.get(f"{base(incident)}chronology.csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    assert all(row.startswith("実災害,") for row in rows[1:])
    assert client.get(f"{base(incident)}chronology.xlsx").content[:2] == b"PK"
    assert client.get(f"{base(incident)}chronology.exe").status_code == 404


@pytest.mark.slow
def test_any_past_moment_shows_what_was_known_then(
    incident,
    in_region,
    partner,
    client_as,
    shelters,
    monkeypatch,
) -> None:
    write(partner, incident, TOWN, warning_level=3)
    take_events(partner, in_region, [person(incident)])
    between = timezone.now()
    write(partner, incident, TOWN, warning_level=5)
    take_events(partner, in_region, [person(incident)])
    then, now = board_of(incident, at=between), board_of(incident)
    levels = [next(row.level.value for row in board.towns if row.town == KAWAKITA) for board in (then, now)]
    assert levels == [3, 5]
    assert (then.total.low, now.total.low) == (1, 2)
    client = client_as(partner)
    at = timezone.localtime(incident.began_at - timedelta(days=1))
    text = client.get(base(incident), {"at": f"{at:%Y-%m-%dT%H:%M}"}).content.decode()
    assert "過去の時点のボードです" in text
    assert "まだ何も記録されていません" in text
    assert 'hx-get="' not in text.split('id="board-live"')[1].split(">")[0]
    for wrong in ("2999-01-01T00:00", "1990-01-01T00:00", "きのう"):
        answer = client.get(base(incident), {"at": wrong})
        assert answer.status_code == 200
        assert "いまの状況を表示しています。" in answer.content.decode()


@pytest.mark.slow
def test_drill_and_reality_side_by_side_never_mix(incident, drill, partner, client_as) -> None:
    client = client_as(partner)
    for found, level in ((incident, "5"), (drill, "2")):
        url = f"{base(found)}towns/{KAWAKITA}/"
        client.post(url, filled(client, url) | {"level": level})
    for found, level, word in ((incident, 5, "実災害"), (drill, 2, "訓練")):
        row = next(each for each in board_of(found).towns if each.town == KAWAKITA)
        assert row.level.value == level
        text = client.get(base(found)).content.decode()
        assert f"<title>【{word}】" in text
        assert f'aria-label="{word}"' in text
    real, exercise = base(incident), base(drill)
    mixed = event(drill, TOWN, {"warning_level": 4}) | {"incident": str(incident.uid)}
    receipt = take_events(partner, incident.region, [mixed])
    assert "訓練の記録です" in receipt.refused[0].reason
    for path in ("chronology.csv", "report.pdf", "tables/shelters.csv", "exchange/eei.json"):
        for address, word in ((real, "実災害"), (exercise, "訓練")):
            said = client.get(address + path)["Content-Disposition"]
            assert unquote(said).partition("''")[2].startswith(f"{word}_"), path


def test_an_ended_incident_is_read_and_not_written(incident, partner, secretariat, client_as) -> None:
    write(partner, incident, TOWN, warning_level=3)
    end_incident(secretariat, incident, incident.version)
    client, url = client_as(partner), f"{base(incident)}towns/{KAWAKITA}/"
    assert client.get(base(incident)).status_code == 200
    answer = client.post(url, filled(client, url) | {"level": "4"})
    assert answer.status_code == 403
    assert "この事案は終了しています。" in answer.content.decode()


def test_an_open_page_is_told_only_when_something_changed(incident, partner, client_as) -> None:
    client = client_as(partner)
    tag = re.search(r"live/\?tag=([^\"]+)", client.get(base(incident)).content.decode())
    assert tag
    live = f"{base(incident)}live/"
    _number, _, rest = tag[1].partition("-")
    assert client.get(live, {"tag": tag[1]}).status_code in (204, 200)  # a minute may have passed
    write(partner, incident, TOWN, warning_level=3)
    answer = client.get(live, {"tag": tag[1]})
    assert answer.status_code == 200
    assert "新しい記録が1件届き、ボードを更新しました。" in answer.content.decode()
    assert client.get(live, {"tag": f"x-{rest}"}).status_code == 200


@pytest.mark.slow
def test_refused_events_are_settled_by_the_town_they_came_from(
    incident, in_region, partner, other_partner, client_as
) -> None:
    take_events(partner, in_region, [event(incident, TOWN, {"warning_level": 9})])
    found = RefusedEvent.objects.get()
    url = f"{base(incident)}refused/"
    assert found.reason in client_as(partner).get(url).content.decode()
    assert found.reason not in client_as(other_partner).get(url).content.decode()
    settle = f"{url}{found.pk}/settle/"
    assert client_as(other_partner).post(settle, {"note": "直した"}).status_code == 404
    client_as(partner).post(settle, {"note": ""})
    assert RefusedEvent.objects.get().settled_at is None
    client_as(partner).post(settle, {"note": "画面から入力し直した"})
    assert RefusedEvent.objects.get().settled_note == "画面から入力し直した"
    assert (
        "先に処理しました"
        in client_as(partner).post(settle, {"note": "二度目"}, follow=True).content.decode()
    )


def test_deciding_takes_only_what_was_shown(incident, partner) -> None:
    for level in (3, 4):
        record(partner, incident, TOWN, "town.update", {"warning_level": level})
    [split] = board_of(incident).splits
    state = state_of(incident, ["town"])
    with pytest.raises(WrongInput, match="選んだ内容が見つかりません"):
        writing.decide(partner, incident, state, TOWN, "warning_level", str(uuid4()), split.seen)
    late = record(partner, incident, TOWN, "town.update", {"warning_level": 5})
    writing.decide(partner, incident, state, TOWN, "warning_level", split.options[0].head, split.seen)
    [split] = board_of(incident).splits
    assert sorted(option.value for option in split.options) == [3, 5]
    assert late.stored[0] in split.seen


@pytest.mark.slow
def test_the_board_asks_the_same_questions_whatever_its_size(
    incident, in_region, partner, secretariat, towns, client_as
) -> None:
    client = client_as(partner)

    def asked() -> int:
        client.get(base(incident))
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(base(incident)).status_code == 200
        return len(caught)

    write(partner, incident, TOWN, warning_level=3)
    few = asked()
    with verb(secretariat, "testing.shelters", quiet=True) as act, scope(region=in_region):
        for number in range(60):
            act.save(
                Shelter(
                    region=in_region, municipality=towns["川北町"], slug=f"s{number}", name=f"学校{number}"
                )
            )
    batch = [event(incident, f"shelter:s{number}", {"status": "open"}) for number in range(60)]
    batch += [
        event(incident, f"road:{uuid4()}", {"name": f"道路{number}", "town": KAWAKITA, "state": "closed"})
        for number in range(40)
    ]
    assert take_events(partner, in_region, batch).refused == []
    assert asked() == few


def test_the_form_carries_what_it_showed(incident, partner, client_as) -> None:
    receipt = write(partner, incident, TOWN, warning_level=3)
    data = filled(client_as(partner), f"{base(incident)}towns/{KAWAKITA}/")
    assert json.loads(data["seen"]) == {"warning_level": receipt.stored}
