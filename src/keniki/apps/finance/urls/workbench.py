"""Where the workbench of sharing is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import games, outlook, workbench
from .desk import COST

patterns: Final[list[URLPattern]] = [
    path(f"{COST}/workbench/", workbench.workbench, name="workbench"),
    path(f"{COST}/workbench/chart.svg", workbench.workbench_chart, name="workbench-chart"),
    path(f"{COST}/workbench/data/", workbench.workbench_data, name="workbench-data"),
    path(f"{COST}/game/<int:year>/", games.game, name="game"),
    path(f"{COST}/game/<int:year>/data/", games.game_csv, name="game-csv"),
    path(f"{COST}/outlook/", outlook.outlook, name="outlook"),
    path(f"{COST}/outlook/<slug:chart>.svg", outlook.outlook_chart, name="outlook-chart"),
    path(f"{COST}/outlook/data/", outlook.outlook_csv, name="outlook-csv"),
]
