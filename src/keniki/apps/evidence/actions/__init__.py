"""What may be done about statistics: load, correct, put right, remember."""

from .editions import restore_edition, withdraw_edition
from .fetch_runs import break_off_fetch, cancel_fetch, run_fetch, start_fetch
from .fetching import Fetched, fetch_tables, switch_table, tables_of
from .figures import correct_figure
from .files import import_files
from .importing import Imported, import_figures
from .mappings import forget_mapping, read_by_mapping, remember_mapping
from .rows import drop_row, drop_rows, fix_row, original_of

__all__ = [
    "Fetched",
    "Imported",
    "break_off_fetch",
    "cancel_fetch",
    "correct_figure",
    "drop_row",
    "drop_rows",
    "fetch_tables",
    "fix_row",
    "forget_mapping",
    "import_figures",
    "import_files",
    "original_of",
    "read_by_mapping",
    "remember_mapping",
    "restore_edition",
    "run_fetch",
    "start_fetch",
    "switch_table",
    "tables_of",
    "withdraw_edition",
]
