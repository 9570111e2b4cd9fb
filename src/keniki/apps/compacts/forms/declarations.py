"""Forms for the centre's declaration."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.compacts.actions.declarations import PART_FIELDS
from keniki.apps.compacts.declaring import LISTS_FIELDS, LISTS_TOWNS, parts_of
from keniki.apps.compacts.models import Declaration
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import programme_words
from keniki.rulebooks import programmes
from keniki.rulebooks.compacts import DeclarationPart

from .common import DateField, LinesField, area, boxes, field_choices, member_choices


class DeclarationForm(VersionedForm):
    """A declaration with its gist and the parts its programme asks for."""

    programme = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, region: Region, programme: str, *args: Any, keep: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = parts_of(programme)
        words = programme_words(programme)
        book = programmes.programme(programme, regions.today()).value
        towns = member_choices(region)
        self.fields["title"] = forms.CharField(
            label="名称", max_length=200, help_text=f"例：{book.declaration}書"
        )
        self.fields["centre"] = forms.ChoiceField(label=words["centre"], choices=towns)
        self.fields["mayor"] = forms.CharField(
            label="宣言者の氏名",
            max_length=80,
            required=False,
            help_text="宣言書のとおりに入力します。わからないときは空欄にします（文書には未入力と出ます）。",
        )
        self.fields["gist"] = LinesField(
            label="要旨", required=False, rows=5, help_text="1行に1文ずつ入力します。"
        )
        self.fields["text_complete"] = forms.BooleanField(
            label="宣言書の本文のとおり入力した",
            required=False,
            initial=True,
            help_text="手元の資料に要旨や見出ししかないときは、外します。外すと、本文は未入力として扱います。",
        )
        for part in self.parts:
            self._add(part)
            if part.key in LISTS_FIELDS:
                self.fields[f"{part.key}_fields"] = boxes(
                    field_choices(region, programme, keep), LISTS_FIELDS[part.key]
                )
            if part.key in LISTS_TOWNS:
                self.fields[f"{part.key}_municipalities"] = boxes(
                    towns,
                    LISTS_TOWNS[part.key],
                    help_text=f"{region.members_term}でない市町村は、項目に1行ずつ入力します。",
                )

    def _add(self, part: DeclarationPart) -> None:
        key, heading = part.key, part.heading
        self.fields[f"{key}_heading"] = forms.CharField(
            label=f"見出し（{heading}）",
            max_length=200,
            required=False,
            help_text=f"空欄は「{heading}」になります。",
        )
        self.fields[f"{key}_text"] = forms.CharField(
            label=f"本文（{heading}）", required=False, widget=area(5)
        )
        self.fields[f"{key}_outline"] = forms.CharField(
            label=f"概要（{heading}）",
            required=False,
            widget=area(2),
            help_text="本文が手元にないときだけ、資料にある概要を入力します。",
        )
        self.fields[f"{key}_items"] = LinesField(
            label=f"項目（{heading}）", required=False, rows=3, help_text="1行に1項目ずつ入力します。"
        )

    def groups(self) -> list[tuple[str, list[str]]]:
        """Fields under the names of the parts."""
        return [
            (
                f"（{number}）{part.heading}",
                [f"{part.key}_{name}" for name in PART_FIELDS if f"{part.key}_{name}" in self.fields],
            )
            for number, part in enumerate(self.parts, 1)
        ]

    @staticmethod
    def filled_from(declaration: Declaration) -> dict[str, Any]:
        """The form's values for a declaration."""
        values: dict[str, Any] = {
            "version": declaration.version,
            "programme": declaration.programme,
            "title": declaration.title,
            "centre": declaration.centre.code,
            "mayor": declaration.mayor,
            "gist": declaration.gist,
            "text_complete": declaration.text_complete,
        }
        for part in declaration.parts.all():
            values |= {f"{part.key}_{name}": getattr(part, name) for name in PART_FIELDS}
        return values


class PublishForm(VersionedForm):
    """The day of a declaration and its document."""

    on = DateField(label="宣言日")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
