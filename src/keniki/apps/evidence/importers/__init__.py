"""Readers of statistics as they are published, one module per kind of file."""

from __future__ import annotations

from . import boundaries, estat_api, estat_columns, estat_csv, flows, ipss, mapping, ssdse, tidy
from .base import Reader

__all__ = ["READERS"]

#: In the order of the form; which one reads a file is decided by how sure each is.
READERS: tuple[Reader, ...] = (
    estat_csv.READER,
    estat_columns.READER,
    ssdse.READER,
    ipss.READER,
    tidy.READER,
    flows.READER,
    boundaries.READER,
    estat_api.READER,
    mapping.READER,
)
