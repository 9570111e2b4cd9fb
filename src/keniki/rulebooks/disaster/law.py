"""The law the towns work by in a disaster (災害対策基本法): articles, orders, procedures, the damage report.

Our own words, never the text of the law; what was not read in a public source is labelled so and has no number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar, cast

from pydantic import Field, model_validator

from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import UNCONFIRMED, Entry, Rule, Rulebook, RuleNotInForce, check_evidence, load

from .damage import CLASS_ORDER, ClassKey

T = TypeVar("T", bound=Entry)
Stage: TypeAlias = Literal["warning", "evacuation", "aid", "report", "person", "recovery"]
Side: TypeAlias = Literal["asker", "helper"]
Number: TypeAlias = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}(-[1-9][0-9]?){0,2}$")]
#: What stages and sides are called for people.
STAGES: Final[dict[Stage, str]] = {
    "warning": "警報・避難の指示",
    "evacuation": "市町村を越える避難",
    "aid": "応援と費用",
    "report": "報告",
    "person": "人に関する情報",
    "recovery": "被災者の援護",
}
SIDES: Final[dict[Side, str]] = {"asker": "協議元の市町村", "helper": "協議先の市町村"}
ACT: Final = "災害対策基本法"


class Labelled(Entry):
    """A part with evidence of its own; without one the rule's evidence holds."""

    evidence: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_labels(self) -> Self:
        if self.evidence:
            check_evidence(self.evidence)
        return self

    @property
    def confirmed(self) -> bool:
        """Whether no label of the part says that nobody read it yet."""
        return UNCONFIRMED not in self.evidence


class Paragraph(Labelled):
    """A paragraph (項): what it says and who acts."""

    number: Annotated[int, Field(ge=1, le=30)]
    says: str
    actor: str


class Article(Entry):
    """An article (条): `number` with hyphens (`61-4` is 第61条の4), what it says in one sentence, who acts."""

    kind: Literal["article"]
    number: Number
    title: str
    says: str
    actor: str
    stage: Stage
    paragraphs: tuple[Paragraph, ...] = ()

    @property
    def name(self) -> str:
        """How the article is cited."""
        return cite(self.number)


class Order(Entry):
    """What residents are told to do (避難情報): its 警戒レベル, the article and who issues it. Keniki never does."""

    kind: Literal["order"]
    key: Literal["elderly", "evacuate", "safety"]
    name: str
    level: Annotated[int, Field(ge=1, le=5)]
    article: Number
    paragraph: Annotated[int, Field(ge=1, le=30)]
    actor: str

    @property
    def basis(self) -> str:
        """How the basis is cited."""
        return cite(self.article, self.paragraph)


class Step(Labelled):
    """A step of a procedure: who takes it, and its paragraph where the text was read."""

    key: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    name: str
    side: Side
    says: str
    paragraph: Annotated[int, Field(ge=1, le=30)] | None = None


