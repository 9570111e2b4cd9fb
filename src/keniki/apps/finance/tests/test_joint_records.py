"""What the database itself refuses of joint costs and the book, and the one path from records to amounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.finance.models import (
    Account,
    Allocation,
    Assessment,
    BasisFigure,
    CostItem,
    Entry,
    Instalment,
    Line,
    Share,
    SharingRule,
)
from keniki.apps.finance.sharing import StageOf, canonical, digest_of, gather, reckon, spec_of, stages_of
from keniki.apps.finance.sharing import stored as kept_as
from keniki.apps.finance.sharing.reckoning import splits_of
from keniki.core.errors import WrongInput

from .joint import RULE, adopted_rule, allocated, joint_cost


@pytest.fixture
def cost(in_region, initiative):
    return joint_cost(in_region, initiative)


def at_the_end() -> None:
    """Let the deferred checks of the database speak now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def stored(*rows) -> None:
    """Save the rows and let the database speak."""
    for row in rows:
        row.save()
    at_the_end()


def posted(cost, body, *lines: tuple[str, int], origin: str = "test/1", **fields) -> Entry:
    with verb(SYSTEM, "testing.posted", region=cost.region.slug, quiet=True):
        entry = Entry(
            region=cost.region, cost=cost, fiscal_year=2024, number=Entry.objects.count() + 1,
            on=date(2024, 5, 1), kind=fields.pop("kind", "expense"), text="試し", origin=origin, **fields,
        )  # fmt: skip
        entry.save()
        for account, amount in lines:
            Line(entry=entry, body=body, account=account, amount=amount).save()
        at_the_end()
    return entry


def test_a_cost_is_shared_to_the_yen_with_every_step(cost) -> None:
    """2,800,000 less 400,000: a fifth in equal parts, the rest by 60,000 : 9,000 : 3,000 people, in 1,000 yen."""
    found = reckon(gather(cost, 2024, StageOf("initial")), spec_of(RULE))
    assert found.problem == ""
    assert list(found.shares.values()) == [1_760_000, 400_000, 240_000]
    assert found.shared is not None
    assert (found.shared.cost, found.shared.deducted) == (2_800_000, 400_000)
    kept = splits_of(found.to_json())
    assert kept[""].steps == found.shared.splits[""].steps


def test_what_is_missing_is_named(cost) -> None:
    BasisFigure.objects.filter(municipality__name="星野町").delete()
    found = reckon(gather(cost, 2024, StageOf("initial")), spec_of(RULE))
    assert found.shares == {}
    assert found.problem.startswith("人口割・星野町：按分の基礎数値がありません。")
    empty = reckon(gather(cost, 2025, StageOf("initial")), spec_of(RULE))
    assert empty.problem == "この段階の経費がまだありません。経費の内訳を入力してください。"


def test_a_supplementary_budget_comes_on_top_of_the_first(cost) -> None:
    with verb(SYSTEM, "testing.more", region=cost.region.slug, quiet=True):
        for number, amount in ((1, 500_000), (2, -100_000)):
            CostItem(
                region=cost.region, cost=cost, fiscal_year=2024, stage="supplementary", round=number,
                title="訓練委託料", amount=amount,
            ).save()  # fmt: skip
    items = list(CostItem.objects.filter(cost=cost))
    assert [each.label for each in stages_of(items)] == ["要求", "当初", "第1号補正後", "第2号補正後"]
    totals = [gather(cost, 2024, each).total for each in stages_of(items)]
    assert totals == [3_000_000, 2_800_000, 3_300_000, 3_200_000]


