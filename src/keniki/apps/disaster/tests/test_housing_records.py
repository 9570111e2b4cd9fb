"""Houses and their surveys: the town's own, unchangeable, erased when their time has run out."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.actions import privacy
from keniki.apps.disaster.actions.housing import erasing  # noqa: F401
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.models import House, HouseSurvey, Incident, Mode, Retention, SurveyPhoto
from keniki.apps.regions.policies import today
from keniki.apps.workflow import storage
from keniki.site.postgres import bypasses_row_security

from .housed import stored_house, stored_survey
from .test_incidents import RAIN


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def house(incident, towns, partner) -> House:
    with scope(region=incident.region, towns={towns["川北町"].pk}):
        return stored_house(partner, incident, towns["川北町"])


def test_only_the_town_sees_its_houses(house, incident, towns, region) -> None:
    if bypasses_row_security():
        pytest.skip("the database role is above row security")
    for name, seen in (("川北町", 1), ("星野町", 0)):
        with scope(region=region, towns={towns[name].pk}):
            assert House.objects.count() == seen
    with (
        scope(region=region),
        pytest.raises(ProgrammingError, match="scope of towns"),
        transaction.atomic(),
    ):
        House.objects.count()


def test_who_lives_there_does_not_stand_in_the_table(house) -> None:
    with scopes_disabled(), connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM disaster_house UNION SELECT sealed FROM disaster_houseevent")
        rows = [bytes(row[0]) for row in cursor.fetchall()]
    assert rows
    assert not any("山田".encode() in row for row in rows)


@pytest.mark.parametrize(
    "changed",
    [{"record": {"structure": "wood"}}, {"result": {}}, {"digest": "1" * 64}, {"sealed": {"remark": "別"}}],
)
def test_a_survey_stays_what_it_is(house, towns, region, partner, changed) -> None:
    with scope(region=region, towns={towns["川北町"].pk}):
        survey = stored_survey(partner, house)
        with pytest.raises(DatabaseError, match="stays what it is"), transaction.atomic():
            HouseSurvey.objects.filter(pk=survey.pk).update(**changed)


def test_an_exercise_has_no_real_house(house, towns, region) -> None:
    with (
        scope(region=region, towns={towns["川北町"].pk}),
        pytest.raises(DatabaseError, match="that of its incident"),
        transaction.atomic(),
    ):
        House.objects.filter(pk=house.pk).update(mode=Mode.EXERCISE)


def test_official_is_a_survey_of_the_house(house, incident, towns, region, partner) -> None:
    town = towns["川北町"]
    with scope(region=region, towns={town.pk}):
        survey = stored_survey(partner, stored_house(partner, incident, town, 2))
        with pytest.raises(DatabaseError, match="one of the house"), transaction.atomic():
            House.objects.filter(pk=house.pk).update(
                official=survey, decided_on=today(), decided_by="川北町長"
            )


def test_the_purge_takes_names_remarks_and_photos_and_leaves_the_class(
    house, incident, towns, region, partner, settings, tmp_path, django_capture_on_commit_callbacks
) -> None:
    settings.MEDIA_ROOT = tmp_path
    town = towns["川北町"]
    digest = storage.put(b"picture")
    with scope(region=region, towns={town.pk}), verb(partner, "testing.photo", quiet=True) as act:
        survey = stored_survey(partner, house)
        SurveyPhoto(
            region=region, incident=incident, mode=incident.mode, municipality=town, survey=survey, digest=digest,
            size=7, width=1, height=1, sealed={"caption": "屋根"},
        ).save()  # fmt: skip
        act.save(
            Retention(region=region, incident=incident, municipality=town, purge_on=today(), basis="規程")
        )
    with django_capture_on_commit_callbacks(execute=True):
        assert privacy.purge_due() == 1
    with scopes_disabled():
        found = House.objects.get(pk=house.pk)
        assert (found.sealed, found.district) == (None, "本町")
        kept = HouseSurvey.objects.get(pk=survey.pk)
        assert (kept.sealed, kept.class_key) == (None, "middle_half")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM disaster_houseevent WHERE sealed IS NOT NULL")
            assert cursor.fetchone()[0] == 0
        assert not SurveyPhoto.objects.exists()
    assert not storage.exists(digest)
