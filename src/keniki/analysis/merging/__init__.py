"""What happened in an incident, merged: any order of arrival, any repetition and any clock give the same state.

`parse_event` reads an event; `fold` makes the state of a set of events, `add` an entity's state with one more;
`fields_for` writes with what the writer has seen; `headcounts` counts people as ranges. Two who wrote a field
without having seen each other are a conflict until a person decides. `bundle` carries events on a USB stick,
signed and encrypted. The page that works without network does the same in `merging.js`.
"""

from .bundles import (
    BadBundle,
    Device,
    Header,
    Opened,
    bundle,
    file_name,
    header_of,
    missing_serials,
    unbundle,
)
from .entities import Entity, Sign, Stored, add, fold_entity, restore, store
from .events import (
    MODES,
    Event,
    Mode,
    Quarantined,
    Write,
    check_incident,
    parse_batch,
    parse_event,
    personal_fields,
    restored,
    split_fields,
)
from .headcounts import Headcount, Headcounts, headcounts
from .joining import Joined, join, nothing_said
from .kinds import KINDS, SAME_AS, VOID, Field, Kind, check_value, described, field_of, split_entity
from .registers import Past, Register, heads_of, history_of, register_of
from .spelling import canonical, digest, read_json
from .states import Arrival, Folding, State, fields_for, fold, known_at

__all__ = [
    "KINDS",
    "MODES",
    "SAME_AS",
    "VOID",
    "Arrival",
    "BadBundle",
    "Device",
    "Entity",
    "Event",
    "Field",
    "Folding",
    "Headcount",
    "Headcounts",
    "Header",
    "Joined",
    "Kind",
    "Mode",
    "Opened",
    "Past",
    "Quarantined",
    "Register",
    "Sign",
    "State",
    "Stored",
    "Write",
    "add",
    "bundle",
    "canonical",
    "check_incident",
    "check_value",
    "described",
    "digest",
    "field_of",
    "fields_for",
    "file_name",
    "fold",
    "fold_entity",
    "headcounts",
    "header_of",
    "heads_of",
    "history_of",
    "join",
    "known_at",
    "missing_serials",
    "nothing_said",
    "parse_batch",
    "parse_event",
    "personal_fields",
    "read_json",
    "register_of",
    "restore",
    "restored",
    "split_entity",
    "split_fields",
    "store",
    "unbundle",
]
