"""A bundle: events of one device on a USB stick (持ち運びファイル), signed by the device and readable by the
installation alone.

The file is one JSON object: `format` "keniki-bundle", `version` 1, `header` (JSON as text: region, incident,
mode, device, serial, bundle, made_at, count, first_seq, last_seq, server_key, packing, size), `key` (a public
key made for this file), `content`, `signature`; bytes are base64url without `=`, keys uncompressed points of P-256.

- Content: `{"events": […]}`, packed (`gzip` or `none`), encrypted with AES-256-GCM. The key (32 bytes) and the
nonce (12) come by HKDF-SHA256 from ECDH between the file's own key and the installation's: salt SHA-256 of the
header, info `keniki-bundle-1` and both public keys. The header is associated data. A stick that is lost gives
away where, when and how many, and nothing about a person. - Signature: ECDSA P-256 with SHA-256 (64 bytes, r
and s) over `keniki-bundle-1`, the SHA-256 of the header, the file's own key and the content.

A signature and no shared secret: what the installation stores (a public key) forges no device. P-256 and no
Ed25519: every browser's WebCrypto has it, with private keys that no script can read out.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keniki.core.errors import WrongInput

from .events import MODES, Event, Mode, Quarantined, check_incident, parse_batch
from .spelling import LARGEST, canonical, read_json
from .values import UUID, moment

FORMAT: Final = "keniki-bundle"
VERSION: Final = 1
#: Bytes: a file and what is packed in it; 100,000 events of a region's worst night stay below.
LARGEST_FILE: Final = 64 * 2**20
LARGEST_CONTENT: Final = 256 * 2**20
_MARK: Final = b"keniki-bundle-1"
_CURVE: Final = ec.SECP256R1()
_B64: Final = re.compile(r"[A-Za-z0-9_-]*\Z")

Trouble: TypeAlias = Literal[
    "not_a_bundle",
    "truncated",
    "version",
    "region",
    "mode",
    "incident",
    "device",
    "revoked",
    "tampered",
    "key",
    "reused",
    "content",
]


class BadBundle(WrongInput):
    """A bundle of which nothing is taken; `trouble` says why for machines, the message for people."""

    trouble: Trouble = "not_a_bundle"


@dataclass(frozen=True)
class Header:
    """What stands readable on a bundle. `serial` counts a device's bundles from 1; `made_at` is only shown."""

    region: str
    incident: str
    mode: Mode
    device: str
    serial: int
    bundle: str
    made_at: str
    count: int
    first_seq: int
    last_seq: int
    server_key: str
    packing: Literal["gzip", "none"]
    size: int


@dataclass(frozen=True)
class Device:
    """A registered device: its public key (base64url of the point), and whether it was reported lost (登録抹消)."""

    public_key: str
    revoked: bool = False


@dataclass(frozen=True)
class Opened:
    """What came out of a bundle: every event is in `events` or, with its reason, in `refused`.

    `again` says that this very file was read before (its events are known and change nothing). `digest` is to
    be kept with the bundle's id.
    """

    header: Header
    digest: str
    events: tuple[Event, ...]
    refused: tuple[Quarantined, ...]
    again: bool


def public_text(key: ec.EllipticCurvePublicKey) -> str:
    """A public key as it stands in files and registers: base64url of its uncompressed point.

    >>> len(public_text(new_key().public_key()))
    87
    """
    return _text(_point(key))


def key_id(public: str) -> str:
    """The short name of a public key: the first 16 hexadecimal digits of the SHA-256 of its point.

    >>> key_id(public_text(new_key().public_key())).isalnum()
    True
    """
    return hashlib.sha256(_bytes(public, "key")).hexdigest()[:16]


