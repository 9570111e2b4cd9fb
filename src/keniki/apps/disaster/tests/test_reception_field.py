"""What devices bring: by network and on a stick, once, from those that are registered, of the own town only."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_scopes import scope

from keniki.analysis import merging
from keniki.analysis.merging.bundles import key_id, new_key, public_text
from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.actions.reception.bundles import read_bundle
from keniki.apps.disaster.actions.reception.devices import DeviceDraft, register_device, revoke_device
from keniki.apps.disaster.field_keys import server_key, server_public
from keniki.apps.disaster.models import BundleRead, Device, Event, Incident, PersonalAccess, RefusedEvent
from keniki.core.errors import WrongInput

from .boarded import halls
from .test_events import person
from .test_incidents import DRILL, RAIN

KEY = new_key()
DRAFT = DeviceDraft("t-0a1b2c", "受付1号", public_text(KEY.public_key()))


@pytest.fixture
def incident(in_region, secretariat, towns) -> Incident:
    halls(in_region, towns, secretariat)
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


@pytest.fixture
def device(in_region, towns, partner) -> Device:
    return register_device(partner, in_region, towns["川北町"], DRAFT)


@pytest.fixture
def own(in_region, towns):
    with scope(region=in_region, towns={towns["川北町"].pk}):
        yield


def base(incident: Incident) -> str:
    return f"{incident.get_absolute_url()}reception/"


def sent(incident: Incident, number: int = 1, **fields: Any) -> list[dict[str, Any]]:
    return [
        person(incident, name="山田花子", **fields) | {"device": DRAFT.device, "seq": at}
        for at in range(number)
    ]


def stick(incident: Incident, raws: list[dict[str, Any]], serial: int = 1, **changes: Any) -> bytes:
    about: dict[str, Any] = {
        "region": incident.region.slug, "incident": str(incident.uid), "mode": incident.mode, "device": DRAFT.device,
        "serial": serial, "ident": str(uuid4()), "made_at": "2024-08-05T18:00:00+09:00", "device_key": KEY,
        "server_key": server_public(),
    }  # fmt: skip
    return merging.bundle([merging.parse_event(raw) for raw in raws], **(about | changes))


def post(client: Client, incident: Incident, events: Any, ident: str = DRAFT.device) -> Any:
    return client.post(
        f"{base(incident)}send.json",
        json.dumps({"device": ident, "events": events}),
        content_type="application/json",
    )


def test_the_installations_key_follows_from_its_secret() -> None:
    assert server_key() is server_key()
    assert len(server_public()) == 87
    assert key_id(server_public()) == key_id(public_text(server_key().public_key()))


@pytest.mark.slow
def test_a_device_registers_sends_and_is_given_what_others_wrote(incident, partner, client_as) -> None:
    client = client_as(partner)
    before = client.get(f"{base(incident)}data.json?device={DRAFT.device}").json()
    assert (before["device"], before["incident"]["mode_words"], before["town"]["name"]) == (
        None,
        "実災害",
        "川北町",
    )
    assert before["shelters"][0] == {
        "entity": "shelter:kita", "slug": "kita", "name": "川北町体育館", "town": "019020", "own": True, "status": None,
    }  # fmt: skip
    draft = {"device": DRAFT.device, "name": DRAFT.name, "public_key": DRAFT.public_key}
    for _ in range(2):
        made = client.post(
            f"{base(incident)}devices.json", json.dumps(draft), content_type="application/json"
        )
        assert made.json()["device"] == {
            "device": DRAFT.device, "name": "受付1号", "town": "019020", "revoked": False,
        }  # fmt: skip
    events = sent(incident, 3)
    answer = post(client, incident, events).json()
    assert (len(answer["stored"]), answer["refused"]) == (3, [])
    assert post(client, incident, events).json()["known"] == answer["stored"]
    given = client.get(f"{base(incident)}events.json?device={DRAFT.device}").json()
    assert {each["id"] for each in given["events"]} == set(answer["stored"])
    assert given["events"][0]["fields"]["name"]["value"] == "山田花子"
    assert PersonalAccess.objects.get().people == 3
    again = client.get(
        f"{base(incident)}events.json", {"device": DRAFT.device, "after": given["cursor"]}
    ).json()
    assert len(again["events"]) == 3
    assert PersonalAccess.objects.count() == 1


@pytest.mark.slow
def test_a_device_of_one_town_is_given_nobody_of_another(
    incident, device, partner, other_partner, secretariat, viewer, client_as
) -> None:
    post(client_as(partner), incident, sent(incident))
    for actor in (other_partner, secretariat, viewer):
        answer = client_as(actor).get(f"{base(incident)}events.json?device={DRAFT.device}")
        assert answer.status_code == 404
        assert "山田" not in answer.content.decode()
    assert client_as(secretariat).get(f"{base(incident)}data.json").status_code == 404
    assert post(client_as(other_partner), incident, sent(incident)).status_code == 404


def test_whoever_is_logged_out_is_told_so_in_json(incident) -> None:
    answer = Client().get(f"{base(incident)}events.json", headers={"Accept": "application/json"})
    assert (answer.status_code, "ログイン" in answer.json()["error"]["message"]) == (401, True)


@pytest.mark.slow
def test_broken_requests_are_refused_in_words(incident, device, partner, client_as) -> None:
    client = client_as(partner)
    assert client.post(f"{base(incident)}send.json", "{", content_type="application/json").status_code == 422
    assert client.get(f"{base(incident)}events.json?device={DRAFT.device}&after=x").status_code == 422
    assert post(client, incident, "x").status_code == 422
    assert post(client, incident, [{"incident": str(uuid4())}]).status_code == 422
    wrong = {"device": "keniki", "name": "x", "public_key": DRAFT.public_key}
    assert client.post(f"{base(incident)}devices.json", wrong).status_code == 422
    wrong = {"device": "t-1", "name": "x", "public_key": "x"}
    assert "鍵" in client.post(f"{base(incident)}devices.json", wrong).json()["error"]["message"]


def test_an_event_of_a_drill_is_not_taken_in_reality(incident, drill, device, partner, client_as) -> None:
    client = client_as(partner)
    assert post(client, incident, sent(drill)).status_code == 422
    mixed = [sent(incident)[0] | {"mode": "exercise"}]
    [refused] = post(client, incident, mixed).json()["refused"]
    assert "訓練の記録です" in refused["reason"]


def test_what_a_lost_device_sends_is_kept_aside(incident, device, partner, own, client_as) -> None:
    revoke_device(partner, device, "紛失", device.version)
    client = client_as(partner)
    answer = post(client, incident, sent(incident))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "revoked")
    assert Event.objects.filter(personal=True).count() == 0
    assert "登録を抹消した端末" in RefusedEvent.objects.get().reason
    given = client.get(f"{base(incident)}events.json?device={DRAFT.device}")
    assert given.status_code == 403
    with pytest.raises(WrongInput, match="登録が取り消されています"):
        read_bundle(partner, incident, stick(incident, sent(incident)))


def test_a_device_is_struck_off_by_its_town_with_a_reason(incident, device, partner, other_partner) -> None:
    with pytest.raises(Denied):
        revoke_device(other_partner, device, "紛失", device.version)
    with pytest.raises(WrongInput, match="理由"):
        revoke_device(partner, device, " ", device.version)
    revoke_device(partner, device, "紛失", device.version)
    with pytest.raises(Stale):
        revoke_device(partner, device, "紛失", device.version)


@pytest.mark.slow
def test_a_stick_is_read_once_and_missing_ones_are_shown(incident, device, partner, client_as) -> None:
    client, data = client_as(partner), stick(incident, sent(incident, 2), serial=3)

    def upload(content: bytes) -> Any:
        return client.post(f"{base(incident)}bundles/", {"file": SimpleUploadedFile("a.keniki", content)})

    assert "新しい記録2件、既にある記録0件" in upload(data).content.decode()
    assert "このファイルは既に読み込んでいます。記録は変わりません。" in upload(data).content.decode()
    assert BundleRead.objects.count() == 1
    text = client.get("/desk/aoba/disaster/devices/").content.decode()
    assert "第1号、第2号" in text
    for broken, said in (
        (b"x", "持ち運びファイルではありません"),
        (b"", "空"),
        (data[: len(data) // 2], "途中で切れています"),
        (data.replace(b'"serial\\":3', b'"serial\\":4'), "署名が合いません"),
    ):
        answer = upload(broken)
        assert answer.status_code == 422
        assert said in answer.content.decode()


def test_each_trouble_of_a_stick_has_a_sentence_of_its_own(
    incident, drill, device, partner, other_partner
) -> None:
    good = sent(incident)
    with pytest.raises(WrongInput, match="訓練のファイルです。実災害の事案には読み込めません"):
        read_bundle(partner, incident, stick(drill, sent(drill)))
    with pytest.raises(WrongInput, match="別の圏域のファイル"):
        read_bundle(partner, incident, stick(incident, good, region="elsewhere"))
    with pytest.raises(WrongInput, match="署名が合いません"):
        read_bundle(partner, incident, stick(incident, good, device_key=new_key()))
    stranger = public_text(new_key().public_key())
    with pytest.raises(WrongInput, match="別のシステム"):
        read_bundle(partner, incident, stick(incident, good, server_key=stranger))
    raws = [each | {"device": "t-unknown"} for each in good]
    with pytest.raises(WrongInput, match="登録されていません"):
        read_bundle(partner, incident, stick(incident, raws, device="t-unknown"))
    with pytest.raises(Denied):
        read_bundle(other_partner, incident, stick(incident, good))
    assert not BundleRead.objects.exists()


def test_of_a_stick_what_cannot_be_taken_is_told_and_the_rest_goes_on(incident, device, partner, own) -> None:
    good, wrong = sent(incident), sent(incident, place="shelter:nowhere")
    read = read_bundle(partner, incident, stick(incident, [*good, *wrong]))
    assert (read.stored, [each.number for each in read.refused]) == (1, [2])
    assert "登録されていません" in read.refused[0].reason
    assert Event.objects.get(personal=True).via == "bundle"
    assert RefusedEvent.objects.count() == 1
