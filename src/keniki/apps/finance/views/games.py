"""What towns would pay alone and in groups, entered in three ways; and what buying together saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.analysis.sharing import Procurement
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import year_state
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Sheet, edit
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.core.csv_dialect import write_csv
from keniki.core.fiscal_year import format_table

from .. import games, policies
from ..actions import games as actions
from ..forms import workbench as forms
from ..models import CostGame, JointCost
from ..queries import workbench as queries
from ..queries.costs import check_cost_year, cost_for
from ..sharing import Gathered, StageOf
from ..sharing.asking import bases_of
from ..sharing.solving import AT_ONCE, solutions, tested
from .workbench import group_words

#: Groups shown one by one below the form.
_SHOWN: Final = 63
#: Groups written into a file.
_WRITTEN: Final = 4095


@region_page
@require_http_methods(["GET", "POST"])
def game(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """Enter or change the game of a year; below it what it comes to, and what buying together would save."""
    cost = cost_for(region, slug)
    check_cost_year(cost, year)
    bench = queries.bench(cost)
    kept = queries.game_for(cost, year)
    ruling = policies.write_cost_of(request.actor, region, year)
    here = reverse("finance:game", args=[region.slug, cost.slug, year])
    if request.method == "POST":
        ruling.require()
        if request.POST.get("deed") == "remove":
            return _removed(request, cost, kept, here)
    stages = bench.stages(year)
    gathered = bench.gathered(year, stages[-1] if stages else StageOf("initial"))
    bases = list(bases_of(gathered, bench.candidates).items())
    kind = request.GET.get("kind", "") or (kept.kind if kept is not None else CostGame.Kind.FUNCTION)
    if kind not in CostGame.Kind.values:
        kind = CostGame.Kind.FUNCTION

    def build(data: QueryDict | None, record: CostGame | None) -> Sheet:
        files = request.FILES if data is not None else None
        return forms.sheet(kind, data, files, record, gathered.towns, bases)

    def write(sheet: Sheet) -> CostGame:
        spec = forms.game_in(kind, sheet)
        note = sheet.form.cleaned_data["note"].strip()
        return actions.save_game(request.actor, cost, year, spec, note, kept, version_of(request))

    outcome = edit(request, kept, build, write)
    if outcome.done:
        messages.success(request, f"{format_table(year)}の単独・共同の費用を保存しました。")
        return redirect(here)
    return page(
        request,
        "finance/game.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        year=year_state(region, year),
        kept=kept,
        kind=kind,
        kinds=[
            {"label": str(label), "url": f"?kind={key}", "current": key == kind}
            for key, label in CostGame.Kind.choices
        ],
        outcome=outcome,
        ruling=ruling,
        towns=gathered.towns,
        stage=gathered.stage,
        back=reverse("finance:workbench", args=[region.slug, cost.slug]) + f"?year={year}",
        history=log_of(kept) if kept is not None else [],
        pooling=_pooling(request, len(gathered.towns)),
        **_come_to(kept, gathered),
        status=outcome.status(request) if request.method == "POST" else 200,
    )


@region_page
@require_GET
def game_csv(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """Every group with its cost, where one is entered, in the form the page reads again."""
    cost = cost_for(region, slug)
    check_cost_year(cost, year)
    bench = queries.bench(cost)
    stages = bench.stages(year)
    gathered = bench.gathered(year, stages[-1] if stages else StageOf("initial"))
    found = queries.game_at(queries.game_for(cost, year), gathered)
    made = found if isinstance(found, games.TownGame) else None
    towns = gathered.towns
    every = len(towns) <= _WRITTEN.bit_length()
    listed = [group for _, group in forms.groups(towns)] if every else [(town,) for town in towns]
    rows = [
        (group, None if made is None else round(made.cost([town.code for town in group]))) for group in listed
    ]
    name = f"{cost.title}_{format_table(year)}_単独・共同の費用.csv"
    return download(name, write_csv(forms.groups_csv(rows)).data)


@dataclass(frozen=True)
class GroupRow:
    """A group of towns and what it would pay by itself; `saved` against each of its towns alone."""

    name: str
    size: int
    cost: int
    saved: int


def _come_to(kept: CostGame | None, gathered: Gathered) -> dict[str, Any]:
    """What the stored game comes to: its groups, whether any shares keep all of them, what lacks."""
    received = sum(each.amount for found in gathered.revenues.values() for each in found)
    shared = max(gathered.total - received, 0) if gathered.costs else None
    found = queries.game_at(kept, gathered, shared)
    if found is None:
        return {"game": None}
    if isinstance(found, games.Refused):
        return {"game": None, "refused": found.problem}
    names = {town.code: town.name for town in gathered.towns}
    groups = _groups(gathered.towns)
    alone = dict(zip(found.codes, found.alone, strict=True))
    rows = []
    for group in groups:
        codes = tuple(town.code for town in group)
        paid = found.cost(codes)
        saved = sum(float(alone[code]) for code in codes) - paid
        rows.append(GroupRow(group_words(codes, names), len(codes), round(paid), round(saved)))
    stable: bool | None = None
    if found.game is not None and len(found.codes) <= AT_ONCE:
        nucleolus = next(each for each in solutions(found) if each.key == "nucleolus")
        stable = tested(found, nucleolus.shares).inside if nucleolus.shares else None
    return {
        "game": found,
        "rows": rows,
        "stable": stable,
        "estimated": round(found.estimated),
        "whole": round(found.whole),
        "differs": round(found.estimated) != round(found.whole),
    }


def _groups(towns: Sequence[Municipality]) -> list[tuple[Municipality, ...]]:
    """All groups of a few towns; of more the single ones, all but one, and all."""
    if 2 ** len(towns) - 1 <= _SHOWN:
        return [group for _, group in forms.groups(towns)]
    everybody = tuple(towns)
    without = [tuple(each for each in towns if each is not town) for town in towns]
    return [*((town,) for town in towns), *without, everybody]


def _removed(request: StaffRequest, cost: JointCost, kept: CostGame | None, here: str) -> HttpResponse:
    if kept is None:
        raise Http404("単独・共同の費用が見つかりません。")
    try:
        actions.remove_game(request.actor, cost, kept, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先に更新しました。内容を確かめてください。")
        return redirect(here)
    messages.success(request, "単独・共同の費用を削除しました。")
    return redirect(here)


def _pooling(request: StaffRequest, towns: int) -> dict[str, Any]:
    """Buying together by the typed figures: from how many towns on it pays, and what each number of towns saves."""
    names = ("fixed", "variable", "learning", "extra", "coordination")
    asked = any(request.GET.get(name) for name in names)
    form = forms.PoolingForm(request.GET if asked else None, auto_id="pool_%s")
    if not asked or not form.is_valid():
        return {"form": form, "rows": [], "asked": asked}
    data = form.cleaned_data
    made = Procurement(
        float(data["fixed"] or 0),
        float(data["variable"] or 0),
        float(data["learning"]) / 100 if data["learning"] else 1.0,
        float(data["extra"] or 0) / 100,
        float(data["coordination"] or 0),
    )
    numbers = range(1, max(towns, 2) + 1)
    rows = [
        (n, round(made.apart(n)), round(made.together(n)), round(made.saving(n)), round(made.together(n) / n))
        for n in numbers
    ]
    return {"form": form, "rows": rows, "asked": True, "break_even": made.break_even(), "towns": towns}
