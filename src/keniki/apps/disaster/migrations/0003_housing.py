"""Houses and their surveys with photos."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("disaster", "0002_reception")]
    operations: ClassVar[list[Operation]] = []
