"""Whatever file is sent to a page that takes one, the page answers: taken, or refused with the reason."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from .addresses import ADDRESSES
from .test_permissions import form_of, rolled_back
from .world import World

FILE = re.compile(r'<input[^>]*type="file"[^>]*>')
NAME = re.compile(r'\bname="([^"]+)"')
#: Where a page says why: over the form, at a field, in a notice.
REASON = re.compile(
    r'class="(?:field-error|error-summary|notice|alert)[^"]*"[^>]*>(.*?)</(?:ul|div|p|section)>', re.S
)
POLYGON = b'{"type":"Polygon","coordinates":[[[NaN,Infinity],[1e999,-1],[0,0],[NaN,0]]]}'
#: Each line holds the one before it nine times.
REFERENCES = "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
)
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]><a>&c;&d;</a>'
)


def zipped(entries: dict[str, bytes]) -> bytes:
    """An archive of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return held.getvalue()


#: Files that are right nowhere.
NEVER = {
    "empty": b"",
    "nul": b"\0" * 2000,
    "no text": bytes(range(256)) * 20,
    "a line of a megabyte": b"a" * 1_000_000,
    "commas": b"," * 200_000,
    "an open quote": b'"' * 100_001,
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"features":' * 50_000,
    "numbers that are none": b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":%b}]}'
    % POLYGON,
    "an object for a list": json.dumps({"type": "FeatureCollection", "features": {"a": 1}}).encode(),
    "deep yaml": b"a: " + b"[" * 20_000,
    "references of references": f"a: &a [{','.join('x' * 9)}]\n{REFERENCES}".encode(),
    "entities of entities": ENTITIES.encode(),
    "deep xml": b"<a>" * 50_000,
    "another archive": zipped({"a.txt": b"a"}),
    "an archive that grows": zipped({"xl/workbook.xml": b" " * 60_000_000}),
    "the head of a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
}


def spoiled(content: bytes) -> Iterator[tuple[str, bytes]]:
    """A right file with something wrong in it, by what that is."""
    yield "first half", content[: len(content) // 2]
    yield "twice", content + content
    text = content.decode("utf-8-sig", "replace")
    yield "utf-16", text.encode("utf-16")
    yield "shift_jis", text.encode("cp932", "replace")
    lines = text.splitlines()
    if len(lines) < 2 or "," not in lines[0]:
        for value in ("²", "1e999", "9" * 30):
            yield f"numbers that are {value}", re.sub(r"\d+(\.\d+)?", value, text).encode()
        return
    head, *rows = lines
    tables = {
        "head alone": [head],
        "head twice": [head, *lines],
        "first column lost": [line.partition(",")[2] for line in lines],
        "columns turned": [",".join(line.split(",")[::-1]) for line in lines],
        "a column too many": [f"{line},x" for line in lines],
    }
    for value in ("²", "9" * 30, "-5", "a\0b", "あ" * 40_000):
        tables[f"every cell {value[:9]}"] = [head, ",".join([value] * (head.count(",") + 1))]
        tables[f"last column {value[:9]}"] = [
            head,
            *(",".join([*row.split(",")[:-1], value]) for row in rows),
        ]
    for what, table in tables.items():
        yield what, "\r\n".join(table).encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.writes])
def test_a_page_that_takes_a_file_takes_or_refuses_any(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    address = ADDRESSES[name]
    seat = next(each for each in ("secretariat", "administrator", "partner") if each in address.writes)
    url = address.url(name, world)
    shown = clients[seat].get(url).content.decode() if address.opens else ""
    fields = {unescape(found[1]) for tag in FILE.findall(shown) if (found := NAME.search(tag))}
    if not fields and not any(callable(each) for each in address.data.values()):
        return
    with rolled_back():
        sent = form_of(name, world, seat, clients[seat])
    right = {field: value for field, value in sent.items() if hasattr(value, "read")}
    rest = {field: value for field, value in sent.items() if field not in fields and field not in right}
    for field in sorted(fields | right.keys()):
        content = right[field].read() if field in right else b""
        called = right[field].name if field in right else "a.csv"
        for what, file in (*NEVER.items(), *(spoiled(content) if content else ())):
            with rolled_back():
                answer: Any = clients[seat].post(url, rest | {field: SimpleUploadedFile(called, file)})
            assert answer.status_code < 500, f"{field}: {what}"
            if answer.status_code == 422:
                assert tells_why(answer), f"{field}: {what}"


def tells_why(answer: Any) -> bool:
    """Whether a refusal has a sentence: on the page, or in the answer to a script."""
    text = answer.content.decode()
    if answer["Content-Type"].startswith("application/json"):
        return len(str(json.loads(text)["error"])) > 8
    return any(len(re.sub(r"<[^>]+>|\s", "", told)) > 8 for told in REASON.findall(text))
