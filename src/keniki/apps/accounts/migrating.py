"""Create a slice's first tables in one step.

Django renders every model again after each of some hundred small operations (half a minute for this project).
A first migration needs none of that: its tables are made from the final state, then its triggers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterUniqueTogether,
    CreateModel,
)
from django.db.migrations.operations.base import Operation

_PART_OF_A_TABLE = (AddField, AddConstraint, AddIndex, AlterUniqueTogether)


class FirstTables(Operation):
    """Run the operations of a first migration together.

    What belongs to a table created here is made with it; an operation on an older table runs by itself.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]):
        self.operations = list(operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        created: set[str] = set()
        for operation in self.operations:
            if isinstance(operation, CreateModel):
                created.add(operation.name_lower)
                operation.database_forwards(app_label, schema_editor, from_state, to_state)
        for operation in self.operations:
            if isinstance(operation, CreateModel):
                continue
            if isinstance(operation, _PART_OF_A_TABLE) and _table(operation) in created:
                continue
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            if isinstance(operation, CreateModel):
                operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create the first tables ({len(self.operations)} operations)"


def _table(operation: Any) -> str:
    name: str = operation.model_name if hasattr(operation, "model_name") else operation.name
    return name.lower()
