"""The reception of shelters: who arrives, goes and comes back; the own town's people only; never mixed with a drill."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import uuid4

import pytest
from django_scopes import scope
from python_calamine import CalamineWorkbook

from keniki.analysis import merging, reception
from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.disaster.actions.events import Saying, record_together
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.actions.reception.persons import (
    FamilyDraft,
    PersonDraft,
    Stay,
    check_in,
    join_persons,
    scan_in,
    set_presence,
)
from keniki.apps.disaster.models import Event, Incident, PersonalAccess
from keniki.apps.disaster.queries.reception.numbers import needs_by_shelter
from keniki.apps.disaster.queries.reception.people import Roll
from keniki.apps.disaster.queries.states import headcounts_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .boarded import halls
from .test_incidents import DRILL, RAIN

HALL = Stay(place="shelter:kita")


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, RAIN)


@pytest.fixture
def drill(in_region, secretariat) -> Incident:
    return save_incident(secretariat, in_region, DRILL)


@pytest.fixture
def shelters(in_region, towns, secretariat):
    return halls(in_region, towns, secretariat)


@pytest.fixture
def desk(in_region, towns):
    """Within the scope of 川北町's officers, as its pages are."""
    with scope(region=in_region, towns={towns["川北町"].pk}):
        yield towns["川北町"]


def base(incident: Incident, code: str = KAWAKITA) -> str:
    return f"{incident.get_absolute_url()}reception/{code}/"


def family(*names: str, **values) -> FamilyDraft:
    return FamilyDraft(
        [PersonDraft({"name": name, **values}) for name in names], {"phone": "0126"}, uuid4().hex[:16]
    )


def typed(**more: str) -> dict[str, str]:
    """A family of two as the page sends it."""
    return {
        "shelter": "shelter:kita", "where": "", "since": "", "nonce": "0123456789abcdef", "home": KAWAKITA,
        "address": "本町1（架空）", "phone": "0126-00-0000", "dogs": "1",
        "persons-TOTAL_FORMS": "2", "persons-INITIAL_FORMS": "0",
        "persons-0-name": "山田 花子", "persons-0-kana": "ヤマダ ハナコ", "persons-0-birth": "1950-01-31",
        "persons-0-diet": "egg", "persons-0-care": "wheelchair",
        "persons-1-name": "山田 太郎", "persons-1-age": "80", "persons-1-medicine": "インスリン",
    } | more  # fmt: skip


def at(incident: Incident) -> tuple[int, int]:
    count = headcounts_of(incident).places.get("shelter:kita")
    return (count.low, count.high) if count else (0, 0)


@pytest.mark.slow
def test_a_family_is_checked_in_once_however_often_the_form_comes(
    incident, partner, shelters, client_as
) -> None:
    client = client_as(partner)
    first = client.post(f"{base(incident)}check-in/", typed(), follow=True)
    text = first.content.decode()
    assert "【実災害】2人を受け付けました。" in text
    assert "山田 花子" in text
    assert "山田 太郎" in text
    again = client.post(f"{base(incident)}check-in/", typed(), follow=True)
    assert "既に受け付けています" in again.content.decode()
    assert at(incident) == (2, 2)
    listed = client.get(f"{base(incident)}people/?q=やまだ").content.decode()
    assert "山田 花子" in listed
    assert "卵" in listed
    assert "山田 花子" not in client.get(f"{base(incident)}people/?q=すずき").content.decode()
    assert (
        "山田 花子"
        in client.get(f"{base(incident)}people/?needs=wheelchair&shelter=shelter:kita").content.decode()
    )


