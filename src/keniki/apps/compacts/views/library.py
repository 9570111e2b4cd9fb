"""Other regions: the table of Hokkaido, the comparison, the library of practices, fields others work in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from keniki.apps.compacts.forms.library import GapsForm, PracticesForm
from keniki.apps.compacts.queries import others
from keniki.apps.compacts.queries.fields import field_names
from keniki.apps.programmes import library
from keniki.apps.programmes.catalogue import search_practices
from keniki.apps.programmes.library import COLUMNS_FILE, Criterion, Filled
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Region, RegionProgramme
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import evidence_titles
from keniki.rulebooks.programmes import PolicyField, policy_fields
from keniki.rulebooks.programmes.catalogue import (
    Practice,
    fields_of_hokkaido,
    hub_regions,
    practices,
    region_counts,
    similarity,
)

_NAV = "initiatives"


@region_page
@require_GET
def practice_library(request: StaffRequest, region: Region) -> HttpResponse:
    """Practices by words, field and source."""
    rule = practices(regions.today())
    library_rows = rule.value.practices
    names = field_names(keep=sorted({key for row in library_rows for key in row.fields}))
    titles = evidence_titles()
    form = PracticesForm(request.GET or None, practices=library_rows, names=names, titles=titles)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = search_practices(
        library_rows,
        given.get("words", ""),
        field=given.get("field") or None,
        evidence=given.get("source") or None,
    )
    return page(
        request,
        "compacts/library_practices.html",
        nav_active=_NAV,
        form=form,
        filtered=any(given.values()),
        rows=[(row, [names.get(key, key) for key in row.fields], _titles(row, titles)) for row in rows],
        rule=rule,
    )


@region_page
@require_GET
def table(request: StaffRequest, region: Region) -> HttpResponse:
    """The 13 regions of Hokkaido as printed, with the columns that somebody read in their visions."""
    rule, fields = fields_of_hokkaido(regions.today()), _fields()
    filled, wrong = _filled()
    rows = [
        (row, filled.get(row.number), [filled[row.number].cells.get(field.key, "") for field in fields])
        if row.number in filled
        else (row, None, [])
        for row in rule.value.regions
    ]
    labels = {key: str(word) for key, word in RegionProgramme.Programme.choices}
    return page(
        request,
        "compacts/library_table.html",
        nav_active=_NAV,
        rows=rows,
        fields=fields,
        number_of_fields=len(fields),
        catalogue=rule.value,
        rule=rule,
        counts=[
            (row, labels.get(row.programme, row.programme))
            for row in region_counts(regions.today()).value.counts
        ],
        counts_rule=region_counts(regions.today()),
        columns_file=COLUMNS_FILE,
        wrong=wrong,
        may_fill=request.actor.operator,
    )


@region_page
@require_GET
def comparison(request: StaffRequest, region: Region) -> HttpResponse:
    """The designated cities of the paper beside the regions of this installation."""
    rule = hub_regions(regions.today())
    rows = others.compared(others.shown_beside(region), region)
    rows += [others.printed(row, rule.value.programme) for row in rule.value.comparison]
    labels = {key: str(word) for key, word in RegionProgramme.Programme.choices}
    return page(
        request,
        "compacts/library_comparison.html",
        nav_active=_NAV,
        rows=[(row, labels.get(row.programme, row.programme)) for row in rows],
        rule=rule,
    )


@region_page
@require_GET
def gaps(request: StaffRequest, region: Region) -> HttpResponse:
    """Fields that regions like ours work in and we do not, with who does what."""
    form = GapsForm(request.GET or None)
    wanted = [Criterion.PROGRAMME]
    if form.is_bound and form.is_valid():
        wanted = [Criterion(each) for each in form.cleaned_data["by"]]
    classes = similarity(regions.today())
    assert classes.value.similarity is not None
    own, *beside = others.neighbours(others.shown_beside(region))
    table_rule = fields_of_hokkaido(regions.today())
    filled, wrong = _filled()
    beside += [
        library.of_the_table(row, table_rule.value.programme, filled.get(row.number))
        for row in table_rule.value.regions
        if row.name != region.name
    ]
    alike = [library.likeness(own, other, classes.value.similarity) for other in beside]
    chosen = [each for each in alike if each.holds(wanted)]
    fields = _fields_with([own, *(each.neighbour for each in chosen)])
    found = library.gaps_among(set(own.fields or {}), fields, [each.neighbour for each in chosen])
    examples = practices(regions.today()).value.practices
    return page(
        request,
        "compacts/library_gaps.html",
        nav_active=_NAV,
        form=form,
        own=own,
        own_fields=[field_names(keep=[key])[key] for key in own.fields or {}],
        gaps=[(gap, sum(gap.field.key in row.fields for row in examples)) for gap in found],
        alike=[_explained(each, wanted) for each in alike],
        criteria=list(Criterion),
        compared=len(chosen),
        rule=classes,
        wrong=wrong,
    )


def _fields() -> tuple[PolicyField, ...]:
    return policy_fields("teiju", regions.today()).value.fields


def _fields_with(found: list[library.Neighbour]) -> list[PolicyField]:
    """The fields of 定住自立圏 in their order, then others that somebody works in."""
    fields = list(_fields())
    used = dict.fromkeys(key for each in found for key in each.fields or {})
    names = field_names(keep=used)
    known = {field.key for field in fields}
    return fields + [PolicyField(key=key, name=names[key]) for key in used if key not in known]


def _filled() -> tuple[dict[int, Filled], WrongInput | None]:
    rows = fields_of_hokkaido(regions.today()).value.regions
    try:
        return library.stored_columns(settings.HOME.root, rows, _fields()), None
    except WrongInput as wrong:
        return {}, wrong


def _titles(row: Practice, titles: Any) -> list[str]:
    return [titles[label] for label in row.evidence]


def _explained(each: library.Likeness, wanted: list[Criterion]) -> dict[str, Any]:
    return {
        "neighbour": each.neighbour,
        "verdicts": [(criterion.label, each.verdicts[criterion]) for criterion in Criterion],
        "compared": each.holds(wanted),
        "unknown": each.neighbour.fields is None,
    }
