"""Nothing leaves the machine, and no page asks a browser to."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import urllib.request
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.test import Client
from django.urls import reverse

import keniki
from keniki.cli.report import FORMATS, KINDS

from .addresses import SIGN_IN
from .network import OutsideCall, is_here, outside
from .world import World

#: Where a reader may be led by a link; nothing is loaded from there.
LINKED = ("https://creativecommons.org/",)
LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "ping", "manifest"}
SCRIPT_HOST = re.compile(r"""["'`](?:https?:|wss?:)?//[\w-]+\.[\w.-]+[^"'`]*["'`]""")
STYLE_HOST = re.compile(r"""url\(\s*["']?(?!data:|#)(?:\w+:)?//|@import\s+["'](?:\w+:)?//""")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        (b"127.3.2.1", True),
        ("", True),
        (None, True),
        ("192.0.2.1", False),
        ("localhost.example.jp", False),
        ("::ffff:192.0.2.1", False),
    ],
)
def test_only_this_machine_counts_as_here(host: object, here: bool) -> None:
    assert is_here(host) is here


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("198.51.100.7", 53)])
def test_a_call_to_another_machine_is_stopped(address: tuple[str, int]) -> None:
    with socket.socket() as stream, pytest.raises(OutsideCall, match=address[0]):
        stream.connect(address)
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(OutsideCall, match=address[0]):
        datagrams.sendto(b"?", address)


def test_even_the_question_where_another_machine_is_is_stopped() -> None:
    with pytest.raises(OutsideCall, match=r"example\.jp"):
        urllib.request.urlopen("http://example.jp/", timeout=1)


def test_a_call_on_this_machine_goes_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGN_IN)
def test_a_page_of_signing_in_loads_nothing_from_elsewhere_and_holds_no_inline_code(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    """The pages of the table of addresses are held to the same where they open: see test_permissions."""
    for seat in ("resident", "administrator"):
        assert loaded_from_elsewhere(clients[seat].get(reverse(name, kwargs=SIGN_IN[name][0]))) == []


def test_the_style_sheets_and_scripts_name_no_other_machine() -> None:
    faults = [
        f"{path}: {found[0]}"
        for path in _files()
        for found in (STYLE_HOST if path.suffix == ".css" else SCRIPT_HOST).finditer(path.read_text("utf-8"))
        if not found[0].strip("\"'`").startswith(NAMESPACES)
    ]
    assert faults == []


@pytest.mark.slow
def test_a_program_started_without_network_is_stopped_and_its_call_is_written_down(tmp_path: Path) -> None:
    program = """
        import socket
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=5)
        except BaseException as error:
            print(type(error).__name__)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=os.environ | outside(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "OutsideCall\n", done.stderr
    assert "192.0.2.1" in (tmp_path / "calls").read_text("utf-8")


@pytest.mark.slow
def test_the_demo_starts_and_writes_every_document_on_a_machine_without_any_network(
    tmp_path: Path, server_state: Path
) -> None:
    folder = tmp_path / "first"
    folder.mkdir()
    home = {"KENIKI_HOME": str(tmp_path / "home"), "KENIKI_SERVER_STATE": str(server_state)}
    environment = {**os.environ, **outside(folder), **home}
    environment.pop("DATABASE_URL", None)
    try:
        done = subprocess.run(
            [*_cut_off(), sys.executable, "-m", "keniki.cli.main", "demo", "--no-serve", "--json"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    finally:
        remove = [sys.executable, "-m", "keniki.site.postgres", "remove"]
        subprocess.run(remove, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert not (folder / "calls").exists(), (folder / "calls").read_text("utf-8")
    written = [Path(path) for path in json.loads(done.stdout)["documents"]]
    region = {path.name for path in written if path.name.startswith("minami-sorachi-")}
    # A forecast needs statistics, which the demo does not bring.
    kinds = set(KINDS) - {"future"}
    assert region == {f"minami-sorachi-{kind}.{format_}" for kind in kinds for format_ in FORMATS}
    for path in written:
        assert path.read_bytes().startswith(b"%PDF" if path.suffix == ".pdf" else b"PK"), path.name


def _cut_off() -> list[str]:
    """What a command begins with to run without any network device, where a test may have that; else nothing.

    Python is watched in either case; this also holds what is not Python.
    """
    begin = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-current-user", "--net"]
    with contextlib.suppress(OSError):
        if subprocess.run([*begin, "true"], capture_output=True, check=False).returncode == 0:
            return begin
    warnings.warn("only Python is watched: this machine gives no namespaces to a test", stacklevel=2)
    return []


OURS = Path(keniki.__file__).parent
NAMESPACES = ("http://www.w3.org/",)


class Page(HTMLParser):
    """What a page would make a browser load or run by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("inline script")
        if tag == "style":
            self.faults.append("inline style sheet")
        for name, value in given.items():
            if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:"):
                self.faults.append(f"<{tag} {name}={value}>")
            loads = name in LOADING or (name in {"href", "xlink:href"} and tag not in {"a", "area"})
            if loads and re.match(r"(\w+:)?//", value.strip()):
                self.faults.append(f"<{tag} {name}={value}>")
            if (
                tag == "a"
                and name == "href"
                and re.match(r"(\w+:)?//", value)
                and not value.startswith(LINKED)
            ):
                self.faults.append(f"<a href={value}>")


def loaded_from_elsewhere(response: Any) -> list[str]:
    """What an answer allows or asks a browser to load from elsewhere, and its inline code."""
    policy = response.headers["Content-Security-Policy"]
    own = policy == settings.CONTENT_SECURITY_POLICY or "'none'; sandbox" in policy
    found = [] if own and "unsafe" not in policy and "//" not in policy else [f"policy {policy}"]
    if response["Content-Type"].startswith("text/html") and response.content:
        found += Page(response.content.decode()).faults
    return found


def _files() -> Iterator[Path]:
    """Our own; that the map library calls nobody is seen in the browser."""
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            if file.suffix in {".css", ".js"} and file.is_relative_to(OURS):
                yield file
