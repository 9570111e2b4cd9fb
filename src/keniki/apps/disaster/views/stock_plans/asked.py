"""What addresses of these pages ask: the fiscal year and the day; whatever cannot be read is as if not asked."""

from __future__ import annotations

from datetime import date

from keniki.apps.activities.queries import years_of_region
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear


def years_for(region: Region) -> list[int]:
    """The fiscal years one may choose, the newest first."""
    first, last = years_of_region(region)
    return list(range(last, first - 1, -1))


def year_asked(request: StaffRequest, years: list[int], field: str = "") -> int:
    """What was typed into `field`, else `?year=`, else this fiscal year, else the nearest of the region's."""
    typed = request.POST.get(field) if field else None
    named = FiscalYear.named(typed or request.GET.get("year"))
    if named is not None and int(named) in years:
        return int(named)
    now = int(FiscalYear.of(today()))
    return min(years, key=lambda year: (abs(year - now), year))


def day_asked(request: StaffRequest, name: str = "on") -> tuple[date, str]:
    """`?on=`, else today; and the sentence that says that what was asked for is no day."""
    typed = request.GET.get(name, "").strip()
    if not typed:
        return today(), ""
    try:
        day = era.parse_date(typed)
    except WrongInput as wrong:
        return today(), f"{wrong.message} 今日の在庫を表示しています。"
    if not 1947 <= day.year <= 2150:
        return today(), "昭和22年から2150年までの日を指定してください。今日の在庫を表示しています。"
    return day, ""
