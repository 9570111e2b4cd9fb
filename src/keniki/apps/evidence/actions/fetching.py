"""Fetching official statistics from the e-Stat API: tables somebody switched on, each stored whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.core.errors import WrongInput
from keniki.rulebooks.statistics import OfficialSource, official_sources

from .. import policies
from ..estat_client import BASE_URL, Client
from ..importers import estat_api
from ..importers.base import RawBytes
from ..models import FetchedTable
from ..reading import Reading
from .importing import Imported, import_figures

Told = Callable[[str], None]
Outcome = FetchedTable.Outcome
_ID: Final = re.compile(r"\d{10}", re.ASCII)
_NARROWING: Final = re.compile(r"(?:lv|cd)(?:Tab|Time|Area|Cat(?:0[1-9]|1[0-5]))(?:From|To)?")
_CODES: Final = re.compile(r"[0-9A-Za-z_,-]{1,250}", re.ASCII)


@dataclass(frozen=True)
class Fetched:
    """What came of one table: `done` is None where nothing was stored because it says the same, or it failed."""

    table: FetchedTable
    outcome: str
    said: str
    done: Imported | None = None


def switch_table(
    actor: Actor,
    table: str,
    *,
    active: bool,
    source: str = "",
    title: str = "",
    narrowed: str = "",
    version: int | None = None,
) -> FetchedTable:
    """Have a table of the e-Stat API (統計表ID) fetched from now on, or no longer; the same again changes nothing.

    `narrowed` is what to ask for of it (`cdArea=01210,01209`). WrongInput for an id or parameters that are none.
    """
    with verb(actor, "evidence.switch_table", ruling=policies.fetch(actor), quiet=True) as act:
        table, narrowed = _checked_id(table), _checked_narrowing(narrowed)
        found = FetchedTable.objects.filter(table=table, narrowed=narrowed).first()
        if found is None and not active:
            raise WrongInput(f"統計表 {table} は、取得することになっていません。", column="統計表ID")
        if found is not None:
            found = act.lock(found, version)
            if found.active == active and title.strip() in ("", found.title):
                return found
        row = found or FetchedTable(table=table, narrowed=narrowed)
        listed = _listed(table)
        row.source = source or row.source or (listed.slug if listed else "")
        row.title = (
            title.strip() or row.title or (f"{listed.title} {listed.api_tables[table]}" if listed else table)
        )[:200]
        row.active, row.switched_by, row.switched_at = active, actor.user, timezone.now()
        act.save(row)
        asked = f"、{narrowed}" if narrowed else ""
        act.log(
            row,
            None if found is None else {"active": not active},
            {"active": active},
            f"統計表「{row.title}」（{table}{asked}）を{'取得することに' if active else '取得しないことに'}",
        )
    return row


def tables_of(source: str) -> dict[str, str]:
    """The tables the list of official sources names for a source, with their titles; WrongInput where it names none."""
    found = next((each for each in official_sources() if each.slug == source), None)
    if found is None:
        known = "、".join(each.slug for each in official_sources() if each.api_tables)
        raise WrongInput(f"統計「{source}」は一覧にありません。取得できる統計：{known}", column="統計")
    if not found.api_tables:
        raise WrongInput(
            f"「{found.title}」は自動では取得できません。{found.how}公表元：{found.address}",
            column="統計",
        )
    return found.api_tables


def client(told: Told) -> Client:
    """The client of this installation's settings; WrongInput without an application's id."""
    return Client(settings.ESTAT_APP_ID, base_url=settings.ESTAT_URL or BASE_URL, told=told)


def fetch_tables(
    actor: Actor, tables: Iterable[FetchedTable], *, told: Told = lambda _: None
) -> Iterator[Fetched]:
    """Fetch these tables one after another; what one that fails says stands in its answer, the others are stored."""
    policies.fetch(actor).require()
    asking: Client | None = None
    for table in tables:
        if not table.active:
            continue
        asking = asking or client(told)
        told(f"{table} を取得しています")
        yield _fetch(actor, table, asking)


def _fetch(actor: Actor, table: FetchedTable, asking: Client) -> Fetched:
    done: Imported | None = None
    try:
        pages = asking.get_stats_data(table.table, dict(parse_qsl(table.narrowed)))
        digest = _digest(pages)
        if digest == table.content:
            said, outcome = "前回の取得から変わっていません。", Outcome.KNOWN
        else:
            reading = Reading()
            files = [reading.read(page, kind=estat_api.KIND).parsed for page in pages]
            done = import_figures(actor, files, told=asking.told)
            outcome = Outcome.NEW if done.stored else Outcome.KNOWN
            said = done.said
    except WrongInput as wrong:
        digest, outcome, said = table.content, Outcome.FAILED, wrong.message
    with verb(actor, "evidence.fetch", ruling=policies.fetch(actor)) as act:
        row = act.lock(table, None)
        row.tried_at, row.outcome, row.said, row.content = timezone.now(), outcome, said[:500], digest
        if done is not None:
            row.edition = done.edition
            if row.title == row.table:
                row.title = (done.edition.table_title or done.edition.title)[:200]
        row.save()
        act.log(row, None, {"outcome": outcome}, f"統計表「{row.title}」（{row.table}）を取得（{said}）")
    return Fetched(row, outcome, said, done)


def _digest(pages: Iterable[RawBytes]) -> str:
    """The hash of what the pages say, whenever they were asked for: their moment (RESULT) is left out."""
    found = hashlib.sha256()
    for page in pages:
        data = json.loads(page.content.decode("utf-8-sig"))["GET_STATS_DATA"].get("STATISTICAL_DATA")
        found.update(json.dumps(data, ensure_ascii=False, sort_keys=True).encode())
    return found.hexdigest()


def _listed(table: str) -> OfficialSource | None:
    return next((source for source in official_sources() if table in source.api_tables), None)


def _checked_id(table: str) -> str:
    typed = table.strip()
    if not _ID.fullmatch(typed):
        raise WrongInput(
            "統計表IDは数字10桁です（例 0003454527）。e-Statの統計表の画面の「API」で確かめてください。",
            column="統計表ID",
        )
    return typed


def _checked_narrowing(narrowed: str) -> str:
    """The parameters in one order, so that the same ones are found again."""
    typed = narrowed.strip().lstrip("?&")
    pairs = parse_qsl(typed, keep_blank_values=True)
    wrong = [name for name, value in pairs if not _NARROWING.fullmatch(name) or not _CODES.fullmatch(value)]
    if wrong or (typed and not pairs) or len({name for name, _ in pairs}) != len(pairs):
        raise WrongInput(
            "絞り込みは cdArea=01210,01209 のように書きます（使えるのは cdTab、cdTime、cdArea、cdCat01～cdCat15 と、"
            "lv で始まる階層。2つ以上は & でつなぐ）。",
            column="絞り込み",
        )
    made = urlencode(sorted(pairs), safe=",")
    if len(made) > 300:
        raise WrongInput("絞り込みが長すぎます（300字まで）。", column="絞り込み")
    return made
