"""The データ sheets of each document's workbook: one value per cell, codes beside names, ISO dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keniki.apps.compacts.models import Agreement, AgreementVersion, Declaration, Kpi, Resolution, Vision
from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions.models import Municipality, Region
from keniki.core import names
from keniki.press.excel import DataSheet

from . import wording
from .gaps import Gap

if TYPE_CHECKING:
    from .composing.results import Gathered


def results(
    region: Region,
    gathered: Gathered,
    bodies: Mapping[int, Sequence[Municipality]],
    captions: Mapping[int, str],
    gaps: Iterable[Gap],
) -> tuple[DataSheet, ...]:
    """`bodies` carried out the initiative of that id; `captions` are those of the photos that may be shown.

    構成市町, 基礎データ, 具体的事項, 交付額, 事業, 活動, 数量, 成果と課題, 今後の取組, 写真, 未入力.
    """
    g = gathered
    activities = [
        (initiative, activity)
        for initiative in g.initiatives
        for year in g.years
        for activity in g.activities.get((initiative.pk, year), [])
    ]
    left, right = wording.report_items(g.programme.programme, g.years[-1].last_day)
    return (
        DataSheet(
            "構成市町",
            ("団体コード", "名称", "順序", "加入日", "脱退日"),
            [
                (
                    row.municipality.code,
                    row.municipality.name,
                    order,
                    row.valid.lower,
                    row.last_day,
                )
                for order, row in enumerate(g.memberships, 1)
            ],
        ),
        DataSheet(
            "基礎データ",
            ("指標", "項目", "団体コード", "名称", "時点", "値", "単位", "出典", "出典の箇所"),
            [
                (
                    fact.indicator,
                    fact.label,
                    fact.municipality.code if fact.municipality else None,
                    fact.municipality.name if fact.municipality else region.name,
                    fact.as_of,
                    fact.value,
                    fact.unit,
                    fact.source.title if fact.source else None,
                    fact.source_place,
                )
                for fact in [*g.population, *g.area]
            ],
        ),
        DataSheet(
            "連携する具体的事項",
            ("分野コード", "分野", "該当"),
            [
                (field.code, field.name, 1 if field.code in g.programme.fields else 0)
                for field in [*left, *right]
            ],
        ),
        DataSheet(
            "交付額",
            ("年度", "名称", "手続", "金額（円）", "日付", "文書番号", "予定額"),
            [
                (
                    int(year),
                    str(grant),
                    step.get_step_display(),
                    step.amount,
                    step.on,
                    step.document_no or None,
                    1 if step.provisional else 0,
                )
                for year in g.years
                for grant in g.grants.get(year, [])
                for step in grant.steps.all()
            ],
        ),
        DataSheet(
            "事業",
            ("事業ID", "順序", "事業名", "開始年度", "終了年度", "一回限り", "実施団体", "目的", "概要"),
            [
                (
                    i.slug,
                    i.order,
                    i.title,
                    i.first_year,
                    i.last_year,
                    1 if i.one_off else 0,
                    names.join_names(town.name for town in bodies[i.pk]),
                    i.purpose,
                    i.overview,
                )
                for i in g.initiatives
            ],
        ),
        DataSheet(
            "活動",
            (
                "活動ID",
                "事業ID",
                "年度",
                "順序",
                "活動名",
                "種類",
                "状態",
                "集計のみ",
                "団体コード",
                "名称",
                "開始日",
                "終了日",
                "場所",
                "結果・講師・注",
                "出典",
                "出典の箇所",
            ),
            [
                (
                    a.slug,
                    i.slug,
                    a.fiscal_year,
                    a.order,
                    a.title,
                    a.get_kind_display(),
                    a.get_state_display(),
                    1 if a.tally_only else 0,
                    a.municipality.code if a.municipality else None,
                    a.municipality.name if a.municipality else None,
                    a.starts_on,
                    a.ends_on,
                    a.place,
                    "\n".join(line.text for line in g.lines[a.pk]),
                    a.source.title if a.source else None,
                    a.source_place,
                )
                for i, a in activities
            ],
        ),
        DataSheet(
            "数量",
            (
                "活動ID",
                "年度",
                "数量ID",
                "何の数",
                "数",
                "単位",
                "数え方",
                "原文",
                "団体コード",
                "名称",
                "内数の親",
            ),
            [
                (
                    a.slug,
                    a.fiscal_year,
                    c.key,
                    c.quantity,
                    c.value,
                    c.counter,
                    c.get_basis_display(),
                    c.as_typed or None,
                    c.municipality.code if c.municipality else None,
                    c.municipality.name if c.municipality else None,
                    c.part_of.key if c.part_of else None,
                )
                for _, a in activities
                for c in a.counts.all()
            ],
        ),
        DataSheet(
            "成果と課題",
            ("事業ID", "順序", "内容"),
            [(i.slug, f.order, f.text) for i in g.initiatives for f in i.findings.all()],
        ),
        DataSheet(
            "今後の取組",
            ("事業ID", "方針", "取組", "内容"),
            [
                (i.slug, o.title, m.title, m.text)
                for i in g.initiatives
                for o in i.outlooks.all()
                for m in o.measures.all()
            ],
        ),
        DataSheet(
            "写真",
            ("写真ID", "事業ID", "年度", "説明", "種類", "撮影・提供", "同意", "公開", "画像"),
            [
                (
                    p.slug,
                    i.slug,
                    p.fiscal_year,
                    captions[p.pk],
                    p.get_kind_display(),
                    p.credit or None,
                    p.get_consent_display(),
                    1 if p.public else 0,
                    1 if p.public_digest else 0,
                )
                for i in g.initiatives
                for p in g.photos.get(i.pk, [])
                if p.pk in captions
            ],
        ),
        missing(gaps),
    )


def missing(gaps: Iterable[Gap]) -> DataSheet:
    """What is still to be entered."""
    return DataSheet("未入力", ("箇所", "内容"), [(gap.place, gap.what) for gap in gaps])


def agreement(
    agreement: Agreement, version: AgreementVersion, resolved: Iterable[Resolution], gaps: Iterable[Gap]
) -> tuple[DataSheet, ...]:
    """`resolved`: the assemblies' steps in the order of the parties.

    当事者, 条文, 別表, 役割, 署名者, 議決, 未入力.
    """
    towns = {party.municipality.code: party.municipality.name for party in agreement.parties.all()}
    return (
        DataSheet(
            "当事者",
            ("団体コード", "名称", "順序", "呼称"),
            [
                (p.municipality.code, p.municipality.name, p.order, p.mark or None)
                for p in agreement.parties.all()
            ],
        ),
        DataSheet(
            "条文",
            ("条", "見出し", "項", "本文", "号"),
            [
                (
                    article["number"],
                    article.get("heading") or None,
                    number,
                    paragraph["text"],
                    "\n".join(paragraph.get("items") or ()) or None,
                )
                for article in version.articles
                for number, paragraph in enumerate(article["paragraphs"], 1)
            ],
        ),
        DataSheet(
            "別表",
            ("取組ID", "政策分野の区分", "分野", "取組", "方向性", "取組内容ID", "取組内容"),
            [
                (
                    item.key,
                    item.group,
                    item.field_label,
                    item.title,
                    item.direction,
                    measure.key,
                    measure.text,
                )
                for item in version.annex_items.all()
                for measure in item.measures.all()
            ],
        ),
        DataSheet(
            "役割",
            ("取組ID", "団体コード", "名称", "役割"),
            [
                (item.key, code, towns.get(code), line)
                for item in version.annex_items.all()
                for role in item.roles.all()
                for code in role.municipalities
                for line in role.items
            ],
        ),
        DataSheet(
            "署名者",
            ("団体コード", "名称", "住所", "職", "氏名", "氏名が完全"),
            [
                (
                    s.municipality.code,
                    s.municipality.name,
                    s.address or None,
                    s.title or None,
                    s.name or None,
                    1 if s.name_complete and s.name else 0,
                )
                for s in version.signatories.all()
            ],
        ),
        DataSheet(
            "議決",
            ("団体コード", "名称", "96条2項条例", "議案番号", "提出日", "議決日", "結果", "告示日", "届出日"),
            [
                (
                    r.municipality.code,
                    r.municipality.name,
                    None if r.ordinance is None else int(r.ordinance),
                    r.bill_no or None,
                    r.submitted_on,
                    r.resolved_on,
                    r.get_result_display(),
                    r.public_notice_on,
                    r.notified_on,
                )
                for r in resolved
            ],
        ),
        missing(gaps),
    )


def declaration(declaration: Declaration, gaps: Iterable[Gap]) -> tuple[DataSheet, ...]:
    """要旨, 各部, 未入力."""
    return (
        DataSheet("要旨", ("順序", "内容"), list(enumerate(declaration.gist, 1))),
        DataSheet(
            "各部",
            ("部", "見出し", "本文", "概要", "項目", "分野コード", "団体コード"),
            [
                (
                    part.key,
                    part.heading,
                    part.text or None,
                    part.outline or None,
                    "\n".join(part.items) or None,
                    "\n".join(part.fields) or None,
                    "\n".join(part.municipalities) or None,
                )
                for part in declaration.parts.all()
            ],
        ),
        missing(gaps),
    )


def vision(
    vision: Vision,
    initiatives: Iterable[Any],
    kpis: Iterable[Kpi],
    budget: Iterable[BudgetLine],
    actuals: Mapping[int, Mapping[int, Any]],
    gaps: Iterable[Gap],
) -> tuple[DataSheet, ...]:
    """取組, 事業, 事業費, KPI, 未入力."""
    listed = list(initiatives)
    indicators = list(kpis)
    return (
        DataSheet(
            "取組",
            ("取組ID", "取組名", "分野コード", "開始年度", "終了年度", "概要"),
            [
                (i.slug, i.title, "\n".join(i.fields) or None, i.first_year, i.last_year, i.overview or None)
                for i in listed
            ],
        ),
        DataSheet(
            "事業",
            ("取組ID", "事業ID", "事業番号", "事業名", "担当団体コード", "事業内容", "効果", "補助制度等"),
            [
                (
                    i.slug,
                    p.slug,
                    p.code or None,
                    p.title,
                    p.lead.code if p.lead else None,
                    p.text or None,
                    p.effect or None,
                    p.subsidy or None,
                )
                for i in listed
                for p in i.projects.all()
            ],
        ),
        DataSheet(
            "事業費",
            ("年度", "取組ID", "事業ID", "団体コード", "名称", "段階", "財源", "金額（円）", "備考"),
            [
                (
                    line.fiscal_year,
                    line.initiative.slug,
                    line.project.slug if line.project else None,
                    line.municipality.code if line.municipality else None,
                    line.municipality.name if line.municipality else None,
                    line.get_stage_display(),
                    line.get_funding_display(),
                    line.amount,
                    line.note or None,
                )
                for line in budget
            ],
        ),
        DataSheet(
            "KPI",
            ("KPIID", "指標名", "単位", "方向", "区分", "年度", "値"),
            [row for kpi in indicators for row in _kpi_rows(kpi, actuals.get(kpi.pk, {}))],
        ),
        missing(gaps),
    )


def _kpi_rows(kpi: Kpi, actuals: Mapping[int, Any]) -> Iterable[tuple[Any, ...]]:
    head = (kpi.slug, kpi.name, kpi.unit or None, kpi.get_direction_display())
    if kpi.baseline_value is not None:
        yield (*head, "基準値", kpi.baseline_years[-1] if kpi.baseline_years else None, kpi.baseline_value)
    for target in kpi.targets.all():
        yield (*head, "目標値", target.fiscal_year, target.value)
    for year, value in sorted(actuals.items()):
        yield (*head, "実績値", year, value)
