"""The board in the forms other systems read: CAP 1.2 and the items of EEI. Each says whether it is an exercise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from django.utils.dateparse import parse_datetime

from .damage_rows import damage_form
from .formats import cap, eei
from .formats.cap import Alert, Area, Info, OrderKey
from .formats.eei import DamageReport, OrderReport, Package, ShelterReport, Status
from .models import Incident
from .queries.board import Board, DistrictRow, ShelterRow

_ORDERS: Final = ("elderly", "evacuate", "safety", "lifted")
_STATES: Final = ("open", "full", "closed")


def alert_of(incident: Incident, board: Board, sender: str, made_at: datetime) -> Alert | None:
    """What is in force on the board as one CAP alert; None without an order or an open shelter. What people disagree
    about is not passed on."""
    infos = (*_orders(incident, board), *_shelters(incident, board), *_levels(incident, board))
    if not infos:
        return None
    return Alert(
        identifier=f"{incident.uid}-{int(made_at.timestamp())}",
        sender=sender,
        sent=made_at,
        mode=incident.mode,  # type: ignore[arg-type]
        infos=infos,
        exercise_name=incident.title if incident.is_exercise else "",
        incidents=(str(incident.uid),),
    )


def package_of(incident: Incident, board: Board, made_at: datetime) -> Package:
    """Shelters, orders and damage by the items of EEI."""
    return Package(
        mode=incident.mode,  # type: ignore[arg-type]
        incident=incident.title,
        incident_id=str(incident.uid),
        made_at=made_at,
        shelters=tuple(_shelter(incident, row) for row in board.shelters if row.town),
        orders=tuple(_order(incident, row) for row in board.ordered_districts if row.town),
        damage=tuple(_damage(incident, board, made_at)),
        source=incident.region.name,
    )


def _orders(incident: Incident, board: Board) -> Iterator[Info]:
    for row in board.ordered_districts:
        key = row.order.part("level")
        at = _moment(row.order.part("at")) or (row.mark.at if row.mark else None)
        if row.order.conflict or key not in _ORDERS or at is None:
            continue
        area = Area(row.name, (row.town,) if row.town else ())
        reason = str(row.order.part("reason") or "")
        yield cap.order_info(
            cast("OrderKey", key), [area], town=row.town_name, cause=incident.hazard, at=at, reason=reason
        )


def _shelters(incident: Incident, board: Board) -> Iterator[Info]:
    for row in board.active_shelters:
        if row.status.conflict or row.states[0] not in _STATES or row.mark is None:
            continue
        area = Area(row.town_name or row.name, (row.town,) if row.town else ())
        state = cast("Any", row.states[0])
        yield cap.shelter_info(
            state, row.name, area, town=row.town_name, cause=incident.hazard, at=row.mark.at
        )


def _levels(incident: Incident, board: Board) -> Iterator[Info]:
    for row in board.towns:
        if row.level.value and row.level.mark is not None:
            area = Area(row.name, (row.town,))
            yield cap.level_info(
                row.level.value, area, town=row.name, cause=incident.hazard, at=row.level.mark.at
            )


def _shelter(incident: Incident, row: ShelterRow) -> ShelterReport:
    count: Mapping[str, Any] = row.count.value or {}
    status = "unknown" if row.status.conflict else row.states[0]
    return ShelterReport(
        mode=incident.mode,  # type: ignore[arg-type]
        code=row.town,
        town=row.town_name,
        name=row.name,
        status=cast("Status", status),
        updated_at=row.mark.at if row.mark else None,
        local_id=row.slug,
        address=row.address,
        latitude=Decimal(str(row.position[1])) if row.position else None,
        longitude=Decimal(str(row.position[0])) if row.position else None,
        capacity=row.limit,
        people_low=row.low,
        people_high=row.high,
        men=count.get("men"),
        women=count.get("women"),
        households=count.get("households"),
        outside=count.get("outside"),
        opened_at=_moment(row.opened_at.value),
        staff=row.staff.value,
        water=next((datum.words for name, datum in row.utilities.items() if name == "water"), ""),
        wanted=str(row.wanted.value or ""),
    )


def _order(incident: Incident, row: DistrictRow) -> OrderReport:
    return OrderReport(
        mode=incident.mode,  # type: ignore[arg-type]
        code=row.town,
        town=row.town_name,
        district=row.name,
        order=str(row.order.part("level") or "none"),
        issued_at=_moment(row.order.part("at")),
        updated_at=row.mark.at if row.mark else None,
        level=row.level or None if not row.order.conflict else None,
        reason=str(row.order.part("reason") or ""),
        people=row.people.value,
        households=row.households.value,
    )


def _damage(incident: Incident, board: Board, made_at: datetime) -> Iterator[DamageReport]:
    form = damage_form(made_at.date()).value
    for row in board.damage:
        values = {name: datum.value for name, datum in row.figures.items()}
        for line in form.rows:
            yield DamageReport(
                mode=incident.mode,  # type: ignore[arg-type]
                code=row.town,
                town=row.town_name,
                group=line.group,
                name=line.name,
                unit=line.unit,
                figure=line.figure(values),
                as_of=_moment(row.as_of.value),
                updated_at=row.mark.at if row.mark else None,
            )


def _moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def files() -> dict[str, Any]:
    """The files of the exchange by name, each with what writes it."""
    return {
        "eei.json": eei.to_json,
        "eei-shelters.csv": eei.shelters_csv,
        "eei-orders.csv": eei.orders_csv,
        "eei-damage.csv": eei.damage_csv,
    }
