"""A region travels as a file: loading is all or nothing and repeatable, an export loads into the same export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keniki.apps.accounts.actor import VISITOR, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.actions import close_year
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.activities.queries import trace
from keniki.apps.compacts.actions import complete_signatory
from keniki.apps.compacts.models import Declaration, Signatory
from keniki.apps.documents.tests import small_region
from keniki.apps.portal import testing
from keniki.apps.portal.interchange import schema
from keniki.apps.portal.interchange.export import export_region, to_json
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.programmes.models import RevenueClaim
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parents[5] / "data"
FOLDERS = ("minami-sorachi", "sapporo", "sample")
#: What the sources say came of some of the pilot's measures.
PROMISED = {
    "saigai_taiou_kyouyuu": "none",
    "jichitai_cloud": "none",
    "koutsuu_ict": "studied",
    "bousai_kyouiku": "done",
    "kyoudou_bichiku": "done",
}
KEYS = [
    "format",
    "region",
    "municipalities",
    "members",
    "agreements",
    "declarations",
    "visions",
    "initiatives",
    "activities",
    "grants",
    "budgets",
    "joint_costs",
    "kpi",
    "arrangements",
    "matters",
    "candidates",
    "rule_answers",
    "city_facts",
    "revenue_claims",
    "claim_years",
    "procedure_plans",
]


@contextmanager
def elsewhere() -> Iterator[None]:
    """An installation that is forgotten afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def load(document: schema.RegionFile) -> Any:
    return load_region(queries.operator(), document)


def export(slug: str) -> dict[str, Any]:
    return export_region(Region.objects.get(slug=slug))


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_loads_and_a_second_time_changes_nothing(folder):
    document = read(DATA / folder)
    first = load(document)
    assert first.created.total() > 100
    logged = LogEntry.objects.count()
    assert "の記録をファイルから読み込み（追加" in LogEntry.objects.latest("id").text
    second = load(read(DATA / folder))
    assert (second.created.total(), second.changed.total()) == (0, 0)
    assert LogEntry.objects.count() == logged


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_an_export_loads_into_an_empty_home_and_gives_the_same_export(folder, tmp_path):
    with elsewhere():
        slug = read(DATA / folder).region.slug
        load(read(DATA / folder))
        first = export(slug)
    assert not Region.objects.exists()
    file = tmp_path / "region.json"
    file.write_text(to_json(first), encoding="utf-8")
    load(read(file))
    assert export(slug) == first
    assert list(first) == KEYS
    assert not load(read(file)).anything


@pytest.mark.slow
def test_the_pilots_trace_says_what_came_of_measures_and_roles():
    load(read(DATA / "minami-sorachi"))
    region = Region.objects.get(slug="minami-sorachi")
    agreement = "minami-sorachi-kyoutei"
    with scope(region=region):
        found = trace(region)
        of_a_town = trace(region, town="014290")
    came = {key: found.row(agreement, key).overall.state for key in PROMISED}
    assert came == PROMISED
    studied = found.row(agreement, "koutsuu_ict").cells
    assert {year for year, cell in studied.items() if cell.state == "studied"} == {2021, 2022}
    coordination = found.role(agreement, "bousai", "role1_1")
    assert [year for year, cell in coordination.by_year if cell.state == "done"] == [2021, 2022, 2023, 2024]
    assert {role.label for item in of_a_town.items for role in item.roles} == {"各市町の役割"}
    assert of_a_town.row(agreement, "riyou_sokushin").overall.state == "done"


@pytest.mark.slow
def test_a_region_file_without_role_links_still_loads():
    document = read(DATA / "minami-sorachi")
    old = document.model_copy(
        update={"activities": [a.model_copy(update={"roles": []}) for a in document.activities]}
    )
    load(old)
    assert load(document).created["RoleLink"] > 30
    assert not load(document).anything


@pytest.mark.slow
def test_an_export_of_a_region_loads_over_that_region_without_a_change():
    load(read(DATA / "sample"))
    assert not load(schema.RegionFile.model_validate(export("minorino"))).anything


@pytest.mark.slow
def test_pictures_travel_with_their_bytes_and_get_their_public_copy_anew():
    with elsewhere():
        load(small_region.document())
        first = export("umibe")
    carried = first["initiatives"][0]["photos"][0]["file"]
    assert carried == small_region.picture("shinryoujo.png")
    storage._path(carried["sha256"]).unlink()
    load(schema.RegionFile.model_validate(first))
    with scope(region=Region.objects.get(slug="umibe")):
        photo = Photo.objects.get()
        assert storage.get(photo.digest)[:4] == b"\x89PNG"
        assert storage.exists(photo.public_digest)
        assert (photo.width, photo.height) == (64, 48)
    assert export("umibe") == first
    without = export_region(Region.objects.get(slug="umibe"), files=False)
    assert without["initiatives"][0]["photos"][0]["file"] is None


