"""Houses and surveys on their pages: registered, surveyed, judged, confirmed, decided on; seen by the town alone."""

from __future__ import annotations

import io
import re
from datetime import datetime
from uuid import uuid4
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scopes_disabled
from PIL import Image

from keniki.apps.accounts.models import LogEntry
from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident
from keniki.apps.disaster.models import (
    Cause,
    House,
    HouseSurvey,
    Incident,
    Mode,
    PersonalAccess,
    SurveyPhoto,
)
from keniki.apps.disaster.queries.states import state_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.workflow import storage

TOKYO = ZoneInfo("Asia/Tokyo")
HOUSE = {
    "address": "本町1丁目2番3号", "district": "本町", "owner": "山田花子", "household": "山田花子ほか2人",
    "phone": "0126-00-0000", "use": "residence", "structure": "wood", "storeys": "2", "detached": "on",
    "hazard": "flood", "struck_on": "2025-08-01", "team": "1班",
}  # fmt: skip


def opened(actor, region, mode=Mode.REAL, hazard=Cause.FLOOD, began=datetime(2025, 8, 1, 9, tzinfo=TOKYO)):
    return save_incident(actor, region, IncidentDraft(mode, "大雨（架空）", hazard, began))


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return opened(secretariat, in_region)


def at(incident: Incident, name: str, *more: object, code: str = KAWAKITA) -> str:
    return reverse(f"disaster:{name}", args=[incident.region.slug, incident.slug, code, *more])


def register(client, incident: Incident, **changed: str) -> int:
    answer = client.post(at(incident, "new-house"), HOUSE | changed)
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].rstrip("/").rsplit("/", 1)[1])


def survey(client, incident: Incident, number: int, query: str = "", **typed: str):
    data = {"uid": str(uuid4()), "surveyed_on": "2025-08-03", "assessors": "青木、井上"} | typed
    return client.post(at(incident, "new-house-survey", number) + query, data)


def last_survey() -> HouseSurvey:
    with scopes_disabled():
        return HouseSurvey.objects.order_by("-id")[0]


def decide(
    client, incident: Incident, number: int, which: int = 1, on: str = "2025-08-05", version: str = "1"
):
    with scopes_disabled():
        asked = HouseSurvey.objects.get(house__number=number, number=which).result["needs_confirmation"]
    data = {"by": "町長", "on": on, "version": version, "ticked": [each["rule"] for each in asked]}
    return client.post(at(incident, "decide-house", number, which), data)


@pytest.fixture
def officer(client, partner):
    client.force_login(partner.user)
    return client


@pytest.mark.slow
def test_a_house_goes_its_whole_way(officer, incident) -> None:
    number = register(officer, incident)
    answer = survey(officer, incident, number, external_force="yes", depths="0.75　0.82")
    assert answer.status_code == 302
    found = last_survey()
    assert (found.class_key, found.record["depths_above_floor_m"]) == ("middle_half", ["0.75", "0.82"])
    page = officer.get(at(incident, "house-survey", number, 1)).content.decode()
    assert "中規模半壊" in page
    assert "床上 0.75m ≧ 0.5m" in page
    refused = officer.post(
        at(incident, "decide-house", number, 1), {"by": "町長", "on": "2025-08-05", "version": "1"}
    )
    assert refused.status_code == 422
    assert "確認した調査だけ" in refused.content.decode()
    officer.post(at(incident, "confirm-house-survey", number, 1))
    assert decide(officer, incident, number).status_code == 302
    page = officer.get(at(incident, "houses")).content.decode()
    assert "山田花子ほか2人" in page
    assert "中規模半壊" in page


@pytest.mark.slow
def test_nobody_else_sees_that_there_are_houses(
    client, officer, incident, secretariat, other_partner
) -> None:
    number = register(officer, incident)
    for actor in (secretariat, other_partner):
        client.force_login(actor.user)
        for address in (at(incident, "houses"), at(incident, "house", number), at(incident, "houses-csv")):
            assert client.get(address).status_code == 404
    client.force_login(other_partner.user)
    assert client.get(at(incident, "house", number, code=HOSHINO)).status_code == 404
    towns = reverse("disaster:house-towns", args=[incident.region.slug, incident.slug])
    assert "山田" not in client.get(towns).content.decode()


