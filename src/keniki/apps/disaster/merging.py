"""What a file of shelters would change: new, changed, unchanged and gone places, and where a person has to decide.

A file overwrites what the same kind of file said before, and fills what is empty. A value that was typed here, or that
came from another kind of file, stays unless somebody chooses the file's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from keniki.apps.regions.models import Municipality, Region
from keniki.core.text import search_key

from .formats.base import Kind, Problem, ShelterFile, ShelterRow, Space
from .formats.joining import WITHIN_M, Place, distance_m, join
from .models import Hazard, Shelter, ShelterSpace

#: What each kind of file says of a place, and what people call it.
FIELDS: Final = {
    "name": "名称", "kana": "名称（カナ）", "address": "所在地", "position": "緯度・経度", "elevation": "標高",
    "is_site": "指定緊急避難場所", "is_shelter": "指定避難所", "is_welfare": "福祉避難所", "hazards": "災害種別",
    "stated_capacity": "想定収容人数", "takes": "受入対象者", "communities": "対象となる町会・自治会",
    "contact": "電話番号", "local_id": "市町村のID", "standard": "標準データセットの項目", "note": "備考",
}  # fmt: skip
SPACE: Final = "space:"
#: What the columns of texts hold.
_LENGTHS: Final = {
    "name": 200, "kana": 200, "address": 300, "stated_capacity": 100, "takes": 300, "contact": 60, "local_id": 40,
}  # fmt: skip
#: Whose data a kind of file is, as it has to be credited.
CREDITS: Final = {
    Kind.GSI_SITES: "国土地理院「指定緊急避難場所・指定避難所データ」（指定緊急避難場所）",
    Kind.GSI_SHELTERS: "国土地理院「指定緊急避難場所・指定避難所データ」（指定避難所）",
    Kind.STANDARD: "自治体標準オープンデータセット「指定緊急避難場所一覧」",
    Kind.RECOMMENDED: "推奨データセット「指定緊急避難場所一覧」",
    Kind.OWN: "避難所とスペースの一覧（ファイル）",
}
#: Kinds that name every place of a town, so that one they leave out is gone.
COMPLETE: Final = {Kind.GSI_SITES: "is_site", Kind.GSI_SHELTERS: "is_shelter", Kind.STANDARD: "is_site"}


@dataclass(frozen=True)
class Conflict:
    """A field in which the file differs from what stays: `key` is how a person chooses the file's value."""

    key: str
    shelter: Shelter
    field: str
    label: str
    kept: str
    told: str


@dataclass
class Change:
    """A row of the file and what becomes of its place; `shelter` is None for a new one.

    `fields` are the values to take over, `said` what the file says of every field, `conflicts` what it would change
    against somebody's will; `differences` shows the former in words. `ids` are common IDs the place has not had.
    """

    row: ShelterRow
    town: Municipality
    shelter: Shelter | None
    said: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    ids: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether something of a registered place would be written."""
        return self.shelter is not None and bool(self.fields or self.ids)


@dataclass(frozen=True)
class Merge:
    """What a file would do. `problems` are rows that are not taken; `outside` rows of towns of no concern."""

    kind: Kind
    name: str
    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[Change, ...]
    gone: tuple[Shelter, ...]
    problems: tuple[Problem, ...]
    questions: tuple[str, ...]
    notes: tuple[str, ...]
    outside: int

    @property
    def conflicts(self) -> list[Conflict]:
        """Every place's conflicts."""
        return [each for change in (*self.changed, *self.unchanged) for each in change.conflicts]


