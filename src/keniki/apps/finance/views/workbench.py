"""The workbench of a joint cost: what each town pays by a chosen rule, what that means, all rules side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.analysis.sharing.words import STEPS
from keniki.apps.activities.queries import year_state
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.fiscal_year import format_table, format_table_with_western
from keniki.press.csv import render_csv
from keniki.press.excel import render_xlsx
from keniki.press.excel.data import DataSheet
from keniki.rulebooks.sharing.spec import EQUAL

from .. import games, policies
from ..forms.workbench import BenchForm
from ..models import CostGame
from ..queries import workbench as queries
from ..queries.costs import cost_for
from ..queries.workbench import Bench
from ..sharing import Gathered, Reckoned, StageOf, reckon
from ..sharing.asking import Said, bases_of, own_rule, stage_in, stage_key, weights_of, year_in
from ..sharing.burdens import Burdens
from ..sharing.comparing import OWN, Candidate, Column, Comparison, compare, missing_bases
from ..sharing.described import basis_label
from ..sharing.pictures import compared
from ..sharing.solving import AT_ONCE

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class View:
    """What an address asks for, gathered and reckoned; without items of any year there is no `gathered`."""

    bench: Bench
    said: Said
    gathered: Gathered | None = None
    rule: Candidate | None = None
    made: Reckoned | None = None
    bases: Mapping[str, str] | None = None
    weights: Mapping[str, str] | None = None
    unit: str = ""
    every: bool = False

    @property
    def year(self) -> int | None:
        """The fiscal year shown."""
        return self.gathered.fiscal_year if self.gathered is not None else None

    @property
    def stage(self) -> StageOf | None:
        """The stage shown."""
        return self.gathered.stage if self.gathered is not None else None

    @property
    def query(self) -> str:
        """The address of what is shown, so that chart and files show the same."""
        if self.gathered is None:
            return ""
        found = {"year": self.gathered.fiscal_year, "stage": stage_key(self.gathered.stage)}
        if self.rule is not None:
            found["rule"] = self.rule.key
        if self.rule is not None and self.rule.key == OWN:
            found |= {f"w-{key}": weight for key, weight in (self.weights or {}).items() if weight}
            found |= {"unit": self.unit} if self.unit else {}
        if self.every:
            found["solve"] = 1
        return urlencode(found)


@region_page
@require_GET
def workbench(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The shares by the chosen rule, what they mean for each town, every step, and the rules beside each other."""
    view = _asked(request, region, slug)
    bench, gathered = view.bench, view.gathered
    if gathered is None:
        return page(
            request,
            "finance/workbench.html",
            nav_active="finance",
            cost=bench.cost,
            view=view,
            may_write=policies.write_cost(request.actor, region),
        )
    kept = bench.game_in(gathered.fiscal_year)
    comparison, game = _compared(view, kept)
    names = {town.code: town.name for town in gathered.towns}
    received = sum(each.amount for found in gathered.revenues.values() for each in found)
    return page(
        request,
        "finance/workbench.html",
        nav_active="finance",
        cost=bench.cost,
        view=view,
        form=_form(view),
        year=year_state(region, gathered.fiscal_year),
        stage_label=gathered.stage.label,
        total=gathered.total,
        received=received,
        burdens=queries.burdens_of(gathered, view.made.shares, game)
        if view.made is not None and view.made.shared
        else None,
        steps=steps(view.made) if view.made is not None else [],
        comparison=comparison,
        columns=[(column, _beside(column, view, comparison)) for column in comparison.columns],
        verdicts=[
            (column, *verdict(column, names)) for column in comparison.columns if column.test is not None
        ],
        towns=gathered.towns,
        funding_year_at=reverse("programmes:funding", args=[region.slug]) + f"?year={gathered.fiscal_year}",
        kept=kept,
        game=game,
        at_once=AT_ONCE,
        alt=_chart(view, comparison).alt if comparison.columns else "",
        may_write=policies.write_cost(request.actor, region),
        may_game=policies.write_cost_of(request.actor, region, gathered.fiscal_year),
    )


