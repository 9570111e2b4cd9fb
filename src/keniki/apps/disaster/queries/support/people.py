"""The list of a town, and the numbers of all towns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import Http404
from django_scopes import scope

from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.text import search_key

from ...capacities import Basis
from ...models import Consent, District, SupportBody, SupportPerson, SupportPlan, SupportTown
from ..shelters import ShelterFilter, held_by, shelters_of


@dataclass(frozen=True)
class TownNumbers:
    """A town's list in numbers: persons on it, by consent, with a plan, with a plan that is due for review; how many
    people its welfare shelters take (None: not known)."""

    town: Municipality
    people: int
    given: int
    refused: int
    unknown: int
    plans: int
    due: int
    welfare: int
    places: int | None

    @property
    def share(self) -> int | None:
        """Plans in per cent of the persons on the list."""
        return round(self.plans * 100 / self.people) if self.people else None

    @property
    def missing(self) -> int | None:
        """How many places welfare shelters lack for the list; None where their places are not known."""
        return None if self.places is None else max(0, self.people - self.places)


@dataclass(frozen=True)
class DistrictCount:
    """A district's figure of vulnerable people beside the number of the list."""

    district: District
    listed: int

    @property
    def difference(self) -> int:
        return self.listed - self.district.vulnerable


def town_for(region: Region, code: str) -> Municipality:
    """A member town; 404 for another."""
    found = next((row.municipality for row in members_on(region) if row.municipality.code == code), None)
    if found is None:
        raise Http404("市町村が見つかりません。")
    return found


def rules_of(region: Region, town: Municipality) -> SupportTown | None:
    """The town's rules, if it wrote any."""
    return SupportTown.objects.filter(region=region, municipality=town).first()


def people_of(
    region: Region,
    town: Municipality,
    *,
    words: str = "",
    district: str = "",
    consent: str = "",
    plan: str = "",
    gone: bool = False,
) -> list[SupportPerson]:
    """A town's persons in the order of their numbers, with their plans; names are compared as people type them."""
    rows = SupportPerson.objects.filter(region=region, municipality=town, removed_on__isnull=not gone)
    if district:
        rows = rows.filter(district__slug=district)
    if consent in Consent.values:
        rows = rows.filter(consent=consent)
    if plan == "yes":
        rows = rows.filter(plan__agreed_on__isnull=False)
    if plan == "no":
        rows = rows.filter(plan__agreed_on=None)
    found = list(rows.select_related("district", "plan", "municipality", "region"))
    key = search_key(words)
    if not key:
        return found
    return [each for each in found if key in search_key("/".join(_texts(each)))]


def person_for(region: Region, town: Municipality, number: int) -> SupportPerson:
    """A person of the town's list, also one who left it; 404 otherwise."""
    found = (
        SupportPerson.objects.filter(region=region, municipality=town, number=number)
        .select_related("district", "municipality", "region")
        .first()
    )
    if found is None:
        raise Http404("名簿に見つかりません。")
    return found


def plan_of(person: SupportPerson) -> SupportPlan | None:
    """The person's plan."""
    found = SupportPlan.objects.filter(person=person).select_related("welfare_shelter").first()
    if found is not None:
        found.person = person
    return found


def bodies_of(region: Region, town: Municipality, *, all_of_them: bool = True) -> list[SupportBody]:
    """The bodies that may help in a town."""
    rows = SupportBody.objects.filter(region=region, municipality=town)
    return list(rows if all_of_them else rows.filter(ended_on=None))


def body_for(region: Region, town: Municipality, pk: int) -> SupportBody:
    """A body of the town; 404 otherwise."""
    found = SupportBody.objects.filter(region=region, municipality=town, pk=pk).first()
    if found is None:
        raise Http404("提供先が見つかりません。")
    return found


def numbers_of(region: Region) -> list[TownNumbers]:
    """Every member town in numbers: nobody's name is read."""
    with scope(region=region, towns=EVERY_TOWN):
        listed = SupportPerson.objects.filter(region=region, removed_on=None)
        counts = {
            row["municipality"]: row
            for row in listed.values("municipality")
            .annotate(
                people=Count("pk"),
                given=Count("pk", filter=Q(consent=Consent.GIVEN)),
                refused=Count("pk", filter=Q(consent=Consent.REFUSED)),
                unknown=Count("pk", filter=Q(consent=Consent.UNKNOWN)),
                plans=Count("pk", filter=Q(plan__agreed_on__isnull=False)),
                due=Count("pk", filter=Q(plan__agreed_on__isnull=False, plan__review_on__lt=today())),
            )
            .order_by()
        }
    welfare = _welfare(region)
    found = []
    for row in members_on(region):
        town = row.municipality
        own: Mapping[str, Any] = counts.get(town.pk) or {}
        shelters, places = welfare.get(town.pk, (0, None))
        numbers: dict[str, int] = {
            name: own.get(name, 0) for name in ("people", "given", "refused", "unknown", "plans", "due")
        }
        found.append(TownNumbers(town=town, welfare=shelters, places=places, **numbers))
    return found


def by_district(region: Region, town: Municipality) -> tuple[list[DistrictCount], int]:
    """The town's districts with the number of persons on the list, and how many persons have no district."""
    rows = SupportPerson.objects.filter(region=region, municipality=town, removed_on=None)
    counts: Counter[int | None] = Counter(rows.values_list("district", flat=True))
    districts = District.objects.filter(region=region, municipality=town).select_related(
        "municipality", "region"
    )
    return [DistrictCount(each, counts[each.pk]) for each in districts], counts[None]


def districts_of_town(region: Region, town: Municipality) -> list[District]:
    """The districts of a town."""
    return list(District.objects.filter(region=region, municipality=town).select_related("municipality"))


def _welfare(region: Region) -> dict[int, tuple[int, int | None]]:
    """By town: its welfare shelters, and how many people they take; None where no space of one is measured."""
    rows = shelters_of(region, ShelterFilter(kind="welfare"))
    held = held_by(rows, Basis.of())
    found: dict[int, tuple[int, int | None]] = {}
    for shelter, _ in rows:
        number, places = found.get(shelter.municipality_id, (0, None))
        people = held[shelter.pk].people
        found[shelter.municipality_id] = (
            number + 1,
            places if people is None else (places or 0) + people,
        )
    return found


def _texts(person: SupportPerson) -> list[str]:
    sealed = person.sealed or {}
    return [str(sealed.get(name, "")) for name in ("name", "kana", "address", "phone")] + [str(person.number)]
