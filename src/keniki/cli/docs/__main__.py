"""`python -m keniki.cli.docs [--check]`: write the references, or name the stale ones and exit 1."""

from __future__ import annotations

import sys

from keniki.cli import console
from keniki.cli.docs import stale, write
from keniki.site.home import CHECKOUT


def main(arguments: list[str]) -> int:
    """Exit code: 0 fresh or written, 1 stale, 2 wrong argument."""
    if arguments not in ([], ["--check"]):
        console.note("usage: python -m keniki.cli.docs [--check]")
        return 2
    found = stale() if arguments else write()
    console.say(*(path.relative_to(CHECKOUT) for path in found))
    if arguments and found:
        console.note("stale; run: python -m keniki.cli.docs")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
