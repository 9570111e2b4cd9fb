"""How a rule of sharing (負担割合) is written: in a file, on a form, in this package's own rulebook."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, ValidationError, model_validator

from keniki.rulebooks.loader import Entry

Code: TypeAlias = Annotated[str, Field(min_length=1, max_length=12)]
Key: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Percent: TypeAlias = Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]
Yen: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
EQUAL: Final = "equal"
TABLE: Final = "table"


class BasisSpec(Entry):
    """What a component is measured by: the column of the basis file, its name, whose figure of when it is.

    Figures change with their source and day, so both are named: `as_of` a day, or `period` for a use counted over time.
    """

    label: str
    column: str = ""
    unit: str = ""
    source: str = ""
    as_of: str = ""
    period: str = ""


class ComponentSpec(Entry):
    """So many per cent by one basis; with the basis `table` by fixed per cents of each municipality."""

    basis: Key
    weight: Percent
    table: dict[Code, Percent] = {}
    exclude: tuple[Code, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _table_where_it_belongs(self) -> Self:
        if (self.basis == TABLE) != bool(self.table):
            raise ValueError("basis が table の割には固定割合（table）を書き、ほかの割には書かないでください")
        if self.table and sum(self.table.values()) != 100:
            raise ValueError(f"固定割合の合計が {sum(self.table.values())} です。100にしてください")
        return self


class DeductionSpec(Entry):
    """Revenue meant for the cost (特定財源): an amount or per cents of it."""

    name: str
    amount: Yen = 0
    percent: Percent = Decimal(0)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.amount) == bool(self.percent):
            raise ValueError("特定財源には amount（円）か percent（％）のどちらか一つを書いてください")
        return self


class LimitSpec(Entry):
    """The least and the most a municipality pays, in yen or per cent of what is shared."""

    least: Yen | None = None
    most: Yen | None = None
    most_percent: Percent | None = None


class HostSpec(Entry):
    """The municipality where the facility is, and how many per cent it pays before the rest is shared."""

    code: Code
    percent: Percent


class RoundingSpec(Entry):
    """How parts are made whole: to `unit` yen; `remainder` is `largest` or the one who takes what is left."""

    unit: Annotated[int, Field(ge=1, le=10**9)] = 1
    remainder: Code = "largest"
    direction: Literal["down", "half_up", "up"] = "down"
    each: Literal["total", "component"] = "total"


class ClassSpec(Entry):
    """How one class of cost (建設、運営、公債費 …) is shared.

    Either by `components`, or by `by_year`: the ratios of the year in which the money was borrowed (借入年度の率).
    """

    label: str = ""
    components: tuple[ComponentSpec, ...] = ()
    by_year: dict[Annotated[int, Field(ge=1900, le=2200)], dict[Code, Percent]] = {}
    deductions: tuple[DeductionSpec, ...] = ()
    host: HostSpec | None = None
    fixed: dict[Code, Yen] = {}
    exclude: tuple[Code, ...] = ()
    limits: dict[Code, LimitSpec] = {}
    note: str = ""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if bool(self.components) == bool(self.by_year):
            raise ValueError("components か by_year のどちらか一つを書いてください")
        weights = sum((each.weight for each in self.components), Decimal(0))
        if self.components and weights != 100:
            raise ValueError(f"割合（weight）の合計が {weights} です。100にしてください")
        for year, table in self.by_year.items():
            if sum(table.values()) != 100:
                raise ValueError(f"{year}年度の率の合計が {sum(table.values())} です。100にしてください")
        return self


class DaySpec(Entry):
    """A day of every fiscal year (納期), and how many per cent of the amount fall due on it."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    percent: Annotated[Percent, Field(gt=0)] = Decimal(100)

    @model_validator(mode="after")
    def _there_is_such_a_day(self) -> Self:
        if self.day > (29 if self.month == 2 else 30 if self.month in (4, 6, 9, 11) else 31):
            raise ValueError(f"{self.month}月{self.day}日という日はありません")
        return self


