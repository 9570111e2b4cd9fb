"""Guards by which the database itself keeps bound texts as they were and refuses a decision that was not taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pgtrigger

from keniki.apps.accounts.guards import Guard, guards
from keniki.apps.compacts import states

_FROZEN = """
IF EXISTS (SELECT 1 FROM compacts_agreementversion v {joins} WHERE {match} AND v.frozen) THEN
    RAISE EXCEPTION 'frozen_text: the text of this version stays as it is' USING ERRCODE = 'check_violation';
END IF;
"""

_OPEN_TEXT = """
IF EXISTS (
    SELECT 1 FROM compacts_agreementversion v JOIN compacts_agreement a ON a.id = v.agreement_id
    WHERE {match} AND NOT v.frozen AND a.state NOT IN ('draft', 'dropped')
) THEN
    RAISE EXCEPTION 'open_text: a bound agreement has no open text' USING ERRCODE = 'check_violation';
END IF;
"""

#: When a party's row (`r`) has recorded a step.
_RECORDED = {
    "ordinance": "r.ordinance IS TRUE",
    "bill": "r.bill_no <> '' AND r.submitted_on IS NOT NULL",
    "resolution": "r.result = 'passed'",
    "notice_to_partner": "r.partner_noticed_on IS NOT NULL",
    "public_notice": "r.public_notice_on IS NOT NULL",
    "notification": "r.notified_on IS NOT NULL",
}

#: What a step wrote, as long as there is something: it may be filled in later, not turned.
_TURNED = {
    "ordinance": "(OLD.ordinance IS TRUE AND NEW.ordinance IS NOT TRUE)",
    "bill": "(OLD.bill_no <> '' AND NEW.bill_no <> OLD.bill_no) OR "
    "(OLD.submitted_on IS NOT NULL AND NEW.submitted_on IS DISTINCT FROM OLD.submitted_on)",
    "resolution": "(OLD.result <> '' AND (NEW.result, NEW.resolved_on) "
    "IS DISTINCT FROM (OLD.result, OLD.resolved_on))",
    "notice_to_partner": "(OLD.partner_noticed_on IS NOT NULL "
    "AND NEW.partner_noticed_on IS DISTINCT FROM OLD.partner_noticed_on)",
    "public_notice": "(OLD.public_notice_on IS NOT NULL "
    "AND NEW.public_notice_on IS DISTINCT FROM OLD.public_notice_on)",
    "notification": "(OLD.notified_on IS NOT NULL AND NEW.notified_on IS DISTINCT FROM OLD.notified_on)",
}


def frozen_version_guard(match: str, joins: str = "", but: str = "") -> list[pgtrigger.Trigger]:
    """Guards on what belongs to a version: a frozen one takes nothing new, loses nothing, and nothing moves in or out.

    `match` finds the version `v` with `{row}` for the row written; `but` is a condition on NEW and OLD under which
    an update passes.
    """

    def check(row: str) -> str:
        return _FROZEN.format(joins=joins.format(row=row), match=match.format(row=row))

    both = check("OLD") + check("NEW")
    update = f"IF NOT ({but}) THEN {both} END IF;" if but else both
    names = ("frozen_text_takes_nothing_new", "frozen_text_stays", "frozen_text_is_kept")
    return guards("frozen_text", check, update=update, names=names)


def bound_parties_guard() -> list[pgtrigger.Trigger]:
    """Who the parties are stays once their agreement has left the draft with its text or its record of states."""

    def check(row: str) -> str:
        return f"""
IF EXISTS (
    SELECT 1 FROM compacts_agreement a WHERE a.id = {row}.agreement_id AND a.state <> 'draft' AND (
        EXISTS (SELECT 1 FROM compacts_agreementversion v WHERE v.agreement_id = a.id AND v.frozen)
        OR EXISTS (SELECT 1 FROM compacts_statechange s WHERE s.agreement_id = a.id AND s.state <> 'draft')
    )
) THEN
    RAISE EXCEPTION 'bound_parties: the parties of this agreement stay' USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608 - names of our own

    return guards("bound_parties", check)


def kind_stays() -> pgtrigger.Trigger:
    """Kind and region of an agreement never change; what it amends is written once, or while it is a draft."""
    return Guard(
        name="kind_stays",
        operation=pgtrigger.Update,
        check="""
IF (OLD.kind, OLD.region_id) IS DISTINCT FROM (NEW.kind, NEW.region_id)
OR (OLD.amends_id IS NOT NULL AND OLD.state <> 'draft' AND NEW.amends_id IS DISTINCT FROM OLD.amends_id) THEN
    RAISE EXCEPTION 'kind_stays: an agreement keeps its kind' USING ERRCODE = 'check_violation';
END IF;
""",
    )


