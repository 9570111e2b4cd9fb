"""Taking telegrams: each once by its hash, whatever way and in whatever order it comes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from ... import policies
from ...formats.jma import AreaWarning, Bulletin, read_telegram
from ...formats.jma.areas import municipality_of
from ...formats.jma.rows import Told
from ...models import AreaWarnings, Mode, WarningPolling, WarningTelegram

Outcome = WarningTelegram.Outcome
#: A file that cannot be read is kept up to this size, so that somebody can look at it.
KEPT_UNREAD: Final = 2 * 1024 * 1024
#: What a warning is kept as.
KEPT: Final = ("municipality", "area_name", "code", "title", "grade", "level", "state", "change", "condition")


@dataclass(frozen=True)
class Taken:
    """What became of a telegram: `taken`, `known` (was there), `elsewhere` (about no town here) or `refused`."""

    file: str
    outcome: str
    said: str
    telegram: WarningTelegram | None = None


def our_towns() -> list[str]:
    """The codes (six digits) of the towns of all regions here."""
    rows = Municipality.objects.filter(memberships__isnull=False).distinct()
    return sorted(rows.values_list("code", flat=True))


def take_telegram(
    actor: Actor, data: bytes, name: str, *, via: str = WarningTelegram.Via.FILE, url: str = ""
) -> Taken:
    """Take a telegram as it was sent. One that cannot be read is kept with the reason and raises nothing, also
    when it comes again.

    What a real one (通常) says stands from now on where it is newer than what stood; one of a drill or a test (訓練・
    試験) is kept as such and changes nothing. Raises `Denied`.
    """
    ruling = policies.fetch_warnings(actor).require()
    digest = hashlib.sha256(data).hexdigest()
    with verb(actor, "disaster.take_telegram", ruling=ruling, quiet=True) as act:
        lock("warning-telegrams", 0)
        known = WarningTelegram.objects.filter(digest=digest).first()
        if known is not None and known.outcome == Outcome.REFUSED:
            return Taken(name, "refused", known.reason, known)
        if known is not None:
            return Taken(name, "known", "この電文は読込み済みです。", known)
        towns = our_towns()
        try:
            bulletin = read_telegram(data, name, members=towns)
        except WrongInput as wrong:
            refused = _refused(data, digest, name, via, url, str(wrong))
            act.log(refused, None, {"digest": digest}, f"電文「{name}」を読み込めない（{wrong}）")
            return Taken(name, "refused", str(wrong), refused)
        concerned = _concerned(bulletin, towns)
        if not concerned and not _takes_back_ours(bulletin):
            return Taken(name, "elsewhere", "この電文は、登録されている市町村についてのものではありません。")
        telegram = _stored(data, bulletin, concerned, via, url)
        if telegram.mode == Mode.REAL:
            _fold(bulletin, telegram, towns)
        mode = "" if telegram.mode == Mode.REAL else f"【{bulletin.status}】"
        act.log(
            telegram,
            None,
            {"digest": digest, "mode": bulletin.mode, "kind": bulletin.telegram},
            f"{mode}電文「{bulletin.title}」（{bulletin.telegram}）を読み込む",
        )
        return Taken(name, "taken", f"{mode}{bulletin.title}", telegram)


def read_again(actor: Actor) -> int:
    """Read the telegrams that are kept anew where towns came to a region since; how many were read."""
    ruling = policies.fetch_warnings(actor).require()
    towns = our_towns()
    polling = WarningPolling.objects.filter(key="jma").first()
    if polling is not None and polling.towns == towns:
        return 0
    with verb(actor, "disaster.read_telegrams_again", ruling=ruling, quiet=True) as act:
        lock("warning-telegrams", 0)
        polling, _ = WarningPolling.objects.select_for_update().get_or_create(key="jma")
        read = 0
        for telegram in (
            WarningTelegram.objects.filter(outcome=Outcome.TAKEN).order_by("issued_at").iterator()
        ):
            bulletin = read_telegram(gzip.decompress(bytes(telegram.content)), telegram.file, members=towns)
            telegram.towns, telegram.felt = _concerned(bulletin, towns), _felt(bulletin, towns)
            telegram.save(update_fields=["towns", "felt"])
            if telegram.mode == Mode.REAL:
                _fold(bulletin, telegram, towns)
            read += 1
        if polling.towns:
            polling.state = {}
            act.log(polling, None, {"read": read}, f"市町村が変わったため、気象の電文{read}件を読み直す")
        polling.towns = towns
        polling.save()
        return read


def concerned_by(told: Told, warnings: Iterable[AreaWarning], towns: Collection[str]) -> list[str]:
    """The towns a telling is about: of its area, or those a river's forecast names."""
    found = municipality_of(told.area_code, towns)
    named = {found} if found in towns else set()
    return sorted(named | {each.municipality for each in warnings if each.municipality in towns})


