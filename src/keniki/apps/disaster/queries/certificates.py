"""Reading certificates of damage: a town's register, one application, and counts of all towns without a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.http import Http404
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.text import matches
from keniki.rulebooks.disaster.damage import CLASS_ORDER, class_versions

from .. import policies
from ..actions.certificates.applying import print_of
from ..models import Certificate, CertificateApplication, CertificateSetting, House, Incident
from ..models.certificates import Kind

State = CertificateApplication.State
#: An application without a certificate is said to wait too long after so many days, unless the reader says otherwise.
LONG: Final = 30
#: So many of the newest applications are opened to look for a part of a name or place; equal ones are found in all.
SEARCHED: Final = 1000
#: Still to be answered.
WAITING: Final = (State.APPLIED, State.TOLD, State.OBJECTED)


@dataclass(frozen=True)
class Asked:
    """What a register is asked for; empty parts ask for nothing."""

    text: str = ""
    kind: str = ""
    state: str = ""
    class_key: str = ""
    waits: bool = False
    days: int = LONG


@dataclass(frozen=True)
class OfTown:
    """A town's counts in an incident: nothing in them is about one person."""

    town: Municipality
    applications: int
    issued: int
    reports: int
    by_class: dict[str, int]
    waiting: int
    too_long: int
    objected: int
    days: float | None


def class_names() -> dict[str, str]:
    """The classes by key, the worst first, by their newest names."""
    names = {row.key: row.name for rule in class_versions() for row in rule.value.rows}
    return {key: names[key] for key in CLASS_ORDER if key in names}


def town_for(actor: Actor, region: Region, code: str) -> Municipality:
    """The town whose register the actor may read; 404 for every other."""
    town = Municipality.objects.filter(code=code, memberships__region=region).distinct().first()
    if town is None or not policies.see_person(actor, region, town):
        raise Http404("この市町村の証明書の台帳は見つかりません。")
    return town


def counts_of(incident: Incident, days: int = LONG) -> list[OfTown]:
    """Applications and certificates of every town, by class, with the median days from application to first issue."""
    before = today() - timedelta(days=days)
    with scope(region=incident.region, towns=EVERY_TOWN):
        asked = list(
            CertificateApplication.objects.filter(incident=incident).values_list(
                "municipality", "kind", "state", "asked_on", "first_issued_on"
            )
        )
        held = list(
            Certificate.objects.filter(incident=incident, replaced_on=None, withdrawn_on=None).values_list(
                "municipality", "kind", "class_key"
            )
        )
    found = []
    for row in members_on(incident.region):
        town = row.municipality
        own = [each[1:] for each in asked if each[0] == town.pk]
        waiting = [each for each in own if each[1] in WAITING]
        lasted = [(issued - on).days for _, _, on, issued in own if issued is not None]
        have = [each[1:] for each in held if each[0] == town.pk]
        found.append(
            OfTown(
                town,
                len(own),
                sum(kind == Kind.DAMAGE for kind, _ in have),
                sum(kind == Kind.REPORT for kind, _ in have),
                dict(Counter(key for kind, key in have if kind == Kind.DAMAGE)),
                len(waiting),
                sum(on < before for _, _, on, _ in waiting),
                sum(state == State.OBJECTED for _, state, _, _ in waiting),
                float(median(lasted)) if lasted else None,
            )
        )
    return found


def register_of(incident: Incident, town: Municipality, asked: Asked) -> QuerySet[CertificateApplication]:
    """A town's applications, the newest first, as far as they are asked for."""
    rows = CertificateApplication.objects.filter(incident=incident, municipality=town).select_related("house")
    if asked.kind in Kind.values:
        rows = rows.filter(kind=asked.kind)
    if asked.state in State.values:
        rows = rows.filter(state=asked.state)
    if asked.class_key:
        rows = rows.filter(
            pk__in=Certificate.objects.filter(
                incident=incident,
                municipality=town,
                class_key=asked.class_key,
                replaced_on=None,
                withdrawn_on=None,
            ).values("application")
        )
    if asked.waits:
        rows = rows.filter(state__in=WAITING, asked_on__lt=today() - timedelta(days=asked.days))
    if asked.text.strip():
        rows = _searched(rows, asked.text.strip())
    return rows.order_by(F("asked_on").asc() if asked.waits else F("number").desc())


def _searched(rows: QuerySet[CertificateApplication], text: str) -> QuerySet[CertificateApplication]:
    """Equal names and places among all, parts of them among the newest `SEARCHED`."""
    same = Q(name_print=print_of(text, "name")) | Q(kana_print=print_of(text, "kana"))
    same |= Q(place_print=print_of(text, "place"))
    if text.isdecimal() and len(text) < 9:
        same |= Q(number=int(text))
    newest: Iterable[tuple[int, Any]] = rows.order_by("-number").values_list("pk", "sealed")[:SEARCHED]
    parts = [
        pk
        for pk, sealed in newest
        if sealed is not None
        and matches(text, " ".join(sealed.get(name, "") for name in ("applicant", "kana", "place", "head")))
    ]
    return rows.filter(same | Q(pk__in=parts))


