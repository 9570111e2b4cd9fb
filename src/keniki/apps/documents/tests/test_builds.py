"""A document's way: built by a job, checked by every town, submitted, replaced; stale as soon as a record changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.activities.actions import enter_town_count
from keniki.apps.compacts.models import Initiative
from keniki.apps.documents import actions, jobs, queries
from keniki.apps.documents.models import Build, BuildFile, BuildRun
from keniki.apps.regions import actions as rights
from keniki.apps.regions import queries as regions
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow import storage
from keniki.apps.workflow.models import Approval, DueItem, Inquiry
from keniki.core.errors import WrongInput

from . import reading

pytestmark = pytest.mark.django_db

AGREEMENT = {"slug": "kyoutei"}
RESULTS = {"first": 2022, "last": 2024}
NEXT_WEEK = timedelta(days=7)


@pytest.fixture
def built(in_region: Any, secretariat: Any) -> Build:
    """A 確認版 of the agreement, which lacks nothing."""
    made = actions.build(secretariat, in_region, "agreement", AGREEMENT)
    assert made.missing == []
    return made


def asked(secretariat: Any, build: Build) -> Build:
    return actions.inquire(secretariat, build, build.version, timezone.localdate() + NEXT_WEEK)


def agreed(secretariat: Any, build: Build, towns: dict[str, Any], answer: str = "agreed") -> None:
    """Every town's reply arrives on paper and is entered by the secretariat."""
    inquiry = Inquiry.objects.get(state="open")
    for name in ("青葉市", "川北町", "星野町"):
        workflow.record_decision(
            secretariat,
            inquiry,
            towns[name],
            answer=answer if name == "星野町" else "agreed",
            decided_on=timezone.localdate(),
            decision_kind="mayor",
            document_no=f"{name}第1号",
            remarks="別紙のとおり" if answer != "agreed" else "",
            reply=workflow.Reply("回答.pdf", b"%PDF-1.4\n%%EOF\n"),
        )


def confirmed(secretariat: Any, build: Build, towns: dict[str, Any]) -> Build:
    build = asked(secretariat, build)
    agreed(secretariat, build, towns)
    return actions.confirm(secretariat, build, build.version)


def text_of(build: Build, format_: str = "pdf") -> str:
    return reading.READERS[format_](storage.get(build.files.get(format=format_).digest))


# --- building ---


@pytest.mark.slow
def test_a_check_version_keeps_its_files_pages_inputs_and_gaps(in_region, partner):
    made = actions.build(partner, in_region, "results", RESULTS)
    assert (made.number, made.state) == (1, "check")
    assert {file.format for file in made.files.filter(pages=None)} == {"docx", "pdf", "xlsx"}
    pages = list(made.files.exclude(pages=None).order_by("pages"))
    assert len(pages) == len(reading.pdf_pages(storage.get(made.files.get(format="pdf").digest)))
    assert storage.get(pages[0].digest).startswith(b"\x89PNG")
    assert made.missing[0].keys() == {"place", "what", "record", "page"}
    assert any(label["label"].startswith("活動「") for label in made.inputs.values())
    entry = LogEntry.objects.latest("id")
    assert f"実績報告書の確認版 1号を作成（未入力 {len(made.missing)}件）" in entry.text
    assert actions.build(partner, in_region, "results", RESULTS).number == 2
    assert actions.build(partner, in_region, "agreement", AGREEMENT).number == 1


def test_a_neighbour_builds_nothing(in_region, neighbour):
    with pytest.raises(Denied):
        actions.build(neighbour, in_region, "results", RESULTS)
    assert not Build.objects.exists()


# --- freshness ---


@pytest.mark.slow
def test_changing_one_count_makes_the_report_stale_and_names_exactly_that_activity(
    in_region, secretariat, partner, activity, towns
):
    made = actions.build(secretariat, in_region, "results", RESULTS)
    other = actions.build(secretariat, in_region, "agreement", AGREEMENT)
    assert queries.freshness(made) == queries.Freshness(False)
    assert "49名参加" in text_of(made)
    enter_town_count(partner, activity, "people", towns["川北町"], 28)
    freshness = queries.freshness(made)
    assert freshness.stale
    assert [(change, "スマートフォン講習会" in label) for change, label in freshness.changes] == [
        ("変更", True)
    ]
    assert not queries.freshness(other).stale
    assert "56名参加" in text_of(actions.build(secretariat, in_region, "results", RESULTS))


