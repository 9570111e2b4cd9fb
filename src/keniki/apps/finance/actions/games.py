"""Entering what towns would pay alone and in groups (単独・共同の費用), and taking it out again."""

from __future__ import annotations

from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock
from keniki.apps.activities.actions.writing import writing
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.core.money import format_money

from .. import games, policies
from ..games import GameSpec
from ..models import CostGame, JointCost
from ..sharing import towns_of

#: The parts of a game as pages and the log name them.
LABELS = {"kind": "作り方", "amounts": "費用", "rules": "条件", "note": "出典・備考"}


def save_game(
    actor: Actor,
    cost: JointCost,
    year: int,
    spec: GameSpec,
    note: str = "",
    game: CostGame | None = None,
    version: int | None = None,
) -> CostGame:
    """Store the game of a cost in a fiscal year. Raises `WrongInput`, `Denied` or `Stale`.

    It has to be a game of that year's towns; a figure or an office's place may still be lacking.
    """
    check(cost, year, spec)
    ruling = policies.write_cost_of(actor, cost.region, year)
    with writing(actor, "finance.save_game", cost.region, year, ruling=ruling, quiet=game is not None) as act:
        lock("cost-game", cost.pk, year)
        if game is None:
            if CostGame.objects.filter(cost=cost, fiscal_year=year).exists():
                raise WrongInput(
                    "ほかの人が先にこの年度の費用を入力しました。ページを読み直して、内容を確かめてください。"
                )
            saved = CostGame(region=cost.region, cost=cost, fiscal_year=year)
            old: dict[str, Any] = {}
        else:
            saved = act.lock(game, version)
            old = content_of(saved, cost)
        saved.kind, saved.content, saved.note = spec.kind, games.plain(spec), note
        new = content_of(saved, cost)
        name = f"{fiscal_year.format_table(year)} {cost.title} の単独・共同の費用"
        if game is None:
            saved.made_by(act)
            act.save(saved)
            act.log(saved, None, new, f"{name}（{saved.get_kind_display()}）を登録")
            return saved
        before, after = changes(old, new)
        if after:
            saved.made_by(act)
            act.save(saved)
            act.log(saved, before, after, f"{name}の{'・'.join(LABELS[part] for part in after)}を変更")
        return saved


def remove_game(actor: Actor, cost: JointCost, game: CostGame, version: int | None) -> None:
    """Take a game out."""
    ruling = policies.write_cost_of(actor, cost.region, game.fiscal_year)
    with writing(actor, "finance.remove_game", cost.region, game.fiscal_year, ruling=ruling) as act:
        current = act.lock(game, version)
        year = fiscal_year.format_table(current.fiscal_year)
        act.log(current, content_of(current, cost), None, f"{year} {cost.title} の単独・共同の費用を削除")
        current.delete()


def check(cost: JointCost, year: int, spec: GameSpec) -> None:
    """Raise `WrongInput` for a game that is none of the year's towns."""
    towns = towns_of(cost, year)
    if not towns:
        raise WrongInput("この年度に負担する市町村がありません。共同経費の登録を確かめてください。")
    if spec.kind == "function":
        return
    made = games.game_of(spec, towns, {})
    if isinstance(made, games.Refused):
        raise WrongInput(made.problem)


def content_of(game: CostGame, cost: JointCost) -> dict[str, Any]:
    """All of a game that people edit, as the log keeps it."""
    spec = games.spec_of(game.content)
    names = {town.code: town.name for town in towns_of(cost, game.fiscal_year)}
    if spec.function is not None:
        labels = {
            "fixed": "固定費",
            "per_member": "1団体ごとの費用",
            "variable": "変動費",
            "scale": "規模の指数",
            "distance": "距離の単価",
            "basis": "量を表す基準",
        }
        found = [f"{label} {getattr(spec.function, name)}" for name, label in labels.items()]
    else:
        found = [
            f"{'・'.join(names.get(code, code) for code in each.towns)} "
            f"{format_money(each.amount, with_unit=True)} {each.source}".strip()
            for each in spec.quotes
        ]
    return {
        "kind": game.get_kind_display(),
        "amounts": found,
        "rules": [
            "分かれて行う場合も比べる" if spec.parts else "分かれて行う場合は比べない",
            WHOLE[spec.whole],
        ],
        "note": game.note,
    }


#: How the cost of all together is brought to what is shared.
WHOLE = {
    "shared": "全ての団体で行う場合の費用は、実際に分ける額とする",
    "scaled": "全ての組合せの費用を、実際に分ける額に合わせて同じ率で増減する",
}
