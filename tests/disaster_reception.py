"""The reception of a drill: devices, a family at the desk, a disagreement, what was printed; their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_scopes import scope

from keniki.analysis import merging, reception
from keniki.analysis.merging.bundles import new_key, public_text
from keniki.apps.disaster.actions.events import take_events
from keniki.apps.disaster.actions.reception.devices import DeviceDraft, register_device
from keniki.apps.disaster.actions.reception.persons import FamilyDraft, PersonDraft, Stay, check_in
from keniki.apps.disaster.actions.reception.printing import make_cards, make_sheets
from keniki.apps.disaster.actions.reception.web import open_poster, send_checkin
from keniki.apps.disaster.field_keys import server_public
from keniki.apps.disaster.models import Incident, Shelter
from keniki.apps.portal.testing import HOSHINO, KAWAKITA

from .addressing import EVERYONE, Address, read
from .disaster_incidents import DRILL

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

OWN = frozenset({"partner", "approver"})
TOWNS = OWN | {"other_partner"}
_KEYS = {"t-kawakita": 1001, "t-hoshino": 1002, "t-spare": 1003}
AT = "2024-09-01T10:00:00+09:00"


def _key(device: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(_KEYS[device], ec.SECP256R1())


def reception_records(
    actor: Actor, other: Actor, region: Region, own: Municipality, beside: Municipality, shelter: str
) -> dict[str, str]:
    """All of it, by officers of the two towns; the keys addresses need."""
    drill = Incident.objects.select_related("region").get(region=region, slug=DRILL)
    with scope(region=region, towns={own.pk, beside.pk}):
        for device, town, who in (
            ("t-kawakita", own, actor),
            ("t-hoshino", beside, other),
            ("t-spare", own, actor),
        ):
            draft = DeviceDraft(device, f"受付{device[2:]}", public_text(_key(device).public_key()))
            register_device(who, region, town, draft)
        stay = Stay(place=f"shelter:{shelter}")
        needs = {"needs.diet.egg": True, "needs.care.wheelchair": True, "kana": "ヤマダ ハナコ"}
        family = FamilyDraft(
            [PersonDraft({"name": "山田花子", **needs}), PersonDraft({"name": "山田太郎", "age": 80})],
            {"phone": "0126-00-0000", "pets.dog": 1},
            "records",
        )
        made = check_in(actor, drill, own, stay, family)
        again = check_in(
            actor, drill, own, stay, FamilyDraft([PersonDraft({"name": "山田花子"})], nonce="again")
        )
        heads = [
            take_events(actor, region, [_event(drill, f"person:{made.persons[0]}", {"phone": phone})]).stored[
                0
            ]
            for phone in ("0126-00-0001", "0126-00-0002")
        ]
        poster = open_poster(
            actor, drill, Shelter.objects.select_related("municipality").get(region=region, slug=shelter)
        )
        sent = [
            send_checkin(poster, reception.Home(reception.new_home(), (reception.HomePerson("佐藤花子"),)))
        ]
        batch = make_cards(actor, region, own, "exercise", 2)
        [sheet] = make_sheets(actor, region, own, "exercise", 1)
    return {
        "poster": str(poster.pk),
        "poster_token": poster.token,
        "sent": str(sent[0].pk),
        "batch": str(batch.pk),
        "sheet": sheet.token,
        "person": made.persons[0],
        "twin": again.persons[0],
        "household": made.household,
        "phone_head": heads[0],
    }


def _event(incident: Any, entity: str, fields: dict[str, Any], device: str = "t-kawakita") -> dict[str, Any]:
    return {
        "id": str(uuid4()), "incident": str(incident.uid), "mode": incident.mode, "kind": "person.update",
        "entity": entity, "device": device, "seq": 1, "at": AT, "note": "",
        "fields": {name: {"value": value, "seen": []} for name, value in fields.items()},
    }  # fmt: skip


def own_device(world: World, seat: str) -> str:
    return "t-hoshino" if seat == "other_partner" else "t-kawakita"


def own_town(world: World, seat: str) -> str:
    return HOSHINO if seat == "other_partner" else KAWAKITA


def new_device(world: World, seat: str) -> str:
    return f"t-{uuid4().hex[:12]}"


def new_public(world: World, seat: str) -> str:
    return public_text(new_key().public_key())


def bundle_file(world: World, seat: str) -> SimpleUploadedFile:
    """A file of the seat's own device with one person."""
    region = world.cast.region
    with scope(region=region):
        drill = Incident.objects.get(region=region, slug=DRILL)
    device = own_device(world, seat)
    raw = _event(
        drill, f"person:{uuid4()}", {"name": "佐藤一郎", "presence": {"state": "in", "where": "車"}}, device
    )
    event = merging.parse_event(raw)
    made = merging.bundle(
        [event], region=region.slug, incident=str(drill.uid), mode=drill.mode, device=device, serial=1,  # type: ignore[arg-type]
        ident=str(uuid4()), made_at=timezone.localtime().isoformat(timespec="seconds"), device_key=_key(device),
        server_key=server_public(),
    )  # fmt: skip
    return SimpleUploadedFile("a.keniki", made, "application/octet-stream")


def sent_events(world: World, seat: str) -> str:
    """Events as a device sends them, in a form."""
    region = world.cast.region
    with scope(region=region):
        drill = Incident.objects.get(region=region, slug=DRILL)
    person = _event(drill, f"person:{uuid4()}", {"name": "佐藤", "presence": {"state": "in", "where": "車"}})
    return merging.canonical([person]).replace("{", "{{").replace("}", "}}")


