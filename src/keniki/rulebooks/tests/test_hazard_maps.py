"""Classes of published hazard maps: complete, rising, sourced; what no page confirmed in its dates is said."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from keniki.rulebooks.disaster.hazard_maps import DepthClass, hazard_maps
from keniki.rulebooks.loader import evidence_titles

ON = date(2026, 4, 1)


def test_depths_of_each_code_table_follow_each_other_without_a_gap() -> None:
    for key, codes in (
        ("flood_a31a", [str(code) for code in range(1, 7)]),
        ("flood_2012", [str(code) for code in range(11, 16)]),
        ("flood_2012", [str(code) for code in range(21, 28)]),
    ):
        classes = [hazard_maps(ON)[key].value.classes[code] for code in codes]
        assert classes[0].from_m == 0
        assert all(one.to_m == other.from_m for one, other in pairwise(classes))
        assert classes[-1].to_m is None


def test_every_rule_has_a_source_a_label_and_says_what_is_unknown() -> None:
    for rule in hazard_maps(ON).values():
        assert rule.source
        assert set(rule.evidence) <= set(evidence_titles())
        assert rule.note


def test_a_property_belongs_to_one_kind_of_map() -> None:
    names = [name for rule in hazard_maps(ON).values() for name in rule.value.properties]
    assert len(names) == len(set(names))


def test_before_there_were_maps_there_are_no_rules() -> None:
    assert hazard_maps(date(2011, 12, 31)) == {}
    with pytest.raises(ValueError, match="from_m"):
        DepthClass(words="逆", from_m=3, to_m=1)
