"""Questions an assembly is likely to ask of a share (想定問答), with answers computed from the records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from keniki.apps.regions.models import Municipality
from keniki.core import era

from ..queries.explaining import Explained, basis_of_people, with_people, without
from . import common as c
from .calculation import basis_words


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
        _tax(facts),
        _alone(facts),
        _rule(facts),
    )
    return [each for each in found if each is not None]


def parts_of(facts: Explained, code: str) -> dict[str, Fraction]:
    """A town's part by basis over all classes of cost, before limits and rounding."""
    found: dict[str, Fraction] = {}
    for split in facts.decided.splits.values():
        for step in split.steps:
            if step.what == "component":
                key = "by_year" if step.basis.startswith("by_year:") else step.basis
                found[key] = found.get(key, Fraction(0)) + step.of.get(code, Fraction(0))
    return found


def _why(facts: Explained) -> Question:
    own, made, before = c.own_word(facts.town), facts.decided, facts.before
    amount = made.shares[facts.town.code]
    if before is None:
        return Question(
            f"{own}の負担額は、なぜ{c.yen(amount)}なのですか。",
            f"分ける額{c.yen(made.shared)}を、各団体が決定した定め「{made.allocation.rule.title}」で分けた額です"
            f"（全体の{c.percent(amount, made.shared)}）。前年度の負担額は記録されていません。",
        )
    past = before.shares[facts.town.code]
    moved = f"前年度の{c.yen(past)}から{c.change(amount - past)}" if amount != past else "前年度と同じ額"
    said = [
        f"分ける額は{c.yen(before.shared)}から{c.yen(made.shared)}（{c.change(made.shared - before.shared)}）、"
        f"{own}の割合は{c.percent(past, before.shared)}から{c.percent(amount, made.shared)}になりました。"
    ]
    if before.allocation.rule_id != made.allocation.rule_id:
        said.append(
            f"定めは第{before.allocation.rule.number}版から第{made.allocation.rule.number}版に変わりました。"
        )
    people = _people_moved(facts)
    if people:
        said.append(people)
    return Question(f"{own}の負担額が{moved}なのは、なぜですか。", "".join(said))


def _people_moved(facts: Explained) -> str:
    key, before = basis_of_people(facts.decided.spec), facts.before
    if not key or before is None:
        return ""
    code = facts.town.code
    now, past = facts.decided.figures(key).get(code), before.figures(key).get(code)
    if now is None or past is None or now == past:
        return ""
    return f"{c.own_word(facts.town)}の人口は{int(past):,}人から{int(now):,}人になりました。"


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
    label = "借入年度の率による負担" if key == "by_year" else basis_words(facts.decided.spec, key)
    pair = f"{c.own_word(own)}{rates[key][0]:,}円、{other.name}{rates[key][1]:,}円"
    if key == "equal" and mine[key] == theirs[key]:
        return (
            f"{label}は人口にかかわらず{c.exact_words(mine[key])}円ずつで、"
            f"１人当たりでは人口の少ない団体ほど高くなるためです（{label}の１人当たり：{pair}）。"
        )
    return f"主に{label}の１人当たりが違うためです（{pair}）。"


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
    if not moved:
        moved = ["定めの版が変わった" if old.rule_id != new.rule_id else "按分の基礎数値が変わった"]
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
            f"{facts.ahead.source}による{facts.ahead.year}年の人口（{own}{people:,}人）で同じ経費を分けると、"
            f"{own}は{c.yen(later)}（{c.change(later - amount)}）になる計算です。経費や定めが変われば額も変わります。",
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
    if others:
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
        f"{own}が単独で続ける費用は、登録された見積りで年{c.yen(cost)}です。"
        if cost is not None
        else f"{own}が単独で続ける費用の見積りは、登録されていません。"
    )
    said.append("やめる手続は、協定・規約などの定めによります。")
    return Question(f"{own}が参加をやめると、どうなりますか。", "".join(said))


def _tax(facts: Explained) -> Question:
    tax = facts.tax
    last = "実際の額は国が決めるもので、負担金から差し引くものではありません。"
    if tax.amount is None:
        said = f"措置の率又は上限額を確認できていないため、見込みは未判定です。{last}"
    else:
        said = f"一般財源{c.yen(tax.general)}を充てた場合の措置の見込みは{c.yen(tax.amount)}です。{last}"
    return Question("特別交付税の措置はありますか。", said)


def _alone(facts: Explained) -> Question | None:
    cost = facts.alone.get(facts.town.code) if facts.alone else None
    if cost is None:
        return None
    own = c.own_word(facts.town)
    saved = cost - facts.decided.shares[facts.town.code]
    word = "少ない額です" if saved > 0 else "多い額です" if saved < 0 else "差がありません"
    gap = f"{c.yen(abs(saved))}" if saved else ""
    return Question(
        f"{own}が単独で行うより有利ですか。",
        f"登録された見積りでは、単独の費用は年{c.yen(cost)}です。共同の負担額は、これより{gap}{word}。"
        if saved
        else f"登録された見積りでは、単独の費用は年{c.yen(cost)}で、共同の負担額と同じです。",
    )


def _rule(facts: Explained) -> Question:
    rule = facts.decided.allocation.rule
    decided = (
        f"{era.format_date(rule.adopted_on)}に決定したものです" if rule.adopted_on else "決定したものです"
    )
    return Question(
        "負担の決め方を変えるには、どうすればよいですか。",
        f"今の定め（第{rule.number}版）は、負担する全ての団体の機関決定を経て{decided}。"
        "変えるには、新しい版を示し、負担する全ての団体の機関決定が要ります。",
    )
