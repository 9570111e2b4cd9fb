"""People who need help to evacuate, their plans, whom the list was given to, safety inquiries."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("disaster", "0003_housing")]
    operations: ClassVar[list[Operation]] = []
