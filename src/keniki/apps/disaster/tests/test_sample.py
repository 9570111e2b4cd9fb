"""The demonstration's disaster work: fictional, exercises only, its persons seen by their own town."""

from __future__ import annotations

from pathlib import Path

import pytest
from django_scopes import scope

from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.disaster.formats.scenario import read_scenario
from keniki.apps.disaster.models import (
    CertificateApplication,
    DrillRun,
    EntityState,
    EvacuationPlan,
    Event,
    House,
    HouseSurvey,
    Incident,
    Shelter,
    StockLot,
    Victim,
)
from keniki.apps.disaster.planning.gathering import gather
from keniki.apps.disaster.planning.reckoning import reckon
from keniki.apps.disaster.queries.board import board_of
from keniki.apps.disaster.sample import load_sample
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.regions.queries import operator
from keniki.core.errors import WrongInput

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DATA = Path(__file__).parents[5] / "data" / "sample"
DEMO = DATA / "disaster" / "demo"


def test_everything_is_there_once_and_nothing_of_it_is_real(db) -> None:
    from keniki.apps.accounts.models import User
    from keniki.apps.portal.demo import make_accounts
    from keniki.apps.regions.models import Region
    from keniki.apps.regions.queries import actor_for

    load_region(operator(), read(DATA))
    region = Region.objects.get(slug="minorino")
    make_accounts(operator(), None, [region.slug])
    users = User.objects.filter(is_demo=True, login__startswith="minorino-")
    officers = {user.login.removeprefix("minorino-"): actor_for(user) for user in users}
    assert load_sample(operator(), region, DEMO, officers)
    assert not load_sample(operator(), region, DEMO, officers)
    with scope(region=region, towns=EVERY_TOWN):
        assert set(Incident.objects.values_list("mode", flat=True)) == {"exercise"}
        assert set(Event.objects.values_list("mode", flat=True)) == {"exercise"}
        assert all("架空" in name for name in Shelter.objects.values_list("name", flat=True))
        assert StockLot.objects.count() == 5
        assert EvacuationPlan.objects.get().state == "done"
        assert DrillRun.objects.get().ended_at is not None
        running = Incident.objects.get(ended_at=None)
        running.region = region
        assert EntityState.objects.filter(incident=running, kind="person").count() == 5
        houses = House.objects.filter(incident=running).order_by("number")
        assert [each.official.class_key if each.official else "" for each in houses] == [
            "middle_half", "major_half", "", "",
        ]  # fmt: skip
        assert HouseSurvey.objects.count() == 3
        assert Victim.objects.count() == CertificateApplication.objects.count() == 2
    with scope(region=region, towns=()):
        for path in sorted((DATA / "disaster").glob("*.yaml")):
            assert reckon(gather(region, read_scenario(path.read_bytes(), path.name)))["placed"] > 0
        board = board_of(running)
        assert board.splits == ()
        assert len([row for row in board.shelters if row.status.value in ("open", "full")]) == 2
        assert board.ordered_districts


def test_a_real_region_takes_none_of_it(in_region) -> None:
    in_region.fictional = False
    with pytest.raises(WrongInput, match="架空の圏域だけ"):
        load_sample(operator(), in_region, DEMO, {})
    assert not Incident.objects.exists()