@pytest.mark.slow
def test_every_look_is_written_down_and_no_log_names_anybody(officer, incident) -> None:
    number = register(officer, incident)
    officer.get(at(incident, "houses"))
    officer.get(at(incident, "house", number))
    officer.get(at(incident, "houses-csv"))
    officer.get(at(incident, "house-sheet", number, "docx"))
    with scopes_disabled():
        deeds = set(PersonalAccess.objects.values_list("deed", flat=True))
    assert {"list", "record", "export", "print"} <= deeds
    assert not any(word in each.text for each in LogEntry.objects.all() for word in ("山田", "1丁目"))


@pytest.mark.slow
def test_an_exercise_says_so_on_page_and_file(officer, in_region, secretariat) -> None:
    drill = opened(secretariat, in_region, Mode.EXERCISE)
    number = register(officer, drill)
    for name, more in (("houses", ()), ("house", (number,)), ("new-house-survey", (number,))):
        assert "この画面は訓練です" in officer.get(at(drill, name, *more)).content.decode()
    assert (
        "%E8%A8%93%E7%B7%B4"
        in officer.get(at(drill, "house-sheets", "pdf") + "?blank=2")["Content-Disposition"]
    )
    assert survey(officer, drill, number, external_force="no", depths="0.2").status_code == 302
    assert last_survey().result["mode"] == "exercise"


WORN = {
    "p_roof_IV": "50", "p_wall_III": "20", "p_wall_IV": "40", "p_foundation_perimeter_m": "30",
    "p_foundation_cracks": "5", "p_foundation_spalls": "2",
}  # fmt: skip


def test_the_published_example_is_weighted(officer, in_region, secretariat) -> None:
    quake = opened(
        secretariat, in_region, hazard=Cause.EARTHQUAKE, began=datetime(2022, 6, 1, 9, tzinfo=TOKYO)
    )
    number = register(officer, quake, hazard="earthquake", struck_on="2022-06-01")
    assert survey(officer, quake, number, surveyed_on="2022-06-03", **WORN).status_code == 302
    found = last_survey()
    assert (found.class_key, str(found.percent)) == ("middle_half", "37.958")
    page = officer.get(at(quake, "house-survey", number, 1)).content.decode()
    assert "損傷率 40％、×構成比 75％ ＝ 30％" in page


@pytest.mark.parametrize(
    ("struck", "force", "depth", "key"),
    [
        ("2018-08-01", "yes", "0.99", "half"), ("2018-08-01", "yes", "1.00", "major_half"),
        ("2021-08-01", "yes", "1.80", "total"), ("2021-08-01", "yes", "1.79", "major_half"),
        ("2021-08-01", "yes", "0.99", "middle_half"), ("2021-08-01", "yes", "0.49", "half"),
        ("2024-08-01", "no", "1.80", "major_half"), ("2024-08-01", "no", "1.79", "middle_half"),
        ("2024-08-01", "no", "0.99", "half"), ("2024-08-01", "no", "0.09", "quasi_half"),
        ("2024-08-01", "no", "0.0", "quasi_half"), ("2024-08-01", "no", "", "partial"),
    ],
)  # fmt: skip
def test_the_ladder_of_depths_by_the_rules_of_the_day(officer, incident, struck, force, depth, key) -> None:
    number = register(officer, incident, struck_on=struck)
    typed = {"depths": depth} if depth else {"below_floor": "on"}
    assert survey(officer, incident, number, external_force=force, **typed).status_code == 302
    assert last_survey().class_key == key


@pytest.mark.slow
def test_wrong_values_are_named_at_their_field_and_stay_typed(officer, incident) -> None:
    number = register(officer, incident, hazard="earthquake", struck_on="2024-01-01")
    answer = survey(officer, incident, number, p_wall_III="70", p_wall_IV="60")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "損傷の割合の合計が 130％" in page
    assert 'value="70"' in page
    answer = survey(officer, incident, number, tilt_0="3")
    assert "四隅の4つの値" in answer.content.decode()
    answer = survey(officer, incident, number)
    assert answer.status_code == 422
    answer = survey(officer, incident, number, p_wall_III="10", surveyed_on="2023-12-31")
    assert "被災した日" in answer.content.decode()


