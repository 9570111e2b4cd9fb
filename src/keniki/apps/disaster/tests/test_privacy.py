"""What is kept about persons: every look is written down, what has run out is erased, the rest stays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions import privacy
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.models import EntityState, Event, Incident, PersonalAccess, Retention
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .test_incidents import DRILL, RAIN

RULE = privacy.RetentionDraft(date(2099, 4, 1), "文書管理規程（架空）")


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


def of_persons(incident: Incident, town, name: str, home=None) -> Event:
    """An event about a person in a town, with the state folded from it."""
    entity = f"person:{uuid4()}"
    event = Event(
        id=uuid4(), region=incident.region, incident=incident, mode=incident.mode, kind="person.check_in",
        entity=entity, at=timezone.now(), via="page", digest="0" * 64, municipality=town, home=home, personal=True,
        sealed={"name": name}, fields={"presence": {"state": "in"}}, note="",
    )  # fmt: skip
    state = EntityState(
        region=incident.region, incident=incident, mode=incident.mode, entity=entity, kind="person", municipality=town,
        home=home, personal=True, sealed={"name": name}, state={"presence": "in"}, digest="0" * 64,
    )  # fmt: skip
    with scopes_disabled(), verb(privacy.SYSTEM, "testing.event", quiet=True):
        event.save()
        state.save()
    return event


def overdue(incident: Incident, town) -> Retention:
    row = Retention(
        region=incident.region, incident=incident, municipality=town, purge_on=today(), basis="規程（架空）"
    )
    with verb(privacy.SYSTEM, "testing.retention", quiet=True) as act:
        return act.save(row)


def test_a_look_is_written_down_and_stays(incident, in_region, towns, partner) -> None:
    privacy.looked(
        partner,
        in_region,
        towns["川北町"],
        privacy.Deed.LIST,
        "避難者名簿",
        people=12,
        purpose="炊き出し",
        incident=incident,
    )
    found = PersonalAccess.objects.get()
    assert (found.actor_name, found.people, found.purpose) == (partner.name, 12, "炊き出し")
    for statement in ("UPDATE disaster_personalaccess SET people = 1", "DELETE FROM disaster_personalaccess"):
        with (
            pytest.raises(ProgrammingError, match="Cannot"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.parametrize("who", ["secretariat", "other_partner", "viewer", "panel_member", "operator"])
def test_others_are_not_shown_and_leave_no_look(request, in_region, towns, who) -> None:
    with pytest.raises(Denied, match="職にある方だけ"):
        privacy.looked(
            request.getfixturevalue(who), in_region, towns["川北町"], privacy.Deed.LIST, "避難者名簿"
        )
    assert not PersonalAccess.objects.exists()


def test_what_has_run_out_is_erased_and_numbers_stay(incident, towns, in_region) -> None:
    gone = of_persons(incident, towns["川北町"], "山田花子", towns["星野町"])
    kept = of_persons(incident, towns["星野町"], "佐藤一郎", towns["川北町"])
    retention = overdue(incident, towns["川北町"])
    assert privacy.purge_due() == 1
    with scopes_disabled():
        rows = {row.pk: row for row in Event.objects.filter(personal=True)}
        states = {row.entity: row.sealed for row in EntityState.objects.all()}
    assert (rows[gone.pk].sealed, rows[gone.pk].fields) == (None, {"presence": {"state": "in"}})
    assert rows[kept.pk].sealed == {"name": "佐藤一郎"}
    assert states == {gone.entity: None, kept.entity: {"name": "佐藤一郎"}}
    retention.refresh_from_db()
    assert retention.purged == {"できごと": 1, "対象の状態": 1, "保留したできごと": 0} | dict.fromkeys(
        privacy.ERASERS, 0
    )
    said = LogEntry.objects.get(verb="disaster.purge").text
    assert "川北町の個人に関する記録を消去（できごと1件" in said
    assert "山田" not in said
    assert privacy.purge_due() == 0


def test_a_day_that_was_moved_is_not_due(incident, towns) -> None:
    event = of_persons(incident, towns["川北町"], "山田花子")
    retention = overdue(incident, towns["川北町"])
    Retention.objects.filter(pk=retention.pk).update(purge_on=today() + timedelta(days=1))
    assert privacy.purge(privacy.SYSTEM, retention) is False
    assert privacy.purge_due() == 0
    with scopes_disabled():
        assert Event.objects.get(pk=event.pk).sealed is not None


def test_the_town_alone_sets_its_day(incident, towns, partner, other_partner, secretariat) -> None:
    town = towns["川北町"]
    saved = privacy.save_retention(partner, incident, town, RULE)
    for actor in (other_partner, secretariat):
        with pytest.raises(Denied):
            privacy.save_retention(actor, incident, town, RULE)
    with pytest.raises(Stale):
        privacy.save_retention(partner, incident, town, privacy.RetentionDraft(date(2098, 4, 1), "別"), 7)
    with pytest.raises(WrongInput, match="あす以降"):
        privacy.save_retention(partner, incident, town, privacy.RetentionDraft(today(), "別"), saved.version)
    with pytest.raises(WrongInput, match="根拠"):
        privacy.save_retention(
            partner, incident, town, privacy.RetentionDraft(date(2098, 4, 1), " "), saved.version
        )
    again = privacy.save_retention(partner, incident, town, RULE, saved.version)
    assert again.version == saved.version


@pytest.mark.slow
def test_the_pages_ask_and_keep_what_was_typed(
    in_region, secretariat, partner, other_partner, client_as
) -> None:
    drill = save_incident(secretariat, in_region, DRILL)
    base = f"{drill.get_absolute_url()}retention/"
    client = client_as(partner)
    assert "決める" in client.get(base).content.decode()
    wrong = client.post(f"{base}{KAWAKITA}/", {"purge_on": "2001-01-01", "basis": "規程（架空）"})
    assert wrong.status_code == 422
    assert "規程（架空）" in wrong.content.decode()
    saved = client.post(
        f"{base}{KAWAKITA}/", {"purge_on": "2099-04-01", "basis": "規程（架空）"}, follow=True
    )
    assert "【訓練】川北町の記録を令和81年4月1日に消去します。" in saved.content.decode()
    assert client_as(other_partner).post(f"{base}{KAWAKITA}/", {"basis": "x"}).status_code == 403
    assert client_as(other_partner).get(f"{base}999999/").status_code == 404


def test_the_list_of_looks_is_the_towns_own(
    incident, in_region, towns, partner, secretariat, client_as
) -> None:
    with scope(region=in_region):
        privacy.looked(
            partner, in_region, towns["川北町"], privacy.Deed.SEARCH, "避難者", purpose="照会への回答"
        )
    path = f"/desk/aoba/disaster/looks/{KAWAKITA}/"
    assert "照会への回答" in client_as(partner).get(path).content.decode()
    assert client_as(secretariat).get(path).status_code == 404


def test_a_retention_has_its_basis(incident, towns) -> None:
    row = Retention(
        region=incident.region, incident=incident, municipality=towns["川北町"], purge_on=date(2099, 1, 1)
    )
    with verb(privacy.SYSTEM, "t", quiet=True), pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.slow
def test_the_night_job_knows_all_that_is_to_be_erased():
    """A process that has no page open, as the one of the jobs, knows every eraser there is."""
    code = (
        "import django; django.setup(); import keniki.apps.disaster.jobs;"
        "from keniki.apps.disaster.actions.privacy import ERASERS; print('|'.join(sorted(ERASERS)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "keniki.site.settings"},
    ).stdout.strip()  # fmt: skip
    actions = Path(privacy.__file__).parent.rglob("*.py")
    named = {
        name for each in actions for name in re.findall(r'^@erases\("(.+)"\)', each.read_text(), re.MULTILINE)
    }
    assert named == set(said.split("|"))
