"""Versions of a rule: drafted, put to the towns, decided when all of them have; what their pages show and refuse."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.finance.actions.rules import (
    RuleDraft,
    adopt_rule,
    propose_rule,
    remove_rule,
    save_rule,
    withdraw_rule,
)
from keniki.apps.finance.models import JointCost, SharingRule
from keniki.apps.finance.queries.rules import decisions_of, read_rule, versions_of
from keniki.apps.finance.sharing import canonical, digest_of, spec_of
from keniki.apps.portal.testing import AOBA, HOSHINO
from keniki.apps.regions import policies as rights
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow.models import DueItem, Inquiry
from keniki.apps.workflow.tests import files
from keniki.cli.main import main
from keniki.core.errors import WrongInput

from .joint import RULE, adopted_rule, allocated, joint_cost

BASE = "/desk/aoba/finance/costs/kunren-hi/rules/"
EQUAL: dict[str, Any] = {"name": "均等割100", "components": [{"basis": "equal", "weight": 100}]}
FIELDS = {
    "first_year": "2024",
    "last_year": "",
    "unit": "1",
    "direction": "down",
    "remainder": "largest",
    "each": "total",
    "closed_days": "next",
    "p0-c0-basis": "均等割",
    "p0-c0-weight": "20",
    "p0-c1-basis": "人口割",
    "p0-c1-weight": "80",
}


@pytest.fixture(autouse=True)
def _media(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative, rule=None)


def draft(content: dict[str, Any] = EQUAL, first_year: int = 2024, **facts: Any) -> RuleDraft:
    return RuleDraft(spec_of(content), first_year, **facts)


def decide(actor: Any, rule: SharingRule, *, only: tuple[str, ...] = (), **changes: Any) -> None:
    """Every town that was asked decides, or only those named; by the secretariat from their papers."""
    inquiry = Inquiry.objects.get(digest=rule.digest, state="open")
    for town in decisions_of(rule.cost, [rule])[rule.pk].towns:
        if not only or town.municipality.name in only:
            facts = {
                "answer": "agreed",
                "decided_on": rights.today(),
                "decision_kind": "mayor",
                "document_no": "第1号",
            }
            reply = workflow.Reply("回答.pdf", files.pdf())
            workflow.record_decision(actor, inquiry, town.municipality, reply=reply, **{**facts, **changes})


def proposed(actor: Any, cost: JointCost, *args: Any, **facts: Any) -> SharingRule:
    return propose_rule(actor, save_rule(actor, cost, draft(*args, **facts)), 1)


def test_from_a_draft_to_a_decided_rule(cost, secretariat) -> None:
    rule = save_rule(secretariat, cost, draft(RULE))
    assert (rule.number, rule.state, rule.title) == (1, "draft", "均等割20・人口割80")
    rule = propose_rule(secretariat, rule, rule.version, rights.today() + timedelta(days=14))
    inquiry = Inquiry.objects.get()
    assert (inquiry.about, inquiry.digest) == (rule, rule.digest)
    assert DueItem.objects.filter(state="open").count() == 3
    decide(secretariat, rule, only=("青葉市", "川北町"))
    with pytest.raises(WrongInput, match="機関決定が届いていない市町村があります：星野町"):
        adopt_rule(secretariat, rule, None, rights.today())
    decide(secretariat, rule, only=("星野町",), answer="remarks", remarks="来年も見直すこと。")
    rule = adopt_rule(secretariat, rule, rule.version, rights.today())
    assert (rule.state, rule.adopted_on) == ("adopted", rights.today())
    inquiry.refresh_from_db()
    assert inquiry.state == "closed"
    texts = list(
        LogEntry.objects.filter(verb__startswith="finance.").order_by("pk").values_list("text", flat=True)
    )
    assert "「合同防災訓練の共同経費」の負担割合の定め 第1版 の案を作成（令和6年度から）" in texts[0]
    assert "を青葉市・川北町・星野町に照会（回答期限" in texts[1]
    assert "に決定" in texts[2]


def test_a_refusal_keeps_a_rule_from_being_decided(cost, secretariat) -> None:
    rule = proposed(secretariat, cost)
    decide(secretariat, rule)
    decide(secretariat, rule, only=("川北町",), answer="refused", remarks="負担が重い。")
    with pytest.raises(WrongInput, match="川北町が同意していません"):
        adopt_rule(secretariat, rule, None, rights.today())


def test_decisions_on_another_text_do_not_count(cost, secretariat) -> None:
    decide(secretariat, (first := proposed(secretariat, cost)))
    withdraw_rule(secretariat, first, None)
    second = proposed(secretariat, cost, RULE)
    assert decisions_of(cost, [second])[second.pk].answered == 0
    with pytest.raises(WrongInput, match="青葉市・川北町・星野町"):
        adopt_rule(secretariat, second, None, rights.today())


def test_only_the_towns_that_take_part_are_waited_for(cost, secretariat) -> None:
    with verb(SYSTEM, "testing.places", region="aoba", quiet=True) as act:
        cost.places = [AOBA, HOSHINO]
        act.save(cost)
    rule = save_rule(secretariat, cost, draft())
    rule = propose_rule(secretariat, rule, 1, rights.today() + timedelta(days=3))
    named = DueItem.objects.filter(state="open").values_list("municipality__name", flat=True)
    assert set(named) == {"青葉市", "星野町"}
    decide(secretariat, rule)
    assert adopt_rule(secretariat, rule, None, rights.today()).state == "adopted"


def test_the_rule_before_ends_with_the_year_before(cost, secretariat) -> None:
    old = adopted_rule(cost, RULE, year=2024)
    rule = proposed(secretariat, cost, EQUAL, 2025)
    decide(secretariat, rule)
    adopt_rule(secretariat, rule, None, rights.today())
    old.refresh_from_db()
    assert (old.last_year, rule.number) == (2024, 2)


def test_a_rule_that_is_used_does_not_end_before_its_use(cost, secretariat) -> None:
    adopted_rule(cost, RULE, year=2023)
    with verb(SYSTEM, "testing.first", region="aoba", quiet=True) as act:
        cost.first_year = 2023
        act.save(cost)
    allocated(cost, year=2024)
    with pytest.raises(WrongInput, match="第1版により令和6年度の負担額を決定しています"):
        proposed(secretariat, cost, EQUAL, 2024)
    assert proposed(secretariat, cost, EQUAL, 2025).state == "proposed"


def test_a_rule_does_not_begin_before_a_later_decided_one(cost, secretariat) -> None:
    adopted_rule(cost, RULE, year=2026)
    with pytest.raises(WrongInput, match="第1版が令和8年度から適用されるため"):
        proposed(secretariat, cost, EQUAL, 2025)
    rule = proposed(secretariat, cost, EQUAL, 2025, last_year=2025)
    decide(secretariat, rule)
    assert adopt_rule(secretariat, rule, None, rights.today()).last_year == 2025


def test_the_day_of_decision_lies_between_the_towns_and_today(cost, secretariat) -> None:
    rule = proposed(secretariat, cost)
    decide(secretariat, rule)
    for day, said in ((timedelta(days=1), "未来の日"), (timedelta(days=-1), "最後の機関決定")):
        with pytest.raises(WrongInput, match=said) as caught:
            adopt_rule(secretariat, rule, None, rights.today() + day)
        assert caught.value.column == "adopted_on"


@pytest.mark.slow
def test_what_was_put_to_the_towns_stays(cost, secretariat, client_as) -> None:
    rule = proposed(secretariat, cost)
    with pytest.raises(WrongInput, match="変更できるのは案だけです"):
        save_rule(secretariat, cost, draft(RULE), rule, None)
    with pytest.raises(WrongInput, match="経過を残すため削除できません"):
        remove_rule(secretariat, rule, None)
    other = canonical(spec_of(RULE))
    with pytest.raises(DatabaseError), transaction.atomic():
        SharingRule.objects.filter(pk=rule.pk).update(content=other, digest=digest_of(other))
    client = client_as(secretariat)
    assert client.post(f"{BASE}1/edit/", FIELDS | {"version": rule.version}).status_code == 403
    page = client.get(f"{BASE}1/edit/").content.decode()
    assert "照会した定めは変更できません" in page
    assert "案を保存" not in page


def test_a_withdrawn_inquiry_may_be_put_again(cost, secretariat) -> None:
    rule = proposed(secretariat, cost)
    with pytest.raises(WrongInput, match="第1版 は照会しています"):
        propose_rule(secretariat, rule, None)
    workflow.withdraw_inquiry(secretariat, Inquiry.objects.get())
    assert propose_rule(secretariat, rule, None).state == "proposed"
    assert decisions_of(cost, [rule])[rule.pk].is_open


def test_withdrawing_ends_the_inquiry_and_its_dues(cost, secretariat) -> None:
    rule = save_rule(secretariat, cost, draft())
    rule = propose_rule(secretariat, rule, 1, rights.today() + timedelta(days=3))
    assert withdraw_rule(secretariat, rule, rule.version).state == "withdrawn"
    assert Inquiry.objects.get().state == "closed"
    assert not DueItem.objects.filter(state="open").exists()
    with pytest.raises(WrongInput, match="「取下げ」の版は照会できません"):
        propose_rule(secretariat, rule, None)


def test_a_draft_is_changed_and_removed(cost, secretariat) -> None:
    rule = save_rule(secretariat, cost, draft())
    again = save_rule(secretariat, cost, draft(RULE, note="見直し"), rule, 1)
    assert (again.title, again.version, again.digest) == (
        "均等割20・人口割80",
        2,
        digest_of(canonical(spec_of(RULE))),
    )
    before = LogEntry.objects.count()
    save_rule(secretariat, cost, draft(RULE, note="見直し"), again, 2)
    assert LogEntry.objects.count() == before
    with pytest.raises(Stale):
        save_rule(secretariat, cost, draft(), rule, 1)
    remove_rule(secretariat, again, 2)
    assert not SharingRule.objects.exists()


def test_a_rule_names_only_towns_that_take_part(cost, secretariat) -> None:
    content = {**EQUAL, "fixed": {"082015": 5}}
    with pytest.raises(WrongInput, match="082015"):
        save_rule(secretariat, cost, draft(content))
    with pytest.raises(WrongInput, match="この共同経費の年度"):
        save_rule(secretariat, cost, draft(EQUAL, 2020))
    saved = save_rule(secretariat, cost, draft({**EQUAL, "fixed": {AOBA[:5]: 5}}))
    assert saved.content["fixed"] == {AOBA: 5}


@pytest.mark.slow
@pytest.mark.parametrize("who", ["partner", "approver", "viewer", "centre_officer"])
def test_only_the_secretariat_writes(request, cost, secretariat, client_as, who) -> None:
    actor = request.getfixturevalue(who)
    rule = save_rule(secretariat, cost, draft())
    for deed in (
        lambda: save_rule(actor, cost, draft()),
        lambda: propose_rule(actor, rule, None),
        lambda: adopt_rule(actor, rule, None, rights.today()),
        lambda: withdraw_rule(actor, rule, None),
        lambda: remove_rule(actor, rule, None),
    ):
        with pytest.raises(Denied):
            deed()
    client = client_as(actor)
    assert client.get(BASE).status_code == 200
    assert client.get(f"{BASE}1/").status_code == 200
    assert client.post(f"{BASE}new/", FIELDS).status_code == 403
    for deed_name in ("propose", "adopt", "withdraw", "remove"):
        assert client.post(f"{BASE}1/{deed_name}/", {"version": 1}).status_code == 403


@pytest.mark.parametrize("who", ["neighbour", "neighbour_secretariat"])
def test_other_regions_see_nothing(request, cost, secretariat, client_as, who) -> None:
    save_rule(secretariat, cost, draft())
    client = client_as(request.getfixturevalue(who))
    for path in ("", "new/", "1/", "1/edit/", "1/file/"):
        assert client.get(BASE + path).status_code == 404
    assert client.post(f"{BASE}1/propose/").status_code == 404


def test_what_is_not_there_is_404(cost, secretariat, client_as) -> None:
    client = client_as(secretariat)
    for path in (
        "7/",
        "7/edit/",
        "7/file/",
        "new/?from=version:7",
        "new/?from=published:nothing",
        "new/?from=x",
    ):
        assert client.get(BASE + path).status_code == 404, path


@pytest.mark.slow
def test_a_rule_is_made_on_the_page_and_decided(cost, secretariat, approver, client_as) -> None:
    client = client_as(secretariat)
    assert "負担割合の定めはまだありません" in client.get(BASE).content.decode()
    assert client.get(f"{BASE}new/").status_code == 200
    answer = client.post(f"{BASE}new/", FIELDS)
    assert answer.status_code == 302, answer.content.decode()
    rule = SharingRule.objects.get()
    assert rule.title == "均等割20・人口割80"
    page = client.get(answer["Location"]).content.decode()
    assert "20％を均等に、80％を人口（住民基本台帳、負担する年度の前年9月30日現在）に応じて負担する。" in page
    assert "市町村に照会する" in page
    wrong = client.post(f"{BASE}1/propose/", {"version": 1, "due_on": "2020-01-01"})
    assert wrong.status_code == 422
    assert "回答期限が照会日より前です" in wrong.content.decode()
    assert client.post(f"{BASE}1/propose/", {"version": 1, "due_on": ""}).status_code == 302
    rule.refresh_from_db()
    inquiry = Inquiry.objects.get()
    asked = client_as(approver).get(reverse("workflow-inquiry", args=["aoba", inquiry.pk])).content.decode()
    assert f'href="{BASE}1/"' in asked
    own = client_as(approver).post(
        reverse("workflow-decide", args=["aoba", inquiry.pk, "019020"]),
        {
            "answer": "agreed",
            "decided_on": rights.today().isoformat(),
            "decision_kind": "mayor",
            "document_no": "川企第1号",
        },
    )
    assert own.status_code == 302
    page = client.get(f"{BASE}1/").content.decode()
    assert "川企第1号" in page
    assert "機関決定が届いていない市町村があります：青葉市・星野町" in page
    assert "決定する</button>" not in page
    early = client.post(
        f"{BASE}1/adopt/", {"version": rule.version, "adopted_on": rights.today().isoformat()}
    )
    assert early.status_code == 422
    decide(secretariat, rule, only=("青葉市", "星野町"))
    assert "決定する</button>" in client.get(f"{BASE}1/").content.decode()
    done = client.post(f"{BASE}1/adopt/", {"version": rule.version, "adopted_on": rights.today().isoformat()})
    assert done.status_code == 302
    assert "定めの版" in (listed := client.get(BASE).content.decode())
    assert "3／3" in listed


@pytest.mark.slow
def test_trying_shows_the_amounts_and_stores_nothing(cost, secretariat, client_as) -> None:
    answer = client_as(secretariat).post(f"{BASE}new/", FIELDS | {"do": "check", "check_year": "2024"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "まだ保存していません" in page
    assert "2,800,000円" in page
    assert "1,760,000" in page
    assert 'value="均等割20・人口割80"' in page
    assert not SharingRule.objects.exists()


def test_trying_says_why_it_cannot_be_shared(cost, secretariat, client_as) -> None:
    fields = FIELDS | {"do": "check", "p0-c1-basis": "世帯数割"}
    page = client_as(secretariat).post(f"{BASE}new/", fields).content.decode()
    assert "世帯数割" in page
    assert "世帯数割：按分の基礎数値がありません" in page


def test_a_wrong_sum_is_told_and_nothing_is_lost(cost, secretariat, client_as) -> None:
    answer = client_as(secretariat).post(f"{BASE}new/", FIELDS | {"p0-c1-weight": "70", "clause": "第5条"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "割合の合計が90％です。100％にしてください。" in page
    assert "第5条</textarea>" in page
    assert not SharingRule.objects.exists()


@pytest.mark.slow
def test_a_mistake_in_a_folded_part_unfolds_it(cost, secretariat, client_as) -> None:
    client = client_as(secretariat)
    folded = '<details class="rule-fold"><summary>納期</summary>'
    assert folded in client.get(f"{BASE}new/").content.decode()
    answer = client.post(f"{BASE}new/", FIELDS | {"i0-month": "13", "i0-day": "1"})
    assert answer.status_code == 422
    assert folded not in answer.content.decode()


@pytest.mark.slow
def test_rows_and_classes_are_added_without_a_script(cost, secretariat, client_as) -> None:
    client = client_as(secretariat)
    page = client.post(f"{BASE}new/", FIELDS | {"do": "more-p0-components"}).content.decode()
    assert 'name="p0-c3-weight"' in page
    page = client.post(f"{BASE}new/", FIELDS | {"do": "split"}).content.decode()
    assert 'name="p1-label"' in page
    assert 'value="80"' in page
    fields = FIELDS | {
        "by_class": "yes",
        "p0-label": "運営費",
        "p1-label": "公債費",
        "p1-key": "debt",
        "p1-c0-weight": "",
        "p1-years": "借入年度,青葉市,川北町\n2015,60,40",
    }
    assert client.post(f"{BASE}new/", fields).status_code == 302
    kept = SharingRule.objects.get().content
    assert kept["classes"]["debt"]["by_year"] == {"2015": {"019011": "60", "019020": "40"}}
    assert kept["classes"]["class1"]["label"] == "運営費"
    page = client.get(f"{BASE}1/edit/").content.decode()
    assert "借入年度,青葉市,川北町" in page


@pytest.mark.slow
def test_a_published_rule_is_a_start_and_others_figures_are_named(cost, secretariat, client_as) -> None:
    client = client_as(secretariat)
    page = client.get(f"{BASE}new/").content.decode()
    assert "御殿場市・小山町広域行政組合" in page
    page = client.get(f"{BASE}new/?from=published:gotemba_oyama.general").content.decode()
    assert 'value="平等割20・人口割80"' in page
    assert "御殿場市・小山町広域行政組合（平等割20・人口割80）" in page
    page = client.get(f"{BASE}new/?from=published:souraku.planned").content.decode()
    assert "ほかの団体の数値を外しました" in page
    assert "固定割合：262145 60" in page


@pytest.mark.slow
def test_a_file_is_read_into_the_form(cost, secretariat, client_as) -> None:
    client = client_as(secretariat)

    def sent(text: str) -> Any:
        upload = SimpleUploadedFile("rule.yaml", text.encode())
        return client.post(f"{BASE}new/", {"do": "read", "file": upload})

    answer = sent(
        "name: 件数割\nbases: {calls: {label: 件数割}}\ncomponents: [{basis: calls, weight: 100}]\n"
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="件数割"' in page
    assert "ファイル rule.yaml" in page
    wrong = sent("name: 件数割\ncomponents: [{basis: equal, weight: 高い}]\n")
    assert wrong.status_code == 422
    assert "components.0.weight" in wrong.content.decode()
    assert not SharingRule.objects.exists()


def test_the_file_of_a_version_is_what_the_command_reads(
    cost, secretariat, client_as, tmp_path, capsys
) -> None:
    saved = save_rule(secretariat, cost, draft(RULE))
    answer = client_as(secretariat).get(f"{BASE}1/file/")
    assert digest_of(canonical(read_rule(answer.content, "rule.yaml"))) == saved.digest
    rule = tmp_path / "rule.yaml"
    rule.write_bytes(answer.content)
    basis = tmp_path / "basis.csv"
    basis.write_text("code,population\n019011,60000\n019020,9000\n019038,3000\n", encoding="utf-8")
    assert main(["share", "--cost", "2400000", "--rule", str(rule), "--basis", str(basis), "--json"]) == 0
    assert '"019011": 1760000' in capsys.readouterr().out


def test_of_two_who_edit_the_second_sees_both(cost, secretariat, client_as) -> None:
    rule = save_rule(secretariat, cost, draft())
    save_rule(secretariat, cost, draft(note="先に"), rule, 1)
    client = client_as(secretariat)
    answer = client.post(f"{BASE}1/edit/", FIELDS | {"version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "備考：先に" in page
    assert "80％を人口" in page
    theirs = client.post(f"{BASE}1/edit/", FIELDS | {"version": "2", "choice-content": "theirs"})
    assert theirs.status_code == 302
    rule.refresh_from_db()
    assert rule.title == "均等割100"
    assert (
        client.post(f"{BASE}1/edit/", FIELDS | {"version": "2", "choice-content": "mine"}).status_code == 302
    )
    rule.refresh_from_db()
    assert rule.title == "均等割20・人口割80"


@pytest.mark.slow
def test_a_new_version_stands_beside_the_one_before(cost, secretariat, client_as) -> None:
    adopted_rule(cost, RULE)
    save_rule(secretariat, cost, draft(EQUAL, 2025))
    page = client_as(secretariat).get(f"{BASE}2/").content.decode()
    assert "新旧の対照" in page
    assert "全額を均等に負担する。" in page
    start = client_as(secretariat).get(f"{BASE}new/?from=version:1").content.decode()
    assert 'value="第1版"' in start


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "1/", "new/"])
def test_the_pages_ask_as_often_for_many_versions(
    cost, secretariat, client_as, django_assert_max_num_queries, path
) -> None:
    client = client_as(secretariat)
    decide(secretariat, proposed(secretariat, cost))
    client.get(BASE + path)
    with CaptureQueriesContext(connection) as few:
        client.get(BASE + path)
    for year in (2025, 2026, 2027):
        decide(secretariat, proposed(secretariat, cost, {**EQUAL, "note": str(year)}, year, last_year=year))
    with django_assert_max_num_queries(len(few)):
        client.get(BASE + path)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_versions_decided_at_once_one_is_in_force(in_region, initiative, secretariat) -> None:
    cost = joint_cost(in_region, initiative, rule=None)
    rules = [proposed(secretariat, cost, {**EQUAL, "note": note}) for note in ("一", "二")]
    for rule in rules:
        decide(secretariat, rule)
    ready = threading.Barrier(2)
    said: list[str] = []

    def run(rule: SharingRule) -> None:
        try:
            with scope(region=in_region):
                ready.wait(10)
                said.append(adopt_rule(secretariat, rule, None, rights.today()).state)
        except WrongInput as wrong:
            said.append(wrong.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(rule,)) for rule in rules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said)[0] == "adopted"
    assert "重なります" in sorted(said)[1]
    assert [each.rule.state for each in versions_of(cost)].count("adopted") == 1
