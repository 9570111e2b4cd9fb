"""Ways of judging that need no sum of the parts: what is seen, tilt, ground, depth of water, floor area lost."""

from __future__ import annotations

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules

from .inputs import COLLAPSED, House
from .results import Confirmation, shown
from .work import Work, mean_line, ratio


def visible(work: Work) -> None:
    """What is seen from outside (外観): collapsed or washed away.

    >>> from keniki.analysis.damage import assess, read_house
    >>> house = {"date": "2024-05-01", "structure": "wood", "storeys": 1, "hazard": "flood",
    ...          "external_force": True}
    >>> assess(read_house(house | {"washed_away": True})).lines
    ('外観：住家の流失 → 全壊',)
    """
    house = work.house
    if house.collapsed:
        said = f"外観：一見して{COLLAPSED[house.collapsed]}"
        rule = rules.collapse(house.date)
        work.judge("collapsed", rule.value.class_key, said, rule)
    if house.washed_away:
        gone = rules.washed_away(house.date)
        work.judge("washed_away", gone.value.class_key, "外観：住家の流失", gone)


def tilted(work: Work) -> None:
    """The mean tilt of the four corners (傾斜), horizontal over vertical, where it ends the survey.

    >>> from keniki.analysis.damage import assess, read_house
    >>> house = {"date": "2024-01-01", "structure": "wood", "hazard": "earthquake", "tilt_mm": [60, 60, 60, 60]}
    >>> assess(read_house(house)).lines[-1]
    '傾斜の平均 1/20 ≧ 1/20 → 全壊'
    """
    house, tilt = work.house, work.house.tilt
    if tilt is None or house.hazard == "liquefaction":
        return
    known = rules.tilts(house.structure, house.hazard, house.date)
    if not known:
        work.notes.append("この構造と災害の傾斜による判定の規則はありません。傾斜は判定に用いていません。")
        return
    work.lines.append(mean_line(house, tilt))
    for rule in known:
        needs = rule.value.settlement_m
        settled = needs is None or (house.settlement_m is not None and house.settlement_m >= needs)
        if tilt >= rule.value.least and settled:
            also = f"、沈下量又は露出量 {shown(house.settlement_m)}m" if needs and house.settlement_m else ""
            said = f"傾斜の平均 {ratio(tilt)} ≧ {ratio(rule.value.least)}{also}"
            work.judge("tilt", rule.value.class_key, said, rule)
            return


def ground(work: Work) -> None:
    """Tilt and sinking of a house on liquefied ground (液状化等の地盤被害).

    >>> from keniki.analysis.damage import assess, read_house
    >>> house = {"date": "2019-01-01", "structure": "wood", "hazard": "liquefaction", "sunk_to": "floor"}
    >>> assess(read_house(house)).verdict.name
    '大規模半壊'
    """
    house, tilt = work.house, work.house.tilt
    if tilt is not None:
        rule = rules.leaning(house.date)
        work.lines.append(mean_line(house, tilt))
        row = next((row for row in rule.value.rows if tilt >= row.least), None)
        if row is not None:
            said = f"一体的な傾斜の平均 {ratio(tilt)} ≧ {ratio(row.least)}"
            work.judge("ground_tilt", row.class_key, said, rule)
        else:
            work.use(rule)
            work.lines.append(f"一体的な傾斜の平均 {ratio(tilt)} は {ratio(rule.value.rows[-1].least)} 未満")
    if house.sunk_to is not None:
        sunk = rules.sinking(house.date)
        found = next((row for row in sunk.value.rows if row.key == house.sunk_to), None)
        if found is not None:
            work.judge("sinking", found.class_key, f"潜り込み：{found.name}", sunk)
        else:
            work.use(sunk)
            work.lines.append("潜り込みは、判定に用いる深さに達していない")


