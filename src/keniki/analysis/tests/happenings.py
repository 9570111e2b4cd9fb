"""Incidents for tests: seeded sets of events with everything that goes wrong, and what a state says as plain JSON."""

from __future__ import annotations

import random
from typing import Any

from keniki.analysis.merging import Event, State, headcounts
from keniki.analysis.merging.examples import event, ident, person

SHELTERS = ("shelter:kita", "shelter:minami")
PEOPLE = tuple(person(word) for word in ("sawako", "taro", "hanako"))
PRESENCES = [
    *(
        {"state": state, "place": place}
        for state in ("in", "away", "expected")
        for place in (*SHELTERS, None)
    ),
    {"state": "left"},
    None,
]
SKEWS = (
    "1987-01-01T00:00:00Z",
    "2026-08-01T03:20:00+09:00",
    "2026-08-01T03:20:00-09:00",
    "2199-12-31T23:59:59Z",
)


def _write(rng: random.Random) -> tuple[str, str, Any]:
    """Entity, field, value."""
    choice = rng.random()
    if choice < 0.5:
        return rng.choice(PEOPLE), "presence", rng.choice(PRESENCES)
    if choice < 0.65:
        return rng.choice(PEOPLE), "name", rng.choice(["岩見 沢子", "岩見 澤子", "𠮷田 太郎", None])
    if choice < 0.72:
        one, other = rng.sample(PEOPLE, 2)
        return one, "same_as", rng.choice([other, None])
    if choice < 0.79:
        return rng.choice(PEOPLE), "void", {"value": rng.random() < 0.6, "reason": "二重登録"}
    if choice < 0.86:
        return rng.choice(PEOPLE), f"needs.diet.{rng.choice(['egg', 'milk'])}", rng.random() < 0.5
    if choice < 0.95:
        count = {"people": rng.randrange(50), "counted_at": rng.choice(SKEWS)}
        return rng.choice(SHELTERS), "count", count
    return rng.choice(SHELTERS), "status", rng.choice(["open", "full", "closed"])


def happening(
    seed: int, size: int, *, clashes: bool = True, circles: bool = True, clock: int = 0
) -> list[Event]:
    """`size` events in which people disagree, repeat, join, take back; with `clashes` ids that came twice with other
    contents, with `circles` writes that name later ones. Another `clock` gives the same events at other times."""
    rng = random.Random(seed)
    clocks = random.Random(seed + 1_000_003 * clock)
    words = [f"{seed}-{number}" for number in range(size)]
    before: dict[tuple[str, str], list[str]] = {}
    made = []
    for number, word in enumerate(words):
        entity, field, value = _write(rng)
        if number and rng.random() < 0.5:
            entity, field = rng.choice(sorted(before))
            others = (_write(rng) for _ in range(10_000))
            value = next(value for kind, name, value in others if (kind[:6], name) == (entity[:6], field))
            if field == "same_as" and value == entity:
                value = None
        known = before.setdefault((entity, field), [])
        seen = [each for each in known if rng.random() < 0.5]
        if rng.random() < 0.1:
            seen.append(f"never-{word}")
        if circles and number + 1 < size and rng.random() < 0.1:
            seen.append(rng.choice(words[number + 1 :]))
        known.append(word)
        name = word
        if clashes and number and rng.random() < 0.06:
            name = rng.choice(words[:number])
            seen = [each for each in seen if each != name]
        made.append(
            event(
                name,
                entity,
                seen=seen,
                at=clocks.choice(SKEWS),
                device=f"pc-{rng.randrange(3)}",
                **{field.replace(".", "__"): value},
            )
        )
    return made


def said(state: State) -> dict[str, Any]:
    """What a state says, as JSON: the same words as the browser's test page uses."""
    counts = headcounts(state)
    return {
        "digest": state.digest,
        "refused": sorted(state.refused),
        "joined": [
            {
                "name": each.name,
                "members": list(each.members),
                "void": each.void,
                "conflicts": each.conflicts,
                "parts": [list(part) for part in each.parts],
                "fields": {
                    name: {"heads": register.seen, "values": register.values}
                    for name, register in each.registers.items()
                },
            }
            for each in state.joined.values()
        ],
        "places": {
            place or "": [each.low, each.high, each.away, each.expected, sorted(each.unsure)]
            for place, each in counts.places.items()
        },
        "total": [counts.total.low, counts.total.high, counts.total.away, counts.total.expected],
    }


__all__ = ["PEOPLE", "SHELTERS", "happening", "ident", "said"]