def merge(
    region: Region,
    file: ShelterFile,
    registered: Sequence[tuple[Shelter, Sequence[ShelterSpace]]],
    towns: Mapping[str, Municipality],
    writable: Collection[str],
) -> Merge:
    """Compare a file with what is registered. `towns` are the region's by code, `writable` the actor's own of them."""
    problems = list(file.problems)
    rows: list[ShelterRow] = []
    unread = list(file.unread)
    outside = 0
    for row in file.rows:
        if row.code not in towns:
            outside += 1
        elif row.code not in writable:
            name = towns[row.code].name
            words = f"{name}の避難所は、{name}の担当者だけが登録できます。"
            problems.append(Problem(row.row, "市町村", words, row.name))
        elif (long := _too_long(row)) is not None:
            problems.append(long)
            unread.append(f"{row.name},{row.common_id}")
        else:
            rows.append(row)
    known = [(shelter, spaces) for shelter, spaces in registered if shelter.municipality.code in towns]
    # A file may name one place twice, as a shelter and as a welfare shelter.
    places = join([replace(file, rows=tuple(rows))]).places
    found = _Matching(file, places, known)
    problems.extend(found.problems)
    spaces_of = {shelter.pk: spaces for shelter, spaces in known}
    new: list[Change] = []
    changed: list[Change] = []
    unchanged: list[Change] = []
    for place in places:
        row = place.row
        if row.row in found.refused:
            continue
        shelter = found.of.get(row.row)
        spaces = spaces_of[shelter.pk] if shelter is not None else ()
        change = compare(file.kind, row, towns[row.code], shelter, spaces, place.common_ids)
        (new if shelter is None else changed if change.is_changed else unchanged).append(change)
    problems.sort(key=lambda problem: problem.row or 0)
    notes = list(file.notes)
    ended = [each.shelter.name for each in (*changed, *unchanged) if each.shelter and each.shelter.ended_on]
    if ended:
        notes.append(
            f"指定の取消しを記録した避難所がファイルに載っています（{'、'.join(ended[:5])}）。取消しはそのまま残ります。"
        )
    return Merge(
        file.kind,
        file.name,
        tuple(new),
        tuple(changed),
        tuple(unchanged),
        tuple(_gone(file, rows, unread, known, found)),
        tuple(problems),
        tuple(found.questions),
        tuple(notes),
        outside,
    )


def row_of(shelter: Shelter, spaces: Sequence[ShelterSpace] = (), number: int = 0) -> ShelterRow:
    """A registered shelter as the row of a file."""
    row = ShelterRow(
        row=number,
        code=shelter.municipality.code,
        name=shelter.name,
        common_id=shelter.common_id,
        local_id=shelter.local_id,
        kana=shelter.kana,
        address=shelter.address,
        latitude=_shortest(shelter.latitude),
        longitude=_shortest(shelter.longitude),
        elevation=_shortest(shelter.elevation),
        is_site=shelter.is_site,
        is_shelter=shelter.is_shelter,
        is_welfare=shelter.is_welfare,
        hazards=tuple(shelter.hazards),
        same_address=shelter.is_site and shelter.is_shelter,
        stated_capacity=shelter.stated_capacity,
        takes=shelter.takes,
        communities=shelter.communities,
        contact=shelter.contact,
        town=shelter.municipality.name,
        note=shelter.note,
        spaces=tuple(_space_row(each) for each in spaces),
    )
    return replace(row, standard=dict(shelter.standard))


def compare(
    kind: Kind,
    row: ShelterRow,
    town: Municipality,
    shelter: Shelter | None,
    spaces: Sequence[ShelterSpace],
    ids: Sequence[str] = (),
) -> Change:
    """What a row changes of its place."""
    said = said_by(row, exact=kind in (Kind.STANDARD, Kind.RECOMMENDED))
    change = Change(row, town, shelter, said)
    own = (shelter.common_id, *shelter.other_ids) if shelter is not None else (row.common_id,)
    change.ids = tuple(each for each in ids if each not in own)
    if shelter is None:
        change.fields = dict(said)
        return change
    before = dict((shelter.imported.get(kind.value) or {}).get("fields", {}))
    now = said_by(row_of(shelter, spaces))
    for name in [*FIELDS, *(key for key in said if key.startswith(SPACE))]:
        told, kept, base = said.get(name), now.get(name), before.get(name)
        if told in (kept, base):
            continue
        if _empty(told):
            # The file withdraws what it said, unless something else stands there by now.
            if name in before and kept == base:
                change.fields[name] = told
                change.differences.append((label_of(name), shown(name, kept), shown(name, told)))
            continue
        if _empty(kept) or (name in before and kept == base):
            change.fields[name] = told
            change.differences.append((label_of(name), shown(name, kept), shown(name, told)))
            continue
        change.conflicts.append(
            Conflict(
                f"{shelter.pk}:{name}",
                shelter,
                name,
                label_of(name),
                shown(name, kept),
                shown(name, told),
            )
        )
    return change


