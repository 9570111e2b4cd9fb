"""The rates a region registered for demand, as whoever reckons takes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from keniki.apps.regions.models import Region

from ..models import DemandRates
from .demanded import Demands
from .demanding import totals_given
from .held import Used
from .rate_files import Given, read

#: What stands for the edition among the inputs of a result.
EDITION: Final = "demand-rates"


@dataclass(frozen=True)
class Registered:
    """A region's rates and the file they are, among the inputs of what is made of them."""

    given: Given
    used: Used

    def said_in(self, needs: Demands) -> Demands:
        """Demands reckoned with them, which name them."""
        note = f"圏域で登録した率（{self.used.title}）がある需要は、その率によった。"
        return replace(needs, notes=(*needs.notes, note), used=(*needs.used, self.used))


def rates_of(region: Region) -> DemandRates | None:
    """The region's own rates; None where it has registered none."""
    return DemandRates.objects.filter(region=region).select_related("region", "author").first()


def registered(region: Region, on: date) -> Registered | None:
    """The region's own rates, read. WrongInput where the rules of the day do not take them any more."""
    stored = rates_of(region)
    if stored is None:
        return None
    return Registered(read(stored.content, name_of(stored), totals_given(on)), used_of(stored))


def used_rates(region: Region) -> tuple[Used, ...]:
    """The region's rates as an input of a result; nothing where it has registered none."""
    stored = rates_of(region)
    return () if stored is None else (used_of(stored),)


def name_of(stored: DemandRates) -> str:
    """What the file is called."""
    return stored.file_name or f"{stored.region.slug}-rates.yaml"


def used_of(stored: DemandRates) -> Used:
    """The file of rates as an input, with its hash."""
    return Used(EDITION, name_of(stored), f"{stored.region.name}の需要の率", 1, stored.digest)
