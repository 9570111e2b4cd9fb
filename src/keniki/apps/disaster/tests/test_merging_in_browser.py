"""The page without network merges as the server does: the same vectors, the same digests, bundles that open."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keniki.analysis.merging import Device, canonical, fold, parse_event, unbundle
from keniki.analysis.merging.bundles import new_key, public_text
from keniki.analysis.merging.examples import INCIDENT, event, person
from keniki.analysis.tests.happenings import happening, said
from tests.browser import running

from .merging_vectors import CASES, FILE

VECTORS = json.loads(FILE.read_text("utf-8"))
STATIC = Path(__file__).parents[1] / "static" / "disaster"
POLICY = "default-src 'none'; script-src 'self'"
PAGE = (
    '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>'
)
SCRIPT = """
import * as merging from "/merging.js";
import * as bundles from "/bundles.js";
window.merging = merging;
window.bundles = bundles;
window.said = (folding) => {
  const tally = (each) => [each.low, each.high, each.away, each.expected];
  const { places, total } = folding.headcounts();
  return {
    digest: folding.digest,
    refused: [...folding.refused].sort(),
    joined: [...folding.joined().values()].map((each) => ({
      name: each.name, members: each.members, void: each.void, conflicts: each.conflicts, parts: each.parts,
      fields: Object.fromEntries([...each.registers].map(([name, register]) =>
        [name, { heads: register.seen, values: register.values }])),
    })),
    places: Object.fromEntries([...places].map(([place, each]) => [place ?? "", [...tally(each), each.unsure.sort()]])),
    total: tally(total),
  };
};
"""


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_python_says_of_each_vector_what_it_says(case):
    events = [parse_event(each) for each in case["events"]]
    assert said(fold(events, incident=VECTORS["incident"], mode=VECTORS["mode"])) == case["said"]


def test_the_file_of_vectors_has_every_case_and_its_events():
    assert {each["name"]: each["events"] for each in VECTORS["cases"]} == {
        name: [each.as_json() for each in events] for name, events in CASES.items()
    }


def test_python_spells_as_the_vectors_say():
    for each in VECTORS["spellings"]:
        assert canonical(each["value"]) == each["text"]


@pytest.fixture(scope="module")
def _chromium() -> Iterator[Any]:
    with running() as opened:
        yield opened


@pytest.fixture
def page(_chromium: Any) -> Iterator[Any]:
    """A page on this machine with our strict content policy and the two modules; nothing else is reachable."""

    def answer(route: Any) -> None:
        name = route.request.url.rpartition("/")[2]
        body = {"": PAGE, "page.js": SCRIPT}.get(name)
        kind = "text/html" if name == "" else "text/javascript"
        text = body if body is not None else (STATIC / name).read_text("utf-8")
        route.fulfill(body=text, content_type=kind, headers={"Content-Security-Policy": POLICY})

    context = _chromium.new_context()
    shown = context.new_page()
    complaints: list[str] = []
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.route("**/*", answer)
    shown.goto("http://localhost/")
    shown.wait_for_function("window.said !== undefined")
    yield shown
    context.close()
    assert complaints == []


@pytest.mark.slow
@pytest.mark.browser
def test_the_browser_says_of_every_vector_what_python_says_in_any_order(page):
    found = page.evaluate(
        "(vectors) => vectors.cases.map((each) => said(merging.fold(each.events, vectors.incident, vectors.mode)))",
        VECTORS,
    )
    for case, words in zip(VECTORS["cases"], found, strict=True):
        assert words == case["said"], case["name"]
    reversed_cases = [{**case, "events": case["events"][::-1] * 2} for case in VECTORS["cases"]]
    found = page.evaluate(
        "(vectors) => vectors.cases.map((each) => said(merging.fold(each.events, vectors.incident, vectors.mode)))",
        {**VECTORS, "cases": reversed_cases},
    )
    for case, words in zip(VECTORS["cases"], found, strict=True):
        assert words == case["said"], case["name"]


@pytest.mark.browser
def test_the_browser_spells_and_hashes_as_python_does(page):
    texts = ["", "い" * 21, "x" * 55, "x" * 56, "x" * 64, "𠮷" * 1000]
    found = page.evaluate("(texts) => texts.map((text) => merging.sha256(text))", texts)
    wanted = page.evaluate(
        """(texts) => Promise.all(texts.map(async (text) => {
          const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
          return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        }))""",
        texts,
    )
    assert found == wanted
    values = json.dumps([each["value"] for each in VECTORS["spellings"]])
    spelt = page.evaluate("(values) => JSON.parse(values).map((value) => merging.canonical(value))", values)
    assert spelt == [each["text"] for each in VECTORS["spellings"]]
    for broken in ('"\\ud800"', "9007199254740993", "[" * 17 + "]" * 17):
        assert page.evaluate(
            "(text) => { try { merging.canonical(JSON.parse(text)); return false; } catch { return true; } }",
            broken,
        )


@pytest.mark.slow
@pytest.mark.browser
def test_a_thousand_shuffled_worlds_have_the_digests_of_python(page):
    worlds = []
    for seed in range(1000):
        events = happening(50_000 + seed, 8)
        random.Random(seed).shuffle(events)
        worlds.append([each.as_json() for each in events])
    found = page.evaluate(
        "([worlds, incident]) => worlds.map((events) => merging.fold(events, incident, 'exercise').digest)",
        [worlds, INCIDENT],
    )
    for events, words in zip(worlds, found, strict=True):
        state = fold([parse_event(each) for each in events], incident=INCIDENT, mode="exercise")
        assert state.digest == words


@pytest.mark.slow
@pytest.mark.browser
def test_what_is_kept_between_two_events_is_what_would_be_folded_anew(page):
    """The page asks after every event and reckons only what changed: 300 worlds, at each of their events."""
    worlds = []
    for seed in range(300):
        events = happening(90_000 + seed, 14)
        random.Random(seed).shuffle(events)
        worlds.append([each.as_json() for each in events])
    wrong = page.evaluate(
        """([worlds, incident]) => worlds.flatMap((events, world) => {
          const kept = new merging.Folding(incident, "exercise");
          const different = [];
          events.forEach((event, at) => {
            kept.add(event);
            const anew = merging.fold(events.slice(0, at + 1), incident, "exercise");
            const named = (each) => anew.joined().get(kept.nameOf(each))?.members.includes(each);
            const same = JSON.stringify(said(kept)) === JSON.stringify(said(anew));
            if (!same || ![...anew.byEntity.keys()].every(named)) different.push([world, at]);
          });
          return different;
        })""",
        [worlds, INCIDENT],
    )
    assert wrong == []


@pytest.mark.browser
def test_what_the_browser_writes_has_seen_what_stands_there(page):
    events = [
        event("a", person("sawako"), name="い"),
        event("b", person("taro"), name="ろ", same_as=person("sawako")),
    ]
    made = page.evaluate(
        """([events, incident, who]) => {
          const folding = merging.fold(events, incident, "exercise");
          const fields = folding.fieldsFor(who, { name: "は", same_as: null });
          const event = { ...events[0], id: merging.newId(), entity: who, fields };
          const before = folding.joined().size;
          folding.add(event);
          return [event, before, folding.digest];
        }""",
        [[each.as_json() for each in events], INCIDENT, person("taro")],
    )
    written = parse_event(made[0])
    assert sorted(written.fields["name"].seen) == sorted(each.id for each in events)
    assert written.fields["same_as"].seen == (events[1].id,)
    state = fold([*events, written], incident=INCIDENT, mode="exercise")
    assert made[1:] == [1, state.digest]
    assert len(state.joined) == 2


@pytest.mark.browser
@pytest.mark.parametrize("packing", ["gzip", "none"])
def test_a_bundle_of_the_browser_opens_on_the_server(page, packing):
    server = new_key()
    events = [event(str(number), person(str(number)), name=f"避難者 {number}") for number in range(200)]
    if packing == "none":
        page.evaluate("() => { delete globalThis.CompressionStream; }")
    public_key, text, name = page.evaluate(
        """async ([events, about, serverKey]) => {
          const device = await bundles.newDeviceKey();
          const made = await bundles.makeBundle(events, about, device.privateKey, serverKey);
          if (!bundles.canBundle() || device.privateKey.extractable) throw new Error("the key can be read out");
          return [device.publicKey, made.text, made.name];
        }""",
        [
            [each.as_json() for each in events],
            {
                "region": "r",
                "incident": INCIDENT,
                "mode": "exercise",
                "device": "pc-1",
                "serial": 7,
                "madeAt": "2026-08-01T03:20:00+09:00",
            },
            public_text(server.public_key()),
        ],
    )
    opened = unbundle(
        text.encode(),
        region="r",
        incident=INCIDENT,
        mode="exercise",
        devices={"pc-1": Device(public_key)},
        server_keys=[server],
        known={},
    )
    assert list(opened.events) == events
    assert (name, opened.header.packing, opened.refused) == ("訓練_r_pc-1_007.keniki", packing, ())
    assert "避難者" not in text


@pytest.mark.slow
@pytest.mark.browser
def test_ten_thousand_people_are_folded_on_a_device_in_seconds(page):
    spent, people = page.evaluate(
        """(incident) => {
          const events = [];
          for (let i = 0; i < 10000; i += 1) {
            const entity = `person:${merging.newId()}`;
            const field = (value, seen = []) => ({ value, seen });
            const base = { incident, mode: "exercise", kind: "person.write", entity, device: "pc-1", seq: i,
              at: "2026-08-01T03:20:00+09:00", note: "" };
            let last = [];
            for (let step = 0; step < 5; step += 1) {
              const id = merging.newId();
              const presence = field({ state: step % 2 ? "away" : "in", place: `shelter:s${i % 300}` }, last);
              events.push({ ...base, id, fields: { presence, memo: field(`${step}`, last) } });
              last = [id];
            }
          }
          const began = performance.now();
          const folding = merging.fold(events.reverse(), incident, "exercise");
          const { total } = folding.headcounts();
          return [performance.now() - began, total.low];
        }""",
        INCIDENT,
    )
    assert people == 10_000
    assert spent < 20_000