@pytest.mark.slow
def test_a_document_is_compared_once_until_something_of_its_region_changes(
    in_region, secretariat, partner, activity, towns
):
    made = actions.build(secretariat, in_region, "results", RESULTS)
    with mock.patch.object(queries, "inputs", wraps=queries.inputs) as composed:

        def comparisons() -> int:
            before = composed.call_count
            queries.freshness(made)
            return composed.call_count - before

        assert [comparisons(), comparisons()] == [1, 0]
        enter_town_count(partner, activity, "people", towns["川北町"], 28)
        assert [comparisons(), comparisons()] == [1, 0]
        town = rights.NewTown(towns["星野町"].code, "新星野町", "town")
        rights.rename(regions.operator(), towns["星野町"], town, date(2024, 4, 1))
        assert [comparisons(), comparisons()] == [1, 0]


@pytest.mark.slow
def test_a_new_and_a_removed_record_are_told_apart(in_region, secretariat):
    made = actions.build(secretariat, in_region, "results", RESULTS)
    with verb(regions.operator(), "testing.initiatives", quiet=True):
        Initiative.objects.get(slug="sumaho").delete()
        Initiative.objects.create(
            region=in_region, slug="shin", order=3, title="新しい取組", programme="hokkaido"
        )
    changes = queries.freshness(made).changes
    assert ("追加", "取組「新しい取組」") in changes
    assert ("削除", "取組「スマートフォン講習会」") in changes


def test_a_document_whose_record_is_gone_says_why_instead_of_failing(in_region, secretariat, built):
    from keniki.apps.compacts.models import Agreement

    with verb(regions.operator(), "testing.slug", quiet=True):
        Agreement.objects.update(slug="betsu")
    freshness = queries.freshness(built)
    assert freshness.stale
    assert "kyoutei" in freshness.problem


# --- the way through the towns ---


@pytest.mark.slow
def test_an_inquiry_goes_to_every_town_bound_to_the_digest_and_marks_the_files(built, secretariat, towns):
    build = asked(secretariat, built)
    assert build.state == "inquiry"
    inquiry = Inquiry.objects.get()
    assert (inquiry.digest, inquiry.about) == (build.digest, build)
    assert {due.municipality.name for due in DueItem.objects.all()} == {"青葉市", "川北町", "星野町"}
    assert "照会版" in text_of(build)
    assert "確認版" not in text_of(build)


def test_only_the_secretariat_passes_a_document_on(built, partner, approver, viewer):
    for actor in (partner, approver, viewer):
        with pytest.raises(Denied, match="事務局が行います"):
            asked(actor, built)
    assert Build.objects.get().state == "check"


@pytest.mark.slow
def test_a_round_is_not_closed_while_a_town_has_not_agreed(built, secretariat, towns):
    build = asked(secretariat, built)
    with pytest.raises(WrongInput, match=r"青葉市.*川北町.*星野町"):
        actions.confirm(secretariat, build, build.version)
    agreed(secretariat, build, towns, answer="refused")
    with pytest.raises(WrongInput) as refusal:
        actions.confirm(secretariat, build, build.version)
    assert "星野町" in str(refusal.value)
    assert "川北町" not in str(refusal.value)


@pytest.mark.slow
def test_from_check_to_submission_and_then_a_replacement(built, secretariat, in_region, towns):
    first = actions.submit(secretariat, confirmed(secretariat, built, towns), built.version + 2)
    assert first.state == "submitted"
    assert not {"確認版", "照会版", "未入力"} & {
        word for word in ("確認版", "照会版", "未入力") if word in text_of(first)
    }
    with verb(regions.operator(), "testing.title", quiet=True):
        from keniki.apps.compacts.models import Agreement

        Agreement.objects.update(title="青葉圏域の形成に関する協定書（改）")
    second = actions.build(secretariat, in_region, "agreement", AGREEMENT)
    second = actions.submit(secretariat, confirmed(secretariat, second, towns), second.version + 2)
    first.refresh_from_db()
    assert (first.state, second.state, second.replaces) == ("replaced", "submitted", first)
    assert LogEntry.objects.latest("id").text.endswith("協定書2号の差替版を作成")
    assert "（改）" in text_of(second)
    assert "（改）" not in text_of(first)


