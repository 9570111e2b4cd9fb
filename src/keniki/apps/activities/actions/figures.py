"""Towns' own figures in a shared activity, and the total they add up to."""

from __future__ import annotations

from decimal import Decimal

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, Stale
from keniki.apps.activities import policies
from keniki.apps.activities.checks import check_member
from keniki.apps.activities.drafts import check_value
from keniki.apps.activities.models import Activity, Count
from keniki.apps.activities.queries.counts import quantity_label, whole, words
from keniki.apps.activities.queries.totals import Breakdown, breakdowns, total_words
from keniki.apps.regions.models import Municipality
from keniki.core.counts import Quantity
from keniki.core.counts.model import read_typed
from keniki.core.errors import WrongInput

from .writing import called, reread, writing

_COUNTER = 20


def enter_town_count(
    actor: Actor,
    activity: Activity,
    key: str,
    municipality: Municipality,
    value: Decimal | int | None,
    *,
    version: int | None = None,
) -> Count | None:
    """Enter one town's figure within the total `key`; None takes it back (未入力).

    While the towns' figures add up to the total, the total moves with them; a total that was stated by itself
    is left as it is and the difference shows. `version` is of the figure the user saw (0: there was none).
    """
    may = policies.enter_for if value is not None else policies.take_back
    ruling = may(actor, activity, municipality)
    with writing(
        actor, "activities.enter_town_count", activity.region, activity.fiscal_year, ruling=ruling, quiet=True
    ) as act:
        current = reread(act.lock(activity, None))
        breakdown = breakdown_of(current, key)
        if value is not None:
            check_member(current.region, municipality, current.fiscal_year)
        saved = write_figure(act, current, breakdown, municipality, value, version=version)
        if act.entries:
            act.save(current)
        return saved


def start_town_count(
    actor: Actor,
    activity: Activity,
    municipality: Municipality,
    *,
    quantity: str,
    counter: str,
    value: Decimal | int,
    basis: str = Count.Basis.EXACT,
) -> Count:
    """Enter one town's figure in a shared activity of which no total is written yet.

    The total appears with it and follows the towns' figures; it is taken up by the line that states it later. Where
    a total of that quantity and counter is there, the figure goes into it; a figure the town has there is not
    replaced.
    """
    ruling = policies.enter_for(actor, activity, municipality)
    counter = counter.strip()
    if quantity not in {each.value for each in Quantity} - {Quantity.MUNICIPALITIES.value}:
        raise WrongInput("何の数かを選んでください。", column="quantity")
    if not counter or len(counter) > _COUNTER or any(letter.isdecimal() for letter in counter):
        raise WrongInput("単位を、数字を入れずに入力してください（例：名、回、部）。", column="counter")
    if basis not in Count.Basis.values:
        raise WrongInput("数え方を選んでください。", column="basis")
    with writing(
        actor, "activities.enter_town_count", activity.region, activity.fiscal_year, ruling=ruling
    ) as act:
        current = reread(act.lock(activity, None))
        if current.municipality is not None or current.state == Activity.State.NONE:
            raise WrongInput("団体ごとの数値は、実施した共同の活動に入力します。")
        check_member(current.region, municipality, current.fiscal_year)
        same = [b for b in breakdowns(current) if (b.total.quantity, b.total.counter) == (quantity, counter)]
        if any(municipality.pk in breakdown.parts for breakdown in same):
            raise WrongInput(
                f"{municipality.name}の{quantity_label(quantity)}（{counter}）は入力されています。上の表で直してください。"
            )
        if not same:
            total = Count(
                activity=current,
                key=_free_key(current, quantity),
                order=max((count.order for count in current.counts.all()), default=0) + 1,
                value=0,
                counter=counter,
                quantity=quantity,
                basis=basis,
            )
            act.save(total)
            current = reread(current)
            same = [breakdown_of(current, total.key)]
        part = write_figure(act, current, same[0], municipality, value)
        if part is None:
            raise WrongInput("数を入力してください。", column="value")
        act.save(current)
        return part


