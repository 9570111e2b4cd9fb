"""Read a region's files: a directory of YAML, one YAML file or one JSON file. Wrong input names its place."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ..places import Places
from ..schema import RegionFile
from . import files, limits, references, shape

__all__ = ["read"]


def read(path: Path) -> RegionFile:
    """Read and check a region (shape, lengths, references, check digits).

    Raises `WrongInput` with the file, line and field.
    """
    places = files.joined(path)
    try:
        document = RegionFile.model_validate(places.content)
    except ValidationError as error:
        raise shape.explained(error, places) from None
    _check(document, places)
    document.remember(places)
    return document


def _check(document: RegionFile, places: Places) -> None:
    limits.check(document, places)
    references.check(document, places)
