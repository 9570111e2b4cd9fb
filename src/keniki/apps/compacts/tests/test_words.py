"""Pages of a 連携中枢都市圏 speak of 連携中枢都市 and 連携市町村, those of a 定住自立圏 of 中心市 and 近隣市町村."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from django_scopes import scope

from keniki.apps.compacts import actions
from keniki.apps.compacts.actions.declarations import PartRow
from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.models import Agreement, Declaration
from keniki.apps.portal.interchange import read
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality, Post, PostHolder, Region
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[5]
SAPPORO = "011002"


@pytest.fixture
def sapporo(cast, administrator, operator):
    """さっぽろ連携中枢都市圏, with 青葉圏域's administrator holding its administrator's post too."""
    from keniki.apps.regions import actions as regions

    load_region(queries.operator(), read.read(ROOT / "data" / "sapporo"))
    region = Region.objects.get(slug="sapporo")
    post = regions.create_post(operator, region.secretariat, role=Post.Role.ADMINISTRATOR)
    regions.assign(
        operator, post, administrator.user, PostHolder.objects.get(user=administrator.user).valid.lower
    )
    with scope(region=region):
        yield region


def main_of(response):
    """The text of a page's main part."""
    page = response.content.decode()
    return re.sub(r"<[^>]+>", "", page[page.index("<main") : page.index("</main>")])


@pytest.mark.slow
def test_no_page_of_a_hub_city_region_uses_the_words_of_another_programme(sapporo, administrator, client_as):
    pact = actions.create_agreement(
        queries.operator(),
        sapporo,
        kind="pact",
        programme="renkei",
        parties=list(Municipality.objects.filter(code__in=[SAPPORO, "012173"])),
    )
    client = client_as(administrator)
    member = sapporo.memberships.get(municipality__code="012173")
    names = [
        *("agreements", "agreement-new", "agreement-pairs", "visions", "declaration-new", "initiatives"),
        *("initiative-new", "evaluations", "evaluation-scale", "kpis"),
    ]
    pages = [reverse(f"compacts:{name}", args=["sapporo"]) for name in names]
    pages.append(reverse("compacts:agreement", args=["sapporo", pact.slug]))
    pages += [
        f"/desk/sapporo/members/{part}"
        for part in ("", "join/", "order/", f"{member.pk}/role/", f"{member.pk}/leave/")
    ]
    seen = ""
    for address in pages:
        response = client.get(address)
        assert response.status_code == 200, address
        text = main_of(response)
        assert not re.search(r"中心市(?!宣言)|構成市町(?!村)|近隣市町村", text), (address, text)
        seen += text
    for word in (
        "連携中枢都市（甲）と",
        "相手方の連携市町村",
        "連携中枢都市と連携市町村が、それぞれの立場で",
        "構成市町村を追加",
    ):
        assert word in seen


@pytest.mark.slow
def test_a_hub_citys_declaration_has_the_parts_of_its_programme(sapporo, administrator, client_as):
    page = main_of(client_as(administrator).get("/desk/sapporo/declarations/new/"))
    for number, heading in enumerate(
        [
            *("人口の現状と将来推計", "公共施設等による各種サービス機能", "通勤通学割合が10％以上の市町村"),
            *("通勤通学割合が10％未満で連携の意思を有する市町村", "圏域の状況", "連携が想定される分野"),
        ],
        1,
    ):
        assert f"（{number}）{heading}" in page
    saved = actions.save_declaration(
        queries.operator(),
        sapporo,
        None,
        None,
        programme="renkei",
        title="連携中枢都市宣言書",
        centre=Municipality.objects.get(code=SAPPORO),
        gist=["中心的な役割を担う。"],
        parts={"population": PartRow(text="人口は減る。"), "use": PartRow(text="ほかの制度の部")},
    )
    assert [part.key for part in saved.parts.all()] == [part.key for part in parts_of("renkei")]
    page = main_of(client_as(administrator).get(f"/desk/sapporo/declarations/{saved.slug}/"))
    assert "連携中枢都市" in page
    assert "ほかの制度の部" not in page
    assert "近隣市町村" not in page


def test_the_declaration_of_the_other_programme_is_one_link_away(in_region, secretariat, client_as):
    page = client_as(secretariat).get("/desk/aoba/declarations/new/").content.decode()
    assert "（5）連携の意思を有する近隣市町村" in page
    assert 'href="?programme=renkei"' in page
    other = client_as(secretariat).get("/desk/aoba/declarations/new/?programme=renkei").content.decode()
    assert "（3）通勤通学割合が10％以上の市町村" in other


def test_a_programme_without_a_declaration_is_refused(in_region, secretariat, towns):
    with pytest.raises(WrongInput, match="宣言のある制度"):
        actions.save_declaration(
            secretariat,
            in_region,
            None,
            None,
            programme="hokkaido",
            title="宣言",
            centre=towns["青葉市"],
            gist=[],
            parts={},
        )
    assert not Declaration.objects.exists()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("settlement", "中心市と近隣市町村の1対1"), ("pact", "連携中枢都市と連携市町村の1対1")],
)
def test_a_refusal_uses_the_words_of_the_kinds_programme(in_region, secretariat, towns, kind, words):
    with pytest.raises(WrongInput, match=words):
        actions.create_agreement(
            secretariat, in_region, kind=kind, parties=[towns["川北町"], towns["星野町"]]
        )
    assert Agreement.objects.count() == 1


def test_words_follow_the_programme_of_the_day_and_are_neutral_without_one(region, other_region):
    from datetime import date

    assert queries.role_words(region)["partner"] == "近隣市町村"
    assert queries.role_words(region, date(2022, 4, 1))["centre"] == "事務局担当市町村"
    assert queries.role_words(region, date(2019, 4, 1))["centre"] == "中心となる市"
    assert queries.role_words(other_region)["centre"] == "連携中枢都市"
    assert queries.role_words(region)["members"] == region.members_term
