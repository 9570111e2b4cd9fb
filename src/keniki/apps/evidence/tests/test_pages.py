"""Pages of statistics: who opens what, where a figure leads, what a wrong file is answered."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.models import LogEntry
from keniki.apps.evidence import actions, queries
from keniki.apps.evidence.importers.base import Rejected
from keniki.apps.evidence.models import Edition, Figure, ImportRun, QuarantinedRow

from .test_store import SHEET, parsed

pytestmark = pytest.mark.django_db


def at(name: str, *args: object, region: str = "aoba") -> str:
    return reverse(f"evidence:{name}", args=[region, *args])


@pytest.fixture
def census(operator):
    rejected = [Rejected(9, "総数", "数ではありません。", ["019046", "不明町", "あ"])]
    return actions.import_figures(operator, [parsed(rejected=rejected)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "status"), [("secretariat", 200), ("partner", 200), ("viewer", 200), ("neighbour", 404)]
)
def test_people_of_the_region_read_its_statistics(request, region, census, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    figure = Figure.objects.first()
    for url in (at("evidence"), at("edition", census.edition.pk), at("figure", figure.pk)):
        assert client.get(url).status_code == status, url


def test_a_figure_on_the_page_leads_to_source_table_and_cell(region, census, client_as, partner) -> None:
    client = client_as(partner)
    page = client.get(at("evidence")).content.decode()
    figure = queries.figures(["019011"], ["population"])[0]
    assert f'href="{at("figure", figure.pk)}">50,000</a>' in page
    source = client.get(at("figure", figure.pk)).content.decode()
    for words in (
        "国勢調査",
        "令和2年国勢調査 2-7-1",
        "kokusei.csv",
        "5行 2列",
        "青葉市の行",
        "総務省統計局「国勢調査」",
    ):
        assert words in source, words


def test_the_newest_year_is_shown_and_earlier_editions_stand_beside_it(
    region, census, operator, client_as, partner
) -> None:
    actions.import_figures(operator, [parsed(SHEET | {"川北町": (8_001, None)})])
    figure = next(row for row in queries.figures(["019020"], ["population"]) if row.value == 8_001)
    source = client_as(partner).get(at("figure", figure.pk)).content.decode()
    assert "8,001" in source
    assert "8,000" in source
    assert "2回目に読み込んだ版" in source


def test_rows_kept_aside_are_listed_with_their_reason(region, census, client_as, partner) -> None:
    page = client_as(partner).get(at("edition", census.edition.pk)).content.decode()
    assert "数ではありません。" in page
    assert "019046、不明町、あ" in page


def test_a_region_never_sees_anothers_own_statistics(
    region, other_region, secretariat, client_as, neighbour
) -> None:
    with scope(region=region):
        own = actions.import_figures(secretariat, [parsed(edition="own")], region=region)
    figure = Figure.objects.first()
    assert client_as(secretariat).get(at("edition", own.edition.pk)).status_code == 200
    other = client_as(neighbour)
    for url in (
        at("edition", own.edition.pk, region=other_region.slug),
        at("figure", figure.pk, region=other_region.slug),
    ):
        assert other.get(url).status_code == 404
    assert "own" not in other.get(at("evidence", region=other_region.slug)).content.decode()


def test_only_the_secretariat_loads_files_and_others_read_why_not(
    region, client_as, secretariat, partner
) -> None:
    assert client_as(secretariat).get(at("import")).status_code == 200
    assert client_as(partner).get(at("import")).status_code == 403
    assert "読み込みできません。" in client_as(partner).get(at("evidence")).content.decode()


def test_a_file_of_the_regions_own_is_read_in_the_browser_and_a_wrong_one_is_told_in_place(
    region, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    wrong = client.post(at("import"), {"file": SimpleUploadedFile("notes.txt", "ただの文章".encode())})
    assert wrong.status_code == 422
    assert "種類を判定できません" in wrong.content.decode()
    assert not ImportRun.objects.filter(region=region).exists()
    head = "municipality_code,indicator,year,value,unit\n"
    rows = f"{head}019011,bus_users,2024,12345,persons\n019020,bus_users,2024,x,persons\n"
    done = client.post(at("import"), {"file": SimpleUploadedFile("bus.csv", rows.encode())}, follow=True)
    assert "新しい値 1件、登録済み 0件、保留 1件" in done.content.decode()
    with scope(region=region):
        assert Edition.objects.get(region=region).files.get().name == "bus.csv"
        assert queries.figures(["019011"], ["bus_users"], region=region)[0].value == 12_345


BUS = (
    "municipality_code,indicator,year,value,unit\n"
    "019011,bus_users,2024,12345,persons\n019020,bus_users,2024,千人,persons\n019038,bus_users,2024,―,\n"
)


@pytest.mark.slow
def test_a_row_kept_aside_is_put_right_in_the_browser_and_read_anew(
    region, client_as, secretariat, partner
) -> None:
    client = client_as(secretariat)
    client.post(at("import"), {"file": SimpleUploadedFile("bus.csv", BUS.encode())})
    first, second = QuarantinedRow.objects.order_by("row")
    url = at("row", first.pk)
    assert client_as(partner).get(url).status_code == 403
    cells = {f"cell-{number}": cell for number, cell in enumerate(first.raw, 1)}
    assert client.get(url).content.decode().count('name="cell-') == 5
    still = client.post(url, cells | {"version": "1", "cell-4": "約千人"})
    assert still.status_code == 422
    assert QuarantinedRow.objects.get(pk=first.pk).state == "open"
    done = client.post(url, cells | {"version": "1", "cell-4": "1000"}, follow=True)
    assert "新しい値 1件" in done.content.decode()
    with scope(region=region):
        figure = queries.figures(["019020"], ["bus_users"], region=region)[0]
    assert (figure.value, figure.cell.row) == (1_000, 3)
    assert "bus.csv（3行目の訂正）" in figure.cell.file
    again = client.post(url, cells | {"version": "2", "cell-4": "1001"})
    assert "ほかの人が先に処理" in again.content.decode()
    client.post(at("drop-row", second.pk), {"version": "1"})
    assert QuarantinedRow.objects.get(pk=second.pk).state == "dropped"
    with scope(region=region):
        edition = first.run.edition_id
    page = client.get(at("edition", edition)).content.decode()
    assert "保留した行はありません" in page
    said = list(LogEntry.objects.filter(verb__endswith="_row").order_by("pk").values_list("text", flat=True))
    assert "3行目）を訂正して登録（新しい値 1件）" in said[0]
    assert "4行目）を登録しないことに決定" in said[1]
