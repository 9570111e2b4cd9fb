"""Toilets, baths, staff, heaters and room for supplies, for so many people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import Heating, OwnStaff, Staff, Toilets
from keniki.rulebooks.loader import Rule

from .denominator import People
from .quantities import counted, shown, up, written


@dataclass(frozen=True)
class Facility:
    """How much of a facility is needed: `quantity` in `unit`, its arithmetic, its source."""

    key: str
    name: str
    unit: str
    quantity: Fraction
    arithmetic: str
    source: str
    evidence: tuple[str, ...]
    confirmed: bool
    is_product_default: bool


def facilities_for(
    people: People,
    days: int,
    on: date,
    *,
    places: int = 1,
    later: bool = False,
    own_staff: OwnStaff | None = None,
) -> tuple[Facility, ...]:
    """Toilets, baths, staff a shift and a day, and room for supplies by the rules in force on `on`.

    `later` takes the toilets of the middle stage (中期), `own_staff` the region's own figures of staff.

    >>> from keniki.analysis.needs import people
    >>> [(each.key, int(each.quantity)) for each in facilities_for(people(120), 3, date(2026, 4, 1))][:4]
    [('toilets', 4), ('toilets_women', 3), ('toilets_men', 1), ('baths', 3)]
    """
    found = [*_toilets(people, standards.toilets(on), later)]
    bath = standards.baths(on)
    if bath is not None:
        number = up(Fraction(people.count, bath.value.people))
        text = f"{people.count:,}人 ÷ {bath.value.people}人（切上げ） = {number:,}{bath.value.unit}"
        found.append(_facility("baths", bath.value.name, bath.value.unit, Fraction(number), text, bath))
    staff = standards.staff(on, own_staff)
    shift, words = staff_for(people, staff.value, places=places)
    found.append(_facility("staff_shift", "避難所の職員（1交代）", "人", Fraction(shift), words, staff))
    daily = shift * staff.value.shifts
    text = f"{shift:,}人 × {staff.value.shifts}交代 = {daily:,}人"
    found.append(_facility("staff_day", "避難所の職員（1日）", "人", Fraction(daily), text, staff))
    room = standards.storage(on)
    volume = people.count * days * room.value.m3_per_person_day
    text = f"{people.count:,}人 × {days}日 × {written(room.value.m3_per_person_day)}㎥ = {shown(volume)}㎥"
    found.append(_facility("storage", "物資の保管場所", "㎥", volume, text, room))
    return tuple(found)


def staff_for(people: People, rule: Staff, *, places: int = 1) -> tuple[int, str]:
    """Staff of one shift: the least in every shelter and one more for each so many people, with the arithmetic.

    >>> staff_for(People(250), Staff(kind="staff", least=2, people=100, shifts=3), places=2)
    (7, '2か所 × 2人 ＋ 250人 ÷ 100人（切上げ） = 7人')
    """
    counted(places, "避難所の数", "places", least=1)
    number = places * rule.least + up(Fraction(people.count, rule.people))
    return number, (
        f"{places:,}か所 × {rule.least}人 ＋ {people.count:,}人 ÷ {rule.people}人（切上げ） = {number:,}人"
    )


def heaters(area: Fraction, rule: Heating) -> tuple[int, str]:
    """Heaters (暖房機) for a floor in m², with the arithmetic.

    >>> rule = Heating(kind="heating", watts_per_m2=200, heater_kw=18.2, litres_per_hour=1.87, hours_per_day=24)
    >>> heaters(Fraction(700), rule)
    (8, '700㎡ × 200W ÷ 18.2kW（切上げ）')
    """
    number = up(area * rule.watts_per_m2 / 1000 / rule.heater_kw)
    return number, f"{shown(area)}㎡ × {written(rule.watts_per_m2)}W ÷ {written(rule.heater_kw)}kW（切上げ）"


def _toilets(people: People, rule: Rule[Toilets], later: bool) -> list[Facility]:
    for_one = rule.value.middle if later else rule.value.initial
    stage = "中期" if later else "発災当初"
    number = up(Fraction(people.count, for_one))
    base = f"{people.count:,}人 ÷ {for_one}人（切上げ、{stage}）"
    ratio = rule.value.women_to_men
    if ratio is None:
        return [
            _facility("toilets", "トイレ", "基", Fraction(number), f"{base} = {number:,}基", rule),
        ]
    women = up(number * ratio / (ratio + 1))
    men = max(number - women, 1 if number else 0)
    split = f"{number:,}基を女性用 {written(ratio)}：男性用 1 に分ける（女性用は切上げ、どちらも1基以上）"
    both = f"女性用{women:,}基 ＋ 男性用{men:,}基 = {women + men:,}基"
    return [
        _facility("toilets", "トイレ", "基", Fraction(women + men), f"{base} = {number:,}基、{both}", rule),
        _facility("toilets_women", "トイレ（女性用）", "基", Fraction(women), f"{split} = {women:,}基", rule),
        _facility("toilets_men", "トイレ（男性用）", "基", Fraction(men), f"{split} = {men:,}基", rule),
    ]


def _facility(
    key: str, name: str, unit: str, quantity: Fraction, text: str, rule: Rule[standards.T]
) -> Facility:
    return Facility(
        key,
        name,
        unit,
        quantity,
        text,
        rule.source,
        rule.evidence,
        rule.confirmed,
        rule.is_product_default,
    )
