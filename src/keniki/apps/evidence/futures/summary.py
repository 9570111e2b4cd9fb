"""What a forecast comes to in a few sentences, made of its figures (要旨)."""

from __future__ import annotations

from keniki.analysis.ages import AgeClass

from ..book.tables import printed
from .demanding import Demand
from .exhibits.common import ALL, View, group_name
from .results import Result

#: Changes of less than this are told as none, in percent.
_STILL = 0.5
#: So many demands are named on each side, where they change by at least so many percent.
_NAMED, _MOVING = 3, 5.0
_OLD: AgeClass = (75, None)


def sentences(result: Result) -> list[str]:
    """The main figures in words: everybody, ages, causes, municipalities, demands, how sure it is.

    Nothing is said that the figures don't hold: a region that grows is told as one that grows.
    """
    view = View(result)
    found = [_total(view), _highest(view), *_ages(view), _causes(view), _towns(view)]
    found += [*_demands(result), view.coverage]
    return [each for each in found if each]


def _total(view: View) -> str:
    total, years = view.total(), view.years
    if len(years) < 2:
        return f"{_whose(view)}の総人口は、{years[0]}年に{_persons(total[0])}である。"
    band = "".join(
        f"（80 %区間は{_persons(float(each.low[-1] or 0))}から{_persons(float(each.high[-1] or 0))}まで）"
        for each in view.bands(ALL)[-1:]
    )
    return (
        f"{_whose(view)}の総人口は、{years[0]}年の{_persons(total[0])}から、{years[-1]}年には"
        f"{_persons(total[-1])}{band}となり、{_moved(total[-1], total[0])}見通しである。"
    )


def _whose(view: View) -> str:
    places = view.result.places
    return places[0].name if len(places) == 1 else f"{len(places)}市区町村"


def _highest(view: View) -> str:
    """The year with most people, where it is neither the first nor the last."""
    total, years = view.total(), view.years
    at = int(total.argmax())
    if at in (0, len(years) - 1):
        return ""
    return f"総人口が最も多いのは、{years[at]}年の{_persons(total[at])}である。"


def _ages(view: View) -> list[str]:
    years, total = view.years, view.total()
    if len(years) < 2 or not (total[0] and total[-1]):
        return []
    young, working, old = (view.group(group) for group in ((0, 14), (15, 64), (65, None)))
    shares = [old[at] / total[at] * 100 for at in (0, -1)]
    found = [
        f"{years[-1]}年までに、0～14歳は{_changed(young[-1], young[0])}、15～64歳は"
        f"{_changed(working[-1], working[0])}、65歳以上は{_changed(old[-1], old[0])}となる。"
        f"65歳以上の割合は、{years[0]}年の{printed(float(shares[0]), 1)} %から{years[-1]}年の"
        f"{printed(float(shares[1]), 1)} %に{_direction(float(shares[1] - shares[0]))}。"
    ]
    if old[0] and old[-1]:
        each = [working[at] / old[at] for at in (0, -1)]
        found.append(
            f"65歳以上1人に対する15～64歳の人数は、{years[0]}年の{printed(float(each[0]), 1)}人から"
            f"{years[-1]}年の{printed(float(each[1]), 1)}人になる。"
        )
    oldest = view.group(_OLD)
    at = int(oldest.argmax())
    if 0 < at < len(years) - 1:
        found.append(
            f"{group_name(_OLD)}は{years[at]}年の{_persons(oldest[at])}が最も多く、{years[-1]}年には"
            f"{_persons(oldest[-1])}となる。"
        )
    return found


def _causes(view: View) -> str:
    result, years = view.result, view.years
    if len(years) < 2:
        return ""
    natural = float(result.children.sum() - result.deaths.sum())
    moves = float(result.moves.sum())
    return (
        f"{years[0]}年から{years[-1]}年までの増減{_signed(natural + moves)}のうち、自然増減（出生－死亡）は"
        f"{_signed(natural)}、社会増減（転入－転出）は{_signed(moves)}である。"
    )


