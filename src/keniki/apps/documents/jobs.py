"""Jobs of this slice, run by the worker."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="documents.build", queue="documents")  # type: ignore[untyped-decorator]
def build_document(run_id: int) -> None:
    """Build the document a person asked for."""
    from . import actions

    actions.run(run_id)
