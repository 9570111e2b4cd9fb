"""What a file of rates may give: every name with its kind and unit, and a template in which all of them stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import DemandRule, Reckoned
from keniki.rulebooks.indicators import catalogue
from keniki.rulebooks.loader import Rule

from .demanding import totals_given
from .rate_files import BUILDINGS
from .rate_text import lines

#: The single figures in words with their unit.
FIGURES: Final = {
    "water_supplied": ("1人1日当たりの給水量", "L／人・日"),
    "water_served": ("給水普及率", "給水人口÷総人口"),
    "water_billed_share": ("有収率", "有収水量÷給水量"),
    "water_load_factor": ("負荷率", "1日平均給水量÷1日最大給水量"),
    "waste_per_day": ("1人1日当たりのごみ排出量", "g／人・日"),
    "bed_occupancy": ("病床利用率", "在院患者÷病床"),
    "cremation_share": ("火葬率", "火葬÷死亡"),
    "staff_elasticity": ("職員数の人口に対する弾力性", "弾力性"),
    "dwellings_built": ("1年間に建つ住宅", "戸／年"),
    "dwellings_removed": ("1年間に除却される住宅", "戸／年"),
    "construction_prices": ("更新単価を現在の物価に直す倍率", "倍"),
}
#: What a demand takes beside its rate, figure and total.
_MORE: Final[dict[Reckoned, tuple[str, ...]]] = {
    "level": ("care_recipients",),
    "beds": ("inpatients",),
    "vacant": ("dwellings_built", "dwellings_removed", "households"),
    "water_average": ("water_supplied", "water_served", "water_billed_share"),
    "water_maximum": ("water_supplied", "water_served", "water_billed_share"),
    "renewal": (BUILDINGS, "construction_prices"),
    "renewal_per_person": (BUILDINGS, "construction_prices"),
}
_KINDS: Final = {"by_age": "年齢別の率", "flat": "一つの値", "buildings": "建物の一覧"}
_HEAD: Final = """\
# 需要の推計に使う、圏域で定めた率。
# 使う率の行の先頭の「#」を空白に変え、値（value）、年（year）、根拠（source）を書き換えてください。
# 使わない行は、そのままで構いません。割合は1を全体とします。
# municipalities（団体コード）を書いた率はその市区町村だけに、書かない率は全ての市区町村に使います。
# 年齢別の率（by_age）は、全国の値を見本として示しています。
rules:
"""


@dataclass(frozen=True)
class Key:
    """One name that may be given: its kind (`by_age`, `flat`, `buildings`), what it is, its unit."""

    id: str
    kind: str
    label: str
    unit: str

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return _KINDS[self.kind]


def keys(on: date) -> dict[str, Key]:
    """Everything that may be given on a day, by its name: rates by age, figures, a municipality's totals, buildings."""
    rules = book.demands(on).values()
    names = {rule.rate: rule.name for rule in rules if rule.rate}
    indicators = catalogue(on)
    totals = totals_given(on)
    found = []
    for name in book.known_rates():
        if book.asked_in(name):
            either = "（総数を flat で書いてもよい）" if name in totals else ""
            found.append(Key(name, "by_age", f"{names.get(name, name)}の率{either}", "1人当たり"))
        else:
            found.append(Key(name, "flat", *FIGURES[name]))
    for name in totals:
        if name not in {each.id for each in found}:
            indicator = indicators[name]
            found.append(Key(name, "flat", indicator.name, indicators.units[indicator.unit].label))
    found.append(Key(BUILDINGS, "buildings", "公共施設の建物", "延床面積はm²"))
    return {each.id: each for each in found}


def keys_of(rule: DemandRule) -> tuple[str, ...]:
    """The names that change one demand."""
    own = (rule.rate, rule.factor, *rule.totals[:1], *_MORE.get(rule.reckoned, ()))
    return tuple(dict.fromkeys(name for name in own if name))


def template(on: date, municipality: str = "") -> str:
    """A file of rates in which everything that may be given stands as a comment, in the form it is given in.

    Rates by age are shown with the nation's; a figure nobody knows is left empty. `municipality` is a code for the
    examples.
    """
    return _HEAD + "".join(_commented(key, on, municipality) for key in keys(on).values())


def _commented(key: Key, on: date, municipality: str) -> str:
    head = f"{key.label}（{key.kind_label}、{key.unit}）"
    shown = [f"  # {head}", *(f"#   {line}" for line in lines(_example(key, on, municipality)))]
    return "\n" + "".join(f"{line}\n" for line in shown)


def _example(key: Key, on: date, municipality: str) -> dict[str, Any]:
    last = on.year - 1
    entry: dict[str, Any] = {"id": key.id, "source": "根拠となる資料と年"}
    own = {} if key.id in book.known_rates() else {"municipalities": [municipality or "000000"]}
    if key.kind == "buildings":
        rows = [{"use": use, "built": on.year - 30, "area": 1000} for use in book.renewal(on).value.uses]
        return {**entry, **own, "value": {"kind": key.kind, "year": last, "rows": rows}}
    national = _national(key.id, on)
    if national is not None:
        shown = national.value.model_dump(mode="json", exclude_defaults=True)
        return {**entry, "source": national.source, "value": shown}
    if key.kind == "by_age":
        ages = ((0, 17), (18, 64), (65, None))
        return {
            **entry,
            "value": {
                "kind": key.kind,
                "year": last,
                "rows": [{"age": list(age), "both": None} for age in ages],
            },
        }
    return {**entry, **own, "value": {"kind": key.kind, "year": last, "value": None}}


def _national(name: str, on: date) -> Rule[Any] | None:
    """The rule of the nation's rate or figure; None where it asks, and for a total."""
    if name not in book.known_rates():
        return None
    rule = book.rate(name, on) if book.asked_in(name) else book.factor(name, on)
    return rule if rule.is_known else None
