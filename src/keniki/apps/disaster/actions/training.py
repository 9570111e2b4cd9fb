"""Training of assessors: cases added, a session opened, people join and answer, its end leaves one activity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from keniki.analysis.damage.training import Score, case_of, score
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.activities.actions import post_activity
from keniki.apps.activities.drafts import Reading, read_lines
from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import town_post
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .. import policies
from ..models import TrainingAttempt, TrainingCase, TrainingMember, TrainingSession
from ..queries import training as queries

#: A session has no more cases and participants than fit a table and a hall.
MOST_CASES: Final = 30
MOST_PEOPLE: Final = 500
#: A file of cases holds no more than this.
MOST_BYTES: Final = 1_000_000
_CASE_KEYS: Final = ("title", "text", "trap", "survey")
LABELS: Final = {
    "title": "名称", "on": "期日", "place": "会場", "initiative": "活動として記録する取組", "shown": "採点を示すとき",
    "cases": "事例",
}  # fmt: skip


@dataclass(frozen=True)
class SessionDraft:
    """A session as it shall be; `cases` are keys of `queries.training.offered`."""

    title: str
    on: date
    cases: tuple[str, ...]
    place: str = ""
    initiative: Initiative | None = None
    shown: str = TrainingSession.Shown.AT_END


@dataclass(frozen=True)
class PersonDraft:
    """Somebody without an account; `number` is that of one who is there already."""

    name: str
    municipality: Municipality | None
    number: int | None = None


def read_cases(content: bytes, file: str = "") -> list[dict[str, Any]]:
    """The cases of a JSON file: a list of {title, text, trap, survey}, each reckoned. `WrongInput` names its place."""
    if len(content) > MOST_BYTES:
        raise WrongInput("事例のファイルは1MBまでにしてください。", file=file)
    try:
        given = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise WrongInput("JSONとして読めません。文字コードはUTF-8にしてください。", file=file) from None
    if not isinstance(given, list) or not given or len(given) > MOST_CASES:
        raise WrongInput(f"事例を [ ] で囲んだ一覧（1件から{MOST_CASES}件）にしてください。", file=file)
    found = []
    for row, each in enumerate(given, 1):
        if not isinstance(each, Mapping):
            raise WrongInput("事例は {title, text, trap, survey} の形にしてください。", file=file, row=row)
        for key in each:
            if key not in _CASE_KEYS:
                raise WrongInput(
                    f"「{key}」という項目はありません。", file=file, row=row, column=str(key)[:80]
                )
        for key in ("title", "text", "trap"):
            text = each.get(key, "")
            if not isinstance(text, str) or "\x00" in text or (key != "trap" and not text.strip()):
                raise WrongInput(f"{key} を文字で入れてください。", file=file, row=row, column=key)
            if len(text) > (160 if key == "title" else 4000):
                raise WrongInput(f"{key} が長すぎます。", file=file, row=row, column=key)
        try:
            case_of("x", each["title"], each["text"], each.get("survey"))  # type: ignore[arg-type]
        except WrongInput as wrong:
            column = f"survey.{wrong.column}" if wrong.column else "survey"
            raise WrongInput(wrong.message, file=file, row=row, column=column) from None
        found.append({key: each.get(key, "") for key in _CASE_KEYS})
    return found


def add_cases(actor: Actor, region: Region, given: Sequence[Mapping[str, Any]]) -> int:
    """Add the cases `read_cases` read to the region's own; one with the title of an own one takes its place."""
    ruling = policies.write_shared(actor, region).require()
    titles = [each["title"].strip() for each in given]
    if twice := next((title for title in titles if titles.count(title) > 1), ""):
        raise WrongInput(f"「{twice}」が2つあります。名称を変えてください。", column="title")
    with verb(actor, "disaster.add_training_cases", region=region.slug, ruling=ruling) as act:
        lock("training-cases", region.pk)
        have = {row.title: row for row in TrainingCase.objects.filter(region=region)}
        if len(set(have) | set(titles)) > 10 * MOST_CASES:
            raise WrongInput(f"圏域の事例は{10 * MOST_CASES}件までです。")
        number = len(have)
        row = None
        for each, title in zip(given, titles, strict=True):
            found = have.get(title)
            if found is None:
                number += 1
                row = TrainingCase(region=region, key=f"own-{number}", title=title)
            else:
                row = act.lock(found, None)
            row.text, row.trap, row.survey = each["text"].strip(), each["trap"].strip(), each["survey"]
            act.save(row)
        assert row is not None
        act.log(row, None, {"cases": len(titles)}, f"研修の事例{len(titles)}件を登録")
    return len(titles)