def bound_means_complete() -> list[pgtrigger.Trigger]:
    """An agreement that becomes bound has its parties (two, or one for a 形成方針), and no bound one an open text.

    Checked as the transaction ends. An old agreement known by its name alone may come in without its parties.
    """
    parties = f"""
IF NEW.state IN ({_words(states.IN_FORCE)}) AND OLD.state NOT IN ({_words(states.IN_FORCE)}) AND (
    SELECT count(*) FROM compacts_party p WHERE p.agreement_id = NEW.id
) < (CASE NEW.kind WHEN 'policy' THEN 1 ELSE 2 END) THEN
    RAISE EXCEPTION 'bound_needs_parties: agreement without its parties' USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608
    open_text = _OPEN_TEXT.format(match="a.id = NEW.id")
    return [
        Guard(
            name=f"bound_means_complete_{word}",
            operation=operation,
            when=pgtrigger.After,
            timing=pgtrigger.Deferred,
            check=check,
        )
        for word, operation, check in (
            ("insert", pgtrigger.Insert, open_text),
            ("update", pgtrigger.UpdateOf("state"), parties + open_text),
        )
    ]


def no_open_text_of_a_bound_agreement() -> pgtrigger.Trigger:
    """The same, asked of the version."""
    return Guard(
        name="no_open_text_when_bound",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        check=_OPEN_TEXT.format(match="v.id = NEW.id"),
    )


def concluded_means_signed() -> pgtrigger.Trigger:
    """締結 is entered only with somebody of every party to sign the last version."""
    return Guard(
        name="concluded_means_signed",
        operation=pgtrigger.UpdateOf("state"),
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        check="""
IF NEW.state = 'concluded' AND OLD.state IN ('draft', 'resolved') AND EXISTS (
    SELECT 1 FROM compacts_party p WHERE p.agreement_id = NEW.id AND NOT EXISTS (
        SELECT 1 FROM compacts_signatory s JOIN compacts_agreementversion v ON v.id = s.agreement_version_id
        WHERE v.agreement_id = NEW.id AND s.municipality_id = p.municipality_id AND s.name <> '' AND v.number = (
            SELECT max(number) FROM compacts_agreementversion WHERE agreement_id = NEW.id
        )
    )
) THEN
    RAISE EXCEPTION 'concluded_means_signed: a party has no signatory' USING ERRCODE = 'check_violation';
END IF;
""",
    )


def states_rest_on_resolutions() -> pgtrigger.Trigger:
    """A state is entered only when every party has recorded what it rests on (checked as the transaction ends)."""
    return Guard(
        name="states_rest_on_resolutions",
        operation=pgtrigger.UpdateOf("state"),
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        check="".join(
            f"""
IF NEW.kind = '{kind}' AND NEW.state = '{state}' AND OLD.state NOT IN ('{state}', {_words(states.DISSOLVING)})
AND EXISTS (
    SELECT 1 FROM compacts_party p LEFT JOIN compacts_resolution r
    ON r.agreement_id = p.agreement_id AND r.municipality_id = p.municipality_id
    WHERE p.agreement_id = NEW.id AND ({_all(steps)}) IS NOT TRUE
) THEN
    RAISE EXCEPTION 'rests_on_resolutions: % is not recorded by every party', NEW.state
    USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608
            for kind, state, steps in _cases(states.RESTS_ON)
        ),
    )


