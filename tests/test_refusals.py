"""A page that refuses says why: what the state of a record forbids leads to where it is allowed again."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from keniki.apps.activities import actions as activities
from keniki.apps.activities.models import Activity
from keniki.apps.documents.models import Build

from .world import World

pytestmark = pytest.mark.slow
STATE = "権限ではなく、記録の状態"


def test_a_closed_year_refuses_with_the_way_to_reopen_it(world: World, clients: dict[str, Client]) -> None:
    with scope(region=world.cast.region):
        activity = Activity.objects.get(slug="r5-kunren")
        activities.close_year(world.actor("secretariat"), world.cast.region, activity.fiscal_year)
    answer = clients["secretariat"].post(
        reverse("activities:remove", args=["aoba", activity.slug]), {"version": activity.version}
    )
    page = said(answer)
    assert answer.status_code == 403
    assert "令和5年度は締め切られています" in page
    assert STATE in page
    assert "自分にできることを見る" not in page
    assert opens(
        clients["secretariat"], page, "年度の締切と再開を開く", reverse("activities:years", args=["aoba"])
    )


def test_a_submitted_document_refuses_with_the_way_to_a_replacement(
    world: World, clients: dict[str, Client]
) -> None:
    with scope(region=world.cast.region):
        build = Build.objects.get(kind="agreement", state=Build.State.SUBMITTED)
    answer = clients["secretariat"].post(
        reverse("documents:act", args=["aoba", build.kind, build.number, "confirm"]),
        {"version": build.version},
    )
    page = said(answer)
    assert answer.status_code == 403
    assert "提出版は変更できません" in page
    assert STATE in page
    assert opens(
        clients["secretariat"],
        page,
        "差替版のもとになる確認版を作る",
        reverse("documents:new", args=["aoba", build.kind]),
    )


def test_a_concluded_agreement_refuses_with_the_way_to_its_page(
    world: World, clients: dict[str, Client]
) -> None:
    answer = clients["secretariat"].get(reverse("compacts:agreement-text", args=["aoba", "kyoutei"]))
    page = said(answer)
    assert answer.status_code == 403
    assert "変更協定を作成します" in page
    assert STATE in page
    assert reverse("compacts:agreement", args=["aoba", "kyoutei"]) in page


@pytest.mark.parametrize("seat", ["partner", "viewer", "panel_member"])
def test_a_refusal_for_want_of_rights_leads_to_what_the_person_may_do(
    seat: str, world: World, clients: dict[str, Client]
) -> None:
    answer = clients[seat].get(reverse("compacts:agreement-new", args=["aoba"]))
    page = said(answer)
    assert answer.status_code == 403
    assert STATE not in page
    assert opens(clients[seat], page, "自分にできることを見る", reverse("regions-rights", args=["aoba"]))


def said(answer: Any) -> str:
    return unescape(answer.content.decode())


def opens(client: Client, page: str, label: str, url: str) -> bool:
    """Whether the page has this link and it opens for the person."""
    return f'href="{url}">{label}</a>' in page and client.get(url).status_code == 200