@pytest.mark.slow
def test_what_changed_after_the_inquiry_cannot_be_submitted(built, secretariat, towns):
    build = confirmed(secretariat, built, towns)
    with verb(regions.operator(), "testing.title", quiet=True):
        from keniki.apps.compacts.models import Agreement

        Agreement.objects.update(title="あとから直した協定書")
    with pytest.raises(WrongInput, match="作成後に記録が変わっています"):
        actions.submit(secretariat, build, build.version)
    assert Build.objects.get().state == "confirmed"


@pytest.mark.slow
def test_a_report_with_something_missing_goes_round_but_is_never_submitted(in_region, secretariat, towns):
    made = actions.build(secretariat, in_region, "results", RESULTS)
    assert made.missing
    build = confirmed(secretariat, made, towns)
    with pytest.raises(WrongInput, match=f"未入力が{len(made.missing)}件あるため提出版は出力できません"):
        actions.submit(secretariat, build, build.version)
    assert Build.objects.get().state == "confirmed"
    assert not LogEntry.objects.filter(verb="documents.submit").exists()


def test_each_step_is_refused_out_of_turn(built, secretariat):
    for step in (actions.confirm, actions.submit):
        with pytest.raises(WrongInput):
            step(secretariat, built, built.version)
    with pytest.raises(WrongInput, match="提出版だけ"):
        actions.publish(secretariat, built, built.version, True)


@pytest.mark.slow
def test_no_answer_is_taken_after_the_round_was_closed(built, secretariat, towns):
    confirmed(secretariat, built, towns)
    inquiry = Inquiry.objects.get()
    assert inquiry.state == "closed"
    assert not DueItem.objects.filter(state="open").exists()


@pytest.mark.slow
def test_a_submitted_document_is_frozen(built, secretariat, towns):
    build = actions.submit(secretariat, confirmed(secretariat, built, towns), built.version + 2)
    for step in (actions.confirm, actions.submit):
        with pytest.raises(Denied, match="差替版を作成"):
            step(secretariat, build, build.version)
    assert actions.publish(secretariat, build, build.version, True).public


@pytest.mark.slow
def test_somebody_elses_step_makes_mine_stale(built, secretariat, administrator):
    asked(administrator, built)
    with pytest.raises(Stale):
        asked(secretariat, built)


MOVES = [
    ("check", "inquiry"),
    ("inquiry", "check"),
    ("inquiry", "confirmed"),
    ("confirmed", "submitted"),
    ("submitted", "replaced"),
]


@pytest.mark.parametrize("new", Build.State.values)
@pytest.mark.parametrize("old", Build.State.values)
def test_the_database_itself_refuses_every_other_move(in_region, old, new):
    way = {"check": [], "inquiry": ["inquiry"], "confirmed": ["inquiry", "confirmed"]}
    way["submitted"] = [*way["confirmed"], "submitted"]
    way["replaced"] = [*way["submitted"], "replaced"]
    with verb(regions.operator(), "testing.build", quiet=True):
        build = Build(region=in_region, kind="results", number=1, digest="0" * 64)
        build.save()
    rows = Build.objects.filter(pk=build.pk)
    for state in way[old]:
        rows.update(state=state)
    if (old, new) in MOVES or old == new:
        assert rows.update(state=new) == 1
        return
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(state=new)


