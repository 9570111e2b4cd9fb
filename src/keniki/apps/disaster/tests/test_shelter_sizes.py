"""The sizes of many shelters typed into one table: those that lack one, by whoever writes them, nothing lost."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from keniki.apps.accounts.models import LogEntry
from keniki.apps.disaster.actions import shelters as actions
from keniki.apps.disaster.actions.shelters import ShelterDraft, SpaceDraft
from keniki.apps.disaster.models import Shelter
from tests.filling import filled

URL = "/desk/aoba/disaster/shelters/sizes/"


@pytest.fixture
def places(in_region, secretariat, region, towns) -> dict[str, Shelter]:
    """A school whose gymnasium has no size, a hall with one, and in another town a house without spaces."""
    own, other = towns["川北町"], towns["星野町"]
    made = {
        "school": (ShelterDraft(own, "川北小学校", is_shelter=True), [SpaceDraft("体育館", heated=False)]),
        "hall": (
            ShelterDraft(own, "公民館", is_shelter=True),
            [SpaceDraft("ホール", floor_area=Decimal(300))],
        ),
        "house": (ShelterDraft(own, "集会所", is_site=True), []),
        "other": (ShelterDraft(other, "星野会館", is_shelter=True), []),
    }
    return {
        key: actions.save_shelter(secretariat, region, draft, spaces) for key, (draft, spaces) in made.items()
    }


def sent(client, entries: dict[str, str], address: str = URL) -> dict[str, str]:
    """The form as the page shows it, with the entries typed by the names of their shelters (`川北小学校 面積`)."""
    page = client.get(address).content.decode()
    rows = dict(re.findall(r'<label class="sr-only" for="id_(sizes-\d+)-name">(\S+)のスペースの名称', page))
    at = {name: prefix for prefix, name in rows.items()}
    typed = {}
    for key, value in entries.items():
        name, field = key.split()
        typed[f"{at[name]}-{field}"] = value
    return filled(page, address, typed)


def test_only_what_lacks_a_size_is_asked_and_what_is_typed_is_reckoned(client_as, secretariat, places):
    client = client_as(secretariat)
    page = client.get(URL).content.decode()
    assert [name in page for name in ("川北小学校", "公民館", "集会所", "星野会館")] == [
        True,
        False,
        True,
        True,
    ]
    form = sent(
        client, {"川北小学校 floor_area": "７００", "集会所 floor_area": "45.5", "集会所 heated": "yes"}
    )
    said = client.post(URL, form, follow=True).content.decode()
    assert "2か所の面積・人数・暖房を保存しました。" in said
    gym, house = places["school"].spaces.get(), places["house"].spaces.get()
    assert (gym.name, gym.floor_area, gym.heated) == ("体育館", Decimal(700), False)
    assert (house.name, house.floor_area, house.heated) == ("屋内全体", Decimal("45.5"), True)
    assert places["other"].spaces.count() == 0
    assert "川北小学校" not in re.sub(r"<nav.*?</nav>", "", said, flags=re.S).partition("<table")[2]
    texts = LogEntry.objects.filter(verb="disaster.save_sizes").values_list("text", flat=True)
    assert sorted(texts) == [
        f"青葉市 企画課 佐藤一郎 が（川北町分を代理入力） 川北町の避難所「{name}」のスペースを変更"
        for name in ("川北小学校", "集会所")
    ]


def test_every_space_is_shown_when_asked_and_a_town_sees_and_writes_its_own_alone(
    client_as, partner, other_partner, viewer, places
):
    client = client_as(partner)
    page = client.get(f"{URL}?every=on").content.decode()
    assert "公民館" in page
    assert "星野会館" not in page
    form = sent(client, {"公民館 capacity": "80"}, f"{URL}?every=on")
    assert client.post(f"{URL}?every=on", form).status_code == 302
    assert places["hall"].spaces.get().capacity == 80
    assert client_as(other_partner).post(URL, form).status_code == 403
    assert client_as(viewer).post(URL, form).status_code == 403


def test_a_row_somebody_else_changed_says_what_is_stored_and_the_others_are_not_half_saved(
    client_as, secretariat, partner, region, places
):
    client = client_as(secretariat)
    form = sent(client, {"川北小学校 floor_area": "700", "集会所 floor_area": "45"})
    gym = places["school"].spaces.get()
    theirs = [SpaceDraft("体育館", floor_area=Decimal(680), heated=True, id=gym.pk)]
    actions.save_shelter(partner, region, actions.draft_of(places["school"]), theirs, places["school"], 1)
    answer = client.post(URL, form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "いまの記録は、体育館（面積680m²）" in page
    assert 'value="700"' in page
    assert places["house"].spaces.count() == 0
    assert client.post(URL, filled(page, URL, {})).status_code == 302
    assert places["school"].spaces.get().floor_area == Decimal(700)
    assert places["house"].spaces.get().floor_area == Decimal(45)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("floor_area", "0", "面積は0より大きい数にしてください"),
        ("floor_area", "広い", "「広い」は0以上の数ではありません"),
        ("floor_area", "2000000", "面積は1,000,000m²以下にしてください"),
        ("floor_area", "10.123", "小数は2桁までにしてください"),
        ("capacity", "-5", "0 以上"),
    ],
)
def test_what_is_no_size_is_refused_at_its_field(client_as, secretariat, places, field, typed, said):
    client = client_as(secretariat)
    answer = client.post(URL, sent(client, {f"集会所 {field}": typed, "川北小学校 floor_area": "700"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'value="{typed}"' in page
    assert places["school"].spaces.get().floor_area is None


def test_nothing_typed_changes_nothing_and_a_space_that_is_gone_is_told(
    client_as, secretariat, partner, region, places
):
    client = client_as(secretariat)
    assert "入力された変更はありません" in client.post(URL, sent(client, {}), follow=True).content.decode()
    form = sent(client, {"川北小学校 floor_area": "700"})
    actions.save_shelter(partner, region, actions.draft_of(places["school"]), [], places["school"], 1)
    answer = client.post(URL, form)
    assert answer.status_code == 422
    assert "ほかの人が消したか" in answer.content.decode()


@pytest.mark.slow
def test_fifty_rows_at_once_and_the_rest_after_they_are_saved(
    client_as, secretariat, in_region, region, towns
):
    for number in range(53):
        actions.save_shelter(
            secretariat, region, ShelterDraft(towns["川北町"], f"会館{number:02}", is_shelter=True), []
        )
    client = client_as(secretariat)
    page = client.get(URL).content.decode()
    assert "はじめの50行です" in page
    form = sent(client, {f"会館{number:02} floor_area": "50" for number in range(50)})
    after = client.post(URL, form, follow=True).content.decode()
    assert "50か所の面積・人数・暖房を保存しました。" in after
    assert after.count('class="cell-number"') == 3 * 2
    assert "はじめの50行です" not in after
