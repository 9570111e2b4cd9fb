"""What the statistics store knows of cities and their neighbours, as the rules ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from keniki.apps.evidence import queries
from keniki.apps.evidence.models import Area, Edition, Flow
from keniki.apps.evidence.queries import FigureView
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes.eligibility import metropolitan_cores, metropolitan_prefectures

from .eligibility import (
    City,
    CityKind,
    Facts,
    FormerCity,
    ManualRecognition,
    Measured,
    Pair,
    Supporting,
    day_night,
)
from .models import CityFact
from .partners import Commuting
from .queries.facts import city_facts
from .wording import percent, persons

#: Purposes of flows that together are 通勤・通学.
COMMUTING = ("commute", "school", "commute_school")
#: The figures a city is judged by.
JUDGED_BY = ("population", "day_night_ratio", "daytime_population", "nighttime_population")
CENSUS_EVERY = 5
#: No municipality has ever had so many by day for one by night but the wards at the heart of Tokyo.
POSSIBLE_RATIO = 20
#: A 市 of so many people may be a 中核市.
MAY_BE_CORE = 100_000
SEVERAL = 2
#: The year until which a condition counts the decline of population.
DECLINE_UNTIL = 2040


def facts_of(code: str, region: Region | None = None, on: date | None = None, programme: str = "") -> Facts:
    """The facts of a city by its six-digit code on a day (today), from every census that is loaded.

    Within a region (in scope) what its people supplied is added: use by neighbours, a second city, the largest former
    municipality, a recognition by hand for `programme`. `WrongInput` for no municipality.
    """
    day = on or today()
    city = _city(code, day, region)
    if region is None:
        return Facts(city)
    supplied = list(city_facts(region, code))
    twin = next((row for row in supplied if row.kind == CityFact.Kind.TWIN and row.second is not None), None)
    members = members_on(region, day)
    second = (
        twin.second.code if twin is not None and twin.second is not None else _other_centre(code, members)
    )
    recognition = next(
        (
            row
            for row in supplied
            if row.kind == CityFact.Kind.RECOGNITION
            and row.programme in ("", programme)
            and (row.valid_from is None or row.valid_from <= day)
        ),
        None,
    )
    codes = [row.municipality.code for row in members]
    return Facts(
        _with_supplied(city, supplied),
        second=_with_supplied(_city(second, day, region), list(city_facts(region, second)))
        if second
        else None,
        pair=Pair(twin.adjacent, twin.minutes, twin.kilometres, twin.integrated) if twin else Pair(),
        prefectures=tuple(dict.fromkeys(member[:2] for member in codes)),
        figures=_figures(codes, region),
        manual=ManualRecognition(recognition.basis, recognition.note) if recognition else None,
    )


def centres_of(region: Region, on: date | None = None) -> list[Municipality]:
    """The centre of a region, or the two of them, in the members' order."""
    return [row.municipality for row in members_on(region, on) if row.role == RegionMembership.Role.CENTRE]


def _other_centre(code: str, members: Sequence[RegionMembership]) -> str:
    """The code of the second of two centres beside this one; empty where the region has not exactly two."""
    centres = [row.municipality.code for row in members if row.role == RegionMembership.Role.CENTRE]
    others = [centre for centre in centres if centre != code]
    return others[0] if len(centres) == SEVERAL and len(others) == 1 else ""


def region_population(region: Region, on: date | None = None) -> Decimal | None:
    """The members' population by the newest census loaded for all of them; None while one is missing."""
    return _figures([row.municipality.code for row in members_on(region, on or today())], region).get(
        "population"
    )


def _city(code: str, day: date, region: Region | None) -> City:
    found = queries.figures([code], JUDGED_BY, region=region, divided=True, kinds=["municipality"])
    registered = _registered(code, day)
    name = registered.name if registered else next((row.area for row in found), "")
    if not name:
        raise WrongInput(
            f"団体コード {code} の市町村は登録されていません。コードを確かめるか、市町村の一覧"
            "（keniki load --municipalities）又は国勢調査（keniki data import）を読み込んでください。",
            column="--municipality",
        )
    populations = tuple(_populations(found))
    former = _former(code, region)
    return City(
        code=code,
        name=name,
        kind=_kind_of(code, name, registered, populations),
        merged=None if former is None else True,
        largest_former=former,
        populations=populations,
        ratios=tuple(_ratios(found)),
        core_commuting=tuple(_core_commuting(code, day, region)),
    )


def _registered(code: str, day: date) -> Municipality | None:
    """The municipality as it is registered for the day, so that its kind is that of the day; else the nearest."""
    rows = list(Municipality.objects.filter(code=code).order_by("-valid"))
    return next((row for row in rows if day in row.valid), rows[0] if rows else None)


