"""A plan as tables (CSV and Excel), its aims and its public lines in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from keniki.press.excel import DataSheet

Content = Mapping[str, Any]

#: The aims in their order, in words.
AIMS: Final = {
    "unplaced": "避難所に入れない人",
    "unplaced_accessible": "うち、バリアフリーの場所が要る人",
    "unplaced_vulnerable": "うち、そのほかの要配慮者",
    "far": "遠くまで行く人",
    "person_km": "移動の合計（境を越える分の加算を含む）",
    "largest_share": "受入れの割合が最も大きい市町村の割合",
}
#: So many places stand in a district's line.
_NAMED: Final = 3
UNITS: Final = {"people": "人", "person_km": "人km", "fraction": "％"}


@dataclass(frozen=True)
class AimRow:
    """An aim in words: the plan's value, the bound no plan can be better than, and the gap between."""

    key: str
    label: str
    unit: str
    plan: str
    bound: str
    gap: str
    proven: bool


def aims_of(content: Content) -> list[AimRow]:
    """The aims of a plan, in the order they count."""
    far = content["scenario"]["far_km"]
    rows = []
    for each in content["aims"]:
        label = f"{far:g}kmより遠くへ行く人" if each["key"] == "far" else AIMS[each["key"]]
        rows.append(
            AimRow(
                each["key"],
                label,
                UNITS[each["unit"]],
                said(each["plan"], each["unit"]),
                said(each["bound"], each["unit"]),
                said(each["gap"], each["unit"]),
                abs(each["gap"]) < 1e-9,
            )
        )
    return rows


def said(value: float, unit: str) -> str:
    """A value of an aim as people read it; 割合 in per cent."""
    if unit == "fraction":
        number = round(value * 100, 1)
        return f"{'▲' if number < 0 else ''}{abs(number):.1f}"
    number = round(value, 1)
    text = f"{abs(number):,.1f}" if unit == "person_km" else f"{abs(number):,.0f}"
    return f"{'▲' if number < 0 else ''}{text}"


def public_line(row: Mapping[str, Any]) -> str:
    """One line that tells the people of a district where they go; of many places the largest few."""
    if not row["people"]:
        return f"{row['name']}：避難する人はいない想定です。"
    short = f"避難先が決まっていない人が{row['unplaced']:,}人います。" if row["unplaced"] else ""
    parts = row["parts"]
    if not parts:
        return f"{row['name']}：{short}"
    goals = "、".join(f"{part['name']}（{part['town_name']}、{_way(part['km'])}）" for part in parts[:_NAMED])
    more = f"ほか{len(parts) - _NAMED}か所" if len(parts) > _NAMED else ""
    return f"{row['name']}の避難先：{'、'.join(filter(None, (goals, more)))}。{short}"


@dataclass(frozen=True)
class Lack:
    """Why shelters cannot be used: the reason without what is of one shelter alone, how many, what can be done."""

    reason: str
    shelters: int
    remedy: str


def lacks_of(content: Content) -> list[Lack]:
    """The reasons for which shelters take nobody, the most frequent first; a plan that is short begins with them."""
    reasons = [each["reason"] for each in content["shelters"] if not each["usable"]]
    counts = Counter(_OF_ONE.sub("", reason) for reason in reasons)
    return [
        Lack(reason, count, next((said for head, said in _REMEDIES.items() if reason.startswith(head)), ""))
        for reason, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


#: What follows a reason's sentence in brackets: a depth, a number of people.
_OF_ONE: Final = re.compile("(?<=[すん])（.*")
_REMEDIES: Final = {
    "収容できる人数が分かりません": "避難所の画面かファイルで、スペースの面積か人数を登録します。",
    "災害種別の指定がない": "使えると確かめたときは、想定で「災害種別の指定のない指定避難所も使う」を選びます。",
    "暖房がなく": "暖房機を持ち込むときは、想定で「暖房のない所に暖房機を持ち込む」を選びます。",
    "位置が登録されていません": "避難所の画面で、緯度と経度を登録します。",
    "福祉避難所のため": "割り当てるときは、想定で「福祉避難所にも割り当てる」を選びます。",
}


def _way(km: float) -> str:
    return f"約{km:.0f}km" if km >= 1 else f"約{max(100, round(km * 10) * 100)}m"


def sheets_of(content: Content) -> dict[str, DataSheet]:
    """The tables of a plan by the name of their file: who goes where, districts, towns, shelters, aims."""
    return {
        "assignment": DataSheet(
            "割当",
            (
                "地区ID", "地区", "避難元コード", "避難元", "避難所ID", "避難所", "避難先コード", "避難先",
                "人数_人", "区域の内_人", "要配慮者_人", "バリアフリー_人", "距離_km", "境を越える",
            ),
            [
                (
                    row["district"], row["name"], row["town"], row["town_name"], part["shelter"], part["name"],
                    part["town"], part["town_name"], part["people"], part["inside"], part["vulnerable"],
                    part["accessible"], part["km"], "○" if part["town"] != row["town"] else "",
                )
                for row in content["districts"]
                for part in row["parts"]
            ],
        ),
        "districts": DataSheet(
            "地区",
            (
                "地区ID", "地区", "市町村コード", "市町村", "対象の人数_人", "区域の割合", "避難する人_人",
                "避難先のある人_人", "避難先のない人_人", "避難先の数", "理由", "備考", "住民への案内",
            ),
            [
                (
                    row["district"], row["name"], row["town"], row["town_name"], row["counted"], row["inside_share"],
                    row["people"], row["placed"], row["unplaced"], len(row["parts"]), row["reason"], row["note"],
                    public_line(row),
                )
                for row in content["districts"]
            ],
        ),
        "towns": DataSheet(
            "受入市町村",
            (
                "市町村コード", "市町村", "使える避難所", "使う避難所", "収容人数_人", "自市町村の人_人",
                "ほかの市町村の人_人", "空き_人", "受入れの割合", "自市町村に残す枠_人", "ほかに残す枠_人",
                "簡易ベッド_台", "職員_人",
            ),
            [
                (
                    row["town"], row["name"], row["shelters"], row["used"], row["capacity"], row["own"],
                    row["others"], row["free"], row["share"], row["kept_own"], row["kept_others"], row["beds"],
                    row["staff"],
                )
                for row in content["receiving"]
            ],
        ),
        "shelters": DataSheet(
            "避難所",
            (
                "避難所ID", "避難所", "市町村コード", "市町村", "収容人数_人", "うちバリアフリー_人", "使える",
                "使えない理由", "自市町村の人_人", "ほかの市町村の人_人", "空き_人", "計算",
            ),
            [
                (
                    row["shelter"], row["name"], row["town"], row["town_name"], row["capacity"], row["accessible"],
                    "○" if row["usable"] else "", row["reason"], row["own"], row["others"], row["free"],
                    row["arithmetic"],
                )
                for row in content["shelters"]
            ],
        ),
        "aims": DataSheet(
            "目的",
            ("順", "目的", "単位", "計画の値", "下限", "差", "分割を許すとき"),
            [
                (at, AIMS[each["key"]], each["unit"], each["plan"], each["bound"], each["gap"], each["flow"])
                for at, each in enumerate(content["aims"], 1)
            ],
        ),
    }  # fmt: skip