def said_by(row: ShelterRow, *, exact: bool = False) -> dict[str, Any]:
    """What a row says, field by field, as it can be kept; a field it leaves open is empty.

    With `exact` numbers that would come out differently stay in the cells of the standard data set as written.
    """
    at = [_plain(row.latitude, 6), _plain(row.longitude, 6)] if row.latitude is not None else []
    cells = {"緯度": (row.latitude, 6), "経度": (row.longitude, 6), "標高": (row.elevation, 2)}
    finer = {
        column: f"{number:f}"
        for column, (number, places) in cells.items()
        if exact and number is not None and f"{number:f}" != _plain(number, places)
    }
    found: dict[str, Any] = {
        "position": at,
        "elevation": _plain(row.elevation, 2),
        "hazards": [key for key in Hazard.values if key in row.hazards],
        "standard": finer | dict(row.standard),
    }
    for name in FIELDS:
        if name not in found:
            found[name] = getattr(row, name)
    for space in row.spaces:
        found[f"{SPACE}{space.name}"] = {
            "kind": space.kind,
            "floor_area": _plain(space.floor_area, 2),
            "capacity": space.capacity,
            "heated": space.heated,
            "by_day": space.by_day,
            "by_night": space.by_night,
            "accessible": space.accessible,
            "welfare": space.welfare,
            "note": space.note,
        }
    return found


def key_of(row: ShelterRow) -> str:
    """What a row is found by when the same file comes again."""
    if row.common_id:
        return row.common_id
    if row.local_id:
        return f"{row.code}/{row.local_id}"
    return f"{row.code}/{search_key(row.name)}/{search_key(row.address)}"


def label_of(name: str) -> str:
    """What people call a field."""
    return f"スペース「{name.removeprefix(SPACE)}」" if name.startswith(SPACE) else FIELDS[name]


def shown(name: str, value: Any) -> str:
    """A field's value in words."""
    if _empty(value):
        return "なし"
    if name == "hazards":
        return "・".join(Hazard(each).label for each in value)
    if name == "position":
        return "、".join(value)
    if name == "standard":
        return "、".join(f"{column}：{text}" for column, text in value.items())
    if name.startswith(SPACE):
        heated = {True: "暖房あり", False: "暖房なし", None: ""}[value["heated"]]
        area = f"{value['floor_area']}m²" if value["floor_area"] else ""
        people = f"{value['capacity']}人" if value["capacity"] is not None else ""
        words = [ShelterSpace.Kind(value["kind"]).label, area, people, heated]
        words += ["" if value["by_day"] else "昼は使えない", "" if value["by_night"] else "夜は使えない"]
        words += ["バリアフリー" if value["accessible"] else "", "要配慮者" if value["welfare"] else ""]
        return "／".join(word for word in (*words, value["note"]) if word)
    return "該当" if value is True else str(value)


