"""Wide-area evacuation and stay, mutual aid: step by step between two towns, each under its own hand."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions import procedures as actions
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.actions.procedures import AidDraft, Between, CostDraft, StayDraft, StepDraft
from keniki.apps.disaster.models import AidRequest, Incident, Shelter, WideAreaStay
from keniki.apps.disaster.procedures import AID_STEPS, STAY_STEPS, open_steps
from keniki.apps.disaster.queries import procedures as queries
from keniki.apps.disaster.queries.legal_basis import stay_basis
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .test_incidents import DRILL, RAIN

DAY = date(2024, 8, 5)
FIRST = StepDraft("request", DAY, "架防第1号")


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


def stay_draft(towns, **changes) -> StayDraft:
    made = StayDraft(
        "evacuation", Between(towns["川北町"], towns["星野町"]), "河川の氾濫のおそれ", 120, DAY, 30, "東地区"
    )
    return replace(made, **changes)


def aid_draft(towns, **changes) -> AidDraft:
    made = AidDraft(
        "staff", Between(towns["川北町"], towns["星野町"]), "避難所の運営", DAY, 5, "人", "役場前"
    )
    return replace(made, **changes)


def shelter_of(region, town, slug: str = "gym") -> Shelter:
    with verb(SYSTEM, "testing.shelter", quiet=True) as act:
        return act.save(
            Shelter(region=region, municipality=town, slug=slug, name=f"{town.name}体育館", is_shelter=True)
        )


def test_the_steps_follow_each_other_in_every_order_that_makes_sense() -> None:
    for rules in (STAY_STEPS, AID_STEPS):
        assert open_steps(rules, []) == ["request"]
        paths = [["request"]]
        ended = set()
        for _ in range(9):
            grown = []
            for path in paths:
                for key in open_steps(rules, path):
                    if key in path:
                        continue
                    assert all(each in path for each in rules[key].after)
                    grown.append([*path, key])
                    if rules[key].last:
                        ended.add(key)
                        assert open_steps(rules, [*path, key]) == []
            paths = grown
        assert ended == {key for key, rule in rules.items() if rule.last}


def test_a_stay_goes_from_the_request_to_its_end(incident, in_region, towns, partner, other_partner) -> None:
    made = actions.ask_stay(partner, incident, stay_draft(towns), FIRST)
    place = shelter_of(in_region, towns["星野町"])
    for actor, key in (
        (partner, "report"), (other_partner, "acceptance"), (other_partner, "shelters"), (other_partner, "managers"),
        (partner, "notice"), (partner, "end"),
    ):  # fmt: skip
        places = ((place.slug, 120),) if key == "shelters" else ()
        made.refresh_from_db()
        actions.take_step(actor, made, StepDraft(key, DAY, places=places), made.version)
    standing = queries.standing(queries.stay_for(incident, made.number))
    assert [step.key for _, step in standing.taken] == [
        "request", "report", "acceptance", "shelters", "managers", "notice", "end",
    ]  # fmt: skip
    assert standing.over
    assert (standing.procedure.state, standing.procedure.mode) == ("end", "real")
    said = [each.text for each in LogEntry.objects.filter(verb="disaster.take_step")]
    assert any(
        "【実災害】広域避難第1号（川北町→星野町）の受入れの回答（令和6年8月5日）を記録" in each
        for each in said
    )


def test_each_town_takes_its_own_steps(incident, towns, partner, other_partner, secretariat, viewer) -> None:
    with pytest.raises(Denied):
        actions.ask_stay(other_partner, incident, stay_draft(towns), FIRST)
    made = actions.ask_stay(partner, incident, stay_draft(towns), FIRST)
    for actor in (partner, viewer):
        with pytest.raises(Denied):
            actions.take_step(actor, made, StepDraft("acceptance", DAY), made.version)
    step = actions.take_step(secretariat, made, StepDraft("acceptance", DAY), made.version)
    assert step.key == "acceptance"
    assert "（星野町分を代理入力）" in LogEntry.objects.filter(verb="disaster.take_step").latest("pk").text


@pytest.mark.parametrize(
    ("key", "on", "said"),
    [
        ("shelters", DAY, "いまは「避難場所の決定」を記録できません"), ("request", DAY, "協議の申入れ"),
        ("acceptance", DAY - timedelta(days=1), "より前の日"), ("acceptance", date(2999, 1, 1), "まだ来ていない日"),
        ("nothing", DAY, "手続を選んで"),
    ],
)  # fmt: skip
def test_a_step_out_of_order_is_refused(incident, towns, secretariat, key, on, said) -> None:
    made = actions.ask_stay(secretariat, incident, stay_draft(towns), FIRST)
    with pytest.raises(WrongInput, match=said):
        actions.take_step(secretariat, made, StepDraft(key, on), made.version)
    assert made.steps.count() == 1


def test_shelters_are_those_of_the_helping_town(incident, in_region, towns, secretariat) -> None:
    made = actions.ask_stay(secretariat, incident, stay_draft(towns), FIRST)
    actions.take_step(secretariat, made, StepDraft("acceptance", DAY), None)
    own = shelter_of(in_region, towns["川北町"])
    for places, said in (
        ((), "避難所と人数"),
        (((own.slug, 5),), "川北町の避難所です"),
        ((("none", 5),), "登録されていません"),
    ):
        with pytest.raises(WrongInput, match=said):
            actions.take_step(secretariat, made, StepDraft("shelters", DAY, places=places), None)


def test_what_was_asked_stays_after_the_answer(incident, towns, partner, other_partner) -> None:
    made = actions.ask_stay(partner, incident, stay_draft(towns), FIRST)
    changed = actions.change_procedure(partner, made, stay_draft(towns, people=150), made.version)
    assert changed.people == 150
    with pytest.raises(Stale):
        actions.change_procedure(partner, made, stay_draft(towns, people=160), 1)
    actions.take_step(other_partner, changed, StepDraft("acceptance", DAY), None)
    with pytest.raises(WrongInput, match="回答の後は"):
        actions.change_procedure(partner, changed, stay_draft(towns, people=90), None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"people": 0}, "1人以上"), ({"vulnerable": 121}, "要配慮者"), ({"reason": " "}, "理由"),
        ({"last_day": DAY - timedelta(days=1)}, "最初の日より前"), ({"kind": "x"}, "種類"),
    ],
)  # fmt: skip
def test_a_wrong_stay_is_refused(incident, towns, partner, changes, said) -> None:
    with pytest.raises(WrongInput, match=said):
        actions.ask_stay(partner, incident, stay_draft(towns, **changes), FIRST)
    assert not WideAreaStay.objects.exists()


def test_a_town_outside_the_region_stands_by_its_name(incident, towns, partner) -> None:
    outside = Between(towns["川北町"], None, helper_name="遠方市")
    made = actions.ask_stay(partner, incident, stay_draft(towns, between=outside), FIRST)
    assert made.helper_label == "遠方市"
    actions.take_step(partner, made, StepDraft("acceptance", DAY, note="届いた文書による"), None)
    assert made.steps.count() == 2
    for between in (
        Between(None, None, "甲市", "乙市"),
        Between(towns["川北町"], towns["川北町"]),
        Between(towns["川北町"], None),
    ):
        with pytest.raises(WrongInput):
            actions.ask_stay(partner, incident, stay_draft(towns, between=between), FIRST)


def test_aid_is_asked_carried_out_and_claimed(incident, towns, partner, other_partner) -> None:
    made = actions.ask_aid(partner, incident, aid_draft(towns), FIRST)
    with pytest.raises(WrongInput, match="先に手続"):
        actions.save_costs(other_partner, made, [CostDraft("fuel", "燃料", 5_000)], made.version)
    for actor, key in ((other_partner, "acceptance"), (other_partner, "dispatch"), (partner, "end")):
        actions.take_step(actor, made, StepDraft(key, DAY), None)
    with pytest.raises(WrongInput, match="費用が入力されていません"):
        actions.take_step(other_partner, made, StepDraft("claim", DAY), None)
    costs = [
        CostDraft("wages", "時間外勤務手当 5人", 84_500, Decimal(40), "時間", "勤務の記録"),
        CostDraft("fuel", "軽油", 12_345),
    ]
    actions.save_costs(other_partner, made, costs, None)
    with pytest.raises(Denied):
        actions.save_costs(partner, made, costs, None)
    actions.take_step(other_partner, made, StepDraft("claim", DAY, "星防第9号"), None)
    with pytest.raises(WrongInput, match="請求した費用"):
        actions.save_costs(other_partner, made, costs[:1], None)
    actions.take_step(partner, made, StepDraft("settlement", DAY), None)
    assert queries.aids_of(incident)[0].over
    assert sum(row.amount for row in made.costs.all()) == 96_845


def test_an_exercise_claims_nothing_and_numbers_go_on(drill, incident, towns, secretariat) -> None:
    made = actions.ask_aid(secretariat, drill, aid_draft(towns), FIRST)
    real = actions.ask_aid(secretariat, incident, aid_draft(towns), FIRST)
    assert (made.number, real.number, made.mode, real.mode) == (1, 2, "exercise", "real")
    for key in ("acceptance", "dispatch", "end"):
        actions.take_step(secretariat, made, StepDraft(key, DAY), None)
    actions.save_costs(secretariat, made, [CostDraft("fuel", "軽油", 1)], None)
    with pytest.raises(WrongInput, match="訓練では費用を請求できません"):
        actions.take_step(secretariat, made, StepDraft("claim", DAY), None)
    assert [each.procedure.number for each in queries.aids_of(drill)] == [1]


def test_after_the_end_of_an_incident_steps_go_on_and_nothing_new_is_asked(
    incident, towns, partner, secretariat
) -> None:
    made = actions.ask_aid(partner, incident, aid_draft(towns), FIRST)
    ended = end_incident(secretariat, incident, incident.version)
    with pytest.raises(Denied, match="終了しています"):
        actions.ask_aid(partner, ended, aid_draft(towns), FIRST)
    actions.take_step(secretariat, made, StepDraft("acceptance", DAY), None)
    assert made.steps.count() == 2


def text_of(answer) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


@pytest.mark.slow
def test_the_letters_say_what_they_are(drill, incident, in_region, towns, secretariat, client_as) -> None:
    client = client_as(secretariat)
    shelter_of(in_region, towns["星野町"])
    for found, word, banned in ((drill, "【訓練】", "【実災害】"), (incident, "【実災害】", "【訓練】")):
        made = actions.ask_stay(secretariat, found, stay_draft(towns), FIRST)
        for key in ("report", "acceptance", "shelters", "managers", "notice"):
            places = (("gym", 120),) if key == "shelters" else ()
            actions.take_step(secretariat, made, StepDraft(key, DAY, f"架防第{key}号", places=places), None)
        for key in ("request", "report", "acceptance", "managers", "notice"):
            text = text_of(client.get(f"{made.get_absolute_url()}papers/{key}.pdf"))
            assert word in text
            assert banned not in text
            assert "120人（うち要配慮者30人）" in text.replace(" ", "").replace("　", "")
            assert "星野町体育館" in text
            assert ("訓練のために作成" in text) is found.is_exercise
        assert client.get(f"{made.get_absolute_url()}papers/notice.docx").status_code == 200
        for missing in ("refusal.pdf", "end.pdf", "notice.xlsx", "nothing.pdf"):
            assert client.get(f"{made.get_absolute_url()}papers/{missing}").status_code == 404


@pytest.mark.slow
def test_the_claim_adds_up_on_paper(incident, towns, secretariat, client_as) -> None:
    made = actions.ask_aid(secretariat, incident, aid_draft(towns, basis="災害時相互応援に関する協定"), FIRST)
    for key in ("acceptance", "dispatch", "end"):
        actions.take_step(secretariat, made, StepDraft(key, DAY), None)
    actions.save_costs(
        secretariat, made, [CostDraft("fuel", "軽油", 12_345), CostDraft("travel", "宿泊", 80_000)], None
    )
    actions.take_step(secretariat, made, StepDraft("claim", DAY, "星防第9号"), None)
    text = text_of(client_as(secretariat).get(f"{made.get_absolute_url()}papers/claim.pdf"))
    assert "請求する額" in text
    assert text.count("92,345") == 2
    assert "星防第9号" in text
    assert "協定に基づき" in text_of(
        client_as(secretariat).get(f"{made.get_absolute_url()}papers/request.pdf")
    )


def stay_form(**changes: str) -> dict[str, str]:
    return {
        "asker": KAWAKITA, "asker_name": "", "helper": HOSHINO, "helper_name": "", "kind": "temporary_stay",
        "reason": "避難の長期化", "districts": "", "people": "40", "vulnerable": "3", "first_day": "2024-08-06",
        "last_day": "", "note": "", "on": "2024-08-06", "document_no": "川防第2号",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_the_pages_go_the_whole_way(incident, in_region, partner, other_partner, client_as, towns) -> None:
    base = f"{incident.get_absolute_url()}stays/"
    client, other = client_as(partner), client_as(other_partner)
    refused = client.post(f"{base}new/", stay_form(people="0", note="覚え書き"))
    assert refused.status_code == 422
    assert "覚え書き" in refused.content.decode()
    made = client.post(f"{base}new/", stay_form(), follow=True).content.decode()
    assert "【実災害】広域一時滞在第1号を保存しました。" in made
    path = f"{base}1/"
    form = {"key": "acceptance", "on": "2024-08-06", "document_no": "星防第1号", "note": "", "version": "2"} | {
        "places-TOTAL_FORMS": "0", "places-INITIAL_FORMS": "0"
    }  # fmt: skip
    assert client.post(path, form).status_code == 403
    assert "受入れの回答" in other.post(path, form, follow=True).content.decode()
    assert other.post(path, form).status_code == 422
    listed = client.get(base).content.decode()
    assert "受入れの回答" in listed
    shelter_of(in_region, towns["星野町"])
    decided = form | {
        "key": "shelters", "version": "3", "places-TOTAL_FORMS": "1", "places-0-shelter": "gym",
        "places-0-people": "40",
    }  # fmt: skip
    assert "星野町体育館 40人" in other.post(path, decided, follow=True).content.decode()
    assert other.post(path, decided | {"places-0-people": ""}).status_code == 422


@pytest.mark.slow
def test_costs_are_typed_and_kept(incident, towns, secretariat, client_as) -> None:
    made = actions.ask_aid(secretariat, incident, aid_draft(towns), FIRST)
    for key in ("acceptance", "dispatch"):
        actions.take_step(secretariat, made, StepDraft(key, DAY), None)
    made.refresh_from_db()
    client, path = client_as(secretariat), f"{made.get_absolute_url()}costs/"
    sent = {
        "version": str(made.version), "costs-TOTAL_FORMS": "1", "costs-INITIAL_FORMS": "0", "costs-0-kind": "fuel",
        "costs-0-title": "軽油", "costs-0-quantity": "1.5", "costs-0-unit": "L", "costs-0-amount": "12,345",
    }  # fmt: skip
    wrong = client.post(path, sent | {"costs-0-amount": "たくさん"})
    assert wrong.status_code == 422
    assert "軽油" in wrong.content.decode()
    assert client.post(path, sent, follow=True).status_code == 200
    assert AidRequest.objects.get().costs.get().amount == 12_345
    assert client.post(path, sent).status_code == 409


def test_nothing_is_recorded_for_tomorrow(incident, towns, secretariat) -> None:
    with pytest.raises(WrongInput, match="まだ来ていない日"):
        actions.ask_aid(
            secretariat, incident, aid_draft(towns), StepDraft("request", today() + timedelta(days=1))
        )
    assert not AidRequest.objects.exists()


@pytest.mark.slow
def test_what_nobody_has_read_in_the_law_asks_to_be_confirmed(
    incident, towns, partner, viewer, client_as
) -> None:
    stay = actions.ask_stay(partner, incident, stay_draft(towns), FIRST)
    shown = client_as(viewer).get(stay.get_absolute_url()).content.decode()
    for said in (
        "広域避難の手順と根拠",
        "災害対策基本法第61条の4第1項",
        "協議元の市町村",
        "要確認",
        "確認済み",
    ):
        assert said in shown, said
    orders = (
        client_as(partner)
        .get(f"{incident.get_absolute_url()}board/towns/{KAWAKITA}/orders/")
        .content.decode()
    )
    assert "災害対策基本法第56条第2項" in orders
    assert "根拠とする条項（第56条第2項）は文言を確かめていない。" in orders
    aid = actions.ask_aid(partner, incident, aid_draft(towns), FIRST)
    assert "応援に要する費用の負担" in client_as(viewer).get(aid.get_absolute_url()).content.decode()


def test_a_procedure_before_the_law_had_it_has_no_basis() -> None:
    assert stay_basis("evacuation", date(2021, 5, 19)) is None
    found = stay_basis("evacuation", date(2021, 5, 20))
    assert found is not None
    assert not found.confirmed
    assert [row.confirmed for row in found.rows][:2] == [True, False]
