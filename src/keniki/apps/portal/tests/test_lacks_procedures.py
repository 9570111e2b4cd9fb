"""Late and blocked steps of a stored procedure stand on the desk."""

from __future__ import annotations

from datetime import date

import pytest

from keniki.apps.portal.lacks import missing
from keniki.apps.programmes import actions
from keniki.core.fiscal_year import FiscalYear

pytestmark = pytest.mark.django_db


def test_steps_that_are_late_or_wait_are_on_the_desk_with_the_way_there(
    in_region, secretariat, partner
) -> None:
    def procedures(actor):
        year = FiscalYear(2024)
        return [lack for lack in missing(actor, in_region, year).mine if "手続" in lack.what]

    assert procedures(secretariat) == []
    actions.start_plan(secretariat, in_region, "teiju", date(2024, 5, 24))
    for actor in (secretariat, partner):
        (lack,) = procedures(actor)
        assert lack.what == "定住自立圏の手続で、遅れ・先行待ちの工程"
        assert lack.number > 5
        assert lack.url == "/desk/aoba/programmes/plans/teiju/"
        assert lack.ways[0][0].endswith(("（遅れ）", "（先行待ち）"))
