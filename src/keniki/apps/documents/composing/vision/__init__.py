"""ビジョン: name, period, future image, overview, system of measures, a sheet per initiative, annexes."""

from .document import compose

__all__ = ["compose"]