def _towns(view: View) -> str:
    """The largest and the smallest change among the municipalities."""
    result, years = view.result, view.years
    totals = result.totals
    rates = [
        ((totals[-1, at] / totals[0, at] - 1) * 100, place.name)
        for at, place in enumerate(result.places)
        if totals[0, at] > 0
    ]
    if len(rates) < 2 or len(years) < 2:
        return ""
    low, high = min(rates), max(rates)
    halved = sum(rate <= -50 for rate, _ in rates)
    growing = sum(rate > 0 for rate, _ in rates)
    more = [
        f"半分以下になるのは{halved}市区町村" if halved else "",
        f"増えるのは{growing}市区町村" if growing else "",
    ]
    counted = "、".join(each for each in more if each)
    ends = [f"{name}の{printed(float(rate), 1)} %" for rate, name in (high, low)]
    return f"市区町村別の増減率は、{'から'.join(ends)}まで{f'で、{counted}である' if counted else 'である'}。"


def _demands(result: Result) -> list[str]:
    """The demands that fall and those that rise most from the first year to the last; those that turn between."""
    if result.demands is None:
        return []
    rates = [
        ((each.values[-1] / each.values[0] - 1) * 100, each)
        for each in result.demands.demands
        if each.values[0] > 0 and len(each.years) > 1
    ]
    rising = sorted(((rate, each) for rate, each in rates if rate >= _MOVING), key=lambda one: -one[0])
    falling = sorted(((rate, each) for rate, each in rates if rate <= -_MOVING), key=lambda one: one[0])
    found = []
    for side, word in ((falling, "減る"), (rising, "増える")):
        if side:
            named = "、".join(
                f"{each.name}（{_signed_percent(rate)}）" for rate, each in _one_of_each(side)[:_NAMED]
            )
            found.append(f"需要のうち大きく{word}のは、{named}である。")
    turning = _one_of_each([(rate, each) for rate, each in rates if _turns(each)])
    if turning:
        named = "、".join(
            f"{each.name}が{each.years[each.values.index(max(each.values))]}年に"
            f"{printed(max(each.values), each.decimals)}{each.unit_label}"
            for _, each in turning[:_NAMED]
        )
        found.append(f"途中の年に最も多くなるのは、{named}{'など' if len(turning) > _NAMED else ''}である。")
    return found


def _one_of_each(side: list[tuple[float, Demand]]) -> list[tuple[float, Demand]]:
    """The first of each theme: what belongs together moves together."""
    seen: dict[str, tuple[float, Demand]] = {}
    for rate, each in side:
        seen.setdefault(each.theme, (rate, each))
    return list(seen.values())


def _turns(demand: Demand) -> bool:
    """Whether it is highest between the first and the last year, by something that can be seen."""
    most = max(demand.values)
    return most > demand.values[0] * 1.02 and most > demand.values[-1] * 1.02


def _moved(last: float, first: float) -> str:
    """「46.6 %減る」, 「12.0 %増える」, 「ほぼ変わらない」."""
    said = _changed(last, first)
    return {"減": f"{said}る", "増": f"{said}える"}.get(said[-1], "ほぼ変わらない")


def _changed(last: float, first: float) -> str:
    """「46.6 %減」, 「12.0 %増」, 「ほぼ同数」."""
    rate = (float(last) / float(first) - 1) * 100 if first else 0.0
    if abs(rate) < _STILL:
        return "ほぼ同数"
    return f"{printed(abs(rate), 1)} %{'増' if rate > 0 else '減'}"


def _direction(points: float) -> str:
    if abs(points) < _STILL:
        return "なり、ほとんど変わらない"
    return "上がる" if points > 0 else "下がる"


def _persons(value: float) -> str:
    return f"{printed(float(value), 0)}人"


def _signed(value: float) -> str:
    return f"＋{printed(value, 0)}人" if round(value) > 0 else f"{printed(value, 0)}人"


def _signed_percent(value: float) -> str:
    return f"＋{printed(value, 1)} %" if value > 0 else f"{printed(value, 1)} %"