@pytest.mark.slow
def test_what_is_wrong_in_the_form_stands_at_its_field_and_nothing_is_lost(
    incident, partner, shelters, client_as
) -> None:
    client = client_as(partner)
    answer = client.post(
        f"{base(incident)}check-in/", typed(**{"persons-0-birth": "1950-13-31", "persons-1-name": ""})
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "1950-13-31" in text
    assert "氏名、カナ、受付カードのどれかを入力してください。" in text
    assert at(incident) == (0, 0)
    nowhere = client.post(f"{base(incident)}check-in/", typed(shelter="", where=""))
    assert nowhere.status_code == 422
    assert "避難所以外の滞在先" in nowhere.content.decode()


@pytest.mark.slow
def test_people_in_cars_are_checked_in_and_counted_apart(
    incident, desk, partner, shelters, client_as
) -> None:
    check_in(partner, incident, desk, Stay(where="駐車場の車"), family("佐藤 一郎"))
    assert headcounts_of(incident).places[None].low == 1
    assert "佐藤 一郎" in client_as(partner).get(f"{base(incident)}outside/").content.decode()


@pytest.mark.slow
def test_a_card_is_one_person_wherever_it_is_scanned(incident, desk, partner, shelters, client_as) -> None:
    token = reception.new_card("real")
    client = client_as(partner)
    data = {"code": reception.code_of("card", token), "shelter": "shelter:kita"}
    assert "受け付けました" in client.post(f"{base(incident)}scan/", data).content.decode()
    assert (
        "既に受け付けています"
        in client.post(f"{base(incident)}scan/", data | {"code": reception.spelt(token)}).content.decode()
    )
    assert at(incident) == (1, 1)
    key = reception.person_id(str(incident.uid), reception.scan(token))
    assert Event.objects.filter(entity=f"person:{key}").count() == 1


def test_a_training_card_never_enters_a_real_incident(
    incident, drill, desk, partner, shelters, client_as
) -> None:
    with pytest.raises(WrongInput, match="訓練用のカードです。実災害の受付には使えません。"):
        scan_in(partner, incident, desk, reception.new_card("exercise"), HALL)
    with pytest.raises(WrongInput, match="実災害用のカードです。訓練の受付には使えません。"):
        scan_in(partner, drill, desk, reception.new_card("real"), HALL)
    answer = client_as(partner).post(
        f"{base(incident)}scan/", {"code": reception.new_card("exercise"), "shelter": "shelter:kita"}
    )
    assert answer.status_code == 422
    assert "訓練用のカードです" in answer.content.decode()
    assert at(incident) == at(drill) == (0, 0)


def test_a_familys_own_code_checks_everybody_in_once(incident, desk, partner, shelters) -> None:
    home = reception.Home(
        reception.new_home(),
        (reception.HomePerson("鈴木 一", diet=("egg",), birth="不明"), reception.HomePerson("鈴木 二")),
        phone="0126", home=HOSHINO, pets={"cat": 2},
    )  # fmt: skip
    code = reception.home_code(home)
    first = scan_in(partner, incident, desk, code, HALL)
    assert first.new
    assert not scan_in(partner, incident, desk, code, HALL).new
    assert at(incident) == (2, 2)
    roll = Roll(incident)
    assert roll.household(first.household.partition(":")[2] or first.household).pet_words == "猫2"
    assert [person.diet for person in roll.persons] == [("egg",), ()]


@pytest.mark.slow
def test_out_back_moved_and_gone(incident, drill, desk, partner, shelters, client_as) -> None:
    key = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    client, url = client_as(partner), f"{base(incident)}people/{key}/"

    def said(state: str, **more: str) -> str:
        text = client.get(url).content.decode()
        seen = re.search(r'name="seen" value="([^"]*)"', text)
        assert seen
        data = {"state": state, "seen": seen[1].replace("&quot;", '"'), "shelter": "shelter:kita"} | more
        return client.post(url, data, follow=True).content.decode()

    assert "外出中（川北町体育館）" in said("away")
    assert at(incident) == (0, 0)
    assert "滞在中（川北町体育館）" in said("in")
    assert "移った先の市町村の名簿に移りました" in said("in", shelter="shelter:hoshi")
    with scope(region=incident.region, towns=EVERY_TOWN):
        kinds = list(Event.objects.filter(entity=f"person:{key}").values_list("kind", flat=True))
    assert sorted(kinds) == ["person.away", "person.check_in", "person.move", "person.return"]
    assert headcounts_of(incident).places["shelter:hoshi"].low == 1
    assert headcounts_of(drill).total.high == 0


@pytest.mark.slow
def test_two_who_say_different_things_are_both_shown_until_somebody_decides(
    incident, desk, partner, shelters, client_as
) -> None:
    key = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    client, url = client_as(partner), f"{base(incident)}people/{key}/edit/"
    text = client.get(url).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', text)
    assert seen
    shown = {"seen": seen[1].replace("&quot;", '"')}
    for phone in ("0126-00-0001", "0126-00-0002"):
        client.post(url, shown | {"name": "山田 花子", "phone": phone})
    page = client.get(f"{base(incident)}people/{key}/").content.decode()
    assert "0126-00-0001／0126-00-0002" in page
    deciding = f"{base(incident)}decide/person/{key}/phone/"
    text = client.get(deciding).content.decode()
    assert "0126-00-0002" in text
    choices = re.findall(r'name="choice" value="([^"]+)"', text)
    seen = re.search(r'name="seen" value="([^"]*)"', text)
    assert seen
    client.post(deciding, {"choice": choices[0], "seen": seen[1].replace("&quot;", '"')})
    assert Roll(incident).person(key).conflicts == []


@pytest.mark.slow
def test_doubles_are_joined_by_a_person_and_count_once(incident, desk, partner, shelters, client_as) -> None:
    one = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    other = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    check_in(partner, incident, desk, HALL, family("山田 花子", age=9))
    assert at(incident)[1] == 3
    client = client_as(partner)
    assert "同じ人にする" in client.get(f"{base(incident)}doubles/").content.decode()
    client.post(f"{base(incident)}people/{one}/join/", {"other": other})
    assert len(Roll(incident).persons) == 2
    with pytest.raises(WrongInput, match="既に同じ人"):
        join_persons(partner, incident, desk, f"person:{one}", f"person:{other}")


@pytest.mark.slow
def test_of_a_common_name_the_last_two_are_found_too(incident, desk, partner, shelters) -> None:
    births = [*(f"{year}-04-01" for year in range(1951, 1980)), "1979-04-01"]
    draft = FamilyDraft(
        [PersonDraft({"name": "佐藤 実", "birth": birth}) for birth in births], nonce="c" * 16
    )
    check_in(partner, incident, desk, HALL, draft)
    [(one, other)] = Roll(incident).doubles()
    assert one.text("birth") == other.text("birth") == "1979-04-01"


@pytest.mark.slow
def test_a_mistake_is_taken_back_with_its_reason(incident, desk, partner, shelters, client_as) -> None:
    key = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    client, url = client_as(partner), f"{base(incident)}people/{key}/void/"
    assert client.post(url, {"reason": ""}).status_code == 422
    assert "取り消しました" in client.post(url, {"reason": "二重"}, follow=True).content.decode()
    assert at(incident) == (0, 0)
    client.post(url, {"reason": "誤り"})
    assert at(incident) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "",
        "people/",
        "people.csv",
        "outside/",
        "doubles/",
        "scan/",
        "check-in/",
        "people/{key}/",
        "people/{key}/edit/",
    ],
)
def test_other_towns_and_the_secretariat_find_no_desk(
    incident, desk, partner, shelters, client_as, other_partner, secretariat, viewer, path
) -> None:
    key = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    looks = PersonalAccess.objects.count()
    for actor in (other_partner, secretariat, viewer):
        answer = client_as(actor).get(base(incident) + path.format(key=key))
        assert answer.status_code == 404
        assert "山田" not in answer.content.decode()
    assert PersonalAccess.objects.count() == looks
    assert client_as(partner).get(base(incident) + path.format(key=key)).status_code == 200


