"""KPIs: what they aim at, and their typed actuals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.models import Kpi, KpiReading, KpiTarget
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

from .common import attributes, free_slug, label_of, needed, shown

_HEAD = (
    "order",
    "vision",
    "initiative",
    "name",
    "unit",
    "direction",
    "baseline_value",
    "baseline_years",
    "baseline_average",
    "baseline_label",
    "count_query",
    "note",
)


def save_kpi(
    actor: Actor,
    region: Region,
    kpi: Kpi | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    targets: Mapping[int, Decimal],
) -> Kpi:
    """Write a KPI with its targets by fiscal year, or begin one (`kpi` None).

    `values` as far as given: order, vision, initiative, name, unit, direction, baseline_value, baseline_years,
    baseline_average, baseline_label, count_query, note. 検討中 (`undecided`) has no targets.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "compacts.save_kpi", region=region.slug, ruling=ruling, quiet=True) as act:
        if kpi is None:
            rows = Kpi.objects.filter(region=region)
            kpi = Kpi(
                region=region,
                slug=free_slug(rows.values_list("slug", flat=True), "kpi"),
                order=max(rows.values_list("order", flat=True), default=0) + 1,
            )
            before: dict[str, Any] | None = None
        else:
            kpi = act.lock(kpi, version)
            before = _whole(kpi)
        for name, value in values.items():
            assert name in _HEAD, name
            setattr(kpi, name, tidy(value) if isinstance(value, str) else value)
        kpi.name = needed(kpi.name, "指標名")
        _check(kpi, targets)
        after = {
            **snapshot(kpi, *_attributes()),
            "targets": {str(year): shown(targets[year]) for year in sorted(targets)},
        }
        after["baseline_value"] = None if kpi.baseline_value is None else shown(kpi.baseline_value)
        if before == after:
            return kpi
        act.save(kpi)
        stored = {row.fiscal_year: row for row in kpi.targets.all()}
        for year, row in stored.items():
            if year not in targets:
                row.delete()
        for year, value in targets.items():
            row = stored.get(year) or KpiTarget(kpi=kpi, fiscal_year=year)
            row.value = value
            row.save()
        was, now = (None, after) if before is None else changes(before, after)
        doing = "作成" if before is None else f"変更（{'・'.join(_words(before, after))}）"
        act.log(kpi, was, now, f"KPI「{kpi}」を {doing}")
        return kpi


def save_reading(
    actor: Actor,
    kpi: Kpi,
    year: int,
    version: int | None,
    *,
    value: Decimal | None,
    comment: str = "",
) -> KpiReading | None:
    """Type the actual of one fiscal year; None takes it away. A counted KPI takes no typed actuals.

    `version` is that of the reading the user saw, None when there was none: one typed since raises `Stale`. For
    cumulative KPIs the value is the sum up to that year.
    """
    ruling = policies.enter_reading(actor, kpi, year)
    if kpi.count_query is not None:
        raise WrongInput("この指標の実績は活動の数量から集計されるため、入力できません。", column="実績値")
    label = fiscal_year.format_table(year)
    with verb(actor, "compacts.save_reading", region=kpi.region.slug, ruling=ruling, quiet=True) as act:
        row = kpi.readings.filter(fiscal_year=year).first()
        if row is not None:
            row = act.lock(row, 0 if version is None else version)
        before = None if row is None else {"value": shown(row.value), "comment": row.comment}
        was = "未入力" if row is None else f"{shown(row.value)}{kpi.unit}"
        if value is None:
            if row is None:
                return None
            act.log(row, before, None, f"KPI「{kpi}」の{label}の実績を {was}→未入力 に変更")
            row.delete()
            return None
        after = {"value": shown(value), "comment": tidy(comment)}
        if before == after:
            return row
        row = row or KpiReading(kpi=kpi, fiscal_year=year)
        row.value, row.comment = value, tidy(comment)
        act.save(row)
        act.log(row, before, after, f"KPI「{kpi}」の{label}の実績を {was}→{shown(value)}{kpi.unit} と記録")
        return row


def _check(kpi: Kpi, targets: Mapping[int, Decimal]) -> None:
    if kpi.direction not in Kpi.Direction.values:
        raise WrongInput("方向を選んでください。", column="方向")
    if kpi.vision is None and kpi.initiative is None:
        raise WrongInput("ビジョン又は取組のどちらかを選んでください。", column="ビジョン")
    if kpi.direction == Kpi.Direction.UNDECIDED and targets:
        raise WrongInput(
            "「検討中」の指標には目標値を入れません。方向を選ぶか、目標値を空にしてください。", column="方向"
        )
    if kpi.direction != Kpi.Direction.UNDECIDED and not targets:
        raise WrongInput(
            "目標値を1つ以上入力してください。決まっていないときは、方向を「検討中」にします。",
            column="目標値",
        )
    if kpi.baseline_value is not None and not kpi.baseline_years:
        raise WrongInput("基準年度を入力してください。", column="基準年度")
    if kpi.baseline_average and len(kpi.baseline_years) < 2:
        raise WrongInput("平均の基準値には、基準年度を2つ以上入力してください。", column="基準年度")
    if kpi.baseline_years and targets and min(targets) <= max(kpi.baseline_years):
        raise WrongInput("目標値の年度は、基準年度より後にしてください。", column="目標値")


def _attributes() -> list[str]:
    return attributes(Kpi, _HEAD)


def _whole(kpi: Kpi) -> dict[str, Any]:
    found = {
        **snapshot(kpi, *_attributes()),
        "targets": {str(row.fiscal_year): shown(row.value) for row in kpi.targets.all()},
    }
    found["baseline_value"] = None if kpi.baseline_value is None else shown(kpi.baseline_value)
    return found


def _words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    labels = {name: label_of(Kpi, name) for name in attributes(Kpi, _HEAD)}
    labels |= {"vision_id": "ビジョン", "initiative_id": "取組", "order": "順序"}
    words = []
    for name in after:
        if before.get(name) == after[name]:
            continue
        if name == "targets":
            years = sorted({*before[name], *after[name]})
            words += [
                f"{fiscal_year.format_table(int(year))}の目標値 {before[name].get(year, '（なし）')}"
                f"→{after[name].get(year, '（なし）')}"
                for year in years
                if before[name].get(year) != after[name].get(year)
            ]
        elif isinstance(after[name], dict | list):
            words.append(labels[name])
        elif name == "direction":
            words.append(f"方向 {Kpi.Direction(before[name]).label}→{Kpi.Direction(after[name]).label}")
        else:
            words.append(f"{labels[name]} {shown(before.get(name))}→{shown(after[name])}")
    return words