def new_ident(world: World, seat: str) -> str:
    return reception.new_home()


def card(world: World, seat: str) -> str:
    return reception.new_card("exercise")


def desk(writes: frozenset[str] = frozenset(), *, data: Any = None, **kwargs: str) -> Address:
    """A page of 川北町's desk, which nobody else finds."""
    named = {"slug": DRILL, "code": KAWAKITA, **kwargs}
    return Address(named, opens=OWN, writes=writes, data=data or {}, refusal=404)


RECEPTION: dict[str, Address] = {
    "disaster:reception": read(slug=DRILL),
    "disaster:reception-needs": read(slug=DRILL),
    "disaster:reception-app": Address({"slug": DRILL}, opens=TOWNS, refusal=404),
    "disaster:reception-worker": Address({"slug": DRILL}, opens=TOWNS, refusal=404),
    "disaster:reception-manifest": Address({"slug": DRILL}, opens=TOWNS, refusal=404),
    "disaster:devices": Address(
        writes=TOWNS,
        data={"town": own_town, "name": "新しい端末", "device": new_device, "public_key": new_public},
    ),
    "disaster:revoke-device": Address({"device": "t-spare"}, writes=OWN, data={"reason": "紛失"}),
    "disaster:reception-bundles": Address({"slug": DRILL}, writes=TOWNS, data={"file": bundle_file}),
    "disaster:reception-data": Address({"slug": DRILL}, opens=TOWNS, refusal=404),
    "disaster:reception-device": Address(
        {"slug": DRILL},
        opens=None,
        writes=TOWNS,
        data={"name": "端末", "device": new_device, "public_key": new_public},
        refusal=404,
    ),
    "disaster:reception-events": Address(
        {"slug": DRILL},
        opens=OWN,
        query={"device": "t-kawakita"},
        refusal=404,
    ),
    "disaster:reception-send": Address(
        {"slug": DRILL},
        opens=None,
        writes=OWN,
        data={"device": "t-kawakita", "events": sent_events},
        refusal=404,
    ),
    "disaster:reception-town": desk(),
    "disaster:reception-check-in": desk(
        OWN, data={"nonce": new_device, "shelter": "", "where": "車", "persons-0-name": "佐藤一郎"}
    ),
    "disaster:reception-scan": desk(OWN, data={"code": card, "shelter": "", "where": "車"}),
    "disaster:reception-people": desk(),
    "disaster:reception-people-file": desk(form="csv"),
    "disaster:reception-outside": desk(),
    "disaster:reception-doubles": desk(),
    "disaster:reception-person": desk(OWN, key="{person}", data={"state": "away"}),
    "disaster:reception-edit-person": desk(OWN, key="{person}", data={"memo": "改めた備考"}),
    "disaster:reception-void": desk(OWN, key="{twin}", data={"reason": "二重"}),
    "disaster:reception-join": Address(
        {"slug": DRILL, "code": KAWAKITA, "key": "{person}"},
        opens=None,
        writes=OWN,
        data={"other": "{twin}"},
        refusal=404,
    ),
    "disaster:reception-household": desk(key="{household}"),
    "disaster:reception-edit-household": desk(OWN, key="{household}", data={"memo": "改めた備考"}),
    "disaster:public-check-in": Address(
        {"token": "{poster_token}"},
        opens=EVERYONE,
        writes=EVERYONE,
        data={"ident": new_ident, "members-0-name": "佐藤一郎"},
    ),
    "disaster:public-prepare": Address(
        opens=EVERYONE, writes=EVERYONE, data={"members-0-name": "佐藤一郎"}, stores=False
    ),
    "disaster:cards": Address(
        {"code": KAWAKITA},
        opens=OWN,
        writes=OWN,
        data={"what": "cards", "mode": "real", "size": "2"},
        refusal=404,
    ),
    "disaster:cards-file": Address({"code": KAWAKITA, "pk": "{batch}"}, opens=OWN, refusal=404),
    "disaster:sheet-file": Address({"code": KAWAKITA, "token": "{sheet}"}, opens=OWN, refusal=404),
    "disaster:reception-paper": Address(
        {"slug": DRILL, "code": KAWAKITA},
        opens=OWN,
        writes=OWN,
        data={"code": "{sheet}", "line": "1"},
        refusal=404,
        stores=False,
    ),
    "disaster:reception-paper-line": desk(
        OWN,
        token="{sheet}",
        line="1",
        data={"name": "佐藤一郎", "since": "2024-09-01T10:00", "where": "車", "shelter": ""},
    ),
    "disaster:reception-web": desk(OWN, data={"shelter": "{spare_shelter}", "keep_hours": "24"}),
    "disaster:reception-confirm": Address(
        {"slug": DRILL, "code": KAWAKITA, "pk": "{sent}"}, opens=None, writes=OWN, refusal=404
    ),
    "disaster:reception-refuse": desk(OWN, pk="{sent}", data={"reason": "二重"}),
    "disaster:reception-close": Address(
        {"slug": DRILL, "code": KAWAKITA, "pk": "{poster}"}, opens=None, writes=OWN, refusal=404
    ),
    "disaster:reception-poster": desk(pk="{poster}"),
    "disaster:reception-decide": desk(
        OWN, kind="person", key="{person}", name="phone", data={"choice": "{phone_head}"}
    ),
}
