"""ビジョン: name, period, future image, overview, system of measures, a sheet per initiative, annexes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from keniki.apps.activities.queries import count_query_actuals
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Initiative,
    Kpi,
    Project,
    Vision,
    VisionEdition,
)
from keniki.apps.compacts.states import VisionState
from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import RegionMembership
from keniki.core import era, fiscal_year, money
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.press import blocks as b

from .. import sheets, wording
from .base import Composed, Draft

BUDGET_NOTE = "※事業費は見込みであり、各年度の予算編成により変わることがある。"
#: Stages of money a vision plans with, the later one wins where both are entered.
PLANNED = (BudgetLine.Stage.REQUEST, BudgetLine.Stage.INITIAL)


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    vision = find(str(parameters.get("slug") or ""))
    builder = _Vision(draft, vision)
    decided = vision.state in (VisionState.DECIDED, VisionState.CHANGED)
    document = b.Document(
        title=vision.title,
        author=draft.region.secretariat.name,
        keywords=(draft.region.name, vision.title),
        blocks=builder.blocks(),
        changed_at=draft.changed_at,
        draft_mark=draft.mark() if decided else f"（{vision.state_label}）",
        fictional=draft.region.fictional,
        final=draft.stage.final,
    )
    return Composed(
        name=f"{draft.region.slug}-vision",
        document=document,
        sheets=sheets.vision(
            vision, builder.initiatives, builder.kpis, builder.budget, builder.actuals, draft.gaps.found
        ),
        gaps=tuple(draft.gaps.found),
        inputs=draft.inputs,
    )


def find(slug: str) -> Vision:
    """The named vision, else the newest decided one, else the newest."""
    rows = Vision.objects.prefetch_related("sections", "goals", "editions")
    if slug:
        found = rows.filter(slug=slug).first()
        if found is None:
            raise WrongInput(f"ビジョン「{slug}」がありません。ビジョンの一覧で識別名を確かめてください。")
        return found
    listed = list(rows)
    if not listed:
        raise WrongInput("この圏域にはビジョンが登録されていません。ビジョンの画面で作成してください。")
    return max(listed, key=lambda v: (str(v.decided_on or ""), v.first_year or 0, v.slug))


class _Vision:
    def __init__(self, draft: Draft, vision: Vision):
        self.draft = draft
        self.gaps = draft.gaps
        self.vision = vision
        day = vision.decided_on or timezone.localdate()
        self.words = wording.words_of(vision.programme, day)
        self.fields = {field.code: field for field in wording.fields(vision.programme, day)}
        self.initiatives = list(
            Initiative.objects.filter(vision=vision)
            .prefetch_related("projects__lead", "roles", "annex_links__agreement", "bodies")
            .order_by("order", "slug")
        )
        self.kpis = list(
            Kpi.objects.filter(vision=vision)
            .prefetch_related("targets", "readings")
            .order_by("order", "slug")
        )
        self.kpis += (
            Kpi.objects.filter(vision=None, initiative__in=self.initiatives)
            .prefetch_related("targets", "readings")
            .order_by("order", "slug")
        )
        self.years = self._years()
        self.budget = list(
            BudgetLine.objects.filter(initiative__in=self.initiatives, stage__in=PLANNED)
            .select_related("initiative", "project", "municipality")
            .order_by("fiscal_year", "slug")
        )
        self.actuals = {kpi.pk: self._actuals(kpi) for kpi in self.kpis}
        last_day = FiscalYear(vision.last_year).last_day if vision.last_year else None
        self.members = regions.members_on(draft.region, last_day) or regions.members_on(draft.region)
        self.towns = {m.municipality.code: m.municipality.name for m in self.members}
        self._note_inputs()

    def _years(self) -> tuple[FiscalYear, ...]:
        if self.vision.first_year and self.vision.last_year:
            return FiscalYear.span(self.vision.first_year, self.vision.last_year)
        return ()

    def _actuals(self, kpi: Kpi) -> dict[int, Decimal]:
        actuals = {reading.fiscal_year: reading.value for reading in kpi.readings.all()}
        if kpi.count_query and self.years:
            first = min([self.years[0], *(int(year) for year in kpi.baseline_years)])
            counted = count_query_actuals(kpi.count_query, range(int(first), int(self.years[-1]) + 1))
            actuals.update({year: actual.value for year, actual in counted.items()})
        return actuals

    def _note_inputs(self) -> None:
        inputs = self.draft.inputs
        inputs.add(
            self.vision, self.vision.sections.all(), self.vision.goals.all(), self.vision.editions.all()
        )
        for member in self.members:
            inputs.add(member, [member.municipality])
        for initiative in self.initiatives:
            projects = initiative.projects.all()
            leads = [project.lead for project in projects if project.lead]
            inputs.add(initiative, projects, leads, initiative.annex_links.all())
        for kpi in self.kpis:
            inputs.add(kpi, kpi.targets.all(), kpi.readings.all())
            if kpi.count_query:
                actuals = sorted(self.actuals[kpi.pk].items())
                inputs.add_value(f"actuals:{kpi.pk}", f"KPI「{kpi.name}」の実績（活動の数量から）", actuals)
        for line in self.budget:
            inputs.add(line, [line.municipality] if line.municipality else [])

    def blocks(self) -> tuple[b.Block, ...]:
        found: list[b.Block] = [self.cover(), b.PageBreak(), b.Contents(depth=2)]
        found.extend(self.basics())
        found.extend(self.sections())
        found.extend(self.system())
        found.append(b.Heading(1, "協定に基づき推進する具体的取組", number="4", new_page=True))
        if not self.initiatives:
            found.append(b.Paragraph(self.gaps.missing("具体的取組", "取組", self.vision)))
        for number, initiative in enumerate(self.initiatives, 1):
            found.extend(self.sheet(number, initiative))
        found.extend(self.annexes())
        return tuple(found)

    def cover(self) -> b.Cover:
        decided = self.vision.decided_on
        date: b.TextLike = (
            era.format_date(decided)
            if decided
            else self.gaps.missing("表紙", "策定日", self.vision, label="策定日")
        )
        return b.Cover(
            lines=(
                b.CoverLine(self.draft.region.name, "region"),
                b.CoverLine(self.vision.title, "title"),
                b.CoverLine(f"（{self.vision.state_label}）", "plain"),
                b.CoverLine(self.period("期間"), "period"),
                b.CoverLine(date, "date"),
            ),
            bottom=(b.CoverLine("、".join(self.towns.values()), "parties"),),
        )

    def period(self, label: str = "") -> b.TextLike:
        if self.years:
            return fiscal_year.format_period(self.years[0], self.years[-1])
        return self.gaps.missing("名称・期間・将来像", "期間", self.vision, label=label)

    def basics(self) -> list[b.Block]:
        roles: dict[str, list[str]] = defaultdict(list)
        for membership in self.members:
            label = (
                self.words.centre if membership.role == RegionMembership.Role.CENTRE else self.words.partner
            )
            roles[label].append(membership.municipality.name)
        return [
            b.Heading(1, "名称・期間・将来像", number="1", new_page=True),
            b.KeyValueTable(
                (
                    b.KeyValueRow("名称", self.vision.title),
                    b.KeyValueRow("圏域", self.draft.region.name),
                    *(b.KeyValueRow(label, "、".join(names)) for label, names in roles.items()),
                    b.KeyValueRow("期間", self.period()),
                    b.KeyValueRow(
                        "将来像",
                        self.gaps.text(self.vision.future_image, "将来像", "圏域の将来像", self.vision),
                    ),
                )
            ),
            *self.whole_kpis(),
        ]

    def whole_kpis(self) -> list[b.Block]:
        """The indicators of the vision as a whole, which belong to no initiative."""
        kpis = [kpi for kpi in self.kpis if kpi.initiative_id is None]
        return (
            [b.Heading(2, "圏域全体の成果指標（KPI）"), self.kpi_table(kpis, "圏域全体の成果指標")]
            if kpis
            else []
        )

    def sections(self) -> list[b.Block]:
        found: list[b.Block] = [b.Heading(1, "圏域の概況", number="2")]
        sections = list(self.vision.sections.all())
        if not sections:
            found.append(b.Paragraph(self.gaps.missing("圏域の概況", "概況の本文", self.vision)))
        for number, section in enumerate(sections, 1):
            found.append(b.Heading(2, section.heading, number=f"({number})"))
            if not section.body.strip():
                found.append(
                    b.Paragraph(
                        self.gaps.missing(f"圏域の概況 {section.heading}", section.heading, self.vision)
                    )
                )
            found.extend(
                b.Paragraph(words, first_indent=1) for words in section.body.splitlines() if words.strip()
            )
        return found

    def system(self) -> list[b.Block]:
        """体系図 as a table: policy field → basic goal → initiative → projects; gaps are noted in the sheets below."""
        goals = {goal.key: goal for goal in self.vision.goals.all()}
        rows = []
        for initiative in self.initiatives:
            goal = goals.get(initiative.goal)
            rows.append(
                (
                    self.field_names(initiative),
                    goal.text if goal else b.Missing(),
                    initiative.title,
                    "\n".join(f"・{project.title}" for project in initiative.projects.all()) or b.Missing(),
                )
            )
        found: list[b.Block] = [b.Heading(1, "体系図", number="3", new_page=True)]
        if not rows:
            return [*found, b.Paragraph(self.gaps.missing("体系図", "取組", self.vision))]
        return [
            *found,
            b.DataTable(
                columns=(
                    b.Column("政策分野", 2),
                    b.Column("基本目標", 3),
                    b.Column("取組", 3),
                    b.Column("事業", 4),
                ),
                rows=tuple(rows),
                size="small",
            ),
        ]

    def field_names(self, initiative: Initiative) -> str:
        return (
            "・".join(self.fields[code].name if code in self.fields else code for code in initiative.fields)
            or "―"
        )

    # --- a sheet per initiative ---

    def sheet(self, number: int, initiative: Initiative) -> list[b.Block]:
        place = f"取組 {initiative.title}"
        goals = {goal.key: goal.text for goal in self.vision.goals.all()}
        kpis = [kpi for kpi in self.kpis if kpi.initiative_id == initiative.pk]
        rows = [
            b.KeyValueRow("政策分野", self.field_names(initiative)),
            b.KeyValueRow(
                "基本目標",
                goals.get(initiative.goal) or self.gaps.missing(place, "基本目標", initiative),
            ),
            *self.basis(initiative, place),
            b.KeyValueRow("取組の概要", self.gaps.text(initiative.overview, place, "取組の概要", initiative)),
        ]
        found: list[b.Block] = [
            b.Heading(2, initiative.title, number=f"({number})", new_page=number > 1),
            b.KeyValueTable(tuple(rows)),
            b.Heading(3, "成果指標（KPI）"),
        ]
        if kpis:
            found.append(self.kpi_table(kpis, place))
        else:
            found.append(b.Paragraph(self.gaps.missing(place, "KPI", initiative)))
        found.append(b.Heading(3, "事業"))
        projects = list(initiative.projects.all())
        if projects:
            found.append(self.project_table(projects))
        else:
            found.append(b.Paragraph(self.gaps.missing(place, "事業", initiative)))
        found.append(b.Heading(3, "事業費"))
        found.extend(self.costs(initiative, projects, place))
        return found

    def basis(self, initiative: Initiative, place: str) -> list[b.KeyValueRow]:
        """The agreement's article and the roles of the parties, from the annex items the initiative carries out."""
        links = list(initiative.annex_links.all())
        if not links:
            return [
                b.KeyValueRow("協定の根拠", self.gaps.missing(place, "協定の根拠（別表の取組）", initiative))
            ]
        basis: list[str] = []
        roles: dict[tuple[str, ...], list[str]] = {}
        for link in links:
            item = self.annex_item(link.agreement, link.key)
            if item is None:
                continue
            version = item.agreement_version
            parties = list(link.agreement.parties.select_related("municipality"))
            self.draft.inputs.add(link.agreement, parties, [party.municipality for party in parties])
            self.draft.inputs.add(version)
            self.draft.inputs.add(item, item.roles.all())
            basis.append(f"{link.agreement.title} {version.annex_heading} {item.field_label} {item.title}")
            marks = {party.municipality.code: party.mark for party in parties}
            for role in item.roles.all():
                towns = [
                    f"{self.towns.get(code, code)}（{marks[code]}）"
                    if marks.get(code)
                    else self.towns.get(code, code)
                    for code in role.municipalities
                ]
                held = roles.setdefault(tuple(role.items), [])
                held.extend(town for town in towns if town not in held)
        rows = [b.KeyValueRow("協定の根拠", (b.BulletList(tuple(basis)),))]
        if roles:
            content: list[b.Block] = []
            for lines, towns in roles.items():
                content.extend(
                    (b.Paragraph(f"【{'、'.join(towns)}】", keep_with_next=True), b.BulletList(lines))
                )
            rows.append(b.KeyValueRow("役割分担", tuple(content)))
        return rows

    def annex_item(self, agreement: Agreement, key: str) -> AnnexItem | None:
        version = AgreementVersion.objects.filter(agreement=agreement).order_by("-number").first()
        if version is None:
            return None
        return (
            AnnexItem.objects.filter(agreement_version=version, key=key)
            .select_related("agreement_version")
            .prefetch_related("measures", "roles")
            .first()
        )

    def kpi_table(self, kpis: list[Kpi], place: str) -> b.Block:
        rows = []
        for kpi in kpis:
            targets = list(kpi.targets.all())
            target: b.TextLike
            if kpi.direction == Kpi.Direction.UNDECIDED:
                target = "検討中"
            elif targets:
                last = targets[-1]
                by = fiscal_year.format_short(last.fiscal_year)
                target = f"{amount(last.value, kpi.unit)}{_bound(kpi)}\n（{by}）"
            else:
                target = self.gaps.missing(place, f"「{kpi.name}」の目標値", kpi)
            rows.append((kpi.name, self.baseline(kpi, place), target, kpi.get_direction_display()))
        return b.DataTable(
            columns=(
                b.Column("指標", 5),
                b.Column("基準値（年度）", 3, "right"),
                b.Column("目標値（年度）", 3, "right"),
                b.Column("方向", 1.5, "center"),
            ),
            rows=tuple(rows),
        )

    def baseline(self, kpi: Kpi, place: str) -> b.TextLike:
        if kpi.baseline_value is None:
            if kpi.direction == Kpi.Direction.UNDECIDED:
                return b.NOTHING
            return self.gaps.missing(place, f"「{kpi.name}」の基準値", kpi)
        years = [int(year) for year in kpi.baseline_years]
        label = kpi.baseline_label
        if not label and years:
            label = fiscal_year.format_short(years[0])
            if len(years) > 1:
                label += f"～{fiscal_year.format_short(years[-1])}"
            if kpi.baseline_average:
                label += "平均"
        return f"{amount(kpi.baseline_value, kpi.unit)}" + (f"\n（{label}）" if label else "")

    def project_table(self, projects: list[Project]) -> b.Block:
        return b.DataTable(
            columns=(
                b.Column("事業名", 3),
                b.Column("事業内容", 5),
                b.Column("期間", 2),
                b.Column("担当", 2),
            ),
            rows=tuple(
                (
                    f"{project.code} {project.title}".strip(),
                    "\n".join(words for words in (project.text, project.effect) if words) or b.NOTHING,
                    _span(project),
                    project.lead.name
                    if project.lead
                    else "・".join(self.towns.get(code, code) for code in project.bodies) or b.NOTHING,
                )
                for project in projects
            ),
            size="small",
        )

    def costs(self, initiative: Initiative, projects: list[Project], place: str) -> list[b.Block]:
        """事業費 in 千円 per year and body; sums are of the yen, rounded once."""
        lines = [line for line in self.budget if line.initiative_id == initiative.pk]
        if not lines or not self.years:
            return [b.Paragraph(self.gaps.missing(place, "事業費", initiative))]
        per: dict[tuple[int | None, int | None], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for line in _latest(lines):
            per[line.project_id, line.municipality_id][line.fiscal_year] += line.amount
        titles = {project.pk: project.title for project in projects}
        names = {line.municipality_id: line.municipality.name for line in lines if line.municipality}
        places: dict[int | None, int] = {project.pk: place for place, project in enumerate(projects)}
        order: dict[int | None, int] = {m.municipality_id: m.order for m in self.members}
        places[None] = order[None] = -1
        rows: list[b.Row | tuple[Any, ...]] = []
        years = [int(year) for year in self.years]
        for project, town in sorted(
            per, key=lambda key: (places[key[0]], order.get(key[1], len(order)), key[1] or 0)
        ):
            by_year = per[project, town]
            rows.append(
                (
                    titles[project] if project else initiative.title,
                    names[town] if town else "圏域",
                    *(_thousand(by_year[year]) if year in by_year else b.NOTHING for year in years),
                    _thousand(sum(by_year[year] for year in years if year in by_year)),
                )
            )
        totals = {year: sum(by_year.get(year, 0) for by_year in per.values()) for year in years}
        rows.append(
            b.Row(
                ("計", "", *(_thousand(totals[year]) for year in years), _thousand(sum(totals.values()))),
                kind="sum",
            )
        )
        return [
            b.DataTable(
                columns=(
                    b.Column("事業名", 4),
                    b.Column("事業主体", 2),
                    *(b.Column(fiscal_year.format_table(year), 2, "right", unit="千円") for year in years),
                    b.Column("計", 2, "right", unit="千円"),
                ),
                rows=tuple(rows),
                size="small",
            ),
            b.Note(self.vision.budget_note or BUDGET_NOTE),
            b.Note(money.rounding_note(money.Unit.THOUSAND)),
        ]

    def annexes(self) -> list[b.Block]:
        """資料: how the vision came about."""
        editions = [edition for edition in self.vision.editions.all() if edition.on]
        if not editions:
            return []
        return [
            b.Heading(1, "資料", number="5", new_page=True),
            b.Heading(2, "策定の経過"),
            b.DataTable(
                columns=(b.Column("日付", 3), b.Column("内容", 7)),
                rows=tuple((era.format_date(e.on), _edition(e)) for e in editions if e.on),
            ),
        ]


def amount(value: Decimal, unit: str) -> str:
    """`1,234人`, `2.5％` without trailing zeros."""
    plain = f"{value:,f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{plain}{unit}"


def _edition(edition: VisionEdition) -> str:
    label: str = edition.get_state_display()
    return f"{label}第{edition.edition}版" if edition.state == VisionState.CHANGED else label


def _bound(kpi: Kpi) -> str:
    return {
        Kpi.Direction.CEILING: "以内",
        Kpi.Direction.FLOOR: "以上",
        Kpi.Direction.CUMULATIVE: "（累計）",
    }.get(Kpi.Direction(kpi.direction), "")


def _span(project: Project) -> b.TextLike:
    if not project.first_year:
        return b.NOTHING
    if not project.last_year:
        return f"{fiscal_year.format_short(project.first_year)}～"
    if project.first_year == project.last_year:
        return fiscal_year.format_short(project.first_year)
    return f"{fiscal_year.format_short(project.first_year)}～{fiscal_year.format_short(project.last_year)}"


def _latest(lines: list[BudgetLine]) -> list[BudgetLine]:
    """Of request and initial budget for the same thing, only the later stage."""
    best: dict[tuple[Any, ...], str] = {}
    for line in lines:
        key = (line.project_id, line.municipality_id, line.fiscal_year)
        if PLANNED.index(BudgetLine.Stage(line.stage)) >= PLANNED.index(
            BudgetLine.Stage(best.get(key, PLANNED[0]))
        ):
            best[key] = line.stage
    return [
        line for line in lines if line.stage == best[line.project_id, line.municipality_id, line.fiscal_year]
    ]


def _thousand(yen: int) -> str:
    return money.format_money(yen, money.Unit.THOUSAND)
