"""What the population to come would need: the demands, why they change, what would change them, their rates."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.press.book_charts import Band, Fan, components, fans, matrix
from keniki.press.charts import Chart

from ...book.tables import Entry, Exhibit, Table, TableRow
from ..demanding import Demand, Demands
from .common import BANDS, View, change

#: Small fans in one picture.
IN_ONE = 12
FLOW = (
    "需要は、将来の人口に、年齢別などの率（1人当たりの利用や発生）を掛けて求めた。"
    "率は、断りのない限り現在のまま続くとした。"
)
CHANGE = "増減率は、表の値の最初の年から最後の年まで。"
#: What is a tenth more or less of another rate in each demand stands in one column.
_RATES = {"rate_up": "率が10%高い", "rate_down": "率が10%低い"}
LIMITS = "施設の配置、料金、制度、利用の習慣が変わったときの需要の変化は含まない。"


def demands(view: View) -> Exhibit | None:
    """Every demand by year with its band in the last; what is missing and which file would bring it."""
    found = view.result.demands
    if found is None or not (found.demands or found.missing):
        return None
    title = "需要の見通し"
    code = _code(view)
    shown = [each for each in found.demands if code is None or code in each.by_code]
    last = found.years[-1]
    banded = code is None and any(each.bands for each in shown)
    rows = []
    for each in shown:
        values = each.values if code is None else each.by_code[code]
        by_year = dict(zip(each.years, values, strict=True))
        cells = [
            *(Entry(by_year.get(year), decimals=each.decimals) for year in found.years),
            change(values[-1], values[0]),
            *(_edges(each) if banded else ()),
        ]
        rows.append(TableRow(each.name, tuple(cells), below=each.unit_label))
    heads = [*(f"{year}年" for year in found.years), "増減率"]
    units = [*("" for _ in found.years), "％"]
    if banded:
        heads += [f"{last}年 80 %下限", f"{last}年 80 %上限"]
        units += ["", ""]
    table = Table("需要", tuple(heads), tuple(rows), tuple(units))
    notes = (FLOW, CHANGE, LIMITS, *found.notes, *_missing(view, found, code))
    credits: list[str] = []
    if code is None:
        notes = (*notes, "率の出典は、「需要の求め方と率の出典」に示す。")
    else:
        credits = [source for each in shown for source in each.sources]
    return view.made(
        "future_demands", title, table, _charts(view, shown, code), notes, *dict.fromkeys(credits)
    )


def _code(view: View) -> str | None:
    """The municipality's five digits where the view is of one."""
    return None if view.place is None else view.result.places[view.place].code[:5]


def _missing(view: View, found: Demands, code: str | None) -> list[str]:
    """What cannot be reckoned, for whom where it is not all, and what would bring it."""
    names = {place.code[:5]: place.name for place in view.result.places}
    said = []
    for each in found.missing:
        if code is not None and code not in each.codes:
            continue
        of = [names[one] for one in each.codes if one in names]
        whom = "" if code is not None or len(of) == len(names) else f"、{'、'.join(of)}"
        said.append(f"求められない需要（{each.name}{whom}）：{each.sentence}")
    return said


def _edges(demand: Demand) -> tuple[Entry, Entry]:
    _, low, high = BANDS[-1]
    drawn = demand.bands
    if drawn is None or low not in drawn.shares or high not in drawn.shares:
        return Entry(None), Entry(None)
    return (
        Entry(drawn.values[drawn.shares.index(low)][-1], decimals=demand.decimals),
        Entry(drawn.values[drawn.shares.index(high)][-1], decimals=demand.decimals),
    )


def _charts(view: View, shown: Sequence[Demand], code: str | None) -> list[Chart]:
    """A small fan of every demand; beside bands how those of the population held."""
    checked = f"人口の{view.checked}" if view.result.accuracy and code is None else ""
    panels = [_fan(each, code) for each in shown]
    groups = [panels[start : start + IN_ONE] for start in range(0, len(panels), IN_ONE)]
    parts = [
        f"（{number}／{len(groups)}）" if len(groups) > 1 else "" for number in range(1, len(groups) + 1)
    ]
    return [
        fans(f"需要の見通し{part}", "", group, checked=checked, counted="最初の年")
        for part, group in zip(parts, groups, strict=True)
    ]


def _fan(demand: Demand, code: str | None) -> Fan:
    values = demand.values if code is None else demand.by_code[code]
    rounded = [round(value, demand.decimals) for value in values]
    bands = []
    if demand.bands is not None and code is None:
        drawn = demand.bands
        shown = [drawn.years.index(year) for year in demand.years[1:] if year in drawn.years]
        if shown and len(shown) == len(demand.years) - 1:
            for name, low, high in BANDS:
                if low in drawn.shares and high in drawn.shares:
                    edges = [drawn.values[drawn.shares.index(each)] for each in (low, high)]
                    bands.append(Band(name, *([edge[at] for at in shown] for edge in edges)))
    past = [(demand.years[0], rounded[0])]
    ahead = list(zip(demand.years[1:], rounded[1:], strict=True))
    return Fan(demand.name, past, ahead, tuple(bands), demand.unit_label)


