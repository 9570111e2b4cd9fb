"""Figures with their source, edition and cell; inquiries to the towns and their answers."""

from .fetching import FetchedTable, FetchRun
from .futures import DemandRates, Forecast, ForecastResult, ForecastRun
from .inquiries import AnswerVersion, FigureInquiry, InquiryLetter, TownAnswer
from .store import (
    Area,
    AreaMember,
    AxisLabel,
    Boundary,
    Edition,
    Figure,
    Flow,
    ImportRun,
    Mapping,
    QuarantinedRow,
    RawFile,
    Series,
    Source,
)

__all__ = [
    "AnswerVersion",
    "Area",
    "AreaMember",
    "AxisLabel",
    "Boundary",
    "DemandRates",
    "Edition",
    "FetchRun",
    "FetchedTable",
    "Figure",
    "FigureInquiry",
    "Flow",
    "Forecast",
    "ForecastResult",
    "ForecastRun",
    "ImportRun",
    "InquiryLetter",
    "Mapping",
    "QuarantinedRow",
    "RawFile",
    "Series",
    "Source",
    "TownAnswer",
]
