"""The forms of a region's own training case: its facts, what is seen of the house, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from django import forms

from keniki.analysis.damage.inputs import House
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES, SURVEYS

from ..actions.training_cases import CaseDraft
from ..models import TrainingCase
from .training import PartRow, SeenForm, seen_initial

#: What of a survey the form asks for; anything else a file said of a case stays as it is.
_ASKED: Final = frozenset(
    {
        "date", "structure", "hazard", "survey", "storeys", "detached", "external_force", "washed_away",
        "below_floor", "depths_above_floor_m", "depth_above_floor_m", "collapsed", "tilt_mm", "plumb_mm",
        "settlement_m", "sunk_to", "lost_floor_share", "revision_2025_half", "parts",
    }
)  # fmt: skip
_FACTS: Final = ("date", "structure", "hazard", "survey", "storeys", "detached", "external_force")


class FactsForm(forms.Form):
    """What kind of house a case is about: the form of the survey follows from it."""

    date = forms.DateField(
        label="災害の日",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="この日の判定の規則によります。",
    )
    structure = forms.ChoiceField(label="構造", choices=list(STRUCTURES.items()))
    hazard = forms.ChoiceField(label="災害の種類", choices=list(HAZARDS.items()))
    survey = forms.ChoiceField(label="調査", choices=list(SURVEYS.items()))
    storeys = forms.IntegerField(label="階数", min_value=1, max_value=60)
    detached = forms.BooleanField(label="戸建て", required=False)
    external_force = forms.BooleanField(
        label="水流や漂流物など、外力による損傷がある", required=False, help_text="水害のときだけ使います。"
    )

    def facts(self) -> dict[str, Any]:
        """The facts as `read_house` takes them."""
        data = self.cleaned_data
        found = {name: data[name] for name in _FACTS} | {"date": data["date"].isoformat()}
        if data["hazard"] != "flood":
            del found["external_force"]
        return found


def facts_of(survey: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a stored survey."""
    return {name: survey[name] for name in _FACTS if survey.get(name) is not None}


class CaseForm(SeenForm):
    """A case: what the assessors read, and what is seen of the house. The answer is reckoned from it."""

    title = forms.CharField(label="名称", max_length=160)
    text = forms.CharField(
        label="見えるもの",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="参加者が読む説明です。損傷の場所と広さ、測った値を書きます。区分や損害割合は書きません。",
    )
    trap = forms.CharField(
        label="間違えやすいところ",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="採点と一緒に示します。",
    )

    def __init__(self, *args: Any, house: House, parts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, house=house, parts=parts, **kwargs)
        self.order_fields(["title", "text", "trap"])

    def draft(
        self, facts: Mapping[str, Any], seen: Mapping[str, Any], case: TrainingCase | None
    ) -> CaseDraft:
        """The case that was typed; what only a file can say of it stays."""
        data = self.cleaned_data
        kept = {key: value for key, value in case.survey.items() if key not in _ASKED} if case else {}
        return CaseDraft(data["title"], data["text"], data["trap"], {**kept, **facts, **seen})


class CasePartRow(PartRow):
    """Damage of a part; its loss is reckoned."""

    written = None  # type: ignore[assignment]


def case_initial(case: TrainingCase | None) -> dict[str, Any]:
    """The values a case's form begins with."""
    if case is None:
        return {}
    names = ("title", "text", "trap", "version")
    return seen_initial(case.survey) | {name: getattr(case, name) for name in names}


class PictureForm(forms.Form):
    """A picture of a case."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label="写真",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "data-preview": ""}),
        help_text="位置情報などの撮影の記録は、保存する前に取り除きます。人や表札、番地の写った写真は使わないでください。",
    )
    caption = forms.CharField(
        label="写っているもの",
        max_length=200,
        help_text="例：北側の外壁。幅1mmのひびが3本ある。画面を読み上げる方にも伝わるように書きます。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("uid", uuid4())
