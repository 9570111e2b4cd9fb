"""What is known already of what an inquiry asks: the store's figures and the town's last answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue

from ..models import AnswerVersion, FigureInquiry
from ..queries import figures, printed
from .items import Item, Slot, read_items
from .values import Compared, Content, Value, read_content


@dataclass(frozen=True)
class Known:
    """A figure known of a town for a year, in the unit asked for, and where it is from. `pk` is its figure's."""

    year: int
    number: float
    source: str
    pk: int | None = None

    @property
    def shown(self) -> str:
        return printed(self.number, "")


@dataclass(frozen=True)
class Reference:
    """What stands beside a cell: `same` year's figure, the last one `before` it, the `last` answer to a question."""

    same: Known | None = None
    before: Known | None = None
    last: str = ""

    @property
    def nearest(self) -> Known | None:
        """The figure of the year itself, or the last one before it."""
        return self.same or self.before


class References:
    """The known figures of towns (by six-digit code) for the items of an inquiry; a constant number of queries."""

    def __init__(self, inquiry: FigureInquiry, towns: Iterable[Municipality]) -> None:
        self.codes = [town.code for town in towns]
        self.items = read_items(inquiry.items)
        self.known: dict[tuple[str, str], dict[int, Known]] = {}
        self.answered: dict[tuple[str, str], str] = {}
        self._from_store(inquiry)
        if inquiry.follows is not None:
            self._from_last(inquiry.follows)

    def of(self, code: str, slot: Slot) -> Reference:
        """What is known of a town beside one cell."""
        if slot.year is None:
            return Reference(last=self.answered.get((code, slot.item.key), ""))
        known = self.known.get((code, slot.item.key), {})
        before = max((year for year in known if year < slot.year), default=None)
        return Reference(known.get(slot.year), None if before is None else known[before])

    def compared(self, code: str, slot: Slot, content: Content) -> Compared | None:
        """What the value of a cell is measured against: the year's own figure, else the last one before it."""
        if slot.year is None:
            return None
        reference = self.of(code, slot)
        own = content.get((slot.item.key, str(slot.year - 1)), Value()).number
        if reference.same is not None:
            found: Known | None = reference.same
        elif own is not None:
            return Compared(own, f"{slot.item.year_label(slot.year - 1)}の回答")
        else:
            found = reference.before
        if found is None:
            return None
        return Compared(found.number, f"{slot.item.year_label(found.year)} {found.source}")

    def _from_store(self, inquiry: FigureInquiry) -> None:
        wanted = {item.key: item for item in self.items if item.is_figure}
        for row in figures(self.codes, wanted, region=inquiry.region):
            number = in_unit(wanted[row.indicator], row.value, row.unit)
            if number is not None:
                known = self.known.setdefault((row.code, row.indicator), {})
                known.setdefault(row.year, Known(row.year, number, row.source_title, row.pk))

    def _from_last(self, last: FigureInquiry) -> None:
        asked = {item.key: item for item in read_items(last.items)}
        wanted = {item.key: item for item in self.items}
        for code, content in last_answers(last, self.codes).items():
            for (key, year), value in content.items():
                if key not in wanted or key not in asked:
                    continue
                if not year:
                    self.answered[code, key] = value.typed
                elif (number := in_unit(wanted[key], value.number, asked[key].unit)) is not None:
                    known = self.known.setdefault((code, key), {})
                    known.setdefault(int(year), Known(int(year), number, f"「{last.title}」への回答"))


def last_answers(inquiry: FigureInquiry, codes: Sequence[str]) -> Mapping[str, Content]:
    """What these towns (six-digit codes) handed in last, by code."""
    rows = AnswerVersion.objects.filter(
        answer__inquiry=inquiry, answer__municipality__code__in=list(codes)
    ).select_related("answer__municipality")
    return {row.answer.municipality.code: read_content(row.content) for row in rows.order_by("number")}


def in_unit(item: Item, number: float | None, unit: str) -> float | None:
    """A number in the unit an item is asked in; None where that cannot be."""
    if number is None or unit == item.unit:
        return number
    try:
        return catalogue(today()).converted(number, unit, item.unit)
    except WrongInput:
        return None
