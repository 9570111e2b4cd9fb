"""The initiatives of a region as claims name them. The slice that keeps initiatives offers them when it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput
from keniki.core.text import search_key


@dataclass(frozen=True)
class Named:
    """An initiative of a region: its lasting name, its title as it is now, the programme it belongs to (or none)."""

    slug: str
    title: str
    programme: str = ""


Reader = Callable[[Region], Sequence[Named]]
_READERS: list[Reader] = []


def offer(reader: Reader) -> None:
    """Name what reads the initiatives of a region, in their order."""
    _READERS.append(reader)


def initiatives(region: Region) -> list[Named]:
    """All initiatives of a region, inside its scope."""
    return [named for reader in _READERS for named in reader(region)]


def by_name(named: Sequence[Named]) -> dict[str, Named]:
    """The initiatives by slug and by title however it is typed; a title that two of them have is left out."""
    titles = [search_key(each.title) for each in named]
    found = {
        title: each for title, each in zip(titles, named, strict=True) if title and titles.count(title) == 1
    }
    return {**found, **{search_key(each.slug): each for each in named}}


def chosen(region: Region, slug: str, words: str) -> Named | None:
    """The initiative that was chosen, or whose title somebody typed; None for a name of one's own.

    `WrongInput` for one the region has not.
    """
    known = initiatives(region)
    if not slug:
        return by_name(known).get(search_key(words))
    found = next((each for each in known if each.slug == slug), None)
    if found is None:
        raise WrongInput(
            "選んだ取組がこの圏域にありません。画面を読み直して選んでください。", column="initiative_slug"
        )
    return found
