"""Documents as Word files: real styles, lists, repeated heads, tracked changes, East Asian fonts."""

from keniki.press.word.render import render_docx

__all__ = ["render_docx"]
