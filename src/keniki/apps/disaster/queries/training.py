"""Reading the training of assessors: cases, sessions, what everybody came to, how far they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import Http404

from keniki.analysis.damage.inputs import House
from keniki.analysis.damage.training import Agreement, Case, agreement, case_of, cases
from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality, Region
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES, SURVEYS

from .. import policies
from ..models import TrainingAttempt, TrainingCase, TrainingMember, TrainingPicture, TrainingSession


@dataclass(frozen=True)
class Offered:
    """A case that can be chosen: `own` where the region added it."""

    case: Case
    survey: Mapping[str, Any]
    own: TrainingCase | None = None

    @property
    def about(self) -> str:
        """Structure, hazard and kind of survey in words."""
        return about(self.case)


@dataclass(frozen=True)
class Line:
    """A participant in the table: the answers by case in the order of the cases, the points of all of them.

    `name` is empty for whom the reader may not know by name.
    """

    member: TrainingMember
    name: str
    town: str
    cases: tuple[Case, ...]
    answers: tuple[TrainingAttempt | None, ...]
    with_answer: float | None

    @property
    def points(self) -> Decimal | None:
        """Points in per cent of what could be had in the cases answered."""
        given = [each for each in self.answers if each is not None]
        most = sum(each.most for each in given)
        return (
            (sum((each.points for each in given), Decimal(0)) * 100 / most).quantize(Decimal("0.1"))
            if most
            else None
        )

    @property
    def cells(self) -> list[tuple[Case, TrainingAttempt | None]]:
        """Each case with the answer to it."""
        return list(zip(self.cases, self.answers, strict=True))

    @property
    def done(self) -> int:
        return sum(each is not None for each in self.answers)


@dataclass(frozen=True)
class OfCase:
    """A case in a session: how many answered it, how many named the right class, the per cents they came to."""

    case: Case
    answered: int
    right: int
    least: Decimal | None
    most: Decimal | None

    @property
    def share(self) -> int | None:
        """The right classes in per cent of the answers."""
        return round(100 * self.right / self.answered) if self.answered else None


@dataclass(frozen=True)
class Results:
    """A session as a whole. `agreement` is of those who answered every case; None where nobody did."""

    session: TrainingSession
    cases: tuple[OfCase, ...]
    lines: tuple[Line, ...]
    agreement: Agreement | None
    towns: tuple[tuple[Municipality | None, int], ...]

    @property
    def complete(self) -> int:
        return sum(line.done == len(self.cases) for line in self.lines)


def offered(region: Region) -> list[Offered]:
    """The cases that come with the rules, then the region's own."""
    given = rules.training_cases()
    found = [Offered(case, given[case.key].value.survey) for case in cases()]
    return found + [
        Offered(case_of(row.key, row.title, row.text, row.survey, row.trap), row.survey, row)
        for row in TrainingCase.objects.filter(region=region).prefetch_related("pictures")
    ]


def about(case: Case) -> str:
    """Structure, hazard and kind of survey of a case in words."""
    return about_house(case.house)


def about_house(house: House) -> str:
    """Structure, hazard and kind of survey of a house in words."""
    storeys = "平屋" if house.storeys == 1 else f"{house.storeys}階"
    return f"{STRUCTURES[house.structure]}・{storeys}・{HAZARDS[house.hazard]}・{SURVEYS[house.survey]}"


def own_case_for(region: Region, key: str) -> TrainingCase:
    """A case of the region's own; 404 when there is none."""
    found = TrainingCase.objects.filter(region=region, key=key).first()
    if found is None:
        raise Http404("圏域の事例が見つかりません。")
    found.region = region
    return found


def reckoned(row: TrainingCase) -> Case:
    """A case of the region's own with its answer."""
    return case_of(row.key, row.title, row.text, row.survey, row.trap)


def picture_for(region: Region, uid: UUID) -> TrainingPicture:
    """A picture of a case; 404 when there is none."""
    found = TrainingPicture.objects.filter(region=region, uid=uid).select_related("case").first()
    if found is None:
        raise Http404("写真が見つかりません。")
    found.region = found.case.region = region
    return found


