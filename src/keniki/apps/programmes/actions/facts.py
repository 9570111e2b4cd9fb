"""Supplying facts of cities that no official table holds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, verb
from keniki.apps.programmes import policies
from keniki.apps.programmes.models import CityFact
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

Kind = CityFact.Kind


@dataclass(frozen=True)
class FactDraft:
    """A supplied fact as it shall be; what its kind does not use stays empty."""

    municipality: Municipality
    kind: str
    basis: str
    note: str = ""
    use: str = ""
    figure: str = ""
    second: Municipality | None = None
    adjacent: bool | None = None
    integrated: bool | None = None
    minutes: Decimal | None = None
    kilometres: Decimal | None = None
    former_name: str = ""
    census: int | None = None
    day_population: int | None = None
    night_population: int | None = None
    programme: str = ""
    valid_from: date | None = None


def supply_fact(
    actor: Actor,
    region: Region,
    draft: FactDraft,
    fact: CityFact | None = None,
    version: int | None = None,
) -> CityFact:
    """Store a fact of one of the region's cities. Raises `WrongInput`, `Denied` or `Stale`."""
    check_fact(draft)
    ruling = policies.supply_fact(actor, region)
    with verb(
        actor, "programmes.supply_fact", region=region.slug, ruling=ruling, quiet=fact is not None
    ) as act:
        if fact is None:
            saved, old = CityFact(region=region), {}
        else:
            saved = act.lock(fact, version)
            old = content_of_fact(saved)
        for each in fields(draft):
            value = getattr(draft, each.name)
            setattr(saved, each.name, value.strip() if isinstance(value, str) else value)
        new = content_of_fact(saved)
        before, after = changes(old, new)
        if fact is not None and not after:
            return saved
        act.save(saved)
        name = f"{saved.municipality.name}の{saved.get_kind_display()}"
        act.log(
            saved,
            before if fact is not None else None,
            after,
            f"{name}の資料を{'変更' if fact is not None else '登録'}（{saved.basis}）",
            municipality=saved.municipality.code,
        )
        return saved


def remove_fact(actor: Actor, fact: CityFact, version: int) -> None:
    """Take a supplied fact back."""
    ruling = policies.supply_fact(actor, fact.region)
    with verb(actor, "programmes.remove_fact", region=fact.region.slug, ruling=ruling) as act:
        current = act.lock(fact, version)
        name = f"{current.municipality.name}の{current.get_kind_display()}"
        act.log(
            current,
            content_of_fact(current),
            None,
            f"{name}の資料を取消し",
            municipality=current.municipality.code,
        )
        current.delete()


def check_fact(draft: FactDraft) -> None:
    """Raise `WrongInput` for a fact that says too little, naming the field as `column`."""
    if not draft.basis.strip():
        raise WrongInput("出典・根拠（資料の名称、条文、通知など）を入力してください。", column="basis")
    if draft.kind == Kind.USE:
        if not draft.use:
            raise WrongInput("通院か買物かを選んでください。", column="use")
        if not draft.figure.strip():
            raise WrongInput("利用を示す数値（例：通院の32.5％）を入力してください。", column="figure")
    if draft.kind == Kind.TWIN:
        if draft.second is None:
            raise WrongInput("もう1市を選んでください。", column="second")
        if draft.second.pk == draft.municipality.pk:
            raise WrongInput("同じ市どうしは複眼型の2市になりません。", column="second")
    if draft.kind == Kind.FORMER:
        if not draft.former_name.strip():
            raise WrongInput("旧市町村の名称を入力してください。", column="former_name")
        if draft.census is None or draft.census % 5 or not 1920 <= draft.census <= 2150:
            raise WrongInput("国勢調査の年（2015、2020 など）を入力してください。", column="census")
        if not draft.night_population or draft.day_population is None:
            raise WrongInput(
                "昼間人口と夜間人口を入力してください（夜間人口は1人以上）。", column="night_population"
            )
    if draft.kind == Kind.RECOGNITION and not draft.programme:
        raise WrongInput("どの制度の認定かを選んでください。", column="programme")


def content_of_fact(fact: CityFact) -> dict[str, Any]:
    """All of a fact that people edit, as the log keeps it."""
    return {
        each.name: value if value is None or isinstance(value, bool | int) else str(value)
        for each in fields(FactDraft)
        for value in (getattr(fact, each.name),)
    }
