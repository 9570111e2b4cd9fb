"""The document pages: who may see, build and pass on; what is not there; what somebody else changed meanwhile."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from keniki.apps.documents import actions, jobs
from keniki.apps.documents.models import Build, BuildRun
from keniki.apps.portal import testing
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow.models import Inquiry

pytestmark = pytest.mark.django_db

SEEING = {"secretariat", "administrator", "centre_officer", "partner", "approver", "other_partner", "viewer"}
SEEING |= {"panel_member", "fire_officer"}


def url(name: str, *args: Any) -> str:
    return reverse(f"documents:{name}", args=("aoba", *args))


@pytest.fixture
def built(in_region: Any, secretariat: Any) -> Build:
    return actions.build(secretariat, in_region, "agreement", {"slug": "kyoutei"})


@pytest.fixture
def submitted(built: Build, secretariat: Any, towns: dict[str, Any]) -> Build:
    build = actions.inquire(secretariat, built, built.version, timezone.localdate() + timedelta(days=3))
    for name in ("青葉市", "川北町", "星野町"):
        workflow.record_decision(
            secretariat,
            Inquiry.objects.get(),
            towns[name],
            answer="agreed",
            decided_on=timezone.localdate(),
            decision_kind="mayor",
            document_no="第1号",
            reply=workflow.Reply("回答.pdf", b"%PDF-1.4\n%%EOF\n"),
        )
    return actions.submit(secretariat, actions.confirm(secretariat, build, build.version), build.version + 1)


@pytest.mark.slow
@pytest.mark.parametrize("who", sorted(testing.SEATS))
def test_who_holds_a_post_in_the_region_reads_its_documents_and_nobody_else(cast, client_as, built, who):
    client = client_as(cast.actor(who))
    pages = [
        url("documents"),
        url("document", "agreement", 1),
        url("file", "agreement", 1, "pdf"),
        url("new", "results"),
    ]
    expected = 200 if who in SEEING else 404
    assert [client.get(page).status_code for page in pages] == [expected] * 4


def test_a_visitor_is_sent_to_the_log_in(client, built):
    for page in (url("documents"), url("document", "agreement", 1), url("file", "agreement", 1, "pdf")):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.slow
def test_the_document_page_shows_state_gaps_changes_files_and_the_next_step(
    client_as, secretariat, in_region
):
    made = actions.build(secretariat, in_region, "results", {"first": 2022, "last": 2024})
    page = client_as(secretariat).get(url("document", "results", 1)).content.decode()
    assert f"未入力（{len(made.missing)}件）" in page
    assert made.missing[0]["what"] in page
    assert "この文書は今の記録と同じ内容です" in page
    assert url("file", "results", 1, "docx") in page
    assert url("act", "results", 1, "inquire") in page


@pytest.mark.slow
def test_each_gap_leads_to_where_it_is_filled_and_the_link_opens_for_who_sees_it(
    client_as, secretariat, partner, in_region
):
    made = actions.build(secretariat, in_region, "results", {"first": 2020, "last": 2025})
    gaps = {gap["page"].partition(":")[0] or gap["record"].partition(":")[0] for gap in made.missing}
    assert {"activities", "grants", "compacts.initiative"} <= gaps
    for actor, form in ((secretariat, "/edit/"), (partner, "/initiatives/")):
        client = client_as(actor)
        page = client.get(url("document", "results", 1)).content.decode()
        listed = page[page.index('id="missing"') : page.index('id="pages"')]
        links = {html.unescape(link) for link in re.findall(r'<a href="([^"#]+)">', listed)}
        assert any(form in link for link in links)
        assert any("activities/?year=" in link for link in links)
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.slow
def test_a_gap_whose_record_is_gone_is_named_without_a_link(client_as, secretariat, in_region):
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.compacts.models import Initiative

    made = actions.build(secretariat, in_region, "results", {"first": 2022, "last": 2024})
    initiative = Initiative.objects.get(slug="sumaho")
    gap = next(gap for gap in made.missing if gap["record"] == f"compacts.initiative:{initiative.pk}")
    with verb(secretariat, "testing.gone", quiet=True):
        initiative.delete()
    page = client_as(secretariat).get(url("document", "results", 1)).content.decode()
    assert f"<li>{gap['what']} " in page


@pytest.mark.slow
def test_one_deed_is_one_line_in_the_log(built, secretariat, towns):
    from keniki.apps.accounts.models import LogEntry

    before = LogEntry.objects.count()
    actions.inquire(secretariat, built, built.version, timezone.localdate() + timedelta(days=3))
    entry = LogEntry.objects.latest("id")
    assert LogEntry.objects.count() == before + 1
    assert "協定書1号を各市町へ照会（回答期限 令和" in entry.text


@pytest.mark.slow
def test_a_partner_sees_why_the_next_step_is_not_for_it_and_is_refused(client_as, partner, built):
    client = client_as(partner)
    page = client.get(url("document", "agreement", 1)).content.decode()
    assert "照会、提出、公開は事務局が行います" in page
    assert url("act", "agreement", 1, "inquire") not in page
    answer = client.post(
        url("act", "agreement", 1, "inquire"), {"version": built.version, "due_on": timezone.localdate()}
    )
    assert answer.status_code == 403
    assert Build.objects.get().state == "check"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("document", ("agreement", 2)),
        ("document", ("novel", 1)),
        ("new", ("novel",)),
        ("run", (999,)),
        ("file", ("agreement", 1, "exe")),
        ("file", ("agreement", 1, "p999")),
    ],
)
def test_what_is_not_there_is_404(client_as, secretariat, built, name, arguments):
    assert client_as(secretariat).get(url(name, *arguments)).status_code == 404


def test_an_unknown_step_or_a_step_without_its_version_is_404(client_as, secretariat, built):
    client = client_as(secretariat)
    assert client.post(url("act", "agreement", 1, "burn"), {"version": built.version}).status_code == 404
    assert client.post(url("act", "agreement", 1, "inquire"), {}).status_code == 404
    assert client.get(url("act", "agreement", 1, "inquire")).status_code == 405


def test_the_other_regions_documents_are_not_found_under_this_one(client_as, partner, built):
    address = reverse("documents:document", args=("konan", "agreement", 1))
    assert client_as(partner).get(address).status_code == 404


@pytest.mark.slow
def test_a_step_on_a_version_somebody_else_moved_on_is_409_and_says_so(
    client_as, secretariat, administrator, built
):
    seen = built.version
    actions.inquire(administrator, built, built.version, timezone.localdate() + timedelta(days=3))
    answer = client_as(secretariat).post(
        url("act", "agreement", 1, "inquire"),
        {"version": seen, "due_on": timezone.localdate() + timedelta(days=9)},
    )
    assert answer.status_code == 409
    assert "ほかの利用者がこの記録を更新しました" in answer.content.decode()


@pytest.mark.slow
def test_a_refused_step_is_told_on_the_page_and_a_wrong_date_in_the_form(client_as, secretariat, built):
    client = client_as(secretariat)
    refused = client.post(url("act", "agreement", 1, "submit"), {"version": built.version})
    assert refused.status_code == 422
    assert "各市町の確認が済んでいません" in refused.content.decode()
    wrong = client.post(url("act", "agreement", 1, "inquire"), {"version": built.version, "due_on": "あした"})
    assert wrong.status_code == 422
    assert Build.objects.get().state == "check"


@pytest.mark.slow
def test_building_from_the_page_queues_a_job_and_ends_on_the_document(client_as, partner, in_region):
    client = client_as(partner)
    form = client.get(url("new", "results")).content.decode()
    assert "令和2年度" in form or "2020" in form
    answer = client.post(url("new", "results"), {"programme": "hokkaido", "first": "2022", "last": "2024"})
    run = BuildRun.objects.get()
    assert (run.kind, run.parameters) == ("results", {"first": 2022, "last": 2024, "programme": "hokkaido"})
    assert answer["Location"] == url("run", run.pk)
    assert "順番待ち" in client.get(url("run", run.pk)).content.decode()
    jobs.build_document(run.pk)
    assert client.get(url("run", run.pk))["Location"] == url("document", "results", 1)
    polled = client.get(url("run", run.pk), headers={"HX-Request": "true"})
    assert (polled.status_code, polled["HX-Redirect"]) == (204, url("document", "results", 1))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"first": "2024", "last": "2022"}, "最初の年度より後の年度"),
        ({"first": "いつか", "last": "2022"}, "いつか"),
        ({"first": "1868", "last": "2022"}, "1868"),
    ],
)
def test_wrong_years_come_back_with_what_was_typed(client_as, partner, in_region, typed, words):
    answer = client_as(partner).post(url("new", "results"), {"programme": "hokkaido", **typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'<option value="{typed["last"]}" selected>' in page
    assert not BuildRun.objects.exists()


def test_a_run_can_be_cancelled_from_its_page(client_as, partner, in_region):
    run = actions.start(partner, in_region, "agreement", {"slug": "kyoutei"})
    client = client_as(partner)
    polled = client.get(url("run", run.pk), headers={"HX-Request": "true"}).content.decode()
    assert "順番を待っています" in polled
    assert "作成を取り消す" not in polled
    assert client.post(url("cancel", run.pk)).status_code == 302
    ended = client.get(url("run", run.pk), headers={"HX-Request": "true"})
    assert (ended.status_code, ended["HX-Redirect"]) == (204, url("run", run.pk))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "取り消しました" in client.get(url("run", run.pk)).content.decode()


def test_files_come_with_their_name_type_and_bytes(client_as, viewer, built):
    client = client_as(viewer)
    answer = client.get(url("file", "agreement", 1, "docx"))
    assert answer["Content-Type"].endswith("wordprocessingml.document")
    assert answer["Content-Disposition"] == 'attachment; filename="aoba-agreement.docx"'
    assert answer.content.startswith(b"PK")
    assert client.get(url("file", "agreement", 1, "p001"))["Content-Type"] == "image/png"


@pytest.mark.slow
def test_the_public_sees_a_document_only_while_it_is_submitted_and_published(
    client, client_as, secretariat, submitted
):
    address = reverse("documents:public-file", args=("aoba", "agreement", 1, "pdf"))
    assert client.get(address).status_code == 404
    staff = client_as(secretariat)
    assert (
        staff.post(url("act", "agreement", 1, "publish"), {"version": submitted.version}).status_code == 302
    )
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    submitted.refresh_from_db()
    staff.post(url("act", "agreement", 1, "unpublish"), {"version": submitted.version})
    assert client.get(address).status_code == 404


@pytest.mark.slow
def test_what_changed_since_is_listed_on_the_page(
    client_as, secretariat, partner, in_region, activity, towns
):
    from keniki.apps.activities.actions import enter_town_count

    actions.build(secretariat, in_region, "results", {"first": 2022, "last": 2024})
    enter_town_count(partner, activity, "people", towns["川北町"], 28)
    page = client_as(secretariat).get(url("document", "results", 1)).content.decode()
    assert "元の記録が1件変わりました" in page
    assert "スマートフォン講習会" in page
    assert "古い" in client_as(secretariat).get(url("documents")).content.decode()
