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


_SCOPE = """
CREATE OR REPLACE FUNCTION keniki_scope() RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF coalesce(current_setting('keniki.regions', true), '') = '' THEN
        RAISE EXCEPTION 'rows of a region are read inside its scope only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN string_to_array(current_setting('keniki.regions'), ',');
END
$$
"""


class RowSecurity(Operation):
    """Let the database itself show a table's rows to their region's scope only, and raise outside any scope.

    For models with a foreign key `region`; `keniki.site.database` tells the session what is in scope. With `shared`
    rows without a region are everybody's, and outside any scope these are all there is.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, *models: str, shared: bool = False):
        self.models = models
        self.shared = shared

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, list(self.models), {"shared": True} if self.shared else {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        quote = schema_editor.quote_name
        schema_editor.execute(_SCOPE)
        for model in self._tables(app_label, to_state):
            table, column = quote(model._meta.db_table), quote(model._meta.get_field("region").column)
            schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            rule = f"(SELECT keniki_scope()) && ARRAY['*', {column}::text]"
            if self.shared:
                scope = "string_to_array(coalesce(current_setting('keniki.regions', true), ''), ',')"
                rule = f"{column} IS NULL OR {scope} && ARRAY['*', {column}::text]"
            schema_editor.execute(
                f"CREATE POLICY region_in_scope ON {table} USING ({rule}) WITH CHECK ({rule})"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for model in self._tables(app_label, from_state):
            table = schema_editor.quote_name(model._meta.db_table)
            schema_editor.execute(f"DROP POLICY region_in_scope ON {table}")
            schema_editor.execute(
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
            )

    def describe(self) -> str:
        return f"Show rows of {', '.join(self.models)} to their region's scope only"

    def _tables(self, app_label: str, state: Any) -> list[Any]:
        return [state.apps.get_model(app_label, name) for name in self.models]


_TOWNS = """
CREATE OR REPLACE FUNCTION keniki_towns() RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF coalesce(current_setting('keniki.towns', true), '') = '' THEN
        RAISE EXCEPTION 'rows about persons are read inside a scope of towns only'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN string_to_array(current_setting('keniki.towns'), ',');
END
$$
"""


class TownSecurity(Operation):
    """Beside `RowSecurity`: rows about persons are shown to the towns they are of only, and raise outside any.

    `columns` are the foreign keys to municipalities of which one has to be in scope, `only` a column of truth values
    that marks the rows about persons (without it all rows are).
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, *models: str, columns: Sequence[str] = ("municipality",), only: str = ""):
        self.models = models
        self.columns = tuple(columns)
        self.only = only

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, list(self.models), {"columns": self.columns, "only": self.only}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        quote = schema_editor.quote_name
        schema_editor.execute(_TOWNS)
        for name in self.models:
            model = to_state.apps.get_model(app_label, name)
            towns = "".join(f", {quote(model._meta.get_field(each).column)}::text" for each in self.columns)
            rule = f"(SELECT keniki_towns()) && ARRAY['*'{towns}]"
            if self.only:
                rule = f"NOT {quote(model._meta.get_field(self.only).column)} OR {rule}"
            schema_editor.execute(
                f"CREATE POLICY town_in_scope ON {quote(model._meta.db_table)} AS RESTRICTIVE "
                f"USING ({rule}) WITH CHECK ({rule})"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name in self.models:
            table = schema_editor.quote_name(from_state.apps.get_model(app_label, name)._meta.db_table)
            schema_editor.execute(f"DROP POLICY town_in_scope ON {table}")

    def describe(self) -> str:
        return f"Show personal rows of {', '.join(self.models)} to their towns' scope only"