@pytest.mark.slow
def test_an_export_names_no_user_no_log_and_no_key_of_a_row():
    testing.build()
    words = to_json(export("aoba"))
    for seat in testing.SEATS.values():
        assert seat.login not in words
        assert seat.name not in words
    assert "password" not in words
    assert '"id"' not in words
    assert "読み込み" not in words


SUPPLIED = {
    "rule_answers": [
        {
            "parameter": "teiju.cap.partner.from_2025", "value": {"yen": "18500000"},
            "legal_basis": "令和7年度の省令（架空）", "valid_from": "2025-04-01", "valid_to": "2026-03-31",
        }
    ],
    "city_facts": [
        {"municipality": testing.AOBA, "kind": "use", "basis": "基礎調査", "use": "shopping", "figure": "買物の40％"},
        {
            "municipality": testing.AOBA, "kind": "former", "basis": "国勢調査", "former_name": "旧青葉市",
            "census": 2015, "day_population": 51_000, "night_population": 50_000,
        },
        {
            "municipality": testing.AOBA, "kind": "twin", "basis": "要綱", "second": testing.KAWAKITA,
            "adjacent": True, "minutes": "30.5",
        },
    ],
    "revenue_claims": [
        {
            "fiscal_year": 2024, "municipality": testing.KAWAKITA, "initiative": "防災", "general_revenue": 3_000_000,
            "programme": "teiju", "origin": "2-1-5 企画費", "origin_total": 5_000_000, "proxy": True,
        },
        {"fiscal_year": 2023, "municipality": testing.KAWAKITA, "initiative": "防災", "general_revenue": 1},
    ],
    "claim_years": [{"fiscal_year": 2023, "confirmed_on": "2024-05-01"}],
    "procedure_plans": [
        {
            "programme": "teiju", "start": "2024-05-24",
            "steps": [
                {"step": "panel_2", "moved_to": "2024-11-05", "reason": "会場の都合"},
                {"step": "resolution", "municipality": testing.KAWAKITA, "done_on": "2025-03-19", "proxy": True},
                {"step": "review-2", "done_on": "2026-11-05"},
            ],
        }
    ],
}  # fmt: skip


@pytest.mark.slow
def test_what_people_supplied_to_the_programmes_travels_and_a_confirmed_year_stays():
    with elsewhere():
        load(testing.region_file(**SUPPLIED))
        first = export("aoba")
    for name, rows in SUPPLIED.items():
        assert len(first[name]) == len(rows), name
    again = schema.RegionFile.model_validate(first)
    load(again)
    assert export("aoba") == first
    assert not load(again).anything
    for changed in ({"general_revenue": 2}, {"initiative": "別の取組"}):
        content = json.loads(to_json(first))
        content["revenue_claims"][0].update(changed)
        with pytest.raises(WrongInput, match="確定しています"):
            load(schema.RegionFile.model_validate(content))
    with scope(region=Region.objects.get(slug="aoba")):
        (claim,) = RevenueClaim.objects.filter(fiscal_year=2024)
        assert (claim.proxy, claim.origin_total) == (True, 5_000_000)


def test_a_changed_file_changes_only_what_differs_and_counts_the_version_up():
    load(small_region.document())
    content = small_region.content()
    content["activities"][1]["place"] = "岬村診療所"
    content["activities"][1]["counts"][0]["value"] = 241
    sync = load(schema.RegionFile.model_validate(content))
    assert dict(+sync.changed) == {"Activity": 1, "Count": 1}
    assert not +sync.created
    with scope(region=Region.objects.get(slug="umibe")):
        activity = Activity.objects.get(slug="r5-unei")
        assert (activity.place, activity.version) == ("岬村診療所", 2)


@pytest.mark.slow
def test_what_the_file_does_not_name_stays(tmp_path):
    load(small_region.document())
    load(small_region.document(activities=[], grants=[], kpi=[], budgets=[]))
    assert len(export("umibe")["activities"]) == 3


@pytest.mark.slow
def test_a_town_of_two_regions_is_stored_once_and_is_never_renamed_by_a_file():
    load(testing.region_file())
    load(testing.other_region_file())
    assert Municipality.objects.filter(name="川北町").count() == 1
    content = small_region.content()
    content["municipalities"][1]["name"] = "別村"
    load(small_region.document())
    with pytest.raises(WrongInput, match="既に 岬村 として登録"):
        load(schema.RegionFile.model_validate(content))


def test_only_the_operator_loads(cast, secretariat):
    for actor in (VISITOR, secretariat):
        with pytest.raises(Denied):
            load_region(actor, small_region.document())
    assert not Region.objects.filter(slug="umibe").exists()


# --- all or nothing ---


def test_a_record_the_database_refuses_near_the_end_leaves_nothing_behind():
    content = small_region.content()
    content["members"].append({**content["members"][0], "valid_from": "2023-01-01"})
    with pytest.raises(WrongInput) as refusal:
        load(schema.RegionFile.model_validate(content))
    assert "何も保存していません" in str(refusal.value)
    assert not Region.objects.exists()
    assert not Municipality.objects.filter(name="岬村").exists()
    assert not LogEntry.objects.exists()


