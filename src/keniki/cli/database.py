"""The database for commands: brought up when needed, migrated when empty, refused when its shape differs."""

from __future__ import annotations

import argparse
import functools
import importlib
import io
import os
import pkgutil
from collections.abc import Callable
from typing import Literal, overload

from keniki.cli import console
from keniki.cli.console import Result, Run
from keniki.core.errors import WrongInput
from keniki.site import home, postgres

MIGRATION_LOCK = 0x6B656E696B69
Fit = Literal["fits", "any"]
Shape = tuple[list[tuple[str, str]], list[tuple[str, str]]]


@overload
def needs_database(run: Run) -> Run: ...
@overload
def needs_database(*, shape: Fit) -> Callable[[Run], Run]: ...
def needs_database(run: Run | None = None, *, shape: Fit = "fits") -> Run | Callable[[Run], Run]:
    """Decorate a command: bring the database up, set Django up, migrate an empty database.

    With `shape="any"` the command also runs on a database that this version would have to migrate first.
    """

    def decorate(inner: Run) -> Run:
        @functools.wraps(inner)
        def prepared(args: argparse.Namespace) -> Result:
            prepare(shape=shape)
            return inner(args)

        return prepared

    return decorate if run is None else decorate(run)


def prepare(*, shape: Fit = "fits") -> None:
    """What `needs_database` does before the command."""
    set_up()
    from keniki.cli.backup import restoring

    restoring.finish_interrupted(home.current())
    missing, unknown = compare()
    if is_empty():
        migrate()
    elif unknown:
        raise WrongInput(
            "データベースは、より新しい版の keniki のものです"
            f"（この版が知らない変更: {_named(unknown)}）。"
            "keniki を新しくしてください。データには触れていません。"
        )
    elif missing and shape == "fits":
        raise WrongInput(
            f"データベースがこの版の keniki より古い形です（未適用の変更 {len(missing)} 件）。"
            "keniki upgrade を実行してください。先にバックアップを取ってから更新します。"
        )


def set_up() -> None:
    """Bring the database up and load Django; nothing is read or written yet."""
    postgres.ensure()
    os.environ["DJANGO_SETTINGS_MODULE"] = "keniki.site.settings"
    import django
    from django.conf import settings

    django.setup()
    settings.DATABASES["default"].update(postgres.connection())


def is_empty() -> bool:
    """Whether nothing was ever migrated here."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    return not recorder.has_table() or not recorder.migration_qs.exists()


def compare() -> Shape:
    """Migrations the database lacks, and migrations it has that this version does not know."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.recorder import MigrationRecorder

    applied = set(MigrationRecorder(connection).applied_migrations())
    on_disk: set[tuple[str, str]] = set()
    labels: set[str] = set()
    for config in apps.get_app_configs():
        labels.add(config.label)
        try:
            package = importlib.import_module(f"{config.name}.migrations")
        except ModuleNotFoundError:
            continue
        on_disk |= {
            (config.label, module.name)
            for module in pkgutil.iter_modules(getattr(package, "__path__", []))
            if not module.ispkg and not module.name.startswith(("_", "~"))
        }
    if applied == on_disk:
        return [], []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known = set(executor.loader.disk_migrations) | set(executor.loader.graph.nodes)
    for migration in executor.loader.replacements.values():
        lacking = [key for key in migration.replaces if key not in applied]
        if lacking and len(lacking) < len(migration.replaces):
            raise WrongInput(
                f"データベースは、この版から直接には更新できない古い形です（足りない変更: {_named(lacking)}）。"
                "間の版の keniki で一度 keniki upgrade を実行してから、この版にしてください。データには触れていません。"
            )
        known.update(migration.replaces)
    return (
        sorted((migration.app_label, migration.name) for migration, _ in plan),
        sorted(key for key in applied - known if key[0] in labels),
    )


def migrate() -> int:
    """Bring the database to this version's shape; the number of migrations applied."""
    from django.core.management import call_command
    from django.db import connection
    from django_scopes import scopes_disabled

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            missing, _ = compare()
            if missing:
                with (
                    scopes_disabled(),
                    console.progress("データベースを準備しています", total=len(missing)) as step,
                ):
                    call_command("migrate", interactive=False, verbosity=1, stdout=_Counter(step))
            call_command("createcachetable", verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    return len(missing)


class _Counter(io.StringIO):
    """Counts the lines `migrate` ends with OK."""

    def __init__(self, step: console.Step) -> None:
        super().__init__()
        self._step = step

    def write(self, text: str) -> int:
        if "OK" in text:
            self._step()
        return len(text)


def _named(migrations: list[tuple[str, str]]) -> str:
    names = [f"{app}.{name}" for app, name in migrations]
    return "、".join(names[:3]) + (f" ほか{len(names) - 3}件" if len(names) > 3 else "")
