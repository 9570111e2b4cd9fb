"""What is still missing in a document (未入力), collected while it is composed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from keniki.press.blocks import Missing


@dataclass(frozen=True)
class Gap:
    """Something a person still has to enter: `place` in the document, `what`, and the record it belongs to.

    `page` names where it is entered when that is not with the record itself (see `filling`).
    """

    place: str
    what: str
    record: str = ""
    page: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"place": self.place, "what": self.what, "record": self.record, "page": self.page}

    def __str__(self) -> str:
        return f"{self.place}：{self.what}"


@dataclass
class Gaps:
    """The gaps of one document, in reading order."""

    found: list[Gap] = field(default_factory=list)

    def missing(
        self, place: str, what: str, record: Any = None, *, label: str = "", page: str = ""
    ) -> Missing:
        """Note the gap (once, however often it is printed) and return the mark printed in its place."""
        key = f"{record._meta.label_lower}:{record.pk}" if record is not None else ""
        gap = Gap(place, what, key, page)
        if gap not in self.found:
            self.found.append(gap)
        return Missing(label)

    def text(self, value: str, place: str, what: str, record: Any = None) -> str | Missing:
        """The text, or the noted gap where it is empty."""
        return value if value.strip() else self.missing(place, what, record)