def test_a_failure_in_the_last_step_leaves_nothing_behind(monkeypatch):
    from keniki.apps.portal.interchange import load as loading

    def kpis(load: Any) -> None:
        raise WrongInput("最後の段階の失敗", column="kpi")

    monkeypatch.setattr(loading, "STEPS", (*loading.STEPS[:-1], ("KPI", "kpi", kpis)))
    with pytest.raises(WrongInput, match="最後の段階の失敗"):
        load(small_region.document())
    assert not Region.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.slow
def test_a_closed_year_refuses_a_change_but_not_the_same_file():
    load(small_region.document())
    region = Region.objects.get(slug="umibe")
    with scope(region=region):
        close_year(queries.operator(), region, 2023)
    assert not load(small_region.document()).anything
    for change in (
        lambda content: content["activities"][1].update(place="別の場所"),
        lambda content: content["activities"][1]["counts"][0].update(value=1),
        lambda content: content["activities"].append({**content["activities"][1], "slug": "ato-kara"}),
        lambda content: content["grants"][1]["steps"][2].update(amount=1),
    ):
        content = small_region.content()
        change(content)
        with pytest.raises(WrongInput, match="締め切った年度の記録が変わるため読み込めません"):
            load(schema.RegionFile.model_validate(content))
    content = small_region.content()
    content["activities"][2]["place"] = "令和6年度は開いている"
    assert load(schema.RegionFile.model_validate(content)).changed["Activity"] == 1


@pytest.mark.slow
def test_a_name_completed_on_the_page_outlives_the_file_that_lacks_it():
    content = small_region.content()
    signatory = content["agreements"][0]["versions"][0]["signatories"][0]
    signatory.update(name="北", name_complete=False)
    content["declarations"][0].update(text_complete=True, mayor="")
    document = schema.RegionFile.model_validate(content)
    load(document)
    with scope(region=Region.objects.get(slug="umibe")):
        row = Signatory.objects.get(name_complete=False)
        complete_signatory(queries.operator(), row, name="北太郎")
        Declaration.objects.update(mayor="北太郎")
    assert not load(document).anything
    with scope(region=Region.objects.get(slug="umibe")):
        assert Signatory.objects.get(pk=row.pk).name == Declaration.objects.get().mayor == "北太郎"


# --- the form holds whatever a region may say ---

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("髙﨑德①㈱㎡〜－神福\n"),
    max_size=30,
)
NAME = TEXT.filter(lambda text: text.strip() != "")
YEAR = st.integers(2022, 2024)
SLUGS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True), min_size=1, max_size=4, unique=True
)


@st.composite
def activities(draw: Callable[..., Any]) -> list[dict[str, Any]]:
    found = []
    for number, slug in enumerate(draw(SLUGS)):
        counts = [
            {
                "key": f"c{n}",
                "value": str(draw(st.decimals(0, 10**7, places=2))),
                "counter": draw(st.sampled_from(["名", "人", "回", "部", "作品"])),
                "quantity": draw(st.sampled_from(["participants", "sessions"])),
                "basis": draw(st.sampled_from(["exact", "cumulative", "about"])),
                "as_typed": draw(TEXT),
                "municipality": draw(st.sampled_from([None, small_region.UMIBE, small_region.MISAKI])),
                "part_of": draw(st.sampled_from([None, *(f"c{m}" for m in range(n))])),
            }
            for n in range(draw(st.integers(0, 3)))
        ]
        found.append(
            {
                "slug": slug,
                "initiative": "isha",
                "fiscal_year": draw(YEAR),
                "order": number,
                "title": draw(NAME),
                "kind": draw(st.sampled_from(["study", "course", "other"])),
                "state": draw(st.sampled_from(["planned", "done"])),
                "tally_only": draw(st.booleans()),
                "place": draw(TEXT),
                "text": draw(TEXT),
                "lines": [
                    {"kind": draw(st.sampled_from(["result", "note", "lecturer"])), "text": draw(NAME)}
                    for _ in range(draw(st.integers(0, 3)))
                ],
                "counts": counts,
            }
        )
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    activities=activities(),
    purpose=TEXT,
    findings=st.lists(NAME, max_size=3),
    amount=st.integers(0, 10**12),
)
@pytest.mark.slow
def test_any_small_region_survives_the_way_there_and_back(activities, purpose, findings, amount):
    content = small_region.content()
    content["activities"] = activities
    content["initiatives"][0] |= {
        "purpose": purpose,
        "findings": [{"text": text} for text in findings],
        "photos": [],
    }
    content["grants"][0]["steps"][0]["amount"] = amount
    document = schema.RegionFile.model_validate(content)
    with elsewhere():
        load(document)
        first = export("umibe")
        assert not load(document).anything
    with elsewhere():
        load(schema.RegionFile.model_validate(json.loads(to_json(first))))
        assert export("umibe") == first
    texts = {activity["slug"]: activity["title"] for activity in first["activities"]}
    assert texts == {activity["slug"]: activity["title"] for activity in activities}
    assert first["initiatives"][0]["purpose"] == purpose