def check_public(text: str) -> None:
    """Raise `BadBundle` for what is no public key: for the register of devices.

    >>> check_public(public_text(new_key().public_key()))
    """
    _public(text)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new private key of a device or of an installation.

    >>> new_key().curve.name
    'secp256r1'
    """
    return ec.generate_private_key(_CURVE)


def bundle(
    events: Sequence[Event],
    *,
    region: str,
    incident: str,
    mode: Mode,
    device: str,
    serial: int,
    ident: str,
    made_at: str,
    device_key: ec.EllipticCurvePrivateKey,
    server_key: str,
) -> bytes:
    """The bundle of a device's events for the installation whose public key is `server_key`.

    `region` is the slug, `ident` a new UUID, `made_at` the device's clock. Raises `WrongInput` for an empty
    bundle and for events of another device, incident or mode.

    >>> from keniki.analysis.merging.examples import INCIDENT, event, ident
    >>> server, pc = new_key(), new_key()
    >>> made = bundle([event("a", name="岩見 沢子")], region="r", incident=INCIDENT, mode="exercise",
    ...     device="pc-1", serial=1, ident=ident("bundle"), made_at="2026-08-01T06:00:00+09:00", device_key=pc,
    ...     server_key=public_text(server.public_key()))
    >>> "岩見" in made.decode(), header_of(made).mode
    (False, 'exercise')
    """
    if not events:
        raise WrongInput("送るできごとがありません。")
    for event in events:
        _check_own(event, incident, mode, device)
    text = canonical({"events": [event.as_json() for event in events]})
    packed = gzip.compress(text.encode(), mtime=0)
    seqs = [event.seq for event in events]
    header = canonical(
        {
            "region": region,
            "incident": incident,
            "mode": mode,
            "device": device,
            "serial": serial,
            "bundle": ident,
            "made_at": made_at,
            "count": len(events),
            "first_seq": min(seqs),
            "last_seq": max(seqs),
            "server_key": key_id(server_key),
            "packing": "gzip",
            "size": len(packed) + 16,
        }
    )
    own = new_key()
    own_point = _point(own.public_key())
    server = _public(server_key)
    key, nonce = _agreed(own.exchange(ec.ECDH(), server), header, own_point, _point(server))
    content = AESGCM(key).encrypt(nonce, packed, header.encode())
    signed = device_key.sign(_signed(header, own_point, content), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(signed)
    written = {
        "format": FORMAT,
        "version": VERSION,
        "header": header,
        "key": _text(own_point),
        "content": _text(content),
        "signature": _text(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
    }
    return json.dumps(written, ensure_ascii=False, indent=0).encode()


def header_of(data: bytes) -> Header:
    """What a bundle says of itself, before anything is verified: for a list of files, never to act upon. Raises
    `BadBundle`.

    >>> header_of(b"{}")
    Traceback (most recent call last):
    keniki.analysis.merging.bundles.BadBundle: 持ち運びファイルではありません。
    """
    return _header(_outer(data)["header"])


def unbundle(
    data: bytes,
    *,
    region: str,
    incident: str,
    mode: Mode,
    devices: Mapping[str, Device],
    server_keys: Iterable[ec.EllipticCurvePrivateKey],
    known: Mapping[str, str],
) -> Opened:
    """The events of a bundle, after everything about it was verified.

    `devices` are the region's registered devices by id, `server_keys` the installation's private keys (the
    present one and earlier ones), `known` the bundles read before: id → digest. Raises `BadBundle` when nothing
    can be taken; single events that cannot be taken stand in `refused` and the rest goes on.

    >>> cut = b'{"format": "keniki-bundle", "ver'
    >>> unbundle(cut, region="r", incident="i", mode="real", devices={}, server_keys=[], known={})
    Traceback (most recent call last):
    keniki.analysis.merging.bundles.BadBundle: ファイルが途中で切れています。端末でもう一度書き出してください。
    """
    outer = _outer(data)
    header = _header(outer["header"])
    _check_place(header, region, incident, mode)
    device = devices.get(header.device)
    if device is None:
        raise _bad(
            "device",
            f"端末「{header.device}」は登録されていません。この端末を登録してから読み込んでください。",
        )
    if device.revoked:
        raise _bad(
            "revoked",
            f"端末「{header.device}」は登録が取り消されています。紛失した端末か確認してください。",
        )
    content = _bytes(outer["content"], "content")
    if len(content) != header.size:
        raise _bad("truncated", "ファイルが途中で切れています。端末でもう一度書き出してください。")
    own_point = _bytes(outer["key"], "key")
    _verify(device, outer, own_point, content)
    digest = hashlib.sha256(_signed(outer["header"], own_point, content)).hexdigest()
    if known.get(header.bundle, digest) != digest:
        raise _bad(
            "reused", "同じ番号で内容の異なるファイルを既に読み込んでいます。端末の管理者に確認してください。"
        )
    packed = _decrypted(header, outer, own_point, content, server_keys)
    try:
        sent = read_json(_unpacked(packed, header.packing))
    except WrongInput as error:
        raise error if isinstance(error, BadBundle) else _bad("content", error.message) from None
    raws = sent.get("events") if isinstance(sent, dict) else None
    if not isinstance(raws, list) or len(raws) != header.count:
        raise _bad(
            "content", f"件数が表書き（{header.count}件）と合いません。端末でもう一度書き出してください。"
        )
    events, refused = parse_batch(raws, incident=incident, mode=mode, device=header.device)
    return Opened(header, digest, tuple(events), tuple(refused), header.bundle in known)


def missing_serials(serials: Iterable[int]) -> list[int]:
    """The serials of a device's bundles that have not come, of those before the last that has.

    >>> missing_serials([1, 4, 2])
    [3]
    """
    found = set(serials)
    return [serial for serial in range(1, max(found, default=0)) if serial not in found]


def file_name(header: Header) -> str:
    """A name for the file that says whether it is an exercise.

    >>> from keniki.analysis.merging.examples import INCIDENT
    >>> file_name(Header("r", INCIDENT, "exercise", "pc-1", 3, "", "", 1, 1, 1, "", "gzip", 1))
    '訓練_r_pc-1_003.keniki'
    """
    return f"{MODES[header.mode]}_{header.region}_{header.device}_{header.serial:03}.keniki"


def _bad(trouble: Trouble, message: str) -> BadBundle:
    error = BadBundle(message)
    error.trouble = trouble
    return error


def _check_own(event: Event, incident: str, mode: Mode, device: str) -> None:
    check_incident(event.incident, event.mode, incident=incident, mode=mode)
    if event.device != device:
        raise WrongInput("この端末で記録したできごとではありません。", column="device")


def _outer(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST_FILE:
        raise _bad("not_a_bundle", f"ファイルが大きすぎます（{LARGEST_FILE // 2**20} MBまで）。")
    try:
        found = read_json(data)
    except WrongInput:
        if (
            data.lstrip().startswith(b"{")
            and FORMAT.encode() in data[:200]
            and not data.rstrip().endswith(b"}")
        ):
            raise _bad(
                "truncated", "ファイルが途中で切れています。端末でもう一度書き出してください。"
            ) from None
        raise _bad("not_a_bundle", "持ち運びファイルではありません。") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _bad("not_a_bundle", "持ち運びファイルではありません。")
    if found.get("version") != VERSION:
        raise _bad(
            "version", f"この版（{found.get('version')}）のファイルは読めません。システムを更新してください。"
        )
    names = {"format", "version", "header", "key", "content", "signature"}
    if set(found) != names or not all(isinstance(found[name], str) for name in names - {"version"}):
        raise _bad("not_a_bundle", "持ち運びファイルとして必要な項目がそろっていません。")
    return found


def _header(text: str) -> Header:
    try:
        found = read_json(text)
    except WrongInput:
        raise _bad("tampered", "表書きが読めません。ファイルが書き換えられています。") from None
    names = set(Header.__dataclass_fields__)
    numbers = ("serial", "count", "first_seq", "last_seq", "size")
    sound = (
        isinstance(found, dict)
        and set(found) == names
        and all(isinstance(found[name], str) for name in names - set(numbers))
        and all(type(found[name]) is int and 0 <= found[name] <= LARGEST for name in numbers)
    )
    if not sound:
        raise _bad("tampered", "表書きの項目が正しくありません。ファイルが書き換えられています。")
    header = Header(**found)
    try:
        moment(header.made_at)
    except WrongInput as error:
        raise _bad("tampered", f"表書きの日時が正しくありません。{error.message}") from None
    if header.mode not in MODES or header.packing not in ("gzip", "none"):
        raise _bad("tampered", "表書きの区分か圧縮方法が正しくありません。")
    if not UUID.match(header.bundle) or not UUID.match(header.incident) or header.serial < 1:
        raise _bad("tampered", "表書きの番号が正しくありません。")
    return header


def _check_place(header: Header, region: str, incident: str, mode: Mode) -> None:
    if header.region != region:
        raise _bad("region", f"別の圏域「{header.region}」のファイルです。その圏域で読み込んでください。")
    if header.mode != mode:
        here, there = MODES[mode], MODES[header.mode]
        raise _bad("mode", f"{there}のファイルです。{here}の事案には読み込めません。")
    if header.incident != incident:
        raise _bad("incident", "別の事案のファイルです。その事案で読み込んでください。")


def _verify(device: Device, outer: Mapping[str, str], own_point: bytes, content: bytes) -> None:
    signature = _bytes(outer["signature"], "signature")
    if len(signature) != 64:
        raise _bad("tampered", "署名の長さが正しくありません。ファイルが書き換えられています。")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        _public(device.public_key).verify(
            utils.encode_dss_signature(r, s),
            _signed(outer["header"], own_point, content),
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature:
        raise _bad("tampered", "署名が合いません。ファイルが壊れたか、書き換えられています。") from None


def _decrypted(
    header: Header,
    outer: Mapping[str, str],
    own_point: bytes,
    content: bytes,
    server_keys: Iterable[ec.EllipticCurvePrivateKey],
) -> bytes:
    server = next(
        (key for key in server_keys if key_id(public_text(key.public_key())) == header.server_key), None
    )
    if server is None:
        raise _bad(
            "key", "別のシステム（または古い鍵）に宛てたファイルです。宛先のシステムで読み込んでください。"
        )
    shared = server.exchange(ec.ECDH(), _public(outer["key"]))
    key, nonce = _agreed(shared, outer["header"], own_point, _point(server.public_key()))
    try:
        return AESGCM(key).decrypt(nonce, content, outer["header"].encode())
    except InvalidTag:
        raise _bad("tampered", "内容を開けません。ファイルが壊れています。") from None


def _unpacked(packed: bytes, packing: str) -> bytes:
    if packing == "none":
        return packed
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            text = stream.read(LARGEST_CONTENT + 1)
    except (OSError, EOFError, zlib.error):
        raise _bad("content", "圧縮された内容を開けません。端末でもう一度書き出してください。") from None
    if len(text) > LARGEST_CONTENT:
        raise _bad("content", f"内容が大きすぎます（{LARGEST_CONTENT // 2**20} MBまで）。")
    return text


def _agreed(shared: bytes, header: str, own_point: bytes, server_point: bytes) -> tuple[bytes, bytes]:
    salt = hashlib.sha256(header.encode()).digest()
    derived = HKDF(hashes.SHA256(), 44, salt, _MARK + own_point + server_point).derive(shared)
    return derived[:32], derived[32:]


def _signed(header: str, own_point: bytes, content: bytes) -> bytes:
    return _MARK + hashlib.sha256(header.encode()).digest() + own_point + content


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _public(text: str) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _bytes(text, "key"))
    except ValueError:
        raise _bad("tampered", "公開鍵が正しくありません。") from None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str, name: str) -> bytes:
    try:
        if not _B64.match(text):
            raise binascii.Error
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise _bad("tampered", f"「{name}」が読めません。ファイルが壊れています。") from None