def kept(warning: AreaWarning) -> dict[str, Any]:
    """A warning as it is kept."""
    whole = asdict(warning)
    return {name: whole[name] for name in KEPT}


def by_telling(bulletin: Bulletin) -> dict[tuple[str, str, bool], list[AreaWarning]]:
    """The warnings of a telegram by area, phenomenon and `replaced`."""
    found: dict[tuple[str, str, bool], list[AreaWarning]] = {}
    for each in bulletin.warnings:
        found.setdefault((each.area_code, each.phenomenon, each.replaced), []).append(each)
    return found


def _concerned(bulletin: Bulletin, towns: Collection[str]) -> list[str]:
    said = by_telling(bulletin)
    found: set[str] = set(_felt(bulletin, towns).get("towns", {}))
    for told in bulletin.told:
        found |= set(
            concerned_by(told, said.get((told.area_code, told.phenomenon, told.replaced), ()), towns)
        )
    return sorted(found)


def _felt(bulletin: Bulletin, towns: Collection[str]) -> dict[str, Any]:
    """An earthquake in words, with the intensity of our towns; nothing where none of them felt it."""
    quake = bulletin.quake
    if quake is None:
        return {}
    felt = {each.municipality: each.words for each in quake.shakings if each.municipality in towns}
    if not felt:
        return {}
    return {
        "place": quake.place,
        "magnitude": quake.magnitude,
        "greatest": quake.greatest.replace("-", "弱").replace("+", "強"),
        "comment": quake.comment,
        "at": quake.origin_at.isoformat() if quake.origin_at else "",
        "towns": felt,
    }


def _takes_back_ours(bulletin: Bulletin) -> bool:
    return (
        bulletin.withdrawn
        and WarningTelegram.objects.filter(kind=bulletin.telegram, office=bulletin.office).exists()
    )


def _stored(data: bytes, bulletin: Bulletin, concerned: list[str], via: str, url: str) -> WarningTelegram:
    telegram = WarningTelegram(
        digest=bulletin.digest,
        file=bulletin.file[:200],
        url=url[:500],
        via=via,
        outcome=Outcome.TAKEN,
        kind=bulletin.telegram,
        mode=bulletin.mode,
        status=bulletin.status,
        info_type=bulletin.info_type,
        title=bulletin.title[:200],
        headline=bulletin.headline,
        office=bulletin.office[:120],
        issued_at=bulletin.issued_at,
        control_at=bulletin.control_at,
        towns=concerned,
        felt=_felt(bulletin, concerned),
        problems=[
            {"row": each.row, "column": each.column, "reason": each.reason}
            for each in bulletin.problems[:100]
        ],
        content=gzip.compress(data, mtime=0),
    )
    telegram.save()
    return telegram


def _refused(data: bytes, digest: str, name: str, via: str, url: str, reason: str) -> WarningTelegram:
    telegram = WarningTelegram(
        digest=digest,
        file=name[:200],
        url=url[:500],
        via=via,
        outcome=Outcome.REFUSED,
        reason=reason[:500],
        content=gzip.compress(data, mtime=0) if len(data) <= KEPT_UNREAD else b"",
    )
    telegram.save()
    return telegram


def _fold(bulletin: Bulletin, telegram: WarningTelegram, towns: Collection[str]) -> None:
    """Let the telegram's tellings stand where they are the newest of their area and phenomenon."""
    said = by_telling(bulletin)
    keys = {(told.area_code, told.phenomenon, told.replaced): told for told in bulletin.told}
    areas = {area for area, _, _ in keys}
    rows = AreaWarnings.objects.select_for_update(of=("self",)).filter(area_code__in=areas)
    before = {(row.area_code, row.phenomenon, row.replaced): row for row in rows.select_related("telegram")}
    for key, told in keys.items():
        warnings = [each for each in said.get(key, ()) if each.municipality in towns]
        about = concerned_by(told, warnings, towns)
        row = before.get(key)
        if row is None and not about:
            continue
        if row is None:
            row = AreaWarnings(area_code=key[0], phenomenon=key[1], replaced=key[2])
        elif row.telegram_id != telegram.pk and _age(row.at, row.telegram) >= _age(told.at, telegram):
            continue
        row.at, row.telegram = told.at, telegram
        row.towns = sorted(set(row.towns) | set(about))
        row.warnings = [kept(each) for each in warnings]
        row.save()


def _age(at: datetime, telegram: WarningTelegram) -> tuple[datetime, datetime, datetime, str]:
    assert telegram.issued_at is not None
    assert telegram.control_at is not None
    return at, telegram.issued_at, telegram.control_at, telegram.digest


def content_of(telegram: WarningTelegram) -> bytes:
    """The telegram as it was sent; empty where it was too large to be kept."""
    return gzip.decompress(bytes(telegram.content)) if telegram.content else b""
