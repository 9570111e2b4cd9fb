"""Reading what the weather agency says: what stands in a region's towns, since when, of which source and how old."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django_scopes import scope

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_of_each, members_on
from keniki.rulebooks.disaster.warnings import GRADES, phenomenon_name

from ..models import AreaWarnings, Incident, Mode, WarningPolling, WarningSource, WarningTelegram

Outcome = WarningTelegram.Outcome
#: So long after the last sign of life what stands is still shown to residents and told to incidents.
FRESH: Final = timedelta(hours=3)
#: Grades that call for headquarters, not for mere attention.
GRAVE: Final = ("warning", "danger", "special")


@dataclass(frozen=True)
class WarningLine:
    """A warning in force in a town."""

    town: str
    title: str
    area: str
    phenomenon: str
    grade: str
    level: int | None
    state: str
    change: str
    at: datetime
    office: str
    telegram: int
    replaced: bool

    @property
    def is_grave(self) -> bool:
        """Whether it is more than an advisory."""
        return self.grade in GRAVE or (self.level or 0) >= 3

    @property
    def grade_words(self) -> str:
        """注意報, 警報 …; of a kind the rulebook does not know, nothing."""
        return {str(key): words for key, words in GRADES.items()}.get(self.grade, "")


@dataclass(frozen=True)
class TownWarnings:
    """A town and what stands in it, the gravest first."""

    town: Municipality
    lines: tuple[WarningLine, ...]

    @property
    def level(self) -> int | None:
        """The highest level (警戒レベル相当), None where none has one."""
        return max((each.level for each in self.lines if each.level), default=None)

    @property
    def is_grave(self) -> bool:
        return any(each.is_grave for each in self.lines)

    @property
    def grave_words(self) -> str:
        """The names of what is more than an advisory."""
        return "・".join(each.title for each in self.lines if each.is_grave)


@dataclass(frozen=True)
class Weather:
    """What stands in a region, and how sure that is: `heard_at` is the last sign of life of the source."""

    towns: tuple[TownWarnings, ...]
    active: bool
    heard_at: datetime | None
    asked_at: datetime | None
    fresh: bool

    @property
    def grave(self) -> tuple[TownWarnings, ...]:
        """Towns with more than advisories."""
        return tuple(each for each in self.towns if each.is_grave)

    @property
    def any(self) -> bool:
        return any(each.lines for each in self.towns)


def warnings_wanted() -> bool:
    """Whether the operator had the agency's feeds switched on."""
    return WarningSource.objects.filter(key="jma", active=True).exists()


def source_of() -> WarningSource:
    """The source as it is set; one that is off where nobody set it."""
    return WarningSource.objects.filter(key="jma").first() or WarningSource()


def polling_of() -> WarningPolling:
    """How far the asking has come."""
    return WarningPolling.objects.filter(key="jma").first() or WarningPolling()


def address_asked() -> str:
    """The relay that is asked instead of the agency itself, as it is set; empty without one."""
    return str(settings.JMA_URL)


def heard_at() -> datetime | None:
    """When the source answered last, or somebody read a real telegram from a file."""
    answered = WarningPolling.objects.filter(key="jma").values_list("answered_at", flat=True).first()
    read = (
        WarningTelegram.objects.filter(mode=Mode.REAL, outcome=Outcome.TAKEN)
        .order_by("-received_at")
        .values_list("received_at", flat=True)
        .first()
    )
    return max((each for each in (answered, read) if each is not None), default=None)


def is_fresh(heard: datetime | None, now: datetime | None = None) -> bool:
    """Whether the last sign of life is recent enough to rely on what stands."""
    return heard is not None and (now or timezone.now()) - heard <= FRESH


def standing_rows(towns: Collection[str]) -> list[AreaWarnings]:
    """What the newest telegrams say of areas in these towns, lifted ones too. An older type of telegram is left out
    where a better one speaks."""
    rows = AreaWarnings.objects.filter(towns__has_any_keys=sorted(towns))
    found = list(rows.select_related("telegram").defer("telegram__content"))
    better = {(row.area_code, row.phenomenon) for row in found if not row.replaced}
    return [row for row in found if not row.replaced or (row.area_code, row.phenomenon) not in better]


