"""The dissolution (廃止) of an agreement: who decides it, and each deciding party's way through its assembly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts import policies, states
from keniki.apps.compacts.models import Agreement, Dissolution
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from .ways import write_way


def start_dissolution(
    actor: Actor, agreement: Agreement, version: int | None, deciding: Sequence[Municipality] = ()
) -> list[Dissolution]:
    """Begin the dissolution; `deciding` are the parties whose assembly has to pass it.

    Where the law asks every party's assembly (連携協約: 地方自治法第252条の2第4項) all of them decide. Else the
    agreement's own text says who does, so it has to be given.
    """
    ruling = policies.start_dissolution(actor, agreement)
    with verb(actor, "compacts.start_dissolution", region=agreement.region.slug, ruling=ruling) as act:
        agreement = act.lock(agreement, version)
        policies.start_dissolution(actor, agreement).require()
        parties = [party.municipality for party in agreement.parties.select_related("municipality")]
        if agreement.kind in states.DISSOLVED_BY_ALL:
            deciding = parties
        chosen = {town.pk for town in deciding}
        if not chosen <= {town.pk for town in parties}:
            raise WrongInput(
                "廃止を議決する当事者は、協定の当事者から選んでください。", column="議決する当事者"
            )
        if not chosen:
            raise WrongInput(
                "協定の廃止の条項を確かめて、議会の議決を経る当事者を選んでください。",
                column="議決する当事者",
            )
        rows = [Dissolution(agreement=agreement, municipality=town) for town in parties if town.pk in chosen]
        for row in rows:
            act.save(row)
        act.save(agreement)
        names = "、".join(row.municipality.name for row in rows)
        act.log(agreement, None, {"deciding": names}, f"「{agreement}」の廃止の手続を 開始（議決：{names}）")
        return rows


def stop_dissolution(actor: Actor, agreement: Agreement, version: int | None) -> Agreement:
    """Give the dissolution up before its bill is submitted; the agreement stays in force."""
    ruling = policies.stop_dissolution(actor, agreement)
    with verb(actor, "compacts.stop_dissolution", region=agreement.region.slug, ruling=ruling) as act:
        agreement = act.lock(agreement, version)
        policies.stop_dissolution(actor, agreement).require()
        for row in agreement.dissolutions.all():
            row.delete()
        act.save(agreement)
        act.log(agreement, None, None, f"「{agreement}」の廃止の手続を 取りやめ")
        return agreement


def record_dissolution(
    actor: Actor, agreement: Agreement, municipality: Municipality, version: int | None, **values: Any
) -> Dissolution:
    """One deciding party's way to the dissolution.

    `values`: ordinance, ordinance_name, bill_no, submitted_on, result, resolved_on, partner_noticed_on,
    public_notice_on, notified_on, as far as the agreement's state leaves them open.
    """
    ruling = policies.record_dissolution(actor, agreement, municipality)
    with verb(
        actor, "compacts.record_dissolution", region=agreement.region.slug, ruling=ruling, quiet=True
    ) as act:
        agreement = act.lock(agreement, None)
        policies.record_dissolution(actor, agreement, municipality).require()
        row = act.lock(agreement.dissolutions.get(municipality=municipality), version)
        return write_way(act, agreement, row, values, policies.dissolution_fields(agreement), "廃止")
