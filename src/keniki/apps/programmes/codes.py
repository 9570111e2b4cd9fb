"""Codes of municipalities as the rules compare them."""

from __future__ import annotations

import re
from datetime import date

from keniki.core.municipality_code import check_digit, parse_code
from keniki.rulebooks.regions import prefectures


def six_digits(code: str) -> str:
    """The six digits of a code typed in five or six; one with its right check digit stands, of any prefecture.

    WrongInput for anything else.
    """
    typed = code.strip()
    if re.fullmatch(r"[0-9]{6}", typed) and check_digit(typed[:5]) == typed[5]:
        return typed
    return parse_code(typed)


def prefecture_name(code: str, on: date) -> str:
    """The name of the prefecture a code lies in; 「この団体の区域」 for a made-up code of none."""
    names = {prefecture.number: prefecture.name for prefecture in prefectures(on)}
    return names.get(code[:2], "この団体の区域")
