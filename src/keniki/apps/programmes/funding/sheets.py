"""基礎数値報告用集計: what an estimate rests on, as sheets for machines."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.core.fiscal_year import format_table
from keniki.press.excel.data import DataSheet
from keniki.rulebooks.loader import Rule
from keniki.rulebooks.programmes.funding import Support

from .allocation import Basis, Estimate

ESTIMATE = "特別交付税措置見込額"


def basis_rows(result: Estimate, sheets: Sequence[Basis]) -> DataSheet:
    """One row per initiative of a municipality: what the report of basic figures adds up."""
    return DataSheet(
        "取組別",
        ("年度", "団体コード", "団体名", "役割", "取組", "一般財源_円"),
        [
            (
                int(result.year),
                row.code,
                row.name,
                ROLES[sheet.municipality.role],
                row.initiative,
                row.general_revenue,
            )
            for sheet in sheets
            for row in sheet.rows
        ],
    )


def basis_sheets(result: Estimate, sheets: Sequence[Basis]) -> list[DataSheet]:
    """The sums by municipality, the initiatives behind them, and the rules with article and source."""
    towns = DataSheet(
        "団体別",
        (
            "年度",
            "団体コード",
            "団体名",
            "役割",
            "一般財源_円",
            "率を乗じた額_円",
            "上限額_円",
            f"{ESTIMATE}_円",
            "上限に達する一般財源_円",
            "上限までの残り_円",
            "確認が必要なこと",
        ),
        [
            (
                int(result.year),
                row.code,
                row.name,
                ROLES[row.role],
                row.general_revenue,
                row.eligible,
                row.cap,
                row.estimate,
                row.exhausting,
                row.unused,
                "；".join(row.asks),
            )
            for row in result.rows
        ],
    )
    rules = {rule.id: rule for rule in [result.rate, *(row.rule for row in result.rows)] if rule is not None}
    basis = DataSheet(
        "根拠",
        ("規則", "名称", "条項", "値", "出典", "備考"),
        [
            *(_rule_row(rule) for rule in rules.values()),
            ("", "", "", "", "", f"{format_table(result.year)}の見込額。特別交付税は、国が毎年度決定する。"),
        ],
    )
    return [towns, basis_rows(result, sheets), basis]


ROLES = {"centre": "中心となる市", "partner": "連携する市町村"}


def _rule_row(rule: Rule[Support]) -> tuple[str, ...]:
    if not rule.is_known:
        return (rule.id, "", "", "（未回答）", rule.source, rule.question)
    value = rule.value
    shown = f"{value.rate}" if value.rate is not None else f"{value.cap:,}円"
    about = "程度（資料の表記による）" if value.approximate else ""
    return (
        rule.id,
        value.title,
        value.article,
        shown,
        rule.source,
        "・".join(filter(None, (about, rule.note))),
    )
