"""Which municipality a code typed on the command line means."""

from __future__ import annotations

from keniki.apps.evidence.models import Area
from keniki.apps.programmes.codes import six_digits
from keniki.apps.regions.models import Municipality
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit

_PREFECTURE = "000"


def municipality_asked(typed: str, column: str) -> str:
    """The six digits of a municipality's code typed in five or six, one of a fictional region too.

    `WrongInput` for a code that is none, for a prefecture's and a ward's, and for one that a lost zero explains.
    """
    text = plain(typed).strip()
    if len(text) == 5 and text.isdecimal() and text.isascii() and _name(text + check_digit(text)):
        return text + check_digit(text)
    try:
        code = six_digits(text)
    except WrongInput as wrong:
        raise wrong.at(column=column) from None
    if code[2:5] == _PREFECTURE:
        raise WrongInput(f"{code} は都道府県のコードです。市町村のコードを指定してください。", column=column)
    if _name(code):
        return code
    ward = Area.objects.filter(kind=Area.Kind.WARD, code=code).first()
    meant = _lost_zero(text)
    if ward is not None or meant:
        city = f"{ward.name}（指定都市の区）" if ward is not None else "登録されていない団体"
        hint = (
            f"先頭の0が落ちた {meant} ではないか確かめてください。"
            if meant
            else "市のコードを指定してください。"
        )
        raise WrongInput(f"{code} は{city}です。{hint}", column=column)
    return code


def _lost_zero(text: str) -> str:
    """What five digits mean where the zero before them was lost: code and name; empty where that cannot be."""
    code = f"0{text}"
    if len(code) != 6 or not code.isdecimal() or check_digit(code[:5]) != code[5]:
        return ""
    name = _name(code)
    return f"{code} {name}" if name else ""


def _name(code: str) -> str:
    """The municipality's name, as it is registered or as the statistics call it; empty for none."""
    town = Municipality.objects.filter(code=code).order_by("-valid").first()
    if town is not None:
        return str(town.name)
    area = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code=code).first()
    return str(area.name) if area is not None else ""
