"""The e-Stat API (getStatsData 3.0, JSON) over HTTP: all pages of a table, politely and with a limit to patience.

One request a second at most. A busy server (429), its faults (5xx), silence and broken answers are tried again after a
growing, randomly shortened pause; everything else is final. The application's id never appears in a message or a name.
"""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from keniki.core.errors import WrongInput

from .importers.base import RawBytes
from .importers.estat_answer import CREDIT, agreed

__all__ = ["BASE_URL", "CREDIT", "Client", "NotReached"]

BASE_URL: Final = "https://api.e-stat.go.jp/rest/3.0/app/json/"
#: Values of one page; also the most the API gives at once.
PAGE_SIZE: Final = 100_000
MAX_PAGES: Final = 1_000
MAX_BYTES: Final = 200 * 1024 * 1024
#: Seconds between two attempts; a server that wants more is left alone.
LONGEST_PAUSE: Final = 60.0
#: An answer may take so many times as long as the first byte of it.
SLOWEST: Final = 10


class NotReached(WrongInput):
    """The API gave no usable answer however often it was asked."""


class _Again(Exception):
    """What went wrong this time, and how long the server wants to be left alone (seconds)."""

    def __init__(self, says: str, pause: float | None = None) -> None:
        super().__init__(says)
        self.says, self.pause = says, pause


