"""Editions loaded by mistake are withdrawn and put back; long lists come in pages; rows are left out together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.models import LogEntry, User
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions, queries
from keniki.apps.evidence.importers import flows, tidy
from keniki.apps.evidence.importers.base import RawBytes, Rejected
from keniki.apps.evidence.models import Edition, Figure, QuarantinedRow
from keniki.core.errors import WrongInput

from .test_store import SHEET, parsed, shown

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TEST_DATA = os.environ.get("KENIKI_TEST_DATA")


def at(name: str, *args: object, region: str = "aoba") -> str:
    return reverse(f"evidence:{name}", args=[region, *args])


@pytest.fixture
def browser(operator, client_as):
    """The installation's administrator, logged in."""
    with verb(operator, "testing.operator", quiet=True):
        user = User.objects.create(login="kanri", name="管理 太郎", is_operator=True)
    return client_as(Actor(user=user))


def test_a_withdrawn_edition_is_read_nowhere_stays_visible_and_can_be_put_back(
    region, operator, secretariat, browser, client_as, partner
) -> None:
    edition = actions.import_figures(operator, [parsed()]).edition
    text = "origin,destination,purpose,value,year\n019020,019011,commuting,5,2020\n"
    moved = actions.import_figures(operator, [flows.READER.read(RawBytes("flows.csv", text.encode()))])
    figure = queries.figures(["019011"], ["population"])[0]
    with pytest.raises(Denied), scope(region=region):
        actions.withdraw_edition(secretariat, edition, "誤り", region=region)
    url = at("withdraw", edition.pk)
    assert browser.post(url, {"reason": " "}).status_code == 422
    assert browser.post(url, {"reason": "別の県の表でした"}).status_code == 302
    actions.withdraw_edition(operator, moved.edition, "重複")
    assert shown("019011") == []
    assert queries.editions_with_flows("019011", ["commuting"]) == []
    assert "50,000" not in client_as(partner).get(at("evidence")).content.decode()
    assert Figure.objects.count() == 6
    page = client_as(partner).get(at("edition", edition.pk)).content.decode()
    assert "取り下げた版です" in page
    assert "別の県の表でした" in page
    assert "取り下げた版の値です" in client_as(partner).get(at("figure", figure.pk)).content.decode()
    assert (
        "取下げ（別の県の表でした）" in LogEntry.objects.filter(verb="evidence.withdraw").earliest("pk").text
    )
    with pytest.raises(WrongInput, match="先に取り下げました"):
        actions.withdraw_edition(operator, edition, "もう一度")
    with pytest.raises(WrongInput, match="取り下げられています"):
        actions.correct_figure(operator, queries.stored(figure), 1.0, "訂正")
    assert client_as(secretariat).post(at("restore", edition.pk)).status_code == 403
    assert browser.post(at("restore", edition.pk)).status_code == 302
    assert shown("019011") == [(50_000, "census-2020")]


def test_the_secretariat_withdraws_its_own_edition(region, secretariat, partner, client_as) -> None:
    with scope(region=region):
        own = actions.import_figures(secretariat, [parsed(edition="own")], region=region).edition
    assert client_as(partner).get(at("withdraw", own.pk)).status_code == 403
    answer = client_as(secretariat).post(at("withdraw", own.pk), {"reason": "試し"}, follow=True)
    assert "取り下げた版です" in answer.content.decode()
    with scope(region=region):
        assert queries.figures(["019011"], ["population"], region=region) == []


def test_what_comes_after_a_withdrawn_edition_is_another_one(operator) -> None:
    first = actions.import_figures(operator, [parsed()]).edition
    actions.withdraw_edition(operator, first, "誤り")
    with pytest.raises(WrongInput, match="取り下げた版「令和2年国勢調査 2-7-1」にあります"):
        actions.import_figures(operator, [parsed()])
    second = actions.import_figures(operator, [parsed(SHEET | {"川北町": (8_001, None)})]).edition
    more = actions.import_figures(operator, [parsed({"港南市": (9, 4)}, codes={"港南市": "019046"})]).edition
    assert second != first
    assert more == second
    assert shown("019020") == [(8_001, second.key)]


def test_a_file_read_again_says_what_was_kept_aside_before(operator) -> None:
    sheet = parsed(rejected=[Rejected(9, "総数", "数ではありません。", ["019046", "不明町", "あ"])])
    sheet.add(0, 0, 7.0, 9, 2)
    first = actions.import_figures(operator, [sheet])
    again = actions.import_figures(operator, [sheet])
    assert (first.stored, first.known, first.quarantined, first.aside_before) == (6, 0, 2, 0)
    assert (again.stored, again.known, again.quarantined, again.aside_before) == (0, 6, 0, 2)
    assert "前から保留 2件" in again.said


