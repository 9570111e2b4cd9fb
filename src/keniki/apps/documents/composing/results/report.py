"""The report from its cover to the photos of its last project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from keniki.apps.activities.models import Activity, ActivityLine, Photo
from keniki.apps.compacts.models import Initiative
from keniki.apps.finance import steps
from keniki.apps.finance.models import Grant, GrantStep
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Municipality
from keniki.apps.workflow import storage
from keniki.core import era, fiscal_year, money
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.press import blocks as b

from ... import sheets, wording
from ..base import Composed, Draft, dated
from .records import Gathered, gather

ONE_OFF_FINDINGS = "連携により得られた成果又は見込まれる成果"
FINDINGS = "これまでの成果と課題"
WITHHELD = "写っている人の同意がないため、掲載しない写真\n（提出版では除く）"
OUTLOOK = "今後の連携に必要な視点と取組内容"
LINE_MARKS = {ActivityLine.Kind.RESULT: "→", ActivityLine.Kind.NOTE: "※", ActivityLine.Kind.LECTURER: ""}


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    first, last = int(parameters["first"]), int(parameters["last"])
    if last < first:
        raise WrongInput("終わりの年度が始まりの年度より前です。", column="to")
    gathered = gather(draft, first, last, str(parameters.get("programme") or ""))
    builder = _Report(draft, gathered)
    document = b.Document(
        title=f"{draft.region.name} {gathered.words.name} 実績報告書",
        subject=f"{fiscal_year.format_period(first, last)}",
        author=draft.region.secretariat.name,
        keywords=(draft.region.name, gathered.words.name, "実績報告書"),
        blocks=builder.blocks(),
        dated=dated(gathered.years[-1].last_day),
        draft_mark=draft.mark(),
        fictional=draft.region.fictional,
        final=draft.stage.final,
    )
    return Composed(
        name=f"{draft.region.slug}-results",
        document=document,
        sheets=sheets.results(
            draft.region,
            gathered,
            {initiative.pk: builder.bodies(initiative)[0] for initiative in gathered.initiatives},
            builder.captions,
            draft.gaps.found,
        ),
        gaps=tuple(draft.gaps.found),
        inputs=draft.inputs,
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
        present = self.members_on(last_day)
        moves = self.moves()
        people, people_note = self.figure(self.g.population, "人口", "人", last_day)
        area, area_note = self.figure(self.g.area, "面積", "km²", last_day)
        notes = list(dict.fromkeys(note for note in (people_note, area_note) if note))
        marks = {note: "*" * (number + 1) for number, note in enumerate(notes)}
        rows = [
            b.KeyValueRow(f"人口{marks.get(people_note, '')}", people),
            b.KeyValueRow(f"面積{marks.get(area_note, '')}", area),
            b.KeyValueRow("構成市町村数", f"{len(present)}{'（※）' if moves else ''}"),
            b.KeyValueRow(
                "事務局担当市町村",
                self.secretariat_on(last_day),
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
        if moves:
            found.append(
                b.Note(
                    f"（※）{era.format_date(last_day)}現在。期間中の異動：{'、'.join(moves)}", align="right"
                )
            )
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
        found.extend(self.grants())
        return found

    def secretariat_on(self, day: date) -> str:
        """The secretariat's municipality by its name of that day, before it was renamed or merged since."""
        body = self.region.secretariat
        if body.municipality is None:
            return body.name
        earlier = regions.members_that_became(self.region, body.municipality, day)
        return (earlier[0].municipality if earlier else body.municipality).name

    def members_on(self, day: date) -> list[Municipality]:
        return [row.municipality for row in self.g.memberships if day in row.valid]

    def founded_on(self) -> date:
        """The first day of the first members: whoever began then did not join later."""
        return min((row.valid.lower or date.min for row in self.g.memberships), default=date.min)

    def moves(self) -> list[str]:
        """Who joined or left inside the period: 「○○町（令和4年3月31日脱退）」, in the members' order."""
        begin, end = max(self.founded_on(), self.g.years[0].first_day), self.g.years[-1].last_day
        found = []
        for town in self.g.members:
            rows = [row.valid for row in self.g.memberships if row.municipality_id == town.pk]
            starts, ends = {row.lower for row in rows}, {row.upper for row in rows}
            steps = [(day, day, "加入") for day in starts - ends if day and begin < day <= end]
            steps += [
                (day, day - timedelta(days=1), "脱退")
                for day in ends - starts
                if day and begin < day <= end and self.members_on(day)
            ]
            if steps:
                listed = "、".join(f"{era.format_date(shown)}{what}" for _, shown, what in sorted(steps))
                found.append(f"{town.name}（{listed}）")
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
            members = {town.pk for town in self.members_on(on)}
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
        label: b.TextLike = "連携する具体的事項"
        if not chosen:
            label = b.text(
                label, "\n", self.gaps.missing("連携する具体的事項", "該当する事項", self.g.programme)
            )

        def items(column: Sequence[wording.Field]) -> tuple[b.CheckItem, ...]:
            return tuple(b.CheckItem(field.name, field.code in chosen) for field in column)

        return b.CheckGrid(label, items(left), items(right))

    def grants(self) -> list[b.Block]:
        """The amount of each year in 千円, rounded once; no total."""
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
        table = b.DataTable(
            columns=tuple(b.Column(fiscal_year.format_table(year), align="right") for year in years),
            rows=(amounts,),
            head=head,
        )
        if any((self.fixed(year) or 0) % money.Unit.THOUSAND.value for year in years):
            return [table, b.Note(money.rounding_note(money.Unit.THOUSAND, sums=False), align="right")]
        return [table]

    def fixed(self, year: FiscalYear) -> int | None:
        """What was fixed for the year in yen, None where nothing was."""
        last = [step for grant in self.g.grants.get(year, []) for step in _last_step(grant)]
        return sum(step.amount for step in last) if last else None

    def amount(self, year: FiscalYear) -> b.TextLike:
        """What was fixed for the year in 千円; a programme without yearly grants and a year outside it have none."""
        fixed = self.fixed(year)
        if fixed is not None:
            return money.format_money(fixed, money.Unit.THOUSAND)
        if not self.g.words.yearly_grant:
            return b.NOTHING
        programme = self.g.programme
        if (programme.first_fiscal_year or year) > year or (programme.last_fiscal_year or year) < year:
            return b.NOTHING
        return self.gaps.missing("交付額", f"{fiscal_year.format_table(year)}の交付額", page="grants")

    # --- 実施事業（概要） ---

    def overview(self) -> list[b.Block]:
        rows = []
        for initiative in self.g.initiatives:
            title: b.TextLike = initiative.title
            if initiative.one_off:
                title = b.text(title, "\n", self.years_of(initiative))
            rows.append(
                (
                    title,
                    self.gaps.text(
                        initiative.overview, "実施事業（概要）", f"{initiative.title}の事業概要", initiative
                    ),
                )
            )
        heading = b.Heading(2, f"{self.g.words.name}における実施事業（概要）", new_page=True)
        if not rows:
            return [
                heading,
                b.Paragraph(self.gaps.missing("実施事業（概要）", "実施事業", page="initiatives")),
            ]
        return [
            heading,
            b.DataTable(
                columns=(b.Column("事業名", width=3), b.Column("事業概要", width=7)),
                rows=tuple(rows),
            ),
        ]

    def own_years(self, initiative: Initiative) -> tuple[int, int]:
        """The first and the last fiscal year of the project inside the report's."""
        first = max(initiative.first_year or self.g.years[0], self.g.years[0])
        last = min(initiative.last_year or self.g.years[-1], self.g.years[-1])
        return int(first), int(last)

    def years_of(self, initiative: Initiative) -> b.TextLike:
        """The project's own years, also those outside the report's: 「（R3～R6）」, while it goes on 「（R3～）」."""
        first, last = initiative.first_year, initiative.last_year
        if initiative.one_off:
            first, last = first or last, last or first
        if first and last:
            return fiscal_year.format_title(range(first, last + 1))
        if first or last:
            return (
                f"（{fiscal_year.format_short(first) if first else ''}～"
                f"{fiscal_year.format_short(last) if last else ''}）"
            )
        return self.gaps.missing(f"{initiative.title}（詳細）", "実施期間", initiative, label="実施期間")

    # --- per project: 詳細 → 今後 → 写真 ---

    def detail(self, initiative: Initiative) -> list[b.Block]:
        place = f"{initiative.title}（詳細）"
        bodies, partial = self.bodies(initiative)
        roles: b.TextLike | tuple[b.Block, ...] = (
            (b.LabelledList(tuple(b.LabelledItem(role.label, role.text) for role in initiative.roles.all())),)
            if initiative.roles.all()
            else self.gaps.missing(place, "構成団体の役割分担", initiative)
        )
        rows = (
            b.KeyValueRow("事業名", b.text(initiative.title, self.years_of(initiative))),
            b.KeyValueRow("実施団体名", b.text(b.names([town.name for town in bodies]), partial)),
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

    def bodies(self, initiative: Initiative) -> tuple[list[Municipality], str]:
        """Who carried the project out in its own years, and a note on those who did in only some of them.

        Without a list of its own, it was every member of those years.
        """
        first, last = self.own_years(initiative)
        begin, end = max(self.founded_on(), FiscalYear(first).first_day), FiscalYear(last).last_day
        rows = [
            row
            for row in self.g.memberships
            if (row.valid.lower or begin) <= end and (row.valid.upper is None or row.valid.upper > begin)
        ]
        named = {town.pk for town in initiative.bodies.all()}
        towns = list({row.municipality_id: row.municipality for row in rows}.values())
        found = [town for town in towns if town.pk in named] or towns
        notes = []
        for town in found:
            spans = [row.valid for row in rows if row.municipality_id == town.pk]
            since = min((span.lower for span in spans), key=lambda day: day or date.min)
            ends = [span.upper for span in spans]
            if since is not None and since > begin:
                notes.append(f"{town.name}は{era.format_date(since)}から")
            if None not in ends and (until := max(ends) - timedelta(days=1)) < end:
                notes.append(f"{town.name}は{era.format_date(until)}まで")
        return found, f"\n※{'、'.join(notes)}" if notes else ""

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
        if outside or (initiative.pk, year) in self.g.silent:
            return b.NOTHING
        return self.gaps.missing(
            f"{initiative.title}（詳細）",
            f"{fiscal_year.format_table(year)}の実績",
            initiative,
            page=f"activities:{int(year)}",
        )

    def activity(self, activity: Activity) -> b.BulletItem:
        title = activity.title
        if activity.municipality is not None:
            title += f"（{activity.municipality.name}）"
        return b.BulletItem(
            title,
            tuple(LINE_MARKS[ActivityLine.Kind(line.kind)] + line.text for line in self.g.lines[activity.pk]),
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
        usable = [photo for photo in photos if photo.consent != Photo.Consent.REFUSED]
        if self.draft.stage.final:
            photos = usable
        heading = f"●{initiative.field_name}分野の活動記録写真" if initiative.field_name else ""
        found: list[b.Block] = []
        if not usable and initiative.field_name and not initiative.one_off:
            lacking = self.gaps.missing(initiative.title, "活動記録写真", initiative, page="photos")
            found = [b.Heading(3, heading), b.Paragraph(lacking)]
            heading = ""
        if photos:
            grid = tuple(self.photo(photo, initiative) for photo in photos)
            found.append(b.PhotoGrid(grid, heading=heading))
        return found

    def photo(self, photo: Photo, initiative: Initiative) -> b.Photo:
        caption = (
            f"{fiscal_year.format_short(photo.fiscal_year)} {photo.caption}"
            if photo.fiscal_year
            else photo.caption
        )
        self.captions[photo.pk] = caption
        if photo.consent == Photo.Consent.REFUSED:
            return b.Photo(caption, withheld=WITHHELD)
        if not photo.public_digest:
            self.gaps.missing(f"{initiative.title}の写真", f"「{caption}」の画像", photo)
            return b.Photo(caption)
        if photo.consent == Photo.Consent.UNKNOWN and photo.kind == Photo.Kind.PHOTO:
            self.gaps.missing(f"{initiative.title}の写真", f"「{caption}」に写っている人の同意", photo)
        return b.Photo(caption, b.Image(storage.get(photo.public_digest), caption))


def _last_step(grant: Grant) -> list[GrantStep]:
    """The step whose amount holds now, in a list; empty where nothing fixes one."""
    step = steps.current(list(grant.steps.all()))
    return [step] if isinstance(step, GrantStep) else []
