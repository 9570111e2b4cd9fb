"""Areas from codes as tables write them, and whole columns of codes that may have lost their zeros."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import PREFECTURES, CodeKind, check_digit, read_code, repair_column
from keniki.core.text import search_key
from keniki.rulebooks.regions import prefectures

from .base import AreaKey, AreaKind

NATION: Final = AreaKey("nation", "000000", "全国")
#: So many names are those of all municipalities (1,741 with the special wards of 東京都), fewer are some of them.
COMPLETE: Final = 1_700
LONGEST_NAME: Final = 120
#: So many five-digit codes that all are six-digit ones without their zero cannot be an accident (one in a thousand).
FEW: Final = 3


@cache
def prefecture_names() -> dict[str, str]:
    """The 47 names by the first two digits of their codes."""
    return {prefecture.number: prefecture.name for prefecture in prefectures(date.max)}


def is_made_up(six: str) -> bool:
    """Whether a code is one of a made-up prefecture (90 to 99), as examples and exercises use them."""
    return bool(re.fullmatch(r"9\d{5}", six, re.ASCII)) and check_digit(six[:5]) == six[5]


def area_of(code: str, name: str = "") -> AreaKey:
    """The area of a code in five or six digits, or a former municipality's; `00000` is the nation.

    `name` is what stands beside the code; without it a prefecture has its own name and a municipality its code.
    WrongInput where the code cannot be read.
    """
    typed, name = plain(code), name.strip()[:LONGEST_NAME]
    if typed in ("00000", "000000"):
        return AreaKey("nation", NATION.code, name or NATION.name)
    read = read_code(typed)
    if read.kind is CodeKind.FORMER:
        return AreaKey("former", read.text, name or read.text)
    if read.kind is CodeKind.PREFECTURE:
        return AreaKey("prefecture", read.text, name or prefecture_names()[read.prefecture])
    return AreaKey(kind_of(read.text), read.text, name or read.text)


def kind_of(six: str) -> AreaKind:
    """Whether a six-digit code is a municipality's, a designated city's ward's or neither's (特別区部, 市部, 郡部).

    Codes 101 to 199 below a prefecture are its designated cities and their wards, in 東京都 the special wards.
    """
    if six[2] != "1":
        return "municipality" if six[2] != "0" else "other"
    if six[:2] == "13":
        return "other" if six[2:5] == "100" else "municipality"
    # Cities have a round number; 22140 is 浜松市天竜区, numbered after the city's wards were merged.
    is_city = six[3:5] in _CITIES and six[:5] != "22140"
    return "municipality" if is_city else "ward"


def city_of(ward: str) -> str:
    """The six-digit code of the designated city a ward's code belongs to: the round number before it."""
    five = max(f"{ward[:2]}1{tens}" for tens in _CITIES if f"{ward[:2]}1{tens}" < ward[:5] or tens == "00")
    return f"{five}{check_digit(five)}"


def is_counted_once(kind: str, code: str, there: Collection[str]) -> bool:
    """Whether the people of an area are in no other one `there` (codes).

    The country, prefectures, 特別区部, former municipalities and wards beside their city have them again.
    """
    if kind == "ward":
        return city_of(code) not in there
    return kind == "municipality" or (kind == "other" and not re.fullmatch(r"\d{6}", code))


def resolve(cells: Sequence[tuple[str, str]], names: Mapping[str, str] | None = None) -> list[AreaKey | str]:
    """The areas of a column of (code, name beside it or empty), and in place of an area why there is none.

    `names` gives the names of six-digit codes, where they are known: with them and a name beside each code, lost
    zeros are restored and a code that contradicts its name is refused. Without a name a code that may be another
    one without its zero is refused; where `names` are all of Japan's (`COMPLETE`), a code that is not among them
    needs a name beside it. WrongInput where that leaves nothing because the whole column seems to have lost its zeros.
    """
    known = names or {}
    pairs = [(plain(code), name.strip()) for code, name in cells]
    distinct = list(dict.fromkeys(pairs))
    repaired = _repaired(distinct, known)
    left = [pair for pair in distinct if pair not in repaired]
    has_lost = any(len(pair[0]) < 6 and code[:5] != pair[0] for pair, code in repaired.items())
    doubtful = _zeroless(left) if has_lost else _doubtful(left)
    answers: dict[tuple[str, str], AreaKey | str] = {}
    for pair in distinct:
        if pair in repaired:
            code, name = repaired[pair], pair[1]
            answers[pair] = area_of(code, name)
        elif pair[0] in doubtful:
            answers[pair] = _lost_zero(pair[0], known)
        else:
            answers[pair] = _as_written(*pair, known)
    if doubtful and all(isinstance(answer, str) for answer in answers.values()):
        raise WrongInput(
            f"団体コードの先頭の0が落ちているようです（{next(iter(doubtful))} など）。"
            "コードを6桁の文字列で入力するか、市区町村名の列（name）を加えてください。"
        )
    return [answers[pair] for pair in pairs]