def pictures_in(session: TrainingSession, key: str) -> list[TrainingPicture]:
    """The pictures a session shows of a case."""
    raw: Mapping[str, Any] = next((each for each in session.cases if each["key"] == key), {})
    uids = raw.get("pictures") or ()
    return list(TrainingPicture.objects.filter(region=session.region, uid__in=uids)) if uids else []


def sessions_of(region: Region) -> Sequence[TrainingSession]:
    """All sessions, the newest first, with `people` and `answered`."""
    found = list(
        TrainingSession.objects.filter(region=region).annotate(
            people=Count("members", distinct=True), answered=Count("members__attempts", distinct=True)
        )
    )
    for each in found:
        each.region = region
    return found


def session_for(region: Region, number: int) -> TrainingSession:
    """The session with this number; 404 when there is none."""
    found = TrainingSession.objects.filter(region=region, number=number).select_related("initiative").first()
    if found is None:
        raise Http404("研修会が見つかりません。")
    found.region = region
    return found


def cases_of(session: TrainingSession) -> list[Case]:
    """The cases of a session as they were chosen."""
    return [
        case_of(each["key"], each["title"], each["text"], each["survey"], each["trap"])
        for each in session.cases
    ]


def case_in(session: TrainingSession, key: str) -> Case:
    """One case of a session; 404 when it is not among them."""
    raw = next((each for each in session.cases if each["key"] == key), None)
    if raw is None:
        raise Http404("この研修会の事例ではありません。")
    return case_of(raw["key"], raw["title"], raw["text"], raw["survey"], raw["trap"])


def members_of(session: TrainingSession) -> list[TrainingMember]:
    """Who takes part, in the order they came."""
    found = list(TrainingMember.objects.filter(session=session).select_related("municipality", "user"))
    for each in found:
        each.session, each.region = session, session.region
    return found


def member_for(session: TrainingSession, number: int) -> TrainingMember:
    """The participant with this number; 404 when there is none."""
    found = next((each for each in members_of(session) if each.number == number), None)
    if found is None:
        raise Http404("参加者が見つかりません。")
    return found


def attempt_of(member: TrainingMember, key: str) -> TrainingAttempt | None:
    """What a participant came to in a case."""
    found = TrainingAttempt.objects.filter(member=member, case=key).first()
    if found is not None:
        found.member, found.region = member, member.region
    return found


def results_of(session: TrainingSession, actor: Actor | None) -> Results:
    """All answers of a session as `actor` may know them; without an actor nobody is named (for papers)."""
    chosen = cases_of(session)
    members = members_of(session)
    given = {
        (each.member_id, each.case): each
        for each in TrainingAttempt.objects.filter(member__session=session).defer("given")
    }
    named = {
        str(member.pk): [given[member.pk, case.key].class_key for case in chosen]
        for member in members
        if chosen and all((member.pk, case.key) in given for case in chosen)
    }
    agreed = agreement(named, [case.answer.verdict.key for case in chosen]) if named else None
    may: dict[tuple[int | None, int | None], bool] = {}
    lines = []
    for member in members:
        key = (member.municipality_id, member.user_id)
        if key not in may:
            may[key] = actor is not None and bool(policies.see_participant(actor, member))
        lines.append(
            Line(
                member,
                member.name if may[key] else "",
                member.municipality.name if member.municipality else "圏域外",
                tuple(chosen),
                tuple(given.get((member.pk, case.key)) for case in chosen),
                agreed.with_answer.get(str(member.pk)) if agreed is not None else None,
            )
        )
    return Results(
        session,
        tuple(_of_case(case, [each for each in given.values() if each.case == case.key]) for case in chosen),
        tuple(lines),
        agreed,
        people_by_town(members),
    )


def people_by_town(members: Sequence[TrainingMember]) -> tuple[tuple[Municipality | None, int], ...]:
    """How many take part of each town, by code; those of no town of the region last."""
    towns = {each.municipality_id: each.municipality for each in members}
    counts = [(town, sum(each.municipality_id == pk for each in members)) for pk, town in towns.items()]
    return tuple(sorted(counts, key=lambda row: row[0].code if row[0] is not None else "~"))


def _of_case(case: Case, answers: Sequence[TrainingAttempt]) -> OfCase:
    percents = [each.percent for each in answers if each.percent is not None]
    return OfCase(
        case,
        len(answers),
        sum(each.class_right for each in answers),
        min(percents, default=None),
        max(percents, default=None),
    )
