"""Losses of the parts of a house (部位別の損害割合): degree × share × weight, added up exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.damage import (
    DEGREES,
    Bands,
    Cracks,
    Degree,
    Degrees,
    PartWeight,
    Rounding,
    Weights,
)

from .inputs import Damage
from .results import Cell, PartLoss, shown

_ONE = Fraction(1)


@dataclass(frozen=True)
class Counting:
    """The rules that turn damage into losses: of the day, and `bands` where the form's columns of area count."""

    weights: Weights
    degrees: Degrees
    cracks: Cracks
    bands: Bands | None = None
    storey_weights: Mapping[int, Fraction] | None = None


def part_losses(damages: Sequence[Damage], counting: Counting, rounding: Rounding) -> tuple[PartLoss, ...]:
    """Each part's rate (0–1) and loss in per cent of the house, in the order of the weights; exact but for `rounding`.

    `half_up_per_cell` rounds each degree × area to whole per cents, `truncate` cuts each part's loss off. The order of
    `damages` does not matter. WrongInput names the entry: a part the house does not have, shares beyond the whole of a
    part, storeys mixed with the whole house.

    >>> from datetime import date
    >>> from keniki.rulebooks.disaster import damage as rules
    >>> day = date(2022, 1, 1)
    >>> counting = Counting(rules.weights("wood", "first", "earthquake", day).value, rules.degrees(day).value,
    ...                     rules.cracks(day).value)
    >>> found = part_losses([Damage("parts.0", "roof", "IV", Fraction(1, 2))], counting, "none")
    >>> [(part.name, str(part.loss)) for part in found]
    [('屋根', '45/8'), ('壁（外壁）', '0'), ('基礎', '0')]
    """
    known = {part.key: part for part in counting.weights.parts}
    by_part: dict[str, list[Damage]] = {key: [] for key in known}
    for damage in damages:
        if damage.part not in known:
            names = "、".join(f"{part.key}（{part.name}）" for part in known.values())
            raise WrongInput(
                f"「{damage.part}」という部位はこの調査にありません。部位：{names}",
                column=f"{damage.place}.part",
            )
        by_part[damage.part].append(damage)
    return tuple(_loss(known[key], entered, counting, rounding) for key, entered in by_part.items())


def total(losses: Sequence[PartLoss]) -> Fraction:
    """The loss of the house in per cent.

    >>> total([PartLoss("roof", "屋根", Fraction(15), Fraction(1), Fraction(15), "")])
    Fraction(15, 1)
    """
    return sum((part.loss for part in losses), Fraction(0))


def cell_loss(weight: Fraction, coefficient: Fraction, share: Fraction, *, half_up: bool = False) -> Fraction:
    """The loss in per cent of one cell of the form: weight × coefficient × share of the area.

    >>> cell_loss(Fraction(50), Fraction(1, 4), Fraction(1), half_up=True)
    Fraction(13, 1)
    """
    loss = weight * coefficient * share
    return Fraction(floor(loss + Fraction(1, 2))) if half_up else loss


def _loss(part: PartWeight, entered: Sequence[Damage], counting: Counting, rounding: Rounding) -> PartLoss:
    if not entered:
        return PartLoss(
            part.key, part.name, part.weight, Fraction(0), Fraction(0), f"{part.name}：損傷なし ＝ 0％"
        )
    if any(each.perimeter_m is not None for each in entered):
        return _by_length(part, entered, counting, rounding)
    if part.by_length:
        raise WrongInput(
            f"{part.name}は外周の長さ（perimeter_m）と損傷の長さ・亀裂・剥落で入れてください。",
            column=entered[0].place,
        )
    given = [each for each in entered if each.loss is not None]
    if given:
        return _by_loss(part, entered, given)
    cells = _cells(part, [each for each in entered if each.degree is not None], counting, rounding)
    rate = min(
        sum((counting.degrees.coefficients[cell.degree] * cell.counted for cell in cells), Fraction(0)), _ONE
    )
    added = sum((cell.loss for cell in cells), Fraction(0))
    loss, ending = _finished(part, added, rounding)
    return PartLoss(
        part.key,
        part.name,
        part.weight,
        rate,
        loss,
        _line(part, cells, counting, added, rounding) + ending,
        cells,
    )


def _cells(
    part: PartWeight, entered: Sequence[Damage], counting: Counting, rounding: Rounding
) -> tuple[Cell, ...]:
    """Shares of the same degree and storey are one cell; together they are no more than the whole part."""
    shares: dict[tuple[int, Degree], Fraction] = {}
    used: dict[int, Fraction] = {}
    by_storey = {each.storey is not None for each in entered}
    if len(by_storey) > 1:
        mixed = next(each for each in entered if each.storey is None)
        raise WrongInput(
            f"{part.name}は、全ての損傷に階（storey）を書くか、どれにも書かないかにしてください。",
            column=f"{mixed.place}.storey",
        )
    for each in entered:
        storey = each.storey or 0
        share = each.share if each.share is not None else Fraction(0)
        used[storey] = used.get(storey, Fraction(0)) + share
        if used[storey] > 1:
            raise WrongInput(
                f"{part.name}の損傷の割合の合計が {shown(used[storey] * 100)}％ です。100％以下にしてください。",
                column=f"{each.place}.area",
            )
        if each.degree is not None:
            key = (storey, each.degree)
            shares[key] = shares.get(key, Fraction(0)) + share
    order = list(DEGREES)
    found = []
    for (storey, degree), share in sorted(
        shares.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
    ):
        counted = _banded(share, counting.bands) * _storey_weight(storey, counting)
        loss = cell_loss(
            part.weight,
            counting.degrees.coefficients[degree],
            counted,
            half_up=rounding == "half_up_per_cell",
        )
        found.append(Cell(degree, storey or None, share, counted, loss))
    return tuple(found)


