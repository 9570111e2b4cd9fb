"""Pages of the region book: its chapters for any municipalities, charts and tables to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.policies import today
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput
from keniki.press.csv import render_csv
from keniki.press.excel import render_xlsx
from keniki.rulebooks.indicators import catalogue

from ..book.book import Book, members_of, members_of_every_region, places_named
from ..book.comparing import compared
from ..book.document import sheet
from ..book.rows import REGION, Shown
from ..book.tables import Exhibit, entry, entry_of, sources_of
from ..importers.cells import ages_in
from ..queries.words import ages_shown, sex_shown

MEDIA = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


#: Members whose figures stand side by side in a table on a page; the downloads have all.
MOST_COLUMNS = 15


class MunicipalitiesForm(forms.Form):
    """Of which municipalities the book is shown."""

    municipalities = forms.CharField(
        label="ほかの市区町村で見る",
        required=False,
        max_length=2_000,
        help_text="団体コードをカンマで区切って入力します。例 01210,01209",
    )


@region_page
@require_GET
def book(request: StaffRequest, region: Region) -> HttpResponse:
    """The chapters, of the members or of municipalities typed by their codes."""
    form = MunicipalitiesForm(request.GET or None)
    try:
        found, query = _asked(request, region)
    except WrongInput as wrong:
        form.is_valid()
        form.add_error("municipalities", str(wrong))
        found, query = Book(members_of(region), region), ""
    return page(
        request,
        "evidence/book.html",
        nav_active="evidence",
        book=found,
        form=form,
        query=query,
        codes=_codes(query),
        values_at=f"of/{_codes(query)}/values",
        summary=found.summary(),
        chapters=[
            (key, found.catalogue.themes[key].name, [each.title for each in forms_])
            for key, forms_ in found.forms.items()
        ],
        status=422 if form.errors else 200,
    )


@region_page
@require_GET
def chapter(request: StaffRequest, region: Region, chapter: str, codes: str = "") -> HttpResponse:
    """One chapter: its exhibits with charts, tables and sources; what is missing and which file would bring it.

    The codes of other municipalities stand in the address, so that the links of a table can be short.
    """
    found, query = _book(request, region, codes)
    if query and not codes:
        return redirect("evidence:book-chapter-of", region.slug, _codes(query), chapter)
    if chapter not in found.forms:
        raise Http404("この章はありません。")
    keys = list(found.forms)
    at = keys.index(chapter)
    names = {key: found.catalogue.themes[key].name for key in keys}
    columns = _columns(found, whole_number(request.GET.get("columns")))
    made = found.chapter(chapter)
    return page(
        request,
        "evidence/chapter.html",
        nav_active="evidence",
        book=found,
        query=query,
        chapter=replace(made, exhibits=tuple(_cut(each, columns) for each in made.exhibits)),
        columns=columns,
        values_at="../values",
        before=(keys[at - 1], names[keys[at - 1]]) if at else None,
        after=(keys[at + 1], names[keys[at + 1]]) if at + 1 < len(keys) else None,
    )


@dataclass(frozen=True)
class Columns:
    """Members that stand side by side in a wide table, from one name to another."""

    number: int
    members: range
    first: str
    last: str
    shown: bool


def _columns(book: Book, asked: int | None) -> list[Columns]:
    """The members in groups for tables in which each is a column; empty where all fit beside each other."""
    names = [place.name for place in book.members]
    if len(names) <= MOST_COLUMNS:
        return []
    groups = [
        range(start, min(start + MOST_COLUMNS, len(names))) for start in range(0, len(names), MOST_COLUMNS)
    ]
    chosen = asked if asked and asked <= len(groups) else 1
    return [
        Columns(number, group, names[group[0]], names[group[-1]], number == chosen)
        for number, group in enumerate(groups, 1)
    ]


def _cut(exhibit: Exhibit, columns: Sequence[Columns]) -> Exhibit:
    shown = next((group.members for group in columns if group.shown), None)
    if exhibit.table is None or shown is None:
        return exhibit
    return replace(exhibit, table=exhibit.table.of_members(shown))


@region_page
@require_GET
def exhibit_file(
    request: StaffRequest, region: Region, exhibit: str, number: int, format: str
) -> HttpResponse:
    """A chart of an exhibit as SVG or PNG, or its table as CSV or Excel."""
    made = _compared(region) if exhibit == "regions" else _book(request, region)[0].found(exhibit)
    return file_of(request, made, number, format)


def file_of(
    request: StaffRequest, made: Exhibit | None, number: int, format: str, dated: datetime | None = None
) -> HttpResponse:
    """A chart of an exhibit as SVG or PNG, or its table; 404 where there is none.

    `dated` stands in an Excel file where the exhibit has no editions of its own.
    """
    if made is None or format not in MEDIA:
        raise Http404("この図表はありません。")
    answer = HttpResponse(_content(made, number, format, dated), content_type=MEDIA[format])
    if "download" in request.GET or format in ("csv", "xlsx"):
        name = f"{made.title}.{format}"
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@region_page
@require_GET
def reckoned(
    request: StaffRequest, region: Region, indicator: str, code: str, codes: str = ""
) -> HttpResponse:
    """How a figure of the book was reckoned: definition, formula, the published figures with their cells."""
    found, query = _book(request, region, codes)
    if indicator not in found.catalogue:
        raise Http404("この指標はありません。")
    asked = {name: whole_number(request.GET.get(name)) for name in ("year", "earlier")}
    part = request.GET.get("part", "")
    known = found.catalogue[indicator]
    if part and part.partition(":")[0] not in known.parts:
        raise Http404("この内訳はありません。")
    age = ages_in(request.GET.get("age", ""))
    values = found.values_of([indicator], by_age=[indicator] if age and age[0] is not None else ())
    names = {place.code: place.name for place in found.places}
    if code != REGION and code not in names:
        raise Http404("この市区町村の値はありません。")
    row = values.row(indicator, part, year=asked["year"], earlier=asked["earlier"])
    if row is None:
        raise Http404("この値はありません。")
    shown = row.total if code == REGION else row.cells.get(code)
    used = values.used(indicator, part, code=code, year=asked["year"], earlier=asked["earlier"])
    of_whom = ""
    if age is not None and age[0] is not None:
        sex = request.GET.get("sex", "")
        edition = whole_number(request.GET.get("edition")) or 0
        used = values.classes(indicator, asked["year"] or 0, edition, sex, (age[0], age[1]), code)
        if not used:
            raise Http404("この値はありません。")
        shown = Shown(sum(each.held.value or 0.0 for each in used))
        of_whom = "・".join(filter(None, (sex_shown(sex), ages_shown(*age))))
        row = replace(row, year=used[0].line.year, earlier=None, editions=(used[0].edition,), why_no_total="")
    return page(
        request,
        "evidence/reckoned.html",
        nav_active="evidence",
        book=found,
        query=query,
        row=row,
        place=names.get(code, found.title),
        cell=entry(shown, known.decimals),
        source=sources_of(row.editions),
        weight=found.catalogue[known.weight].name if known.weight else "",
        used=[
            (each, names[each.code], found.catalogue[each.line.of].name, entry_of(each, found.catalogue))
            for each in used
        ],
        of_whom=of_whom,
    )


@region_page
@require_GET
def indicators(request: StaffRequest, region: Region) -> HttpResponse:
    """All indicators of the catalogue: key, definition, formula, unit, direction, where they are published."""
    book = catalogue(today())
    return page(
        request,
        "evidence/indicators.html",
        nav_active="evidence",
        rows=[
            (
                each,
                book.themes[each.theme].name,
                book.unit_label(each.id),
                [book.file_of(published) for published in each.published],
                list(dict.fromkeys(book[term.of].name for term in book.needs(each.id) if term.of != each.id)),
            )
            for each in book
        ],
    )


@region_page
@require_GET
def regions(request: StaffRequest, region: Region) -> HttpResponse:
    """This region beside all others of the installation, the prefecture and the nation, by official figures."""
    return page(request, "evidence/regions.html", nav_active="evidence", exhibit=_compared(region))


def _compared(region: Region) -> Exhibit | None:
    return compared(members_of_every_region(), region)


def _asked(request: StaffRequest, region: Region, codes: str = "") -> tuple[Book, str]:
    """The book asked for, in the address or by the query, and the query that asks for it again."""
    codes = codes or request.GET.get("municipalities", "").strip()
    if not codes:
        return Book(members_of(region), region), ""
    places = places_named(codes)
    return Book(places, region), f"municipalities={','.join(place.code[:5] for place in places)}"


def _codes(query: str) -> str:
    return query.partition("=")[2]


def _book(request: StaffRequest, region: Region, codes: str = "") -> tuple[Book, str]:
    try:
        return _asked(request, region, codes)
    except WrongInput as wrong:
        raise Http404(str(wrong)) from wrong


def _content(exhibit: Exhibit, number: int, format: str, dated: datetime | None) -> bytes:
    if format in ("svg", "png"):
        if not 1 <= number <= len(exhibit.charts):
            raise Http404("この図はありません。")
        chart = exhibit.charts[number - 1]
        return chart.svg() if format == "svg" else chart.png()
    if exhibit.table is None:
        raise Http404("この表はありません。")
    table = sheet(exhibit)
    if format == "csv":
        return render_csv(table).data
    days = [row.imported_at for row in exhibit.editions]
    return render_xlsx(None, [table], dated=max(days, default=dated or timezone.now()))
