"""Joint arrangements that exist (一部事務組合・協議会・事務の委託 …): who is in them, on which article they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.http import Http404

from keniki.core.names import join_names, kind_of
from keniki.core.text import matches
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes import PROGRAMMES, policy_fields
from keniki.rulebooks.regions import LegalForm, arrangement_forms

from . import policies
from .models import Arrangement, Municipality, Region

#: What a form is called that no text gives.
UNKNOWN_FORM = "不詳"


@dataclass(frozen=True)
class Joined:
    """An arrangement seen from a set of municipalities: those of the set that are in it, the others, and its form."""

    arrangement: Arrangement
    inside: tuple[Municipality, ...]
    outside: tuple[Municipality, ...]
    form: LegalForm | None

    @property
    def form_name(self) -> str:
        return self.form.name if self.form else self.arrangement.form or UNKNOWN_FORM

    @property
    def article(self) -> str:
        """The article the form stands on; empty for none and for an unknown form."""
        return self.form.article if self.form else ""

    @property
    def beyond(self) -> bool:
        """Whether a municipality outside the set is a member, registered or only named (圏域外を含む)."""
        return bool(self.outside) or any(kind_of(name) in set("市町村区") for name in self.arrangement.others)

    @property
    def members_text(self) -> str:
        """「岩見沢市、月形町（圏域外）、北海道」: those of the set first."""
        row = self.arrangement
        return join_names(
            [
                *(town.name for town in self.inside),
                *(f"{town.name}（圏域外）" for town in self.outside),
                *(body.name for body in row.bodies.all()),
                *row.others,
            ]
        )


def arrangements_of(codes: Collection[str], on: date | None = None) -> list[Joined]:
    """The arrangements in force on a day (today) that any of these municipalities is in; in the region's scope.

    `codes` are six-digit codes. One whose beginning is not known counts as begun, one without an end goes on.
    """
    return seen_from(codes, _rows(), on=on or policies.today())


def seen_from(codes: Collection[str], rows: Iterable[Arrangement], *, on: date | None = None) -> list[Joined]:
    """The arrangements as these municipalities see them; with `on` those in force that day."""
    wanted, forms = set(codes), legal_forms()
    found = []
    for row in rows:
        if on is not None and not row.in_force(on):
            continue
        towns = sorted(row.members.all(), key=lambda town: town.code)
        inside = tuple(town for town in towns if town.code in wanted)
        if inside:
            outside = tuple(town for town in towns if town.code not in wanted)
            found.append(Joined(row, inside, outside, forms.get(row.form)))
    return found


def arrangements(region: Region) -> list[Arrangement]:
    """All arrangements of the region, ended ones too, by name."""
    return [row for row in _rows() if row.region_id == region.pk]


def arrangement(region: Region, slug: str) -> Arrangement:
    """One arrangement; 404 when the region has none of that name."""
    for row in arrangements(region):
        if row.slug == slug:
            return row
    raise Http404("共同処理・連携の仕組みが見つかりません。")


def wanted(row: Arrangement, *, words: str = "", form: str = "", field: str = "", town: str = "") -> bool:
    """Whether the list shows the arrangement when narrowed by these."""
    text = "\n".join(
        (
            row.name,
            row.office,
            row.seat,
            row.note,
            *row.others,
            *(each.name for each in row.members.all()),
            *(each.name for each in row.bodies.all()),
        )
    )
    return (
        matches(words, text)
        and (not form or (row.form or "unknown") == form)
        and (not field or field in row.fields)
        and (not town or any(each.code == town for each in row.members.all()))
    )


def legal_forms() -> dict[str, LegalForm]:
    """The legal forms of the rulebook by key."""
    return {form.key: form for form in arrangement_forms(policies.today()).value.forms}


def field_labels(keep: Iterable[str] = ()) -> dict[str, str]:
    """The policy fields of all programmes by key, the first programme's name winning; unknown keys as they are."""
    found: dict[str, str] = {}
    for programme in PROGRAMMES:
        try:
            fields = policy_fields(programme, policies.today()).value.fields
        except RuleNotInForce:
            continue
        for each in fields:
            found.setdefault(each.key, each.name)
    for key in keep:
        found.setdefault(key, key)
    return found


def _rows() -> Iterable[Arrangement]:
    return Arrangement.objects.select_related("lead", "source", "region").prefetch_related(
        "members", "bodies"
    )
