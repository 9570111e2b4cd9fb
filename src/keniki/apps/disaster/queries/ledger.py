"""Reading the victims' ledger of a town: persons with their house, certificate and support. Needs the town's scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality, Region
from keniki.core.text import matches

from .. import policies
from ..actions.ledger import COLUMNS
from ..models import Certificate, Incident, LedgerUse, Victim, VictimSupport

#: So many persons, the newest first, are opened to look for a part of a name or an address.
SEARCHED: Final = 2000


@dataclass(frozen=True)
class Asked:
    """What the ledger is narrowed to; empty means all."""

    text: str = ""
    class_key: str = ""
    support: str = ""
    care: bool = False
    consent: str = ""


@dataclass(frozen=True)
class Line:
    """A person with what other rooms know: the certificate in force, the class decided on, support that stands."""

    victim: Victim
    certificate: Certificate | None
    damage: str
    supports: tuple[VictimSupport, ...]

    @property
    def support_words(self) -> list[str]:
        """Each support in words, with its day."""
        return [f"{each.on:%Y-%m-%d} {(each.sealed or {}).get('kind', '消去済み')}" for each in self.supports]


def town_for(actor: Actor, region: Region, code: str) -> Municipality:
    """The town whose ledger the actor may read; 404 for every other."""
    town = Municipality.objects.filter(code=code, memberships__region=region).distinct().first()
    if town is None or not policies.see_person(actor, region, town):
        raise Http404("この市町村の被災者台帳は見つかりません。")
    return town


def victims_of(incident: Incident, town: Municipality, asked: Asked) -> QuerySet[Victim]:
    """The persons of a town's ledger as far as they are asked for, in order of their numbers."""
    rows = Victim.objects.filter(incident=incident, municipality=town)
    if asked.class_key:
        rows = rows.filter(
            Q(house__official__class_key=asked.class_key)
            | Q(house=None, application__house__official__class_key=asked.class_key)
        )
    if asked.support in ("yes", "no"):
        given = VictimSupport.objects.filter(victim=OuterRef("pk"), withdrawn=False)
        rows = rows.filter(Exists(given) if asked.support == "yes" else ~Exists(given))
    if asked.care:
        rows = rows.filter(needs_care=True)
    if asked.consent:
        rows = rows.filter(consent=asked.consent)
    if asked.text.strip():
        text = asked.text.strip()
        newest: Iterable[tuple[int, int, Any]] = rows.order_by("-number").values_list(
            "pk", "number", "sealed"
        )[:SEARCHED]
        names = ("name", "kana", "address", "residence")
        found = [
            pk
            for pk, number, sealed in newest
            if text == str(number)
            or (sealed and matches(text, " ".join(sealed.get(name, "") for name in names)))
        ]
        rows = rows.filter(pk__in=found)
    return rows.select_related("house__official", "application__house__official").order_by("number")


def lines_of(incident: Incident, town: Municipality, victims: Sequence[Victim]) -> list[Line]:
    """The persons with their house, certificate and support."""
    held = {
        each.application_id: each
        for each in Certificate.objects.filter(
            application__in=[each.application_id for each in victims if each.application_id],
            replaced_on=None,
            withdrawn_on=None,
        )
    }
    given: dict[int, list[VictimSupport]] = {}
    for support in VictimSupport.objects.filter(victim__in=[each.pk for each in victims], withdrawn=False):
        given.setdefault(support.victim_id, []).append(support)
    found = []
    for each in victims:
        placed(each, incident, town)
        house = each.house or (each.application.house if each.application else None)
        official = house.official if house is not None else None
        found.append(
            Line(
                each,
                held.get(each.application_id) if each.application_id else None,
                official.result["class"] if official is not None else "",
                tuple(given.get(each.pk, ())),
            )
        )
    return found


def placed(victim: Victim, incident: Incident, town: Municipality) -> Victim:
    """The person with what its addresses need, without asking again."""
    for each in (victim, victim.house, victim.application, victim.application and victim.application.house):
        if each is not None:
            each.region, each.incident, each.municipality = incident.region, incident, town
    return victim


def victim_for(incident: Incident, town: Municipality, number: int) -> Victim:
    """A person of the ledger; 404 when there is none."""
    rows = Victim.objects.filter(incident=incident, municipality=town, number=number)
    found = rows.select_related("house__official", "application__house__official").first()
    if found is None:
        raise Http404("この番号の方は、台帳にありません。")
    return placed(found, incident, town)


def supports_of(victim: Victim) -> list[VictimSupport]:
    """All that was written down for a person, also what was withdrawn."""
    rows = list(victim.supports.select_related("user"))
    for each in rows:
        each.victim = victim
    return rows


def uses_of(incident: Incident, town: Municipality) -> QuerySet[LedgerUse]:
    """The uses of a town's ledger, the newest first."""
    return LedgerUse.objects.filter(incident=incident, municipality=town).select_related("user")


def use_for(incident: Incident, town: Municipality, number: int) -> LedgerUse:
    """A use; 404 when there is none."""
    found = uses_of(incident, town).filter(number=number).first()
    if found is None:
        raise Http404("この利用・提供の記録はありません。")
    found.region, found.incident, found.municipality = incident.region, incident, town
    return found


def counts_of(incident: Incident, town: Municipality) -> dict[str, int]:
    """How many persons there are, need care, have had support, consented."""
    rows = Victim.objects.filter(incident=incident, municipality=town)
    given = VictimSupport.objects.filter(victim=OuterRef("pk"), withdrawn=False)
    return {
        "all": rows.count(),
        "care": rows.filter(needs_care=True).count(),
        "supported": rows.filter(Exists(given)).count(),
        "consented": rows.filter(consent=Victim.Consent.YES).count(),
    }


def file_rows(use: LedgerUse) -> Iterator[tuple[Any, ...]]:
    """The file of a use: its persons with its columns and nothing else; who consents no more is left out."""
    rows = Victim.objects.filter(
        incident=use.incident, municipality=use.municipality, number__in=use.persons, sealed__isnull=False
    )
    if use.basis == LedgerUse.Basis.CONSENT:
        rows = rows.filter(consent=Victim.Consent.YES)
    rows = rows.select_related("house__official", "application__house__official").order_by("number")
    mode = use.incident.get_mode_display()
    for line in lines_of(use.incident, use.municipality, list(rows)):
        sealed = line.victim.sealed or {}
        held = line.certificate
        known = {
            **sealed,
            "damage": line.damage,
            "certificate": f"第{held.number}号 {held.class_name} {held.issued_on.isoformat()}"
            if held
            else "",
            "support": "、".join(line.support_words),
        }
        yield (mode, line.victim.number, *(known.get(key, "") for key in use.columns))


def file_head(use: LedgerUse) -> tuple[str, ...]:
    """The names of a file's columns."""
    return ("区分", "台帳番号", *(COLUMNS[key] for key in use.columns if key in COLUMNS))
