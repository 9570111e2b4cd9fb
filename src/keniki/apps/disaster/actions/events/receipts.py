"""What became of a batch of events."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refused:
    """An event that was not taken: its place in the batch (from 1), its id as far as it has one, and why."""

    number: int
    id: str
    reason: str


@dataclass
class Receipt:
    """What became of a batch: ids that are stored now, ids that were before, what was refused, and disagreements that
    a person has to decide (entity, field) in what was touched."""

    stored: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