def write_figure(
    act: Act,
    activity: Activity,
    breakdown: Breakdown,
    municipality: Municipality,
    value: Decimal | int | None,
    *,
    version: int | None = None,
    proxy: bool | None = None,
    log: bool = True,
) -> Count | None:
    """Write a town's figure and the total that follows it inside a running verb."""
    if value is not None and value < 0:
        raise WrongInput("0以上の数を入力してください。", column="value")
    if value is not None:
        check_value(value, f"{value}")
    total, part = breakdown.total, breakdown.parts.get(municipality.pk)
    if part is not None and version is not None and part.version != version:
        raise Stale(part)
    if part is None and version:
        raise Stale(total)
    if (None if part is None else whole(part.value)) == (None if value is None else whole(Decimal(value))):
        return part
    follows = breakdown.follows
    before = words(part) if part is not None else ""
    if value is None:
        part.delete()  # type: ignore[union-attr]
        part = None
    else:
        if part is None:
            part = Count(
                activity=activity,
                key=_part_key(activity, total, municipality),
                order=total.order,
                counter=total.counter,
                quantity=total.quantity,
                basis=total.basis,
                municipality=municipality,
                part_of=total,
            )
        set_value(part, Decimal(value))
        part.proxy = bool(act.on_behalf_of) if proxy is None else proxy
        act.save(part)
    now = reread(activity)
    after = breakdown_of(now, total.key)
    if follows:
        set_value(after.total, after.sum)
        act.save(after.total)
        now = reread(activity)
        after = breakdown_of(now, total.key)
    if log:
        _log(act, now, after, municipality, before, words(part) if part is not None else "")
    return part


def adopt_breakdown(actor: Actor, activity: Activity, key: str, version: int) -> Activity:
    """Set a total to the sum of the towns' figures in it; from then on it moves with them."""
    ruling = policies.edit(actor, activity)
    with writing(
        actor, "activities.adopt_breakdown", activity.region, activity.fiscal_year, ruling=ruling, quiet=True
    ) as act:
        locked = act.lock(activity, version)
        breakdown = breakdown_of(reread(locked), key)
        if not breakdown.differs:
            return reread(locked)
        before = breakdown.total_words
        set_value(breakdown.total, breakdown.sum)
        act.save(breakdown.total)
        act.save(locked)
        after = words(breakdown.total)
        label = quantity_label(breakdown.total.quantity)
        act.log(
            locked,
            {key: before},
            {key: after},
            f"{called(locked)} の{label}の合計を {arrow(before, after, breakdown.total.counter)}"
            " に訂正(団体別の内訳の計に合わせた)",
        )
        return reread(locked)


def breakdown_of(activity: Activity, key: str) -> Breakdown:
    """The breakdown of the total with this key; `WrongInput` when towns enter nothing there."""
    found = next((one for one in breakdowns(activity) if one.total.key == key), None)
    if found is None:
        raise WrongInput(
            "この活動には、団体ごとに入力する数量がありません。事務局が結果の行に数量を書くと入力できます。"
        )
    return found


def set_value(count: Count, value: Decimal) -> None:
    """Give a count another value, keeping the way it is written; wording that is no number is dropped."""
    if count.as_typed and read_typed(count.as_typed) is None:
        count.as_typed = ""
    count.value = value


def arrow(before: str, after: str, counter: str) -> str:
    """「21→28名」"""
    return f"{before.removesuffix(counter)}→{after}"


def _log(act: Act, activity: Activity, now: Breakdown, town: Municipality, before: str, after: str) -> None:
    total, label = now.total, quantity_label(now.total.quantity)
    whole_region = total_words(activity, total.quantity)
    if now.differs:
        whole_region = f"{now.total_words}、内訳の計 {now.sum_words}"
    whose = f"{called(activity)} {town.name}分の{label}"
    if not after:
        text = f"{whose} {before} を取消(圏域計 {whole_region})"
    elif not before:
        text = f"{whose}を {after} と入力(圏域計 {whole_region})"
    else:
        text = f"{whose}を {arrow(before, after, total.counter)} に訂正(圏域計 {whole_region})"
    act.log(
        activity,
        {total.key: before} if before else None,
        {total.key: after} if after else None,
        text,
        municipality=town.code,
    )


def _free_key(activity: Activity, quantity: str) -> str:
    taken = {count.key for count in activity.counts.all()}
    key, number = quantity, 2
    while key in taken:
        key, number = f"{quantity}_{number}", number + 1
    return key


def _part_key(activity: Activity, total: Count, municipality: Municipality) -> str:
    taken = {count.key for count in activity.counts.all()}
    key = f"{total.key}_{municipality.code}"[:40]
    return key if key not in taken else f"{total.key[:20]}_{municipality.code}_{len(taken)}"
