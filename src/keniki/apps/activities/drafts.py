"""What a verb is given: an activity as it shall be, with its lines as templates and its counts by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Municipality
from keniki.core import counts as core
from keniki.core.errors import WrongInput

from .models import Activity, ActivityLine, Count
from .queries.counts import fill, substitute, whole, words

_TOO_LARGE = 10**12
_DECIMALS = 3


@dataclass(frozen=True)
class LineDraft:
    """A line; `text` is a template in which `{key}` stands for a count and braces are doubled."""

    kind: str
    text: str


@dataclass(frozen=True)
class CountDraft:
    """A count; `municipality` is an id, `part_of` the key of the total that contains it."""

    key: str
    value: Decimal
    counter: str
    quantity: str
    basis: str = "exact"
    as_typed: str = ""
    municipality: int | None = None
    part_of: str = ""

    @property
    def words(self) -> str:
        return words(Count(value=self.value, counter=self.counter, basis=self.basis, as_typed=self.as_typed))


@dataclass(frozen=True)
class Reading:
    """What typed lines say: templates, counts, and the keys of counts nobody has confirmed yet (`fresh`)."""

    lines: tuple[LineDraft, ...] = ()
    counts: tuple[CountDraft, ...] = ()
    fresh: tuple[str, ...] = ()

    def text(self, line: LineDraft) -> str:
        """The line as it was typed."""
        return fill(line.text, {count.key: count.words for count in self.counts})

    def without(self, key: str) -> Reading:
        """The same text, with this count left as plain words; its parts become counts of their own."""
        gone = next(count for count in self.counts if count.key == key)
        by_key = {key: _escape(gone.words)}
        lines = tuple(replace(line, text=_put(line.text, by_key)) for line in self.lines)
        counts = tuple(
            replace(count, part_of="") if count.part_of == key else count
            for count in self.counts
            if count.key != key
        )
        return Reading(lines, counts, tuple(other for other in self.fresh if other != key))

    def with_count(self, changed: CountDraft) -> Reading:
        """The same text with the meaning of one count changed."""
        counts = tuple(changed if count.key == changed.key else count for count in self.counts)
        return replace(self, counts=counts)

    def to_confirm(self) -> list[CountDraft]:
        return [count for count in self.counts if count.key in self.fresh]


@dataclass(frozen=True)
class ActivityDraft:
    """An activity as it shall be.

    `measures` are pairs of agreement id and measure key, `roles` agreement id, annex item and the key of a line.
    """

    initiative: Initiative
    fiscal_year: int
    title: str
    kind: str
    state: str
    project: Project | None = None
    municipality: Municipality | None = None
    tally_only: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    place: str = ""
    organiser: str = ""
    text: str = ""
    reading: Reading = Reading()
    measures: tuple[tuple[int, str], ...] = ()
    roles: tuple[tuple[int, str, str], ...] = ()


def read_lines(
    typed: Sequence[tuple[str, str]], before: Activity | None = None, *, town: int | None = None
) -> Reading:
    """Take lines (kind, natural text) apart into templates and counts.

    `before` is the activity they belong to: a line that was not changed keeps its template, and a count that
    took another value keeps its key, town and total; a total that towns' figures began is the one the line states.
    `town` is the id of the town whose activity it is.
    Lecturer lines carry no counts. The text of the reading is always exactly what was typed.
    """
    old_lines = list(before.lines.all()) if before is not None else []
    old_counts = list(before.counts.all()) if before is not None else []
    old_words = {count.key: words(count) for count in old_counts}
    kept: dict[int, ActivityLine] = {}
    left = list(old_lines)
    cleaned = [(kind, " ".join(text.split("\n")).strip()) for kind, text in typed]
    cleaned = [(kind, text) for kind, text in cleaned if text]
    for number, (kind, text) in enumerate(cleaned):
        same = next((o for o in left if o.kind == kind and fill(o.text, old_words) == text), None)
        if same is not None:
            kept[number] = same
            left.remove(same)

    named_before = {key for line in old_lines for key in _keys(line.text)}
    named_now = {key for line in kept.values() for key in _keys(line.text)}
    free = [count for count in old_counts if count.key in named_before - named_now]
    started = [
        count
        for count in old_counts
        if count.key not in named_before
        and count.municipality_id is None
        and any(part.part_of_id == count.pk and part.municipality_id for part in old_counts)
    ]
    keys = {count.key for count in old_counts}
    drafts: dict[str, CountDraft] = {
        count.key: draft_of(count)
        for count in old_counts
        if count.key in named_now or count.key not in named_before
    }
    lines: list[LineDraft] = []
    fresh: list[str] = []
    for number, (kind, text) in enumerate(cleaned):
        if number in kept:
            lines.append(LineDraft(kind, kept[number].text))
            continue
        found = core.find(text) if kind != ActivityLine.Kind.LECTURER else []
        here: list[str] = []
        for one in found:
            old = _same_count(one.count, free)
            if old is not None:
                free.remove(old)
            elif old := _started(one.count, started):
                started.remove(old)
            if old is not None:
                key = old.key
            else:
                key = _new_key(one.count.quantity, keys)
                keys.add(key)
                fresh.append(key)
            drafts[key] = CountDraft(
                key,
                Decimal(one.count.value),
                one.count.counter,
                old.quantity if old is not None else one.count.quantity.value,
                one.count.basis.value,
                one.count.as_typed,
                old.municipality_id if old is not None else town,
                old.part_of.key if old is not None and old.part_of is not None else "",
            )
            here.append(key)
        for key, one in zip(here, found, strict=True):
            if one.count.part_of is not None and key in fresh:
                drafts[key] = replace(drafts[key], part_of=here[one.count.part_of])
        lines.append(LineDraft(kind, _template(text, found, here)))
    _refuse_lost_totals(drafts, free, old_counts)
    order = [key for line in lines for key in _keys(line.text) if key in drafts]
    drafts = {key: drafts[key] for key in dict.fromkeys((*order, *drafts))}
    counts = tuple(
        draft if draft.part_of in drafts or not draft.part_of else replace(draft, part_of="")
        for draft in drafts.values()
    )
    return Reading(tuple(lines), counts, tuple(fresh))


def draft_of(count: Count) -> CountDraft:
    """A stored count as a draft."""
    return CountDraft(
        count.key,
        count.value,
        count.counter,
        count.quantity,
        count.basis,
        count.as_typed,
        count.municipality_id,
        count.part_of.key if count.part_of is not None else "",
    )


def reading_of(activity: Activity) -> Reading:
    """The stored lines and counts, unchanged."""
    lines = tuple(LineDraft(line.kind, line.text) for line in activity.lines.all())
    return Reading(lines, tuple(draft_of(count) for count in activity.counts.all()))


def check_reading(reading: Reading) -> None:
    """Raise `WrongInput` for values no count can hold and for totals that contain themselves or another kind."""
    by_key = {count.key: count for count in reading.counts}
    for count in reading.counts:
        check_value(count.value, count.words)
        above, seen = count, {count.key}
        while above.part_of:
            if above.part_of not in by_key:
                raise WrongInput(f"「{count.words}」の合計として選んだ数量がありません。")
            above = by_key[above.part_of]
            if above.key in seen:
                raise WrongInput(
                    f"「{count.words}」が自分自身の内訳になっています。「内訳」を選び直してください。"
                )
            seen.add(above.key)
        total = by_key.get(count.part_of)
        if total is not None and total.quantity != count.quantity:
            raise WrongInput(
                f"「{count.words}」は「{total.words}」の内訳にできません。何の数かを同じにしてください。"
            )
        if total is not None and count.municipality is None and count.value > total.value:
            raise WrongInput(f"内訳「{count.words}」が合計「{total.words}」より大きくなっています。")


def check_value(value: Decimal | int, words: str) -> None:
    """Raise `WrongInput` for a value that would not be stored as typed (12 digits and 3 decimals are)."""
    exponent = Decimal(value).normalize().as_tuple().exponent
    if value >= _TOO_LARGE or value <= -_TOO_LARGE:
        raise WrongInput(f"「{words}」の数が大きすぎます。1兆より小さい数を入力してください。")
    if isinstance(exponent, int) and exponent < -_DECIMALS:
        raise WrongInput(f"「{words}」の小数は{_DECIMALS}桁までにしてください。")


def number(value: Decimal) -> str:
    """A value as a form shows it: no zeros behind the point."""
    return f"{whole(value)}"


def _same_count(found: core.Count, free: Sequence[Count]) -> Count | None:
    exact = next((old for old in free if words(old) == found.as_typed), None)
    return exact or next((old for old in free if old.counter == found.counter), None)


def _started(found: core.Count, started: Sequence[Count]) -> Count | None:
    """The total without a line, begun by towns' figures, that this number of a line states."""
    same = (old for old in started if (old.counter, old.quantity) == (found.counter, found.quantity.value))
    return next(same, None)