def test_sending_twice_stores_once(officer, incident) -> None:
    number = register(officer, incident)
    uid = str(uuid4())
    for _ in range(2):
        assert survey(officer, incident, number, uid=uid, external_force="yes", depths="1").status_code == 302
    with scopes_disabled():
        assert HouseSurvey.objects.count() == 1
    other = survey(officer, incident, number, uid=uid, external_force="yes", depths="2")
    assert other.status_code == 422
    assert "内容の違う調査" in other.content.decode()


def test_what_is_not_verified_is_confirmed_by_name_before_it_counts(officer, in_region, secretariat) -> None:
    quake = opened(
        secretariat, in_region, hazard=Cause.EARTHQUAKE, began=datetime(2026, 1, 10, 9, tzinfo=TOKYO)
    )
    number = register(officer, quake, hazard="earthquake", struck_on="2026-01-10")
    survey(officer, quake, number, surveyed_on="2026-01-12", **WORN)
    officer.post(at(quake, "confirm-house-survey", number, 1))
    asked = [each["rule"] for each in last_survey().result["needs_confirmation"]]
    assert asked
    said = {"by": "川北町長", "on": "2026-01-13", "version": "1"}
    refused = officer.post(at(quake, "decide-house", number, 1), said)
    assert refused.status_code == 422
    assert "確認していない事項" in refused.content.decode()
    assert officer.post(at(quake, "decide-house", number, 1), said | {"ticked": asked}).status_code == 302
    with scopes_disabled():
        house = House.objects.get()
    assert {each["by"] for each in house.confirmed} == {"川北町長"}


@pytest.mark.slow
def test_both_surveys_are_kept_and_the_town_decides_between_them(officer, in_region, secretariat) -> None:
    quake = opened(
        secretariat, in_region, hazard=Cause.EARTHQUAKE, began=datetime(2022, 6, 1, 9, tzinfo=TOKYO)
    )
    number = register(officer, quake, hazard="earthquake", struck_on="2022-06-01")
    survey(officer, quake, number, surveyed_on="2022-06-03", **WORN)
    survey(
        officer,
        quake,
        number,
        "?round=second",
        surveyed_on="2022-06-10",
        p_pillars_V="100",
        p_inner_wall_V="100",
        p_roof_V="100",
    )
    page = officer.get(at(quake, "house", number)).content.decode()
    assert "第1次調査（1回目）" in page
    assert "第2次調査（2回目）" in page
    assert "調査の比較" in page
    for each in (1, 2):
        officer.post(at(quake, "confirm-house-survey", number, each))
    day = "2022-06-12"
    assert decide(officer, quake, number, 1, day).status_code == 302
    assert decide(officer, quake, number, 2, day).status_code == 409
    assert decide(officer, quake, number, 2, day, "2").status_code == 302
    officer.post(at(quake, "withdraw-house-survey", number, 2), {"note": "誤り"})
    with scopes_disabled():
        house = House.objects.select_related("official").get()
        assert (house.official.number, house.official.state) == (2, "confirmed")
        assert HouseSurvey.objects.count() == 2


def picture() -> bytes:
    image = Image.new("RGB", (640, 480), "red")
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif.get_ifd(0x8825)[1] = "N"
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    return made.getvalue()


