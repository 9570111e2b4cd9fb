"""The papers of joint costs as files: who gets them, what they are called, what is not there."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keniki.apps.finance.models import JointCost
from keniki.apps.finance.sharing import towns_of

from .joint import allocated, joint_cost
from .papered import billed, dunned, many_towns

ALL = ("secretariat", "administrator", "partner", "viewer", "panel_member", "centre_officer")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    made = joint_cost(in_region, initiative)
    decision = allocated(made, stage="request")
    dunned(billed(decision, towns_of(made, 2024)[1]), amount=1_000)
    return made


def addresses(cost: JointCost) -> dict[str, tuple[str, str]]:
    """Every paper's address with its media type and the name of its file."""
    town = towns_of(cost, 2024)[1]
    decided = (cost.region.slug, cost.slug, 2024, 1)
    bill = (cost.region.slug, 2024, 1)
    title = "R6_合同防災訓練の共同経費"

    def at(name: str, *args: object) -> str:
        return reverse(f"finance:{name}", args=args)

    return {
        at("explanation", *decided, town.code, "pdf"): ("application/pdf", f"負担金の説明_{title}_川北町.pdf"),
        at("explanation", *decided, town.code, "docx"): (WORD, f"負担金の説明_{title}_川北町.docx"),
        at("calculation", *decided, "pdf"): ("application/pdf", f"負担額計算書_{title}.pdf"),
        at("calculation", *decided, "xlsx"): (EXCEL, f"負担額計算書_{title}.xlsx"),
        at("request-letter", *decided, town.code, "docx"): (WORD, f"負担額の通知_{title}_要求_川北町.docx"),
        at("request-letter", *decided, town.code, "pdf"): (
            "application/pdf", f"負担額の通知_{title}_要求_川北町.pdf",
        ),
        at("notice", *bill, "pdf"): ("application/pdf", f"納入通知書_{title}_川北町_1.pdf"),
        at("notice", *bill, "docx"): (WORD, f"納入通知書_{title}_川北町_1.docx"),
        at("dunning-letter", *bill, 1, "pdf"): ("application/pdf", f"督促状_{title}_川北町_1-1.pdf"),
        at("dunning-letter", *bill, 1, "docx"): (WORD, f"督促状_{title}_川北町_1-1.docx"),
    }  # fmt: skip


@pytest.mark.slow
def test_every_paper_comes_with_its_type_and_its_name(cost, client_as, partner) -> None:
    client = client_as(partner)
    for path, (media, name) in addresses(cost).items():
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer["Content-Type"] == media
        assert unquote(answer["Content-Disposition"]).endswith(f"filename*=utf-8''{name}")
        assert answer.content[:2] == (b"%P" if media == "application/pdf" else b"PK")


@pytest.mark.slow
@pytest.mark.parametrize("who", [*ALL, "neighbour", "neighbour_secretariat"])
def test_papers_are_for_everybody_of_the_region_and_for_nobody_else(request, cost, client_as, who) -> None:
    client = client_as(request.getfixturevalue(who))
    expected = 200 if who in ALL else 404
    for path in addresses(cost):
        if expected == 404 or path.endswith(("notice.docx", "calculation.xlsx")):
            assert client.get(path).status_code == expected, path


def test_visitors_are_sent_to_the_login(cost, client) -> None:
    for path in addresses(cost):
        assert client.get(path).status_code == 302, path


@pytest.mark.slow
def test_what_is_not_there_is_404_and_nothing_is_posted(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    base = f"/desk/aoba/finance/costs/{cost.slug}/2024/allocations"
    bills = "/desk/aoba/finance/assessments"
    code = towns_of(cost, 2024)[1].code
    for path in (
        f"{base}/1/explanation/{code}.xlsx", f"{base}/1/explanation/{code}.exe", f"{base}/1/explanation/999999.pdf",
        f"{base}/9/explanation/{code}.pdf", f"{base}/1/calculation.docx", f"{base}/9/calculation.pdf",
        f"{base}/1/request/{code}.xlsx", f"{base}/1/request/0.pdf", f"{base}/99999999999999999999/calculation.pdf",
        f"{bills}/2024/1/notice.xlsx", f"{bills}/2024/2/notice.pdf", f"{bills}/2023/1/notice.pdf",
        f"{bills}/2024/1/dunning/0.pdf", f"{bills}/2024/1/dunning/2.pdf", f"{bills}/2024/1/dunning/1.xlsx",
        f"{bills}/99999999999/1/notice.pdf",
        "/desk/aoba/finance/costs/nothing/2024/allocations/1/calculation.pdf",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path
    assert client.post(f"{base}/1/calculation.pdf").status_code == 405


@pytest.mark.slow
def test_a_paper_reads_as_often_for_many_towns_as_for_three(
    in_region, initiative, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    counted: dict[int, list[int]] = {}
    for number in (3, 9):
        many_towns(in_region, number)
        cost = joint_cost(in_region, initiative, slug=f"hi-{number}")
        billed(allocated(cost), towns_of(cost, 2024)[1], number=number)
        code = towns_of(cost, 2024)[1].code
        decided = f"/desk/aoba/finance/costs/{cost.slug}/2024/allocations/1"
        for path in (
            f"{decided}/explanation/{code}.docx", f"{decided}/calculation.xlsx", f"{decided}/request/{code}.docx",
            f"/desk/aoba/finance/assessments/2024/{number}/notice.docx",
        ):  # fmt: skip
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counted.setdefault(number, []).append(len(queries))
    assert counted[3] == counted[9]
