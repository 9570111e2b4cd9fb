"""Taking stock out: used, used in a drill, moved, disposed of; and taking a deed back by opposite movements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from keniki.analysis.needs import Drawn, check_use, draw
from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.activities.actions import post_activity
from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from ... import policies
from ...models import Incident, StockItem, StockLot, StockMovement, StockPlace
from ...queries.stock.on_hand import Held, Stock
from .ledger import Change, Slip, check_day, check_incident, mode_words, post, posted, said, token_of

Kind = StockMovement.Kind
#: The deeds that take stock out of a place.
DEEDS: Final = (Kind.ISSUE, Kind.DRILL, Kind.MOVE, Kind.DISPOSE)
UNDO: Final = "undo:"


@dataclass(frozen=True)
class DrillUse:
    """The drill in which stock is used up: it becomes one activity of the initiative."""

    initiative: Initiative
    title: str
    shared: bool = False
    result: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A deed at a place: units by lot, on a day; `to_place` of a move, `drill` of a use in a drill."""

    kind: str
    place: StockPlace
    picks: Mapping[StockLot, int]
    on: date
    note: str = ""
    incident: Incident | None = None
    to_place: StockPlace | None = None
    drill: DrillUse | None = None


def proposed(stock: Stock, place: StockPlace, item: StockItem, quantity: int, on: date) -> Drawn:
    """The lots to take, first expired first; what has expired or has not come yet is not proposed."""
    there = [each for each in stock.at(place) if each.lot.item_id == item.pk and each.quantity > 0]
    return draw([each.as_lot() for each in there], item.slug, quantity, on)


