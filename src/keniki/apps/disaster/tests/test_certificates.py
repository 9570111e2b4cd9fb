"""Certificates of damage: issued by the stricken town alone, on a decided survey, once; replaced, never changed."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django_scopes import scope
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions import certificates as actions
from keniki.apps.disaster.actions import privacy
from keniki.apps.disaster.actions.certificates import ApplicationDraft, SettingDraft
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.models import (
    Certificate,
    CertificateApplication,
    CertificateStep,
    House,
    Incident,
    PersonalAccess,
    Retention,
)
from keniki.apps.disaster.papers.certificates import EXERCISE
from keniki.apps.disaster.queries import certificates as queries
from keniki.apps.disaster.queries.certificates import Asked
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .housed import FLOODED, stored_house, stored_survey
from .test_incidents import DRILL, RAIN

TOKYO = ZoneInfo("Asia/Tokyo")
STRUCK = date(2025, 8, 1)
ASKED = date(2025, 8, 10)
DRAFT = ApplicationDraft(
    "damage", "window", ASKED, STRUCK, "髙橋花子", "川北町本町1丁目", "川北町本町1丁目2番3号", kana="たかはしはなこ",
    head="髙橋太郎", head_address="川北町本町1丁目2番3号", household="髙橋太郎 世帯主\n髙橋花子 妻",
)  # fmt: skip
REPORT = replace(DRAFT, kind="report", things="車庫の屋根が飛んだ。")
SETTING = SettingDraft("川北町長", "北川一郎", "り証第", "総務課防災係")


@pytest.fixture(params=["real", "exercise"])
def any_incident(request, in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN if request.param == "real" else DRILL)


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


@pytest.fixture
def town(in_region, towns):
    """川北町, whose persons are in scope."""
    with scope(region=in_region, towns={towns["川北町"].pk}):
        yield towns["川北町"]


@pytest.fixture
def setting(in_region, partner, town):
    return actions.save_setting(partner, in_region, town, SETTING)


def decided(actor, incident, town, number: int = 1) -> House:
    """A house with a survey that was decided on, everything doubtful confirmed."""
    house = stored_house(actor, incident, town, number)
    survey = stored_survey(actor, house)
    return settled(actor, house, survey, survey.result["needs_confirmation"])


def settled(actor, house: House, survey, confirmed=()) -> House:
    house.official, house.decided_on, house.decided_by = survey, date(2025, 8, 12), "町長"
    house.confirmed = list(confirmed)
    with verb(actor, "testing.decide", quiet=True) as act:
        return act.save(house)


def issued(actor, incident, town, draft=DRAFT, number: int = 1) -> CertificateApplication:
    """An application whose certificate was issued."""
    row = actions.apply(actor, incident, town, draft)
    decided(actor, incident, town, number)
    row = actions.link_house(actor, row, number, ASKED, row.version)
    actions.issue(actor, row, date(2025, 8, 20), row.version)
    return again(row)


def again(row: CertificateApplication) -> CertificateApplication:
    return queries.application_for(row.incident, row.municipality, row.number)


def base(incident: Incident, code: str = KAWAKITA) -> str:
    return f"/desk/aoba/disaster/incidents/{incident.slug}/certificates/{code}/"


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.slow
def test_an_application_goes_the_whole_way_on_its_pages(
    any_incident, setting, partner, town, client_as
) -> None:
    client, at = client_as(partner), base(any_incident)
    data = {
        "kind": "damage", "via": "window", "asked_on": "2025-08-10", "struck_on": "2025-08-01",
        "applicant": "髙橋花子", "address": "川北町本町", "place": "川北町本町1丁目2番3号", "head": "髙橋太郎",
        "head_address": "川北町本町",
    }  # fmt: skip
    page = client.post(at + "new/", data, follow=True)
    mode = any_incident.get_mode_display()
    assert f"【{mode}】罹災証明書の申請 第1号を保存しました。" in text(page)
    assert "調査した家屋がまだ決まっていません" in text(page)
    decided(partner, any_incident, town)
    steps = [
        ("house", {"house": "1"}), ("tell", {}), ("issue", {"remark": "床上浸水"}), ("deliver", {"reason": "窓口"}),
        ("object", {"reason": "2階も浸水した"}),
    ]  # fmt: skip
    for key, more in steps:
        form = client.get(f"{at}1/steps/{key}/")
        version = form.context["outcome"].sheet.form.initial["version"]
        done = client.post(f"{at}1/steps/{key}/", {"on": "2025-08-21", "version": version} | more)
        assert done.status_code == 302, text(done)
    page = text(client.get(f"{at}1/"))
    assert "再調査の申請" in page
    assert "新しい調査を行い" in page
    assert [each.key for each in CertificateStep.objects.order_by("id")] == [
        "applied", "house", "told", "issued", "delivered", "objected",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_paper_has_the_items_of_the_form_and_an_exercise_says_so(
    any_incident, setting, partner, town, client_as
) -> None:
    row = issued(partner, any_incident, town)
    answer = client_as(partner).get(f"{base(any_incident)}{row.number}/papers/1.pdf")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    said = "".join(pages).replace(" ", "").replace("\n", "")
    for words in ("り証第1", "髙橋太郎", "中規模半壊", "川北町長", "北川一郎", "令和7年8月20日", "罹災原因"):
        assert words in said, words
    made = Certificate.objects.get()
    assert made.mark in "".join(pages)
    exercise = EXERCISE.replace(" ", "")
    if any_incident.is_exercise:
        assert all("訓練" in page for page in pages)
        assert exercise in said
    else:
        assert exercise not in said
        assert "訓練" not in said
    name = "%E8%A8%93%E7%B7%B4" if any_incident.is_exercise else "%E5%AE%9F%E7%81%BD%E5%AE%B3"
    assert name in answer["Content-Disposition"]
    assert PersonalAccess.objects.filter(deed="print").count() == 1
    word = client_as(partner).get(f"{base(any_incident)}{row.number}/papers/1.docx")
    assert word.content[:2] == b"PK"


@pytest.mark.slow
def test_only_the_stricken_town_does_and_sees_anything(
    incident, setting, partner, other_partner, secretariat, viewer, town, client_as
) -> None:
    row = issued(partner, incident, town)
    for who in (other_partner, secretariat, viewer):
        client = client_as(who)
        for path in ("", "1/", "1/edit/", "new/", "setting/", "check/", "register.csv", "1/papers/1.pdf"):
            assert client.get(base(incident) + path).status_code == 404, path
        assert client.post(f"{base(incident)}1/steps/issue/", {"on": "2025-08-21"}).status_code == 404
        with pytest.raises(Denied):
            actions.issue(who, row, date(2025, 8, 21), None, "理由")
        with pytest.raises(Denied):
            actions.apply(who, incident, town, DRAFT)
        overview = text(client.get(f"/desk/aoba/disaster/incidents/{incident.slug}/certificates/"))
        assert "川北町" in overview
        assert "髙橋" not in overview


def test_the_database_shows_another_town_nothing(incident, setting, partner, town, towns, in_region) -> None:
    issued(partner, incident, town)
    with scope(region=in_region, towns={towns["星野町"].pk}):
        assert not CertificateApplication.objects.exists()
        assert not Certificate.objects.exists()
        assert not CertificateStep.objects.exists()


def test_without_a_decision_or_a_confirmation_nothing_is_issued(incident, setting, partner, town) -> None:
    row = actions.apply(partner, incident, town, DRAFT)
    with pytest.raises(WrongInput, match="家屋がまだ決まっていません"):
        actions.issue(partner, row, ASKED, row.version)
    house = stored_house(partner, incident, town)
    row = actions.link_house(partner, row, 1, ASKED, row.version)
    with pytest.raises(WrongInput, match="まだ決定していません"):
        actions.issue(partner, row, ASKED, row.version)
    doubtful = {
        "structure": "wood", "storeys": 1, "hazard": "earthquake", "date": "2025-08-01", "tilt_mm": [30, 30, 30, 30],
        "parts": [],
    }  # fmt: skip
    survey = stored_survey(partner, house, doubtful)
    asked = survey.result["needs_confirmation"]
    assert asked
    settled(partner, house, survey)
    with pytest.raises(WrongInput, match="確かめていない基準があります"):
        actions.issue(partner, row, ASKED, row.version)
    settled(partner, house, survey, [{**each, "by": "町長"} for each in asked])
    made = actions.issue(partner, row, ASKED, row.version)
    assert made.class_name == survey.result["class"]
    assert len(made.form["confirmed"]) == len(asked)


def test_without_the_mayor_nothing_is_issued(incident, partner, town) -> None:
    row = actions.apply(partner, incident, town, REPORT)
    with pytest.raises(WrongInput, match="発行の設定"):
        actions.issue(partner, row, ASKED, row.version)


def test_self_assessment_by_photos_is_the_lightest_class_alone(incident, setting, partner, town) -> None:
    row = actions.apply(partner, incident, town, replace(DRAFT, self_reported=True))
    made = actions.issue(partner, row, ASKED, row.version)
    assert made.class_key == "partial"
    assert made.survey is None
    row = actions.object_to(partner, again(row), ASKED, "もっとひどい", None)
    assert row.self_reported is False
    with pytest.raises(WrongInput, match="家屋がまだ決まっていません"):
        actions.issue(partner, row, ASKED, None, "再調査")


@pytest.mark.slow
def test_after_an_objection_a_new_survey_is_needed_and_the_first_stays_replaced(
    incident, setting, partner, town, client_as
) -> None:
    row = issued(partner, incident, town)
    row = actions.object_to(partner, row, date(2025, 8, 25), "2階も浸水した", row.version)
    with pytest.raises(WrongInput, match="新しい調査"):
        actions.issue(partner, row, date(2025, 8, 26), row.version, "再調査の結果")
    house = row.house
    worse = stored_survey(partner, house, FLOODED | {"depth_above_floor_m": "1.9"}, round="again")
    settled(partner, house, worse, worse.result["needs_confirmation"])
    with pytest.raises(WrongInput, match="差し替える理由"):
        actions.issue(partner, row, date(2025, 8, 30), row.version)
    made = actions.issue(partner, row, date(2025, 8, 30), row.version, "再調査の結果による")
    first = Certificate.objects.get(number=1)
    assert (made.number, made.class_name, made.replaces) == (2, "全壊", first)
    assert (first.state, first.class_name, first.replaced_on) == (
        "差替え済み",
        "中規模半壊",
        date(2025, 8, 30),
    )
    page = text(client_as(partner).get(f"{base(incident)}1/"))
    assert "青木さんは、同じ家屋を前にも調査しています" in page
    assert "第1号を差替え" in page
    old = client_as(partner).get(f"{base(incident)}1/papers/1.pdf")
    assert "差替え済み" in PdfReader(io.BytesIO(old.content)).pages[0].extract_text()


def test_a_certificate_is_never_changed_in_the_database(incident, setting, partner, town) -> None:
    issued(partner, incident, town)
    made = Certificate.objects.get()
    for changes in ({"class_name": "全壊"}, {"issued_on": date(2025, 9, 1)}, {"digest": "1" * 64}):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Certificate.objects.filter(pk=made.pk).update(**changes)
    with pytest.raises(IntegrityError, match="mode of a record"), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).update(mode="exercise")


def test_a_report_says_no_class_and_needs_no_survey(incident, setting, partner, town, client_as) -> None:
    row = actions.apply(partner, incident, town, REPORT)
    made = actions.issue(partner, row, ASKED, row.version)
    assert (made.kind, made.class_name) == ("report", "")
    answer = client_as(partner).get(f"{base(incident)}1/papers/1.pdf")
    said = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "被災証明書" in said
    assert "車庫の屋根が飛んだ。" in said
    assert "半壊" not in said
    with pytest.raises(WrongInput, match="再調査はありません"):
        actions.object_to(partner, again(row), ASKED, "不服", None)


def test_what_was_withdrawn_stays_and_takes_no_more_steps(incident, setting, partner, town) -> None:
    row = issued(partner, incident, town)
    row = actions.revoke(partner, row, date(2025, 8, 21), "氏名の誤り", row.version)
    assert Certificate.objects.get().state == "取消し"
    made = actions.issue(partner, row, date(2025, 8, 22), None)
    assert (made.number, made.replaces) == (2, None)
    row = actions.withdraw(partner, again(row), date(2025, 8, 23), "申出による", None)
    assert {each.state for each in Certificate.objects.all()} == {"取消し"}
    with pytest.raises(WrongInput, match="取り下げた申請"):
        actions.issue(partner, row, date(2025, 8, 24), None)


def test_whoever_comes_second_is_told(incident, setting, partner, town) -> None:
    row = issued(partner, incident, town)
    actions.deliver(partner, row, date(2025, 8, 21), row.version)
    with pytest.raises(Stale):
        actions.deliver(partner, row, date(2025, 8, 21), row.version)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_two_officers_at_once_give_each_application_one_number(
    incident, setting, partner, town, in_region
) -> None:
    rows = [actions.apply(partner, incident, town, REPORT) for _ in range(4)]
    start, failed = threading.Barrier(8), []

    def act(row) -> None:
        try:
            with scope(region=in_region, towns={town.pk}):
                start.wait()
                actions.issue(partner, row, ASKED, row.version)
        except (Stale, WrongInput) as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(row,)) for row in rows * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Certificate.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert len(failed) == 4
    assert Certificate.objects.values("application").distinct().count() == 4


def test_a_name_is_found_however_it_is_written_and_the_search_is_written_down(
    incident, setting, partner, town, client_as
) -> None:
    actions.apply(partner, incident, town, DRAFT)
    actions.apply(
        partner, incident, town, replace(REPORT, applicant="鈴木", kana="すずき", head="鈴木", place="南町")
    )
    for words, found in (
        ("高橋花子", 1),
        ("タカハシ", 1),
        ("本町", 1),
        ("すずき", 1),
        ("鈴", 1),
        ("山田", 0),
        ("2", 2),
    ):
        rows = queries.register_of(incident, town, Asked(text=words))
        assert len(rows) == found, words
    page = client_as(partner).get(base(incident), {"q": "髙橋"})
    assert "髙橋花子" in text(page)
    assert PersonalAccess.objects.filter(deed="search", people=1).count() == 1


def test_the_register_is_handed_out_to_the_town_with_a_trace(
    incident, setting, partner, town, client_as
) -> None:
    issued(partner, incident, town)
    for form in ("csv", "xlsx"):
        answer = client_as(partner).get(f"{base(incident)}register.{form}")
        assert "%E5%AE%9F%E7%81%BD%E5%AE%B3" in answer["Content-Disposition"]
    rows = client_as(partner).get(f"{base(incident)}register.csv").content.decode("utf-8-sig").splitlines()
    assert "中規模半壊" in rows[1]
    assert "実災害" in rows[1]
    assert PersonalAccess.objects.filter(deed="export").count() == 3
    assert client_as(partner).get(f"{base(incident)}register.pdf").status_code == 404


def test_the_log_names_no_person(incident, setting, partner, town) -> None:
    issued(partner, incident, town)
    for entry in LogEntry.objects.filter(verb__contains="certificate"):
        said = f"{entry.text}{entry.before}{entry.after}"
        assert "髙橋" not in said
        assert "本町" not in said


@pytest.mark.slow
def test_the_region_reads_counts_by_class_and_how_long_it_took(
    incident, drill, setting, partner, town, in_region, secretariat, client_as
) -> None:
    issued(partner, incident, town)
    actions.apply(partner, incident, town, DRAFT)
    issued(partner, drill, town, number=1)
    row = next(each for each in queries.counts_of(incident) if each.town == town)
    assert (row.applications, row.issued, row.waiting, row.too_long, row.days) == (2, 1, 1, 1, 10.0)
    assert row.by_class == {"middle_half": 1}
    page = text(client_as(secretariat).get(f"/desk/aoba/disaster/incidents/{incident.slug}/certificates/"))
    assert "災害対策基本法第90条の2" in page
    picture = client_as(secretariat).get(
        f"/desk/aoba/disaster/incidents/{incident.slug}/certificates/classes.svg"
    )
    assert b"<svg" in picture.content


def test_what_waits_too_long_is_listed_the_oldest_first(incident, setting, partner, town, client_as) -> None:
    late = actions.apply(partner, incident, town, replace(DRAFT, asked_on=today() - timedelta(days=5)))
    old = actions.apply(partner, incident, town, replace(DRAFT, asked_on=today() - timedelta(days=50)))
    asked = Asked(waits=True, days=3)
    assert [each.number for each in queries.register_of(incident, town, asked)] == [old.number, late.number]
    assert [each.number for each in queries.register_of(incident, town, Asked(waits=True))] == [old.number]


def test_a_paper_is_checked_by_its_mark(incident, setting, partner, town, client_as) -> None:
    row = issued(partner, incident, town)
    made = Certificate.objects.get()
    client, at = client_as(partner), f"{base(incident)}check/"
    asked = {"kind": "damage", "number": "1", "check": made.mark.upper()}
    assert "合っています" in text(client.get(at, asked))
    assert "合いません" in text(client.get(at, asked | {"check": "0000-0000-0000"}))
    assert client.get(at, asked | {"number": "x"}).status_code == 422
    actions.revoke(partner, row, date(2025, 8, 21), "誤り", row.version)
    assert "いまは有効ではありません" in text(client.get(at, asked))


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"kind": "x"}, "kind"), ({"applicant": " "}, "applicant"), ({"place": ""}, "place"),
        ({"asked_on": date(2025, 7, 1)}, "asked_on"), ({"asked_on": date(2999, 1, 1)}, "asked_on"),
        ({"head": ""}, "head"), ({"kind": "report"}, "things"),
        ({"kind": "report", "things": "塀", "self_reported": True}, "self_reported"),
    ],
)  # fmt: skip
def test_a_wrong_application_is_refused_at_its_field(incident, partner, town, changes, column) -> None:
    with pytest.raises(WrongInput) as caught:
        actions.apply(partner, incident, town, replace(DRAFT, **changes))
    assert caught.value.column == column
    assert not CertificateApplication.objects.exists()


def test_the_purge_takes_the_persons_and_leaves_the_counts(
    incident, setting, partner, town, client_as
) -> None:
    row = issued(partner, incident, town)
    overdue = Retention(
        region=incident.region, incident=incident, municipality=town, purge_on=today(), basis="規程"
    )
    with verb(privacy.SYSTEM, "testing.retention", quiet=True) as act:
        act.save(overdue)
    assert privacy.purge_due() == 1
    row = again(row)
    assert row.sealed is None
    assert row.name_print == ""
    assert Certificate.objects.get().sealed is None
    history = CertificateApplication._meta.apps.get_model("disaster", "CertificateApplicationEvent")
    assert not history._base_manager.filter(sealed__isnull=False).exists()
    assert "消去済み" in text(client_as(partner).get(f"{base(incident)}1/"))
    assert client_as(partner).get(f"{base(incident)}1/papers/1.pdf").status_code == 404
    assert next(each for each in queries.counts_of(incident) if each.town == town).issued == 1
    with pytest.raises(WrongInput, match="新しい申請は受け付けられません"):
        actions.apply(partner, incident, town, DRAFT)
    with pytest.raises(WrongInput, match="消去しました"):
        actions.deliver(partner, row, today(), row.version)


def test_a_town_may_keep_certificates_longer_than_the_rest(
    incident, setting, partner, town, in_region
) -> None:
    longer = replace(SETTING, keep_years=50, keep_basis="文書管理規程（架空）")
    saved = actions.save_setting(partner, in_region, town, longer, setting.version)
    row = issued(partner, incident, town)
    overdue = Retention(
        region=incident.region, incident=incident, municipality=town, purge_on=today(), basis="規程"
    )
    with verb(privacy.SYSTEM, "testing.retention", quiet=True) as act:
        act.save(overdue)
    privacy.purge_due()
    assert again(row).sealed is not None
    assert actions.purge_kept() == 0
    with verb(privacy.SYSTEM, "testing.setting", quiet=True) as act:
        saved.keep_years = None
        saved.keep_basis = ""
        act.save(saved)
    assert actions.purge_kept() == 1
    assert again(row).sealed is None
    with pytest.raises(WrongInput, match="根拠"):
        actions.save_setting(partner, in_region, town, replace(SETTING, keep_years=5), None)


def test_a_house_of_another_town_or_incident_is_never_tied(
    incident, drill, setting, partner, other_partner, town, towns, in_region
) -> None:
    with scope(region=in_region, towns={towns["星野町"].pk, town.pk}):
        foreign = stored_house(other_partner, incident, towns["星野町"])
        row = actions.apply(partner, incident, town, DRAFT)
        with pytest.raises(WrongInput, match="この事案にありません"):
            actions.link_house(partner, row, 1, ASKED, row.version)
        with pytest.raises(IntegrityError, match="house of its incident"), transaction.atomic():
            CertificateApplication.objects.filter(pk=row.pk).update(house=foreign)
        practice = stored_house(partner, drill, town)
        with pytest.raises(IntegrityError, match="house of its incident"), transaction.atomic():
            CertificateApplication.objects.filter(pk=row.pk).update(house=practice)


def test_a_visitor_and_another_region_see_nothing(incident, setting, neighbour, client_as, client) -> None:
    assert client_as(neighbour).get(base(incident)).status_code == 404
    assert base(incident, HOSHINO) != base(incident)
