"""The form of a file of opening stock: first shown, then registered."""

from __future__ import annotations

from django import forms

from .records import TokenForm


class StockFileForm(forms.Form):
    """The file."""

    file = forms.FileField(label="在庫のCSV", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))


class StockTextForm(TokenForm):
    """What was shown, to be registered as it is."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=1_000_000, strip=False)
    name = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)
