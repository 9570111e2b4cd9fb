"""Guards by which the database itself keeps a submitted document and its files as they were handed in."""

from __future__ import annotations

import pgtrigger

from keniki.apps.accounts.guards import Guard, guards

#: What may still change of a document that was submitted: that it was replaced, and whether it is shown.
_OPEN = ("state", "public", "version", "changed_at")


def frozen_build_guard() -> list[pgtrigger.Trigger]:
    """A submitted or replaced document stays; only its replacement and its publication are noted on it."""
    kept = "(to_jsonb({row}) - ARRAY[" + ", ".join(f"'{name}'" for name in _OPEN) + "])"
    refuse = (
        "RAISE EXCEPTION 'frozen_document: a submitted document stays' USING ERRCODE = 'check_violation';"
    )
    frozen = "OLD.state IN ('submitted', 'replaced')"
    return [
        Guard(
            name="submitted_stays",
            operation=pgtrigger.Update,
            check=f"IF {frozen} AND {kept.format(row='NEW')} <> {kept.format(row='OLD')} THEN {refuse} END IF;",
        ),
        Guard(
            name="submitted_is_kept",
            operation=pgtrigger.Delete,
            check=f"IF {frozen} THEN {refuse} END IF;",
        ),
    ]


def frozen_files_guard() -> list[pgtrigger.Trigger]:
    """The files of such a document stay; one that comes submitted (an import) gets them in the same transaction."""

    def check(row: str) -> str:
        later = " AND b.made_at < transaction_timestamp()" if row == "NEW" else ""
        return f"""
IF EXISTS (
    SELECT 1 FROM documents_build b
    WHERE b.id = {row}.build_id AND b.state IN ('submitted', 'replaced'){later}
) THEN
    RAISE EXCEPTION 'frozen_document: the files of a submitted document stay' USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608 - names of our own

    return guards("submitted_files", check)
