"""What the book takes: the accounts of each kind of entry, whose book it stands in, what has to be there first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .models import Account, Entry

Kind = Entry.Kind


class Side(Enum):
    """In whose book an entry stands."""

    HOLDER = "会計をもつ団体"
    TOWN = "負担する市町村"


@dataclass(frozen=True)
class Posting:
    """A kind of entry: its debit and credit account, and the kind whose amount it may not exceed.

    Without `within` it is the assessed amount that it may not exceed.
    """

    side: Side
    debit: Account
    credit: Account
    within: Kind | None = None


#: The kinds of entries but reversals, which have the lines of what they take back.
POSTINGS: Final[Mapping[Kind, Posting]] = {
    Kind.EXPENSE: Posting(Side.HOLDER, Account.EXPENSE, Account.CASH),
    Kind.EARMARKED: Posting(Side.HOLDER, Account.CASH, Account.EARMARKED_REVENUE),
    Kind.ASSESS: Posting(Side.HOLDER, Account.RECEIVABLE, Account.SHARE_REVENUE),
    Kind.RECEIVE: Posting(Side.HOLDER, Account.CASH, Account.RECEIVABLE, Kind.ASSESS),
    Kind.COMMIT: Posting(Side.TOWN, Account.SHARE_EXPENSE, Account.COMMITTED),
    Kind.ORDER: Posting(Side.TOWN, Account.COMMITTED, Account.ORDERED, Kind.COMMIT),
    Kind.PAY: Posting(Side.TOWN, Account.ORDERED, Account.CASH, Kind.ORDER),
    Kind.REFUND: Posting(Side.HOLDER, Account.SHARE_REVENUE, Account.REFUND_PAYABLE),
    Kind.REFUND_PAY: Posting(Side.HOLDER, Account.REFUND_PAYABLE, Account.CASH, Kind.REFUND),
    Kind.REFUND_ASSESS: Posting(Side.TOWN, Account.REFUND_RECEIVABLE, Account.REFUND_REVENUE),
    Kind.REFUND_RECEIVE: Posting(Side.TOWN, Account.CASH, Account.REFUND_RECEIVABLE, Kind.REFUND_ASSESS),
}
#: What is done with a refund, in the order of the work.
REFUNDED: Final = (Kind.REFUND, Kind.REFUND_PAY, Kind.REFUND_ASSESS, Kind.REFUND_RECEIVE)


def resting_on(kind: Kind) -> list[Kind]:
    """The kinds of entries that may not exceed those of this kind."""
    return [each for each, posting in POSTINGS.items() if posting.within is kind]
