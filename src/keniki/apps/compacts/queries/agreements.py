"""Agreements with their parties, versions, way through the assemblies, and what is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404

from keniki.apps.compacts import states
from keniki.apps.compacts.comparison import AnnexText, VersionText
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    AssemblyWay,
    Dissolution,
    Party,
    Resolution,
    Signatory,
    StateChange,
)
from keniki.apps.compacts.procedures import StepState, progress_of, town_steps
from keniki.apps.compacts.states import AgreementState as State
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Region
from keniki.rulebooks.compacts import Action, Step


@dataclass(frozen=True)
class ResolutionRow:
    """One party's steps as far as the kind asks for them."""

    party: Party
    resolution: AssemblyWay | None
    steps: list[StepState]


@dataclass(frozen=True)
class StateStep:
    """One state on the kind's way, for the stepper: done, current or todo."""

    label: str
    state: str
    date: date | None = None
    note: str = ""


def agreements(region: Region) -> list[Agreement]:
    """All agreements with parties, drafts first, then the latest concluded."""
    rows = list(
        Agreement.objects.filter(region=region)
        .select_related("amends")
        .prefetch_related(Prefetch("parties", Party.objects.select_related("municipality")), "versions")
    )
    rows.sort(
        key=lambda row: (row.concluded_on is not None, -(row.concluded_on or date.max).toordinal(), row.slug)
    )
    return rows


def agreement(region: Region, slug: str) -> Agreement:
    """The agreement with everything its page shows; 404 when the region has none of that name."""
    found = (
        Agreement.objects.filter(region=region, slug=slug)
        .select_related("region", "amends", "source")
        .prefetch_related(
            Prefetch("parties", Party.objects.select_related("municipality")),
            Prefetch("resolutions", Resolution.objects.select_related("municipality")),
            Prefetch("dissolutions", Dissolution.objects.select_related("municipality")),
            Prefetch(
                "versions",
                AgreementVersion.objects.order_by("number").prefetch_related(
                    Prefetch("annex_items", AnnexItem.objects.prefetch_related("measures", "roles")),
                    Prefetch("signatories", Signatory.objects.select_related("municipality")),
                ),
            ),
            "state_changes",
            "amendments",
        )
        .first()
    )
    if found is None:
        raise Http404("協定が見つかりません。")
    return found


def shown_version(agreement: Agreement, number: int | None = None) -> AgreementVersion | None:
    """The version with this number (404 when there is none), or the last one; None before any text."""
    versions = list(agreement.versions.all())
    if number is None:
        return versions[-1] if versions else None
    for version in versions:
        if version.number == number:
            return version
    raise Http404("この番号の版はありません。")


def in_force(region: Region) -> list[Agreement]:
    """Agreements that bind today. A 変更協定 stands in the text of the agreement it changed."""
    return binding(Agreement.objects.filter(region=region))


def binding(rows: QuerySet[Agreement]) -> list[Agreement]:
    """Those of some agreements that bind today."""
    today = regions.today()
    found = rows.filter(state__in=states.IN_FORCE, amends=None)
    return [row for row in found if row.valid_to is None or row.valid_to >= today]


def resolution_rows(agreement: Agreement) -> tuple[tuple[Step, ...], list[ResolutionRow]]:
    """The steps each party takes for itself, and how far every party is; no rows where the kind asks for none."""
    steps = town_steps(agreement, regions.today())
    if not steps:
        return (), []
    rows = {row.municipality_id: row for row in agreement.resolutions.all()}
    return steps, [_row(party, rows.get(party.municipality_id), steps) for party in agreement.parties.all()]


def dissolution_rows(agreement: Agreement) -> tuple[tuple[Step, ...], list[ResolutionRow]]:
    """The same for a dissolution that has begun: the parties whose assembly decides it."""
    rows = {row.municipality_id: row for row in agreement.dissolutions.all()}
    if not rows:
        return (), []
    steps = town_steps(agreement, regions.today(), Action.DISSOLVE)
    return steps, [
        _row(party, rows[party.municipality_id], steps)
        for party in agreement.parties.all()
        if party.municipality_id in rows
    ]


def _row(party: Party, way: AssemblyWay | None, steps: tuple[Step, ...]) -> ResolutionRow:
    return ResolutionRow(party, way, [state for state in progress_of(way, steps) if state.step is not None])


