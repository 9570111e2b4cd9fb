"""`keniki doctor`: what this machine has, what is missing, and how to get it."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import psycopg

from keniki import __version__
from keniki.cli import console
from keniki.cli.console import Result
from keniki.core.errors import WrongInput
from keniki.site import home, options, postgres

OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1024**3
_FONTS = {
    "noto_cjk_sans_jp_regular": "ゴシック（標準）",
    "noto_cjk_sans_jp_bold": "ゴシック（太字）",
    "pylopdf_fonts_jp": "明朝",
}
_MARKS = {"ok": "○", "missing": "×", "optional": "△"}


class Check(TypedDict):
    """One finding. `state` is `ok`, `missing`, or `optional` (absent, needed only for what `how` says)."""

    name: str
    label: str
    state: str
    detail: str
    how: str


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    console.command(subparsers, "doctor", run, help="足りないものと、その入れ方を調べる")


def run(args: argparse.Namespace) -> Result:
    """Run every check; the exit code is 0 whatever was found."""
    checks = [check() for check in CHECKS]
    missing = [check for check in checks if check["state"] == "missing"]
    for check in checks:
        console.say(f"{_MARKS[check['state']]} {check['label']}: {check['detail']}")
        if check["state"] != "ok" and check["how"]:
            console.say(f"    → {check['how']}")
    console.say(f"足りないものが {len(missing)} 件あります。" if missing else "必要なものはそろっています。")
    return {"version": __version__, "ok": not missing, "home": str(home.current().root), "checks": checks}


def python() -> Check:
    """The interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    return _check(
        "python",
        "Python",
        sys.version_info >= OLDEST_PYTHON,
        f"{found}（{sys.executable}）",
        "Python 3.11 以上を入れてください（Debian 12 では apt-get install python3 python3-venv）。",
    )


def settings() -> Check:
    """Whether every environment variable can be read."""
    readers: dict[str, Callable[[str], object]] = {
        "flag": options.flag,
        "number": options.number,
        "level": options.level,
        "origin": options.origin,
        "engine": options.engine,
    }
    try:
        for setting in options.SETTINGS:
            readers.get(setting.kind, options.text)(setting.name)
    except WrongInput as error:
        return _check(
            "settings", "設定", False, error.message, "環境変数を直してください（docs の設定一覧）。"
        )
    changed = [setting.name for setting in options.SETTINGS if os.environ.get(setting.name)]
    return _check("settings", "設定", True, "、".join(changed) or "すべて既定値", "")


def writable() -> Check:
    """Whether the home can be written."""
    here = home.current()
    how = f"{here.root} に書き込める利用者で実行するか、KENIKI_HOME で別の場所を指定してください。"
    try:
        here.create()
        with tempfile.TemporaryFile(dir=here.root) as file:
            file.write(b"keniki")
    except (WrongInput, OSError) as error:
        return _check("home", "データの置き場所", False, f"{here.root}（{error}）", how)
    return _check("home", "データの置き場所", True, str(here.root), how)


def disk() -> Check:
    """Room for documents, photos and backups."""
    place = home.current().root
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return _check(
        "disk",
        "空き容量",
        free >= NEEDED_BYTES,
        f"{free / 1024**3:.1f} GiB（{place}）",
        "1 GiB 以上を空けるか、KENIKI_HOME で広い場所を指定してください。",
    )


def database() -> Check:
    """A server that really answers."""
    label = "PostgreSQL"
    try:
        postgres.ensure()
    except (WrongInput, OSError) as error:
        return _check(
            "postgresql",
            label,
            False,
            str(error),
            f"DATABASE_URL で既存のPostgreSQL（{postgres.OLDEST} 以上）を使うこともできます。",
        )
    found = postgres.status()
    place = f"内蔵、データは {found['data']}" if found["kind"] == "embedded" else "DATABASE_URL"
    return _check("postgresql", label, found["answers"], f"{found['version']}（{place}）", "")


def row_security() -> Check:
    """Whether the database itself keeps regions apart, or the role stands above that."""
    label = "圏域ごとの行の保護"
    try:
        above = postgres.bypasses_row_security()
    except (WrongInput, OSError, psycopg.Error) as error:
        return _check(
            "row_security", label, False, str(error), "先にPostgreSQLにつながるようにしてください。"
        )
    return Check(
        name="row_security",
        label=label,
        state="optional" if above else "ok",
        detail="接続の利用者が行の保護（RLS）を越える権限を持っています" if above else "有効",
        how="DATABASE_URL の利用者を、SUPERUSER でも BYPASSRLS でもないものにしてください。" if above else "",
    )


