"""Cards and sheets: made and printed ahead, keyed in later line by line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.analysis import reception
from keniki.apps.regions.editing import Sheet
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.board import writing
from ...actions.board.writing import Shown
from ...actions.events import Saying, record_together
from ...actions.reception.persons import Stay
from ...actions.reception.printing import make_cards, make_sheets
from ...forms.reception.printing import LineForm, PrintForm, SheetForm
from ...models import CardBatch, Event, PaperSheet
from ...papers.frame import paper_answer
from ...papers.reception import cards_paper, sheets_paper
from ...queries.reception.people import Roll
from .frame import Desk, desk_page, shown
from .persons import DISPUTED, edit_desk, entity_sheet, looked_at, towns_of


@region_page
@require_http_methods(["GET", "POST"])
def cards(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """The cards and sheets a town has made, and a form for more."""
    town = _own_town(request, region, code)
    form, status = PrintForm(), 200
    if request.method == "POST":
        form, status = PrintForm(request.POST), 422
        if form.is_valid():
            data = form.cleaned_data
            make = make_cards if data["what"] == "cards" else make_sheets
            try:
                make(request.actor, region, town, data["mode"], data["size"])
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"{data['size']}枚を作成しました。下の表から印刷します。")
                return redirect("disaster:cards", region.slug, code)
    return page(
        request,
        "disaster/reception/cards.html",
        status=status,
        nav_active="disaster",
        town=town,
        form=form,
        batches=CardBatch.objects.filter(region=region, municipality=town)[:100],
        sheets=PaperSheet.objects.filter(region=region, municipality=town)[:100],
    )


@region_page
@require_GET
def cards_file(request: StaffRequest, region: Region, code: str, pk: int) -> HttpResponse:
    """The cards of a batch as PDF."""
    town = _own_town(request, region, code)
    batch = CardBatch.objects.filter(region=region, municipality=town, pk=pk).first()
    if batch is None:
        raise Http404("カードが見つかりません。")
    return paper_answer(cards_paper(batch, list(batch.cards.all())), "pdf")


@region_page
@require_GET
def sheet_file(request: StaffRequest, region: Region, code: str, token: str) -> HttpResponse:
    """A sheet as PDF."""
    town = _own_town(request, region, code)
    sheet = PaperSheet.objects.filter(region=region, municipality=town, token=token).first()
    if sheet is None:
        raise Http404("用紙が見つかりません。")
    return paper_answer(sheets_paper([sheet]), "pdf")


@desk_page
@require_http_methods(["GET", "POST"])
def paper(request: StaffRequest, desk: Desk) -> HttpResponse:
    """Which sheet is keyed in."""
    form, status = SheetForm(), 200
    if request.method == "POST":
        form, status = SheetForm(request.POST), 422
        if form.is_valid():
            try:
                token = reception.read_sheet(form.cleaned_data["code"])
                reception.check_mode(f"{token}.01", desk.incident.mode)  # type: ignore[arg-type]
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                return redirect(desk.address("paper-line", token, form.cleaned_data["line"]))
    return shown(request, desk, "paper.html", status=status, form=form)


@desk_page
@require_http_methods(["GET", "POST"])
def paper_line(request: StaffRequest, desk: Desk, token: str, line: int) -> HttpResponse:
    """A line of a sheet, and on to the next. A line that was keyed in before shows what stands."""
    try:
        sheet = reception.read_sheet(token)
        reception.check_mode(f"{sheet}.01", desk.incident.mode)  # type: ignore[arg-type]
    except WrongInput as wrong:
        raise Http404(wrong.message) from None
    if not 1 <= line <= 99:
        raise Http404("この行はありません。")
    roll = Roll(desk.incident)
    uid = str(desk.incident.uid)
    entity = f"person:{_key(uid, sheet, line)}"
    joined = roll.state.joined.get(roll.state.name_of(entity))
    before = (
        roll.state.joined.get(roll.state.name_of(f"person:{_key(uid, sheet, line - 1)}"))
        if line > 1
        else None
    )
    places = roll.shelters(desk.town.code)
    shown_now = joined or before
    presence = (shown_now.value("presence") if shown_now is not None else None) or {}
    initial = {
        "shelter": presence.get("place", places[0][0] if places else ""),
        "where": presence.get("where", ""),
        "since": _typed(presence.get("since")),
        "home": desk.town.code,
    }

    def make(data: Any, seen: Shown) -> LineForm:
        return LineForm(data, shown=seen, towns=towns_of(roll), shelters=places, initial=initial)

    def build(data: Any, _record: None) -> Sheet:
        return entity_sheet(roll, joined, entity, make, data, LineForm.GROUPS)

    def save(sent: Sheet) -> Any:
        form = sent.form
        assert isinstance(form, LineForm)
        policies.record_person(request.actor, desk.region, desk.town).require()
        data = form.cleaned_data
        values = writing.changed(form.values(), form.shown)
        stay = Stay(data["shelter"], data["where"], data["since"]).value()
        if merged(stay) != merged(form.shown.value("presence")):
            values["presence"] = stay
        if joined is None:
            if not data["name"] and not data["kana"]:
                raise WrongInput("氏名かカナを入力してください。", column="name")
            values["line"] = reception.line_of(sheet, line)
        sayings = []
        if data["same_family"] and before is not None:
            household = before.value("household") or f"household:{_key(uid, sheet, line, 'household')}"
            if not before.value("household"):
                sayings.append(Saying(before.name, "person.update", {"household": household}))
                head = {"head": before.value("name") or ""}
                sayings.append(
                    Saying(household, "household.update", {**head, "place": data["shelter"] or None})
                )
            values["household"] = household
        if values:
            seen = {name: form.shown.seen(name) for name in values}
            sayings.append(Saying(entity if joined is None else joined.name, "person.check_in", values, seen))
        if not sayings:
            return None
        return record_together(request.actor, desk.incident, sayings, via=Event.Via.PAPER, at=data["since"])

    def done(receipt: Any) -> tuple[str, str]:
        if receipt is not None and receipt.conflicts:
            messages.warning(request, DISPUTED)
        what = "記録しました" if receipt else "確かめました（変更なし）"
        said = f"【{desk.incident.get_mode_display()}】{line}行目を{what}。"
        return said, desk.address("paper-line", sheet, line + 1) if line < 99 else desk.home

    if joined is not None and request.method == "GET":
        looked_at(request, desk, [joined])
    return edit_desk(
        request, desk, f"受付簿 {reception.spelt(sheet)} の{line}行目", None, build, save, done,
        back=desk.address("paper"), save_label="記録して次の行へ",
        lead="この行は入力済みです。今の内容を示しています。" if joined else "用紙に書いてあるとおりに入力します。",
    )  # fmt: skip


def merged(presence: Any) -> Any:
    """A presence without its seconds, to be compared."""
    return {name: str(value)[:16] for name, value in presence.items()} if isinstance(presence, dict) else None


def _key(uid: str, sheet: str, line: int, extra: str = "") -> str:
    text = reception.line_of(sheet, line)
    return reception.person_id(uid, reception.Scanned("line", f"{text}{extra}", None))


def _typed(since: Any) -> Any:
    moment = datetime.fromisoformat(since) if isinstance(since, str) else None
    return timezone.localtime(moment).replace(tzinfo=None) if moment is not None else None


def _own_town(request: StaffRequest, region: Region, code: str) -> Municipality:
    town = Municipality.objects.filter(code=code, memberships__region=region).first()
    if town is None or not policies.see_person(request.actor, region, town):
        raise Http404("この市町村の受付カードは見つかりません。")
    return town
