"""Dated rules as data files, each with its source and evidence, and the one loader that reads them."""
