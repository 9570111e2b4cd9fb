"""The form of a hazard layer."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField

from ..actions.hazards import LayerDraft
from ..models import Hazard, HazardLayer


class LayerForm(VersionedForm):
    """A layer and the file of its polygons; without a file those it has stay."""

    hazard = forms.ChoiceField(label="災害種別", choices=[("", "選んでください"), *Hazard.choices])
    title = forms.CharField(
        label="名称", max_length=160, help_text="例：石狩川洪水浸水想定区域（想定最大規模）"
    )
    source_text = forms.CharField(
        label="出典", max_length=300, help_text="公表した機関、資料の名称。画面と帳票に必ず表示します。"
    )
    published_on = DayField(label="公表日", required=False)
    file = forms.FileField(
        label="GeoJSONのファイル",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".geojson,.json"}),
        help_text="多角形（Polygon・MultiPolygon）、経度・緯度は世界測地系。浸水深は国土数値情報の区分コードか、"
        "「浸水深」の列から読みます。",
    )
    note = forms.CharField(
        label="備考", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, layer: HazardLayer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if layer is None:
            self.fields["file"].required = True
        else:
            self.fields["file"].label = "新しいGeoJSONのファイル"
            self.fields["file"].help_text = "選ぶと、いまの区域をすべて置き換えます。"

    def draft(self) -> LayerDraft:
        data = self.cleaned_data
        names = ("hazard", "title", "source_text", "published_on", "note")
        return LayerDraft(**{name: data[name] for name in names})


def layer_initial(layer: HazardLayer | None) -> dict[str, Any]:
    """The values a layer's form begins with."""
    if layer is None:
        return {}
    names = ("hazard", "title", "source_text", "published_on", "note", "version")
    return {name: getattr(layer, name) for name in names}
