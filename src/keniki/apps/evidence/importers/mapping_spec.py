"""How the columns of a table of one's own are to be read: the content of a mapping file (YAML), checked.

title: 市町村の概要
head_rows: [3]                       # rows with headings, from 1
first_row: 4                         # first row with data
area: {name: 市町村名}                # or {code: 団体コード}; a heading, a letter (B) or a number (2)
year: 令和2年                         # or {column: 年} or {head_row: 2}
columns:
  - {column: 人口, indicator: population, unit: persons}
  - {column: D, through: X, indicator: population, unit: persons, age: {head_row: 3}, sex: 男}
  - {column: 主な農産物, indicator: main_crops, kind: words}
skip: [{column: 市町村名, values: [合計, 計]}]

Areas may stand in a head row (`name: {head_row: 2}`) or be the same for the whole table (`fixed: "01210"`); a year may
be a date or a month. A table of flows says in place of `area` and `columns`:

flow:
  origin: {code: 常住地コード, name: 常住地}
  destination: {name: {head_row: 3}}
  purpose: 通勤・通学
  column: C
  through: Z
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from keniki.core.errors import WrongInput

from .base import AreaKind, Status
from .cells import MARKS

ColumnName = Annotated[str | int, Field(description="見出し、列の記号（B）又は番号（2）")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Place(_Entry):
    """Where something stands for each cell: in a column of its row, or in a head row of its column."""

    column: ColumnName | None = None
    head_row: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Place:
        if (self.column is None) == (self.head_row is None):
            raise ValueError("column（列）か head_row（見出しの行）のどちらか1つを書いてください")
        return self


def _which(value: object) -> str:
    return "place" if isinstance(value, Mapping | Place) else "fixed"


#: The same for all cells (text), or where it stands.
Told = Annotated[
    Annotated[str, Field(coerce_numbers_to_str=True), Tag("fixed")] | Annotated[Place, Tag("place")],
    Discriminator(_which),
]


#: A column by its name or number, or a place in each cell's head.
AreaPlace = ColumnName | Place


class AreaColumns(_Entry):
    """Where an area's code or name (or both) stands, or which one is meant everywhere; and what kind of area it is."""

    code: AreaPlace | None = None
    name: AreaPlace | None = None
    fixed: str = Field(default="", max_length=120, coerce_numbers_to_str=True)
    kind: AreaKind = "municipality"
    prefecture: str = Field(default="", pattern=r"^(\d\d)?$")

    @model_validator(mode="after")
    def _some(self) -> AreaColumns:
        if self.code is None and self.name is None and not self.fixed:
            raise ValueError(
                "code（団体コードの列）か name（名称の列）か fixed（表全体の地域）を書いてください"
            )
        if self.fixed and (self.code is not None or self.name is not None):
            raise ValueError("fixed（表全体の地域）は、code や name と一緒には書けません")
        return self

    @property
    def in_head(self) -> bool:
        """Whether the areas stand above the columns."""
        return any(isinstance(told, Place) and told.head_row for told in (self.code, self.name))


class OwnArea(_Entry):
    """An area of its own shape (二次医療圏, 消防の管轄), by the name the table uses."""

    name: str = Field(min_length=1, max_length=120)
    code: str = Field(default="", max_length=40)
    kind: AreaKind = "other"
    members: tuple[str, ...] = ()
    beyond_region: bool = False
    note: str = Field(default="", max_length=300)


class ValueColumns(_Entry):
    """One column of values, or several side by side up to `through`, and what they are."""

    column: ColumnName
    through: ColumnName | None = None
    indicator: Told
    unit: Told = ""
    kind: Literal["number", "words"] = "number"
    year: Told | None = None
    sex: Told = ""
    age: Told = ""
    part: Told = ""
    status: Status | None = None

    @model_validator(mode="after")
    def _unit(self) -> ValueColumns:
        if self.kind == "number" and not self.unit:
            raise ValueError("unit（単位）を書いてください")
        return self


class FlowColumns(_Entry):
    """A table of flows: where origin and destination stand, what for, and the column (or columns) of values."""

    origin: AreaColumns
    destination: AreaColumns
    purpose: Told
    column: ColumnName
    through: ColumnName | None = None


class Skip(_Entry):
    """Rows to leave out: those whose cell in `column` is one of `values`, or begins with one of `beginning`."""

    column: ColumnName
    values: tuple[str, ...] = ()
    beginning: tuple[str, ...] = ()
    empty: bool = False

    @model_validator(mode="after")
    def _some(self) -> Skip:
        if not (self.values or self.beginning or self.empty):
            raise ValueError("values、beginning、empty のどれかを書いてください")
        return self


class SourceText(_Entry):
    """Whose table it is."""

    slug: str = Field(default="", pattern=r"^[a-z0-9_-]*$", max_length=80)
    title: str = Field(default="", max_length=200)
    publisher: str = Field(default="", max_length=120)
    url: str = Field(default="", max_length=500)
    credit: str = Field(default="", max_length=300)
    licence: str = Field(default="", max_length=300)


class EditionText(_Entry):
    """Which edition of the table."""

    key: str = Field(default="", max_length=120)
    title: str = Field(default="", max_length=200)
    table: str = Field(default="", max_length=40)
    table_title: str = Field(default="", max_length=400)
    surveyed: str = Field(default="", max_length=40)
    census_year: int | None = Field(default=None, ge=1920, le=2200)
    published_on: str = Field(default="", pattern=r"^(\d{4}-\d\d-\d\d)?$")


