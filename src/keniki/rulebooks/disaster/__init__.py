"""Dated rules of disaster work: standards, damage assessment, warnings, law."""
