"""The return sheet (回答票): sent out with the letter, filled in by a town, read back."""

from .reading import Sheet, read_sheet
from .writing import ANSWERS, form_mark, sheet_name, write_sheet

__all__ = ["ANSWERS", "Sheet", "form_mark", "read_sheet", "sheet_name", "write_sheet"]
