"""The papers of joint costs as files, for everybody who works in the region."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page

from .. import papers
from ..queries import explaining
from ..queries import papers as queries

#: Papers to read and change, and tables.
TEXTS = ("docx", "pdf")
TABLES = ("xlsx", "pdf")


@region_page
@require_GET
def explanation(
    request: StaffRequest, region: Region, slug: str, year: int, number: int, code: str, form: str
) -> HttpResponse:
    """The page for one town's assembly."""

    def made() -> papers.Paper:
        decided = queries.decided(region, slug, year, number)
        return papers.explanation(explaining.explained(decided, decided.town(code)))

    return _file(form, TEXTS, made)


@region_page
@require_GET
def calculation(
    request: StaffRequest, region: Region, slug: str, year: int, number: int, form: str
) -> HttpResponse:
    """How the shares of a decision were reckoned."""
    return _file(form, TABLES, lambda: papers.calculation(queries.decided(region, slug, year, number)))


@region_page
@require_GET
def request_letter(
    request: StaffRequest, region: Region, slug: str, year: int, number: int, code: str, form: str
) -> HttpResponse:
    """The share made known to one town."""

    def made() -> papers.Paper:
        decided = queries.decided(region, slug, year, number)
        return papers.request_letter(decided, decided.town(code))

    return _file(form, TEXTS, made)


@region_page
@require_GET
def notice(request: StaffRequest, region: Region, year: int, number: int, form: str) -> HttpResponse:
    """The notice of an assessment with calculation and clause."""
    return _file(form, TEXTS, lambda: papers.notice(queries.bill(region, year, number)))


@region_page
@require_GET
def dunning_letter(
    request: StaffRequest, region: Region, year: int, number: int, nth: int, form: str
) -> HttpResponse:
    """The `nth` letter that asks for what was not paid of an assessment."""

    def made() -> papers.Paper:
        assessment, letter = queries.dunning(region, year, number, nth)
        return papers.dunning_letter(queries.read(assessment.allocation), assessment, letter)

    return _file(form, TEXTS, made)


def _file(form: str, forms: tuple[str, ...], made: Callable[[], papers.Paper]) -> HttpResponse:
    if form not in forms:
        raise Http404("この形式では出力できません。")
    paper = made()
    return download(f"{paper.name}.{form}", paper.render(form))
