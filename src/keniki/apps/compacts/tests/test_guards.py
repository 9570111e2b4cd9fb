"""What the database itself refuses of agreements and declarations, asked by plain SQL past every action."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from keniki.apps.compacts import actions, states
from keniki.apps.compacts.actions.declarations import PartRow
from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.models import Agreement, Declaration, Resolution, Signatory
from keniki.apps.compacts.procedures import RECORDED, RULES
from keniki.rulebooks.compacts import Action, procedure
from keniki.rulebooks.loader import RuleNotInForce

from .test_agreement_actions import filled, pair, through_assemblies
from .test_dissolution import in_force

DAY = date(2024, 6, 3)
#: Steps a party records, and the state each of them leads to; the rulebook's procedures have them by kind.
LEADS_TO = {
    Action.CONCLUDE: {
        "ordinance": "submitted",
        "bill": "submitted",
        "resolution": "resolved",
        "public_notice": "noticed",
        "notification": "notified",
    },
    Action.DISSOLVE: {
        "ordinance": "dissolution_bill",
        "bill": "dissolution_bill",
        "resolution": "dissolution_passed",
        "notice_to_partner": "ended",
        "public_notice": "ended",
        "notification": "ended",
    },
}


def at_once():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused(attempt, words=""):
    def whole():
        attempt()
        at_once()

    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        whole()


def put(agreement, state):
    Agreement.objects.filter(pk=agreement.pk).update(state=state)


@pytest.mark.parametrize("kind", list(RULES))
@pytest.mark.parametrize("day", [date(2009, 1, 1), date(2015, 1, 1), date(2021, 1, 1), date(2026, 1, 1)])
def test_states_rest_on_what_the_rulebook_asks_of_every_party(kind, day):
    try:
        rule = procedure(RULES[kind], day).value
    except RuleNotInForce:
        return
    for action, table in (
        (Action.CONCLUDE, states.RESTS_ON),
        (Action.CHANGE, states.RESTS_ON),
        (Action.DISSOLVE, states.DISSOLUTION_RESTS_ON),
    ):
        found = {}
        for step in rule.per_municipality(action):
            if step.required and step.kind in RECORDED:
                to = LEADS_TO[Action.DISSOLVE if action is Action.DISSOLVE else Action.CONCLUDE][step.kind]
                found.setdefault(to, []).append(step.kind.value)
        assert {state: list(steps) for state, steps in table.get(kind, {}).items()} == found, action


def test_each_step_has_to_be_recorded_by_every_party(in_region, secretariat, towns):
    agreement = pair(secretariat, in_region, towns, kind="pact")
    filled(secretariat, agreement)
    agreement.versions.update(frozen=True)
    refused(lambda: put(agreement, "submitted"), "rests_on_resolutions")
    through_assemblies(secretariat, agreement, submit=False)
    row = Resolution.objects.filter(agreement=agreement, municipality=towns["川北町"])
    for lacking in ({"submitted_on": None}, {"bill_no": ""}):
        row.update(submitted_on=DAY, bill_no="議案第2号")
        row.update(**lacking)
        refused(lambda: put(agreement, "submitted"), "rests_on_resolutions")
    row.update(submitted_on=DAY, bill_no="議案第2号")
    put(agreement, "submitted")
    at_once()


def test_a_bound_agreement_has_parties_and_no_open_text(in_region, secretariat, towns):
    agreement = actions.create_agreement(
        secretariat, in_region, kind="memorandum", parties=[towns["青葉市"], towns["川北町"]]
    )
    filled(secretariat, agreement)
    refused(lambda: put(agreement, "concluded"), "open_text")
    agreement.versions.update(frozen=True)

    def alone():
        agreement.parties.filter(municipality=towns["川北町"]).delete()
        put(agreement, "concluded")

    refused(alone, "bound_needs_parties")
    agreement.versions.get().signatories.filter(municipality=towns["川北町"]).update(name="")
    refused(lambda: put(agreement, "concluded"), "concluded_means_signed")


def test_parties_and_kind_of_a_bound_agreement_stay(in_region, secretariat, towns):
    agreement = in_force(secretariat, in_region, towns)
    other = actions.create_agreement(
        secretariat, in_region, kind="memorandum", parties=[towns["青葉市"], towns["星野町"]]
    )
    refused(lambda: agreement.parties.update(mark=""), "bound_parties")
    refused(lambda: agreement.parties.all()._raw_delete("default"), "bound_parties")
    refused(lambda: other.parties.filter(order=2).update(agreement=agreement), "bound_parties")
    refused(lambda: agreement.parties.filter(order=2).update(agreement=other), "bound_parties")
    refused(lambda: Agreement.objects.filter(pk=agreement.pk).update(kind="memorandum"), "kind_stays")
    refused(lambda: Agreement.objects.filter(pk=other.pk).update(kind="mutual_aid"), "kind_stays")
    refused(lambda: agreement.state_changes.update(document_no="x"), "entered_states_stay")
    refused(lambda: agreement.state_changes.all()._raw_delete("default"), "entered_states_stay")


@pytest.mark.parametrize(
    "turned",
    [
        {"result": "rejected"},
        {"resolved_on": date(2020, 1, 1)},
        {"bill_no": "議案第99号"},
        {"submitted_on": None},
        {"ordinance": False},
    ],
)
def test_what_a_reached_state_rests_on_is_not_turned(in_region, secretariat, towns, turned):
    agreement = in_force(secretariat, in_region, towns)
    rows = Resolution.objects.filter(agreement=agreement)
    refused(lambda: rows.update(**turned), "evidence_stays")
    refused(lambda: rows._raw_delete("default"), "evidence_stays")
    rows.update(public_notice_on=DAY)


def test_only_a_lost_name_is_completed_in_a_frozen_text(in_region, secretariat, towns):
    agreement = actions.create_agreement(
        secretariat, in_region, kind="memorandum", parties=[towns["青葉市"], towns["川北町"]]
    )
    filled(secretariat, agreement)
    rows = Signatory.objects.filter(agreement_version__agreement=agreement)
    rows.filter(order=2).update(name="川本", name_complete=False)
    actions.move_agreement(secretariat, agreement, None, "concluded", on=DAY)
    lost = rows.filter(order=2)
    refused(lambda: lost.update(title="副市長"), "frozen")
    refused(lambda: lost.update(address="別の町1番地"), "frozen")
    refused(lambda: rows.filter(name_complete=True).update(name="別人"), "frozen")
    lost.update(name="川本花子", name_complete=True)
    refused(lambda: rows.update(name_complete=False), "frozen")


def test_a_published_declaration_stays_once_its_text_is_complete(in_region, secretariat, towns):
    declaration = actions.save_declaration(
        secretariat,
        in_region,
        None,
        None,
        programme="teiju",
        title="中心市宣言書",
        centre=towns["青葉市"],
        gist=["担う。"],
        parts={part.key: PartRow(text="本文") for part in parts_of("teiju")},
    )
    declaration.parts.update(text="別の本文")
    actions.publish_declaration(secretariat, declaration, None, on=DAY)
    row = Declaration.objects.filter(pk=declaration.pk)
    refused(lambda: row.update(gist=["担わない。"]), "published_declaration")
    refused(lambda: row.update(text_complete=False), "published_declaration")
    row.update(mayor="青木朔")
    refused(lambda: row.update(mayor="別人"), "published_declaration")
    refused(lambda: row.update(declared_on=date(2020, 1, 1)), "published_declaration")
    refused(lambda: declaration.parts.update(text="別の本文"), "published_declaration")
    refused(lambda: declaration.parts.all()._raw_delete("default"), "published_declaration")
