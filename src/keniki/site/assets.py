"""Style sheets and scripts with a hash in the name, collected once per change."""

from __future__ import annotations

import hashlib
import os
import shutil

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

from keniki import __version__


class HashedNames(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with hashes; a file that was not collected keeps its plain name."""

    def stored_name(self, name: str) -> str:
        """The collected name where there is one."""
        return str(self.hashed_files.get(self.hash_key(self.clean_name(name)), name))


def collect() -> bool:
    """Collect into the home's `static/` if anything changed since the last time; True if it did.

    The old folder stays until the new one is complete.
    """
    from django.contrib.staticfiles.management.commands.collectstatic import Command

    root = settings.STATIC_ROOT
    stamp = root / ".stamp"
    digest = _digest()
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    draft, old = (root.with_name(f".static-{which}-{os.getpid()}") for which in ("new", "old"))
    shutil.rmtree(draft, ignore_errors=True)
    command = Command()
    command.storage = HashedNames(location=str(draft), base_url=settings.STATIC_URL)
    call_command(command, interactive=False, verbosity=0)
    (draft / ".stamp").write_text(digest)
    if root.is_dir():
        root.rename(old)
    draft.rename(root)
    shutil.rmtree(old, ignore_errors=True)
    return True


def _digest() -> str:
    seen = hashlib.sha256(__version__.encode())
    for finder in finders.get_finders():
        for path, storage in finder.list(None):
            status = (storage.path(path), storage.size(path), storage.get_modified_time(path).timestamp())
            seen.update(repr((path, status)).encode())
    return seen.hexdigest()
