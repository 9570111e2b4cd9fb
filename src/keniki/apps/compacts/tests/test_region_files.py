"""What this slice adds to a region's file: dissolutions, scales and the parts of a hub city's declaration."""

from datetime import timedelta

import pytest
from django_scopes import scope

from keniki.apps.compacts import actions
from keniki.apps.compacts.actions.declarations import PartRow
from keniki.apps.compacts.models import Agreement, Declaration, Dissolution, ScaleChoice
from keniki.apps.portal.interchange import schema
from keniki.apps.portal.interchange.export import export_region
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.regions.models import Region

from .test_dissolution import LATER, decided, in_force


@pytest.mark.slow
def test_dissolutions_scales_and_declarations_go_into_the_file_and_come_back(
    secretariat, operator, in_region, towns
):
    agreement = in_force(secretariat, in_region, towns)
    decided(secretariat, agreement, towns["川北町"])
    told = LATER + timedelta(days=7)
    actions.record_dissolution(secretariat, agreement, towns["川北町"], None, partner_noticed_on=told)
    actions.choose_scale(
        secretariat, in_region, first_year=2023, name="2段階", grades=[("◎", "進んだ"), ("△", "進まなかった")]
    )
    actions.save_declaration(
        secretariat,
        in_region,
        None,
        None,
        programme="renkei",
        title="連携中枢都市宣言書",
        centre=towns["青葉市"],
        gist=["担う。"],
        parts={"population": PartRow(text="人口は減る。"), "situation": PartRow(outline="減少の見込み")},
        text_complete=False,
    )
    document = schema.RegionFile.model_validate(export_region(in_region))
    assert not load_region(operator, document).anything
    renamed = document.model_copy(
        update={"region": document.region.model_copy(update={"slug": "utsushi", "name": "写し圏域"})}
    )
    load_region(operator, renamed)
    copy = Region.objects.get(slug="utsushi")
    with scope(region=copy):
        again = Agreement.objects.get(region=copy, slug=agreement.slug)
        assert again.state == "dissolution_passed"
        row = Dissolution.objects.get(agreement=again)
        assert (row.municipality, row.result, row.partner_noticed_on) == (towns["川北町"], "passed", told)
        assert ScaleChoice.objects.get().grades[0] == {"key": "◎", "label": "進んだ"}
        declaration = Declaration.objects.get()
        assert not declaration.text_complete
        assert declaration.parts.get(key="population").text == "人口は減る。"
        assert declaration.parts.get(key="situation").outline == "減少の見込み"
