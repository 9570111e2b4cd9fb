"""Synthetic regions: the stated size, the same every time, fictional, valid as any other region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.models import Activity, Count
from keniki.apps.compacts.models import Initiative
from keniki.apps.documents.composing import Stage, compose
from keniki.apps.portal.interchange.export import export_region
from keniki.apps.portal.synthetic import make_regions
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality, Region
from keniki.core import municipality_code

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _three(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Three regions, made once for all tests here."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_regions(queries.operator(), 3)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def three(_three: None, db: None) -> list[Region]:
    """The regions in their order; each test plays in a savepoint."""
    return list(Region.objects.order_by("slug"))


@pytest.mark.slow
def test_a_region_has_20_initiatives_5_years_and_10_activities_a_year(three):
    with scope(region=three[0]):
        assert Initiative.objects.count() == 20
        assert Activity.objects.count() == 20 * 5 * 10
        for year in range(2020, 2025):
            assert Activity.objects.filter(initiative__slug="torikumi-07", fiscal_year=year).count() == 10
    for region in three:
        assert LogEntry.objects.filter(verb="portal.make_synthetic_region", region=region.slug).count() == 1


@pytest.mark.slow
def test_every_region_has_the_same_activities_under_its_own_towns(three):
    first, second = (export_region(region) for region in three[:2])
    codes = dict(
        zip(
            (town["code"] for town in first["municipalities"]),
            (town["code"] for town in second["municipalities"]),
            strict=True,
        )
    )
    for activity in first["activities"]:
        for count in activity["counts"]:
            count["municipality"] = codes.get(count["municipality"])
    assert second["activities"] == first["activities"]
    assert {count["municipality"] for count in second["activities"][0]["counts"]} > {None}


@pytest.mark.slow
def test_copied_activities_and_counts_have_the_row_history_of_loaded_ones(three):
    first, second, _ = three
    with scope(region=second):
        for model, own in ((Activity, {"region": second}), (Count, {"activity__region": second})):
            for row in model.objects.filter(**own).order_by("id")[::97]:
                (event,) = row.events.all()
                assert event.pgh_label == "insert"
                assert event.pgh_context is not None
                for field in model._meta.concrete_fields:
                    assert getattr(event, field.attname) == getattr(row, field.attname)
    events = Activity.pgh_event_model.objects
    with scope(region=[first, second]):
        assert events.filter(region=second).count() == events.filter(region=first).count() == 1000


#: Kept elsewhere than with the region, or made by hand only.
NOT_SYNTHETIC = {
    "activities.YearClosing",
    "compacts.ScaleChoice",
    "disaster.AidRequest",
    "disaster.BundleRead",
    "disaster.Card",
    "disaster.CardBatch",
    "disaster.Device",
    "disaster.PaperSheet",
    "disaster.ShelterPoster",
    "disaster.WebCheckin",
    "disaster.WideAreaStay",
    "disaster.Contact",
    "disaster.District",
    "disaster.DrillRun",
    "disaster.DrillScenario",
    "disaster.Duty",
    "disaster.EntityState",
    "disaster.EvacuationPlan",
    "disaster.HazardLayer",
    "disaster.HazardPolygon",
    "disaster.House",
    "disaster.HouseSurvey",
    "disaster.SurveyPhoto",
    "disaster.Incident",
    "disaster.PersonalAccess",
    "disaster.ItemMeasure",
    "disaster.PlanPosting",
    "disaster.PurchasePlan",
    "disaster.Retention",
    "disaster.Scenario",
    "disaster.ListSharing",
    "disaster.SafetyCheck",
    "disaster.SafetyInquiry",
    "disaster.Shelter",
    "disaster.ShelterSpace",
    "disaster.StockItem",
    "disaster.StockLot",
    "disaster.StockMovement",
    "disaster.StockPlace",
    "disaster.StockTable",
    "disaster.StockTarget",
    "disaster.StockTransfer",
    "disaster.Stocktake",
    "disaster.Certificate",
    "disaster.CertificateApplication",
    "disaster.CertificateSetting",
    "disaster.CertificateStep",
    "disaster.TrainingAttempt",
    "disaster.TrainingCase",
    "disaster.TrainingMember",
    "disaster.TrainingPicture",
    "disaster.LedgerUse",
    "disaster.Victim",
    "disaster.VictimSupport",
    "disaster.TrainingSession",
    "disaster.SupportBody",
    "disaster.SupportPerson",
    "disaster.SupportPlan",
    "disaster.SupportTown",
    "regions.SourceDocument",
    "evidence.Edition",
    "evidence.ImportRun",
    "evidence.Mapping",
    "evidence.FigureInquiry",
    "evidence.DemandRates",
    "evidence.Forecast",
    "evidence.ForecastResult",
    "evidence.ForecastRun",
    "programmes.CalendarAddress",
}


@pytest.mark.slow
def test_every_region_holds_every_kind_of_record_and_as_many_as_the_first(three):
    first, second, _ = three
    kinds = [
        model
        for model in apps.get_models()
        if any(field.name == "region" and field.related_model is Region for field in model._meta.fields)
        and not model.__name__.endswith("Event")
        and model._meta.label not in NOT_SYNTHETIC
    ]
    assert len(kinds) > 15
    for model in kinds:
        with scopes_disabled():
            found = [model.objects.filter(region=region).count() for region in (first, second)]
        assert found[0] == found[1] > 0, model._meta.label


@pytest.mark.slow
def test_every_town_has_its_own_valid_code_of_a_prefecture_that_does_not_exist(three):
    codes = list(Municipality.objects.values_list("code", flat=True))
    assert len(set(codes)) == len(codes) == 18
    for code in codes:
        assert code[5] == municipality_code.check_digit(code[:5])
        assert int(code[:2]) > 47
    assert Region.objects.filter(fictional=True).count() == 3


@pytest.mark.slow
def test_parts_of_a_total_never_exceed_it(three):
    with scope(region=three[0]):
        for total in Count.objects.filter(key="participants", activity__initiative__slug="torikumi-01"):
            assert sum(part.value for part in total.parts.all()) <= total.value


@pytest.mark.slow
def test_its_report_lacks_nothing_but_photos(three):
    region = three[0]
    with scope(region=region):
        composed = compose(region, "results", Stage.CHECK, first=2020, last=2024)
    assert {gap.what for gap in composed.gaps} == {"活動記録写真"}
