"""The scale of the yearly evaluations: chosen by the secretariat, from a fiscal year on."""

import pytest

from keniki.apps.compacts.models import Evaluation

from .test_plan_pages import at

GRADES = {
    "grades-TOTAL_FORMS": "4",
    "grades-INITIAL_FORMS": "0",
    "grades-0-mark": "◎",
    "grades-0-label": "大きく進んだ",
    "grades-1-mark": "○",
    "grades-1-label": "進んだ",
    "grades-2-mark": "△",
    "grades-2-label": "進まなかった",
}
NO_GRADES = {"grades-TOTAL_FORMS": "4", "grades-INITIAL_FORMS": "0"}


@pytest.mark.slow
def test_the_region_writes_its_own_scale_and_given_evaluations_keep_theirs(
    client_as, secretariat, partner, in_region, towns
):
    client = client_as(secretariat)
    own = at("evaluate", 2023, "bousai", towns["川北町"].code)
    assert client_as(partner).post(own, {"grade": "B", "comment": ""}).status_code == 302
    scale = at("evaluation-scale")
    given = {"first_year": "令和5年度", "scale": "own", "name": "3段階", **GRADES}
    assert client.post(scale, given).status_code == 302
    page = client.get(at("evaluations-year", 2023)).content.decode()
    assert "◎ 大きく進んだ" in page
    assert "（別の尺度）" in page
    row = Evaluation.objects.get()
    assert (row.scale, row.grade) == ("default", "B")
    centre = at("evaluate", 2023, "bousai", towns["青葉市"].code)
    assert client.post(centre, {"grade": "B", "comment": ""}).status_code == 422
    assert client.post(centre, {"grade": "○", "comment": ""}).status_code == 302
    assert Evaluation.objects.get(municipality=towns["青葉市"]).scale == "own_1"
    assert client_as(partner).post(own, {"version": "1", "grade": "A", "comment": ""}).status_code == 302
    assert Evaluation.objects.get(municipality=towns["川北町"]).scale == "default"


@pytest.mark.slow
def test_a_scale_of_the_rulebook_is_used_from_its_year_on(client_as, secretariat, in_region, towns):
    client = client_as(secretariat)
    given = {"first_year": "令和6年度", "scale": "chiho_sosei", **NO_GRADES}
    assert client.post(at("evaluation-scale"), given).status_code == 302
    assert "4段階（Keniki の初期設定）" in client.get(at("evaluations-year", 2023)).content.decode()
    page = client.get(at("evaluations-year", 2024)).content.decode()
    assert "地方創生関係交付金の4段階" in page
    assert "considerable" not in page
    client.post(at("evaluate", 2024, "bousai", towns["青葉市"].code), {"grade": "effective", "comment": ""})
    assert (
        "効果があった（開始前より改善）</span>" in client.get(at("evaluations-year", 2024)).content.decode()
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "名称を入力してください"),
        ({"grades-1-mark": "◎"}, "同じ記号"),
        ({"grades-1-label": ""}, "両方入力"),
        ({**NO_GRADES, "grades-0-mark": "", "grades-0-label": ""}, "2つ以上"),
        ({"first_year": "いつか"}, "年度"),
    ],
)
def test_a_scale_that_cannot_be_used_is_refused_with_what_to_do(client_as, secretariat, changes, words):
    given = {"first_year": "令和6年度", "scale": "own", "name": "3段階", **GRADES, **changes}
    if "grades-0-label" in changes:
        given = {
            key: value for key, value in given.items() if not key.startswith("grades-1") and key[7:8] != "2"
        }
    answer = client_as(secretariat).post(at("evaluation-scale"), given)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_only_the_secretariat_chooses_the_scale(client_as, partner):
    assert client_as(partner).get(at("evaluation-scale")).status_code == 403
