"""Reading wide-area stays and requests for help of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from django.http import Http404

from keniki.apps.regions.models import Region

from ..models import AidRequest, AidStep, Incident, Shelter, StayStep, WideAreaStay
from ..procedures import AID_STEPS, StepRule, open_steps, stay_steps

Procedure = WideAreaStay | AidRequest
P = TypeVar("P", WideAreaStay, AidRequest)


@dataclass(frozen=True)
class Standing:
    """A procedure with the steps that were taken, in order, and the keys of those that may follow."""

    procedure: Procedure
    taken: tuple[tuple[StepRule, StayStep | AidStep], ...]
    following: tuple[str, ...]

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return not self.following

    @property
    def cost(self) -> int:
        """Yen that help cost so far."""
        if isinstance(self.procedure, WideAreaStay):
            return 0
        return sum(row.amount for row in self.procedure.costs.all())

    @property
    def state(self) -> str:
        """The word of the last step."""
        return self.taken[-1][0].label if self.taken else ""


def stays_of(incident: Incident) -> list[Standing]:
    """The wide-area evacuations and stays of an incident, the newest first."""
    rows = WideAreaStay.objects.filter(incident=incident).select_related("asker", "helper")
    return [standing(_placed(row, incident)) for row in rows.prefetch_related("steps__user")]


def aids_of(incident: Incident) -> list[Standing]:
    """The requests for help of an incident, the newest first."""
    rows = AidRequest.objects.filter(incident=incident).select_related("asker", "helper")
    return [standing(_placed(row, incident)) for row in rows.prefetch_related("steps__user", "costs")]


def stay_for(incident: Incident, number: int) -> WideAreaStay:
    """The stay with this number; 404 when the incident has none."""
    rows = WideAreaStay.objects.filter(incident=incident, number=number)
    found = rows.select_related("asker", "helper").prefetch_related("steps__user").first()
    if found is None:
        raise Http404("広域避難・広域一時滞在が見つかりません。")
    return _placed(found, incident)


def aid_for(incident: Incident, number: int) -> AidRequest:
    """The request with this number; 404 when the incident has none."""
    rows = AidRequest.objects.filter(incident=incident, number=number)
    found = (
        rows.select_related("asker", "helper")
        .prefetch_related("steps__user", "costs__transfer__region")
        .first()
    )
    if found is None:
        raise Http404("応援の要請が見つかりません。")
    return _placed(found, incident)


def rules_of(procedure: Procedure) -> Mapping[str, StepRule]:
    """The steps of a procedure, in the words of its first day."""
    if isinstance(procedure, WideAreaStay):
        return stay_steps(procedure.kind, procedure.first_day)
    return AID_STEPS


def standing(procedure: Procedure) -> Standing:
    """Where a procedure stands."""
    rules = rules_of(procedure)
    steps = sorted(procedure.steps.all(), key=lambda step: step.pk)
    return Standing(
        procedure,
        tuple((rules[step.key], cast("StayStep | AidStep", step)) for step in steps),
        tuple(open_steps(rules, [step.key for step in steps])),
    )


def shelters_of(region: Region, stay: WideAreaStay) -> list[Shelter]:
    """The shelters in which people of a stay can be taken in."""
    rows = Shelter.objects.filter(region=region, ended_on=None).select_related("municipality")
    return list(rows.filter(municipality=stay.helper) if stay.helper is not None else rows.none())


def _placed(row: P, incident: Incident) -> P:
    row.incident, row.region = incident, incident.region
    return row
