"""Tablets that go on sending events while server and database are killed, and what must hold afterwards."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .faulting import PATIENCE, Site

TO = "/api/v1/disaster/events"
DEVICES = 4
#: How wrong the tablets' clocks are, in days.
SKEWS = (0, -3650, 400, 1)

_OPEN = """
import json
from datetime import datetime
from zoneinfo import ZoneInfo
from keniki.cli import database
database.prepare()
from django_scopes import scope
from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident
from keniki.apps.regions.models import Region
region = Region.objects.get(slug="aoba")
with scope(region=region):
    began = datetime(2024, 9, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    draft = IncidentDraft("exercise", "障害訓練（架空）", "flood", began, public=True)
    print(json.dumps({"incident": str(save_incident(SYSTEM, region, draft).uid)}))
"""
_READ = """
import json, sys
from keniki.cli import database
database.prepare()
from django_scopes import scopes_disabled
from keniki.analysis import merging
from keniki.apps.disaster.models import EntityState, Event
from keniki.apps.disaster.queries.states import event_of
with scopes_disabled():
    rows = list(Event.objects.filter(incident__uid=sys.argv[1]).select_related("incident"))
    states = dict(EntityState.objects.filter(incident__uid=sys.argv[1]).values_list("entity", "digest"))
incident = rows[0].incident
state = merging.fold([event_of(row) for row in rows], incident=str(incident.uid), mode=incident.mode)
print(json.dumps({
    "ids": [str(row.pk) for row in rows],
    "agree": states == {name: entity.digest for name, entity in state.entities.items()},
}))
"""


@dataclass(frozen=True)
class Outcome:
    """What is stored: acknowledged ids that are missing, ids stored that nobody sent or twice, and whether the states
    are those of all events folded anew."""

    acknowledged: int
    resent: int
    lost: int
    invented: int
    doubled: int
    states_agree: bool

    def __str__(self) -> str:
        return (
            f"events: {self.acknowledged} acknowledged, {self.resent} batches sent again, {self.lost} lost, "
            f"{self.doubled} twice, {self.invented} invented; states as folded anew: {self.states_agree}"
        )


class Tablet(threading.Thread):
    """One device: it makes events, sends them in batches, and sends each batch again until it is acknowledged."""

    def __init__(self, site: Site, incident: str, number: int, port: int, timeout: float) -> None:
        super().__init__(daemon=True)
        self.site, self.incident, self.number = site, incident, number
        self.port, self.timeout = port, timeout
        self.dice = random.Random(number)
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.resent = 0
        self.wrong: list[str] = []
        #: What it was told where a batch was not taken; "" where nobody answered.
        self.told: set[str] = set()
        self.seq = 0
        self.last: dict[str, str] = {}
        self.past: list[dict[str, Any]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self._deliver([self._event() for _ in range(self.dice.randint(1, 6))])
            self.over.wait(0.1)

    def _deliver(self, batch: list[dict[str, Any]]) -> None:
        """Send until it is acknowledged; now and then also something that was before."""
        if self.past and self.dice.random() < 0.3:
            batch = [*batch, self.dice.choice(self.past)]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            body = {"region": "aoba", "events": batch}
            status, words = self.site.ask("POST", TO, body, port=self.port, timeout=self.timeout)
            if status == 200:
                answer = json.loads(words)
                self.acknowledged |= {*answer["stored"], *answer["known"]}
                if answer["refused"]:
                    self.wrong.append(str(answer["refused"]))
                self.past = (self.past + batch)[-50:]
                return
            self.told.add(_message(words) if status else "")
            if status not in (0, 503):
                self.wrong.append(f"{status}: {words[:200].decode(errors='replace')}")
            self.resent += 1
            time.sleep(0.25)
        self.wrong.append("a batch was not taken in time")

    def _event(self) -> dict[str, Any]:
        self.seq += 1
        entity = self.dice.choice([f"town:{self.site.code}", *(f"person:{_person(n)}" for n in range(6))])
        at = datetime.now(UTC) + timedelta(days=SKEWS[self.number % len(SKEWS)])
        ident = str(uuid.uuid4())
        fields = (
            {"warning_level": self.dice.randint(1, 5)}
            if entity.startswith("town:")
            else {
                "name": f"架空 {self.number}-{self.seq}",
                "presence": {"state": self.dice.choice(["in", "left"])},
            }
        )
        seen = [self.last[entity]] if entity in self.last and self.dice.random() < 0.8 else []
        self.last[entity] = ident
        self.sent.add(ident)
        return {
            "id": ident, "incident": self.incident, "mode": "exercise", "kind": "faults.write", "entity": entity,
            "device": f"tablet-{self.number}", "seq": self.seq, "at": at.isoformat(timespec="seconds"), "note": "",
            "fields": {name: {"value": value, "seen": seen} for name, value in fields.items()},
        }  # fmt: skip


class Tablets:
    """Several tablets of one incident."""

    def __init__(self, site: Site, port: int, timeout: float) -> None:
        self.site = site
        self.incident = _asked(site, _OPEN)["incident"]
        self.tablets = [Tablet(site, self.incident, number, port, timeout) for number in range(DEVICES)]

    @property
    def wrong(self) -> list[str]:
        """Answers that no tablet should get."""
        return [each for tablet in self.tablets for each in tablet.wrong]

    @property
    def told(self) -> set[str]:
        """What was said to tablets whose batch was not taken; "" where nobody answered."""
        return set().union(*(tablet.told for tablet in self.tablets))

    @property
    def acknowledged(self) -> int:
        """So many events so far."""
        return sum(len(tablet.acknowledged) for tablet in self.tablets)

    def outcome(self) -> Outcome:
        """What is stored, after all tablets have come to an end."""
        found = _asked(self.site, _READ, self.incident)
        ids = set(found["ids"])
        acknowledged = set().union(*(tablet.acknowledged for tablet in self.tablets))
        sent = set().union(*(tablet.sent for tablet in self.tablets))
        return Outcome(
            acknowledged=len(acknowledged),
            resent=sum(tablet.resent for tablet in self.tablets),
            lost=len(acknowledged - ids),
            invented=len(ids - sent),
            doubled=len(found["ids"]) - len(ids),
            states_agree=found["agree"],
        )


@contextlib.contextmanager
def sending(site: Site, *, port: int = 0, timeout: float = 20) -> Iterator[Tablets]:
    """Tablets that send while the block runs; at its end each finishes the batch it has in hand.

    They go by another port than the server's own where one is given, and wait so many seconds for an answer.
    """
    tablets = Tablets(site, port, timeout)
    for tablet in tablets.tablets:
        tablet.start()
    try:
        yield tablets
    finally:
        for tablet in tablets.tablets:
            tablet.over.set()
        for tablet in tablets.tablets:
            tablet.join(2 * PATIENCE)


def _person(number: int) -> uuid.UUID:
    """Six persons whom all tablets write about: their writes meet."""
    return uuid.UUID(int=number + (4 << 76) + (8 << 60), version=4)


def agrees(tablets: Tablets, outcome: Outcome, least: int) -> None:
    """Nothing that was acknowledged is missing, nothing is there twice, nothing that nobody sent."""
    assert tablets.wrong == []
    assert outcome.acknowledged >= least
    assert (outcome.lost, outcome.invented, outcome.doubled) == (0, 0, 0)
    assert outcome.states_agree


def _message(words: bytes) -> str:
    try:
        return str(json.loads(words)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return words[:200].decode(errors="replace")


def _asked(site: Site, program: str, *arguments: str) -> dict[str, Any]:
    """What a program in the site's home prints last."""
    made = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(made.stderr)
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found
