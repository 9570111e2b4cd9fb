"""Figures are stored once with their cell; a second edition stands beside the first; what is wrong is kept aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes import scope

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.evidence import actions, queries
from keniki.apps.evidence.importers import flows
from keniki.apps.evidence.importers.base import (
    NO_VALUE,
    AreaKey,
    EditionSpec,
    FlowRow,
    Parsed,
    RawBytes,
    Rejected,
    SeriesKey,
    SourceSpec,
)
from keniki.apps.evidence.models import Area, Edition, Figure, ImportRun, QuarantinedRow, RawFile
from keniki.apps.regions.models import Region
from keniki.apps.workflow import keeping, storage
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db

POPULATION = SeriesKey("population", "persons", 2020, "2020-10-01")
WOMEN = SeriesKey("population", "persons", 2020, "2020-10-01", sex="female")
TOWNS = {"青葉市": "019011", "川北町": "019020", "星野町": "019038"}
SHEET = {"青葉市": (50_000, 26_000), "川北町": (8_000, None), "星野町": (3_000, 1_500)}


def parsed(
    sheet: Mapping[str, tuple[float | None, ...]] = SHEET,
    *,
    name: str = "kokusei.csv",
    rejected: Sequence[Rejected] = (),
    edition: str = "census-2020",
    codes: Mapping[str, str] = TOWNS,
) -> Parsed:
    """A file of two columns, as a reader gives it; its content follows from the figures."""
    made = Parsed(
        "handmade",
        RawBytes(name, repr((sorted(sheet.items()), edition)).encode()),
        SourceSpec("census", "国勢調査", publisher="総務省統計局", credit="総務省統計局「国勢調査」"),
        EditionSpec(edition, "令和2年国勢調査", table="2-7-1", census_year=2020),
        series_keys=[POPULATION, WOMEN],
        area_keys=[AreaKey("municipality", codes[town], town) for town in sheet],
        column_labels={2: "総数", 3: "女"},
        rejected=list(rejected),
    )
    for number, (town, values) in enumerate(sheet.items()):
        made.row_labels[number + 5] = f"{town}の行"
        for place, value in enumerate(values):
            made.add(
                place,
                number,
                NO_VALUE if value is None else value,
                number + 5,
                place + 2,
                "" if value is not None else "-",
            )
    return made


def shown(code: str, **wanted: object) -> list[tuple[float | None, str]]:
    found = queries.figures([code], ["population"], divided=True, **wanted)  # type: ignore[arg-type]
    return [(row.value, row.edition) for row in found if row.sex == ""]


def test_a_figure_is_found_with_source_edition_and_cell(operator: Actor) -> None:
    done = actions.import_figures(operator, [parsed()])
    assert (done.stored, done.known, done.quarantined) == (6, 0, 0)
    figure = queries.figures(["019011"], ["population"])[0]
    assert (figure.value, figure.unit, figure.period, figure.status) == (
        50_000,
        "persons",
        "2020-10-01",
        "official",
    )
    assert (figure.source, figure.edition_title) == ("census", "令和2年国勢調査 2-7-1")
    assert figure.cell == queries.Cell("kokusei.csv", 5, 2, "青葉市の行", "総数")
    whole, women = queries.figures(["019020"], ["population"], divided=True)
    assert (whole.value, whole.sex) == (8_000, "")
    assert (women.value, women.text, women.sex) == (None, "-", "female")


def test_the_same_file_twice_changes_nothing_and_its_original_is_kept_by_its_hash(operator: Actor) -> None:
    first = actions.import_figures(operator, [parsed()])
    again = actions.import_figures(operator, [parsed()])
    assert (again.stored, again.known, again.edition) == (0, 6, first.edition)
    assert Figure.objects.count() == 6
    file = RawFile.objects.get()
    assert storage.get(file.digest) == parsed().file.content
    assert file.digest in keeping.in_use()
    texts = list(
        LogEntry.objects.filter(verb="evidence.import").order_by("pk").values_list("text", flat=True)
    )
    assert "令和2年国勢調査 2-7-1" in texts[0]
    assert "新しい値 6件、保留 0件" in texts[0]
    assert "登録済みのため変更なし" in texts[1]


def test_other_values_for_a_known_edition_become_an_edition_beside_it(operator: Actor) -> None:
    actions.import_figures(operator, [parsed()])
    revised = actions.import_figures(operator, [parsed(SHEET | {"川北町": (8_001, None)})])
    assert revised.stored == 6
    assert "2回目に読み込んだ版" in revised.edition.title
    assert sorted(value for value, _ in shown("019020")) == [8_000, 8_001]
    third = actions.import_figures(operator, [parsed(SHEET | {"川北町": (8_002, None)})])
    assert "3回目に読み込んだ版" in third.edition.title


def test_files_of_one_edition_add_up_and_a_part_that_agrees_joins_it(operator: Actor) -> None:
    two = [
        parsed({"青葉市": (50_000, 26_000)}, name="a.csv"),
        parsed({"川北町": (8_000, 4_000)}, name="b.csv"),
    ]
    done = actions.import_figures(operator, two)
    assert (done.files, done.stored) == (2, 4)
    more = actions.import_figures(
        operator, [parsed({"川北町": (8_000, 4_000), "星野町": (3_000, 1_500)}, name="c.csv")]
    )
    assert (more.stored, more.known, more.edition) == (2, 2, done.edition)
    assert Edition.objects.count() == 1


def test_what_a_reader_rejected_and_what_a_file_says_twice_is_kept_aside(operator: Actor) -> None:
    file = parsed(rejected=[Rejected(9, "総数", "数ではありません。", ["019046", "不明町", "あ"])])
    file.add(0, 0, 49_999, 8, 2)
    done = actions.import_figures(operator, [file])
    assert (done.stored, done.quarantined) == (6, 2)
    kept = list(QuarantinedRow.objects.order_by("-row").values_list("row", "column", "reason", "state"))
    assert kept[0] == (9, "総数", "数ではありません。", "open")
    assert kept[1][0] == 8
    assert "違います" in kept[1][2]
    assert shown("019011") == [(50_000, "census-2020")]


def test_words_are_stored_as_they_stand_and_the_same_words_twice_once(operator: Actor) -> None:
    words = 'C:\\temp\\N\t"玉ねぎ"\r\n米、麦\\.'
    file = parsed({"青葉市": (1.5e-7, None), "川北町": (1e16, None)})
    file.texts[1] = words
    file.add(1, 1, NO_VALUE, 9, 3, "-")
    file.add(1, 0, NO_VALUE, 9, 3, words)
    done = actions.import_figures(operator, [file])
    assert (done.stored, done.quarantined) == (4, 0)
    stored = Figure.objects.order_by("pk").values_list("value", "text", "row", "column")
    assert list(stored) == [(1.5e-7, "", 5, 2), (None, words, 5, 3), (1e16, "", 6, 2), (None, "-", 6, 3)]


def test_a_file_that_breaks_off_leaves_nothing_behind(
    operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(actions.importing, "store_labels", broken)
    with pytest.raises(OSError, match="no space"):
        actions.import_figures(operator, [parsed()])
    assert not Edition.objects.exists()
    assert not Figure.objects.exists()
    assert not Area.objects.exists()


def test_the_database_keeps_figures_as_they_were_stored(operator: Actor) -> None:
    actions.import_figures(operator, [parsed()])
    for statement in ("UPDATE evidence_figure SET value = 1", "DELETE FROM evidence_figure"):
        with pytest.raises(DatabaseError, match=r"append_only|Cannot"), transaction.atomic():
            connection.cursor().execute(statement)


def test_flows_are_stored_once_and_found_by_where_they_lead(operator: Actor) -> None:
    made = parsed(name="flows.csv")
    towns = made.area_keys
    made.flows = [
        FlowRow(towns[1], towns[0], "commute", 2020, 900, 3),
        FlowRow(towns[2], towns[0], "commute", 2020, 100, 4),
        FlowRow(towns[2], towns[1], "commute", 2020, 50, 5),
    ]
    done = actions.import_figures(operator, [made])
    assert done.stored == 9
    into = queries.flows_of(done.edition, ["commute"], to=["019011"])
    assert {queries.area_names(into)[code]: people for code, people in into.items()} == {
        "川北町": {"commute": 900},
        "星野町": {"commute": 100},
    }


def test_people_who_go_anywhere_are_counted_once(operator: Actor) -> None:
    """Prefectures, 特別区部 and wards stand beside the towns in the table of the census; their people are the same."""
    numbers = {"00000": 100, "01000": 90, "01100": 30, "01101": 20, "01210": 10, "01423": 50, "13100": 4}
    numbers |= {"13101": 4, "0121B": 2, "27101": 3}
    rows = [f"01423,{code},commute_school,{number}" for code, number in numbers.items()]
    content = "\n".join(["origin,destination,purpose,value", *rows]).encode()
    done = actions.import_figures(operator, [flows.read(RawBytes("flows_2020.csv", content))])
    (found,) = queries.flows_of(done.edition, ["commute_school"]).values()
    assert found == {"commute_school": 30.0 + 10.0 + 50.0 + 4.0 + 3.0}
    there = queries.flows_of(done.edition, ["commute_school"], to=["011002"])
    assert there == {"014231": {"commute_school": 30.0}}


@pytest.mark.slow
def test_official_figures_are_the_operators_and_a_regions_own_are_its_own(
    operator: Actor, secretariat: Actor, partner: Actor, region: Region, other_region: Region
) -> None:
    with pytest.raises(Denied, match="システム管理者"):
        actions.import_figures(secretariat, [parsed()])
    with scope(region=region):
        with pytest.raises(Denied):
            actions.import_figures(partner, [parsed()], region=region)
        actions.import_figures(secretariat, [parsed(edition="own-2024")], region=region)
        assert shown("019011", region=region) == [(50_000, "own-2024")]
    with scope(region=other_region):
        assert shown("019011", region=other_region) == []
        assert shown("019011") == []
    assert shown("019011") == []


def test_the_database_shows_a_regions_own_editions_to_its_scope_only(
    operator: Actor, secretariat: Actor, region: Region, other_region: Region
) -> None:
    actions.import_figures(operator, [parsed()])
    with scope(region=region):
        actions.import_figures(secretariat, [parsed(edition="own-2024")], region=region)

    def stored() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT key FROM evidence_edition ORDER BY key")
            return [key for (key,) in cursor.fetchall()]

    assert stored() == ["census-2020"]
    with scope(region=other_region):
        assert stored() == ["census-2020"]
    with scope(region=region):
        assert stored() == ["census-2020", "own-2024"]
        assert ImportRun.objects.filter(region=region).count() == 1


def test_a_correction_stands_beside_the_value_it_corrects(
    operator: Actor, secretariat: Actor, partner: Actor, region: Region
) -> None:
    actions.import_figures(operator, [parsed()])
    official = Figure.objects.get(series__sex="", area__code="019020")
    with scope(region=region), pytest.raises(Denied, match="公的統計の値は変えられません"):
        actions.correct_figure(secretariat, official, 8_010, "転記の誤り", region=region)
    with scope(region=region):
        actions.import_figures(secretariat, [parsed(edition="own")], region=region)
        own = Figure.objects.get(series__edition__key="own", series__sex="", area__code="019020")
        with pytest.raises(Denied):
            actions.correct_figure(partner, own, 8_010, "転記の誤り", region=region)
        with pytest.raises(WrongInput, match="理由"):
            actions.correct_figure(secretariat, own, 8_010, " ", region=region)
        with pytest.raises(WrongInput, match="元の値と同じ"):
            actions.correct_figure(secretariat, own, 8_000, "確認した", region=region)
        corrected = actions.correct_figure(secretariat, own, 8_010, "転記の誤り", region=region)
        with pytest.raises(WrongInput, match="先に訂正"):
            actions.correct_figure(secretariat, own, 8_020, "もう一度", region=region)
        assert (8_010, "own") in shown("019020", region=region)
        assert (8_000, "own") not in shown("019020", region=region)
        view = queries.figure_for(region, corrected.pk)
        assert (view.corrected, [row.value for row in queries.before_correction(view)]) == (
            "転記の誤り",
            [8_000],
        )
    assert Figure.objects.get(pk=own.pk).value == 8_000
    said = LogEntry.objects.get(verb="evidence.correct")
    assert "8,000→8,010 に訂正（転記の誤り）" in said.text


def test_a_figure_names_only_what_there_is_and_that_stays(operator: Actor) -> None:
    actions.import_figures(operator, [parsed()])
    columns = "(series_id, area_id, value, text, file_id, corrects_id, reason)"
    whole = ["series_id", "area_id", "1", "''", "file_id", "id", "'なし'"]
    for place in (0, 1, 4, 5):
        lost = ", ".join([*whole[:place], "-1", *whole[place + 1 :]])
        with pytest.raises(DatabaseError, match="names what there is not"), transaction.atomic():
            connection.cursor().execute(
                f"INSERT INTO evidence_figure {columns} SELECT {lost} FROM evidence_figure LIMIT 1"  # noqa: S608
            )
    for table in ("evidence_series", "evidence_area", "evidence_rawfile", "evidence_edition"):
        with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
            connection.cursor().execute(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.slow
def test_a_regions_own_file_names_no_municipality_and_its_figures_are_not_official(
    operator: Actor, secretariat: Actor, region: Region
) -> None:
    lying = parsed({"うその町": (1, 2)}, codes={"うその町": "019780"}, edition="own")
    with scope(region=region):
        actions.import_figures(secretariat, [lying], region=region)
        assert queries.figures(["019780"], ["population"], region=region)[0].status == "unknown"
    assert Area.objects.get(code="019780").name == "019780"
    actions.import_figures(operator, [parsed({"本当町": (1, 2)}, codes={"本当町": "019780"})])
    assert Area.objects.get(code="019780").name == "本当町"


def flowing(value: float, name: str = "flows.csv") -> Parsed:
    made = parsed({}, name=name)
    made.file = RawBytes(name, repr(value).encode())
    towns = [AreaKey("municipality", code, town) for town, code in TOWNS.items()]
    made.flows = [FlowRow(towns[1], towns[0], "commute", 2020, value, 2)]
    return made


def test_revised_flows_become_an_edition_beside_the_first(operator: Actor) -> None:
    first = actions.import_figures(operator, [flowing(100)])
    revised = actions.import_figures(operator, [flowing(200)])
    assert (revised.stored, revised.edition != first.edition) == (1, True)
    assert queries.flows_of(first.edition, ["commute"]) == {"019020": {"commute": 100}}
    assert queries.flows_of(revised.edition, ["commute"]) == {"019020": {"commute": 200}}


def test_files_read_together_once_are_known_alone_and_in_any_order(operator: Actor) -> None:
    def files(number: int) -> list[Parsed]:
        rows = {"青葉市": (number, 0), "川北町": (number, 1)}
        return [parsed({town: rows[town]}, name=f"{town}{number}.csv") for town in rows]

    actions.import_figures(operator, files(1))
    second = actions.import_figures(operator, files(2))
    for again in (files(2)[1:], files(2)[::-1], files(1)[:1]):
        assert actions.import_figures(operator, again).stored == 0
    assert Edition.objects.count() == 2
    assert second.stored == 4


@pytest.mark.slow
def test_a_corrected_figure_leads_to_the_value_in_its_place(secretariat: Actor, region: Region) -> None:
    with scope(region=region):
        actions.import_figures(secretariat, [parsed(edition="own")], region=region)
        own = Figure.objects.get(series__sex="", area__code="019020")
        assert queries.correction_of(queries.figure_for(region, own.pk)) is None
        actions.correct_figure(secretariat, own, 8_010, "転記の誤り", region=region)
        later = queries.correction_of(queries.figure_for(region, own.pk))
    assert later is not None
    assert (later.value, later.corrected) == (8_010, "転記の誤り")


def test_the_list_of_editions_counts_files_and_open_rows_apart(operator: Actor, region: Region) -> None:
    rejected = [Rejected(number, "総数", "数ではありません。", ["x"]) for number in range(3)]
    files = [
        parsed({"青葉市": (1, 2)}, name="a.csv", rejected=rejected),
        parsed({"川北町": (1, 2)}, name="b.csv", rejected=rejected),
    ]
    actions.import_figures(operator, files)
    (edition,) = queries.editions(region)
    assert (edition.files_count, edition.open_rows) == (2, 6)  # type: ignore[attr-defined]
