"""Forms of the document pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from keniki.apps.compacts.models import Agreement, Declaration, Vision
from keniki.apps.evidence.book.book import places_named
from keniki.apps.evidence.models import Forecast
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table_with_western

from . import queries


class ResultsForm(forms.Form):
    """Which years a results report covers."""

    programme = forms.ChoiceField(label="制度")
    first = forms.TypedChoiceField(label="最初の年度", coerce=int)
    last = forms.TypedChoiceField(label="最後の年度", coerce=int)

    def __init__(self, *args: Any, region: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programmes = list(region.programmes.all())
        years = [(int(year), format_table_with_western(year)) for year in queries.report_years(region)]
        for name in ("first", "last"):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = years
        choices = forms.ChoiceField(
            label="制度", choices=[(p.programme, p.get_programme_display()) for p in programmes]
        )
        self.fields["programme"] = choices
        if programmes and not self.is_bound:
            newest = max(programmes, key=lambda p: (p.last_fiscal_year is not None, p.valid.lower))
            self.initial.setdefault("programme", newest.programme)
            if newest.first_fiscal_year:
                self.initial.setdefault("first", newest.first_fiscal_year)
            self.initial.setdefault("last", newest.last_fiscal_year or int(FiscalYear.of(today())))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "最初の年度より後の年度を入力してください。")
        if first and last and last - first > 19:
            self.add_error("last", "一度に作成できるのは20年度分までです。")
        return cleaned

    def parameters(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"first": data["first"], "last": data["last"], "programme": data["programme"]}


class RecordForm(forms.Form):
    """Which agreement, declaration or vision to print."""

    slug = forms.ChoiceField(label="対象")
    MODELS: ClassVar[dict[str, Any]] = {"agreement": Agreement, "declaration": Declaration, "vision": Vision}

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.MODELS[kind].objects.all()
        if kind == "agreement":
            rows = rows.filter(versions__isnull=False).distinct()
        self.fields["slug"] = forms.ChoiceField(label="対象", choices=[(row.slug, str(row)) for row in rows])

    def parameters(self) -> dict[str, Any]:
        return {"slug": self.cleaned_data["slug"]}


class ProfileForm(forms.Form):
    """Of which municipalities a book is made: the region's members, or others."""

    municipalities = forms.CharField(
        label="対象の市区町村",
        required=False,
        max_length=2_000,
        help_text="空のときは構成市町村です。ほかの市区町村で作るときは、団体コードをカンマで区切って入力します。",
    )

    def clean_municipalities(self) -> str:
        typed: str = self.cleaned_data["municipalities"]
        if not typed.strip():
            return ""
        try:
            return ",".join(place.code for place in places_named(typed))
        except WrongInput as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def parameters(self) -> dict[str, Any]:
        codes = self.cleaned_data["municipalities"]
        return {"municipalities": codes} if codes else {}


class FutureForm(forms.Form):
    """Of which forecast a document is made: of those that were reckoned."""

    forecast = forms.TypedChoiceField(label="将来推計", coerce=int)

    def __init__(self, *args: Any, region: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(Forecast.objects.filter(region=region, results__isnull=False).distinct())
        found = [(row.pk, f"{row.title}（{row.until}年まで）") for row in rows]
        field = self.fields["forecast"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = found
        if not found:
            field.help_text = "計算の済んだ将来推計がありません。統計の「将来推計」で推計を計算してください。"
        shown = next((row.pk for row in rows if row.shown_in_book), None)
        self.initial.setdefault("forecast", shown)

    def parameters(self) -> dict[str, Any]:
        return {"forecast": self.cleaned_data["forecast"]}


class InquiryForm(forms.Form):
    """Until when the towns should answer."""

    due_on = forms.DateField(label="回答期限", widget=forms.DateInput(attrs={"type": "date"}))
