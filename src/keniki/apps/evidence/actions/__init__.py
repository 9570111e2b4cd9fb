"""What may be done about statistics: load, correct, put right, remember."""

from .demand_rates import LARGEST_RATES, remove_demand_rates, save_demand_rates
from .editions import restore_edition, withdraw_edition
from .fetch_runs import break_off_fetch, cancel_fetch, run_fetch, start_fetch
from .fetching import Fetched, fetch_tables, switch_table, tables_of
from .figures import correct_figure
from .files import import_files
from .forecast_runs import (
    FORECAST_BROKEN_OFF,
    break_off_forecast,
    cancel_forecast,
    make_result,
    run_forecast,
    start_forecast,
)
from .forecasts import ForecastDraft, remove_forecast, rename_forecast, save_forecast, show_forecast
from .importing import Imported, import_figures
from .mappings import forget_mapping, read_by_mapping, remember_mapping
from .rows import drop_row, drop_rows, fix_row, original_of

__all__ = [
    "FORECAST_BROKEN_OFF",
    "LARGEST_RATES",
    "Fetched",
    "ForecastDraft",
    "Imported",
    "break_off_fetch",
    "break_off_forecast",
    "cancel_fetch",
    "cancel_forecast",
    "correct_figure",
    "drop_row",
    "drop_rows",
    "fetch_tables",
    "fix_row",
    "forget_mapping",
    "import_figures",
    "import_files",
    "make_result",
    "original_of",
    "read_by_mapping",
    "remember_mapping",
    "remove_demand_rates",
    "remove_forecast",
    "rename_forecast",
    "restore_edition",
    "run_fetch",
    "run_forecast",
    "save_demand_rates",
    "save_forecast",
    "show_forecast",
    "start_fetch",
    "start_forecast",
    "switch_table",
    "tables_of",
    "withdraw_edition",
]
