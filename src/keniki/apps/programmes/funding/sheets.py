"""基礎数値報告用集計: what an estimate rests on, as sheets for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keniki.apps.programmes.asking import programme_name
from keniki.press.excel.data import DataSheet
from keniki.rulebooks.loader import Rule
from keniki.rulebooks.programmes.funding import Support

from .allocation import Basis, Estimate, initiative_sums

ESTIMATE = "特別交付税措置見込額"


@dataclass(frozen=True, slots=True)
class Figures:
    """An estimate under one programme with the rows it rests on."""

    result: Estimate
    sheets: Sequence[Basis]

    @property
    def programme(self) -> str:
        """The programme's name."""
        return programme_name(self.result.programme)


def basis_rows(figures: Sequence[Figures]) -> DataSheet:
    """One row per initiative of a municipality: what the report of basic figures adds up."""
    return DataSheet(
        "取組別",
        ("年度", "団体コード", "団体名", "役割", "取組", "一般財源_円", "予算科目", "取組の識別名", "制度"),
        [
            (
                int(each.result.year),
                row.code,
                row.name,
                ROLES[sheet.municipality.role],
                row.initiative,
                row.general_revenue,
                row.origin,
                row.initiative_slug,
                each.programme,
            )
            for each in figures
            for sheet in each.sheets
            for row in sheet.rows
        ],
    )


def initiative_rows(figures: Sequence[Figures]) -> DataSheet:
    """The initiatives with the sum over the municipalities."""
    return DataSheet(
        "取組計",
        ("年度", "取組", "一般財源_円", "団体数", "団体名", "取組の識別名", "制度"),
        [
            (
                int(each.result.year),
                row.initiative,
                row.general_revenue,
                len(row.names),
                "、".join(row.names),
                row.initiative_slug,
                each.programme,
            )
            for each in figures
            for row in initiative_sums(each.sheets)
        ],
    )


def year_rows(years: Sequence[Figures]) -> DataSheet:
    """Every municipality year by year under the caps of each year, as far as they are known."""
    return DataSheet(
        "年度別",
        (
            "年度",
            "団体コード",
            "団体名",
            "役割",
            "一般財源_円",
            "率",
            "上限額_円",
            f"{ESTIMATE}_円",
            "確認が必要なこと",
            "制度",
        ),
        [
            (
                int(each.result.year),
                row.code,
                row.name,
                ROLES[row.role],
                row.general_revenue,
                each.result.rate.known_value.rate if each.result.rate.known_value else None,
                row.cap,
                row.estimate,
                "；".join(row.asks),
                each.programme,
            )
            for each in years
            for row in each.result.rows
        ],
    )


def basis_sheets(figures: Sequence[Figures], years: Sequence[Figures] = ()) -> list[DataSheet]:
    """The sums by municipality, the initiatives behind them, all `years`, and the rules with article and source.

    `figures` are those of one fiscal year, of each programme that runs in it.
    """
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
            "制度",
        ),
        [
            (
                int(each.result.year),
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
                each.programme,
            )
            for each in figures
            for row in each.result.rows
        ],
    )
    used = [
        rule
        for each in (*figures, *years)
        for rule in (each.result.rate, *(row.rule for row in each.result.rows))
        if rule is not None
    ]
    rules = {(rule.id, rule.valid_from): rule for rule in used}
    basis = DataSheet(
        "根拠",
        ("規則", "名称", "条項", "値", "出典", "備考", "いつから", "いつまで"),
        [
            *(_rule_row(rule) for rule in rules.values()),
            ("", "", "", "", "", "見込額。特別交付税は、国が毎年度決定する。", "", ""),
        ],
    )
    return [
        towns,
        basis_rows(figures),
        initiative_rows(figures),
        *([year_rows(years)] if years else []),
        basis,
    ]


ROLES = {"centre": "中心となる市", "partner": "連携する市町村"}


def _rule_row(rule: Rule[Support]) -> tuple[str, ...]:
    if not rule.is_known:
        return (rule.id, "", "", "（未回答）", rule.source, rule.question, *_days(rule))
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
        *_days(rule),
    )


def _days(rule: Rule[Support]) -> tuple[str, str]:
    return rule.valid_from.isoformat(), rule.valid_to.isoformat() if rule.valid_to else ""
