"""Official statistics are fetched where somebody switched their table on, whole tables only, and asked for politely."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.models import LogEntry, User
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions, jobs, queries
from keniki.apps.evidence.actions import fetching
from keniki.apps.evidence.estat_client import Client
from keniki.apps.evidence.models import FetchedTable, FetchRun, Figure, RawFile
from keniki.apps.workflow import storage
from keniki.cli import database, main
from keniki.core.errors import WrongInput

from .test_estat_client import APP_ID, Reply, Server, page, refusal, server  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TABLE, OTHER = "0003445078", "0003445079"


@pytest.fixture
def asking(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:  # noqa: F811
    def client(told: Any) -> Client:
        return Client(APP_ID, base_url=server.address, attempts=1, interval=0, told=told)

    monkeypatch.setattr(fetching, "client", client)
    monkeypatch.setattr(database, "prepare", lambda **_: None)
    return server


def keniki(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    code = main.main(["data", *arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


@pytest.fixture
def browser(operator, db, client_as):
    """The installation's administrator, logged in."""
    with verb(operator, "testing.operator", quiet=True):
        return client_as(Actor(user=User.objects.create(login="kanri", name="管理 太郎", is_operator=True)))


def test_nothing_is_asked_for_until_a_table_is_switched_on(operator, asking, capsys) -> None:
    asking.replies = [Reply(page(1, None))]
    code, done, said = keniki(capsys, "fetch")
    assert (code, done["tables"]) == (0, [])
    assert "--on SLUG" in said
    jobs.official_statistics(0)
    assert asking.asked == []
    assert list(actions.fetch_tables(operator, [FetchedTable(table=TABLE, title="x", active=False)])) == []
    assert asking.asked == []


def test_a_table_is_fetched_kept_as_it_came_and_says_what_came_of_it(operator, asking, capsys) -> None:
    first, second = page(1, 3), page(3, None)
    asking.replies = [Reply(first), Reply(second)]
    code, listed, _ = keniki(
        capsys, "sources", "--on", f"census:{TABLE}", "--narrow", "cdArea=01210,01209,01423"
    )
    census = next(row for row in listed["sources"] if row["slug"] == "census")
    assert (code, census["fetched"][0]["narrowed"]) == (0, "cdArea=01210,01209,01423")
    code, done, _ = keniki(capsys, "fetch")
    (told,) = done["tables"]
    assert (code, told["outcome"], told["stored"], told["quarantined"]) == (0, "new", 3, 0)
    assert done["credit"].startswith("このサービスは、政府統計総合窓口(e-Stat)のAPI機能")
    assert asking.asked[0]["cdArea"] == "01210,01209,01423"
    assert [storage.get(file.digest) for file in RawFile.objects.order_by("name")] == [first, second]
    assert queries.figures(["012106"], ["population"])[0].value == 1210


def test_the_same_answer_later_stores_nothing_and_another_one_stands_beside_it(
    operator, asking, capsys
) -> None:
    actions.switch_table(operator, TABLE, active=True, source="census")
    asking.replies = [Reply(page(1, None))]
    keniki(capsys, "fetch")
    later = page(1, None).replace(b"2026-04-01T09:00:00", b"2026-05-01T09:00:00")
    asking.replies = [Reply(later)]
    _, done, _ = keniki(capsys, "fetch", "--table", TABLE)
    assert (done["tables"][0]["outcome"], RawFile.objects.count(), Figure.objects.count()) == ("known", 1, 3)
    asking.replies = [Reply(page(1, None).replace(b'"$": "01210"', b'"$": "1211"'))]
    _, done, _ = keniki(capsys, "fetch", "--source", "census")
    assert (done["tables"][0]["outcome"], done["tables"][0]["stored"]) == ("new", 3)
    assert sorted(row.value for row in queries.figures(["012106"], ["population"])) == [1210, 1211]