def weather_of(region: Region, now: datetime | None = None) -> Weather:
    """What stands in the towns of a region; five queries, whatever their number."""
    towns = [row.municipality for row in members_on(region)]
    heard = heard_at()
    polling = polling_of()
    lines = lines_by_town(standing_rows([town.code for town in towns]))
    return Weather(
        tuple(TownWarnings(town, tuple(lines.get(town.code, ()))) for town in towns),
        warnings_wanted(),
        heard,
        polling.asked_at,
        is_fresh(heard, now),
    )


def lines_by_town(rows: Iterable[AreaWarnings]) -> dict[str, list[WarningLine]]:
    """Warnings in force by town, the gravest first."""
    found: dict[str, list[WarningLine]] = {}
    for row in rows:
        for each in row.warnings:
            if each["state"] != "lifted":
                found.setdefault(each["municipality"], []).append(_line(row, each))
    for lines in found.values():
        lines.sort(key=lambda each: (-(each.level or 0), not each.is_grave, each.phenomenon, each.area))
    return found


def calling(region: Region, weather: Weather) -> tuple[TownWarnings, ...]:
    """Towns under warnings while no real incident is open: somebody should think of opening one."""
    if not weather.fresh or not weather.grave:
        return ()
    if Incident.objects.filter(region=region, mode=Mode.REAL, ended_at=None).exists():
        return ()
    return weather.grave


def telegrams_of(region: Region) -> QuerySet[WarningTelegram]:
    """The telegrams about the region's towns, and those that could not be read, the newest first."""
    towns = [row.municipality.code for row in members_on(region)]
    mine = Q(outcome=Outcome.REFUSED) | Q(info_type="取消") | Q(towns__has_any_keys=towns)
    return WarningTelegram.objects.filter(mine).defer("content").order_by("-received_at", "-id")


def telegram_for(pk: int) -> WarningTelegram:
    """A telegram; 404 when there is none. They are published, and the same for every region."""
    found = WarningTelegram.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("電文が見つかりません。")
    return found


def said_by(telegram: WarningTelegram, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The towns an earthquake was felt in, with the intensity."""
    felt: Mapping[str, Any] = telegram.felt.get("towns", {}) if telegram.felt else {}
    return [(names.get(code, code), str(words)) for code, words in felt.items() if code in names]


def last_refused(most: int = 5) -> Sequence[WarningTelegram]:
    """The last telegrams that could not be read."""
    return list(
        WarningTelegram.objects.filter(outcome=Outcome.REFUSED)
        .defer("content")
        .order_by("-received_at")[:most]
    )


def _line(row: AreaWarnings, warning: Mapping[str, Any]) -> WarningLine:
    town = str(warning["municipality"])
    whole = len(row.area_code) == 7 and row.area_code.endswith("00") and town.startswith(row.area_code[:5])
    return WarningLine(
        town=town,
        title=str(warning["title"]),
        area="" if whole else str(warning["area_name"]),
        phenomenon=phenomenon_name(row.phenomenon),
        grade=str(warning["grade"] or ""),
        level=warning["level"],
        state=str(warning["state"]),
        change=str(warning["change"]),
        at=row.at,
        office=row.telegram.office,
        telegram=row.telegram_id,
        replaced=row.replaced,
    )


def calling_by_region(regions: Sequence[Region]) -> dict[int, tuple[str, ...]]:
    """The names of towns under warnings while no real incident is open, by region; four queries for all of them."""
    if not is_fresh(heard_at()):
        return {}
    with scope(region=list(regions)):
        busy = set(Incident.objects.filter(mode=Mode.REAL, ended_at=None).values_list("region", flat=True))
    quiet = [region for region in regions if region.pk not in busy]
    members = members_of_each(quiet)
    towns = {row.municipality.code: row.municipality.name for rows in members.values() for row in rows}
    grave = {
        town
        for town, lines in lines_by_town(standing_rows(towns)).items()
        if any(each.is_grave for each in lines)
    }
    found = {
        region: tuple(row.municipality.name for row in rows if row.municipality.code in grave)
        for region, rows in members.items()
    }
    return {region: names for region, names in found.items() if names}
