"""The list of people who need help: a town's own, sealed, read from files whole, erased when its days are over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django_scopes import scope, scopes_disabled
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.actions.shelters import ShelterDraft, SpaceDraft, save_shelter
from keniki.apps.disaster.actions.support import people, plans
from keniki.apps.disaster.models import Consent, PersonalAccess, SupportPerson, SupportPlan
from keniki.apps.disaster.queries.support import people as queries
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput
from keniki.site.postgres import bypasses_row_security

from .supported import DAY, HANAKO, JIRO, TARO

BASE = f"/desk/aoba/disaster/support/{KAWAKITA}/"
PLAN = plans.PlanDraft(
    "川北小学校", route="表の道", medicines="インスリン", agreed_on=DAY, share=Consent.GIVEN, share_on=DAY,
    helpers=(plans.Helper("隣の人", phone="0126-00-0009", role="車で送る", consent=True),),
)  # fmt: skip


@pytest.fixture
def town(region, towns) -> Iterator[object]:
    """川北町, whose rows about persons are in scope."""
    with scope(region=region, towns={towns["川北町"].pk}):
        yield towns["川北町"]


@pytest.fixture
def hanako(town, region, partner) -> SupportPerson:
    return people.save_person(partner, region, town, HANAKO)


@pytest.mark.slow
def test_only_the_towns_own_people_come_in(
    hanako, town, region, towns, partner, other_partner, secretariat, viewer, client_as
) -> None:
    pages = (
        "",
        "people/1/",
        "people/1/edit/",
        "people/1/plan/",
        "bodies/",
        "sharings/",
        "districts/",
        "load/",
        "rules/",
    )
    for actor in (other_partner, secretariat, viewer):
        client = client_as(actor)
        assert [client.get(BASE + page).status_code for page in pages] == [404] * len(pages)
        with pytest.raises(Denied):
            people.save_person(actor, region, town, TARO)
    client = client_as(partner)
    assert [client.get(BASE + page).status_code for page in pages] == [200] * len(pages)
    shown = client_as(secretariat).get("/desk/aoba/disaster/support/").content.decode()
    assert "山田" not in shown
    assert [row.people for row in queries.numbers_of(region) if row.town == town] == [1]
    assert client_as(other_partner).get(f"/desk/aoba/disaster/support/{HOSHINO}/").status_code == 200


def test_the_server_keeps_the_list_from_other_towns(hanako, region, towns) -> None:
    if bypasses_row_security():
        pytest.skip("the database role is above row security")
    with scope(region=region, towns={towns["星野町"].pk}):
        assert not SupportPerson.objects.exists()
    with scopes_disabled(), connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM disaster_supportperson")
        assert "山田".encode() not in bytes(cursor.fetchone()[0])


def test_every_look_is_written_down_and_the_log_names_nobody(hanako, partner, client_as, region) -> None:
    client = client_as(partner)
    client.get(f"{BASE}?words=やまだ")
    client.get(f"{BASE}people/1/")
    assert client.post(f"{BASE}data/", {"purpose": ""}).status_code == 302
    sent = client.post(f"{BASE}data/", {"purpose": "避難訓練の準備"})
    assert "山田花子" in sent.content.decode("utf-8-sig")
    looks = list(PersonalAccess.objects.order_by("pk").values_list("deed", "key", "people", "purpose"))
    assert looks == [("search", "", 1, ""), ("record", "1", 1, ""), ("export", "", 1, "避難訓練の準備")]
    assert all("山田" not in each.text for each in LogEntry.objects.all())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "氏名"), ({"address": ""}, "住所"), ({"reasons": ()}, "事由"), ({"reasons": ("x",)}, "事由"),
        ({"consent_on": None}, "確認した日"), ({"birth": date(2999, 1, 1)}, "生年月日"), ({"sex": "x"}, "性別"),
        ({"listed_on": date(2999, 1, 1)}, "まだ来ていない日"),
    ],
)  # fmt: skip
def test_what_no_person_may_be(town, region, partner, changes, said) -> None:
    with pytest.raises(WrongInput, match=said):
        people.save_person(partner, region, town, replace(HANAKO, **changes))
    assert not SupportPerson.objects.exists()


def test_two_at_once_and_the_same_person_twice(hanako, town, region, partner) -> None:
    with pytest.raises(WrongInput, match="同じ氏名"):
        people.save_person(partner, region, town, HANAKO)
    people.save_person(partner, region, town, replace(HANAKO, phone="1"), hanako, 1)
    with pytest.raises(Stale):
        people.save_person(partner, region, town, replace(HANAKO, phone="2"), hanako, 1)
    hanako.refresh_from_db()
    same = people.save_person(partner, region, town, replace(HANAKO, phone="1"), hanako, 2)
    assert same.version == 2


def csv(*rows: dict[str, str]) -> bytes:
    heads = list(dict.fromkeys(head for row in rows for head in row))
    return write_csv([heads, *([row.get(head, "") for head in heads] for row in rows)]).data


ROW = {
    "番号": "A1",
    "氏名": "山田花子",
    "生年月日": "S13.4.1",
    "住所": "川北町東1-2",
    "事由": "要介護、難病",
    "同意": "同意",
    "確認日": "R6.8.5",
}
MAPPING = "番号＝市町村の番号\n事由=支援を要する事由\n同意＝平時の提供への同意\n確認日＝同意を確認した日"


def load(client, data: bytes, mapping: str = MAPPING):
    return client.post(
        f"{BASE}load/",
        {"file": SimpleUploadedFile("名簿.csv", data, "text/csv"), "mapping": mapping},
        follow=True,
    )


def test_a_file_is_read_whole_with_the_towns_own_headings(town, partner, client_as) -> None:
    client = client_as(partner)
    other = ROW | {"番号": "A2", "氏名": "佐藤太郎", "同意": "", "確認日": ""}
    assert "新規2人" in load(client, csv(ROW, other)).content.decode()
    assert "変更1人、変更なし1人" in load(client, csv(ROW | {"氏名": "山田花代"}, other)).content.decode()
    found = SupportPerson.objects.get(number=1)
    assert (found.sealed["name"], found.sealed["birth"], found.consent) == ("山田花代", "1938-04-01", "given")
    assert found.sealed["reasons"] == ["care", "illness"]
    assert "A1" not in found.own_id


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"氏名": ""}, "3行目「氏名」"), ({"生年月日": "きのう"}, "3行目「生年月日」"),
        ({"事由": "元気"}, "3行目「支援を要する事由」"),
        ({"確認日": ""}, "3行目「同意を確認した日」"), ({"同意": "たぶん"}, "3行目「平時の提供への同意」"),
        ({"番号": "A1"}, "2行目と同じ人"),
    ],
)  # fmt: skip
def test_one_wrong_row_and_nothing_is_read(town, partner, client_as, changes, said) -> None:
    other = ROW | {"番号": "A2", "氏名": "佐藤太郎"} | changes
    answer = load(client_as(partner), csv(ROW, other))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SupportPerson.objects.exists()


def test_broken_files_and_wrong_mappings_are_told(town, partner, client_as) -> None:
    client = client_as(partner)
    assert "見出し「支援を要する事由」の列がありません" in load(client, csv(ROW), "").content.decode()
    assert "1行目：" in load(client, csv(ROW), "事由→理由").content.decode()
    assert "見出し「ない」の列がファイルにありません" in load(client, csv(ROW), "ない＝備考").content.decode()
    assert load(client, b"PK\x03\x04xx").status_code == 422
    assert load(client, b"").status_code == 422


def test_what_comes_out_goes_in_again(hanako, town, region, partner, client_as) -> None:
    client = client_as(partner)
    sent = client.post(f"{BASE}data/", {"purpose": "確認"}).content
    assert "変更なし1人" in load(client, sent, "").content.decode()


@pytest.mark.slow
def test_a_plan_is_made_printed_and_counted(hanako, town, region, partner, client_as) -> None:
    draft = replace(PLAN, agreed_on=None, share=Consent.UNKNOWN, share_on=None)
    made = plans.save_plan(partner, hanako, draft)
    assert [row.plans for row in queries.numbers_of(region) if row.town == town] == [0]
    with pytest.raises(Stale):
        plans.save_plan(partner, hanako, PLAN, 7)
    plans.save_plan(partner, hanako, PLAN, made.version)
    assert [(row.plans, row.share) for row in queries.numbers_of(region) if row.town == town] == [(1, 100)]
    client = client_as(partner)
    page = client.get(f"{BASE}people/1/").content.decode()
    assert "インスリン" in page
    pdf = client.get(f"{BASE}people/1/plan.pdf")
    text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "川北小学校" in text
    assert "隣の人" in text
    assert client.get(f"{BASE}people/1/plan.docx").status_code == 200
    assert client.get(f"{BASE}people/1/plan.xlsx").status_code == 404
    assert client.get("/desk/aoba/disaster/support/chart.svg").status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"destination": " "}, "避難先"), ({"share_on": None}, "確認した日"), ({"agreed_on": None}, "作成に同意"),
        ({"agreed_on": date(2999, 1, 1)}, "まだ来ていない日"), ({"helpers": (plans.Helper(" "),)}, "支援する人"),
    ],
)  # fmt: skip
def test_what_no_plan_may_be(hanako, partner, changes, said) -> None:
    with pytest.raises(WrongInput, match=said):
        plans.save_plan(partner, hanako, replace(PLAN, **changes))
    assert not SupportPlan.objects.exists()


@pytest.mark.slow
def test_forms_keep_what_was_typed_and_go_the_whole_way(town, partner, client_as) -> None:
    client = client_as(partner)
    sent = {"name": "山田花子", "address": "", "reasons": ["care"], "consent": "unknown", "needs": "車いす"}
    wrong = client.post(f"{BASE}people/new/", sent)
    assert wrong.status_code == 422
    assert "車いす" in wrong.content.decode()
    made = client.post(f"{BASE}people/new/", sent | {"address": "川北町東1"}, follow=True).content.decode()
    assert "名簿第1号を保存しました" in made
    plan = {
        "destination": "川北小学校", "share": "unknown", "revised_on": "2024-08-05", "helpers-TOTAL_FORMS": "1",
        "helpers-INITIAL_FORMS": "0", "helpers-0-name": "隣の人", "helpers-0-consent": "on",
    }  # fmt: skip
    assert client.post(f"{BASE}people/1/plan/", plan | {"destination": ""}).status_code == 422
    assert "隣の人" in client.post(f"{BASE}people/1/plan/", plan, follow=True).content.decode()
    assert client.post(f"{BASE}people/1/plan/", plan | {"version": "9"}).status_code == 409
    assert client.post(f"{BASE}people/1/edit/", sent | {"address": "x", "version": "9"}).status_code == 409
    gone = client.post(
        f"{BASE}people/1/remove/", {"why": "moved", "version": "1"}, follow=True
    ).content.decode()
    assert "名簿から外した人です" in gone
    rules = {"keep_days": "30", "keep_basis": "", "ordinance": ""}
    assert client.post(f"{BASE}rules/", rules).status_code == 422
    assert (
        "保存しました"
        in client.post(f"{BASE}rules/", rules | {"keep_basis": "規程"}, follow=True).content.decode()
    )


def test_who_left_the_list_is_erased_when_the_days_are_over(hanako, town, region, partner) -> None:
    plans.save_plan(partner, hanako, PLAN)
    people.remove_person(partner, hanako, "moved", 1)
    assert people.erase_due() == 0
    people.save_town(partner, region, town, people.TownDraft(keep_days=30, keep_basis="規程（架空）"))
    assert people.erase_due() == 0
    SupportPerson.objects.update(removed_on=today() - timedelta(days=30))
    assert people.erase_due() == 1
    assert people.erase_due() == 0
    hanako.refresh_from_db()
    assert (hanako.sealed, hanako.erased_on, hanako.number) == (None, today(), 1)
    assert not SupportPlan.objects.exists()
    assert (
        "1人の内容を消去（規程（架空））" in LogEntry.objects.get(verb="disaster.erase_support_people").text
    )


@pytest.mark.slow
def test_the_number_of_the_list_becomes_the_districts_figure(town, region, partner, client_as) -> None:
    district = save_district(partner, region, DistrictDraft(town, "東区", residents=1, vulnerable=0))
    people.save_person(partner, region, town, replace(HANAKO, district=district))
    client = client_as(partner)
    assert "名簿の人数にする" in client.get(f"{BASE}districts/").content.decode()
    path = f"{BASE}districts/{district.slug}/take/"
    assert "更新しました" in client.post(path, {"version": "9"}, follow=True).content.decode()
    assert "要配慮者を1人にしました" in client.post(path, {"version": "1"}, follow=True).content.decode()
    people.save_person(partner, region, town, replace(JIRO, district=district))
    assert "居住者（1人）より多い" in client.post(path, {"version": "2"}, follow=True).content.decode()
    district.refresh_from_db()
    assert district.vulnerable == 1


def test_welfare_shelters_stand_beside_the_list(hanako, town, region, partner) -> None:
    def numbers() -> tuple[int, int | None, int | None]:
        row = next(each for each in queries.numbers_of(region) if each.town == town)
        return row.welfare, row.places, row.missing

    assert numbers() == (0, None, None)
    save_shelter(
        partner,
        region,
        ShelterDraft(town, "福祉センター", is_welfare=True),
        [SpaceDraft("和室", "room", capacity=0)],
    )
    assert numbers() == (1, 0, 1)
