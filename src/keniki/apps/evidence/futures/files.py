"""Populations read straight from published files, without the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from keniki.analysis.population import History, Population
from keniki.core.errors import WrongInput

from ..importers import estat_csv, ipss, tidy
from ..importers.base import Parsed, RawBytes, reader_of
from .counting import Cell, cells_of, counted, names_of, series

Read: TypeAlias = Callable[[Path], bytes]

_READERS = (estat_csv.READER, ipss.READER, tidy.READER)


def series_in(
    folder: Path, prefix: str, read: Read, progress: Callable[[int], None] | None = None
) -> list[Parsed]:
    """The files `CityM/pd*.json` and `CityF/pd*.json` (or `pp*`) of a folder, read. WrongInput where there are none.

    `read` gives a file's content."""
    files = sorted(path for sex in ("CityM", "CityF") for path in (folder / sex).glob(f"{prefix}*.json"))
    if not files:
        raise WrongInput(
            f"{prefix}01210.json のような名前のファイルが、フォルダー CityM と CityF にありません。",
            file=str(folder),
        )
    found = []
    for number, path in enumerate(files, 1):
        found.append(ipss.READER.read(RawBytes(path.name, read(path), path.parent.name)))
        if progress is not None:
            progress(number)
    return found


def history_in(folder: Path, read: Read, progress: Callable[[int], None] | None = None) -> History:
    """The censuses of a folder of `pd*.json`. WrongInput names the file that cannot be read."""
    return series(counted(_cells(series_in(folder, "pd", read, progress), "population")))


def projected_in(folder: Path, read: Read) -> dict[int, Population]:
    """The projection of a folder of `pp*.json`, by year."""
    found = counted(_cells(series_in(folder, "pp", read), "projected_population"))
    return {year: each.population for year, each in found.items()}


def census_in(path: Path, read: Read) -> tuple[dict[int, Population], dict[str, str]]:
    """The populations by year of one file as published (e-Stat's CSV, tidy CSV), and the municipalities' names.

    WrongInput where the file is of no known kind or has no population by sex and five-year age.
    """
    file = RawBytes(path.name, read(path), path.absolute().parent.name)
    parsed = [reader_of(file, _READERS).read(file)]
    found = counted(_cells(parsed, "population"))
    if not found:
        raise WrongInput("男女、年齢5歳階級別の人口がありません。", file=path.name)
    return {year: each.population for year, each in found.items()}, names_of(parsed)


def _cells(parsed: Sequence[Parsed], indicator: str) -> Iterable[Cell]:
    return (cell for each in parsed for cell in cells_of(each, indicator))
