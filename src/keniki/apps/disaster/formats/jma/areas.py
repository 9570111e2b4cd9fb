"""The agency's area codes and the codes of municipalities."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from keniki.core.municipality_code import six_digits


def municipality_of(area_code: str, members: Collection[str] = ()) -> str:
    """The six digits of the municipality a seven-digit area code lies in, empty for another kind of code.

    The first five digits are the municipality; the last two number the parts of one that is divided. A ward of a
    designated city (指定都市の区) is given to the city where the city is one of `members` and the ward is not.

    >>> municipality_of("0121000"), municipality_of("016000")
    ('012106', '')
    >>> municipality_of("0110100"), municipality_of("0110100", ["011002"])
    ('011011', '011002')
    """
    if not _CITY.fullmatch(area_code) or not 1 <= int(area_code[:2]) <= 47 or area_code[2:5] == "000":
        return ""
    five = area_code[:5]
    found = six_digits(five)
    city = _city_of(five)
    return city if city in members and found not in members else found


def is_part(area_code: str) -> bool:
    """Whether the code is a part of a municipality.

    >>> is_part("0121000"), is_part("0120401")
    (False, True)
    """
    return len(area_code) == 7 and not area_code.endswith("00")


def prefectures_of(members: Collection[str]) -> frozenset[str]:
    """The two digits of the members' prefectures."""
    return frozenset(code[:2] for code in members)


_CITY: Final = re.compile(r"[0-9]{7}")


#: The designated cities (指定都市), whose wards have the codes that follow theirs.
_DESIGNATED: Final = (
    *("01100", "04100", "11100", "12100", "14100", "14130", "14150", "15100", "22100", "22130"),
    *("23100", "26100", "27100", "27140", "28100", "33100", "34100", "40100", "40130", "43100"),
)


def _city_of(five: str) -> str:
    """The designated city a ward is of, empty for what is no such ward."""
    if five[2] != "1" or five in _DESIGNATED:
        return ""
    before = [city for city in _DESIGNATED if city[:2] == five[:2] and city < five]
    return six_digits(max(before)) if before else ""