def test_a_table_that_fails_is_told_at_the_end_and_the_others_are_stored(operator, asking, capsys) -> None:
    for table in (TABLE, OTHER):
        actions.switch_table(operator, table, active=True, source="census")
    asking.replies = [Reply(refusal(100, "アプリケーションIDが指定されていません。")), Reply(page(1, None))]
    code, told, said = keniki(capsys, "fetch")
    assert code == 2
    assert "アプリケーションIDが指定されていません" in told["error"]["message"]
    assert "ほかの1件は登録しました" in told["error"]["message"]
    assert APP_ID not in str(told) + said
    assert Figure.objects.count() == 3
    failed, stored = FetchedTable.objects.order_by("table")
    assert (failed.outcome, stored.outcome) == ("failed", "new")
    assert "アプリケーションID" in failed.said


def test_a_run_that_is_stopped_keeps_whole_tables_only(operator, asking, capsys, monkeypatch) -> None:
    for table in (TABLE, OTHER):
        actions.switch_table(operator, table, active=True, source="census")
    answers = iter([page(1, None), page(1, 3)])

    class Stopping(Client):
        def _fetch(self, address: str, name: str) -> bytes:
            if "startPosition=3" in address:
                raise KeyboardInterrupt
            return next(answers)

    monkeypatch.setattr(
        fetching, "client", lambda told: Stopping(APP_ID, base_url=asking.address, interval=0, told=told)
    )
    code, told, _ = keniki(capsys, "fetch")
    assert (code, told["error"]["message"]) == (130, "中断しました。")
    assert Figure.objects.count() == 3
    assert [row.outcome for row in FetchedTable.objects.order_by("table")] == ["new", ""]


def test_without_an_application_id_the_setting_is_named(operator, capsys, monkeypatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)
    actions.switch_table(operator, TABLE, active=True)
    code, told, _ = keniki(capsys, "fetch")
    assert code == 2
    assert "KENIKI_ESTAT_APP_ID" in told["error"]["message"]


def test_the_job_fetches_what_is_older_than_thirty_days_and_what_failed(operator, asking) -> None:
    actions.switch_table(operator, TABLE, active=True, source="census")
    asking.replies = [Reply(page(1, None))]
    jobs.official_statistics(0)
    jobs.official_statistics(0)
    assert len(asking.asked) == 1
    now = timezone.now()
    assert queries.tables_due(now + timedelta(days=29)) == []
    assert len(queries.tables_due(now + timedelta(days=31))) == 1
    assert "システム（自動） が 統計表" in LogEntry.objects.filter(verb="evidence.fetch").latest("pk").text
    actions.switch_table(operator, TABLE, active=False)
    assert queries.tables_due(now + timedelta(days=31)) == []


@pytest.mark.parametrize(
    ("table", "narrowed"),
    [("12345", ""), ("x" * 10, ""), (TABLE, "appId=1"), (TABLE, "cdArea=ab cd"), (TABLE, "x")],
)
def test_what_is_no_table_or_asks_for_something_else_is_refused(operator, table, narrowed) -> None:
    with pytest.raises(WrongInput):
        actions.switch_table(operator, table, active=True, narrowed=narrowed)
    assert not FetchedTable.objects.exists()


def test_only_the_operator_switches_and_everybody_sees_what_is_fetched(
    region, secretariat, operator, asking, client_as
) -> None:
    with pytest.raises(Denied):
        actions.switch_table(secretariat, TABLE, active=True)
    client = client_as(secretariat)
    url = reverse("evidence:sources")
    assert client.post(url, {"verb": "on", "table": TABLE, "source": "census"}).status_code == 403
    actions.switch_table(operator, TABLE, active=True, source="census", title="人口の表")
    asking.replies = [Reply(page(1, None))]
    list(actions.fetch_tables(operator, queries.tables()))
    shown = client.get(url).content.decode()
    assert "人口の表" in shown
    assert "新しい値を登録" in shown
    assert 'name="verb"' not in shown


