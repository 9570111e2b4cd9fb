"""Questions an assembly is likely to ask of a share (想定問答), with answers computed from the records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from keniki.apps.regions.models import Municipality
from keniki.core import era

from ..queries.claims import is_own
from ..queries.explaining import Explained, basis_of_people, with_people, without
from . import common as c
from .calculation import basis_words

#: Parts of a share that are no basis.
_PARTS: Final = {
    "by_year": "借入年度の率による負担",
    "host": "所在市町村の負担",
    "fixed": "固定額",
    "limit": "上限・下限による増減",
}
#: Why no special tax is estimated, whatever of it lacks.
NO_ESTIMATE: Final = "見込みの計算に必要な事項（制度、率、上限額など）がそろっていないため"


@dataclass(frozen=True)
class Question:
    """One question with its answer."""

    asked: str
    answer: str


def questions(facts: Explained) -> list[Question]:
    """What can be asked of the records, the weightiest first."""
    found = (
        _why(facts),
        _each(facts),
        _stage(facts),
        _fewer(facts),
        _leave(facts),
        _rule(facts),
        _tax(facts),
        _alone(facts),
    )
    return [each for each in found if each is not None]


def parts_of(facts: Explained, code: str) -> dict[str, Fraction]:
    """A town's parts over all classes of cost, before rounding: by basis, `host`, `fixed`, what limits change."""
    found: dict[str, Fraction] = {}
    for split in facts.decided.splits.values():
        total = Fraction(0)
        for step in split.steps:
            own = step.of.get(code, Fraction(0))
            if step.what == "component":
                key = "by_year" if step.basis.startswith("by_year:") else step.basis
            elif step.what in ("host", "fixed"):
                key = step.what
            elif step.what == "limit":
                key, own = step.what, own - total
            else:
                continue
            total += own
            found[key] = found.get(key, Fraction(0)) + own
    return found


def _why(facts: Explained) -> Question:
    own, made, before = c.own_word(facts.town), facts.decided, facts.before
    amount = made.shares[facts.town.code]
    if before is None:
        return Question(
            f"{own}の負担額は、なぜ{c.yen(amount)}なのですか。",
            f"分ける額{c.yen(made.shared)}を、定め「{made.allocation.rule.title}」（第{made.allocation.rule.number}版）"
            f"で分けた額です（全体の{c.percent(amount, made.shared)}）。"
            "前年度の負担額は記録されていません。",
        )
    past = before.shares[facts.town.code]
    year = "前年度" if before.stage == made.stage else f"前年度の{c.stage_words(before.stage)}"
    moved = f"{year}の{c.yen(past)}から{c.change(amount - past)}" if amount != past else f"{year}と同じ額"
    gap = made.shared - before.shared
    part, rate = c.percent(past, before.shared), c.percent(amount, made.shared)
    said = [
        f"分ける額は{c.yen(before.shared)}から{c.yen(made.shared)}（{c.change(gap)}）、"
        if gap
        else f"分ける額は{c.yen(made.shared)}で変わらず、",
        f"{own}の割合は{part}から{rate}になりました。"
        if part != rate
        else f"{own}の割合は{rate}のままです。",
    ]
    if before.allocation.rule_id != made.allocation.rule_id:
        said.append(
            f"定めは第{before.allocation.rule.number}版から第{made.allocation.rule.number}版に変わりました。"
        )
    said += _figures_moved(facts)
    return Question(f"{own}の負担額が{moved}なのは、なぜですか。", "".join(said))


def _figures_moved(facts: Explained) -> list[str]:
    """The town's figures of the rule's bases that are others than the year before."""
    made, before = facts.decided, facts.before
    if before is None:
        return []
    code, own, people = facts.town.code, c.own_word(facts.town), basis_of_people(made.spec)
    found = []
    for key, basis in made.spec.bases.items():
        now, past = made.figures(key).get(code), before.figures(key).get(code)
        if now is not None and past is not None and now != past:
            name = "人口" if key == people else f"{basis_words(made.spec, key)}の数値"
            old, new = (f"{c.exact_words(Fraction(each))}{basis.unit}" for each in (past, now))
            found.append(f"{own}の{name}は{old}から{new}になりました。")
    return found


