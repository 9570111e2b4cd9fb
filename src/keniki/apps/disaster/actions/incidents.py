"""Opening, changing and ending incidents. Whether one is real or an exercise is said once and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..models import Cause, Incident, Mode
from ..queries.snapshots import incident_changed
from .warnings.telling import tell_incident

#: The parts of an incident as pages and the log name them.
LABELS: Final = {
    "title": "名称",
    "hazard": "災害種別",
    "began_at": "発生（開始）日時",
    "ended_at": "終了日時",
    "public": "住民向けの画面に表示",
    "note": "備考",
}


@dataclass(frozen=True)
class IncidentDraft:
    """An incident as it shall be. `mode` counts when it is opened only."""

    mode: str
    title: str
    hazard: str
    began_at: datetime
    public: bool = False
    note: str = ""


def save_incident(
    actor: Actor,
    region: Region,
    draft: IncidentDraft,
    incident: Incident | None = None,
    version: int | None = None,
) -> Incident:
    """Open an incident, or change one. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.open_incident(actor, region).require()
    _check(draft, incident)
    quiet = incident is not None
    with verb(actor, "disaster.save_incident", region=region.slug, ruling=ruling, quiet=quiet) as act:
        if incident is None:
            lock("incident-slug", region.pk)
            saved = Incident(region=region, mode=draft.mode, slug=_free_slug(region, draft))
            old: dict[str, Any] = {}
        else:
            saved = act.lock(incident, version)
            saved.region = region
            old = _content(saved)
        for name in ("title", "hazard", "began_at", "public", "note"):
            setattr(saved, name, getattr(draft, name))
        new = _content(saved)
        if incident is None:
            act.save(saved)
            act.log(saved, None, new, f"{saved} を開設")
        else:
            before, after = changes(old, new)
            if not after:
                return saved
            act.save(saved)
            said = "、".join(f"{LABELS[name]}を {before[name]}→{after[name]}" for name in after)
            act.log(saved, before, after, f"{saved} の{said} に変更")
        incident_changed(saved, old.get("public") == "する")
        if incident is None:
            tell_incident(saved)
        return saved


def end_incident(
    actor: Actor, incident: Incident, version: int | None, at: datetime | None = None
) -> Incident:
    """End an incident: pages write no more into it; what devices bring later is still taken."""
    return _close(actor, incident, version, at or timezone.now())


def reopen_incident(actor: Actor, incident: Incident, version: int | None) -> Incident:
    """Open an ended incident again."""
    return _close(actor, incident, version, None)


def _close(actor: Actor, incident: Incident, version: int | None, at: datetime | None) -> Incident:
    ruling = policies.edit_incident(actor, incident).require()
    name = "disaster.end_incident" if at is not None else "disaster.reopen_incident"
    with verb(actor, name, region=incident.region.slug, ruling=ruling, quiet=True) as act:
        saved = act.lock(incident, version)
        saved.region = incident.region
        if (saved.ended_at is None) == (at is None):
            return saved
        if at is not None and at < saved.began_at:
            raise WrongInput("終了日時が、発生（開始）日時より前です。", column="ended_at")
        before = _content(saved)
        saved.ended_at = at
        act.save(saved)
        act.log(saved, before, _content(saved), f"{saved} を{'終了' if at is not None else '再開'}")
        incident_changed(saved)
        return saved


def _check(draft: IncidentDraft, incident: Incident | None) -> None:
    if draft.mode not in Mode.values:
        raise WrongInput("「実災害」か「訓練」のどちらかを選んでください。", column="mode")
    if incident is not None and draft.mode != incident.mode:
        raise WrongInput(
            f"この事案は{incident.get_mode_display()}として開設しました。区分は変えられません。"
            "別の区分のときは、新しい事案を開設してください。",
            column="mode",
        )
    if draft.hazard not in Cause.values:
        raise WrongInput("災害種別を選んでください。", column="hazard")
    if not draft.title.strip():
        raise WrongInput("名称を入力してください。", column="title")
    if draft.mode == Mode.REAL and "訓練" in draft.title:
        raise WrongInput(
            "名称に「訓練」とありますが、区分は「実災害」です。区分か名称を直してください。", column="title"
        )
    if draft.mode == Mode.REAL and draft.began_at > timezone.now():
        raise WrongInput("実災害の発生日時に、まだ来ていない日時は入れられません。", column="began_at")


def _content(incident: Incident) -> dict[str, Any]:
    ended = incident.ended_at
    return {
        "mode": incident.get_mode_display(),
        "title": incident.title,
        "hazard": incident.get_hazard_display(),
        "began_at": _moment(incident.began_at),
        "ended_at": _moment(ended) if ended else "",
        "public": "する" if incident.public else "しない",
        "note": incident.note,
    }


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{era.format_date(local.date())} {local:%H:%M}"


def _free_slug(region: Region, draft: IncidentDraft) -> str:
    """`2026-11-23-real`, then `-2` …: the day and what it is, since the name may change."""
    stem = f"{timezone.localtime(draft.began_at):%Y-%m-%d}-{draft.mode}"
    taken = set(Incident.objects.filter(region=region, slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    while (slug := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return slug
