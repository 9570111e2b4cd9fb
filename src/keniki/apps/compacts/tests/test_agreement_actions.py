from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts import actions, policies, states
from keniki.apps.compacts.actions.texts import MeasureRow, RoleRow, SignatoryRow
from keniki.apps.compacts.models import Agreement, AgreementVersion, AnnexItem, Measure, Signatory
from keniki.apps.compacts.procedures import RULES
from keniki.core.errors import WrongInput
from keniki.rulebooks import compacts as rulebook
from keniki.rulebooks.compacts import Action

DAY = date(2024, 6, 3)


def filled(actor, agreement):
    """Write a text without blanks and a name for every party."""
    actions.edit_text(
        actor,
        agreement,
        None,
        preamble="次のとおり定める。",
        articles=[{"number": 1, "heading": "目的", "paragraphs": [{"text": "連携する。", "items": []}]}],
        closing="2通作成する。",
    )
    rows = [SignatoryRow(p.municipality, "中央1", "長", "山田太郎") for p in agreement.parties.all()]
    actions.edit_signatories(actor, agreement, None, rows)


def through_assemblies(actor, agreement, *, submit=True):
    """Record ordinance and bill for every party and, when asked, the vote and both states."""
    agreement.refresh_from_db()
    for number, party in enumerate(agreement.parties.all(), 1):
        values = {"bill_no": f"議案第{number}号", "submitted_on": DAY}
        if agreement.kind != "pact":
            values["ordinance"] = True
        actions.record_resolution(actor, agreement, party.municipality, None, **values)
    if not submit:
        return
    actions.move_agreement(actor, agreement, None, "submitted", on=DAY)
    agreement.refresh_from_db()
    for party in agreement.parties.all():
        actions.record_resolution(
            actor, agreement, party.municipality, None, result="passed", resolved_on=DAY + timedelta(days=10)
        )
    actions.move_agreement(actor, agreement, None, "resolved", on=DAY + timedelta(days=10))
    agreement.refresh_from_db()


def pair(actor, region, towns, kind="settlement"):
    return actions.create_agreement(
        actor, region, kind=kind, parties=[towns["川北町"], towns["青葉市"]], programme="teiju"
    )


def last_line():
    return LogEntry.objects.order_by("-id").first().text


def test_a_one_to_one_agreement_puts_the_centre_first_and_marks_both(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    assert [(p.mark, p.municipality.name) for p in agreement.parties.all()] == [
        ("甲", "青葉市"),
        ("乙", "川北町"),
    ]
    text = agreement.versions.get()
    assert "青葉市（以下「甲」という。）" in text.preamble
    assert "2通" in text.closing
    assert "甲 青葉市、乙 川北町" in last_line()


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("settlement", ["川北町", "星野町"]),
        ("settlement", ["青葉市", "川北町", "星野町"]),
        ("pact", ["青葉市"]),
        ("multilateral", ["青葉市"]),
        ("policy", ["青葉市", "川北町"]),
        ("memorandum", ["青葉市", "港南市"]),
        ("treaty", ["青葉市", "川北町"]),
    ],
)
def test_parties_that_do_not_fit_the_kind_are_refused(secretariat, in_region, towns, kind, names):
    with pytest.raises(WrongInput):
        actions.create_agreement(secretariat, in_region, kind=kind, parties=[towns[name] for name in names])


def test_agreements_with_all_partners_are_made_at_once_and_only_once(secretariat, in_region, towns):
    pair(secretariat, in_region, towns)
    made = actions.create_pairs(secretariat, in_region, kind="settlement", programme="teiju")
    assert [a.parties.get(mark="乙").municipality.name for a in made] == ["星野町"]
    with pytest.raises(WrongInput, match="既にあります"):
        actions.create_pairs(secretariat, in_region, kind="settlement")


def test_a_partner_does_not_create_agreements(partner, in_region, towns):
    with pytest.raises(Denied, match="事務局が編集します"):
        pair(partner, in_region, towns)
    assert Agreement.objects.count() == 1


