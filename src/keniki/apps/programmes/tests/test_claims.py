"""General revenue by town and year: who enters it, what it leads to, and the same money in two regions."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope, scopes_disabled
from psycopg.types.range import DateRange
from python_calamine import CalamineWorkbook

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence.importers import tidy
from keniki.apps.programmes import actions, naming, queries
from keniki.apps.programmes.actions import ClaimDraft
from keniki.apps.programmes.models import RevenueClaim
from keniki.apps.regions.models import Municipality, RegionMembership
from keniki.apps.regions.policies import forget_members
from keniki.apps.regions.queries import operator as operator_actor
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .test_pages import BASE, store

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
YEAR = FiscalYear(2024)
FUNDING = BASE + "funding/"


def draft(town, revenue=10_000_000, initiative="防災", **more) -> ClaimDraft:
    return ClaimDraft(2024, town, initiative, revenue, **more)


def claim(actor, region, town, revenue=10_000_000, initiative="防災", **more):
    with scope(region=region):
        return actions.save_claim(actor, region, draft(town, revenue, initiative, **more))


def test_a_town_enters_its_own_and_the_secretariat_as_proxy(
    in_region, secretariat, partner, viewer, towns
) -> None:
    own = actions.save_claim(partner, in_region, draft(towns["川北町"]))
    other = actions.save_claim(secretariat, in_region, draft(towns["星野町"]))
    assert (own.proxy, other.proxy) == (False, True)
    for actor in (partner, viewer):
        with pytest.raises(Denied):
            actions.save_claim(actor, in_region, draft(towns["星野町"], initiative="ICT"))
    with pytest.raises(WrongInput, match="既にあります"):
        actions.save_claim(partner, in_region, draft(towns["川北町"], 5))


def test_the_page_shows_the_estimate_with_rule_cap_and_what_exhausts_it(
    in_region, client_as, secretariat, towns
) -> None:
    for name, revenue in (("青葉市", 120_000_000), ("川北町", 10_000_000)):
        claim(secretariat, in_region, towns[name], revenue)
    client = client_as(secretariat)
    page = client.get(FUNDING, {"year": 2024, "programme": "teiju"}).content.decode()
    for shown in (
        "85,000,000",
        "8,000,000",
        "93,000,000円",
        "106,250,000",
        "22,500,000",
        "121,000,000円",
        "見込額",
    ):
        assert shown in page, shown
    assert "特別交付税に関する省令" in page
    assert client.get(FUNDING + "chart/", {"year": 2024, "programme": "teiju"}).status_code == 200
    content = client.get(FUNDING + "basis.xlsx", {"year": 2024, "programme": "teiju"}).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["団体別", "取組別", "取組計", "年度別", "根拠"]
    rows = {row[2]: row for row in book.get_sheet_by_name("団体別").to_python()}
    assert rows["青葉市"][4:9] == [120_000_000, 96_000_000, 85_000_000, 85_000_000, 106_250_000]
    plain = client.get(FUNDING + "basis.csv", {"year": 2024, "programme": "teiju"}).content.decode(
        "utf-8-sig"
    )
    assert "川北町,連携する市町村,防災,10000000" in plain
    later = client.get(FUNDING, {"year": 2025, "programme": "teiju"}).content.decode()
    assert "teiju.cap.partner.from_2025" in later
    assert client.get(FUNDING, {"year": 1990, "programme": "renkei"}).status_code in (200, 422)


def test_towns_choose_the_regions_initiative_and_the_same_one_adds_up(
    in_region, client_as, secretariat, partner, towns
) -> None:
    named = naming.initiatives(in_region)
    first = named[0]
    typed = {
        "fiscal_year": "2024", "municipality": towns["川北町"].pk, "general_revenue": "300万円", "initiative": "",
        "initiative_slug": first.slug, "programme": "teiju",
    }  # fmt: skip
    office = client_as(secretariat)
    assert client_as(partner).post(FUNDING + "claims/new/", typed).status_code == 302
    for wrong in (
        {"initiative": "別名"},
        {"initiative_slug": "nai"},
        {"initiative_slug": "", "initiative": ""},
    ):
        assert office.post(FUNDING + "claims/new/", {**typed, **wrong}).status_code == 422
    again = draft(towns["星野町"], 2_000_000, f"　{first.title} ", programme="teiju")
    assert actions.save_claim(secretariat, in_region, again).initiative_slug == first.slug
    own = draft(towns["星野町"], 1_000_000, "独自の取組", programme="teiju")
    assert actions.save_claim(secretariat, in_region, own).initiative_slug == ""
    twice = draft(towns["星野町"], 5, "", initiative_slug=first.slug)
    with pytest.raises(WrongInput, match="既にあります"):
        actions.save_claim(secretariat, in_region, twice)
    asked = {"year": 2024, "programme": "teiju"}
    assert "5,000,000" in office.get(FUNDING, asked).content.decode()
    book = CalamineWorkbook.from_filelike(io.BytesIO(office.get(FUNDING + "basis.xlsx", asked).content))
    sums = {row[1]: row[2:5] for row in book.get_sheet_by_name("取組計").to_python()[1:]}
    assert {name: row[:2] for name, row in sums.items()} == {
        first.title: [5_000_000, 2],
        "独自の取組": [1_000_000, 1],
    }


def test_a_year_of_two_programmes_counts_each_claim_under_one_of_them(
    in_region, client_as, secretariat, towns
) -> None:
    claim(secretariat, in_region, towns["川北町"], 10_000_000, "A")
    claim(secretariat, in_region, towns["川北町"], 5_000_000, "B", programme="hokkaido")
    client = client_as(secretariat)
    page = client.get(FUNDING, {"year": 2024, "programme": "teiju"}).content.decode()
    assert "広域連携加速化事業の計上 5,000,000円は、下の見込額に含めていません" in page
    assert "8,000,000" in page
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(client.get(FUNDING + "basis.xlsx", {"year": 2024}).content)
    )
    rows = book.get_sheet_by_name("取組別").to_python()[1:]
    assert {(row[4], row[8]) for row in rows} == {("A", "定住自立圏"), ("B", "広域連携加速化事業")}


def test_every_year_stands_under_its_own_caps(in_region, client_as, secretariat, towns) -> None:
    for year in (2022, 2024, 2025):
        row = ClaimDraft(year, towns["川北町"], "防災", 30_000_000, programme="teiju")
        actions.save_claim(secretariat, in_region, row)
    answer = actions.AnswerDraft(
        "teiju.cap.partner.from_2025", {"yen": "18500000"}, "令和7年度の省令（架空）", date(2025, 4, 1)
    )
    actions.answer_rule(secretariat, in_region, answer)
    client = client_as(secretariat)
    content = client.get(FUNDING + "basis.xlsx", {"year": 2024, "programme": "teiju"}).content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("年度別").to_python()[1:]
    found = {int(row[0]): (row[6], row[7], row[8] != "") for row in rows if row[2] == "川北町"}
    assert found == {
        2022: ("", "", True),
        2024: (18_000_000, 18_000_000, False),
        2025: (18_500_000, 18_500_000, False),
    }
    assert "年度ごとの見込額" in client.get(FUNDING, {"year": 2024, "programme": "teiju"}).content.decode()


def test_a_claim_of_a_town_that_was_no_member_counts_nowhere_and_is_cleared_away(
    in_region, client_as, secretariat, partner, towns
) -> None:
    own = claim(partner, in_region, towns["川北町"])
    left(in_region, towns["川北町"], date(2024, 3, 31))
    client = client_as(secretariat)
    page = client.get(FUNDING, {"year": 2024, "programme": "teiju"}).content.decode()
    assert "川北町は、この年度の構成市町村ではありません" in page
    with pytest.raises(WrongInput, match="構成市町村ではありません"):
        actions.confirm_claims(secretariat, in_region, YEAR)
    assert "この計上を削除" in client.get(f"{FUNDING}claims/{own.pk}/").content.decode()
    actions.remove_claim(secretariat, own, own.version)
    assert queries.claims_outside(in_region, YEAR) == []


def test_the_same_money_stays_claimed_when_a_town_leaves_is_renamed_or_writes_the_line_otherwise(
    region, other_region, secretariat, neighbour_secretariat, towns
) -> None:
    town = towns["川北町"]
    claim(neighbour_secretariat, other_region, town, 3_000_000, "通学バス", origin="２－１－５　企画費")
    with scope(region=other_region):
        left(other_region, town, date(2024, 3, 31))
    claim(secretariat, region, town, 9_000_000, "訓練", origin="2-1-5 企画費")
    with scope(region=region), pytest.raises(WrongInput, match="一つの圏域だけ"):
        actions.confirm_claims(secretariat, region, YEAR)


def test_a_town_that_went_into_another_claims_the_same_money_as_that_one(
    region, other_region, operator, secretariat, towns
) -> None:
    claim(secretariat, region, towns["星野町"], 9_000_000, "訓練", origin="2-1-5 企画費")
    with scopes_disabled(), verb(operator, "testing.claims", quiet=True):
        old = Municipality.objects.get(pk=towns["星野町"].pk)
        old.successor = towns["川北町"]
        old.save()
        RevenueClaim(
            region=other_region,
            fiscal_year=2024,
            municipality=towns["川北町"],
            initiative="通学バス",
            general_revenue=3_000_000,
            origin="2-1-5 企画費",
        ).save()
    with scope(region=region):
        (clash,) = queries.clashes(secretariat, region, YEAR)
        assert "星野町の「訓練」は、ほかの圏域での計上と同じ" in clash.said


def test_a_budget_line_is_not_claimed_beyond_what_it_holds(in_region, secretariat, towns) -> None:
    for name in ("A", "B"):
        claim(secretariat, in_region, towns["川北町"], 6, name, origin="2-1-5 企画費", origin_total=10)
    with pytest.raises(WrongInput, match="総額を超えます"):
        actions.confirm_claims(secretariat, in_region, YEAR)


def left(region, town, last: date) -> None:
    """Write down that the town was a member until this day."""
    with scopes_disabled(), verb(operator_actor(), "testing.left", quiet=True):
        row = RegionMembership.objects.get(region=region, municipality=town)
        row.valid = DateRange(row.valid.lower, last + timedelta(days=1))
        row.save()
    forget_members(region)


def test_a_file_is_stored_whole_or_not_at_all(in_region, client_as, secretariat, partner) -> None:
    def send(actor, *rows):
        content = "\n".join(["municipality_code,initiative,general_revenue", *rows]).encode()
        return client_as(actor).post(
            FUNDING + "claims/file/", {"year": "2024", "file": SimpleUploadedFile("ippan.csv", content)}
        )

    assert send(secretariat, "019011,防災,100", "019011,ICT,多い").status_code == 422
    assert not queries.claims_of(in_region, 2024)
    assert send(secretariat, "019011,防災,100", "019020,ICT,200").status_code == 302
    assert send(secretariat, "019011,防災,150", "019020,ICT,200").status_code == 302
    assert [row.general_revenue for row in queries.claims_of(in_region, 2024)] == [150, 200]
    refused = send(partner, "019011,防災,1")
    assert (refused.status_code, "担当者だけ" in refused.content.decode()) == (422, True)


def test_a_confirmed_year_stays_until_the_secretariat_opens_it(
    in_region, secretariat, partner, towns, client_as
) -> None:
    own = claim(partner, in_region, towns["川北町"])
    with pytest.raises(Denied):
        actions.confirm_claims(partner, in_region, YEAR)
    url = FUNDING + "2024/{}/"
    assert client_as(secretariat).post(url.format("confirm")).status_code == 302
    for attempt in (
        lambda: actions.save_claim(partner, in_region, draft(towns["川北町"], 5), own, own.version),
        lambda: actions.remove_claim(secretariat, own, own.version),
    ):
        with pytest.raises(Denied, match="確定しています"):
            attempt()
    assert "確定を解除" in client_as(secretariat).get(FUNDING, {"year": 2024}).content.decode()
    assert client_as(secretariat).post(url.format("reopen")).status_code == 302
    actions.save_claim(partner, in_region, draft(towns["川北町"], 5), own, own.version)


@pytest.mark.parametrize("first", ["aoba", "konan"])
def test_the_same_money_in_two_regions_is_warned_of_and_blocks_confirming_in_both_directions(
    request, first, region, other_region, secretariat, neighbour_secretariat, neighbour, towns, client_as
) -> None:
    town = towns["川北町"]
    sides = [(region, secretariat, "aoba"), (other_region, neighbour_secretariat, "konan")]
    if first == "konan":
        sides.reverse()
    (one, one_actor, _), (two, two_actor, _) = sides
    claim(one_actor, one, town, 3_000_000, "通学バス", origin="2-1-5 企画費")
    url = f"/desk/{two.slug}/programmes/funding/"
    typed = {
        "fiscal_year": 2024, "municipality": town.pk, "initiative": "バスの運行", "general_revenue": "300万円",
        "origin": "2-1-5 企画費",
    }  # fmt: skip
    answer = client_as(two_actor).post(url + "claims/new/", typed, follow=True)
    page = answer.content.decode()
    assert "川北町の「バスの運行」は、ほかの圏域での計上と同じ一般財源とみられます" in page
    for secret in ("通学バス", one.name):
        assert secret not in page
    with scope(region=two), pytest.raises(WrongInput, match="確定できません"):
        actions.confirm_claims(two_actor, two, YEAR)
    with scope(region=one), pytest.raises(WrongInput, match="確定できません") as refused:
        actions.confirm_claims(one_actor, one, YEAR)
    assert "バスの運行" not in refused.value.message
    both = request.getfixturevalue("partner")
    shown = client_as(both).get(url, {"year": 2024}).content.decode()
    assert one.name in shown
    assert "2-1-5 企画費" in shown


def test_a_likeness_is_explained_and_then_confirmed(
    region, other_region, secretariat, neighbour_secretariat, towns
) -> None:
    town = towns["川北町"]
    claim(neighbour_secretariat, other_region, town, 3_000_000)
    own = claim(secretariat, region, town, 4_000_000)
    with scope(region=region):
        with pytest.raises(WrongInput, match="理由を計上に記して"):
            actions.confirm_claims(secretariat, region, YEAR)
        why = draft(town, 4_000_000, apart="別の備蓄倉庫の経費")
        actions.save_claim(secretariat, region, why, own, own.version)
        assert actions.confirm_claims(secretariat, region, YEAR).fiscal_year == 2024


OF_A_PARTNER = {"what": "revenue", "programme": "teiju", "role": "partner"}
CALCULATED = [
    ({**OF_A_PARTNER, "amount": "3,000万円", "grant": "1,000万円"}, 200, "16,000,000円"),
    ({**OF_A_PARTNER, "amount": "1", "commission": "2"}, 422, "超えています"),
    ({"what": "bond", "programme": "teiju", "field": "transit", "amount": "1億円"}, 200, "73,000,000円"),
    ({"what": "bond", "programme": "teiju", "field": "disaster", "amount": "1億円"}, 422, "に限られます"),
    ({"what": "hub", "year": "2018", "amount": "2600875"}, 200, "440,000,000円"),
    ({"what": "hub", "year": "2018", "amount": "749999"}, 422, "手入力してください"),
    ({"what": "experts", "programme": "renkei", "year": "2018", "amount": "900万円"}, 200, "7,000,000円"),
    ({"what": "fund_income", "amount": "10億円", "rate": "0.002"}, 200, "2,000,000円"),
    ({"what": "grant", "amount": "100万円"}, 422, "hokkaido.grant_rate"),
    ({"what": "medical", "programme": "teiju", "amount": "100万円"}, 422, "teiju.medical"),
    ({"what": "fund_formation", "year": "2018", "amount": "1億円", "interest": "300万円"}, 200, "1,500,000円"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "status", "says"), CALCULATED)
def test_each_calculation_gives_its_lines_or_says_what_is_missing(
    region, client_as, partner, asked, status, says
) -> None:
    answer = client_as(partner).get(FUNDING + "calculator/", {"year": "2024", **asked})
    assert (answer.status_code, says in answer.content.decode()) == (status, True), answer.content.decode()


def test_the_ordinary_allocation_is_a_reference_between_the_published_points_only(
    region, operator, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    asked = {"year": 2021, "programme": "renkei"}
    assert "普通交付税の参考額を示せません" in client.get(FUNDING, asked).content.decode()
    head = "municipality_code,indicator,year,value,unit"
    few = [f"{code},population,2015,1000,persons" for code in ("019020", "019038")]
    store(operator, tidy.READER, head, "019011,population,2015,748000,persons", *few)
    page = client.get(FUNDING, asked).content.decode()
    assert "200,000,000円（圏域人口 750,000人）" in page
    assert "省令による算定額ではない" in page
    assert (
        client.get(FUNDING, {"year": 2021, "programme": "teiju"}).content.decode().count("普通交付税（連携")
        == 0
    )
