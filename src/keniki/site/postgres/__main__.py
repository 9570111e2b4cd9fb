"""`python -m keniki.site.postgres status|stop|remove`: the embedded server of `KENIKI_HOME`, for scripts."""

from __future__ import annotations

import json
import sys

from keniki.core.errors import WrongInput
from keniki.site import postgres

USAGE = "usage: python -m keniki.site.postgres status|stop|remove\n"


def main(arguments: list[str]) -> int:
    """Run one verb; exit code as everywhere."""
    try:
        match arguments:
            case ["status"]:
                sys.stdout.write(json.dumps(postgres.status(), ensure_ascii=False, indent=2) + "\n")
            case ["stop"]:
                postgres.stop()
            case ["remove"]:
                postgres.remove()
            case _:
                sys.stderr.write(USAGE)
                return 2
    except WrongInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
