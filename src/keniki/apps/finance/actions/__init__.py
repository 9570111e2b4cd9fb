"""What may be done with money: grants and budget lines here; joint costs, bills and the book in their own modules."""

from .money import (
    LABELS,
    GrantDraft,
    LineDraft,
    called,
    content_of_grant,
    content_of_line,
    post_cost,
    remove_grant,
    remove_line,
    save_grant,
    save_line,
    stage_words,
)

__all__ = [
    "LABELS",
    "GrantDraft",
    "LineDraft",
    "called",
    "content_of_grant",
    "content_of_line",
    "post_cost",
    "remove_grant",
    "remove_line",
    "save_grant",
    "save_line",
    "stage_words",
]
