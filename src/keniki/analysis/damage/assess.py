"""From a survey to the class of damage (住家被害認定): short ways, then the parts; the worst that holds."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import ROUNDINGS, Classes, PartWeight, Rounding, Weights
from keniki.rulebooks.loader import Rule

from .inputs import House
from .parts import Counting, part_losses, total
from .results import METHODS, Assessment, Confirmation, shown
from .shortcuts import by_depth, floor_lost, ground, tilted, visible, why_not_by_depth
from .work import Candidate, Work, ratio

_NOT_SURVEYED: Final = "部位の損傷（parts）が要ります。損傷がないと確かめたときは空の一覧 [] を入れてください"


def assess(house: House) -> Assessment:
    """The class of a house by the rules of the day of the disaster, with every step as a line.

    Short ways come first (collapse, washed away, tilt, depth of water, ground) and end the survey where they decide;
    else the losses of the parts are added up exactly, in per cent. A rule whose text was not read is used, and named in
    `needs_confirmation` with the class that would follow without it; a figure that no text gives has to be in the
    survey. WrongInput names the field that is missing or does not fit.

    Source: 災害に係る住家の被害認定基準運用指針 in the version of the day (`rulebooks/disaster/damage.yaml`).

    >>> from keniki.analysis.damage import read_house
    >>> house = read_house({"structure": "wood", "storeys": 2, "hazard": "flood", "external_force": True,
    ...                     "depth_above_floor_m": 0.75, "date": "2025-06-01"})
    >>> found = assess(house)
    >>> found.verdict.name, found.shortcut, found.needs_confirmation
    ('中規模半壊', '浸水深による判定', ())
    >>> found.lines
    ('浸水深（最も浅い部分）：床上 0.75m ≧ 0.5m（外力による損傷あり） → 中規模半壊',)
    """
    work = Work(house, _classes(house).value)
    work.use(_classes(house))
    _answerable(house)
    if house.survey == "self":
        return _self_reported(house, work)
    visible(work)
    tilted(work)
    if house.hazard == "liquefaction":
        ground(work)
    decided = house.hazard == "flood" and not work.has_stopped and by_depth(work)
    floor_lost(work)
    if not decided and not work.has_stopped:
        _by_parts(work)
    elif house.parts:
        work.notes.append("部位の損傷は、ほかの方法で判定が終わったため計算していません。")
    _answered(work)
    return _finished(work)


def _classes(house: House) -> Rule[Classes]:
    first = rules.first_day()
    if house.date < first:
        raise WrongInput(
            f"{house.date.isoformat()} の災害の基準は収めていません（{first.isoformat()} からの災害を判定できます）。",
            column="date",
        )
    return rules.classes(house.date)


def _answerable(house: House) -> None:
    asked = {rule.value.asks for rule in rules.cautions(house.hazard, house.date)}
    if house.revision_2025_half is not None and "revision_2025_half" not in asked:
        raise WrongInput(
            "令和7年7月の改定の前の災害か、地震でないときは書けません。", column="revision_2025_half"
        )
    if house.revision_2025_half and house.survey == "self":
        raise WrongInput(
            "自己判定方式は一部損壊だけです。半壊の基準に当たるときは現地調査（survey: first）で判定してください。",
            column="survey",
        )


def _by_parts(work: Work) -> None:
    house = work.house
    survey: Literal["first", "second"] = "second" if house.survey == "second" else "first"
    if house.parts is None:
        if not work.candidates:
            _refuse_without_parts(work)
        return
    weights = _weights(work, rules.weights(house.structure, survey, house.hazard, house.date))
    counting = _counting(work, weights)
    mode = _rounding(work)
    work.parts = part_losses(house.parts, counting, mode)
    work.lines += [part.line for part in work.parts]
    for rate in rules.rates(house.structure, house.hazard, house.date):
        part = next((each for each in work.parts if each.key == rate.value.part), None)
        if part is not None and part.rate >= rate.value.least:
            said = f"{part.name}の損傷率 {shown(part.rate * 100)}％ ≧ {shown(rate.value.least * 100)}％"
            work.judge("rate", rate.value.class_key, said, rate)
    added = total(work.parts)
    _with_tilt(work, survey, added)
    work.judge(
        "parts",
        work.classes.of(added).key,
        f"損害割合の合計：{'＋'.join(shown(part.loss) for part in work.parts)} ＝ {shown(added)}％",
        percent=added,
    )
    _if_rounded_otherwise(work, counting, mode)


def _refuse_without_parts(work: Work) -> None:
    house = work.house
    why = why_not_by_depth(house) if house.depths or house.below_floor else ""
    if house.hazard == "flood" and not (house.depths or house.below_floor):
        raise WrongInput(
            f"浸水深（depth_above_floor_m など）か、{_NOT_SURVEYED}。", column="depth_above_floor_m"
        )
    if house.hazard == "liquefaction" and (house.tilt is not None or house.sunk_to is not None):
        work.judge("ground_tilt", "partial", "地盤被害の傾斜と潜り込みは半壊の基準に達していない")
        what = "傾斜と潜り込みが基準に達しない住家を部位による判定に進めるかを、運用指針の本文で確かめてください。"
        work.confirm.append(Confirmation("liquefaction.parts", what))
        return
    if house.hazard == "liquefaction":
        raise WrongInput(
            "四隅の傾斜（tilt_mm）か潜り込み（sunk_to）か部位の損傷（parts）が要ります。", column="tilt_mm"
        )
    raise WrongInput(f"{why}{_NOT_SURVEYED}。", column="parts")


def _weights(work: Work, rule: Rule[Weights]) -> Weights:
    """The weights of the day; where no text gives them, those of the survey."""
    house = work.house
    work.use(rule)
    if rule.is_known:
        if house.weights is not None:
            raise WrongInput(
                "この調査の部位別構成比は規則にあるので、weights は書けません。", column="weights"
            )
        return rule.value
    if house.weights is None:
        raise WrongInput(rule.question, column="weights")
    named = rules.weights(house.structure, "second", house.hazard, house.date).value
    known = {part.key: part for part in named.parts}
    work.notes.append("部位別構成比は入力された値によりました。")
    return Weights(
        kind="weights",
        parts=tuple(
            known[key].model_copy(update={"weight": weight})
            if key in known
            else PartWeight(key=key, name=key, weight=weight)
            for key, weight in house.weights.items()
        ),
    )


def _counting(work: Work, weights: Weights) -> Counting:
    house = work.house
    degrees, cracks = rules.degrees(house.date), rules.cracks(house.date)
    bands = rules.area_bands(house.date) if house.area_as == "bands" else None
    work.use(degrees)
    if any(each.perimeter_m is not None for each in house.parts or ()):
        work.use(cracks)
    if bands is not None:
        work.use(bands)
    by_storey = [each for each in house.parts or () if each.storey is not None]
    if by_storey and house.storeys > 1:
        rule = rules.storey_weights(house.date)
        if house.storey_weights is None:
            raise WrongInput(rule.question, column="storey_weights")
        lost = [each for each in by_storey if each.storey not in house.storey_weights]
        if lost:
            raise WrongInput(
                f"{lost[0].storey}階の重みが storey_weights にありません。", column=f"{lost[0].place}.storey"
            )
        work.use(rule)
        work.notes.append("階ごとの重みは入力された値によりました。")
    elif house.storey_weights is not None:
        raise WrongInput("部位の損傷に階（storey）がないので、書けません。", column="storey_weights")
    return Counting(
        weights, degrees.value, cracks.value, bands.value if bands else None, house.storey_weights
    )


def _rounding(work: Work) -> Rounding:
    rule = rules.rounding(work.house.date)
    work.use(rule)
    work.rounding = work.house.rounding or rule.value.mode
    return work.rounding


def _with_tilt(work: Work, survey: Literal["first", "second"], added: Fraction) -> None:
    """Tilt as a loss in place of one part, where that is more than the parts alone."""
    house, tilt = work.house, work.house.tilt
    if tilt is None:
        return
    for rule in rules.tilt_parts(house.structure, house.hazard, house.date):
        if tilt < rule.value.least:
            continue
        key = rule.value.instead_of[survey]
        part = next(each for each in work.parts if each.key == key)
        found = added - part.loss + rule.value.loss
        work.use(rule)
        work.lines.append(
            f"傾斜 {ratio(tilt)} ≧ {ratio(rule.value.least)}：{part.name} {shown(part.loss)}％ に代えて"
            f"傾斜の損害割合 {shown(rule.value.loss)}％ とした合計 {shown(found)}％、部位の合計 {shown(added)}％"
        )
        if found > added:
            work.judge("tilt_part", work.classes.of(found).key, f"大きい方 {shown(found)}％", rule, found)


def _if_rounded_otherwise(work: Work, counting: Counting, mode: Rounding) -> None:
    chosen = work.classes.of(total(work.parts))
    for other, name in ROUNDINGS.items():
        if other == mode:
            continue
        added = total(part_losses(work.house.parts or (), counting, other))
        found = work.classes.of(added)
        if found.key != chosen.key:
            what = (
                f"端数処理により区分が変わります（{ROUNDINGS[mode]}では{chosen.name}、{name}では "
                f"{shown(added)}％ で{found.name}）。市町村が採る端数処理を確かめてください。"
            )
            work.confirm.append(Confirmation("rounding", what, found.name))


def _answered(work: Work) -> None:
    """Cautions of the day, and what the survey answers to them."""
    house = work.house
    best = work.best()
    for rule in rules.cautions(house.hazard, house.date):
        value = rule.value
        if not value.asks or value.lifts_to is None:
            work.confirm.append(Confirmation(rule.id, value.text))
            continue
        lighter = best is None or work.classes.rank(best.class_key) > work.classes.rank(value.lifts_to)
        if house.revision_2025_half is None:
            if lighter:
                work.confirm.append(Confirmation(rule.id, value.text, work.name(value.lifts_to)))
        elif house.revision_2025_half:
            work.judge("revision", value.lifts_to, "改定で加わった半壊の基準に当たる（入力による）", rule)
        else:
            work.notes.append("令和7年7月の改定で加わった半壊の基準には当たらない（入力による）。")


def _self_reported(house: House, work: Work) -> Assessment:
    rule = rules.self_report(house.date)
    visible(work)
    tilted(work)
    if house.hazard == "liquefaction":
        ground(work)
    if house.depths or house.below_floor:
        _by_depth_of_photos(work)
    floor_lost(work)
    if house.parts:
        _by_parts(work)
    else:
        _leaning_by_itself(work)
    worse = work.best()
    limit = rule.value.class_key
    if worse is not None and work.classes.rank(worse.class_key) < work.classes.rank(limit):
        raise WrongInput(
            f"自己判定方式は{work.name(limit)}だけです。入力は{work.name(worse.class_key)}に当たります"
            f"（{METHODS[worse.method]}）。現地調査（survey: first）で判定してください。",
            column="survey",
        )
    work.candidates = [Candidate("self_report", limit, rule)]
    work.use(rule)
    work.lines.append(f"申請者の写真と同意による → {work.name(limit)}")
    _answered(work)
    return _finished(work)


def _leaning_by_itself(work: Work) -> None:
    """Tilt as a loss where no part was looked at."""
    house, tilt = work.house, work.house.tilt
    for rule in rules.tilt_parts(house.structure, house.hazard, house.date):
        if tilt is not None and tilt >= rule.value.least:
            loss = rule.value.loss
            said = f"傾斜 {ratio(tilt)} ≧ {ratio(rule.value.least)}：損害割合 {shown(loss)}％"
            work.judge("tilt_part", work.classes.of(loss).key, said, rule, loss)


def _by_depth_of_photos(work: Work) -> None:
    """Water above the floor is not slight damage, whichever rule of depths would apply."""
    house = work.house
    if any(depth >= 0 for depth in house.depths):
        raise WrongInput(
            "床上浸水は自己判定方式では判定できません。現地調査（survey: first）で判定してください。",
            column="survey",
        )
    work.lines.append("浸水深：床下")


def _finished(work: Work) -> Assessment:
    best = work.best()
    if best is None:
        raise WrongInput(f"{_NOT_SURVEYED}。", column="parts")
    parts = next((one for one in work.candidates if one.percent is not None), None)
    for rule in work.used.values():
        if rule.confirmed or any(one.rule == rule.id for one in work.confirm):
            continue
        left = work.best(rule.id)
        changes = left is not None and left.class_key != best.class_key
        otherwise = work.name(left.class_key) if left is not None and changes else ""
        work.confirm.append(Confirmation(rule.id, rule.note or rule.question or rule.source, otherwise))
    if work.house.hazard == "flood" and best.method == "depth":
        work.notes.append(
            "戸建てとして判定しました。"
            if work.house.external_force
            else "戸建て、外力による損傷なしとして判定しました。"
        )
    percent = best.percent
    if percent == 0:
        work.notes.append("損害割合が0％です。罹災証明書の対象となる被害があるかを確かめてください。")
    if percent is None and parts is not None and best.method in ("lost_floor", "revision", "rate"):
        work.notes.append(f"部位の損害割合の合計は {shown(parts.percent or Fraction(0))}％ です。")
    return Assessment(
        house=work.house,
        classes=work.classes,
        verdict=work.classes.named(best.class_key),
        percent=percent,
        method=best.method,
        parts=work.parts,
        lines=tuple(work.lines),
        rules=tuple(work.used.values()),
        needs_confirmation=tuple(work.confirm),
        notes=tuple(work.notes),
        rounding=work.rounding,
    )
