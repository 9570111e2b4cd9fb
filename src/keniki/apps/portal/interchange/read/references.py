"""Whether the records of a region fit each other: names that exist, periods in order, nothing twice."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from datetime import date
from typing import Any

from keniki.apps.compacts.models import clause_keys
from keniki.apps.compacts.states import AGREEMENT_MOVES, VISION_MOVES
from keniki.apps.finance.models import GrantStep
from keniki.apps.finance.steps import StepDraft, in_order
from keniki.apps.finance.steps import check as check_steps
from keniki.core import municipality_code
from keniki.core.errors import WrongInput

from .. import schema
from ..places import Loc, Places
from . import costs, joint, programmes
from .limits import parts

#: A count named in a line's text; `{{` and `}}` are braces.
_NAMED = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


def check(document: schema.RegionFile, places: Places) -> None:
    """Check references, keys, periods and check digits across the document. Raises `WrongInput`."""
    check = _Check(document, places)
    _municipalities(document, check)
    _region(document, check)
    _members(document, check)
    _agreements(document, check)
    _declarations_and_visions(document, check)
    _initiatives(document, check)
    _activities(document, check)
    _money(document, check)
    costs.joint_costs(document, check)
    _kpis(document, check)
    joint.arrangements(document, check)
    joint.register(document, check)
    programmes.supplied(document, check)


class _Check:
    """What the document names, and the questions asked of every section."""

    def __init__(self, document: schema.RegionFile, places: Places) -> None:
        self.places = places
        self.towns_named = dict(
            zip(schema.town_keys(document.municipalities), document.municipalities, strict=True)
        )
        self.codes = set(self.towns_named)
        self.agreements = {a.slug for a in document.agreements}
        self.visions = {v.slug: v for v in document.visions}
        self.initiatives = {i.slug: i for i in document.initiatives}
        self.projects = {i.slug: {p.slug for p in i.projects} for i in document.initiatives}
        self.activities = {a.slug for a in document.activities}
        sources = {source.slug for source in document.region.sources}
        for part, loc in parts(document):
            if isinstance(part, schema.SourceRef):
                self.one_of(part.document, sources, "出典", *loc, "document")

    def wrong(self, message: str, *at: str | int) -> WrongInput:
        return self.places.wrong(message, at)

    def refuse(self, wrong: bool, message: str, *at: str | int) -> None:
        if wrong:
            raise self.wrong(message, *at)

    def one_of(self, value: str | None, among: Collection[str], what: str, *at: str | int) -> None:
        if value is not None and value not in among:
            raise self.wrong(f"{what} {value} がありません。つづりを確かめるか、先に書いてください。", *at)

    def town(self, code: str | None, *at: str | int) -> None:
        if code is not None and code not in self.codes:
            raise self.wrong(f"市町村コード {code} が municipalities にありません。", *at)

    def towns(self, codes: Iterable[str], *at: str | int) -> None:
        for position, code in enumerate(codes):
            self.town(code, *at, position)

    def unique(self, values: Iterable[Hashable], *at: str | int, field: str = "") -> None:
        """No value twice; each value belongs to the entry of the same position of the list at `at`."""
        seen: set[Hashable] = set()
        for position, value in enumerate(values):
            if value in seen:
                words = (
                    "、".join(str(v) for v in value if v is not None) if isinstance(value, tuple) else value
                )
                inside = (field,) if field else ()
                raise self.wrong(f"{words} が二度あります。一つにしてください。", *at, position, *inside)
            seen.add(value)

    def in_order(self, first: date | None, last: date | None, *at: str | int) -> None:
        if first and last and last < first:
            raise self.wrong("終わりの日が始まりの日より前です。", *at)

    def years(self, first: int | None, last: int | None, *at: str | int) -> None:
        if first and last and last < first:
            raise self.wrong("終わりの年度が始まりの年度より前です。", *at)

    def apart(self, periods: Iterable[tuple[Hashable, date | None, date | None]], *at: str | int) -> None:
        """Periods of the same key do not overlap; both ends are included, None is open."""
        seen: dict[Hashable, list[tuple[date, date]]] = {}
        for position, (key, first, last) in enumerate(periods):
            days = (first or date.min, last or date.max)
            for start, end in seen.get(key, ()):
                if days[0] <= end and start <= days[1]:
                    raise self.wrong(
                        f"{key} の期間が前の記録と重なっています。前の記録に終わりの日（valid_to）を書いてください。",
                        *at,
                        position,
                    )
            seen.setdefault(key, []).append(days)

    def no_circle(self, leads: dict[str, str | None], what: str, at: dict[str, Loc]) -> None:
        for start in leads:
            here, steps = leads[start], 0
            while here is not None and steps <= len(leads):
                if here == start:
                    raise self.wrong(f"{what}が {start} に戻る輪になっています。", *at[start])
                here, steps = leads.get(here), steps + 1


def _municipalities(document: schema.RegionFile, check: _Check) -> None:
    keys = list(check.towns_named)
    for n, town in enumerate(document.municipalities):
        at = ("municipalities", n)
        _code(town, document.region.fictional, check, at)
        check.in_order(town.valid_from, town.valid_to, *at, "valid_to")
        check.refuse(town.successor == keys[n], "承継先が自分自身です。", *at, "successor")
        check.refuse(
            town.successor is not None and town.valid_to is None,
            f"{town.name} には承継先があるのに最後の日がありません。valid_to を書いてください。",
            *at,
            "valid_to",
        )
    check.unique(((m.code, m.valid_from) for m in document.municipalities), "municipalities")
    check.apart(((m.code, m.valid_from, m.valid_to) for m in document.municipalities), "municipalities")
    check.no_circle(
        {key: town.successor for key, town in check.towns_named.items()},
        "承継先",
        {key: ("municipalities", n, "successor") for n, key in enumerate(keys)},
    )


def _code(town: schema.Municipality, fictional: bool, check: _Check, at: Loc) -> None:
    """Real codes hold the national rule; a fictional region's codes keep the check digit and use prefecture 99."""
    right = town.code[:5] + municipality_code.check_digit(town.code[:5])
    check.refuse(
        town.code != right,
        f"{town.name} のコード {town.code} の検査数字が違います。正しくは {right} です。",
        *at,
        "code",
    )
    check.refuse(
        town.prefecture != town.code[:2],
        f"コード {town.code} の先頭2桁と都道府県 {town.prefecture} が違います。",
        *at,
        "prefecture",
    )
    if not fictional:
        try:
            municipality_code.parse_code(town.code)
        except WrongInput as error:
            raise check.wrong(error.message, *at, "code") from None


