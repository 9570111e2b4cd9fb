"""The client of the e-Stat API against a server on this machine that answers as the API does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from keniki.apps.evidence.estat_client import Client, NotReached
from keniki.apps.evidence.importers import estat_api
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

APP_ID = "0123456789abcdef0123456789abcdef01234567"


def page(start: int, following: int | None, *, total: int = 3) -> bytes:
    counted: dict[str, Any] = {
        "TOTAL_NUMBER": total,
        "FROM_NUMBER": start,
        "TO_NUMBER": (following or total + 1) - 1,
    }
    if following is not None:
        counted["NEXT_KEY"] = following
    codes = ["01210", "01209", "01423"][start - 1 : (following or total + 1) - 1]
    values = [
        {"@tab": "020", "@area": code, "@time": "2020000000", "@unit": "人", "$": code} for code in codes
    ]
    names = {"01210": "岩見沢市", "01209": "夕張市", "01423": "南幌町"}
    axes = [
        {"@id": "tab", "@name": "表章項目", "CLASS": {"@code": "020", "@name": "人口", "@unit": "人"}},
        {
            "@id": "area",
            "@name": "地域",
            "CLASS": [{"@code": code, "@name": name} for code, name in names.items()],
        },
        {"@id": "time", "@name": "時間軸", "CLASS": {"@code": "2020000000", "@name": "2020年"}},
    ]
    return json.dumps(
        {
            "GET_STATS_DATA": {
                "RESULT": {
                    "STATUS": 0,
                    "ERROR_MSG": "正常に終了しました。",
                    "DATE": "2026-04-01T09:00:00.000+09:00",
                },
                "STATISTICAL_DATA": {
                    "RESULT_INF": counted,
                    "TABLE_INF": {"@id": "0003445078", "STAT_NAME": {"@code": "00200521", "$": "国勢調査"}},
                    "CLASS_INF": {"CLASS_OBJ": axes},
                    "DATA_INF": {"VALUE": values},
                },
            }
        },
        ensure_ascii=False,
    ).encode()


def refusal(status: int, message: str) -> bytes:
    return json.dumps({"GET_STATS_DATA": {"RESULT": {"STATUS": status, "ERROR_MSG": message}}}).encode()


@dataclass
class Reply:
    """What the server does with one request: `wait` seconds, then this status, body and headers."""

    body: bytes = b""
    status: int = 200
    wait: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class Server:
    """Plays replies in their order, the last one for ever; remembers what it was asked."""

    address: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def next(self, target: str) -> Reply:
        parts = urlsplit(target)
        self.paths.append(parts.path)
        self.asked.append({key: values[0] for key, values in parse_qs(parts.query).items()})
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = played.next(self.path)
            closing.wait(reply.wait)
            self.send_response(reply.status)
            for name, said in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, said)
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])

        def log_message(self, *_: object) -> None:
            pass

    closing = threading.Event()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played = Server(f"http://127.0.0.1:{listening.server_port}/rest/3.0/app/json/")
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield played
    closing.set()
    listening.shutdown()
    listening.server_close()
    thread.join()


class Clock:
    """A clock that goes on by what is slept, and a little with every look at it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        self.now += 0.01
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(server: Server, clock: Clock) -> Callable[..., Client]:
    def made(**more: Any) -> Client:
        settings = {"timeout": 5.0, "chance": lambda: 0.0, "clock": clock, "sleep": clock.sleep, **more}
        return Client(APP_ID, base_url=server.address, **settings)

    return made


def test_all_pages_are_fetched_and_kept_as_they_came(server: Server, client: Callable[..., Client]) -> None:
    first, second = page(1, 3), page(3, None)
    server.replies = [Reply(first), Reply(second)]
    heard: list[str] = []
    pages = client(page_size=2, told=heard.append).get_stats_data(
        "0003445078", {"cdArea": "01210,01209,01423"}
    )
    assert [file.content for file in pages] == [first, second]
    assert [file.name for file in pages] == ["estat_0003445078_1.json", "estat_0003445078_3.json"]
    assert [asked["startPosition"] for asked in server.asked] == ["1", "3"]
    assert server.paths == ["/rest/3.0/app/json/getStatsData"] * 2
    asked = server.asked[0]
    assert (asked["appId"], asked["statsDataId"], asked["limit"]) == (APP_ID, "0003445078", "2")
    assert (asked["cdArea"], asked["metaGetFlg"]) == ("01210,01209,01423", "Y")
    assert "2／3件" in heard[0]
    figures = [estat_api.read(file) for file in pages]
    assert [list(found.values) for found in figures] == [[1210.0, 1209.0], [1423.0]]
    assert figures[0].edition == figures[1].edition


def test_requests_are_a_second_apart(server: Server, client: Callable[..., Client], clock: Clock) -> None:
    server.replies = [Reply(page(1, 2)), Reply(page(2, 3)), Reply(page(3, None))]
    asking = client()
    began = clock.now
    asking.get_stats_data("0003445078")
    assert len(clock.slept) == 2
    assert all(0.8 < seconds <= 1.0 for seconds in clock.slept)
    asking.get_stats_data("0003445078")
    assert len(clock.slept) == 3
    assert clock.now - began >= 3.0


