"""Managers that refuse to read a region's records until a region is in scope.

Built on django-scopes' state; our own closed query set also refuses what a lazy one lets through
(`exists`, `explain`, `iterator`, joins by `create`).
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django_scopes import ScopeError, get_scope


class Unscoped(models.QuerySet[Any]):
    """A query set that answers nothing: reading region data needs `with scope(region=…)`."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ScopeError(f"{self.model._meta.label} is read inside scope(region=…) only")

    all = filter = exclude = get = first = last = count = exists = explain = _refuse  # type: ignore[assignment]
    iterator = aggregate = annotate = values = values_list = order_by = _refuse  # type: ignore[assignment]
    create = bulk_create = update = delete = in_bulk = select_related = _refuse  # type: ignore[assignment]
    prefetch_related = get_or_create = update_or_create = latest = earliest = _refuse  # type: ignore[assignment]
    union = intersection = difference = distinct = only = defer = using = none = _refuse  # type: ignore[assignment]
    raw = contains = dates = datetimes = alias = reverse = select_for_update = extra = _refuse  # type: ignore[assignment]
    bulk_update = aget = afirst = acount = aexists = complex_filter = _refuse  # type: ignore[assignment]
    __iter__ = __len__ = __bool__ = __getitem__ = _fetch_all = _refuse  # type: ignore[assignment]


def scoped(path: str = "region") -> models.Manager[Any]:
    """A manager whose rows are those of the region in scope, found along `path` (a lookup to the region)."""

    class ScopedManager(models.Manager[Any]):
        use_in_migrations = False

        def get_queryset(self) -> models.QuerySet[Any]:
            state = get_scope()
            if not state.get("_enabled", True):
                return super().get_queryset()
            if "region" not in state:
                return Unscoped(self.model, using=self._db)
            region = state["region"]
            lookup = f"{path}__in" if isinstance(region, list | tuple | set) else path
            return super().get_queryset().filter(**{lookup: region})

    return ScopedManager()
