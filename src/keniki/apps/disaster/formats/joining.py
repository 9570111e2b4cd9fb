"""Which rows of several files are one place; what cannot be decided is a question, never a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from math import cos, hypot, radians
from typing import Any, Final

from keniki.core.text import search_key

from .base import HAZARDS, Kind, ShelterFile, ShelterRow

#: Metres within which two rows with the same name are one place.
WITHIN_M: Final = 200.0
_METRES_PER_DEGREE: Final = 111_195.0


class How(StrEnum):
    """By what rows were joined."""

    ALONE = "alone"
    COMMON_ID = "common_id"
    FACILITY = "facility"
    NAME = "name"


@dataclass(frozen=True)
class Source:
    """A row and the file it stands in."""

    file: str
    kind: Kind
    row: ShelterRow


@dataclass(frozen=True)
class Difference:
    """A field in which the rows of a place differ: its values, by file and row, the one taken first."""

    field: str
    values: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Place:
    """One place: the row made of all its rows, those rows, by what they were joined, and where they differ.

    `common_ids` has every ID the place goes by; the row's own is that of the shelter, else of the site.
    """

    row: ShelterRow
    sources: tuple[Source, ...]
    how: How
    common_ids: tuple[str, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Question:
    """Rows that may be one place; they were left apart and a person decides."""

    reason: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Joined:
    """The places in the order of the files, and what a person has to decide."""

    places: tuple[Place, ...]
    questions: tuple[Question, ...]


def join(files: Sequence[ShelterFile], *, within_m: float = WITHIN_M) -> Joined:
    """The places of several files: GSI's two and the municipal standard data set of one or more towns.

    Rows are one place
    1. with the same common ID (14 characters);
    2. with the same town and facility number (its first 11) and the same name, if no designation occurs twice;
    3. with the same town and name, at least one of them without a common ID, if exactly one such pair lies within
       `within_m` metres (or has no position and the same address).
    Names are compared by `search_key`. Two rows of one file are joined by 1 and 2 only. What is nearly so is a
    question: the same facility number with other names (a school and its ground), the same name too far away, twice,
    or with another facility number.
    """
    sources = [Source(file.name, file.kind, row) for file in files for row in file.rows]
    numbers = [number for number, file in enumerate(files) for _ in file.rows]
    joining = _Joining(sources, numbers, within_m)
    joining.by_common_id()
    joining.by_facility()
    joining.by_name()
    return Joined(tuple(joining.places()), tuple(joining.questions))


def distance_m(one: ShelterRow, other: ShelterRow) -> float | None:
    """Metres between two rows, None where one has no position."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    up = float(one.latitude - other.latitude)
    across = float(one.longitude - other.longitude) * cos(radians(float(one.latitude)))
    return hypot(up, across) * _METRES_PER_DEGREE


