"""What rules that ask were answered: by the installation for everybody, by a region for itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.http import Http404

from keniki.apps.programmes.asking import Asking, asking, in_words
from keniki.apps.programmes.models import Answer
from keniki.apps.regions.models import Region
from keniki.rulebooks.loader import Answered

Settings = dict[str, tuple[Answered, ...]]


@dataclass(frozen=True)
class GivenAnswer:
    """An answer with its value in words."""

    answer: Answer
    words: str


@dataclass(frozen=True)
class AskingRow:
    """A rule that asks with what it was answered."""

    rule: Asking
    answers: tuple[GivenAnswer, ...]


def answers_for(region: Region | None) -> list[Answer]:
    """The answers that hold for a region: the installation's and its own. Without a region the installation's."""
    rows = Answer.objects.select_related("region", "user").order_by("parameter", "valid", "id")
    if region is None:
        return list(rows.filter(region=None))
    return list(rows.filter(Q(region=None) | Q(region=region)))


def settings_for(region: Region | None) -> Settings:
    """The answers as the rules take them; where both answered, the region's own days go before."""
    own: dict[str, list[Answered]] = defaultdict(list)
    shared: dict[str, list[Answered]] = defaultdict(list)
    for row in answers_for(region):
        (shared if row.region_id is None else own)[row.parameter].append(
            Answered(row.value, row.legal_basis, row.valid.lower, row.last_day)
        )
    return {
        parameter: tuple(
            sorted(
                [
                    *own[parameter],
                    *(piece for one in shared[parameter] for piece in _beside(one, own[parameter])),
                ],
                key=lambda one: one.valid_from,
            )
        )
        for parameter in {**own, **shared}
    }


def asking_rows(region: Region, programmes: Iterable[str]) -> list[AskingRow]:
    """Every rule of these programmes that asks, with the answers that hold for the region."""
    given: dict[str, list[Answer]] = defaultdict(list)
    for row in answers_for(region):
        given[row.parameter].append(row)
    wanted = set(programmes)
    return [
        AskingRow(
            rule,
            tuple(GivenAnswer(row, in_words(rule, row.value)) for row in given[rule.parameter]),
        )
        for rule in asking()
        if rule.programme in wanted
    ]


def answer_for(region: Region, pk: int) -> Answer:
    """An answer that holds for the region; 404 for any other."""
    found = Answer.objects.filter(Q(region=None) | Q(region=region), pk=pk).first()
    if found is None:
        raise Http404("回答が見つかりません。")
    return found


def _beside(one: Answered, others: Iterable[Answered]) -> list[Answered]:
    """The days of an answer that none of the others covers."""
    pieces: list[tuple[date, date | None]] = [(one.valid_from, one.valid_to)]
    for other in others:
        left: list[tuple[date, date | None]] = []
        for first, last in pieces:
            if (other.valid_to is not None and other.valid_to < first) or (
                last is not None and last < other.valid_from
            ):
                left.append((first, last))
                continue
            if first < other.valid_from:
                left.append((first, other.valid_from - timedelta(days=1)))
            if other.valid_to is not None and (last is None or last > other.valid_to):
                left.append((other.valid_to + timedelta(days=1), last))
        pieces = left
    return [Answered(one.value, one.legal_basis, first, last) for first, last in pieces]
