"""Exhibits over time and by age: populations by year, age groups, pyramids, cohorts, 年齢不詳."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keniki.analysis.ages import AgeClass, distribute_unknown
from keniki.press.book_charts import columns_by_year, components, pyramid, shares
from keniki.rulebooks.book import ExhibitForm

from ..queries.words import ages_shown, sex_shown
from .holdings import Line, Vintage, narrowest
from .rows import REGION, Reckoned, Shown
from .tables import Entry, Exhibit, Notes, Table, TableRow, entry
from .values import Values

#: The class of persons whose age is not known.
UNKNOWN_AGE: AgeClass = (-1, -1)
SEXES = {sex: sex_shown(sex) for sex in ("male", "female")}


def by_year(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """An indicator by municipality and year, continued by its projection."""
    indicator = values.book[form.indicators[0]]
    notes = Notes()
    rows = [values.row(indicator.id, year=year) for year in _years(values, indicator.id)]
    known = [row for row in rows if row is not None]
    last = known[-1].year if known else 0
    ahead = [
        row
        for name in form.projection
        for year in _years(values, name)
        if year > last and (row := values.row(name, year=year)) is not None
    ]
    every = [*known, *ahead]
    if not every:
        return None
    notes.take(*every)
    heads = [f"{row.year}" for row in every]
    body = [
        TableRow(place.name, tuple(entry(row.cells.get(place.code), indicator.decimals) for row in every))
        for place in values.members
    ]
    if len(body) > 1:
        body.append(TableRow("圏域", tuple(entry(row.total, indicator.decimals) for row in every), "sum"))
    body.extend(
        TableRow(
            place.name,
            tuple(entry(row.cells.get(place.code), indicator.decimals) for row in every),
            "reference",
        )
        for place in values.holdings.references
        if any(place.code in row.cells for row in every)
    )
    chart = columns_by_year(
        form.title,
        every[0].unit,
        heads,
        {place.name: [row.value(place.code) for row in every] for place in values.members},
        projected_from=len(known) if ahead else None,
    )
    table = Table(
        "市町村",
        tuple(_marked(row.year, row.estimated) for row in every),
        tuple(body),
        (every[0].unit,) * len(every),
    )
    return Exhibit(form.id, form.title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


def _years(values: Values, indicator: str) -> list[int]:
    """The years an indicator can be given for: its own, or those of what it is made of."""
    own = [row.year for row in values.years(indicator)]
    recipe = values.book[indicator].recipe
    if own or recipe is None:
        return own
    found = [set(_years(values, term.of)) for term in recipe.used]
    return sorted(set.intersection(*found)) if found else []


def _marked(year: int, estimated: bool) -> str:
    return f"{year}（推計）" if estimated else f"{year}"


def groups_by_year(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Age groups of the whole region by year, as shares."""
    notes = Notes()
    columns: list[tuple[int, bool, list[float], list[Shown]]] = []
    last = 0
    for names, ahead in ((form.indicators, False), (form.projection, True)):
        years = set.intersection(*(set(_group_years(values, name)) for name in names)) if names else set()
        for year in sorted(years):
            rows = [values.row(name, year=year) for name in names]
            amounts = [row.total.value for row in rows if row is not None and row.year == year]
            if len(amounts) < len(names) or None in amounts or (ahead and year <= last):
                continue
            notes.take(*rows)
            totals = [row.total for row in rows if row is not None]
            columns.append((year, ahead, [float(amount or 0) for amount in amounts], totals))
            last = max(last, year) if not ahead else last
    if not columns:
        return None
    labels = [values.book[name].name for name in form.indicators]
    heads = tuple(_marked(year, ahead) for year, ahead, *_ in columns)
    projected = next((at for at, (_, ahead, *_) in enumerate(columns) if ahead), None)
    chart = shares(
        form.title,
        [f"{year}" for year, *_ in columns],
        {label: [amounts[at] for _, _, amounts, _ in columns] for at, label in enumerate(labels)},
        projected_from=projected,
    )
    body = []
    for at, label in enumerate(labels):
        body.append(TableRow(label, tuple(entry(totals[at], 0) for *_, totals in columns), below="人"))
        body.append(
            TableRow(
                f"{label}の割合",
                tuple(
                    Entry(amounts[at] / sum(amounts) * 100 if sum(amounts) else None, decimals=1)
                    for _, _, amounts, _ in columns
                ),
                below="％",
            )
        )
    table = Table("区分", heads, tuple(body))
    notes.say(form.note)
    return Exhibit(form.id, form.title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


def _group_years(values: Values, indicator: str) -> list[int]:
    """The years an age group is held in, itself or by its classes."""
    recipe = values.book[indicator].recipe
    found = {row.year for row in values.years(indicator)}
    for term in recipe.used if recipe is not None else ():
        found |= {row.year for row in values.years(term.of)}
    return sorted(found)


def pyramids(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Men and women by age in the whole region, with the last year of the projection as an outline."""
    now = _sexes_by_age(values, form.indicators[0])
    if now is None:
        return None
    vintage, classes, men, women = now
    later = _sexes_by_age(values, form.projection[0], after=vintage.year) if form.projection else None
    outline = None
    notes = Notes(editions=[vintage.edition])
    if later is not None:
        ahead, ahead_classes, more_men, more_women = later
        common = _common(classes, ahead_classes)
        men, women = _merged(classes, men, common), _merged(classes, women, common)
        more_men, more_women = (_merged(ahead_classes, row, common) for row in (more_men, more_women))
        classes = common
        outline = (f"{ahead.year}年（推計）", more_men, more_women)
        notes.editions.append(ahead.edition)
    labels = [ages_shown(*each) for each in classes]
    chart = pyramid(f"{form.title}（{vintage.year}年）", labels, men, women, outline=outline)
    heads = [f"男 {vintage.year}", f"女 {vintage.year}"]
    columns = [(form.indicators[0], vintage, "male", men), (form.indicators[0], vintage, "female", women)]
    if outline is not None and later is not None:
        heads += [f"男 {outline[0]}", f"女 {outline[0]}"]
        columns += [
            (form.projection[0], later[0], "male", outline[1]),
            (form.projection[0], later[0], "female", outline[2]),
        ]
    body = tuple(
        TableRow(
            ages_shown(*age),
            tuple(Entry(amounts[at], about=_about(of, row, sex, age)) for of, row, sex, amounts in columns),
        )
        for at, age in enumerate(classes)
    )
    table = Table("年齢", tuple(heads), body, ("人",) * len(heads))
    return Exhibit(form.id, form.title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


def _about(indicator: str, vintage: Vintage, sex: str, age: AgeClass, code: str = REGION) -> Reckoned:
    first, last = age
    said = "不詳" if age == UNKNOWN_AGE else f"{first}+" if last is None else f"{first}-{last}"
    return Reckoned(indicator, "", code, vintage.year, None, vintage.edition.pk, sex, said)


def _sexes_by_age(
    values: Values, indicator: str, *, after: int = 0
) -> tuple[Vintage, list[AgeClass], list[float], list[float]] | None:
    """The newest year later than `after` with men and women by age of every member, added up."""
    for vintage in values.every(indicator):
        if vintage.year <= after:
            break
        sides = [_classes(vintage, sex, values.codes) for sex in SEXES]
        if all(sides) and [age for age, _ in sides[0]] == [age for age, _ in sides[1]]:
            ages = [age for age, _ in sides[0]]
            men, women = ([total for _, total in side] for side in sides)
            return vintage, ages, men, women
    return None


def _classes(vintage: Vintage, sex: str, codes: Sequence[str]) -> list[tuple[AgeClass, float]]:
    """The narrowest classes of a sex from 0 on, each added up over the places; empty where one is missing."""
    lines = {line.age: line for line in vintage.lines if line.sex == sex and not line.part and line.age}
    found: list[tuple[AgeClass, float]] = []
    for age in narrowest(age for age in lines if age):
        amounts = [lines[age].value(code) for code in codes]
        if any(amount is None for amount in amounts):
            return []
        found.append((age, sum(amount or 0.0 for amount in amounts)))
    return found


def _common(one: Sequence[AgeClass], other: Sequence[AgeClass]) -> list[AgeClass]:
    """The classes both can be added up to."""
    ends = sorted(
        {age[1] for age in one if age[1] is not None} & {age[1] for age in other if age[1] is not None}
    )
    starts = [0, *(end + 1 for end in ends)]
    return list(zip(starts, [*ends, None], strict=True))


def _merged(ages: Sequence[AgeClass], amounts: Sequence[float], into: Sequence[AgeClass]) -> list[float]:
    return [
        sum(
            amount
            for age, amount in zip(ages, amounts, strict=True)
            if age[0] >= first and (last is None or (age[1] is not None and age[1] <= last))
        )
        for first, last in into
    ]


def unknown_ages(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Persons of unknown age in every municipality and the age groups with and without them."""
    vintage = next(
        (
            row
            for row in values.every(form.indicators[0])
            if all(_line(row, sex, UNKNOWN_AGE) for sex in SEXES)
        ),
        None,
    )
    if vintage is None:
        return None
    sides = [_by_place(vintage, sex, values.codes) for sex in SEXES]
    if any(side is None for side in sides):
        return None
    groups: tuple[AgeClass, ...] = ((0, 14), (15, 64), (65, None))
    published = np.zeros((len(values.codes), len(groups)))
    full = np.zeros_like(published)
    lost = np.zeros(len(values.codes))
    method = ""
    for side in sides:
        assert side is not None
        ages, known, unknown = side
        try:
            spread = distribute_unknown(known, unknown)
        except ValueError:
            return None
        method = spread.method
        for at, group in enumerate(groups):
            inside = [
                k
                for k, age in enumerate(ages)
                if age[0] >= group[0] and (group[1] is None or (age[1] is not None and age[1] <= group[1]))
            ]
            published[:, at] += spread.published[:, inside].sum(axis=1)
            full[:, at] += spread.values[:, inside].sum(axis=1)
        lost += spread.unknown

    def about(code: str) -> list[Reckoned]:
        return [_about(form.indicators[0], vintage, "", age, code) for age in (UNKNOWN_AGE, *groups)]

    heads: list[str] = ["年齢不詳"]
    for group in groups:
        heads += [f"{ages_shown(*group)}（公表値）", f"{ages_shown(*group)}（按分後）"]
    rows = [
        TableRow(place.name, _spread(lost[at], published[at], full[at], about(place.code)))
        for at, place in enumerate(values.members)
    ]
    if len(rows) > 1:
        sums = lost.sum(), published.sum(axis=0), full.sum(axis=0)
        rows.append(TableRow("圏域", _spread(*sums, about(REGION)), "sum"))
    table = Table("市町村", tuple(heads), tuple(rows), ("人",) * len(heads))
    return Exhibit(form.id, form.title, chapter, table, (), (vintage.edition,), (method,))


def _spread(
    lost: float, published: np.ndarray, full: np.ndarray, about: Sequence[Reckoned]
) -> tuple[Entry, ...]:
    cells = [Entry(float(lost), about=about[0])]
    for known, all_, of in zip(published, full, about[1:], strict=True):
        cells += [Entry(float(known), about=of), Entry(float(all_), decimals=1)]
    return tuple(cells)


def _line(vintage: Vintage, sex: str, age: AgeClass) -> Line | None:
    return next(
        (line for line in vintage.lines if line.sex == sex and line.age == age and not line.part), None
    )


def _by_place(
    vintage: Vintage, sex: str, codes: Sequence[str]
) -> tuple[list[AgeClass], np.ndarray, np.ndarray] | None:
    """Known ages (n, k) and unknown (n,) of one sex; None where a place lacks a class."""
    ages = [age for age, _ in _classes(vintage, sex, codes)]
    unknown = _line(vintage, sex, UNKNOWN_AGE)
    if not ages or unknown is None:
        return None
    lines = [_line(vintage, sex, age) for age in ages]
    table = np.array([[line.value(code) if line else None for line in lines] for code in codes], dtype=float)
    return ages, table, np.array([unknown.value(code) or 0.0 for code in codes])


def cohorts(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """How many more or fewer people of each generation than five years before, by sex."""
    every = values.every(form.indicators[0])
    pair = next(
        (
            (earlier, later)
            for later in every
            for earlier in every
            if later.year - earlier.year == 5
            and all(_classes(row, sex, values.codes) for row in (earlier, later) for sex in SEXES)
        ),
        None,
    )
    if pair is None:
        return None
    earlier, later = pair
    found: dict[str, list[float]] = {}
    labels: list[str] = []
    for sex, word in SEXES.items():
        before, after = (dict(_classes(row, sex, values.codes)) for row in (earlier, later))
        steps = [age for age in after if age[0] >= 5 and (age[0] - 5, _minus(age[1])) in before]
        labels = [ages_shown(*age) for age in steps]
        found[word] = [after[age] - before[(age[0] - 5, _minus(age[1]))] for age in steps]
    if not labels:
        return None
    title = f"{form.title}（{earlier.year}～{later.year}年）"
    chart = components(title, "人", labels, found)
    sums = [sum(each) for each in zip(*found.values(), strict=True)]
    rows = tuple(
        TableRow(label, (*(Entry(side[at]) for side in found.values()), Entry(sums[at])))
        for at, label in enumerate(labels)
    )
    table = Table(f"{later.year}年の年齢", (*found, "計"), rows, ("人",) * (len(found) + 1))
    notes = (form.note,) if form.note else ()
    return Exhibit(form.id, title, chapter, table, (chart,), (later.edition, earlier.edition), notes)


def _minus(last: int | None) -> int | None:
    return None if last is None else last - 5


def by_age(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """An indicator by age in the whole region, newest year, men and women where they are told apart."""
    for vintage in values.every(form.indicators[0]):
        sides = {word: _classes(vintage, sex, values.codes) for sex, word in SEXES.items()}
        if not all(sides.values()):
            both = _classes(vintage, "", values.codes)
            sides = {"計": both} if both else {}
        if not sides:
            continue
        ages = [age for age, _ in next(iter(sides.values()))]
        labels = [ages_shown(*age) for age in ages]
        found = {word: [total for _, total in side] for word, side in sides.items()}
        title = f"{form.title}（{vintage.year}年）"
        unit = values.book.unit_label(form.indicators[0])
        of = {word: sex for sex, word in SEXES.items()}
        rows = tuple(
            TableRow(
                ages_shown(*age),
                tuple(
                    Entry(side[at], about=_about(form.indicators[0], vintage, of.get(word, ""), age))
                    for word, side in found.items()
                ),
            )
            for at, age in enumerate(ages)
        )
        table = Table("年齢", tuple(found), rows, (unit,) * len(found))
        return Exhibit(
            form.id, title, chapter, table, (components(title, unit, labels, found),), (vintage.edition,)
        )
    return None
