"""Pages of the region book: its chapters for any municipalities, charts and tables to take away."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_of_each
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput
from keniki.press.csv import render_csv
from keniki.press.excel import render_xlsx
from keniki.rulebooks.indicators import catalogue

from ..book.book import Book, members_of, places_named
from ..book.comparing import compared
from ..book.document import sheet
from ..book.holdings import Place
from ..book.rows import REGION
from ..book.tables import Exhibit, entry, entry_of, sources_of

MEDIA = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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
        chapters=[
            (key, found.catalogue.themes[key].name, [each.title for each in forms_])
            for key, forms_ in found.forms.items()
        ],
        status=422 if form.errors else 200,
    )


@region_page
@require_GET
def chapter(request: StaffRequest, region: Region, chapter: str) -> HttpResponse:
    """One chapter: its exhibits with charts, tables and sources; what is missing and which file would bring it."""
    found, query = _book(request, region)
    if chapter not in found.forms:
        raise Http404("この章はありません。")
    keys = list(found.forms)
    at = keys.index(chapter)
    names = {key: found.catalogue.themes[key].name for key in keys}
    return page(
        request,
        "evidence/chapter.html",
        nav_active="evidence",
        book=found,
        query=query,
        chapter=found.chapter(chapter),
        before=(keys[at - 1], names[keys[at - 1]]) if at else None,
        after=(keys[at + 1], names[keys[at + 1]]) if at + 1 < len(keys) else None,
    )


@region_page
@require_GET
def exhibit_file(
    request: StaffRequest, region: Region, exhibit: str, number: int, format: str
) -> HttpResponse:
    """A chart of an exhibit as SVG or PNG, or its table as CSV or Excel."""
    made = _compared(region) if exhibit == "regions" else _book(request, region)[0].found(exhibit)
    if made is None or format not in MEDIA:
        raise Http404("この図表はありません。")
    answer = HttpResponse(_content(made, number, format), content_type=MEDIA[format])
    if "download" in request.GET or format in ("csv", "xlsx"):
        name = f"{made.title}.{format}"
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@region_page
@require_GET
def reckoned(request: StaffRequest, region: Region, indicator: str, code: str) -> HttpResponse:
    """How a figure of the book was reckoned: definition, formula, the published figures with their cells."""
    found, query = _book(request, region)
    if indicator not in found.catalogue:
        raise Http404("この指標はありません。")
    asked = {name: whole_number(request.GET.get(name)) for name in ("year", "earlier")}
    part = request.GET.get("part", "")
    known = found.catalogue[indicator]
    if part and part.partition(":")[0] not in known.parts:
        raise Http404("この内訳はありません。")
    values = found.values_of([indicator])
    names = {place.code: place.name for place in found.places}
    if code != REGION and code not in names:
        raise Http404("この市区町村の値はありません。")
    row = values.row(indicator, part, year=asked["year"], earlier=asked["earlier"])
    if row is None:
        raise Http404("この値はありません。")
    shown = row.total if code == REGION else row.cells.get(code)
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
            for each in values.used(indicator, part, code=code, year=asked["year"], earlier=asked["earlier"])
        ],
    )


@region_page
@require_GET
def indicators(request: StaffRequest, region: Region) -> HttpResponse:
    """All indicators of the catalogue: key, definition, formula, unit, where they are published."""
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
    every = list(Region.objects.order_by("name"))
    members = members_of_each(every)
    return compared(
        {
            each: [Place(row.municipality.code, row.municipality.name) for row in members[each.pk]]
            for each in every
        },
        region,
    )


def _asked(request: StaffRequest, region: Region) -> tuple[Book, str]:
    """The book asked for, and the query that asks for it again."""
    codes = request.GET.get("municipalities", "").strip()
    if not codes:
        return Book(members_of(region), region), ""
    places = places_named(codes)
    more = "ほか" if len(places) > 3 else ""
    title = "・".join(place.name for place in places[:3]) + more
    return Book(places, region, title=title), urlencode(
        {"municipalities": ",".join(place.code for place in places)}
    )


def _book(request: StaffRequest, region: Region) -> tuple[Book, str]:
    try:
        return _asked(request, region)
    except WrongInput as wrong:
        raise Http404(str(wrong)) from wrong


def _content(exhibit: Exhibit, number: int, format: str) -> bytes:
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
    return render_xlsx(None, [table], dated=max(days, default=timezone.now()))
