import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.outlooks import MeasureAhead, PolicyAhead, format_outlooks, parse_outlooks
from keniki.core.errors import WrongInput

titles = st.text(st.sampled_from("■・防災の充実 （）"), min_size=1, max_size=10).map(str.strip).filter(bool)
texts = st.text(st.sampled_from("■・□　防災。\n a"), max_size=20).map(tidy)
measures = st.builds(MeasureAhead, titles, texts)


@pytest.mark.slow
@given(st.lists(st.builds(PolicyAhead, titles, st.lists(measures, max_size=3)), max_size=3))
def test_outlooks_written_as_lines_are_read_back_unchanged(policies):
    assert parse_outlooks(format_outlooks(policies)) == policies


@pytest.mark.parametrize(
    ("notation", "row"), [("文だけ", 1), ("・取組", 1), ("■方針\n文", 2), ("■方針\n・\n文", 2)]
)
def test_a_line_that_belongs_to_nothing_is_named_by_its_row(notation, row):
    with pytest.raises(WrongInput) as caught:
        parse_outlooks(notation)
    assert caught.value.row == row
