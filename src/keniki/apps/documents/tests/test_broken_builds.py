"""A build whose worker is killed in the middle ends in words, and can be started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest

from . import small_region

_BEGIN = """
    from keniki.cli import database
    database.set_up()
    from django_scopes import scope
    from keniki.apps.documents import actions, queries
    from keniki.apps.documents.models import Build, BuildRun
    from keniki.apps.regions import queries as regions
    from keniki.apps.regions.models import Region
    from procrastinate.contrib.django import app
    region = Region.objects.get(slug="umibe")

    def work(**options):
        with app.replace_connector(app.connector.get_worker_connector()) as working:
            working.run_worker(concurrency=1, install_signal_handlers=False, **options)
"""
_KILLED = """
    import time
    actions.build = lambda *_, **__: time.sleep(600)
    with scope(region=region):
        actions.start(regions.operator(), region, "results", {"first": 2022, "last": 2024, "programme": "hokkaido"})
    work(queues=["documents"])
"""
_ENDED = """
    import contextlib
    import json
    from procrastinate.exceptions import AlreadyEnqueued
    from keniki.apps.documents.jobs import end_broken
    with scope(region=region):
        run = BuildRun.objects.get()
        before = [run.state, queries.is_broken_off(run)]
    with contextlib.suppress(AlreadyEnqueued):
        end_broken.defer(timestamp=0)
    work(wait=False)
    with scope(region=region):
        run = BuildRun.objects.get()
        after = [run.state, run.message, queries.is_broken_off(run)]
        again = actions.start(regions.operator(), region, run.kind, run.parameters)
    work(wait=False)
    with scope(region=region):
        again.refresh_from_db()
        print(json.dumps({"before": before, "after": after, "again": again.state, "builds": Build.objects.count()}))
"""


@pytest.mark.slow
def test_a_build_whose_worker_was_killed_fails_in_words_and_starts_again(
    installation: Any, tmp_path: Any
) -> None:
    file = tmp_path / "umibe.json"
    file.write_text(small_region.document().model_dump_json(), encoding="utf-8")
    done = installation.run("load", str(file))
    assert done.returncode == 0, done.stderr
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_BEGIN + _KILLED)], env=installation.environment
    )
    with installation.database() as connection:
        connection.autocommit = True
        connection.execute("SET keniki.regions = '*'")
        try:
            for _ in range(600):
                state = connection.execute("SELECT state FROM documents_buildrun").fetchone()
                if state == ("running",):
                    break
                assert worker.poll() is None
                time.sleep(0.2)
            assert state == ("running",)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(_BEGIN + _ENDED)],
            env=installation.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["before"] == ["running", True]
    state, message, broken = found["after"]
    assert (state, broken) == ("failed", False)
    assert "もう一度作成できます" in message
    assert (found["again"], found["builds"]) == ("done", 1)