def _each(facts: Explained) -> Question | None:
    """Why a resident pays more, or less, than one of another town: the part that makes most of the difference."""
    held, made, own = facts.residents, facts.decided, facts.town
    if held is None:
        return None
    rates = {town.code: held.each(town.code, made.shares[town.code]) for town in made.towns}
    mine = rates.get(own.code)
    others = [(rate, town) for town in made.towns if town != own and (rate := rates[town.code]) is not None]
    if mine is None or not others:
        return None
    lowest, highest = min(others, key=lambda pair: pair[0]), max(others, key=lambda pair: pair[0])
    rate, other = lowest if mine > lowest[0] else highest
    if rate == mine:
        return None
    word = "高い" if mine > rate else "低い"
    why = _difference(facts, other, mine - rate)
    if not why:
        return None
    return Question(
        f"１人当たりの負担（{mine:,}円）が{other.name}（{rate:,}円）より{word}のは、なぜですか。", why
    )


def _difference(facts: Explained, other: Municipality, gap: Decimal) -> str:
    held, own = facts.residents, facts.town
    assert held is not None
    mine, theirs = parts_of(facts, own.code), parts_of(facts, other.code)
    rates = {
        key: (held.each(own.code, mine[key]) or Decimal(0), held.each(other.code, theirs[key]) or Decimal(0))
        for key in mine
    }
    key = max(rates, key=lambda each: (rates[each][0] - rates[each][1]) * (1 if gap > 0 else -1), default="")
    if not key or (rates[key][0] - rates[key][1]) * gap <= 0:
        return ""
    label = _PARTS.get(key) or f"{basis_words(facts.decided.spec, key)}の額"
    pair = f"{c.own_word(own)}{rates[key][0]:,}円、{other.name}{rates[key][1]:,}円"
    if key == "equal" and mine[key] == theirs[key]:
        return (
            f"均等割は人口にかかわらず{c.exact_words(mine[key])}円ずつで、"
            f"１人当たりでは人口の少ない団体ほど高くなるためです（均等割の１人当たり：{pair}）。"
        )
    return f"主に{label}の違いによります（人口１人当たり：{pair}）。"


def _stage(facts: Explained) -> Question | None:
    made, earlier = facts.decided, facts.earlier
    if earlier is None:
        return None
    code = facts.town.code
    amount, past = made.shares[code], earlier.shares[code]
    if amount == past:
        return None
    old, new = earlier.allocation, made.allocation
    moved = [
        f"{name}が{c.yen(before)}から{c.yen(after)}になった"
        for name, before, after in (("経費", old.total, new.total), ("特定財源", old.deducted, new.deducted))
        if before != after
    ]
    if old.rule_id != new.rule_id:
        moved.append("定めの版が変わった")
    if old.content["bases"] != new.content["bases"]:
        moved.append("按分の基礎数値が変わった")
    if not moved:
        moved = ["経費又は特定財源の区分ごとの額が変わった"]
    return Question(
        f"{c.stage_words(earlier.stage)}（{c.yen(past)}）と違うのは、なぜですか。",
        f"{'、'.join(moved)}ためです。",
    )


