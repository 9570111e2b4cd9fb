"""Triggers by which the database itself keeps bound texts as they were and refuses a decision that was not taken."""

from __future__ import annotations

import pgtrigger

from keniki.apps.compacts import states

#: Rows of a frozen version stay; new ones may only come in the transaction that froze it (an import).
_FROZEN = """
IF EXISTS (
    SELECT 1 FROM compacts_agreementversion v {joins}
    WHERE {match} AND v.frozen AND v.changed_at < transaction_timestamp()
) THEN
    RAISE EXCEPTION 'the text of this version is frozen' USING ERRCODE = 'check_violation';
END IF;
RETURN {row};
"""


def frozen_version_guard(match: str, joins: str = "", exception: str = "") -> list[pgtrigger.Trigger]:
    """Triggers on what belongs to a version.

    `match` finds the version `v` with `{row}` for the row written; `exception` is a condition on NEW and OLD under
    which an update passes.
    """
    opening = f"IF {exception} THEN RETURN NEW; END IF;" if exception else ""
    return [
        pgtrigger.Trigger(
            name="frozen_text_takes_nothing_new",
            operation=pgtrigger.Insert,
            when=pgtrigger.Before,
            func=_FROZEN.format(joins=joins.format(row="NEW"), match=match.format(row="NEW"), row="NEW"),
        ),
        pgtrigger.Trigger(
            name="frozen_text_stays",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=opening
            + _FROZEN.format(joins=joins.format(row="OLD"), match=match.format(row="OLD"), row="NEW"),
        ),
        pgtrigger.Trigger(
            name="frozen_text_is_kept",
            operation=pgtrigger.Delete,
            when=pgtrigger.Before,
            func=_FROZEN.format(joins=joins.format(row="OLD"), match=match.format(row="OLD"), row="OLD"),
        ),
    ]


def resolved_means_passed() -> pgtrigger.Trigger:
    """議決 is entered only when every party's assembly has passed the bill (checked when the transaction ends)."""
    kinds = ", ".join(f"'{kind}'" for kind in states.RESOLVED_KINDS)
    return pgtrigger.Trigger(
        name="resolved_means_passed_by_all",
        operation=pgtrigger.UpdateOf("state"),
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        func=(
            "IF NEW.state = 'resolved' AND OLD.state IS DISTINCT FROM NEW.state "  # noqa: S608 - names of our own
            f"AND NEW.kind IN ({kinds}) AND EXISTS ("
            "SELECT 1 FROM compacts_party p LEFT JOIN compacts_resolution r "
            "ON r.agreement_id = p.agreement_id AND r.municipality_id = p.municipality_id "
            "WHERE p.agreement_id = NEW.id AND r.result IS DISTINCT FROM 'passed') THEN "
            "RAISE EXCEPTION 'agreement: not every assembly has passed it' USING ERRCODE = 'check_violation'; "
            "END IF; RETURN NULL;"
        ),
    )


def dissolution_means_passed() -> pgtrigger.Trigger:
    """廃止の議決 is entered only when every deciding assembly has passed it (checked when the transaction ends)."""
    everyone = ", ".join(f"'{kind}'" for kind in states.DISSOLVED_BY_ALL)
    return pgtrigger.Trigger(
        name="dissolution_means_passed",
        operation=pgtrigger.UpdateOf("state"),
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        func=(
            "IF NEW.state = 'dissolution_passed' AND OLD.state IS DISTINCT FROM NEW.state AND ("  # noqa: S608
            "NOT EXISTS (SELECT 1 FROM compacts_dissolution d WHERE d.agreement_id = NEW.id) "
            "OR EXISTS (SELECT 1 FROM compacts_dissolution d "
            "WHERE d.agreement_id = NEW.id AND d.result <> 'passed') "
            f"OR (NEW.kind IN ({everyone}) AND EXISTS ("
            "SELECT 1 FROM compacts_party p LEFT JOIN compacts_dissolution d "
            "ON d.agreement_id = p.agreement_id AND d.municipality_id = p.municipality_id "
            "WHERE p.agreement_id = NEW.id AND d.result IS DISTINCT FROM 'passed'))) THEN "
            "RAISE EXCEPTION 'agreement: not every assembly has passed the dissolution' "
            "USING ERRCODE = 'check_violation'; END IF; RETURN NULL;"
        ),
    )
