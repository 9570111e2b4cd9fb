"""Nothing leaves the machine, and no page asks a browser to."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.test import Client
from django.urls import reverse

import keniki

from .addresses import ADDRESSES, EVERYONE, SIGN_IN
from .network import OutsideCall, is_here
from .world import World

OPENED = [name for name, address in ADDRESSES.items() if address.opens is not None]
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
@pytest.mark.parametrize("name", [*OPENED, *SIGN_IN])
def test_a_page_loads_nothing_from_elsewhere_and_holds_no_inline_code(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    address = ADDRESSES.get(name)
    url = address.url(name, world) if address else reverse(name, kwargs=SIGN_IN[name][0])
    seats = (
        ("resident", "administrator") if address is None or address.opens == EVERYONE else ("administrator",)
    )
    for seat in seats:
        response = clients[seat].get(url)
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "//" not in policy
        assert policy == settings.CONTENT_SECURITY_POLICY or "'none'; sandbox" in policy
        if response["Content-Type"].startswith("text/html") and response.content:
            assert Page(response.content.decode()).faults == []


def test_the_style_sheets_and_scripts_name_no_other_machine() -> None:
    faults = [
        f"{path}: {found[0]}"
        for path in _files()
        for found in (STYLE_HOST if path.suffix == ".css" else SCRIPT_HOST).finditer(path.read_text("utf-8"))
        if not found[0].strip("\"'`").startswith(NAMESPACES)
    ]
    assert faults == []


@pytest.mark.slow
def test_every_kind_of_file_is_made_on_a_machine_without_any_network(tmp_path: Path) -> None:
    can = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if can.returncode:
        pytest.skip("this machine gives no namespaces to a test")
    program = textwrap.dedent(
        """
        from keniki.press.pdf import render_pdf
        from keniki.press.tests import samples
        from keniki.press.word import render_docx

        document = samples.everything()
        print(render_pdf(document)[:4].decode(), render_docx(document)[:2].decode())
        """
    )
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["%PDF", "PK"], done.stderr


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


def _files() -> Iterator[Path]:
    """Our own; that the map library calls nobody is seen in the browser."""
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            if file.suffix in {".css", ".js"} and file.is_relative_to(OURS):
                yield file
