"""Telling incidents what the agency says: real telegrams to real incidents, those of a drill (訓練) to drills."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django_scopes import scope

from keniki.analysis import merging
from keniki.apps.accounts.actor import SYSTEM, Actor
from keniki.apps.accounts.snapshots import touch
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import phenomenon_name

from ... import policies
from ...formats.jma import Bulletin, read_telegram
from ...models import Event, Incident, Mode, WarningTelegram
from ...public import ALL, SOURCE
from ...queries.states import state_of
from ...queries.warnings import heard_at, is_fresh, standing_rows
from ..events import MOST, take_events
from .taking import by_telling, concerned_by, kept

#: What was told before an incident began and is still part of it: an earthquake opens its incident afterwards.
BEFORE: Final = timedelta(hours=24)
_SHOWN: Final = ("code", "title", "level")


def tell_all() -> int:
    """Tell every open real incident of every region what stands and was not told yet; how many entries were made."""
    if not WarningTelegram.objects.filter(mode=Mode.REAL).exists():
        return 0
    regions = {region.pk: region for region in Region.objects.all()}
    with scope(region=list(regions.values())):
        incidents = list(Incident.objects.filter(mode=Mode.REAL, ended_at=None).order_by("pk"))
    told = 0
    for incident in incidents:
        incident.region = regions[incident.region_id]
        with scope(region=incident.region):
            told += tell_incident(incident)
    return told


def tell_incident(incident: Incident) -> int:
    """Tell a real incident what stands in its towns: an entry where that changed, once however often this is called.

    Nothing is told of what stands while the source gave no sign of life for hours.
    """
    if incident.mode != Mode.REAL or incident.ended_at is not None:
        return 0
    towns = {row.municipality.code for row in members_on(incident.region)}
    events = _notes(incident, towns)
    if is_fresh(heard_at()):
        rows = [
            (row.area_code, row.phenomenon, row.replaced, row.at, row.telegram, row.warnings, row.towns)
            for row in standing_rows(towns)
        ]
        events = [*_standing(incident, rows, towns), *events]
    return _send(incident, events)


def play_telegram(actor: Actor, incident: Incident, data: bytes, name: str) -> int:
    """Play a telegram of a drill (運用種別「訓練」) into an exercise; how many entries were made.

    Raises `WrongInput` for a real telegram or a test of the line, for what is about no town here, and what was
    played already; `Denied`.
    """
    policies.record_on_page(actor, incident, None).require()
    ruling = policies.write_shared(actor, incident.region).require()
    if incident.mode != Mode.EXERCISE:
        raise WrongInput("電文を付与できるのは訓練だけです。実災害には、取得した電文が自動で入ります。")
    towns = {row.municipality.code for row in members_on(incident.region)}
    bulletin = read_telegram(data, name, members=sorted(towns))
    if bulletin.mode != "exercise" or bulletin.is_test:
        raise WrongInput(
            f"この電文の運用種別は「{bulletin.status}」です。訓練に付与できるのは「訓練」の電文だけです。",
            file=name,
            column="Status",
        )
    events = [*_standing(incident, list(_tellings(bulletin, towns)), towns)]
    if bulletin.quake is not None:
        felt = {
            each.municipality: each.words for each in bulletin.quake.shakings if each.municipality in towns
        }
        if felt:
            text = _quake_words(bulletin.quake.place, bulletin.quake.magnitude, felt, incident)
            events.append(_note(incident, bulletin.digest, text, bulletin.office, bulletin.issued_at))
    if not events:
        raise WrongInput(
            "この電文には、この圏域の市町村について新しく付与する内容がありません。"
            "付与済みの電文か、ほかの地域の電文です。",
            file=name,
        )
    with verb(actor, "disaster.play_telegram", region=incident.region.slug, ruling=ruling) as act:
        made = _send(incident, events)
        act.log(
            incident,
            None,
            {"digest": bulletin.digest, "events": made},
            f"{incident} に訓練の電文「{bulletin.title}」を付与（{made}件）",
        )
        return made


def standing_changed() -> None:
    """Let the public boards be rendered anew."""
    for slug in Region.objects.values_list("slug", flat=True):
        touch(SOURCE, slug)
    touch(SOURCE, ALL)


_Telling = tuple[str, str, bool, datetime, Any, list[dict[str, Any]], list[str]]


def _tellings(bulletin: Bulletin, towns: set[str]) -> Iterator[_Telling]:
    said = by_telling(bulletin)
    for told in bulletin.told:
        warnings = said.get((told.area_code, told.phenomenon, told.replaced), [])
        about = concerned_by(told, warnings, towns)
        if about:
            rows = [kept(each) for each in warnings if each.municipality in towns]
            yield told.area_code, told.phenomenon, told.replaced, told.at, bulletin, rows, about


def _standing(incident: Incident, tellings: Sequence[_Telling], towns: set[str]) -> Iterator[dict[str, Any]]:
    """Entries about what is new, changed or lifted; nothing for what only goes on, or is older than what is there."""
    state = state_of(incident, ("warning",))
    better = {(area, phenomenon) for area, phenomenon, replaced, *_ in tellings if not replaced}
    for area, phenomenon, replaced, at, telegram, warnings, about in tellings:
        if replaced and (area, phenomenon) in better:
            continue
        for town in sorted(towns & set(about)):
            own = [each for each in warnings if each["municipality"] == town]
            entity = f"warning:{_key(area, phenomenon, town, replaced)}"
            before = state.joined.get(entity)
            fields = _fields(town, area, phenomenon, own, at, telegram, before)
            if fields is not None:
                ident = uuid.uuid5(incident.uid, f"warning/{telegram.digest}/{entity}")
                yield _event(incident, ident, entity, fields, before, at)


def _fields(
    town: str,
    area: str,
    phenomenon: str,
    own: list[dict[str, Any]],
    at: datetime,
    telegram: Any,
    before: merging.Joined | None,
) -> dict[str, Any] | None:
    """What is to be written, None where nothing changed."""
    was = {name: register.value for name, register in before.registers.items()} if before is not None else {}
    told_at = _parsed(was.get("issued_at"))
    if told_at is not None and told_at > at:
        return None
    if not own:
        if not was or was.get("state") == "lifted":
            return None
        lifted = {"town": town, "code": "00", "title": was.get("title") or phenomenon_name(phenomenon)}
        return {**lifted, "state": "lifted", **_said(at, telegram, telegram.headline)}
    levels = [each["level"] for each in own if each["level"] is not None]
    fields: dict[str, Any] = {
        "town": town,
        "code": ",".join(each["code"] for each in own)[:20],
        "title": _plain("・".join(_titled(each, area, town) for each in own))[:120],
        "level": max(levels, default=None),
    }
    if was.get("state") not in (None, "lifted") and all(was.get(name) == fields[name] for name in _SHOWN):
        return None
    changed = "・".join(each["change"] for each in own if each["change"])
    text = f"{changed}\n{telegram.headline}".strip() if changed else telegram.headline
    going = all(each["state"] == "continued" for each in own)
    return {**fields, "state": "continued" if going else "issued", **_said(at, telegram, text)}


def _said(at: datetime, telegram: Any, text: str) -> dict[str, Any]:
    return {
        "issued_at": _moment(at),
        "source": _plain(telegram.office)[:120],
        "text": _plain(text, lines=True)[:4000],
    }


def _titled(warning: Mapping[str, Any], area: str, town: str) -> str:
    """The name; with the area's where it is a part of the town, or a river."""
    whole = len(area) == 7 and area.endswith("00") and town.startswith(area[:5])
    return warning["title"] if whole else f"{warning['title']}（{warning['area_name']}）"