class _Joining:
    """Groups of rows that grow; `root` of a row is the first of its group."""

    def __init__(self, sources: Sequence[Source], numbers: Sequence[int], within_m: float) -> None:
        self.sources, self.numbers, self.within_m = sources, numbers, within_m
        self.root = list(range(len(sources)))
        self.how: dict[int, How] = {}
        self.questions: list[Question] = []
        self.names = [(source.row.code, search_key(source.row.name)) for source in sources]

    def by_common_id(self) -> None:
        for members in self._groups(range(len(self.sources)), lambda at: self.sources[at].row.common_id):
            self._unite(members, How.COMMON_ID)

    def by_facility(self) -> None:
        for members in self._groups(range(len(self.sources)), lambda at: self.sources[at].row.facility):
            same_name = self._groups(members, lambda at: self.names[at], alone=True)
            for named in same_name:
                if self._designations_once(named):
                    self._unite(named, How.FACILITY)
                else:
                    self._ask("施設番号と名称が同じ行が、同じ種別に2つ以上あります。", named)
            if len(same_name) > 1:
                firsts = [named[0] for named in same_name]
                self._ask("施設番号は同じですが、名称が違います（別の場所として扱いました）。", firsts)

    def by_name(self) -> None:
        for members in self._groups(range(len(self.sources)), lambda at: self.names[at]):
            groups = self._groups(members, self._find, alone=True)
            if len(groups) < 2:
                continue
            without = [group for group in groups if not self._facilities(group)]
            if not without:
                self._ask(
                    "名称は同じですが、共通IDの施設番号が違います（別の場所として扱いました）。", members
                )
                continue
            pairs = [
                (one, other)
                for one, other in combinations(range(len(groups)), 2)
                if self._near(groups[one], groups[other])
            ]
            if len(groups) == 2 and len(pairs) == 1:
                self._unite(groups[0] + groups[1], How.NAME)
                continue
            self._pair(groups, pairs, members)

    def places(self) -> Iterator[Place]:
        """The groups as places, in the order of their first rows."""
        for members in self._groups(range(len(self.sources)), self._find, alone=True):
            yield _placed(
                [self.sources[at] for at in members], self.how.get(self._find(members[0]), How.ALONE)
            )

    def _pair(
        self, groups: Sequence[list[int]], pairs: Sequence[tuple[int, int]], members: list[int]
    ) -> None:
        """Join what has exactly one partner that has no other one; ask about all else."""
        partners: dict[int, list[int]] = defaultdict(list)
        for one, other in pairs:
            partners[one].append(other)
            partners[other].append(one)
        left = []
        for at, group in enumerate(groups):
            own = partners[at]
            if len(own) == 1 and len(partners[own[0]]) == 1:
                if at < own[0]:
                    self._unite(group + groups[own[0]], How.NAME)
            else:
                left.append(at)
        if left:
            near = any(partners[at] for at in left)
            reason = (
                "名称が同じ行が近くに2つ以上あり、どれと同じ場所か決められません。"
                if near
                else "名称は同じですが、同じ場所と言えるほど近くにありません。"
            )
            self._ask(reason, members)

    def _near(self, one: Sequence[int], other: Sequence[int]) -> bool:
        """Whether two groups may be one place: of other files, not of two facility numbers, near or at one address."""
        if self._files(one) & self._files(other) or (self._facilities(one) and self._facilities(other)):
            return False
        for first in one:
            for second in other:
                here, there = self.sources[first].row, self.sources[second].row
                metres = distance_m(here, there)
                if metres is not None and metres <= self.within_m:
                    return True
                if metres is None and here.address and search_key(here.address) == search_key(there.address):
                    return True
        return False

    def _files(self, members: Iterable[int]) -> set[int]:
        return {self.numbers[at] for at in members}

    def _facilities(self, members: Iterable[int]) -> set[str]:
        return {self.sources[at].row.facility for at in members} - {""}

    def _designations_once(self, members: Sequence[int]) -> bool:
        """Whether no designation stands under two different IDs."""
        ids = {self.sources[at].row.common_id for at in members}
        return len({common[11:13] for common in ids}) == len(ids)

    def _groups(self, members: Iterable[int], key: Any, *, alone: bool = False) -> list[list[int]]:
        """Members by a key that is not empty, in order; those with one member only if `alone`."""
        found: dict[Any, list[int]] = {}
        for at in members:
            named = key(at)
            if named != "":
                found.setdefault(named, []).append(at)
        return [group for group in found.values() if alone or len(group) > 1]

    def _find(self, at: int) -> int:
        while self.root[at] != at:
            self.root[at] = self.root[self.root[at]]
            at = self.root[at]
        return at

    def _unite(self, members: Sequence[int], how: How) -> None:
        roots = {self._find(at) for at in members}
        first = min(roots)
        if len(roots) > 1:
            before = {self.how[root] for root in roots if root in self.how} | {how}
            for root in roots:
                self.root[root] = first
            # The weakest link says how sure the place is.
            self.how[first] = max(before, key=list(How).index)

    def _ask(self, reason: str, members: Iterable[int]) -> None:
        self.questions.append(Question(reason, tuple(self.sources[at] for at in members)))


#: Whose words count first: the town's own files, then the site's row, then the shelter's.
_FIRST: Final = (Kind.OWN, Kind.STANDARD, Kind.RECOMMENDED, Kind.GSI_SHELTERS, Kind.GSI_SITES)
_COMPARED: Final = {
    "name": "名称",
    "kana": "名称（カナ）",
    "address": "所在地",
    "latitude": "緯度",
    "longitude": "経度",
    "elevation": "標高",
    "stated_capacity": "想定収容人数",
    "takes": "受入対象者",
    "communities": "対象となる町会・自治会",
    "contact": "電話番号",
    "note": "備考",
}
#: Kinds that say for which hazards a place is designated.
_SAY_HAZARDS: Final = (Kind.STANDARD, Kind.RECOMMENDED, Kind.GSI_SITES)


def _placed(sources: list[Source], how: How) -> Place:
    """One row of several: each field from the first source that has it; designations are added up."""
    order = sorted(sources, key=lambda source: _FIRST.index(source.kind))
    first = order[0].row
    changes: dict[str, Any] = {}
    differences = []
    for name, words in _COMPARED.items():
        told = [(source, value) for source in order if (value := getattr(source.row, name)) not in ("", None)]
        if not told:
            continue
        changes[name] = told[0][1]
        if len({str(value) for _, value in told}) > 1:
            values = tuple((source.file, source.row.row, str(value)) for source, value in told)
            differences.append(Difference(words, values))
    flags = [source for source in order if source.kind in _SAY_HAZARDS]
    hazards = {source.row.hazards for source in flags}
    if len(hazards) > 1:
        values = tuple(
            (source.file, source.row.row, "、".join(HAZARDS[key] for key in source.row.hazards))
            for source in flags
        )
        differences.append(Difference("災害種別", values))
    if flags and order[0].kind is not Kind.OWN:
        changes["hazards"] = flags[0].row.hazards
    ids = sorted(
        {source.row.common_id for source in order} - {""}, key=lambda common: (common[11:13], common)
    )
    if ids:
        changes["common_id"] = ids[0]
    if local := next((source.row.local_id for source in order if source.row.local_id), ""):
        changes["local_id"] = local
    for name in ("is_site", "is_shelter", "is_welfare", "same_address"):
        changes[name] = any(getattr(source.row, name) for source in order)
    changes["spaces"] = next((source.row.spaces for source in order if source.row.spaces), ())
    standard = next((source.row.standard for source in order if source.row.standard), {})
    merged = replace(first, standard=standard)
    merged = merged.with_fields(
        **{name: value for name, value in changes.items() if getattr(merged, name) != value}
    )
    return Place(merged, tuple(sources), how, tuple(ids), tuple(differences))
