"""Devices that meet now and then: whatever they exchange in whatever order, nothing acknowledged is lost."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keniki.analysis.merging import Folding, canonical, fields_for, fold, headcounts, parse_event
from keniki.analysis.merging.examples import INCIDENT, event, person
from keniki.analysis.tests.happenings import SKEWS

pytestmark = pytest.mark.slow

DEVICES = 3
PEOPLE = [person("sawako"), person("taro")]
PLACES = ["shelter:kita", "shelter:minami"]
WRITES = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(["い", "ろ", "は"])),
    st.tuples(
        st.just("presence"),
        st.builds(
            lambda state, place: {"state": state, "place": place},
            st.sampled_from(["in", "away", "left"]),
            st.sampled_from(PLACES),
        ),
    ),
)


class Meeting(RuleBasedStateMachine):
    """Three devices and a server. What each knew when it wrote is kept here, apart from `seen`, to judge by."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Folding(INCIDENT, "exercise")
        self.devices = [Folding(INCIDENT, "exercise") for _ in range(DEVICES)]
        self.known = [set() for _ in range(DEVICES)]
        self.outbox: list[list] = [[] for _ in range(DEVICES)]
        self.acknowledged: dict[str, object] = {}
        self.events: dict[str, object] = {}
        self.knew: dict[str, frozenset] = {}

    def _write(self, device, entity, values, at):
        folding = self.devices[device]
        name = f"write-{len(self.events)}"
        fields = fields_for(folding.state().joined.get(entity), values)
        blank = event(name, entity, at=at, device=f"pc-{device}", name="い").as_json()
        made = parse_event({**blank, "seq": len(self.events), "fields": fields})
        self.events[made.id] = made
        self.knew[made.id] = frozenset(self.known[device])
        assert folding.add(made) == "taken"
        self.known[device].add(made.id)
        self.outbox[device].append(made)

    @rule(
        device=st.integers(0, DEVICES - 1),
        who=st.sampled_from(PEOPLE),
        write=WRITES,
        at=st.sampled_from(SKEWS),
    )
    def write(self, device, who, write, at):
        self._write(device, who, {write[0]: write[1]}, at)

    @rule(device=st.integers(0, DEVICES - 1), chance=st.randoms(use_true_random=False))
    def send_some_in_any_order_and_some_twice(self, device, chance):
        sent = [each for each in self.outbox[device] if chance.random() < 0.6]
        sent += [each for each in sent if chance.random() < 0.3]
        chance.shuffle(sent)
        for each in sent:
            assert self.server.add(each) in {"taken", "known"}
            self.acknowledged[each.id] = each
        if chance.random() < 0.5:  # the answer arrives; else the device sends again
            self.outbox[device] = [each for each in self.outbox[device] if each.id not in self.acknowledged]

    @rule(device=st.integers(0, DEVICES - 1), chance=st.randoms(use_true_random=False), whole=st.booleans())
    def receive_some(self, device, chance, whole):
        for each in chance.sample(list(self.acknowledged.values()), k=len(self.acknowledged)):
            if whole or chance.random() < 0.5:
                self.devices[device].add(each)
                self.known[device].add(each.id)

    @rule(device=st.integers(0, DEVICES - 1))
    def the_browser_is_reloaded(self, device):
        events = [self.events[each] for each in self.known[device]]
        again = Folding(INCIDENT, "exercise")
        for each in events:
            again.add(each)
        assert again.state() == self.devices[device].state()
        self.devices[device] = again

    @precondition(lambda self: self.server.state().conflicts())
    @rule(device=st.integers(0, DEVICES - 1), chance=st.randoms(use_true_random=False))
    def somebody_decides_a_conflict(self, device, chance):
        for each in self.acknowledged.values():
            self.devices[device].add(each)
            self.known[device].add(each.id)
        state = self.devices[device].state()
        for entity, field in state.conflicts():
            values = state.joined[entity].registers[field].values
            self._write(device, entity, {field: chance.choice(values)}, SKEWS[0])
        assert self.devices[device].state().conflicts() == []

    @rule(who=st.sampled_from(PEOPLE))
    def an_event_of_the_other_mode_comes(self, who):
        before = self.server.state()
        real = event(f"real-{len(self.events)}", who, mode="real", name="実災害")
        assert self.server.add(real) == "refused"
        assert self.server.state().digest == before.digest

    @invariant()
    def the_server_equals_the_fold_of_what_it_acknowledged_in_any_order(self):
        events = list(self.acknowledged.values())
        random.Random(len(events)).shuffle(events)
        whole = fold(events * 2, incident=INCIDENT, mode="exercise")
        assert whole.digest == self.server.state().digest
        assert whole.entities == self.server.state().entities

    @invariant()
    def every_acknowledged_write_stands_or_was_replaced_by_somebody_who_knew_it(self):
        state = self.server.state()
        for each in self.acknowledged.values():
            for field in each.fields:
                past = {one.id: one for one in state.history(each.entity, field)}
                assert past[each.id].value == each.fields[field].value
                assert past[each.id].stands or past[each.id].replaced_by
                assert all(each.id in self.knew[by] for by in past[each.id].replaced_by)

    @invariant()
    def what_nobody_knew_when_writing_is_shown(self):
        """Each write that no later writer knew, by the model's own account, stands: on server and devices."""
        views = [(self.server, set(self.acknowledged)), *zip(self.devices, self.known, strict=True)]
        for folding, ids in views:
            state = folding.state()
            for name in ids:
                written = self.events[name]
                for field in written.fields:
                    later = [
                        other
                        for other in ids
                        if self.events[other].entity == written.entity
                        and field in self.events[other].fields
                        and name in self.knew[other]
                    ]
                    register = state.joined[written.entity].registers[field]
                    if not later:
                        assert name in register.heads
                    if name in register.heads:
                        assert canonical(written.fields[field].value) in {
                            canonical(value) for value in register.values
                        }

    @invariant()
    def headcounts_hold_whatever_people_decide_later(self):
        state = self.server.state()
        counts = headcounts(state)
        for place in PLACES:
            said = []
            for who in PEOPLE:
                register = state.joined[who].registers.get("presence") if who in state.joined else None
                if register is not None:
                    said.append([v == {"state": "in", "place": place} for v in register.heads.values()])
            found = counts.places.get(place)
            assert (found.low if found else 0) == sum(all(each) for each in said)
            assert (found.high if found else 0) == sum(any(each) for each in said)

    def teardown(self):
        """In the end everybody meets everybody: all say the same."""
        for folding in [self.server, *self.devices]:
            for each in self.events.values():
                folding.add(each)
        states = [folding.state() for folding in [self.server, *self.devices]]
        assert len({state.digest for state in states}) == 1


class TestMeeting(Meeting.TestCase):
    settings = settings(
        max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
