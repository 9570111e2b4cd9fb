"""YAML as people type it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.errors import WrongInput
from keniki.core.hand_yaml import read_yaml


def test_codes_days_and_words_stay_text() -> None:
    text = "codes: [012106, 131016, 12]\non: 2024-09-30\nno: yes\nrates: {2025: 1.5, 2030: true}"
    assert read_yaml(text) == {
        "codes": ["012106", 131016, 12],
        "on": "2024-09-30",
        "no": "yes",
        "rates": {2025: 1.5, 2030: True},
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("a: 1\nb: [1", 2, "字下げ"),
        ("a: 1\nc: 2\na: 3", 3, "「a」が2回"),
        ("a: !!python/object:os.system {}", 1, "読めません"),
        ("[" * 3_000, None, "深すぎます"),
        ('a: ["x\\0y"]', None, "文字として成り立たない"),
        ('{"a": "\\ud800"}', None, "文字として成り立たない"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, row: int | None, words: str) -> None:
    with pytest.raises(WrongInput) as raised:
        read_yaml(text, "file.yaml")
    assert words in raised.value.message
    assert (raised.value.file, raised.value.row) == ("file.yaml", row)


def test_merges_cannot_grow_without_end() -> None:
    bomb = "a: &a {" + ",".join(f"k{n}: 1" for n in range(3_000)) + "}\n"
    bomb += "b: {<<: [" + ",".join(["*a"] * 21) + "]}"
    with pytest.raises(WrongInput, match="多すぎます"):
        read_yaml(bomb)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_its_file(text: str) -> None:
    refused = None
    try:
        read_yaml(text, "x")
    except WrongInput as wrong:
        refused = wrong
    assert refused is None or refused.file == "x"
