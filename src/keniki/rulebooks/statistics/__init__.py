"""Where official statistics are published: the sources Keniki reads, with address, credit line and the way to them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import TypeAdapter

from keniki.rulebooks.loader import Entry


class OfficialSource(Entry):
    """One official source. `reader` is the kind `keniki data import` takes its files for.

    `api_tables` are the table ids of the e-Stat API, where the same figures come from as JSON. `confirmed` is false
    where the address was not opened when this list was written.
    """

    slug: str
    title: str
    publisher: str
    address: str
    what: str
    reader: str
    credit: str
    licence: str
    how: str
    api_tables: dict[str, str] = {}
    confirmed: bool = False


@cache
def official_sources() -> tuple[OfficialSource, ...]:
    """All sources in the order of the list; the file is checked as it is read."""
    text = files(__package__).joinpath("sources.yaml").read_text(encoding="utf-8")
    found: tuple[OfficialSource, ...] = TypeAdapter(tuple[OfficialSource, ...]).validate_python(
        yaml.safe_load(text)
    )
    return found
