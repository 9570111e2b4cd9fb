"""Files that are published in one ZIP (国土数値情報, e-Stat's downloads): each as if it had been given by itself."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Final

from keniki.core.errors import WrongInput

from .base import RawBytes
from .grids import MAX_UNPACKED

MOST: Final = 5_000
_ZIP: Final = b"PK\x03\x04"
_UTF8: Final = 0x800
_ENCRYPTED: Final = 0x1


def unpacked(file: RawBytes) -> list[RawBytes]:
    """The files of a ZIP in its order, without hidden ones; any other file (a workbook too) is itself.

    WrongInput for one that is broken, too large or has a password.
    """
    if not file.content.startswith(_ZIP):
        return [file]
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
            if _is_workbook(packed):
                return [file]
            inside = [info for info in packed.infolist() if not info.is_dir() and not _is_hidden(info)]
            if sum(info.file_size for info in inside) > MAX_UNPACKED or len(inside) > MOST:
                raise WrongInput(
                    "ZIPの中身が大きすぎます。展開して、要るファイルだけを読み込んでください。",
                    file=file.name,
                )
            if any(info.flag_bits & _ENCRYPTED for info in inside):
                raise WrongInput(
                    "パスワードの付いたZIPは読めません。展開して読み込んでください。", file=file.name
                )
            return [_taken(file, packed, info) for info in inside]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, zlib.error) as error:
        raise WrongInput(
            "ZIPとして読めません。壊れていないか確かめ、ダウンロードし直してください。", file=file.name
        ) from error


def _taken(file: RawBytes, packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> RawBytes:
    path = PurePosixPath(_name(info))
    return RawBytes(path.name, packed.read(info), path.parent.name or PurePosixPath(file.name).stem)


def _name(info: zipfile.ZipInfo) -> str:
    """A file's name; Windows packs Japanese ones in CP932 without saying so."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("cp932")
    except ValueError:
        return info.filename


def _is_workbook(packed: zipfile.ZipFile) -> bool:
    names = set(packed.namelist())
    return (
        "[Content_Types].xml" in names or "mimetype" in names or any(name.startswith("xl/") for name in names)
    )


def _is_hidden(info: zipfile.ZipInfo) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(info.filename).parts)
