"""Check-ins from residents' own telephones: sent sealed, waiting, confirmed by one button or erased."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_scopes import scope

from keniki.analysis import reception
from keniki.apps.accounts.actor import SYSTEM, VISITOR, Actor, allow
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Incident, Shelter, ShelterPoster, WebCheckin
from ..privacy import erases
from .persons import CheckedIn, Stay, family_in

#: More than so many wait at no desk: somebody plays.
MOST_WAITING: Final = 500
_State: Final = WebCheckin.State


def open_poster(actor: Actor, incident: Incident, shelter: Shelter, keep_hours: int = 24) -> ShelterPoster:
    """Open the residents' form of a shelter; the poster's code is new each time. Raises `WrongInput`, `Denied`."""
    region, town = incident.region, shelter.municipality
    ruling = policies.record_person(actor, region, town).require()
    if incident.ended_at is not None:
        raise WrongInput("この事案は終了しています。")
    if not 1 <= keep_hours <= 168:
        raise WrongInput("確認を待つ時間は1～168時間にしてください。", column="keep_hours")
    with verb(actor, "disaster.open_poster", region=region.slug, ruling=ruling) as act:
        if ShelterPoster.objects.filter(incident=incident, shelter=shelter, closed_at=None).exists():
            raise WrongInput("この避難所の受付フォームは、既に開いています。", column="shelter")
        poster = ShelterPoster(
            region=region,
            incident=incident,
            mode=incident.mode,
            municipality=town,
            shelter=shelter,
            token=secrets.token_urlsafe(18),
            keep_hours=keep_hours,
            opened_by=actor.name,
        )
        act.save(poster)
        said = f"{incident} の{shelter.name}で、スマートフォンの受付フォームを開いた"
        act.log(poster, None, {"keep_hours": keep_hours}, said, municipality=town.code)
        return poster


def close_poster(actor: Actor, poster: ShelterPoster, version: int | None) -> ShelterPoster:
    """Close the residents' form of a shelter; what waits goes on waiting. Raises `WrongInput`, `Denied`, `Stale`."""
    region = poster.region
    ruling = policies.record_person(actor, region, poster.municipality).require()
    with verb(actor, "disaster.close_poster", region=region.slug, ruling=ruling) as act:
        current = act.lock(poster, version)
        if current.closed_at is not None:
            raise WrongInput("この受付フォームは、既に閉じています。")
        current.closed_at = timezone.now()
        act.save(current)
        said = f"{poster.incident} の{poster.shelter.name}で、スマートフォンの受付フォームを閉じた"
        act.log(current, {"open": True}, {"open": False}, said, municipality=poster.municipality.code)
        return current


def send_checkin(poster: ShelterPoster, home: reception.Home) -> WebCheckin:
    """Keep what a resident sent, sealed, until the desk confirms it. The same sent twice is one.

    Raises `WrongInput` when the form is closed or too many wait.
    """
    town = poster.municipality
    with (
        scope(region=poster.region, towns={town.pk}),
        verb(VISITOR, "disaster.send_checkin", region=poster.region.slug, quiet=True),
    ):
        lock("poster", poster.pk)
        current = ShelterPoster.objects.select_related("incident").get(pk=poster.pk)
        if current.closed_at is not None or current.incident.ended_at is not None:
            raise WrongInput("この避難所のスマートフォンの受付は、おわりました。受付の人に話してください。")
        rows = WebCheckin.objects.filter(poster=poster)
        found = rows.filter(ident=home.ident).first()
        if found is not None:
            return found
        if rows.filter(state=_State.WAITING).count() >= MOST_WAITING:
            raise WrongInput("いま、こんでいます。受付の人に話してください。")
        made = WebCheckin(
            region=poster.region,
            incident=poster.incident,
            mode=poster.mode,
            municipality=town,
            poster=poster,
            number=rows.aggregate(last=Coalesce(Max("number"), 0))["last"] + 1,
            ident=home.ident,
            people=len(home.persons),
            sealed={"code": reception.home_code(home)},
            expires_at=timezone.now() + timedelta(hours=current.keep_hours),
        )
        made.save()
        return made


def confirm_checkin(actor: Actor, checkin: WebCheckin) -> CheckedIn:
    """Take a resident's own check-in over as events; what was sent is then erased here. `WrongInput`, `Denied`."""
    region, incident = checkin.region, checkin.incident
    ruling = policies.record_person(actor, region, checkin.municipality).require()
    with verb(actor, "disaster.confirm_checkin", region=region.slug, ruling=ruling, quiet=True):
        row = _waiting(checkin)
        scanned = reception.scan((row.sealed or {})["code"])
        stay = Stay(place=f"shelter:{checkin.poster.shelter.slug}")
        taken = family_in(actor, incident, scanned, stay)
        _decide(row, actor, _State.CONFIRMED)
        return taken


def refuse_checkin(actor: Actor, checkin: WebCheckin, reason: str) -> None:
    """Do not take a resident's check-in; what was sent is erased. Raises `WrongInput` without a reason, `Denied`."""
    region = checkin.region
    ruling = policies.record_person(actor, region, checkin.municipality).require()
    if not reason.strip() or len(reason.strip()) > 200:
        raise WrongInput("受け付けない理由を200文字以内で入力してください。", column="reason")
    with verb(actor, "disaster.refuse_checkin", region=region.slug, ruling=ruling) as act:
        row = _waiting(checkin)
        row.reason = reason.strip()
        _decide(row, actor, _State.REFUSED)
        said = f"{checkin.incident} の{checkin.poster.shelter.name}の確認待ち{row.number}番を受け付けないことにした"
        act.log(row, None, {"number": row.number}, said, municipality=checkin.municipality.code)


def erase_expired(now: datetime | None = None) -> int:
    """Erase the check-ins nobody confirmed in time, of every region; how many."""
    moment = now or timezone.now()
    erased = 0
    for region in Region.objects.order_by("pk"):
        with (
            scope(region=region, towns=EVERY_TOWN),
            verb(
                SYSTEM,
                "disaster.erase_checkins",
                region=region.slug,
                ruling=allow("期限が過ぎました。"),
                quiet=True,
            ),
        ):
            due = WebCheckin.objects.filter(state=_State.WAITING, expires_at__lte=moment)
            erased += due.delete()[0]
    return erased


@erases("確認待ちの受付")
def erase_checkins(incident: Incident, municipality: Municipality) -> int:
    """What residents of a town's shelters sent."""
    return WebCheckin.objects.filter(incident=incident, municipality=municipality).delete()[0]


def _waiting(checkin: WebCheckin) -> WebCheckin:
    row = WebCheckin.objects.select_for_update(of=("self",)).filter(pk=checkin.pk).first()
    if row is None or row.state != _State.WAITING or row.sealed is None:
        raise WrongInput("この受付は、既に処理したか、期限が過ぎて消去されました。")
    return row


def _decide(row: WebCheckin, actor: Actor, state: str) -> None:
    row.state, row.sealed, row.decided_at, row.decided_by = state, None, timezone.now(), actor.name
    row.save()
