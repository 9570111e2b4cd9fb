"""Plans: who goes where over the border, what cannot be used and why, jobs, adopting, pages, papers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import DatabaseError, transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.disaster.actions import plans as actions
from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.actions.scenarios import remove_scenario, save_scenario
from keniki.apps.disaster.actions.shelters import SpaceDraft
from keniki.apps.disaster.models import EvacuationPlan, Shelter
from keniki.apps.disaster.planning.gathering import gather
from keniki.apps.disaster.planning.reckoning import reckon
from keniki.apps.disaster.planning.sheets import lacks_of
from keniki.apps.disaster.queries import plans as queries
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .planned import country, district, flooded, planned, scenario, shelter, spec, warm
from .test_hazards import collection, feature, square

BASE = "/desk/aoba/disaster/plans/"
State = EvacuationPlan.State


@pytest.fixture
def places(in_region, secretariat, cast):
    return country(secretariat, in_region, cast.towns)


def made(region, **changes):
    return reckon(gather(region, spec(**changes)))


def reasons(content) -> dict[str, str]:
    return {each["name"]: each["reason"] for each in content["shelters"] if each["reason"]}


@pytest.mark.slow
def test_people_go_to_shelters_that_are_safe_and_warm_over_the_border(in_region, places) -> None:
    found = made(in_region)
    assert (found["people"], found["placed"], found["unplaced"]) == (500, 470, 30)
    assert {row["name"]: row["people"] for row in found["districts"]} == {
        "東区（架空）": 300,
        "西区（架空）": 200,
    }
    towns = {row["name"]: (row["own"], row["others"], row["capacity"]) for row in found["receiving"]}
    assert (towns["川北町"], towns["青葉市"]) == ((120, 0, 120), (0, 350, 350))
    for row in found["districts"]:
        assert sum(part["people"] for part in row["parts"]) + row["unplaced"] == row["people"]
    for each in found["shelters"]:
        assert each["own"] + each["others"] + each["free"] == (each["capacity"] if each["usable"] else 0)
    assert (
        sum(row["unplaced"] for row in found["districts"])
        == sum(row["unplaced"] for row in found["short"])
        == 30
    )
    assert all(row["reason"] for row in found["districts"] if row["unplaced"])


def test_each_shelter_that_cannot_be_used_says_why(in_region, places) -> None:
    said = reasons(made(in_region))
    assert said == {
        "水につかる学校（架空）": "「浸水想定（架空）」の区域の中です（3～5m）",
        "地震だけの学校（架空）": "緊急避難場所として「洪水」には指定されていません",
        "指定のない会館（架空）": "災害種別の指定がないため、「洪水」に使えるか分かりません",
        "寒い体育館（架空）": "暖房がなく、冬期は使えません（暖房があれば200人）",
        "広さの分からない会館（架空）": "収容できる人数が分かりません（スペースの面積も人数も未入力）",
    }


def test_where_no_shelter_can_be_used_none_is_called_full(in_region, places) -> None:
    every = [{"shelter": each.slug, "people": 0, "reason": "改修中"} for each in Shelter.objects.all()]
    found = made(in_region, shelters=every)
    assert found["unplaced"] == found["people"] > 0
    assert all(row["reason"].startswith("使える避難所がありません。") for row in found["short"])
    assert sum(each.shelters for each in lacks_of(found)) == len(every)


@pytest.mark.parametrize(
    ("changes", "unplaced"),
    [
        ({"bring_heating": True}, 0),
        ({"season": "mild"}, 0),
        ({"undesignated": True}, 0),
    ],
)
def test_heat_season_and_undesignated_shelters_change_what_there_is(
    in_region, places, changes, unplaced
) -> None:
    found = made(in_region, **changes)
    assert found["unplaced"] == unplaced
    heaters = [each for each in found["equipment"] if each["key"] == "heaters"]
    assert bool(heaters) is ("bring_heating" in changes)
    if heaters:
        assert heaters[0]["quantity"] == -(-700 * 200 // 18_200)


def test_what_is_needed_has_its_arithmetic(in_region, places) -> None:
    found = {each["key"]: each for each in made(in_region)["equipment"]}
    assert found["tents"]["arithmetic"] == "30人 ÷ 4人（切上げ） = 8張"
    assert found["beds"]["quantity"] == 470
    assert found["staff"]["arithmetic"] == "2か所 × 2人 ＋ 470人 ÷ 100人（切上げ） = 9人"
    assert found["toilets"]["quantity"] >= 10
    asked = {each["key"]: each for each in made(in_region, equipment={"staff_people": 50})["equipment"]}
    assert asked["tents"]["quantity"] is None
    assert asked["staff"]["quantity"] == 7 + 3


def test_a_district_without_a_position_is_left_out_and_said_so(in_region, places) -> None:
    (left,) = made(in_region)["left_out"]
    assert (left["name"], left["people"]) == ("川区（架空）", 40)
    assert "位置も形も登録されていない" in left["reason"]


def test_rates_count_inside_and_outside_by_the_rule_of_the_day(in_region, places) -> None:
    found = made(in_region, rates=None, reach="region")
    people = {row["name"]: row["people"] for row in found["districts"]}
    assert people == {"東区（架空）": 240, "西区（架空）": 160, "山区（架空）": 36}
    assert found["basis"]["rate_inside"] == 0.8
    assert "80％" in found["basis"]["rate_source"]


def test_people_present_by_day_are_counted_where_they_are_known(in_region, secretariat, cast, places) -> None:
    district(
        secretariat, in_region, cast.towns["川北町"], "町場（架空）", ("141.81", "43.21"), 100, day_people=260
    )
    found = made(in_region, count="present", at="day")
    rows = {row["name"]: row for row in found["districts"]}
    assert (rows["町場（架空）"]["people"], rows["町場（架空）"]["note"]) == (260, "")
    assert rows["東区（架空）"]["note"] == "昼間人口が未入力のため、居住者の数で計算"


def test_a_list_of_districts_stands_in_for_a_map(in_region, places) -> None:
    found = made(
        in_region,
        layer=None,
        districts=[{"district": places["hill"].slug, "inside": 0.5}],
        shelters=[{"shelter": places["dry"].slug, "people": 0, "reason": "改修中"}],
    )
    (row,) = found["districts"]
    assert (row["inside"], row["people"]) == (45, 45)
    assert [part["name"] for part in row["parts"]] == ["水につかる学校（架空）"]
    assert reasons(found)["高台の学校（架空）"] == "改修中"


def test_towns_keep_places_and_receive_from_those_they_agreed_with(in_region, cast, places) -> None:
    city, own = cast.towns["青葉市"].code, cast.towns["川北町"].code
    kept = made(in_region, towns=[{"town": city, "own": 100}])
    assert kept["unplaced"] == 130
    closed = made(in_region, towns=[{"town": city, "receives_from": []}])
    assert closed["unplaced"] == 380
    assert "協定" in closed["short"][0]["reason"]
    opened = made(in_region, towns=[{"town": city, "receives_from": [own]}])
    assert opened["unplaced"] == 30


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"layer": "flood-9"}, "layer", "登録されていません"),
        ({"hazard": "earthquake"}, "layer", "災害種別"),
        ({"shelters": [{"shelter": "nowhere", "people": 3, "reason": "x"}]}, "shelters.0.shelter", "nowhere"),
        ({"towns": [{"town": "012106"}]}, "towns.0.town", "012106"),
        ({"layer": None, "districts": [{"district": "nowhere"}]}, "districts.0.district", "nowhere"),
    ],
)
def test_what_the_region_has_not_is_refused_with_its_place(
    in_region, secretariat, places, changes, column, words
) -> None:
    with pytest.raises(WrongInput, match=words) as refused:
        save_scenario(secretariat, in_region, spec(**changes))
    assert refused.value.column == column
    with pytest.raises(WrongInput) as again:
        made(in_region, **changes)
    assert again.value.column == column


def test_a_reserve_beyond_the_places_and_a_hazard_that_touches_nobody_fail_with_words(
    in_region, secretariat, cast, places
) -> None:
    town = cast.towns["川北町"].code
    beyond = planned(
        secretariat, in_region, scenario(secretariat, in_region, towns=[{"town": town, "own": 999}])
    )
    assert beyond.state == State.FAILED
    assert "収容人数120人を超えています" in beyond.message
    with pytest.raises(WrongInput) as at:
        made(in_region, towns=[{"town": town, "own": 999}])
    assert at.value.column == "towns"
    save_district(
        secretariat,
        in_region,
        DistrictDraft(
            places["lost"].municipality, "川区（架空）", residents=40,
            longitude=Decimal("142.5"), latitude=Decimal("43.5"),
        ),
        places["lost"],
        places["lost"].version,
    )  # fmt: skip
    far = flooded(secretariat, in_region, collection(feature(square(140.0, 42.0), A31a_205=3)))
    with pytest.raises(WrongInput, match="区域にかかる地区がありません"):
        made(in_region, layer=far.slug)


@pytest.mark.slow
def test_a_plan_is_a_job_that_keeps_its_inputs_and_grows_old(in_region, secretariat, cast, places) -> None:
    saved = scenario(secretariat, in_region)
    plan = planned(secretariat, in_region, saved)
    assert (plan.state, plan.number, len(plan.digest)) == (State.DONE, 1, 64)
    assert plan.content == {**made(in_region)}
    found = queries.plan_for(in_region, saved.slug, 1)
    assert queries.out_of_date(found) == []
    shelter(secretariat, in_region, cast.towns["青葉市"], "新しい会館（架空）", ("141.71", "43.11"), warm(40))
    assert queries.out_of_date(found) == ["避難所"]
    again = planned(secretariat, in_region, saved)
    assert (again.number, again.content["unplaced"]) == (2, 0)
    verbs = [entry.verb for entry in LogEntry.objects.filter(object_kind="disaster.evacuationplan")]
    assert verbs.count("disaster.make_plan") == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        EvacuationPlan.objects.filter(pk=plan.pk).update(content={})


def test_a_scenario_changed_and_changed_back_is_not_out_of_date(in_region, secretariat, places) -> None:
    saved = scenario(secretariat, in_region)
    planned(secretariat, in_region, saved)
    save_scenario(secretariat, in_region, spec(far_km=9), saved, saved.version)
    assert queries.out_of_date(queries.plan_for(in_region, saved.slug, 1)) == ["想定"]
    newest = queries.scenario_for(in_region, saved.slug)
    save_scenario(secretariat, in_region, spec(), newest, newest.version)
    assert queries.out_of_date(queries.plan_for(in_region, saved.slug, 1)) == []


def test_a_plan_is_cancelled_while_waiting_and_between_two_steps(
    in_region, secretariat, places, monkeypatch
) -> None:
    saved = scenario(secretariat, in_region)
    waiting = actions.start_plan(secretariat, saved)
    assert actions.start_plan(secretariat, saved).pk == waiting.pk
    assert actions.cancel_plan(secretariat, waiting).state == State.CANCELLED
    actions.run_plan(waiting.pk)
    going = actions.start_plan(secretariat, saved)
    plain = actions.gather

    def asked(*given):
        actions.cancel_plan(secretariat, going)
        return plain(*given)

    monkeypatch.setattr(actions, "gather", asked)
    actions.run_plan(going.pk)
    going.refresh_from_db()
    assert (going.state, going.content) == (State.CANCELLED, {})


def test_what_breaks_off_says_so_and_can_be_started_again(
    in_region, secretariat, places, monkeypatch
) -> None:
    saved = scenario(secretariat, in_region)
    plan = actions.start_plan(secretariat, saved)
    EvacuationPlan.objects.filter(pk=plan.pk).update(state=State.RUNNING)
    actions.break_off_plan(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.message) == (State.FAILED, actions.BROKEN_OFF)
    monkeypatch.setattr(actions, "reckon", lambda *_: 1 / 0)
    second = actions.start_plan(secretariat, saved)
    with pytest.raises(ZeroDivisionError):
        actions.run_plan(second.pk)
    second.refresh_from_db()
    assert (second.number, second.state) == (2, State.FAILED)


@pytest.mark.slow
def test_an_adopted_plan_stays_and_holds_its_scenario(in_region, secretariat, partner, places) -> None:
    saved = scenario(secretariat, in_region)
    plan = planned(secretariat, in_region, saved)
    with pytest.raises(Denied):
        actions.adopt_plan(partner, plan, today(), "会議")
    with pytest.raises(WrongInput, match="まだ来ていない日"):
        actions.adopt_plan(secretariat, plan, today() + timedelta(days=1), "会議")
    with pytest.raises(WrongInput, match="根拠"):
        actions.adopt_plan(secretariat, plan, today(), " ")
    actions.adopt_plan(secretariat, plan, date(2026, 2, 1), "圏域防災会議（架空）")
    with pytest.raises(WrongInput, match="令和8年2月1日に決定しています"):
        actions.adopt_plan(secretariat, plan, today(), "別の会議")
    with pytest.raises(DatabaseError), transaction.atomic():
        EvacuationPlan.objects.filter(pk=plan.pk).update(adopted_note="書き換え")
    with pytest.raises(WrongInput, match="決定した計画のある想定は削除できません"):
        remove_scenario(secretariat, saved, saved.version)
    other = scenario(secretariat, in_region, title="別の想定")
    planned(secretariat, in_region, other)
    remove_scenario(secretariat, other, other.version)
    assert [row.scenario.title for row in queries.scenarios_of(in_region)] == ["川の氾濫（架空）"]


@pytest.mark.slow
def test_the_page_says_that_it_is_a_plan_and_shows_all_of_it(
    in_region, secretariat, client_as, places
) -> None:
    plan = planned(secretariat, in_region, scenario(secretariat, in_region))
    client = client_as(secretariat)
    text = client.get(plan.get_absolute_url()).content.decode()
    for words in (
        "計画（想定）・案", "実災害の指示ではなく、訓練の記録でもありません", "川区（架空）",
        "30人 ÷ 4人（切上げ） = 8張",
        "最寄りの避難所へ行く場合", "寒い体育館（架空）", "分割", "越境", "避難先なし",
    ):  # fmt: skip
        assert words in text, words
    for at in ("", "east"):
        where = f"districts/{places[at].slug}/" if at else ""
        svg = client.get(f"{plan.get_absolute_url()}{where}map.svg")
        assert svg["Content-Type"] == "image/svg+xml"
        assert "東区（架空）" in svg.content.decode()
    sheet = client.get(f"{plan.get_absolute_url()}districts/{places['east'].slug}/").content.decode()
    assert "東区（架空）の避難先：" in sheet
    for file, start in (
        ("tables/assignment.csv", b"\xef\xbb\xbf"), ("charts/receiving.svg", b"<svg"),
        ("charts/unplaced.svg", b"<svg"),
    ):  # fmt: skip
        assert client.get(plan.get_absolute_url() + file).content.startswith(start), file
    for missing in ("tables/x.csv", "charts/x.svg", "papers/x.pdf", "papers/sheets.xlsx", "districts/x/"):
        assert client.get(plan.get_absolute_url() + missing).status_code == 404, missing


@pytest.mark.slow
def test_papers_say_who_goes_where_and_that_they_are_plans(in_region, secretariat, client_as, places) -> None:
    plan = planned(secretariat, in_region, scenario(secretariat, in_region))
    client = client_as(secretariat)
    east = f"districts/{places['east'].slug}/sheet"
    for path in ("papers/plan.docx", "papers/sheets.docx", f"{east}.docx"):
        answer = client.get(plan.get_absolute_url() + path)
        with ZipFile(BytesIO(answer.content)) as file:
            words = file.read("word/document.xml").decode()
        assert "計画（想定）" in words, path
        assert "東区（架空）" in words, path
        assert "訓練" not in words, path
    for path in ("papers/plan.pdf", "papers/sheets.pdf", f"{east}.pdf"):
        assert client.get(plan.get_absolute_url() + path).content.startswith(b"%PDF"), path
    assert client.get(plan.get_absolute_url() + "papers/plan.xlsx").content.startswith(b"PK")


@pytest.mark.slow
def test_sheets_come_by_town_and_in_parts_none_left_out(
    in_region, secretariat, client_as, places, monkeypatch
) -> None:
    plan = planned(secretariat, in_region, scenario(secretariat, in_region))
    client = client_as(secretariat)
    leaving = [row for row in plan.content["districts"] if row["people"]]
    monkeypatch.setattr("keniki.apps.disaster.views.plans.SHEETS", 1)
    shown = client.get(plan.get_absolute_url()).content.decode()
    files = re.findall(r'href="([^"]+sheets\.docx\?town=(\d*)&amp;part=(\d+))"', shown)
    assert sorted(int(part) for _, town, part in files if not town) == list(range(1, len(leaving) + 1))
    found = []
    for address, town, _ in files:
        with ZipFile(BytesIO(client.get(unescape(address)).content)) as file:
            words = file.read("word/document.xml").decode()
        found += [(town, row["district"]) for row in leaving if row["name"] in words]
    wanted = [("", row["district"]) for row in leaving]
    if len({row["town"] for row in leaving}) > 1:
        wanted += [(row["town"], row["district"]) for row in leaving]
    assert sorted(found) == sorted(wanted)
    for query in ("town=000000", "part=99", "part=x"):
        assert client.get(f"{plan.get_absolute_url()}papers/sheets.pdf?{query}").status_code == 404


@pytest.mark.slow
def test_reckoning_and_adopting_on_the_page(
    in_region, secretariat, partner, viewer, client_as, places
) -> None:
    saved = scenario(secretariat, in_region)
    at = f"{BASE}{saved.slug}/"
    assert client_as(partner).post(f"{at}reckon/").status_code == 403
    client = client_as(secretariat)
    answer = client.post(f"{at}reckon/", follow=True)
    assert "順番待ち" in answer.content.decode()
    assert client.get(f"{at}1/", headers={"HX-Request": "true"}).status_code == 200
    assert client.get(f"{at}1/map.svg").status_code == 404
    client.post(f"{at}1/cancel/")
    assert "取り消しました" in client.get(f"{at}1/").content.decode()
    plan = planned(secretariat, in_region, saved)
    assert client.get(f"{at}2/", headers={"HX-Request": "true"})["HX-Redirect"] == f"{at}2/"
    assert client_as(viewer).get(f"{at}2/").status_code == 200
    assert client_as(partner).post(f"{at}2/adopt/", {}).status_code == 403
    refused = client.post(f"{at}2/adopt/", {"adopted_on": "2026-02-01", "adopted_note": ""})
    assert refused.status_code == 422
    assert 'value="2026-02-01"' in refused.content.decode()
    typed = {"adopted_on": "2026-02-01", "adopted_note": "防災会議"}
    done = client.post(f"{at}2/adopt/", typed, follow=True)
    assert "計画（想定）・決定済み" in done.content.decode()
    assert client.post(f"{at}2/adopt/", typed | {"adopted_note": "再"}).status_code == 422
    plan.refresh_from_db()
    assert plan.adopted_note == "防災会議"


def test_person_km_of_both_tables_are_one_number_where_no_border_is_added(in_region, places) -> None:
    found = made(in_region, border_km=0, season="mild", undesignated=True)
    (aim,) = (each for each in found["aims"] if each["key"] == "person_km")
    assert found["person_km"] == pytest.approx(aim["plan"], abs=0.06)


def test_the_nearest_shelter_is_never_better_than_the_plan(in_region, places) -> None:
    found = made(in_region)
    assert found["nearest"]["over"] >= found["unplaced"]
    bounds = {each["key"]: (each["bound"], each["flow"], each["plan"]) for each in found["aims"]}
    assert bounds["unplaced"] == (30, 30, 30)
    for bound, flow, _ in bounds.values():
        assert bound <= flow + 1e-9


def test_a_space_closed_by_night_takes_nobody_then(in_region, secretariat, cast, places) -> None:
    own = cast.towns["川北町"]
    hall = SpaceDraft("会議室", "room", Decimal(100), heated=True, by_night=False)
    shelter(secretariat, in_region, own, "昼だけの会館（架空）", ("141.93", "43.25"), hall)
    assert reasons(made(in_region))["昼だけの会館（架空）"] == "この時間・季節に使えるスペースがありません"
    assert "昼だけの会館（架空）" not in reasons(made(in_region, at="day"))


def test_the_same_inputs_give_the_same_plan(in_region, places) -> None:
    first = gather(in_region, spec())
    assert reckon(first) == reckon(replace(first, sites=tuple(reversed(first.sites)))) | {
        "shelters": reckon(first)["shelters"]
    }
