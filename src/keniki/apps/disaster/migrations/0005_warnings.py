"""What the weather service was asked, and what became of its telegrams."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("disaster", "0004_support")]
    operations: ClassVar[list[Operation]] = []
