"""Agreements and visions driven at random through their actions, and the database asked for what they refuse."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes import scope
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from keniki.apps.accounts.actor import Denied
from keniki.apps.compacts import actions, states
from keniki.apps.compacts.actions.visions import GoalRow
from keniki.apps.compacts.models import Agreement, Dissolution, Resolution, Vision
from keniki.core.errors import WrongInput

from .test_agreement_actions import filled

STATES = [*states.AgreementState.values, "nowhere"]


def effort(examples):
    return settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )


#: Walks of a machine. Most rules are called in each, and every kind of agreement walks by itself.
MANY = 20
EFFORTS = [pytest.param(5, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.slow)]


class _Undone(Exception):
    pass


def passes(attempt):
    """Whether the database takes it, with all it checks as a transaction ends; nothing of it stays."""
    try:
        with transaction.atomic():
            attempt()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise _Undone
    except _Undone:
        return True
    except DatabaseError:
        return False


class _InTransaction(RuleBasedStateMachine):
    """Every example plays in a savepoint that is rolled back."""

    def __init__(self):
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.scope = scope(region=self.region)
        self.scope.__enter__()
        self.day = date(2020, 1, 1)

    def next_day(self):
        self.day += timedelta(days=1)
        return self.day

    def teardown(self):
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)


def agreement_machine(region_, actor, towns, kind, in_force=False):
    class Machine(_InTransaction):
        region = region_

        def __init__(self):
            super().__init__()
            names = ["青葉市"] if kind == "policy" else ["青葉市", "川北町"]
            self.towns = [towns[name] for name in names]
            self.agreement = actions.create_agreement(actor, region_, kind=kind, parties=self.towns)
            filled(actor, self.agreement)
            self.state = "draft"
            self.ordinance, self.bill, self.vote = set(), set(), {}
            self.notice, self.notified = set(), set()
            self.deciding, self.before = set(), ""
            self.end_bill, self.end_vote, self.end_ordinance = set(), {}, set()
            self.told, self.end_notice, self.end_notified = set(), set(), set()
            if in_force:
                self.bring_into_force()

        def bring_into_force(self):
            for index in range(len(self.towns)):
                self.record_ordinance(index=index, present=True)
                self.record_bill(index=index)
            self.move_to("submitted")
            for index in range(len(self.towns)):
                self.record_vote(index=index, result="passed")
            for to in ("resolved", "published" if kind == "policy" else "concluded"):
                self.move_to(to)
            if kind == "pact":
                for index in range(len(self.towns)):
                    self.record_notice(index=index)
                    self.record_notification(index=index)
                self.move_to("noticed")
                self.move_to("notified")

        def record(self, town, **values):
            try:
                actions.record_resolution(actor, self.agreement, town, None, **values)
            except (Denied, WrongInput):
                return False
            return True

        @rule(index=st.integers(0, 1), present=st.booleans())
        def record_ordinance(self, index, present):
            town = self.towns[index % len(self.towns)]
            if self.record(town, ordinance=present):
                assert self.state == "draft"
                assert kind in ("settlement", "policy")
                (self.ordinance.add if present else self.ordinance.discard)(town.pk)

        @rule(index=st.integers(0, 1))
        def record_bill(self, index):
            town = self.towns[index % len(self.towns)]
            if self.record(town, bill_no="議案第1号", submitted_on=date(2020, 1, 1)):
                assert self.state == "draft"
                self.bill.add(town.pk)

        @rule(index=st.integers(0, 1), result=st.sampled_from(["passed", "passed", "passed", "rejected"]))
        def record_vote(self, index, result):
            town = self.towns[index % len(self.towns)]
            if self.record(town, result=result, resolved_on=self.day):
                assert self.state == "submitted"
                self.vote[town.pk] = result

        @rule(index=st.integers(0, 1))
        def record_notice(self, index):
            town = self.towns[index % len(self.towns)]
            if self.record(town, public_notice_on=self.day):
                assert (kind, self.state) == ("pact", "concluded")
                self.notice.add(town.pk)

        @rule(index=st.integers(0, 1))
        def record_notification(self, index):
            town = self.towns[index % len(self.towns)]
            if self.record(town, notified_on=self.day):
                assert kind == "pact"
                assert self.state in ("concluded", "noticed")
                self.notified.add(town.pk)

        def record_end(self, town, **values):
            try:
                actions.record_dissolution(actor, self.agreement, town, None, **values)
            except (Denied, WrongInput):
                return False
            assert kind in states.RESOLVED_KINDS
            assert town.pk in self.deciding
            return True

        @rule(indexes=st.sets(st.integers(0, 1)))
        def start_dissolution(self, indexes):
            deciding = {self.towns[index % len(self.towns)] for index in indexes}
            try:
                actions.start_dissolution(actor, self.agreement, None, list(deciding))
            except (Denied, WrongInput):
                return
            assert "dissolution_bill" in states.AGREEMENT_MOVES[kind][self.state]
            assert not self.deciding
            self.deciding = {town.pk for town in (self.towns if kind != "settlement" else deciding)}

        @rule()
        def stop_dissolution(self):
            try:
                actions.stop_dissolution(actor, self.agreement, None)
            except (Denied, WrongInput):
                return
            assert self.deciding
            assert self.state not in (*states.DISSOLVING, *states.FINAL)
            self.deciding, self.end_bill, self.end_ordinance = set(), set(), set()

        @rule(index=st.integers(0, 1))
        def record_bill_of_dissolution(self, index):
            town = self.towns[index % len(self.towns)]
            if self.record_end(town, bill_no="議案第9号", submitted_on=date(2020, 1, 1)):
                assert "dissolution_bill" in states.AGREEMENT_MOVES[kind][self.state]
                self.end_bill.add(town.pk)
            if self.record_end(town, ordinance=True):
                assert kind == "policy"
                self.end_ordinance.add(town.pk)

        @rule(index=st.integers(0, 1), result=st.sampled_from(["passed", "passed", "passed", "rejected"]))
        def record_vote_on_dissolution(self, index, result):
            town = self.towns[index % len(self.towns)]
            if self.record_end(town, result=result, resolved_on=self.day):
                assert self.state == "dissolution_bill"
                self.end_vote[town.pk] = result

        @rule(index=st.integers(0, 1))
        def record_notices_of_dissolution(self, index):
            town = self.towns[index % len(self.towns)]
            if self.record_end(town, partner_noticed_on=self.day):
                assert (kind, self.state) == ("settlement", "dissolution_passed")
                self.told.add(town.pk)
            if self.record_end(town, public_notice_on=self.day):
                assert (kind, self.state) == ("pact", "dissolution_agreed")
                self.end_notice.add(town.pk)
            if self.record_end(town, notified_on=self.day):
                assert (kind, self.state) == ("pact", "dissolution_agreed")
                self.end_notified.add(town.pk)

        @precondition(lambda self: kind in states.RESOLVED_KINDS)
        @rule(last=st.sampled_from([None, date(2019, 12, 31), date(2999, 3, 31)]))
        def write_the_term(self, last):
            if self.state in ("concluded", "published", "notified", "changed"):
                actions.edit_agreement(actor, self.agreement, None, valid_from=None, valid_to=last)
                self.agreement.refresh_from_db()

        def may(self, to):
            everyone = {town.pk for town in self.towns}
            if to not in states.AGREEMENT_MOVES[kind].get(self.state, ()):
                return False
            if self.state == "dissolution_bill" and to != "dissolution_passed":
                return to == self.before
            if to == "changed":
                return False
            passed = {pk for pk, vote in self.end_vote.items() if vote == "passed"}
            if to == "ended" and kind in states.RESOLVED_KINDS:
                notices = {
                    "settlement": self.told == self.deciding,
                    "pact": self.end_notice == self.end_notified == everyone,
                    "policy": True,
                }
                if self.state in states.DISSOLVING:
                    return notices[kind]
                last = self.agreement.valid_to
                return last is not None and last.year < 2999
            return {
                "dissolution_bill": bool(self.deciding)
                and self.end_bill >= self.deciding
                and (kind != "policy" or self.end_ordinance >= self.deciding),
                "dissolution_passed": bool(self.deciding) and passed >= self.deciding,
                "submitted": self.bill == everyone and (kind == "pact" or self.ordinance == everyone),
                "resolved": {pk for pk, vote in self.vote.items() if vote == "passed"} == everyone,
                "noticed": self.notice == everyone,
                "notified": self.notified == everyone,
            }.get(to, True)

        @rule(to=st.sampled_from(STATES), steps=st.just(1))
        def move(self, to, steps):
            self.move_to(to)

        @precondition(lambda self: self.state not in states.FINAL)
        @rule(data=st.data())
        def move_along(self, data):
            onward = [
                s
                for s in states.AGREEMENT_MOVES[kind].get(self.state, ())
                if s not in ("dropped", "draft", "changed", self.before)
            ]
            if onward:
                self.move_to(data.draw(st.sampled_from(onward)))

        def move_to(self, to):
            expected = self.may(to)
            try:
                actions.move_agreement(actor, self.agreement, None, to, on=self.next_day())
            except (Denied, WrongInput):
                assert not expected, f"{self.state} → {to} was refused"
                return
            assert expected, f"{self.state} → {to} was allowed"
            if to == "dissolution_bill":
                self.before = self.state
            if self.state == "dissolution_bill" and to == self.before:
                self.end_bill, self.end_vote = set(), {}
            self.state = to
            self.agreement.refresh_from_db()
            if to == "draft":
                self.bill, self.vote = set(), {}

        @rule(to=st.sampled_from(states.AgreementState.values))
        def the_database_refuses_what_the_kind_does_not_allow(self, to):
            if to == self.state or to in states.AGREEMENT_MOVES[kind].get(self.state, ()):
                return
            with pytest.raises(DatabaseError), transaction.atomic():
                Agreement.objects.filter(pk=self.agreement.pk).update(state=to)

        @rule(to=st.sampled_from(states.AgreementState.values))
        def plain_sql_enters_what_the_actions_may_and_nothing_else(self, to):
            if to == self.state:
                return
            back = self.state == "dissolution_bill" and to != "dissolution_passed"
            stated = to in states.AGREEMENT_MOVES[kind].get(self.state, ())
            expected = self.may(to) or (stated and (to == "changed" or back))

            def enter():
                self.agreement.versions.filter(frozen=False).update(frozen=True)
                Agreement.objects.filter(pk=self.agreement.pk).update(state=to)

            assert passes(enter) == expected, f"{self.state} → {to}"

        @rule(
            table=st.sampled_from([Resolution, Dissolution]),
            turned=st.sampled_from(
                [
                    ("bill_no", "議案第99号"),
                    ("submitted_on", None),
                    ("result", "withdrawn"),
                    ("notified_on", None),
                ]
            ),
        )
        def plain_sql_turns_nothing_that_the_state_rests_on(self, table, turned):
            step = {"result": "resolution", "notified_on": "notification"}.get(turned[0], "bill")
            rests_on = states.RESTS_ON if table is Resolution else states.DISSOLUTION_RESTS_ON
            held = any(
                step in steps and self.state in states.reached(kind, state)
                for state, steps in rests_on.get(kind, {}).items()
            )
            for row in table.objects.filter(agreement=self.agreement):
                written = getattr(row, turned[0]) not in (None, "") and getattr(row, turned[0]) != turned[1]
                mine = table.objects.filter(pk=row.pk)
                assert passes(lambda mine=mine: mine.update(**dict([turned]))) == (not (held and written))
                bound = any(self.state in states.reached(kind, state) for state in rests_on.get(kind, {}))
                assert passes(lambda mine=mine: mine._raw_delete("default")) == (not bound)

        @rule()
        def plain_sql_changes_no_party_of_what_is_no_draft(self):
            rows = self.agreement.parties.filter(order=1)
            assert passes(lambda: rows.update(mark="丙")) == (self.state == "draft")

        @invariant()
        def the_record_is_as_the_model_says(self):
            stored = Agreement.objects.get(pk=self.agreement.pk)
            assert stored.state == self.state
            last = stored.versions.order_by("-number").first()
            if self.state not in ("draft", "dropped"):
                assert last.frozen
            if self.state in states.DISSOLVING[1:]:
                decided = stored.dissolutions.all()
                assert {row.municipality_id for row in decided} == self.deciding
                assert {row.result for row in decided} == {"passed"}
            if self.state in ("resolved", *states.IN_FORCE) and kind in states.RESOLVED_KINDS:
                passed = Resolution.objects.filter(agreement=stored, result="passed").count()
                assert passed == len(self.towns)

    return Machine


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["settlement", "pact", "policy", "memorandum"])
def test_an_agreement_enters_exactly_the_states_its_kind_and_its_assemblies_allow(
    region, secretariat, towns, kind
):
    run_state_machine_as_test(agreement_machine(region, secretariat, towns, kind), settings=effort(MANY))


@pytest.mark.slow
@pytest.mark.parametrize("kind", states.RESOLVED_KINDS)
def test_an_agreement_ends_only_as_its_assemblies_or_its_term_allow(region, secretariat, towns, kind):
    machine = agreement_machine(region, secretariat, towns, kind, in_force=True)
    run_state_machine_as_test(machine, settings=effort(MANY))


@pytest.mark.slow
@pytest.mark.parametrize("examples", EFFORTS)
def test_a_vision_moves_only_as_stated_and_keeps_every_edition(region, secretariat, examples):
    class Machine(_InTransaction):
        def __init__(self):
            super().__init__()
            self.vision = actions.save_vision(
                secretariat,
                region,
                None,
                None,
                values={"programme": "teiju", "title": "ビジョン"},
                sections=[],
                goals=[],
            )
            self.state, self.edition, self.kept, self.image = "outline", 0, [], ""
            self.written_since = True

        @rule(image=st.sampled_from(["", "一つ目の将来像", "二つ目の将来像"]))
        def write(self, image):
            actions.save_vision(
                secretariat,
                region,
                self.vision,
                None,
                values={"future_image": image, "first_year": 2020, "last_year": 2024, "programme": "teiju"},
                sections=[],
                goals=[GoalRow("目標")] if image else [],
            )
            self.image = image
            self.vision.refresh_from_db()

        @rule(to=st.sampled_from([*states.VisionState.values, "nowhere"]))
        def move(self, to):
            allowed = to in states.VISION_MOVES[self.state]
            if to in ("public_comment", "decided", "changed"):
                allowed = allowed and bool(self.image)
            if to == "changed" and self.kept and self.kept[-1][1] == self.image:
                allowed = False
            try:
                actions.move_vision(secretariat, self.vision, None, to, on=self.next_day())
            except (Denied, WrongInput):
                assert not allowed, f"{self.state} → {to} was refused"
                return
            assert allowed, f"{self.state} → {to} was allowed"
            self.edition += to == "changed"
            self.state = to
            self.kept.append((to, self.image))
            self.vision.refresh_from_db()

        @rule(to=st.sampled_from(states.VisionState.values))
        def the_database_refuses_what_is_not_stated(self, to):
            if to == self.state or to in states.VISION_MOVES[self.state]:
                return
            with pytest.raises(DatabaseError), transaction.atomic():
                Vision.objects.filter(pk=self.vision.pk).update(state=to)

        @rule()
        def the_database_keeps_editions(self):
            row = self.vision.editions.filter(content__isnull=False).first()
            if row is None:
                return
            for attempt in (
                lambda: self.vision.editions.filter(pk=row.pk).update(content={}),
                lambda: self.vision.editions.filter(pk=row.pk)._raw_delete("default"),
            ):
                with pytest.raises(DatabaseError), transaction.atomic():
                    attempt()

        @invariant()
        def every_edition_holds_what_stood_then(self):
            stored = Vision.objects.get(pk=self.vision.pk)
            assert (stored.state, stored.edition) == (self.state, self.edition)
            found = [
                (row.state, row.content["future_image"])
                for row in stored.editions.all()
                if row.content is not None
            ]
            assert found == self.kept

    Machine.region = region
    run_state_machine_as_test(Machine, settings=effort(examples))
