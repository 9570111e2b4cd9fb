"""The register read: the board by stage, lists, one by one, and what the towns hope for by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.http import Http404

from keniki.apps.compacts.models import Candidate, CandidateInterest, Initiative, Matter, MatterVoice
from keniki.apps.compacts.register import COLUMNS, OPEN, standing_of
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on
from keniki.core.text import matches

from .fields import field_names

#: Where a hope stands that names no field.
NO_FIELD = ""


@dataclass(frozen=True)
class Wanted:
    """What the register is narrowed by: words, the key of a policy field, the code of a town."""

    words: str = ""
    field: str = ""
    town: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.field or self.town)

    def takes(self, fields: Sequence[str], towns: Iterable[str], text: str) -> bool:
        """Whether an entry with these is shown."""
        return (
            (not self.field or self.field in fields)
            and (not self.town or self.town in set(towns))
            and matches(self.words, text)
        )


@dataclass
class Column:
    """A column of the board: the matters without a candidate, or the candidates of a stage."""

    key: str
    label: str
    matters: list[Matter] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.matters) + len(self.candidates)


@dataclass(frozen=True)
class HopeRow:
    """What one town hopes for: how many entries by field; `town` None for entries no town is named for."""

    town: Municipality | None
    cells: list[int]

    @property
    def total(self) -> int:
        return sum(self.cells)


@dataclass(frozen=True)
class Hopes:
    """Towns against the fields they hope for; `columns` are key and name, `towns_by_field` how many towns."""

    columns: list[tuple[str, str]]
    rows: list[HopeRow]
    entries: list[int]
    towns_by_field: list[int]
    asked: int


def matters(region: Region, wanted: Wanted | None = None, kind: str = "") -> list[Matter]:
    """Issues, hopes and what is done today, in order, with towns, candidates and source."""
    rows = (
        Matter.objects.filter(region=region, **({"kind": kind} if kind else {}))
        .select_related("municipality", "source", "region")
        .prefetch_related(
            Prefetch("voices", MatterVoice.objects.select_related("municipality")),
            Prefetch("candidates", Candidate.objects.select_related("initiative")),
        )
        .order_by("order", "slug")
    )
    return [row for row in rows if wanted is None or _takes_matter(wanted, row)]


def matter(region: Region, slug: str) -> Matter:
    """One of them; 404 when the region has none of that name."""
    for row in matters(region):
        if row.slug == slug:
            return row
    raise Http404("登録が見つかりません。")


def candidates(region: Region, wanted: Wanted | None = None) -> list[Candidate]:
    """Candidates for measures in order, with towns, matters, steps, initiative and source."""
    rows = (
        Candidate.objects.filter(region=region)
        .select_related("initiative", "source", "region")
        .prefetch_related(
            Prefetch("interests", CandidateInterest.objects.select_related("municipality")),
            Prefetch(
                "matters",
                Matter.objects.prefetch_related(
                    Prefetch("voices", MatterVoice.objects.select_related("municipality"))
                ),
            ),
            "steps",
        )
    )
    return [row for row in rows if wanted is None or _takes_candidate(wanted, row)]


def candidate(region: Region, slug: str) -> Candidate:
    """One candidate; 404 when the region has none of that name."""
    for row in candidates(region):
        if row.slug == slug:
            return row
    raise Http404("取組候補が見つかりません。")


def board(found: Sequence[Matter], ahead: Sequence[Candidate]) -> list[Column]:
    """The columns in order: issues that no candidate answers, then the candidates by stage."""
    columns = {key: Column(key, label) for key, label in COLUMNS}
    for row in found:
        if row.kind == Matter.Kind.ISSUE and standing_of(row.candidates.all()) == OPEN:
            columns[OPEN].matters.append(row)
    for each in ahead:
        columns[each.stage].candidates.append(each)
    return list(columns.values())


def standings(found: Iterable[Matter]) -> dict[str, str]:
    """How far each matter has come, in words, by its slug."""
    labels = dict(COLUMNS)
    return {
        row.slug: "候補なし" if (key := standing_of(row.candidates.all())) == OPEN else labels[key]
        for row in found
    }


def hopes(region: Region) -> Hopes:
    """Towns against the fields they hope for, with how many entries and how many towns name each."""
    found = matters(region, kind=Matter.Kind.HOPE)
    used = {key for row in found for key in (row.fields or [NO_FIELD])}
    names = {**field_names(keep=sorted(used - {NO_FIELD})), NO_FIELD: "分野なし"}
    columns = [(key, name) for key, name in names.items() if key in used]
    place = {key: position for position, (key, _) in enumerate(columns)}
    members = [row.municipality for row in members_on(region)]
    cells: dict[int | None, Counter[int]] = {town.pk: Counter() for town in members}
    others: dict[int, Municipality] = {}
    entries: Counter[int] = Counter()
    for row in found:
        at = [place[key] for key in dict.fromkeys(row.fields or [NO_FIELD])]
        entries.update(at)
        towns = [voice.municipality for voice in row.voices.all()]
        others |= {town.pk: town for town in towns if town.pk not in cells}
        named: list[int | None] = [town.pk for town in towns] if towns else [None]
        for pk in named:
            cells.setdefault(pk, Counter()).update(at)
    shown: list[Municipality | None] = [*members, *others.values()]
    if None in cells:
        shown.append(None)
    rows = [
        HopeRow(town, [cells[town.pk if town else None][n] for n in range(len(columns))]) for town in shown
    ]
    by_field = [sum(bool(row.cells[n]) for row in rows if row.town) for n in range(len(columns))]
    return Hopes(columns, rows, [entries[n] for n in range(len(columns))], by_field, len(found))


def came_from(initiative: Initiative) -> list[Candidate]:
    """The candidates that became the initiative, with the matters they answer."""
    return list(
        Candidate.objects.filter(initiative=initiative).prefetch_related("matters", "steps").order_by("order")
    )


def _takes_matter(wanted: Wanted, row: Matter) -> bool:
    towns = [voice.municipality.code for voice in row.voices.all()]
    text = "\n".join((row.title, row.text, row.body, row.survey, *(v.text for v in row.voices.all())))
    return wanted.takes(row.fields, towns, text)


def _takes_candidate(wanted: Wanted, row: Candidate) -> bool:
    towns = [each.municipality.code for each in row.interests.all()]
    towns += [voice.municipality.code for matter in row.matters.all() for voice in matter.voices.all()]
    words = (row.title, row.text, row.reach, row.effect, row.obstacle, row.responsible, row.trial_result)
    return wanted.takes(
        row.fields, towns, "\n".join((*words, *(matter.title for matter in row.matters.all())))
    )
