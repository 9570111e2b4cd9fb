"""Where a part of a region's content stands: the file a person knows, the line in it, the record and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from keniki.core.errors import WrongInput

Loc = tuple[str | int, ...]

#: Keys by which a record is named where it has no slug.
_NAMES = ("slug", "key", "code")
#: Larger files are not read a second time just to count lines.
_COUNTED = 32_000_000


@dataclass(frozen=True)
class Places:
    """Knows for each top-level key of the joined content from which files it came."""

    content: Mapping[str, Any]
    #: For a list the (file, position in that file) of every entry, else the one file.
    origin: Mapping[str, list[tuple[Path, int]]]
    whole: str

    def wrong(self, message: str, at: Iterable[str | int]) -> WrongInput:
        """A complaint about the part of the content at `at` (keys and positions from the outside)."""
        loc = tuple(at)
        file, inside = self._file(loc)
        if file is None:
            return WrongInput(message, file=self.whole, column=self.label(loc) or None)
        return WrongInput(message, file=file.name, row=_line(file, inside), column=self.label(loc) or None)

    def label(self, loc: Loc) -> str:
        """The place as a person reads it: `activities.r5-unei.lines.2番目.text`."""
        words: list[str] = []
        here: Any = self.content
        for depth, step in enumerate(loc):
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                here = None
            if isinstance(step, str):
                words.append(step)
                continue
            named = next(
                (here[name] for name in _NAMES if isinstance(here, dict) and isinstance(here.get(name), str)),
                None,
            )
            position = step
            if depth == 1 and step < len(self.origin.get(str(loc[0]), ())):
                position = self.origin[str(loc[0])][step][1]
            words.append(named if named else f"{position + 1}番目")
        return ".".join(words)

    def _file(self, loc: Loc) -> tuple[Path | None, Loc]:
        found = self.origin.get(str(loc[0])) if loc else None
        if not found:
            return None, loc
        if len(loc) > 1 and isinstance(loc[1], int) and loc[1] < len(found):
            file, position = found[loc[1]]
            return file, (loc[0], position, *loc[2:])
        return found[0][0], loc


def _line(file: Path, loc: Loc) -> int | None:
    """The line (from 1) of the part, or of the nearest part around it that the file has."""
    try:
        if file.stat().st_size > _COUNTED:
            return None
        words = file.read_text(encoding="utf-8-sig")
        node = yaml.compose(words, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None
    if node is None:
        return None
    line = node.start_mark.line
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1
