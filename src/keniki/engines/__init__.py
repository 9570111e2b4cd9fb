"""Where heavy work runs: in threads of this process, in processes of this machine, or on a Dask cluster.

One interface for all of them: `run(function, tasks)` and `stream(function, tasks)`. The answer is the same whichever
engine gives it; `KENIKI_ENGINE` says which one does.
"""

from .answers import Cancelled, WorkerLost
from .naming import Engine, named
from .running import run, stream

__all__ = ["Cancelled", "Engine", "WorkerLost", "named", "run", "stream"]