@pytest.mark.parametrize("field", ["digest", "inputs", "kind", "parameters", "number"])
def test_the_database_keeps_what_a_build_was_made_of(built, field):
    value = {"digest": "f" * 64, "inputs": {}, "kind": "vision", "parameters": {"slug": "x"}, "number": 99}[
        field
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        Build.objects.filter(pk=built.pk).update(**{field: value})


# --- the job ---


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What the run's row says after every step."""
    seen: list[tuple[int, str]] = []
    original = actions._files

    def files(composed: Any, step: Any = lambda label: None) -> Any:
        def told(label: str) -> None:
            step(label)
            run = BuildRun.objects.get()
            seen.append((run.done_steps, run.step_label))

        return original(composed, told)

    monkeypatch.setattr(actions, "_files", files)
    return seen


def test_a_queued_build_tells_how_far_it_is_and_leads_to_its_document(in_region, partner, steps):
    run = actions.start(partner, in_region, "agreement", AGREEMENT)
    assert (run.state, run.all_steps) == ("waiting", 5)
    jobs.build_document(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done_steps, run.build.made_by) == ("done", 5, partner.user)
    assert steps == [
        (1, "Word を作成しています"),
        (2, "PDF を作成しています"),
        (3, "Excel を作成しています"),
        (4, "画面用の頁を作成しています"),
    ]
    jobs.build_document(run.pk)
    assert Build.objects.count() == 1


def test_a_cancelled_build_stops_before_its_next_step_and_leaves_nothing(in_region, partner, monkeypatch):
    run = actions.start(partner, in_region, "agreement", AGREEMENT)
    original = actions.compose

    def compose_while_somebody_cancels(*args: Any, **kwargs: Any) -> Any:
        actions.cancel(partner, in_region, run)
        return original(*args, **kwargs)

    monkeypatch.setattr(actions, "compose", compose_while_somebody_cancels)
    jobs.build_document(run.pk)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.ended_at
    assert not Build.objects.exists()
    assert not BuildFile.objects.exists()


def test_a_build_cancelled_while_waiting_is_never_started(in_region, partner):
    run = actions.start(partner, in_region, "agreement", AGREEMENT)
    assert actions.cancel(partner, in_region, run).state == "cancelled"
    jobs.build_document(run.pk)
    assert not Build.objects.exists()


def test_wrong_parameters_end_a_build_with_words_and_a_fault_with_whom_to_ask(
    in_region, partner, monkeypatch
):
    wrong = actions.start(partner, in_region, "agreement", {"slug": "nashi"})
    jobs.build_document(wrong.pk)
    wrong.refresh_from_db()
    assert wrong.state == "failed"
    assert "協定「nashi」がありません" in wrong.message
    broken = actions.start(partner, in_region, "agreement", AGREEMENT)
    monkeypatch.setattr(actions, "_files", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jobs.build_document(broken.pk)
    broken.refresh_from_db()
    assert broken.state == "failed"
    assert "システム管理者" in broken.message


def test_somebody_who_lost_the_post_before_the_job_ran_is_told_so(in_region, partner):
    from keniki.apps.regions.models import PostHolder

    run = actions.start(partner, in_region, "agreement", AGREEMENT)
    with verb(regions.operator(), "testing.transfer", quiet=True):
        PostHolder.objects.filter(user=partner.user).delete()
    jobs.build_document(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.message
    assert "システム管理者" not in run.message


@pytest.mark.slow
def test_an_answer_bound_to_another_version_does_not_count(built, secretariat, in_region, towns):
    build = asked(secretariat, built)
    agreed(secretariat, build, towns)
    assert {approval.digest for approval in Approval.objects.all()} == {build.digest}
    with verb(regions.operator(), "testing.title", quiet=True):
        from keniki.apps.compacts.models import Agreement

        Agreement.objects.update(title="直した協定書")
    second = asked(secretariat, actions.build(secretariat, in_region, "agreement", AGREEMENT))
    assert second.digest != build.digest
    with pytest.raises(WrongInput, match="青葉市"):
        actions.confirm(secretariat, second, second.version)


@pytest.mark.slow
def test_the_due_day_of_an_inquiry_is_not_before_it(built, secretariat):
    with pytest.raises(WrongInput, match="回答期限"):
        actions.inquire(secretariat, built, built.version, date(2020, 1, 1))
    assert Build.objects.get().state == "check"
