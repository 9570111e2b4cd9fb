"""From a file to what it says: by the mapping that comes with it or is remembered for its headings, or by its kind."""

from __future__ import annotations

from dataclasses import dataclass

from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from .importers import READERS, flows, tidy
from .importers.base import Parsed, RawBytes, reader_of
from .importers.mapping import KIND, MappingSpec, has_head, read_mapped, spec_of
from .models import Area
from .queries import mappings


@dataclass(frozen=True)
class Read:
    """A file that was read: as what, whether that was guessed, and the mapping that was used."""

    parsed: Parsed
    title: str
    guessed: bool
    spec: MappingSpec | None = None


def read_file(
    file: RawBytes, *, kind: str = "", spec: MappingSpec | None = None, region: Region | None = None
) -> Read:
    """Read a file by `spec`, else by `kind`, else by a mapping remembered for its headings, else by the surest reader.

    `WrongInput` where it cannot be read, naming file, row and column.
    """
    if spec is None and kind in ("", KIND):
        spec = remembered(file, region)
        if spec is None and kind == KIND:
            raise WrongInput(
                "この見出しの表の読み方は、まだ登録されていません。"
                "列の対応（YAML）を作り、keniki data import --map FILE.yaml で一度読み込んでください。",
                file=file.name,
            )
        if spec is not None:
            return Read(read_mapped(file, spec, codes_by_name()), "列の対応を付けた表", True, spec)
    if spec is not None:
        return Read(read_mapped(file, spec, codes_by_name()), "列の対応を付けた表", False, spec)
    reader = reader_of(file, READERS, kind)
    read = _WITH_NAMES.get(reader.kind)
    parsed = reader.read(file) if read is None else read(file, names_by_code())
    return Read(parsed, reader.title, not kind)


def remembered(file: RawBytes, region: Region | None) -> MappingSpec | None:
    """The mapping stored for a file with these headings, the region's own before everybody's."""
    for stored in mappings(region):
        spec = spec_of(stored.spec)
        if has_head(file, spec, stored.head):
            return spec
    return None


#: Readers that restore lost zeros by the names beside the codes.
_WITH_NAMES = {tidy.READER.kind: tidy.read, flows.READER.kind: flows.read}


def names_by_code() -> dict[str, str]:
    """The name of every municipality, ward, prefecture known here by its six-digit code."""
    kinds = (Area.Kind.MUNICIPALITY, Area.Kind.WARD, Area.Kind.PREFECTURE)
    areas = dict(Area.objects.filter(kind__in=kinds).values_list("code", "name"))
    return areas | dict(Municipality.objects.values_list("code", "name"))


def codes_by_name() -> dict[str, list[str]]:
    """The six-digit codes of every municipality known here, by its name; several where two have the same."""
    found: dict[str, set[str]] = {}
    rows = [
        *Municipality.objects.values_list("name", "code"),
        *Area.objects.filter(kind=Area.Kind.MUNICIPALITY).values_list("name", "code"),
    ]
    for name, code in rows:
        found.setdefault(name, set()).add(code)
    return {name: sorted(codes) for name, codes in found.items()}
