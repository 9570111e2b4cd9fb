"""Codes of the reception of a shelter: the QR codes of cards, paper lines and families, and who is meant by them.

A code says whether it is for a real disaster or a training (`R`, `T`): where there is no network it must still be
impossible to take one for the other. The id of who is scanned follows from the code, so that two devices that read
the same card write of the same person. The page that works without network does the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from keniki.core.errors import WrongInput

from .merging import MODES, Mode

#: No I, L, O, S, Z: they are read as 1, 1, 0, 5, 2. The number of characters is prime, so that every single wrong
#: character and every swap of two changes the check character.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRTUVWXY"
LETTERS: Final[dict[Mode, str]] = {"real": "R", "exercise": "T"}
CARD_LENGTH: Final = 12
SHEET_LENGTH: Final = 9
#: A family's code holds no more persons: more do not fit in a QR code a telephone shows.
MOST_PERSONS: Final = 12
_AS_READ: Final = str.maketrans("OILSZ", "01152")
_LINE: Final = re.compile(r"(?P<sheet>[0-9A-Z -]+)\.(?P<line>[0-9]{1,2})\Z")
_HOME_ID: Final = re.compile(r"[0-9a-f]{16}\Z")
_B64: Final = re.compile(r"[A-Za-z0-9_-]{2,4000}\Z")
_PREFIX: Final = "KENIKI:"
_LETTER: Final = {"card": "C", "line": "L", "home": "H"}

DIET: Final = {
    "egg": "卵", "milk": "乳", "wheat": "小麦", "buckwheat": "そば", "peanut": "落花生", "shrimp": "えび",
    "crab": "かに", "other": "その他の食物アレルギー", "halal": "ハラール", "vegetarian": "菜食",
    "soft": "やわらかい食事", "infant": "ミルク・離乳食",
}  # fmt: skip
CARE: Final = {
    "wheelchair": "車いす", "walking": "歩行の介助", "toilet": "トイレの介助", "hearing": "聴覚の障害",
    "vision": "視覚の障害", "oxygen": "酸素・人工呼吸器", "dialysis": "人工透析", "pregnant": "妊産婦",
    "infant": "乳幼児", "dementia": "認知症", "mental": "精神・発達の障害", "interpreter": "通訳",
}  # fmt: skip
PETS: Final = {"dog": "犬", "cat": "猫", "other": "その他のペット"}
LANGUAGES: Final = (
    "日本語", "やさしい日本語", "英語", "中国語", "韓国語", "ベトナム語", "ネパール語", "インドネシア語", "タガログ語",
    "ポルトガル語", "手話",
)  # fmt: skip

What: TypeAlias = Literal["card", "line", "home"]


@dataclass(frozen=True)
class HomePerson:
    """A person of a family's own code; fields as in `person` of the event store."""

    name: str
    kana: str = ""
    birth: str = ""
    sex: str = ""
    diet: tuple[str, ...] = ()
    diet_note: str = ""
    medicine: str = ""
    care: tuple[str, ...] = ()
    care_note: str = ""
    language: str = ""


@dataclass(frozen=True)
class Home:
    """A family as it prepared itself at home (事前登録). `ident` tells it from others: 16 hexadecimal digits."""

    ident: str
    persons: tuple[HomePerson, ...]
    address: str = ""
    phone: str = ""
    home: str = ""
    emergency_contact: str = ""
    pets: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Scanned:
    """What a code says: a card's token, a line of a sheet (`<token>.<07>`), or a family. A family has no mode."""

    what: What
    text: str
    mode: Mode | None
    home: Home | None = None


def check_character(text: str) -> str:
    """The check character of a text of the alphabet: the weighted sum of its values, modulo 31.

    >>> check_character("R0000000000")
    'R'
    """
    return ALPHABET[sum(at * ALPHABET.index(each) for at, each in enumerate(text, start=1)) % len(ALPHABET)]


def new_card(mode: Mode) -> str:
    """The token of a new card: 12 characters, ten of them random.

    >>> read_card(new_card("exercise"))[0]
    'T'
    """
    return _new(mode, CARD_LENGTH)


def new_sheet(mode: Mode) -> str:
    """The token of a new paper sheet: 9 characters.

    >>> len(new_sheet("real"))
    9
    """
    return _new(mode, SHEET_LENGTH)


