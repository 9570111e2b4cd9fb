"""One spelling of a JSON value, the same in Python and in a browser, and its SHA-256.

The spelling is that of RFC 8785 (JSON Canonicalization Scheme): no spaces, names sorted by UTF-16 units,
numbers as ECMAScript prints them. Numbers stay within what a browser holds exactly; text is kept as typed,
never normalised.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any, Final

from keniki.core.errors import WrongInput

#: The largest whole number a browser holds exactly.
LARGEST: Final = 2**53 - 1
#: No record of ours nests deeper.
DEEPEST: Final = 16


def canonical(value: object) -> str:
    """The canonical JSON text of `value`.

    Raises `WrongInput` for what is no JSON: NaN and infinity, numbers beyond ±(2^53 − 1), broken characters
    (lone surrogates), names that are no text, more than 16 levels. Source: RFC 8785.

    >>> canonical({"b": [1.0, 0.5, 1e-7], "a": "岩\\n"})
    '{"a":"岩\\\\n","b":[1,0.5,1e-7]}'
    """
    simple = _is_simple(value, 0)
    text = _dumped(value) if simple else _spelt(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise WrongInput("文字として扱えない値が含まれています。入力し直してください。") from None
    return text


def digest(value: object) -> str:
    """The SHA-256 of the canonical text of `value`: 64 hexadecimal digits.

    >>> digest({})[:16]
    '44136fa355b3678a'
    """
    return sha256(canonical(value))


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8: 64 hexadecimal digits.

    >>> sha256("{}")[:16]
    '44136fa355b3678a'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def units(text: str) -> bytes:
    """The key by which a browser sorts text: its UTF-16 units.

    >>> sorted(["\U00020bb7", "\uff5e"], key=units) == ["\U00020bb7", "\uff5e"]
    True
    """
    return text.encode("utf-16-be", "surrogatepass")


def read_json(text: str | bytes) -> Any:
    """The JSON value written in `text`; a name given twice, NaN and what is no JSON are refused with the line.

    >>> read_json('{"a": [1, null]}')
    {'a': [1, None]}
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise WrongInput(
            "JSONとして読めません。ファイルが壊れていないか確認してください。", row=error.lineno
        ) from None
    except UnicodeDecodeError:
        raise WrongInput("UTF-8の文字として読めません。ファイルが壊れていないか確認してください。") from None
    except RecursionError:
        raise WrongInput("入れ子が深すぎます。") from None
    except ValueError:
        raise WrongInput("桁数が多すぎる数値が含まれています。") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise WrongInput(f"項目「{twice}」が二度書かれています。一つにしてください。")
    return found


def _no_number(name: str) -> Any:
    raise WrongInput(f"{name} は数値として使えません。")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _is_simple(value: object, depth: int) -> bool:
    """Whether Python's own writer gives the canonical text; raises for what is no JSON."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, int | float):
        if not -LARGEST <= value <= LARGEST:
            raise WrongInput("数値が大きすぎるか、数値ではありません。")
        return isinstance(value, int)
    if depth >= DEEPEST:
        raise WrongInput(f"入れ子が深すぎます（{DEEPEST}段まで）。")
    simple = True
    if isinstance(value, list | tuple):
        for item in value:
            simple = _is_simple(item, depth + 1) and simple
        return simple
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                raise WrongInput("項目名が文字ではありません。")
            simple = _is_simple(item, depth + 1) and name.isascii() and simple
        return simple
    raise WrongInput("JSONで表せない値です。")


def _spelt(value: object) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        pairs = (f"{_dumped(name)}:{_spelt(value[name])}" for name in sorted(value, key=units))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_spelt(item) for item in value) + "]"
    return _dumped(value)


def _number(value: float) -> str:
    """As ECMAScript's Number::toString; both take the shortest digits that read back as the same number."""
    if value.is_integer():
        return str(int(value))
    decimal = Decimal(repr(value))
    if abs(value) >= 1e-6:
        return format(decimal, "f")
    sign, digits, exponent = decimal.as_tuple()
    assert isinstance(exponent, int)
    figures = "".join(str(digit) for digit in digits).rstrip("0")
    power = len(digits) + exponent - 1
    mantissa = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{power}"