@pytest.fixture
def aside(operator) -> Edition:
    rejected = [
        Rejected(
            number,
            "総数",
            f"「{number}x」は数ではありません。" if number % 2 else "コードがありません。",
            [f"行{number}"],
        )
        for number in range(1, 251)
    ]
    return actions.import_figures(operator, [parsed(rejected=rejected)]).edition


def test_long_lists_come_in_pages_and_rows_are_left_out_together_with_one_reason(
    region, aside, browser, client_as, partner
) -> None:
    page = client_as(partner).get(at("edition", aside.pk)).content.decode()
    assert "250行のうち、最初の20行です" in page
    url = at("rows", aside.pk)
    last = client_as(partner).get(f"{url}?page=3").content.decode()
    assert "行250" in last
    assert client_as(partner).post(url, {"rows": "1:1", "reason": "x"}).status_code == 403
    assert sorted(queries.reasons_aside(aside)) == [
        ("「…」は数ではありません。", 125),
        ("コードがありません。", 125),
    ]
    assert queries.kept_aside(aside, reason="「…」は数ではありません。").count() == 125
    asked = f"{url}?reason=コードがありません。"
    found = browser.get(asked).content.decode()
    assert "125行" in found
    assert "行3<" not in found
    rows = list(QuarantinedRow.objects.order_by("row")[:3])
    chosen = [f"{row.pk}:{row.version}" for row in rows]
    refused = browser.post(url, {"rows": chosen, "reason": ""})
    assert refused.status_code == 422
    assert refused.content.decode().count(" checked") == 3
    assert browser.post(url, {"rows": [], "reason": "x"}).status_code == 422
    assert browser.post(url, {"rows": [f"{rows[0].pk}:7"], "reason": "x"}).status_code == 422
    assert browser.post(url, {"rows": chosen, "reason": "合計の行"}).status_code == 302
    assert {row.decision for row in QuarantinedRow.objects.filter(state="dropped")} == {"合計の行"}
    changed = browser.post(asked, {"everything": "125", "reason": "対象外"})
    assert changed.status_code == 422
    assert "124行に変わりました" in changed.content.decode()
    assert browser.post(asked, {"everything": "124", "reason": "対象外"}).status_code == 302
    assert QuarantinedRow.objects.filter(state="open").count() == 123
    assert (
        "124行を登録しないことに決定（対象外）"
        in LogEntry.objects.filter(verb="evidence.drop_rows").latest("pk").text
    )


def test_a_row_is_not_dropped_without_the_version_that_was_seen(region, aside, browser) -> None:
    row = QuarantinedRow.objects.first()
    assert browser.post(at("drop-row", row.pk), {}).status_code == 409
    assert browser.post(at("drop-row", row.pk), {"version": "1", "reason": "空の行"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.decision) == ("dropped", "空の行")


def test_the_originals_of_an_edition_come_in_pages_with_their_folder(region, operator, browser) -> None:
    files = []
    for number in range(120):
        one = parsed({"青葉市": (50_000.0, 26_000.0)}, name=f"f{number:03}.csv")
        one.file = RawBytes(one.file.name, str(number).encode(), "CityM")
        files.append(one)
    edition = actions.import_figures(operator, files).edition
    assert "すべての原本（120件）" in browser.get(at("edition", edition.pk)).content.decode()
    second = browser.get(at("originals", edition.pk) + "?page=2").content.decode()
    assert "f119.csv" in second
    assert "フォルダ CityM" in second
    assert "f010.csv" not in second


def test_a_figure_says_where_another_official_edition_says_something_else(region, operator, browser) -> None:
    actions.import_figures(operator, [parsed()])
    actions.import_figures(operator, [parsed(SHEET | {"川北町": (8_001, None)})])
    differing, same = (queries.figures([code], ["population"])[0] for code in ("019020", "019011"))
    assert "ほかの版と値が違います" in browser.get(at("figure", differing.pk)).content.decode()
    assert "ほかの版と値が違います" not in browser.get(at("figure", same.pk)).content.decode()


@pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")
def test_a_published_file_is_withdrawn_and_its_3631_figures_stay(operator) -> None:
    file = Path(f"{TEST_DATA}/day_night/day_night_2015.csv")
    done = actions.import_figures(operator, [tidy.READER.read(RawBytes(file.name, file.read_bytes()))])
    assert queries.figures(["012106"], ["day_night_ratio"])[0].value == 96.7
    actions.withdraw_edition(operator, done.edition, "別の年の表でした")
    assert queries.figures(["012106"], ["day_night_ratio"]) == []
    assert Figure.objects.count() == done.stored
    actions.restore_edition(operator, done.edition)
    assert queries.figures(["012106"], ["day_night_ratio"])[0].value == 96.7