def test_the_other_town_finds_nobody_by_key_or_name(
    incident, desk, partner, other_partner, shelters, client_as
) -> None:
    key = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    client = client_as(other_partner)
    for path in (f"people/{key}/", f"people/{key}/edit/", f"people/{key}/void/"):
        assert client.get(base(incident, HOSHINO) + path).status_code == 404
    assert "山田 花子" not in client.get(f"{base(incident, HOSHINO)}people/?q=山田").content.decode()


def test_every_look_is_written_down_and_names_nobody(incident, desk, partner, shelters, client_as) -> None:
    key = check_in(partner, incident, desk, HALL, family("山田 花子")).persons[0]
    client = client_as(partner)
    client.get(f"{base(incident)}people/?q=山田&purpose=家族の問い合わせ")
    client.get(f"{base(incident)}people/{key}/")
    client.get(f"{base(incident)}people.csv")
    rows = list(PersonalAccess.objects.order_by("id").values_list("deed", "people", "purpose"))
    assert rows == [("search", 1, "家族の問い合わせ"), ("record", 1, ""), ("export", 1, "")]
    assert not PersonalAccess.objects.filter(what__contains="山田").exists()


@pytest.mark.slow
def test_files_of_the_list_say_which_mode_they_are_of(drill, desk, partner, shelters, client_as) -> None:
    check_in(partner, drill, desk, HALL, family("山田 花子"))
    client = client_as(partner)
    answer = client.get(f"{base(drill)}people.csv")
    assert answer.content.decode("utf-8-sig").splitlines()[1].startswith("訓練,")
    for form in ("xlsx", "docx", "pdf"):
        answer = client.get(f"{base(drill)}people.{form}")
        assert answer.status_code == 200
        assert "%E8%A8%93%E7%B7%B4" in answer["Content-Disposition"]
    book = CalamineWorkbook.from_filelike(BytesIO(client.get(f"{base(drill)}people.xlsx").content))
    assert book.sheet_names == ["訓練_避難者名簿"]
    assert book.get_sheet_by_index(0).to_python()[1][:2] == ["訓練", "山田 花子"]


