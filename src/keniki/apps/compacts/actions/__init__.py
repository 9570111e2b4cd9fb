"""Everything that may be done with agreements, declarations, visions, initiatives, KPIs and evaluations."""

from .agreements import (
    create_agreement,
    create_pairs,
    edit_agreement,
    move_agreement,
    record_resolution,
    start_amendment,
)
from .declarations import publish_declaration, save_declaration
from .dissolutions import record_dissolution, start_dissolution, stop_dissolution
from .evaluations import choose_scale, evaluate
from .initiatives import save_initiative, save_project
from .kpis import save_kpi, save_reading
from .texts import (
    complete_signatory,
    edit_signatories,
    edit_text,
    remove_annex_item,
    save_annex_item,
)
from .visions import move_vision, save_vision

__all__ = [
    "choose_scale",
    "complete_signatory",
    "create_agreement",
    "create_pairs",
    "edit_agreement",
    "edit_signatories",
    "edit_text",
    "evaluate",
    "move_agreement",
    "move_vision",
    "publish_declaration",
    "record_dissolution",
    "record_resolution",
    "remove_annex_item",
    "save_annex_item",
    "save_declaration",
    "save_initiative",
    "save_kpi",
    "save_project",
    "save_reading",
    "save_vision",
    "start_amendment",
    "start_dissolution",
    "stop_dissolution",
]