def by_depth(work: Work) -> bool:
    """Judge by the depth of water in metres where the rules of the day allow it; whether it decided.

    WrongInput where an area cannot be judged by its corner houses.

    >>> from keniki.analysis.damage import assess, read_house
    >>> house = {"date": "2024-06-01", "structure": "wood", "storeys": 1, "hazard": "flood",
    ...          "external_force": False, "depth_above_floor_m": 0.1}
    >>> assess(read_house(house)).verdict.name
    '半壊'
    """
    house = work.house
    rule = rules.depth(house.external_force, house.date)
    applies = (
        rule is not None
        and house.survey == "first"
        and house.structure in rule.value.structures
        and house.detached
        and house.storeys <= rule.value.storeys
    )
    if house.area_corners:
        _sampled(work, applies)
        return True
    if not (house.depths or house.below_floor):
        return False
    if rule is None or not applies:
        work.notes.append(why_not_by_depth(house))
        return False
    force = "外力による損傷あり" if house.external_force else "外力による損傷なし"
    shallowest = min(house.depths, default=None)
    if shallowest is None or shallowest < 0:
        work.judge("depth", rule.value.below_floor, f"浸水深：床下（{force}）", rule)
        return True
    row = next(row for row in rule.value.rows if shallowest >= row.least_m)
    said = f"浸水深（最も浅い部分）：床上 {shown(shallowest)}m ≧ {shown(row.least_m)}m（{force}）"
    work.judge("depth", row.class_key, said, rule)
    return True


def _sampled(work: Work, applies: bool) -> None:
    house = work.house
    rule = rules.sampling(house.external_force, house.date)
    if rule is None or not applies:
        raise WrongInput(
            f"区域のサンプル調査による判定はできません。{why_not_by_depth(house)}", column="area_corners_m"
        )
    lowest = min(house.area_corners)
    if lowest < rule.value.least_m:
        raise WrongInput(
            f"区域の四隅の住家の浸水深が全て床上 {shown(rule.value.least_m)}m 以上のときだけ一括して判定できます"
            f"（最も浅い値は {shown(lowest)}m）。住家ごとの浸水深を入れてください。",
            column="area_corners_m",
        )
    said = f"区域の四隅の住家：床上 {shown(lowest)}m 以上 ≧ {shown(rule.value.least_m)}m"
    work.judge("area_sampling", rule.value.class_key, said, rule)


def why_not_by_depth(house: House) -> str:
    """Why the depth of water does not decide, for people.

    >>> from keniki.analysis.damage import read_house
    >>> house = {"date": "2023-01-01", "structure": "wood", "storeys": 1, "hazard": "flood",
    ...          "external_force": False}
    >>> why_not_by_depth(read_house(house)).split("。")[-2]
    '部位による判定とします'
    """
    if rules.depth(house.external_force, house.date) is None:
        return (
            f"{house.date.isoformat()} には、外力による損傷がない浸水を浸水深で判定する規則がありません"
            "（令和6年5月31日から）。部位による判定とします。"
        )
    if house.survey != "first":
        return (
            "浸水深による判定は第1次調査の方法です（第2次調査の浸水深による判定は本文を確かめていません）。"
            "部位による判定とします。"
        )
    return "浸水深による判定は、木造・プレハブの戸建ての1～2階だけです。部位による判定とします。"


def floor_lost(work: Work) -> None:
    """The share of the floor area that was lost (損壊した床面積の割合).

    >>> from keniki.analysis.damage import assess, read_house
    >>> house = {"date": "2024-01-01", "structure": "wood", "hazard": "wind", "lost_floor_share": 0.7}
    >>> assess(read_house(house)).lines
    ('損壊した床面積の割合 70％ ≧ 70％ → 全壊',)
    """
    lost = work.house.lost_floor
    if lost is None:
        return
    row = next(
        (row for row in work.classes.rows if row.lost_floor is not None and lost >= row.lost_floor),
        work.classes.rows[-1],
    )
    said = f"損壊した床面積の割合 {shown(lost * 100)}％"
    if row.lost_floor is not None:
        said += f" ≧ {shown(row.lost_floor * 100)}％"
    work.judge("lost_floor", row.key, said)
    if row.lost_floor_check:
        work.confirm.append(Confirmation("classes", row.lost_floor_check))
