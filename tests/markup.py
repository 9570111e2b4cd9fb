"""What a page consists of, read from its HTML: which pages show a browser something that others do not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import TypeVar

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
FIELDS = frozenset({"input", "select", "textarea"})
#: Attributes that decide what an element is for assistive technology; others only say which record it shows.
TELLING = frozenset(
    {"alt", "title", "scope", "headers", "tabindex", "required", "disabled", "autocomplete", "inputmode"}
    | {"hidden", "open", "lang", "contenteditable", "for", "href"}
)
Kind = tuple[object, ...]
Name = TypeVar("Name")


def kinds(html: str) -> set[Kind]:
    """Each kind of element with the two it stands in, and each step from heading to heading."""
    reader = _read(html)
    steps: set[Kind] = {("heading", *step) for step in pairwise(["", *reader.headings])}
    return reader.found | steps


def faults(html: str) -> list[str]:
    """What no page may have, whatever it consists of: no title or heading, an id twice, a field without a name."""
    reader = _read(html)
    ids = set(reader.ids)
    found = [f"id {each} twice" for each in sorted(ids) if reader.ids.count(each) > 1]
    found += [f"{each} names no element" for each in sorted(reader.named - ids)]
    found += [f"field {each} has no label" for each in sorted(reader.unlabelled - reader.labels)]
    if reader.headings.count("h1") != 1:
        found.append(f"{reader.headings.count('h1')} headings of the first level")
    if not re.search(r"<title>\s*\S[^<]*</title>", html):
        found.append("no title")
    return found


def telling(pages: dict[Name, set[Kind]]) -> list[Name]:
    """Few of the pages, by name, that together show every kind that any of them shows."""
    left: set[Kind] = set().union(*pages.values())
    found = []
    while left:
        richest = max(pages, key=lambda name: len(pages[name] & left))
        found.append(richest)
        left -= pages[richest]
    return found


@lru_cache(maxsize=1)  # a page is asked for its kinds and its faults in turn
def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.path: list[Kind] = []
        self.found: set[Kind] = set()
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.named: set[str] = set()
        self.unlabelled: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        kind = (
            tag,
            " ".join(sorted(given.get("class", "").split())),
            given.get("type"),
            given.get("role"),
            tuple(sorted(name for name in given if name.startswith("aria-") or name in TELLING)),
        )
        self.found.add((*(each[:2] for each in self.path[-2:]), kind))
        self._note(tag, given)
        if tag not in VOID:
            self.path.append(kind)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.path) - 1, -1, -1):
            if self.path[place][0] == tag:
                del self.path[place:]
                return

    def _note(self, tag: str, given: dict[str, str]) -> None:
        if any(each[0] == "template" for each in self.path):
            return
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "label":
            self.labels.add(given.get("for", ""))
        self.named.update(_words(given, ("aria-describedby", "aria-labelledby", "aria-controls")))
        if tag in FIELDS and given.get("type") not in {"hidden", "submit", "button"}:
            inside = any(each[0] == "label" for each in self.path)
            if not inside and not {"aria-label", "aria-labelledby", "title"} & given.keys():
                self.unlabelled.add(given.get("id", given.get("name", "")))


def _words(given: dict[str, str], names: Iterable[str]) -> list[str]:
    return [word for name in names for word in given.get(name, "").split()]
