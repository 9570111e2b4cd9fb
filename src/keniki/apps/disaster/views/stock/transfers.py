"""Pages of transfers between towns: the list, a request, each step, the slips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.analysis.needs import draw
from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page, kept, rows_of
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.csv_dialect import write_csv

from ... import policies
from ...actions.stock import transfers as actions
from ...forms.stock.transfers import (
    ApproveForm,
    LineForm,
    ReceiveForm,
    RequestForm,
    ReturnForm,
    SettleForm,
    ShipForm,
    StepForm,
)
from ...models import StockPlace, StockTransfer
from ...papers.frame import paper_answer
from ...papers.stock import SLIPS, slip_of
from ...queries.incidents import open_incidents
from ...queries.stock import finding, settling
from ...queries.stock import transfers as queries
from ...queries.stock.on_hand import Held, Stock, places_of, stock_of
from ..frame import marked
from .frame import crumbs_to, stock_page, towns_to_write

#: The columns of the transfers as data.
COLUMNS = (
    "区分", "事案", "番号", "種類", "費用の区分", "状態", "提供する市町村", "受ける市町村", "品目", "単位", "依頼数",
    "承認数", "発送数", "受領数", "返却数", "返却の期限", "精算額_円", "理由",
)  # fmt: skip
State = StockTransfer.State


@dataclass(frozen=True)
class Deed:
    """A step that can be taken: what it is called, which town takes it, from which states."""

    label: str
    town: str
    states: tuple[str, ...]
    lead: str = ""


DEEDS: dict[str, Deed] = {
    "approve": Deed(
        "承認",
        "lender",
        (State.REQUESTED,),
        "承認しても在庫は取り置かれません。発送のときに在庫を確かめます。",
    ),
    "refuse": Deed("不承認", "lender", (State.REQUESTED,), "理由を備考に入力します。"),
    "ship": Deed(
        "発送", "lender", (State.APPROVED,), "期限の早いロットから提案します。期限を過ぎた物は送れません。"
    ),
    "recall": Deed("発送の取消し", "lender", (State.SHIPPED,), "反対の受払を登録し、承認に戻します。"),
    "receive": Deed(
        "受領",
        "borrower",
        (State.SHIPPED,),
        "届いた数を入力します。発送数と違うときは、理由を備考に入力します。",
    ),
    "return": Deed(
        "返却の確認", "lender", (State.RECEIVED,), "戻った数を入力します。何回に分けてもかまいません。"
    ),
    "settle": Deed(
        "精算",
        "lender",
        (State.RECEIVED,),
        "戻らない物を精算します。残っている物の持分は、受けた市町村に移ります。",
    ),
    "withdraw": Deed(
        "取下げ", "borrower", (State.REQUESTED, State.APPROVED), "発送の前に、依頼を取り下げます。"
    ),
}


@region_page
@require_GET
def transfers(request: StaffRequest, region: Region) -> HttpResponse:
    """All transfers: of an incident where it is asked for, else all but those of exercises; loans that are late."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    rows = queries.transfers_of(region, incident, open_only="open" in request.GET)
    late = queries.overdue(region) if incident is None else []
    return stock_page(
        request,
        "transfers.html",
        incident,
        rows=rows,
        late=late,
        open_only="open" in request.GET,
        drills=[each for each in open_incidents(region) if each.is_exercise],
        ruling=policies.write_some_place(request.actor, region),
        crumbs=crumbs_to(region),
    )