def _notes(incident: Incident, towns: set[str]) -> list[dict[str, Any]]:
    """Earthquakes that were felt, and telegrams that were taken back, since the incident began."""
    rows = WarningTelegram.objects.filter(
        mode=Mode.REAL, outcome=WarningTelegram.Outcome.TAKEN, issued_at__gte=incident.began_at - BEFORE
    )
    found = []
    for row in rows.filter(info_type="取消").defer("content"):
        text = (
            f"【取消】{row.title}（{row.kind}）が取り消されました。"
            "いま出ている警報・注意報は、気象台の発表で確かめてください。"
        )
        found.append(_note(incident, row.digest, text, row.office, _issued(row)))
    for row in rows.exclude(felt={}).exclude(info_type="取消").defer("content"):
        felt = {code: words for code, words in row.felt["towns"].items() if code in towns}
        if felt:
            text = _quake_words(row.felt["place"], row.felt["magnitude"], felt, incident)
            found.append(_note(incident, row.digest, text, row.office, _issued(row)))
    return found


def _quake_words(place: str, magnitude: str, felt: Mapping[str, str], incident: Incident) -> str:
    names = {row.municipality.code: row.municipality.name for row in members_on(incident.region)}
    towns = "、".join(f"{names[code]} {words}" for code, words in felt.items() if code in names)
    return f"【地震】震源 {place}、マグニチュード {magnitude}。{towns}"


