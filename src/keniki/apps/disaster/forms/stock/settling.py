"""Forms of the cost of a settled transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from keniki.apps.compacts.models import Initiative

from ...models import AidCost, AidRequest


class ClaimForm(forms.Form):
    """Which request for help the cost is claimed with; where it stands in one, nothing but its version."""

    aid = forms.ChoiceField(
        label="応援の要請", help_text="同じ事案・同じ2市町村の、派遣・提供を記録した応援から選びます。"
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, aids: Sequence[AidRequest], claimed: AidCost | None, **kwargs: Any
    ) -> None:
        if claimed is not None:
            kwargs["initial"] = {"version": claimed.aid.version}
        super().__init__(*args, **kwargs)
        self.aids = {str(each.number): each for each in aids}
        if claimed is not None:
            del self.fields["aid"]
            return
        choices = [(key, f"{each}　{each.content}") for key, each in self.aids.items()]
        self.fields["aid"].choices = [("", "選んでください"), *choices]  # type: ignore[attr-defined]

    def aid_chosen(self) -> AidRequest:
        """The request that was chosen."""
        return self.aids[self.cleaned_data["aid"]]


class PostForm(forms.Form):
    """Under which initiative the cost stands."""

    initiative = forms.ChoiceField(label="取組")

    def __init__(self, *args: Any, initiatives: Sequence[Initiative], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {each.slug: each for each in initiatives}
        choices = [(slug, each.title) for slug, each in self.known.items()]
        self.fields["initiative"].choices = [("", "選んでください"), *choices]  # type: ignore[attr-defined]

    def initiative_chosen(self) -> Initiative:
        """The initiative that was chosen."""
        return self.known[self.cleaned_data["initiative"]]
