"""What certificates hold about persons is erased: with the incident, or years after the last one was issued."""

from __future__ import annotations

from datetime import date
from typing import Any

import pgtrigger
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor, allow
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today

from ...models import (
    Certificate,
    CertificateApplication,
    CertificateSetting,
    CertificateStep,
    Incident,
    Retention,
)
from ..privacy import erases


@erases("証明書の記録")
def erase_certificates(incident: Incident, town: Municipality) -> int:
    """Erase applicants and what was printed, unless the town keeps them longer: then the night does it later."""
    until = kept_until(incident, town)
    return 0 if until is not None and until > today() else _erase(incident, town)


def purge_kept(actor: Actor = SYSTEM) -> int:
    """Erase certificates that were kept longer than the rest of an incident's records; of how many towns."""
    done = 0
    for region in Region.objects.order_by("pk"):
        with scope(region=region):
            over = list(
                Retention.objects.filter(purged_at__isnull=False).select_related("incident", "municipality")
            )
        for each in over:
            with scope(region=region, towns={each.municipality_id}):
                until = kept_until(each.incident, each.municipality)
                if until is not None and until > today():
                    continue
                done += bool(_purge(actor, region, each))
    return done


def kept_until(incident: Incident, town: Municipality) -> date | None:
    """The day after which a town's certificates of an incident are erased; None where it keeps them no longer."""
    setting = CertificateSetting.objects.filter(region=incident.region_id, municipality=town).first()
    if setting is None or setting.keep_years is None:
        return None
    rows = Certificate.objects.filter(incident=incident, municipality=town)
    last: date | None = rows.order_by("-issued_on").values_list("issued_on", flat=True).first()
    if last is None:
        return None
    try:
        return last.replace(year=last.year + setting.keep_years)
    except ValueError:
        return last.replace(year=last.year + setting.keep_years, day=28)


def _purge(actor: Actor, region: Region, retention: Retention) -> int:
    ruling = allow("保存期限が過ぎました。")
    with verb(actor, "disaster.purge_certificates", region=region.slug, ruling=ruling, quiet=True) as act:
        number = _erase(retention.incident, retention.municipality)
        if number:
            town = retention.municipality
            said = f"{retention.incident} の{town.name}の証明書の記録{number}件を消去"
            act.log(retention, None, {"erased": number}, said, municipality=town.code)
        return number


def _erase(incident: Incident, town: Municipality) -> int:
    own: dict[str, Any] = {"incident": incident, "municipality": town}
    history = [
        CertificateApplication._meta.apps.get_model("disaster", name)
        for name in ("CertificateApplicationEvent", "CertificateEvent")
    ]
    prints = {"name_print": "", "kana_print": "", "place_print": ""}
    with pgtrigger.ignore(
        "disaster.CertificateApplicationEvent:append_only",
        "disaster.CertificateEvent:append_only",
        "disaster.CertificateStep:append_only",
    ):
        done = CertificateApplication.objects.filter(**own, sealed__isnull=False).update(
            sealed=None, **prints
        )
        done += Certificate.objects.filter(**own, sealed__isnull=False).update(sealed=None)
        CertificateStep.objects.filter(**own, sealed__isnull=False).update(sealed=None)
        history[0]._base_manager.filter(**own).update(sealed=None, **prints)
        history[1]._base_manager.filter(**own).update(sealed=None)
    return done