@region_page
@require_GET
def workbench_chart(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The comparison as a picture (SVG)."""
    view = _asked(request, region, slug)
    if view.gathered is None:
        raise Http404("この年度の経費はまだありません。")
    comparison, _ = _compared(view, view.bench.game_in(view.gathered.fiscal_year))
    if not comparison.columns:
        raise Http404("比べられる定めがありません。")
    return HttpResponse(_chart(view, comparison).svg(), content_type="image/svg+xml")


@region_page
@require_GET
def workbench_data(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The comparison as CSV; with `format=xlsx` as Excel, with the towns' burdens and every step."""
    view = _asked(request, region, slug)
    if view.gathered is None:
        raise Http404("この年度の経費はまだありません。")
    comparison, game = _compared(view, view.bench.game_in(view.gathered.fiscal_year))
    names = {town.code: town.name for town in view.gathered.towns}
    sheet = comparison_sheet(comparison, names)
    title = f"{view.bench.cost.title}_{format_table(view.gathered.fiscal_year)}_負担額の比較"
    if request.GET.get("format") == "xlsx":
        sheets = [sheet]
        if view.made is not None and view.made.shared is not None:
            sheets += [
                burden_sheet(queries.burdens_of(view.gathered, view.made.shares, game)),
                _steps_sheet(view.made, names),
            ]
        return download(f"{title}.xlsx", render_xlsx(None, sheets, dated=timezone.now()))
    return download(f"{title}.csv", render_csv(sheet).data)


@dataclass(frozen=True)
class StepRow:
    """A step of the split: its name, weight in per cent, the amount in yen, each town's part with its figure."""

    bill: str
    name: str
    weight: str
    amount: Fraction
    cells: list[tuple[Fraction | None, Fraction | None]]

    @property
    def shown(self) -> str:
        """The amount, exact to two decimals."""
        return exact(self.amount)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Each town's part and figure as printed, empty where it has none."""
        return [
            ("" if value is None else exact(value), "" if figure is None else exact(figure))
            for value, figure in self.cells
        ]


def steps(made: Reckoned) -> list[StepRow]:
    """Every step of the split, bill by bill."""
    if made.shared is None:
        return []
    parts = made.spec.parts()
    rows = []
    for key, split in made.shared.splits.items():
        name, _, loan = key.partition(":")
        label = parts[name].label if name in parts else ""
        bill = " ".join(filter(None, (label or name, f"{format_table(int(loan))}借入" if loan else "")))
        for step in split.steps:
            basis = basis_label(made.spec, step.basis)
            words = STEPS[step.what]
            named = basis if step.what == "component" and basis else "：".join(filter(None, (words, basis)))
            weight = "" if step.weight is None else f"{float(step.weight):g}"
            cells = [(step.of.get(code), step.figures.get(code)) for code in made.gathered.codes]
            rows.append(StepRow(bill, named, weight, step.amount, cells))
    return rows


def exact(value: Fraction) -> str:
    """A fraction as printed: whole, or to two decimals with the rest cut off by rounding."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal('0.01')):,}"


def verdict(column: Column, names: Mapping[str, str]) -> tuple[bool, str, str, int]:
    """Inside the core or not, in words; the group that is nearest to leaving and by how many yen."""
    test = column.test
    assert test is not None
    group = group_words(test.worst, names)
    over = round(test.over)
    if test.inside:
        words = "どの組合せも、自分たちだけで行うより高くなりません。"
        if not test.complete:
            words = "1団体ずつと、1団体を除く組合せでは、自分たちだけで行うより高くなりません。"
        return True, words, group, -over
    return False, f"{group}は、自分たちだけで行うより{over:,}円多く負担します。", group, over


def group_words(codes: tuple[str, ...], names: Mapping[str, str]) -> str:
    """A group of towns in words: 「岩見沢市・三笠市」, a large one by who is not in it."""
    left = [name for code, name in names.items() if code not in codes]
    if len(codes) > 4 and len(left) <= 2:
        return f"{'・'.join(left)}を除く{len(codes)}団体" if left else f"全{len(codes)}団体"
    return "・".join(names[code] for code in codes)


def comparison_sheet(comparison: Comparison, names: Mapping[str, str]) -> DataSheet:
    """The comparison as data: a row per rule and town."""
    rows = [
        (
            "理論" if column.theory else "定め",
            column.name,
            column.source,
            code,
            names[code],
            column.whole(code),
            round(column.errors[code]) if column.errors else None,
            None if column.test is None else int(column.test.inside),
            "" if column.test is None else "・".join(names[each] for each in column.test.worst),
            None if column.test is None else round(column.test.over),
        )
        for column in comparison.columns
        for code in comparison.codes
    ]
    heads = (
        "区分", "定め・解", "出典", "団体コード", "団体名", "負担額_円", "標本の誤差_円", "コアに入る",
        "最も不利な組合せ", "単独・一部で行う場合との差_円",
    )  # fmt: skip
    return DataSheet("比較", heads, rows)


def burden_sheet(found: Burdens) -> DataSheet:
    """The towns' burdens as data."""
    heads = (
        "団体コード", "団体名", "負担額_円", "割合", "特定財源_円", "一般財源_円", "特別交付税措置見込額_円",
        "住民_人", "住民の出典", "一般財源_円毎人", "参加人数", "開催回数", "単独で行う場合_円",
        "節約額_円", "自ら執行する額_円",
    )  # fmt: skip
    rows = [
        (
            row.town.code,
            row.town.name,
            row.amount,
            round(float(row.part), 6),
            row.earmarked,
            row.general,
            row.effect.amount,
            row.residents.value if row.residents else None,
            row.residents.edition if row.residents else "",
            row.net_each,
            row.benefit.people,
            row.benefit.sessions,
            row.alone,
            row.saved,
            row.spent,
        )
        for row in found.rows
    ]
    return DataSheet("団体別", heads, rows)


def _steps_sheet(made: Reckoned, names: Mapping[str, str]) -> DataSheet:
    heads = ("経費の区分", "段階", "割合", "金額_円", *(f"{name}_円" for name in names.values()))
    rows = [
        (
            row.bill,
            row.name,
            float(row.weight) if row.weight else None,
            round(float(row.amount), 4),
            *(None if value is None else round(float(value), 4) for value, _ in row.cells),
        )
        for row in steps(made)
    ]
    return DataSheet("計算の段階", heads, rows)


def _asked(request: StaffRequest, region: Region, slug: str) -> View:
    said = Said()
    bench = queries.bench(cost_for(region, slug))
    year = year_in(request.GET.get("year", ""), bench.years, bench.year, said)
    if year is None:
        return View(bench, said)
    stage = stage_in(request.GET.get("stage", ""), request.GET.get("round", ""), bench.stages(year), said)
    assert stage is not None
    gathered = bench.gathered(year, stage)
    bases = bases_of(gathered, bench.candidates)
    decided = bench.rule_in(year)
    key = request.GET.get("rule", "") or (f"v{decided.number}" if decided is not None else OWN)
    rules = {rule.key: rule for rule in bench.candidates}
    if key != OWN and key not in rules:
        said.say("指定された定めはありません。別の定めで表示しています。")
        key = f"v{decided.number}" if decided is not None else OWN
    begun = rules.get(f"v{decided.number}") if decided is not None else None
    typed = {
        name.removeprefix("w-"): request.GET.get(name, "") for name in request.GET if name.startswith("w-")
    }
    weights = typed if any(typed.values()) else weights_of(begun.spec if begun is not None else None)
    unit = request.GET.get("unit", "")
    rule = rules.get(key) if key != OWN else own_rule(weights, bases, unit, said)
    return View(
        bench,
        said,
        gathered,
        rule,
        reckon(gathered, rule.spec) if rule is not None else None,
        bases,
        weights,
        unit,
        request.GET.get("solve") == "1",
    )


def _form(view: View) -> BenchForm:
    bench, gathered = view.bench, view.gathered
    assert gathered is not None
    own = [rule for rule in bench.candidates if rule.kind == "version"]
    others = [
        rule
        for rule in bench.candidates
        if rule.kind == "published" and not missing_bases(gathered, rule.spec)
    ]
    choices: list[Any] = []
    if own:
        choices.append(("この経費の定め", [(rule.key, f"{rule.name}（{rule.state}）") for rule in own]))
    choices.append((OWN, "割合を入れて試す"))
    if others:
        choices.append(("公表されている定め", [(rule.key, rule.name) for rule in others]))
    bases = {EQUAL: "均等割", **(view.bases or {})}
    return BenchForm(
        years=[(year, format_table_with_western(year)) for year in bench.years],
        stages=[(stage_key(stage), stage.label) for stage in bench.stages(gathered.fiscal_year)],
        rules=choices,
        bases=bases,
        initial={
            "year": gathered.fiscal_year,
            "stage": stage_key(gathered.stage),
            "rule": view.rule.key if view.rule is not None else OWN,
            "unit": view.unit,
            **{f"w-{key}": weight for key, weight in (view.weights or {}).items()},
        },
    )


def _compared(view: View, kept: CostGame | None) -> tuple[Comparison, games.TownGame | None]:
    """All rules and solutions; the game's whole is what the chosen rule shares, else the cost less its revenues."""
    gathered = view.gathered
    assert gathered is not None
    shared = sum(view.made.shares.values()) if view.made is not None and view.made.shares else None
    if shared is None:
        received = sum(each.amount for found in gathered.revenues.values() for each in found)
        shared = max(gathered.total - received, 0)
    found = queries.game_at(kept, gathered, shared)
    game = found if isinstance(found, games.TownGame) else None
    problem = found.problem if isinstance(found, games.Refused) else ""
    rules = list(view.bench.candidates)
    if view.rule is not None and view.rule.key == OWN:
        rules.insert(0, view.rule)
    return compare(gathered, rules, game, problem=problem, every=view.every), game


def _chart(view: View, comparison: Comparison) -> Any:
    assert view.gathered is not None
    names = {town.code: town.name for town in view.gathered.towns}
    return compared(comparison, names, view.rule.key if view.rule is not None else "")


def _beside(column: Column, view: View, comparison: Comparison) -> list[tuple[int | None, int | None]]:
    """Each town's amount, and how much more or less that is than by the chosen rule."""
    chosen = view.made.shares if view.made is not None else {}
    same = view.rule is not None and column.key == view.rule.key
    found = []
    for code in comparison.codes:
        amount = column.whole(code)
        differs = None if same or amount is None or code not in chosen else amount - chosen[code]
        found.append((amount, differs))
    return found
