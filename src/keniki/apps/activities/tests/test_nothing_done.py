"""実績なし: the secretariat says it for all, a town for its own part; an activity that was done takes it back."""

from __future__ import annotations

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import verb
from keniki.apps.activities import actions, queries
from keniki.apps.activities.models import Activity
from keniki.apps.portal.lacks import missing
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .test_actions import draft, said

YEAR = 2024


@pytest.fixture
def silent(in_region, initiative, secretariat) -> Activity:
    return actions.record_none(secretariat, initiative, YEAR)


def none_of(initiative) -> int | None:
    (row,) = queries.overview(initiative.region, [initiative], [YEAR])
    return row.cells[YEAR]


def test_a_plan_leaves_the_record_and_what_was_done_takes_it_back(
    in_region, silent, initiative, secretariat
) -> None:
    planned = actions.save_activity(secretariat, in_region, draft(initiative, state="planned"))
    assert Activity.objects.filter(pk=silent.pk).exists()
    done = draft(initiative, state="done")
    actions.save_activity(secretariat, in_region, done, planned, planned.version)
    assert not Activity.objects.filter(pk=silent.pk).exists()
    assert "（「実績なし」の記録を取消）" in said()


def test_a_partners_activity_leaves_the_secretariats_record_and_says_so(
    in_region, silent, initiative, partner, towns, client_as
) -> None:
    own = actions.save_activity(partner, in_region, draft(initiative, municipality=towns["川北町"]))
    assert Activity.objects.filter(pk=silent.pk).exists()
    assert "（事務局の「実績なし」の記録は残る）" in said()
    assert queries.contradicted(own) == [silent]
    page = client_as(partner).get(f"/desk/aoba/activities/{own.slug}/").content.decode()
    assert "「実績なし」の記録も残っています" in page
    assert f"/desk/aoba/activities/{silent.slug}/" in page


def test_a_town_says_nothing_was_done_of_its_own_part_only(
    in_region, initiative, partner, secretariat, towns
) -> None:
    town = towns["川北町"]
    own = actions.record_none(partner, initiative, YEAR, municipality=town)
    assert (own.municipality, own.proxy) == (town, False)
    assert said() == ("川北町 企画課 中村次郎 が 令和6年度 地域防災体制の充実 川北町分 を「実績なし」と記録")
    assert actions.record_none(partner, initiative, YEAR, municipality=town).pk == own.pk
    assert none_of(initiative) is None
    for other in (None, towns["星野町"]):
        with pytest.raises(Denied):
            actions.record_none(partner, initiative, YEAR, municipality=other)
    proxy = actions.record_none(secretariat, initiative, YEAR, municipality=towns["星野町"])
    assert proxy.proxy
    actions.save_activity(partner, in_region, draft(initiative, municipality=town))
    assert set(Activity.objects.filter(state="none", fiscal_year=YEAR)) == {proxy}


def test_the_year_is_without_results_once_every_town_has_said_so(
    in_region, initiative, secretariat, towns
) -> None:
    asked = {"initiatives": [initiative.slug], "quantity": "participants"}
    for name in ("青葉市", "川北町", "星野町"):
        assert none_of(initiative) is None
        assert queries.count_query_actuals(in_region, asked, [YEAR]) == {}
        actions.record_none(secretariat, initiative, YEAR, municipality=towns[name])
    assert none_of(initiative) == 0
    assert queries.count_query_actuals(in_region, asked, [YEAR])[YEAR].value == 0


def test_one_projects_record_does_not_speak_for_the_other_project(in_region, initiative, secretariat) -> None:
    project = initiative.projects.get()
    actions.record_none(secretariat, initiative, YEAR, project=project)
    assert none_of(initiative) == 0
    project.pk, project.slug = None, "sonota"
    project._state.adding = True
    with verb(secretariat, "compacts.save_project", region="aoba", quiet=True) as act:
        act.save(project)
    assert none_of(initiative) is None


def test_a_town_with_a_figure_or_an_activity_of_its_own_cannot_say_nothing_was_done(
    in_region, activity, initiative, partner, towns
) -> None:
    town = towns["川北町"]
    with pytest.raises(WrongInput, match="川北町の数値（21名）"):
        actions.record_none(partner, activity.initiative, YEAR, municipality=town)
    actions.save_activity(partner, in_region, draft(initiative, municipality=town, title="自主訓練"))
    with pytest.raises(WrongInput, match="「自主訓練」"):
        actions.record_none(partner, initiative, YEAR, municipality=town)


@pytest.mark.parametrize("year", [99999, 1000, 2010, 2090])
def test_a_year_that_is_none_of_the_regions_is_refused(in_region, initiative, secretariat, year) -> None:
    with pytest.raises(WrongInput, match="年度"):
        actions.record_none(secretariat, initiative, year)


def test_a_year_that_has_not_begun_has_no_results_yet_to_deny(in_region, initiative, secretariat) -> None:
    _, last = queries.years_of_region(in_region)
    with pytest.raises(WrongInput, match="まだ始まっていません"):
        actions.record_none(secretariat, initiative, last)


def test_a_town_that_did_nothing_owes_no_figure(in_region, activity, secretariat, partner, towns) -> None:
    def lacking() -> list[str]:
        return [lack.what for lack in missing(partner, in_region, FiscalYear(YEAR)).mine]

    actions.enter_town_count(partner, activity, "people", towns["川北町"], None)
    assert "あなたの市町村の数値が入っていない共同の活動" in lacking()
    actions.record_none(partner, activity.initiative, YEAR, municipality=towns["川北町"])
    assert "あなたの市町村の数値が入っていない共同の活動" not in lacking()


@pytest.mark.slow
def test_a_partner_records_it_on_the_page_for_its_own_town_only(
    in_region, initiative, partner, towns, client_as
) -> None:
    client = client_as(partner)
    page = client.get(f"/desk/aoba/activities/new/?initiative=bousai&year={YEAR}").content.decode()
    assert "「実績なし」と記録" in page
    assert "圏域の共同の活動" not in page
    where = "/desk/aoba/activities/none/"
    sent = {"initiative": "bousai", "year": YEAR, "municipality": towns["川北町"].pk}
    assert client.post(where, sent).status_code == 302
    assert Activity.objects.filter(municipality=towns["川北町"], state="none").exists()
    assert client.post(where, {**sent, "municipality": towns["星野町"].pk}).status_code == 403
    assert client.post(where, {**sent, "municipality": ""}).status_code == 403
    assert client.post(where, {**sent, "year": 99999}).status_code == 404