def _with_supplied(city: City, supplied: Sequence[CityFact]) -> City:
    use = [row for row in supplied if row.kind == CityFact.Kind.USE]
    former = [row for row in supplied if row.kind == CityFact.Kind.FORMER]
    if use:
        shown = "；".join(f"{row.get_use_display()} {row.figure}（{row.basis}）" for row in use)
        kinds = {row.use for row in use}
        supporting = Supporting(CityFact.Use.HOSPITAL in kinds, CityFact.Use.SHOPPING in kinds, shown)
        city = replace(city, supporting=supporting)
    if former:
        ratios = tuple(
            day_night(row.day_population, row.night_population, row.census, row.basis)
            for row in former
            if row.census is not None and row.day_population is not None and row.night_population
        )
        known = city.largest_former
        supplied_for = {ratio.census for ratio in ratios}
        others = tuple(ratio for ratio in known.ratios if ratio.census not in supplied_for) if known else ()
        largest = replace(known or FormerCity(""), name=former[0].former_name, ratios=(*ratios, *others))
        city = replace(city, merged=True, largest_former=largest)
    return city


def _figures(members: Sequence[str], region: Region) -> dict[str, Decimal]:
    """The figures of the region that a condition may name; those not loaded for every member are left out."""
    found = {"members": Decimal(len(members))}
    rows = queries.figures(members, ["population"], region=region, divided=True, kinds=["municipality"])
    by_town: dict[str, list[FigureView]] = defaultdict(list)
    for row in rows:
        by_town[row.code].append(row)
    counted = {code: {one.census: one.value for one in _populations(own)} for code, own in by_town.items()}
    if not members or set(members) - set(counted):
        return found
    common = set.intersection(*(set(years) for years in counted.values()))
    if not common:
        return found
    found["population"] = sum((years[max(common)] for years in counted.values()), Decimal(0))
    ahead = queries.figures(members, ["projected_population"], region=region, year=DECLINE_UNTIL)
    projected: dict[str, Decimal] = {}
    for row in ahead:
        if row.value is not None:
            projected.setdefault(row.code, Decimal(str(row.value)))
    if set(projected) == set(members) and found["population"]:
        found["population_decline"] = 1 - sum(projected.values(), Decimal(0)) / found["population"]
    return found