@dataclass
class Client:
    """Asks the API with one application's id (appId).

    `interval` is the least time between two requests, `timeout` that of one answer, `attempts` how often a page is
    asked for, `pause` the first pause between attempts, which doubles (all seconds). `told` hears of progress.
    `clock`, `sleep` and `chance` (0 to 1) can be replaced for tests.
    """

    app_id: str
    base_url: str = BASE_URL
    interval: float = 1.0
    timeout: float = 60.0
    attempts: int = 5
    pause: float = 2.0
    page_size: int = PAGE_SIZE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    told: Callable[[str], None] = lambda _: None
    _asked_at: float | None = None

    def __post_init__(self) -> None:
        if not self.app_id.strip():
            raise WrongInput(
                "e-Stat のアプリケーションIDが設定されていません。e-Stat で利用登録をして取得し、"
                "設定 KENIKI_ESTAT_APP_ID に入力してください。",
                column="KENIKI_ESTAT_APP_ID",
            )
        address = urllib.parse.urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise WrongInput(
                "e-Stat のAPIのアドレスは https:// で始まるものにしてください。", column="base_url"
            )

    def get_stats_data(self, table: str, narrowed: Mapping[str, str] | None = None) -> list[RawBytes]:
        """All pages of a table (statsDataId) as the API sent them, named `estat_<table>_<first value>.json`.

        `narrowed` are further parameters of the API (`cdArea`, `cdCat01`). WrongInput gives the API's own words
        where it refuses; NotReached says how often it was asked in vain.
        """
        return list(self.pages(table, narrowed))

    def pages(self, table: str, narrowed: Mapping[str, str] | None = None) -> Iterator[RawBytes]:
        """The pages of `get_stats_data` one after another, as NEXT_KEY leads from each to the next."""
        start = 1
        for _ in range(MAX_PAGES):
            name = f"estat_{table}_{start}.json"
            query = {
                **(narrowed or {}),
                "appId": self.app_id.strip(),
                "lang": "J",
                "statsDataId": table,
                "metaGetFlg": "Y",
                "cntGetFlg": "N",
                "startPosition": str(start),
                "limit": str(self.page_size),
            }
            content, root = self._ask(name, query)
            yield RawBytes(name, content)
            counted = _result_inf(root)
            following = counted.get("NEXT_KEY")
            if following is None or following == "":
                return
            self.told(f"{counted.get('TO_NUMBER', '?')}／{counted.get('TOTAL_NUMBER', '?')}件を取得しました")
            if not str(following).isdigit() or int(following) <= start:
                raise WrongInput(
                    "e-Stat のAPIの答えの続きの位置（NEXT_KEY）が正しくありません。時間をおいて取得し直してください。",
                    file=name,
                )
            start = int(following)
        raise WrongInput(
            f"統計表 {table} は {MAX_PAGES:,}ページより長いため取得しません。cdArea などで絞り込んでください。"
        )

    def _ask(self, name: str, query: Mapping[str, str]) -> tuple[bytes, Mapping[str, Any]]:
        """One page and what it says."""
        address = f"{self.base_url.rstrip('/')}/getStatsData?{urllib.parse.urlencode(query)}"
        for attempt in range(1, self.attempts + 1):
            self._wait_for_turn()
            try:
                content = self._fetch(address, name)
                return content, self._read(content, name)
            except _Again as again:
                if again.pause is not None and again.pause > LONGEST_PAUSE:
                    raise NotReached(
                        f"e-Stat のAPIが {again.pause:.0f}秒待つよう求めています（{again.says}）。"
                        "その後で取得し直してください。",
                        file=name,
                    ) from None
                if attempt == self.attempts:
                    raise NotReached(
                        f"e-Stat のAPIから答えを得られません（{self.attempts}回試しました。最後は {again.says}）。"
                        "接続を確かめ、時間をおいて取得し直してください。",
                        file=name,
                    ) from None
                pause = self._pause(attempt, again.pause)
                self.told(
                    f"{again.says}。{pause:.0f}秒後にもう一度試します（{attempt + 1}／{self.attempts}回目）"
                )
                self.sleep(pause)
        raise AssertionError("unreachable")

    def _wait_for_turn(self) -> None:
        if self._asked_at is not None:
            left = self._asked_at + self.interval - self.clock()
            if left > 0:
                self.sleep(left)
        self._asked_at = self.clock()

    def _pause(self, attempt: int, wanted: float | None) -> float:
        """Doubling with every attempt, shortened by up to half at random; never less than the server asks for."""
        own = min(self.pause * 2.0 ** (attempt - 1), LONGEST_PAUSE) * (1 - self.chance() / 2)
        return max(own, wanted or 0.0)

    def _fetch(self, address: str, name: str) -> bytes:
        request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - http(s) only
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                content = self._all_of(answer, name)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 429 or error.code >= 500:
                raise _Again(f"HTTP {error.code}", _retry_after(error.headers.get("Retry-After"))) from None
            raise WrongInput(
                f"e-Stat のAPIが要求を受け付けません（HTTP {error.code}）。"
                "統計表IDと絞り込みの条件を確かめてください。",
                file=name,
            ) from None
        except TimeoutError:
            raise _Again(f"{self.timeout:g}秒以内に答えがない") from None
        except urllib.error.URLError as error:
            silent = isinstance(error.reason, TimeoutError)
            says = f"{self.timeout:g}秒以内に答えがない" if silent else "接続できない"
            raise _Again(says) from None
        except (http.client.HTTPException, OSError):
            raise _Again("答えが途中で切れた") from None
        return content

    def _all_of(self, answer: http.client.HTTPResponse, name: str) -> bytes:
        """The whole body, which a server may also send in drops that keep the connection alive."""
        began, parts, size = self.clock(), list[bytes](), 0
        while part := answer.read1(1 << 20):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise WrongInput(
                    "e-Stat のAPIの答えが大きすぎます。cdArea などで絞り込んでください。", file=name
                )
            if self.clock() - began > self.timeout * SLOWEST:
                raise _Again(f"{self.timeout * SLOWEST:g}秒以内に答えが終わらない")
        promised = answer.headers.get("Content-Length")
        if promised is not None and promised.isdigit() and int(promised) != size:
            raise _Again("答えが途中で切れた")
        return b"".join(parts)

    def _read(self, content: bytes, name: str) -> Mapping[str, Any]:
        try:
            root = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise _Again("答えがJSONではない") from None
        return agreed(root, name)


def _result_inf(root: Mapping[str, Any]) -> Mapping[str, Any]:
    data = root.get("STATISTICAL_DATA")
    found = data.get("RESULT_INF") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


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