def _region(document: schema.RegionFile, check: _Check) -> None:
    region = document.region
    check.unique((s.slug for s in region.sources), "region", "sources", field="slug")
    check.unique((o.slug for o in region.organisations), "region", "organisations", field="slug")
    check.one_of(region.secretariat, {o.slug for o in region.organisations}, "団体", "region", "secretariat")
    for n, body in enumerate(region.organisations):
        at = ("region", "organisations", n)
        check.town(body.municipality, *at, "municipality")
        check.towns(body.members, *at, "members")
        check.refuse(
            body.kind == "municipality" and body.municipality is None,
            "市町村の団体には municipality（市町村コード）が必要です。",
            *at,
        )
    check.unique((m.slug for m in region.milestones), "region", "milestones", field="slug")
    for n, milestone in enumerate(region.milestones):
        check.in_order(milestone.starts_on, milestone.ends_on, "region", "milestones", n, "ends_on")
    check.unique(((p.programme, p.valid_from) for p in region.programmes), "region", "programmes")
    for n, programme in enumerate(region.programmes):
        at = ("region", "programmes", n)
        check.in_order(programme.valid_from, programme.valid_to, *at, "valid_to")
        check.years(programme.first_fiscal_year, programme.last_fiscal_year, *at, "last_fiscal_year")
    check.apart(((p.programme, p.valid_from, p.valid_to) for p in region.programmes), "region", "programmes")
    for n, fact in enumerate(region.facts):
        check.town(fact.municipality, "region", "facts", n, "municipality")
        check.refuse(
            (fact.value is None) == (not fact.text),
            "value か text のどちらか一つを書いてください。",
            "region",
            "facts",
            n,
        )
    check.unique(
        (
            (
                f.indicator,
                f.municipality,
                f.dimension,
                f.as_of,
                f.fiscal_year,
                f.source.document if f.source else None,
            )
            for f in region.facts
        ),
        "region",
        "facts",
    )


def _members(document: schema.RegionFile, check: _Check) -> None:
    check.unique(((m.municipality, m.valid_from) for m in document.members), "members")
    for n, member in enumerate(document.members):
        check.town(member.municipality, "members", n, "municipality")
        check.in_order(member.valid_from, member.valid_to, "members", n, "valid_to")
        _while_there(check.towns_named[member.municipality], member, check, n)
    check.apart(((m.municipality, m.valid_from, m.valid_to) for m in document.members), "members")


