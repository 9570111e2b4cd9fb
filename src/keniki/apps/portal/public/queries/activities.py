"""Activities as cards, in pages by year and initiative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef

from keniki.apps.activities.models import Activity, Photo
from keniki.apps.activities.queries import Line
from keniki.apps.compacts.models import Initiative
from keniki.apps.portal.public import published
from keniki.apps.regions.models import Region
from keniki.core.fiscal_year import FiscalYear

PER_PAGE = 50


@dataclass(frozen=True)
class ActivityCard:
    """An activity with its printed lines and public photos."""

    activity: Activity
    lines: list[Line]
    photos: list[Photo]

    @property
    def none(self) -> bool:
        return self.activity.state == Activity.State.NONE


@dataclass(frozen=True)
class InitiativeGroup:
    """An initiative with what was done under it."""

    initiative: Initiative
    cards: list[ActivityCard]

    @property
    def done(self) -> list[ActivityCard]:
        return [card for card in self.cards if not card.none]


@dataclass(frozen=True)
class YearGroup:
    """A fiscal year with its initiatives."""

    year: int
    groups: list[InitiativeGroup]


@dataclass(frozen=True)
class ActivityPage:
    """The activities' page: the years and initiatives to choose from, and one page of what was chosen.

    `number` is how many were done in all pages.
    """

    years: list[int]
    initiatives: list[Initiative]
    year: int | None
    initiative: Initiative | None
    rows: Page[Activity]
    found: list[YearGroup]
    number: int


def cards(region: Region, rows: Iterable[Activity]) -> list[ActivityCard]:
    """These activities, whose lines and counts were loaded with them, as cards."""
    wanted = list(rows)
    by_activity: dict[int | None, list[Photo]] = defaultdict(list)
    if wanted:
        for photo in published.photos(region).filter(activity__in=[row.pk for row in wanted]):
            by_activity[photo.activity_id].append(photo)
    return [ActivityCard(row, published.lines_of(row), by_activity[row.pk]) for row in wanted]


def activity_page(region: Region, year: str, initiative: str, page: str = "") -> ActivityPage:
    """What was done by year and initiative; without a choice the newest year with anything is shown."""
    everything = published.activities(region)
    years = list(everything.order_by("-fiscal_year").values_list("fiscal_year", flat=True).distinct())
    shown = list(published.shown_initiatives(region))
    chosen = next((row for row in shown if row.slug == initiative), None)
    asked = FiscalYear.named(year)
    number = int(asked) if asked in years else None
    done = everything.filter(state=Activity.State.DONE)
    if number is None and chosen is None and years:
        newest_done = done.order_by("-fiscal_year").values_list("fiscal_year", flat=True).first()
        number = newest_done if newest_done is not None else years[0]
    narrow: dict[str, object] = {}
    if number is not None:
        narrow["fiscal_year"] = number
    if chosen is not None:
        narrow["initiative"] = chosen
    rows = published.loaded(everything.filter(**narrow)).order_by(
        "-fiscal_year", "initiative__order", "initiative__slug", "order", "id"
    )
    part = Paginator(rows, PER_PAGE).get_page(page)
    by_year: dict[int, dict[int, list[ActivityCard]]] = defaultdict(lambda: defaultdict(list))
    for card in cards(region, part):
        by_year[card.activity.fiscal_year][card.activity.initiative_id].append(card)
    found = [
        YearGroup(
            y,
            [InitiativeGroup(row, by_year[y][row.pk]) for row in shown if by_year[y].get(row.pk)],
        )
        for y in sorted(by_year, reverse=True)
    ]
    return ActivityPage(years, shown, number, chosen, part, found, done.filter(**narrow).count())


def initiative_years(region: Region, initiative: Initiative) -> list[tuple[int, list[ActivityCard]]]:
    """The initiative's years with what was done in them, the newest first.

    That nothing was done is told of the years it runs in: after its end nobody expects anything.
    """
    first, last = initiative.first_year, initiative.last_year
    by_year: dict[int, list[ActivityCard]] = defaultdict(list)
    rows = published.loaded(published.activities(region).filter(initiative=initiative))
    for card in cards(region, rows.order_by("-fiscal_year", "order", "id")):
        year = card.activity.fiscal_year
        if not card.none or (first or year) <= year <= (last or year):
            by_year[year].append(card)
    return sorted(by_year.items(), reverse=True)


def newest(region: Region, year: int | None, limit: int = 4) -> list[ActivityCard]:
    """What was done last in that fiscal year, those with photos first."""
    if year is None:
        return []
    rows = published.activities(region).filter(state=Activity.State.DONE, fiscal_year=year)
    pictured = Exists(published.photos(region).filter(activity=OuterRef("pk")).order_by())
    ordered = rows.annotate(pictured=pictured).order_by(
        "-pictured", F("starts_on").desc(nulls_last=True), "-pk"
    )
    return cards(region, published.loaded(ordered)[:limit])
