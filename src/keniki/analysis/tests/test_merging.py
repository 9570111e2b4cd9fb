"""What merging means: nothing written is lost, disagreement is shown, people are counted as ranges, modes never mix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keniki.analysis.merging import (
    KINDS,
    Folding,
    Write,
    canonical,
    check_value,
    described,
    digest,
    fields_for,
    fold,
    fold_entity,
    headcounts,
    heads_of,
    history_of,
    known_at,
    parse_batch,
    parse_event,
    personal_fields,
    read_json,
    split_fields,
    store,
)
from keniki.analysis.merging.examples import INCIDENT, event, ident, person
from keniki.core.errors import WrongInput

SAWAKO, TARO, HANAKO = person("sawako"), person("taro"), person("hanako")
KITA, MINAMI = "shelter:kita", "shelter:minami"


def state_of(*events, mode="exercise"):
    return fold(events, incident=INCIDENT, mode=mode)


def here(place, **more):
    return {"state": "in", "place": place, **more}


def bounds(counts, place):
    found = counts.places[place]
    return found.low, found.high


# --- registers


def test_who_has_seen_a_value_replaces_it():
    state = state_of(event("a", name="岩見沢子"), event("b", seen=["a"], name="岩見 沢子"))
    assert state.joined[SAWAKO].value("name") == "岩見 沢子"
    assert state.conflicts() == []


def test_two_who_have_not_seen_each_other_are_shown_both_until_a_person_decides():
    two = [event("a", name="岩見 沢子"), event("b", name="岩見 澤子")]
    state = state_of(*two)
    register = state.joined[SAWAKO].registers["name"]
    assert register.values == ["岩見 沢子", "岩見 澤子"]
    assert register.value is None
    assert state.conflicts() == [(SAWAKO, "name")]
    decided = event("c", seen=["a", "b"], name="岩見 澤子")
    assert state_of(*two, decided).conflicts() == []


def test_a_decision_that_had_seen_one_of_three_values_leaves_the_others_in_conflict():
    state = state_of(
        event("a", name="い"),
        event("b", name="ろ"),
        event("c", name="は"),
        event("d", seen=["a", "b"], name="い"),
    )
    assert state.joined[SAWAKO].registers["name"].values == ["い", "は"]


def test_equal_values_written_twice_are_no_conflict_whatever_the_spelling_of_their_json():
    one = event("a", presence={"state": "in", "place": KITA})
    other = event("b", presence={"place": KITA, "state": "in"})
    assert state_of(one, other).conflicts() == []


def test_two_fields_written_at_once_are_both_kept():
    state = state_of(event("a", name="岩見 沢子"), event("b", phone="0126-00-0000"))
    joined = state.joined[SAWAKO]
    assert (joined.value("name"), joined.value("phone")) == ("岩見 沢子", "0126-00-0000")


def test_what_was_replaced_before_it_came_stays_replaced():
    late = event("a", name="古い")
    first = state_of(event("b", seen=["a"], name="新しい"))
    assert first.joined[SAWAKO].value("name") == "新しい"
    assert state_of(event("b", seen=["a"], name="新しい"), late).joined[SAWAKO].value("name") == "新しい"


def test_an_emptied_field_against_a_written_one_is_a_conflict():
    state = state_of(
        event("a", phone="1"), event("b", seen=["a"], phone=None), event("c", seen=["a"], phone="2")
    )
    assert state.joined[SAWAKO].registers["phone"].values == ["2", None]


def test_members_of_a_collection_are_fields_of_their_own():
    state = state_of(event("a", needs__diet__egg=True), event("b", needs__diet__milk=True))
    assert state.joined[SAWAKO].members_of("needs.diet") == {"egg": True, "milk": True}


@pytest.mark.parametrize(
    ("writes", "heads"),
    [
        ({"a": (), "b": ("a",), "c": ("b",)}, ["c"]),
        ({"a": ("b",), "b": ("a",)}, ["a", "b"]),
        ({"a": ("c",), "b": ("a",), "c": ("b",)}, ["a", "b", "c"]),
        ({"a": ("b",), "b": ("a",), "c": ("a",)}, ["c"]),
        ({"a": ("b",), "b": ("a",), "c": ()}, ["a", "b", "c"]),
        ({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c", "a")}, ["c", "d"]),
        ({"a": ("b",), "b": ("a",), "c": ("b",), "d": ("c", "e"), "e": ("d",)}, ["d", "e"]),
        ({"a": ("z",)}, ["a"]),
    ],
)
def test_writes_in_a_circle_cannot_make_each_other_vanish(writes, heads):
    assert heads_of({name: Write(name, seen) for name, seen in writes.items()}) == heads


@pytest.mark.slow
def test_a_long_chain_and_a_long_circle_are_folded_without_recursion():
    size = 30_000
    chain = {str(number): Write(0, (str(number - 1),)) for number in range(size)}
    assert heads_of(chain) == [str(size - 1)]
    circle = {**chain, "0": Write(0, (str(size - 1),))}
    assert len(heads_of(circle)) == size


def test_the_history_of_a_field_names_every_write_and_who_replaced_it():
    entity = fold_entity(
        [event("a", name="い"), event("b", seen=["a"], name="ろ"), event("c", seen=["a"], name="は")]
    )
    past = entity.history("name")
    assert past[0].value == "い"
    assert sorted(past[0].replaced_by) == sorted([ident("b"), ident("c")])
    assert [each.stands for each in past] == [False, True, True]


def test_a_history_with_a_circle_leaves_nobody_out():
    assert len(history_of({"a": Write(1, ("b",)), "b": Write(2, ("a",)), "c": Write(3, ())})) == 3


# --- ids used twice, taking back, joining


def test_an_id_with_two_contents_counts_once_and_is_reported():
    one, other = event("a", name="い"), event("a", name="ろ")
    state = state_of(one, other)
    smaller = min(one, other, key=lambda each: each.digest)
    assert state.clashes == {ident("a"): tuple(sorted([one.digest, other.digest]))}
    assert state.joined[SAWAKO].value("name") == smaller.fields["name"].value


def test_an_id_used_for_two_people_counts_for_one_of_them():
    one, other = event("a", SAWAKO, name="い"), event("a", TARO, name="い")
    for order in ([one, other], [other, one]):
        folding = Folding(INCIDENT, "exercise")
        assert [folding.add(each) for each in order] == ["taken", "clash"]
        assert folding.add(order[0]) == "known"
        assert list(folding.state().entities) == [min(one, other, key=lambda each: each.digest).entity]


def test_what_was_taken_back_is_still_there_to_be_looked_at_and_can_be_brought_back():
    first = event("a", presence=here(KITA))
    gone = event("b", void={"value": True, "reason": "二重登録"})
    state = state_of(first, gone)
    assert state.of_kind("person") == []
    assert [each.name for each in state.of_kind("person", void=True)] == [SAWAKO]
    assert headcounts(state).places == {}
    back = event("c", seen=["b"], void={"value": False, "reason": "誤操作"})
    assert bounds(headcounts(state_of(first, gone, back)), KITA) == (1, 1)


def test_a_disputed_taking_back_is_shown_and_counted_as_a_range():
    state = state_of(
        event("a", presence=here(KITA)),
        event("b", void={"value": True, "reason": "二重登録"}),
        event("c", void={"value": False, "reason": "別人"}),
    )
    assert state.conflicts() == [(SAWAKO, "void")]
    assert bounds(headcounts(state), KITA) == (0, 1)


def test_one_person_entered_twice_is_one_with_what_both_wrote():
    state = state_of(
        event("a", SAWAKO, name="岩見 沢子", presence=here(KITA)),
        event("b", TARO, name="岩見 沢子", phone="0126-00-0000", presence=here(KITA)),
        event("c", TARO, same_as=SAWAKO),
    )
    [joined] = state.of_kind("person")
    assert joined.name == min(SAWAKO, TARO)
    assert (joined.value("phone"), joined.conflicts) == ("0126-00-0000", [])
    assert bounds(headcounts(state), KITA) == (1, 1)
    assert state.name_of(max(SAWAKO, TARO)) == joined.name


def test_joined_entries_that_differ_are_a_conflict_decided_by_one_write_to_the_joined_person():
    events = [event("a", SAWAKO, name="い"), event("b", TARO, name="ろ"), event("c", TARO, same_as=SAWAKO)]
    state = state_of(*events)
    [joined] = state.of_kind("person")
    assert joined.conflicts == ["name"]
    fields = fields_for(joined, {"name": "ろ"})
    decided = parse_event({**event("d", joined.name, name="ろ").as_json(), "fields": fields})
    assert state_of(*events, decided).conflicts() == []


def test_joins_go_on_through_others_and_end_when_taken_back():
    events = [
        event("a", SAWAKO, name="い", same_as=TARO),
        event("b", TARO, name="い", same_as=HANAKO),
        event("c", HANAKO, name="い"),
    ]
    assert len(state_of(*events).of_kind("person")) == 1
    assert len(state_of(*events, event("d", SAWAKO, seen=["a"], same_as=None)).of_kind("person")) == 2


def test_a_disputed_join_counts_at_least_one_and_at_most_both():
    state = state_of(
        event("a", SAWAKO, presence=here(KITA)),
        event("b", TARO, presence=here(KITA)),
        event("c", SAWAKO, same_as=TARO),
        event("d", SAWAKO, same_as=None),
    )
    assert [field for _, field in state.conflicts()] == ["same_as"]
    assert bounds(headcounts(state), KITA) == (1, 2)


# --- headcounts


def test_a_person_said_to_be_at_two_places_is_unsure_at_both_and_sure_in_the_total():
    counts = headcounts(state_of(event("a", presence=here(KITA)), event("b", presence=here(MINAMI))))
    assert (bounds(counts, KITA), bounds(counts, MINAMI)) == ((0, 1), (0, 1))
    assert (counts.total.low, counts.total.high) == (1, 1)
    assert counts.places[KITA].unsure == (SAWAKO,)


def test_when_somebody_came_does_not_make_an_unsure_presence():
    one = event("a", presence=here(KITA, since="2026-08-01T03:20:00+09:00"))
    other = event("b", presence=here(KITA, since="2026-08-01T04:20:00+09:00"))
    state = state_of(one, other)
    assert bounds(headcounts(state), KITA) == (1, 1)
    assert state.conflicts() == [(SAWAKO, "presence")]


def test_who_is_out_or_expected_is_not_counted_as_present_and_stands_beside():
    counts = headcounts(
        state_of(
            event("a", SAWAKO, presence=here(KITA)),
            event("b", TARO, presence={"state": "away", "place": KITA}),
            event("c", HANAKO, presence={"state": "expected", "place": KITA}),
        )
    )
    place = counts.places[KITA]
    assert (place.low, place.high, place.away, place.expected) == (1, 1, 1, 1)


def test_people_who_are_at_no_shelter_are_counted_too():
    counts = headcounts(state_of(event("a", presence={"state": "in", "place": None, "where": "車中"})))
    assert bounds(counts, None) == (1, 1)


def test_counts_by_hand_stand_side_by_side_never_summed():
    counted = "2026-08-01T03:20:00+09:00"
    state = state_of(
        event("a", KITA, count={"people": 40, "counted_at": counted}),
        event("b", KITA, count={"people": 45, "counted_at": counted}),
    )
    assert [value["people"] for value in state.joined[KITA].registers["count"].values] == [40, 45]
    assert headcounts(state).total.high == 0


# --- modes, times, persons


def test_an_exercise_never_enters_a_real_incident_nor_the_other_way_round():
    drill = event("a", name="い")
    state = state_of(drill, event("b", mode="real", name="ろ"), mode="real")
    assert [ident("a")] == list(state.refused)
    assert state.joined[SAWAKO].value("name") == "ろ"
    with pytest.raises(WrongInput, match="訓練の記録です。実災害の事案には入れられません"):
        parse_event(drill.as_json(), incident=INCIDENT, mode="real")
    with pytest.raises(WrongInput, match="実災害の記録です"):
        fold_entity([drill, event("b", mode="real", name="ろ")])


def test_an_event_of_another_incident_is_refused():
    other = event("a", incident=ident("other"), name="い")
    assert Folding(INCIDENT, "exercise").add(other) == "refused"


def test_the_situation_is_shown_as_it_was_known_not_as_devices_dated_it():
    noon = datetime(2026, 8, 1, 12, tzinfo=UTC)
    early = event("a", at="2030-01-01T00:00:00Z", name="い")
    late = event("b", at="1999-01-01T00:00:00Z", name="ろ")
    received = [(noon, early), (noon + timedelta(hours=2), late), (noon + timedelta(hours=3), early)]
    assert known_at(received, noon + timedelta(hours=1)) == [early]
    assert known_at(reversed(received), noon + timedelta(hours=2)) == [late, early]


def test_what_is_about_persons_is_stored_apart():
    staff = "staff:" + ident("staff")
    entity = fold_entity([event("a", staff, name="職員 一郎", role="受付", note="交代")])
    stored = store(entity)
    assert "職員" not in str(stored.open)
    assert "受付" in str(stored.open)
    assert set(stored.sealed["fields"]) == {"name"}
    person_stored = store(fold_entity([event("a", name="岩見 沢子", note="持病の相談")]))
    assert "持病" not in str(person_stored.open)
    assert split_fields(event("a", staff, name="職員 一郎", role="受付"))[1] is not None


def test_every_field_about_a_person_or_household_is_personal_taking_back_and_joining_too():
    for kind in ("person", "household"):
        assert all(field.personal for field in KINDS[kind].fields.values())
    both = event("a", void={"value": True, "reason": "岩見さんの二重登録"}, same_as=TARO)
    assert personal_fields(both) == {"void", "same_as"}


def test_the_table_of_kinds_is_json_the_page_can_read():
    assert read_json(canonical(described())) == described()


# --- parsing


def raw(**changes):
    return {**event("a", name="い").as_json(), **changes}


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"id": "A" * 36}, "id", "UUID"),
        ({"id": "6b1f3f0a-4b8e-1d0e-9c61-0d3a0f1c7e55"}, "id", "UUID"),
        ({"incident": None}, "incident", "UUID"),
        ({"mode": "drill"}, "mode", "real（実災害）か exercise（訓練）"),
        ({"kind": "人を受付"}, "kind", "英小文字"),
        ({"entity": "animal:1"}, "entity", "種類がありません"),
        ({"entity": "person:1"}, "entity", "UUID"),
        ({"entity": "town:012107"}, "entity", "検査数字"),
        ({"entity": "shelter:北"}, "entity", "英数字"),
        ({"entity": ["person"]}, "entity", "種類がありません"),
        ({"device": "受付"}, "device", "英数字"),
        ({"seq": True}, "seq", "整数"),
        ({"seq": -1}, "seq", "整数"),
        ({"at": "2026-08-01 03:20"}, "at", "時差を付けて"),
        ({"at": "2026-02-30T03:20:00+09:00"}, "at", "という日時はありません"),
        ({"note": None}, "note", "文字"),
        ({"fields": {}}, "fields", "一つもありません"),
        ({"fields": {"name": "い"}}, "fields.name", "value（値）と seen"),
        ({"fields": {"colour": {"value": 1, "seen": []}}}, "fields.colour", "という項目はありません"),
        (
            {"fields": {"needs.diet.*": {"value": True, "seen": []}}},
            "fields.needs.diet.*",
            "という項目はありません",
        ),
        ({"fields": {"name": {"value": 1, "seen": []}}}, "fields.name", "氏名：文字で"),
        ({"fields": {"name": {"value": "い\x00", "seen": []}}}, "fields.name", "制御文字"),
        ({"fields": {"name": {"value": "い", "seen": ["x"]}}}, "fields.name", "UUID"),
        ({"fields": {"name": {"value": "い", "seen": [ident("a")]}}}, "fields.name", "自分自身の番号"),
        ({"fields": {"name": {"value": "い", "seen": [ident("b")] * 2}}}, "fields.name", "二度"),
        (
            {"fields": {"birth": {"value": "2026-02-30", "seen": []}}},
            "fields.birth",
            "という日付はありません",
        ),
        ({"fields": {"same_as": {"value": SAWAKO, "seen": []}}}, "fields.same_as", "自分自身"),
        ({"fields": {"same_as": {"value": KITA, "seen": []}}}, "fields.same_as", "person:…"),
        ({"fields": {"void": {"value": True, "seen": []}}}, "fields.void", "オブジェクト"),
        ({"fields": {"void": {"value": None, "seen": []}}}, "fields.void", "オブジェクト"),
        ({"fields": {"void": {"value": {"value": True}, "seen": []}}}, "fields.void.reason", "必要です"),
        (
            {"fields": {"presence": {"value": {"state": "here"}, "seen": []}}},
            "fields.presence.state",
            "in（滞在中）",
        ),
    ],
)
def test_each_defect_of_an_event_is_named_with_its_place(changes, column, words):
    with pytest.raises(WrongInput) as caught:
        parse_event(raw(**changes))
    assert caught.value.column == column
    assert words in caught.value.message


def test_a_missing_and_an_unknown_part_of_an_event_are_named():
    whole = raw()
    with pytest.raises(WrongInput, match="「at」がありません"):
        parse_event({name: value for name, value in whole.items() if name != "at"})
    with pytest.raises(WrongInput, match="「actor」という項目はありません"):
        parse_event({**whole, "actor": "admin"})
    with pytest.raises(WrongInput, match="オブジェクト"):
        parse_event("event")


def test_of_a_batch_the_sound_events_are_taken_and_the_others_named():
    taken, refused = parse_batch([raw(), raw(seq="1"), 7, raw(id=ident("c"), device="pc-2")], device="pc-1")
    assert [each.id for each in taken] == [ident("a")]
    assert [each.number for each in refused] == [2, 3, 4]
    assert refused[2].reason == "device：別の端末「pc-2」の記録です。その端末から送ってください。"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("shelter", "count", {"people": -1, "counted_at": "2026-08-01T03:20:00+09:00"}),
        ("shelter", "count", {"people": 1}),
        ("shelter", "count", {"people": 1.5, "counted_at": "2026-08-01T03:20:00+09:00"}),
        ("town", "warning_level", 6),
        ("road", "position", {"lat": 91, "lon": 141}),
        ("district", "destinations", ["kita"]),
        ("request", "quantity", "10"),
        ("request", "town", "12106"),
    ],
)
def test_values_outside_what_a_field_may_hold_are_refused(kind, name, value):
    with pytest.raises(WrongInput):
        check_value(kind, name, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"\U00020bb7": 1, "\uff5e": 2}, '{"𠮷":1,"～":2}'),
        (
            [1.0, -0.0, 0.1, 1e-6, 1.5e-7, 123456.789, 9007199254740991],
            "[1,0,0.1,0.000001,1.5e-7,123456.789,9007199254740991]",
        ),
        ('\u0000\u007f\u2028/\\"\t', '"\\u0000\x7f\u2028/\\\\\\"\\t"'),
        ({"b": [None, True], "a": {}}, '{"a":{},"b":[null,true]}'),
    ],
)
def test_a_value_is_spelt_as_a_browser_spells_it(value, text):
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {1: 2}, object(), {"\ud800": 1}]
)
def test_what_a_browser_cannot_hold_is_refused(value):
    with pytest.raises(WrongInput):
        canonical(value)


def test_nesting_without_end_is_refused_without_a_fault():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(WrongInput, match="入れ子"):
        canonical(deep)
    with pytest.raises(WrongInput):
        read_json("[" * 200_000)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "NaN", "{", b"\xff", "1" * 5000])
def test_json_that_says_two_things_or_nothing_is_refused(text):
    with pytest.raises(WrongInput):
        read_json(text)


def test_the_digest_is_that_of_the_canonical_text():
    assert digest({"b": 1, "a": 2.0}) == digest({"a": 2, "b": 1})
