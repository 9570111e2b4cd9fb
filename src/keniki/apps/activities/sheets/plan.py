"""Reading a filled-in workbook back: what would change, row by row, before anything is stored."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.activities import policies, queries
from keniki.apps.activities.checks import bounds_of, check
from keniki.apps.activities.drafts import ActivityDraft, number, read_lines, reading_of
from keniki.apps.activities.forms import KINDS, STATES
from keniki.apps.activities.models import Activity, ActivityLine
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import towns_in
from keniki.core import digits, fiscal_year
from keniki.core.era import parse_date
from keniki.core.errors import WrongInput

from .form import (
    FIGURE_HEADINGS,
    FIGURES,
    FORM,
    HEAD_ROW,
    HEADINGS,
    KEPT,
    MARK,
    SHARED,
    digest,
    form_row,
)

MAX_BYTES: Final = 3 * 1024 * 1024
MAX_UNPACKED: Final = 60 * 1024 * 1024
MAX_ROWS: Final = 3000
MAX_CHANGES: Final = 500


@dataclass(frozen=True)
class ActivityChange:
    """A row of 様式 that adds or changes an activity; `differences` are (heading, before, after)."""

    row: int
    activity: Activity | None
    draft: ActivityDraft
    differences: tuple[tuple[str, str, str], ...]
    ruling: Ruling

    @property
    def is_new(self) -> bool:
        return self.activity is None


@dataclass(frozen=True)
class FigureChange:
    """A cell of 市町別 that enters, corrects or takes back a town's figure."""

    row: int
    activity: Activity
    key: str
    label: str
    town: Municipality
    before: Decimal | None
    after: Decimal | None
    ruling: Ruling

    @property
    def before_words(self) -> str:
        return number(self.before) if self.before is not None else ""

    @property
    def after_words(self) -> str:
        return number(self.after) if self.after is not None else ""