def with_certificates(
    incident: Incident, town: Municipality, rows: Sequence[CertificateApplication]
) -> list[tuple[CertificateApplication, Certificate | None, int | None]]:
    """Each application with the certificate in force and the days it has waited or waited until it was issued."""
    held = {
        each.application_id: each
        for each in Certificate.objects.filter(
            application__in=[row.pk for row in rows], replaced_on=None, withdrawn_on=None
        )
    }
    found = []
    for row in rows:
        row.region, row.incident, row.municipality = incident.region, incident, town
        if row.house is not None:
            row.house.region, row.house.incident, row.house.municipality = incident.region, incident, town
        until = row.first_issued_on or (today() if row.state in WAITING else None)
        found.append((row, held.get(row.pk), (until - row.asked_on).days if until is not None else None))
    return found


def application_for(incident: Incident, town: Municipality, number: int) -> CertificateApplication:
    """The application with this number; 404 when there is none."""
    found = (
        CertificateApplication.objects.filter(incident=incident, municipality=town, number=number)
        .select_related("house__official")
        .first()
    )
    if found is None:
        raise Http404("申請が見つかりません。")
    found.region, found.incident, found.municipality = incident.region, incident, town
    if found.house is not None:
        found.house.region, found.house.incident, found.house.municipality = incident.region, incident, town
    return found


def applications_of(house: House) -> list[CertificateApplication]:
    """The applications that rest on the survey of a house."""
    rows = list(CertificateApplication.objects.filter(house=house).order_by("number"))
    for each in rows:
        each.region, each.incident, each.municipality = house.region, house.incident, house.municipality
    return rows


def certificates_of(application: CertificateApplication) -> list[Certificate]:
    """What was issued on an application, the first first."""
    found = list(Certificate.objects.filter(application=application).select_related("replaces"))
    for each in found:
        each.application, each.region = application, application.region
        each.incident, each.municipality = application.incident, application.municipality
    return found


def steps_of(application: CertificateApplication) -> list[Any]:
    """What happened to an application."""
    return list(application.steps.select_related("certificate", "user"))


def setting_of(region: Region, town: Municipality) -> CertificateSetting | None:
    """What a town prints on its certificates."""
    return CertificateSetting.objects.filter(region=region, municipality=town).first()


def same_assessors(application: CertificateApplication) -> list[str]:
    """Who surveyed the house of an application again though they had surveyed it before: a warning, no bar."""
    if application.house is None:
        return []
    seen: set[str] = set()
    again: list[str] = []
    for survey in application.house.surveys.exclude(state="withdrawn").order_by("number"):
        names = set(survey.assessors.replace("、", " ").replace("，", " ").replace(",", " ").split())
        if survey.round != "first":
            again += sorted(names & seen - set(again))
        seen |= names
    return again


def checked(incident: Incident, town: Municipality, number: int, check: str, kind: str) -> Certificate | None:
    """The certificate of this number whose printed letters are these; None where no such paper was issued."""
    found = Certificate.objects.filter(incident=incident, municipality=town, number=number, kind=kind).first()
    plain = check.replace("-", "").replace(" ", "").casefold()
    return found if found is not None and len(plain) == 12 and found.digest.startswith(plain) else None


def table_rows(incident: Incident, town: Municipality, asked: Asked) -> Iterator[tuple[Any, ...]]:
    """The register as a table: one line for each application."""
    rows = list(register_of(incident, town, asked))
    for row, held, days in with_certificates(incident, town, rows):
        sealed = row.sealed or {}
        yield (
            incident.get_mode_display(), row.number, row.get_kind_display(), row.asked_on.isoformat(),
            row.get_state_display(), sealed.get("applicant", ""), sealed.get("kana", ""), sealed.get("address", ""),
            sealed.get("phone", ""), sealed.get("relation", ""), sealed.get("head", ""), sealed.get("place", ""),
            sealed.get("things", ""), row.house.number if row.house else "", held.number if held else "",
            held.issued_on.isoformat() if held else "", held.class_name if held else "", "" if days is None else days,
        )  # fmt: skip


COLUMNS: Final = (
    "区分", "受付番号", "種類", "申請日", "状態", "申請者", "ふりがな", "申請者の住所", "電話", "世帯主との関係",
    "世帯主", "被災した場所", "被災した物", "家屋の整理番号", "証明書の番号", "発行日", "被害の程度", "日数_日",
)  # fmt: skip
