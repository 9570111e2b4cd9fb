"""A form as a person sends it: everything the page shows in it, with some entries changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

#: Kinds of input nobody types in.
UNSEEN = frozenset({"hidden", "submit", "image", "button"})


@dataclass
class Form:
    """A form of a page that is sent with POST."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    #: How many fields and buttons it has.
    size: int = 0
    #: The named fields a person sees, with what each says when it is wrong.
    wrong: dict[str, list[str]] = field(default_factory=dict)


def forms(html: str) -> list[Form]:
    """The forms of the page that are sent with POST."""
    return _Reader(html).forms


def filled(html: str, url: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent when the form of the page at `url` is sent with these entries.

    Of several forms it is the one that has most of the entries' fields, then the longest.
    """
    own = _sent_to(html, url)
    if not own:
        return dict(entries)
    best = max(own, key=lambda form: (len(form.values.keys() & entries.keys()), len(form.values)))
    sent: dict[str, Any] = {
        name: values for name, values in best.values.items() if name != "csrfmiddlewaretoken"
    }
    return {**sent, **entries}


def refusable(html: str, url: str) -> dict[str, Any]:
    """What is sent when the longest form of the page at `url` is sent wrongly.

    Texts are empty, nothing is ticked, everything else says something no field can mean.
    """
    own = _sent_to(html, url)
    if not own:
        return {}
    worst = max(own, key=lambda form: form.size)
    hidden = {name: values for name, values in worst.values.items() if name not in worst.wrong}
    return {**hidden, **{name: values for name, values in worst.wrong.items() if values}}


def _sent_to(html: str, url: str) -> list[Form]:
    """The forms of the page that are sent to its own address."""
    path = urlsplit(url).path
    return [form for form in forms(html) if urljoin(path, urlsplit(form.action).path) == path]


def _wrong(tag: str, given: Mapping[str, str]) -> list[str]:
    kind = given.get("type", "text")
    if tag == "select":
        return ["99999999"]
    if tag == "textarea":
        return [""]
    if kind in {"checkbox", "radio", "file"}:
        return []
    return (
        [""] if kind in {"text", "search", "email", "password"} and not given.get("inputmode") else ["九九年"]
    )


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
        elif self.open is not None and "disabled" not in given:
            self._read(self.open, tag, name, given)

    def _read(self, form: Form, tag: str, name: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text")
        form.size += tag in {"input", "select", "textarea", "button", "fieldset"}
        if tag in {"input", "select", "textarea"} and name and kind not in UNSEEN:
            form.wrong.setdefault(name, []).extend(_wrong(tag, given))
        if tag == "input" and name:
            if kind in {"checkbox", "radio"} and "checked" not in given:
                return
            if kind not in {"file", "submit", "image", "button"}:
                form.values.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            form.values.setdefault(self.select, []).append(given.get("value", ""))
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
