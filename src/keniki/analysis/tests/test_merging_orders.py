"""Any order of arrival, any repetition, any clock: the same state, more than 100,000 times."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from keniki.analysis.merging import Folding, add, fold, fold_entity, restore, store
from keniki.analysis.merging.examples import INCIDENT, event, person
from keniki.analysis.tests.happenings import happening, said

EXERCISE = "exercise"


def _folded(events):
    folding = Folding(INCIDENT, EXERCISE)
    for each in events:
        folding.add(each)
    return folding.state()


@pytest.mark.slow
def test_more_than_100_000_orders_give_the_identical_digest():
    """Seven events in every order, some twice: with ids used twice, circles, joins and takings back."""
    tried = 0
    for seed in range(20):
        events = happening(seed, 7)
        whole = fold(events, incident=INCIDENT, mode=EXERCISE)
        again = random.Random(seed)
        for order in itertools.permutations(events):
            state = _folded((*order, order[again.randrange(7)], order[again.randrange(7)]))
            assert state.digest == whole.digest
            assert state.clashes == whole.clashes
            tried += 1
    assert tried >= 100_000


@pytest.mark.slow
def test_large_worlds_in_shuffled_orders_say_the_same_word_for_word():
    for seed in range(60):
        events = happening(1000 + seed, 120)
        rng = random.Random(seed)
        whole = said(fold(events, incident=INCIDENT, mode=EXERCISE))
        for _ in range(3):
            order = events + rng.choices(events, k=40)
            rng.shuffle(order)
            assert said(_folded(order)) == whole
            assert said(fold(order, incident=INCIDENT, mode=EXERCISE)) == whole


@pytest.mark.parametrize("seed", range(40))
def test_no_clock_decides_anything(seed):
    states = [
        fold(happening(seed, 30, clashes=False, clock=clock), incident=INCIDENT, mode=EXERCISE)
        for clock in range(5)
    ]
    assert len({state.digest for state in states}) == 1
    assert len({str(said(state)) for state in states}) == 1


@pytest.mark.parametrize("seed", range(40))
def test_an_entity_stored_and_given_one_more_event_equals_all_of_them_folded(seed):
    rng = random.Random(seed)
    events = [each for each in happening(seed, 60) if each.entity == person("sawako")]
    rng.shuffle(events)
    entity = None
    for number, each in enumerate(events, 1):
        entity = add(entity, each)
        assert entity == fold_entity(events[:number])
        assert entity.digest == fold_entity(reversed(events[:number])).digest
        assert restore(entity.entity, *store(entity)) == entity
        entity = restore(entity.entity, *store(entity))


@pytest.mark.slow
def test_ten_thousand_people_with_five_events_each_are_folded_in_seconds():
    rng = random.Random(1)
    events = []
    for number in range(10_000):
        who = person(str(number))
        words = [f"{number}-{step}" for step in range(5)]
        place = {"state": "in", "place": f"shelter:s{number % 300}"}
        events += [
            event(words[0], who, name=f"避難者 {number}", presence=place),
            event(words[1], who, needs__diet__egg=True, phone="0126-00-0000"),
            event(words[2], who, seen=[words[0]], presence={**place, "state": "away"}),
            event(words[3], who, seen=[words[2]], presence=place),
            event(words[4], who, memo="毛布を渡した"),
        ]
    rng.shuffle(events)
    began = time.perf_counter()
    state = fold(events, incident=INCIDENT, mode=EXERCISE)
    assert len(state.of_kind("person")) == 10_000
    spent = time.perf_counter() - began
    assert state.conflicts() == []
    assert spent < 10