def _fewer(facts: Explained) -> Question:
    made, own = facts.decided, c.own_word(facts.town)
    asked = "人口が減ると、負担はどうなりますか。"
    amount = made.shares[facts.town.code]
    key = basis_of_people(made.spec)
    if not key:
        return Question(
            asked,
            "この定めは総人口を基準に使っていません。経費と定めが同じなら、総人口だけが減っても負担額は変わりません。",
        )
    if facts.ahead is not None:
        later = facts.ahead.shares[facts.town.code]
        people = facts.ahead.people[facts.town.code]
        return Question(
            asked,
            f"{facts.ahead.source}（{era.format_year(facts.ahead.year)}の{own}は{people:,}人）の増減の率を"
            f"今の人口に当てはめ、同じ経費を分けると、{own}は{c.yen(later)}（{c.change(later - amount)}）に"
            "なる計算です。"
            "経費や定めが変われば額も変わります。",
        )
    now = {code: Fraction(value) for code, value in made.figures(key).items()}
    tenth = {**now, facts.town.code: now[facts.town.code] * Fraction(9, 10)}
    changed = with_people(made, tenth)
    said = "全ての団体の人口が同じ割合で減る場合、同じ経費なら負担額は変わりません。"
    if changed is not None:
        later = changed[facts.town.code]
        said += f"{own}だけが１割減る場合は{c.yen(later)}（{c.change(later - amount)}）になる計算です。"
    return Question(asked, said)


def _leave(facts: Explained) -> Question:
    made, own, code = facts.decided, c.own_word(facts.town), facts.town.code
    others = without(made, [code])
    said = []
    if others and made.shares[code]:
        most = max(others, key=lambda each: others[each] - made.shares[each])
        more = others[most] - made.shares[most]
        name = made.town(most).name
        said.append(
            f"同じ経費を{name}だけで負担すると、{name}の負担は{c.yen(more)}増える計算です。"
            if len(others) == 1
            else f"同じ経費を残る{len(others)}団体で分けると、他の団体の負担は合わせて"
            f"{c.yen(made.shares[code])}増える計算です（最も増えるのは{name}の{c.yen(more)}）。"
        )
    cost = facts.alone.get(code) if facts.alone else None
    said.append(
        f"{own}が単独で続ける費用は、{_alone_words(facts, cost)}です。"
        if cost is not None
        else f"{own}が単独で続ける費用は、登録されていません。"
    )
    holder = made.allocation.cost.holder
    if holder is not None and is_own(holder, facts.town):
        said.append(f"{own}は会計をもつ団体のため、執行の方法も改めることになります。")
    said.append("やめる手続は、協定・規約などの定めによります。")
    return Question(f"{own}が参加をやめると、どうなりますか。", "".join(said))


def _tax(facts: Explained) -> Question:
    tax = facts.tax
    last = "実際の額は国が決めるもので、負担金から差し引くものではありません。"
    if tax.amount is None:
        said = f"{NO_ESTIMATE}、見込みは未判定です。{last}"
    else:
        said = f"一般財源{c.yen(tax.general)}を充てた場合の措置の見込みは{c.yen(tax.amount)}です。{last}"
    return Question("特別交付税の措置はありますか。", said)


def _alone(facts: Explained) -> Question | None:
    cost = facts.alone.get(facts.town.code) if facts.alone else None
    if cost is None:
        return None
    own = c.own_word(facts.town)
    saved = cost - facts.decided.shares[facts.town.code]
    word = "少ない額です" if saved > 0 else "多い額です"
    said = f"単独の費用は、{_alone_words(facts, cost)}"
    about = "" if facts.alone_quoted else "約"
    return Question(
        f"{own}が単独で行うより有利ですか。",
        f"{said}です。共同の負担額は、これより{about}{c.yen(abs(saved))}{word}。"
        if saved
        else f"{said}で、共同の負担額と同じです。",
    )


def _alone_words(facts: Explained, cost: int) -> str:
    """「登録された見積りで年900,000円」, of a formula 「登録された費用の式による試算で年約900,000円」."""
    if facts.alone_quoted:
        return f"登録された見積りで年{c.yen(cost)}"
    return f"登録された費用の式による試算で年約{c.yen(cost)}"


def _rule(facts: Explained) -> Question:
    rule = facts.decided.allocation.rule
    decided = (
        f"{era.format_date(rule.adopted_on)}に決定したものです" if rule.adopted_on else "決定したものです"
    )
    return Question(
        "負担の決め方を変えるには、どうすればよいですか。",
        f"今の定め（第{rule.number}版）は、{decided}。"
        "変えるには、新しい版を示し、負担する全ての団体の機関決定が要ります。",
    )