class Places:
    """Areas by number, in the order they were first met; the first name of an area stays."""

    def __init__(self) -> None:
        self.keys: list[AreaKey] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, area: AreaKey) -> int:
        """The area's number among `keys`."""
        number = self._numbers.setdefault((area.kind, area.code), len(self.keys))
        if number == len(self.keys):
            self.keys.append(area)
        return number

    def key(self, area: AreaKey) -> AreaKey:
        """The area as it was first met."""
        return self.keys[self.number(area)]


_CODE = re.compile(r"\d{4,6}|\d{4}[A-Z]", re.ASCII)
#: How the codes of designated cities end.
_CITIES: Final = ("00", "30", "40", "50")


def _repaired(pairs: Sequence[tuple[str, str]], known: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Six-digit codes of the pairs whose names say which code is meant."""
    if not known:
        return {}
    beside = [pair for pair in pairs if pair[1] and _CODE.fullmatch(pair[0].upper()) and int(pair[0][:4])]
    named = [pair for pair in beside if _possible(pair[0])]
    if not named:
        return {}
    try:
        return dict(zip(named, repair_column(named, known), strict=True))
    except WrongInput:
        pass
    found = {}
    for pair in named:
        try:
            (code,) = repair_column([pair], known)
        except WrongInput:
            continue
        # A code nobody knows the name of agrees with anything: the column decides about it, not the row.
        if code in known:
            found[pair] = code
    return found


def _possible(text: str) -> bool:
    return _readable(text) or _readable(f"0{text}")


def _readable(text: str) -> bool:
    try:
        read_code(text)
    except WrongInput:
        return False
    return True


def _doubtful(pairs: Sequence[tuple[str, str]]) -> set[str]:
    """Five-digit codes that seem to be six-digit ones without their zero, as the column as a whole tells."""
    codes = list(dict.fromkeys(code for code, _ in pairs))
    five = [code for code in codes if re.fullmatch(r"\d{5}", code, re.ASCII) and code != "00000"]
    lost = [code for code in five if code[0] != "0" and check_digit(f"0{code[:4]}") == code[4]]
    if not lost or len(lost) != len(five):
        return set()
    six = [code for code in codes if re.fullmatch(r"\d{6}", code, re.ASCII)]
    mixed = bool(six) and not any(code.startswith("0") for code in six)
    return set(lost) if mixed or len(lost) >= FEW else set()


def _zeroless(pairs: Sequence[tuple[str, str]]) -> set[str]:
    """Codes that can be read with a zero in front as well as without, in a column where others lost theirs."""
    return {
        code for code, _ in pairs if re.fullmatch(r"[1-9]\d{4}", code, re.ASCII) and _readable(f"0{code}")
    }


def _lost_zero(code: str, known: Mapping[str, str]) -> str:
    readings = (f"{code}{check_digit(code)}", f"0{code}")
    either, other = (f"{six} {known[six]}" if six in known else six for six in readings)
    return (
        f"団体コード「{code}」は、{either} とも、先頭の0が落ちた {other} とも読めます。"
        "6桁で入力するか、その名称を列（name）に入力してください。"
    )


def _as_written(code: str, name: str, known: Mapping[str, str]) -> AreaKey | str:
    if not code:
        return "団体コードがありません。"
    six = f"{code}{check_digit(code)}" if re.fullmatch(r"9\d{4}", code, re.ASCII) else code
    if is_made_up(six) and six in known:
        return AreaKey("municipality", six, name or known[six])
    try:
        area = area_of(code, name)
    except WrongInput as wrong:
        return wrong.message
    if known and area.kind in ("municipality", "ward", "other"):
        if area.code not in known and not name and len(known) >= COMPLETE:
            return (
                f"団体コード「{code}」の市区町村は知られていません。"
                "コードを確かめるか、名称の列（name）を加えてください。"
            )
        if name and area.code not in known and _is_elsewhere(code, name, known):
            return f"団体コード「{code}」は「{name}」のものではないようです。コードを6桁で入力してください。"
        if name and area.code in known:
            try:
                repair_column([(code, name)], known)
            except WrongInput as wrong:
                return wrong.message
        if not name:
            return AreaKey(area.kind, area.code, known.get(area.code, area.code))
    return area


def _is_elsewhere(code: str, name: str, known: Mapping[str, str]) -> bool:
    """Whether a code that may lack its zero stands beside the name of a municipality of another prefecture."""
    if len(code) != 5 or not _readable(f"0{code}"):
        return False
    found = [six for six, other in known.items() if search_key(other) == search_key(name)]
    return bool(found) and not any(six.startswith(code[:2]) for six in found)


def is_area_code(text: str) -> bool:
    """Whether a five- or six-digit text can be an area's code, the nation's included."""
    typed = plain(text).upper()
    if typed in ("00000", "000000") or is_made_up(typed):
        return True
    if not _CODE.fullmatch(typed) or len(typed) < 5 or int(typed[:2]) not in PREFECTURES:
        return False
    return len(typed) == 5 or check_digit(typed[:5]) == typed[5]
