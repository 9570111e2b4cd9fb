"""取組シート: a sheet per initiative with basis, roles, indicators, projects and money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Initiative,
    InitiativeAnnex,
    Project,
)
from keniki.apps.finance.models import BudgetLine
from keniki.core import fiscal_year, money
from keniki.press import blocks as b

from .indicators import indicators
from .records import PLANNED, Records

BUDGET_NOTE = "※事業費は見込みであり、各年度の予算編成により変わることがある。"


def sheet(r: Records, number: int, initiative: Initiative) -> list[b.Block]:
    place = f"取組 {initiative.title}"
    goals = {goal.key: goal.text for goal in r.vision.goals.all()}
    kpis = [kpi for kpi in r.kpis if kpi.initiative_id == initiative.pk]
    rows = [
        b.KeyValueRow("政策分野", r.field_names(initiative)),
        b.KeyValueRow(
            "基本目標",
            goals.get(initiative.goal) or r.gaps.missing(place, "基本目標", initiative),
        ),
        *basis(r, initiative, place),
    ]
    found: list[b.Block] = [
        b.Heading(2, initiative.title, number=f"({number})", new_page=number > 1),
        b.KeyValueTable(tuple(rows)),
        b.Heading(3, "成果指標（KPI）"),
    ]
    if kpis:
        found.extend(indicators(r, kpis, place))
    else:
        found.append(b.Paragraph(r.gaps.missing(place, "KPI", initiative, page="kpis")))
    found.append(b.Heading(3, "事業"))
    projects = list(initiative.projects.all())
    if projects:
        found.append(project_table(r, projects))
    else:
        found.append(b.Paragraph(r.gaps.missing(place, "事業", initiative, page="initiative")))
    found.append(b.Heading(3, "事業費"))
    found.extend(costs(r, initiative, projects, place))
    return found


def basis(r: Records, initiative: Initiative, place: str) -> list[b.KeyValueRow]:
    """The agreement's article, what it says is done, and the roles of the parties, each wording once.

    They come from the annex items the initiative carries out; the results report's texts are another thing.
    """
    order = {m.municipality_id: m.order for m in r.members}
    links = sorted(initiative.annex_links.all(), key=lambda link: _place(link, order))
    if not links:
        return [b.KeyValueRow("協定の根拠", r.gaps.missing(place, "協定の根拠（別表の取組）", initiative))]
    grounds: list[str] = []
    measures: dict[str, None] = {}
    roles: dict[tuple[str, ...], list[str]] = {}
    for link in links:
        item = annex_item(r, link.agreement, link.key)
        if item is None:
            continue
        version = item.agreement_version
        parties = list(link.agreement.parties.all())
        r.draft.inputs.add(link.agreement, parties, [party.municipality for party in parties])
        r.draft.inputs.add(version)
        r.draft.inputs.add(item, item.measures.all(), item.roles.all())
        grounds.append(f"{link.agreement.title} {version.annex_heading} {item.field_label} {item.title}")
        measures.update(dict.fromkeys(measure.text for measure in item.measures.all()))
        marks = {party.municipality.code: party.mark for party in parties}
        for role in item.roles.all():
            towns = [
                f"{r.towns.get(code, code)}（{marks[code]}）" if marks.get(code) else r.towns.get(code, code)
                for code in role.municipalities
            ]
            held = roles.setdefault(tuple(role.items), [])
            held.extend(town for town in towns if town not in held)
    content: list[b.Block] = []
    for lines, towns in roles.items():
        content.extend(
            (b.Paragraph(b.text("【", b.names(towns, "、"), "】"), keep_with_next=True), b.BulletList(lines))
        )
    wanting = ((content, "役割分担"), (measures, "取組の内容"))
    missing = {
        what: r.gaps.missing(place, f"協定の別表の{what}", initiative) for known, what in wanting if not known
    }
    return [
        b.KeyValueRow("協定の根拠", (b.BulletList(tuple(grounds)),)),
        b.KeyValueRow("取組の内容", missing.get("取組の内容") or (b.BulletList(tuple(measures)),)),
        b.KeyValueRow("役割分担", missing.get("役割分担") or tuple(content)),
    ]


def _place(link: InitiativeAnnex, order: Mapping[int, int]) -> tuple[int, str, str]:
    """Agreements in the order of their last party among the members, then by their own names."""
    last = max(
        (order.get(party.municipality_id, len(order)) for party in link.agreement.parties.all()), default=0
    )
    return last, link.agreement.slug, link.key


def annex_item(r: Records, agreement: Agreement, key: str) -> AnnexItem | None:
    version = AgreementVersion.objects.filter(agreement=agreement).order_by("-number").first()
    if version is None:
        return None
    return (
        AnnexItem.objects.filter(agreement_version=version, key=key)
        .select_related("agreement_version")
        .prefetch_related("measures", "roles")
        .first()
    )


def project_table(r: Records, projects: list[Project]) -> b.Block:
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
                else "・".join(r.towns.get(code, code) for code in project.bodies) or b.NOTHING,
            )
            for project in projects
        ),
        size="small",
    )


def costs(r: Records, initiative: Initiative, projects: list[Project], place: str) -> list[b.Block]:
    """事業費 in 千円 per year and body; sums are of the yen, rounded once."""
    lines = [line for line in r.budget if line.initiative_id == initiative.pk]
    if not lines or not r.years:
        return [b.Paragraph(r.gaps.missing(place, "事業費", initiative, page="costs"))]
    per: dict[tuple[int | None, int | None], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for line in _latest(lines):
        per[line.project_id, line.municipality_id][line.fiscal_year] += line.amount
    titles = {project.pk: project.title for project in projects}
    names = {line.municipality_id: line.municipality.name for line in lines if line.municipality}
    places: dict[int | None, int] = {project.pk: place for place, project in enumerate(projects)}
    order: dict[int | None, int] = {m.municipality_id: m.order for m in r.members}
    places[None] = order[None] = -1
    rows: list[b.Row | tuple[Any, ...]] = []
    years = [int(year) for year in r.years]
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
        b.Note(r.vision.budget_note or BUDGET_NOTE),
        b.Note(money.rounding_note(money.Unit.THOUSAND)),
    ]


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
