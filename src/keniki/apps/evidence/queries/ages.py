"""Ages nobody stated (年齢不詳), distributed over the classes: computed beside the figures, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keniki.analysis.ages import PROPORTIONAL, distribute_unknown
from keniki.apps.regions.models import Region

from ..importers.base import UNKNOWN_AGE
from .figures import FigureView, figures
from .words import ages_shown, sex_shown

#: What the sum over both sexes rests on.
_SEXES = ("male", "female")
_Age = tuple[int, int | None]


@dataclass(frozen=True)
class DistributedAge:
    """An age class with its share of the unknown: `published` + `added` = `value`, in the unit of the figure.

    `figure` is the published one.
    """

    figure: FigureView
    published: float
    added: float
    method: str = PROPORTIONAL

    @property
    def value(self) -> float:
        return self.published + self.added

    @property
    def of_whom(self) -> str:
        ages = ages_shown(self.figure.age_from, self.figure.age_to)
        return "・".join(part for part in (sex_shown(self.figure.sex), ages) if part)


def distributed(
    region: Region | None,
    code: str,
    indicator: str,
    *,
    year: int | None = None,
    kind: str = "municipality",
) -> list[DistributedAge]:
    """Every published age class of an area with the persons of unknown age distributed, by edition, sex and age.

    In proportion to the known ages, men and women apart; both together is their sum where both are published. Broad
    classes (65歳以上) are sums of the narrow ones. Empty where no age is unknown, or where the narrow classes with the
    unknown do not add up to the whole: then nothing is computed.
    """
    rows = figures([code], [indicator], region=region, year=year, divided=True, kinds=[kind])
    tables: dict[tuple[str, ...], list[FigureView]] = {}
    for row in rows:
        tables.setdefault((row.source, row.edition, row.period, row.part, row.unit), []).append(row)
    return [each for table in tables.values() for each in _table(table)]


def distributed_for(region: Region, figure: FigureView) -> DistributedAge | None:
    """The distributed value beside a figure that is shown, where it is an age class of a table with unknown ages."""
    if figure.age_from is None or figure.age_from == UNKNOWN_AGE or figure.value is None:
        return None
    found = distributed(region, figure.code, figure.indicator, year=figure.year, kind=figure.area_kind)
    return next((each for each in found if each.figure.pk == figure.pk), None)


def _table(rows: Sequence[FigureView]) -> list[DistributedAge]:
    """The classes of one area in one table, sexes apart first."""
    by_sex: dict[str, dict[_Age, FigureView]] = {}
    wholes: dict[str, float] = {}
    unknown: dict[str, float] = {}
    for row in rows:
        value = row.value if row.value is not None else 0.0 if row.text in ("-", "－") else None
        if value is None:
            continue
        if row.age_from is None:
            wholes[row.sex] = value
        elif row.age_from == UNKNOWN_AGE:
            unknown[row.sex] = value
        else:
            by_sex.setdefault(row.sex, {})[row.age_from, row.age_to] = row
    added: dict[str, dict[_Age, float]] = {}
    for sex, classes in by_sex.items():
        if unknown.get(sex) and (shares := _shares(classes, unknown[sex], wholes.get(sex))) is not None:
            added[sex] = shares
    if all(sex in added for sex in _SEXES if unknown.get(sex)) and any(sex in added for sex in _SEXES):
        both = [added.get(sex, {}) for sex in _SEXES]
        ages = [age for age in by_sex.get("", {}) if all(age in by_sex.get(sex, {}) for sex in _SEXES)]
        added[""] = {age: sum(shares.get(age, 0.0) for shares in both) for age in ages}
    return [
        DistributedAge(by_sex[sex][age], by_sex[sex][age].value or 0.0, share)
        for sex in ("", *_SEXES)
        for age, share in sorted(
            added.get(sex, {}).items(), key=lambda pair: (pair[0][0], -(pair[0][1] or 10**6))
        )
    ]


def _shares(classes: dict[_Age, FigureView], unknown: float, whole: float | None) -> dict[_Age, float] | None:
    """What each class gets of the unknown; None where the narrow classes do not make up the whole with them."""
    narrow: list[_Age] = []
    at: int | None = 0
    while at is not None:
        here = [age for age in classes if age[0] == at]
        if not here:
            return None
        narrow.append(min(here, key=lambda age: age[1] if age[1] is not None else 10**6))
        at = None if narrow[-1][1] is None else narrow[-1][1] + 1
    published = [classes[age].value or 0.0 for age in narrow]
    if not sum(published) or (whole is not None and abs(sum(published) + unknown - whole) > 0.5):
        return None
    own = dict(zip(narrow, distribute_unknown([published], [unknown]).added[0].tolist(), strict=True))
    found = dict(own)
    for age in classes:
        inside = [each for each in narrow if _within(each, age)]
        if (
            age not in own
            and inside
            and abs(sum(classes[each].value or 0.0 for each in inside) - (classes[age].value or 0.0)) < 0.5
        ):
            found[age] = sum(own[each] for each in inside)
    return found


def _within(age: _Age, broad: _Age) -> bool:
    if age[0] < broad[0]:
        return False
    return broad[1] is None or (age[1] is not None and age[1] <= broad[1])
