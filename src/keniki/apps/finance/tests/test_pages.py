"""Pages of money: who sees and does what, what a form says, what the data file holds."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from keniki.apps.finance import queries

BASE = "/desk/aoba/finance/"


def steps(*rows: dict) -> dict:
    data = {"steps-TOTAL_FORMS": len(rows), "steps-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"steps-{number}-{name}": value for name, value in row.items()}
    return data


def grant(*rows: dict, **changes) -> dict:
    return (
        {"title": "交付金", "programme": "hokkaido", "fiscal_year": 2024, "recipient": ""}
        | steps(*rows)
        | changes
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("secretariat", 200), ("administrator", 200), ("partner", 200), ("viewer", 200), ("panel_member", 200),
        ("neighbour", 404), ("neighbour_secretariat", 404),
    ],
)  # fmt: skip
def test_people_of_the_region_see_the_money(request, region, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    for path in ("", "grants/new/", "grants/r5-koufukin/", "grants/data/", "lines/new/", "lines/data/"):
        assert client.get(BASE + path).status_code == status, path


def test_visitors_are_sent_to_the_login(region, client) -> None:
    assert client.get(BASE).status_code == 302


@pytest.mark.parametrize("who", ["partner", "viewer", "panel_member"])
def test_only_the_secretariat_stores_a_grant(request, region, client_as, who) -> None:
    answer = client_as(request.getfixturevalue(who)).post(
        BASE + "grants/new/", grant({"step": "decision", "amount": "1"})
    )
    assert answer.status_code == 403


def test_a_grant_is_entered_with_amounts_as_people_type_them(in_region, client_as, secretariat) -> None:
    answer = client_as(secretariat).post(
        BASE + "grants/new/",
        grant(
            {"step": "application", "amount": "330万円", "on": "2024-05-01"},
            {"step": "decision", "amount": "３，３００千円", "on": "2024-06-01", "document_no": "第1号"},
            {"step": "", "amount": ""},
        ),
    )
    assert answer.status_code == 302
    (state,) = queries.grants_of(in_region, 2024)
    assert [step.amount for step in state.grant.steps.all()] == [3_300_000, 3_300_000]


def test_a_wrong_amount_is_told_in_place_and_nothing_is_lost(in_region, client_as, secretariat) -> None:
    answer = client_as(secretariat).post(
        BASE + "grants/new/", grant({"step": "decision", "amount": "たくさん", "document_no": "第1号"})
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "「たくさん」を金額として読めません" in page
    assert 'value="第1号"' in page
    assert not queries.grants_of(in_region, 2024)


@pytest.mark.slow
def test_the_second_editor_of_a_grant_chooses_between_both(in_region, client_as, secretariat) -> None:
    client = client_as(secretariat)
    url = BASE + "grants/r5-koufukin/"
    row = {"step": "decision", "amount": "5,000,000", "on": "2023-06-01", "document_no": "架空第1号"}
    first = grant(row, fiscal_year=2023, title="先の名称", version=1)
    assert client.post(url, first).status_code == 302
    second = client.post(url, grant(row, fiscal_year=2023, title="後の名称", version=1))
    assert second.status_code == 409
    page = second.content.decode()
    assert "先の名称" in page
    assert "後の名称" in page
    choice = {"choice-title": "theirs", "choice-recipient": "mine"}
    stored = queries.grant_for(in_region, "r5-koufukin")
    answer = client.post(url, grant(row, fiscal_year=2023, title="後の名称", version=stored.version) | choice)
    assert answer.status_code == 302
    assert queries.grant_for(in_region, "r5-koufukin").title == "先の名称"


@pytest.mark.slow
def test_a_town_enters_its_own_line_and_no_others(in_region, client_as, partner, towns, initiative) -> None:
    def line(town):
        return {
            "initiative": initiative.pk, "fiscal_year": 2024, "municipality": town.pk if town else "",
            "stage": "initial", "amount": "1,200千円", "round": "", "funding": "general_revenue", "project": "",
        }  # fmt: skip

    client = client_as(partner)
    assert client.post(BASE + "lines/new/", line(towns["川北町"])).status_code == 302
    assert client.post(BASE + "lines/new/", line(towns["星野町"])).status_code == 422
    assert client.post(BASE + "lines/new/", line(None)).status_code == 422
    (stored,) = queries.lines_of(in_region)
    assert stored.amount == 1_200_000
    page = client.get(BASE + "?year=2024").content.decode()
    assert "1,200,000" in page


def test_a_partner_does_not_change_another_towns_line(
    in_region, client_as, secretariat, partner, initiative, towns
) -> None:
    from keniki.apps.finance import actions
    from keniki.apps.finance.actions import LineDraft

    line = actions.save_line(
        secretariat, in_region, LineDraft(initiative, 2024, "initial", 5, municipality=towns["星野町"])
    )
    client = client_as(partner)
    assert client.get(f"{BASE}lines/{line.slug}/").status_code == 200
    assert client.post(f"{BASE}lines/{line.slug}/", {"amount": 1}).status_code == 403
    assert client.post(f"{BASE}lines/{line.slug}/remove/", {"version": 1}).status_code == 403


def test_the_data_file_has_one_value_per_cell(region, client_as, viewer) -> None:
    answer = client_as(viewer).get(reverse("finance:grants-csv", args=["aoba"]))
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["金額_円"], row["日付"], row["手続"]) == ("5000000", "2023-06-01", "交付決定")
    assert len(row["交付先コード"]) == 6
