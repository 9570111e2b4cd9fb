"""Activities, towns' figures and fiscal years as verbs: what they write, what they refuse, what the log says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.drafts import ActivityDraft, read_lines, reading_of
from keniki.apps.activities.models import Activity, Count, Photo
from keniki.apps.compacts import actions as compacts
from keniki.apps.compacts.models import Finding
from keniki.core.errors import WrongInput


def draft(initiative, year=2024, lines=(), before=None, **changes):
    values = {"title": "合同訓練", "kind": "drill", "state": "done"} | changes
    return ActivityDraft(initiative, year, reading=read_lines(lines, before), **values)


def said() -> str:
    return LogEntry.objects.first().text


def people(activity) -> str:
    return queries.total_words(queries.activity_for(activity.region, activity.slug), "participants")


# --- shared activities ---


def test_a_new_activity_is_stored_with_its_counts_and_one_log_line(
    in_region, initiative, secretariat
) -> None:
    before = LogEntry.objects.count()
    saved = actions.save_activity(
        secretariat,
        in_region,
        draft(initiative, lines=[("result", "2回 延べ30名参加")], starts_on=date(2024, 9, 1)),
    )
    assert [line.text for line in queries.rendered_lines(saved)] == ["2回 延べ30名参加"]
    assert {count.key: (count.value, count.basis) for count in saved.counts.all()} == {
        "sessions": (2, "exact"),
        "participants": (30, "cumulative"),
    }
    assert LogEntry.objects.count() == before + 1
    assert said() == "青葉市 企画課 佐藤一郎 が 令和6年度 合同訓練 を登録"


def test_a_change_is_logged_with_before_and_after(in_region, activity, initiative, secretariat) -> None:
    changed = ActivityDraft(
        activity.initiative,
        2024,
        "スマホ講習会",
        "course",
        "done",
        place="公民館",
        reading=reading_of(activity),
    )
    saved = actions.save_activity(secretariat, in_region, changed, activity, activity.version)
    assert saved.version == activity.version + 1
    assert (
        "令和6年度 スマートフォン講習会 の活動名を スマートフォン講習会→スマホ講習会、場所を なし→公民館 に変更"
        in said()
    )


def test_saving_without_a_change_writes_nothing(in_region, activity, secretariat) -> None:
    before = LogEntry.objects.count()
    same = ActivityDraft(
        activity.initiative, 2024, activity.title, activity.kind, activity.state, reading=reading_of(activity)
    )
    saved = actions.save_activity(secretariat, in_region, same, activity, activity.version)
    assert saved.version == activity.version
    assert LogEntry.objects.count() == before


def test_the_second_of_two_editors_is_told(in_region, activity, secretariat) -> None:
    same = ActivityDraft(activity.initiative, 2024, "甲", "course", "done", reading=reading_of(activity))
    actions.save_activity(secretariat, in_region, same, activity, activity.version)
    with pytest.raises(Stale) as raised:
        actions.save_activity(secretariat, in_region, same, activity, activity.version)
    assert raised.value.current.title == "甲"


def test_a_partner_adds_its_own_activity_but_no_shared_one(in_region, initiative, partner, towns) -> None:
    own = actions.save_activity(partner, in_region, draft(initiative, municipality=towns["川北町"]))
    assert not own.proxy
    with pytest.raises(Denied, match="事務局が編集します"):
        actions.save_activity(partner, in_region, draft(initiative))
    with pytest.raises(Denied, match="星野町の担当者だけ"):
        actions.save_activity(partner, in_region, draft(initiative, municipality=towns["星野町"]))
    with pytest.raises(Denied):
        actions.save_activity(partner, in_region, draft(initiative), own, own.version)


def test_the_secretariat_enters_a_towns_activity_as_proxy(in_region, initiative, secretariat, towns) -> None:
    saved = actions.save_activity(secretariat, in_region, draft(initiative, municipality=towns["星野町"]))
    assert saved.proxy
    assert "（星野町分を代理入力）" in said()


def test_viewers_and_strangers_write_nothing(
    in_region, activity, viewer, panel_member, fire_officer, neighbour, resident, towns
) -> None:
    for actor in (viewer, panel_member, fire_officer, neighbour, resident):
        assert not policies.edit(actor, activity)
        assert not policies.create(actor, in_region)
        assert not policies.close_year(actor, in_region)
        assert not policies.enter_for(actor, activity, towns["川北町"])


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"title": " "}, "title"),
        ({"starts_on": date(2024, 3, 31)}, "starts_on"),
        ({"starts_on": date(2024, 5, 2), "ends_on": date(2024, 5, 1)}, "ends_on"),
        ({"ends_on": date(2024, 5, 1)}, "starts_on"),
        ({"kind": "none"}, "state"),
        ({"year": 2090}, "fiscal_year"),
        ({"year": 1999}, "fiscal_year"),
        ({"starts_on": date(2025, 3, 30), "ends_on": date(2026, 4, 1)}, "ends_on"),
    ],
)
def test_what_cannot_be_names_its_field(in_region, initiative, secretariat, changes, column) -> None:
    with pytest.raises(WrongInput) as raised:
        actions.save_activity(secretariat, in_region, draft(initiative, **changes))
    assert raised.value.column == column


def test_an_activity_that_runs_over_31_march_belongs_to_the_year_of_its_first_day(
    in_region, initiative, secretariat
) -> None:
    days = {"starts_on": date(2025, 3, 30), "ends_on": date(2025, 4, 2)}
    saved = actions.save_activity(secretariat, in_region, draft(initiative, year=2024, **days))
    assert (saved.fiscal_year, saved.ends_on) == (2024, date(2025, 4, 2))
    with pytest.raises(WrongInput, match="初日の年度"):
        actions.save_activity(secretariat, in_region, draft(initiative, year=2025, **days))


# --- 実績なし ---


def test_nothing_done_disappears_when_an_activity_is_added(in_region, initiative, secretariat) -> None:
    none = actions.record_none(secretariat, initiative, 2024)
    assert (none.kind, none.state) == ("none", "none")
    assert actions.record_none(secretariat, initiative, 2024).pk == none.pk
    actions.save_activity(secretariat, in_region, draft(initiative))
    assert not Activity.objects.filter(pk=none.pk).exists()
    assert "（「実績なし」の記録を取消）" in said()


def test_nothing_done_is_refused_while_there_is_an_activity(in_region, initiative, secretariat) -> None:
    with pytest.raises(WrongInput, match="合同防災訓練"):
        actions.record_none(secretariat, initiative, 2023)


# --- figures of towns ---


def test_a_town_corrects_its_own_figure_and_the_total_follows(in_region, activity, partner, towns) -> None:
    actions.enter_town_count(partner, activity, "people", towns["川北町"], 28)
    assert said() == (
        "川北町 企画課 中村次郎 が 令和6年度 スマートフォン講習会 川北町分の参加人数を 21→28名 に訂正(圏域計 56名)"
    )
    stored = queries.activity_for(in_region, activity.slug)
    assert [line.text for line in queries.rendered_lines(stored)] == ["56名参加"]
    assert stored.version == activity.version + 1


def test_nobody_enters_another_towns_figure(in_region, activity, partner, centre_officer, towns) -> None:
    for actor in (partner, centre_officer):
        with pytest.raises(Denied, match="星野町の担当者だけ"):
            actions.enter_town_count(actor, activity, "people", towns["星野町"], 9)
    assert people(activity) == "49名"


def test_the_secretariat_enters_a_towns_figure_as_proxy_only(
    in_region, activity, secretariat, partner, towns
) -> None:
    part = actions.enter_town_count(secretariat, activity, "people", towns["川北町"], 22)
    assert part.proxy
    assert said().startswith(
        "青葉市 企画課 佐藤一郎 が（川北町分を代理入力） 令和6年度 スマートフォン講習会 川北町分の"
    )
    assert not actions.enter_town_count(partner, activity, "people", towns["川北町"], 23).proxy


def test_a_total_stated_by_itself_is_not_overwritten(
    in_region, initiative, secretariat, partner, towns
) -> None:
    saved = actions.save_activity(secretariat, in_region, draft(initiative, lines=[("result", "207名参加")]))
    actions.enter_town_count(partner, saved, "participants", towns["川北町"], 28)
    assert "(圏域計 207名、内訳の計 28名)" in said()
    stored = queries.activity_for(in_region, saved.slug)
    (breakdown,) = queries.breakdowns(stored)
    assert breakdown.differs
    assert breakdown.missing == 179
    adopted = actions.adopt_breakdown(secretariat, stored, "participants", stored.version)
    assert people(adopted) == "28名"
    assert "の参加人数の合計を 207→28名 に訂正" in said()
    actions.enter_town_count(partner, saved, "participants", towns["川北町"], 30)
    assert people(saved) == "30名"


def test_a_figure_is_taken_back(in_region, activity, partner, towns) -> None:
    assert actions.enter_town_count(partner, activity, "people", towns["川北町"], None) is None
    assert people(activity) == "28名"
    assert "川北町分の参加人数 21名 を取消(圏域計 28名)" in said()


def test_two_people_of_one_town_do_not_overwrite_each_other(
    in_region, activity, partner, approver, towns
) -> None:
    part = activity.counts.get(key="people_kawakita")
    actions.enter_town_count(partner, activity, "people", towns["川北町"], 30, version=part.version)
    with pytest.raises(Stale):
        actions.enter_town_count(approver, activity, "people", towns["川北町"], 31, version=part.version)


def test_two_towns_enter_at_the_same_time_without_a_conflict(
    in_region, activity, partner, other_partner, towns
) -> None:
    versions = {count.key: count.version for count in activity.counts.all()}
    actions.enter_town_count(
        partner, activity, "people", towns["川北町"], 1, version=versions["people_kawakita"]
    )
    actions.enter_town_count(
        other_partner, activity, "people", towns["星野町"], 2, version=versions["people_hoshino"]
    )
    assert people(activity) == "23名"


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["青葉市", "川北町", "星野町"]), st.none() | st.integers(0, 5000)),
        max_size=8,
    )
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_the_total_is_always_the_sum_of_its_towns(steps, region, activity, secretariat, towns) -> None:
    with scope(region=region), transaction.atomic():
        figures = {"青葉市": 20, "川北町": 21, "星野町": 8}
        for town, value in steps:
            actions.enter_town_count(secretariat, activity, "people", towns[town], value)
            figures.pop(town, None)
            if value is not None:
                figures[town] = value
        stored = queries.activity_for(region, activity.slug)
        total = sum(figures.values())
        assert [count.value for count in queries.region_total(stored, "participants")] == [total]
        reached = queries.persons_reached(region, 2024)
        assert {row.municipality.name: row.value for row in reached} == figures
        actual = queries.count_query_actuals(
            region, {"initiatives": ["sumaho"], "quantity": "participants"}, [2024]
        )
        assert actual[2024].value == total
        transaction.set_rollback(True)


# --- queries ---


def test_a_towns_actual_counts_its_own_part_of_a_total(in_region, activity, towns) -> None:
    asked = {"initiatives": ["sumaho"], "quantity": "participants", "municipality": towns["川北町"].code}
    assert queries.count_query_actuals(in_region, asked, [2023, 2024])[2024].value == Decimal(21)
    assert 2023 not in queries.count_query_actuals(in_region, asked, [2023, 2024])


def test_a_count_query_stays_within_its_region(region, other_region, cast, secretariat) -> None:
    asked = {"initiatives": ["kankou"], "quantity": "participants"}
    with scope(region=other_region):
        (theirs,) = queries.initiatives_of(other_region)
        seat = cast.actor("neighbour_secretariat")
        actions.save_activity(seat, other_region, draft(theirs, lines=[("result", "5名参加")]))
        assert queries.count_query_actuals(other_region, asked, [2024])[2024].value == 5
    with scope(region=[region, other_region]):
        assert queries.count_query_actuals(region, asked, [2024]) == {}


def test_a_year_with_nothing_done_counts_zero_and_a_silent_one_is_missing(in_region, initiative) -> None:
    actuals = queries.count_query_actuals(
        in_region, {"initiatives": ["bousai"], "quantity": "participants"}, range(2020, 2025)
    )
    assert {year: actual.value for year, actual in actuals.items()} == {2022: 0, 2023: 120}


@pytest.mark.slow
def test_reading_takes_the_same_number_of_queries_however_many_there_are(
    in_region, initiative, secretariat, django_assert_num_queries
) -> None:
    for number in range(12):
        actions.save_activity(
            secretariat,
            in_region,
            draft(initiative, title=f"訓練{number}", lines=[("result", f"{number + 1}名参加")]),
        )
    with django_assert_num_queries(5):
        for activity in queries.activities_of(in_region, 2020, 2024):
            queries.rendered_lines(activity)
            queries.total_words(activity, "participants")
            queries.breakdowns(activity)
            assert all(link.agreement.slug == "kyoutei" for link in activity.measure_links.all())
    with django_assert_num_queries(1):
        queries.count_query_actuals(
            in_region, {"initiatives": ["bousai", "sumaho"], "quantity": "participants"}, [2023, 2024]
        )
    with django_assert_num_queries(8):
        queries.trace(in_region)


# --- posting ---


def test_the_same_origin_is_posted_once(in_region, initiative, secretariat) -> None:
    def post(people):
        return actions.post_activity(
            secretariat,
            origin="drills/12",
            initiative=initiative,
            fiscal_year=2024,
            title="夜間訓練",
            kind="drill",
            lines=[("result", f"{people}名参加")],
        )

    first, entries = post(10), LogEntry.objects.count()
    assert post(10).pk == first.pk
    assert LogEntry.objects.count() == entries
    assert post(12).pk == first.pk
    assert people(first) == "12名"
    assert Activity.objects.filter(origin="drills/12").count() == 1


# --- years ---


def test_a_closed_year_refuses_every_writer_until_it_is_reopened(
    in_region, activity, secretariat, partner, towns
) -> None:
    actions.close_year(secretariat, in_region, 2024)
    with pytest.raises(Denied, match="締め切られています"):
        actions.enter_town_count(partner, activity, "people", towns["川北町"], 1)
    with pytest.raises(Denied, match="締め切られています"):
        actions.remove_activity(secretariat, activity, activity.version)
    with pytest.raises(Denied, match="再開は事務局"):
        actions.reopen_year(partner, in_region, 2024, "誤記")
    with pytest.raises(WrongInput, match="理由"):
        actions.reopen_year(secretariat, in_region, 2024, " ")
    actions.reopen_year(secretariat, in_region, 2024, "川北町の参加人数の誤り")
    assert "令和6年度 を訂正のため再開(理由：川北町の参加人数の誤り)" in said()
    assert queries.year_state(in_region, 2024).is_reopened
    actions.enter_town_count(partner, activity, "people", towns["川北町"], 1)


def test_an_activity_does_not_move_out_of_a_closed_year(in_region, activity, secretariat) -> None:
    actions.close_year(secretariat, in_region, 2024)
    moved = ActivityDraft(activity.initiative, 2023, "移動", "course", "done", reading=reading_of(activity))
    with pytest.raises(Denied):
        actions.save_activity(secretariat, in_region, moved, activity, activity.version)


@pytest.mark.parametrize("what", ["activity", "move", "count", "line", "photo", "new"])
def test_the_database_refuses_writing_in_a_closed_year_as_well(
    in_region, activity, secretariat, what
) -> None:
    photo = Photo(
        region=in_region,
        initiative=activity.initiative,
        slug="p",
        fiscal_year=2024,
        caption="会場",
        consent="given",
    )
    Photo.objects.bulk_create([photo])
    actions.close_year(secretariat, in_region, 2024)
    attempts = {
        "activity": lambda: Activity.objects.filter(pk=activity.pk).update(place="公民館"),
        "move": lambda: Activity.objects.filter(pk=activity.pk).update(fiscal_year=2023),
        "count": lambda: Count.objects.filter(activity=activity).update(value=1),
        "line": lambda: activity.lines.all().update(text="中止"),
        "photo": lambda: Photo.objects.filter(pk=photo.pk).update(caption="別の会場"),
        "new": lambda: Activity.objects.bulk_create(
            [
                Activity(
                    region=in_region,
                    initiative=activity.initiative,
                    slug="x",
                    fiscal_year=2024,
                    title="x",
                    kind="other",
                    state="done",
                )
            ]
        ),
    }
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
        attempts[what]()


def test_consent_to_a_photo_is_withdrawn_even_in_a_closed_year(in_region, activity, secretariat) -> None:
    photo = Photo(
        region=in_region,
        initiative=activity.initiative,
        slug="p",
        fiscal_year=2024,
        caption="会場",
        consent="given",
        public=True,
    )
    Photo.objects.bulk_create([photo])
    actions.close_year(secretariat, in_region, 2024)
    given = actions.photos.PhotoDraft("会場", consent="refused", fiscal_year=2024)
    assert not actions.edit_photo(secretariat, photo, given, version=photo.version).public
    with pytest.raises(Denied):
        actions.edit_photo(
            secretariat,
            photo,
            actions.photos.PhotoDraft("別の説明", fiscal_year=2024),
            version=photo.version + 1,
        )


# --- figures before there is a total ---


def test_a_town_enters_its_figure_before_any_total_is_written_and_the_total_follows(
    in_region, initiative, secretariat, partner, other_partner, towns
) -> None:
    shared = actions.save_activity(secretariat, in_region, draft(initiative))
    asked = {"quantity": "participants", "counter": "名"}
    actions.start_town_count(partner, shared, towns["川北町"], value=21, **asked)
    assert said() == (
        "川北町 企画課 中村次郎 が 令和6年度 合同訓練 川北町分の参加人数を 21名 と入力(圏域計 21名)"
    )
    actions.start_town_count(other_partner, shared, towns["星野町"], value=8, **asked)
    assert people(shared) == "29名"
    (breakdown,) = queries.breakdowns(queries.activity_for(in_region, shared.slug))
    assert breakdown.follows
    actions.enter_town_count(partner, shared, breakdown.total.key, towns["川北町"], 30)
    assert people(shared) == "38名"
    with pytest.raises(WrongInput, match="上の表で直してください"):
        actions.start_town_count(partner, shared, towns["川北町"], value=1, **asked)
    with pytest.raises(Denied):
        actions.start_town_count(partner, shared, towns["星野町"], value=1, quantity="sessions", counter="回")


def test_the_line_written_later_states_the_total_the_towns_began(
    in_region, initiative, secretariat, partner, towns
) -> None:
    shared = actions.save_activity(secretariat, in_region, draft(initiative))
    actions.start_town_count(
        partner, shared, towns["川北町"], value=21, quantity="participants", counter="名"
    )
    before = queries.activity_for(in_region, shared.slug)
    reading = read_lines([("result", "2回 252名参加")], before)
    assert reading.fresh == ("sessions",)
    saved = actions.save_activity(
        secretariat,
        in_region,
        ActivityDraft(initiative, 2024, "合同訓練", "drill", "done", reading=reading),
        before,
    )
    assert people(saved) == "252名"
    (total,) = [b for b in queries.breakdowns(saved) if b.total.quantity == "participants"]
    assert (total.sum, total.differs) == (21, True)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"quantity": "municipalities"}, "quantity"),
        ({"counter": "2名"}, "counter"),
        ({"counter": " "}, "counter"),
    ],
)
def test_a_first_figure_needs_a_known_quantity_and_a_counter(
    in_region, initiative, secretariat, partner, towns, wrong, where
) -> None:
    shared = actions.save_activity(secretariat, in_region, draft(initiative))
    asked = {"quantity": "participants", "counter": "名", "value": 3} | wrong
    with pytest.raises(WrongInput) as refused:
        actions.start_town_count(partner, shared, towns["川北町"], **asked)
    assert refused.value.column == where
    assert queries.breakdowns(queries.activity_for(in_region, shared.slug)) == []


def test_findings_of_an_initiative_stay_once_all_its_years_are_closed(
    in_region, initiative, secretariat, client_as
) -> None:
    def write(text: str) -> None:
        current = initiative.__class__.objects.get(pk=initiative.pk)
        compacts.save_initiative(secretariat, in_region, current, current.version, values={}, findings=[text])

    for year in (2022, 2023):
        actions.close_year(secretariat, in_region, year)
    write("一つの年度が受付中である。")
    actions.close_year(secretariat, in_region, 2024)
    with pytest.raises(Denied, match="締め切られています"):
        write("すべて締め切られた。")
    for change in (
        lambda: initiative.findings.update(text="別の文"),
        lambda: initiative.findings.all().delete(),
        lambda: Finding.objects.bulk_create([Finding(initiative=initiative, order=9, text="別の文")]),
    ):
        with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
            change()
    actions.reopen_year(secretariat, in_region, 2023, "誤記の訂正")
    write("訂正した。")
    assert [finding.text for finding in initiative.findings.all()] == ["訂正した。"]
