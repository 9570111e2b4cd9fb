"""Reading where the cost of a settled transfer went: into a claim for help, or into the budget of an initiative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions.models import Region

from ...models import AidCost, AidRequest, Incident, StockTransfer, TransferStep

State = StockTransfer.State


@dataclass(frozen=True)
class Settlement:
    """Where the cost of a settled transfer went: its line in a claim, its line in the budget; neither yet."""

    transfer: StockTransfer
    claimed: AidCost | None
    posted: BudgetLine | None

    @property
    def yen(self) -> int:
        """What it was settled for."""
        return int(self.transfer.settled_yen or 0)

    @property
    def is_done(self) -> bool:
        """Whether it stands somewhere."""
        return self.claimed is not None or self.posted is not None


def origin_of(transfer: StockTransfer) -> str:
    """What a transfer's line in the budget is posted for."""
    return f"stock/transfers/{transfer.pk}"


def has_cost(transfer: StockTransfer) -> bool:
    """Whether its settlement is a cost that goes somewhere: settled in yen, and no exercise."""
    return transfer.state == State.SETTLED and transfer.settled_yen is not None and not transfer.is_exercise


def settlement_of(transfer: StockTransfer) -> Settlement:
    """Where a transfer's cost went."""
    claimed = AidCost.objects.filter(transfer=transfer).select_related("aid").first()
    if claimed is not None and transfer.incident is not None:
        claimed.aid.region, claimed.aid.incident = transfer.region, transfer.incident
    posted = BudgetLine.objects.filter(region=transfer.region, origin=origin_of(transfer)).first()
    return Settlement(transfer, claimed, posted)


def day_settled(transfer: StockTransfer) -> date:
    """The day of the settlement."""
    step = TransferStep.objects.filter(transfer=transfer, state=State.SETTLED).order_by("-id").first()
    assert step is not None
    return step.on


def claims_for(transfer: StockTransfer) -> list[AidRequest]:
    """The requests for help of its incident between its two towns whose costs are not claimed yet."""
    if transfer.incident is None:
        return []
    rows = AidRequest.objects.filter(
        incident=transfer.incident,
        helper=transfer.lender,
        asker=transfer.borrower,
        steps__key="dispatch",
    ).exclude(steps__key="claim")
    found = list(rows.distinct().select_related("asker", "helper").order_by("number"))
    for each in found:
        each.region, each.incident = transfer.region, transfer.incident
    return found


def unclaimed(region: Region, incident: Incident, aid: AidRequest) -> list[StockTransfer]:
    """Settled transfers of an incident between the towns of a request whose cost stands in no claim yet."""
    if incident.is_exercise or aid.helper is None or aid.asker is None:
        return []
    rows = StockTransfer.objects.filter(
        region=region,
        incident=incident,
        lender=aid.helper,
        borrower=aid.asker,
        state=State.SETTLED,
        settled_yen__isnull=False,
        claimed=None,
    )
    return list(rows.order_by("number"))
