"""A form as a person sends it: everything the page shows in it, with some entries changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit


@dataclass
class Form:
    """A form of a page that is sent with POST."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)


def forms(html: str) -> list[Form]:
    """The forms of the page that are sent with POST."""
    return _Reader(html).forms


def filled(html: str, url: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent when the form of the page at `url` is sent with these entries.

    Of several forms it is the one that has most of the entries' fields, then the longest.
    """
    path = urlsplit(url).path
    own = [form for form in forms(html) if urljoin(path, urlsplit(form.action).path) == path]
    if not own:
        return dict(entries)
    best = max(own, key=lambda form: (len(form.values.keys() & entries.keys()), len(form.values)))
    sent: dict[str, Any] = {
        name: values for name, values in best.values.items() if name != "csrfmiddlewaretoken"
    }
    return {**sent, **entries}


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.select = ""
        self.textarea = ""
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form" and given.get("method", "").lower() == "post":
            self.open = Form(given.get("action", ""))
            self.forms.append(self.open)
        elif self.open is None or "disabled" in given:
            return
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"checkbox", "radio"} and "checked" not in given:
                return
            if kind not in {"file", "submit", "image", "button"}:
                self.open.values.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.open.values.setdefault(self.select, []).append(given.get("value", ""))
        elif tag == "textarea":
            self.textarea, self.text = name, ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.open is not None and self.textarea:
            self.open.values.setdefault(self.textarea, []).append(self.text.removeprefix("\n"))
            self.textarea = ""