def test_the_operator_switches_on_a_page_and_adds_a_table_of_its_own(region, browser) -> None:
    url = reverse("evidence:sources")
    assert (
        browser.post(url, {"verb": "on", "table": "0003454527", "source": "census_commuting"}).status_code
        == 302
    )
    row = FetchedTable.objects.get()
    assert (row.active, row.title) == (True, "国勢調査 従業地・通学地集計 通勤・通学の流動")
    assert browser.post(url, {"verb": "off", "pk": row.pk, "version": "1"}).status_code == 302
    assert not FetchedTable.objects.get().active
    wrong = browser.post(url, {"verb": "add", "table": "12", "title": "転入者", "narrowed": ""})
    assert wrong.status_code == 422
    page_ = wrong.content.decode()
    assert "統計表IDは数字10桁です" in page_
    assert 'value="転入者"' in page_
    assert (
        browser.post(url, {"verb": "add", "table": OTHER, "title": "転入者", "narrowed": ""}).status_code
        == 302
    )
    assert FetchedTable.objects.get(table=OTHER).title == "転入者"
    assert "転入者" in browser.get(url).content.decode()


def test_the_operator_fetches_now_follows_it_and_sees_what_it_brought(
    region, secretariat, operator, asking, browser, client_as, settings
) -> None:
    settings.ESTAT_APP_ID = APP_ID
    url = reverse("evidence:sources")
    assert "今すぐ取得する（" not in browser.get(url).content.decode()
    for table in (TABLE, OTHER):
        actions.switch_table(operator, table, active=True, source="census")
    assert client_as(secretariat).post(url, {"verb": "fetch"}).status_code == 403
    assert "今すぐ取得する（2表）" in browser.get(url).content.decode()
    started = browser.post(url, {"verb": "fetch"}).url
    assert browser.post(url, {"verb": "fetch"}).url == started
    run = FetchRun.objects.get()
    waiting = browser.get(started).content.decode()
    assert "順番を待っています" in waiting
    assert "取得を取り消す" in waiting
    asking.replies = [Reply(page(1, None)), Reply(refusal(100, "統計表がありません。"))]
    actions.run_fetch(run.pk)
    assert browser.get(started, headers={"HX-Request": "1"}).status_code == 204
    done = browser.get(started).content.decode()
    assert "新しい値 3件" in done
    assert "統計表がありません" in done
    run.refresh_from_db()
    assert (run.state, run.done_steps, [each["outcome"] for each in run.results]) == (
        "done",
        2,
        ["new", "failed"],
    )
    assert "取得を取り消す" not in client_as(secretariat).get(started).content.decode()


def test_a_fetch_is_cancelled_between_two_pages_and_keeps_whole_tables_only(
    operator, asking, browser, settings, monkeypatch
) -> None:
    settings.ESTAT_APP_ID = APP_ID
    for table in (TABLE, OTHER):
        actions.switch_table(operator, table, active=True, source="census")
    run = actions.start_fetch(operator, queries.tables())
    asking.replies = [Reply(page(1, None)), Reply(page(1, 3)), Reply(page(3, None))]
    whole = Client._fetch

    def impatient(self: Client, address: str, name: str) -> bytes:
        if "startPosition=3" not in address and Figure.objects.exists():
            url = reverse("evidence:cancel-fetch", args=[run.pk])
            assert browser.post(url).status_code == 302
        return whole(self, address, name)

    monkeypatch.setattr(Client, "_fetch", impatient)
    actions.run_fetch(run.pk)
    run.refresh_from_db()
    assert (run.state, [each["outcome"] for each in run.results]) == ("cancelled", ["new"])
    assert Figure.objects.count() == 3
    assert "取り消しました" in browser.get(reverse("evidence:fetch-run", args=[run.pk])).content.decode()
    again = actions.start_fetch(operator, queries.tables())
    assert again.pk != run.pk
    actions.cancel_fetch(operator, again)
    actions.run_fetch(again.pk)
    assert FetchRun.objects.get(pk=again.pk).state == "cancelled"
