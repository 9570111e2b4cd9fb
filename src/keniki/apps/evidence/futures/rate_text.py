"""Rates written as people write them: one line for each class of ages and each building."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml


def written(rules: Iterable[Mapping[str, Any]]) -> str:
    """A file of rates with these rules (plain data)."""
    return "rules:\n" + "".join(f"  {line}\n" for rule in rules for line in lines(rule))


def lines(rule: Mapping[str, Any]) -> Iterator[str]:
    """One rule as an item of the list, line by line."""
    mark = "- "
    for name, value in rule.items():
        if name != "value" or not isinstance(value, Mapping):
            yield f"{mark}{name}: {_short(value)}"
        else:
            yield f"{mark}{name}:"
            for part, content in value.items():
                yield from _part(part, content)
        mark = "  "


def _part(name: str, content: Any) -> Iterator[str]:
    if name == "rows" and isinstance(content, list):
        yield f"    {name}:"
        for row in content:
            yield f"      - {_short(row)}"
    elif content is None:
        yield f"    {name}:"
    else:
        yield f"    {name}: {_short(content)}"


def _short(value: Any) -> str:
    """A value on one line. Text in quotes: what looks like a number, a code above all, stays text."""
    if isinstance(value, str):
        plain = value.isidentifier() and value.isascii() and isinstance(yaml.safe_load(value), str)
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_short(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_short(each) for each in value) + "]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)
