"""Where an installation keeps its state: one folder, its named places, and the secrets made on first use."""

from __future__ import annotations

import base64
import contextlib
import errno
import functools
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keniki.core.errors import WrongInput

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Home:
    """The folder that holds everything an installation cannot make again, and what it derives from it."""

    root: Path

    @property
    def out(self) -> Path:
        """Documents written by `keniki report` and `keniki demo`."""
        return self.root / "out"

    @property
    def media(self) -> Path:
        """Uploaded files. Private: every one is handed out by a view that asks who may see it."""
        return self.root / "media"

    @property
    def static(self) -> Path:
        """Style sheets and scripts with their hashes in the name, collected per version."""
        return self.root / "static"

    @property
    def snapshots(self) -> Path:
        """Public pages and data as they were rendered last, served without Django; made anew when lost."""
        return self.root / "snapshots"

    @property
    def backups(self) -> Path:
        """What `keniki upgrade` saves before it migrates."""
        return self.root / "backups"

    @property
    def secrets(self) -> Path:
        """Keys and passwords, readable by their owner only."""
        return self.root / "secrets"

    @property
    def postgres(self) -> Path:
        """The embedded server's lock, leases and (unless it must live elsewhere) its data and logs."""
        return self.root / "postgres"

    @property
    def secret_key_file(self) -> Path:
        """Signs sessions and tokens."""
        return self.secrets / "secret_key"

    @property
    def encryption_key_file(self) -> Path:
        """Encrypts single fields. Losing it loses those fields; keep a copy apart from the backups."""
        return self.secrets / "encryption_key"

    @property
    def demo_accounts(self) -> Path:
        """The demonstration's accounts: `[{"role", "login", "password"}]`."""
        return self.root / "demo-accounts.json"

    def create(self) -> Home:
        """Make the missing folders, the private ones for their owner only; `WrongInput` if that fails."""
        try:
            for path in (self.root, self.out, self.static):
                path.mkdir(parents=True, exist_ok=True)
            for path in (self.media, self.snapshots, self.backups, self.secrets, self.postgres):
                path.mkdir(mode=0o700, exist_ok=True)
                if not os.access(path, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise WrongInput(
                f"データの置き場所 {self.root} を使えません（{reason(error)}）。"
                "書き込める利用者で実行するか、KENIKI_HOME で別の場所を指定してください。"
            ) from error
        return self

    def secret_key(self) -> str:
        """The key that signs sessions, made on first use (64 characters)."""
        return secret(self.secret_key_file, lambda: secrets.token_urlsafe(48))

    def encryption_key(self) -> str:
        """The key that encrypts fields, made on first use (32 random bytes in URL-safe base64)."""
        return secret(
            self.encryption_key_file, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        )


def reason(error: OSError) -> str:
    """Why the operating system refused, in words."""
    reasons = {
        errno.EACCES: "書き込む権限がありません",
        errno.EPERM: "書き込む権限がありません",
        errno.EROFS: "書き込みのできない場所です",
        errno.EDQUOT: "割り当てられた容量を使い切っています",
        errno.ENOSPC: "空き容量がありません",
        errno.EEXIST: "同じ名前のファイルがあります",
        errno.ENOTDIR: "途中にフォルダでないものがあります",
    }
    return reasons.get(error.errno or 0, str(error.strerror))


def resolve(environment: dict[str, str] | None = None) -> Home:
    """The home of this process: `KENIKI_HOME`, else the checkout's `var/`, else `~/.local/share/keniki`."""
    chosen = (os.environ if environment is None else environment).get("KENIKI_HOME", "").strip()
    if chosen:
        return Home(Path(os.path.abspath(Path(chosen).expanduser())))  # noqa: PTH100 (a link stays a link)
    if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "src" / "keniki").is_dir():
        return Home(CHECKOUT / "var")
    return Home(Path.home() / ".local" / "share" / "keniki")


@functools.cache
def _current(chosen: str | None) -> Home:
    return resolve()


def current() -> Home:
    """`resolve()`, remembered as long as `KENIKI_HOME` stays the same."""
    return _current(os.environ.get("KENIKI_HOME"))


def secret(path: Path, make: Callable[[], str]) -> str:
    """Read the secret in `path`, or make it there with mode 0600; of two processes at once one wins."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
