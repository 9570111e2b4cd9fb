"""Giving the list: whom it may contain on which basis, the register, and that an exercise names nobody."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django_scopes import scope
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.actions.support import people, plans, sharing
from keniki.apps.disaster.models import ListSharing, PersonalAccess
from keniki.apps.disaster.queries.support.sharing import contained, select
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .supported import BODY, DAY, HANAKO, JIRO, TARO
from .test_incidents import DRILL, RAIN
from .test_support_people import PLAN

BASE = f"/desk/aoba/disaster/support/{KAWAKITA}/sharings/"


@pytest.fixture
def town(region, towns, partner) -> Iterator[object]:
    """川北町 with three persons: one agreed, one refused, one was not asked."""
    with scope(region=region, towns={towns["川北町"].pk}):
        for each in (HANAKO, TARO, JIRO):
            people.save_person(partner, region, towns["川北町"], each)
        yield towns["川北町"]


@pytest.fixture
def body(town, region, partner):
    return sharing.save_body(partner, region, town, BODY)


def draft(body, **changes) -> sharing.SharingDraft:
    made = sharing.SharingDraft(
        body, "list", "consent", "避難支援の準備", today(), today() + timedelta(days=365)
    )
    return replace(made, **changes)


def text_of(answer) -> str:
    assert answer.status_code == 200
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def names(chosen) -> list[str]:
    return [each.sealed["name"] for each in chosen.persons]


def test_the_law_draws_the_limits(town, region, partner) -> None:
    assert names(select(region, town, "list", "consent")) == ["山田花子"]
    assert select(region, town, "list", "consent").left_out == {"不同意": 1, "同意を確認していない": 1}
    assert names(select(region, town, "list", "ordinance")) == ["山田花子", "鈴木次郎"]
    people.save_town(partner, region, town, people.TownDraft(ordinance="条例第3条", ordinance_refused=True))
    assert len(select(region, town, "list", "ordinance").persons) == 3
    assert len(select(region, town, "list", "disaster").persons) == 3
    assert select(region, town, "list", "consent", districts=["east"]).left_out == {"対象の地区の外": 3}


def test_a_plan_is_given_with_the_consent_of_the_person_and_of_its_helpers(town, region, partner) -> None:
    hanako = people.SupportPerson.objects.get(number=1)
    assert select(region, town, "plan", "disaster").left_out == {"計画がない": 3}
    made = plans.save_plan(partner, hanako, replace(PLAN, helpers=(plans.Helper("隣の人"),)))
    assert select(region, town, "plan", "consent").left_out == {
        "支援する人が同意していない": 1,
        "計画がない": 2,
    }
    assert names(select(region, town, "plan", "disaster")) == ["山田花子"]
    plans.save_plan(partner, hanako, PLAN, made.version)
    assert names(select(region, town, "plan", "consent")) == ["山田花子"]


@pytest.mark.slow
def test_a_list_is_given_printed_and_comes_back(body, town, region, partner, client_as) -> None:
    made = sharing.share(partner, region, town, draft(body))
    assert (made.people, made.left_out) == (1, {"不同意": 1, "同意を確認していない": 1})
    client = client_as(partner)
    text = text_of(client.get(f"{BASE}1/list.pdf"))
    assert "山田花子" in text
    assert "佐藤" not in text
    assert "鈴木" not in text
    assert PersonalAccess.objects.filter(deed="print", people=1, purpose="避難支援の準備").exists()
    with pytest.raises(WrongInput, match="同じ内容"):
        sharing.share(partner, region, town, draft(body))
    page = client.get(f"{BASE}1/").content.decode()
    assert "同意を確認していない 1人" in page
    form = {"on": today().isoformat(), "how": "紙を返却", "version": "1"}
    assert client.post(f"{BASE}1/", form | {"how": ""}).status_code == 422
    assert client.post(f"{BASE}1/", form | {"version": "7"}).status_code == 409
    assert "返却・消去を記録しました" in client.post(f"{BASE}1/", form, follow=True).content.decode()
    assert client.get(f"{BASE}1/list.pdf").status_code == 404
    with pytest.raises(WrongInput, match="既に"):
        sharing.take_back(partner, made, today(), "再び", None)


def test_who_takes_consent_back_is_in_the_list_no_more(body, town, region, partner) -> None:
    made = sharing.share(partner, region, town, draft(body))
    hanako = people.SupportPerson.objects.get(number=1)
    people.save_person(partner, region, town, replace(HANAKO, consent="refused"), hanako, 1)
    assert contained(made).persons == ()
    assert contained(made).left_out == {"提供の後に対象でなくなった": 1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"basis": "ordinance"}, "条例の名称"), ({"basis": "disaster"}, "事案を選んで"), ({"purpose": " "}, "目的"),
        ({"return_by": DAY}, "期限"), ({"basis": "x"}, "根拠"), ({"shared_on": date(2999, 1, 1)}, "まだ来ていない日"),
        ({"what": "plan"}, "提供できる人がいません"),
    ],
)  # fmt: skip
def test_what_is_not_given(body, town, region, partner, changes, said) -> None:
    with pytest.raises(WrongInput, match=said):
        sharing.share(partner, region, town, draft(body, **changes))
    assert not ListSharing.objects.exists()


def test_in_peacetime_only_bodies_of_the_plan_are_given_a_list(town, region, partner) -> None:
    other = sharing.save_body(partner, region, town, replace(BODY, name="有志の会", in_plan=False))
    with pytest.raises(WrongInput, match="地域防災計画"):
        sharing.share(partner, region, town, draft(other))


@pytest.mark.slow
def test_a_disaster_gives_everybody_while_it_lasts(
    body, town, region, partner, secretariat, client_as
) -> None:
    rain = save_incident(secretariat, region, RAIN)
    told = draft(body, basis="disaster", incident=rain)
    with pytest.raises(WrongInput, match="特に必要な理由"):
        sharing.share(partner, region, town, told)
    made = sharing.share(partner, region, town, replace(told, necessity="堤防が切れた"))
    assert (made.people, made.mode) == (3, "real")
    client = client_as(partner)
    text = text_of(client.get(f"{BASE}1/list.pdf"))
    assert "【実災害】" in text
    assert "佐藤太郎" in text
    ended = end_incident(secretariat, rain, rain.version)
    assert client.get(f"{BASE}1/list.pdf").status_code == 404
    with pytest.raises(WrongInput, match="終了した事案"):
        sharing.share(partner, region, town, replace(told, incident=ended, necessity="後から"))


def test_an_exercise_names_nobody(body, town, region, partner, secretariat, client_as) -> None:
    drill = save_incident(secretariat, region, DRILL)
    made = sharing.share(
        partner, region, town, draft(body, basis="disaster", incident=drill, necessity="堤防が切れた想定")
    )
    assert (made.people, made.persons, made.would_be, made.mode) == (0, [], 3, "exercise")
    answer = client_as(partner).get(f"{BASE}1/list.pdf")
    text = text_of(answer)
    assert "これは訓練です" in text
    assert "3人" in text
    assert not any(name in text for name in ("山田", "佐藤", "鈴木"))
    assert "%E8%A8%93%E7%B7%B4" in answer["Content-Disposition"]
    page = client_as(partner).get(f"{BASE}1/").content.decode()
    assert "この画面は訓練です" in page
    said = LogEntry.objects.filter(verb="disaster.share_list").latest("pk").text
    assert "【訓練】" in said


def test_the_database_refuses_persons_of_an_exercise(body, town, region, partner, secretariat) -> None:
    drill = save_incident(secretariat, region, DRILL)
    made = sharing.share(
        partner, region, town, draft(body, basis="disaster", incident=drill, necessity="想定")
    )
    for changes in ({"persons": [1], "people": 1}, {"mode": "real"}):
        with verb(partner, "t", quiet=True), pytest.raises(IntegrityError), transaction.atomic():
            ListSharing.objects.filter(pk=made.pk).update(**changes)


def test_overdue_lists_are_shown(body, town, region, partner, client_as) -> None:
    sharing.share(partner, region, town, draft(body))
    ListSharing.objects.update(shared_on=DAY, return_by=DAY)
    assert "期限を過ぎた名簿があります" in client_as(partner).get(BASE).content.decode()


@pytest.mark.slow
def test_the_form_goes_the_whole_way_and_others_stay_out(
    body, town, region, partner, secretariat, other_partner, client_as
) -> None:
    form = {
        "body": str(body.pk), "what": "list", "basis": "consent", "purpose": "見守り", "shared_on": today().isoformat(),
        "return_by": (today() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    client = client_as(partner)
    assert "不同意 1人" in client.get(f"{BASE}new/").content.decode()
    wrong = client.post(f"{BASE}new/", form | {"basis": "ordinance"})
    assert wrong.status_code == 422
    assert "見守り" in wrong.content.decode()
    assert "提供第1号を記録しました" in client.post(f"{BASE}new/", form, follow=True).content.decode()
    for actor in (secretariat, other_partner):
        assert client_as(actor).post(f"{BASE}new/", form).status_code == 404
        with pytest.raises(Denied):
            sharing.share(actor, region, town, draft(body, purpose="別"))
    bodies = f"/desk/aoba/disaster/support/{KAWAKITA}/bodies/"
    assert client.post(f"{bodies}new/", {"kind": "fire", "name": "川北消防団"}).status_code == 422
    assert (
        client.post(f"{bodies}{body.pk}/", {"kind": "fire", "name": "消防団", "version": "1"}).status_code
        == 302
    )
    with pytest.raises(Stale):
        sharing.save_body(partner, region, town, BODY, body, 1)