class PaymentSpec(Entry):
    """When a share is paid: in instalments, those up to `above` yen in one sum on the first of their days.

    `closed_days` moves a due date that falls on a closed day; the notice goes out `notice_days` before it at the
    latest, where the texts say so.
    """

    instalments: Annotated[tuple[DaySpec, ...], Field(min_length=1, max_length=24)]
    above: Yen = 0
    closed_days: Literal["next", "previous", "stay"] = "next"
    notice_days: Annotated[int, Field(ge=0, le=365)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        whole = sum((each.percent for each in self.instalments), Decimal(0))
        if whole != 100:
            raise ValueError(f"納期ごとの割合（percent）の合計が {whole} です。100にしてください")
        days = [((each.month - 4) % 12, each.day) for each in self.instalments]
        if days != sorted(set(days)):
            raise ValueError("納期は4月から3月の順に、1日に1回書いてください")
        return self


class RuleSpec(Entry):
    """A whole rule: its bases, its one way of sharing or several classes of cost, rounding, where it is written."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    clause: str = ""
    note: str = ""
    bases: dict[Key, BasisSpec] = {}
    components: tuple[ComponentSpec, ...] = ()
    deductions: tuple[DeductionSpec, ...] = ()
    host: HostSpec | None = None
    fixed: dict[Code, Yen] = {}
    exclude: tuple[Code, ...] = ()
    limits: dict[Code, LimitSpec] = {}
    classes: dict[Key, ClassSpec] = {}
    rounding: RoundingSpec = RoundingSpec()
    payment: PaymentSpec | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.components) == bool(self.classes):
            raise ValueError("components か classes のどちらか一つを書いてください")
        alone = (self.deductions, self.host, self.fixed, self.exclude, self.limits)
        if self.classes and any(alone):
            raise ValueError(
                "classes があるときは、特定財源、所在、固定額、除外、上限も経費区分の中に書いてください"
            )
        if self.components:
            self.plain()
        used = {each.basis for part in self.parts().values() for each in part.components}
        for basis in used - {EQUAL, TABLE} - set(self.bases):
            raise ValueError(f"割の基準「{basis}」の説明が bases にありません")
        return self

    def plain(self) -> ClassSpec:
        """The rule without classes as its only class."""
        return ClassSpec(
            components=self.components,
            deductions=self.deductions,
            host=self.host,
            fixed=self.fixed,
            exclude=self.exclude,
            limits=self.limits,
        )

    def parts(self) -> dict[str, ClassSpec]:
        """The classes by key; a rule without classes has one with the key of nothing."""
        return dict(self.classes) if self.classes else {"": self.plain()}


_REASONS: Final = {
    "missing": "この項目が要ります",
    "extra_forbidden": "この項目はありません",
    "greater_than_equal": "小さすぎます",
    "less_than_equal": "大きすぎます",
    "too_short": "短すぎます",
    "too_long": "長すぎます",
    "string_too_short": "空です",
    "string_too_long": "長すぎます",
    "string_pattern_mismatch": "英字で始まる半角の英数字と _ にしてください",
    "int_parsing": "整数にしてください",
    "int_type": "整数にしてください",
    "int_from_float": "整数にしてください",
    "decimal_parsing": "数にしてください",
    "decimal_type": "数にしてください",
    "finite_number": "数にしてください",
    "string_type": "文字（団体コードなど）は引用符で囲んでください",
    "literal_error": "使える値ではありません",
    "model_type": "項目: 値 の形にしてください",
    "model_attributes_type": "項目: 値 の形にしてください",
    "dict_type": "項目: 値 の形にしてください",
    "tuple_type": "一覧（- で始まる行）にしてください",
}


def why(error: ValidationError) -> tuple[str | None, str]:
    """Where a rule is written wrongly (`components.0.weight`), and a sentence that says what is wrong."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part != "[key]") or None
    if first["type"] == "value_error":
        return field, f"{first['ctx']['error']}。"
    given = first.get("input")
    shown = f"（{given}）" if isinstance(given, str | int | float) and len(str(given)) <= 40 else ""
    return field, f"{_REASONS.get(first['type'], '値の形が違います')}{shown}。"
