"""Basis figures: each town its own, the secretariat for all, from statistics with their edition, from a file."""

from __future__ import annotations

import csv
import io
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions as evidence
from keniki.apps.evidence.importers import ssdse, tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.models import Edition
from keniki.apps.finance.actions.cost_figures import FigureDraft, save_figures
from keniki.apps.finance.figure_files import read_figures, write_figures
from keniki.apps.finance.models import BasisFigure, JointCost, SharingRule
from keniki.apps.finance.queries import cost_figures as queries
from keniki.apps.finance.queries import costs
from keniki.apps.finance.sharing import canonical, digest_of, spec_of, towns_of
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput
from keniki.rulebooks.sharing import BasisSpec

from .joint import RULE, joint_cost

pytestmark = pytest.mark.slow

DATA = Path(os.environ.get("KENIKI_TEST_DATA") or "/nowhere")
HEAD = "municipality_code,indicator,year,value,unit,sex,source"
CENSUS = (
    "019011,population,2020,51000,persons,,census", "019020,population,2020,8000,persons,,census",
    "019038,population,2020,2500,persons,,census", "019011,population,2015,52000,persons,,census",
    "019020,population,2015,9000,persons,,census", "019038,population,2015,2700,persons,,census",
)  # fmt: skip
TWO = RULE | {
    "bases": RULE["bases"] | {"area": {"label": "面積割", "unit": "km²", "column": "area_km2"}},
    "components": [
        {"basis": "equal", "weight": 20}, {"basis": "population", "weight": 60}, {"basis": "area", "weight": 20},
    ],
}  # fmt: skip


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


@pytest.fixture
def url(cost) -> str:
    return f"/desk/aoba/finance/costs/{cost.slug}/figures/2024/"


@pytest.fixture
def census(operator) -> None:
    raw = RawBytes("国勢調査.csv", "\n".join([HEAD, *CENSUS]).encode())
    assert evidence.import_figures(operator, [tidy.READER.read(raw)]).quarantined == 0


def grid(values: dict[str, str], *, basis: str = "population", **more) -> dict:
    return {f"v-{basis}-{code}": value for code, value in values.items()} | {
        f"source-{basis}": "住民基本台帳（架空）", f"asof-{basis}": "2023-09-30",
    } | more  # fmt: skip


def stored(basis: str = "population") -> dict[str, Decimal]:
    rows = BasisFigure.objects.filter(basis=basis).select_related("municipality")
    return {row.municipality.code: row.value for row in rows}


ALL = {"019011": "60,000", "019020": "9000", "019038": "3000"}


def test_the_secretariat_enters_for_all_and_that_is_shown(cost, url, client_as, secretariat, towns) -> None:
    client = client_as(secretariat)
    answer = client.post(url, grid(ALL | {"019020": "９，１００", "019038": "3000.5"}))
    assert answer.status_code == 302
    assert stored() == {"019011": 60_000, "019020": 9_100, "019038": Decimal("3000.5")}
    proxied = {row.municipality.name for row in BasisFigure.objects.filter(proxy=True)}
    assert proxied == {"川北町", "星野町"}
    text = LogEntry.objects.latest("pk").text
    assert "（川北町・星野町分を代理入力）" in text
    assert "基礎数値 2件を変更" in text
    assert "代理入力" in client.get(url).content.decode()


def test_a_town_enters_its_own_cell_and_no_other(cost, url, client_as, partner, towns) -> None:
    client = client_as(partner)
    page = client.get(url).content.decode()
    assert "v-population-019020" in page
    assert "v-population-019038" not in page
    assert client.post(url, grid({"019020": "9200", "019038": "1"})).status_code == 302
    assert stored() == {"019011": 60_000, "019020": 9_200, "019038": 3_000}
    row = BasisFigure.objects.get(municipality=towns["川北町"])
    assert not row.proxy
    log = LogEntry.objects.latest("pk")
    assert log.municipality == "019020"
    assert "人口割 川北町を 9,000→9,200 に変更" in log.text


def test_an_action_for_another_town_is_refused(cost, partner, towns) -> None:
    from keniki.apps.accounts.actor import Denied

    with pytest.raises(Denied, match="星野町"):
        save_figures(partner, cost, 2024, [FigureDraft("population", towns["星野町"], Decimal(1))])


@pytest.mark.parametrize("who", ["viewer", "panel_member"])
def test_readers_see_figures_with_their_source(request, cost, url, client_as, who) -> None:
    client = client_as(request.getfixturevalue(who))
    page = client.get(url).content.decode()
    assert "住民基本台帳（架空）" in page
    assert "60,000" in page
    assert "v-population" not in page
    assert client.post(url, grid(ALL)).status_code == 403


