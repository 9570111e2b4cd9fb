"""Rows about persons: the database itself shows them to their towns only, sealed."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.models import Event, Incident, Mode
from keniki.apps.regions import policies
from keniki.site.postgres import bypasses_row_security

from .test_incidents import RAIN


@pytest.fixture
def incident(region, secretariat) -> Iterator[Incident]:
    if bypasses_row_security():
        pytest.skip("the database role is above row security")
    with scope(region=region):
        yield save_incident(secretariat, region, RAIN)


def event(incident: Incident, town=None, home=None, sealed=None) -> Event:
    return Event(
        id=uuid4(), region=incident.region, incident=incident, mode=Mode.REAL, kind="person.check_in",
        entity=f"person:{uuid4()}", at=timezone.now(), via="page", digest="0" * 64, municipality=town, home=home,
        personal=sealed is not None, sealed=sealed,
    )  # fmt: skip


def store(actor, *events: Event) -> None:
    with verb(actor, "testing.event", quiet=True):
        for each in events:
            each.save()


def test_a_town_sees_its_own_and_those_from_it(incident, region, towns, secretariat) -> None:
    with scopes_disabled():
        store(
            secretariat,
            event(incident, towns["川北町"], towns["星野町"], {"name": "山田花子"}),
            event(incident, towns["青葉市"], towns["青葉市"], {"name": "佐藤一郎"}),
            event(incident, towns["青葉市"]),
        )

    def seen(*names: str) -> int:
        with scope(region=region, towns={towns[name].pk for name in names}):
            return Event.objects.count()

    assert seen("川北町") == seen("星野町") == 2
    assert seen("青葉市") == 2
    assert seen("川北町", "青葉市") == 3
    assert seen() == 1


def test_personal_rows_are_read_inside_a_scope_of_towns_only(incident, region, towns, secretariat) -> None:
    with scopes_disabled():
        store(secretariat, event(incident, towns["川北町"], None, {"name": "山田花子"}))
    with scope(region=region):
        with pytest.raises(ProgrammingError, match="scope of towns"), transaction.atomic():
            Event.objects.count()
        assert Event.objects.filter(personal=False).count() == 0


@pytest.mark.slow
def test_nobody_writes_a_row_about_another_towns_person(incident, region, towns, secretariat) -> None:
    row = event(incident, towns["川北町"], None, {"name": "山田花子"})
    with (
        scope(region=region, towns={towns["青葉市"].pk}),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        store(secretariat, row)


def test_names_do_not_stand_in_the_table(incident, region, towns, secretariat) -> None:
    with scopes_disabled():
        row = event(incident, towns["川北町"], None, {"name": "山田花子"})
        store(secretariat, row)
        with connection.cursor() as cursor:
            cursor.execute("SELECT sealed FROM disaster_event WHERE id = %s", [row.pk])
            assert "山田".encode() not in bytes(cursor.fetchone()[0])
        assert Event.objects.get(pk=row.pk).sealed == {"name": "山田花子"}


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("partner", {"川北町"}), ("approver", {"川北町"}), ("other_partner", {"星野町"}), ("secretariat", set()),
        ("panel_member", set()), ("neighbour", set()), ("resident", set()),
    ],
)  # fmt: skip
def test_whose_people_an_actor_is_shown(request, region, towns, who, names) -> None:
    shown = policies.towns_of(request.getfixturevalue(who), region)
    assert {name for name, town in towns.items() if town.pk in shown} == names
