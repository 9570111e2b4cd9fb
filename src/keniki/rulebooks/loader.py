"""The one loader for rule files: dated, sourced, typed; an unknown rule says which parameter to set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from keniki.core.errors import WrongInput

T = TypeVar("T")

UNCONFIRMED: Final = "BG"
PRODUCT_DEFAULT: Final = "DEFAULT"
ANSWERED: Final = "ANSWER"


class RuleNotInForce(WrongInput):
    """No rule of this name is in force on the date asked for."""


class RuleUnknown(WrongInput):
    """The rule exists but no text gives its value: the installation has to set `parameter`."""

    parameter: str = ""


class Entry(BaseModel):
    """Base of everything inside a rule's value: unknown keys are refused, nothing can be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(Entry):
    """One value an answer consists of: where it goes in the rule (`conditions.0.threshold`; empty: the whole), its
    name and unit for people, or the words to choose from."""

    field: str
    label: str
    unit: str = ""
    whole: bool = False
    choices: dict[str, str] = {}


class Ask(Entry):
    """How a rule that asks is answered: its parts, the rest of its value, and where the answer is used.

    `basis` is the field that takes the legal basis, where the rule has one.
    """

    used_in: str
    parts: tuple[Part, ...]
    value: dict[str, Any] = {}
    basis: str = ""

    def filled(self, answer: Answered) -> object:
        """The rule's value as its file would write it."""
        value: Any = deepcopy(self.value)
        for part in self.parts:
            given = answer.value.get(part.field)
            if not part.field:
                return given
            if given is not None:
                _put(value, part.field.split("."), given)
        if self.basis:
            value[self.basis] = answer.legal_basis
        return value


@dataclass(frozen=True, slots=True)
class Answered:
    """What an installation answered to a rule that asks: the parts by their field, on what basis, over which days."""

    value: Mapping[str, object]
    legal_basis: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class Rule(Generic[T]):
    """One rule over its validity; `valid_to` is its last day, None while it lasts.

    One that asks carries `ask`, and `legal_basis` once it is answered: an answer is never official.
    """

    id: str
    valid_from: date
    valid_to: date | None
    source: str
    evidence: tuple[str, ...]
    note: str
    file: str
    parameter: str | None
    question: str
    known_value: T | None
    ask: Ask | None = None
    legal_basis: str = ""

    @property
    def value(self) -> T:
        """The rule's content; RuleUnknown where it has to be asked for and nobody has answered."""
        if self.known_value is None:
            unknown = RuleUnknown(
                f"規則「{self.id}」の内容は公表資料から確認できていません。{self.question}"
                f"「尋ねる規則」の画面で、{self.parameter} に値と根拠を入力してください。",
                file=self.file,
                column=self.id,
            )
            unknown.parameter = self.parameter or ""
            raise unknown
        return self.known_value

    @property
    def is_known(self) -> bool:
        """Whether `value` can be read."""
        return self.known_value is not None

    @property
    def confirmed(self) -> bool:
        """Whether every label names a text that was read: neither BG nor an answer."""
        return UNCONFIRMED not in self.evidence and not self.is_answered

    @property
    def is_answered(self) -> bool:
        """Whether the installation answered it, so that it is shown with its basis and never as official."""
        return ANSWERED in self.evidence

    @property
    def is_product_default(self) -> bool:
        """Whether Keniki chose the value, so that it is no legal figure."""
        return PRODUCT_DEFAULT in self.evidence

    def is_in_force(self, day: date) -> bool:
        """Whether `day` lies in the validity, both ends included."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Rulebook(Generic[T]):
    """The rules of one file."""

    file: str
    rules: tuple[Rule[T], ...]

    def on(self, rule_id: str, day: date) -> Rule[T]:
        """The rule in force on `day`; RuleNotInForce names the rule, the date and when it is in force."""
        versions = self.history(rule_id)
        for rule in versions:
            if rule.is_in_force(day):
                return rule
        if not versions:
            known = "、".join(self.ids())
            raise RuleNotInForce(
                f"規則「{rule_id}」はありません。ある規則：{known}", file=self.file, column=rule_id
            )
        spans = "、".join(f"{rule.valid_from}～{rule.valid_to or ''}" for rule in versions)
        raise RuleNotInForce(
            f"規則「{rule_id}」は {day.isoformat()} に効力がありません（有効期間：{spans}）。"
            "日付を確かめてください。",
            file=self.file,
            column=rule_id,
        )

    def in_force(self, day: date) -> dict[str, Rule[T]]:
        """All rules in force on `day` by name, in the order of the file."""
        return {rule.id: rule for rule in self.rules if rule.is_in_force(day)}

    def history(self, rule_id: str) -> list[Rule[T]]:
        """All versions of a rule, the oldest first."""
        return sorted((rule for rule in self.rules if rule.id == rule_id), key=lambda rule: rule.valid_from)

    def ids(self) -> list[str]:
        """The names of all rules, in the order of the file."""
        return list(dict.fromkeys(rule.id for rule in self.rules))


def load(
    file: str,
    model: type[T],
    *,
    settings: Mapping[str, object] | None = None,
    folder: Traversable | None = None,
) -> Rulebook[T]:
    """The rulebook in `file`, a path below this package such as `programmes/fields.yaml`.

    Every value is checked against `model`. `settings` answers parameters of rules that have to be asked for, each
    with a value for all days or with `Answered` ones; `folder` is another place to read from. WrongInput names file
    and rule.
    """
    if folder is None:
        return cast("Rulebook[T]", _kept(file, cast("Any", model), _Settings(settings or {})))
    return _read(file, model, settings or {}, folder)


class _Settings(dict[str, object]):
    """Answers to parameters that can be a key: equal ones give the same rules."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items(), key=lambda item: item[0])))


