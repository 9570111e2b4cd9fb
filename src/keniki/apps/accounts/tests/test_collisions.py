"""What the database refuses during a verb reaches the person in words."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, DataError, OperationalError, connection
from django.db.models import UniqueConstraint
from django_scopes import scope

from keniki.apps.accounts.collisions import MEANINGS, NOTHING
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.activities import actions as activities
from keniki.apps.activities.models import Activity
from keniki.apps.regions.models import Organisation
from keniki.core.errors import WrongInput


def _saved(actor: Any, record: Any) -> None:
    with verb(actor, "test.save", quiet=True) as act:
        act.save(record)


def _ours() -> list[Any]:
    return [model for model in apps.get_models() if model.__module__.startswith("keniki.")]


@pytest.mark.django_db
def test_every_constraint_of_our_tables_has_words() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('u', 'x', 'c') "
            "AND connamespace = 'public'::regnamespace"
        )
        found = cursor.fetchall()
    tables = {model._meta.db_table for model in _ours() if not model._meta.db_table.endswith("event")}
    named = {name for table, name in found if table in tables and not _of_a_column(name, table)}
    named |= {
        constraint.name
        for model in _ours()
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint)
    }
    assert named == set(MEANINGS)


def _of_a_column(name: str, table: str) -> bool:
    """Django's own check that a positive number is positive: forms hold to it."""
    return name.startswith(f"{table}_") and name.endswith("_check")


def test_the_words_end_as_sentences_and_hold_nothing_of_the_database() -> None:
    for name, (column, words) in MEANINGS.items():
        assert words.endswith("。"), name
        assert words.isascii() is False
        assert name not in words
        assert len(column) < 12


@pytest.mark.django_db
def test_a_name_that_somebody_took_meanwhile_is_told_at_its_field(administrator: Any, region: Any) -> None:
    first = Organisation.objects.filter(slug="hoshino-cho").get()
    with pytest.raises(WrongInput) as refused:
        _saved(
            administrator,
            Organisation(kind=first.kind, name="別の町", slug=first.slug, municipality=first.municipality),
        )
    assert refused.value.column == "識別名"
    assert "既に使われています" in refused.value.message
    assert refused.value.message.endswith(NOTHING)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_second_of_two_who_add_at_once_keeps_what_was_typed(
    client_as: Any, secretariat: Any, region: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keniki.apps.compacts.actions.initiatives.free_slug", lambda taken, stem: "kunren")
    data = {"title": "新任職員研修", "first_year": "R6", "last_year": "R7"}
    answer = client_as(secretariat).post("/desk/aoba/initiatives/bousai/projects/new/", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "番号が重なりました。もう一度保存してください。" in page
    assert 'value="新任職員研修"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raised", "status", "words"),
    [
        (WrongInput("番号が重なりました。"), 422, "番号が重なりました。"),
        (Stale(Organisation()), 409, "ほかの人が先に更新しました"),
    ],
)
def test_a_refusal_without_a_form_for_it_is_a_page_with_the_way_back(
    client_as: Any,
    secretariat: Any,
    region: Any,
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    status: int,
    words: str,
) -> None:
    def refuse(*args: Any, **more: Any) -> None:
        raise raised

    monkeypatch.setattr("keniki.apps.portal.views.queries.region_desk", refuse)
    answer = client_as(secretariat).get("/desk/", HTTP_REFERER="http://testserver/desk/aoba/trace/?town=1#x")
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert 'href="/desk/aoba/trace/?town=1"' in page


@pytest.mark.django_db
def test_a_year_closed_meanwhile_is_told_in_words(secretariat: Any, region: Any) -> None:
    with scope(region=region):
        activity = Activity.objects.get(slug="r5-kunren")
        activities.close_year(secretariat, region, activity.fiscal_year)
        activity.place = "別の会場"
        with pytest.raises(WrongInput, match="締め切りました"):
            _saved(secretariat, activity)


@pytest.mark.django_db
@pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
def test_saves_that_met_are_told_to_be_done_again(secretariat: Any, cause: type[Exception]) -> None:
    with pytest.raises(WrongInput, match="もう一度保存"), verb(secretariat, "test.meet", quiet=True):
        raise OperationalError("deadlock detected") from cause()


@pytest.mark.django_db
def test_a_text_longer_than_its_column_is_no_fault(administrator: Any, region: Any) -> None:
    organisation = Organisation.objects.get(slug="hoshino-cho")
    organisation.name = "長" * 5000
    with pytest.raises(WrongInput, match="長すぎる"):
        _saved(administrator, organisation)


@pytest.mark.django_db
def test_a_fault_of_the_program_stays_a_fault(secretariat: Any) -> None:
    with pytest.raises(DataError), verb(secretariat, "test.fault", quiet=True), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    with pytest.raises(DatabaseError), verb(secretariat, "test.away", quiet=True):
        raise OperationalError("server closed the connection") from psycopg.errors.AdminShutdown()
