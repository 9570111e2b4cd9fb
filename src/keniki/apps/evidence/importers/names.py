"""Codes of municipalities that a table gives by name only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keniki.core.names import without_county
from keniki.core.text import search_key

from .areas import NATION, area_of, is_made_up, prefecture_names
from .base import AreaKey


class NameBook:
    """Names and their codes (six digits); one name may have several codes (府中市, 池田町)."""

    def __init__(self, codes: Mapping[str, str | Sequence[str]]) -> None:
        self._prefectures = {search_key(name): number for number, name in prefecture_names().items()}
        self._codes: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        for name, found in codes.items():
            for code in [found] if isinstance(found, str) else found:
                six = code if is_made_up(code) else area_of(code).code
                self._codes.setdefault(self._split(name)[1], {})[six] = name
                self.names.setdefault(six, name)

    def area(self, name: str, prefecture: str = "") -> AreaKey | str:
        """The area of a name, with or without prefecture and county, or why it cannot be told.

        `prefecture` (two digits) is where municipalities lie whose name does not say it.
        """
        if search_key(name) == search_key(NATION.name):
            return NATION
        within, own = self._split(name)
        if within and not own:
            return area_of(f"{within}000", name)
        within = within or prefecture
        found = [code for code in self._codes.get(own, ()) if code.startswith(within)]
        if not found:
            return f"「{name}」という市区町村は知られていません。名称を確かめるか、団体コードの列を加えてください。"
        if len(found) > 1:
            listed = "、".join(
                f"{code[:6]}（{prefecture_names().get(code[:2], '架空の県')}）" for code in sorted(found)
            )
            return (
                f"「{name}」という市区町村は2つ以上あります：{listed}。都道府県名を付けるか、"
                "団体コードの列を加えてください。"
            )
        if is_made_up(found[0]):
            return AreaKey("municipality", found[0], name)
        return area_of(found[0], name)

    def _split(self, name: str) -> tuple[str, str]:
        """The prefecture's number, where the name begins with one, and the rest without county, as search keys."""
        key = search_key(name)
        for prefecture, number in self._prefectures.items():
            if key.startswith(prefecture):
                rest = key[len(prefecture) :]
                return number, search_key(without_county(rest)) if rest else ""
        return "", search_key(without_county(name.replace(" ", "").replace("\u3000", "")))