def test_an_unfilled_blank_keeps_the_draft_from_the_assembly(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    through_assemblies(secretariat, agreement, submit=False)
    with pytest.raises(Denied, match="埋めていない箇所"):
        actions.move_agreement(secretariat, agreement, None, "submitted", on=DAY)


def test_every_missing_step_is_named_with_its_town(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    actions.record_resolution(
        secretariat, agreement, towns["青葉市"], None, ordinance=True, bill_no="議案第1号", submitted_on=DAY
    )
    ruling = policies.move(secretariat, agreement, "submitted")
    assert not ruling
    assert "川北町の地方自治法第96条第2項の条例" in ruling.reason
    assert "川北町の議案番号" in ruling.reason
    assert "青葉市" not in ruling.reason


def test_a_settlement_agreement_goes_through_both_assemblies_to_its_signing(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement)
    actions.move_agreement(
        secretariat, agreement, None, "concluded", on=DAY + timedelta(days=20), document_no="第5号"
    )
    agreement.refresh_from_db()
    assert agreement.concluded_on == agreement.valid_from == DAY + timedelta(days=20)
    assert agreement.versions.get().frozen
    assert [c.state for c in agreement.state_changes.all()] == ["draft", "submitted", "resolved", "concluded"]
    assert "議決→締結 に進めた（令和6年6月23日、第5号）" in last_line()


def test_a_pact_is_noticed_and_notified_by_every_party_after_its_signing(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns, "pact")
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement)
    actions.move_agreement(secretariat, agreement, None, "concluded", on=DAY + timedelta(days=20))
    agreement.refresh_from_db()
    assert "青葉市、川北町の告示日" in policies.move(secretariat, agreement, "noticed").reason
    for town in ("青葉市", "川北町"):
        actions.record_resolution(
            secretariat,
            agreement,
            towns[town],
            None,
            public_notice_on=DAY + timedelta(days=21),
            notified_on=DAY + timedelta(days=22),
        )
    actions.move_agreement(secretariat, agreement, None, "noticed", on=DAY + timedelta(days=21))
    agreement.refresh_from_db()
    actions.move_agreement(secretariat, agreement, None, "notified", on=DAY + timedelta(days=22))


def test_a_day_to_come_or_before_the_last_step_is_refused(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement)
    for day, words in ((DAY, "より前"), (date(2200, 1, 1), "まだ来ていない")):
        with pytest.raises(WrongInput, match=words):
            actions.move_agreement(secretariat, agreement, None, "concluded", on=day)


def test_the_bill_may_not_be_rewritten_while_it_is_before_the_assembly(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement)
    with pytest.raises(Denied, match="議会に提出した本文"):
        actions.edit_text(secretariat, agreement, None, preamble="", articles=[], closing="")
    with pytest.raises((Denied, WrongInput)):
        actions.record_resolution(secretariat, agreement, towns["青葉市"], None, bill_no="議案第9号")


def test_a_withdrawn_bill_is_kept_and_the_draft_goes_on_in_a_new_version(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement, submit=False)
    actions.move_agreement(secretariat, agreement, None, "submitted", on=DAY)
    agreement.refresh_from_db()
    actions.move_agreement(secretariat, agreement, None, "draft", on=DAY)
    agreement.refresh_from_db()
    assert not agreement.resolutions.filter(submitted_on__isnull=False).exists()
    filled_again = actions.edit_text(
        secretariat,
        agreement,
        None,
        preamble="改めて定める。",
        articles=[{"number": 1, "heading": "", "paragraphs": [{"text": "連携する。", "items": []}]}],
        closing="",
    )
    assert [(v.number, v.frozen) for v in agreement.versions.all()] == [(1, True), (2, False)]
    assert filled_again.number == 2
    assert agreement.versions.get(number=1).preamble == "次のとおり定める。"


def test_a_town_records_its_own_way_and_no_other(partner, other_partner, in_region, secretariat, towns):
    agreement = pair(secretariat, in_region, towns)
    actions.record_resolution(
        partner, agreement, towns["川北町"], None, ordinance=True, ordinance_name="議決条例"
    )
    assert "川北町 企画課 中村次郎 が" in last_line()
    assert "96条2項の条例を （空欄）→はい" in last_line()
    with pytest.raises(Denied, match="青葉市の数値は青葉市の担当者だけ"):
        actions.record_resolution(partner, agreement, towns["青葉市"], None, ordinance=True)
    with pytest.raises(Denied, match="当事者ではありません"):
        actions.record_resolution(other_partner, agreement, towns["星野町"], None, ordinance=True)
    actions.record_resolution(
        secretariat, agreement, towns["川北町"], None, bill_no="第1号", submitted_on=DAY
    )
    assert "川北町分を代理入力" in last_line()


def test_a_resolution_needs_its_day_and_not_one_before_the_bill(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement, submit=False)
    actions.move_agreement(secretariat, agreement, None, "submitted", on=DAY)
    agreement.refresh_from_db()
    for values in ({"result": "passed"}, {"result": "passed", "resolved_on": DAY - timedelta(days=1)}):
        with pytest.raises(WrongInput):
            actions.record_resolution(secretariat, agreement, towns["青葉市"], None, **values)


def test_a_kind_without_assemblies_records_none(secretariat, in_region, towns):
    agreement = Agreement.objects.get(slug="kyoutei")
    with pytest.raises(Denied, match="市町村ごとの議決等の手続がありません"):
        actions.record_resolution(secretariat, agreement, towns["青葉市"], None, bill_no="1")


def test_a_change_agreement_brings_the_next_version_and_keeps_the_keys(secretariat, in_region):
    original = Agreement.objects.get(slug="kyoutei")
    amendment = actions.start_amendment(secretariat, original)
    draft = amendment.versions.get()
    item = draft.annex_items.get(key="bousai")
    rows = [MeasureRow(m.text, m.key) for m in item.measures.all()]
    actions.save_annex_item(
        secretariat,
        amendment,
        "bousai",
        item.version,
        values={"title": "防災"},
        measures=[rows[1], MeasureRow("広域避難を検討する。")],
        roles=[RoleRow([p.municipality.code], ["協力する。"]) for p in amendment.parties.all()[:1]],
    )
    with pytest.raises(Denied, match="手続中の変更協定"):
        actions.start_amendment(secretariat, original)
    actions.move_agreement(secretariat, amendment, None, "concluded", on=DAY)
    original.refresh_from_db()
    assert original.state == "changed"
    second = original.versions.get(number=2)
    assert second.frozen
    assert [m.key for m in second.annex_items.get(key="bousai").measures.all()] == ["bichiku", "measure_1"]
    assert [m.key for m in original.versions.get(number=1).annex_items.get(key="bousai").measures.all()] == [
        "kunren",
        "bichiku",
    ]


def test_a_measures_key_is_never_given_to_another_measure(secretariat, in_region):
    amendment = actions.start_amendment(secretariat, Agreement.objects.get(slug="kyoutei"))

    def save(*measures):
        item = actions.save_annex_item(
            secretariat, amendment, "ict", None, values={}, measures=measures, roles=[]
        )
        return [m.key for m in item.measures.all()]

    assert save(MeasureRow("一"), MeasureRow("二")) == ["measure_1", "measure_2"]
    assert save(MeasureRow("三", "measure_2"), MeasureRow("四")) == ["measure_2", "measure_3"]
    assert save(MeasureRow("五", "kunren")) == ["measure_4"]


def test_an_annex_item_taken_out_of_the_draft_stays_in_the_version_in_force(secretariat, in_region):
    original = Agreement.objects.get(slug="kyoutei")
    amendment = actions.start_amendment(secretariat, original)
    actions.remove_annex_item(secretariat, amendment, "ict", None)
    assert [i.key for i in amendment.versions.get().annex_items.all()] == ["bousai"]
    assert [i.key for i in original.versions.get().annex_items.all()] == ["bousai", "ict"]


def test_roles_are_given_to_parties_only(secretariat, in_region):
    amendment = actions.start_amendment(secretariat, Agreement.objects.get(slug="kyoutei"))
    for towns, words in (((), "選んでください"), (("019046",), "当事者から")):
        with pytest.raises(WrongInput, match=words):
            actions.save_annex_item(
                secretariat, amendment, "ict", None, values={}, measures=[], roles=[RoleRow(towns, ["協力"])]
            )


def test_a_concluded_text_is_changed_by_nobody(secretariat, in_region):
    agreement = Agreement.objects.get(slug="kyoutei")
    with pytest.raises(Denied, match="変更協定を作成"):
        actions.edit_text(secretariat, agreement, None, preamble="", articles=[], closing="")
    with pytest.raises(Denied, match="締結の前まで"):
        actions.edit_signatories(secretariat, agreement, None, [])


def test_the_database_keeps_a_frozen_text_too(secretariat, in_region):
    version = AgreementVersion.objects.get(agreement__slug="kyoutei")
    measure = Measure.objects.get(key="kunren")
    attempts = [
        lambda: AgreementVersion.objects.filter(pk=version.pk).update(preamble="別の文"),
        lambda: AgreementVersion.objects.filter(pk=version.pk).update(frozen=False),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert Measure.objects.get(pk=measure.pk).text == measure.text


def test_the_database_keeps_annex_and_signatories_of_a_frozen_text(in_region, secretariat, towns):
    version = AgreementVersion.objects.get(agreement__slug="kyoutei")
    draft = pair(secretariat, in_region, towns).versions.get()
    item = AnnexItem(agreement_version=draft, key="new", order=1, field_label="x", title="x")
    AnnexItem.objects.bulk_create([item])
    measure = Measure(annex_item=item, key="new", order=1, text="x")
    Measure.objects.bulk_create([measure])
    attempts = [
        lambda: AnnexItem.objects.filter(pk=item.pk).update(agreement_version=version),
        lambda: Measure.objects.filter(pk=measure.pk).update(annex_item=version.annex_items.get(key="ict")),
        lambda: version.annex_items.filter(key="ict").update(agreement_version=draft),
        lambda: draft.signatories.filter(order=1).update(agreement_version=version),
        lambda: version.signatories.filter(order=1).update(agreement_version=draft),
        lambda: version.annex_items.filter(key="ict").update(title="別の名"),
        lambda: version.annex_items.get(key="ict").measures.all()._raw_delete("default"),
        lambda: Measure.objects.bulk_create(
            [Measure(annex_item=version.annex_items.get(key="ict"), key="new", order=9, text="追加")]
        ),
        lambda: version.annex_items.get(key="ict").roles.update(items=[]),
        lambda: version.signatories.update(name="別人"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            attempt()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_resolution_no_assembly_has_taken(cast, in_region, secretariat, towns):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    through_assemblies(secretariat, agreement, submit=False)
    actions.move_agreement(secretariat, agreement, None, "submitted", on=DAY)
    with pytest.raises(DatabaseError):
        Agreement.objects.filter(pk=agreement.pk).update(state="resolved")
    agreement.refresh_from_db()
    assert agreement.state == "submitted"


def test_a_lost_name_may_be_filled_in_once(secretariat, in_region):
    signatory = Signatory.objects.filter(agreement_version__agreement__slug="kyoutei").first()
    with pytest.raises(Denied, match="確定しています"):
        actions.complete_signatory(secretariat, signatory, name="別人")


def test_the_second_of_two_writers_is_shown_what_the_first_wrote(
    secretariat, administrator, in_region, towns
):
    agreement = pair(secretariat, in_region, towns)
    seen = agreement.version
    actions.edit_agreement(administrator, agreement, seen, title="先に変えた名称")
    with pytest.raises(Stale) as caught:
        actions.edit_agreement(secretariat, agreement, seen, title="後から変えた名称")
    assert caught.value.current.title == "先に変えた名称"


def test_saving_without_a_change_leaves_no_line_in_the_log(secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    before = LogEntry.objects.count()
    actions.edit_agreement(secretariat, agreement, agreement.version, title=agreement.title)
    assert LogEntry.objects.count() == before


def test_nothing_is_written_outside_an_action(in_region):
    from keniki.apps.accounts.verbs import WrittenOutsideVerb

    with pytest.raises(WrittenOutsideVerb):
        Agreement.objects.first().save()


def test_the_kinds_the_database_holds_to_assemblies_are_those_of_the_rulebook():
    asking = {
        kind
        for kind, rule in RULES.items()
        if rulebook.procedure(rule, DAY).value.needs_resolution(Action.CONCLUDE)
    }
    assert asking == set(states.RESOLVED_KINDS)


def test_starting_texts_read_for_every_kind_and_hold_no_open_placeholder():
    from keniki.apps.compacts.articles import article_texts, format_articles, parse_articles
    from keniki.apps.compacts.starting import starting_text

    for kind in Agreement.Kind.values:
        text = starting_text(kind, region="青葉圏域", parties=["青葉市", "川北町"])
        assert parse_articles(format_articles(text.articles)) == text.articles
        whole = " ".join([text.title, text.preamble, *article_texts(text.articles), text.closing])
        assert "{" not in whole
        assert "青葉" in whole
