"""The chronology of an incident and the papers made of the board, as of any moment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.analysis import merging
from keniki.apps.regions.downloads import download
from keniki.apps.regions.fields import MomentField
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.csv_dialect import write_csv
from keniki.press.excel import DataSheet, render_xlsx

from ...board_words import RECORDED
from ...copying import copy_rows
from ...damage_rows import damage_form, sheet_rows
from ...models import Incident
from ...papers import situation
from ...papers.frame import paper_answer
from ...queries import incidents
from ...queries.board import Board, Known, board_of, known_places
from ...queries.board.composing import KINDS
from ...queries.chronology import ChronologyFilter, Entry, Line, chronology_of, lines_of
from ...queries.chronology_deeds import DEEDS
from ..frame import incident_page
from .entries import town_or_404
from .pages import moment_asked

#: Lines of the chronology on a page, in a file, in the situation report.
PER_PAGE: Final = 100
MOST_LINES: Final = 50_000
REPORTED: Final = 200
_COLUMNS: Final = (
    "受信日時", "記録の時刻（端末）", "市町村", "種類", "対象", "内容", "情報源", "重要", "入力者", "職",
    "代理入力", "経路",
)  # fmt: skip


class ChronologyForm(forms.Form):
    """What the chronology is narrowed by; what cannot be read narrows nothing."""

    town = forms.ChoiceField(label="市町村", required=False)
    kind = forms.ChoiceField(label="種類", required=False)
    text = forms.CharField(label="ことば", required=False, max_length=100)
    until = MomentField(label="いつまで", required=False)
    important = forms.BooleanField(label="重要なものだけ", required=False)

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["town"].choices = [("", "すべて"), *((code, each.name) for code, each in known.towns.items())]
        kinds = [(kind, f"対象：{merging.KINDS[kind].label}") for kind in KINDS]
        fields["kind"].choices = [("", "すべて"), *RECORDED.items(), *DEEDS.items(), *kinds]

    @property
    def narrowed(self) -> ChronologyFilter:
        """The filter of what could be read."""
        self.full_clean()
        data = self.cleaned_data
        return ChronologyFilter(
            data.get("town", ""),
            data.get("kind", ""),
            data.get("important", False),
            data.get("text", ""),
            until=data.get("until"),
        )


@region_page
@require_GET
def chronology(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Who recorded what, when, from which source: the newest first."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    form = ChronologyForm(request.GET, known=known)
    rows = chronology_of(incident, form.narrowed)
    pages: Paginator[Entry] = Paginator(rows, PER_PAGE)  # type: ignore[arg-type]
    shown = pages.get_page(request.GET.get("page"))
    asked = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    return incident_page(
        request,
        incident,
        "disaster/board/chronology.html",
        form=form,
        shown=shown,
        lines=lines_of(incident, list(shown), known),
        query=urlencode(asked),
    )


@region_page
@require_GET
def chronology_file(request: StaffRequest, region: Region, slug: str, form: str) -> HttpResponse:
    """The chronology as CSV or an Excel file, narrowed as the page was."""
    if form not in ("csv", "xlsx"):
        raise Http404("この形式では出力できません。")
    incident, known = incidents.incident_for(region, slug), known_places(region)
    rows = chronology_of(incident, ChronologyForm(request.GET, known=known).narrowed)[:MOST_LINES]
    cells = [_cells(line) for line in lines_of(incident, rows, known)]
    return _file(incident, "クロノロジー", form, ("区分", *_COLUMNS), cells)


@region_page
@require_GET
def report(request: StaffRequest, region: Region, slug: str, form: str) -> HttpResponse:
    """The situation report, now or of a past moment; `?since=` begins its chronology."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    at, _ = moment_asked(request, incident)
    since = _since(request)
    board, moment = board_of(incident, at=at), at or timezone.now()
    rows = chronology_of(incident, ChronologyFilter(since=since, until=at))
    lines = lines_of(incident, rows[:REPORTED], known)
    paper = situation.situation_report(
        incident, board, lines, moment=moment, since=since, more=max(rows.count() - len(lines), 0)
    )
    return paper_answer(paper, form)


@region_page
@require_GET
def damage_report(request: StaffRequest, region: Region, slug: str, form: str) -> HttpResponse:
    """The damage report of all towns, or of `?town=` alone, now or of a past moment."""
    incident = incidents.incident_for(region, slug)
    at, _ = moment_asked(request, incident)
    board, moment = board_of(incident, at=at), at or timezone.now()
    code = request.GET.get("town", "")
    wanted = [row for row in board.damage if not code or row.town == code]
    on = _day(moment)
    paper = situation.damage_report(
        incident,
        damage_form(on),
        sheet_rows(on, [row.figures for row in wanted]),
        [row.town_name for row in wanted],
        [row.as_of.words for row in wanted],
        moment=moment,
    )
    return paper_answer(paper, form, ("docx", "pdf", "xlsx"))