def _core_commuting(code: str, day: date, region: Region | None) -> Iterable[Measured]:
    """The share of a city's commuters who go to the special wards and designated cities, for each census of flows.

    A city's total goes before those of its wards. An edition with flows to these cores only is no whole: left out.
    """
    try:
        prefectures = metropolitan_prefectures(day).value.prefectures
    except RuleNotInForce:
        return []
    if code[:2] not in prefectures:
        return []
    cores = metropolitan_cores(day).value.cores
    rows = Flow.objects.filter(
        origin__code=code,
        origin__kind=Area.Kind.MUNICIPALITY,
        purpose__in=COMMUTING,
        edition__in=queries.visible_editions(region),
    ).values_list("edition", "year", "purpose", "destination", "destination__code", "value")
    again = {edition: set(queries.counted_again(edition)) for edition in {row[0] for row in rows}}
    flows: dict[tuple[int, int], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for edition, year, purpose, area, destination, value in rows:
        if area in again[edition]:
            continue
        to = flows[edition, year][destination]
        to[purpose] = to.get(purpose, 0.0) + value
    titles = Edition.objects.in_bulk({edition for edition, _ in flows})
    found: dict[int, Measured] = {}
    for (edition, year), by_destination in sorted(flows.items()):
        total = inside = 0.0
        for destination, purposes in by_destination.items():
            core = next((core for core in cores if core.first <= destination[:5] <= core.last), None)
            whole = core is not None and any(other[:5] == core.first for other in by_destination)
            if core is not None and whole and destination[:5] != core.first:
                continue
            people = _people(purposes)
            total += people
            inside += people if core is not None else 0.0
        if total > inside and year % CENSUS_EVERY == 0:
            share = Decimal(str(inside)) / Decimal(str(total))
            found[year] = Measured(share, year, str(titles[edition]))
    return found.values()


def commuting_to(centre: str, region: Region | None = None, second: str = "") -> list[Commuting]:
    """The share of every municipality's workers and students that go to the centre, by the newest edition with flows.

    With `second` the two are one centre. Those that send nobody are left out, and the centre itself. Where an edition
    has flows to the centre only, nobody knows how many there are in all: the share is None. Empty where no flows are
    loaded.
    """
    edition = _edition_of_flows(centre, region)
    if edition is None:
        return []
    centres = [centre, second] if second else [centre]
    into = queries.flows_of(edition, COMMUTING, to=centres)
    origins = [code for code in into if code not in centres]
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
    totals: dict[int, list[Measured]] = defaultdict(list)
    halves: dict[tuple[int, str], dict[str, FigureView]] = defaultdict(dict)
    for row in found:
        if row.indicator != "population" or row.value is None or row.age_from is not None or row.part:
            continue
        if row.year % CENSUS_EVERY or row.status != "official":
            continue
        if row.sex:
            halves[row.year, row.edition][row.sex] = row
        else:
            totals[row.year].append(_measured(row, Decimal(str(row.value))))
    for (year, _), both in halves.items():
        if len(both) == 2 and year not in totals:
            men, women = both.values()
            totals[year].append(_measured(men, Decimal(str((men.value or 0) + (women.value or 0)))))
    return [_one_of(figures, persons) for figures in totals.values()]


def _ratios(found: Iterable[FigureView]) -> Iterable[Measured]:
    """Day/night ratios: from the two populations where they are loaded, else as published."""
    published: dict[int, list[Measured]] = defaultdict(list)
    people: dict[tuple[int, str], dict[str, FigureView]] = defaultdict(dict)
    for row in found:
        if row.value is None or row.sex or row.age_from is not None or row.part:
            continue
        if row.year % CENSUS_EVERY or row.status != "official":
            continue
        if row.indicator == "day_night_ratio":
            if row.unit not in ("percent", "ratio", "fraction"):
                continue
            in_percent = row.unit == "percent"
            value = Decimal(str(row.value)) / (100 if in_percent else 1)
            if not 0 < value < POSSIBLE_RATIO:
                continue
            step = _step(str(row.value)) / (100 if in_percent else 1)
            published[row.year].append(_measured(row, value, step))
        elif row.indicator in ("daytime_population", "nighttime_population"):
            people[row.year, row.edition][row.indicator] = row
    exact: dict[int, list[Measured]] = defaultdict(list)
    for (year, _), both in people.items():
        if len(both) == 2 and both["nighttime_population"].value:
            day, night = (Decimal(str(both[name].value)) for name in sorted(both))
            exact[year].append(_measured(both["daytime_population"], day / night))
    years = {**exact, **published}
    return [_one_of([*exact[year], *published[year]], percent) for year in years]


def _one_of(figures: Sequence[Measured], words: Callable[[Decimal], str]) -> Measured:
    """The first of what editions give for one census; those that say something else, beyond rounding, are named."""
    used = figures[0]
    others = [
        f"{other.edition_name} {words(other.value)}"
        for other in figures[1:]
        if abs(other.value - used.value) > max(other.step or Decimal(0), used.step or Decimal(0)) / 2
    ]
    return replace(used, differing=tuple(dict.fromkeys(others)))


def _measured(row: FigureView, value: Decimal, step: Decimal | None = None) -> Measured:
    return Measured(value, row.year, row.edition_title, step)


def _step(written: str) -> Decimal:
    """The unit a written number was rounded to: 0.1 for 96.7."""
    return Decimal(1).scaleb(min(0, int(Decimal(written).as_tuple().exponent)))


def _kind_of(
    code: str, name: str, registered: Municipality | None, populations: Sequence[Measured]
) -> CityKind | None:
    """The kind of a municipality; None for a 市 that may be a 中核市, which no list of municipalities tells.

    That is a large one never registered as more than a 市.
    """
    told = CityKind(registered.kind) if registered and registered.kind in set(CityKind) else _kind(code, name)
    if told is not CityKind.CITY or not any(figure.value >= MAY_BE_CORE for figure in populations):
        return told
    more = Municipality.objects.filter(code=code, kind__in=(CityKind.DESIGNATED, CityKind.CORE))
    return told if more.exists() else None


def _kind(code: str, name: str) -> CityKind | None:
    """What name and code alone tell: a 市 may be a 中核市, so they do not say, but a 指定都市 has a number from 100."""
    if name.endswith("市") and code[2] == "1":
        return CityKind.DESIGNATED
    return {"町": CityKind.TOWN, "村": CityKind.VILLAGE, "区": CityKind.SPECIAL_WARD}.get(name[-1:])


def _former(code: str, region: Region | None) -> FormerCity | None:
    """The largest of the municipalities a city was merged from, as the loaded censuses know them; None for none."""
    areas = Area.objects.filter(kind=Area.Kind.FORMER, members__code=code).order_by("code")
    codes = list(areas.values_list("code", flat=True))
    if len(codes) < SEVERAL:
        return None
    rows = queries.figures(codes, JUDGED_BY, region=region, divided=True, kinds=[Area.Kind.FORMER])
    by_town: dict[str, list[FigureView]] = defaultdict(list)
    for row in rows:
        by_town[row.code].append(row)
    sizes = {
        town: max(_populations(own), key=lambda figure: figure.census, default=None)
        for town, own in by_town.items()
    }
    known = {town: size for town, size in sizes.items() if size is not None}
    if len(known) < SEVERAL:
        return None
    largest = max(known, key=lambda town: known[town].value)
    names = {town: own[0].area.strip("（）()").replace("：", "") for town, own in by_town.items()}
    return FormerCity(
        names[largest],
        tuple(_ratios(by_town[largest])),
        tuple(names[town] for town in sorted(known, key=lambda town: -known[town].value)),
        known[largest].edition_name,
    )
