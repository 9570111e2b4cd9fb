"""Answers from memory, before Django: no database, no session, no system call per request."""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from . import files
from .files import FIRST_LINE, SUFFIX, Stored

#: How long a process may not notice a new file.
LOOK_SECONDS = 0.25
#: A file this young may be followed by another that looks the same from outside: it is opened to be sure.
_YOUNG_SECONDS = 2.0
_PATIENCE_SECONDS = 0.1
_STALE_SECONDS = 24 * 3600
_log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]


class Answer:
    """One snapshot with everything said about it ready to send; `headers` are those of the whole site."""

    __slots__ = ("compressed", "generated", "parameters", "plain")

    def __init__(self, stored: Stored, headers: Mapping[str, str]) -> None:
        self.generated = stored.generated_at.timestamp()
        self.parameters = stored.parameters
        self.plain = _Form(stored, headers, stored.body, "")
        self.compressed = _Form(stored, headers, stored.compressed, "gzip") if stored.compressed else None


class _Form:
    """One encoding of a snapshot: `full` are the headers of 200, `same` those of 304."""

    __slots__ = ("bodies", "full", "same", "tag")

    def __init__(self, stored: Stored, headers: Mapping[str, str], body: bytes, encoding: str) -> None:
        self.bodies = [body]
        self.tag = f'"{stored.tag}-{encoding}"' if encoding else f'"{stored.tag}"'
        cache = f"public, max-age={stored.fresh_seconds}, stale-if-error={_STALE_SECONDS}"
        same = dict(headers) | {"ETag": self.tag, "Cache-Control": cache, "Vary": "Accept-Encoding"}
        same["Last-Modified"] = format_datetime(stored.generated_at, usegmt=True)
        if stored.mode:
            same["X-Keniki-Mode"] = stored.mode
        full = same | {"Content-Type": stored.content_type, "Content-Length": str(len(body))}
        if encoding:
            full["Content-Encoding"] = encoding
        self.same, self.full = list(same.items()), list(full.items())


class Shelf:
    """The snapshots of a folder in the memory of one process: read when made, then looked after by the requests.

    A damaged or lost file changes nothing: the last state stays. Only a file that says so takes an address back.
    """

    def __init__(
        self, folder: Path, headers: Mapping[str, str] | None = None, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self.folder = folder
        self._headers = dict(headers or {})
        self._look_seconds = look_seconds
        self._answers: dict[str, Answer] = {}
        self._seen: dict[str, tuple[tuple[int, ...], bytes]] = {}
        self._complaints: set[str] = set()
        self._turn = threading.Lock()
        self._look()
        self._next = time.monotonic() + look_seconds

    def find(self, address: str) -> Answer | None:
        """The answer to an address; one request in a while looks for new files first.

        Meanwhile the others are answered with what is known; who asks for what is not known waits a moment.
        """
        if time.monotonic() >= self._next:
            patience = 0.0 if address in self._answers else _PATIENCE_SECONDS
            if self._turn.acquire(timeout=patience):
                try:
                    if time.monotonic() >= self._next:
                        self._look()
                        self._next = time.monotonic() + self._look_seconds
                finally:
                    self._turn.release()
        return self._answers.get(address)

    def _look(self) -> None:
        try:
            with os.scandir(self.folder) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(SUFFIX)]
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain("", error)
            return
        changed: dict[str, Answer | None] = {}
        for name in names:
            try:
                self._look_at(name, changed)
                self._complaints.discard(name)
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError) as error:
                self._complain(name, error)
        if changed:
            answers = self._answers | changed
            self._answers = {address: answer for address, answer in answers.items() if answer is not None}

    def _look_at(self, name: str, changed: dict[str, Answer | None]) -> None:
        path = self.folder / name
        status = path.stat()
        shape = (status.st_ino, status.st_size, status.st_mtime_ns)
        known = self._seen.get(name)
        if known is not None and known[0] == shape:
            if time.time() - status.st_mtime > _YOUNG_SECONDS:
                return
            with path.open("rb", buffering=0) as file:
                if file.read(FIRST_LINE).rstrip(b"\n") == known[1]:
                    return
        first, stored = files.read(path)
        if files.name_of(stored.address) != name:
            raise files.Damaged(f"{name} holds the address {stored.address}")
        changed[stored.address] = None if stored.withdrawn else Answer(stored, self._headers)
        self._seen[name] = (shape, first)

    def _complain(self, name: str, error: Exception) -> None:
        """Say it once, not four times a second."""
        if name not in self._complaints:
            self._complaints.add(name)
            _log.error("a snapshot cannot be read, the last state stays: %s", error)


def before(application: Application, shelf: Shelf, secure_headers: Headers | None = None) -> Application:
    """`application` with the shelf's addresses answered before it; `secure_headers` are added where the visitor
    came by HTTPS.
    """
    secure = secure_headers or []

    def answering(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = shelf.find(environ["PATH_INFO"])
        method = environ["REQUEST_METHOD"]
        if answer is None or (method != "GET" and method != "HEAD"):
            return application(environ, start_response)
        query = environ.get("QUERY_STRING")
        if query and answer.parameters and not answer.parameters.isdisjoint(_names(query)):
            return application(environ, start_response)
        form = answer.plain
        if answer.compressed is not None and _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            form = answer.compressed
        age = ("X-Keniki-Data-Age", str(max(int(time.time() - answer.generated), 0)))
        more = (
            secure
            if secure
            and (
                environ.get("HTTP_X_FORWARDED_PROTO") == "https" or environ.get("wsgi.url_scheme") == "https"
            )
            else ()
        )
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and (known == form.tag or _matches(known, form.tag)):
            start_response("304 Not Modified", [*form.same, age, *more])
            return []
        start_response("200 OK", [*form.full, age, *more])
        return form.bodies if method == "GET" else []

    return answering


def _names(query: str) -> set[str]:
    return {unquote_plus(part.partition("=")[0]) for part in query.replace(";", "&").split("&")}


def _matches(known: str, tag: str) -> bool:
    """Whether one of the tags a client has is ours, compared weakly as RFC 9110 has it for If-None-Match."""
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in known.split(","))


@functools.lru_cache(maxsize=256)
def _takes_gzip(accepted: str) -> bool:
    """Whether a client reads gzip (RFC 9110, 12.5.3): named, or by `*`, and not with the quality 0."""
    found: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.partition(";")
        quality = rest.replace(" ", "").removeprefix("q=")
        found[name.strip()] = not rest or _above_zero(quality)
    return found.get("gzip", found.get("x-gzip", found.get("*", False)))


def _above_zero(quality: str) -> bool:
    try:
        return float(quality) > 0
    except ValueError:
        return False
