"""基礎調査報告書 as a document: built from the store, old as soon as figures are stored, for any municipalities."""

from __future__ import annotations

from unittest import mock

import pytest
from django.urls import reverse

from keniki.apps.documents import actions, queries
from keniki.apps.documents.composing import profile
from keniki.apps.documents.models import BuildRun
from keniki.apps.evidence.tests.test_book import store

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PEOPLE = [
    f"{code},population,{year},{number},persons,,,"
    for code, number in (("019011", 50_000), ("019020", 8_000), ("019038", 3_000))
    for year in (2015, 2020)
]


def test_the_report_grows_old_when_figures_are_stored_and_is_not_drawn_to_find_out(
    in_region, secretariat, operator
) -> None:
    store(operator, *PEOPLE)
    build = actions.build(secretariat, in_region, "profile", {})
    assert {row.format for row in queries.files(build)["downloads"]} == {"docx", "pdf", "xlsx"}
    with mock.patch.object(profile, "write", side_effect=AssertionError("drawn")):
        assert not queries.freshness(build).stale
        store(operator, "019011,births,2022,300,persons,,,", name="births.csv")
        found = queries.freshness(build)
    assert found.stale
    assert ("追加", "統計「births（2022）」") in found.changes


def test_other_municipalities_are_asked_for_by_code_and_wrong_ones_told_in_place(
    in_region, secretariat, operator, client_as
) -> None:
    store(operator, *PEOPLE)
    client = client_as(secretariat)
    url = reverse("documents:new", args=["aoba", "profile"])
    wrong = client.post(url, {"municipalities": "99999"})
    assert wrong.status_code == 422
    assert "団体コード" in wrong.content.decode()
    assert client.post(url, {"municipalities": "01902、019038"}).status_code == 302
    assert BuildRun.objects.latest("pk").parameters == {"municipalities": "019020,019038"}
