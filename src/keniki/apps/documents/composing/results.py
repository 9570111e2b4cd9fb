"""実績報告書: the multi-year results report, in the order and wording its reader at the prefecture checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from keniki.apps.activities import queries as activities
from keniki.apps.activities.models import Activity, ActivityLine, Photo
from keniki.apps.compacts.models import Agreement, Initiative, Vision
from keniki.apps.finance import steps
from keniki.apps.finance.models import Grant, GrantStep
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Municipality, RegionProgramme
from keniki.apps.workflow import storage
from keniki.core import era, fiscal_year, money, names
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.press import blocks as b

from .. import sheets, wording
from .base import CONCLUDED, Composed, Draft

ONE_OFF_FINDINGS = "連携により得られた成果又は見込まれる成果"
FINDINGS = "これまでの成果と課題"
OUTLOOK = "今後の連携に必要な視点と取組内容"
LINE_MARKS = {ActivityLine.Kind.RESULT: "→", ActivityLine.Kind.NOTE: "※", ActivityLine.Kind.LECTURER: ""}


@dataclass
class Gathered:
    """All the report is made from, read once."""

    programme: RegionProgramme
    words: wording.ProgrammeWords
    years: tuple[FiscalYear, ...]
    members: list[Municipality]
    initiatives: list[Initiative]
    activities: dict[tuple[int, int], list[Activity]]
    photos: dict[int, list[Photo]]
    grants: dict[int, list[Grant]]
    agreement: Agreement | None
    vision: Vision | None
    population: list[Fact]
    area: list[Fact]


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    first, last = int(parameters["first"]), int(parameters["last"])
    if last < first:
        raise WrongInput("終わりの年度が始まりの年度より前です。", column="to")
    gathered = _gather(draft, first, last, str(parameters.get("programme") or ""))
    builder = _Report(draft, gathered)
    document = b.Document(
        title=f"{draft.region.name} {gathered.words.name} 実績報告書",
        subject=f"{fiscal_year.format_period(first, last)}",
        author=draft.region.secretariat.name,
        keywords=(draft.region.name, gathered.words.name, "実績報告書"),
        blocks=builder.blocks(),
        changed_at=draft.changed_at,
        draft_mark=draft.mark(),
        fictional=draft.region.fictional,
        final=draft.stage.final,
    )
    return Composed(
        name=f"{draft.region.slug}-results",
        document=document,
        sheets=sheets.results(draft.region, gathered, builder.captions, draft.gaps.found),
        gaps=tuple(draft.gaps.found),
        inputs=draft.inputs,
    )


def programme_for(draft: Draft, first: int, last: int, wanted: str = "") -> RegionProgramme:
    """The programme the report is about: the wanted one, else the one whose years fit the period best."""
    rows = list(draft.region.programmes.all())
    if wanted:
        rows = [row for row in rows if row.programme == wanted]
    if not rows:
        raise WrongInput("この圏域には報告する制度が登録されていません。圏域の画面で制度を登録してください。")

    def years_shared(row: RegionProgramme) -> int:
        begins = row.first_fiscal_year or (FiscalYear.of(row.valid.lower) if row.valid.lower else first)
        ends = row.last_fiscal_year or last
        return min(int(ends), last) - max(int(begins), first) + 1

    return max(rows, key=lambda row: (years_shared(row), row.valid.lower or date.min))


def _gather(draft: Draft, first: int, last: int, wanted: str) -> Gathered:
    region = draft.region
    programme = programme_for(draft, first, last, wanted)
    years = FiscalYear.span(first, last)
    chosen = [
        initiative
        for initiative in Initiative.objects.prefetch_related(
            "bodies", "roles", "findings", "outlooks__measures"
        ).order_by("order", "slug")
        if initiative.programme in ("", programme.programme)
        and (initiative.first_year or first) <= last
        and (initiative.last_year or last) >= first
    ]
    memberships = regions.members_on(region, years[-1].last_day)
    members = [membership.municipality for membership in memberships]
    done: dict[tuple[int, int], list[Activity]] = {}
    for activity in activities.activities_of(region, first, last):
        done.setdefault((activity.initiative_id, activity.fiscal_year), []).append(activity)
    photos: dict[int, list[Photo]] = {}
    for photo in Photo.objects.filter(initiative__in=chosen).order_by("fiscal_year", "order", "id"):
        if photo.fiscal_year is None or first <= photo.fiscal_year <= last:
            photos.setdefault(photo.initiative_id, []).append(photo)
    grants: dict[int, list[Grant]] = {}
    rows = Grant.objects.filter(programme=programme.programme, fiscal_year__range=(first, last))
    for grant in rows.prefetch_related("steps"):
        grants.setdefault(grant.fiscal_year, []).append(grant)
    agreement = (
        Agreement.objects.filter(programme=programme.programme, state__in=CONCLUDED, amends=None)
        .order_by("concluded_on", "slug")
        .first()
    )
    vision = Vision.objects.filter(programme=programme.programme).order_by("decided_on", "slug").first()
    facts = regions.facts(region, "population", "area")

    inputs = draft.inputs
    inputs.add(programme)
    for membership in memberships:
        inputs.add(membership, [membership.municipality])
    for fact in facts:
        inputs.add(fact, _related(fact.source, fact.municipality))
    for initiative in chosen:
        outlooks = list(initiative.outlooks.all())
        inputs.add(
            initiative,
            initiative.bodies.all(),
            initiative.roles.all(),
            initiative.findings.all(),
            outlooks,
            [measure for outlook in outlooks for measure in outlook.measures.all()],
        )
        for year in years:
            for activity in done.get((initiative.pk, year), []):
                counts = activity.counts.all()
                towns = _related(activity.municipality, *(count.municipality for count in counts))
                inputs.add(activity, activity.lines.all(), counts, towns, _related(activity.source))
        inputs.add_all(photos.get(initiative.pk, []))
    for year in years:
        for grant in grants.get(year, []):
            inputs.add(grant, grant.steps.all())
    for record in (agreement, vision):
        if record is not None:
            inputs.add(record)
    return Gathered(
        programme=programme,
        words=wording.words_of(programme.programme, years[-1].last_day),
        years=years,
        members=members,
        initiatives=chosen,
        activities=done,
        photos=photos,
        grants=grants,
        agreement=agreement,
        vision=vision,
        population=[fact for fact in facts if fact.indicator == "population"],
        area=[fact for fact in facts if fact.indicator == "area"],
    )


class _Report:
    def __init__(self, draft: Draft, gathered: Gathered):
        self.draft = draft
        self.gaps = draft.gaps
        self.region = draft.region
        self.g = gathered
        self.captions: dict[int, str] = {}

    def blocks(self) -> tuple[b.Block, ...]:
        found: list[b.Block] = [self.cover(), *self.outline(), *self.overview()]
        for initiative in self.g.initiatives:
            found.extend(self.detail(initiative))
        return tuple(found)

    def cover(self) -> b.Cover:
        period = fiscal_year.format_period(self.g.years[0], self.g.years[-1])
        return b.Cover(
            lines=(
                b.CoverLine(self.region.name, "region"),
                b.CoverLine(self.g.words.name, "title"),
                b.CoverLine("実績報告書", "title"),
                b.CoverLine(f"（{period}）", "period"),
            )
        )

    # --- 連携地域の概要 … 交付額 ---

    def outline(self) -> list[b.Block]:
        place = "連携地域の概要"
        words = self.g.words
        last_day = self.g.years[-1].last_day
        people, people_note = self.figure(self.g.population, "人口", "人", last_day)
        area, area_note = self.figure(self.g.area, "面積", "km²", last_day)
        notes = list(dict.fromkeys(note for note in (people_note, area_note) if note))
        marks = {note: "*" * (number + 1) for number, note in enumerate(notes)}
        secretariat = self.region.secretariat
        rows = [
            b.KeyValueRow(f"人口{marks.get(people_note, '')}", people),
            b.KeyValueRow(f"面積{marks.get(area_note, '')}", area),
            b.KeyValueRow("構成市町村数", str(len(self.g.members))),
            b.KeyValueRow(
                "事務局担当市町村",
                secretariat.municipality.name if secretariat.municipality else secretariat.name,
            ),
            b.KeyValueRow(
                f"{words.agreement}締結",
                era.format_date(self.g.agreement.concluded_on)
                if self.g.agreement and self.g.agreement.concluded_on
                else self.gaps.missing(place, f"{words.agreement}の締結日", self.g.agreement),
            ),
            b.KeyValueRow(
                f"{words.vision}策定",
                era.format_date(self.g.vision.decided_on)
                if self.g.vision and self.g.vision.decided_on
                else self.gaps.missing(place, f"{words.vision}の策定日", self.g.vision),
            ),
        ]
        found: list[b.Block] = [
            b.Heading(1, self.region.name, new_page=True),
            b.Heading(2, place),
            b.KeyValueTable(tuple(rows), label_width=0.3),
        ]
        found.extend(b.Note(f"{'※' * len(marks[note])}{note}", align="right") for note in notes)
        found.append(b.Spacer(0.6))
        found.append(
            b.KeyValueTable(
                (
                    b.KeyValueRow(
                        "連携地域形成の経緯",
                        self.gaps.text(
                            self.region.formation_history, "連携地域形成の経緯", "形成の経緯", self.region
                        ),
                    ),
                )
            )
        )
        found.append(b.Spacer(0.6))
        found.append(self.fields())
        found.append(b.Spacer(0.6))
        found.append(self.grants())
        return found

    def figure(self, facts: Sequence[Fact], label: str, unit: str, on: date) -> tuple[b.TextLike, str]:
        """The region's newest figure up to that day: as stated for the whole, else the sum of all members' figures."""
        known = [
            fact for fact in facts if fact.value is not None and (fact.as_of is None or fact.as_of <= on)
        ]
        whole = [fact for fact in known if fact.municipality_id is None and not fact.dimension]
        newest = max(whole, key=lambda fact: fact.as_of or date.min, default=None)
        value = newest.value if newest else None
        as_of = newest.as_of if newest else None
        if newest is None:
            members = {town.pk for town in self.g.members}
            by_day: dict[date | None, dict[int | None, Decimal]] = {}
            for fact in known:
                if fact.municipality_id in members and not fact.dimension and fact.value is not None:
                    by_day.setdefault(fact.as_of, {}).setdefault(fact.municipality_id, fact.value)
            complete = [day for day, values in by_day.items() if set(values) == members and members]
            if complete:
                as_of = max(complete, key=lambda day: day or date.min)
                value = sum(by_day[as_of].values(), Decimal(0))
        if value is None:
            return self.gaps.missing("連携地域の概要", label), ""
        note = wording.census_note(as_of) if as_of else ""
        number = f"{value:,f}"
        number = number.rstrip("0").rstrip(".") if "." in number else number
        if unit == "km²":
            return b.text(f"{number}km", b.sup("2")), note
        return f"{number}{unit}", note

    def fields(self) -> b.Block:
        left, right = wording.report_items(self.g.programme.programme, self.g.years[-1].last_day)
        chosen = set(self.g.programme.fields)

        def items(column: Sequence[wording.Field]) -> tuple[b.CheckItem, ...]:
            return tuple(b.CheckItem(field.name, field.code in chosen) for field in column)

        return b.CheckGrid("連携する具体的事項", items(left), items(right))

    def grants(self) -> b.Block:
        years = self.g.years
        provisional = [
            year
            for year in years
            if any(step.provisional for grant in self.g.grants.get(year, []) for step in _last_step(grant))
        ]
        note = "".join(f" ※{fiscal_year.format_table(year)}は交付予定額" for year in provisional)
        head = (
            (b.Cell(f"交付額（千円）{note}", colspan=len(years), head=True, align="left"),),
            tuple(b.Cell(fiscal_year.format_table(year), head=True, align="center") for year in years),
        )
        amounts = tuple(b.Cell(self.amount(year), align="right") for year in years)
        return b.DataTable(
            columns=tuple(b.Column(fiscal_year.format_table(year), align="right") for year in years),
            rows=(amounts,),
            head=head,
        )

    def amount(self, year: FiscalYear) -> b.TextLike:
        """What was fixed for the year in 千円; a year outside the programme's has none."""
        fixed = [step.amount for grant in self.g.grants.get(year, []) for step in _last_step(grant)]
        if fixed:
            return money.format_money(sum(fixed), money.Unit.THOUSAND)
        programme = self.g.programme
        if (programme.first_fiscal_year or year) > year or (programme.last_fiscal_year or year) < year:
            return b.NOTHING
        return self.gaps.missing("交付額", f"{fiscal_year.format_table(year)}の交付額")

    # --- 実施事業（概要） ---

    def overview(self) -> list[b.Block]:
        rows = []
        for initiative in self.g.initiatives:
            title = initiative.title
            if initiative.one_off:
                title += f"\n{self.years_of(initiative)}"
            rows.append(
                (
                    title,
                    self.gaps.text(
                        initiative.overview, "実施事業（概要）", f"{initiative.title}の事業概要", initiative
                    ),
                )
            )
        return [
            b.Heading(2, f"{self.g.words.name}における実施事業（概要）", new_page=True),
            b.DataTable(
                columns=(b.Column("事業名", width=3), b.Column("事業概要", width=7)),
                rows=tuple(rows),
            ),
        ]

    def years_of(self, initiative: Initiative) -> str:
        first = max(initiative.first_year or self.g.years[0], self.g.years[0])
        last = min(initiative.last_year or self.g.years[-1], self.g.years[-1])
        return fiscal_year.format_title(range(first, last + 1))

    # --- per project: 詳細 → 今後 → 写真 ---

    def detail(self, initiative: Initiative) -> list[b.Block]:
        place = f"{initiative.title}（詳細）"
        bodies = [town for town in self.g.members if town in set(initiative.bodies.all())] or self.g.members
        roles: b.TextLike | tuple[b.Block, ...] = (
            (b.LabelledList(tuple(b.LabelledItem(role.label, role.text) for role in initiative.roles.all())),)
            if initiative.roles.all()
            else self.gaps.missing(place, "構成団体の役割分担", initiative)
        )
        rows = (
            b.KeyValueRow("事業名", f"{initiative.title}{self.years_of(initiative)}"),
            b.KeyValueRow("実施団体名", names.join_names(town.name for town in bodies)),
            b.KeyValueRow("事業の目的", self.gaps.text(initiative.purpose, place, "事業の目的", initiative)),
            b.KeyValueRow("事業概要", (self.years(initiative),)),
            b.KeyValueRow("構成団体の役割分担", roles),
            self.findings(initiative, place),
        )
        found: list[b.Block] = [
            b.Heading(2, f"{self.g.words.name}における実施事業（詳細）", new_page=True),
            b.KeyValueTable(rows),
        ]
        if not initiative.one_off:
            found.append(self.outlook(initiative, place))
        found.extend(self.photo_pages(initiative))
        return found

    def years(self, initiative: Initiative) -> b.YearSections:
        return b.YearSections(
            tuple(
                b.YearSection(fiscal_year.format_text(year), self.year(initiative, year))
                for year in self.g.years
            )
        )

    def year(self, initiative: Initiative, year: FiscalYear) -> b.TextLike | tuple[b.Block, ...]:
        """What was done in the year, 「―」 where nothing was, 未入力 where nobody has said."""
        entered = self.g.activities.get((initiative.pk, year), [])
        done = [activity for activity in entered if activity.state == Activity.State.DONE]
        if done:
            return (b.BulletList(tuple(self.activity(activity) for activity in done)),)
        outside = (initiative.first_year or year) > year or (initiative.last_year or year) < year
        if outside or any(activity.state == Activity.State.NONE for activity in entered):
            return b.NOTHING
        return self.gaps.missing(
            f"{initiative.title}（詳細）", f"{fiscal_year.format_table(year)}の実績", initiative
        )

    def activity(self, activity: Activity) -> b.BulletItem:
        title = activity.title
        if activity.municipality is not None:
            title += f"（{activity.municipality.name}）"
        return b.BulletItem(
            title,
            tuple(
                LINE_MARKS[ActivityLine.Kind(line.kind)] + line.text
                for line in activities.rendered_lines(activity)
            ),
        )

    def findings(self, initiative: Initiative, place: str) -> b.KeyValueRow:
        label = ONE_OFF_FINDINGS if initiative.one_off else FINDINGS
        texts = tuple(finding.text for finding in initiative.findings.all())
        if not texts:
            return b.KeyValueRow(label, self.gaps.missing(place, label, initiative))
        return b.KeyValueRow(label, (b.BulletList(texts, marker="・" if initiative.one_off else "①"),))

    def outlook(self, initiative: Initiative, place: str) -> b.Block:
        policies = tuple(
            b.OutlookPolicy(
                outlook.title,
                tuple(b.OutlookMeasure(measure.title, measure.text) for measure in outlook.measures.all()),
            )
            for outlook in initiative.outlooks.all()
        )
        if not policies:
            return b.Group(
                (b.Heading(3, OUTLOOK), b.Paragraph(self.gaps.missing(place, OUTLOOK, initiative)))
            )
        return b.Outlook(policies, title=OUTLOOK)

    def photo_pages(self, initiative: Initiative) -> list[b.Block]:
        photos = self.g.photos.get(initiative.pk, [])
        heading = f"●{initiative.field_name}分野の活動記録写真" if initiative.field_name else ""
        if not photos:
            if initiative.one_off or not initiative.field_name:
                return []
            return [
                b.Heading(3, heading),
                b.Paragraph(self.gaps.missing(f"{initiative.title}", "活動記録写真", initiative)),
            ]
        return [b.PhotoGrid(tuple(self.photo(photo, initiative) for photo in photos), heading=heading)]

    def photo(self, photo: Photo, initiative: Initiative) -> b.Photo:
        caption = (
            f"{fiscal_year.format_short(photo.fiscal_year)} {photo.caption}"
            if photo.fiscal_year
            else photo.caption
        )
        self.captions[photo.pk] = caption
        if not photo.public_digest:
            self.gaps.missing(f"{initiative.title}の写真", f"「{caption}」の画像", photo)
            return b.Photo(caption)
        if photo.consent in (Photo.Consent.UNKNOWN, Photo.Consent.REFUSED) and photo.kind == Photo.Kind.PHOTO:
            self.gaps.missing(f"{initiative.title}の写真", f"「{caption}」に写っている人の同意", photo)
        return b.Photo(caption, b.Image(storage.get(photo.public_digest), caption))


def _related(*records: Any) -> list[Any]:
    return [record for record in records if record is not None]


def _last_step(grant: Grant) -> list[GrantStep]:
    """The step whose amount holds now, in a list; empty where nothing fixes one."""
    step = steps.current(list(grant.steps.all()))
    return [step] if isinstance(step, GrantStep) else []