@region_page
@require_GET
def transfers_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """The transfers as data: an item of a transfer a row."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    moved = queries.moved_by_item(region)
    rows = [
        (
            each.incident.get_mode_display() if each.incident else "実在庫",
            each.incident.title if each.incident else "", each.number, each.get_kind_display(),
            each.get_ledger_display(), each.get_state_display(), each.lender.name, each.borrower.name, line.item.title,
            line.item.unit, line.asked, line.approved, *moved.get((each.pk, line.item_id), (0, 0, 0)), each.due_on,
            each.settled_yen, each.reason,
        )
        for each in queries.transfers_of(region, incident)
        for line in each.lines.all()
    ]  # fmt: skip
    mode = f"{incident.get_mode_display()}_" if incident else ""
    return download(f"{mode}{region.name}_備蓄の貸出・譲渡.csv", write_csv([COLUMNS, *rows]).data)


@region_page
@require_http_methods(["GET", "POST"])
def new_transfer(request: StaffRequest, region: Region) -> HttpResponse:
    """Ask another town for stock."""
    ruling = policies.write_some_place(request.actor, region)
    if request.method == "POST":
        ruling.require()
    towns, mine = finding.members_of(region), towns_to_write(request, region)
    incidents = open_incidents(region)
    for each in incidents:
        each.region = region
    items = finding.items_of(region)
    places = {each.slug: each for each in places_of(region, open_only=True) if each.municipality.code in mine}
    asked = finding.incident_named(region, request.GET.get("incident"))

    def build(data: Any, record: None) -> Sheet:
        first = {"on": timezone.localdate(), "incident": asked.slug if asked else ""}
        if len(mine) == 1:
            first["borrower"] = next(iter(mine))
        form = RequestForm(data, towns=towns, mine=mine, incidents=incidents, places=places, initial=first)
        rows = rows_of(LineForm, data, "line", [], extra=3, items=items)
        return Sheet(form, {"品目と数量": rows})

    def save(sheet: Sheet) -> StockTransfer:
        form = sheet.form
        assert isinstance(form, RequestForm)
        draft = form.draft(kept(sheet.formsets["品目と数量"]), {each.slug: each for each in items})
        return actions.request_transfer(request.actor, region, draft, form.cleaned_data["token"])

    def done(saved: StockTransfer) -> tuple[str, str]:
        return f"{saved.lender.name}への依頼（{saved}）を登録しました。", saved.get_absolute_url()

    back = reverse("disaster:transfers", args=[region.slug])
    return edit_page(
        request,
        Frame(back, crumbs_to(region, ("貸出・譲渡", back)), "disaster"),
        "備蓄の提供を依頼",
        None,
        build,
        save,
        done=done,
        template="disaster/stock/form.html",
        ruling=ruling,
        save_label="依頼する",
        **(marked(asked) if asked is not None else {}),
    )


@region_page
@require_GET
def transfer(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """A transfer: what was asked, sent, received, given back; what comes next."""
    found = finding.transfer_for(region, number)
    towns = {"lender": found.lender, "borrower": found.borrower}
    rulings = {side: policies.step_transfer(request.actor, region, town) for side, town in towns.items()}
    open_steps = [
        (key, deed, rulings[deed.town], towns[deed.town])
        for key, deed in DEEDS.items()
        if found.state in deed.states and not (found.kind == "gift" and key in ("return", "settle"))
    ]
    steps = queries.steps_of(found)
    promised = queries.promised(found) if found.state in (State.REQUESTED, State.APPROVED) else {}
    stock = stock_of(region, found.incident) if promised or found.state == State.REQUESTED else None
    lines = queries.lines_of(found)
    return stock_page(
        request,
        "transfer.html",
        found.incident,
        transfer=found,
        lines=[
            (
                line,
                _usable(stock, line.item_id, found.lender) if stock else None,
                promised.get(line.item_id, 0),
            )
            for line in lines
        ],
        shows_stock=stock is not None,
        sent=queries.sent_of(found),
        settlement=settling.settlement_of(found) if settling.has_cost(found) else None,
        steps=steps,
        open_steps=open_steps,
        late=queries.is_overdue(found, timezone.localdate()),
        slips=[(key, title) for key, (title, state) in SLIPS.items() if any(s.state == state for s in steps)],
        entries=log_of(found),
        crumbs=crumbs_to(region, ("貸出・譲渡", reverse("disaster:transfers", args=[region.slug]))),
    )


@region_page
@require_http_methods(["GET", "POST"])
def step(request: StaffRequest, region: Region, number: int, key: str) -> HttpResponse:
    """Take a step of a transfer; whoever comes second is shown both."""
    if key not in DEEDS:
        raise Http404("この段階はありません。")
    found, deed = finding.transfer_for(region, number), DEEDS[key]
    town = found.lender if deed.town == "lender" else found.borrower
    ruling = policies.step_transfer(request.actor, region, town)
    if request.method == "POST":
        ruling.require()
    making = _Making(region, found, key)

    def build(data: Any, record: StockTransfer) -> Sheet:
        return Sheet(making.form(data, record.version))

    def save(sheet: Sheet) -> StockTransfer:
        form = sheet.form
        assert isinstance(form, StepForm)
        return making.save(request, form)

    def done(saved: StockTransfer) -> tuple[str, str]:
        return f"{saved}：{deed.label}を登録しました。", saved.get_absolute_url()

    back = found.get_absolute_url()
    crumbs = crumbs_to(
        region, ("貸出・譲渡", reverse("disaster:transfers", args=[region.slug])), (str(found), back)
    )
    return edit_page(
        request,
        Frame(back, crumbs, "disaster", f"{found.lender.name} → {found.borrower.name}"),
        f"{found} {deed.label}",
        found,
        build,
        save,
        done=done,
        template="disaster/stock/form.html",
        ruling=ruling,
        lead=deed.lead,
        save_label=deed.label,
        **(marked(found.incident) if found.incident is not None else {}),
    )


@region_page
@require_GET
def slip(request: StaffRequest, region: Region, number: int, key: str, form: str) -> HttpResponse:
    """The request as a letter, or the slip that goes with the goods."""
    found = finding.transfer_for(region, number)
    steps = queries.steps_of(found)
    if key not in SLIPS or not any(each.state == SLIPS[key][1] for each in steps):
        raise Http404("この書類はまだありません。")
    made = slip_of(found, key, queries.lines_of(found), queries.sent_of(found), steps)
    return paper_answer(made, form)


class _Making:
    """The form of a step and what it does."""

    def __init__(self, region: Region, transfer: StockTransfer, key: str) -> None:
        self.region, self.transfer, self.key = region, transfer, key
        self.lines = queries.lines_of(transfer) if key in ("approve", "ship") else []
        self.sent = queries.sent_of(transfer) if key in ("receive", "return") else []
        self.places = places_of(region, open_only=True) if key in ("receive", "return") else []
        self.rows, self.picks = self._lots() if key == "ship" else ([], {})

    def form(self, data: Any, version: int) -> StepForm:
        """The form, bound to what was sent or filled."""
        transfer = self.transfer
        first: dict[str, Any] = {"version": version, "on": timezone.localdate()}
        made: dict[str, Callable[[], StepForm]] = {
            "approve": lambda: ApproveForm(data, lines=self.lines, initial=first),
            "ship": lambda: ShipForm(data, rows=self.rows, picks=self.picks, initial=first),
            "receive": lambda: ReceiveForm(
                data,
                sent=self.sent,
                places=self._of(transfer.borrower),
                initial=first | {"place": transfer.to_place.slug if transfer.to_place else ""},
            ),
            "return": lambda: ReturnForm(
                data,
                sent=self.sent,
                sources=self._of(transfer.borrower),
                places=self._of(transfer.lender),
                initial=first
                | {
                    "from_place": transfer.to_place.slug if transfer.to_place else "",
                    "to_place": next((place.slug for row in self.sent for place in row.sent_from), ""),
                },
            ),
            "settle": lambda: SettleForm(data, initial=first),
        }
        return made.get(self.key, lambda: StepForm(data, initial=first))()

    def save(self, request: StaffRequest, form: StepForm) -> StockTransfer:
        """Take the step."""
        actor, transfer, data = request.actor, self.transfer, form.cleaned_data
        version, taken = data.get("version"), form.step()
        if isinstance(form, ApproveForm):
            return actions.approve(actor, transfer, version, form.approved(), taken)
        if isinstance(form, ShipForm):
            picks = {(row.lot, row.place): number for row, number in form.chosen().items()}
            return actions.ship(actor, transfer, version, picks, taken)
        if isinstance(form, ReceiveForm):
            place = self._of(transfer.borrower)[data["place"]]
            return actions.receive(actor, transfer, version, place, form.received(), taken)
        if isinstance(form, ReturnForm):
            sources, places = self._of(transfer.borrower), self._of(transfer.lender)
            return actions.give_back(
                actor,
                transfer,
                version,
                form.returned(),
                sources[data["from_place"]],
                places[data["to_place"]],
                taken,
            )
        if isinstance(form, SettleForm):
            return actions.settle(actor, transfer, version, data["yen"], taken)
        plain = {"refuse": actions.refuse, "withdraw": actions.withdraw, "recall": actions.recall}
        return plain[self.key](actor, transfer, version, taken)

    def _of(self, town: Municipality) -> dict[str, StockPlace]:
        return {each.slug: each for each in self.places if each.municipality_id == town.pk}

    def _lots(self) -> tuple[list[Held], dict[str, int]]:
        """The lender's lots of what was approved, and which go first."""
        wanted = {line.item_id: (line.item, line.approved or 0) for line in self.lines}
        stock = stock_of(self.region, self.transfer.incident)
        day = timezone.localdate()
        rows = [
            each
            for each in stock.held
            if each.lot.item_id in wanted
            and each.place.municipality_id == self.transfer.lender.pk
            and each.quantity > 0
        ]
        lots = [each.as_lot() for each in rows]
        picks = {
            pick.lot: pick.quantity
            for item, number in wanted.values()
            for pick in draw(lots, item.slug, number, day).picks
        }
        return rows, picks


def _usable(stock: Stock, item: int, lender: Municipality) -> int:
    """What a town has of an item that has not expired."""
    day = timezone.localdate()
    return sum(
        each.quantity
        for each in stock.held
        if each.lot.item_id == item
        and each.place.municipality_id == lender.pk
        and (each.lot.expires_on is None or each.lot.expires_on >= day)
    )
