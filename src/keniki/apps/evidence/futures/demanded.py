"""What a population to come would need, as pages and documents read it and as it is stored: plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

from pydantic import TypeAdapter

from .held import Used

#: Whose rate a municipality's demand rests on: its own figures, its prefecture's, the nation's pattern by age scaled
#: to its own total, the nation's, one that somebody gave with its basis, or none (deaths follow from the projection).
Basis: TypeAlias = Literal["own", "prefecture", "scaled", "national", "asked", "projection"]

BASIS_NAMES: Final[dict[str, str]] = {
    "own": "市区町村の値",
    "prefecture": "都道府県の値",
    "scaled": "市区町村の総数に合わせた全国の年齢別の値",
    "national": "全国の値",
    "asked": "指定された値",
    "projection": "将来人口推計の仮定",
}


@dataclass(frozen=True)
class Banded:
    """Quantiles of a demand of all municipalities together: `values` by share of `shares`, then by year of `years`."""

    shares: tuple[float, ...]
    years: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Parted:
    """The change since the first year by cause, in the demand's unit, by year; the three add up to the change.

    `size`: people become fewer or more (人口規模), `structure`: older or younger (年齢構成), `rate`: the rate changes.
    """

    years: tuple[int, ...]
    size: tuple[float, ...]
    structure: tuple[float, ...]
    rate: tuple[float, ...]


@dataclass(frozen=True)
class Changed:
    """The demand of the last year if one thing were otherwise (何が変えるか); `difference` is to the forecast."""

    id: str
    name: str
    value: float
    difference: float


@dataclass(frozen=True)
class Demand:
    """One demand of all municipalities together (`values`, by year) and of each by five-digit code (`by_code`).

    `unit` is an id of the list of units and `unit_label` its print; a flow is of one year. `decimals` are those worth
    printing. `basis` says by code whose rate it is, `sources` one sentence for each of them. `bands` is None without
    draws, `parted` where population has no part in it.
    """

    id: str
    name: str
    theme: str
    unit: str
    unit_label: str
    decimals: int
    years: tuple[int, ...]
    values: tuple[float, ...]
    by_code: dict[str, tuple[float, ...]]
    bands: Banded | None
    basis: dict[str, Basis]
    sources: tuple[str, ...]
    method: str
    note: str
    parted: Parted | None
    changes: tuple[Changed, ...]

    @property
    def basis_shown(self) -> str:
        """Whose rates they are, in words, the most frequent first: `全国の値（8）、市区町村の値（1）`."""
        counts: dict[str, int] = {}
        for each in self.basis.values():
            counts[each] = counts.get(each, 0) + 1
        found = sorted(counts.items(), key=lambda item: -item[1])
        if len(found) == 1:
            return BASIS_NAMES[found[0][0]]
        return "、".join(f"{BASIS_NAMES[kind]}（{count}）" for kind, count in found)

    def of(self, year: int, code: str | None = None) -> float:
        """The demand of a year, of one municipality or of all together."""
        return (self.values if code is None else self.by_code[code])[self.years.index(year)]


@dataclass(frozen=True)
class Missing:
    """A demand that cannot be reckoned for some municipalities (`codes`), and the sentence what would bring it."""

    id: str
    name: str
    theme: str
    codes: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Demands:
    """Every demand of some municipalities, what is missing, and what holds for all of it (`notes`).

    `on` is the day (ISO) the rules were in force; `draws` and `seed` are those of the bands, 0 without any. `used` are
    the editions that municipalities' own figures came from.
    """

    codes: tuple[str, ...]
    years: tuple[int, ...]
    on: str
    demands: tuple[Demand, ...]
    missing: tuple[Missing, ...]
    draws: int
    seed: int
    notes: tuple[str, ...]
    used: tuple[Used, ...] = ()

    def __getitem__(self, name: str) -> Demand:
        """A demand by its id; KeyError where it could not be reckoned."""
        for each in self.demands:
            if each.id == name:
                return each
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(each.id == name for each in self.demands)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column; `from_json` makes the same again."""
        return asdict(self)

    @staticmethod
    def from_json(content: dict[str, Any]) -> Demands:
        """The demands that `to_json` wrote. ValueError for anything else."""
        return _ADAPTER.validate_python(content)


_ADAPTER: Final = TypeAdapter(Demands)
