"""Reading the stricken houses of a town. All of it needs a scope of that town; nobody else is shown that it exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality, Region
from keniki.rulebooks.disaster.damage import CLASS_ORDER

from .. import policies
from ..models import House, HouseSurvey, Incident, SurveyPhoto

#: How far a house has come, in this order.
STATES = {
    "waiting": "調査待ち",
    "submitted": "調査を提出（確認待ち）",
    "confirmed": "確認済み（決定待ち）",
    "official": "決定",
    "other": "非住家",
}


@dataclass(frozen=True)
class HouseFilter:
    """What the list is narrowed to; empty means all."""

    state: str = ""
    class_key: str = ""
    district: str = ""
    team: str = ""


@dataclass(frozen=True)
class Counts:
    """Houses of a town by state, and those decided on by class; numbers only."""

    states: Mapping[str, int]
    official: Mapping[str, int]

    @property
    def all(self) -> int:
        return sum(self.states.values())


def town_for(actor: Actor, region: Region, code: str) -> Municipality:
    """The town whose houses the actor may see; 404 for every other."""
    town = Municipality.objects.filter(code=code, memberships__region=region).distinct().first()
    if town is None or not policies.see_person(actor, region, town):
        raise Http404("この市町村の家屋は見つかりません。")
    return town


def houses_of(incident: Incident, town: Municipality) -> QuerySet[Any]:
    """The houses of a town with `state` (a key of STATES), `surveyed` (surveys not withdrawn) and `latest` (the class
    of the last one)."""
    standing = ~Q(surveys__state=HouseSurvey.State.WITHDRAWN)
    last = HouseSurvey.objects.filter(house=OuterRef("pk")).exclude(state=HouseSurvey.State.WITHDRAWN)
    last = last.order_by("-number")
    return (
        House.objects.filter(incident=incident, municipality=town)
        .select_related("official")
        .annotate(
            surveyed=Count("surveys", filter=standing),
            confirmed_ones=Count("surveys", filter=Q(surveys__state=HouseSurvey.State.CONFIRMED)),
            latest=Subquery(last.values("class_key")[:1]),
            latest_name=Subquery(last.values("result__class")[:1]),
        )
        .order_by("number")
    )


def narrowed(rows: QuerySet[Any], by: HouseFilter) -> QuerySet[Any]:
    """The houses a filter leaves."""
    residence = Q(use=House.Use.RESIDENCE)
    states = {
        "waiting": residence & Q(official=None, surveyed=0),
        "submitted": residence & Q(official=None, surveyed__gt=0, confirmed_ones=0),
        "confirmed": residence & Q(official=None, confirmed_ones__gt=0),
        "official": residence & Q(official__isnull=False),
        "other": Q(use=House.Use.OTHER),
    }
    if by.state in states:
        rows = rows.filter(states[by.state])
    if by.class_key:
        rows = rows.filter(Q(official__class_key=by.class_key) | Q(official=None, latest=by.class_key))
    if by.district:
        rows = rows.filter(district=by.district)
    if by.team:
        rows = rows.filter(team=by.team)
    return rows


def state_of_house(house: House) -> str:
    """How far a house of `houses_of` has come: a key of STATES."""
    if house.use == House.Use.OTHER:
        return "other"
    if house.official_id is not None:
        return "official"
    if getattr(house, "confirmed_ones", 0):
        return "confirmed"
    return "submitted" if getattr(house, "surveyed", 0) else "waiting"


def counts_of(incident: Incident, town: Municipality) -> Counts:
    """Houses by state and by class."""
    rows = (
        houses_of(incident, town)
        .select_related(None)
        .values_list("use", "official__class_key", "surveyed", "confirmed_ones")
    )
    states: Counter[str] = Counter()
    official: Counter[str] = Counter()
    for use, key, surveyed, confirmed in rows:
        if use == House.Use.OTHER:
            states["other"] += 1
        elif key:
            states["official"] += 1
            official[key] += 1
        else:
            states["confirmed" if confirmed else "submitted" if surveyed else "waiting"] += 1
    return Counts(
        {key: states[key] for key in STATES}, {key: official[key] for key in CLASS_ORDER if official[key]}
    )


def words_of(incident: Incident, town: Municipality) -> tuple[list[str], list[str]]:
    """The districts and the teams that houses of a town have."""
    rows = House.objects.filter(incident=incident, municipality=town)
    districts = rows.exclude(district="").order_by("district").values_list("district", flat=True).distinct()
    teams = rows.exclude(team="").order_by("team").values_list("team", flat=True).distinct()
    return list(districts), list(teams)


def house_for(incident: Incident, town: Municipality, number: int) -> House:
    """A house with its official survey; 404 when there is none."""
    found = (
        House.objects.filter(incident=incident, municipality=town, number=number)
        .select_related("official")
        .first()
    )
    if found is None:
        raise Http404("家屋が見つかりません。")
    found.region, found.incident, found.municipality = incident.region, incident, town
    return found


def house_by_uid(incident: Incident, town: Municipality, uid: UUID) -> House | None:
    """A house by the number a device knows it by."""
    found = House.objects.filter(incident=incident, municipality=town, uid=uid).first()
    if found is not None:
        found.region, found.incident, found.municipality = incident.region, incident, town
    return found


def surveys_of(house: House) -> list[HouseSurvey]:
    """All surveys of a house, the first first, with their photos."""
    rows = list(HouseSurvey.objects.filter(house=house).prefetch_related("photos").order_by("number"))
    for row in rows:
        row.house, row.region = house, house.region
    return rows


def survey_for(house: House, number: int) -> HouseSurvey:
    """A survey of a house; 404 when there is none."""
    found = HouseSurvey.objects.filter(house=house, number=number).first()
    if found is None:
        raise Http404("調査が見つかりません。")
    found.house, found.region = house, house.region
    return found


def photo_for(house: House, uid: UUID) -> SurveyPhoto:
    """A photo of a house; 404 when there is none."""
    found = SurveyPhoto.objects.filter(survey__house=house, uid=uid).select_related("survey").first()
    if found is None:
        raise Http404("写真が見つかりません。")
    found.survey.house = house
    return found


def field_houses(incident: Incident, town: Municipality, team: str = "") -> QuerySet[Any]:
    """What a telephone takes along: residences nobody has decided on, of one team where it is named."""
    rows = houses_of(incident, town).filter(use=House.Use.RESIDENCE, official=None, sealed__isnull=False)
    return rows.filter(team=team) if team else rows
