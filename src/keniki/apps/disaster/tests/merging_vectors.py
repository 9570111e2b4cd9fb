"""The vectors shared by Python and the browser.

`python -m keniki.apps.disaster.tests.merging_vectors` writes the file anew: only when the meaning of merging changes on
purpose. What it means stands by hand in `analysis/tests/test_merging.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from keniki.analysis.merging import Event, canonical, fold
from keniki.analysis.merging.examples import INCIDENT, event, ident, person
from keniki.analysis.tests.happenings import happening, said

FILE = Path(__file__).parent / "merging_vectors.json"
SAWAKO, TARO, HANAKO = person("sawako"), person("taro"), person("hanako")
KITA, MINAMI = "shelter:kita", "shelter:minami"


def _here(place: str) -> dict[str, str]:
    return {"state": "in", "place": place}


def _void(value: bool) -> dict[str, Any]:
    return {"value": value, "reason": "二重登録"}


CASES: dict[str, list[Event]] = {
    "replaced": [event("a", name="い"), event("b", seen=["a"], name="ろ")],
    "conflict": [event("a", name="岩見 沢子"), event("b", name="岩見 澤子")],
    "equal values": [
        event("a", presence={"state": "in", "place": KITA}),
        event("b", presence={"place": KITA, "state": "in"}),
    ],
    "seen before it came": [event("b", seen=["a", "never"], name="新しい")],
    "emptied and written": [
        event("a", phone="1"),
        event("b", seen=["a"], phone=None),
        event("c", seen=["a"], phone="2"),
    ],
    "circle": [
        event("a", seen=["c"], name="い"),
        event("b", seen=["a"], name="ろ"),
        event("c", seen=["b"], name="は"),
    ],
    "circle replaced from outside": [
        event("a", seen=["b"], name="い"),
        event("b", seen=["a"], name="ろ"),
        event("c", seen=["a"], name="は"),
    ],
    "circle above a circle": [
        event("a", seen=["b"], name="い"),
        event("b", seen=["a"], name="ろ"),
        event("c", seen=["b"], name="は"),
        event("d", seen=["c", "e"], name="に"),
        event("e", seen=["d"], name="ほ"),
    ],
    "id twice": [event("a", name="い"), event("a", name="ろ"), event("a", name="は"), event("a", name="い")],
    "id for two people": [
        event("a", SAWAKO, name="い"),
        event("a", TARO, name="い"),
        event("b", TARO, phone="1"),
    ],
    "taken back and disputed": [
        event("a", presence=_here(KITA)),
        event("b", void=_void(True)),
        event("c", void=_void(False)),
    ],
    "taken back": [event("a", presence=_here(KITA)), event("b", void=_void(True))],
    "joined": [
        event("a", SAWAKO, name="い", presence=_here(KITA)),
        event("b", TARO, name="ろ", presence=_here(KITA)),
        event("c", TARO, same_as=SAWAKO),
        event("d", TARO, same_as=SAWAKO),
    ],
    "joined through a third not known": [
        event("a", SAWAKO, name="い", same_as=HANAKO),
        event("b", TARO, name="い", same_as=HANAKO),
    ],
    "disputed join": [
        event("a", SAWAKO, presence=_here(KITA)),
        event("b", TARO, presence=_here(KITA)),
        event("e", HANAKO, presence=_here(MINAMI)),
        event("c", SAWAKO, same_as=TARO),
        event("d", SAWAKO, same_as=None),
        event("f", HANAKO, same_as=TARO),
    ],
    "two places": [event("a", presence=_here(KITA)), event("b", presence=_here(MINAMI))],
    "joined places": [
        event("a", presence=_here(KITA)),
        event("b", presence=_here(MINAMI)),
        event("c", KITA, same_as=MINAMI),
    ],
    "out, expected, elsewhere": [
        event("a", SAWAKO, presence={"state": "away", "place": KITA}),
        event("b", TARO, presence={"state": "expected", "place": KITA}),
        event("c", HANAKO, presence={"state": "in", "place": None, "where": "車中"}),
    ],
    "counts by hand": [
        event("a", KITA, count={"people": 40, "counted_at": "2026-08-01T03:20:00+09:00"}),
        event("b", KITA, count={"people": 45, "counted_at": "1999-01-01T00:00:00Z"}),
    ],
    "other mode and other incident": [
        event("a", name="い"),
        event("b", mode="real", name="ろ"),
        event("c", incident=ident("other"), name="は"),
    ],
    "numbers and characters": [
        event("a", KITA, position={"lat": 43.0621, "lon": 141.35400000000001}),
        event("b", KITA, position={"lat": 43.1, "lon": 141.0}),
        event("c", name='𠮷田～㈱\u2028"\\/\u007f'),
        event("d", name="神󠄀"),
    ],
}
CASES |= {f"seeded {seed}": happening(9000 + seed, 25) for seed in range(12)}
SPELLINGS: list[Any] = [
    [
        1.0,
        -0.0,
        0.1,
        1e-6,
        1.5e-7,
        123456.789,
        9007199254740991,
        -1e-9,
        5e-324,
        0.30000000000000004,
        4503599627370497.5,
    ],
    {"𠮷": 1, "～": 2, "é": 3, "e\u0301": 4, "": 5},
    '\u0000\u001f\u007f\u2028"\\/\t\n\r\b\f',
    [],
    {},
    [[[{"a": [None, True, False]}]]],
]


def _write() -> None:
    cases = [
        {
            "name": name,
            "events": [each.as_json() for each in events],
            "said": said(fold(events, incident=INCIDENT, mode="exercise")),
        }
        for name, events in CASES.items()
    ]
    spellings = [{"value": value, "text": canonical(value)} for value in SPELLINGS]
    whole = {"incident": INCIDENT, "mode": "exercise", "spellings": spellings, "cases": cases}
    FILE.write_text(json.dumps(whole, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n", "utf-8")


if __name__ == "__main__":
    _write()