def _note(incident: Incident, digest: str, text: str, office: str, at: datetime) -> dict[str, Any]:
    ident = uuid.uuid5(incident.uid, f"warning/{digest}/note")
    fields = {
        "text": _plain(text, lines=True)[:2000],
        "source": "other",
        "source_note": _plain(office)[:120] or "気象庁",
        "happened_at": _moment(at),
        "important": True,
    }
    return _event(incident, ident, f"note:{ident}", fields, None, at)


def _event(
    incident: Incident,
    ident: uuid.UUID,
    entity: str,
    fields: Mapping[str, Any],
    before: merging.Joined | None,
    at: datetime,
) -> dict[str, Any]:
    registers = before.registers if before is not None else {}
    return {
        "id": str(ident),
        "incident": str(incident.uid),
        "mode": incident.mode,
        "kind": "warning.tell",
        "entity": entity,
        "device": "jma",
        "seq": 0,
        "at": _moment(at),
        "fields": {
            name: {"value": value, "seen": registers[name].seen if name in registers else []}
            for name, value in fields.items()
            if value is not None or name in registers
        },
        "note": "",
    }


def _send(incident: Incident, events: Sequence[dict[str, Any]]) -> int:
    known = {
        str(pk)
        for pk in Event.objects.filter(incident=incident, pk__in=[each["id"] for each in events]).values_list(
            "pk", flat=True
        )
    }
    fresh = [each for each in events if each["id"] not in known]
    return sum(
        len(take_events(SYSTEM, incident.region, part, via=Event.Via.WARNING).stored)
        for part in _parts(fresh, MOST)
    )


def _parts(rows: Sequence[dict[str, Any]], size: int) -> Iterable[list[dict[str, Any]]]:
    return (list(rows[at : at + size]) for at in range(0, len(rows), size))


def _key(area: str, phenomenon: str, town: str, replaced: bool) -> str:
    """The name of what is told of: area, phenomenon, the town; of an older type of telegram it says so."""
    stem = f"{area}-{phenomenon.replace(':', '-').replace(area, 'at')}-{town}"
    return f"{stem}-old"[:80] if replaced else stem[:80]


def _plain(text: str, *, lines: bool = False) -> str:
    """The text without control characters, which no entry may have."""
    return "".join(
        char if ord(char) >= 32 or (lines and char == "\n") else " " for char in text.replace("\r\n", "\n")
    )


def _issued(row: WarningTelegram) -> datetime:
    assert row.issued_at is not None
    return row.issued_at


def _parsed(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")
