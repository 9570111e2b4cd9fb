"""When each step of a programme falls due, which are overdue or blocked, and the same as a calendar feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from icalendar import Calendar as Feed
from icalendar import Event

from keniki.core.era import format_year
from keniki.core.holidays import Calendar
from keniki.rulebooks.programmes.procedures import ProgrammeProcedure, ProgrammeStep, Who


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step from its first to its last day, both business days; `waited` days it waits for its month. `again` marks a
    yearly one after the first."""

    step: ProgrammeStep
    start: date
    end: date
    waited: int = 0
    done: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order of the procedure."""

    procedure: ProgrammeProcedure
    rows: tuple[PlannedStep, ...]

    def row(self, step_id: str) -> PlannedStep:
        """The planned step of that name; KeyError for none."""
        return {row.step.id: row for row in self.rows}[step_id]

    @property
    def first_day(self) -> date:
        """The day the first step begins."""
        return min(row.start for row in self.rows)

    @property
    def last_day(self) -> date:
        """The day the last step ends."""
        return max(row.end for row in self.rows)


class State(StrEnum):
    """How a step stands on a day."""

    DONE = "done"
    OVERDUE = "overdue"
    BLOCKED = "blocked"
    OPEN = "open"
    WAITING = "waiting"

    @property
    def label(self) -> str:
        """完了, 遅れ, 先行待ち, 実施中, 予定."""
        return _STATE_LABELS[self]


_STATE_LABELS: Final = {
    State.DONE: "完了",
    State.OVERDUE: "遅れ",
    State.BLOCKED: "先行待ち",
    State.OPEN: "実施中",
    State.WAITING: "予定",
}


@dataclass(frozen=True, slots=True)
class Done:
    """A step taken on a day, by all or, with `party`, by one municipality."""

    step: str
    on: date
    party: str = ""


@dataclass(frozen=True, slots=True)
class StepState:
    """A step on a day: BLOCKED has begun or is due while `blocking` steps are not done; `open_parties` have not
    taken it yet; `days_late` past its last day; `out_of_order` names steps it was taken before."""

    planned: PlannedStep
    state: State
    done_on: date | None
    open_parties: tuple[str, ...]
    blocking: tuple[ProgrammeStep, ...]
    days_late: int
    out_of_order: tuple[ProgrammeStep, ...]


def plan_forward(
    procedure: ProgrammeProcedure,
    start: date,
    *,
    calendar: Calendar | None = None,
    done: Mapping[str, date] | None = None,
    moved: Mapping[str, date] | None = None,
    today: date | None = None,
    until: date | None = None,
) -> Plan:
    """From the day of the anchor (the declaration): what follows as early, what precedes as late as possible.

    `done` are steps already taken, `moved` the days others are put to whatever their months and predecessors; with
    `today` nothing that is still to do lies before it. With `until` yearly steps come again to that day.
    """
    days = calendar or Calendar()
    fixed, put = done or {}, moved or {}
    plan = _plan(procedure, procedure.anchor, start, days, fixed, put, today, back=False)
    return plan if until is None else _over_years(plan, until, days, fixed, put)


def plan_back(procedure: ProgrammeProcedure, finish: date, *, calendar: Calendar | None = None) -> Plan:
    """As late as possible so that the goal (the start of activities) is reached by `finish`."""
    return _plan(procedure, procedure.goal, finish, calendar or Calendar(), {}, {}, None, back=True)


def states(
    plan: Plan, records: Iterable[Done], today: date, parties: Sequence[str] = ()
) -> tuple[StepState, ...]:
    """How every step stands on `today`; `parties` are the municipalities that each take the steps of their own.

    A record without a party, or one of every party, completes a step; optional steps block nothing.
    """
    taken: dict[str, dict[str, date]] = {}
    for record in records:
        taken.setdefault(record.step, {})[record.party] = record.on
    finished = {
        row.step.id: day
        for row in plan.rows
        if (day := _completed(row.step, taken.get(row.step.id, {}), parties)) is not None
    }
    return tuple(_state(plan, row, finished, taken.get(row.step.id, {}), parties, today) for row in plan.rows)


def attention(found: Iterable[StepState]) -> tuple[StepState, ...]:
    """What belongs on a desk: overdue and blocked steps, the latest first."""
    pressing = [state for state in found if state.state in (State.OVERDUE, State.BLOCKED)]
    return tuple(sorted(pressing, key=lambda state: -state.days_late))


def calendar_feed(
    plan: Plan,
    *,
    title: str,
    key: str,
    stamp: datetime,
    found: Iterable[StepState] = (),
    url: str = "",
    bare: bool = False,
) -> str:
    """The plan as iCalendar text (RFC 5545): one all-day event per step.

    `key` (the region and its programme) makes the events' lasting names; `stamp` is an aware time; `url` a page
    of the plan. Steps in `found` carry their state. A `bare` feed shows names and days and nothing else.
    """
    known = {state.planned.step.id: state for state in found}
    feed = Feed()
    feed.add("prodid", "-//Keniki//programmes//JA")
    feed.add("version", "2.0")
    feed.add("calscale", "GREGORIAN")
    feed.add("x-wr-calname", title)
    feed.add("x-wr-timezone", "Asia/Tokyo")
    for row in plan.rows:
        feed.add_component(_event(row, known.get(row.step.id), title, key, stamp, url, bare=bare))
    content: bytes = feed.to_ical()
    return content.decode("utf-8")


def _plan(
    procedure: ProgrammeProcedure,
    pivot: str,
    day: date,
    calendar: Calendar,
    done: Mapping[str, date],
    moved: Mapping[str, date],
    today: date | None,
    *,
    back: bool,
) -> Plan:
    step = procedure.step(pivot)
    rows: dict[str, PlannedStep] = {}
    if pivot in done:
        rows[pivot] = PlannedStep(step, done[pivot], done[pivot], done=True)
    elif back:
        rows[pivot] = _latest(step, day, calendar)
    else:
        rows[pivot] = _from(step, day, calendar)
    earlier = procedure.before(pivot)
    for previous in reversed(procedure.steps):
        if previous.id not in earlier:
            continue
        if previous.id in done:
            rows[previous.id] = PlannedStep(previous, done[previous.id], done[previous.id], done=True)
            continue
        if previous.id in moved:
            rows[previous.id] = _lasting(previous, calendar.next_business_day(moved[previous.id]), calendar)
            continue
        limit = min(
            rows[later.id].start - timedelta(days=later.lag)
            for later in procedure.steps
            if previous.id in later.after and later.id in rows
        )
        rows[previous.id] = _latest(previous, limit, calendar)
    for later in procedure.steps:
        if later.id in rows:
            continue
        if later.id in done:
            rows[later.id] = PlannedStep(later, done[later.id], done[later.id], done=True)
            continue
        if later.id in moved:
            rows[later.id] = _lasting(later, calendar.next_business_day(moved[later.id]), calendar)
            continue
        ends = [rows[key].end for key in later.after]
        earliest = max(ends) + timedelta(days=later.lag) if ends else rows[pivot].start
        rows[later.id] = _from(later, max(earliest, today) if today else earliest, calendar)
    return Plan(procedure, tuple(rows[step.id] for step in procedure.steps))


def _over_years(
    plan: Plan, until: date, calendar: Calendar, done: Mapping[str, date], moved: Mapping[str, date]
) -> Plan:
    """The plan with its yearly steps again, each year on the day of the first and behind those of the same year."""
    yearly = [row for row in plan.rows if row.step.yearly]
    rows = list(plan.rows)
    for number in range(1, until.year - plan.first_day.year + 1):
        names = {row.step.id: f"{row.step.id}-{number + 1}" for row in yearly}
        for row in yearly:
            day = _years_later(row.start, number)
            if day > until:
                continue
            step = row.step.model_copy(
                update={
                    "id": names[row.step.id],
                    "name": f"{row.step.name}（{format_year(day.year)}）",
                    "after": tuple(names[key] for key in row.step.after if key in names),
                }
            )
            if step.id in done:
                rows.append(PlannedStep(step, done[step.id], done[step.id], done=True, again=True))
            else:
                start = calendar.next_business_day(moved.get(step.id, day))
                rows.append(replace(_lasting(step, start, calendar), again=True))
    steps = tuple(row.step for row in rows)
    return Plan(plan.procedure.model_copy(update={"steps": steps}), tuple(rows))


def _years_later(day: date, number: int) -> date:
    """The same day so many years later; 28 February for the 29th."""
    try:
        return day.replace(year=day.year + number)
    except ValueError:
        return day.replace(year=day.year + number, day=28)


def _from(step: ProgrammeStep, earliest: date, calendar: Calendar) -> PlannedStep:
    ready = calendar.next_business_day(earliest)
    row = _lasting(step, ready, calendar)
    while not _in_its_months(row):
        following = date(row.start.year + row.start.month // 12, row.start.month % 12 + 1, 1)
        row = _lasting(step, calendar.next_business_day(following), calendar)
    return replace(row, waited=(row.start - ready).days)


def _latest(step: ProgrammeStep, latest: date, calendar: Calendar) -> PlannedStep:
    row = _ending(step, latest, calendar)
    while not _in_its_months(row):
        row = _ending(step, row.end.replace(day=1) - timedelta(days=1), calendar)
    return row


def _ending(step: ProgrammeStep, latest: date, calendar: Calendar) -> PlannedStep:
    last = calendar.previous_business_day(latest)
    start = calendar.previous_business_day(last - timedelta(days=step.days - 1))
    return _lasting(step, start, calendar)


def _in_its_months(row: PlannedStep) -> bool:
    months = row.step.months
    return not months or (row.start.month in months and row.end.month in months)


def _lasting(step: ProgrammeStep, start: date, calendar: Calendar) -> PlannedStep:
    return PlannedStep(step, start, calendar.next_business_day(start + timedelta(days=step.days - 1)))


def _completed(step: ProgrammeStep, taken: Mapping[str, date], parties: Sequence[str]) -> date | None:
    if "" in taken:
        return taken[""]
    if step.who is not Who.EACH_PARTY or not parties:
        return max(taken.values()) if taken else None
    return max(taken[party] for party in parties) if set(parties) <= set(taken) else None


def _state(
    plan: Plan,
    row: PlannedStep,
    finished: Mapping[str, date],
    taken: Mapping[str, date],
    parties: Sequence[str],
    today: date,
) -> StepState:
    step = row.step
    steps = [plan.procedure.step(key) for key in step.after]
    done_on = finished.get(step.id)
    each = step.who is Who.EACH_PARTY and "" not in taken
    open_parties = tuple(party for party in parties if each and party not in taken)
    if done_on is not None:
        early = tuple(
            previous
            for previous in steps
            if previous.required and (previous.id not in finished or finished[previous.id] > done_on)
        )
        return StepState(row, State.DONE, done_on, (), (), 0, early)
    blocking = tuple(previous for previous in steps if previous.required and previous.id not in finished)
    late = max((today - row.end).days, 0)
    if blocking and today >= row.start:
        state = State.BLOCKED
    elif late:
        state = State.OVERDUE
    elif today >= row.start:
        state = State.OPEN
    else:
        state = State.WAITING
    return StepState(row, state, None, open_parties, blocking, late, ())


def _event(
    row: PlannedStep,
    found: StepState | None,
    title: str,
    key: str,
    stamp: datetime,
    url: str,
    *,
    bare: bool,
) -> Event:
    step = row.step
    event = Event()
    event.add("uid", f"{key}-{step.id}@keniki")
    event.add("dtstamp", stamp)
    mark = f"【{found.state.label}】" if found and found.state is not State.WAITING else ""
    event.add("summary", f"{mark}{step.name}")
    event.add("dtstart", row.start)
    event.add("dtend", row.end + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    if bare:
        return event
    event.add("categories", [step.track.label])
    lines = [
        title,
        f"根拠：{step.legal_basis}" if step.legal_basis else "",
        "議会の議決を要する" if step.resolution else "",
        f"文書：{step.document}" if step.document else "",
        f"未了：{'、'.join(found.open_parties)}" if found and found.open_parties else "",
        f"先行：{'、'.join(previous.name for previous in found.blocking)}"
        if found and found.blocking
        else "",
        step.note,
    ]
    event.add("description", "\n".join(line for line in lines if line))
    if url:
        event.add("url", url)
    return event
