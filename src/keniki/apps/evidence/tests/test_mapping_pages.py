"""A table of unknown layout is read on a page: proposed, put right, tried, read, remembered, forgotten."""

from __future__ import annotations

import io
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.models import LogEntry, User
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions, queries
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.importers.mapping import head_of, spec_of
from keniki.apps.evidence.models import Area, Edition, Mapping
from keniki.apps.regions.models import Municipality
from tests.filling import filled

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TEST_DATA = os.environ.get("KENIKI_TEST_DATA")

#: Two rows of headings, a total, a cell that is no number, a mark; 架空の県.
BUS = (
    "路線バスの利用,,,,\r\n"
    "団体コード,市町名,令和5年度,,備考\r\n"
    ",,乗車人数（人）,便数（便）,\r\n"
    '019011,青葉市,"12,345",20,\r\n'
    "019020,川北町,約千,8,\r\n"
    "019038,星野町,-,4,休止あり\r\n"
    ",合計,13345,32,\r\n"
)


def at(name: str, *args: object, region: str = "aoba") -> str:
    return reverse(f"evidence:{name}", args=[region, *args])


def upload(text: str = BUS, name: str = "bus2023.csv", encoding: str = "cp932") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(encoding), "text/csv")


def sent(client: Any, page: Any, deed: str, **entries: str) -> Any:
    """The page's form with these entries and this button."""
    form = filled(page.content.decode(), at("new-mapping"), entries)
    return client.post(at("new-mapping"), {**form, "deed": deed})


def texts(page: Any) -> str:
    return unescape(re.sub(r"<[^>]+>|\s+", " ", page.content.decode()))


