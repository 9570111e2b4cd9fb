"""The municipalities a rule names: their codes in one form, and what is left of it without those of other bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.sharing import RuleSpec

from .described import LARGEST
from .text import canonical, spec_of

#: What a code becomes; None where it goes.
Reader = Callable[[str], str | None]
_HOST: Final = "所在市町村"
_FIXED: Final = "固定額"
_LIMITS: Final = "上限・下限"
_EXCLUDE: Final = "負担しない市町村"
_TABLE: Final = "固定割合"
_YEARS: Final = "借入年度の率"
_REMAINDER: Final = "端数を負担する市町村"


def settled(spec: RuleSpec, order: Iterable[str] = ()) -> RuleSpec:
    """The same rule in one form: six-digit codes, those left out in `order`, no limit that limits nothing.

    WrongInput for what is no municipality's code, and for one that stands twice.

    >>> spec = {"name": "均等", "components": [{"basis": "equal", "weight": 100, "exclude": ["01210", "012106"]}]}
    >>> settled(spec_of(spec)).components[0].exclude
    ('012106',)
    """
    data, _ = _mapped(canonical(spec), parse_code, list(order))
    return spec_of(data)


def own_part(content: Mapping[str, Any], towns: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """Plain data of a rule without what it says of municipalities other than `towns`, and what that was, in words.

    What is left may be no whole rule: fixed per cents of others have to be replaced.

    >>> own_part({"name": "固定", "fixed": {"082015": 5, "012106": 7}}, ["012106"])
    ({'name': '固定', 'fixed': {'012106': 7}}, ['固定額：082015 5'])
    """
    known = set(towns)
    return _mapped(content, lambda code: code if code in known else None, list(known))


def foreign_to(spec: RuleSpec, towns: Iterable[str]) -> list[str]:
    """The codes of the rule that are none of `towns`, each once.

    >>> spec = {"name": "均等", "components": [{"basis": "equal", "weight": 100, "exclude": ["012106"]}]}
    >>> foreign_to(spec_of(spec), ["012025"])
    ['012106']
    """
    known = set(towns)
    found: list[str] = []

    def read(code: str) -> str:
        if code not in known:
            found.append(code)
        return code

    _mapped(canonical(spec), read, [])
    return list(dict.fromkeys(found))


def _mapped(data: Mapping[str, Any], read: Reader, order: list[str]) -> tuple[dict[str, Any], list[str]]:
    gone: list[str] = []
    made = _class(data, read, order, gone)
    if "classes" in made:
        made["classes"] = {key: _class(part, read, order, gone) for key, part in made["classes"].items()}
    rounding = dict(made.get("rounding", {}))
    if rounding.get("remainder", LARGEST) != LARGEST:
        code = read(rounding["remainder"])
        if code is None:
            gone.append(f"{_REMAINDER}：{rounding.pop('remainder')}")
        else:
            rounding["remainder"] = code
        made["rounding"] = rounding
    return made, gone


def _class(part: Mapping[str, Any], read: Reader, order: list[str], gone: list[str]) -> dict[str, Any]:
    made = dict(part)
    if host := made.pop("host", None):
        code = read(host["code"])
        if code is None:
            gone.append(f"{_HOST}：{host['code']} {host['percent']}％")
        else:
            made["host"] = {**host, "code": code}
    _put(made, "fixed", _table(made.pop("fixed", {}), read, _FIXED, gone))
    limits = {code: limit for code, limit in made.pop("limits", {}).items() if limit}
    _put(made, "limits", _table(limits, read, _LIMITS, gone))
    _put(made, "exclude", _listed(made.pop("exclude", ()), read, order, gone))
    years = {
        year: _table(table, read, f"{_YEARS}（{year}）", gone)
        for year, table in made.pop("by_year", {}).items()
    }
    _put(made, "by_year", {year: table for year, table in years.items() if table})
    if "components" in made:
        made["components"] = [_component(each, read, order, gone) for each in made["components"]]
    return made


def _component(each: Mapping[str, Any], read: Reader, order: list[str], gone: list[str]) -> dict[str, Any]:
    made = dict(each)
    _put(made, "table", _table(made.pop("table", {}), read, _TABLE, gone))
    _put(made, "exclude", _listed(made.pop("exclude", ()), read, order, gone))
    return made


def _table(table: Mapping[str, Any], read: Reader, what: str, gone: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in table.items():
        code = read(key)
        if code is None:
            gone.append(f"{what}：{key} {_shown(value)}")
        elif code in made:
            raise WrongInput(f"{what}に {code} が2回あります。1回にしてください。")
        else:
            made[code] = value
    return made


def _listed(codes: Iterable[str], read: Reader, order: list[str], gone: list[str]) -> list[str]:
    made: list[str] = []
    for key in codes:
        code = read(key)
        if code is None:
            gone.append(f"{_EXCLUDE}：{key}")
        elif code not in made:
            made.append(code)
    return sorted(made, key=lambda code: (order.index(code) if code in order else len(order), code))


def _shown(value: Any) -> str:
    return "・".join(f"{each:,}" if isinstance(each, int) else str(each) for each in _values(value))


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else [value]


def _put(made: dict[str, Any], key: str, value: Any) -> None:
    if value:
        made[key] = value
