"""Flows from a CSV: origin, destination, purpose, value."""

from __future__ import annotations

import pytest

from keniki.apps.evidence.importers import flows
from keniki.apps.evidence.importers.base import Parsed, RawBytes
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

HEAD = "origin,destination,purpose,value"


def parsed(*rows: str, head: str = HEAD, name: str = "flows_2020.csv") -> Parsed:
    return flows.read(RawBytes(name, "\n".join((head, *rows)).encode()))


def told(result: Parsed) -> list[tuple[str, str, str, int, float, int | None]]:
    return [
        (flow.origin.code, flow.destination.code, flow.purpose, flow.year, flow.value, flow.row)
        for flow in result.flows
    ]


def test_flows_are_read_with_codes_of_either_width() -> None:
    result = parsed("01423,01210,commute,580", '014281,012106,commute_school,"1,020"')
    assert told(result) == [
        ("014231", "012106", "commute", 2020, 580.0, 2),
        ("014281", "012106", "commute_school", 2020, 1020.0, 3),
    ]
    assert len(result) == 0
    assert result.rejected == []


def test_the_year_of_a_row_goes_before_that_of_the_file() -> None:
    result = parsed("01423,01210,commute,580,2015", "01423,01210,commute,560,", head=f"{HEAD},year")
    assert [flow.year for flow in result.flows] == [2015, 2020]
    assert result.edition.key == "2015-2020"


def test_without_any_year_flows_are_taken_and_it_is_said() -> None:
    result = parsed("01423,01210,hospital,12", name="通院.csv")
    assert result.flows[0].year == flows.NO_YEAR
    assert "年が分からない" in result.notes[0]


def test_other_purposes_are_kept_as_typed_and_named() -> None:
    result = parsed("01423,01210,買い物,5", "01423,01210,shopping,6")
    assert [flow.purpose for flow in result.flows] == ["買い物", "shopping"]
    assert "買い物" in result.notes[0]


def test_flows_within_a_town_and_to_the_nation_are_flows_too() -> None:
    result = parsed("01210,01210,commute,1", "01210,00000,commute,2", "01210,01000,commute,3")
    assert [flow.destination.kind for flow in result.flows] == ["municipality", "nation", "prefecture"]


def test_bad_rows_are_kept_aside() -> None:
    result = parsed(
        "01423,01210,commute,580",
        "xx,01210,commute,1",
        "01423,99999,commute,1",
        "01423,01210,,1",
        "01423,01210,commute,多数",
        "01423,01210,commute,-1",
        "01423,01210,commute,580",
        "01423,01210,commute,581",
        "01423,01210,commute,1,余分",
    )
    assert len(result.flows) == 1
    assert [(row.row, row.column) for row in result.rejected] == [
        (3, "origin"),
        (4, "destination"),
        (5, "purpose"),
        (6, "value"),
        (7, "value"),
        (9, "value"),
        (10, ""),
    ]
    assert "2行目は 580" in result.rejected[5].reason


def test_a_year_that_is_none_is_kept_aside() -> None:
    result = parsed("01423,01210,commute,580,いつか", head=f"{HEAD},year")
    assert result.rejected[0].column == "year"


@pytest.mark.parametrize("missing", flows.REQUIRED)
def test_a_missing_column_is_named(missing: str) -> None:
    head = ",".join(heading for heading in flows.REQUIRED if heading != missing)
    with pytest.raises(WrongInput, match=missing) as wrong:
        parsed("01423,01210,1", head=head)
    assert wrong.value.column == missing


def test_lost_zeros_come_back_where_names_stand_beside() -> None:
    names = {"012106": "岩見沢市", "121061": "千葉市美浜区", "014231": "南幌町"}
    head = "origin,origin_name,destination,destination_name,purpose,value"
    content = f"{head}\n14231,南幌町,12106,岩見沢市,commute,580\n"
    result = flows.read(RawBytes("flows_2020.csv", content.encode()), names)
    assert [(flow.origin.code, flow.destination.code) for flow in result.flows] == [("014231", "012106")]
    with pytest.raises(WrongInput, match="先頭の0") as wrong:
        parsed(*(f"{code},01210,commute,1" for code in ("14231", "14273", "14281")))
    assert wrong.value.column == "origin"


def test_the_reader_knows_its_files_and_no_others() -> None:
    assert flows.READER.knows(RawBytes("a.csv", HEAD.encode())) > 0.9
    assert flows.READER.knows(RawBytes("a.csv", b"municipality_code,indicator,year,value,unit")) == 0.0
