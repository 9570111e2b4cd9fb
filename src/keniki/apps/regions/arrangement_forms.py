"""Forms about joint arrangements that exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from .arrangements import UNKNOWN_FORM, field_labels, legal_forms
from .editing import VersionedForm
from .forms import MunicipalityField, day
from .models import Arrangement, Milestone, Municipality, Organisation

_LINES = forms.Textarea(attrs={"rows": 3})
_LONGEST = 200


def form_choices(keep: str = "") -> list[tuple[str, str]]:
    """The legal forms with their articles; `keep` stays to choose from."""
    found = {
        form.key: f"{form.name}（{form.article}）" if form.article else form.name
        for form in legal_forms().values()
    }
    if keep:
        found.setdefault(keep, keep)
    return [("", UNKNOWN_FORM), *found.items()]


def _lines(value: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in value.splitlines() if line.strip()))


class ArrangementForm(VersionedForm):
    """A joint arrangement with its members inside and outside the region."""

    name = forms.CharField(label="名称", max_length=160)
    office = forms.CharField(label="共同で処理する事務", required=False, widget=_LINES)
    outside = forms.CharField(
        label="圏域外の構成市町村",
        required=False,
        widget=_LINES,
        help_text="1行に1つ、名称か団体コードで入力します。",
    )
    others = forms.CharField(
        label="登録にない構成団体",
        required=False,
        widget=_LINES,
        help_text="市町村の一覧にも団体の一覧にもない団体を、1行に1つ入力します。",
    )
    since = day("開始日", required=False, help="分からなければ空のままにします。")
    since_precision = forms.ChoiceField(
        label="開始日の精度", choices=Milestone.Precision.choices, initial="day"
    )
    until = day("終了日", required=False)
    seat = forms.CharField(label="事務所の所在地", max_length=200, required=False)
    source_place = forms.CharField(label="出典の箇所", max_length=300, required=False)
    note = forms.CharField(label="備考", required=False, widget=_LINES)

    def __init__(
        self,
        *args: Any,
        towns: Sequence[Municipality],
        bodies: Sequence[Organisation],
        kept: Arrangement | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"] = forms.ChoiceField(
            label="形式", choices=form_choices(kept.form if kept else ""), required=False
        )
        self.fields["fields"] = forms.MultipleChoiceField(
            label="政策分野",
            choices=list(field_labels(kept.fields if kept else ()).items()),
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields["members"] = forms.MultipleChoiceField(
            label="構成市町村（圏域内）",
            choices=[(town.code, town.name) for town in towns],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields["bodies"] = forms.MultipleChoiceField(
            label="構成団体（市町村以外）",
            choices=[(body.slug, str(body)) for body in bodies],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields["lead"] = MunicipalityField(
            label="受託・幹事の市町村",
            required=False,
            help_text="事務の委託では受託する市町村、協議会などでは幹事の市町村。",
        )

    def clean_outside(self) -> list[Municipality]:
        return [MunicipalityField().clean(line) for line in _lines(self.cleaned_data["outside"])]

    def clean_others(self) -> list[str]:
        names = _lines(self.cleaned_data["others"])
        if any(len(name) > _LONGEST for name in names):
            raise forms.ValidationError(f"1つの名称は{_LONGEST}文字までにしてください。")
        return names

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("仕組み", ["name", "form", "office", "fields"]),
            ("構成する団体", ["members", "outside", "bodies", "others", "lead"]),
            ("期間と事務所", ["since", "since_precision", "until", "seat"]),
            ("根拠", ["source_place", "note"]),
        ]

    @staticmethod
    def filled_from(row: Arrangement, here: set[str]) -> dict[str, Any]:
        """The form's values for an arrangement; `here` are the codes of the region's members."""
        names = ("version", "name", "form", "office", "fields", "since", "since_precision", "until", "seat")
        towns = list(row.members.all())
        return {
            **{name: getattr(row, name) for name in (*names, "source_place", "note")},
            "members": [town.code for town in towns if town.code in here],
            "outside": "\n".join(f"{town.code} {town.name}" for town in towns if town.code not in here),
            "bodies": [body.slug for body in row.bodies.all()],
            "others": "\n".join(row.others),
            "lead": f"{row.lead.code} {row.lead.name}" if row.lead else "",
        }


class EndForm(VersionedForm):
    """The end of an arrangement."""

    last = day("最後の日")
    reason = forms.CharField(label="理由", widget=_LINES, help_text="例：解散、他の組合への統合")


class ArrangementFilterForm(forms.Form):
    """What the list is narrowed by."""

    words = forms.CharField(
        label="ことば", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    now = forms.ChoiceField(
        label="状態",
        required=False,
        choices=[("", "現在のもの"), ("all", "終了したものも"), ("ended", "終了したもの")],
    )

    def __init__(
        self, *args: Any, towns: Sequence[Municipality], keep: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        names = [(form.key, form.name) for form in legal_forms().values()]
        self.fields["form"] = forms.ChoiceField(
            label="形式", required=False, choices=[("", "すべて"), *names, ("unknown", UNKNOWN_FORM)]
        )
        self.fields["field"] = forms.ChoiceField(
            label="分野", required=False, choices=[("", "すべて"), *field_labels(keep).items()]
        )
        self.fields["town"] = forms.ChoiceField(
            label="市町村",
            required=False,
            choices=[("", "すべて"), *((town.code, town.name) for town in towns)],
        )


class ArrangementFileForm(forms.Form):
    """The file of arrangements."""

    file = forms.FileField(
        label="CSVファイル",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="UTF-8 でも Shift_JIS（CP932）でも読み込めます。",
    )
