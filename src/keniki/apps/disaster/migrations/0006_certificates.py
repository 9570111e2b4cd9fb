"""Applications for certificates of damage, what was issued, objections; assessors in training."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("disaster", "0005_warnings")]
    operations: ClassVar[list[Operation]] = []