def save_session(
    actor: Actor,
    region: Region,
    draft: SessionDraft,
    session: TrainingSession | None = None,
    version: int | None = None,
) -> TrainingSession:
    """Store a session. Its cases can be chosen anew until somebody answered. `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.write_shared(actor, region).require()
    if not draft.title.strip():
        raise WrongInput("名称を入力してください。", column="title")
    chosen = {each.case.key: each for each in queries.offered(region)}
    kept = {each["key"]: each for each in session.cases} if session is not None else {}
    unknown = [key for key in draft.cases if key not in chosen and key not in kept]
    if unknown or not 1 <= len(set(draft.cases)) <= MOST_CASES:
        raise WrongInput(f"事例を1件から{MOST_CASES}件まで選んでください。", column="cases")
    quiet = session is not None
    with verb(actor, "disaster.save_training", region=region.slug, ruling=ruling, quiet=quiet) as act:
        if session is None:
            lock("training", region.pk)
            last = TrainingSession.objects.filter(region=region).aggregate(last=Max("number"))["last"]
            saved = TrainingSession(region=region, number=(last or 0) + 1)
            old: dict[str, Any] = {}
        else:
            saved = act.lock(session, version)
            saved.region = region
            if saved.closed_at is not None:
                raise WrongInput("この研修会は終了しています。")
            old = _content(saved)
        keys = tuple(dict.fromkeys(draft.cases))
        if keys != tuple(each["key"] for each in saved.cases):
            if saved.pk and TrainingAttempt.objects.filter(member__session=saved).exists():
                raise WrongInput("答えを出した人がいるため、事例は変えられません。", column="cases")
            saved.cases = [kept.get(key) or _frozen(chosen[key]) for key in keys]
        saved.title, saved.on, saved.place = draft.title.strip(), draft.on, draft.place.strip()
        saved.initiative, saved.shown = draft.initiative, draft.shown
        new = _content(saved)
        before, after = changes(old, new) if old else (None, new)
        if old and not after:
            return saved
        act.save(saved)
        if not old:
            act.log(saved, None, new, f"{saved}（事例{len(keys)}件）を登録")
        else:
            said = "・".join(LABELS[name] for name in after)
            act.log(saved, before, after, f"{saved}の{said}を変更")
        return saved


def join(actor: Actor, session: TrainingSession) -> TrainingMember:
    """Take part with one's own account; joining twice is joining once. Raises `Denied`."""
    region = session.region
    ruling = policies.join_training(actor, session).require()
    post = town_post(actor, region)
    assert actor.user is not None
    assert post is not None
    with verb(actor, "disaster.join_training", region=region.slug, ruling=ruling, quiet=True) as act:
        current = _open(act.lock(session, None))
        found = TrainingMember.objects.filter(session=current, user=actor.user).first()
        if found is None:
            found = TrainingMember(
                region=region,
                session=current,
                number=_next(current),
                municipality_id=post.municipality_id,
                user=actor.user,
                name=actor.user.name,
            )
            act.save(found)
            act.log(found, None, {"number": found.number}, f"{session}に参加")
        found.session, found.region = session, region
        return found


