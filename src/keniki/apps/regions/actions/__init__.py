"""What may be done about regions, municipalities, organisations and posts."""

from .arrangements import end_arrangement, import_arrangements, save_arrangement
from .mergers import Merged, NewTown, follow_successors, merge, proposals, rename
from .municipalities import (
    MunicipalityRow,
    load_municipalities,
    read_municipality_list,
    store_municipalities,
)
from .people import (
    assign,
    change_organisation,
    change_post,
    create_organisation,
    create_post,
    end_holding,
    end_post,
    town_organisation,
    write_note,
)
from .shape import (
    MemberRow,
    NewSecretariat,
    change_region,
    change_role,
    create_region,
    join,
    leave,
    reorder,
    set_programme,
)
from .transfer import Move, Plan, Transferred, plan_transfer, template_rows, transfer

__all__ = [
    "MemberRow",
    "Merged",
    "Move",
    "MunicipalityRow",
    "NewSecretariat",
    "NewTown",
    "Plan",
    "Transferred",
    "assign",
    "change_organisation",
    "change_post",
    "change_region",
    "change_role",
    "create_organisation",
    "create_post",
    "create_region",
    "end_arrangement",
    "end_holding",
    "end_post",
    "follow_successors",
    "import_arrangements",
    "join",
    "leave",
    "load_municipalities",
    "merge",
    "plan_transfer",
    "proposals",
    "read_municipality_list",
    "rename",
    "reorder",
    "save_arrangement",
    "set_programme",
    "store_municipalities",
    "template_rows",
    "town_organisation",
    "transfer",
    "write_note",
]