class MappingSpec(_Entry):
    """A whole mapping. Rows and columns count from 1."""

    title: str = Field(default="", max_length=120)
    sheet: str | int | None = None
    head_rows: tuple[Annotated[int, Field(ge=1)], ...] = (1,)
    first_row: int | None = Field(default=None, ge=1)
    last_row: int | None = Field(default=None, ge=1)
    area: AreaColumns | None = None
    areas: tuple[OwnArea, ...] = ()
    year: Told | None = None
    columns: tuple[ValueColumns, ...] = ()
    flow: FlowColumns | None = None
    status: Status = "official"
    skip: tuple[Skip, ...] = ()
    marks: tuple[str, ...] = tuple(sorted(MARKS))
    source: SourceText = SourceText()
    edition: EditionText = EditionText()

    @property
    def data_row(self) -> int:
        """The first row with data."""
        return self.first_row or max(self.head_rows, default=0) + 1

    @model_validator(mode="after")
    def _what(self) -> MappingSpec:
        if self.flow is not None and (self.area is not None or self.columns):
            raise ValueError("flow（流動）は、area や columns と一緒には書けません")
        return self

    @model_validator(mode="after")
    def _order(self) -> MappingSpec:
        if self.head_rows and self.data_row <= max(self.head_rows):
            raise ValueError(
                "first_row（データの最初の行）は head_rows（見出しの行）より下の行にしてください"
            )
        if self.last_row is not None and self.last_row < self.data_row:
            raise ValueError("last_row（最後の行）は first_row（最初の行）以後の行にしてください")
        return self


def spec_of(written: str | bytes | Mapping[str, Any], *, file: str | None = None) -> MappingSpec:
    """The mapping that a YAML text or a dict states; WrongInput names the first key that is wrong and what to do."""
    content: object = written
    if isinstance(written, str | bytes):
        content = _yaml(written, file)
    if not isinstance(content, Mapping):
        raise WrongInput("対応表は「area:」「columns:」などの項目で書いてください。", file=file)
    if "flow" not in content:
        for key in ("area", "columns"):
            if content.get(key) is None:
                raise WrongInput(
                    f"対応表の「{key}」がありません。書き加えてください。", file=file, column=key
                )
        if content["columns"] == [] or content["columns"] == ():
            raise WrongInput("対応表の「columns」を1つ以上書いてください。", file=file, column="columns")
    try:
        return MappingSpec.model_validate({key: value for key, value in content.items() if value is not None})
    except ValidationError as error:
        raise _wrong(error, file) from None


def _yaml(text: str | bytes, file: str | None) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else None
        raise WrongInput(
            "対応表をYAMLとして読めません。字下げと記号（:、-、引用符）を確かめてください。",
            file=file,
            row=row,
        ) from None
    except yaml.YAMLError:
        raise WrongInput(
            "対応表をYAMLとして読めません。UTF-8の文字だけで書いてください。", file=file
        ) from None


#: Names pydantic puts into a place although nobody wrote them.
_TAGS: Final = frozenset({"fixed", "place", "str", "int", "constrained-str", "Place"})


def _wrong(error: ValidationError, file: str | None) -> WrongInput:
    problems = error.errors(include_url=False)
    # A mistyped key is also a missing one: the mistake is what helps.
    problem = next((each for each in problems if each["type"] == "extra_forbidden"), problems[0])
    key = ".".join(
        str(part + 1) if isinstance(part, int) else part for part in problem["loc"] if part not in _TAGS
    )
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "missing":
        says = "がありません。書き加えてください。"
    elif kind == "extra_forbidden":
        says = f"という項目はありません。使える項目：{'、'.join(_keys_beside(problem['loc']))}"
    elif kind == "value_error":
        return WrongInput(
            f"対応表{f'の「{key}」' if key else ''}：{context['error']}。", file=file, column=key
        )
    elif kind == "literal_error":
        says = f"は {context['expected'].replace(' or ', '、')} のどれかにしてください。"
    elif kind in ("string_type", "union_tag_not_found"):
        says = "は文字で書いてください。"
    elif kind in ("int_type", "int_parsing", "int_from_float"):
        says = "は整数で書いてください。"
    elif kind == "bool_parsing" or kind == "bool_type":
        says = "は true か false で書いてください。"
    elif kind in ("tuple_type", "list_type"):
        says = "は一覧（- で始まる行、又は [ ]）で書いてください。"
    elif kind in ("model_type", "model_attributes_type", "dict_type"):
        says = "は「項目: 値」の形で書いてください。"
    elif kind == "too_short":
        says = "を1つ以上書いてください。"
    elif kind == "string_too_long":
        says = f"は{context['max_length']}字までで書いてください。"
    elif kind == "string_too_short":
        says = "を書いてください。"
    elif kind in ("greater_than_equal", "less_than_equal"):
        limit = f"{context['ge']}以上" if "ge" in context else f"{context['le']}以下"
        says = f"は{limit}にしてください。"
    elif kind == "string_pattern_mismatch":
        says = f"の形が正しくありません（{context['pattern']}）。"
    else:
        says = "の書き方が正しくありません。"
    return WrongInput(f"対応表の「{key}」{says}", file=file, column=key)


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where an unknown one was written."""
    models: dict[str, type[BaseModel]] = {
        "area": AreaColumns,
        "areas": OwnArea,
        "columns": ValueColumns,
        "flow": FlowColumns,
        "skip": Skip,
        "source": SourceText,
        "edition": EditionText,
    }
    if "place" in loc:
        return list(Place.model_fields)
    model = models.get(str(loc[0]), MappingSpec) if len(loc) > 1 else MappingSpec
    return list(model.model_fields)
