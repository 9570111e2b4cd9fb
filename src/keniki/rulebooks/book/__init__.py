"""What the region book (圏域基礎調査) shows in each chapter: its exhibits, as data."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache

from pydantic import Field, model_validator

from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue
from keniki.rulebooks.loader import Entry, Rulebook, load


class Kind(StrEnum):
    """How an exhibit is made of its indicators."""

    BY_YEAR = "by_year"
    GROUPS_BY_YEAR = "groups_by_year"
    PYRAMID = "pyramid"
    UNKNOWN_AGES = "unknown_ages"
    COHORTS = "cohorts"
    BY_AGE = "by_age"
    PLACES = "places"
    COMPONENTS = "components"
    COMPOSITION = "composition"
    QUOTIENTS = "quotients"
    SHIFT = "shift"
    FLOWS = "flows"
    AREAS = "areas"
    WORDS = "words"
    ARRANGEMENTS = "arrangements"
    FORECAST = "forecast"


class ExhibitForm(Entry):
    """One exhibit. `by` is the kind of part it is divided by, `projection` continues its indicators into the future.

    `purposes` are those of flows, `area` the kind of area an exhibit by areas is about. A change is counted from the
    year before, or with `since_first` from the first there is. `note` is printed below it.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    title: str
    indicators: tuple[str, ...] = ()
    projection: tuple[str, ...] = ()
    by: str = ""
    purposes: tuple[str, ...] = ()
    area: str = ""
    since_first: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> ExhibitForm:
        if not self.indicators and self.kind not in (Kind.FLOWS, Kind.ARRANGEMENTS, Kind.FORECAST):
            raise ValueError("indicators が要ります")
        if (self.kind in (Kind.COMPOSITION, Kind.QUOTIENTS, Kind.SHIFT)) != bool(self.by):
            raise ValueError("by は composition・quotients・shift に、またこれらにだけ書いてください")
        return self


@cache
def exhibit_forms(on: date) -> dict[str, tuple[ExhibitForm, ...]]:
    """The exhibits of each chapter (theme of the catalogue) in force on a day, in order.

    WrongInput for an exhibit of an indicator or division the catalogue does not have, and for an id that stands twice.
    """
    found = {rule.id: rule.value for rule in _book().in_force(on).values()}
    book = catalogue(on)
    seen: set[str] = set()
    for theme, forms in found.items():
        for form in forms:
            named = [*form.indicators, *form.projection]
            wrong = [name for name in named if name not in book]
            if (
                theme not in book.themes
                or wrong
                or form.id in seen
                or (form.by and form.by not in book.part_kinds)
            ):
                raise WrongInput(
                    f"基礎調査の図表「{form.id}」の分野・指標・内訳が指標の一覧にないか、識別名が重複しています。",
                    file=FILE,
                    column=form.id,
                )
            seen.add(form.id)
    return {theme: found.get(theme, ()) for theme in book.themes}


@cache
def compared_indicators(on: date) -> tuple[str, ...]:
    """The indicators by which regions are put beside each other. WrongInput for one the catalogue does not have."""
    found: tuple[str, ...] = load(COMPARED, tuple[str, ...]).on("compared", on).value
    for name in found:
        catalogue(on)[name]
    return found


@cache
def _book() -> Rulebook[tuple[ExhibitForm, ...]]:
    return load(FILE, tuple[ExhibitForm, ...])


FILE = "book/exhibits.yaml"
COMPARED = "book/compared.yaml"
