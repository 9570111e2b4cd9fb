"""The devices of a reception: registered by their town, and struck off when they are lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from keniki.analysis.merging.bundles import BadBundle, check_public
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Device

_IDENT: Final = re.compile(r"[a-z0-9-]{3,40}\Z")
#: The name events of pages carry: no device may take it.
_OWN: Final = "keniki"


@dataclass(frozen=True)
class DeviceDraft:
    """A device as it presents itself: its id in events, what people call it, the point of its public key."""

    device: str
    name: str
    public_key: str


def register_device(actor: Actor, region: Region, municipality: Municipality, draft: DeviceDraft) -> Device:
    """Register a device of a town; the same device again is answered as it stands. `WrongInput`, `Denied`."""
    ruling = policies.record_person(actor, region, municipality).require()
    name = draft.name.strip()
    if not _IDENT.match(draft.device) or draft.device == _OWN:
        raise WrongInput("端末の番号は、英小文字・数字・-の3～40文字です。", column="device")
    if not name or len(name) > 80:
        raise WrongInput("端末の名称を80文字以内で入力してください。", column="name")
    try:
        check_public(draft.public_key)
    except BadBundle:
        raise WrongInput(
            "端末の鍵が読み取れません。端末の画面に出ている鍵を、そのまま写してください。",
            column="public_key",
        ) from None
    with verb(actor, "disaster.register_device", region=region.slug, ruling=ruling, quiet=True) as act:
        found = Device.objects.filter(region=region, device=draft.device).first()
        if found is not None:
            if found.public_key != draft.public_key or found.municipality_id != municipality.pk:
                raise WrongInput(
                    "この番号の端末は、別の鍵か別の市町村で登録されています。端末の番号を変えてください。",
                    column="device",
                )
            return found
        made = Device(
            region=region,
            municipality=municipality,
            device=draft.device,
            name=name,
            public_key=draft.public_key,
            registered_by=actor.name,
        )
        act.save(made)
        act.log(
            made,
            None,
            {"device": made.device, "name": made.name},
            f"受付の端末「{made}」を登録",
            municipality=municipality.code,
        )
        return made


def revoke_device(actor: Actor, device: Device, reason: str, version: int | None) -> Device:
    """Strike a device off (登録抹消): nothing it sends from now on is taken. Raises `WrongInput`, `Denied`, `Stale`."""
    ruling = policies.record_person(actor, device.region, device.municipality).require()
    if not reason.strip() or len(reason.strip()) > 200:
        raise WrongInput("登録を抹消する理由を200文字以内で入力してください。", column="reason")
    with verb(actor, "disaster.revoke_device", region=device.region.slug, ruling=ruling) as act:
        current = act.lock(device, version)
        if current.is_revoked:
            raise WrongInput("この端末の登録は、既に抹消されています。")
        current.revoked_at, current.revoked_by = timezone.now(), actor.name
        current.revoked_reason = reason.strip()
        act.save(current)
        act.log(
            current,
            {"revoked": False},
            {"revoked": True, "reason": current.revoked_reason},
            f"受付の端末「{current}」の登録を抹消",
            municipality=device.municipality.code,
        )
        return current
