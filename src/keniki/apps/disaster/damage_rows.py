"""The rows of the damage report (第4号様式) as the board enters and prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from keniki.rulebooks.disaster import law
from keniki.rulebooks.disaster.law import ReportForm
from keniki.rulebooks.loader import Rule


@dataclass(frozen=True)
class DamageField:
    """A figure people enter: its name in a form, its field in an event, its group, label and unit."""

    name: str
    field: str
    group: str
    label: str
    unit: str

    @property
    def is_yen(self) -> bool:
        """Whether it is an amount of money, kept in yen."""
        return self.field.startswith("yen.")

    @property
    def is_fraction(self) -> bool:
        """Whether it may have a fraction."""
        return self.unit == "ha"


@dataclass(frozen=True)
class SheetRow:
    """A row of the report for several towns: figures in the form's unit (None: nobody said), their sum, of whose
    figures people disagree."""

    group: str
    name: str
    unit: str
    field: str
    figures: tuple[int | Decimal | None, ...]
    total: int | Decimal | None
    disputed: tuple[bool, ...]

    @property
    def cells(self) -> list[tuple[int | Decimal | None, bool]]:
        """Each town's figure, and whether people disagree about it."""
        return list(zip(self.figures, self.disputed, strict=True))

    @property
    def is_told(self) -> bool:
        """Whether anybody reported anything in this row."""
        return any(self.disputed) or any(figure is not None for figure in self.figures)


def damage_form(on: date) -> Rule[ReportForm]:
    """The form in force on a day."""
    return law.damage_form(on)


def damage_fields(on: date) -> list[DamageField]:
    """The figures that are entered, in the order of the form; what is computed is not."""
    return [
        DamageField(f"d_{row.field.replace('.', '_')}", row.field, row.group, row.name, row.unit)
        for row in damage_form(on).value.rows
        if row.field
    ]


def sheet_rows(on: date, towns: Iterable[Mapping[str, Any]]) -> list[SheetRow]:
    """The rows with each town's figures: `towns` have the stored data (`Datum`) by field.

    A row's total adds the figures there are; it is None where there is none, or where people disagree about one.
    """
    every = list(towns)
    values = [{name: datum.value for name, datum in each.items()} for each in every]
    rows = []
    for row in damage_form(on).value.rows:
        names = (row.field,) if row.field else row.sum_of
        figures = tuple(row.figure(each) for each in values)
        disputed = tuple(any(name in each and each[name].conflict for name in names) for each in every)
        known = [figure for figure in figures if figure is not None]
        total = sum(known) if known and not any(disputed) else None
        rows.append(SheetRow(row.group, row.name, row.unit, row.field, figures, total, disputed))
    return rows