class Procedure(Entry):
    """A procedure between two towns in its order: 広域避難 (before) or 広域一時滞在 (after).

    `place`: what the law calls the places in which people are taken in.
    """

    kind: Literal["procedure"]
    key: Literal["evacuation", "temporary_stay"]
    name: str
    article: Number
    when: str
    place: str
    steps: Annotated[tuple[Step, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _steps_differ(self) -> Self:
        if len({step.key for step in self.steps}) != len(self.steps):
            raise ValueError("手順の key が重なっています")
        return self

    def basis(self, key: str) -> str:
        """How the basis of a step is cited: to the paragraph where it is known, else the article alone."""
        step = next((step for step in self.steps if step.key == key), None)
        return cite(self.article, step.paragraph if step is not None else None)


class FormRow(Labelled):
    """A row of a report form: `field` is the field of the event `damage` that has its figure.

    A row with `sum_of` is computed from those fields. `per`: so many of the stored unit are one of the form's (yen in
    千円). `within`: the figure is part of that other one and is never added to it. `classes`: the keys of the classes
    of damage (`damage.CLASS_ORDER`) whose dwellings are counted in the row.
    """

    group: str
    name: str
    unit: str
    field: Annotated[str, Field(pattern=r"^[a-z0-9_.]*$")] = ""
    sum_of: tuple[str, ...] = ()
    per: Annotated[int, Field(ge=1)] = 1
    within: str = ""
    classes: tuple[ClassKey, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.field) == bool(self.sum_of):
            raise ValueError("field か sum_of のどちらか一つを書いてください")
        if self.classes and (self.unit != "棟" or not self.field):
            raise ValueError("classes は、field のある棟数の行だけに書けます")
        return self

    def figure(self, values: Mapping[str, Any]) -> int | Decimal | None:
        """The row's figure in the form's unit, None where nothing is known (未入力).

        `values` has stored figures by field. A sum with one part unknown is unknown: what is missing is not nought.

        >>> FormRow(group="被害額", name="その他", unit="千円", field="yen.other", per=1000).figure({"yen.other": 1500})
        2
        >>> FormRow(group="り災", name="計", unit="人", sum_of=("a", "b")).figure({"a": 3}) is None
        True
        """
        parts = [values.get(name) for name in (self.sum_of or (self.field,))]
        if any(part is None for part in parts):
            return None
        total = sum((Decimal(str(part)) for part in parts), Decimal(0))
        if self.per > 1:
            return int((total / self.per).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return int(total) if total == total.to_integral_value() else total


class ReportForm(Entry):
    """A form the state asks to be filled in (第4号様式), as rows in their order."""

    kind: Literal["form"]
    number: str
    part: str
    title: str
    article: Number
    rows: Annotated[tuple[FormRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fields_once(self) -> Self:
        fields = [row.field for row in self.rows if row.field]
        if len(set(fields)) != len(fields):
            raise ValueError("同じ field の行が2つあります")
        unknown = {name for row in self.rows for name in (*row.sum_of, row.within) if name} - set(fields)
        if unknown:
            raise ValueError(f"行のない field を指しています：{'、'.join(sorted(unknown))}")
        classes = [key for row in self.rows for key in row.classes]
        if classes and sorted(classes) != sorted(CLASS_ORDER):
            raise ValueError("被害の区分は、どれも一つの行に一度だけ数えてください")
        return self

    @property
    def by_class(self) -> tuple[FormRow, ...]:
        """The rows that count dwellings by their class of damage, in the form's order."""
        return tuple(row for row in self.rows if row.classes)

    @property
    def name(self) -> str:
        """The form's name with its number and part."""
        return f"{self.number}（{self.part}）{self.title}"


LawValue: TypeAlias = Annotated[
    Article | Order | Procedure | ReportForm,
    Field(discriminator="kind"),
]


def cite(number: str, paragraph: int | None = None) -> str:
    """How an article is cited in a document.

    >>> cite("60", 3), cite("61-4")
    ('災害対策基本法第60条第3項', '災害対策基本法第61条の4')
    """
    first, *rest = number.split("-")
    of = "".join(f"の{each}" for each in rest)
    return f"{ACT}第{first}条{of}" + (f"第{paragraph}項" if paragraph is not None else "")


def articles(on: date) -> dict[str, Rule[Article]]:
    """The articles in force on a day, by number, in the order of the file."""
    return {rule.value.number: rule for rule in _of(Article, on)}


def article(number: str, on: date) -> Rule[Article]:
    """An article by its number (`61-4`); RuleNotInForce where this book has none of it for the day."""
    return cast("Rule[Article]", _book().on(f"article.{number}", on))


def orders(on: date) -> dict[str, Rule[Order]]:
    """What residents may be told on a day, by key, the mildest first."""
    found = sorted(_of(Order, on), key=lambda rule: rule.value.level)
    return {rule.value.key: rule for rule in found}


def order(key: str, on: date) -> Rule[Order]:
    """One order by its key (`elderly`, `evacuate`, `safety`)."""
    return _known(f"order.{key}", Order, on)


def procedures(on: date) -> dict[str, Rule[Procedure]]:
    """The procedures between towns on a day, by key."""
    return {rule.value.key: rule for rule in _of(Procedure, on)}


def procedure(key: str, on: date) -> Rule[Procedure]:
    """One procedure by its key (`evacuation`, `temporary_stay`)."""
    return _known(f"procedure.{key}", Procedure, on)


def damage_form(on: date) -> Rule[ReportForm]:
    """The form the damage is reported on (第4号様式 その2)."""
    return _known("form.damage_report", ReportForm, on)


def first_day() -> date:
    """The first day of which there is a form of the damage report."""
    return _book().history("form.damage_report")[0].valid_from


def _known(rule_id: str, kind: type[T], on: date) -> Rule[T]:
    rule = _book().on(rule_id, on)
    if not isinstance(rule.value, kind):
        raise WrongInput(f"規則「{rule_id}」は別の種類の規則です。", file=rule.file, column=rule_id)
    return cast("Rule[T]", rule)


def _of(kind: type[T], on: date) -> list[Rule[T]]:
    found = [rule for rule in _book().in_force(on).values() if isinstance(rule.value, kind)]
    if not found:
        first = min(rule.valid_from for rule in _book().rules)
        raise RuleNotInForce(
            f"{ACT}の規則は {first.isoformat()} からのものを収めています。日付を確かめてください。",
            file=_FILE,
        )
    return cast("list[Rule[T]]", found)


_FILE: Final = "disaster/law.yaml"


@cache
def _book() -> Rulebook[Article | Order | Procedure | ReportForm]:
    return load(_FILE, cast("type[Article | Order | Procedure | ReportForm]", LawValue))
