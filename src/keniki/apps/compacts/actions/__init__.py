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
from .register import (
    be_interested,
    fall_silent,
    import_matters,
    lose_interest,
    move_candidate,
    remove_candidate,
    remove_matter,
    save_candidate,
    save_matter,
    speak,
)
from .texts import (
    complete_signatory,
    edit_signatories,
    edit_text,
    remove_annex_item,
    save_annex_item,
)
from .visions import move_vision, save_vision

__all__ = [
    "be_interested",
    "choose_scale",
    "complete_signatory",
    "create_agreement",
    "create_pairs",
    "edit_agreement",
    "edit_signatories",
    "edit_text",
    "evaluate",
    "fall_silent",
    "import_matters",
    "lose_interest",
    "move_agreement",
    "move_candidate",
    "move_vision",
    "publish_declaration",
    "record_dissolution",
    "record_resolution",
    "remove_annex_item",
    "remove_candidate",
    "remove_matter",
    "save_annex_item",
    "save_candidate",
    "save_declaration",
    "save_initiative",
    "save_kpi",
    "save_matter",
    "save_project",
    "save_reading",
    "save_vision",
    "speak",
    "start_amendment",
    "start_dissolution",
    "stop_dissolution",
]
