"""Actuals of KPIs typed by several people."""

from keniki.apps.compacts import actions
from keniki.apps.compacts.models import Initiative

from .test_plan_pages import at


def test_a_second_actual_typed_at_the_same_time_shows_both_versions(client_as, secretariat, in_region):
    kpi = actions.save_kpi(
        secretariat,
        in_region,
        None,
        None,
        values={
            "name": "利用者",
            "unit": "人",
            "direction": "undecided",
            "initiative": Initiative.objects.get(region=in_region, slug="bousai"),
        },
        targets={},
    )
    client = client_as(secretariat)
    address = at("kpi-reading", kpi.slug, 2023)
    typed = {"version": "", "value": "120"}
    assert client.post(address, typed).status_code == 302
    clash = client.post(address, {**typed, "value": "150"})
    assert clash.status_code == 409
    page = clash.content.decode()
    assert "120" in page
    assert "150" in page
    assert kpi.readings.get().value == 120
    chosen = client.post(address, {"version": "1", "value": "150", "choice-value": "mine"})
    assert chosen.status_code == 302
    assert kpi.readings.get().value == 150
