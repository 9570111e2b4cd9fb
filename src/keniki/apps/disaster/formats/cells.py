"""What single cells of shelter files say: codes, coordinates, flags, numbers; `Wrong` where they say nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import CodeKind, check_digit, read_code, six_digits

#: Degrees within which 日本 lies with all its islands.
LONGITUDES: Final = (122.0, 154.5)
LATITUDES: Final = (20.0, 46.0)
#: A space is no larger (m²) and holds no more people.
MOST_AREA: Final = Decimal(1_000_000)
MOST_PEOPLE: Final = 1_000_000
#: Metres between which any place of a file is.
_ELEVATIONS: Final = (-1000, 5000)


class Wrong(Exception):
    """A cell that cannot be taken: its column and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def flag(text: str, column: str) -> bool:
    """1 or ○ is yes, an empty cell, 0 or × is no.

    >>> flag("１", "洪水"), flag("", "洪水")
    (True, False)
    """
    found = _FLAGS.get(text)
    if found is None:
        found = _FLAGS.get(plain(text))
    if found is None:
        raise Wrong(
            column, f"「{text[:20]}」は読めません。該当するときは 1、しないときは空欄にしてください。"
        )
    return found


def choice(text: str, column: str, *, yes: str, no: str) -> bool | None:
    """A cell of a table filled in by hand: None where it is empty."""
    told = plain(text)
    told = {"あり": "有", "なし": "無"}.get(told, told)
    if told in (yes, no):
        return told == yes
    if not told:
        return None
    try:
        return flag(text, column)
    except Wrong:
        raise Wrong(
            column, f"「{text[:20]}」は読めません。{yes}・{no}のどちらか、又は空欄にしてください。"
        ) from None


def decimal(text: str, column: str) -> Decimal | None:
    """A number as written, None for an empty cell.

    >>> decimal("４３．１", "緯度")
    Decimal('43.1')
    >>> decimal("1,250.5", "面積（m²）")
    Decimal('1250.5')
    """
    written = text if _NUMBER.fullmatch(text) else plain(text).replace("−", "-")
    if _THOUSANDS.fullmatch(written):
        written = written.replace(",", "")
    if not written:
        return None
    if not _NUMBER.fullmatch(written):
        raise Wrong(column, f"「{text[:30]}」は数値ではありません。10進数で入力してください。")
    return Decimal(written)


def position(latitude: str, longitude: str) -> tuple[Decimal | None, Decimal | None]:
    """Latitude and longitude within Japan, or none of both."""
    north, east = decimal(latitude, "緯度"), decimal(longitude, "経度")
    if north is None and east is None:
        return None, None
    if north is None or east is None:
        missing = "緯度" if north is None else "経度"
        raise Wrong(
            missing, f"{missing}がありません。緯度と経度は両方を入力するか、両方を空欄にしてください。"
        )
    if _within(north, LATITUDES) and _within(east, LONGITUDES):
        return north, east
    if _within(east, LATITUDES) and _within(north, LONGITUDES):
        raise Wrong("緯度", f"緯度（{north}）と経度（{east}）が入れ替わっています。")
    column = "経度" if _within(north, LATITUDES) else "緯度"
    raise Wrong(column, f"緯度 {north}、経度 {east} は日本の範囲にありません。")


def elevation(text: str) -> Decimal | None:
    """Metres above the sea, None for an empty cell."""
    found = decimal(text, "標高")
    if found is not None and not _ELEVATIONS[0] <= found <= _ELEVATIONS[1]:
        raise Wrong(
            "標高", f"標高 {text[:30]} m は{_ELEVATIONS[0]:,}～{_ELEVATIONS[1]:,} mの範囲にありません。"
        )
    return found


def capacity(text: str, column: str) -> int | None:
    """The number of people a cell states, None where it is empty or says it in words; below 0 is refused."""
    written = plain(text).replace(",", "").replace("−", "-").replace("▲", "-").replace("△", "-")
    found = _PEOPLE.fullmatch(written)
    if _BELOW.fullmatch(written):
        raise Wrong(column, f"収容人数が0より小さい値（{text[:20]}）です。0以上の人数にしてください。")
    return int(found[1]) if found is not None else None


def whole(text: str, column: str, most: int = MOST_PEOPLE) -> int | None:
    """A number of people that has to be one and no more than `most`, None for an empty cell."""
    if not text.strip():
        return None
    found = capacity(text, column)
    if found is None:
        raise Wrong(column, f"「{text[:20]}」は人数ではありません。0以上の整数で入力してください。")
    if found > most:
        raise Wrong(column, f"人数（{text[:20]}）は{most:,}人までにしてください。")
    return found


@lru_cache(maxsize=4096)
def code(text: str) -> str:
    """Six digits of a municipality's code; one that may have lost its first 0 is refused with both readings.

    >>> code("01209")
    '012092'
    """
    digits = plain(text)
    lost = f"0{digits}"
    if re.fullmatch(r"\d{5}", digits) and check_digit(lost[:5]) == lost[5]:
        try:
            other = f"{read_code(digits).text} の検査数字を省いたもの"
        except WrongInput:
            other = ""
        readings = "、".join(part for part in (f"{lost} の先頭の0が落ちたもの", other) if part)
        raise Wrong(
            "", f"「{text.strip()}」は{readings}と読めます。6桁の団体コードを文字列で入力してください。"
        )
    try:
        found = read_code(text)
    except WrongInput as wrong:
        raise Wrong("", wrong.message) from None
    if found.kind is not CodeKind.MUNICIPALITY:
        raise Wrong("", f"「{text.strip()}」は市区町村の団体コードではありません。")
    return found.text


def common_id(text: str) -> tuple[str, str]:
    """The common ID (全国共通避難所・避難場所ID) and the code of its town, both empty for an empty cell.

    E, five digits of the town, five of the facility, two for the designation, one of a sequence: fourteen characters.

    >>> common_id("E0120900001201")
    ('E0120900001201', '012092')
    """
    told = text if _COMMON.fullmatch(text) else plain(text).upper()
    if not told:
        return "", ""
    found = _COMMON.fullmatch(told)
    if found is None:
        raise Wrong("共通ID", f"「{text[:20]}」は共通IDではありません。Eで始まる14文字にしてください。")
    if not 1 <= int(told[1:3]) <= 47:
        raise Wrong("共通ID", f"共通IDの都道府県番号 {told[1:3]} はありません。")
    return told, _six(told[1:6])


def is_common_id(text: str) -> bool:
    """Whether a cell is a common ID.

    >>> is_common_id("E0120900001201"), is_common_id("12")
    (True, False)
    """
    return _COMMON.fullmatch(text) is not None


_six = lru_cache(maxsize=4096)(six_digits)
_FLAGS: Final = {
    "": False,
    "0": False,
    "×": False,
    "1": True,
    "○": True,
    "〇": True,
    "◯": True,
}
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,20})?")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,20})?")
_BELOW: Final = re.compile(r"-[0-9.]*[1-9].*")
_PEOPLE: Final = re.compile(r"(-?[0-9]{1,9})(?:人|名)?")
_COMMON: Final = re.compile(r"E[0-9]{10}[0-9A-Z]{3}")


def _within(number: Decimal, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= number <= bounds[1]
