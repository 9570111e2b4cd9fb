"""Asking the agency's server over HTTP, as `polling` says: bounded in time and size, never another host."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from keniki.core.errors import WrongInput

from .feeds import same_origin
from .polling import BASE_URL, Answer, Ask

MAX_BYTES: Final = 20 * 1024 * 1024
#: An answer may take so many times as long as the first byte of it.
SLOWEST: Final = 4


@dataclass
class Fetcher:
    """Asks one server. `timeout` is that of one answer (seconds); `clock` can be replaced for tests."""

    base_url: str = BASE_URL
    timeout: float = 20.0
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise WrongInput(
                "気象庁のフィードのアドレスは https:// で始まるものにしてください。", column="base_url"
            )
        self._opener = urllib.request.build_opener(_SameHost(self.base_url))

    def fetch(self, ask: Ask) -> Answer:
        """The answer to a request; a fault is an answer too, so that the asking can go on by its rules."""
        if not same_origin(ask.url, self.base_url):
            return Answer(0, fault="別のサーバーのアドレスのため取得しません")
        headers = {"Accept": "application/xml", "Accept-Encoding": "gzip", **dict(ask.headers)}
        request = urllib.request.Request(ask.url, headers=headers)  # noqa: S310 - http(s) of one host only
        try:
            with self._opener.open(request, timeout=self.timeout) as answer:
                return self._read(answer)
        except urllib.error.HTTPError as error:
            error.close()
            return Answer(
                error.code,
                etag=error.headers.get("ETag", ""),
                modified=error.headers.get("Last-Modified", ""),
                retry_after=_retry_after(error.headers.get("Retry-After")),
                fault="" if error.code == 304 else f"HTTP {error.code}",
            )
        except _TooMuch as error:
            return Answer(0, size=error.size, fault="答えが大きすぎる")
        except TimeoutError:
            return Answer(0, fault=f"{self.timeout:g}秒以内に答えがない")
        except urllib.error.URLError as error:
            silent = isinstance(error.reason, TimeoutError)
            return Answer(0, fault=f"{self.timeout:g}秒以内に答えがない" if silent else "接続できない")
        except (http.client.HTTPException, OSError, zlib.error):
            return Answer(0, fault="答えが途中で切れた")

    def _read(self, answer: Any) -> Answer:
        """The whole body, which a server may also send in drops that keep the connection alive."""
        began, parts, size = self.clock(), list[bytes](), 0
        while part := answer.read1(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise _TooMuch(size)
            if self.clock() - began > self.timeout * SLOWEST:
                raise TimeoutError
        promised = answer.headers.get("Content-Length")
        if promised is not None and promised.isdigit() and int(promised) != size:
            raise http.client.IncompleteRead(b"", None)
        body = b"".join(parts)
        if answer.headers.get("Content-Encoding", "").lower() == "gzip":
            body = _unpacked(body, size)
        return Answer(
            answer.status,
            body,
            size,
            etag=answer.headers.get("ETag", ""),
            modified=answer.headers.get("Last-Modified", ""),
        )


class _TooMuch(Exception):
    """More came than is taken."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirection on the same host only."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not same_origin(newurl, self.base_url):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _unpacked(body: bytes, size: int) -> bytes:
    """The body out of gzip, bounded however much it grows; a cut one is a fault."""
    reader = zlib.decompressobj(wbits=31)
    content = reader.decompress(body, MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _TooMuch(size)
    if not reader.eof:
        raise zlib.error
    return content


def _retry_after(header: str | None) -> float | None:
    """The seconds of a Retry-After header, which may be a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
