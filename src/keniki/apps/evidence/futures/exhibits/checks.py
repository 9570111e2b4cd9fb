"""How well the same method foresaw past censuses."""

from __future__ import annotations

from keniki.press.book_charts import paired

from ...book.tables import Entry, Exhibit, Table, TableRow
from .common import View

TARGET = (
    "80 %区間には80 %、95 %区間には95 %の市区町村が入るのが望ましい。"
    "それより多いときは区間が広め、少ないときは狭めである。"
)


def accuracy(view: View) -> Exhibit | None:
    """Errors and coverage of the bands for 5, 10, 15 and 20 years ahead; None where nothing was checked."""
    checks = view.result.accuracy
    if not checks:
        return None
    title = "推計の精度（過去の国勢調査による検証）"
    names = [f"{each.target - each.origin}年先（{each.origin}→{each.target}年）" for each in checks]
    shares = {
        "80 %区間": [_percent(each.coverage_80, 1) for each in checks],
        "95 %区間": [_percent(each.coverage_95, 1) for each in checks],
    }
    chart = paired("実際の人口が予測区間に入った市区町村の割合", "％", names, shares, 1)
    rows = tuple(
        TableRow(
            name,
            (
                Entry(each.n),
                *(
                    Entry(value * 100, decimals=2)
                    for value in (each.mape, each.median_ape, each.cell_error, each.bias)
                ),
                *(
                    Entry(None if value is None else value * 100, decimals=1)
                    for value in (each.coverage_80, each.coverage_95)
                ),
            ),
        )
        for name, each in zip(names, checks, strict=True)
    )
    heads = (
        "市区町村数",
        "総人口の誤差率（平均）",
        "総人口の誤差率（中央値）",
        "男女・年齢別の誤差率",
        "かたより",
        "80 %区間に入った割合",
        "95 %区間に入った割合",
    )
    table = Table("推計の期間", heads, rows, ("団体", *("％",) * 6))
    notes = (
        "その年より前の国勢調査だけを使って推計し、後の国勢調査と比べた。対象は、統計を読み込んだ市区町村のすべて。",
        "誤差率は、推計と実際の差の大きさの、実際に対する割合。かたよりは符号を付けた差の平均で、"
        "正の値は推計が実際より多かったこと、▲は少なかったことを表す。",
        TARGET,
    )
    return view.made("future_accuracy", title, table, (chart,), notes)


def _percent(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value * 100, decimals)
