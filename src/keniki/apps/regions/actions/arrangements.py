"""Joint arrangements that exist: written, ended, taken over from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..arrangements import legal_forms
from ..models import Arrangement, Municipality, Organisation, Region

_WRITTEN = (
    "name",
    "form",
    "office",
    "fields",
    "others",
    "lead",
    "since",
    "since_precision",
    "until",
    "seat",
    "note",
    "source_place",
)
_STORED = tuple("lead_id" if name == "lead" else name for name in _WRITTEN)
_LABELS = {
    **{name: str(getattr(Arrangement._meta.get_field(name), "verbose_name", name)) for name in _WRITTEN},
    "lead_id": "受託・幹事の市町村",
    "members": "構成市町村",
    "bodies": "構成団体（市町村以外）",
}


def save_arrangement(
    actor: Actor,
    region: Region,
    arrangement: Arrangement | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    members: Sequence[Municipality] = (),
    bodies: Sequence[Organisation] = (),
) -> Arrangement:
    """Write a joint arrangement, or begin one (`arrangement` None).

    `values` as far as given: name, form, office, fields, others, lead, since, since_precision, until, seat, note,
    source_place. WrongInput without a name, without any member, and for a form the rulebook does not know.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "regions.save_arrangement", region=region.slug, ruling=ruling, quiet=True) as act:
        if arrangement is None:
            taken = set(Arrangement.objects.filter(region=region).values_list("slug", flat=True))
            arrangement = Arrangement(region=region, slug=_free(taken))
            before: dict[str, Any] | None = None
        else:
            arrangement = act.lock(arrangement, version)
            before = _whole(arrangement)
        _put(arrangement, values)
        _check(arrangement, members, bodies)
        after = {**snapshot(arrangement, *_STORED), "members": _codes(members), "bodies": _slugs(bodies)}
        if before == after:
            return arrangement
        act.save(arrangement)
        arrangement.members.set(members)
        arrangement.bodies.set(bodies)
        if before is None:
            act.log(arrangement, None, after, f"共同処理・連携の仕組み「{arrangement}」を 登録")
        else:
            changed = "・".join(_LABELS[name] for name in after if before.get(name) != after[name])
            was, now = changes(before, after)
            act.log(arrangement, was, now, f"共同処理・連携の仕組み「{arrangement}」（{changed}）を 変更")
        return arrangement


def end_arrangement(
    actor: Actor, arrangement: Arrangement, version: int | None, last: date, reason: str
) -> Arrangement:
    """Say on which day the arrangement ends or ended, and why; it stays in the list with its past."""
    region = arrangement.region
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "regions.end_arrangement", region=region.slug, ruling=ruling) as act:
        arrangement = act.lock(arrangement, version)
        if not reason.strip():
            raise WrongInput("終了の理由を入力してください。", column="理由")
        before = snapshot(arrangement, "until", "note")
        arrangement.until = last
        arrangement.note = "\n".join(
            part for part in (arrangement.note, f"{era.format_date(last)}終了：{reason.strip()}") if part
        )
        _check_days(arrangement)
        act.save(arrangement)
        act.log(
            arrangement,
            before,
            snapshot(arrangement, "until", "note"),
            f"共同処理・連携の仕組み「{arrangement}」が {era.format_date(last)} に終了（{reason.strip()}）と記録",
        )
        return arrangement


def import_arrangements(actor: Actor, region: Region, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Add or change many at once by name: all or nothing, one log entry. Returns how many were new and changed.

    Each row holds the values of `save_arrangement`, `members`, and the number of its row (`row`); what a row does not
    hold stays.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "regions.import_arrangements", region=region.slug, ruling=ruling, quiet=True) as act:
        stored = {row.name: row for row in Arrangement.objects.filter(region=region)}
        taken = set(Arrangement.objects.filter(region=region).values_list("slug", flat=True))
        fresh, changed = 0, 0
        last: Arrangement | None = None
        for given in rows:
            row = stored.get(given["name"])
            before = _whole(row) if row is not None else None
            if row is None:
                row = Arrangement(region=region, slug=_free(taken))
                taken.add(row.slug)
            members = list(given["members"])
            _put(row, {name: given[name] for name in _WRITTEN if name in given})
            bodies = list(row.bodies.all()) if before else []
            try:
                _check(row, members, bodies)
            except WrongInput as wrong:
                raise wrong.at(row=given.get("row")) from None
            after = {**snapshot(row, *_STORED), "members": _codes(members), "bodies": _slugs(bodies)}
            if before == after:
                continue
            act.save(row)
            row.members.set(members)
            stored[row.name] = row
            fresh, changed, last = fresh + (before is None), changed + (before is not None), row
        if last is not None:
            act.log(
                last,
                None,
                {"new": fresh, "changed": changed},
                f"共同処理・連携の仕組みをファイルから登録（追加 {fresh}件、更新 {changed}件）",
            )
        return fresh, changed


def _put(arrangement: Arrangement, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        assert name in _WRITTEN, name
        setattr(arrangement, name, value.strip() if isinstance(value, str) else value)


def _check(arrangement: Arrangement, members: Sequence[Municipality], bodies: Sequence[Organisation]) -> None:
    if not arrangement.name:
        raise WrongInput("名称を入力してください。", column="名称")
    if arrangement.form and arrangement.form not in legal_forms():
        raise WrongInput("形式を選んでください。", column="形式")
    if not members:
        raise WrongInput("構成する市町村を1つ以上選んでください。", column="構成市町村")
    if arrangement.lead is not None and arrangement.lead not in members:
        raise WrongInput(
            "受託・幹事の市町村は、構成市町村の中から選んでください。", column="受託・幹事の市町村"
        )
    if len(members) + len(bodies) + len(arrangement.others) < 2:
        raise WrongInput("構成する団体は2つ以上です。相手の団体を入力してください。", column="構成市町村")
    _check_days(arrangement)


def _check_days(arrangement: Arrangement) -> None:
    if arrangement.since and arrangement.until and arrangement.until < arrangement.since:
        raise WrongInput("終了日が開始日より前です。", column="終了日")


def _whole(arrangement: Arrangement) -> dict[str, Any]:
    return {
        **snapshot(arrangement, *_STORED),
        "members": _codes(arrangement.members.all()),
        "bodies": _slugs(arrangement.bodies.all()),
    }


def _codes(towns: Any) -> list[str]:
    return sorted(town.code for town in towns)


def _slugs(bodies: Any) -> list[str]:
    return sorted(body.slug for body in bodies)


def _free(taken: set[str]) -> str:
    number = 1
    while f"shikumi-{number}" in taken:
        number += 1
    return f"shikumi-{number}"
