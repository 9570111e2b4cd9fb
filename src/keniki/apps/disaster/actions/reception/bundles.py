"""Reading a file of a stick (持ち運びファイル): verified as a whole, its events taken one by one, itself read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.core.errors import WrongInput

from ... import policies
from ...field_keys import server_key
from ...models import BundleRead, Device, Event, Incident
from ..events import MOST, Refused, take_events

#: So many of the refused are told one by one.
TOLD: Final = 100


@dataclass
class Read:
    """What became of a file. `again`: this very file was read before."""

    header: merging.Header
    device: Device
    again: bool
    stored: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    conflicts: int = 0


def read_bundle(actor: Actor, incident: Incident, data: bytes) -> Read:
    """Take what a file of a device holds; read twice it changes nothing.

    Raises `WrongInput` (`BadBundle`) in a sentence of its own for whatever is wrong with the file as a whole, and
    `Denied` for whoever has no post in the town of the device.
    """
    region = incident.region
    device = _device_of(incident, data)
    policies.record_person(actor, region, device.municipality).require()
    known = BundleRead.objects.filter(region=region).values_list("bundle", "digest")
    opened = merging.unbundle(
        data,
        region=region.slug,
        incident=str(incident.uid),
        mode=incident.mode,  # type: ignore[arg-type]
        devices={device.device: merging.Device(device.public_key, device.is_revoked)},
        server_keys=[server_key()],
        known={str(bundle): digest for bundle, digest in known},
    )
    read = Read(opened.header, device, opened.again)
    taken: list[object] = [each.as_json() for each in opened.events]
    raws = taken + [each.raw for each in opened.refused]
    for start in range(0, len(raws), MOST):
        receipt = take_events(
            actor, region, raws[start : start + MOST], via=Event.Via.BUNDLE, device=device.device
        )
        read.stored += len(receipt.stored)
        read.known += len(receipt.known)
        read.conflicts += len(receipt.conflicts)
        read.refused += [Refused(start + each.number, each.id, each.reason) for each in receipt.refused]
    if not read.again:
        _keep(actor, incident, device, opened, read)
    return read


def _device_of(incident: Incident, data: bytes) -> Device:
    """The device a file says it is of. What is wrong before that is told by `unbundle` itself."""
    header = merging.header_of(data)
    if header.mode != incident.mode:
        here, there = merging.MODES[incident.mode], merging.MODES[header.mode]  # type: ignore[index]
        raise WrongInput(f"{there}のファイルです。{here}の事案には読み込めません。")
    if header.region != incident.region.slug:
        raise WrongInput("別の圏域のファイルです。その圏域で読み込んでください。")
    device = (
        Device.objects.filter(region=incident.region, device=header.device)
        .select_related("municipality")
        .first()
    )
    if device is None:
        raise WrongInput(
            f"端末「{header.device[:64]}」は登録されていません。この端末を登録してから読み込んでください。"
        )
    device.region = incident.region
    return device


def _keep(actor: Actor, incident: Incident, device: Device, opened: merging.Opened, read: Read) -> None:
    counts = {
        "events": opened.header.count,
        "stored": read.stored,
        "known": read.known,
        "refused": len(read.refused),
    }
    header = opened.header
    with verb(actor, "disaster.read_bundle", region=incident.region.slug, quiet=True) as act:
        row = BundleRead(
            region=incident.region,
            incident=incident,
            mode=incident.mode,
            device=device,
            bundle=header.bundle,
            digest=opened.digest,
            serial=header.serial,
            header={
                "made_at": header.made_at,
                "first_seq": header.first_seq,
                "last_seq": header.last_seq,
            },
            counts=counts,
            user=actor.user,
            actor_name=actor.name,
        )
        row.save()
        act.log(
            row,
            None,
            counts,
            f"{incident} に端末「{device}」の持ち運びファイル第{header.serial}号を読込"
            f"（新しい記録{read.stored}件、記録済み{read.known}件、保留{len(read.refused)}件）",
            municipality=device.municipality.code,
        )
