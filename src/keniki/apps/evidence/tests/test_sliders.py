"""Sliders become the changes of a scenario and are found again in them; scenarios are said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.evidence.futures.scenario_files import checked
from keniki.apps.evidence.futures.sliders import Sliders, changes_of, sliders_of
from keniki.apps.evidence.futures.wording import assumptions

CODES = ("012106", "014290")
NAMES = {"012106": "岩見沢市", "014290": "栗山町"}
_PERCENT = st.integers(0, 300)


@pytest.mark.slow
@given(
    st.builds(
        Sliders,
        fertility=_PERCENT,
        mortality=_PERCENT,
        young=_PERCENT,
        families=_PERCENT,
        old=_PERCENT,
        closed=st.booleans(),
        moving_in=st.integers(0, 500).map(float),
        into=st.sampled_from(["", *CODES]),
        parents=st.sampled_from(range(20, 50, 5)),
        infants=st.integers(0, 4).map(float),
        pupils=st.integers(0, 4).map(float),
        since=st.sampled_from([None, 2025, 2035]),
        by=st.sampled_from([None, 2040, 2050]),
    )
)
def test_the_sliders_are_found_again_in_the_changes_they_make(sliders: Sliders) -> None:
    made = changes_of(sliders, 2020, 2050, CODES)
    found = sliders_of(made, 2020, 2050, CODES)
    assert found is not None
    assert changes_of(found, 2020, 2050, CODES) == made
    if sliders == replace(Sliders(), since=sliders.since, by=sliders.by):
        assert made == ()


@pytest.mark.parametrize(
    "changes",
    [
        [{"kind": "fertility", "tfr": {2040: 1.8}}],
        [{"kind": "migration", "factor": 0.5, "ages": [20, 39]}],
        [{"kind": "migration", "factor": 0.5, "ages": [15, 29], "municipalities": ["01210"]}],
        [{"kind": "migration", "factor": 0.5, "ages": [0, 14]}],
        [{"kind": "survival", "factor": {2050: 0.9}}],
        [{"kind": "control", "areas": [["01210"]], "totals": {2030: [[7000]]}}],
        [{"kind": "closed"}, {"kind": "closed"}],
    ],
)
def test_what_no_slider_can_say_is_not_squeezed_into_one(changes: list[dict[str, object]]) -> None:
    assert sliders_of(changes, 2020, 2050, CODES) is None


def test_changes_are_said_in_words() -> None:
    sliders = Sliders(fertility=120, mortality=95, young=50, moving_in=10, pupils=1, since=2030, by=2040)
    said = assumptions(changes_of(sliders, 2020, 2050, CODES), NAMES)
    assert said == [
        "子ども女性比を、2025年に100％、2040年に120％にする。",
        "15～29歳の移動を50％にする（2030年から）。",
        "死亡率を、2025年に100％、2040年に95％にする。",
        "岩見沢市、栗山町のそれぞれに、毎年10世帯（1世帯に男30～34歳1人、女30～34歳1人、男0～4歳0.5人、"
        "女0～4歳0.5人、男5～9歳0.5人、女5～9歳0.5人）が転入する（2030年から）。",
    ]
    assert assumptions([], NAMES) == ["変更なし（過去の変化が続くとした推計）"]
    others = checked(
        {
            "name": "x",
            "changes": [
                {"kind": "closed"},
                {"kind": "fertility", "tfr": {2040: 1.8}, "municipalities": ["012106"]},
                {"kind": "migration", "factor": 0.5, "added": 0.01, "until": 2035},
                {"kind": "control", "areas": [["01210"]], "totals": {2030: [[7000]]}},
            ],
        }
    )
    assert assumptions([each.model_dump(mode="json") for each in others.changes], NAMES) == [
        "転入と転出がないものとする（封鎖人口）。",
        "岩見沢市の合計特殊出生率を、2040年に1.8にする。",
        "全年齢の移動を50％にする、全年齢の人口の1％の転入超過を加える（2035年まで）。",
        "1地域の人口を、2030年の総数に合わせて一律に補正する。",
    ]