def save_people(
    actor: Actor, session: TrainingSession, people: Sequence[PersonDraft], version: int | None
) -> TrainingSession:
    """Say who takes part without an account: the whole list of those the actor may write for.

    Somebody who answered already stays. Raises `WrongInput`, `Denied` or `Stale`.
    """
    region = session.region
    ruling = policies.write_some_place(actor, region).require()
    for row, each in enumerate(people, 1):
        policies.write_participant(actor, region, each.municipality).require()
        if not each.name.strip():
            raise WrongInput("氏名を入力してください。", row=row, column="name")
    with verb(actor, "disaster.save_training_people", region=region.slug, ruling=ruling, quiet=True) as act:
        current = _open(act.lock(session, version))
        current.region = region
        have = {
            each.number: each
            for each in queries.members_of(current)
            if each.user_id is None and policies.write_participant(actor, region, each.municipality)
        }
        wanted = {each.number: each for each in people if each.number in have}
        answered = set(
            TrainingAttempt.objects.filter(member__in=have.values()).values_list("member", flat=True)
        )
        gone = [each for number, each in have.items() if number not in wanted]
        if stays := next((each for each in gone if each.pk in answered), None):
            raise WrongInput(f"{stays.name}さんは答えを出しているため、外せません。")
        new = [each for each in people if each.number not in have]
        if current.members.count() - len(gone) + len(new) > MOST_PEOPLE:
            raise WrongInput(f"参加者は{MOST_PEOPLE}人までです。")
        changed = 0
        for member in gone:
            member.delete()
        for number, draft in wanted.items():
            if number is None:
                continue
            member, name = have[number], draft.name.strip()
            if (member.name, member.municipality) != (name, draft.municipality):
                member.name, member.municipality = name, draft.municipality
                act.save(member)
                changed += 1
        for number, draft in enumerate(new, _next(current)):
            member = TrainingMember(region=region, session=current, number=number)
            member.name, member.municipality = draft.name.strip(), draft.municipality
            act.save(member)
        if gone or new or changed:
            act.save(current)
            said = f"{current}の参加者を変更（追加{len(new)}人、変更{changed}人、取消し{len(gone)}人）"
            act.log(current, None, {"added": len(new), "changed": changed, "removed": len(gone)}, said)
        return current


def answer(
    actor: Actor, member: TrainingMember, key: str, given: Mapping[str, Any], version: int | None = None
) -> tuple[TrainingAttempt, Score]:
    """Store what a participant came to in a case (`given` as `score` reads it); it may be changed until it is shown.

    Raises `WrongInput` with the field of the answer, `Denied` or `Stale`.
    """
    session = member.session
    region = session.region
    ruling = policies.answer_training(actor, member).require()
    found = score(queries.case_in(session, key), given)
    with verb(actor, "disaster.answer_training", region=region.slug, ruling=ruling) as act:
        _open(act.lock(session, None))
        old = TrainingAttempt.objects.filter(member=member, case=key).first()
        if old is None:
            row = TrainingAttempt(region=region, member=member, case=key)
        elif session.shown == TrainingSession.Shown.AT_ONCE:
            raise WrongInput("この事例の答えは、既に出しています。採点を示した答えは変えられません。")
        else:
            row = act.lock(old, version)
        row.made_by(act)
        row.given = dict(given)
        row.points, row.most = Decimal(round(float(found.points), 2)).quantize(Decimal("0.01")), found.most
        row.class_key = found.answer.classes.named(_class_key(found, given)).key
        row.class_right = found.class_right
        own = found.own.percent if found.own is not None else None
        row.percent = Decimal(str(round(float(own), 3))) if own is not None else None
        act.save(row)
        row.member, row.region = member, region
        town = member.municipality.code if member.municipality else ""
        act.log(row, None, {"case": key}, f"{session} 参加者{member.number} の答えを記録", municipality=town)
        return row, found


