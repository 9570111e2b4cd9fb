"""Looking up practices and fields of other regions."""

from datetime import date

import pytest

from keniki.apps.programmes.catalogue import filled_in, search_practices
from keniki.core.errors import WrongInput
from keniki.rulebooks.programmes import policy_fields
from keniki.rulebooks.programmes.catalogue import fields_of_hokkaido, practices

pytestmark = pytest.mark.slow

DAY = date(2024, 5, 24)
FIELDS = policy_fields("teiju", DAY).value.fields
REGIONS = fields_of_hokkaido(DAY).value.regions
LIBRARY = practices(DAY).value.practices
#: All fields but the last, for the region with 14 of 15 marks.
KITAMI = {field.key: "○" for field in FIELDS[:-1]}


def found(*arguments, **options):
    return [practice.id for practice in search_practices(LIBRARY, *arguments, **options)]


def test_practices_are_found_by_word_however_it_is_typed():
    assert found("バス 分析シート") == ["hachinohe-bus"]
    assert found("ＲＰＡ") == found("rpa") == ["nagano-rpa"]
    assert found("未来予測") == ["yokohama-forecast"]
    assert found("公共施設") == ["uozu-facilities", "koryo-facilities"]
    assert found("そのような取組はない") == []
    assert len(found()) == len(LIBRARY)


def test_practices_are_found_by_field_body_and_source():
    assert found(field="transit") == ["hachinohe-bus"]
    assert set(found(field="medical")) == {"kanazawa-emergency", "sapporo-7119"}
    assert found(body="広域圏組合", evidence="S003") == [
        "union-training",
        "union-pr",
        "union-concert",
        "union-migration",
    ]
    assert len(found(evidence="S004")) == 7
    assert found("消費", field="transit") == []


def test_marks_are_filled_in_only_as_they_were_printed():
    kitami = REGIONS[-1]
    assert filled_in(kitami, KITAMI, FIELDS) == KITAMI
    with pytest.raises(WrongInput, match="14個"):
        filled_in(kitami, KITAMI | {FIELDS[-1].key: "○"}, FIELDS)
    with pytest.raises(WrongInput, match="左から"):
        filled_in(kitami, KITAMI | {"medical": "●"}, FIELDS)
    with pytest.raises(WrongInput, match="分野"):
        filled_in(kitami, {"space": "○"}, FIELDS)
    with pytest.raises(WrongInput, match="印は"):
        filled_in(kitami, {"medical": "x"}, FIELDS)


def test_a_mark_can_stand_only_where_those_beside_it_leave_room():
    kitami = REGIONS[-1]
    assert list(kitami.possible_columns(0, 15)) == [0, 1]
    assert list(kitami.possible_columns(13, 15)) == [13, 14]
    assert list(REGIONS[4].possible_columns(0, 15)) == list(range(9))