@dataclass(frozen=True)
class Plan:
    """All that a workbook changes in its fiscal year."""

    year: int
    activities: tuple[ActivityChange, ...] = ()
    figures: tuple[FigureChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.activities and not self.figures

    @property
    def new(self) -> int:
        return sum(change.is_new for change in self.activities)

    @property
    def changed(self) -> int:
        return len(self.activities) - self.new

    @property
    def rulings(self) -> list[Ruling]:
        return [change.ruling for change in self.activities] + [change.ruling for change in self.figures]

    @property
    def fingerprint(self) -> str:
        """What was shown to the user; another plan is shown again."""
        shown = [(c.row, c.activity.slug if c.activity else "", c.differences) for c in self.activities]
        cells = [(c.activity.slug, c.key, c.town.code, c.before_words, c.after_words) for c in self.figures]
        return hashlib.sha256(repr((self.year, shown, cells)).encode()).hexdigest()[:24]


def read_sheet(actor: Actor, region: Region, content: bytes, *, file: str = "") -> Plan:
    """What the workbook would change; `WrongInput` names the sheet, row and column of the first fault.

    A row or cell the user left as handed out is left alone, even when somebody changed the record since; one
    that both changed is refused. What the actor may not write is refused as well.
    """
    reader = _Reader(actor, region, _Book(content, file))
    return reader.plan()


class _Book:
    """The sheets as rows of cells."""

    def __init__(self, content: bytes, file: str) -> None:
        self.file, self.content = file, content
        if len(content) > MAX_BYTES:
            raise WrongInput(
                "ファイルが大きすぎます（上限3 MB）。様式をダウンロードし直してください。", file=file
            )
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                    raise WrongInput("ファイルの中身が大きすぎます。", file=file)
            self.book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        except (zipfile.BadZipFile, CalamineError) as error:
            raise WrongInput(
                "Excelファイル（.xlsx）として読めません。ダウンロードした様式に記入して選んでください。",
                file=file,
            ) from error
        missing = [name for name in (FORM, FIGURES, KEPT) if name not in self.book.sheet_names]
        if missing:
            raise WrongInput(
                f"シート「{missing[0]}」がありません。このページからダウンロードした様式を使ってください。",
                file=file,
            )

    def rows(self, name: str) -> list[list[Any]]:
        rows: list[list[Any]] = self.book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if len(rows) > MAX_ROWS:
            raise WrongInput(f"行が多すぎます（上限{MAX_ROWS}行）。", file=self.at(name))
        return rows

    def refuse_what_lost_its_value(self) -> None:
        """Raise for merged cells, error values and formulas nobody calculated: read as empty, they would delete."""
        for name in (FORM, FIGURES):
            for (row, _), (last, _) in self.book.get_sheet_by_name(name).merged_cell_ranges or []:
                if last >= HEAD_ROW - 1:
                    raise WrongInput(
                        "結合されたセルがあります。結合を解除し、1つのセルに1つの値を入力してください。",
                        file=self.at(name),
                        row=max(row, HEAD_ROW - 1) + 1,
                    )
        with zipfile.ZipFile(io.BytesIO(self.content)) as packed:
            parts = [part for part in packed.namelist() if _WORKSHEET.fullmatch(part)]
            for part in parts:
                text = packed.read(part).decode("utf-8", "replace")
                if (found := _ERROR.search(text) or _UNCALCULATED.search(text)) is not None:
                    raise WrongInput(
                        f"セル {found['cell']} の数式に値がないか、エラー（#REF! など）です。"
                        "数式を使わず、値を直接入力してください。",
                        file=self.file,
                    )

    def at(self, sheet: str) -> str:
        return f"{self.file} シート「{sheet}」".strip()


@dataclass
class _Kept:
    """What was handed out: versions and digests by activity, values by figure."""

    year: int
    activities: dict[str, tuple[int, str]] = field(default_factory=dict)
    figures: dict[tuple[str, str, str], Decimal] = field(default_factory=dict)


class _Reader:
    def __init__(self, actor: Actor, region: Region, book: _Book) -> None:
        self.actor, self.region, self.book = actor, region, book
        self.kept = self._kept()
        self.label = fiscal_year.format_table(self.kept.year)
        self.towns = towns_in(region, self.kept.year)
        self.by_slug = {a.slug: a for a in queries.activities_of(region, self.kept.year, self.kept.year)}
        self.initiatives = {row.title: row for row in queries.initiatives_of(region)}
        self.bounds = bounds_of(region, self.kept.year)
        self.rulings: dict[int | None, Ruling] = {}

    def plan(self) -> Plan:
        if (state := queries.year_state(self.region, self.kept.year)).is_closed:
            raise WrongInput(state.why_read_only, file=self.book.file)
        self.book.refuse_what_lost_its_value()
        found = Plan(self.kept.year, tuple(self._activities()), tuple(self._figures()))
        if (number := len(found.activities) + len(found.figures)) > MAX_CHANGES:
            raise WrongInput(
                f"変更が{number}件あります。一度に取り込めるのは{MAX_CHANGES}件までです。分けて取り込んでください。",
                file=self.book.file,
            )
        return found

    def _kept(self) -> _Kept:
        rows = self.book.rows(KEPT)
        head = [str(cell) for cell in rows[0]] if rows else []
        year = fiscal_year.FiscalYear.named(head[2]) if head[:1] == [MARK] and len(head) > 2 else None
        if year is None:
            raise WrongInput(
                "この様式は読めません。様式をダウンロードし直してください。", file=self.book.at(KEPT)
            )
        if head[1] != self.region.slug:
            raise WrongInput("ほかの圏域の様式です。", file=self.book.file)
        kept = _Kept(int(year))
        try:
            for row in rows[1:]:
                cells = [str(cell) for cell in row]
                if cells[0] == "activity":
                    kept.activities[cells[1]] = (int(cells[2]), cells[3])
                elif cells[0] == "figure":
                    kept.figures[cells[1], cells[2], cells[3]] = Decimal(cells[4])
        except (ValueError, IndexError, InvalidOperation) as error:
            raise WrongInput(
                "様式の控えが壊れています。様式をダウンロードし直してください。", file=self.book.at(KEPT)
            ) from error
        return kept

    # --- 様式 ---

    def _activities(self) -> list[ActivityChange]:
        rows = self._table(FORM, HEADINGS)
        seen: dict[str, int] = {}
        changes = []
        for at, cells in rows:
            try:
                found = self._activity(at, cells)
            except WrongInput as wrong:
                raise self._placed(wrong, FORM, at) from None
            slug = str(cells["番号"]).strip()
            if slug and slug in seen:
                raise self._wrong(f"番号「{slug}」が{seen[slug]}行目にもあります。", FORM, at, "番号")
            seen[slug] = at
            if found is not None:
                changes.append(found)
        return changes

    def _activity(self, at: int, cells: dict[str, Any]) -> ActivityChange | None:
        row = [_day(cells[name], name) if name in _DAYS else _text(cells[name]) for name in HEADINGS]
        slug = str(row[0])
        before = self.by_slug.get(slug) if slug else None
        if slug:
            kept = self.kept.activities.get(slug)
            if kept is not None and digest(row) == kept[1]:
                return None
            if before is None:
                raise WrongInput(
                    f"番号「{slug}」の活動は、削除されたか、この年度のものではありません。新しい活動なら番号を空欄にしてください。",
                    column="番号",
                )
            if row == form_row(before):
                return None
            if kept is None or kept[0] != before.version:
                raise WrongInput(
                    "この活動は、様式をダウンロードした後にほかの人が更新しています。"
                    "様式をダウンロードし直してから記入してください。"
                )
        draft = self._draft(dict(zip(HEADINGS, row, strict=True)), before)
        rulings = [self._ruling(draft.municipality)]
        if before is not None:
            rulings.append(self._ruling(before.municipality))
        refused = next((ruling for ruling in rulings if not ruling), None)
        if refused is not None:
            raise WrongInput(refused.reason)
        check(self.region, draft, self.bounds)
        old = form_row(before) if before is not None else [""] * len(HEADINGS)
        differences = tuple(
            (name, _words(was), _words(now))
            for name, was, now in zip(HEADINGS[1:], old[1:], row[1:], strict=True)
            if _words(was) != _words(now)
        )
        return ActivityChange(at, before, draft, differences, rulings[0])

    def _ruling(self, town: Municipality | None) -> Ruling:
        """May the actor write an activity of this town (None: a shared one) in the year? Asked once for each."""
        key = town.pk if town is not None else None
        if key not in self.rulings:
            self.rulings[key] = policies.write(self.actor, self.region, self.kept.year, town)
        return self.rulings[key]

    def _draft(self, row: dict[str, Any], before: Activity | None) -> ActivityDraft:
        initiative = self._one(self.initiatives, row["取組"], "取組")
        projects = {project.title: project for project in initiative.projects.all()}
        project = self._one(projects, row["事業"], "事業") if row["事業"] else None
        towns = {town.name: town for town in self.towns}
        where = row["どこの活動か"]
        if not where:
            raise WrongInput(f"「{SHARED}」または団体名を選んでください。", column="どこの活動か")
        town = None if where == SHARED else self._one(towns, where, "どこの活動か")
        typed = [
            (kind, line.strip())
            for kind, name in _LINES
            for line in str(row[name]).splitlines()
            if line.strip()
        ]
        if before is not None and _same_lines(typed, before):
            reading = reading_of(before)
        else:
            reading = read_lines(typed, before, town=town.pk if town is not None else None)
        links = before.measure_links.all() if before is not None else []
        roles = before.role_links.all() if before is not None else []
        return ActivityDraft(
            initiative=initiative,
            fiscal_year=self.kept.year,
            title=row["活動名"],
            kind=self._one({label: value for value, label in KINDS}, row["種類"], "種類"),
            state=self._one({label: value for value, label in STATES}, row["状態"], "状態"),
            project=project,
            municipality=town,
            tally_only=before.tally_only if before is not None else False,
            starts_on=row["開始日"],
            ends_on=row["終了日"],
            place=row["場所"],
            organiser=row["主催"],
            text=before.text if before is not None else "",
            reading=reading,
            measures=tuple((link.agreement_id, link.key) for link in links),
            roles=tuple((link.agreement_id, link.item, link.key) for link in roles),
        )

    def _one(self, known: dict[str, Any], typed: str, column: str) -> Any:
        if typed not in known:
            given = f"「{typed}」は選べません。" if typed else "入力してください。"
            raise WrongInput(f"{given}「選択肢」のシートにある中から選んでください。", column=column)
        return known[typed]

    # --- 市町別 ---

    def _figures(self) -> list[FigureChange]:
        towns = {town.name: town for town in self.towns}
        rows = self._table(FIGURES, (*FIGURE_HEADINGS, *towns))
        changes: list[FigureChange] = []
        seen: set[tuple[str, str]] = set()
        for at, cells in rows:
            slug, key = _text(cells["番号"]), _text(cells["数量"])
            activity = self.by_slug.get(slug)
            found = [one for one in queries.breakdowns(activity) if one.total.key == key] if activity else []
            if activity is None or not found:
                if any(_text(cells[name]) for name in towns):
                    raise self._wrong(
                        f"番号「{slug}」に数量「{key}」がありません。番号と数量の欄は変えないでください。",
                        FIGURES,
                        at,
                        "番号",
                    )
                continue
            if (slug, key) in seen:
                raise self._wrong(f"番号「{slug}」の「{key}」が2行あります。", FIGURES, at, "数量")
            seen.add((slug, key))
            changes += self._row_figures(at, cells, activity, found[0], towns)
        return changes

    def _row_figures(
        self,
        at: int,
        cells: dict[str, Any],
        activity: Activity,
        breakdown: queries.Breakdown,
        towns: dict[str, Municipality],
    ) -> list[FigureChange]:
        key, changes = breakdown.total.key, []
        for name, town in towns.items():
            typed = _number(cells[name])
            if typed == "wrong":
                raise self._wrong(f"「{cells[name]}」を0以上の数として読めません。", FIGURES, at, name)
            value = typed if isinstance(typed, Decimal) else None
            handed_out = self.kept.figures.get((activity.slug, key, town.code))
            part = breakdown.parts.get(town.pk)
            stored = part.value if part is not None else None
            if value in (handed_out, stored):
                continue
            ruling = policies.enter_for(self.actor, activity, town)
            if not ruling:
                raise self._wrong(ruling.reason, FIGURES, at, name)
            if stored != handed_out:
                now = number(stored) if stored is not None else "未入力"
                raise self._wrong(
                    f"様式をダウンロードした後に{now}へ更新されています。様式をダウンロードし直してください。",
                    FIGURES,
                    at,
                    name,
                )
            label = f"{activity.title} {queries.quantity_label(breakdown.total.quantity)}"
            changes.append(FigureChange(at, activity, key, label, town, stored, value, ruling))
        return changes

    # --- small helpers ---

    def _table(self, name: str, headings: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
        """Filled rows below the head, with their row numbers as the spreadsheet shows them."""
        rows = self.book.rows(name)
        head = [_text(cell) for cell in rows[HEAD_ROW - 1]] if len(rows) >= HEAD_ROW else []
        for heading in headings:
            if head.count(heading) != 1:
                fault = "ありません" if heading not in head else "2つあります"
                raise self._wrong(
                    f"列「{heading}」が{fault}。見出しは変えないでください。", name, HEAD_ROW, heading
                )
        places = {heading: head.index(heading) for heading in headings}
        found = []
        for at, row in enumerate(rows[HEAD_ROW:], HEAD_ROW + 1):
            cells = {heading: row[place] if place < len(row) else "" for heading, place in places.items()}
            if any(_text(cell) for cell in cells.values()):
                found.append((at, cells))
        return found

    def _wrong(self, message: str, sheet: str, row: int, column: str) -> WrongInput:
        return WrongInput(message, file=self.book.at(sheet), row=row, column=column)

    def _placed(self, wrong: WrongInput, sheet: str, row: int) -> WrongInput:
        column = _COLUMN_OF.get(wrong.column or "", wrong.column)
        return WrongInput(wrong.message, file=self.book.at(sheet), row=row, column=column)


def _same_lines(typed: Sequence[tuple[str, str]], before: Activity) -> bool:
    stored = [(line.kind, line.text) for line in queries.rendered_lines(before)]
    return all(
        [text for kind, text in typed if kind == one] == [text for kind, text in stored if kind == one]
        for one in ActivityLine.Kind.values
    )


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell if cell is not None else "").strip()


def _day(cell: Any, column: str) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    if not text:
        return None
    try:
        return parse_date(text)
    except (WrongInput, ValueError):
        raise WrongInput(
            f"「{text}」を日付として読めません。2024-09-01 のように入力してください。", column=column
        ) from None


def _number(cell: Any) -> Decimal | str | None:
    text = digits.plain(_text(cell)).replace(",", "")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return "wrong"
    if not value.is_finite() or value < 0 or value >= 10**12 or value != round(value, 3):
        return "wrong"
    return value


def _words(cell: Any) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell or "")


_WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = r'<(?:\w+:)?c\b(?=[^>]*\br="(?P<cell>[A-Z]+\d+)")'
_ERROR = re.compile(rf'{_CELL}[^>]*\bt="e"')
_UNCALCULATED = re.compile(
    rf"{_CELL}[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?"
    r"\s*</(?:\w+:)?c>"
)
_DAYS = ("開始日", "終了日")
_LINES = (("result", "結果（→）"), ("note", "注（※）"), ("lecturer", "講師"))
_COLUMN_OF = {
    "title": "活動名",
    "kind": "種類",
    "state": "状態",
    "initiative": "取組",
    "project": "事業",
    "starts_on": "開始日",
    "ends_on": "終了日",
    "counts": "結果（→）",
}
