"""Composers: from a region's records to a tree of blocks and data sheets, one module per kind of document."""

from .base import Composed, Stage, compose, inputs, kinds

__all__ = ["Composed", "Stage", "compose", "inputs", "kinds"]