def read_card(typed: str) -> str:
    """The token of a card as people type it. Raises `WrongInput` for what is no card's number.

    >>> read_card("r-00000-00ooo-r")
    'R0000000000R'
    """
    return _read(typed, CARD_LENGTH, "カード")


def read_sheet(typed: str) -> str:
    """The token of a sheet as people type it. Raises `WrongInput`.

    >>> read_sheet("r-ooooooo-r")
    'R0000000R'
    """
    return _read(typed, SHEET_LENGTH, "受付簿")


def line_of(sheet: str, line: int) -> str:
    """A line of a sheet as it is stored and printed in its QR code.

    >>> line_of("R0000000R", 7)
    'R0000000R.07'
    """
    return f"{sheet}.{line:02}"


def read_line(typed: str) -> str:
    """A line of a sheet (`<number>.<line>`) as people type it. Raises `WrongInput`.

    >>> read_line("r-0000000-r.7")
    'R0000000R.07'
    """
    found = _LINE.match(typed.strip().upper())
    if found is None or int(found["line"]) < 1:
        raise WrongInput("受付簿の番号と行を「R1234567X.07」の形で入力してください。", column="line")
    return line_of(read_sheet(found["sheet"]), int(found["line"]))


def spelt(token: str) -> str:
    """A token as it is printed for people: in groups.

    >>> spelt("RABCDEFGHJKX"), spelt("RABCDEFGX")
    ('R-ABCDE-FGHJK-X', 'R-ABCDEFG-X')
    """
    if len(token) == CARD_LENGTH:
        return f"{token[0]}-{token[1:6]}-{token[6:11]}-{token[11]}"
    return f"{token[0]}-{token[1:-1]}-{token[-1]}"


def mode_of(token: str) -> Mode:
    """The mode a card or a line is for.

    >>> mode_of("T0000000000T")
    'exercise'
    """
    return "real" if token.startswith("R") else "exercise"


def check_mode(token: str, mode: Mode) -> None:
    """Raise `WrongInput` when a card or a line is for the other mode.

    >>> check_mode("T0000000T.01", "real")
    Traceback (most recent call last):
    keniki.core.errors.WrongInput: 「code」：訓練用の受付簿です。実災害の受付には使えません。
    """
    if mode_of(token) != mode:
        word = "受付簿" if "." in token else "カード"
        own = MODES[mode_of(token)]
        raise WrongInput(f"{own}用の{word}です。{MODES[mode]}の受付には使えません。", column="code")


def scan(text: str) -> Scanned:
    """What a scanned or typed code says. Raises `WrongInput` for anything else.

    >>> scan("KENIKI:L:R0000000R.07").what
    'line'
    """
    given = text.strip()
    kind, _, rest = given.removeprefix(_PREFIX).partition(":") if given.startswith(_PREFIX) else ("", "", "")
    if kind == "H":
        home = _home(rest)
        return Scanned("home", home.ident, None, home)
    if kind not in ("", "C", "L"):
        raise WrongInput("この受付で読めるコードではありません。", column="code")
    plain = rest if kind else given
    if kind == "L" or "." in plain:
        line = read_line(plain)
        return Scanned("line", line, mode_of(line))
    card = read_card(plain)
    return Scanned("card", card, mode_of(card))


def code_of(what: What, text: str) -> str:
    """The content of a QR code.

    >>> code_of("card", "R0000000000R")
    'KENIKI:C:R0000000000R'
    """
    return f"{_PREFIX}{_LETTER[what]}:{text}"