def take_out(actor: Actor, region: Region, deed: Outgoing, token: str) -> list[StockMovement]:
    """Take stock out of a place. The same token again gives what it posted.

    Raises `WrongInput` (an expired lot by its name, more than there is), or `Denied`.
    """
    origin = token_of(token)
    ruling = _allowed(actor, region, deed)
    _check(region, deed)
    with verb(actor, f"disaster.stock_{deed.kind}", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stock-deed", region.pk, origin)
        if before := posted(region, origin):
            return before
        out = [Change(lot, deed.place, -number) for lot, number in deed.picks.items() if number]
        arrive = [
            Change(lot, deed.to_place, number)
            for lot, number in deed.picks.items()
            if number and deed.to_place is not None
        ]
        slip = Slip(deed.kind, deed.on, origin, deed.incident, note=deed.note)
        made = post(act, region, slip, [*out, *arrive])
        words = _words(deed, out)
        act.log(
            deed.place,
            None,
            {row.lot.code: row.quantity for row in made},
            f"{mode_words(deed.incident)}{words}",
            municipality=deed.place.municipality.code,
        )
        if deed.drill is not None:
            _post_drill(actor, deed, deed.drill, out, origin)
        return made


def undo(actor: Actor, movement: StockMovement, on: date, note: str) -> list[StockMovement]:
    """Take a deed back: the opposite of all its movements, on a day of their own. Once only.

    `WrongInput` where the deed belongs to a stocktake or a transfer, is itself taken back, or what came in has gone.
    """
    region = movement.region
    if movement.undoes:
        raise WrongInput("取消しの受払は取り消せません。もう一度登録してください。")
    if not movement.can_be_undone:
        raise WrongInput(
            f"「{movement.get_kind_display()}」は取り消せません。棚卸か、貸出・譲渡の画面から訂正してください。"
        )
    if not note.strip():
        raise WrongInput("取り消す理由を入力してください。", column="note")
    rows = posted(region, movement.origin)
    if on < movement.on:
        raise WrongInput(f"取消しの日付が、{era.format_date(movement.on)}の受払より前です。", column="on")
    rulings = [policies.write_place(actor, region, row.place.municipality).require() for row in rows]
    ruling = next((each for each in rulings if each.on_behalf_of), rulings[0])
    with verb(actor, "disaster.undo_stock", region=region.slug, ruling=ruling, quiet=True) as act:
        origin = f"{UNDO}{movement.origin}"
        lock("stock-deed", region.pk, origin)
        if before := posted(region, origin):
            return before
        slip = Slip(movement.kind, on, origin, movement.incident, note=note)
        back = [Change(row.lot, row.place, -row.quantity) for row in rows]
        made = post(act, region, slip, back)
        act.log(
            movement.place,
            {row.lot.code: row.quantity for row in rows},
            {row.lot.code: row.quantity for row in made},
            f"{mode_words(movement.incident)}{era.format_date(movement.on)}の"
            f"「{movement.get_kind_display()}」（{said(_one_side(back))}）を取消し：{note.strip()}",
            municipality=movement.place.municipality.code,
        )
        _take_drill_back(actor, region, movement.origin, note)
        return made


def origin_of_drill(origin: str) -> str:
    """How the activity of a drill's use is found again."""
    return f"disaster/stock/{origin}"


def _allowed(actor: Actor, region: Region, deed: Outgoing) -> Ruling:
    ruling = policies.write_place(actor, region, deed.place.municipality).require()
    if deed.to_place is None or deed.to_place.municipality_id == deed.place.municipality_id:
        return ruling
    if not policies.write_place(actor, region, deed.to_place.municipality):
        raise WrongInput(
            "ほかの市町村の場所へは移せません。貸出・譲渡の依頼を登録してください。", column="to_place"
        )
    return ruling


def _check(region: Region, deed: Outgoing) -> None:
    if deed.kind not in DEEDS:
        raise WrongInput("受払の種類を選んでください。", column="kind")
    check_day(deed.on)
    check_incident(deed.incident)
    if (deed.kind == Kind.MOVE) != (deed.to_place is not None):
        raise WrongInput("移す先の場所を選んでください。", column="to_place")
    if deed.to_place is not None:
        if deed.to_place.pk == deed.place.pk:
            raise WrongInput("移す先が、元の場所と同じです。", column="to_place")
        if deed.to_place.ended_on is not None:
            raise WrongInput(f"「{deed.to_place.name}」は廃止した場所です。", column="to_place")
    if (deed.kind == Kind.DRILL) != (deed.drill is not None):
        raise WrongInput("訓練の名称と取組を入力してください。", column="title")
    if deed.kind == Kind.DRILL and deed.incident is not None:
        raise WrongInput(
            "訓練での使用は、実際の在庫を減らします。事案（訓練）の中の払出は「払出（使用）」で登録してください。",
            column="incident",
        )
    if not any(deed.picks.values()):
        raise WrongInput("数量を入力してください。", column="数量")
    if deed.kind in (Kind.ISSUE, Kind.DRILL):
        for lot, number in deed.picks.items():
            if number:
                # How many there are is asked when they are posted, of every day from this one on.
                check_use(Held(lot, deed.place, number).as_lot(), number, deed.on)
    early = next((lot for lot, number in deed.picks.items() if number and deed.on < lot.acquired_on), None)
    if early is not None:
        raise WrongInput(f"日付が、ロット「{early.code}」の取得日より前です。", column="on")


def _words(deed: Outgoing, out: Sequence[Change]) -> str:
    where = f"「{deed.place.name}」の{said(out)}"
    words = {
        Kind.ISSUE: f"{where}を払出（使用）",
        Kind.DRILL: f"{where}を訓練・啓発で使用",
        Kind.MOVE: f"{where}を「{deed.to_place}」へ移動",
        Kind.DISPOSE: f"{where}を廃棄",
    }[Kind(deed.kind)]
    return f"{words}：{deed.note.strip()}" if deed.note.strip() else words


def _post_drill(actor: Actor, deed: Outgoing, drill: DrillUse, out: Sequence[Change], origin: str) -> None:
    if not drill.title.strip():
        raise WrongInput("訓練の名称を入力してください。", column="title")
    lines = [("result", drill.result.strip())] if drill.result.strip() else []
    lines.append(("note", f"備蓄の更新を兼ねて使用：{said(out)}"))
    post_activity(
        actor,
        origin=origin_of_drill(origin),
        initiative=drill.initiative,
        fiscal_year=int(FiscalYear.of(deed.on)),
        title=drill.title.strip(),
        kind=Activity.Kind.DRILL,
        municipality=None if drill.shared else deed.place.municipality,
        starts_on=deed.on,
        place=deed.place.name,
        lines=lines,
    )


def _take_drill_back(actor: Actor, region: Region, origin: str, note: str) -> None:
    found = Activity.objects.filter(region=region, origin=origin_of_drill(origin)).first()
    if found is None:
        return
    post_activity(
        actor,
        origin=found.origin,
        initiative=found.initiative,
        fiscal_year=found.fiscal_year,
        title=found.title,
        kind=found.kind,
        project=found.project,
        municipality=found.municipality,
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        place=found.place,
        organiser=found.organiser,
        text=found.text,
        lines=[("note", f"備蓄の使用の記録は取消し（{note.strip()}）")],
    )


def _one_side(rows: Sequence[Change]) -> list[Change]:
    """Of a move the half that says how much it was."""
    back = [row for row in rows if row.quantity > 0]
    return back or list(rows)
