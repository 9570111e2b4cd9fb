"""What a check found, in the words of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, overload

from keniki.analysis.checks import Finding, Verdict
from keniki.rulebooks.checks import Check
from keniki.rulebooks.loader import Rule

#: The words of the page for a verdict, and how its badge looks.
SAID: Final = {
    Verdict.EQUAL: "一致",
    Verdict.ROUNDING: "端数で説明できる",
    Verdict.DIFFERENT: "一致しない",
    Verdict.UNCHECKABLE: "確かめられない",
}
LOOKS: Final = {
    Verdict.EQUAL: "success",
    Verdict.ROUNDING: "info",
    Verdict.DIFFERENT: "danger",
    Verdict.UNCHECKABLE: "muted",
}
#: The verdicts in addresses, the worst first.
SLUGS: Final = {
    "different": Verdict.DIFFERENT,
    "uncheckable": Verdict.UNCHECKABLE,
    "rounding": Verdict.ROUNDING,
    "equal": Verdict.EQUAL,
}
#: Figures of a sum that are named one by one.
NAMED_MOST: Final = 30
#: Findings of a check on the page of all.
SHOWN_FIRST: Final = 5


@dataclass(frozen=True, slots=True)
class Used:
    """A figure of a check: its name in the rule, its row in the store, as printed."""

    name: str
    pk: int
    shown: str
    year: int


@dataclass(frozen=True)
class Checked:
    """A check of one printed figure: of what, against which figures, what comes out."""

    place: str
    code: str
    when: str
    edition: str
    of: str
    printed: Used
    parts: Sequence[Used]
    found: Finding
    note: str = ""

    @property
    def verdict(self) -> str:
        """一致, 端数で説明できる, 一致しない, 確かめられない."""
        return SAID[self.found.verdict]

    @property
    def look(self) -> str:
        """How its badge looks."""
        return LOOKS[self.found.verdict]

    @property
    def recomputed(self) -> str:
        """What comes out; empty where nothing could be reckoned."""
        return number_shown(self.found.recomputed)

    @property
    def difference(self) -> str:
        """Printed less recomputed; empty where they agree or nothing could be reckoned."""
        return "" if self.found.verdict is Verdict.EQUAL else number_shown(self.found.difference)

    @property
    def named(self) -> Sequence[Used]:
        """The figures that are named one by one."""
        return self.parts[:NAMED_MOST]

    @property
    def unnamed(self) -> int:
        """How many more there are."""
        return max(len(self.parts) - NAMED_MOST, 0)


@dataclass(frozen=True)
class Section:
    """A check with what it found, by verdict in the order of `SLUGS`, and how many of each."""

    id: str
    rule: Rule[Check]
    found: Sequence[Checked]
    counts: Mapping[Verdict, int] = field(default_factory=dict)

    @property
    def check(self) -> Check:
        """What is checked."""
        return self.rule.value

    @property
    def by_verdict(self) -> list[tuple[str, str, int]]:
        """Address, words and number of each verdict."""
        return [(slug, SAID[verdict], self.counts.get(verdict, 0)) for slug, verdict in SLUGS.items()]

    def of(self, verdict: str) -> Sequence[Checked]:
        """What it found with this verdict (its word in an address); all where it names none."""
        if verdict not in SLUGS:
            return self.found
        numbers = [number for _, _, number in self.by_verdict]
        place = list(SLUGS).index(verdict)
        return Part(self.found, sum(numbers[:place]), numbers[place])

    @property
    def open(self) -> int:
        """How many do not simply agree; they stand before those that do."""
        return len(self.found) - self.counts.get(Verdict.EQUAL, 0)

    @property
    def first(self) -> Sequence[Checked]:
        """The first of those, for the page of all checks."""
        return self.found[: min(self.open, SHOWN_FIRST)]

    @property
    def more(self) -> int:
        """How many more there are."""
        return max(self.open - SHOWN_FIRST, 0)

    @property
    def table(self) -> str:
        """The id of its table."""
        return f"{self.anchor}-found"

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return f"check-{self.id}"


class Part(Sequence[Checked]):
    """So many findings from the one of this number (from 0); only what is looked at is read."""

    def __init__(self, found: Sequence[Checked], first: int, length: int) -> None:
        self._found, self._within = found, range(first, first + length)

    def __len__(self) -> int:
        return len(self._within)

    @overload
    def __getitem__(self, at: int) -> Checked: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Checked]: ...

    def __getitem__(self, at: int | slice) -> Checked | Sequence[Checked]:
        if isinstance(at, slice):
            return [self._found[number] for number in self._within[at]]
        return self._found[self._within[at]]


def totals(found: Sequence[Section]) -> list[tuple[str, str, int]]:
    """Address, words and number of each verdict over all checks."""
    counts = sum((Counter(section.counts) for section in found), Counter[Verdict]())
    return [(slug, SAID[verdict], counts[verdict]) for slug, verdict in SLUGS.items()]


def number_shown(value: float | None) -> str:
    """A reckoned value as it is printed, four decimals at most; empty where there is none."""
    if value is None:
        return ""
    text = f"{abs(round(value, 4)):,.10g}"
    return f"▲{text}" if value < 0 and text != "0" else text
