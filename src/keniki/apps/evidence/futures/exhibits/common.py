"""What the exhibits of a forecast share: a view of the result, its bands, its sentences of method, its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array
from keniki.press.book_charts import Band, Fan
from keniki.press.charts import Chart, Number

from ...book.tables import Entry, Exhibit, Table
from ...queries.words import ages_shown
from ..earlier import Earlier, earlier
from ..results import Result

#: The chapter of the region book in which the exhibits stand.
CHAPTER: Final = "future_forecast"
ALL: Final[AgeClass] = (0, None)
GROUPS: Final[tuple[AgeClass, ...]] = ((0, 14), (15, 64), (65, None), (75, None))
#: Bands from the widest to the narrowest: name, lower and upper quantile.
BANDS: Final = (("95 %区間", 0.025, 0.975), ("80 %区間", 0.1, 0.9))
MIDDLE: Final = 0.5

METHOD: Final = (
    "コーホート要因法により、基準の年の男女・5歳階級別人口に、"
    "生残、移動、出生の仮定を当てはめて5年ごとに求めた。"
)
LIMITS: Final = (
    "過去の変化と推計に設けた仮定による見通しで、目標や計画ではない。"
    "大規模な開発、災害、制度の変更など、過去の国勢調査に現れていない出来事は含まない。"
)
BANDS_METHOD: Final = (
    "予測区間は、過去の国勢調査で同じ方法の推計がどれだけ外れたかを測り、その大きさの誤差を乱数で多数回与えて求めた"
    "（80 %区間は下位10 %から上位10 %まで、95 %区間は下位2.5 %から上位2.5 %まで）。"
)
NO_BANDS: Final = "この推計には予測区間がない。実際の人口は、ここに示す値より多くも少なくもなり得る。"
UNCHECKED: Final = "過去の国勢調査が足りないため、予測区間の当たり方は検証していない。"


@dataclass(frozen=True)
class View:
    """A result as exhibits see it: of all its municipalities together, or of one of them (`place`)."""

    result: Result
    place: int | None = None

    @property
    def name(self) -> str:
        """Of whom it is: a municipality, or 「計」 where there are several."""
        places = self.result.places
        if self.place is not None:
            return places[self.place].name
        return places[0].name if len(places) == 1 else f"{len(places)}市区町村の計"

    @property
    def years(self) -> tuple[int, ...]:
        """The base and the years after it."""
        return self.result.years

    @property
    def shown_years(self) -> tuple[int, int, int]:
        """The base, a year half-way and the last one."""
        return self.years[0], self.years[len(self.years) // 2], self.years[-1]

    @cached_property
    def earlier(self) -> Earlier:
        """Censuses before the base."""
        return earlier([place.code[:5] for place in self.result.places], self.years[0])

    def total(self, place: int | None = None) -> Array:
        """Persons by year."""
        at = self.place if place is None else place
        return self.result.total if at is None else self.result.totals[:, at]

    def group(self, group: AgeClass, place: int | None = None) -> Array:
        """Persons of a group of ages by year."""
        at = self.place if place is None else place
        return self.result.groups((group,), at)[:, 0]

    def bands(self, group: AgeClass, place: int | None = None) -> tuple[Band, ...]:
        """The bands of a group by year after the base; none where there were no draws or they lack the group."""
        drawn = self.result.bands
        at = self.place if place is None else place
        if drawn is None or group not in drawn.groups:
            return ()
        return tuple(
            Band(name, listed(drawn.of(low, group, at)), listed(drawn.of(high, group, at)))
            for name, low, high in BANDS
            if low in drawn.shares and high in drawn.shares
        )

    def fan(self, name: str, group: AgeClass, place: int | None = None) -> Fan:
        """A group's past, projection and bands as a picture wants them."""
        at = self.place if place is None else place
        now = self.group(group, at)
        before = self.earlier.group(group, at)
        known = next((at for at, (_, value) in enumerate(before) if value is not None), len(before))
        past = [*before[known:], (self.years[0], float(now[0]))]
        ahead = list(zip(self.years[1:], listed(now[1:]), strict=True))
        return Fan(name, past, ahead, self.bands(group, at))

    @property
    def checked(self) -> str:
        """How the bands held, short enough to stand in a picture."""
        if self.result.bands is None:
            return NO_BANDS
        held = [
            f"{each.target - each.origin}年先 {percent(each.coverage_80)}"
            for each in self.result.accuracy
            if each.coverage_80 is not None
        ]
        return f"過去の検証（80 %区間に入った市区町村）：{'、'.join(held)}" if held else UNCHECKED

    @property
    def coverage(self) -> str:
        """How the bands held on past censuses, for each number of years ahead."""
        if self.result.bands is None:
            return NO_BANDS
        checks = [each for each in self.result.accuracy if each.coverage_80 is not None]
        if not checks:
            return UNCHECKED
        held = [
            f"{each.origin}年から{each.target}年を推計したとき{percent(each.coverage_80)}（{each.n:,}団体）"
            for each in checks
        ]
        wide = "、".join(percent(each.coverage_95) for each in checks)
        return (
            f"過去の国勢調査での検証：実際の総人口が80 %区間に入った市区町村は、{'、'.join(held)}。"
            f"95 %区間では、順に{wide}。"
        )

    def notes(self, *more: str, bands: bool = False) -> tuple[str, ...]:
        """Method and limits, how the bands held, what else is said of the result; each once."""
        drawn = [BANDS_METHOD] if bands and self.result.bands is not None else []
        held = [self.coverage] if bands else []
        return tuple(dict.fromkeys((*more, METHOD, *drawn, *held, LIMITS, *self.said)))

    @property
    def said(self) -> tuple[str, ...]:
        """The result's own notes, with the names of municipalities in place of their codes."""
        found = []
        for note in self.result.notes:
            for place in self.result.places:
                note = note.replace(place.code[:5], place.name)
            found.append(note)
        return tuple(found)

    @property
    def credits(self) -> tuple[str, ...]:
        """The editions the population rests on: 「国勢調査」 with title of the edition."""
        return tuple(dict.fromkeys(f"{each.source} {each.title}" for each in self.result.used))

    def made(
        self,
        id: str,
        title: str,
        table: Table,
        charts: Sequence[Chart],
        notes: Sequence[str],
        *credits: str,
    ) -> Exhibit:
        """An exhibit of this chapter with the sources of the population and others."""
        shown = f"{title}（{self.name}）" if self.place is not None and id != "future_accuracy" else title
        return Exhibit(
            id,
            shown,
            CHAPTER,
            table,
            tuple(charts),
            notes=tuple(notes),
            credits=(*self.credits, *credits),
        )


def listed(values: Array) -> list[float]:
    """The numbers as plain floats."""
    return [float(value) for value in values]


def persons(value: Number | None) -> Entry:
    """Persons as a cell."""
    return Entry(None if value is None or not np.isfinite(float(value)) else float(value))


def share(value: float, of: float) -> Entry:
    """A share as a cell in percent with one decimal."""
    return Entry(float(value) / float(of) * 100 if of else None, decimals=1)


def change(last: float, first: float) -> Entry:
    """A change as a cell in percent with one decimal."""
    return Entry((float(last) / float(first) - 1) * 100 if first else None, decimals=1)


def percent(value: float | None, decimals: int = 0) -> str:
    """「85 %」 of a share; 「―」 where there is none."""
    return "―" if value is None else f"{value * 100:.{decimals}f} %"


def group_name(group: AgeClass) -> str:
    """「0～14歳」, 「65歳以上」."""
    return ages_shown(*group)
