"""Two versions compared: 新旧対照表 and 見え消し as pages and Word files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from keniki.apps.compacts import queries
from keniki.apps.compacts.comparison import ComparedRow, compare_versions, comparison_blocks, tracked_blocks
from keniki.apps.compacts.models import Agreement, AgreementVersion
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.press import blocks as b
from keniki.press.word import render_docx

FORMS = {"table": "新旧対照表", "tracked": "見え消し"}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Compared:
    """The two versions, named as heads of columns, and the rows."""

    old: AgreementVersion
    new: AgreementVersion
    old_title: str
    new_title: str
    rows: list[ComparedRow]


@region_page
@require_GET
def compare(request: StaffRequest, region: Region, agreement: str, form: str) -> HttpResponse:
    """Compare the versions named by `old` and `new`; `whole=1` shows unchanged parts too."""
    found = queries.agreement(region, agreement)
    if form not in FORMS:
        raise Http404("この比較はありません。")
    compared = _compared(request, found)
    whole = form == "tracked" or request.GET.get("whole") == "1"
    query = f"?old={compared.old.pk}&new={compared.new.pk}"
    address = reverse("compacts:compare", args=[region.slug, found.slug, form])
    return page(
        request,
        "compacts/compare.html",
        nav_active="agreements",
        agreement=found,
        compared=compared,
        form=form,
        title=FORMS[form],
        rows=compared.rows if whole else [row for row in compared.rows if row.changed],
        changed=sum(row.changed for row in compared.rows),
        whole=whole,
        choices=_choices(found),
        address=address,
        tabs=[
            {
                "label": label,
                "url": reverse("compacts:compare", args=[region.slug, found.slug, key]) + query,
                "current": key == form,
            }
            for key, label in FORMS.items()
        ],
        download=reverse("compacts:compare-word", args=[region.slug, found.slug, form]) + query,
    )


@region_page
@require_GET
def compare_word(request: StaffRequest, region: Region, agreement: str, form: str) -> HttpResponse:
    """The same comparison as a Word file."""
    found = queries.agreement(region, agreement)
    if form not in FORMS:
        raise Http404("この比較はありません。")
    compared = _compared(request, found)
    document = comparison_document(region, found, compared, form)
    return download(f"{found.title}_{FORMS[form]}.docx", render_docx(document))


def comparison_document(region: Region, agreement: Agreement, compared: Compared, form: str) -> b.Document:
    """新旧対照表 or 見え消し as a document for press."""
    title = f"{agreement.title}　{FORMS[form]}"
    body = (
        comparison_blocks(compared.rows, old_title=compared.old_title, new_title=compared.new_title)
        if form == "table"
        else tracked_blocks(compared.rows)
    )
    return b.Document(
        title=title,
        blocks=(
            b.Paragraph(title, role="title", align="center"),
            b.Paragraph(f"{compared.old_title} → {compared.new_title}", role="small", align="right"),
            *body,
        ),
        dated=_changed(compared),
        fictional=region.fictional,
        draft_mark=None if compared.new.frozen else "(案)",
        landscape=form == "table",
        style="formal",
    )


def _changed(compared: Compared) -> datetime:
    return max(compared.old.changed_at, compared.new.changed_at)


def _compared(request: StaffRequest, agreement: Agreement) -> Compared:
    choices = _choices(agreement)
    by_key = {str(version.pk): (version, title) for version, title in choices}
    keys = [request.GET.get("old", ""), request.GET.get("new", "")]
    if not all(key in by_key for key in keys):
        raise Http404("比較する版が見つかりません。")
    (old, old_title), (new, new_title) = by_key[keys[0]], by_key[keys[1]]
    if old.agreement_id != new.agreement_id:
        old_title, new_title = "現行", "変更後" if new.frozen else "変更後（案）"
    names = queries.towns_by_code(agreement)
    rows = compare_versions(queries.version_text(old, names), queries.version_text(new, names))
    return Compared(old, new, old_title, new_title, rows)


def _choices(agreement: Agreement) -> list[tuple[AgreementVersion, str]]:
    """Versions of the agreement, of the one it amends and of its amendments, with names for the columns."""
    family = [agreement, *([agreement.amends] if agreement.amends else []), *agreement.amendments.all()]
    found = []
    for each in family:
        for version in (
            AgreementVersion.objects.filter(agreement=each)
            .order_by("number")
            .prefetch_related("annex_items__measures", "annex_items__roles")
        ):
            whose = "" if each == agreement else f"{each.title} "
            found.append((version, f"{whose}第{version.number}版{'' if version.frozen else '（案）'}"))
    return found
