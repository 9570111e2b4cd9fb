"""What a data set is: named columns with kinds and units; columns that several sets share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from keniki.apps.regions.models import Region

Kind = Literal["string", "code", "integer", "number", "date", "boolean"]
Row = tuple[Any, ...]

KIND_LABELS: dict[Kind, str] = {
    "string": "文字",
    "code": "コード（文字）",
    "integer": "整数",
    "number": "数値",
    "date": "日付（YYYY-MM-DD）",
    "boolean": "1（はい）／0（いいえ）。JSONはtrue／false",
}

#: Rows read from the database at a time.
CHUNK = 2000


@dataclass(frozen=True)
class Column:
    """A column: `key` in JSON, `title` as CSV heading, what its values are and their unit."""

    key: str
    title: str
    kind: Kind = "string"
    unit: str = ""
    text: str = ""

    @property
    def kind_label(self) -> str:
        return KIND_LABELS[self.kind]


@dataclass(frozen=True)
class Dataset:
    """A data set; `rows` reads inside the region's scope and may be read lazily."""

    name: str
    title: str
    text: str
    columns: tuple[Column, ...]
    rows: Callable[[Region], Iterable[Row]]


CODE = Column("municipality_code", "全国地方公共団体コード", "code", text="6桁")
TOWN = Column("municipality", "市町村名")
YEAR = Column("fiscal_year", "年度", "integer", "年度", "4月1日から3月31日まで。始まりの年（西暦）")
SOURCE = Column("source", "出典")
PLACE = Column("source_place", "出典の箇所")
FLAG = Column("source_flag", "出典の注意")
INITIATIVE = (Column("initiative_id", "取組ID"), Column("initiative", "取組名"))


def plain(value: Decimal | None) -> Decimal | None:
    """A stored decimal without the zeros the database adds."""
    if value is None:
        return None
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