def test_the_same_rule_has_the_same_hash_however_it_is_written() -> None:
    plain = spec_of({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})
    longer = spec_of(
        {
            "name": "均等",
            "note": "",
            "components": [{"weight": "100", "basis": "equal", "exclude": []}],
            "rounding": {"unit": 1, "remainder": "largest"},
        }
    )
    assert digest_of(canonical(plain)) == digest_of(canonical(longer))
    zeros = spec_of({"name": "均等", "components": [{"basis": "equal", "weight": "100.00"}]})
    assert digest_of(canonical(zeros)) == digest_of(canonical(plain))
    with pytest.raises(WrongInput, match="割合（weight）の合計が 90 です"):
        spec_of({"name": "均等", "components": [{"basis": "equal", "weight": 90}]})


def test_the_order_of_bases_and_classes_is_kept(cost) -> None:
    """The database sorts an object's keys: shorter ones first, then by letter."""
    part = {
        "components": [{"basis": "visits", "weight": 40}, {"basis": "aged", "weight": 60}],
    }
    content = {
        "name": "順序",
        "classes": {"running": {"label": "運営", **part}, "debt": {"label": "公債費", **part}},
        "bases": {"visits": {"label": "利用者割"}, "aged": {"label": "高齢者割"}},
    }
    spec = spec_of(content)
    rule = SharingRule.objects.get(cost=cost)
    draft = SharingRule(
        region=cost.region, cost=cost, number=9, title=spec.name, content=kept_as(spec),
        digest=digest_of(canonical(spec)), first_year=rule.first_year + 5,
    )  # fmt: skip
    with verb(SYSTEM, "testing.draft", region=cost.region.slug, quiet=True) as act:
        act.save(draft)
    draft.refresh_from_db()
    read = spec_of(draft.content)
    assert read == spec
    assert (list(read.classes), list(read.bases)) == (["running", "debt"], ["visits", "aged"])
    turned = spec_of({**content, "classes": dict(reversed(content["classes"].items()))})
    assert digest_of(canonical(turned)) == digest_of(canonical(read)) == draft.digest
    with pytest.raises(WrongInput):
        spec_of(draft.content, file="rule.yaml")


@pytest.mark.parametrize(
    ("components", "classes", "said"),
    [
        (
            [{"basis": "table", "weight": 100, "table": {"262145": 60, "019011": 40}}],
            {},
            "固定割合・団体コード 262145：固定割合や借入年度の率がありますが、この年度に負担する市町村ではありません。",
        ),
        ([], {"debt": {"by_year": {2015: {"019011": 100}}}}, "区分のない経費があります。"),
    ],
)
def test_why_a_rule_cannot_be_used_is_said_in_the_words_of_staff(cost, components, classes, said) -> None:
    spec = spec_of({"name": "他団体", "components": components, "classes": classes})
    found = reckon(gather(cost, 2024, StageOf("initial")), spec)
    assert found.problem.startswith(said)


def test_the_ratios_of_a_loan_are_named_by_its_year(cost) -> None:
    CostItem.objects.filter(cost=cost).delete()
    with verb(SYSTEM, "testing.item", region=cost.region.slug, quiet=True) as act:
        act.save(
            CostItem(
                region=cost.region,
                cost=cost,
                fiscal_year=2024,
                stage="initial",
                title="元利償還金",
                cost_class="debt",
                loan_year=2015,
                amount=1000,
            )
        )
    gathered = gather(cost, 2024, StageOf("initial"))
    strange = spec_of({"name": "公債", "classes": {"debt": {"by_year": {2015: {"262145": 100}}}}})
    assert reckon(gathered, strange).problem.startswith("平成27年度借入れの率・団体コード 262145：")
    other = spec_of({"name": "公債", "classes": {"debt": {"by_year": {2016: {"019011": 100}}}}})
    assert reckon(gathered, other).problem.startswith("2015年度に借り入れた額の率が、定めにありません。")


def test_the_text_of_a_rule_put_to_the_towns_stays(cost) -> None:
    rule = SharingRule.objects.get(cost=cost)
    with verb(SYSTEM, "testing.rule", region=cost.region.slug, quiet=True) as act:
        rule.content = {"name": "ほか"}
        with pytest.raises(DatabaseError, match="was put to the towns"), transaction.atomic():
            act.save(rule)
        with pytest.raises(DatabaseError, match="was put to the towns"), transaction.atomic():
            SharingRule.objects.filter(pk=rule.pk).delete()


