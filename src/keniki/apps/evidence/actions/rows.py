"""Rows that were kept aside: put right and read anew, or left out for good."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, verb
from keniki.apps.regions.models import Region
from keniki.apps.workflow import storage
from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput

from .. import policies
from ..importers.base import Parsed, RawBytes
from ..models import (
    Edition,
    ImportRun,
    QuarantinedRow,
    RawFile,
)
from ..reading import Reading
from .importing import append
from .storing import Cells


def fix_row(
    actor: Actor,
    kept: QuarantinedRow,
    version: int | None,
    cells: Sequence[str],
    *,
    region: Region | None = None,
) -> int:
    """Read a row that was kept aside anew with these cells in its place; how many values it gave.

    `WrongInput` with the reader's reason where it still cannot be read, and nothing is changed.
    """
    run, edition = kept.run, _edition_of(kept)
    ruling = policies.import_figures(actor, edition.region)
    with verb(actor, "evidence.fix_row", region=region.slug if region else "", ruling=ruling) as act:
        row = _still_open(act, kept, version)
        if row.row is None:
            raise WrongInput(
                "列や年の全体にかかわるため、行として直せません。ファイルを直して読み込んでください。"
            )
        parsed = _reread(run, edition, row, cells)
        here = Cells(edition, [parsed])
        if here.contradicted():
            raise WrongInput("この行の地域と項目には、違う値が登録されています。値を確かめてください。")
        stored, _ = append(edition, here, [(parsed, storage.put(parsed.file.content))])
        row.state = QuarantinedRow.State.FIXED
        act.save(row)
        act.log(
            row,
            {"raw": row.raw},
            {"raw": list(cells), "stored": stored},
            f"統計「{edition}」の保留した行（{row.file_name} {row.row}行目）を訂正して登録（新しい値 {stored}件）",
        )
    return stored


def drop_row(
    actor: Actor,
    kept: QuarantinedRow,
    version: int | None,
    *,
    reason: str = "",
    region: Region | None = None,
) -> None:
    """Decide that a row that was kept aside is not to be stored."""
    edition = _edition_of(kept)
    ruling = policies.import_figures(actor, edition.region)
    with verb(actor, "evidence.drop_row", region=region.slug if region else "", ruling=ruling) as act:
        row = _still_open(act, kept, version)
        row.state, row.decision = QuarantinedRow.State.DROPPED, reason.strip()[:300]
        act.save(row)
        why = f"（{reason.strip()}）" if reason.strip() else ""
        act.log(
            row,
            None,
            {"reason": reason.strip()},
            f"統計「{edition}」の保留した行（{row.file_name} {row.row or '―'}行目）を登録しないことに決定{why}",
        )


def drop_rows(
    actor: Actor,
    edition: Edition,
    chosen: Mapping[int, int],
    reason: str,
    *,
    region: Region | None = None,
) -> int:
    """Decide the same of several rows of an edition, by number with the version seen, with one reason; how many.

    All or none: `WrongInput` where a row is not open any more or was changed since.
    """
    ruling = policies.import_figures(actor, edition.region)
    reason = reason.strip()
    with verb(actor, "evidence.drop_rows", region=region.slug if region else "", ruling=ruling) as act:
        if not chosen:
            raise WrongInput("登録しない行を選んでください。", column="rows")
        if not reason:
            raise WrongInput("理由を入力してください。", column="reason")
        rows = list(
            QuarantinedRow.objects.select_for_update(of=("self",)).filter(
                run__edition=edition, pk__in=chosen, state=QuarantinedRow.State.OPEN
            )
        )
        if len(rows) != len(chosen) or any(row.version != chosen[row.pk] for row in rows):
            raise WrongInput(
                "選んだ行の一部は、ほかの人が先に処理しました。画面を読み直して、もう一度選んでください。"
            )
        for row in rows:
            row.state, row.decision = QuarantinedRow.State.DROPPED, reason[:300]
            row.version += 1
            row.changed_at = timezone.now()
        QuarantinedRow.objects.bulk_update(
            rows, ["state", "decision", "version", "changed_at"], batch_size=1000
        )
        act.log(
            edition,
            None,
            {"rows": len(rows), "reason": reason},
            f"統計「{edition}」の保留した行 {len(rows):,}行を登録しないことに決定（{reason}）",
        )
    return len(rows)


def _still_open(act: Act, kept: QuarantinedRow, version: int | None) -> QuarantinedRow:
    row = act.lock(kept, version)
    if row.state != QuarantinedRow.State.OPEN:
        raise WrongInput("この行は、ほかの人が先に処理しました。画面を読み直して確かめてください。")
    return row


def _edition_of(kept: QuarantinedRow) -> Edition:
    edition = kept.run.edition
    if edition is None:
        raise WrongInput("この行の版がありません。ファイルを読み込み直してください。")
    if edition.withdrawn_at:
        raise WrongInput("この版は取り下げられています。取下げを取り消してから処理してください。")
    return edition


def original_of(kept: QuarantinedRow) -> tuple[RawFile, list[list[str]]] | None:
    """The file with the row that was kept aside, and all its rows; None where the row is none of a CSV file."""
    if kept.row is None or kept.run.edition is None:
        return None
    for file in kept.run.edition.files.filter(name=kept.file_name).order_by("pk"):
        try:
            rows = [list(row) for row in read_csv(storage.get(file.digest), file=file.name).rows]
        except WrongInput:
            continue
        if kept.row <= len(rows) and _trimmed(rows[kept.row - 1]) == _trimmed(kept.raw):
            return file, rows
    return None


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = [str(cell).strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _reread(run: ImportRun, edition: Edition, kept: QuarantinedRow, cells: Sequence[str]) -> Parsed:
    """What the reader makes of the file with these cells in the row's place: the row alone."""
    found = original_of(kept)
    if found is None or kept.row is None:
        raise WrongInput("この行は画面では直せません。ファイルを直して、もう一度読み込んでください。")
    original, rows = found
    rows[kept.row - 1] = list(cells)
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    again = RawBytes(original.name, out.getvalue().encode(), original.folder)
    parsed = Reading(edition.region).read(again, kind=run.kind).parsed
    for rejected in parsed.rejected:
        if rejected.row == kept.row:
            raise WrongInput(rejected.reason, row=kept.row, column=rejected.column)
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    corrected = RawBytes(
        f"{original.name}（{kept.row}行目の訂正）", line.getvalue().encode(), original.folder
    )
    alone = parsed.only_row(kept.row, corrected)
    if not len(alone) and not alone.flows:
        raise WrongInput("この行からは値を読み取れません。セルを直すか、登録しないことにしてください。")
    return alone
