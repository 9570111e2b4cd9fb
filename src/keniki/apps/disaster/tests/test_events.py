"""Events come in: once each, in any order, from any clock; states are what the fold says; the rest is kept aside."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from keniki.analysis import merging
from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.actions.events import MOST, record, take_events
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.actions.privacy import purge_due
from keniki.apps.disaster.models import EntityState, Event, Incident, RefusedEvent, Shelter
from keniki.apps.disaster.queries.states import entity_of, event_of, events_of, headcounts_of, state_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .test_incidents import DRILL, RAIN
from .test_privacy import overdue

AT = "2024-08-05T18:00:00+09:00"


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


@pytest.fixture
def shelters(in_region, towns, secretariat) -> dict[str, Shelter]:
    found = {}
    for slug, name in (("kita", "川北町"), ("hoshi", "星野町")):
        with verb(secretariat, "testing.shelter", quiet=True) as act:
            found[slug] = act.save(
                Shelter(
                    region=in_region,
                    municipality=towns[name],
                    slug=slug,
                    name=f"{name}体育館",
                    is_shelter=True,
                )
            )
    return found


def event(incident: Incident, entity: str, fields: dict, *, seen: dict | None = None, **changes) -> dict:
    made = {
        "id": str(uuid4()), "incident": str(incident.uid), "mode": incident.mode, "kind": "test.write",
        "entity": entity, "device": "tablet-1", "seq": 1, "at": AT, "note": "",
        "fields": {name: {"value": value, "seen": (seen or {}).get(name, [])} for name, value in fields.items()},
    }  # fmt: skip
    return made | changes


def person(incident: Incident, *, place: str = "shelter:kita", key: str = "", **fields) -> dict:
    presence = {"presence": {"state": "in", "place": place}} if place else {}
    return event(incident, f"person:{key or uuid4()}", presence | fields)


def test_a_batch_is_stored_once_however_often_it_is_sent(incident, in_region, partner, shelters) -> None:
    batch = [
        event(incident, "shelter:kita", {"status": "open"}),
        event(incident, f"town:{KAWAKITA}", {"warning_level": 4}),
    ]
    first = take_events(partner, in_region, batch)
    assert (len(first.stored), first.known, first.refused) == (2, [], [])
    again = take_events(partner, in_region, [*reversed(batch), *batch])
    assert (again.stored, sorted(again.known)) == ([], sorted(2 * first.stored))
    assert Event.objects.filter(personal=False).count() == 2
    said = LogEntry.objects.get(verb="disaster.record_events")
    assert "【実災害】8月5日の大雨 に避難所1件、市町村1件を記録" in said.text


@pytest.mark.slow
def test_any_order_in_any_batches_gives_the_states_of_the_fold(
    incident, in_region, partner, shelters, drill
) -> None:
    """The same events in many orders, split and repeated: the stored states are those of folding all anew."""
    rng = random.Random(6)
    first = event(incident, "shelter:kita", {"status": "open", "count": {"people": 12, "counted_at": AT}})
    second = event(incident, "shelter:kita", {"status": "full"}, seen={"status": [first["id"]]})
    third = event(
        incident,
        "shelter:kita",
        {"status": "closed"},
        seen={"status": [first["id"]]},
        at="1999-01-01T00:00:00Z",
    )
    batch = [first, second, third, event(incident, f"town:{KAWAKITA}", {"warning_level": 5})]
    batch += [person(incident, key=str(uuid4()), name=f"架空 {n}郎") for n in range(3)]
    shapes = set()
    for _ in range(12):
        own = save_incident(partner, in_region, RAIN)
        names = {each["id"]: str(uuid4()) for each in batch}
        moved = [_renamed(each, names) | {"incident": str(own.uid)} for each in batch] * 2
        rng.shuffle(moved)
        cut = rng.randrange(1, len(moved))
        take_events(partner, in_region, moved[:cut])
        take_events(partner, in_region, moved[cut:])
        state = _whole(own)
        assert {row.entity: row.digest for row in _rows(own)} == {
            name: entity.digest for name, entity in state.entities.items()
        }
        shapes.add(_shape(state))
    assert len(shapes) == 1


def _renamed(raw: dict, names: dict[str, str]) -> dict:
    fields = {
        name: {"value": each["value"], "seen": [names[ident] for ident in each["seen"]]}
        for name, each in raw["fields"].items()
    }
    return raw | {"id": names[raw["id"]], "fields": fields}


def _rows(incident: Incident) -> list[EntityState]:
    with scopes_disabled():
        return list(EntityState.objects.filter(incident=incident))


def _whole(incident: Incident) -> merging.State:
    """All events of an incident folded anew."""
    with scopes_disabled():
        rows = list(Event.objects.filter(incident=incident).select_related("incident"))
    return merging.fold([event_of(row) for row in rows], incident=str(incident.uid), mode=incident.mode)


def _shape(state: merging.State) -> str:
    return merging.canonical(
        {
            name: {
                field: [str(value) for value in register.values]
                for field, register in entity.registers.items()
            }
            for name, entity in state.entities.items()
        }
    )


def test_two_who_have_not_seen_each_other_are_both_kept(
    incident, in_region, partner, secretariat, shelters
) -> None:
    one = event(incident, "shelter:kita", {"status": "open"})
    two = event(incident, "shelter:kita", {"status": "closed"}, device="pc")
    take_events(partner, in_region, [one])
    receipt = take_events(secretariat, in_region, [two])
    assert receipt.conflicts == [("shelter:kita", "status")]
    found = state_of(incident, ["shelter"]).entities["shelter:kita"]
    assert found.registers["status"].values == ["closed", "open"]
    seen = {"status": found.registers["status"].seen}
    solved = record(partner, incident, "shelter:kita", "shelter.status", {"status": "open"}, seen=seen)
    assert solved.conflicts == []
    assert state_of(incident, ["shelter"]).entities["shelter:kita"].value("status") == "open"


def test_an_exercise_and_reality_never_mix(incident, drill, in_region, partner, shelters) -> None:
    wrong = [
        event(incident, "shelter:kita", {"status": "open"}, mode="exercise"),
        event(drill, "shelter:kita", {"status": "open"}, mode="real"),
        event(drill, "shelter:kita", {"status": "open"}),
    ]
    receipt = take_events(partner, in_region, wrong)
    assert [each.number for each in receipt.refused] == [1, 2]
    assert "訓練の記録です。実災害の事案には入れられません。" in receipt.refused[0].reason
    assert state_of(incident, ["shelter"]).entities == {}
    assert state_of(drill, ["shelter"]).entities["shelter:kita"].value("status") == "open"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entity": "shelter:none"}, "登録されていません"),
        (
            {"entity": "town:131016", "fields": {"warning_level": {"value": 4, "seen": []}}},
            "この圏域の市町村のコードではありません",
        ),
        ({"fields": {"status": {"value": "sold", "seen": []}}}, "開設状況"),
        ({"incident": str(uuid4())}, "事案が見つかりません"),
        ({"at": "きのう"}, "at"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_kept_aside_and_the_rest_goes_on(
    incident, in_region, partner, shelters, changes, said
) -> None:
    good = event(incident, "shelter:kita", {"status": "open"})
    bad = event(incident, "shelter:kita", {"status": "open"}) | changes
    receipt = take_events(partner, in_region, [bad, good, "x"])
    assert receipt.stored == [good["id"]]
    assert [each.number for each in receipt.refused] == [1, 3]
    assert said in receipt.refused[0].reason
    take_events(partner, in_region, [bad, good, "x"])
    kept = RefusedEvent.objects.filter(personal=False)
    assert kept.get().raw == {"sent": bad}


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": []},
        {"mode": {"real": 1}},
        {"at": "9999-12-31T23:59:59-23:59"},
        {"at": "0001-01-01T00:00:00+23:59"},
        {"note": "a\0b"},
        {"id": "\0"},
        {"entity": "shelter:\ud800"},
        {"device": "\ud800"},
        {"fields": {"status": {"value": "\ud800", "seen": []}}},
        {"\ud800": 1},
    ],
)
def test_what_no_record_can_hold_takes_nothing_else_with_it(
    incident, in_region, partner, shelters, changes
) -> None:
    good = event(incident, "shelter:kita", {"status": "open"})
    bad = event(incident, "shelter:kita", {"status": "open"}) | changes
    receipt = take_events(partner, in_region, [bad, good, "\ud800"])
    assert receipt.stored == [good["id"]]
    assert [each.number for each in receipt.refused] == [1, 3]
    assert all(len(each.reason) > 8 for each in receipt.refused)
    with scopes_disabled():
        assert RefusedEvent.objects.count() == 2


def test_the_same_id_with_other_content_is_refused_and_the_first_stays(
    incident, in_region, partner, shelters
) -> None:
    one = event(incident, "shelter:kita", {"status": "open"})
    receipt = take_events(
        partner, in_region, [one, one | {"fields": {"status": {"value": "full", "seen": []}}}]
    )
    assert (receipt.stored, len(receipt.refused)) == ([one["id"]], 1)
    assert "内容の違うできごと" in receipt.refused[0].reason
    assert state_of(incident, ["shelter"]).entities["shelter:kita"].value("status") == "open"


def test_no_batch_and_too_large_a_batch_are_refused_whole(incident, in_region, partner) -> None:
    for raws in ({}, "x", [{}] * (MOST + 1)):
        with pytest.raises(WrongInput):
            take_events(partner, in_region, raws)
    assert not RefusedEvent.objects.filter(personal=False).exists()


def test_a_town_writes_its_own(
    incident, in_region, partner, other_partner, viewer, shelters, secretariat
) -> None:
    raw = event(incident, "shelter:kita", {"status": "open"})
    for actor in (other_partner, viewer):
        assert take_events(actor, in_region, [raw]).stored == []
    assert take_events(secretariat, in_region, [raw]).stored == [raw["id"]]
    assert Event.objects.get(pk=raw["id"]).on_behalf_of == "川北町"
    with pytest.raises(Denied):
        record(other_partner, incident, "shelter:kita", "shelter.status", {"status": "full"})


def test_an_ended_incident_takes_what_devices_bring_late(
    incident, in_region, partner, shelters, secretariat
) -> None:
    raw = event(incident, "shelter:kita", {"status": "closed"})
    ended = end_incident(secretariat, incident, incident.version)
    with pytest.raises(Denied, match="終了しています"):
        record(partner, ended, "shelter:kita", "shelter.status", {"status": "closed"})
    assert take_events(partner, in_region, [raw]).stored == [raw["id"]]


def test_a_place_nobody_registered_tells_its_name_and_town(incident, in_region, partner) -> None:
    bare = event(incident, "shelter:koumin-kan", {"status": "open"})
    told = event(incident, "shelter:koumin-kan", {"status": "open", "name": "東公民館", "town": KAWAKITA})
    receipt = take_events(
        partner, in_region, [bare, told, event(incident, "shelter:koumin-kan", {"staff": 2})]
    )
    assert [each.number for each in receipt.refused] == [1]
    assert len(receipt.stored) == 2
    assert EntityState.objects.get(personal=False).municipality.code == KAWAKITA


def test_persons_are_entered_by_their_town_and_counted_for_all(
    incident, in_region, towns, partner, other_partner, secretariat, shelters
) -> None:
    hanako = person(incident, name="架空 花子", home=HOSHINO, note="持病あり") | {"note": "持病あり"}
    hanako["fields"].pop("note", None)
    batch = [hanako, person(incident, name="架空 太郎", home=KAWAKITA)]
    for actor in (secretariat, other_partner):
        refused = take_events(actor, in_region, batch[1:])
        assert refused.stored == []
        assert "川北町の職にある方だけが扱えます" in refused.refused[0].reason
    assert len(take_events(partner, in_region, batch).stored) == 2
    with scope(region=in_region, towns={towns["川北町"].pk}):
        assert EntityState.objects.filter(kind="person").count() == 2
        row = Event.objects.get(pk=hanako["id"])
        assert (row.note, row.sealed["note"]) == ("", "持病あり")
        assert "花子" not in str(row.fields)
    with scope(region=in_region, towns={towns["星野町"].pk}):
        names = [entity_of(each).value("name") for each in EntityState.objects.filter(kind="person")]
        assert names == ["架空 花子"]
    counts = headcounts_of(incident)
    assert (counts.places["shelter:kita"].low, counts.places["shelter:kita"].high, counts.total.low) == (
        2,
        2,
        2,
    )
    assert not any("花子" in f"{each.text}{each.after}" for each in LogEntry.objects.all())


def test_a_person_moves_to_another_town_and_is_counted_once(
    incident, in_region, towns, partner, other_partner, shelters
) -> None:
    key = str(uuid4())
    first = person(incident, key=key, name="架空 花子")
    take_events(partner, in_region, [first])
    moved = event(
        incident, f"person:{key}", {"presence": {"state": "in", "place": "shelter:hoshi"}},
        seen={"presence": [first["id"]]}, device="tablet-2",
    )  # fmt: skip
    assert take_events(other_partner, in_region, [moved]).stored == [moved["id"]]
    counts = headcounts_of(incident)
    assert {place: each.low for place, each in counts.places.items()} == {"shelter:hoshi": 1}
    with scope(region=in_region, towns={towns["星野町"].pk}):
        assert entity_of(EntityState.objects.get(kind="person")).value("name") == "架空 花子"
    with scope(region=in_region, towns={towns["川北町"].pk}):
        assert not EntityState.objects.filter(kind="person").exists()


def test_a_disputed_presence_is_a_range(incident, in_region, partner, shelters) -> None:
    key = str(uuid4())
    take_events(partner, in_region, [person(incident, key=key)])
    take_events(
        partner, in_region, [event(incident, f"person:{key}", {"presence": {"state": "left"}}, device="pc")]
    )
    count = headcounts_of(incident).places["shelter:kita"]
    assert (count.low, count.high) == (0, 1)


def test_the_past_is_shown_as_it_was_known(incident, in_region, partner, shelters) -> None:
    record(partner, incident, "shelter:kita", "shelter.status", {"status": "open"})
    moment = Event.objects.filter(personal=False).get().received_at
    heads = state_of(incident, ["shelter"]).entities["shelter:kita"].registers["status"].seen
    record(partner, incident, "shelter:kita", "shelter.status", {"status": "full"}, seen={"status": heads})
    assert state_of(incident, ["shelter"], at=moment).entities["shelter:kita"].value("status") == "open"
    assert state_of(incident, ["shelter"]).entities["shelter:kita"].value("status") == "full"
    assert [each.kind for each in events_of(incident, before=moment)] == ["shelter.status"]


def test_reading_places_needs_no_scope_of_towns(incident, in_region, partner, shelters) -> None:
    take_events(partner, in_region, [person(incident), event(incident, f"damage:{KAWAKITA}", {"dead": 0})])
    assert set(state_of(incident, ["shelter", "town", "damage"]).entities) == {f"damage:{KAWAKITA}"}
    assert [each.entity for each in events_of(incident)] == [f"damage:{KAWAKITA}"]


def test_where_people_were_stays_countable_at_past_moments(
    incident, in_region, towns, partner, shelters
) -> None:
    first = person(incident, name="架空 花子", memo="持病あり")
    take_events(partner, in_region, [first])
    moment = timezone.now()
    take_events(partner, in_region, [person(incident, name="架空 次郎")])
    left = event(incident, first["entity"], {"presence": {"state": "left"}}, seen={"presence": [first["id"]]})
    take_events(partner, in_region, [left])
    before = [headcounts_of(incident), headcounts_of(incident, at=moment)]
    overdue(incident, towns["川北町"])
    assert purge_due() == 1
    assert [headcounts_of(incident), headcounts_of(incident, at=moment)] == before
    assert before[1].places["shelter:kita"].low == 1
    with scopes_disabled():
        rows = list(Event.objects.filter(personal=True))
    assert [row.sealed for row in rows] == [None, None, None]
    assert not any(word in str(row.fields) for row in rows for word in ("花子", "次郎", "持病"))
