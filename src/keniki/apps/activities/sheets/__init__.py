"""A year's activities as a workbook: data for machines, and a form that is filled in and read back."""

from .form import FIGURES, FORM, write_sheet
from .plan import ActivityChange, FigureChange, Plan, read_sheet

__all__ = ["FIGURES", "FORM", "ActivityChange", "FigureChange", "Plan", "read_sheet", "write_sheet"]
