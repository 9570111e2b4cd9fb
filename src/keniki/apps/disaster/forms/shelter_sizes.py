"""The table in which the sizes of many shelters are typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import ROWS
from keniki.apps.regions.fields import NumberField
from keniki.apps.regions.models import Municipality

from ..actions.shelter_sizes import SizeDraft
from ..models import Shelter, ShelterSpace
from .shelters import HEATED, HEATED_AS, KINDS, check_area, choose, heated_field, people_field

#: What a shelter's only space is called until somebody names it.
WHOLE: Final = "屋内全体"


class SizesFilter(forms.Form):
    """Which shelters are in the table."""

    town = forms.ChoiceField(label="市町村", required=False)
    kind = forms.ChoiceField(label="種類", required=False, choices=[("", "すべて"), *KINDS.items()])
    every = forms.BooleanField(label="面積か人数が入力済みのスペースも表示", required=False)

    def __init__(self, *args: Any, towns: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "town", [("", "すべて"), *((town.code, town.name) for town in towns)])


class SizeForm(forms.Form):
    """A space of a shelter with its size; a row in which nothing was changed is not written."""

    shelter = forms.CharField(max_length=80, widget=forms.HiddenInput)
    space = forms.IntegerField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="スペースの名称", max_length=120)
    floor_area = NumberField(label="面積（m²）", required=False)
    capacity = people_field()
    heated = heated_field()

    def __init__(self, *args: Any, shelters: Mapping[str, Shelter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shelters = shelters
        known = self.known
        if known is not None:
            for name in ("name", "floor_area", "capacity", "heated"):
                self.fields[name].label = f"{known.name}の{self.fields[name].label}"
        if (stored := self.stored) is not None:
            self.initial["name"] = stored.name
            self.fields["name"].disabled = True

    @property
    def known(self) -> Shelter | None:
        """The shelter of the row, where the reader may write it."""
        return self.shelters.get(str(self["shelter"].value() or ""))

    @property
    def stored(self) -> ShelterSpace | None:
        """The space of the row as it is stored."""
        if self.known is None:
            return None
        number = str(self["space"].value() or "")
        return next((each for each in self.known.spaces.all() if str(each.pk) == number), None)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.known is None or (data.get("space") and self.stored is None):
            raise forms.ValidationError(
                "この避難所のスペースは、ほかの人が消したか、あなたの職では編集できません。"
                "ページを開き直してください。"
            )
        check_area(self, data.get("floor_area"))
        taken = {each.name for each in self.known.spaces.all()} if not data.get("space") else set()
        if data.get("name") in taken:
            self.add_error("name", f"「{self.known.name}」には「{data['name']}」がもうあります。")
        return data

    def draft(self) -> SizeDraft | None:
        """What was typed; None where it is what is stored, or nothing."""
        data, stored = self.cleaned_data, self.stored
        assert self.known is not None
        heated = HEATED[data["heated"]]
        before = (stored.floor_area, stored.capacity, stored.heated) if stored else (None, None, None)
        if (data["floor_area"], data["capacity"], heated) == before:
            return None
        name = stored.name if stored else data["name"]
        return SizeDraft(
            self.known, data["version"], name, data["space"], data["floor_area"], data["capacity"], heated
        )


Sizes = forms.formset_factory(SizeForm, extra=0, max_num=ROWS, absolute_max=ROWS)


def size_rows(shelters: Sequence[Shelter], *, every: bool) -> list[dict[str, Any]]:
    """The rows of the table: every space without a size (with `every` all of them), and shelters without a space."""
    found: list[dict[str, Any]] = []
    for shelter in shelters:
        common = {"shelter": shelter.slug, "version": shelter.version}
        spaces = list(shelter.spaces.all())
        if not spaces:
            found.append({**common, "name": WHOLE})
        for each in spaces:
            if every or (each.floor_area is None and each.capacity is None):
                area = "" if each.floor_area is None else f"{each.floor_area.normalize():f}"
                sized = {"floor_area": area, "capacity": each.capacity, "heated": HEATED_AS[each.heated]}
                found.append({**common, **sized, "space": each.pk, "name": each.name})
    return found
