from __future__ import annotations

import pytest
from django_scopes import ScopeError, scope

from keniki.apps.accounts.scoping import is_scoped
from keniki.apps.compacts.models import Evaluation, Initiative, Project
from keniki.apps.regions.models import Region, RegionMembership

pytestmark = pytest.mark.django_db

READS = {
    "all": lambda rows: list(rows.all()),
    "exists": lambda rows: rows.exists(),
    "count": lambda rows: rows.count(),
    "explain": lambda rows: rows.all().explain(),
    "iterator": lambda rows: list(rows.iterator()),
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(pk=1),
    "values": lambda rows: list(rows.values("pk")),
    "create": lambda rows: rows.create(),
    "update": lambda rows: rows.update(version=9),
    "delete": lambda rows: rows.filter(pk=1).delete(),
}


@pytest.mark.parametrize("model", [Initiative, Project, Evaluation])
@pytest.mark.parametrize("read", READS)
def test_nothing_is_read_or_written_without_a_region_in_scope(cast, model, read):
    with pytest.raises(ScopeError):
        READS[read](model.objects)


def test_a_region_reads_only_its_own_rows_however_far_the_region_is(cast, region, other_region):
    with scope(region=region):
        assert {row.initiative.region_id for row in Project.objects.all()} == {region.pk}
        assert Initiative.objects.get(slug="bousai").projects.count() == 1
    with scope(region=other_region):
        assert not Project.objects.exists()
        assert [row.slug for row in Initiative.objects.all()] == ["kankou"]
    with scope(region=[region, other_region]):
        assert Initiative.objects.count() == 3


def test_models_of_regions_and_people_are_not_scoped():
    assert is_scoped(Initiative)
    assert not is_scoped(Region)
    assert not is_scoped(RegionMembership)