def _while_there(town: schema.Municipality, member: schema.Member, check: _Check, n: int) -> None:
    """A municipality is a member only on days on which it exists."""
    check.refuse(
        town.valid_from is not None and member.valid_from < town.valid_from,
        f"{town.name} は {town.valid_from} からの市町村です。それ以後の日にしてください。",
        *("members", n, "valid_from"),
    )
    check.refuse(
        town.valid_to is not None and (member.valid_to is None or member.valid_to > town.valid_to),
        f"{town.name} は {town.valid_to} 限りでなくなっています。valid_to をその日までにしてください。",
        *("members", n, "valid_to"),
    )


def _agreements(document: schema.RegionFile, check: _Check) -> None:
    check.unique((a.slug for a in document.agreements), "agreements", field="slug")
    check.no_circle(
        {a.slug: a.amends for a in document.agreements},
        "変更元の協定",
        {a.slug: ("agreements", n, "amends") for n, a in enumerate(document.agreements)},
    )
    for n, agreement in enumerate(document.agreements):
        at = ("agreements", n)
        check.one_of(agreement.amends, check.agreements, "協定", *at, "amends")
        moves = AGREEMENT_MOVES[agreement.kind]
        reachable = {"draft", *moves, *(state for states in moves.values() for state in states)}
        check.one_of(agreement.state, reachable, "この種別の協定の状態", *at, "state")
        for k, entry in enumerate(agreement.states):
            check.one_of(entry.state, reachable, "この種別の協定の状態", *at, "states", k, "state")
        check.in_order(agreement.valid_from, agreement.valid_to, *at, "valid_to")
        check.unique((party.municipality for party in agreement.parties), *at, "parties")
        for k, party in enumerate(agreement.parties):
            check.town(party.municipality, *at, "parties", k, "municipality")
        check.unique((v.number for v in agreement.versions), *at, "versions", field="number")
        for k, version in enumerate(agreement.versions):
            _version(version, check, (*at, "versions", k))
        _ways(agreement.resolutions, check, (*at, "resolutions"))
        _ways(agreement.dissolutions, check, (*at, "dissolutions"))


def _ways(ways: Sequence[schema.Resolution], check: _Check, at: Loc) -> None:
    check.unique((way.municipality for way in ways), *at)
    for k, way in enumerate(ways):
        here = (*at, k)
        check.town(way.municipality, *here, "municipality")
        check.refuse(
            way.result == "passed" and way.resolved_on is None,
            "可決には議決した日（resolved_on）が必要です。",
            *here,
        )
        check.refuse(
            bool(way.submitted_on and way.resolved_on and way.resolved_on < way.submitted_on),
            "議決の日が議案提出の日より前です。",
            *here,
            "resolved_on",
        )


def _version(version: schema.AgreementVersion, check: _Check, at: Loc) -> None:
    check.unique((item.key for item in version.annex), *at, "annex", field="key")
    measures: dict[str, Loc] = {}
    for n, item in enumerate(version.annex):
        for k, measure in enumerate(item.measures):
            here = (*at, "annex", n, "measures", k, "key")
            check.refuse(
                measure.key in measures, f"{measure.key} が二度あります。一つにしてください。", *here
            )
            measures[measure.key] = here
        for k, role in enumerate(item.roles):
            check.towns(role.municipalities, *at, "annex", n, "roles", k, "municipalities")
            check.refuse(
                len(role.keys) > len(role.items),
                "keys が items より多くあります。役割の1行に1つにしてください。",
                *(*at, "annex", n, "roles", k, "keys"),
            )
        clauses = _clauses(item)
        twice = next((key for key in clauses if clauses.count(key) > 1), "")
        check.refuse(bool(twice), f"{twice} が二度あります。一つにしてください。", *at, "annex", n, "roles")
    check.unique((s.municipality for s in version.signatories), *at, "signatories")
    for n, signatory in enumerate(version.signatories):
        check.town(signatory.municipality, *at, "signatories", n, "municipality")


def _clauses(item: schema.AnnexItem) -> list[str]:
    """The keys of all lines of the annex item's roles."""
    return [
        key
        for order, role in enumerate(item.roles, 1)
        for key in clause_keys(order, role.keys, len(role.items))
    ]


