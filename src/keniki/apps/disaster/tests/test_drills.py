"""Drills: told on time and once, answered by the towns asked, reviewed with their times, left as an activity."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.activities.models import Activity
from keniki.apps.disaster.actions import drills as actions
from keniki.apps.disaster.actions.drills import EndDraft, ScenarioDraft
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.drills import LONGEST, injects_of
from keniki.apps.disaster.models import DrillRun, DrillScenario, Event, InjectAnswer
from keniki.apps.disaster.queries import drills as queries
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .test_incidents import RAIN

BASE = "/desk/aoba/disaster/drills/"
INJECTS = (
    {
        "after": 30,
        "title": "避難指示の検討",
        "text": "水位が上がっています。",
        "towns": [KAWAKITA],
        "expected": "発令の判断",
    },
    {"after": 0, "title": "大雨警報", "text": "", "source": "気象台"},
    {"after": 60, "title": "停電", "text": ""},
)
DRAFT = ScenarioDraft("氾濫の図上訓練", "flood", INJECTS, "発令の判断を確かめる")


@pytest.fixture
def scenario(in_region, secretariat) -> DrillScenario:
    return actions.save_scenario(secretariat, in_region, DRAFT)


@pytest.fixture
def run(scenario, secretariat) -> DrillRun:
    """A drill that began 40 minutes ago: two of three injects are due."""
    made = actions.start_drill(secretariat, scenario, "図上訓練（架空）")
    began = timezone.now() - timedelta(minutes=40)
    DrillRun.objects.filter(pk=made.pk).update(started_at=began)
    made.started_at = began
    return made


def told(run: DrillRun) -> list[Event]:
    return list(
        Event.objects.filter(incident=run.incident, via=Event.Via.INJECT, personal=False).order_by("seq")
    )


def test_injects_are_in_the_order_in_which_they_are_told(scenario) -> None:
    assert [(each.number, each.title) for each in injects_of(scenario.injects)] == [
        (1, "大雨警報"), (2, "避難指示の検討"), (3, "停電"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " "}, "名称"), ({"hazard": "x"}, "災害種別"), ({"injects": ()}, "1件以上"),
        ({"injects": ({"after": -1, "title": "x"},)}, "開始からの分"),
        ({"injects": ({"after": LONGEST + 1, "title": "x"},)}, "開始からの分"),
        ({"injects": ({"after": 0, "title": " "},)}, "見出し"),
        ({"injects": ({"after": 0, "title": "x", "towns": ["999999"]},)}, "この圏域の市町村のコード"),
    ],
)  # fmt: skip
def test_a_wrong_scenario_is_refused(in_region, secretariat, changes, said) -> None:
    with pytest.raises(WrongInput, match=said):
        actions.save_scenario(secretariat, in_region, replace(DRAFT, **changes))
    assert not DrillScenario.objects.exists()


def test_what_is_due_is_told_once_however_often(run) -> None:
    assert [each.seq for each in told(run)] == [1]
    assert actions.tell_due(run) == 1
    assert actions.tell_due(run) == 0
    assert [each.seq for each in told(run)] == [1, 2]
    assert told(run)[1].municipality.code == KAWAKITA
    assert {each.mode for each in told(run)} == {"exercise"}


def test_a_faster_drill_tells_earlier_and_the_job_tells_in_all_regions(scenario, secretariat) -> None:
    fast = actions.start_drill(secretariat, scenario, "速い訓練", speed=60)
    DrillRun.objects.filter(pk=fast.pk).update(started_at=timezone.now() - timedelta(seconds=40))
    assert actions.tell_all_due() == 1
    assert [each.seq for each in told(fast)] == [1, 2]


def test_a_drill_is_never_run_in_a_real_incident(in_region, scenario, secretariat) -> None:
    real = save_incident(secretariat, in_region, RAIN)
    row = DrillRun(region=in_region, incident=real, scenario=scenario, started_at=timezone.now())
    with (
        verb(secretariat, "t", quiet=True),
        pytest.raises(IntegrityError, match="exercise only"),
        transaction.atomic(),
    ):
        row.save()


def test_towns_answer_what_they_were_told(run, towns, partner, other_partner, viewer) -> None:
    actions.answer_inject(partner, run, 2, towns["川北町"])
    actions.answer_inject(partner, run, 2, towns["川北町"], "避難指示を発令する。")
    with pytest.raises(WrongInput, match="既に確認しています"):
        actions.answer_inject(partner, run, 2, towns["川北町"])
    with pytest.raises(WrongInput, match="あてではありません"):
        actions.answer_inject(other_partner, run, 2, towns["星野町"], "x")
    with pytest.raises(WrongInput, match="まだ届いていません"):
        actions.answer_inject(partner, run, 3, towns["川北町"], "x")
    for actor in (other_partner, viewer):
        with pytest.raises(Denied):
            actions.answer_inject(actor, run, 1, towns["川北町"], "x")
    assert InjectAnswer.objects.filter(run=run).count() == 2


def test_the_review_says_how_long_the_towns_took(run, towns, partner, other_partner) -> None:
    actions.answer_inject(partner, run, 1, towns["川北町"])
    actions.answer_inject(other_partner, run, 1, towns["星野町"], "本部を設置する。")
    review = queries.review_of(run)
    assert [each.is_due for each in review.told] == [True, True, False]
    by_code = {town.code: (told_, done, seen, acted) for town, told_, done, seen, acted in review.by_town}
    assert by_code[KAWAKITA][:2] == (2, 0)
    assert by_code[KAWAKITA][2] == pytest.approx(40, abs=0.5)
    assert by_code[HOSHINO] == (1, 1, by_code[HOSHINO][2], by_code[HOSHINO][2])


def test_the_end_leaves_one_activity_and_tells_nothing_more(
    run, secretariat, partner, towns, initiative
) -> None:
    actions.answer_inject(partner, run, 1, towns["川北町"], "確認した。")
    draft = EndDraft(25, "発令の手順を確かめた。", initiative, "青葉市役所")
    ended = actions.end_drill(secretariat, run, draft, run.version)
    assert ended.incident.ended_at is not None
    with pytest.raises(Stale):
        actions.end_drill(secretariat, run, draft, run.version)
    actions.end_drill(secretariat, ended, replace(draft, participants=26), ended.version)
    activity = Activity.objects.get(origin=f"drills/{run.pk}")
    assert (activity.title, activity.kind) == ("【訓練】図上訓練（架空）", "drill")
    assert "26" in " ".join(str(each.value) for each in activity.counts.all())
    run.refresh_from_db()
    assert actions.tell_due(run) == 0
    with pytest.raises(Denied):
        actions.answer_inject(partner, ended, 1, towns["川北町"], "後から")
    with pytest.raises(WrongInput, match="1人以上"):
        actions.end_drill(secretariat, ended, EndDraft(0), None)


def test_a_scenario_that_was_played_keeps_its_injects_in_the_run(
    run, scenario, secretariat, in_region
) -> None:
    actions.save_scenario(
        secretariat, in_region, replace(DRAFT, injects=INJECTS[:1]), scenario, scenario.version
    )
    run.refresh_from_db()
    assert len(run.injects) == 3


def scenario_form(**changes: str) -> dict[str, str]:
    return {
        "title": "夜間の訓練", "hazard": "earthquake", "purpose": "参集", "injects-TOTAL_FORMS": "2",
        "injects-INITIAL_FORMS": "0", "injects-0-after": "0", "injects-0-title": "震度6弱", "injects-0-text": "",
        "injects-0-towns": KAWAKITA, "injects-1-after": "", "injects-1-title": "",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_the_pages_go_the_whole_way(in_region, secretariat, partner, initiative, client_as, viewer) -> None:
    office, town = client_as(secretariat), client_as(partner)
    wrong = office.post(BASE + "new/", scenario_form(**{"injects-0-after": "", "purpose": "覚え書き"}))
    assert wrong.status_code == 422
    assert "覚え書き" in wrong.content.decode()
    assert town.post(BASE + "new/", scenario_form()).status_code == 403
    assert "震度6弱" in office.post(BASE + "new/", scenario_form(), follow=True).content.decode()
    begun = office.post(f"{BASE}scenario-1/start/", {"title": "夜間訓練", "speed": "1"}, follow=True)
    assert "震度6弱" in begun.content.decode()
    path = queries.runs_of(in_region)[0].get_absolute_url()
    listed = town.get(path).content.decode()
    assert "川北町" in listed
    assert 'class="band is-drill"' in listed
    assert (
        "参集を始めた。"
        in town.post(
            path, {"number": "1", "town": KAWAKITA, "text": "参集を始めた。"}, follow=True
        ).content.decode()
    )
    assert town.post(path, {"number": "9", "town": KAWAKITA, "text": "x"}).status_code == 422
    assert client_as(viewer).post(path, {"number": "1", "town": KAWAKITA, "text": "x"}).status_code == 403
    version = str(DrillRun.objects.get().version)
    done = {"participants": "12", "place": "会議室", "initiative": initiative.pk, "version": version}
    assert office.post(f"{path}end/", done | {"participants": "0"}).status_code == 422
    unsaid = office.post(f"{path}end/", done | {"initiative": ""})
    assert (unsaid.status_code, "「活動に記録しない」を選んでください" in unsaid.content.decode()) == (
        422,
        True,
    )
    assert office.post(f"{path}end/", done | {"unrecorded": "on"}).status_code == 422
    review = office.post(f"{path}end/", done, follow=True).content.decode()
    assert "訓練の検証" in review
    assert Activity.objects.filter(origin__startswith="drills/").count() == 1
    assert queries.last_initiative(in_region) == initiative.pk


def test_the_page_asks_whether_something_new_was_told(run, partner, client_as) -> None:
    town, address = client_as(partner), run.get_absolute_url()
    page = town.get(address).content.decode()
    assert f'hx-get="{address}?shown=2"' in page
    assert "届いています" not in page
    assert "新しい状況付与が1件届いています" in town.get(f"{address}?shown=1").content.decode()
    DrillRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(minutes=61))
    assert "新しい状況付与が1件届いています" in town.get(f"{address}?shown=2").content.decode()


@pytest.mark.slow
def test_the_report_says_it_is_an_exercise_on_every_page(run, towns, partner, secretariat, client_as) -> None:
    actions.answer_inject(partner, run, 2, towns["川北町"], "避難指示を発令する。")
    client = client_as(secretariat)
    answer = client.get(f"{run.get_absolute_url()}review.pdf")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    assert all("訓練のために作成" in page for page in pages)
    assert "避難指示を発令する。" in "".join(pages)
    assert "届く前に終了した。" in "".join(pages)
    assert client.get(f"{run.get_absolute_url()}review.docx").status_code == 200
    assert client.get(f"{run.get_absolute_url()}review.xlsx").status_code == 404
