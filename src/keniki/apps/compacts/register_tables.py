"""The register as tables for spreadsheets, and its issues read back from one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from keniki.apps.compacts.models import Candidate, Matter
from keniki.apps.compacts.queries.fields import field_names
from keniki.apps.compacts.queries.register import Hopes
from keniki.apps.compacts.states import CandidateStage
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.csv_dialect import read_table, unguard_formula
from keniki.core.errors import WrongInput
from keniki.press.excel import DataSheet
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes import PROGRAMMES, policy_fields

MATTERS = (
    "区分",
    "件名",
    "内容",
    "政策分野",
    "実施している団体",
    "把握の方法",
    "調査等の日",
    "根拠となる指標",
    "挙げた市町村",
    "出典の箇所",
)
_CANDIDATES = (
    "取組候補",
    "段階",
    "段階の日",
    "内容",
    "政策分野",
    "圏域の役割",
    "効果の及ぶ範囲",
    "見込まれる効果",
    "支障・整理すべきこと",
    "担当する団体",
    "応える課題",
    "関心のある市町村",
    "試行の開始日",
    "試行の終了日",
    "試行の結果",
    "事業化した取組",
)
_BETWEEN = re.compile(r"[、,，;；\n]+")
_MOST, _LONGEST = 2000, 200


def matters_sheet(rows: Iterable[Matter]) -> DataSheet:
    """Issues, hopes and what is done today; the same columns are read back."""
    names = field_names()
    return DataSheet(
        "課題・期待・現状",
        (*MATTERS, "出典"),
        [
            (
                row.get_kind_display(),
                row.title,
                row.text,
                _joined(names.get(key, key) for key in row.fields),
                row.body,
                row.survey,
                day_of(row.surveyed_on, row.precision),
                row.indicator,
                _joined(voice.municipality.name for voice in row.voices.all()),
                row.source_place,
                row.source.title if row.source else "",
            )
            for row in rows
        ],
    )


def candidates_sheet(rows: Iterable[Candidate], roles: dict[str, str]) -> DataSheet:
    """Candidates for measures with what they answer and where they stand."""
    names = field_names()
    return DataSheet(
        "取組候補",
        _CANDIDATES,
        [
            (
                row.title,
                row.get_stage_display(),
                row.stage_on,
                row.text,
                _joined(names.get(key, key) for key in row.fields),
                roles.get(row.role, row.role),
                row.reach,
                row.effect,
                row.obstacle,
                row.responsible,
                _joined(matter.title for matter in row.matters.all()),
                _joined(each.municipality.name for each in row.interests.all()),
                row.trial_from,
                row.trial_to,
                row.trial_result,
                row.initiative.title if row.initiative else "",
            )
            for row in rows
        ],
    )


def steps_sheet(rows: Iterable[Candidate]) -> DataSheet:
    """Every stage of every candidate."""
    labels = dict(CandidateStage.choices)
    return DataSheet(
        "段階の経過",
        ("取組候補", "順", "段階", "日", "理由"),
        [
            (row.title, step.order, str(labels[step.stage]), step.on, step.reason)
            for row in rows
            for step in row.steps.all()
        ],
    )


def hopes_sheet(hopes: Hopes) -> DataSheet:
    """Towns against the fields they hope for."""
    return DataSheet(
        "期待する分野",
        ("市町村コード", "市町村", *(f"{name}_件" for _, name in hopes.columns), "計_件"),
        [
            (
                row.town.code if row.town else "",
                row.town.name if row.town else "市町村の別なし",
                *row.cells,
                row.total,
            )
            for row in hopes.rows
        ],
    )


def read_matters(
    data: bytes, members: Sequence[Municipality], *, file: str | None = None
) -> list[dict[str, Any]]:
    """The rows of a CSV file with the columns of `MATTERS` (only 件名 has to be there), for `import_matters`.

    WrongInput names the first row and column that cannot be read.
    """
    table = read_table(data, file=file, required=("件名",))
    kinds = {str(label): key for key, label in Matter.Kind.choices}
    fields = _field_keys()
    towns = {name: town for town in members for name in (town.name, town.code, town.code[:5])}
    rows = []
    for record in table.records:
        cells = {name: unguard_formula(record.get(name)).strip() for name in MATTERS}
        try:
            if not cells["件名"]:
                raise WrongInput("件名を入力してください。", column="件名")
            for name in ("件名", "実施している団体", "把握の方法"):
                if len(cells[name]) > _LONGEST:
                    raise WrongInput(f"{_LONGEST}文字までにしてください。", column=name)
            kind = cells["区分"] or str(Matter.Kind.ISSUE.label)
            on, precision = _day(cells["調査等の日"])
            rows.append(
                {
                    "row": record.row,
                    "kind": _one(kind, kinds, "区分"),
                    "title": cells["件名"],
                    "text": cells["内容"],
                    "fields": [_one(name, fields, "政策分野") for name in _parts(cells["政策分野"])],
                    "body": cells["実施している団体"],
                    "survey": cells["把握の方法"],
                    "surveyed_on": on,
                    "precision": precision,
                    "indicator": cells["根拠となる指標"],
                    "towns": [_one(name, towns, "挙げた市町村") for name in _parts(cells["挙げた市町村"])],
                    "source_place": cells["出典の箇所"][:300],
                }
            )
        except WrongInput as wrong:
            raise wrong.at(file=file, row=record.row) from None
    if not rows:
        raise WrongInput("登録する行がありません。2行目から1行に1件ずつ入力してください。", file=file)
    if len(rows) > _MOST:
        raise WrongInput(f"行が多すぎます（{_MOST}行まで）。ファイルを分けてください。", file=file)
    return rows


def template_rows() -> list[tuple[str, ...]]:
    """The head of the file and an example to write over."""
    example = (
        "課題",
        "（例）公共施設の維持管理",
        "",
        "土地利用",
        "",
        "担当者会議",
        "2026-04-01",
        "",
        "",
        "",
    )
    return [MATTERS, example]


def day_of(day: date | None, precision: str) -> str:
    """A day as exact as it is known: 2018-02-01, 2018-02, 2018; empty for none."""
    if day is None:
        return ""
    return day.isoformat()[: {"month": 7, "year": 4}.get(precision, 10)]


def _day(cell: str) -> tuple[date | None, str]:
    if not cell:
        return None, "day"
    short = re.fullmatch(r"([0-9]{4})(?:[-/年]([0-9]{1,2})月?|年)?", cell)
    try:
        if short:
            month = int(short[2]) if short[2] else 1
            return date(int(short[1]), month, 1), "month" if short[2] else "year"
        return era.parse_date(cell), "day"
    except (WrongInput, ValueError):
        raise WrongInput(
            f"「{cell}」は日付として読めません（例：2026-04-01、令和8年4月1日、2026-04）。",
            column="調査等の日",
        ) from None


def _field_keys() -> dict[str, str]:
    found = {key: key for key in field_names()}
    for programme in PROGRAMMES:
        try:
            fields = policy_fields(programme, regions.today()).value.fields
        except RuleNotInForce:
            continue
        for each in fields:
            found.setdefault(each.name, each.key)
            found.setdefault(each.label, each.key)
    return found


def _one(word: str, known: dict[str, Any], column: str) -> Any:
    if word not in known:
        raise WrongInput(f"「{word}」は登録にありません。つづりを確かめてください。", column=column)
    return known[word]


def _parts(cell: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in _BETWEEN.split(cell) if part.strip()))


def _joined(words: Iterable[str]) -> str:
    return "、".join(words)
