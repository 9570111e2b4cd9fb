"""The page that shows a region's forecast beside other regions, prefecture and nation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET

from keniki.analysis.population import STEP
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.errors import WrongInput

from ..book.book import members_of_every_region, places_named
from ..book.holdings import Place
from ..book.tables import Exhibit
from ..futures.exhibits import beside
from ..futures.forms import AT, FURTHEST, PUBLISHED, USUAL, Choices
from ..futures.making import Wanted
from ..futures.neighbours import Neighbours, neighbours
from ..models import Forecast
from ..queries.forecasts import choices as choices_of
from .book import file_of


class NeighboursForm(forms.Form):
    """From which census, by which model, until when, and which municipalities beside; what is left out is as usual."""

    base = forms.ChoiceField(label="基準人口")
    model = forms.ChoiceField(label="推計の方法")
    until = forms.TypedChoiceField(label="推計する最後の年", coerce=int)
    others = forms.CharField(
        label="並べる市区町村",
        required=False,
        max_length=2_000,
        help_text="団体コードをカンマで区切って入力します。5つまでは1つずつ、6つ以上は合わせて示します。",
    )

    def __init__(self, asked: QueryDict, choices: Choices) -> None:
        newest = choices.censuses[-1]
        usual = {"base": f"census{newest}", "model": Forecast.Model.NET.value, "until": str(newest + USUAL)}
        super().__init__(usual | {name: asked[name] for name in asked})
        own = [(value, label) for value, label in Forecast.Model.choices if value != Forecast.Model.PUBLISHED]
        published = [(f"{PUBLISHED}{slug}", f"公表推計の再現：{title}") for slug, title in choices.published]
        bases = [(f"census{year}", f"{year}年 国勢調査") for year in reversed(choices.censuses)]
        years = range(choices.censuses[0] + STEP, newest + FURTHEST + 1, STEP)
        offered = {
            "base": bases,
            "model": [*own, *published],
            "until": [(year, f"{year}年") for year in years],
        }
        for name, pairs in offered.items():
            self.fields[name].choices = pairs  # type: ignore[attr-defined]

    def clean_others(self) -> tuple[Place, ...]:
        """The municipalities typed."""
        typed = self.cleaned_data["others"].strip()
        try:
            return tuple(places_named(typed)) if typed else ()
        except WrongInput as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean(self) -> dict[str, Any]:
        """The last year comes after the base."""
        data = super().clean() or {}
        year = int(data.get("base", "census0").removeprefix("census"))
        if data.get("until") is not None and data["until"] <= year:
            self.add_error("until", f"基準の{year}年より後の年にしてください。")
        return data

    @property
    def wanted(self) -> Wanted:
        """The forecast asked for, of no places yet."""
        model, _, published = self.cleaned_data["model"].partition(":")
        return Wanted((), self.cleaned_data["base"], model, self.cleaned_data["until"], published)


@region_page
@require_GET
def futures_neighbours(request: StaffRequest, region: Region) -> HttpResponse:
    """The unchanged forecast of the region beside others: indices, shares of age, values."""
    choices = choices_of(region)
    form = NeighboursForm(request.GET, choices) if choices.censuses else None
    found = _found(region, form) if form is not None and form.is_valid() else None
    return page(
        request,
        "evidence/futures/neighbours.html",
        nav_active="evidence",
        form=form,
        found=found,
        exhibits=_exhibits(found),
        query=request.GET.urlencode(),
        files_at=reverse("evidence:futures-neighbours", args=[region.slug]),
        status=422 if form is not None and form.errors else 200,
    )


@region_page
@require_GET
def neighbours_file(
    request: StaffRequest, region: Region, exhibit: str, number: int, format: str
) -> HttpResponse:
    """A chart of the page as SVG or PNG, or the table as CSV or Excel."""
    choices = choices_of(region)
    form = NeighboursForm(request.GET, choices) if choices.censuses else None
    found = _found(region, form) if form is not None and form.is_valid() else None
    if found is None:
        raise Http404("この図表はありません。")
    made = next((each for each in _exhibits(found) if each.id == exhibit), None)
    return file_of(request, made, number, format)


def _found(region: Region, form: NeighboursForm) -> Neighbours | None:
    """What the form asks for; what the forecast refuses is an error of the form."""
    try:
        return neighbours(region, members_of_every_region(), form.wanted, form.cleaned_data["others"])
    except WrongInput as wrong:
        form.add_error(AT.get(wrong.column or ""), wrong.message)
        return None


def _exhibits(found: Neighbours | None) -> list[Exhibit]:
    return [] if found is None else beside(found.named)
