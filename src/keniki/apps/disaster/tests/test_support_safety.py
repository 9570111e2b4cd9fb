"""Safety checks of the list, and safety inquiries: the asker verified first, protected persons never told apart."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_scopes import scope
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions import privacy
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.actions.support import checks, inquiries, people
from keniki.apps.disaster.models import Incident, PersonalAccess, Retention, SafetyCheck, SafetyInquiry
from keniki.apps.disaster.queries.support import safety as queries
from keniki.apps.disaster.queries.support.finding import find
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import support as rules

from .supported import ASK, HANAKO, TARO, received
from .test_incidents import DRILL, RAIN


@pytest.fixture
def town(region, towns) -> Iterator[object]:
    with scope(region=region, towns={towns["川北町"].pk}):
        yield towns["川北町"]


@pytest.fixture
def rain(town, region, secretariat) -> Incident:
    return save_incident(secretariat, region, replace(RAIN, public=True))


def asked(partner, incident, town, **changes) -> SafetyInquiry:
    """An inquiry whose asker was verified."""
    made = inquiries.receive(partner, incident, town, replace(ASK, **changes))
    return inquiries.verify(partner, made, "licence", "", made.version)


def decision(**changes) -> inquiries.Decision:
    return replace(inquiries.Decision({}, today()), **changes)


def text_of(answer) -> str:
    assert answer.status_code == 200
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


@pytest.mark.slow
def test_checks_are_the_towns_and_numbers_everybodys(
    rain, town, region, partner, other_partner, secretariat, client_as
) -> None:
    hanako = people.save_person(partner, region, town, HANAKO)
    people.save_person(partner, region, town, TARO)
    client, base = client_as(partner), f"{rain.get_absolute_url()}checks/"
    form = {"state": "evacuated", "checked_at": "2024-08-05T19:00", "where": ""}
    assert client.post(f"{base}{KAWAKITA}/1/", form).status_code == 422
    told = client.post(f"{base}{KAWAKITA}/1/", form | {"where": "川北小学校"}, follow=True).content.decode()
    assert "【実災害】名簿第1号の安否を記録しました" in told
    assert "川北小学校" in told
    assert client.post(f"{base}{KAWAKITA}/1/", form | {"where": "別", "version": "9"}).status_code == 409
    row = next(each for each in queries.checks_by_town(rain) if each.town == town)
    assert (row.people, row.known, row.counts["open"], row.counts["evacuated"]) == (2, 1, 1, 1)
    assert [pair[0].number for pair in queries.checks_of(rain, town)] == [2, 1]
    for actor in (other_partner, secretariat):
        seat = client_as(actor)
        assert seat.get(base).status_code == 200
        assert "山田" not in seat.get(base).content.decode()
        assert seat.get(f"{base}{KAWAKITA}/").status_code == 404
        assert seat.post(f"{base}{KAWAKITA}/1/", form).status_code == 404
        with pytest.raises(Denied):
            checks.save_check(actor, rain, hanako, checks.CheckDraft("safe", timezone.now()))
    assert all("山田" not in each.text for each in LogEntry.objects.all())


def test_a_person_is_linked_by_a_person_only(rain, town, region, partner, client_as) -> None:
    hanako = people.save_person(partner, region, town, HANAKO)
    entity = received(partner, rain, town)
    other = received(partner, rain, town, name="別の人", kana="ベツノヒト")
    client, path = client_as(partner), f"{rain.get_absolute_url()}checks/{KAWAKITA}/1/"
    page = client.get(path).content.decode()
    assert entity in page
    assert other not in page
    assert not SafetyCheck.objects.exists()
    now = timezone.now()
    saved = checks.save_check(partner, rain, hanako, checks.CheckDraft("evacuated", now, person=entity))
    assert saved.sealed["person"] == entity
    with pytest.raises(WrongInput, match="受付の記録"):
        checks.save_check(partner, rain, hanako, checks.CheckDraft("safe", now, person="person:x"), 1)
    with pytest.raises(Stale):
        checks.save_check(partner, rain, hanako, checks.CheckDraft("safe", now), 7)
    for bad, said in (("x", "状況"), ("safe", "まだ来ていない")):
        with pytest.raises(WrongInput, match=said):
            checks.save_check(partner, rain, hanako, checks.CheckDraft(bad, now + timedelta(days=1)), 1)


def test_nobody_is_answered_before_being_verified(rain, town, partner, client_as) -> None:
    received(partner, rain, town)
    made = inquiries.receive(partner, rain, town, ASK)
    with pytest.raises(WrongInput, match="本人確認が済むまで"):
        inquiries.candidates(partner, made)
    with pytest.raises(WrongInput, match="本人確認が済んだ"):
        inquiries.decide(partner, made, decision(), made.version)
    with pytest.raises(WrongInput, match="方法と理由"):
        inquiries.verify(partner, made, "other", "", made.version)
    page = client_as(partner).get(made.get_absolute_url()).content.decode()
    assert "元気" not in page
    with verb(partner, "t", quiet=True), pytest.raises(IntegrityError), transaction.atomic():
        SafetyInquiry.objects.filter(pk=made.pk).update(state="answered", decided_by="x", decided_on=today())


def test_what_may_be_answered_follows_the_relation_and_the_persons_word() -> None:
    day = today()
    assert rules.may_be_answered("cohabiting", consent=None, on=day) == ("where", "health", "contact")
    assert rules.may_be_answered("relative", consent=None, on=day) == ("health",)
    assert rules.may_be_answered("acquaintance", consent=None, on=day) == ("held",)
    assert rules.may_be_answered("acquaintance", consent=True, on=day) == (
        "where",
        "health",
        "contact",
        "held",
    )
    assert rules.may_be_answered("cohabiting", consent=False, on=day) == ()
    assert not any(rules.confirmed(key, day) for key in rules.relations(day))


@pytest.mark.slow
def test_an_answer_is_decided_within_the_rule(rain, town, partner, client_as) -> None:
    entity = received(partner, rain, town)
    made = asked(partner, rain, town, relation="relative")
    found = inquiries.candidates(partner, made)
    assert [each.entity for each in found] == [entity]
    told = decision(items={"health": "元気です。"}, person=entity)
    with pytest.raises(WrongInput, match="施行規則"):
        inquiries.decide(partner, made, told, made.version)
    told = replace(told, read_rule=True)
    with pytest.raises(WrongInput, match="回答できる事項は、けがや病気の状況です"):
        inquiries.decide(partner, made, replace(told, items={"where": "川北小学校"}), made.version)
    with pytest.raises(WrongInput, match="だれについて"):
        inquiries.decide(partner, made, replace(told, person=""), made.version)
    with pytest.raises(Stale):
        inquiries.decide(partner, made, told, 1)
    done = inquiries.decide(partner, made, told, made.version)
    assert done.answer == {"health": "元気です。"}
    text = text_of(client_as(partner).get(f"{made.get_absolute_url()}answer.pdf"))
    assert "元気です" in text
    assert "【実災害】" in text
    assert "川北小学校" not in text
    assert client_as(partner).get(f"{made.get_absolute_url()}answer.docx").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "hidden", [{"protected": True}, {"inquiry_consent": False}, {"name": "よその人", "kana": "ヨソノヒト"}]
)
def test_protected_refused_and_unknown_persons_give_the_same_answer(
    rain, town, partner, client_as, hidden
) -> None:
    entity = received(partner, rain, town, **hidden)
    made = asked(partner, rain, town)
    page = client_as(partner).get(made.get_absolute_url()).content.decode()
    told = decision(items={"where": "川北小学校"}, person=entity, read_rule=True)
    with pytest.raises(WrongInput):
        inquiries.decide(partner, made, told, made.version)
    if "inquiry_consent" not in hidden:
        assert "川北小学校" not in page
        assert "回答できる情報はありません" in page
    inquiries.decide(partner, made, decision(), made.version)
    text = text_of(client_as(partner).get(f"{made.get_absolute_url()}answer.pdf"))
    assert "お尋ねの方について、回答できる情報はありません。" in text.replace("\n", "")
    assert "山田花子" not in text
    looks = list(PersonalAccess.objects.filter(deed="inquiry").values_list("what", "people", "purpose"))
    assert set(looks) == {("安否情報の照会", 1, "")}
    said = [
        each.text.partition(" が ")[2]
        for each in LogEntry.objects.filter(object_kind="disaster.safetyinquiry")
    ]
    assert sorted(said) == sorted(
        [
            "【実災害】川北町の安否照会第1号を受付（窓口）",
            "【実災害】川北町の安否照会第1号の照会者の本人確認（運転免許証）を記録",
            "【実災害】川北町の安否照会第1号への回答を決定",
        ]
    )


def test_a_protected_person_is_not_told_apart_by_a_second_record(rain, town, partner) -> None:
    def found(**more) -> list[str]:
        return [each.entity for each in find(rain, town, name="山田花子", for_answer=True, **more)]

    open_one = received(partner, rain, town)
    assert found() == [open_one]
    received(partner, rain, town, protected=True, birth="1938-04-01")
    assert found() == []
    other = received(partner, rain, town, birth="1990-01-01")
    assert found(birth="1990-01-01") == [other]
    assert len(find(rain, town, name="山田花子", for_answer=False)) == 3


def test_an_exercise_answers_with_letters_of_an_exercise(
    town, region, partner, secretariat, client_as
) -> None:
    drill = save_incident(secretariat, region, DRILL)
    made = asked(partner, drill, town)
    inquiries.decide(partner, made, decision(), made.version)
    answer = client_as(partner).get(f"{made.get_absolute_url()}answer.pdf")
    text = text_of(answer)
    assert "【訓練】" in text
    assert "実際の安否を示すものではありません" in text
    assert "【実災害】" not in text
    assert "%E8%A8%93%E7%B7%B4" in answer["Content-Disposition"]
    assert made.mode == "exercise"


@pytest.mark.slow
def test_inquiries_are_the_towns_and_numbers_everybodys(
    rain, town, partner, other_partner, secretariat, client_as
) -> None:
    made = inquiries.receive(partner, rain, town, ASK)
    with pytest.raises(WrongInput, match="もう受け付けて"):
        inquiries.receive(partner, rain, town, ASK)
    base = f"{rain.get_absolute_url()}inquiries/"
    for actor in (other_partner, secretariat):
        client = client_as(actor)
        shown = client.get(base).content.decode()
        assert "山田" not in shown
        for path in (f"{base}{KAWAKITA}/", f"{base}{KAWAKITA}/1/", f"{base}{KAWAKITA}/new/"):
            assert client.get(path).status_code == 404
        with pytest.raises(Denied):
            inquiries.verify(actor, made, "licence", "", 1)
    assert [row.total for row in queries.inquiries_by_town(rain) if row.town == town] == [1]


@pytest.mark.slow
def test_the_pages_go_the_whole_way(rain, town, partner, secretariat, client_as) -> None:
    entity = received(partner, rain, town)
    client, base = client_as(partner), f"{rain.get_absolute_url()}inquiries/{KAWAKITA}/"
    form = {
        "via": "window", "received_at": "2024-08-05T20:00", "relation": "cohabiting", "name": "山田一郎",
        "address": "札幌市", "phone": "", "sought_name": "山田花子", "reason": "無事か",
    }  # fmt: skip
    wrong = client.post(f"{base}new/", form)
    assert wrong.status_code == 422
    assert "山田一郎" in wrong.content.decode()
    assert (
        "受け付けました" in client.post(f"{base}new/", form | {"phone": "011"}, follow=True).content.decode()
    )
    assert client.post(f"{base}1/", {"identity": "", "version": "1"}).status_code == 422
    seen = client.post(f"{base}1/", {"identity": "card", "version": "1"}, follow=True).content.decode()
    assert "元気" in seen
    told = {"person": entity, "where": "川北小学校", "on": today().isoformat(), "version": "2"}
    assert client.post(f"{base}1/", told | {"where": ""}).status_code == 422
    assert client.post(f"{base}1/", told).status_code == 422
    assert client.post(f"{base}1/", told | {"read_rule": "on", "version": "9"}).status_code == 409
    done = client.post(f"{base}1/", told | {"read_rule": "on"}, follow=True).content.decode()
    assert "回答を決定しました" in done
    client.post(f"{base}new/", form | {"phone": "012"})
    closed = client.post(f"{base}2/withdraw/", {"version": "1"}, follow=True).content.decode()
    assert "取下げ・不受理" in closed
    end_incident(secretariat, rain, rain.version)
    assert client.post(f"{base}new/", form | {"phone": "013"}).status_code == 403


WEB = {
    "relation": "cohabiting", "name": "山田一郎", "address": "札幌市", "phone": "011", "sought_name": "山田花子",
    "reason": "無事か",
}  # fmt: skip


@pytest.mark.slow
def test_the_public_page_explains_and_takes_nothing_unless_switched_on(
    rain, town, region, partner, secretariat, client
) -> None:
    base = "/disaster/aoba/ask/"
    assert "窓口" in client.get(base).content.decode()
    assert client.post(f"{base}{KAWAKITA}/", WEB).status_code == 404
    people.save_town(partner, region, town, people.TownDraft(web_inquiries=True, inquiry_place="役場1階"))
    assert "役場1階" in client.get(f"{base}{KAWAKITA}/").content.decode()
    wrong = client.post(f"{base}{KAWAKITA}/", WEB | {"phone": ""})
    assert wrong.status_code == 422
    assert "山田一郎" in wrong.content.decode()
    sent = client.post(f"{base}{KAWAKITA}/", WEB, follow=True).content.decode()
    assert "受け付けました" in sent
    assert "山田" not in sent
    found = SafetyInquiry.objects.get()
    assert (found.via, found.state, found.mode) == ("web", "waiting", "real")
    assert client.post(f"{base}{KAWAKITA}/", WEB).status_code == 422
    end_incident(secretariat, rain, rain.version)
    assert client.get(f"{base}{KAWAKITA}/").status_code == 404


def test_a_drill_takes_nothing_from_the_public(town, region, partner, secretariat, client) -> None:
    save_incident(secretariat, region, replace(DRILL, public=True))
    people.save_town(partner, region, town, people.TownDraft(web_inquiries=True, inquiry_place="役場1階"))
    assert client.get(f"/disaster/aoba/ask/{KAWAKITA}/").status_code == 404


def test_a_flood_of_questions_is_stopped(rain, town, region, partner, client, monkeypatch) -> None:
    monkeypatch.setattr(inquiries, "MOST_WAITING", 1)
    people.save_town(partner, region, town, people.TownDraft(web_inquiries=True, inquiry_place="役場1階"))
    path = f"/disaster/aoba/ask/{KAWAKITA}/"
    assert client.post(path, WEB).status_code == 302
    full = client.post(path, WEB | {"name": "別の人"})
    assert full.status_code == 422
    assert "たくさんの照会" in full.content.decode()


def test_the_purge_takes_inquiries_and_checks_with_it(rain, town, region, partner, client_as) -> None:
    hanako = people.save_person(partner, region, town, HANAKO)
    checks.save_check(partner, rain, hanako, checks.CheckDraft("safe", timezone.now(), where="自宅"))
    made = asked(partner, rain, town)
    row = Retention(region=region, incident=rain, municipality=town, purge_on=today(), basis="規程（架空）")
    with verb(privacy.SYSTEM, "testing.retention", quiet=True) as act:
        act.save(row)
    assert privacy.purge_due() == 1
    made.refresh_from_db()
    assert (made.sealed, made.answer, made.state) == (None, None, "verified")
    assert SafetyCheck.objects.get().sealed is None
    hanako.refresh_from_db()
    assert hanako.sealed is not None
    client = client_as(partner)
    assert "内容は消去しました" in client.get(made.get_absolute_url()).content.decode()
    assert client.get(f"{rain.get_absolute_url()}checks/{KAWAKITA}/1/").status_code == 200
