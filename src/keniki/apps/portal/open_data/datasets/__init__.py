"""The data sets: their columns, and their rows from published records, one value per cell."""

from .agreements import AGREEMENTS
from .columns import Column, Dataset, Row
from .region import REGION
from .stock import STOCK
from .work import WORK

DATASETS: dict[str, Dataset] = {each.name: each for each in (*REGION, *WORK, *AGREEMENTS, *STOCK)}

__all__ = ["DATASETS", "Column", "Dataset", "Row"]