def _new_key(quantity: core.Quantity, taken: set[str]) -> str:
    key, number = quantity.value, 2
    while key in taken:
        key, number = f"{quantity.value}_{number}", number + 1
    return key


def _keys(template: str) -> list[str]:
    found: list[str] = []

    def note(key: str) -> str:
        found.append(key)
        return ""

    substitute(template, note)
    return found


def _put(template: str, by_key: Mapping[str, str]) -> str:
    doubled = template.replace("{{", "{{{{").replace("}}", "}}}}")
    return substitute(doubled, lambda key: by_key.get(key, f"{{{key}}}"))


def _template(text: str, found: Sequence[core.FoundCount], keys: Sequence[str]) -> str:
    pieces, position = [], 0
    for one, key in zip(found, keys, strict=True):
        pieces += [_escape(text[position : one.start]), f"{{{key}}}"]
        position = one.end
    return "".join((*pieces, _escape(text[position:])))


def _escape(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _refuse_lost_totals(
    drafts: Mapping[str, CountDraft], gone: Sequence[Count], old: Sequence[Count]
) -> None:
    for total in gone:
        if total.key not in drafts and any(o.part_of_id == total.pk and o.municipality_id for o in old):
            raise WrongInput(
                f"「{words(total)}」には団体ごとの内訳があるため、本文から消せません。"
                "数を直すか、先にその内訳を消してください。"
            )
