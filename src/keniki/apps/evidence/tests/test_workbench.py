"""The pages of forecasts: sliders answered at once, saved, reckoned, read, compared; nothing of another region."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_scopes import scopes_disabled

from keniki.apps.evidence import actions
from keniki.apps.evidence.actions import forecast_runs
from keniki.apps.evidence.importers import ipss, tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.models import Forecast, ForecastResult, ForecastRun
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions.queries import operator

from .country import load_censuses

pytestmark = pytest.mark.django_db
TOWNS = (AOBA, KAWAKITA, HOSHINO)
STATE = {"place": list(TOWNS), "base": "census2020", "model": "net", "until": "2035"}


@pytest.fixture
def country(cast):
    load_censuses(TOWNS)
    return cast


@pytest.fixture
def office(country, secretariat, client_as):
    """The secretariat's browser in a country with censuses."""
    return client_as(secretariat)


def at(name: str, *parts: object, region: str = "aoba", **query: Any) -> str:
    found = reverse(f"evidence:{name}", args=[region, *parts])
    return f"{found}?{urlencode(query, doseq=True)}" if query else found


def save(client: Any, title: str, draws: int = 20, **state: Any) -> Forecast:
    """Saved on the page and reckoned; the forecast."""
    said = {"title": title, "draws": draws, "seed": 1, "state": urlencode({**STATE, **state}, doseq=True)}
    answer = client.post(at("workbench"), said)
    assert answer.status_code == 302, answer.content.decode()
    run = stored(ForecastRun, pk=re.search(r"runs/(\d+)/", answer["Location"]).group(1))
    actions.run_forecast(run.pk)
    return stored(Forecast, title=title)


def move(client: Any, **state: Any) -> Any:
    """The pictures as the page asks for them."""
    return client.get(at("workbench-live", **state), headers={"HX-Request": "true"})


def stored(model: Any, **wanted: Any) -> Any:
    """A record of any region."""
    with scopes_disabled():
        return model.objects.select_related("region").get(**wanted)