def dissolution_rests_on_decisions() -> pgtrigger.Trigger:
    """The same for 廃止: of those whose assembly decides it, which by law can be every party."""
    everyone = _words(states.DISSOLVED_BY_ALL)
    return Guard(
        name="dissolution_rests_on_decisions",
        operation=pgtrigger.UpdateOf("state"),
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        check="".join(
            f"""
IF NEW.kind = '{kind}' AND NEW.state = '{state}' AND OLD.state IN ({_before(kind, state)}) AND (
    NOT EXISTS (SELECT 1 FROM compacts_dissolution r WHERE r.agreement_id = NEW.id)
    OR EXISTS (
        SELECT 1 FROM compacts_dissolution r WHERE r.agreement_id = NEW.id AND ({_all(steps)}) IS NOT TRUE
    )
    OR (NEW.kind IN ({everyone}) AND EXISTS (
        SELECT 1 FROM compacts_party p LEFT JOIN compacts_dissolution r
        ON r.agreement_id = p.agreement_id AND r.municipality_id = p.municipality_id
        WHERE p.agreement_id = NEW.id AND ({_all(steps)}) IS NOT TRUE
    ))
) THEN
    RAISE EXCEPTION 'rests_on_decisions: % is not decided by everyone', NEW.state
    USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608
            for kind, state, steps in _cases(states.DISSOLUTION_RESTS_ON)
        ),
    )


def evidence_guard(rests_on: Mapping[str, Mapping[str, tuple[str, ...]]]) -> list[pgtrigger.Trigger]:
    """Guards on a party's way through its assembly: what the agreement's state rests on is neither turned nor lost."""
    moved = (
        "IF (OLD.agreement_id, OLD.municipality_id) IS DISTINCT FROM (NEW.agreement_id, NEW.municipality_id) THEN "
        "RAISE EXCEPTION 'evidence_stays: a party keeps its own way' USING ERRCODE = 'check_violation'; END IF;"
    )
    turned = " OR ".join(
        f"(a.kind = '{kind}' AND a.state IN ({_words(states.reached(kind, state))}) AND ({_any_turned(steps)}))"
        for kind, state, steps in _cases(rests_on)
    )
    lost = " OR ".join(
        f"(a.kind = '{kind}' AND a.state IN ({_words(states.reached(kind, state))}))"
        for kind, state, _ in _cases(rests_on)
    )

    def refuse(condition: str) -> str:
        return f"""
IF EXISTS (SELECT 1 FROM compacts_agreement a WHERE a.id = OLD.agreement_id AND ({condition})) THEN
    RAISE EXCEPTION 'evidence_stays: the state of the agreement rests on this' USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608

    return [
        Guard(name="evidence_stays", operation=pgtrigger.Update, check=moved + refuse(turned)),
        Guard(name="evidence_is_kept", operation=pgtrigger.Delete, check=refuse(lost)),
    ]


def published_declaration_guard() -> list[pgtrigger.Trigger]:
    """A declaration stays as it was published, from the moment its text is complete; only a lost name is added."""
    refuse = "RAISE EXCEPTION 'published_declaration: it stays as it was published' USING ERRCODE = 'check_violation';"
    words = ("programme", "title", "centre_id", "state", "declared_on", "gist", "text_complete")
    old, new = (", ".join(f"{row}.{word}" for word in words) for row in ("OLD", "NEW"))
    published = "OLD.state = 'published' AND OLD.text_complete"
    return [
        Guard(
            name="published_stays",
            operation=pgtrigger.Update,
            check=f"IF {published} AND (({old}) IS DISTINCT FROM ({new}) OR OLD.mayor NOT IN ('', NEW.mayor))"
            f" THEN {refuse} END IF;",
        ),
        Guard(
            name="published_is_kept",
            operation=pgtrigger.Delete,
            check=f"IF {published} THEN {refuse} END IF;",
        ),
    ]


def published_part_guard() -> list[pgtrigger.Trigger]:
    """So do its parts."""

    def check(row: str) -> str:
        return f"""
IF EXISTS (
    SELECT 1 FROM compacts_declaration d
    WHERE d.id = {row}.declaration_id AND d.state = 'published' AND d.text_complete
) THEN
    RAISE EXCEPTION 'published_declaration: it stays as it was published' USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608

    return guards("published_part", check)


def closed_year_guard(parent: str, column: str) -> list[pgtrigger.Trigger]:
    """Guards on rows of a fiscal year that the region has closed; `column` points at `parent`, which has the region."""

    def check(row: str) -> str:
        return f"""
IF EXISTS (
    SELECT 1 FROM {parent} p JOIN activities_yearclosing c ON c.region_id = p.region_id
    WHERE p.id = {row}.{column} AND c.fiscal_year = {row}.fiscal_year AND c.state = 'closed'
) THEN
    RAISE EXCEPTION 'fiscal year % is closed', {row}.fiscal_year USING ERRCODE = 'check_violation';
END IF;
"""  # noqa: S608

    return guards("closed_year", check)


def _cases(
    table: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    return ((kind, state, steps) for kind, found in table.items() for state, steps in found.items())


def _before(kind: str, state: str) -> str:
    """The states from which a dissolution goes on to `state`; the end of a term is none of it."""
    olds = [old for old, news in states.AGREEMENT_MOVES[kind].items() if state in news]
    return _words(old for old in olds if state != "ended" or old in states.DISSOLVING)


def _all(steps: Iterable[str]) -> str:
    return " AND ".join(_RECORDED[step] for step in steps)


def _any_turned(steps: Iterable[str]) -> str:
    return " OR ".join(_TURNED[step] for step in steps)


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
