"""Pages of bills: what each person sees and does, what a form says, nothing twice, a constant number of queries."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keniki.apps.finance.actions import assessing, claims
from keniki.apps.finance.models import Allocation, Assessment, Entry, JointCost
from keniki.apps.finance.queries import claims as queries
from keniki.apps.workflow.models import DueItem

from .billed import assess, correction, deed, shared_anew, token
from .joint import RULE, allocated, joint_cost

pytestmark = pytest.mark.slow

BASE = "/desk/aoba/finance/"


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


@pytest.fixture
def allocation(cost) -> Allocation:
    return allocated(cost)


@pytest.fixture
def claim(allocation, towns, secretariat) -> Assessment:
    (made,) = assess(secretariat, allocation, towns["川北町"])
    return made


def form_of(text: str, address: str) -> dict[str, str]:
    """What the form that posts to an address holds, as a browser would send it."""
    action = re.escape(f'action="{address}"') if address else r'method="post" data-unsaved'
    found = re.search(rf"<form[^>]*{action}.*?</form>", text, re.S)
    assert found, address
    given: dict[str, str] = {}
    for field in re.findall(r"<input[^>]*>", found[0]):
        name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
        if name and not ('type="checkbox"' in field and "checked" not in field):
            given[name[1]] = (value[1] if value else "on" if "checkbox" in field else "").replace(
                "&quot;", '"'
            )
    for name, body in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', found[0], re.S):
        options = re.findall(r'<option value="([^"]*)"( selected)?', body)
        given[name] = next((value for value, chosen in options if chosen), options[0][0] if options else "")
    given.pop("csrfmiddlewaretoken", None)
    return given


def url_of(claim: Assessment, name: str = "assessment") -> str:
    return reverse(f"finance:{name}", args=["aoba", claim.fiscal_year, claim.number])


@pytest.mark.parametrize(
    ("who", "status"), [("secretariat", 200), ("partner", 200), ("viewer", 200), ("neighbour", 404)]
)
def test_people_of_the_region_see_the_bills(request, client_as, claim, cost, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    for path in (
        "assessments/", "assessments/?year=2024&state=ASSESSED", "assessments/?year=x&state=y&town=z&cost=q",
        f"costs/{cost.slug}/2024/assess/", f"costs/{cost.slug}/2024/settlement/", "assessments/2024/1/",
    ):  # fmt: skip
        assert client.get(BASE + path).status_code == status, path


def test_what_is_not_there_is_not_found(client_as, secretariat, cost) -> None:
    client = client_as(secretariat)
    for path in (
        "assessments/2024/9/", "costs/nothing/2024/assess/", f"costs/{cost.slug}/1900/assess/",
        f"costs/{cost.slug}/9999/settlement/",
    ):  # fmt: skip
        assert client.get(BASE + path).status_code == 404, path


def test_an_empty_list_and_a_cost_without_shares_say_what_to_do_first(client_as, secretariat, cost) -> None:
    client = client_as(secretariat)
    assert "負担額を決定すると" in client.get(f"{BASE}assessments/").content.decode()
    page = client.get(f"{BASE}costs/{cost.slug}/2024/assess/").content.decode()
    assert "調定する負担額がまだありません" in page
    page = client.get(f"{BASE}costs/{cost.slug}/2024/settlement/").content.decode()
    assert "決算の負担額がまだ決定していません" in page
    assert "令和7年5月31日" in page


def test_the_list_leads_to_what_is_not_claimed_yet(client_as, viewer, secretariat, allocation, towns) -> None:
    client = client_as(viewer)
    page = client.get(f"{BASE}assessments/").content.decode()
    assert "調定していない負担額があります" in page
    assert "請求 640,000円" in page
    assess(secretariat, allocation, towns["川北町"], towns["星野町"])
    assert "調定していない負担額" not in client.get(f"{BASE}assessments/").content.decode()


def test_the_towns_are_assessed_on_the_page_once(client_as, secretariat, cost, allocation, towns) -> None:
    client, url = client_as(secretariat), f"{BASE}costs/{cost.slug}/2024/assess/"
    page = client.get(url).content.decode()
    assert "会計をもつ団体自身の負担" in page
    given = form_of(page, "") | {"on": "2024-04-10", "fiscal_year": "2024"}
    given[f"no_{towns['星野町'].code}"] = "調第2号"
    for _ in range(2):
        assert client.post(url, given).status_code == 302
    made = Assessment.objects.order_by("number")
    assert [(row.amount, row.assessment_no) for row in made] == [(400_000, ""), (240_000, "調第2号")]
    assert "差額なし" in client.get(url).content.decode()


def test_a_wrong_day_is_told_in_place_and_nothing_is_lost(
    client_as, secretariat, cost, allocation, towns
) -> None:
    client, url = client_as(secretariat), f"{BASE}costs/{cost.slug}/2024/assess/"
    number = f"no_{towns['星野町'].code}"
    given = form_of(client.get(url).content.decode(), "") | {
        "on": "2025-06-02", "fiscal_year": "2024", number: "調第2号",
    }  # fmt: skip
    answer = client.post(url, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "出納閉鎖（令和7年5月31日）の後です" in page
    assert 'value="調第2号"' in page
    assert given["token"] in page
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"shown": "[" * 100_000},
        {"shown": "null"},
        {"token": "短い"},
        {"on": "x" * 5_000},
        {"fiscal_year": "9" * 30},
        {"due_on": "0001-01-01"},
        {"no_131016": "9" * 81},
    ],
)
def test_what_no_page_sends_is_refused_and_posts_nothing(
    client_as, secretariat, cost, allocation, towns, sent
) -> None:
    client, url = client_as(secretariat), f"{BASE}costs/{cost.slug}/2024/assess/"
    given = form_of(client.get(url).content.decode(), "") | {"on": "2024-04-10", "fiscal_year": "2024"}
    number = next(name for name in given if name.startswith("no_"))
    sent = {number if name.startswith("no_") else name: value for name, value in sent.items()}
    assert client.post(url, given | sent).status_code == 422
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("amount", ["", "0", "-1", "9" * 30, "1.5", "NaN", "1e9"])
@pytest.mark.parametrize("deed_name", ["receive", "commit", "pay"])
def test_an_amount_that_is_none_is_refused(client_as, secretariat, claim, deed_name, amount) -> None:
    given = {"token": token(), "amount": amount, "on": "2024-05-20", "fiscal_year": "2024", "instalment": "1"}
    assert client_as(secretariat).post(url_of(claim, deed_name), given).status_code == 422
    assert Entry.objects.count() == 1


def test_only_who_keeps_the_account_assesses(client_as, partner, centre_officer, cost, allocation) -> None:
    url = f"{BASE}costs/{cost.slug}/2024/assess/"
    page = client_as(partner).get(url).content.decode()
    assert "記帳は、会計をもつ青葉市の担当者か事務局が行います" in page
    assert client_as(partner).post(url, {"token": token()}).status_code == 403
    client = client_as(centre_officer)
    given = form_of(client.get(url).content.decode(), "") | {"on": "2024-04-10", "fiscal_year": "2024"}
    assert client.post(url, given).status_code == 302


@pytest.mark.slow
def test_a_bill_goes_its_way_on_its_page(in_region, client_as, secretariat, partner, claim) -> None:
    """通知 → 収納 of both instalments, 支出負担行為 → 支出命令 → 支出, each by its own side's form."""
    holder, town = client_as(secretariat), client_as(partner)
    address = url_of(claim)
    way = [
        (holder, "notify-assessment", {"notice_no": "第12号", "notice_on": "2024-04-15"}),
        (town, "commit", {"on": "2024-04-20", "document_no": "負第7号"}),
        (town, "order", {"on": "2024-05-01", "amount": "20万円"}),
        (town, "pay", {"on": "2024-05-20"}),
        (holder, "receive", {"on": "2024-05-20"}),
        (town, "order", {"on": "2024-11-01"}),
        (town, "pay", {"on": "2024-11-20"}),
        (holder, "receive", {"on": "2024-11-20"}),
    ]
    for client, name, typed in way:
        page = client.get(address).content.decode()
        given = form_of(page, url_of(claim, name)) | typed
        if "fiscal_year" in given:
            given["fiscal_year"] = "2024"
        for _ in range(2 if name != "notify-assessment" else 1):
            answer = client.post(url_of(claim, name), given)
            assert answer.status_code == 302, (name, answer.content.decode()[:0])
    state = queries.standing(claim)
    assert (state.settled, state.of("pay")) == (400_000, 400_000)
    assert Entry.objects.filter(assessment=claim).count() == 8
    assert not DueItem.objects.filter(state="open").exists()
    page = holder.get(address).content.decode()
    assert "収納済" in page
    assert "負第7号" in page


