"""The folder a command writes into (`--out`)."""

from __future__ import annotations

from pathlib import Path

from keniki.cli.console import Fault
from keniki.core.errors import WrongInput


def made(path: Path) -> Path:
    """The folder, made with those above it. WrongInput where that is impossible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongInput(
            f"フォルダを作れません（{error.strerror}）。書き込める場所を指定してください。",
            file=str(path),
            column="--out",
        ) from error
    return path


def written(path: Path, content: bytes) -> Path:
    """The file with this content. Fault where it cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Fault(f"{path} に書き込めません（{error.strerror}）。") from error
    return path
