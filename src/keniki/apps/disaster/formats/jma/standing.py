"""What stands now: bulletins folded by area and phenomenon, the same for any order in which they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from keniki.analysis.merging.events import Mode

from .rows import AreaWarning, Bulletin


@dataclass(frozen=True)
class Standing:
    """The warnings that stand, by municipality and level; bulletins that were taken back; the newest moment told."""

    mode: Mode
    warnings: tuple[AreaWarning, ...]
    withdrawn: tuple[Bulletin, ...]
    as_of: datetime | None

    def of(self, municipality: str) -> tuple[AreaWarning, ...]:
        """The warnings of a municipality, those of all its parts."""
        return tuple(warning for warning in self.warnings if warning.municipality == municipality)

    def level(self, municipality: str) -> int | None:
        """The highest level that stands in a municipality or a part of it; None where none has one."""
        return max(
            (warning.level for warning in self.of(municipality) if warning.level is not None), default=None
        )


def standing(bulletins: Iterable[Bulletin], mode: Mode) -> Standing:
    """The warnings that stand after all these telegrams, of this mode only.

    For each area and phenomenon the newest telegram counts (its own moment, the issue, the sending, then its digest),
    whatever the order and however often it came. Telegrams that others replace speak apart (`replaced`), so that none
    of theirs lifts what the better one says.
    """
    latest: dict[tuple[str, str, bool], tuple[tuple[datetime, datetime, datetime, str], Bulletin]] = {}
    withdrawn: dict[str, Bulletin] = {}
    of_mode = [bulletin for bulletin in bulletins if bulletin.mode == mode]
    for bulletin in of_mode:
        if bulletin.withdrawn:
            withdrawn[bulletin.digest] = bulletin
        for told in bulletin.told:
            key = (told.area_code, told.phenomenon, told.replaced)
            age = (told.at, bulletin.issued_at, bulletin.control_at, bulletin.digest)
            known = latest.get(key)
            if known is None or age > known[0]:
                latest[key] = (age, bulletin)
    counting = {bulletin.digest: bulletin for _, bulletin in latest.values()}
    said = {digest: _by_key(bulletin) for digest, bulletin in counting.items()}
    warnings = [
        warning for key, (_, bulletin) in latest.items() for warning in said[bulletin.digest].get(key, ())
    ]
    warnings.sort(
        key=lambda each: (
            each.municipality,
            -(each.level or 0),
            each.area_code,
            each.phenomenon,
            each.telegram,
            each.code,
        )
    )
    return Standing(
        mode,
        tuple(warnings),
        tuple(sorted(withdrawn.values(), key=lambda each: (each.issued_at, each.digest))),
        max((bulletin.issued_at for bulletin in of_mode), default=None),
    )


def _by_key(bulletin: Bulletin) -> dict[tuple[str, str, bool], list[AreaWarning]]:
    found: dict[tuple[str, str, bool], list[AreaWarning]] = {}
    for warning in bulletin.warnings:
        found.setdefault((warning.area_code, warning.phenomenon, warning.replaced), []).append(warning)
    return found
