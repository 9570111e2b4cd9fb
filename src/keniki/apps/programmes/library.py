"""Regions beside each other: columns that somebody read in a vision, what makes regions alike, fields we leave out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from keniki.core.errors import WrongInput
from keniki.rulebooks.programmes import PolicyField
from keniki.rulebooks.programmes.catalogue import FieldRow, Similarity

from .catalogue import filled_in

#: In the installation's home: the columns of the table of Hokkaido as read in the regions' visions.
COLUMNS_FILE = "catalogue_columns.yaml"


@dataclass(frozen=True, slots=True)
class Filled:
    """A region's marks by field, and the paper in which their columns were read."""

    cells: Mapping[str, str]
    source: str
    place: str = ""


class Criterion(StrEnum):
    """By what regions are taken for alike."""

    PROGRAMME = "programme"
    POPULATION = "population"
    MEMBERS = "members"

    @property
    def label(self) -> str:
        return {"programme": "制度", "population": "人口の規模", "members": "構成市町村の数"}[self.value]


@dataclass(frozen=True)
class Neighbour:
    """A region to compare with: what is known of it, and what it does by field (titles or the printed mark).

    `fields` is None where it is not known which fields it works in; `row` then is what the paper prints of it.
    """

    name: str
    programme: str
    origin: str
    population: int | None = None
    members: int | None = None
    fields: Mapping[str, Sequence[str]] | None = None
    row: FieldRow | None = None
    url: str = ""


@dataclass(frozen=True)
class Likeness:
    """Whether a region is like ours: by each criterion yes, no or None (not known)."""

    neighbour: Neighbour
    verdicts: Mapping[Criterion, bool | None]

    def holds(self, wanted: Collection[Criterion]) -> bool:
        """Alike by all criteria wanted, as far as they are known; at least one has to be."""
        asked = [self.verdicts[each] for each in wanted]
        return False not in asked and (not asked or True in asked)


@dataclass(frozen=True)
class Gap:
    """A field we do not work in: who does and what, and how many of those compared may, their columns unknown."""

    field: PolicyField
    working: list[tuple[Neighbour, Sequence[str]]]
    unknown: int


def stored_columns(
    folder: Path, rows: Sequence[FieldRow], fields: Sequence[PolicyField]
) -> dict[int, Filled]:
    """What `COLUMNS_FILE` in the folder says, by the region's number; nothing where there is no such file.

    WrongInput for a file that cannot be read, a number that is not in the table, a missing source, and marks that are
    not those printed.
    """
    path = folder / COLUMNS_FILE
    if not path.is_file():
        return {}
    try:
        raw: Any = yaml.safe_load(path.read_text("utf-8-sig")) or {}
        entries = _Columns.model_validate(raw).columns
    except (UnicodeDecodeError, yaml.YAMLError):
        raise WrongInput(
            "YAMLとして読めません。字下げと記号を確かめてください。", file=COLUMNS_FILE
        ) from None
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise WrongInput(
            "columns: の一覧に、region（番号）、source（出典）、cells（分野のキー: 印）を書いてください。",
            file=COLUMNS_FILE,
            column=place,
        ) from None
    known = {row.number: row for row in rows}
    found: dict[int, Filled] = {}
    for entry in entries:
        row = known.get(entry.region)
        if row is None:
            raise WrongInput(f"{entry.region}番の圏域は表にありません。", file=COLUMNS_FILE, column="region")
        if row.number in found:
            raise WrongInput(
                f"{row.name}が二度あります。一つにしてください。", file=COLUMNS_FILE, column="region"
            )
        if not entry.source.strip():
            raise WrongInput(
                f"{row.name}の出典（source）を書いてください。", file=COLUMNS_FILE, column="source"
            )
        try:
            cells = filled_in(row, entry.cells, fields)
        except WrongInput as wrong:
            raise wrong.at(file=COLUMNS_FILE) from None
        found[row.number] = Filled(cells, entry.source.strip(), entry.place.strip())
    return found


def of_the_table(row: FieldRow, programme: str, filled: Filled | None) -> Neighbour:
    """A region of the printed table; its marks stand for what it does where their columns are known."""
    cells = None if filled is None else {key: (mark,) for key, mark in filled.cells.items()}
    return Neighbour(
        row.name, programme, filled.source if filled else "", fields=cells, row=None if filled else row
    )


def likeness(own: Neighbour, other: Neighbour, classes: Similarity) -> Likeness:
    """How the other region compares with ours by every criterion."""

    def same(mine: int | None, theirs: int | None) -> bool | None:
        return None if mine is None or theirs is None else mine == theirs

    def sized(region: Neighbour) -> tuple[int | None, int | None]:
        people, members = region.population, region.members
        return (
            None if people is None else classes.population_class(people),
            None if members is None else classes.members_class(members),
        )

    (people, members), (others_people, others_members) = sized(own), sized(other)
    programme = None if not own.programme or not other.programme else own.programme == other.programme
    return Likeness(
        other,
        {
            Criterion.PROGRAMME: programme,
            Criterion.POPULATION: same(people, others_people),
            Criterion.MEMBERS: same(members, others_members),
        },
    )


def gaps_among(
    own: Collection[str], fields: Sequence[PolicyField], neighbours: Sequence[Neighbour]
) -> list[Gap]:
    """The fields we do not work in that a neighbour does or may, those that most work in first.

    A neighbour whose columns are unknown is counted where one of its marks can stand, never as working in the field
    and never as leaving it out.
    """
    gaps = []
    for position, each in enumerate(fields):
        if each.key in own:
            continue
        working = [
            (other, other.fields[each.key])
            for other in neighbours
            if other.fields and other.fields.get(each.key)
        ]
        unknown = sum(
            other.fields is None and (other.row is None or _may_stand(other.row, position, len(fields)))
            for other in neighbours
        )
        if working or unknown:
            gaps.append(Gap(each, working, unknown))
    return sorted(gaps, key=lambda gap: -len(gap.working))


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region: int
    cells: dict[str, str]
    source: str
    place: str = ""


class _Columns(BaseModel):
    model_config = ConfigDict(extra="forbid")

    columns: list[_Entry] = []


def _may_stand(row: FieldRow, column: int, columns: int) -> bool:
    return any(column in row.possible_columns(position, columns) for position in range(row.marks))
