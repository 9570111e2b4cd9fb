"""What the verbs of bills share: the frame, an assessment's words in the log, the towns' due items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from django.contrib.contenttypes.models import ContentType

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.verbs import Act, verb
from keniki.apps.regions.actions import town_organisation
from keniki.apps.workflow.actions.dues import add_dues
from keniki.apps.workflow.models import DueItem
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_short, format_table
from keniki.core.money import format_money

from ..models import Assessment, Instalment


@contextmanager
def deed_on(actor: Actor, name: str, assessment: Assessment, ruling: Ruling) -> Iterator[Act]:
    """A verb on an assessment, which may find that it was done before."""
    with verb(actor, name, region=assessment.region.slug, ruling=ruling, quiet=True) as act:
        yield act


def check_open(row: Assessment) -> None:
    """WrongInput for one that is cancelled."""
    if row.cancelled_on is not None:
        raise WrongInput("この調定は取り消されています。")


def is_refund(row: Assessment) -> bool:
    """Whether money goes back to the town."""
    return row.kind == Assessment.Kind.REFUND


def _due_head(row: Assessment, part: Instalment) -> str:
    """The head of a due item's title, by which it is found again."""
    return f"負担金の納入（{format_short(row.fiscal_year)}-{row.number} 第{part.number}期）"


def remind(act: Act, row: Assessment, part: Instalment, amount: int, due_on: date) -> None:
    """Tell the town a date of payment: a due item of its own."""
    add_dues(
        act,
        row,
        f"{_due_head(row, part)} {row.cost.title}",
        due_on,
        [town_organisation(row.municipality)],
        text=f"{row.holder.name}へ {yen(amount)}（納期限 {era.format_date(due_on)}）",
        remind_days=14,
    )


def dues_of(row: Assessment, part: Instalment) -> list[DueItem]:
    """The open due items of a date of payment."""
    kind = ContentType.objects.get_for_model(Assessment)
    rows = DueItem.objects.filter(object_type=kind, object_id=row.pk, state=DueItem.State.OPEN)
    return list(rows.filter(title__startswith=_due_head(row, part)))


def yen(amount: int) -> str:
    """As the log writes it: 「1,200円」."""
    return format_money(amount, with_unit=True)


def log(
    act: Act,
    row: Assessment,
    text: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """The verb's line, with the assessment named before `text`."""
    name = f"{format_table(row.fiscal_year)} 調定第{row.number}号 {row.municipality.name} {row.cost.title}"
    act.log(row, before, after, f"{name} の{text}", municipality=row.municipality.code)