def test_an_empty_cell_takes_the_figure_out(cost, url, client_as, partner) -> None:
    client_as(partner).post(url, grid({"019020": ""}))
    assert set(stored()) == {"019011", "019038"}
    assert "人口割 川北町を 9,000→未入力" in LogEntry.objects.latest("pk").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("たくさん", "0以上の数ではありません"),
        ("-5", "0以上の数"),
        ("1.23456", "小数は4桁まで"),
        ("9" * 20, "小さい数"),
    ],
)
def test_a_wrong_figure_is_told_in_its_cell(cost, url, client_as, partner, typed, said) -> None:
    answer = client_as(partner).post(url, grid({"019020": typed}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'value="{typed}"' in page
    assert stored()["019020"] == 9_000


@pytest.mark.slow
def test_the_second_editor_chooses_cell_by_cell(cost, url, client_as, secretariat, partner, towns) -> None:
    client = client_as(secretariat)
    seen = client.get(url).context["digest"]
    save_figures(partner, cost, 2024, [FigureDraft("population", towns["川北町"], Decimal(9_500))])
    mine = grid(ALL | {"019020": "9100", "019038": "3100"}, version=seen)
    second = client.post(url, mine)
    page = second.content.decode()
    assert second.status_code == 409
    assert "9,500" in page
    assert "9,100" in page
    choice = {"choice-v-population-019020": "theirs", "choice-v-population-019038": "mine"}
    answer = client.post(url, mine | choice | {"version": second.context["conflict"]["version"]})
    assert answer.status_code == 302
    assert stored() == {"019011": 60_000, "019020": 9_500, "019038": 3_100}


@pytest.mark.slow
def test_a_towns_page_is_not_stale_because_another_town_saved(
    cost, url, client_as, partner, other_partner, towns
) -> None:
    client = client_as(partner)
    seen = client.get(url).context["digest"]
    save_figures(other_partner, cost, 2024, [FigureDraft("population", towns["星野町"], Decimal(3_300))])
    assert client.post(url, grid({"019020": "9001"}, version=seen)).status_code == 302


@pytest.mark.slow
def test_figures_are_taken_from_the_newest_edition_of_the_day(
    cost, url, census, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    page = client.get(f"{url}fetch/").content.decode()
    assert "51,000" in page
    assert "2023-09-30" in page
    earlier = client.get(f"{url}fetch/?basis=population&indicator=population&on=2019-04-01").content.decode()
    assert "52,000" in earlier
    assert "51,000" not in earlier
    answer = client.post(
        f"{url}fetch/", {"basis": "population", "indicator": "population", "on": "2023-09-30"}
    )
    assert answer.status_code == 302
    assert stored() == {"019011": 51_000, "019020": 8_000, "019038": 2_500}
    row = BasisFigure.objects.get(municipality__code="019020")
    assert row.edition
    assert not row.proxy
    assert "代理入力" not in LogEntry.objects.latest("pk").text
    assert "3行" in row.cell
    page = client.get(url).content.decode()
    (address,) = queries.edition_urls(cost.region, [row]).values()
    assert address in page
    assert client.get(address).status_code == 200


def test_a_figure_typed_over_a_statistic_loses_its_edition_and_others_keep_it(
    cost, url, census, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    client.post(f"{url}fetch/", {"basis": "population", "indicator": "population", "on": "2023-09-30"})
    client.post(url, grid({"019011": "51000", "019020": "8100", "019038": "2500"}))
    kept = {
        row.municipality.code: bool(row.edition) for row in BasisFigure.objects.select_related("municipality")
    }
    assert kept == {"019011": True, "019020": False, "019038": True}


def test_a_figure_of_men_and_one_of_women_are_added_up(in_region, cost, operator, towns) -> None:
    lines = [
        f"019020,population,2020,{value},persons,{sex},census"
        for sex, value in (("male", 10), ("female", 20))
    ]
    raw = RawBytes(
        "男女.csv", "\n".join([HEAD, *lines, "019038,population,2020,5,persons,male,census"]).encode()
    )
    evidence.import_figures(operator, [tidy.READER.read(raw)])
    (offer,) = queries.offers(in_region, towns_of(cost, 2024), "population", date(2023, 9, 30))
    assert offer.held["019020"].value == 30
    assert [town.name for town in offer.lacking] == ["青葉市", "星野町"]


def test_projections_are_no_basis(in_region, cost, operator) -> None:
    raw = RawBytes("推計.csv", f"{HEAD}\n019020,projected_population,2020,7000,persons,,ipss".encode())
    evidence.import_figures(operator, [tidy.READER.read(raw)])
    assert not queries.offers(in_region, towns_of(cost, 2024), "projected_population", date(2024, 4, 1))


def test_without_statistics_the_page_says_what_to_do(cost, url, client_as, secretariat) -> None:
    client = client_as(secretariat)
    page = client.get(f"{url}fetch/").content.decode()
    assert "取り込める統計がありません" in page
    assert client.post(f"{url}fetch/", {"basis": "population"}, follow=True).status_code == 200
    assert client.get(f"{url}fetch/?basis=x&indicator=y&on=z&offer=q").status_code == 200


def test_only_the_secretariat_takes_figures_for_all(cost, url, census, client_as, partner) -> None:
    assert client_as(partner).post(f"{url}fetch/", {"basis": "population"}).status_code == 403


@pytest.mark.parametrize(
    ("key", "basis", "indicator"),
    [
        ("population", {"label": "人口割", "source": "国勢調査"}, "population"),
        ("population", {"label": "人口割", "source": "住民基本台帳"}, "registered_population"),
        ("area", {"label": "面積割"}, "total_area"),
        ("need", {"label": "基準財政需要額割"}, "basic_fiscal_demand"),
        ("index", {"label": "財政力割"}, "fiscal_strength_index"),
        ("use", {"label": "利用割"}, ""),
    ],
)
def test_the_words_of_a_basis_tell_its_indicator(key, basis, indicator) -> None:
    held = (
        "population", "registered_population", "total_area", "basic_fiscal_demand", "fiscal_strength_index",
    )  # fmt: skip
    assert queries.indicator_for(key, BasisSpec(**basis), held) == indicator


def test_a_file_goes_out_and_comes_back(in_region, initiative, client_as, secretariat) -> None:
    cost = joint_cost(in_region, initiative, rule=TWO)
    url = f"/desk/aoba/finance/costs/{cost.slug}/figures/2024/file/"
    client = client_as(secretariat)
    answer = client.get(url)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == {"code": "019011", "name": "青葉市", "population": "60000", "area_km2": ""}
    rows[1] |= {"population": "9001", "area_km2": "12.5"}
    content = "\n".join(",".join(row) for row in (rows[0], *(row.values() for row in rows)))
    given = SimpleUploadedFile("基礎数値.csv", content.encode("cp932"))
    assert client.post(url, {"file": given, "source": "役場調べ"}).status_code == 302
    assert stored()["019020"] == 9_001
    assert stored("area") == {"019020": Decimal("12.5")}
    row = BasisFigure.objects.get(basis="area")
    assert (row.source, row.proxy) == ("役場調べ", True)
    assert (
        BasisFigure.objects.get(basis="population", municipality__code="019011").source
        == "住民基本台帳（架空）"
    )


@pytest.mark.parametrize(
    ("content", "said", "row", "column"),
    [
        ("", "ファイルが空です", None, None),
        ("code,name\n019020,川北町\n", "「population」の列がありません", 1, "population"),
        ("code,population\n", "市町村が1行もありません", None, None),
        ("code,population\n012106,5\n", "負担する市町村ではありません", 2, "code"),
        ("code,population\n019020,5\n019020,6\n", "2回あります", 3, "code"),
        ("code,population\n019020,多い\n", "「多い」は0以上の数ではありません", 2, "population"),
        ("code,population\n019020,-1\n", "0以上の数ではありません", 2, "population"),
        ("code,population\n019021,1\n", "検査数字", 2, "code"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(cost, content, said, row, column) -> None:
    bases = spec_of(RULE).bases
    with pytest.raises(WrongInput) as wrong:
        read_figures(content.encode(), "表.csv", towns_of(cost, 2024), bases)
    assert said in wrong.value.message
    assert (wrong.value.row, wrong.value.column) == (row, column)


def test_a_towns_file_that_changes_another_towns_figure_is_refused_in_its_form(
    cost, url, client_as, partner
) -> None:
    client = client_as(partner)
    given = SimpleUploadedFile("表.csv", b"code,population\n019020,9100\n019038,1\n")
    answer = client.post(f"{url}file/", {"file": given})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "星野町の人口割が、登録されている値（3,000）と違います" in page
    assert stored()["019020"] == 9_000
    given = SimpleUploadedFile("表.csv", b"code,population\n019020,9100\n019038,3000\n")
    assert client.post(f"{url}file/", {"file": given}).status_code == 302
    assert stored()["019020"] == 9_100


def test_a_wrong_file_stores_nothing(cost, url, client_as, secretariat) -> None:
    given = SimpleUploadedFile("表.csv", b"code,population\n019020,1\n019038,x\n")
    answer = client_as(secretariat).post(f"{url}file/", {"file": given})
    assert answer.status_code == 422
    assert "表.csv" in answer.content.decode()
    assert stored()["019020"] == 9_000
    assert client_as(secretariat).post(f"{url}file/", {}).status_code == 422


def test_a_lost_leading_zero_is_read_with_the_name_beside_it(cost) -> None:
    content = "code,name,population\n19011,青葉市,1\n19020,川北町,2\n19038,星野町,3\n"
    found = read_figures(content.encode(), "表.csv", towns_of(cost, 2024), spec_of(RULE).bases)
    assert found == {("population", code): Decimal(n) for n, code in enumerate(ALL, 1)}


def test_a_written_file_is_what_the_command_reads(cost, tmp_path, capsys) -> None:
    import json

    import yaml

    from keniki.cli.main import main

    towns = towns_of(cost, 2024)
    content = write_figures(towns, spec_of(RULE).bases, BasisFigure.objects.all())
    (tmp_path / "basis.csv").write_bytes(content)
    rule = {key: value for key, value in RULE.items() if key != "payment"}
    (tmp_path / "rule.yaml").write_text(yaml.safe_dump(rule, allow_unicode=True), "utf-8")
    arguments = ["share", "--cost", "2400000", "--rule", str(tmp_path / "rule.yaml")]
    assert main([*arguments, "--basis", str(tmp_path / "basis.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(found["shares"].values()) == 2_400_000


def test_a_figure_of_another_basis_or_town_is_refused(cost, secretariat, towns) -> None:
    with pytest.raises(WrongInput, match="基準にありません"):
        save_figures(secretariat, cost, 2024, [FigureDraft("use", towns["川北町"], Decimal(1))])
    with pytest.raises(WrongInput, match="負担する団体ではありません"):
        save_figures(secretariat, cost, 2024, [FigureDraft("population", towns["港南市"], Decimal(1))])


def test_the_bases_of_a_draft_are_entered_beforehand(cost, url, client_as, secretariat, towns) -> None:
    spec = spec_of(TWO)
    with verb(SYSTEM, "testing.draft", region="aoba", quiet=True) as act:
        content = canonical(spec)
        act.save(
            SharingRule(
                region=cost.region, cost=cost, number=2, title=spec.name, content=content,
                digest=digest_of(content), first_year=2024,
            )
        )  # fmt: skip
    client = client_as(secretariat)
    page = client.get(url).content.decode()
    assert "面積割" in page
    assert "ほかの版の基準" in page
    answer = client.post(url, grid(ALL) | grid({"019020": "12.5"}, basis="area"))
    assert answer.status_code == 302
    assert stored("area") == {"019020": Decimal("12.5")}
    assert not costs.records(cost, 2024).lacking
    given = SimpleUploadedFile("表.csv", b"code,population\n019020,7\n")
    assert client.post(f"{url}file/", {"file": given}).status_code == 302
    assert stored()["019020"] == 7


def test_without_a_rule_the_page_sends_to_it(in_region, initiative, client_as, secretariat) -> None:
    cost = joint_cost(in_region, initiative, rule=None)
    page = client_as(secretariat).get(f"/desk/aoba/finance/costs/{cost.slug}/figures/2024/").content.decode()
    assert "最初に負担割合の定めを作る" in page


def test_a_withdrawn_edition_is_not_offered(in_region, cost, census, operator) -> None:
    towns = towns_of(cost, 2024)
    assert len(queries.offers(in_region, towns, "population", date(2024, 4, 1))) == 2
    for edition in Edition.objects.all():
        evidence.withdraw_edition(operator, edition, "誤った読込")
    assert not queries.offers(in_region, towns, "population", date(2024, 4, 1))


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="KENIKI_TEST_DATA is not set")
def test_real_statistics_give_population_and_area_with_their_cells(in_region, operator) -> None:
    for name in ("SSDSE-A-2022.csv", "SSDSE-A-2025.csv"):
        raw = RawBytes(name, (DATA / "ssdse_a" / name).read_bytes())
        evidence.import_figures(operator, [ssdse.READER.read(raw)])
    towns = [
        Municipality(code=code, name=name)
        for code, name in (("012106", "岩見沢市"), ("014290", "栗山町"), ("014303", "月形町"))
    ]
    newest, *_ = queries.offers(in_region, towns, "population", date(2023, 9, 30))
    assert (newest.day.year, newest.is_whole) == (2020, True)
    assert {code: held.value for code, held in newest.held.items()} == {
        "012106": 79_306, "014290": 11_272, "014303": 3_691,
    }  # fmt: skip
    assert newest.held["012106"].cell.startswith("SSDSE-A-202")
    area, *_ = queries.offers(in_region, towns, "total_area", date(2024, 4, 1))
    assert area.unit == "ha"
    assert area.held["014303"].value == pytest.approx(15_040, rel=0.01)
    assert not queries.offers(in_region, towns, "population", date(2000, 1, 1))
