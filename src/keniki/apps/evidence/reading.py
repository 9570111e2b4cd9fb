"""From a file to what it says: by the mapping that comes with it or is remembered for its headings, or by its kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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


class Reading:
    """Reads files for a region, or for everybody; what is known of mappings and names is asked for once."""

    def __init__(self, region: Region | None = None) -> None:
        self.region = region

    def read(self, file: RawBytes, *, kind: str = "", spec: MappingSpec | None = None) -> Read:
        """Read a file by `spec`, by `kind`, by a mapping remembered for its headings, or by the surest reader.

        `WrongInput` where it cannot be read, naming file, row and column.
        """
        if spec is not None:
            return self._mapped(file, spec, guessed=False)
        if kind in ("", KIND):
            found = self._remembered(file)
            if found is not None:
                return self._mapped(file, found, guessed=True)
            if kind == KIND:
                raise WrongInput(
                    "この見出しの表の読み方は、まだ登録されていません。"
                    "列の対応（YAML）を作り、keniki data import --map FILE.yaml で一度読み込んでください。",
                    file=file.name,
                )
        reader = reader_of(file, READERS, kind)
        named = _WITH_NAMES.get(reader.kind)
        parsed = reader.read(file) if named is None else named(file, self._names)
        return Read(parsed, reader.title, not kind)

    def _mapped(self, file: RawBytes, spec: MappingSpec, *, guessed: bool) -> Read:
        return Read(read_mapped(file, spec, self._codes), "列の対応を付けた表", guessed, spec)

    def _remembered(self, file: RawBytes) -> MappingSpec | None:
        """The mapping stored for a file with these headings, the region's own before everybody's."""
        return next((spec for spec, head in self._mappings if has_head(file, spec, head)), None)

    @cached_property
    def _mappings(self) -> list[tuple[MappingSpec, str]]:
        return [(spec_of(stored.spec), stored.head) for stored in mappings(self.region)]

    @cached_property
    def _names(self) -> dict[str, str]:
        """The name of everything known here that has a six-digit code, of towns that are gone as well."""
        areas = Area.objects.filter(code__regex=r"^\d{6}$").exclude(kind=Area.Kind.MUNICIPALITY)
        towns = Area.objects.filter(kind=Area.Kind.MUNICIPALITY)
        found = dict(areas.values_list("code", "name")) | dict(towns.values_list("code", "name"))
        return found | dict(Municipality.objects.values_list("code", "name"))

    @cached_property
    def _codes(self) -> dict[str, list[str]]:
        """The six-digit codes of every municipality known here by its name; several where two have the same."""
        found: dict[str, set[str]] = {}
        rows = [
            *Municipality.objects.values_list("name", "code"),
            *Area.objects.filter(kind=Area.Kind.MUNICIPALITY).values_list("name", "code"),
        ]
        for name, code in rows:
            found.setdefault(name, set()).add(code)
        return {name: sorted(codes) for name, codes in found.items()}


#: Readers that restore lost zeros by the names beside the codes.
_WITH_NAMES = {tidy.READER.kind: tidy.read, flows.READER.kind: flows.read}
