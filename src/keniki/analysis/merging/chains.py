"""A file as a row of QR codes (QRの連なり), for a screen and a camera where even USB is not allowed.

Each code reads `KENIKI1/<id>/<number>/<of>/<base64url>`; `id` is the beginning of the SHA-256 of the whole.
Codes are read in any order, any number of times.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final

from keniki.core.errors import WrongInput

_CODE: Final = re.compile(r"KENIKI1/([0-9a-f]{16})/([1-9][0-9]{0,3})/([1-9][0-9]{0,3})/([A-Za-z0-9_-]+)\Z")
_MOST: Final = 9999


def chain(data: bytes, size: int = 900) -> list[str]:
    """The texts of the codes that carry `data`, `size` bytes each. Raises `WrongInput` for more than 9,999 codes.

    >>> [text.split("/")[2:4] for text in chain(b"x" * 1000)]
    [['1', '2'], ['2', '2']]
    """
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    if not 0 < len(pieces) <= _MOST:
        raise WrongInput(
            f"QRコードで渡せる大きさは{size * _MOST // 1000:,} KBまでです。USBメモリーを使ってください。"
        )
    name = _name(data)
    return [
        f"KENIKI1/{name}/{number}/{len(pieces)}/{base64.urlsafe_b64encode(piece).rstrip(b'=').decode()}"
        for number, piece in enumerate(pieces, 1)
    ]


def unchain(texts: Iterable[str]) -> bytes:
    """What the codes carry. Raises `WrongInput` for a foreign code, codes of two files, and codes that are
    missing, by number.

    >>> unchain(reversed(chain("読める".encode()))).decode()
    '読める'
    """
    pieces: dict[int, str] = {}
    names: set[tuple[str, str]] = set()
    for text in texts:
        found = _CODE.match(text.strip())
        if not found:
            raise WrongInput("このQRコードは持ち運びファイルの一部ではありません。")
        name, number, of, piece = found.groups()
        names.add((name, of))
        if len(names) > 1:
            raise WrongInput(
                "別のファイルのQRコードが混ざっています。一つのファイルごとに読み取ってください。"
            )
        if int(number) > int(of) or pieces.setdefault(int(number), piece) != piece:
            raise WrongInput(f"{number}枚目のQRコードの内容が正しくありません。読み取り直してください。")
    if not names:
        raise WrongInput("QRコードがまだ読み取られていません。")
    [(name, of)] = names
    missing = [number for number in range(1, int(of) + 1) if number not in pieces]
    if missing:
        shown = "、".join(str(number) for number in missing[:20]) + ("…" if len(missing) > 20 else "")
        raise WrongInput(f"{of}枚のうち{len(missing)}枚がまだ読み取られていません（{shown}枚目）。")
    data = b"".join(
        base64.urlsafe_b64decode(pieces[number] + "=" * (-len(pieces[number]) % 4))
        for number in sorted(pieces)
    )
    if _name(data) != name:
        raise WrongInput("読み取った内容が元のファイルと合いません。初めから読み取り直してください。")
    return data


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