def home_code(home: Home) -> str:
    """The content of a family's QR code.

    >>> scan(home_code(Home("0123456789abcdef", (HomePerson("山田 花子"),)))).home.persons[0].name
    '山田 花子'
    """
    said: dict[str, Any] = {
        "v": 1, "i": home.ident, "a": home.address, "t": home.phone, "h": home.home, "e": home.emergency_contact,
        "p": {name: number for name, number in home.pets.items() if number},
        "m": [
            _filled(
                {
                    "n": each.name, "k": each.kana, "b": each.birth, "g": each.sex, "d": list(each.diet),
                    "dn": each.diet_note, "md": each.medicine, "c": list(each.care), "cn": each.care_note,
                    "l": each.language,
                }
            )
            for each in home.persons
        ],
    }  # fmt: skip
    text = json.dumps(_filled(said), ensure_ascii=False, separators=(",", ":"))
    return code_of("home", base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def new_home() -> str:
    """What tells a family's code from others.

    >>> len(new_home())
    16
    """
    return secrets.token_hex(8)


def person_id(incident: str, scanned: Scanned, index: int = 0) -> str:
    """The key of the person of a code in an incident: the same on every device. `index` counts a family's persons.

    >>> person_id("i", Scanned("card", "R0000000000R", "real")) == person_id(
    ...     "i", Scanned("card", "R0000000000R", "real"))
    True
    """
    parts = [f"keniki-{scanned.what}", incident, scanned.text]
    return _uuid("\n".join([*parts, str(index)] if scanned.what == "home" else parts))


def household_id(incident: str, home: str) -> str:
    """The key of the household of a family's code in an incident.

    >>> household_id("i", "0123456789abcdef")[14]
    '5'
    """
    return _uuid(f"keniki-home\n{incident}\n{home}")


def _new(mode: Mode, length: int) -> str:
    body = LETTERS[mode] + "".join(secrets.choice(ALPHABET) for _ in range(length - 2))
    return body + check_character(body)


def _read(typed: str, length: int, word: str) -> str:
    text = re.sub(r"[\s-]", "", typed).upper().translate(_AS_READ)
    if len(text) != length or not set(text) <= set(ALPHABET) or text[0] not in LETTERS.values():
        raise WrongInput(f"{word}の番号ではありません。RかTで始まる{length}文字です。", column="code")
    if check_character(text[:-1]) != text[-1]:
        raise WrongInput(f"{word}の番号に打ち間違いがあります。もう一度確かめてください。", column="code")
    return text


def _home(text: str) -> Home:
    wrong = WrongInput("事前登録のQRコードが読み取れません。手で入力してください。", column="code")
    if not _B64.match(text):
        raise wrong
    try:
        raw = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise wrong from None
    if not isinstance(raw, dict):
        raise wrong
    if raw.get("v") != 1:
        raise WrongInput("この版の事前登録のQRコードは読めません。手で入力してください。", column="code")
    ident, members, pets = raw.get("i"), raw.get("m"), raw.get("p", {})
    if not isinstance(ident, str) or not isinstance(members, list) or not isinstance(pets, dict):
        raise wrong
    sound = (
        bool(_HOME_ID.match(ident))
        and 1 <= len(members) <= MOST_PERSONS
        and all(isinstance(each, dict) for each in members)
        and all(name in PETS and type(each) is int and 0 <= each <= 99 for name, each in pets.items())
    )
    if not sound:
        raise wrong
    try:
        return Home(
            ident,
            tuple(_person(each) for each in members),
            _text(raw, "a", 300),
            _text(raw, "t", 40),
            _text(raw, "h", 6),
            _text(raw, "e", 200),
            dict(pets),
        )
    except (TypeError, ValueError):
        raise wrong from None


def _person(raw: Mapping[str, Any]) -> HomePerson:
    return HomePerson(
        _text(raw, "n", 120),
        _text(raw, "k", 120),
        _text(raw, "b", 10),
        _text(raw, "g", 10),
        _members(raw.get("d", []), DIET),
        _text(raw, "dn", 500),
        _text(raw, "md", 500),
        _members(raw.get("c", []), CARE),
        _text(raw, "cn", 500),
        _text(raw, "l", 80),
    )


def _text(raw: Mapping[str, Any], name: str, most: int) -> str:
    found = raw.get(name, "")
    if not isinstance(found, str) or len(found) > most:
        raise ValueError(name)
    return found


def _members(found: object, known: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise TypeError
    return tuple(each for each in found if isinstance(each, str) and each in known)


def _filled(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value not in ("", [], {})}


def _uuid(text: str) -> str:
    raw = bytearray(hashlib.sha256(text.encode()).digest()[:16])
    raw[6] = (raw[6] & 0x0F) | 0x50
    raw[8] = (raw[8] & 0x3F) | 0x80
    found = raw.hex()
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def words(members: Sequence[str], known: Mapping[str, str]) -> str:
    """Members of a collection in words.

    >>> words(["egg", "milk"], DIET)
    '卵、乳'
    """
    return "、".join(known.get(each, each) for each in members)
