"""The agency's feeds (Atom): which telegrams there are, and where."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import telegram

from ..base import Problem
from ..xml_reading import Node, read_xml
from .moments import moment

ATOM: Final = "http://www.w3.org/2005/Atom"
#: The code of the agency's head office, which speaks for the whole country.
WHOLE_COUNTRY: Final = "010000"


@dataclass(frozen=True, slots=True)
class Entry:
    """A telegram that a feed names: its address, type, the code of its office, when it was put there."""

    url: str
    telegram: str
    office_code: str
    title: str
    author: str
    updated_at: datetime

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Feed:
    """A feed that was read; entries that could not be are problems."""

    updated_at: datetime
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read_feed(data: bytes, name: str, *, base_url: str) -> Feed:
    """The entries of types that are read here, as the feed has them; links to another host than the feed's are
    problems and are never followed. WrongInput for what is no feed.
    """
    root = read_xml(data, name)
    if root.name != "feed" or root.space != ATOM:
        raise WrongInput(
            f"Atomのフィードではありません（最上位の要素は「{root.name[:40]}」）。",
            file=name,
            row=root.row,
            column="feed",
        )
    updated = moment(root.said("updated"))
    if updated is None:
        raise WrongInput("フィードの更新日時を読めません。", file=name, row=root.row, column="updated")
    entries, problems = [], []
    for node in root.all("entry"):
        read = _entry(node, base_url)
        if isinstance(read, str):
            problems.append(Problem(node.row, "entry", read, node.said("id")[:500]))
        elif read is not None:
            entries.append(read)
    return Feed(updated, tuple(entries), tuple(problems))


def concerns(entry: Entry, prefectures: Collection[str]) -> bool:
    """Whether a telegram may be about one of these prefectures (two digits); a river's office has no such code.

    >>> at = datetime.fromisoformat("2026-08-01T00:00:00+09:00")
    >>> concerns(Entry("https://x/a", "VPWW55", "016000", "", "", at), {"01"})
    True
    >>> concerns(Entry("https://x/a", "VPWW55", "130000", "", "", at), {"01"})
    False
    """
    if not prefectures or entry.office_code in ("", WHOLE_COUNTRY):
        return True
    rule = telegram(entry.telegram)
    return entry.office_code[:2] in prefectures or (rule is not None and rule.reads == "river")


def _entry(node: Node, base_url: str) -> Entry | str | None:
    """The entry, None for a type that is not read, the reason where it cannot be used."""
    link = node.first("link")
    address = (link.attributes.get("href", "") if link is not None else "") or node.said("id")
    found = _FILE.search(address)
    if found is None or telegram(found[1]) is None:
        return None
    url = urljoin(base_url, address)
    if not same_origin(url, base_url):
        return f"別のサーバーのアドレスです（{address[:120]}）。取得しません。"
    updated = moment(node.said("updated"))
    if updated is None:
        return f"更新日時「{node.said('updated')[:40]}」は読めません。"
    return Entry(url, found[1], found[2] or "", node.said("title"), node.said("author/name"), updated)


def same_origin(url: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port.

    >>> same_origin("https://a.jp/x", "https://a.jp/y"), same_origin("http://a.jp/x", "https://a.jp/y")
    (True, False)
    """
    try:
        one, two = urlsplit(url), urlsplit(other)
        return (one.scheme, one.hostname, one.port, one.username) == (
            two.scheme,
            two.hostname,
            two.port,
            None,
        )
    except ValueError:
        return False


_FILE: Final = re.compile(r"_([A-Z]{4}[0-9]{2})(?:_([0-9]{6}))?(?:_[0-9A-Za-z]+)?\.xml$")
