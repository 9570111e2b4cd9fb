"""What each public page shows, put together from published records only, in a constant number of queries."""

from .activities import (
    ActivityCard,
    ActivityPage,
    InitiativeGroup,
    YearGroup,
    activity_page,
    cards,
    initiative_years,
    newest,
)
from .compacts import AnnexRow, VisionPage, annex, vision_pages
from .home import Home, Listed, PublicDocument, Step, home, listed, public_documents, steps
from .kpis import CHART_WIDTHS, KpiSheet, kpi_chart, kpi_sheets, status_statement
from .members import (
    Figure,
    FormerRow,
    MemberRow,
    both_maps,
    former_members,
    known_figures,
    members,
    members_and_whole,
    places,
)

__all__ = [
    "CHART_WIDTHS",
    "ActivityCard",
    "ActivityPage",
    "AnnexRow",
    "Figure",
    "FormerRow",
    "Home",
    "InitiativeGroup",
    "KpiSheet",
    "Listed",
    "MemberRow",
    "PublicDocument",
    "Step",
    "VisionPage",
    "YearGroup",
    "activity_page",
    "annex",
    "both_maps",
    "cards",
    "former_members",
    "home",
    "initiative_years",
    "known_figures",
    "kpi_chart",
    "kpi_sheets",
    "listed",
    "members",
    "members_and_whole",
    "newest",
    "places",
    "public_documents",
    "status_statement",
    "steps",
    "vision_pages",
]