def state_steps(agreement: Agreement) -> list[StateStep]:
    """The kind's way with the days its states were entered."""
    changes = list(agreement.state_changes.all())
    way = [*_WAYS[agreement.kind]]
    if State.CHANGED in (agreement.state, *(change.state for change in changes)):
        way.append(State.CHANGED)
    if agreement.state in states.DISSOLVING or (agreement.state not in states.FINAL and _begun(agreement)):
        way += [*_DISSOLUTION_WAYS[agreement.kind], State.ENDED]
    elif agreement.state == State.ENDED and _begun(agreement):
        way += _DISSOLUTION_WAYS[agreement.kind]
    if agreement.state not in way:
        way.append(agreement.state)
    entered: dict[str, StateChange] = {}
    for before, change in zip([None, *changes], changes, strict=False):
        withdrawn = before is not None and before.state == State.DISSOLUTION_BILL
        if not (withdrawn and change.state in entered):
            entered[change.state] = change
    here = way.index(agreement.state)
    found = []
    for position, state in enumerate(way):
        reached = entered.get(state) if position <= here else None
        found.append(
            StateStep(
                label=State(state).label,
                state="done" if position < here else "current" if position == here else "todo",
                date=reached.on if reached else None,
                note=reached.document_no if reached else "",
            )
        )
    return found


def version_text(version: AgreementVersion, names: Mapping[str, str]) -> VersionText:
    """All text of a version for comparing; `names` of municipalities by code."""
    return VersionText(
        preamble=version.preamble,
        articles=version.articles,
        closing=version.closing,
        annex_heading=version.annex_heading,
        annex=[
            AnnexText(
                key=item.key, heading=f"{item.field_label}：{item.title}", text=annex_item_text(item, names)
            )
            for item in version.annex_items.all()
        ],
    )


def annex_item_text(item: AnnexItem, names: Mapping[str, str]) -> str:
    """An annex item line by line, as it is printed."""
    lines = [
        f"政策分野　{item.group}　{item.field_label}".replace("　　", "　"),
        f"取組　{item.title}",
        f"取組の方向性　{item.direction}",
        "取組内容",
        *(f"・{measure.text}" for measure in item.measures.all()),
    ]
    for role in item.roles.all():
        lines.append(f"{'・'.join(names.get(code, code) for code in role.municipalities)}の役割")
        lines.extend(f"・{line}" for line in role.items)
    if item.remarks:
        lines.append(f"備考　{item.remarks}")
    return "\n".join(lines)


def towns_by_code(agreement: Agreement) -> dict[str, str]:
    """Names of the parties by code, as roles name them: 「甲 青葉市」 where they are marked."""
    return {
        party.municipality.code: f"{party.mark} {party.municipality.name}".strip()
        for party in agreement.parties.all()
    }


_WAYS: dict[str, Sequence[str]] = {
    "multilateral": (State.DRAFT, State.CONCLUDED),
    "mutual_aid": (State.DRAFT, State.CONCLUDED),
    "memorandum": (State.DRAFT, State.CONCLUDED),
    "settlement": (State.DRAFT, State.SUBMITTED, State.RESOLVED, State.CONCLUDED),
    "pact": (
        State.DRAFT,
        State.SUBMITTED,
        State.RESOLVED,
        State.CONCLUDED,
        State.NOTICED,
        State.NOTIFIED,
    ),
    "policy": (State.DRAFT, State.SUBMITTED, State.RESOLVED, State.PUBLISHED),
}


_DISSOLUTION_WAYS: dict[str, Sequence[str]] = {
    "settlement": (State.DISSOLUTION_BILL, State.DISSOLUTION_PASSED),
    "pact": (State.DISSOLUTION_BILL, State.DISSOLUTION_PASSED, State.DISSOLUTION_AGREED),
    "policy": (State.DISSOLUTION_BILL, State.DISSOLUTION_PASSED),
}


def _begun(agreement: Agreement) -> bool:
    return bool(agreement.dissolutions.all())


def log_keys(agreement: Agreement) -> list[tuple[str, list[str]]]:
    """Kinds and keys of the log entries that belong to an agreement."""
    versions = list(agreement.versions.all())
    items: list[Any] = [item for version in versions for item in version.annex_items.all()]
    return [
        (agreement._meta.label_lower, [str(agreement.pk)]),
        (AgreementVersion._meta.label_lower, [str(row.pk) for row in versions]),
        (AnnexItem._meta.label_lower, [str(row.pk) for row in items]),
        (Resolution._meta.label_lower, [str(row.pk) for row in agreement.resolutions.all()]),
        (Dissolution._meta.label_lower, [str(row.pk) for row in agreement.dissolutions.all()]),
    ]
