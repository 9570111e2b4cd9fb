"""Rules as they are stored: checked, in one canonical text, with its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from keniki.core.errors import WrongInput
from keniki.rulebooks.sharing import RuleSpec, why

#: Where a stored rule keeps the order of what it names, since the database keeps none of an object's keys.
_ORDER: Final = "_order"
_ORDERED: Final = ("bases", "classes")


def spec_of(content: Any, *, file: str | None = None) -> RuleSpec:
    """The rule in `content` (plain data, stored or typed). WrongInput names the field that is wrong as `column`."""
    try:
        return RuleSpec.model_validate(content if file else _in_order(content))
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"負担割合の定めが正しくありません：{said}", file=file, column=field) from None


def canonical(spec: RuleSpec) -> dict[str, Any]:
    """The rule as plain data in one form, so that the same rule has the same hash however it was written.

    What is not said is left out, numbers have no needless zeros.

    >>> spec = spec_of({"name": "均等", "components": [{"basis": "equal", "weight": "100.0"}]})
    >>> canonical(spec)
    {'name': '均等', 'components': [{'basis': 'equal', 'weight': '100'}]}
    """
    data: dict[str, Any] = _plain(spec.model_dump(exclude_defaults=True))
    return data


def stored(spec: RuleSpec) -> dict[str, Any]:
    """The rule as the database keeps it: its canonical text, and beside it the order of bases and classes.

    `spec_of` gives them back in that order; the hash is of the canonical text alone.
    """
    data = canonical(spec)
    order = {name: list(data[name]) for name in _ORDERED if len(data.get(name, ())) > 1}
    return {**data, _ORDER: order} if order else data


def digest_of(content: Any) -> str:
    """SHA-256 of plain data in its canonical JSON text."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        text = f"{value if value else abs(value):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value


def _in_order(content: Any) -> Any:
    if not isinstance(content, Mapping) or not isinstance(content.get(_ORDER), Mapping):
        return content
    data = {key: value for key, value in content.items() if key != _ORDER}
    for name in _ORDERED:
        held, order = data.get(name), content[_ORDER].get(name)
        if isinstance(held, Mapping) and isinstance(order, Sequence):
            first = [key for key in order if key in held]
            data[name] = {key: held[key] for key in dict.fromkeys([*first, *held])}
    return data