def _declarations_and_visions(document: schema.RegionFile, check: _Check) -> None:
    check.unique((d.slug for d in document.declarations), "declarations", field="slug")
    for n, declaration in enumerate(document.declarations):
        at = ("declarations", n)
        check.town(declaration.centre, *at, "centre")
        check.refuse(
            declaration.state == "published" and declaration.declared_on is None,
            "公表した宣言には宣言した日（declared_on）が必要です。",
            *at,
        )
        check.unique((part.key for part in declaration.parts), *at, "parts", field="key")
        for k, part in enumerate(declaration.parts):
            check.towns(part.municipalities, *at, "parts", k, "municipalities")
    check.unique((v.slug for v in document.visions), "visions", field="slug")
    states = {*VISION_MOVES, *(state for moves in VISION_MOVES.values() for state in moves)}
    for n, vision in enumerate(document.visions):
        at = ("visions", n)
        check.years(vision.first_year, vision.last_year, *at, "last_year")
        check.refuse(
            (vision.edition >= 1) != (vision.state == "changed"),
            "edition（変更の回数）は state が changed のときに 1 以上、ほかでは 0 です。",
            *at,
            "edition",
        )
        check.unique((goal.key for goal in vision.goals), *at, "goals", field="key")
        for k, entry in enumerate(vision.states):
            check.one_of(entry.state, states, "ビジョンの状態", *at, "states", k, "state")


def _initiatives(document: schema.RegionFile, check: _Check) -> None:
    check.unique((i.slug for i in document.initiatives), "initiatives", field="slug")
    items = {(a.slug, item.key) for a in document.agreements for v in a.versions for item in v.annex}
    photos: set[str] = set()
    for n, initiative in enumerate(document.initiatives):
        at = ("initiatives", n)
        check.one_of(initiative.vision, check.visions, "ビジョン", *at, "vision")
        goals = {g.key for g in check.visions[initiative.vision].goals} if initiative.vision else set()
        check.refuse(
            bool(initiative.goal) and initiative.goal not in goals,
            f"基本目標 {initiative.goal} がビジョンにありません。",
            *at,
            "goal",
        )
        check.years(initiative.first_year, initiative.last_year, *at, "last_year")
        for k, link in enumerate(initiative.annex_items):
            check.refuse(
                (link.agreement, link.item) not in items,
                f"別表の取組 {link.agreement}/{link.item} がありません。",
                *at,
                "annex_items",
                k,
            )
        check.towns(initiative.bodies, *at, "bodies")
        for k, role in enumerate(initiative.roles):
            check.towns(role.municipalities, *at, "roles", k, "municipalities")
        check.unique((p.slug for p in initiative.projects), *at, "projects", field="slug")
        for k, project in enumerate(initiative.projects):
            check.town(project.lead, *at, "projects", k, "lead")
            check.towns(project.bodies, *at, "projects", k, "bodies")
            check.years(project.first_year, project.last_year, *at, "projects", k, "last_year")
        for k, photo in enumerate(initiative.photos):
            here = (*at, "photos", k)
            check.refuse(
                photo.slug in photos, f"{photo.slug} が二度あります。一つにしてください。", *here, "slug"
            )
            photos.add(photo.slug)
            check.one_of(photo.activity, check.activities, "活動", *here, "activity")
            check.town(photo.municipality, *here, "municipality")
            check.refuse(
                photo.public and photo.consent not in ("given", "not_needed"),
                "公開する写真には同意（consent: given か not_needed）が必要です。",
                *here,
                "public",
            )
        check.unique(((e.fiscal_year, e.municipality) for e in initiative.evaluations), *at, "evaluations")
        for k, evaluation in enumerate(initiative.evaluations):
            check.town(evaluation.municipality, *at, "evaluations", k, "municipality")


