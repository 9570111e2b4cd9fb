"""Open data of a region: data sets with stated columns, as CSV and JSON, and the catalogue of them."""

from .catalogue import Described, Licence, described, licence, state
from .datasets import DATASETS, Column, Dataset
from .responses import catalogue_response, response

__all__ = [
    "DATASETS",
    "Column",
    "Dataset",
    "Described",
    "Licence",
    "catalogue_response",
    "described",
    "licence",
    "response",
    "state",
]