def test_a_busy_server_is_asked_again_after_growing_pauses(
    server: Server, client: Callable[..., Client], clock: Clock
) -> None:
    server.replies = [Reply(status=503), Reply(status=429), Reply(status=500), Reply(page(1, None))]
    heard: list[str] = []
    pages = client(told=heard.append).get_stats_data("0003445078")
    assert len(pages) == 1
    assert clock.slept == [2.0, 4.0, 8.0]
    assert ["HTTP 503" in heard[0], "HTTP 429" in heard[1], "HTTP 500" in heard[2]] == [True] * 3


def test_pauses_are_shortened_at_random_but_never_below_what_the_server_asks(
    server: Server, client: Callable[..., Client], clock: Clock
) -> None:
    server.replies = [
        Reply(status=503),
        Reply(status=503, headers={"Retry-After": "9"}),
        Reply(status=503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Reply(page(1, None)),
    ]
    client(chance=lambda: 1.0).get_stats_data("0003445078")
    assert clock.slept == [1.0, 9.0, 4.0]


def test_a_server_that_wants_a_long_rest_is_left_alone(
    server: Server, client: Callable[..., Client], clock: Clock
) -> None:
    server.replies = [Reply(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(NotReached, match="3600秒待つ"):
        client().get_stats_data("0003445078")
    assert clock.slept == []
    assert len(server.asked) == 1


def test_a_server_that_says_nothing_is_given_up_after_the_stated_number(
    server: Server, client: Callable[..., Client]
) -> None:
    server.replies = [Reply(page(1, None), wait=30)]
    began = time.monotonic()
    with pytest.raises(NotReached, match=r"2回試しました.*0\.2秒以内に答えがない") as wrong:
        client(timeout=0.2, attempts=2).get_stats_data("0003445078")
    assert time.monotonic() - began < 5
    assert len(server.asked) == 2
    assert APP_ID not in str(wrong.value)


def test_after_a_silence_the_next_answer_counts(server: Server, client: Callable[..., Client]) -> None:
    server.replies = [Reply(wait=30), Reply(page(1, None))]
    assert len(client(timeout=0.3).get_stats_data("0003445078")) == 1


def test_an_answer_cut_short_or_not_json_is_asked_for_again(
    server: Server, client: Callable[..., Client]
) -> None:
    whole = page(1, None)
    server.replies = [
        Reply(whole, cut=40),
        Reply(whole[:60]),
        Reply(b"<html>maintenance</html>"),
        Reply(whole),
    ]
    heard: list[str] = []
    pages = client(told=heard.append).get_stats_data("0003445078")
    assert pages[0].content == whole
    assert "途中で切れた" in heard[0]
    assert "JSONではない" in heard[1]


def test_drops_that_never_end_are_given_up(server: Server, client: Callable[..., Client]) -> None:
    server.replies = [Reply(page(1, None))]
    ticking = iter(range(0, 10_000, 100))
    with pytest.raises(NotReached, match="答えが終わらない"):
        client(clock=lambda: float(next(ticking)), attempts=1).get_stats_data("0003445078")


def test_nobody_there_is_told_as_such(clock: Clock) -> None:
    nowhere = Client(APP_ID, base_url="http://127.0.0.1:9/", attempts=2, clock=clock, sleep=clock.sleep)
    with pytest.raises(NotReached, match="接続できない"):
        nowhere.get_stats_data("0003445078")


def test_a_refusal_is_told_in_the_words_of_the_api_and_not_repeated(
    server: Server, client: Callable[..., Client]
) -> None:
    server.replies = [Reply(refusal(100, "認証に失敗しました。アプリケーションIDを確認して下さい。"))]
    with pytest.raises(
        WrongInput, match=r"認証に失敗しました。アプリケーションIDを確認して下さい。.*STATUS 100"
    ) as wrong:
        client().get_stats_data("0003445078")
    assert not isinstance(wrong.value, NotReached)
    assert len(server.asked) == 1
    assert APP_ID not in str(wrong.value)
    server.replies = [Reply(refusal(1, "正常に終了しましたが、該当データはありませんでした。"))]
    with pytest.raises(WrongInput, match="該当データはありませんでした"):
        client().get_stats_data("0003445078")


def test_a_wrong_request_is_not_repeated(server: Server, client: Callable[..., Client]) -> None:
    server.replies = [Reply(status=404)]
    with pytest.raises(WrongInput, match="HTTP 404"):
        client().get_stats_data("0003445078")
    assert len(server.asked) == 1


@pytest.mark.parametrize("following", [1, 0, -5])
def test_a_server_that_leads_in_a_circle_is_left(
    server: Server, client: Callable[..., Client], following: int
) -> None:
    server.replies = [
        Reply(page(1, None).replace(b'"FROM_NUMBER"', f'"NEXT_KEY": {following}, "FROM_NUMBER"'.encode()))
    ]
    with pytest.raises(WrongInput, match="NEXT_KEY"):
        client().get_stats_data("0003445078")
    assert len(server.asked) == 1


def test_without_an_application_id_nothing_is_asked() -> None:
    with pytest.raises(WrongInput, match="KENIKI_ESTAT_APP_ID"):
        Client(" ")
    for address in ("ftp://127.0.0.1/", "file:///etc/passwd", "https://"):
        with pytest.raises(WrongInput, match="https://"):
            Client(APP_ID, base_url=address)
