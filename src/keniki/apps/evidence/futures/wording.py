"""The assumptions of a scenario in words, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..models import Forecast
from ..queries.words import ages_shown, sex_shown
from .scenario_files import (
    ClosedPart,
    ControlPart,
    FamiliesPart,
    FertilityPart,
    MigrationPart,
    Part,
    SurvivalPart,
)
from .sliders import spec_of

UNCHANGED = "変更なし（過去の変化が続くとした推計）"


def assumptions(changes: Sequence[dict[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Each change in a sentence; `names` are municipalities by code. One sentence where nothing is changed."""
    return [_said(part, names) for part in spec_of(changes).changes] or [UNCHANGED]


def facts(forecast: Forecast, names: Mapping[str, str], published: str = "") -> list[tuple[str, str]]:
    """What a forecast is made of, head and words; `published` is the title of the projection it follows."""
    model = forecast.get_model_display()
    return [
        ("市区町村", "、".join(names.get(code, code) for code in forecast.places)),
        ("基準人口", f"{forecast.base.removeprefix('census')}年 国勢調査"),
        ("推計の方法", f"{model}：{published or forecast.published}" if forecast.published else model),
        ("最後の年", f"{forecast.until}年"),
        ("仮定", "\n".join(assumptions(forecast.changes, names))),
        (
            "予測区間",
            f"{forecast.draws:,}回の試行（乱数の種 {forecast.seed}）" if forecast.draws else "求めない",
        ),
    ]


def _said(part: Part, names: Mapping[str, str]) -> str:
    match part:
        case ClosedPart():
            return "転入と転出がないものとする（封鎖人口）。"
        case FertilityPart():
            return f"{_where(part.municipalities, names)}{_fertility(part)}。"
        case MigrationPart():
            return f"{_where(part.municipalities, names)}{_migration(part)}。"
        case FamiliesPart():
            where = _named(part.municipalities, names)
            members = "、".join(
                f"{sex_shown(each.sex)}{ages_shown(each.age, each.age + 4)}{_number(each.persons)}人"
                for each in part.members
            )
            each_of = "のそれぞれ" if len(part.municipalities) > 1 else ""
            return (
                f"{where}{each_of}に、毎年{_number(part.per_year)}世帯（1世帯に{members}）が"
                f"転入する{_when(part.since, part.until)}。"
            )
        case SurvivalPart():
            return f"死亡率を、{_path(part.factor, 100, '％')}にする。"
        case ControlPart():
            years = "、".join(f"{year}年" for year in sorted(part.totals))
            return f"{len(part.areas)}地域の人口を、{years}の総数に合わせて一律に補正する。"
    raise TypeError(part)


def _fertility(part: FertilityPart) -> str:
    if part.factor is not None:
        return f"子ども女性比を、{_path(part.factor, 100, '％')}にする"
    if part.tfr is not None:
        return f"合計特殊出生率を、{_path(part.tfr)}にする"
    return f"子ども女性比を、{_path(part.child_women or {})}にする"


def _migration(part: MigrationPart) -> str:
    ages = "全年齢" if part.ages == (0, None) else ages_shown(*part.ages)
    changed = f"{ages}の移動を{_number(part.factor * 100)}％にする"
    added = f"{ages}の人口の{_number(part.added * 100)}％の転入超過を加える"
    said = [changed] if part.factor != 1 or not part.added else []
    return "、".join([*said, *([added] if part.added else [])]) + _when(part.since, part.until)


def _path(path: Mapping[int, float], times: float = 1, unit: str = "") -> str:
    return "、".join(f"{year}年に{_number(path[year] * times)}{unit}" for year in sorted(path))


def _when(since: int | None, until: int | None) -> str:
    if since is None and until is None:
        return ""
    return f"（{f'{since}年から' if since else ''}{f'{until}年まで' if until else ''}）"


def _where(codes: Sequence[str], names: Mapping[str, str]) -> str:
    return f"{_named(codes, names)}の" if codes else ""


def _named(codes: Sequence[str], names: Mapping[str, str]) -> str:
    shown = [names.get(code, code) for code in codes[:5]]
    return "、".join(shown) + (f"ほか{len(codes) - 5}市区町村" if len(codes) > 5 else "")


def _number(value: float) -> str:
    return f"{value:,.10g}"
