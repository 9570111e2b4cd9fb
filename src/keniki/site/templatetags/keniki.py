"""The components every page is built from, as tags and filters that need no `load`.

templates/components/README.md shows each in use; gallery.html shows them all.
"""

from .components import blocks, forms, pieces, values
from .components.library import register

__all__ = ["blocks", "forms", "pieces", "register", "values"]
