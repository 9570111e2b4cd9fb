"""What the statistics store knows of cities and their neighbours, as the rules ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from keniki.apps.evidence import queries
from keniki.apps.evidence.models import Edition
from keniki.apps.evidence.queries import FigureView
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from .eligibility import City, CityKind, Facts, Measured
from .partners import Commuting

#: Purposes of flows that together are 通勤・通学.
COMMUTING = ("commute", "school", "commute_school")
#: The figures a city is judged by.
JUDGED_BY = ("population", "day_night_ratio", "daytime_population", "nighttime_population")
CENSUS_EVERY = 5
#: No municipality has ever had so many by day for one by night but the wards at the heart of Tokyo.
POSSIBLE_RATIO = 20


def facts_of(code: str, region: Region | None = None) -> Facts:
    """The facts of a city by its six-digit code, from every census that is loaded. `WrongInput` for no municipality."""
    found = queries.figures([code], JUDGED_BY, region=region, divided=True, kinds=["municipality"])
    registered = Municipality.objects.filter(code=code).order_by("-valid").first()
    name = registered.name if registered else next((row.area for row in found), "")
    if not name:
        raise WrongInput(
            f"団体コード {code} の市町村は登録されていません。コードを確かめるか、市町村の一覧"
            "（keniki load --municipalities）又は国勢調査（keniki data import）を読み込んでください。",
            column="--municipality",
        )
    return Facts(
        City(
            code=code,
            name=name,
            kind=CityKind(registered.kind) if registered else _kind(name),
            populations=tuple(_populations(found)),
            ratios=tuple(_ratios(found)),
        )
    )


def commuting_to(centre: str, region: Region | None = None) -> list[Commuting]:
    """The share of every municipality's workers and students that go to the centre, by the newest edition with flows.

    Those that send nobody are left out, and the centre itself. Where an edition has flows to the centre only, nobody
    knows how many there are in all: the share is None. Empty where no flows are loaded.
    """
    edition = _edition_of_flows(centre, region)
    if edition is None:
        return []
    into = queries.flows_of(edition, COMMUTING, to=[centre])
    origins = [code for code in into if code != centre]
    names = queries.area_names(origins)
    everywhere = queries.flows_of(edition, COMMUTING, origins=origins)
    found = []
    for code in origins:
        there, total = _people(into[code]), _people(everywhere.get(code, {}))
        if code not in names or there <= 0:
            continue
        if total > there:
            found.append(Commuting.counted(code, names[code], round(total), round(there), str(edition)))
        else:
            found.append(Commuting(code, names[code], None, edition=str(edition)))
    return found


def _edition_of_flows(centre: str, region: Region | None) -> Edition | None:
    """The edition of the newest year in which more than one municipality sends people to the centre."""
    rows = queries.editions_with_flows(centre, COMMUTING, region)
    several = [edition for edition, origins in rows if origins > 1]
    return next(iter(several or [edition for edition, _ in rows]), None)


def _people(by_purpose: Mapping[str, float]) -> float:
    """Workers and students: counted together where the table does, else one and the other."""
    if "commute_school" in by_purpose:
        return by_purpose["commute_school"]
    return by_purpose.get("commute", 0.0) + by_purpose.get("school", 0.0)


def _populations(found: Iterable[FigureView]) -> Iterable[Measured]:
    """Census populations: the total as published, or the sum of men and women where only these are."""
    totals: dict[int, Measured] = {}
    halves: dict[tuple[int, str], dict[str, FigureView]] = defaultdict(dict)
    for row in found:
        if row.indicator != "population" or row.value is None or row.age_from is not None or row.part:
            continue
        if row.year % CENSUS_EVERY or row.status != "official":
            continue
        if row.sex:
            halves[row.year, row.edition][row.sex] = row
        else:
            totals.setdefault(row.year, _measured(row, Decimal(str(row.value))))
    for (year, _), both in halves.items():
        if len(both) == 2 and year not in totals:
            men, women = both.values()
            totals[year] = _measured(men, Decimal(str((men.value or 0) + (women.value or 0))))
    return totals.values()


def _ratios(found: Iterable[FigureView]) -> Iterable[Measured]:
    """Day/night ratios: from the two populations where they are loaded, else as published."""
    ratios: dict[int, Measured] = {}
    people: dict[tuple[int, str], dict[str, FigureView]] = defaultdict(dict)
    for row in found:
        if row.value is None or row.sex or row.age_from is not None or row.part:
            continue
        if row.year % CENSUS_EVERY or row.status != "official":
            continue
        if row.indicator == "day_night_ratio":
            if row.unit not in ("percent", "ratio", "fraction"):
                continue
            percent = row.unit == "percent"
            value = Decimal(str(row.value)) / (100 if percent else 1)
            if not 0 < value < POSSIBLE_RATIO:
                continue
            step = _step(str(row.value)) / (100 if percent else 1)
            ratios.setdefault(row.year, _measured(row, value, step))
        elif row.indicator in ("daytime_population", "nighttime_population"):
            people[row.year, row.edition][row.indicator] = row
    for (year, _), both in people.items():
        if len(both) == 2 and both["nighttime_population"].value:
            day, night = (Decimal(str(both[name].value)) for name in sorted(both))
            ratios[year] = _measured(both["daytime_population"], day / night)
    return ratios.values()


def _measured(row: FigureView, value: Decimal, step: Decimal | None = None) -> Measured:
    return Measured(value, row.year, row.edition_title, step)


def _step(written: str) -> Decimal:
    """The unit a written number was rounded to: 0.1 for 96.7."""
    return Decimal(1).scaleb(min(0, int(Decimal(written).as_tuple().exponent)))


def _kind(name: str) -> CityKind | None:
    """What the name alone tells: a 市 may be more than that, so it does not say."""
    return {"町": CityKind.TOWN, "村": CityKind.VILLAGE, "区": CityKind.SPECIAL_WARD}.get(name[-1:])
