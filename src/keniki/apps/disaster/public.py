"""The public board as bytes: the pages and the data, made ahead so that they are served when the database is away."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from keniki.apps.accounts.snapshots import Snapshot, Source, stamp
from keniki.apps.regions.models import Region

from .models import Mode
from .queries.public_board import board_of, boards

SOURCE: Final = "disaster.board"
#: The key of what is about all regions together.
ALL: Final = ""
_JSON: Final = "application/json; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"


def keys() -> list[str]:
    """All regions, and the pages about all of them."""
    return [ALL, *Region.objects.order_by("slug").values_list("slug", flat=True)]


def build(key: str) -> Iterable[Snapshot]:
    """The board of a region, or of all; nothing for a region that is gone."""
    now = timezone.now()
    if key == ALL:
        regions = list(Region.objects.select_related("secretariat").order_by("slug"))
        made = boards(regions, now)
        yield _data(reverse("disaster:board-json"), made, now)
        yield _page(
            reverse("disaster:public"), "disaster/public_regions.html", {"boards": made["regions"]}, now
        )
        return
    region = Region.objects.select_related("secretariat").filter(slug=key).first()
    if region is None:
        return
    board = board_of(region)
    yield _data(
        reverse("disaster:region-board-json", args=[key]),
        {**boards([], now), "regions": [board]},
        now,
    )
    for mode, name in ((Mode.REAL, "disaster:public-region"), (Mode.EXERCISE, "disaster:public-drill")):
        context = {
            "region": region,
            "board": board,
            "incidents": board[mode],
            "drill": mode == Mode.EXERCISE,
            "weather_at": parse_datetime(board["weather"]["heard_at"]) if board["weather"] else None,
        }
        yield _page(reverse(name, args=[key]), "disaster/public_board.html", context, now, mode)


def answer(address: str, key: str) -> Snapshot | None:
    """What stands at a public address, made now: for a reader who comes before it was made ahead."""
    return next((each for each in build(key) if each.address == address), None)


def source() -> Source:
    """What keeps the public board fresh."""
    return Source(SOURCE, keys, build)


def _data(address: str, content: dict[str, Any], at: datetime) -> Snapshot:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Snapshot(address, _JSON, body, at)


def _page(
    address: str, template: str, context: dict[str, Any], at: datetime, mode: Mode | None = None
) -> Snapshot:
    body = render_to_string(template, {**context, "made_at": at, "stamped": stamp(at)}).encode()
    kind = mode.value if mode is not None and context.get("incidents") else ""
    return Snapshot(address, _HTML, body, at, mode=kind)  # type: ignore[arg-type]