def _activities(document: schema.RegionFile, check: _Check) -> None:
    check.unique((a.slug for a in document.activities), "activities", field="slug")
    measures = {
        (a.slug, measure.key)
        for a in document.agreements
        for v in a.versions
        for item in v.annex
        for measure in item.measures
    }
    roles = {
        (a.slug, item.key, key)
        for a in document.agreements
        for v in a.versions
        for item in v.annex
        for key in _clauses(item)
    }
    nothing: set[tuple[Any, ...]] = set()
    origins: set[str] = set()
    for n, activity in enumerate(document.activities):
        at = ("activities", n)
        check.one_of(activity.initiative, check.initiatives, "取組", *at, "initiative")
        check.one_of(activity.project, check.projects[activity.initiative], "事業", *at, "project")
        check.town(activity.municipality, *at, "municipality")
        for k, link in enumerate(activity.measures):
            check.refuse(
                (link.agreement, link.measure) not in measures,
                f"取組内容 {link.agreement}/{link.measure} が別表にありません。",
                *at,
                "measures",
                k,
            )
        for k, role in enumerate(activity.roles):
            check.refuse(
                (role.agreement, role.item, role.role) not in roles,
                f"役割 {role.agreement}/{role.item}/{role.role} が別表にありません。",
                *at,
                "roles",
                k,
            )
        _counts(activity, check, at)
        check.in_order(activity.starts_on, activity.ends_on, *at, "ends_on")
        none = activity.state == "none"
        check.refuse(
            none != (activity.kind == "none"),
            "実績なしの記録は state も kind も none にします。",
            *at,
            "state",
        )
        check.refuse(not none and not activity.title, "title が必要です。", *at, "title")
        same = (activity.initiative, activity.project, activity.municipality, activity.fiscal_year)
        check.refuse(none and same in nothing, "同じ取組・年度の「実績なし」が二度あります。", *at)
        if none:
            nothing.add(same)
        check.refuse(
            bool(activity.origin) and activity.origin in origins,
            f"origin {activity.origin} が二度あります。一つにしてください。",
            *at,
            "origin",
        )
        origins.add(activity.origin)


def _counts(activity: schema.Activity, check: _Check, at: Loc) -> None:
    keys = {count.key for count in activity.counts}
    check.unique((count.key for count in activity.counts), *at, "counts", field="key")
    for n, line in enumerate(activity.lines):
        for named in _NAMED.findall(line.text):
            check.one_of(named or None, keys, "数量", *at, "lines", n, "text")
    for n, count in enumerate(activity.counts):
        check.town(count.municipality, *at, "counts", n, "municipality")
        check.one_of(count.part_of, keys - {count.key}, "合計の数量", *at, "counts", n, "part_of")
    check.no_circle(
        {count.key: count.part_of for count in activity.counts},
        "合計の数量",
        {count.key: (*at, "counts", n, "part_of") for n, count in enumerate(activity.counts)},
    )


def _money(document: schema.RegionFile, check: _Check) -> None:
    check.unique((g.slug for g in document.grants), "grants", field="slug")
    for n, grant in enumerate(document.grants):
        check.town(grant.recipient, "grants", n, "recipient")
        _steps(grant, check, "grants", n, "steps")
    check.unique((b.slug for b in document.budgets), "budgets", field="slug")
    for n, line in enumerate(document.budgets):
        check.one_of(line.initiative, check.initiatives, "取組", "budgets", n, "initiative")
        check.one_of(line.project, check.projects[line.initiative], "事業", "budgets", n, "project")
        check.town(line.municipality, "budgets", n, "municipality")


def _steps(grant: schema.Grant, check: _Check, *at: Any) -> None:
    steps = [StepDraft(**step.model_dump()) for step in grant.steps]
    if not steps:
        return
    try:
        check_steps(steps)
    except WrongInput as error:
        raise check.wrong(error.message, *at) from None
    taken = [step for step in steps if step.step != GrantStep.Step.REPORTED]
    labels = "→".join(step.label for step in in_order(taken))
    check.refuse(taken != in_order(taken), f"手続の順が違います。{labels} の順に並べてください。", *at)


def _kpis(document: schema.RegionFile, check: _Check) -> None:
    check.unique((k.slug for k in document.kpi), "kpi", field="slug")
    for n, kpi in enumerate(document.kpi):
        at = ("kpi", n)
        check.unique((target.fiscal_year for target in kpi.targets), *at, "targets", field="fiscal_year")
        check.unique((reading.fiscal_year for reading in kpi.readings), *at, "readings", field="fiscal_year")
        check.one_of(kpi.vision, check.visions, "ビジョン", *at, "vision")
        check.one_of(kpi.initiative, check.initiatives, "取組", *at, "initiative")
        if kpi.count_query:
            for k, slug in enumerate(kpi.count_query.initiatives):
                check.one_of(slug, check.initiatives, "取組", *at, "count_query", "initiatives", k)
            check.town(kpi.count_query.municipality, *at, "count_query", "municipality")