def test_too_much_is_told_at_the_field_of_its_form(client_as, secretariat, claim) -> None:
    client = client_as(secretariat)
    url = url_of(claim, "receive")
    given = form_of(client.get(url_of(claim)).content.decode(), url)
    given |= {"amount": "200,001", "on": "2024-05-20", "fiscal_year": "2024"}
    answer = client.post(url, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "収納は調定の残り（200,000円）を超えられません" in page
    assert 'value="200,001"' in page
    assert re.search(r"<details[^>]* open>\s*<summary>収納を記帳", page)
    assert not Entry.objects.filter(kind="receive").exists()


def test_a_side_does_not_write_the_other_s_book(
    client_as, partner, other_partner, centre_officer, claim
) -> None:
    given = {"token": token(), "amount": "1", "on": "2024-05-20", "fiscal_year": "2024", "instalment": "1"}
    for actor, name in (
        (partner, "receive"),
        (other_partner, "commit"),
        (centre_officer, "pay"),
        (partner, "dun"),
    ):
        client = client_as(actor)
        assert client.post(url_of(claim, name), given).status_code == 403, name
        assert client.get(url_of(claim, name)).status_code == 405
    page = client_as(other_partner).get(url_of(claim)).content.decode()
    assert "収納を記帳" not in page


def test_the_second_who_notes_the_notice_sees_both(client_as, secretariat, claim) -> None:
    client, url = client_as(secretariat), url_of(claim, "notify-assessment")
    given = {"notice_no": "第12号", "notice_on": "2024-04-15", "version": "1"}
    assert client.post(url, given).status_code == 302
    answer = client.post(url, given | {"notice_no": "第13号"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "第12号" in page
    assert "第13号" in page


def test_the_secretariat_enters_a_town_s_side_as_its_proxy(client_as, secretariat, claim, region) -> None:
    client, url = client_as(secretariat), url_of(claim, "commit")
    page = client.get(url_of(claim)).content.decode()
    assert "代理入力" in page
    given = form_of(page, url) | {"on": "2024-04-20", "fiscal_year": "2024"}
    assert client.post(url, given).status_code == 302
    assert "（川北町分を代理入力）" in client.get(url_of(claim)).content.decode()


def test_what_is_late_is_asked_for_and_shown(client_as, secretariat, claim) -> None:
    client, url = client_as(secretariat), url_of(claim, "dun")
    assert url not in client.get(url_of(claim)).content.decode()
    claims.notify(secretariat, claim, claim.version, "第12号", date(2024, 4, 15))
    page = client.get(url_of(claim)).content.decode()
    assert "未納（期限経過）" in page
    given = form_of(page, url) | {"sent_on": "2024-06-03", "pay_by": "2024-06-20", "document_no": "督第1号"}
    for _ in range(2):
        assert client.post(url, given).status_code == 302
    assert "督第1号" in client.get(url_of(claim)).content.decode()


def test_a_notice_after_the_rule_s_day_is_marked(
    in_region, initiative, client_as, secretariat, towns
) -> None:
    rule = RULE | {"payment": RULE["payment"] | {"notice_days": 14}}
    allocation = allocated(joint_cost(in_region, initiative, rule=rule))
    (row,) = assess(secretariat, allocation, towns["川北町"])
    client = client_as(secretariat)
    assert "定めでは令和6年5月6日までに通知" in client.get(url_of(row)).content.decode()
    claims.notify(secretariat, row, row.version, "第1号", date(2024, 5, 7))
    assert "期日の後" in client.get(url_of(row)).content.decode()


def test_a_cancelled_bill_offers_nothing_more(client_as, secretariat, claim) -> None:
    client, url = client_as(secretariat), url_of(claim, "cancel-assessment")
    given = form_of(client.get(url_of(claim)).content.decode(), url)
    given |= {"on": "2024-04-11", "fiscal_year": "2024"}
    assert client.post(url, given | {"reason": ""}).status_code == 422
    assert client.post(url, given | {"reason": "重複"}).status_code == 302
    page = client.get(url_of(claim)).content.decode()
    assert "この調定は取り消されています" in page
    assert url_of(claim, "receive") not in page


@pytest.mark.slow
def test_the_year_is_settled_on_its_page(
    in_region, client_as, secretariat, partner, cost, towns, claim
) -> None:
    (other,) = assess(secretariat, claim.allocation, towns["星野町"])
    for row in (claim, other):
        for part in row.instalments.all():
            claims.receive(secretariat, row, part, deed(part.amount))
    shared_anew(cost, {"青葉市": 1_700_000, "川北町": 380_000, "星野町": 250_000}, stage="settled")
    client, url = client_as(secretariat), f"{BASE}costs/{cost.slug}/2024/settlement/"
    page = client.get(url).content.decode()
    assert "未精算" in page
    given = form_of(page, "") | {
        "on": "2025-05-20", "fiscal_year": "2024", "due_on": "2025-05-30", "refund_on": "2025-05-30",
    }  # fmt: skip
    for _ in range(2):
        assert client.post(url, given).status_code == 302
    refund = Assessment.objects.get(kind="refund")
    assert refund.amount == 20_000
    assert "調定済・収納待ち" in client.get(url).content.decode()
    for who, name in ((partner, "assess-refund"), (secretariat, "pay-refund"), (partner, "receive-refund")):
        one = client_as(who)
        sent = form_of(one.get(url_of(refund)).content.decode(), url_of(refund, name))
        sent |= {"on": "2025-05-25", "fiscal_year": "2024"}
        assert one.post(url_of(refund, name), sent).status_code == 302, name
    assert queries.standing(refund).label == "支払済"


@pytest.mark.slow
def test_pages_need_as_many_queries_for_many_bills_as_for_few(
    client_as, secretariat, cost, claim, towns, django_assert_num_queries
) -> None:
    client = client_as(secretariat)
    paths = ("assessments/", f"costs/{cost.slug}/2024/assess/", f"costs/{cost.slug}/2024/settlement/")
    newer = shared_anew(cost, {"青葉市": 1_700_000, "川北町": 420_000, "星野町": 250_000}, stage="settled")
    counts = []
    for path in paths:
        client.get(BASE + path)
        with CaptureQueriesContext(connection) as few:
            client.get(BASE + path)
        counts.append(len(few))
    day = date(2024, 12, 1)
    for _ in range(3):
        made = assess(secretariat, newer, towns["川北町"], towns["星野町"], on=day, due_on=day, refund_on=day)
        for row in made:
            assessing.cancel(secretariat, row, correction())
    for path, few_queries in zip(paths, counts, strict=True):
        with django_assert_num_queries(few_queries):
            client.get(BASE + path)


def test_a_bill_s_page_needs_as_many_queries_for_many_entries_as_for_few(
    client_as, secretariat, claim, django_assert_num_queries
) -> None:
    client, part = client_as(secretariat), claim.instalments.get(number=1)
    claims.receive(secretariat, claim, part, deed(1_000))
    client.get(url_of(claim))
    with CaptureQueriesContext(connection) as few:
        client.get(url_of(claim))
    for _ in range(5):
        claims.receive(secretariat, claim, part, deed(1_000))
    with django_assert_num_queries(len(few)):
        client.get(url_of(claim))