class _Matching:
    """Which registered shelter each row is; rows that may be one of several are refused."""

    def __init__(
        self,
        file: ShelterFile,
        places: Sequence[Place],
        known: Sequence[tuple[Shelter, Sequence[ShelterSpace]]],
    ) -> None:
        self.of: dict[int, Shelter] = {}
        self.refused: set[int] = set()
        self.problems: list[Problem] = []
        self.questions: list[str] = []
        by_key = {
            (each.get("key"), kind): shelter
            for shelter, _ in known
            for kind, each in shelter.imported.items()
            if each.get("key")
        }
        left: list[ShelterRow] = []
        taken: set[int] = set()
        for place in places:
            again = by_key.get((key_of(place.row), file.kind.value))
            if again is not None and again.pk not in taken:
                self.of[place.row.row] = again
                taken.add(again.pk)
            else:
                left.extend(replace(place.row, common_id=each) for each in place.common_ids or ("",))
        if left:
            self._join(replace(file, rows=tuple(left)), known)

    def _join(self, file: ShelterFile, known: Sequence[tuple[Shelter, Sequence[ShelterSpace]]]) -> None:
        taken = {each.pk for each in self.of.values()}
        held: list[ShelterRow] = []
        owner: dict[int, Shelter] = {}
        for shelter, _ in known:
            if shelter.pk in taken:
                continue
            for common in (shelter.common_id, *shelter.other_ids):
                owner[len(held)] = shelter
                held.append(replace(row_of(shelter, (), len(held)), common_id=common))
        stored = ShelterFile(Kind.OWN, "", tuple(held), ())
        joined = join([stored, file])
        for place in joined.places:
            own = {owner[each.row.row].pk: owner[each.row.row] for each in place.sources if each.file == ""}
            rows = list({each.row.row: each.row for each in place.sources if each.file != ""}.values())
            if not rows:
                continue
            if len(own) > 1 or (own and len(rows) > 1):
                names = "、".join(f"「{each.name}」" for each in own.values())
                self._refuse(rows, f"登録されている{names}のどれか、決められません。IDをそろえてください。")
            elif own:
                self.of[rows[0].row] = next(iter(own.values()))
        for question in joined.questions:
            self._asked(question.reason, question.sources)

    def _asked(self, reason: str, sources: Sequence[Any]) -> None:
        own = [each.row for each in sources if each.file == ""]
        rows = [each.row for each in sources if each.file != "" and each.row.row not in self.of]
        rows = list({row.row: row for row in rows}.values())
        unsure = [
            row
            for row in rows
            if not row.common_id
            and any((metres := distance_m(row, other)) is None or metres <= WITHIN_M for other in own)
        ]
        if unsure:
            self._refuse(unsure, f"{reason}共通IDか市町村のIDをそろえてください。")
        if rows and len(rows) > len(unsure):
            names = "、".join(
                dict.fromkeys(
                    f"{each.row.row}行目「{each.row.name}」" if each.file else f"登録「{each.row.name}」"
                    for each in sources
                )
            )
            self.questions.append(f"{names}：{reason}")

    def _refuse(self, rows: Sequence[ShelterRow], reason: str) -> None:
        for row in rows:
            if row.row not in self.refused:
                self.refused.add(row.row)
                self.of.pop(row.row, None)
                self.problems.append(Problem(row.row, "名称", reason, row.name))


def _gone(
    file: ShelterFile,
    rows: Sequence[ShelterRow],
    not_taken: Sequence[str],
    known: Sequence[tuple[Shelter, Sequence[ShelterSpace]]],
    found: _Matching,
) -> list[Shelter]:
    """Places the same kind of file named before, of the towns it names now, that it leaves out; not those of a row
    that could not be taken."""
    if file.kind not in COMPLETE:
        return []
    covered = {row.code for row in rows}
    here = {each.pk for each in found.of.values()}
    unread = "\n".join([*not_taken, *(problem.raw for problem in found.problems)])
    return [
        shelter
        for shelter, _ in known
        if file.kind.value in shelter.imported
        and shelter.municipality.code in covered
        and shelter.pk not in here
        and shelter.ended_on is None
        and shelter.name not in unread
        and not (shelter.common_id and shelter.common_id in unread)
    ]


def _too_long(row: ShelterRow) -> Problem | None:
    for name in _LENGTHS:
        most, told = _LENGTHS[name], getattr(row, name)
        if len(told) > most:
            return Problem(row.row, FIELDS[name], f"{FIELDS[name]}が{most}文字を超えています。", told[:500])
    for space in row.spaces:
        if not space.name or len(space.name) > 120 or len(space.note) > 300:
            words = "スペースの名称は1～120文字、備考は300文字までにしてください。"
            return Problem(space.row or row.row, "スペース名", words, space.name[:500])
    return None


def _space_row(space: ShelterSpace) -> Space:
    return Space(
        0,
        space.name,
        space.kind,
        _shortest(space.floor_area),
        space.capacity,
        space.heated,
        space.by_day,
        space.by_night,
        space.accessible,
        space.welfare,
        space.note,
    )


def _shortest(number: Decimal | None) -> Decimal | None:
    """Without the zeros the database adds."""
    return None if number is None else Decimal(_plain(number, 6))


def _plain(number: Decimal | None, places: int) -> str:
    return "" if number is None else f"{round(number, places).normalize():f}"


def _empty(value: Any) -> bool:
    return value in (None, "", False, [], {})
