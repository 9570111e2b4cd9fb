"""Scenarios: the page and the file say the same, wrong input has its place, two editors are shown both."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.scenarios import load_scenario, save_scenario
from keniki.apps.disaster.formats.scenario import checked, plain, read_scenario, write_scenario
from keniki.apps.disaster.forms.scenarios import Choices, sheet_of, spec_of
from keniki.apps.disaster.models import Scenario
from keniki.apps.disaster.queries import plans as queries
from keniki.core.errors import WrongInput

from .planned import country, planned, scenario, spec

BASE = "/desk/aoba/disaster/plans/"
ROOT = Path(__file__).resolve().parents[5]
DISTRICTS, SHELTERS = ("kita", "minami", "012-higashi"), ("shou", "chuu", "0123")
TOWNS = ("019011", "019020", "019038")

words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
shares = st.integers(0, 1000).map(lambda n: n / 1000)
km = st.integers(0, 2_000_000).map(lambda n: n / 1000)
kept = st.one_of(st.integers(0, 999).map(lambda n: n / 1000), st.integers(1, 10**6).map(float))
numbers = st.none() | st.integers(1, 100_000_000).map(lambda n: n / 1000)


@st.composite
def specs(draw):
    """Any scenario of the form, of a flood so that rates may be left out."""
    by_layer = draw(st.booleans())

    def rows(values, more):
        return [
            {**more(draw), name: key}
            for name, keys in [values]
            for key in draw(st.lists(st.sampled_from(keys), unique=True, min_size=1 - by_layer, max_size=3))
        ]

    raw = {
        "title": draw(words),
        "note": draw(st.just("") | words),
        "hazard": draw(st.sampled_from(["flood", "earthquake", "volcano"])),
        "date": (date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 3000)))).isoformat(),
        "season": draw(st.sampled_from(["winter", "mild"])),
        "at": draw(st.sampled_from(["day", "night"])),
        "layer": "flood-1" if by_layer else None,
        "districts": [] if by_layer else rows(("district", DISTRICTS), lambda d: {"inside": d(shares)}),
        "reach": draw(st.sampled_from(["touched", "towns", "region"])),
        "count": draw(st.sampled_from(["residents", "present"])),
        "rates": {"inside": draw(shares), "outside": draw(shares), "basis": draw(words)},
        "accessible_share": draw(shares),
        "standard": draw(st.sampled_from(["guideline_2024", "council_2018"])),
        "undesignated": draw(st.booleans()),
        "welfare": draw(st.booleans()),
        "bring_heating": draw(st.booleans()),
        "shelters": rows(
            ("shelter", SHELTERS), lambda d: {"people": d(st.integers(0, 10**6)), "reason": d(words)}
        ),
        "far_km": draw(km),
        "border_km": draw(km),
        "detour": draw(st.integers(1000, 5000)) / 1000,
        "keep_whole": draw(st.sampled_from(["district", "cell", "none"])),
        "longer_for_whole_km": draw(st.none() | km),
        "longer_for_fairness": draw(shares),
        "nearest": draw(st.none() | st.integers(1, 10_000)),
        "towns": rows(
            ("town", TOWNS),
            lambda d: {
                "own": d(kept),
                "others": d(kept),
                "receives_from": d(st.none() | st.lists(st.sampled_from(TOWNS), unique=True).map(sorted)),
            },
        ),
        "equipment": {name: draw(numbers) for name in ("tent_people", "bed_people", "staff_people")},
    }
    if raw["hazard"] == "flood" and draw(st.booleans()):
        raw["rates"] = None
    return checked(raw)


class Known:
    """What rows choose from, made up."""

    def __init__(self):
        self.layers = [("", "使わない"), ("flood-1", "浸水想定")]
        self.districts = [("", ""), *((key, key) for key in DISTRICTS)]
        self.shelters = [("", ""), *((key, key) for key in SHELTERS)]
        self.towns = [(key, key) for key in TOWNS]


def typed(sheet) -> QueryDict:
    """What a browser sends of a page as it was filled in."""
    data = MultiValueDict()

    def put(bound):
        value = bound.value()
        if isinstance(value, list | tuple):
            data.setlist(bound.html_name, [str(each) for each in value])
        elif isinstance(value, bool):
            if value:
                data[bound.html_name] = "on"
        elif value is not None:
            data[bound.html_name] = value.isoformat() if isinstance(value, date) else str(value)

    for bound in sheet.form:
        put(bound)
    for rows in sheet.formsets.values():
        for bound in rows.management_form:
            put(bound)
        for form in rows.forms:
            for bound in form:
                put(bound)
    found = QueryDict(mutable=True)
    found.update(data)
    return found


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(specs())
def test_a_file_is_read_as_it_was_written(given_spec) -> None:
    assert read_scenario(write_scenario(given_spec)) == given_spec
    assert checked(plain(given_spec)) == given_spec


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(specs())
def test_the_page_sends_the_scenario_it_was_filled_with(given_spec) -> None:
    choices: Choices = Known()  # type: ignore[assignment]
    sheet = sheet_of(typed(sheet_of(None, given_spec, 1, choices)), given_spec, 1, choices)
    assert sheet.is_valid(), [sheet.form.errors, *(rows.errors for rows in sheet.formsets.values())]
    assert spec_of(sheet) == given_spec


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("title: x", "format", "format: keniki.scenario/1"),
        ("format: keniki.scenario/1\ntitel: x", "title", "この項目が要ります"),
        ("format: [", None, "YAMLとして読めません"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(text, place, words) -> None:
    with pytest.raises(WrongInput, match=words) as refused:
        read_scenario(text.encode(), "a.yaml")
    assert (refused.value.file, refused.value.column) == ("a.yaml", place)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"far_km": -1}, "far_km"),
        ({"far_km": 1.23456}, "far_km"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": 20260101}, "date"),
        ({"date": "令和8年2月30日"}, "date"),
        ({"hazard": "meteor"}, "hazard"),
        ({"standard": "none"}, "standard"),
        ({"date": "2020-01-01"}, "standard"),
        ({"shelters": [{"shelter": "a", "people": -5, "reason": "x"}]}, "shelters.0.people"),
        ({"shelters": [{"shelter": "a", "people": 5}]}, "shelters.0.reason"),
        ({"towns": [{"town": "01210"}]}, "towns.0.town"),
        ({"towns": [{"town": "012106", "own": 1.5}]}, "towns.0"),
        ({"rates": {"inside": 80, "outside": 0, "basis": "x"}}, "rates.inside"),
        ({"rates": {"inside": 1, "outside": 0}}, "rates.basis"),
        ({"districts": [{"district": "a"}]}, None),
        ({"layer": None}, None),
        ({"hazard": "earthquake", "rates": None}, None),
        ({"nearest": 0}, "nearest"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(changes, place) -> None:
    raw = plain(spec()) | changes
    with pytest.raises(WrongInput) as refused:
        checked(raw)
    assert refused.value.column == place


@pytest.mark.parametrize("typed", ["令和8年7月1日", "R8.7.1", "2026-07-01", "２０２６年７月１日"])
def test_a_day_of_a_file_is_written_as_people_write_it(typed: str) -> None:
    assert checked({**plain(spec()), "date": typed}).date == date(2026, 7, 1)


def test_the_examples_of_the_documentation_and_the_sample_are_read() -> None:
    page = (ROOT / "docs" / "reference" / "scenario.md").read_text("utf-8")
    examples = [part.split("```")[0] for part in page.split("```yaml\n")[1:]]
    assert len(examples) >= 2
    for each in examples:
        read_scenario(each.encode())
    samples = sorted((ROOT / "data" / "sample" / "disaster").glob("*.yaml"))
    assert samples
    for path in samples:
        found = read_scenario(path.read_bytes(), path.name)
        assert "架空" in found.title
    for name in type(spec()).model_fields:
        assert f"`{name}`" in page, name


@pytest.fixture
def places(in_region, secretariat, cast):
    return country(secretariat, in_region, cast.towns)


@pytest.mark.slow
def test_a_file_becomes_a_scenario_and_comes_out_the_same(in_region, secretariat, client_as, places) -> None:
    client = client_as(secretariat)
    file = SimpleUploadedFile("想定.yaml", write_scenario(spec()))
    answer = client.post(f"{BASE}load/", {"file": file}, follow=True)
    assert "避難の想定「川の氾濫（架空）」を保存しました。" in answer.content.decode()
    (saved,) = Scenario.objects.all()
    out = client.get(f"{BASE}{saved.slug}/file/")
    assert read_scenario(out.content) == spec()
    again = SimpleUploadedFile("a.yaml", write_scenario(spec(far_km=12)))
    client.post(f"{BASE}{saved.slug}/load/", {"file": again, "version": "1"})
    assert queries.spec_of(queries.scenario_for(in_region, saved.slug)).far_km == 12
    stale = SimpleUploadedFile("a.yaml", write_scenario(spec(far_km=13)))
    assert client.post(f"{BASE}{saved.slug}/load/", {"file": stale, "version": "1"}).status_code == 409
    wrong = SimpleUploadedFile("b.yaml", write_scenario(spec(layer="flood-9")))
    refused = client.post(f"{BASE}load/", {"file": wrong})
    assert refused.status_code == 422
    assert "b.yaml" in refused.content.decode()
    assert "ハザード情報「flood-9」は登録されていません" in refused.content.decode()


@pytest.mark.slow
def test_the_form_saves_keeps_what_was_typed_and_shows_both(
    in_region, secretariat, partner, neighbour, client_as, cast, places
) -> None:
    client = client_as(secretariat)
    data = {
        "title": "夏の昼（架空）", "hazard": "flood", "date": "2026-07-01", "season": "mild", "at": "day",
        "layer": "flood-1", "reach": "touched", "count": "residents", "standard": "guideline_2024", "far_km": "15.5",
        "keep_whole": "district", "rate_inside": "90", "rate_outside": "5", "rate_basis": "アンケート（架空）",
        "districts-TOTAL_FORMS": "0", "districts-INITIAL_FORMS": "0",
        "shelters-TOTAL_FORMS": "1", "shelters-INITIAL_FORMS": "0",
        "shelters-0-shelter": places["dry"].slug, "shelters-0-people": "10", "shelters-0-reason": "改修中（架空）",
        "towns-TOTAL_FORMS": "1", "towns-INITIAL_FORMS": "0", "towns-0-town": cast.towns["青葉市"].code,
        "towns-0-own": "0.25", "towns-0-others": "",
    }  # fmt: skip
    assert client_as(partner).post(f"{BASE}new/", data).status_code == 403
    assert client_as(neighbour).post(f"{BASE}new/", data).status_code == 404
    refused = client.post(f"{BASE}new/", data | {"rate_basis": ""})
    assert refused.status_code == 422
    assert "避難率の根拠を入力してください。" in refused.content.decode()
    assert 'value="夏の昼（架空）"' in refused.content.decode()
    below = client.post(f"{BASE}new/", data | {"shelters-0-people": "-1"})
    assert below.status_code == 422
    assert not Scenario.objects.exists()
    shown = client.post(f"{BASE}new/", data, follow=True).content.decode()
    (saved,) = Scenario.objects.all()
    found = queries.spec_of(saved)
    assert (found.far_km, found.rates.inside, found.shelters[0].people) == (15.5, 0.9, 10)
    assert found.towns[0].own == 0.25
    assert "改修中（架空）" in shown
    save_scenario(secretariat, in_region, spec(title="先に変えた"), saved, 1)
    late = client.post(f"{BASE}{saved.slug}/edit/", data | {"version": "1"})
    assert late.status_code == 409
    assert "先に変えた" in late.content.decode()
    assert "夏の昼（架空）" in late.content.decode()


def test_nothing_changed_is_nothing_logged_and_a_second_writer_is_told(
    in_region, secretariat, places
) -> None:
    saved = scenario(secretariat, in_region)
    number = LogEntry.objects.count()
    save_scenario(secretariat, in_region, spec(), saved, saved.version)
    assert LogEntry.objects.count() == number
    load_scenario(secretariat, in_region, write_scenario(spec(far_km=7)), "a.yaml", saved, 1)
    with pytest.raises(Stale):
        save_scenario(secretariat, in_region, spec(far_km=8), saved, 1)


@pytest.mark.slow
def test_the_list_and_the_scenario_show_where_the_plans_stand(
    in_region, secretariat, viewer, client_as, places
) -> None:
    client = client_as(viewer)
    assert "避難の想定はまだありません" in client.get(BASE).content.decode()
    saved = scenario(secretariat, in_region)
    assert "計画はまだありません" in client.get(f"{BASE}{saved.slug}/").content.decode()
    planned(secretariat, in_region, saved)
    listed = client.get(BASE).content.decode()
    assert "第1案" in listed
    assert "500" in listed
    text = client.get(f"{BASE}{saved.slug}/").content.decode()
    assert "区域の中 100％、区域の外 0％" in text
    assert client.get(f"{BASE}nowhere/").status_code == 404


@pytest.mark.slow
def test_a_scenario_is_removed_on_the_page_unless_a_plan_is_adopted(
    in_region, secretariat, client_as, places
) -> None:
    saved = scenario(secretariat, in_region)
    client = client_as(secretariat)
    assert client.post(f"{BASE}{saved.slug}/remove/", {"version": "9"}).status_code == 409
    plan = planned(secretariat, in_region, saved)
    client.post(f"{plan.get_absolute_url()}adopt/", {"adopted_on": "2026-02-01", "adopted_note": "会議"})
    kept_page = client.post(f"{BASE}{saved.slug}/remove/", {"version": "1"})
    assert kept_page.status_code == 422
    assert "決定した計画のある想定は削除できません" in kept_page.content.decode()
    spare = scenario(secretariat, in_region, title="使わない")
    client.post(f"{BASE}{spare.slug}/remove/", {"version": "1"})
    assert [each.title for each in Scenario.objects.all()] == ["川の氾濫（架空）"]
