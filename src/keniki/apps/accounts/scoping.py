"""Managers that refuse to read a region's records until a region is in scope.

Built on django-scopes' state; our own closed query set also refuses what a lazy one lets through
(`exists`, `explain`, `iterator`, joins by `create`).
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, TypeVar

from django.db import models
from django_scopes import ScopeError, get_scope

#: `scope(towns=EVERY_TOWN)`: for what works over all towns and hands nothing about a person out (merging, counting).
EVERY_TOWN: Final = ("*",)

M = TypeVar("M", bound=models.Model)


class Unscoped(models.QuerySet[Any]):
    """A query set that answers nothing: reading region data needs `with scope(region=…)`."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ScopeError(f"{self.model._meta.label} is read inside scope(region=…) only")

    all = filter = exclude = get = first = last = count = exists = explain = _refuse
    iterator = aggregate = annotate = values = values_list = order_by = _refuse
    create = bulk_create = update = delete = in_bulk = select_related = _refuse
    prefetch_related = get_or_create = update_or_create = latest = earliest = _refuse
    union = intersection = difference = distinct = only = defer = using = none = _refuse
    raw = contains = dates = datetimes = alias = reverse = select_for_update = extra = _refuse
    bulk_update = aget = afirst = acount = aexists = complex_filter = _refuse
    __iter__ = __len__ = __bool__ = __getitem__ = _fetch_all = _refuse


class ScopedManager(models.Manager[M]):
    """The rows of the region in scope, found along `path` (a lookup to the region)."""

    use_in_migrations = False
    path = "region"

    def get_queryset(self) -> models.QuerySet[M]:
        state = get_scope()
        if not state.get("_enabled", True):
            return super().get_queryset()
        if "region" not in state:
            return Unscoped(self.model, using=self._db)
        region = state["region"]
        lookup = f"{self.path}__in" if isinstance(region, list | tuple | set) else self.path
        return super().get_queryset().filter(**{lookup: region})


def scoped(path: str = "region") -> ScopedManager[Any]:
    """A manager whose rows are those of the region in scope, found along `path` (a lookup to the region).

    The path belongs to a class of its own: Django builds managers of relations from the class alone.
    """
    own: type[ScopedManager[Any]] = type("ScopedManager", (ScopedManager,), {"path": path})
    return own()


def is_scoped(model: type[models.Model]) -> bool:
    """Whether the model's default manager reads only the region in scope."""
    return isinstance(model._default_manager, ScopedManager)
