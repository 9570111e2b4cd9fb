"""The dissolution (廃止) of agreements: who decides it, what is recorded, what the pages show."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts import actions, policies, queries
from keniki.apps.compacts.models import Agreement
from keniki.apps.regions.models import RegionMembership
from keniki.core.errors import WrongInput

from .test_agreement_actions import DAY, filled, through_assemblies

LATER = DAY + timedelta(days=100)


def in_force(actor, region, towns, kind="settlement"):
    """An agreement between 青葉市 and 川北町 that has gone all its way."""
    names = ["青葉市"] if kind == "policy" else ["青葉市", "川北町"]
    agreement = actions.create_agreement(actor, region, kind=kind, parties=[towns[name] for name in names])
    filled(actor, agreement)
    through_assemblies(actor, agreement)
    bound = "published" if kind == "policy" else "concluded"
    actions.move_agreement(actor, agreement, None, bound, on=DAY + timedelta(days=20))
    if kind == "pact":
        days = {"public_notice_on": DAY + timedelta(days=21), "notified_on": DAY + timedelta(days=22)}
        for name in names:
            agreement.refresh_from_db()
            actions.record_resolution(actor, agreement, towns[name], None, **days)
        for state in ("noticed", "notified"):
            agreement.refresh_from_db()
            actions.move_agreement(actor, agreement, None, state, on=DAY + timedelta(days=22))
    agreement.refresh_from_db()
    return agreement


def decided(actor, agreement, *deciding):
    """Bill, vote and both states, by all the deciding parties."""
    actions.start_dissolution(actor, agreement, None, deciding)
    rows = list(agreement.dissolutions.select_related("municipality"))
    for row in rows:
        values = {"ordinance": True} if agreement.kind == "policy" else {}
        actions.record_dissolution(
            actor, agreement, row.municipality, None, bill_no="議案第9号", submitted_on=LATER, **values
        )
    move(actor, agreement, "dissolution_bill", LATER)
    for row in rows:
        actions.record_dissolution(
            actor, agreement, row.municipality, None, result="passed", resolved_on=LATER + timedelta(days=5)
        )
    move(actor, agreement, "dissolution_passed", LATER + timedelta(days=6))


def move(actor, agreement, to, on):
    actions.move_agreement(actor, agreement, None, to, on=on)
    agreement.refresh_from_db()


def test_one_side_ends_a_settlement_agreement_by_its_own_vote_and_notice(secretariat, in_region, towns):
    agreement = in_force(secretariat, in_region, towns)
    decided(secretariat, agreement, towns["川北町"])
    assert agreement in queries.in_force(in_region)
    with pytest.raises(Denied, match="川北町の相手方への通告日"):
        actions.move_agreement(secretariat, agreement, None, "ended", on=LATER + timedelta(days=8))
    actions.record_dissolution(
        secretariat, agreement, towns["川北町"], None, partner_noticed_on=LATER + timedelta(days=7)
    )
    with pytest.raises(WrongInput, match="最後の通告"):
        actions.move_agreement(secretariat, agreement, None, "ended", on=LATER + timedelta(days=6))
    end = LATER + timedelta(days=300)
    move(secretariat, agreement, "ended", end)
    assert agreement.valid_to == end
    assert agreement not in queries.in_force(in_region)


def test_who_decides_a_settlement_agreements_end_is_asked_and_never_guessed(secretariat, in_region, towns):
    agreement = in_force(secretariat, in_region, towns)
    with pytest.raises(WrongInput, match="廃止の条項を確かめて"):
        actions.start_dissolution(secretariat, agreement, None)
    with pytest.raises(WrongInput, match="当事者から選んで"):
        actions.start_dissolution(secretariat, agreement, None, [towns["星野町"]])


@pytest.mark.slow
def test_a_pact_needs_both_assemblies_the_consent_the_notices_and_the_notifications(
    secretariat, in_region, towns
):
    agreement = in_force(secretariat, in_region, towns, "pact")
    decided(secretariat, agreement, towns["川北町"])
    assert {row.municipality.name for row in agreement.dissolutions.all()} == {"青葉市", "川北町"}
    with pytest.raises(Denied, match="「廃止の議決」から「終了」へ進めません"):
        actions.move_agreement(secretariat, agreement, None, "ended", on=LATER + timedelta(days=10))
    move(secretariat, agreement, "dissolution_agreed", LATER + timedelta(days=10))
    ruling = policies.move(secretariat, agreement, "ended")
    assert "青葉市、川北町の廃止の告示日" in ruling.reason
    assert "青葉市、川北町の廃止の届出日" in ruling.reason
    for name in ("青葉市", "川北町"):
        days = {"public_notice_on": LATER + timedelta(days=11), "notified_on": LATER + timedelta(days=12)}
        actions.record_dissolution(secretariat, agreement, towns[name], None, **days)
    move(secretariat, agreement, "ended", LATER + timedelta(days=10))
    assert agreement.state == "ended"


def test_a_policy_of_one_city_ends_by_that_citys_vote(secretariat, in_region, towns):
    agreement = in_force(secretariat, in_region, towns, "policy")
    decided(secretariat, agreement)
    move(secretariat, agreement, "ended", LATER + timedelta(days=10))
    assert agreement.state == "ended"


def test_a_rejected_bill_of_dissolution_is_withdrawn_and_the_agreement_stands_as_before(
    secretariat, in_region, towns
):
    agreement = in_force(secretariat, in_region, towns)
    concluded, text = agreement.concluded_on, agreement.versions.get()
    actions.start_dissolution(secretariat, agreement, None, [towns["青葉市"]])
    actions.record_dissolution(
        secretariat, agreement, towns["青葉市"], None, bill_no="議案第9号", submitted_on=LATER
    )
    move(secretariat, agreement, "dissolution_bill", LATER)
    actions.record_dissolution(
        secretariat, agreement, towns["青葉市"], None, result="rejected", resolved_on=LATER
    )
    with pytest.raises(Denied, match="青葉市の廃止の議決（可決）"):
        actions.move_agreement(secretariat, agreement, None, "dissolution_passed", on=LATER)
    move(secretariat, agreement, "concluded", LATER + timedelta(days=1))
    assert agreement.concluded_on == concluded
    assert agreement.versions.get() == text
    row = agreement.dissolutions.get()
    assert (row.bill_no, row.result) == ("", "")
    steps = queries.state_steps(queries.agreement(in_region, agreement.slug))
    assert next(step.date for step in steps if step.label == "締結") == concluded
    actions.stop_dissolution(secretariat, agreement, None)
    assert not agreement.dissolutions.exists()


def test_an_agreement_with_assemblies_ends_without_a_vote_only_when_its_term_is_over(
    secretariat, in_region, towns
):
    agreement = in_force(secretariat, in_region, towns)
    with pytest.raises(Denied, match="効力の終了日が来ていません"):
        actions.move_agreement(secretariat, agreement, None, "ended", on=LATER)
    with pytest.raises(DatabaseError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(state="ended")
    actions.edit_agreement(secretariat, agreement, None, valid_to=date(2025, 3, 31))
    agreement.refresh_from_db()
    with pytest.raises(WrongInput, match="効力の終了日"):
        actions.move_agreement(secretariat, agreement, None, "ended", on=date(2025, 3, 30))
    move(secretariat, agreement, "ended", date(2025, 4, 1))
    assert agreement.valid_to == date(2025, 3, 31)


def test_while_it_is_being_dissolved_an_agreement_is_not_changed_and_the_other_way_round(
    secretariat, in_region, towns
):
    agreement = in_force(secretariat, in_region, towns)
    actions.start_dissolution(secretariat, agreement, None, [towns["青葉市"]])
    with pytest.raises(Denied, match="廃止の手続を始めている"):
        actions.start_amendment(secretariat, agreement)
    actions.stop_dissolution(secretariat, agreement, None)
    actions.start_amendment(secretariat, agreement)
    with pytest.raises(Denied, match="手続中の変更協定"):
        actions.start_dissolution(secretariat, agreement, None, [towns["青葉市"]])


def test_a_kind_without_assemblies_has_no_such_way(secretariat, in_region):
    agreement = Agreement.objects.get(slug="kyoutei")
    with pytest.raises(Denied, match="市町村ごとの議決の手続がありません"):
        actions.start_dissolution(secretariat, agreement, None)


def test_a_town_records_its_own_vote_on_the_end_and_nobody_elses(secretariat, partner, in_region, towns):
    agreement = in_force(secretariat, in_region, towns)
    actions.start_dissolution(secretariat, agreement, None, [towns["青葉市"], towns["川北町"]])
    given = {"bill_no": "議案第9号", "submitted_on": LATER}
    row = actions.record_dissolution(partner, agreement, towns["川北町"], 1, **given)
    assert "廃止の川北町分について、議案番号を （空欄）→議案第9号" in LogEntry.objects.latest("pk").text
    with pytest.raises(Denied, match="青葉市の担当者だけ"):
        actions.record_dissolution(partner, agreement, towns["青葉市"], 1, **given)
    with pytest.raises(Stale):
        actions.record_dissolution(partner, agreement, towns["川北町"], row.version - 1, bill_no="議案第10号")
    with pytest.raises(WrongInput, match="議決日を記録できません"):
        actions.record_dissolution(partner, agreement, towns["川北町"], None, resolved_on=LATER)


@pytest.mark.slow
def test_the_pages_lead_through_a_dissolution(secretariat, in_region, towns, client_as):
    agreement = in_force(secretariat, in_region, towns)
    client = client_as(secretariat)
    address = f"/desk/aoba/agreements/{agreement.slug}/"
    assert "廃止の手続を始める" in client.get(address).content.decode()
    page = client.get(f"{address}dissolution/start/").content.decode()
    assert "相手方への通告" in page
    nobody = client.post(f"{address}dissolution/start/", {"version": agreement.version})
    assert nobody.status_code == 422
    assert "廃止の条項を確かめて" in nobody.content.decode()
    kawakita = towns["川北町"].code
    begun = client.post(
        f"{address}dissolution/start/", {"version": agreement.version, "deciding": [kawakita]}
    )
    assert begun.status_code == 302
    page = client.get(address).content.decode()
    assert "廃止の市町村ごとの手続" in page
    assert "「廃止の議案の提出を記録する」はまだできません。" in page
    given = {"version": "1", "bill_no": "議案第9号", "submitted_on": LATER.isoformat()}
    assert client.post(f"{address}dissolution/{kawakita}/", given).status_code == 302
    agreement.refresh_from_db()
    given = {"version": agreement.version, "on": LATER.isoformat()}
    assert client.post(f"{address}move/dissolution_bill/", given).status_code == 302
    page = client.get(address).content.decode()
    assert "廃止の議案を取り下げて元に戻す" in page
    assert client.get(f"{address}dissolution/{towns['青葉市'].code}/").status_code == 403
    assert client.get(f"{address}dissolution/{towns['星野町'].code}/").status_code == 404
    agreement.refresh_from_db()
    given = {"version": agreement.version, "on": (LATER + timedelta(days=1)).isoformat()}
    assert client.post(f"{address}move/concluded/", given).status_code == 302
    agreement.refresh_from_db()
    client.post(f"{address}dissolution/stop/", {"version": agreement.version})
    assert not agreement.dissolutions.exists()


def test_a_party_that_left_records_the_last_steps_of_what_it_was_bound_by(
    secretariat, partner, other_partner, in_region, towns
):
    agreement = in_force(secretariat, in_region, towns)
    decided(secretariat, agreement, towns["川北町"])
    RegionMembership.objects.filter(region=in_region, municipality=towns["川北町"]).update(
        valid=DateRange(date(2020, 10, 1), date(2025, 4, 1), "[)")
    )
    told = LATER + timedelta(days=7)
    with pytest.raises(Denied):
        actions.record_dissolution(other_partner, agreement, towns["川北町"], None, partner_noticed_on=told)
    row = actions.record_dissolution(partner, agreement, towns["川北町"], None, partner_noticed_on=told)
    assert (row.partner_noticed_on, row.proxy) == (told, False)