def causes(view: View) -> Exhibit | None:
    """Why demands change: fewer people, an older population, other rates; in percent of the first year."""
    found = view.result.demands
    parted = [] if found is None else [each for each in found.demands if each.parted is not None]
    if found is None or not parted or view.place is not None:
        return None
    title = "需要の増減の要因"
    first, last = found.years[0], found.years[-1]
    parts: dict[str, list[float | None]] = {"人口の増減": [], "年齢構成の変化": [], "率の変化": []}
    rows = []
    for each in parted:
        assert each.parted is not None
        base = each.values[0]
        values = [each.parted.size[-1], each.parted.structure[-1], each.parted.rate[-1]]
        for name, value in zip(parts, values, strict=True):
            parts[name].append(round(value / base * 100, 1) if base else None)
        cells = [Entry(value, decimals=each.decimals) for value in (*values, sum(values))]
        rows.append(TableRow(each.name, (*cells, change(each.values[-1], base)), below=each.unit_label))
    shown = {name: values for name, values in parts.items() if any(values)} or parts
    chart = components(
        f"{title}（{first}～{last}年、{first}年に対する割合）", "％", [each.name for each in parted], shown, 1
    )
    heads = (*parts, "増減", "増減率")
    table = Table("需要", heads, tuple(rows), ("", "", "", "", "％"))
    notes = (
        "人口の増減は総人口が変わることによる分、年齢構成の変化は若い人や高齢者の割合が変わることによる分、"
        "率の変化は1人当たりの率が変わることによる分。3つの和が増減に等しい。",
    )
    return view.made("future_causes", title, table, (chart,), notes)


def changes(view: View) -> Exhibit | None:
    """What would change the demands: the last year's if one thing were otherwise."""
    found = view.result.demands
    shown = [] if found is None else [each for each in found.demands if each.changes]
    if found is None or not shown or view.place is not None:
        return None
    title, last = "何が変われば需要が変わるか", found.years[-1]
    heads: dict[str, str] = {}
    for demand in shown:
        for each in demand.changes:
            if each.difference:
                heads.setdefault(each.id, _RATES.get(each.id, each.name))
    if not heads:
        return None
    names = list(heads.values())
    cells: list[list[float | None]] = []
    rows = []
    for demand in shown:
        by_id = {each.id: each for each in demand.changes}
        value = demand.values[-1]
        cells.append(
            [
                round(by_id[head].difference / value * 100, 1) if head in by_id and value else None
                for head in heads
            ]
        )
        rows.append(
            TableRow(
                demand.name,
                (
                    Entry(value, decimals=demand.decimals),
                    *(
                        Entry(by_id[head].value, decimals=demand.decimals) if head in by_id else Entry(None)
                        for head in heads
                    ),
                ),
                below=demand.unit_label,
            )
        )
    chart = matrix(
        f"{title}（{last}年の需要の変化率）",
        "％",
        [each.name for each in shown],
        _short(names),
        cells,
        1,
        said="青：需要が増える　橙：需要が減る　濃いほど大きい",
    )
    table = Table("需要", (f"この推計の{last}年", *names), tuple(rows))
    notes = (
        f"見出しの条件だけを変えたときの{last}年の需要。図は、この推計に対する変化率。ほかの条件は変えていない。",
        *_rated(shown),
    )
    return view.made("future_changes", title, table, (chart,), notes)


def _rated(shown: Sequence[Demand]) -> list[str]:
    """Which rates are a tenth higher or lower, where they have names of their own."""
    word, _, rest = _RATES["rate_up"].partition("が")
    found = dict.fromkeys(
        each.name.removesuffix(f"が{rest}")
        for demand in shown
        for each in demand.changes
        if each.id == "rate_up"
    )
    named = "、".join(each for each in found if each != word)
    return [f"「{word}」は、その需要の推計に使った率（{named}など）。"] if named else []


def _short(names: Sequence[str]) -> list[str]:
    """The names without what stands in brackets, where they still differ."""
    found = [name.partition("（")[0] or name for name in names]
    return found if len(set(found)) == len(found) else list(names)


def rates(view: View) -> Exhibit | None:
    """By which rates the demands were reckoned, and where these come from."""
    found = view.result.demands
    if found is None or not found.demands or view.place is not None:
        return None
    together: dict[tuple[str, str], list[str]] = {}
    for each in found.demands:
        how = _words(each.method, each.note)
        whence = _words(f"{each.basis_shown}。", *each.sources)
        together.setdefault((how, whence), []).append(each.name)
    rows = tuple(
        TableRow("、".join(names), (Entry(None, how), Entry(None, whence)))
        for (how, whence), names in together.items()
    )
    table = Table("需要", ("求め方", "率の出どころと出典"), rows)
    notes = (f"率と単価は、{found.on}に有効なもの。",) if found.on else ()
    return view.made("future_rates", "需要の求め方と率の出典", table, (), notes)


def _words(*parts: str) -> str:
    return "　".join(part for part in parts if part)