def test_two_rules_never_hold_in_the_same_year(cost) -> None:
    with pytest.raises(WrongInput):
        adopted_rule(cost, year=2026, number=2)


def test_shares_that_do_not_add_up_are_refused(cost) -> None:
    made = allocated(cost)
    with verb(SYSTEM, "testing.share", region=cost.region.slug, quiet=True):
        stranger = Share(allocation=made, municipality_id=made.shares.first().municipality_id, amount=1)
        with pytest.raises(DatabaseError), transaction.atomic():
            stranger.save()
        copied = Allocation.objects.get(pk=made.pk)
        copied.pk, copied.number = None, 2
        copied._state.adding = True
        with pytest.raises(DatabaseError, match="do not add up"), transaction.atomic():
            stored(copied, Share(allocation=copied, municipality_id=stranger.municipality_id, amount=5))
    for rows in (Share.objects.all(), Allocation.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**({"amount": 1} if rows.model is Share else {"total": 1}))
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()


def test_the_book_takes_what_balances_only(cost) -> None:
    with pytest.raises(WrongInput, match="一致していません"), transaction.atomic():
        posted(cost, cost.holder, (Account.EXPENSE, 100), (Account.CASH, -90))
    with pytest.raises(WrongInput, match="いまの状態"), transaction.atomic():
        posted(cost, cost.holder)
    posted(cost, cost.holder, (Account.EXPENSE, 100), (Account.CASH, -100))
    with pytest.raises(WrongInput):
        posted(cost, cost.holder, (Account.EXPENSE, 100), (Account.CASH, -100))


def test_nothing_in_the_book_changes_afterwards(cost) -> None:
    entry = posted(cost, cost.holder, (Account.EXPENSE, 100), (Account.CASH, -100))
    for rows in (Entry.objects.all(), Line.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**({"text": "x"} if rows.model is Entry else {"amount": 1}))
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    wrong = [(Account.EXPENSE, -90), (Account.CASH, 90)]
    with pytest.raises(WrongInput, match="反対になっていません"), transaction.atomic():
        posted(cost, cost.holder, *wrong, origin="test/2", kind="reversal", reverses=entry)
    right = [(Account.EXPENSE, -100), (Account.CASH, 100)]
    posted(cost, cost.holder, *right, origin="test/2", kind="reversal", reverses=entry)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_line_joins_an_entry_afterwards(in_region, initiative) -> None:
    cost = joint_cost(in_region, initiative)
    entry = posted(cost, cost.holder, (Account.EXPENSE, 100), (Account.CASH, -100))
    with (
        pytest.raises(WrongInput, match="いまの状態"),
        verb(SYSTEM, "testing.line", region=in_region.slug, quiet=True),
    ):
        Line(entry=entry, body=cost.holder, account=Account.EXPENSE, amount=5).save()


def test_instalments_add_up_to_what_is_claimed(cost) -> None:
    made = allocated(cost)
    town = made.shares.select_related("municipality").last()
    with verb(SYSTEM, "testing.assessment", region=cost.region.slug, quiet=True):
        claim = Assessment(
            region=cost.region, cost=cost, allocation=made, holder=cost.holder, municipality=town.municipality,
            fiscal_year=2024, number=1, amount=town.amount, assessed_on=date(2024, 4, 10),
        )  # fmt: skip
        day = date(2024, 5, 20)
        part = Instalment(assessment=claim, number=1, amount=town.amount - 1, due_on=day, nominal_on=day)
        with pytest.raises(DatabaseError, match="do not add up"), transaction.atomic():
            stored(claim, part)


def test_a_figure_keeps_its_decimals(cost) -> None:
    figure = BasisFigure.objects.first()
    assert figure.value == Decimal("60000.0000")
