"""The pilot, the fictional sample and a small region of the tests' own, loaded once per file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from keniki.apps.regions.models import Region

DATA = Path(__file__).resolve().parents[5] / "data"


@pytest.fixture(scope="module")
def library(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Region]]:
    """Regions by slug, in a transaction around the file's tests; each test plays in a savepoint inside it."""
    from django.db import transaction

    from keniki.apps.portal.interchange.load import load_region
    from keniki.apps.portal.interchange.read import read
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Region

    from . import small_region

    frame = transaction.atomic()
    with django_db_blocker.unblock():
        frame.__enter__()
        for document in (read(DATA / "minami-sorachi"), read(DATA / "sample"), small_region.document()):
            load_region(queries.operator(), document)
        regions = {region.slug: region for region in Region.objects.select_related("secretariat")}
    yield regions
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        frame.__exit__(None, None, None)


@pytest.fixture
def pilot(library: dict[str, Region], db: None) -> Iterator[Region]:
    """南空知圏域 with its records in scope."""
    yield from _scoped(library["minami-sorachi"])


@pytest.fixture
def sample(library: dict[str, Region], db: None) -> Iterator[Region]:
    """The fictional みのり野圏域 with its records in scope."""
    yield from _scoped(library["minorino"])


@pytest.fixture
def small(library: dict[str, Region], db: None) -> Iterator[Region]:
    """海辺圏域: two towns, hand-made, nothing missing but what a test takes away."""
    yield from _scoped(library["umibe"])


def _scoped(region: Region) -> Iterator[Region]:
    from django_scopes import scope

    with scope(region=region):
        yield region