def shown(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def test_without_censuses_the_pages_say_what_to_load(cast, client_as, partner) -> None:
    client = client_as(partner)
    assert "推計の元になる国勢調査がありません" in shown(client.get(at("futures")))
    answer = client.get(at("workbench"))
    assert answer.status_code == 200
    assert "推計の元になる国勢調査がありません" in shown(answer)


@pytest.mark.slow
def test_members_that_the_census_lacks_are_named_and_the_others_forecast(cast, client_as, partner) -> None:
    load_censuses((AOBA, KAWAKITA))
    page = client_as(partner).get(at("workbench"))
    assert page.status_code == 200
    assert "星野町は、読み込んだ最新の国勢調査にありません" in shown(page)
    assert [place.name for place in page.context["form"].wanted.places] == ["青葉市", "川北町"]


@pytest.mark.slow
def test_a_region_without_a_census_of_its_own_may_look_at_others(cast, client_as, neighbour) -> None:
    load_censuses((AOBA,))
    client = client_as(neighbour)
    page = client.get(at("workbench", region="konan"))
    assert page.status_code == 200
    assert "団体コードを入力してください" in shown(page)
    other = client.get(at("workbench", region="konan", others=AOBA))
    assert "2050年の総人口は" in shown(other)


@pytest.mark.slow
def test_moving_a_slider_changes_pyramid_curves_and_table_and_the_address(office) -> None:
    first = office.get(at("workbench"))
    assert first.status_code == 200
    assert "変更しない推計との差" not in shown(first)
    moved = move(office, **STATE, young=50, fertility=130)
    page = moved.content.decode()
    assert moved.status_code == 200
    assert 'id="pyramid-title"' in page
    assert page.count("<polyline") == 10
    assert "変更しない推計との差 ＋" in shown(moved)
    assert re.search(r"2025年 \d\.\d\d → 2035年 \d\.\d\d", page)
    state = moved["HX-Replace-Url"]
    again = office.get(state)
    assert moved.context["picture"].rows == again.context["picture"].rows
    assert moved.context["picture"].rows[-1].total in shown(again)
    assert 'style="' not in page


@pytest.mark.slow
def test_what_cannot_be_is_said_at_its_field_and_the_picture_stays(office) -> None:
    wrong = move(office, **STATE, fertility=301)
    assert wrong.status_code == 422
    assert wrong["HX-Reswap"] == "none"
    assert wrong.context["form"].errors.keys() == {"fertility"}
    assert "<svg" not in wrong.content.decode()
    late = office.get(at("workbench", **STATE, since=2040))
    assert late.status_code == 422
    assert "2020年より後、2035年以前の年にしてください" in shown(late)
    none = office.get(at("workbench", **{**STATE, "place": []}))
    assert "構成市町村のすべて（3）" in shown(none)
    pool = office.get(at("workbench", **{**STATE, "model": "pool"}))
    assert pool.status_code == 422
    assert "純移動率モデル（net）を使ってください" in shown(pool)


@pytest.mark.slow
@pytest.mark.parametrize(
    "value", ["9" * 400, "NaN", "-1", "1e999", "\0", "²", "inf", "9999-12-31", "%ED%A0%80", "あ" * 3000]
)
def test_no_address_breaks_the_workbench(office, value) -> None:
    for name in (
        "fertility",
        "young",
        "moving_in",
        "infants",
        "until",
        "base",
        "model",
        "others",
        "place",
        "by",
    ):
        answer = move(office, **{**STATE, name: value})
        assert answer.status_code in (400, 422), (name, value)
    assert office.get(at("workbench", after=value)).status_code in (200, 400, 422)
    posted = office.post(at("workbench"), {"title": "x", "draws": value, "seed": value, "state": value})
    assert posted.status_code in (400, 422)


@pytest.mark.slow
def test_other_municipalities_can_be_forecast(office) -> None:
    answer = move(office, **{**STATE, "place": []}, others="02201,022021")
    assert answer.status_code == 200
    saved = save(office, "県外", place=[], others="02201")
    assert saved.places == ["022012"]
    page = office.get(saved.get_absolute_url() + "?part=places")
    assert "この図表はありません" in shown(page)
    again = office.get(at("forecast", saved.pk)).context["again"]
    assert QueryDict(again)["others"] == "022012"


@pytest.mark.slow
def test_a_saved_forecast_is_reckoned_shown_and_made_again_with_other_sliders(office) -> None:
    saved = save(office, "若者が半分残る", young=50, moving_in=2, into=KAWAKITA, pupils=1)
    page = office.get(saved.get_absolute_url())
    text = shown(page)
    assert "15～29歳の移動を50％にする" in text
    assert "過去の国勢調査での検証" in text
    assert "国勢調査" in text
    assert [each.id for each in page.context["exhibits"]] == ["future_total"]
    for part in ("ages", "places", "causes", "demands", "checks"):
        assert office.get(f"{saved.get_absolute_url()}?part={part}").context["exhibits"], part
    town = office.get(f"{saved.get_absolute_url()}?place={KAWAKITA}")
    assert "川北町" in town.context["exhibits"][0].title
    assert office.get(f"{saved.get_absolute_url()}?place=022012").status_code == 404
    again = office.get(f"{at('workbench')}?{page.context['again']}")
    assert again.status_code == 200
    assert again.context["form"].wanted.changes == tuple(saved.changes)


@pytest.mark.slow
def test_charts_and_tables_of_a_forecast_are_taken_away(office) -> None:
    saved = save(office, "今のまま")
    svg = office.get(at("forecast-file", saved.pk, "future_total", 1, "svg"))
    assert svg["Content-Type"] == "image/svg+xml"
    rows = office.get(at("forecast-file", saved.pk, "future_total", 1, "csv", place=HOSHINO))
    table = list(csv.reader(io.StringIO(rows.content.decode("utf-8-sig"))))
    assert [row[0] for row in table[-3:]] == ["2025年", "2030年", "2035年"]
    book = office.get(at("forecast-file", saved.pk, "future_groups", 1, "xlsx"))
    assert book.content == office.get(at("forecast-file", saved.pk, "future_groups", 1, "xlsx")).content
    for wrong in (("nothing", 1, "svg"), ("future_total", 9, "svg"), ("future_total", 1, "exe")):
        assert office.get(at("forecast-file", saved.pk, *wrong)).status_code == 404


@pytest.mark.slow
def test_a_scenario_goes_out_as_a_file_and_comes_in_again(office) -> None:
    saved = save(office, "出生が上がる", fertility=140)
    answer = office.get(at("forecast-scenario", saved.pk))
    content = yaml.safe_load(answer.content)
    assert content["changes"] == [{"kind": "fertility", "factor": {2020: 1.0, 2035: 1.4}}]
    content |= {"name": "出生率2.0", "changes": [{"kind": "fertility", "tfr": {2035: 2.0}}]}
    given = yaml.safe_dump(content, allow_unicode=True).encode()
    state = urlencode(STATE, doseq=True)
    done = office.post(
        at("forecast-upload"), {"state": state, "scenario": SimpleUploadedFile("s.yaml", given)}
    )
    assert done.status_code == 302
    brought = stored(Forecast, title="出生率2.0")
    assert brought.changes == [{"kind": "fertility", "tfr": {"2035": 2.0}}]
    page = office.get(at("forecast", brought.pk))
    assert QueryDict(page.context["again"])["after"] == str(brought.pk)
    chained = office.get(f"{at('workbench')}?{page.context['again']}&mortality=90")
    assert "保存した推計の条件に重ねます" in shown(chained)
    assert [each["kind"] for each in chained.context["form"].wanted.changes] == ["fertility", "survival"]
    for wrong, words in (
        (b"name: x\nchanges: [{kind: magic}]", "kind は closed"),
        (b"\xff\xfe", "UTF-8"),
        (b"a: [", "YAML"),
        (b"[" * 20_000, "入れ子が深すぎ"),
        (b'name: "a\\0b"', "文字として成り立たない部分"),
        (b"name: x\nchanges: [{kind: fertility, tfr: {2040: .inf}}]", "大きすぎます"),
        (given, "同じ名称|同じ条件"),
    ):
        refused = office.post(
            at("forecast-upload"), {"state": state, "scenario": SimpleUploadedFile("s.yaml", wrong)}
        )
        assert refused.status_code == 422
        assert re.search(words, shown(refused)), words


@pytest.mark.slow
def test_progress_is_followed_and_cancelled(office, monkeypatch) -> None:
    said = {"title": "途中", "draws": 20, "seed": 1, "state": urlencode(STATE, doseq=True)}
    run = office.post(at("workbench"), said)["Location"]
    assert "順番を待っています" in shown(office.get(run))
    assert office.get(run, headers={"HX-Request": "true"}).status_code == 200
    pk = re.search(r"runs/(\d+)/", run).group(1)
    office.post(at("cancel-forecast", pk))
    assert "取り消しました" in shown(office.get(run))
    polled = office.get(run, headers={"HX-Request": "true"})
    assert (polled.status_code, polled["HX-Redirect"]) == (204, run)
    saved = stored(Forecast, title="途中")
    assert "結果がありません" in shown(office.get(saved.get_absolute_url()))
    again = office.post(at("forecast-do", saved.pk, "reckon"))["Location"]
    actions.run_forecast(int(re.search(r"runs/(\d+)/", again).group(1)))
    assert office.get(again)["Location"] == saved.get_absolute_url()
    once_more = office.post(at("forecast-do", saved.pk, "reckon"))["Location"]
    actions.run_forecast(int(re.search(r"runs/(\d+)/", once_more).group(1)))
    assert forecast_runs.SAME_RESULT in shown(office.get(once_more, follow=True))


@pytest.mark.slow
def test_forecasts_are_compared_with_what_they_differ_in(office) -> None:
    first, second = save(office, "今のまま"), save(office, "移動なし", closed="on")
    page = office.get(at("compare-futures", forecast=[first.pk, second.pk]))
    assert page.status_code == 200
    differing = {head for head, _, differ in page.context["differences"] if differ}
    assert differing == {"仮定"}
    assert "転入と転出がないものとする" in shown(page)
    assert "今のまま" in shown(page)
    made = page.context["exhibits"][0].id
    query = {"forecast": [first.pk, second.pk]}
    assert office.get(at("compared-file", made, 1, "svg", **query)).status_code == 200
    assert office.get(at("compared-file", made, 1, "csv", **query)).status_code == 200
    assert office.get(at("compare-futures", forecast=first.pk)).status_code == 422
    assert office.get(at("compare-futures", forecast=[first.pk, 999])).status_code == 404
    assert office.get(at("compare-futures", forecast="9" * 50)).status_code == 404


@pytest.mark.slow
def test_who_looks_but_does_not_write_plays_but_does_not_save(country, viewer, client_as) -> None:
    client = client_as(viewer)
    page = client.get(at("workbench", **STATE, young=50))
    assert page.status_code == 200
    assert "保存して計算する" not in shown(page)
    said = {"title": "x", "draws": 0, "seed": 1, "state": urlencode(STATE, doseq=True)}
    assert client.post(at("workbench"), said).status_code == 403


@pytest.mark.slow
def test_another_region_sees_none_of_it(office, neighbour, client_as) -> None:
    saved = save(office, "今のまま")
    run = stored(ForecastRun, forecast=saved)
    client = client_as(neighbour)
    pages = [("forecast", saved.pk), ("forecast-run", run.pk), ("forecast-scenario", saved.pk)]
    pages += [("forecast-edit", saved.pk), ("forecast-file", saved.pk, "future_total", 1, "svg")]
    for name, *parts in pages:
        assert client.get(at(name, *parts)).status_code == 404
        assert client.get(at(name, *parts, region="konan")).status_code == 404, name
    assert client.get(at("workbench", region="konan", after=saved.pk)).status_code == 404
    assert client.post(at("forecast-do", saved.pk, "remove", region="konan")).status_code == 404
    assert stored(ForecastResult, forecast=saved.pk)


@pytest.mark.slow
def test_title_and_note_are_changed_and_the_second_writer_is_told(
    office, partner, country, client_as
) -> None:
    saved = save(office, "今のまま")
    edit = at("forecast-edit", saved.pk)
    assert client_as(partner).get(edit).status_code == 403
    assert office.post(edit, {"title": "基本", "note": "協議会", "version": 1}).status_code == 302
    assert office.post(edit, {"title": "別", "note": "", "version": 1}).status_code == 409
    assert office.post(at("forecast-do", saved.pk, "show"), {"version": 1}).status_code == 409
    assert office.post(at("forecast-do", saved.pk, "show"), {"version": 2}).status_code == 302
    refused = office.post(at("forecast-do", saved.pk, "remove"), {"version": 3})
    assert refused.status_code == 422
    assert "掲載をやめてから" in shown(refused)
    assert office.post(at("forecast-do", saved.pk, "nothing")).status_code == 404


@pytest.mark.slow
def test_the_list_asks_as_often_for_many_as_for_one(office) -> None:
    save(office, "推計1", draws=0)
    office.get(at("futures"))
    with CaptureQueriesContext(connection) as one:
        office.get(at("futures"))
    for number in range(2, 5):
        save(office, f"推計{number}", draws=0, young=100 - 10 * number)
    office.get(at("futures"))
    with CaptureQueriesContext(connection) as four:
        page = office.get(at("futures"))
    assert shown(page).count("推計") > 4
    assert len(four) == len(one)


@pytest.mark.slow
def test_a_projection_that_was_published_can_be_followed(office, country) -> None:
    rows = ["municipality_code,indicator,year,value,unit"]
    for number, code in enumerate(TOWNS):
        for year in (2025, 2030, 2035):
            rows += [
                f"{code},projected_population_{ages},{year},{900 + number},persons"
                for ages in ("0_14", "15_64", "65_plus")
            ]
    actions.import_figures(operator(), [tidy.READER.read(RawBytes("official.csv", "\n".join(rows).encode()))])
    page = office.get(at("workbench"))
    (value,) = [value for value, _ in page.context["form"].fields["model"].choices if ":" in value]
    moved = move(office, **{**STATE, "model": value})
    assert moved.status_code == 200
    assert moved.context["picture"].rows[-1].total == "8,109"
    pressed = move(office, **{**STATE, "model": value}, young=0)
    assert pressed.context["picture"].rows[-1].total == "8,109"
    assert "補正する総数は変わらない" in shown(pressed)
    saved = save(office, "公表推計", model=value)
    assert saved.published
    assert "公表推計の再現" in shown(office.get(saved.get_absolute_url()))


@pytest.mark.slow
def test_the_published_future_of_nine_real_towns_is_met_and_their_own_is_beside_it(
    cast, secretariat, client_as, test_data
) -> None:
    codes = ("01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430")
    for kind in ("pd", "pp"):
        paths = [
            path for code in codes for path in (test_data / "ipss_h30").glob(f"City[MF]/{kind}{code}.json")
        ]
        files = [RawBytes(path.name, path.read_bytes(), path.parent.name) for path in sorted(paths)]
        actions.import_figures(operator(), [ipss.READER.read(file) for file in files])
    client = client_as(secretariat)
    state = {"others": ",".join(codes), "base": "census2015", "until": "2040"}
    published = move(client, **state, model="published:ipss_h30")
    assert published.status_code == 200, published.context["form"].errors
    rows = published.context["picture"].rows
    assert [row.year for row in rows] == [2015, 2020, 2025, 2030, 2035, 2040]
    assert rows[-1].total == "96,651"
    changed = move(client, **state, model="net", young=0, closed="on")
    assert changed.context["picture"].rows[-1].difference != "0"
    saved = save(client, "南空知", draws=100, place=[], model="net", **{**state, "until": "2025"})
    page = client.get(saved.get_absolute_url())
    assert "過去の国勢調査での検証" in shown(page)
    assert page.context["result"].total[0] == pytest.approx(166_691, abs=1)
