"""Safety checks and safety inquiries of an incident: a town its own, everybody else numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count
from django.http import Http404
from django_scopes import scope

from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.queries import members_on

from ...models import Incident, SafetyCheck, SafetyInquiry, SupportPerson
from .people import people_of

#: Everybody nobody wrote anything down about.
OPEN = "open"
STATES = {OPEN: "未確認", **dict(SafetyCheck.State.choices)}


@dataclass(frozen=True)
class TownChecks:
    """How the persons of a town's list are, in numbers by state."""

    town: Municipality
    people: int
    counts: dict[str, int]

    @property
    def known(self) -> int:
        """Persons somebody reached."""
        return sum(
            number
            for state, number in self.counts.items()
            if state not in (OPEN, SafetyCheck.State.UNREACHED)
        )


@dataclass(frozen=True)
class TownInquiries:
    """How many inquiries a town received, by state."""

    town: Municipality
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def checks_by_town(incident: Incident) -> list[TownChecks]:
    """Every member town in numbers: for the board. Nobody's name is read."""
    with scope(region=incident.region, towns=EVERY_TOWN):
        listed = SupportPerson.objects.filter(region=incident.region, removed_on=None)
        people = dict(listed.values_list("municipality").annotate(number=Count("pk")).order_by())
        rows = SafetyCheck.objects.filter(incident=incident, person__removed_on=None)
        states: dict[int, Counter[str]] = {}
        for town, state, number in (
            rows.values_list("municipality", "state").annotate(number=Count("pk")).order_by()
        ):
            states.setdefault(town, Counter())[state] += number
    found = []
    for row in members_on(incident.region):
        town, number = row.municipality, people.get(row.municipality_id, 0)
        counts = {state: states.get(town.pk, Counter())[state] for state in SafetyCheck.State.values}
        counts = {OPEN: number - sum(counts.values()), **counts}
        found.append(TownChecks(town, number, counts))
    return found


def checks_of(
    incident: Incident, town: Municipality, *, state: str = "", district: str = ""
) -> list[tuple[SupportPerson, SafetyCheck | None]]:
    """The persons of a town's list with what is known of each, who nobody reached first."""
    rows = SafetyCheck.objects.filter(incident=incident, municipality=town)
    known = {each.person_id: each for each in rows}
    order = [OPEN, "help", "unreached", "evacuated", "safe"]
    found = [(each, known.get(each.pk)) for each in people_of(incident.region, town, district=district)]
    if state:
        found = [(each, check) for each, check in found if _state(check) == state]
    return sorted(found, key=lambda pair: (order.index(_state(pair[1])), pair[0].number))


def check_of(incident: Incident, person: SupportPerson) -> SafetyCheck | None:
    """What is known of a person in an incident."""
    found = SafetyCheck.objects.filter(incident=incident, person=person).first()
    if found is not None:
        found.person, found.incident = person, incident
    return found


def inquiries_by_town(incident: Incident) -> list[TownInquiries]:
    """Every member town's inquiries in numbers."""
    with scope(region=incident.region, towns=EVERY_TOWN):
        rows = SafetyInquiry.objects.filter(incident=incident)
        counted = list(rows.values_list("municipality", "state").annotate(number=Count("pk")).order_by())
    by_town: dict[int, dict[str, int]] = {}
    for town, state, number in counted:
        by_town.setdefault(town, {})[state] = number
    return [
        TownInquiries(
            row.municipality,
            {
                state: by_town.get(row.municipality_id, {}).get(state, 0)
                for state in SafetyInquiry.State.values
            },
        )
        for row in members_on(incident.region)
    ]


def inquiries_of(incident: Incident, town: Municipality) -> list[SafetyInquiry]:
    """The register of a town in an incident, the newest first."""
    rows = SafetyInquiry.objects.filter(incident=incident, municipality=town)
    return list(rows.select_related("municipality", "incident__region", "region"))


def inquiry_for(incident: Incident, town: Municipality, number: int) -> SafetyInquiry:
    """One inquiry; 404 otherwise."""
    found = SafetyInquiry.objects.filter(incident=incident, municipality=town, number=number).first()
    if found is None:
        raise Http404("照会が見つかりません。")
    found.region, found.incident, found.municipality = incident.region, incident, town
    return found


def _state(check: SafetyCheck | None) -> str:
    return check.state if check is not None else OPEN