@region_page
@require_GET
def copy(request: StaffRequest, region: Region, slug: str, code: str, form: str) -> HttpResponse:
    """A town's values in the order of the prefecture's system, to be copied and not keyed twice."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    town = town_or_404(known, code)
    at, _ = moment_asked(request, incident)
    board, moment = board_of(incident, at=at), at or timezone.now()
    rows = copy_rows(board, code, _day(moment))
    if form == "csv":
        cells = [(incident.get_mode_display(), *row) for row in rows]
        return _file(
            incident, f"転記用の一覧_{town.name}", "csv", ("区分", "画面", "項目", "値"), cells, whole=True
        )
    return paper_answer(situation.copy_sheet(incident, rows, town.name, moment=moment), form, ("docx", "pdf"))


@region_page
@require_GET
def table(request: StaffRequest, region: Region, slug: str, name: str) -> HttpResponse:
    """A table of the board as CSV, now or of a past moment."""
    incident = incidents.incident_for(region, slug)
    at, _ = moment_asked(request, incident)
    made = _TABLES.get(name)
    if made is None:
        raise Http404("この表はありません。")
    title, head, rows = made
    return _file(incident, title, "csv", ("区分", *head), rows(board_of(incident, at=at)))


def _shelter_cells(board: Board) -> list[tuple[Any, ...]]:
    return [
        (
            row.town, row.town_name, row.name, "／".join(words for _, words in row.state_words), row.low, row.high,
            "／".join(map(str, row.counted)), row.limit, row.wanted.words, _moment(row.mark.at if row.mark else None),
        )
        for row in board.shelters
    ]  # fmt: skip


def _order_cells(board: Board) -> list[tuple[Any, ...]]:
    return [
        (
            row.town, row.town_name, row.name, "／".join(words for _, words in row.order_words), row.level or None,
            row.order.part("at"), row.order.part("by"), row.order.part("document"), row.people.value,
            _moment(row.mark.at if row.mark else None),
        )
        for row in board.ordered_districts
    ]  # fmt: skip


def _road_cells(board: Board) -> list[tuple[Any, ...]]:
    return [
        (
            row.town, row.town_name, row.name.words, row.state.words, row.reason.words, row.since.value,
            row.until.value, row.detour.words, _moment(row.mark.at if row.mark else None),
        )
        for row in board.roads
    ]  # fmt: skip


def _request_cells(board: Board) -> list[tuple[Any, ...]]:
    return [
        (
            row.town, row.town_name, row.direction.words, row.what.words, row.item.words, row.quantity.value,
            row.unit.words, row.needed_by.value, row.state.words, row.partner_name, row.promised.value,
            row.delivered.value, _moment(row.mark.at if row.mark else None),
        )
        for row in board.requests
    ]  # fmt: skip


_TABLES: Final[dict[str, tuple[str, tuple[str, ...], Any]]] = {
    "shelters": (
        "避難所の状況",
        ("団体コード", "市町村", "避難所", "状況", "避難者（最少）", "避難者（最多）", "数えた人数",
         "受け入れられる人数", "必要なもの", "更新"),
        _shelter_cells,
    ),
    "orders": (
        "避難情報",
        ("団体コード", "市町村", "地区", "避難情報", "警戒レベル", "決定の日時", "発令者", "文書・手段",
         "対象人数", "更新"),
        _order_cells,
    ),
    "roads": (
        "道路の状況",
        ("団体コード", "市町村", "路線・区間", "状況", "理由", "規制開始", "解除（見込み）", "う回路", "更新"),
        _road_cells,
    ),
    "requests": (
        "要請と申出",
        ("団体コード", "市町村", "要請・申出", "種別", "品目・内容", "数量", "単位", "必要な日時", "状況", "相手",
         "応じる数量", "届いた数量", "更新"),
        _request_cells,
    ),
}  # fmt: skip


def _cells(line: Line) -> tuple[Any, ...]:
    return (
        _moment(line.received_at), _moment(line.at), line.town, line.kind, line.title, line.told, line.source,
        "重要" if line.important else "", line.who, line.post, line.behalf, line.via,
    )  # fmt: skip


def _file(
    incident: Incident,
    title: str,
    form: str,
    head: tuple[str, ...],
    rows: list[tuple[Any, ...]],
    *,
    whole: bool = False,
) -> HttpResponse:
    """A file of rows; each row begins with the mode of the incident, and so does the name."""
    mode = incident.get_mode_display()
    cells = rows if whole else [(mode, *row) for row in rows]
    if form == "xlsx":
        content = render_xlsx(None, [DataSheet(title, head, cells)], dated=incident.began_at)
    else:
        content = write_csv([head, *cells]).data
    return download(f"{mode}_{title}_{incident.title}.{form}", content)


def _moment(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment is not None else ""


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def _since(request: StaffRequest) -> datetime | None:
    form = ChronologySince(request.GET)
    return form.cleaned_data["since"] if form.is_valid() else None


class ChronologySince(forms.Form):
    """Since when the report tells what happened."""

    since = MomentField(required=False)
