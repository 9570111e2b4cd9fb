"""What the first page of disaster work tells each of them to do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from keniki.apps.disaster.actions.stock import transfers as actions
from keniki.apps.disaster.actions.stock.transfers import Step
from keniki.apps.disaster.models import Incident, Shelter
from keniki.apps.disaster.queries.tasks import tasks_of

from .boarded import halls
from .stocked import DAY, Stocked, incident, issue, stocked
from .test_stock_transfers import asked, received, sent

pytestmark = pytest.mark.slow
PAGE = "/desk/aoba/disaster/"


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


@pytest.fixture
def on(monkeypatch):
    """Makes it that day."""
    return lambda day: monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: day)


def titles(actor, region) -> list[tuple[str, int]]:
    return [(task.title, task.number) for task in tasks_of(actor, region)]


def test_what_expires_is_the_task_of_the_town_that_keeps_it(
    stock, partner, other_partner, viewer, in_region, on
) -> None:
    expires = stock.old.expires_on
    on(expires - timedelta(days=91))
    assert ("期限が近い備蓄を訓練などで使う", 1) not in titles(partner, in_region)
    on(expires - timedelta(days=90))
    assert ("期限が近い備蓄を訓練などで使う", 1) in titles(partner, in_region)
    on(expires + timedelta(days=1))
    found = tasks_of(partner, in_region)[0]
    assert (found.title, found.said, found.kind) == ("使用期限が過ぎた備蓄を処分する", "1ロット", "danger")
    assert found.until == expires
    assert titles(viewer, in_region) == []
    assert "使用期限が過ぎた備蓄を処分する" not in dict(titles(other_partner, in_region))


def test_what_an_exercise_used_up_still_waits(stock, partner, in_region, on) -> None:
    on(stock.old.expires_on)
    before = titles(partner, in_region)
    issue(partner, stock, {stock.old: 100}, incident=incident(in_region, partner))
    assert titles(partner, in_region) == before


def test_each_step_of_a_transfer_waits_for_the_town_whose_step_it_is(
    stock, partner, other_partner, in_region, on
) -> None:
    on(DAY)
    transfer = asked(stock, other_partner)
    answer, send, take, back = (
        "備蓄の貸出・譲渡の求めに答える", "承認した備蓄を発送する", "届いた備蓄を受領する", "借りた備蓄を返す",
    )  # fmt: skip
    assert (answer, 1) in titles(partner, in_region)
    assert answer not in dict(titles(other_partner, in_region))
    transfer = actions.approve(partner, transfer, transfer.version, {stock.food: 60}, Step(DAY))
    assert send in dict(titles(partner, in_region))
    picks = {(stock.old, stock.kawakita): 60}
    transfer = actions.ship(partner, transfer, transfer.version, picks, Step(DAY))
    assert take in dict(titles(other_partner, in_region))
    received(stock, other_partner, transfer)
    on(transfer.due_on - timedelta(days=91))
    assert back not in dict(titles(other_partner, in_region))
    on(transfer.due_on + timedelta(days=1))
    late = next(task for task in tasks_of(other_partner, in_region) if task.title == back)
    assert (late.kind, late.until) == ("danger", date(2024, 9, 30))


def test_transfers_of_an_exercise_are_no_task(stock, partner, other_partner, in_region, on) -> None:
    on(DAY)
    before = titles(partner, in_region)
    asked(stock, other_partner, incident=incident(in_region, partner))
    assert titles(partner, in_region) == before


def test_an_exercise_left_open_and_a_shelter_without_space_are_told(
    secretariat, partner, viewer, in_region, towns, client_as
) -> None:
    halls(in_region, towns, secretariat)
    for each in Shelter.objects.filter(region=in_region):
        each.spaces.all().delete()
    number = Shelter.objects.filter(region=in_region, is_shelter=True, municipality=towns["川北町"]).count()
    drill = incident(in_region, partner)
    shown = client_as(partner).get(PAGE).content.decode()
    assert f"{number}か所" in shown
    assert "を過ぎた訓練を終了する" not in shown
    Incident.objects.filter(pk=drill.pk).update(began_at=timezone.now() - timedelta(days=4))
    assert "を過ぎた訓練を終了する" in client_as(partner).get(PAGE).content.decode()
    assert "いま進めるものはありません" in client_as(viewer).get(PAGE).content.decode()


def test_the_number_of_queries_does_not_grow(
    stock, partner, other_partner, in_region, on, django_assert_num_queries
) -> None:
    on(stock.old.expires_on)
    tasks_of(partner, in_region)
    with django_assert_num_queries(5):
        tasks_of(partner, in_region)
    sent(stock, partner, asked(stock, other_partner), 20)
    asked(stock, other_partner)
    with django_assert_num_queries(5):
        tasks_of(partner, in_region)
