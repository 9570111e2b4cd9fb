"""基礎調査報告書: the region book (evidence) as a document of the region, or of other municipalities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keniki.apps.evidence.book.book import Book, members_of, places_named
from keniki.apps.evidence.book.document import write
from keniki.apps.evidence.book.forecasts import shown_of
from keniki.apps.evidence.book.holdings import Place
from keniki.apps.evidence.queries import contents_mark, visible_editions
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from ..inputs import Inputs
from .base import Composed, Draft


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    written = write(Book(_members(draft.region, parameters), draft.region), mark=draft.mark())
    fingerprint(draft.region, draft.inputs, parameters)
    return Composed(
        name=f"{draft.region.slug}-profile",
        document=written.document,
        sheets=written.sheets,
        gaps=(),
        inputs=draft.inputs,
    )


def fingerprint(region: Region, inputs: Inputs, parameters: Mapping[str, Any]) -> None:
    """What the book rests on, without reckoning it: its municipalities and the editions with what was stored since."""
    members = _members(region, parameters)
    inputs.add_value("members", "構成市町村", [(place.code, place.name) for place in members])
    for edition in visible_editions(region):
        inputs.add_value(f"evidence.edition:{edition.pk}", f"統計「{edition}」", edition.key)
    inputs.add_value("evidence.state", "統計の値", contents_mark(region))
    if {place.code for place in members} == {place.code for place in members_of(region)}:
        shown = shown_of(region)
        if shown is not None:
            forecast = shown.stored.forecast
            inputs.add_value(
                "evidence.forecast", f"将来推計「{forecast}」", [forecast.title, shown.stored.pk]
            )


def _members(region: Region, parameters: Mapping[str, Any]) -> list[Place]:
    codes = str(parameters.get("municipalities") or "")
    if codes:
        return places_named(codes)
    members = members_of(region)
    if not members:
        raise WrongInput("構成市町村が登録されていないため、基礎調査報告書を作れません。")
    return members
