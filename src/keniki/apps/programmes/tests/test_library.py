"""What makes regions alike, fields left out, and columns that somebody read in a vision."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from keniki.apps.programmes.library import (
    COLUMNS_FILE,
    Criterion,
    Filled,
    Neighbour,
    gaps_among,
    likeness,
    of_the_table,
    stored_columns,
)
from keniki.core.errors import WrongInput
from keniki.rulebooks.programmes import policy_fields
from keniki.rulebooks.programmes.catalogue import fields_of_hokkaido, similarity

DAY = date(2026, 4, 1)
FIELDS = policy_fields("teiju", DAY).value.fields
REGIONS = fields_of_hokkaido(DAY).value.regions
KITAMI = {field.key: "○" for field in FIELDS[:-1]}
OURS = Neighbour("青葉圏域", "teiju", "", population=43_000, members=3, fields={"disaster": ["訓練"]})


def written(folder: Path, text: str) -> Path:
    (folder / COLUMNS_FILE).write_text(text, encoding="utf-8")
    return folder


def test_regions_are_alike_by_what_is_known_of_them() -> None:
    classes = similarity(DAY).value.similarity
    assert classes is not None
    near = Neighbour("隣", "teiju", "", population=49_999, members=4, fields={})
    found = likeness(OURS, near, classes)
    assert found.verdicts == {
        Criterion.PROGRAMME: True,
        Criterion.POPULATION: True,
        Criterion.MEMBERS: False,
    }
    assert found.holds([Criterion.PROGRAMME, Criterion.POPULATION])
    assert not found.holds([Criterion.MEMBERS])
    unknown = likeness(OURS, of_the_table(REGIONS[0], "teiju", None), classes)
    assert unknown.verdicts[Criterion.POPULATION] is None
    assert unknown.holds([Criterion.PROGRAMME, Criterion.POPULATION])
    assert not unknown.holds([Criterion.POPULATION])


def test_unknown_columns_are_no_absence() -> None:
    other = Neighbour("隣", "teiju", "", fields={"medical": ["救急の共同化"], "disaster": ["備蓄"]})
    table = [of_the_table(row, "teiju", None) for row in REGIONS]
    gaps = gaps_among({"disaster"}, FIELDS, [other, *table])
    assert gaps[0].field.key == "medical"
    assert gaps[0].working == [(other, ["救急の共同化"])]
    assert gaps[0].unknown == 13
    assert "disaster" not in {gap.field.key for gap in gaps}
    known = of_the_table(REGIONS[-1], "teiju", Filled(KITAMI, "北見のビジョン"))
    welfare = next(gap for gap in gaps_among(set(), FIELDS, [known]) if gap.field.key == "welfare")
    assert welfare.working == [(known, ("○",))]
    assert FIELDS[-1].key not in {gap.field.key for gap in gaps_among(set(), FIELDS, [known])}


def test_columns_come_from_a_file_with_their_source(tmp_path: Path) -> None:
    assert stored_columns(tmp_path, REGIONS, FIELDS) == {}
    cells = ", ".join(f"{key}: {mark}" for key, mark in KITAMI.items())
    written(tmp_path, f"columns:\n  - {{region: 13, source: 北見のビジョン, cells: {{{cells}}}}}\n")
    (found,) = stored_columns(tmp_path, REGIONS, FIELDS).values()
    assert (found.cells, found.source) == (KITAMI, "北見のビジョン")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: [", "YAMLとして読めません"),
        ("columns: [{region: 13, cells: {}}]", "source（出典）"),
        ("columns: [{region: 14, source: 何か, cells: {}}]", "14番の圏域は表にありません"),
        ("columns: [{region: 13, source: ' ', cells: {}}]", "出典（source）を書いて"),
        ("columns: [{region: 13, source: 何か, cells: {medical: ○}}]", "14個"),
        ("- 1", "columns: の一覧"),
    ],
)
def test_a_file_that_does_not_fit_the_table_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WrongInput) as refused:
        stored_columns(written(tmp_path, text), REGIONS, FIELDS)
    assert said in refused.value.message
    assert refused.value.file == COLUMNS_FILE
