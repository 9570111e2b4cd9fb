"""Training of assessors: cases are worked and scored, agreement is shown, the end leaves one activity."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from django.db import models
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.models import Activity
from keniki.apps.disaster.actions import training as actions
from keniki.apps.disaster.actions.training import PersonDraft, SessionDraft
from keniki.apps.disaster.models import TrainingAttempt, TrainingCase, TrainingMember, TrainingSession
from keniki.apps.disaster.queries import training as queries
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

BASE = "/desk/aoba/disaster/trainings/"
CASES = ("roof_wall_foundation", "flood_force")
DRAFT = SessionDraft("合同研修会（架空）", date(2024, 9, 1), CASES, "庁舎（架空）")
ROWS = {"parts-TOTAL_FORMS": "4", "parts-INITIAL_FORMS": "0"}
#: The roof, the wall and the foundation of the first case as its text has them.
RIGHT = ROWS | {
    "parts-0-part": "roof", "parts-0-degree": "IV", "parts-0-area": "50",
    "parts-1-part": "wall", "parts-1-degree": "III", "parts-1-count": "4", "parts-1-of": "20",
    "parts-2-part": "wall", "parts-2-degree": "IV", "parts-2-count": "8", "parts-2-of": "20",
    "parts-3-part": "foundation", "parts-3-perimeter_m": "30", "parts-3-cracks": "5", "parts-3-spalls": "2",
    "class_key": "middle_half", "percent": "37.958",
}  # fmt: skip
OWN = [
    {
        "title": "架空 圏域の事例", "text": "架空の平屋。倒壊している。", "trap": "",
        "survey": {"date": "2024-01-01", "structure": "wood", "hazard": "earthquake", "collapsed": "house"},
    }
]  # fmt: skip


@pytest.fixture
def session(in_region, secretariat) -> TrainingSession:
    return actions.save_session(secretariat, in_region, DRAFT)


@pytest.fixture
def at_once(in_region, secretariat) -> TrainingSession:
    draft = SessionDraft(
        "その場で示す研修（架空）", date(2024, 9, 2), CASES, shown=TrainingSession.Shown.AT_ONCE
    )
    return actions.save_session(secretariat, in_region, draft)


def at(session: TrainingSession, member: TrainingMember, case: str = CASES[0], more: str = "") -> str:
    return f"{BASE}{session.number}/people/{member.number}/{case}/{more}"


def text(answer) -> str:
    return answer.content.decode()


def test_no_field_of_training_leads_to_an_incident_or_a_house() -> None:
    for model in (TrainingCase, TrainingSession, TrainingMember, TrainingAttempt):
        related = {
            field.related_model._meta.model_name
            for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey)
        }
        assert related <= {
            "region",
            "initiative",
            "municipality",
            "user",
            "trainingsession",
            "trainingmember",
        }


@pytest.mark.slow
def test_an_assessor_joins_works_a_case_without_seeing_a_result(session, partner, client_as) -> None:
    client = client_as(partner)
    page = client.post(f"{BASE}{session.number}/join/", follow=True)
    assert "【訓練】合同研修会（架空）に参加しました。" in text(page)
    client.post(f"{BASE}{session.number}/join/")
    member = TrainingMember.objects.get()
    assert (member.user, member.municipality.code) == (partner.user, KAWAKITA)
    seen = text(client.get(at(session, member)))
    assert "瓦屋根の半分" in seen
    assert "訓練" in seen
    assert "構成比" not in seen
    done = client.post(at(session, member), RIGHT, follow=True)
    assert "【訓練】答えを記録しました。" in text(done)
    assert "得点" not in text(done)
    attempt = TrainingAttempt.objects.get()
    assert (attempt.points, attempt.most, attempt.class_right) == (100, 100, True)
    assert client.get(at(session, member, more="score/")).status_code == 404
    assert client.get(f"{BASE}{session.number}/results/").status_code == 403
    again = client.post(at(session, member), RIGHT | {"class_key": "half", "version": "1"}, follow=True)
    assert "答えを記録しました" in text(again)
    assert TrainingAttempt.objects.get().class_right is False


def test_the_form_holds_what_was_answered_before(session, partner, client_as) -> None:
    member = actions.join(partner, session)
    client = client_as(partner)
    client.post(at(session, member), RIGHT)
    page = text(client.get(at(session, member)))
    assert 'value="50' in page
    assert 'value="37.958"' in page
    assert 'value="20"' in page


@pytest.mark.slow
def test_the_score_says_what_was_forgotten_and_whose_weight(at_once, partner, client_as) -> None:
    member = actions.join(partner, at_once)
    wrong = {key: value for key, value in RIGHT.items() if not key.startswith("parts-3")}
    wrong |= {"class_key": "major_half", "parts-1-written": "5", "parts-1-degree": "III", "percent": "45.625"}
    page = client_as(partner).post(at(at_once, member), wrong, follow=True)
    said = text(page)
    assert "部位の見落とし" in said
    assert "基礎の損傷 約2.333％ が入っていません。" in said
    assert "正しくは中規模半壊です（大規模半壊としています）。" in said
    assert "外壁の損傷率40％に構成比75％を掛け忘れる" in said
    second = client_as(partner).post(at(at_once, member), RIGHT)
    assert second.status_code == 422
    assert "既に出しています" in text(second)


def test_a_wrong_entry_is_shown_at_its_row(session, partner, client_as) -> None:
    member = actions.join(partner, session)
    bad = client_as(partner).post(at(session, member), RIGHT | {"parts-2-of": "4"})
    assert bad.status_code == 422
    assert "部位ごとの損傷を確かめてください。" in text(bad)
    assert 'value="8"' in text(bad)
    tilt = client_as(partner).post(at(session, member), ROWS | {"class_key": "half", "tilt_1": "10"})
    assert "傾斜は四隅の4つの値を入力してください。" in text(tilt)
    assert not TrainingAttempt.objects.exists()


def test_nobody_answers_for_another(session, partner, other_partner, viewer, secretariat, client_as) -> None:
    member = actions.join(partner, session)
    for who in (other_partner, secretariat):
        with pytest.raises(Denied):
            actions.answer(who, member, CASES[0], {"class": "half"})
    assert client_as(other_partner).get(at(session, member)).status_code == 404
    assert client_as(other_partner).post(at(session, member), RIGHT).status_code == 404
    assert client_as(secretariat).post(at(session, member), RIGHT).status_code == 403
    with pytest.raises(Denied):
        actions.join(viewer, session)


@pytest.mark.slow
def test_people_without_an_account_are_named_by_their_town(
    session, partner, other_partner, towns, secretariat, client_as
) -> None:
    client = client_as(partner)
    page = client.post(
        f"{BASE}{session.number}/people/",
        {
            "version": "1", "people-TOTAL_FORMS": "2", "people-INITIAL_FORMS": "0",
            "people-0-town": KAWAKITA, "people-0-name": "山田花子",
        },
        follow=True,
    )  # fmt: skip
    assert "参加者を保存しました。" in text(page)
    member = TrainingMember.objects.get()
    assert "山田花子" in text(client.get(f"{BASE}{session.number}/"))
    assert "山田花子" not in text(client_as(other_partner).get(f"{BASE}{session.number}/"))
    with pytest.raises(Denied):
        actions.save_people(other_partner, session, [PersonDraft("x", towns["川北町"])], None)
    client.post(at(session, member), RIGHT)
    assert TrainingAttempt.objects.get().user == partner.user
    session.refresh_from_db()
    with pytest.raises(WrongInput, match="答えを出しているため"):
        actions.save_people(partner, session, [], session.version)
    with pytest.raises(Stale):
        actions.save_people(partner, session, [PersonDraft("y", towns["川北町"])], 99)


@pytest.mark.slow
def test_agreement_is_of_those_who_answered_all(
    session, partner, other_partner, secretariat, client_as
) -> None:
    one, other = actions.join(partner, session), actions.join(other_partner, session)
    for who, member, keys in (
        (partner, one, ("middle_half", "middle_half")),
        (other_partner, other, ("half", "half")),
    ):
        for case, key in zip(CASES, keys, strict=True):
            survey = None if case == CASES[0] else {"depths_above_floor_m": ["0.98", "1.05", "1.10"]}
            actions.answer(who, member, case, {"class": key} | ({"survey": survey} if survey else {}))
    found = queries.results_of(session, secretariat)
    assert found.complete == 2
    assert found.agreement is not None
    assert found.agreement.identical == 0
    assert [each.right for each in found.cases] == [1, 1]
    page = text(client_as(secretariat).get(f"{BASE}{session.number}/results/"))
    assert "途中経過" in page
    assert "区分違い" in page
    assert (
        client_as(secretariat).get(f"{BASE}{session.number}/results.svg")["Content-Type"] == "image/svg+xml"
    )


@pytest.mark.slow
def test_the_end_leaves_one_activity_with_people_by_town(
    session, in_region, partner, other_partner, towns, secretariat, initiative, client_as
) -> None:
    actions.join(partner, session)
    actions.join(other_partner, session)
    session.refresh_from_db()
    actions.save_people(secretariat, session, [PersonDraft("山田花子", towns["川北町"])], session.version)
    session.refresh_from_db()
    draft = SessionDraft(DRAFT.title, DRAFT.on, CASES, DRAFT.place, initiative)
    saved = actions.save_session(secretariat, in_region, draft, session, session.version)
    page = client_as(secretariat).post(
        f"{BASE}{session.number}/close/",
        {"evaluation": "次は雪の中で。", "version": saved.version},
        follow=True,
    )
    assert "終了しました。" in text(page)
    activity = Activity.objects.get(origin=f"trainings/{session.pk}")
    counts = {
        (count.municipality.code if count.municipality else ""): int(count.value)
        for count in activity.counts.filter(quantity="participants")
    }
    assert counts == {"": 3, KAWAKITA: 2, HOSHINO: 1}
    assert activity.kind == Activity.Kind.TRAINING
    session.refresh_from_db()
    actions.close_session(secretariat, session, "改めた講評", session.version)
    assert Activity.objects.filter(origin=f"trainings/{session.pk}").count() == 1
    session.refresh_from_db()
    with pytest.raises(Denied):
        actions.join(partner, session)
    with pytest.raises(WrongInput, match="終了しています"):
        actions.save_session(secretariat, in_region, DRAFT, session, session.version)


@pytest.mark.slow
def test_the_report_names_nobody_and_says_training_on_each_page(
    session, partner, secretariat, client_as
) -> None:
    member = actions.join(partner, session)
    actions.answer(partner, member, CASES[0], {"class": "middle_half"})
    answer = client_as(secretariat).get(f"{BASE}{session.number}/report.pdf")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    assert all("訓練" in each for each in pages)
    assert partner.name not in "".join(pages)
    assert "%E8%A8%93%E7%B7%B4" in answer["Content-Disposition"]
    word = client_as(secretariat).get(f"{BASE}{session.number}/report.docx")
    assert word.content[:2] == b"PK"


def test_cases_of_ones_own_are_checked_and_taken_all_or_none(
    in_region, secretariat, partner, client_as
) -> None:
    raw = io.BytesIO(json.dumps(OWN).encode())
    raw.name = "jirei.json"
    page = client_as(secretariat).post(f"{BASE}cases/", {"file": raw}, follow=True)
    assert "研修の事例を1件登録しました。" in text(page)
    assert "圏域の事例" in text(page)
    assert actions.add_cases(secretariat, in_region, actions.read_cases(json.dumps(OWN).encode())) == 1
    assert TrainingCase.objects.count() == 1
    session = actions.save_session(
        secretariat, in_region, SessionDraft("自分の事例", date(2024, 9, 3), ("own-1",))
    )
    member = actions.join(partner, session)
    _, scored = actions.answer(partner, member, "own-1", {"class": "total", "survey": {"collapsed": "house"}})
    assert scored.points == scored.most
    with pytest.raises(Denied):
        actions.add_cases(partner, in_region, OWN)


@pytest.mark.parametrize(
    ("content", "said", "column"),
    [
        (b"\xff", "JSON", None), (b"{}", "一覧", None), (b"[]", "一覧", None), (b"[1]", "の形", None),
        (b'[{"title": "a", "text": "b", "x": 1}]', "という項目はありません", "x"),
        (b'[{"title": "", "text": "b"}]', "title", "title"),
        (b'[{"title": "a", "text": "b"}]', "の形", "survey"),
        (b'[{"title": "a", "text": "b", "survey": {"structure": "paper"}}]', "要ります", "survey.date"),
        (b'[{"title": "a", "text": "b", "survey": {"date": NaN}}]', "JSON", None),
        (b"[" * 100_000, "JSON", None),
    ],
)  # fmt: skip
def test_a_broken_file_of_cases_is_refused_with_its_place(content, said, column) -> None:
    with pytest.raises(WrongInput, match=said) as caught:
        actions.read_cases(content, "jirei.json")
    assert caught.value.column == column
    assert caught.value.file == "jirei.json"


def test_cases_stay_once_somebody_answered(session, in_region, secretariat, partner) -> None:
    member = actions.join(partner, session)
    actions.answer(partner, member, CASES[0], {"class": "half"})
    draft = SessionDraft(DRAFT.title, DRAFT.on, ("roof_grid",))
    session.refresh_from_db()
    with pytest.raises(WrongInput, match="事例は変えられません"):
        actions.save_session(secretariat, in_region, draft, session, session.version)
    with pytest.raises(WrongInput, match="事例を1件から"):
        actions.save_session(secretariat, in_region, SessionDraft("x", DRAFT.on, ("nowhere",)))


def test_the_cases_file_holds_answers_and_goes_to_organisers_only(
    session, secretariat, partner, client_as
) -> None:
    answer = client_as(secretariat).get(f"{BASE}cases.json")
    assert len(json.loads(answer.content)) >= 8
    assert client_as(partner).get(f"{BASE}cases.json").status_code == 403


def test_another_region_sees_nothing(session, neighbour, client_as) -> None:
    assert client_as(neighbour).get(f"{BASE}{session.number}/").status_code == 404


@pytest.mark.parametrize(
    "key",
    sorted(
        each
        for each in (
            "tilt_stop",
            "flood_inland",
            "flood_before_2024",
            "non_wood",
            "non_wood_settled",
            "liquefaction",
            "wood_second",
            "roof_grid",
        )
    ),
)
def test_each_case_can_be_worked_on_its_form(key, in_region, secretariat, partner, client_as) -> None:
    """The right survey, typed into the form of its case, comes to full points."""
    session = actions.save_session(secretariat, in_region, SessionDraft("各事例", date(2024, 9, 1), (key,)))
    member = actions.join(partner, session)
    case = queries.case_in(session, key)
    survey = session.cases[0]["survey"]
    data: dict[str, str] = {"class_key": case.answer.verdict.key}
    for number, each in enumerate(survey.get("tilt_mm", ()), 1):
        data[f"tilt_{number}"] = str(each)
    if "depth_m" in survey:
        data["depths"] = "0.90"
    if "depth_above_floor_m" in survey:
        data["depths"] = str(survey["depth_above_floor_m"])
    for name in ("settlement_m", "sunk_to"):
        if name in survey:
            data[name] = str(survey[name])
    parts = survey.get("parts", [])
    data |= {"parts-TOTAL_FORMS": str(len(parts)), "parts-INITIAL_FORMS": "0"}
    for number, part in enumerate(parts):
        for name, value in part.items():
            shown = str(float(value) * 100) if name == "area" else str(value)
            data[f"parts-{number}-{name}"] = shown
    answer = client_as(partner).post(at(session, member, key), data)
    assert answer.status_code == 302, text(answer)
    attempt = TrainingAttempt.objects.get()
    assert attempt.points == attempt.most
