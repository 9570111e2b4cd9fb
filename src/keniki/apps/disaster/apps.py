from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from keniki.apps.finance.item_sources import Source
    from keniki.apps.finance.models import CostItem


def sources_of_items(items: list[CostItem]) -> Iterable[Source]:
    """The purchase plans behind items of a joint cost; what reckons them is read when somebody asks."""
    from .queries.stock_plans import plans

    return plans.sources_of_items(items)


class DisasterConfig(AppConfig):
    name = "keniki.apps.disaster"
    label = "disaster"
    verbose_name = "防災"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The public board is kept fresh; finance finds the plans behind items of a joint cost; files are kept."""
        from keniki.apps.accounts import snapshots
        from keniki.apps.finance import item_sources
        from keniki.apps.workflow.keeping import refer

        from .public import source

        snapshots.register(source())
        item_sources.register(sources_of_items)
        refer("disaster.SurveyPhoto", "digest")
        refer("disaster.TrainingPicture", "digest")
