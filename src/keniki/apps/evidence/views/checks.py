"""The page that checks the sources (出典の検算): stored tables and figures typed from a document."""

from __future__ import annotations

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on

from .. import checking

#: Findings of a check on each of its own pages.
PER_PAGE = 100


class LinesForm(forms.Form):
    """Figures of a document and what should follow from them, one a line."""

    lines = forms.CharField(
        label="数値と式",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="1行に1つ、「名前 = 値」と「計 = 式」を入力します。式には + - * / ( ) と sum(名前/*)、"
        "= の代わりに < <= > >= が使えます。記号や空白を含む名前は、式の中では { } で囲みます。",
    )

    def findings(self) -> list[checking.TypedFinding]:
        """What can be checked, the worst first; a line that cannot be read is an error of the form."""
        found, wrong = checking.check_lines(self.cleaned_data["lines"])
        for one in wrong:
            self.add_error("lines", f"{one.line}行目：{one.message}")
        return checking.worst_first(found)


@region_page
@require_http_methods(["GET", "POST"])
def checks(request: StaffRequest, region: Region) -> HttpResponse:
    """What the rule book's checks find in the members' figures; lines that were typed are checked and not kept."""
    form = LinesForm(request.POST if request.method == "POST" else None)
    typed = form.findings() if form.is_bound and form.is_valid() else []
    towns = [row.municipality for row in members_on(region)]
    sections = checking.kept_sections(region, towns)
    chosen = next((each for each in sections if each.id == request.GET.get("check")), None)
    verdict = request.GET.get("verdict", "")
    found = Paginator(chosen.of(verdict), PER_PAGE).get_page(request.GET.get("page")) if chosen else None
    return page(
        request,
        "evidence/checks.html",
        nav_active="evidence",
        form=form,
        typed=typed,
        sections=sections,
        totals=checking.totals(sections),
        chosen=chosen,
        tabs=_tabs(chosen, verdict) if chosen else [],
        found=found,
        status=422 if form.errors else 200,
    )


def _tabs(section: checking.Section, verdict: str) -> list[dict[str, object]]:
    """The verdicts of a check, each with its number, and all of them."""
    every = [("", "すべて", len(section.found)), *section.by_verdict]
    return [
        {
            "label": words,
            "number": number,
            "url": f"?{urlencode({'check': section.id, 'verdict': slug} if slug else {'check': section.id})}",
            "current": verdict == slug,
        }
        for slug, words, number in every
    ]