@pytest.mark.slow
def test_photos_lose_what_the_camera_wrote_and_are_the_towns_alone(
    officer, client, incident, other_partner, settings, tmp_path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    number = register(officer, incident)
    survey(officer, incident, number, external_force="yes", depths="1")
    address = at(incident, "add-survey-photo", number, 1)
    data = {"uid": str(uuid4()), "caption": "浸水の跡"}
    for _ in range(2):
        file = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
        assert officer.post(address, data | {"file": file}).status_code == 302
    with scopes_disabled():
        photo = SurveyPhoto.objects.get()
    kept = storage.get(photo.digest)
    assert b"secret" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()
    shown = at(incident, "survey-photo", number, photo.uid)
    assert officer.get(shown).content == kept
    assert "no-store" in officer.get(shown)["Cache-Control"]
    broken = officer.post(address, {"uid": str(uuid4()), "file": SimpleUploadedFile("a.jpg", b"no picture")})
    assert broken.status_code == 422
    assert "画像として読めません" in broken.content.decode()
    client.force_login(other_partner.user)
    assert client.get(shown).status_code == 404


def test_a_file_of_houses_is_taken_whole_or_not_at_all(officer, incident) -> None:
    head = "整理番号,地区・町字,所在地,所有者,構造,階数\r\n"

    def load(rows: str):
        file = SimpleUploadedFile("ie.csv", (head + rows).encode("cp932"), "text/csv")
        return officer.post(at(incident, "load-houses"), {"file": file})

    wrong = load("1,本町,本町1,山田,木造,2\r\n2,本町,,佐藤,木造,1\r\n")
    assert wrong.status_code == 422
    assert "3行目" in wrong.content.decode()
    with scopes_disabled():
        assert not House.objects.exists()
    rows = "1,本町,本町1,山田,木造,2\r\n,本町,本町2,佐藤,非木造,3\r\n"
    assert load(rows).status_code == 302
    assert load(rows.replace("本町1,", "本町1番,")).status_code == 302
    with scopes_disabled():
        found = list(House.objects.order_by("number"))
    assert [(each.number, each.sealed["address"], each.structure) for each in found] == [
        (1, "本町1番", "wood"),
        (2, "本町2", "non_wood"),
    ]
    assert load("x,本町,本町3,鈴木,木造,1\r\n").status_code == 422
    assert load(",本町,本町3,鈴木,石造り,1\r\n").status_code == 422


def test_a_loaded_file_comes_out_as_it_is_read_back(officer, incident) -> None:
    register(officer, incident)
    content = officer.get(at(incident, "houses-csv")).content
    file = SimpleUploadedFile("ie.csv", content, "text/csv")
    assert officer.post(at(incident, "load-houses"), {"file": file}).status_code == 302
    with scopes_disabled():
        assert House.objects.count() == 1


@pytest.mark.slow
def test_totals_go_onto_the_board_when_somebody_asks(officer, client, incident, secretariat) -> None:
    number = register(officer, incident)
    survey(officer, incident, number, external_force="yes", depths="0.75")
    officer.post(at(incident, "confirm-house-survey", number, 1))
    assert decide(officer, incident, number).status_code == 302
    page = officer.get(at(incident, "house-totals"))
    seen = page.context["seen"]
    assert officer.post(at(incident, "house-totals"), {"seen": seen}).status_code == 302
    state = state_of(incident, ("damage",))
    values = state.joined[f"damage:{KAWAKITA}"]
    assert {key: values.value(key) for key in ("houses.total", "houses.half", "houses.partial")} == {
        "houses.total": 0, "houses.half": 1, "houses.partial": 0,
    }  # fmt: skip
    again = officer.post(
        at(incident, "house-totals"), {"seen": officer.get(at(incident, "house-totals")).context["seen"]}
    )
    assert again.status_code == 422
    client.force_login(secretariat.user)
    towns = reverse("disaster:house-towns", args=[incident.region.slug, incident.slug])
    assert client.get(towns).status_code == 200


def test_a_building_nobody_lives_in_has_no_survey(officer, incident) -> None:
    number = register(officer, incident, use="other")
    assert officer.get(at(incident, "new-house-survey", number)).status_code == 404


@pytest.mark.slow
def test_the_list_asks_the_same_questions_whatever_its_size(
    officer, incident, django_assert_max_num_queries
) -> None:
    for place in range(12):
        register(officer, incident, address=f"本町{place}")
    officer.get(at(incident, "houses"))
    with django_assert_max_num_queries(45):
        assert officer.get(at(incident, "houses")).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_papers(officer, incident, form) -> None:
    number = register(officer, incident)
    survey(officer, incident, number, external_force="yes", depths="0.75")
    for address in (
        at(incident, "house-sheet", number, form), at(incident, "house-sheets", form),
        at(incident, "house-sheets", form) + "?blank=2&structure=non_wood&hazard=earthquake&round=second",
        at(incident, "survey-result", number, 1, form),
    ):  # fmt: skip
        answer = officer.get(address)
        assert answer.status_code == 200
        assert len(answer.content) > 5000
        assert "%E5%AE%9F%E7%81%BD%E5%AE%B3" in answer["Content-Disposition"]
    assert officer.get(at(incident, "house-sheets", form) + "?blank=9999").status_code == 404


@pytest.mark.slow
def test_many_sheets_come_in_parts_and_none_is_left_out(officer, incident, monkeypatch) -> None:
    for place in range(5):
        register(officer, incident, address=f"本町{place}")
    assert "?part=" not in officer.get(at(incident, "houses")).content.decode()
    monkeypatch.setattr("keniki.apps.disaster.views.housing.houses.SHEETS", 2)
    monkeypatch.setattr("keniki.apps.disaster.views.housing.papers.SHEETS", 2)
    shown = officer.get(at(incident, "houses")).content.decode()
    assert "決定前の家屋の調査票 5～5棟目（PDF）" in shown
    found = set()
    for address in re.findall(r'href="([^"]+sheets\.docx\?part=\d)"', shown):
        answer = officer.get(address)
        assert answer.status_code == 200
        with ZipFile(io.BytesIO(answer.content)) as file:
            words = file.read("word/document.xml").decode()
        found |= {place for place in range(5) if f"本町{place}" in words}
    assert found == set(range(5))
    for missing in ("4", "0", "x", "²"):
        assert officer.get(at(incident, "house-sheets", "pdf") + f"?part={missing}").status_code == 404


@pytest.mark.slow
def test_a_telephone_is_told_how_many_houses_it_could_not_take(officer, incident, monkeypatch) -> None:
    for place in range(3):
        register(officer, incident, address=f"本町{place}")
    taken = officer.get(at(incident, "survey-data")).json()
    assert (len(taken["houses"]), taken["left"]) == (3, 0)
    monkeypatch.setattr("keniki.apps.disaster.views.housing.field.MOST", 2)
    taken = officer.get(at(incident, "survey-data")).json()
    assert (len(taken["houses"]), taken["left"]) == (2, 1)


@pytest.mark.slow
def test_an_applicants_own_photographs_decide_slight_damage_only(
    officer, incident, settings, tmp_path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    number = register(officer, incident)
    form = officer.get(at(incident, "new-house-survey", number) + "?round=self").content.decode()
    assert "申請者の写真で、被害が軽微と確かめた" in form
    typed = {"external_force": "no", "below_floor": "on", "photos": "on"}
    refused = survey(officer, incident, number, "?round=self", **typed)
    assert refused.status_code == 422
    assert 'id="id_agreed_error"' in refused.content.decode()
    deep = survey(
        officer, incident, number, "?round=self", external_force="no", depths="0.2", photos="on", agreed="on"
    )
    assert deep.status_code == 422
    assert "床上浸水は自己判定方式では判定できません" in deep.content.decode()
    assert survey(officer, incident, number, "?round=self", **typed, agreed="on").status_code == 302
    found = last_survey()
    assert (found.class_key, found.result["survey_name"], str(found)) == (
        "partial", "自己判定方式", "自己判定方式（1回目）",
    )  # fmt: skip
    officer.post(at(incident, "confirm-house-survey", number, 1))
    without = decide(officer, incident, number)
    assert without.status_code == 422
    assert "写真を追加してから決定してください" in without.content.decode()
    file = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
    officer.post(at(incident, "add-survey-photo", number, 1), {"uid": str(uuid4()), "file": file})
    assert decide(officer, incident, number).status_code == 302
    assert officer.get(at(incident, "house-sheet", number, "pdf") + "?round=self").status_code == 404


@pytest.mark.slow
def test_the_corner_houses_of_an_area_decide_for_a_house_in_it(officer, incident) -> None:
    number = register(officer, incident)
    few = survey(officer, incident, number, external_force="yes", area_corners="1.9　2　2.1")
    assert few.status_code == 422
    assert "四隅の4つの値が要ります" in few.content.decode()
    low = survey(officer, incident, number, external_force="yes", area_corners="1.9　2　2.1 1.7")
    assert low.status_code == 422
    assert "1.8m 以上のときだけ一括して判定できます" in low.content.decode()
    assert (
        survey(officer, incident, number, external_force="yes", area_corners="1.9、2、2.1、1.8").status_code
        == 302
    )
    assert (last_survey().class_key, last_survey().result["method"]) == ("total", "area_sampling")
    assert (
        "area_corners"
        not in officer.get(at(incident, "new-house-survey", number) + "?round=second").content.decode()
    )