@lru_cache(maxsize=64)
def _kept(file: str, model: type[Any], settings: _Settings) -> Rulebook[Any]:
    return _read(file, model, settings, files(__package__))


def _read(file: str, model: type[T], settings: Mapping[str, object], folder: Traversable) -> Rulebook[T]:
    raw = _read_yaml(folder.joinpath(file).read_text("utf-8"), file)
    if not isinstance(raw, dict) or set(raw) != {"rules"} or not isinstance(raw["rules"], list):
        raise WrongInput("規則ファイルは rules: の一覧だけを持つようにしてください。", file=file)
    adapter: TypeAdapter[T] = TypeAdapter(model)
    rules = tuple(rule for entry in raw["rules"] for rule in _versions(entry, adapter, settings, file))
    _refuse_overlaps(rules, file)
    return Rulebook(file, rules)


@cache
def evidence_titles() -> dict[str, str]:
    """What each evidence label stands for."""
    raw = _read_yaml(files(__package__).joinpath(_EVIDENCE_FILE).read_text("utf-8"), _EVIDENCE_FILE)
    return TypeAdapter(dict[str, str]).validate_python(raw)


def check_evidence(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels; ValueError for none and for one that stands for nothing."""
    unknown = [label for label in labels if label not in evidence_titles()]
    if unknown or not labels:
        raise ValueError(f"根拠の記号 {'、'.join(unknown) or '（なし）'} が {_EVIDENCE_FILE} にありません")
    return labels


class _Head(BaseModel):
    """A rule as its file writes it."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    id: str
    valid_from: date
    valid_to: date | None = None
    source: str
    evidence: tuple[str, ...]
    note: str = ""
    value: Any = None
    parameter: str | None = None
    question: str = ""
    answer: Ask | None = None


_EVIDENCE_FILE: Final = "evidence.yaml"


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key written twice."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    written = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    for key_node, _ in node.value:
        if written.count(key_node.value) > 1:
            raise yaml.constructor.ConstructorError(
                None, None, f"「{key_node.value}」が2回書かれています", key_node.start_mark
            )
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _read_yaml(text: str, file: str) -> object:
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else None
        raise WrongInput(f"YAMLとして読めません（{error.problem}）。", file=file, row=row) from None


def _versions(
    entry: object, adapter: TypeAdapter[T], settings: Mapping[str, object], file: str
) -> Iterator[Rule[T]]:
    """The rule as its file has it; one that asks and is answered for some of its days, in the pieces that follow."""
    name = entry.get("id") if isinstance(entry, dict) else None
    column = name if isinstance(name, str) else None
    try:
        head = _Head.model_validate(entry)
        check_evidence(head.evidence)
        _check_head(head)
        given = settings.get(head.parameter) if head.parameter is not None else None
        if given is None:
            value = None if head.value is None else adapter.validate_python(head.value)
            yield _rule(head, file, value)
        elif isinstance(given, Sequence) and given and all(isinstance(one, Answered) for one in given):
            yield from _answered(head, adapter, given, file)
        else:
            yield _rule(head, file, adapter.validate_python(given), answered="設定による")
    except (ValidationError, ValueError) as error:
        raise WrongInput(
            f"規則の書き方が正しくありません：{_reason(error)}", file=file, column=column
        ) from None


def _answered(
    head: _Head, adapter: TypeAdapter[T], answers: Sequence[Answered], file: str
) -> Iterator[Rule[T]]:
    """The days of the rule cut at those of its answers; the days between them still ask."""
    if head.answer is None:
        raise ValueError(f"{head.parameter} の答え方（answer）がありません")
    first: date | None = head.valid_from
    for answer in sorted(answers, key=lambda one: one.valid_from):
        if first is None:
            return
        begin, end = max(answer.valid_from, first), _earlier(answer.valid_to, head.valid_to)
        if (end is not None and end < begin) or (head.valid_to is not None and begin > head.valid_to):
            continue
        if begin > first:
            yield _rule(head, file, None, days=(first, begin - timedelta(days=1)))
        value = adapter.validate_python(head.answer.filled(answer))
        yield _rule(head, file, value, days=(begin, end), answered=answer.legal_basis)
        first = None if end is None or end == head.valid_to else end + timedelta(days=1)
    if first is not None:
        yield _rule(head, file, None, days=(first, head.valid_to))


def _rule(
    head: _Head,
    file: str,
    value: T | None,
    *,
    days: tuple[date, date | None] | None = None,
    answered: str = "",
) -> Rule[T]:
    first, last = days or (head.valid_from, head.valid_to)
    return Rule(
        head.id,
        first,
        last,
        f"回答値（根拠：{answered}）" if answered else head.source,
        (ANSWERED,) if answered else head.evidence,
        head.note,
        file,
        head.parameter,
        head.question,
        value,
        head.answer,
        answered,
    )


def _earlier(one: date | None, other: date | None) -> date | None:
    """The earlier of two last days, of which None is no end."""
    known = [day for day in (one, other) if day is not None]
    return min(known) if known else None


def _put(value: Any, path: Sequence[str], given: object) -> None:
    """Put a part at its place in a value as a rule file writes it."""
    for step in path[:-1]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    value[path[-1]] = given


def _check_head(head: _Head) -> None:
    if head.valid_to is not None and head.valid_to < head.valid_from:
        raise ValueError("valid_to が valid_from より前です")
    if head.value is None and not (head.parameter and head.question):
        raise ValueError("value がない規則には parameter と question が要ります")
    if head.answer is not None and not head.parameter:
        raise ValueError("answer は parameter のある規則に書いてください")
    if head.value is not None and head.parameter:
        raise ValueError("value と parameter は同時に書けません")


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return "；".join(
        f"{'.'.join(str(part) for part in problem['loc'])} {problem['msg']}".strip()
        for problem in error.errors()
    )


def _refuse_overlaps(rules: tuple[Rule[T], ...], file: str) -> None:
    for earlier, later in _neighbours(rules):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise WrongInput(
                f"規則「{later.id}」の有効期間が重なっています"
                f"（{earlier.valid_from} からの版と {later.valid_from} からの版）。"
                "前の版の valid_to を改めてください。",
                file=file,
                column=later.id,
            )


def _neighbours(rules: tuple[Rule[T], ...]) -> Iterator[tuple[Rule[T], Rule[T]]]:
    ordered = sorted(rules, key=lambda rule: (rule.id, rule.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.id == later.id:
            yield earlier, later
