"""Public pages that are answered without Django: what is sent, what survives, what is never half."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from keniki.apps.accounts.snapshots import Snapshot, stamp
from keniki.site import snapshots
from keniki.site.headers import security_headers
from keniki.site.snapshots import answering, files

BOARD = "/disaster/board.json"
PAGE = "/disaster"


def made(
    text: str = "",
    address: str = BOARD,
    at: datetime | None = None,
    kind: str = "application/json",
    **more: Any,
) -> Snapshot:
    at = at or datetime.now(UTC)
    body = json.dumps({"generated_at": stamp(at), "text": text or "避難所" * 200}, ensure_ascii=False)
    return Snapshot(address, kind, body.encode(), at, **more)


class Visitor:
    """Asks an application as a web server would."""

    def __init__(self, folder: Path, look_seconds: float = 0.0) -> None:
        self.reached: list[str] = []
        plain, secure = security_headers()
        self.shelf = snapshots.Shelf(folder, plain, look_seconds)
        self.application = snapshots.before(self._django, self.shelf, secure)

    def _django(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.reached.append(environ["PATH_INFO"])
        start_response("200 OK", [("X-From", "django")])
        return [b"django"]

    def ask(
        self, address: str = BOARD, method: str = "GET", query: str = "", **headers: str
    ) -> tuple[str, dict[str, str], bytes]:
        environ: dict[str, Any] = {"PATH_INFO": address, "REQUEST_METHOD": method, "QUERY_STRING": query}
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        said: list[Any] = []
        body = b"".join(self.application(environ, lambda status, headers: said.extend((status, headers))))
        assert len({name for name, _ in said[1]}) == len(said[1])
        return said[0], dict(said[1]), body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def visitor(folder: Path) -> Visitor:
    return Visitor(folder)


def test_what_was_published_is_answered_without_django(visitor: Visitor, folder: Path) -> None:
    moment = datetime.now(UTC) - timedelta(seconds=42)
    snapshots.publish(folder, made(at=moment, mode="exercise"))
    status, headers, body = visitor.ask()
    assert status == "200 OK"
    assert json.loads(body)["generated_at"] == stamp(moment)
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(body))
    assert headers["Cache-Control"] == "public, max-age=2, stale-if-error=86400"
    assert headers["X-Keniki-Mode"] == "exercise"
    assert 42 <= int(headers["X-Keniki-Data-Age"]) <= 43
    assert headers["Last-Modified"].endswith("GMT")
    assert headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in headers
    assert visitor.reached == []


def test_the_age_of_the_data_grows_while_nothing_new_comes(
    visitor: Visitor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.publish(folder, made())
    visitor.ask()
    later = time.time() + 3600
    monkeypatch.setattr(answering.time, "time", lambda: later)
    _, headers, _ = visitor.ask()
    assert 3599 <= int(headers["X-Keniki-Data-Age"]) <= 3600
    tag = headers["ETag"]
    status, headers, _ = visitor.ask(if_none_match=tag)
    assert (status, int(headers["X-Keniki-Data-Age"]) >= 3599) == ("304 Not Modified", True)


def test_a_clock_that_was_set_back_gives_no_negative_age(visitor: Visitor, folder: Path) -> None:
    snapshots.publish(folder, made(at=datetime.now(UTC) + timedelta(hours=1)))
    assert visitor.ask()[1]["X-Keniki-Data-Age"] == "0"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("gzip;q=often", False),
    ],
)
def test_gzip_goes_to_those_who_read_it(visitor: Visitor, folder: Path, accepted: str, packed: bool) -> None:
    snapshots.publish(folder, made())
    plain = visitor.ask()
    _, headers, body = visitor.ask(accept_encoding=accepted)
    assert (headers.get("Content-Encoding") == "gzip") is packed
    assert (gzip.decompress(body) if packed else body) == plain[2]
    assert (headers["ETag"] != plain[1]["ETag"]) is packed
    assert headers["Content-Length"] == str(len(body))


def test_a_body_that_gets_no_shorter_is_not_packed(visitor: Visitor, folder: Path) -> None:
    snapshots.publish(folder, made("短"))
    assert "Content-Encoding" not in visitor.ask(accept_encoding="gzip")[1]


def test_who_has_the_present_state_is_told_so(visitor: Visitor, folder: Path) -> None:
    snapshots.publish(folder, made())
    tag = visitor.ask()[1]["ETag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        status, headers, body = visitor.ask(if_none_match=known)
        assert (status, body, headers["ETag"]) == ("304 Not Modified", b"", tag)
        assert "Content-Length" not in headers
        assert headers["Content-Security-Policy"]
    packed = visitor.ask(accept_encoding="gzip", if_none_match=tag)
    assert packed[0] == "200 OK"
    assert visitor.ask(accept_encoding="gzip", if_none_match=packed[1]["ETag"])[0] == "304 Not Modified"
    snapshots.publish(folder, made("新しい"))
    assert visitor.ask(if_none_match=tag)[0] == "200 OK"


def test_head_tells_the_same_without_the_body(visitor: Visitor, folder: Path) -> None:
    snapshots.publish(folder, made())
    _, headers, _ = visitor.ask()
    assert visitor.ask(method="HEAD") == ("200 OK", headers, b"")


@pytest.mark.parametrize(
    ("address", "method"),
    [
        (BOARD, "POST"),
        (BOARD, "OPTIONS"),
        ("/disaster/board.json/", "GET"),
        ("/disaster/../disaster/board.json", "GET"),
        ("//disaster/board.json", "GET"),
        ("/disaster/board.json\0", "GET"),
        ("/", "GET"),
        ("", "GET"),
    ],
)
def test_everything_else_is_djangos(visitor: Visitor, folder: Path, address: str, method: str) -> None:
    snapshots.publish(folder, made())
    assert visitor.ask(address, method)[2] == b"django"
    assert visitor.reached == [address]


def test_a_query_string_is_djangos_only_where_the_page_knows_its_names(
    visitor: Visitor, folder: Path
) -> None:
    snapshots.publish(folder, made(parameters=("town", "表示")))
    snapshots.publish(folder, made(address=PAGE))
    for query in ("fbclid=1", "t=1700000000", "&&", "=", "towns=1&x=town"):
        assert visitor.ask(query=query)[0] == "200 OK"
        assert visitor.reached == []
    for query in ("town=012106", "a=1&town", "a;town=1", "%74own=1", "%E8%A1%A8%E7%A4%BA=1"):
        assert visitor.ask(query=query)[2] == b"django"
    assert visitor.ask(PAGE, query="town=1")[1].get("X-From") is None


@pytest.mark.django_db
@pytest.mark.parametrize("https", [False, True])
def test_the_headers_for_safety_are_those_django_sends(https: bool, folder: Path) -> None:
    settings: dict[str, Any] = (
        {
            "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
            "SECURE_HSTS_SECONDS": 3600,
            "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        }
        if https
        else {"SECURE_PROXY_SSL_HEADER": None}
    )
    with override_settings(**settings):
        visitor = Visitor(folder)
        snapshots.publish(folder, made())
        for protocol in ("http", "https"):
            ours = visitor.ask(x_forwarded_proto=protocol)[1]
            theirs = Client().get("/healthz", headers={"X-Forwarded-Proto": protocol}).headers
            names = [name for name in theirs if name not in {"Content-Type", "Content-Length", "Vary"}]
            assert "Content-Security-Policy" in names
            assert ("Strict-Transport-Security" in names) is (https and protocol == "https")
            assert {name: ours.get(name) for name in names} == {name: theirs[name] for name in names}
            assert ours.get("Strict-Transport-Security") == theirs.get("Strict-Transport-Security")


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("disaster", {}),
        ("/a/../b", {}),
        ("/a?b", {}),
        ("/a b", {}),
        ("/a\n", {}),
        ("//a", {}),
        ("/%2e%2e/a", {}),
        ("/desk/", {}),
        ("/desk/aoba/disaster/", {}),
        ("/accounts/login/", {}),
        ("/healthz", {}),
        ("/static/a.js", {}),
        (PAGE, {"kind": "text/html\r\nSet-Cookie: a=b"}),
        (PAGE, {"mode": "drill"}),
    ],
)
def test_what_must_not_be_published_is_refused(folder: Path, address: str, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"address|content type|exercise"):
        snapshots.publish(folder, made(address=address, **more))
    assert not folder.exists()


def test_a_time_without_a_zone_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="no zone"):
        snapshots.publish(folder, Snapshot(BOARD, "application/json", b"{}", datetime(2026, 11, 23)))  # noqa: DTZ001


def test_a_body_that_does_not_say_when_it_was_made_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="does not say when"):
        snapshots.publish(folder, Snapshot(BOARD, "application/json", b"{}", datetime.now(UTC)))


def test_new_files_are_looked_for_seldom_and_not_by_every_request(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1000.0]
    monkeypatch.setattr(answering.time, "monotonic", lambda: moment[0])
    looks: list[Any] = []
    scandir = os.scandir
    monkeypatch.setattr(answering.os, "scandir", lambda path: looks.append(path) or scandir(path))
    visitor = Visitor(folder, look_seconds=0.25)
    snapshots.publish(folder, made("一"))
    moment[0] += 0.26
    for _ in range(1000):
        visitor.ask()
    assert len(looks) == 2
    snapshots.publish(folder, made("二"))
    assert "一" in visitor.ask()[2].decode()
    moment[0] += 0.26
    assert "二" in visitor.ask()[2].decode()
    assert len(looks) == 3


def test_a_new_file_that_looks_like_the_old_one_is_noticed(folder: Path, visitor: Visitor) -> None:
    at = datetime.now(UTC)
    snapshots.publish(folder, made("一", at=at))
    assert "一" in visitor.ask()[2].decode()
    path = folder / files.name_of(BOARD)
    before = path.stat()
    snapshots.publish(folder.with_name("elsewhere"), made("二", at=at))
    path.write_bytes((folder.with_name("elsewhere") / path.name).read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
    assert "二" in visitor.ask()[2].decode()


def test_a_process_that_starts_later_serves_what_stands_there(folder: Path) -> None:
    snapshots.publish(folder, made("前から"))
    assert "前から" in Visitor(folder).ask()[2].decode()


def test_withdrawn_is_djangos_again_in_every_process(folder: Path, visitor: Visitor) -> None:
    snapshots.publish(folder, made())
    visitor.ask()
    snapshots.withdraw(folder, BOARD)
    assert visitor.ask()[2] == b"django"
    assert Visitor(folder).ask()[2] == b"django"
    snapshots.publish(folder, made("再び"))
    assert "再び" in visitor.ask()[2].decode()


def test_the_last_state_survives_the_loss_of_its_folder(folder: Path, visitor: Visitor) -> None:
    snapshots.publish(folder, made("残る"))
    visitor.ask()
    shutil.rmtree(folder)
    assert "残る" in visitor.ask()[2].decode()
    folder.write_text("a file stands here")
    assert "残る" in visitor.ask()[2].decode()
    with pytest.raises(snapshots.NotPublished, match=r"保存できません.*公開は続きます"):
        snapshots.publish(folder, made("次"))
    folder.unlink()
    snapshots.publish(folder, made("次"))
    assert "次" in visitor.ask()[2].decode()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_told_and_the_last_state_stays(
    folder: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    snapshots.publish(folder, made("残る"))
    with monkeypatch.context() as full:

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        full.setattr(files.os, call, refuse)
        with pytest.raises(snapshots.NotPublished, match="空き容量がありません"):
            snapshots.publish(folder, made("次"))
    assert [path.name for path in folder.iterdir()] == [files.name_of(BOARD)]
    assert "残る" in visitor.ask()[2].decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a device of Linux")
def test_a_disk_that_is_really_full_gives_no_half_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots.publish(folder, made("残る"))
    real = open

    def on_a_full_disk(path: Path, mode: str) -> Any:
        real(path, mode).close()
        return real("/dev/full", "wb")

    monkeypatch.setattr(files, "open", on_a_full_disk, raising=False)
    with pytest.raises(snapshots.NotPublished, match="空き容量がありません"):
        snapshots.publish(folder, made("次" * 100_000))
    assert "残る" in Visitor(folder).ask()[2].decode()
    assert len(list(folder.iterdir())) == 1


def test_a_damaged_file_is_never_served(
    folder: Path, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    snapshots.publish(folder, made("完全"))
    path = folder / files.name_of(BOARD)
    whole = path.read_bytes()
    visitor.ask()
    for kept in (0, 1, 50, len(files.MAGIC) + 64, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert "完全" in visitor.ask()[2].decode()
        assert Visitor(folder).ask()[2] == b"django"
    for place in (3, 40, 120, len(whole) - 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert "完全" in visitor.ask()[2].decode()
        assert Visitor(folder).ask()[2] == b"django"
    assert "the last state stays" in caplog.text
    caplog.clear()
    for _ in range(20):
        visitor.ask()
    assert caplog.records == []
    path.write_bytes(whole)
    assert "完全" in Visitor(folder).ask()[2].decode()


def test_a_whole_file_under_the_name_of_another_is_not_served(folder: Path, visitor: Visitor) -> None:
    snapshots.publish(folder, made())
    (folder / files.name_of(BOARD)).rename(folder / files.name_of(PAGE))
    assert visitor.ask()[2] == b"django"
    assert visitor.ask(PAGE)[2] == b"django"


KILLED = """
import json, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from keniki.apps.accounts.snapshots import Snapshot, stamp
from keniki.site.snapshots import files
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(files.os, sys.argv[2], die)
at = datetime.now(UTC)
body = json.dumps({"generated_at": stamp(at), "text": "new"}).encode()
files.publish(Path(sys.argv[1]), Snapshot("/disaster/board.json", "application/json", body, at))
"""


@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_who_is_killed_before_the_rename_leaves_the_last_state(
    folder: Path, visitor: Visitor, call: str
) -> None:
    snapshots.publish(folder, made("残る"))
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), call], capture_output=True, check=False
    )
    assert killed.returncode == -9, killed.stderr.decode()
    drafts = list(folder.glob(".draft-*"))
    assert len(drafts) == 1
    assert "残る" in visitor.ask()[2].decode()
    files.tidy(folder)
    assert drafts[0].exists()
    os.utime(drafts[0], (0, 0))
    files.tidy(folder)
    assert not drafts[0].exists()
    snapshots.publish(folder, made("次"))
    assert "次" in visitor.ask()[2].decode()


def test_tidying_removes_old_withdrawals_only(folder: Path) -> None:
    snapshots.publish(folder, made())
    snapshots.withdraw(folder, PAGE)
    files.tidy(folder)
    assert len(list(folder.iterdir())) == 2
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    files.tidy(folder)
    assert [path.name for path in folder.iterdir()] == [files.name_of(BOARD)]


@pytest.mark.slow
def test_readers_never_see_a_mixture_while_a_thousand_are_published(folder: Path) -> None:
    visitor = Visitor(folder, look_seconds=0.001)
    snapshots.publish(folder, made("0000"))
    over = threading.Event()
    wrong: list[str] = []
    seen: list[set[int]] = [set() for _ in range(4)]

    def read(number: int) -> None:
        last = -1
        while not over.is_set():
            status, headers, body = visitor.ask(accept_encoding="gzip" if number % 2 else "")
            packed = headers.get("Content-Encoding") == "gzip"
            plain = gzip.decompress(body) if packed else body
            digest = hashlib.sha256(b"application/json\n" + plain).hexdigest()[:32]
            count = int(json.loads(plain)["text"][:4])
            expected = f'"{digest}-gzip"' if packed else f'"{digest}"'
            if (
                status != "200 OK"
                or headers["ETag"] != expected
                or int(headers["Content-Length"]) != len(body)
            ):
                wrong.append(f"{count}: {headers}")
            if count < last:
                wrong.append(f"{count} after {last}")
            last = count
            seen[number].add(count)
            time.sleep(0.001)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(len(seen))]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 1001):
            snapshots.publish(folder, made(f"{number:04}" + "避難所" * (number % 7 * 50)))
    finally:
        time.sleep(0.01)
        over.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert all(1000 in each and len(each) > 20 for each in seen)
