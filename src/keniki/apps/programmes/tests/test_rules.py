"""Rules that ask: answered with a basis, used everywhere, never official; facts that people supply."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from keniki.apps.accounts.actor import Denied
from keniki.apps.evidence.importers import tidy
from keniki.apps.programmes import actions, queries
from keniki.apps.programmes.actions import AnswerDraft, FactDraft
from keniki.apps.programmes.asking import asking
from keniki.apps.programmes.eligibility import Verdict, assess
from keniki.apps.programmes.evidence import facts_of
from keniki.apps.programmes.models import Answer
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.programmes.funding import Role, cap_rule

from .test_pages import BASE, store

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CAP = "teiju.cap.partner.from_2025"
DAY = date(2025, 4, 1)


def cap(yen: str = "19000000", basis: str = "令和7年度の省令第2条", **more) -> AnswerDraft:
    return AnswerDraft(CAP, {"yen": yen}, basis, **({"valid_from": DAY} | more))


def test_every_rule_that_asks_can_be_answered_and_says_where_it_is_used() -> None:
    rules = asking()
    assert len(rules) > 15
    for rule in rules:
        assert rule.ask.used_in
        reverse(rule.page, args=["aoba"])


def test_an_answer_needs_value_and_basis_and_becomes_the_regions_cap(in_region, secretariat) -> None:
    with pytest.raises(WrongInput, match="根拠"):
        actions.answer_rule(secretariat, in_region, cap(basis=" "))
    for wrong in ({"yen": "many"}, {}):
        with pytest.raises(WrongInput):
            actions.answer_rule(secretariat, in_region, AnswerDraft(CAP, wrong, "省令", DAY))
    actions.answer_rule(secretariat, in_region, cap())
    rule = cap_rule("teiju", Role.PARTNER, FiscalYear(2026), queries.settings_for(in_region))
    assert (rule.value.cap, rule.value.article) == (19_000_000, "令和7年度の省令第2条")
    assert rule.source == "回答値（根拠：令和7年度の省令第2条）"
    assert (rule.confirmed, rule.is_answered) == (False, True)
    with pytest.raises(WrongInput, match="同じ期間"):
        actions.answer_rule(secretariat, in_region, cap("20000000"))


def test_the_regions_answer_goes_before_the_installations_on_its_days(
    in_region, secretariat, operator
) -> None:
    actions.answer_rule(operator, None, cap("18000000", "国の通知"))
    own = cap("21000000", "道への照会の回答", valid_from=date(2026, 4, 1), valid_to=date(2027, 3, 31))
    actions.answer_rule(secretariat, in_region, own)
    settings = queries.settings_for(in_region)
    caps = [
        cap_rule("teiju", Role.PARTNER, FiscalYear(year), settings).value.cap for year in (2025, 2026, 2027)
    ]
    assert caps == [18_000_000, 21_000_000, 18_000_000]
    everybody = queries.settings_for(None)
    assert cap_rule("teiju", Role.PARTNER, FiscalYear(2026), everybody).value.cap == 18_000_000


def test_only_the_secretariat_answers_for_its_region_and_only_the_operator_for_all(
    in_region, secretariat, partner
) -> None:
    with pytest.raises(Denied):
        actions.answer_rule(partner, in_region, cap())
    with pytest.raises(Denied):
        actions.answer_rule(secretariat, None, cap())
    answer = actions.answer_rule(secretariat, in_region, cap())
    with pytest.raises(Denied):
        actions.remove_answer(partner, in_region, answer, answer.version)
    actions.remove_answer(secretariat, in_region, answer, answer.version)
    assert not Answer.objects.exists()


def test_the_page_lists_what_is_asked_and_takes_an_answer(in_region, client_as, secretariat, partner) -> None:
    client = client_as(secretariat)
    page = client.get(BASE + "rules/").content.decode()
    assert "近隣市町村の特別交付税措置見込額（上限額）" in page
    url = f"{BASE}rules/{CAP}/answer/"
    typed = {"part-0": "1,900万円", "legal_basis": "", "valid_from": "2025-04-01"}
    refused = client.post(url, typed)
    assert (refused.status_code, "1,900万円" in refused.content.decode()) == (422, True)
    for hostile in ("9999-12-31", "0001-01-01"):
        assert client.post(url, typed | {"legal_basis": "省令", "valid_from": hostile}).status_code == 422
    assert client.post(url, typed | {"legal_basis": "省令第2条"}).status_code == 302
    page = client_as(partner).get(BASE + "rules/").content.decode()
    assert "上限額 19,000,000円（根拠：省令第2条）" in page
    assert "回答する" not in page
    funding = client.get(BASE + "funding/", {"year": 2025, "programme": "teiju"}).content.decode()
    assert "回答値（根拠：省令第2条）" in funding
    assert client.get(f"{BASE}rules/nothing/answer/").status_code == 404


def test_an_answer_of_the_floor_and_of_the_conditions_changes_verdicts(
    in_region, operator, secretariat
) -> None:
    store(
        operator,
        tidy.READER,
        "municipality_code,indicator,year,value,unit",
        "019011,day_night_ratio,2020,98.4,percent",
    )
    floor = AnswerDraft(
        "renkei.ratio_floor", {"threshold": "0.98"}, "総務省への照会の回答", date(2014, 8, 25)
    )
    facts = facts_of("019011", in_region, date(2024, 5, 24))
    assert assess("renkei", date(2024, 5, 24), facts).finding("B1-2").verdict is Verdict.CHECK
    actions.answer_rule(secretariat, in_region, floor)
    settings = queries.settings_for(in_region)
    found = assess("renkei", date(2024, 5, 24), facts, settings=settings).finding("B1-2")
    assert (found.verdict, "回答値、根拠：総務省への照会の回答" in found.explanation) == (Verdict.FIT, True)
    conditions = {
        "conditions.0.figure": "members",
        "conditions.0.comparison": "ge",
        "conditions.0.threshold": "4",
    }
    basis = AnswerDraft("hokkaido.eligibility", conditions, "要綱第3（架空）", date(2020, 7, 14))
    actions.answer_rule(secretariat, in_region, basis)
    judged = assess("hokkaido", date(2024, 5, 24), facts, settings=queries.settings_for(in_region))
    assert judged.verdict is Verdict.UNFIT
    assert "構成市町村の数：3（基準 4以上）" in judged.finding("C1-1").explanation


def test_supplied_facts_with_their_source_change_the_verdict(in_region, operator, secretariat, towns) -> None:
    store(
        operator,
        tidy.READER,
        "municipality_code,indicator,year,value,unit",
        "019011,population,2020,50000,persons",
        "019011,day_night_ratio,2020,98.4,percent",
    )
    day, city = date(2024, 5, 24), towns["青葉市"]

    def verdict(rule: str = "") -> str:
        found = assess("teiju", day, facts_of("019011", in_region, day, "teiju"))
        return str(found.finding(rule).verdict if rule else found.verdict)

    assert verdict() == "不適合"
    with pytest.raises(WrongInput, match="出典"):
        actions.supply_fact(secretariat, in_region, FactDraft(city, "use", "", use="hospital", figure="32％"))
    use = FactDraft(city, "use", "南空知広域圏基礎調査（架空）", use="hospital", figure="川北町の通院の32％")
    actions.supply_fact(secretariat, in_region, use)
    assert (verdict(), verdict("A1-4")) == ("要確認", "要確認")
    found = assess("teiju", day, facts_of("019011", in_region, day)).finding("A1-4")
    assert "川北町の通院の32％（南空知広域圏基礎調査（架空））" in found.explanation
    former = FactDraft(
        city,
        "former",
        "国勢調査 旧市町村別",
        former_name="旧青葉市",
        census=2020,
        day_population=31_000,
        night_population=30_000,
    )
    actions.supply_fact(secretariat, in_region, former)
    assert (verdict(), verdict("A1-3")) == ("適合", "適合")
    with pytest.raises(WrongInput, match="既に登録"):
        actions.supply_fact(secretariat, in_region, former)


def test_a_recognition_by_hand_needs_its_basis_and_is_shown_with_it(
    in_region, client_as, secretariat, partner, towns
) -> None:
    client = client_as(secretariat)
    url = BASE + "facts/new/recognition/"
    typed = {"municipality": towns["青葉市"].pk, "programme": "teiju", "basis": ""}
    assert client.post(url, typed).status_code == 422
    assert client.post(url, typed | {"basis": "要綱第3（架空）"}).status_code == 302
    asked = {"programme": "teiju", "city": "019011", "date": "2024-05-24"}
    assert "手動認定の根拠：要綱第3（架空）" in client.get(BASE, asked).content.decode()
    listed = client_as(partner).get(BASE + "facts/").content.decode()
    assert "要綱第3（架空）" in listed
    assert client_as(partner).post(url, typed).status_code == 403
    for kind in ("use", "twin", "former"):
        assert client.get(f"{BASE}facts/new/{kind}/").status_code == 200
    assert client.get(f"{BASE}facts/new/other/").status_code == 404