def test_a_table_with_two_head_rows_is_proposed_put_right_tried_and_read(
    region, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    shown = client.post(at("new-mapping"), {"file": upload()})
    assert shown.status_code == 200
    content = shown.content.decode()
    assert 'value="2,3"' in content
    assert "C列 令和5年度 乗車人数（人）" in content
    assert "12,345" in content
    assert 'value="乗車人数"' in content
    assert '<option value="head:2" selected>' in content
    right = {"c3-indicator": "bus_users", "c3-unit": "人", "c4-use": ""}
    tried = sent(client, shown, "try", **right)
    assert tried.status_code == 200, texts(tried)
    said = texts(tried)
    assert "2の地域の 2件を登録し、1件を保留します" in said
    assert "「約千」は数値ではありません。" in said
    assert "青葉市（019011）" in said
    assert "独自の指標" in said
    assert not Mapping.objects.exists()
    assert not Edition.objects.exists()
    done = sent(client, tried, "save")
    assert done.status_code == 302, texts(done)
    with scope(region=region):
        (figure,) = queries.figures(["019011"], ["bus_users"], region=region)
        assert (figure.value, figure.unit, figure.period, figure.cell.row) == (12_345, "persons", "FY2023", 4)
        marked = queries.figures(["019038"], ["bus_users"], region=region)[0]
    assert (marked.value, marked.text, marked.status) == (None, "-", "unknown")


def test_towns_of_a_made_up_prefecture_are_read_by_code_and_by_name(
    region, operator, client_as, secretariat
) -> None:
    with verb(operator, "testing.towns", quiet=True):
        for code, name in (("902012", "海野市"), ("902021", "山野市"), ("903418", "川野町")):
            Municipality(code=code, name=name, kind="city", prefecture="90").save()
    client = client_as(secretariat)
    table = (
        "団体コード,市町名,人数（人）\n902012,海野市,1\n902021,山野市,2\n903418,川野町,3\n902039,谷野市,4\n"
    )
    shown = client.post(at("new-mapping"), {"file": upload(table, "riyou_2023.csv")})
    tried = sent(client, shown, "try")
    assert "3の地域の 3件を登録し、1件を保留します" in texts(tried)
    assert "都道府県番号（上2桁）90 はありません" in texts(tried)
    named = sent(client, tried, "try", code="", skip="谷野市")
    assert "3の地域の 3件を登録し、0件を保留します" in texts(named)
    assert sent(client, named, "save").status_code == 302
    with scope(region=region):
        (figure,) = queries.figures(["903418"], ["人数"], region=region)
    assert (figure.value, figure.unit, figure.year, figure.area) == (3, "persons", 2023, "川野町")


def test_the_next_table_with_the_same_headings_is_read_without_asking(region, client_as, secretariat) -> None:
    client = client_as(secretariat)
    right = {"c3-indicator": "bus_users", "c3-unit": "人", "c4-use": ""}
    sent(client, sent(client, client.post(at("new-mapping"), {"file": upload()}), "try", **right), "save")
    later = BUS.replace("令和5年度", "令和6年度").replace("12,345", "11,000")
    done = client.post(at("import"), {"file": upload(later, "bus2024.csv", "utf-8-sig")}, follow=True)
    assert "列の対応を付けた表」として読み込みました。新しい値 2件、登録済み 0件、保留 1件" in texts(done)
    with scope(region=region):
        years = [(row.year, row.value) for row in queries.figures(["019011"], ["bus_users"], region=region)]
    assert years == [(2024, 11_000), (2023, 12_345)]


def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(region, client_as, secretariat) -> None:
    client = client_as(secretariat)
    shown = client.post(at("new-mapping"), {"file": upload()})
    wrong = {"c3-indicator": "", "c4-unit": "", "name": "", "code": "", "c3-part": "平日"}
    answer = sent(client, shown, "try", **wrong)
    assert answer.status_code == 422
    said = texts(answer)
    assert "C列の指標：指標を選ぶか、名前を付けてください。" in said
    assert "D列の単位：単位を入力してください。" in said
    assert "市町村名の列：団体コードか市町村名の列を選んでください。" in said
    assert 'value="平日"' in answer.content.decode()
    no_year = sent(client, shown, "save", year_at="", year="")
    assert no_year.status_code == 422
    assert "年：" in texts(no_year)
    bad = sent(client, shown, "look", head_rows="四", first_row="2")
    assert bad.status_code == 422
    assert "行の番号を 3 又は 3,4 のように" in texts(bad)
    assert not Edition.objects.exists()


def test_another_sheet_and_other_head_rows_are_looked_at_on_request(region, client_as, secretariat) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("表紙").write(0, 0, "令和5年度 資料")
        sheet = book.add_worksheet("利用")
        for at_row, row in enumerate(
            [["市町", "人数（人）"], ["青葉市", 10], ["川北町", 20], ["星野町", 30]]
        ):
            sheet.write_row(at_row, 0, row)
    client = client_as(secretariat)
    file = SimpleUploadedFile("riyou.xlsx", out.getvalue())
    shown = client.post(at("new-mapping"), {"file": file})
    assert "B列 人数（人）" in shown.content.decode()
    cover = sent(client, shown, "look", sheet="表紙", head_rows="1", first_row="2")
    assert "A列 令和5年度 資料" in cover.content.decode()
    again = sent(client, cover, "look", sheet="利用", head_rows="1", first_row="3")
    tried = sent(client, again, "try", year="令和5年", **{"c2-indicator": "利用者"})
    assert "2の地域の 2件を登録し、0件を保留します" in texts(tried)
    assert sent(client, tried, "save").status_code == 302
    with scope(region=region):
        spec = spec_of(Mapping.objects.get().spec)
    assert (spec.sheet, spec.first_row, spec.area.name) == ("利用", 3, "市町")


def test_files_that_are_no_tables_are_refused_where_they_are_chosen(
    region, client_as, secretariat, partner
) -> None:
    client = client_as(secretariat)
    assert client_as(partner).get(at("new-mapping")).status_code == 403
    for content, words in ((b"PK\x03\x04broken", "Excelファイルとして読めません"), (b"", "空です")):
        answer = client.post(at("new-mapping"), {"file": SimpleUploadedFile("a.xlsx", content)})
        assert answer.status_code == 422
        assert words in texts(answer)
    forged = client.post(at("new-mapping"), {"mark": "x" * 40, "deed": "try"})
    assert forged.status_code == 422
    assert "もう一度選んでください" in texts(forged)


def test_a_file_of_no_known_kind_leads_to_its_columns(region, client_as, secretariat) -> None:
    client = client_as(secretariat)
    refused = client.post(at("import"), {"file": upload()})
    assert refused.status_code == 422
    mark = re.search(r'name="mark" value="([^"]+)"', refused.content.decode())[1]
    assert "C列 令和5年度 乗車人数（人）" in client.post(at("new-mapping"), {"mark": mark}).content.decode()


def test_a_mapping_is_shown_in_words_downloaded_and_forgotten(
    region, other_region, client_as, secretariat, partner, neighbour, operator
) -> None:
    content = {
        "title": "バスの利用",
        "area": {"code": "団体コード", "name": "市町"},
        "year": "令和5年度",
        "columns": [
            {"column": "人数", "indicator": "総人口", "unit": "千人", "sex": "男", "age": "0-4"},
            {"column": "作物", "indicator": "おもな作物", "kind": "words"},
        ],
        "skip": [{"column": "市町", "values": ["合計"]}],
    }
    spec = spec_of(content)
    file = RawBytes("a.csv", "団体コード,市町,人数,作物\n019011,青葉市,1,米\n".encode())
    with scope(region=region):
        actions.read_by_mapping(secretariat, region, file, spec)
        stored = Mapping.objects.get()
    actions.remember_mapping(operator, "公的な表", head_of(file, spec), spec.model_dump(mode="json"))
    client = client_as(partner)
    assert "公的な表" in texts(client.get(at("mappings")))
    said = texts(client.get(at("mapping", stored.pk)))
    for words in (
        "見出しは1行目、データは2行目から",
        "団体コードは「団体コード」の列",
        "千人",
        "「市町」が「合計」の行",
        "独自の指標",
    ):
        assert words in said, words
    yaml = client.get(at("mapping-file", stored.pk))
    assert spec_of(yaml.content) == spec
    assert client.post(at("forget-mapping", stored.pk), {"version": "1"}).status_code == 403
    assert client_as(neighbour).get(at("mapping", stored.pk, region=other_region.slug)).status_code == 404
    official = Mapping.objects.exclude(pk=stored.pk).get()
    browser = client_as(secretariat)
    assert browser.post(at("forget-mapping", official.pk), {"version": "1"}).status_code == 403
    assert browser.post(at("forget-mapping", stored.pk), {"version": "9"}).status_code == 409
    assert browser.post(at("forget-mapping", stored.pk), {"version": "1"}).status_code == 302
    assert not Mapping.objects.filter(pk=stored.pk).exists()
    assert "列の対応「バスの利用」を削除" in LogEntry.objects.get(verb="evidence.forget_mapping").text


@pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")
def test_a_wide_published_table_of_three_head_rows_is_proposed(region, client_as, secretariat) -> None:
    file = Path(f"{TEST_DATA}/ssdse_a/SSDSE-A-2025.csv")
    client = client_as(secretariat)
    shown = client.post(at("new-mapping"), {"file": SimpleUploadedFile(file.name, file.read_bytes())})
    assert shown.status_code == 200
    said = texts(shown)
    assert "総人口" in said
    assert "この画面では扱えません" in said
    content = shown.content.decode()
    assert re.search(r'<option value="3" selected>C列 [^<]*市区町村', content)
    assert '<option value="head:2" selected>' in content
    assert re.search(r'<option value="男" selected', content)


def test_a_matrix_of_flows_is_read_on_the_page(region, client_as, secretariat) -> None:
    client = client_as(secretariat)
    table = "買物の流動\n常住地,青葉市,川北町,星野町\n青葉市,900,20,-\n川北町,300,100,5\n星野町,10,2,?\n"
    shown = client.post(at("new-mapping"), {"file": upload(table, "kaimono2023.csv")})
    flows = {
        "table": "flows",
        "to_at": "head:2",
        "year": "2023",
        "c4-use": "number",
        **{f"c{at}-indicator": "" for at in (2, 3, 4)},
    }
    said = sent(client, shown, "try", **flows, purpose="")
    assert said.status_code == 422
    assert "目的：目的を入力してください。" in texts(said)
    tried = sent(client, shown, "try", **flows, purpose="買物")
    assert "3の地域の 7件を登録し、1件を保留します" in texts(tried)
    assert "川北町 → 青葉市" in texts(tried)
    gap = sent(client, tried, "try", **{"c3-use": ""})
    assert "続いた列を選んでください" in texts(gap)
    assert sent(client, tried, "save").status_code == 302
    with scope(region=region):
        edition = Edition.objects.get()
        assert queries.flows_of(edition, ["shopping"], to=["019011"]) == {
            "019011": {"shopping": 900.0},
            "019020": {"shopping": 300.0},
            "019038": {"shopping": 10.0},
        }
        stored = Mapping.objects.get()
    words = texts(client.get(at("mapping", stored.pk)))
    assert "出発地：市町村名は「常住地」の列。行き先：市町村名は見出しの2行目" in words
    later = upload(table.replace("900", "800"), "kaimono2024.csv")
    assert "新しい値 7件" in texts(client.post(at("import"), {"file": later}, follow=True))


def test_months_of_a_hospital_district_are_read_on_the_page(region, client_as, secretariat) -> None:
    client = client_as(secretariat)
    table = "月,入院（人）,主な出来事\n2023年4月,120,開院\n2023年5月,130,\n2023年6月,140,\n"
    shown = client.post(at("new-mapping"), {"file": upload(table, "nyuuin.csv")})
    entries = {
        "area_at": "fixed",
        "fixed": "青葉医療圏",
        "kind": "medical_area",
        "year_at": "column:1",
        "c2-use": "number",
        "c2-indicator": "inpatients",
        "c2-unit": "人",
        "c3-use": "words",
        "c3-indicator": "events",
    }
    wrong = sent(client, shown, "try", **entries, members="青葉医療圏：ない市")
    assert "「ない市」という市区町村は知られていません" in texts(wrong)
    assert "<details open><summary>地域が列にない" in wrong.content.decode()
    tried = sent(client, wrong, "try", members="青葉医療圏 = 青葉市、019020")
    assert "1の地域の 4件を登録し、0件を保留します" in texts(tried)
    assert sent(client, tried, "save").status_code == 302
    with scope(region=region):
        area = Area.objects.get(kind="medical_area")
        assert sorted(area.members.values_list("code", flat=True)) == ["019011", "019020"]
        periods = area.figures.exclude(value=None).values_list("series__period", "value")
        assert sorted(periods) == [("2023-04", 120.0), ("2023-05", 130.0), ("2023-06", 140.0)]
        assert area.figures.get(value=None).text == "開院"


def test_the_operator_makes_a_mapping_for_everybody_on_a_page(
    region, operator, client_as, secretariat, partner
) -> None:
    with verb(operator, "testing.operator", quiet=True):
        admin = User.objects.create(login="kanri", name="管理 太郎", is_operator=True)
    url = reverse("evidence:official-new-mapping")
    assert client_as(secretariat).get(url).status_code == 403
    client = client_as(Actor(user=admin))
    shown = client.post(url, {"file": upload()})
    right = {"c3-indicator": "bus_users", "c3-unit": "人", "c4-use": ""}
    form = filled(shown.content.decode(), url, right)
    assert client.post(at("new-mapping"), {**form, "deed": "try"}).status_code == 422
    assert form["status"] == ["official"]
    assert client.post(url, {**form, "deed": "save"}).url == reverse("evidence:official-mappings")
    (figure,) = queries.figures(["019011"], ["bus_users"])
    assert (figure.value, figure.status) == (12_345, "official")
    stored = Mapping.objects.get()
    assert stored.region_id is None
    listed = client_as(partner).get(reverse("evidence:official-mappings"))
    assert "bus" in texts(listed)
    assert "表から対応をつくる" not in texts(listed)
    for name in ("official-mapping", "official-mapping-file"):
        assert client_as(partner).get(reverse(f"evidence:{name}", args=[stored.pk])).status_code == 200
    forget = reverse("evidence:official-forget-mapping", args=[stored.pk])
    assert client_as(secretariat).post(forget, {"version": "1"}).status_code == 403
    with scope(region=region):
        file = RawBytes("own.csv", BUS.encode())
        own = actions.read_by_mapping(secretariat, region, file, spec_of(stored.spec))
        theirs = Mapping.objects.exclude(pk=stored.pk).get()
    assert own.stored == 2
    assert client.get(reverse("evidence:official-mapping", args=[theirs.pk])).status_code == 404
    assert client.post(forget, {"version": "1"}).status_code == 302
    assert not Mapping.objects.filter(pk=stored.pk).exists()