def encryption_key() -> Check:
    """Where the key that encrypts fields lies, and that only its owner reads it."""
    here, name, label = home.current(), "encryption_key", "暗号鍵"
    file = here.encryption_key_file
    how = (
        "この鍵を失うと、暗号化した項目は読めなくなります。"
        "写しを、バックアップとは別の安全な場所に置いてください。"
    )
    try:
        here.encryption_key()
        mode = stat.S_IMODE(file.stat().st_mode)
    except (OSError, UnicodeDecodeError) as error:
        return _check(name, label, False, f"{file}（{error}）", how)
    if mode & 0o077:
        return _check(
            name, label, False, f"{file} をほかの利用者が読めます", f"chmod 600 {file} を実行してください。"
        )
    return _check(name, label, True, f"{file}（{how}）", how)


def fonts() -> Check:
    """Sans regular and bold, and the serif of formal documents, from the packages documents are set with."""
    missing = []
    for package, label in _FONTS.items():
        try:
            folder = Path(str(importlib.import_module(package).__file__)).parent
        except ImportError:
            missing.append(label)
            continue
        if not any(file.suffix.lower() in {".otf", ".ttf", ".ttc"} for file in folder.rglob("*")):
            missing.append(label)
    detail = "ない書体: " + "、".join(missing) if missing else "、".join(_FONTS.values())
    return _check("fonts", "書体", not missing, detail, _REINSTALL)


def typesetter() -> Check:
    """The PDF renderer."""
    return _module("typst", "PDFの組版（typst）")


def charts() -> Check:
    """The chart renderer."""
    return _module("vl_convert", "グラフの描画（vl-convert）")


def chromium() -> Check:
    """Only the suite's browser tests need it."""
    found = browser()
    check = _check(
        "chromium",
        "Chromium（画面の試験だけに使う）",
        found is not None,
        found or "なし",
        "画面の試験（make test）をするときだけ必要です。Debianでは apt-get install chromium。",
    )
    if found is None:
        check["state"] = "optional"
    return check


def browser() -> str | None:
    """The path of an installed Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def files() -> Check:
    """Stored files that nothing refers to any more, and which of them go with the next clearing."""
    label, how = "使われなくなったファイル", "KENIKI_KEEP_FILES_DAYS の日数がたつと、毎日の処理が消去します。"
    if not any(home.current().media.glob("??/*")):
        return _check("files", label, True, "ありません", "")
    from django.db import DatabaseError

    from keniki.cli import database as prepared

    try:
        prepared.set_up()
        from django.conf import settings

        from keniki.apps.workflow.keeping import unused

        found = unused()
    except (WrongInput, OSError, DatabaseError) as error:
        text = str(error).splitlines()[0]
        return {"name": "files", "label": label, "state": "optional", "detail": text, "how": how}
    due = [one for one in found if one.days >= max(settings.KEEP_FILES_DAYS, 1)]
    if not found:
        return _check("files", label, True, "ありません", "")
    size = sum(one.size for one in found) / 1024**2
    detail = f"{len(found)}件（{size:.1f} MB）、うち次の処理で消去するもの {len(due)}件"
    return {"name": "files", "label": label, "state": "ok", "detail": detail, "how": how}


def accounts() -> Check:
    """Whether it is settled when people who left are forgotten."""
    days = options.text("KENIKI_KEEP_ACCOUNTS_DAYS")
    said = f"停止から{days}日で消去します" if days else "消去しません（KENIKI_KEEP_ACCOUNTS_DAYS が未設定）"
    how = "" if days else "保存期間を規程で決め、KENIKI_KEEP_ACCOUNTS_DAYS に日数で書いてください。"
    label, state = "利用を停止した利用者の個人情報", "ok" if days else "optional"
    return {"name": "accounts", "label": label, "state": state, "detail": said, "how": how}


CHECKS: tuple[Callable[[], Check], ...] = (
    python,
    settings,
    writable,
    disk,
    database,
    row_security,
    encryption_key,
    fonts,
    typesetter,
    charts,
    chromium,
    files,
    accounts,
)
_REINSTALL = "make demo をやり直すか、pip install --require-hashes -r requirements.lock を実行してください。"


def _module(name: str, label: str) -> Check:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return _check(name, label, False, str(error), _REINSTALL)
    return _check(name, label, True, str(getattr(module, "__version__", "あり")), _REINSTALL)


def _check(name: str, label: str, ok: bool, detail: str, how: str) -> Check:
    return Check(name=name, label=label, state="ok" if ok else "missing", detail=detail, how=how)
