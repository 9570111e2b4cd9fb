from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from keniki.apps.accounts import queries
from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts.models import Initiative

pytestmark = pytest.mark.django_db


def rename(actor, initiative, title):
    with verb(actor, "test.rename", region="aoba") as act:
        found = act.lock(initiative, None)
        before = found.title
        found.title = title
        act.save(found)
        act.log(found, {"title": before}, {"title": title}, f"取組名を {before}→{title} に変更")


def test_the_record_is_shown_as_it_was_on_a_day(in_region, initiative, secretariat):
    rename(secretariat, initiative, "二番目の名前")
    events = Initiative.pgh_event_model
    with connection.cursor() as cursor:  # as if the rename were from today and all before from 1 March
        cursor.execute(f"ALTER TABLE {events._meta.db_table} DISABLE TRIGGER USER")
        cursor.execute(
            f"UPDATE {events._meta.db_table} SET pgh_created_at = '2026-03-01 12:00+09' WHERE title <> %s",  # noqa: S608
            ["二番目の名前"],
        )
        cursor.execute(f"ALTER TABLE {events._meta.db_table} ENABLE TRIGGER USER")
    assert queries.state_on(initiative, date(2026, 2, 28)) is None
    assert queries.state_on(initiative, date(2026, 4, 1)).values["title"] == "地域防災体制の充実"
    today = timezone.localdate()
    assert queries.state_on(initiative, today).values["title"] == "二番目の名前"
    assert queries.state_on(initiative, today - timedelta(days=1)).values["title"] == "地域防災体制の充実"


def test_the_history_says_who_changed_which_field(in_region, initiative, secretariat):
    rename(secretariat, initiative, "二番目の名前")
    newest = queries.history_of(initiative)[0]
    assert (newest.who, newest.verb) == ("佐藤一郎", "test.rename")
    assert [(c.label, c.before, c.after) for c in newest.changes] == [
        ("取組（事業）名", "地域防災体制の充実", "二番目の名前")
    ]


def test_bulk_writes_are_in_the_history_too(in_region, initiative):
    Initiative.objects.filter(pk=initiative.pk).update(title="まとめて変更")
    assert queries.history_of(initiative)[0].values["title"] == "まとめて変更"


def test_the_log_shows_what_changed_by_its_japanese_name(in_region, initiative, secretariat):
    rename(secretariat, initiative, "新しい名前")
    entry = queries.log_of(initiative)[0]
    assert [(c.label, c.after) for c in entry.changes] == [("取組（事業）名", "新しい名前")]
    assert entry.text.startswith("青葉市 企画課 佐藤一郎 が ")


def test_the_log_is_narrowed_by_verb_person_day_and_words(in_region, initiative, secretariat, partner):
    rename(secretariat, initiative, "赤")
    rename(partner, initiative, "青")
    today = timezone.localdate()

    def found(**wanted):
        return queries.search_log("aoba", queries.LogFilter(**wanted)).count()

    assert found(verb="test.rename") == 2
    assert found(verb="test") == 2
    assert found(verb="tes") == 0
    assert found(person="中村次郎") == 1
    assert found(words="赤 変更") == 2  # 赤 stands in both sentences
    assert found(verb="test", first=today, last=today) == 2
    assert found(first=today + timedelta(days=1)) == 0
    assert found(last=today - timedelta(days=1)) == 0