def close_session(
    actor: Actor, session: TrainingSession, evaluation: str, version: int | None
) -> TrainingSession:
    """End a session; under an initiative it leaves one activity with its counts by town, however often ended."""
    region = session.region
    ruling = policies.write_shared(actor, region).require()
    with verb(actor, "disaster.close_training", region=region.slug, ruling=ruling) as act:
        current = act.lock(session, version)
        current.region = region
        members = queries.members_of(current)
        if not members:
            raise WrongInput("参加者がいません。研修会を終了する前に、参加者を登録してください。")
        current.closed_at = current.closed_at or timezone.now()
        current.evaluation = evaluation.strip()
        act.save(current)
        if current.initiative is not None:
            _post(actor, current, current.initiative, members)
        act.log(current, None, {"participants": len(members)}, f"{current} を終了（参加者{len(members)}人）")
        return current


def _post(
    actor: Actor, session: TrainingSession, initiative: Initiative, members: Sequence[TrainingMember]
) -> Activity:
    initiative.region = session.region
    return post_activity(
        actor,
        origin=f"trainings/{session.pk}",
        initiative=initiative,
        fiscal_year=int(FiscalYear.of(session.on)),
        title=session.title,
        kind=Activity.Kind.TRAINING,
        starts_on=session.on,
        ends_on=session.on,
        place=session.place,
        text=session.evaluation,
        reading=_reading(queries.people_by_town(members), len(members)),
    )


def _reading(by_town: Sequence[tuple[Municipality | None, int]], people: int) -> Reading:
    """「1回 2団体 11名参加（うち川北町3名、…）」 with the town's count marked as the town's, a part of the sum."""
    towns = [(town, count) for town, count in by_town if town is not None]
    bodies = f" {len(towns)}団体" if towns else ""
    parts = "、".join(f"{town.name}{count}名" for town, count in towns)
    text = f"1回{bodies} {people}名参加" + (f"（うち{parts}）" if parts else "")
    reading = read_lines([("result", text)])
    total, *own = [count for count in reading.counts if count.quantity == "participants"]
    if len(own) != len(towns):
        return reading
    whose = {count.key: town.pk for count, (town, _) in zip(own, towns, strict=True)}
    counts = tuple(
        replace(count, municipality=whose[count.key], part_of=total.key) if count.key in whose else count
        for count in reading.counts
    )
    return Reading(reading.lines, counts)


def _open(session: TrainingSession) -> TrainingSession:
    if session.closed_at is not None:
        raise WrongInput("この研修会は終了しています。")
    return session


def _next(session: TrainingSession) -> int:
    last: int | None = TrainingMember.objects.filter(session=session).aggregate(last=Max("number"))["last"]
    if (last or 0) >= MOST_PEOPLE:
        raise WrongInput(f"参加者は{MOST_PEOPLE}人までです。")
    return (last or 0) + 1


def _class_key(found: Score, given: Mapping[str, Any]) -> str:
    rows = found.answer.classes.rows
    return next(row.key for row in rows if given.get("class") in (row.key, row.name))


def _frozen(chosen: queries.Offered) -> dict[str, Any]:
    survey = json.loads(json.dumps(dict(chosen.survey), default=str))
    case = chosen.case
    frozen = {"key": case.key, "title": case.title, "text": case.text, "trap": case.trap, "survey": survey}
    pictures = [str(each.uid) for each in chosen.own.pictures.all()] if chosen.own is not None else []
    return frozen | ({"pictures": pictures} if pictures else {})


def _content(session: TrainingSession) -> dict[str, Any]:
    return {
        "title": session.title,
        "on": session.on.isoformat(),
        "place": session.place,
        "initiative": session.initiative.title if session.initiative else "",
        "shown": session.get_shown_display(),
        "cases": [each["title"] for each in session.cases],
    }


def _no_number(_text: str) -> Any:
    raise ValueError("not a number")