def test_needs_are_numbers_for_everybody_and_names_for_nobody(
    incident, desk, partner, secretariat, shelters, client_as
) -> None:
    draft = PersonDraft({"name": "山田 花子", "needs.diet.egg": True, "needs.care.wheelchair": True})
    check_in(partner, incident, desk, HALL, FamilyDraft([draft], nonce="a"))
    [row] = needs_by_shelter(incident)
    assert row.rows == (("食事", "卵", 1), ("介助・設備", "車いす", 1))
    text = client_as(secretariat).get(f"{incident.get_absolute_url()}reception/needs/").content.decode()
    assert "車いす" in text
    assert "山田" not in text
    front = client_as(secretariat).get(f"{incident.get_absolute_url()}reception/").content.decode()
    assert "人数だけを示しています" in front


def test_nobody_checks_in_for_another_town(
    incident, desk, towns, secretariat, other_partner, shelters
) -> None:
    for actor in (secretariat, other_partner):
        with pytest.raises(Denied):
            check_in(actor, incident, desk, HALL, family("山田 花子"))
    person = merging.Joined("person:x", ("person:x",), {}, False, False, False, (("person:x",),))
    with pytest.raises(Denied):
        set_presence(secretariat, incident, desk, person, Stay(state="left"), [])


def test_a_person_is_seen_before_the_record_of_the_household_has_arrived(
    client, incident, shelters, desk, partner
) -> None:
    """Devices send in any order: the persons of a family may come long before the family's own record."""
    client.force_login(partner.user)
    key, home = str(uuid4()), f"household:{uuid4()}"
    values = {"name": "山田 花子", "household": home, "presence": HALL.value()}
    record_together(partner, incident, [Saying(f"person:{key}", "person.check_in", values)])
    page = client.get(f"{base(incident)}people/{key}/").content.decode()
    family_page = f"{base(incident)}households/{home.partition(':')[2]}/"
    assert family_page in page
    assert "山田 花子の世帯" in client.get(family_page).content.decode()
    assert client.get(f"{base(incident)}households/{uuid4()}/").status_code == 404
    record_together(partner, incident, [Saying(home, "household.update", {"head": "山田 太郎"})])
    assert "山田 太郎の世帯" in client.get(family_page).content.decode()