def _banded(share: Fraction, bands: Bands | None) -> Fraction:
    if bands is None or share == 0:
        return share
    return next(bound for bound in bands.upper if share <= bound)


def _storey_weight(storey: int, counting: Counting) -> Fraction:
    if not storey or counting.storey_weights is None:
        return _ONE
    return counting.storey_weights.get(storey, Fraction(0))


def _by_length(
    part: PartWeight, entered: Sequence[Damage], counting: Counting, rounding: Rounding
) -> PartLoss:
    if not part.by_length:
        raise WrongInput(
            f"{part.name}は外周の長さではなく、損傷の程度（degree）と割合で入れてください。",
            column=f"{entered[0].place}.perimeter_m",
        )
    if len(entered) > 1:
        raise WrongInput(f"{part.name}は1つにまとめてください。", column=entered[1].place)
    damage = entered[0]
    rule = counting.cracks
    wide = sum(width >= rule.least_mm for width in damage.crack_widths_mm)
    counts = damage.cracks + wide + damage.spalls
    metres = damage.metres + counts * rule.metres_each
    perimeter = damage.perimeter_m or _ONE
    rate = min(metres / perimeter, _ONE)
    added = cell_loss(part.weight, _ONE, rate, half_up=rounding == "half_up_per_cell")
    loss, ending = _finished(part, added, rounding)
    said = f"損傷 {shown(damage.metres)}m" if damage.metres else ""
    said += "＋" if said and counts else ""
    said += f"亀裂・剥落 {counts}か所×{shown(rule.metres_each)}m" if counts else ""
    capped = "（外周を上限）" if metres > perimeter else ""
    line = (
        f"{part.name}：（{said or '0m'}）÷外周 {shown(perimeter)}m ＝ 損傷率 {shown(rate * 100)}％{capped}、"
        f"×構成比 {shown(part.weight)}％ ＝ {shown(added)}％"
    )
    return PartLoss(part.key, part.name, part.weight, rate, loss, line + ending, entered="length")


def _by_loss(part: PartWeight, entered: Sequence[Damage], given: Sequence[Damage]) -> PartLoss:
    if not part.by_loss:
        raise WrongInput(
            f"{part.name}は損害割合（loss_percent）ではなく、損傷の程度（degree）と割合で入れてください。",
            column=f"{given[0].place}.loss_percent",
        )
    if len(given) != len(entered):
        raise WrongInput(
            f"{part.name}は、損害割合（loss_percent）か損傷の程度（degree）のどちらかにそろえてください。",
            column=next(each for each in entered if each.loss is None).place,
        )
    loss = Fraction(0)
    for each in given:
        loss += each.loss or Fraction(0)
        if loss > part.weight:
            raise WrongInput(
                f"{part.name}の損害割合の合計が構成比 {shown(part.weight)}％ を超えています。",
                column=f"{each.place}.loss_percent",
            )
    line = f"{part.name}：調査票の損害割合 ＝ {shown(loss)}％（構成比 {shown(part.weight)}％の内）"
    return PartLoss(part.key, part.name, part.weight, loss / part.weight, loss, line, entered="loss")


def _finished(part: PartWeight, added: Fraction, rounding: Rounding) -> tuple[Fraction, str]:
    """The loss within the part's weight, cut off where that is the rule, and what to say of it."""
    loss, said = added, ""
    if loss > part.weight:
        loss, said = part.weight, f" → 構成比を上限として {shown(part.weight)}％"
    if rounding == "truncate" and loss.denominator != 1:
        loss = Fraction(floor(loss))
        said += f" → 切捨て {shown(loss)}％"
    return loss, said


def _line(
    part: PartWeight, cells: Sequence[Cell], counting: Counting, added: Fraction, rounding: Rounding
) -> str:
    said = []
    for cell in cells:
        coefficient = counting.degrees.coefficients[cell.degree]
        where = f"{cell.storey}階 " if cell.storey else ""
        area = shown(cell.share * 100)
        if counting.bands is not None:
            area = f"{area}％→区分～{shown(_banded(cell.share, counting.bands) * 100)}"
        text = f"{where}程度{DEGREES[cell.degree]} {shown(coefficient * 100)}％×{area}％"
        if cell.storey and counting.storey_weights is not None:
            text += f"×階の重み {shown(_storey_weight(cell.storey, counting) * 100)}％"
        if rounding == "half_up_per_cell":
            text += f"×構成比 {shown(part.weight)}％ → {shown(cell.loss)}％"
        said.append(text)
    joined = "＋".join(said)
    if rounding == "half_up_per_cell":
        return f"{part.name}：{joined} ＝ {shown(added)}％"
    rate = added / part.weight
    return (
        f"{part.name}：{joined} ＝ 損傷率 {shown(rate * 100)}％、"
        f"×構成比 {shown(part.weight)}％ ＝ {shown(added)}％"
    )
