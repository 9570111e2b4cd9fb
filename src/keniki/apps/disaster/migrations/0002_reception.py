"""Devices, cards and sheets of the reception, bundles that were read, check-ins by web form."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("disaster", "0001_tables")]
    operations: ClassVar[list[Operation]] = []
