"""Rates somebody gives for a region: a YAML file in the form of the rule book of demands, checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from keniki.core.errors import WrongInput
from keniki.core.hand_yaml import read_yaml
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.demand import Buildings, ByAge, Flat, RateValue, asked_in, known_rates

from .scenario_files import Code, reason

#: The buildings of a municipality, which only such a file can give.
BUILDINGS: Final = "public_buildings"
#: Figures that are shares.
_SHARES: Final = frozenset(
    ("water_served", "water_billed_share", "water_load_factor", "bed_occupancy", "cremation_share")
)
#: What is divided by a smaller share, or raised to a higher power, is no forecast any more.
_LEAST_SHARE, _MOST_ELASTIC = 0.001, 10


class GivenRule(BaseModel):
    """One rate, figure or list of buildings with its source; `municipalities` (codes) are those it holds for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    source: Annotated[str, Field(min_length=1, max_length=500)]
    note: Annotated[str, Field(max_length=1000)] = ""
    municipalities: tuple[Code, ...] = ()
    value: RateValue


@dataclass(frozen=True)
class Given:
    """What was given, by id; one for a municipality comes before one for all."""

    rules: tuple[GivenRule, ...] = ()

    def rate(self, name: str, code: str) -> tuple[ByAge, str] | None:
        """Rates by age for a municipality (five digits), and their source."""
        rule = self._of(name, code)
        return (rule.value, rule.source) if rule is not None and isinstance(rule.value, ByAge) else None

    def figure(self, name: str, code: str) -> tuple[Flat, str] | None:
        """A single figure for a municipality, and its source."""
        rule = self._of(name, code)
        return (rule.value, rule.source) if rule is not None and isinstance(rule.value, Flat) else None

    def buildings(self, code: str) -> tuple[Buildings, str] | None:
        """The buildings of a municipality, and their source; those given for no municipality are nobody's."""
        for rule in self.rules:
            if code in rule.municipalities and isinstance(rule.value, Buildings):
                return rule.value, rule.source
        return None

    def _of(self, name: str, code: str) -> GivenRule | None:
        found = [rule for rule in self.rules if rule.id == name]
        own = [rule for rule in found if code in rule.municipalities]
        return next(iter(own or [rule for rule in found if not rule.municipalities]), None)


def read(text: str, file: str, totals: Iterable[str]) -> Given:
    """The rates of a YAML (or JSON) file; `totals` are the indicators that may be given as a single figure.

    WrongInput names the row, or the rule and field, and what stands there.
    """
    return checked(read_yaml(text, file), file, totals)


def checked(raw: Any, file: str | None, totals: Iterable[str]) -> Given:
    """The rates in plain data. WrongInput for what is missing, unknown or out of bounds."""
    if isinstance(raw, dict) and set(raw) == {"rules"} and raw["rules"] is None:
        return Given()
    if not isinstance(raw, dict) or set(raw) != {"rules"} or not isinstance(raw["rules"], list):
        raise WrongInput("率のファイルは rules: の一覧だけを持つようにしてください。", file=file)
    figures = set(totals)
    seen: set[tuple[str, str]] = set()
    found = []
    for number, entry in enumerate(raw["rules"], 1):
        rule = _rule(entry, number, file)
        _check_kind(rule, figures, file)
        codes = tuple(_code(typed, rule, file) for typed in rule.municipalities)
        for code in codes or ("",):
            if (rule.id, code) in seen:
                raise WrongInput(f"「{rule.id}」が同じ市区町村に2回あります。", file=file, column=rule.id)
            seen.add((rule.id, code))
        found.append(rule.model_copy(update={"municipalities": codes}))
    return Given(tuple(found))


def _rule(entry: Any, number: int, file: str | None) -> GivenRule:
    try:
        return TypeAdapter(GivenRule).validate_python(entry)
    except ValidationError as error:
        first = error.errors()[0]
        name = entry.get("id") if isinstance(entry, dict) else None
        head = name if isinstance(name, str) else f"{number}番目の率"
        place = ".".join(str(part) for part in first["loc"])
        raise WrongInput(
            f"率の書き方が正しくありません：{_reason(first)}。",
            file=file,
            column=f"{head}.{place}" if place else head,
        ) from None


def _reason(error: Any) -> str:
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return "value には kind（by_age、flat、buildings のどれか）が要ります"
    return reason(error)


def _check_kind(rule: GivenRule, totals: set[str], file: str | None) -> None:
    if rule.id == BUILDINGS:
        right = isinstance(rule.value, Buildings)
        if right and not rule.municipalities:
            raise WrongInput(
                "建物には municipalities に団体コードを書いてください。", file=file, column=rule.id
            )
    elif rule.id in totals and isinstance(rule.value, Flat):
        right = True
        if not rule.municipalities:
            raise WrongInput(
                "総数には municipalities に団体コードを書いてください。", file=file, column=rule.id
            )
    elif rule.id in known_rates():
        right = isinstance(rule.value, ByAge if asked_in(rule.id) else Flat)
    elif rule.id in totals:
        right = False
    else:
        known = "、".join((*known_rates(), *sorted(totals), BUILDINGS))
        raise WrongInput(f"「{rule.id}」という率はありません。使える名前：{known}", file=file, column="id")
    if right and isinstance(rule.value, Flat):
        _check_bounds(rule.id, rule.value.value, file)
    if not right:
        wanted = "buildings" if rule.id == BUILDINGS else "by_age" if asked_in(rule.id) else "flat"
        raise WrongInput(f"この率の kind は {wanted} です。", file=file, column=f"{rule.id}.value.kind")


def _check_bounds(name: str, value: float, file: str | None) -> None:
    place = f"{name}.value.value"
    if name in _SHARES and not _LEAST_SHARE <= value <= 1:
        raise WrongInput(f"{_LEAST_SHARE}以上1以下の割合にしてください。", file=file, column=place)
    if name == "construction_prices" and value <= 0:
        raise WrongInput("倍率は0より大きい数にしてください。", file=file, column=place)
    if name == "staff_elasticity" and value > _MOST_ELASTIC:
        raise WrongInput(f"弾力性は{_MOST_ELASTIC}以下にしてください。", file=file, column=place)


def _code(typed: str, rule: GivenRule, file: str | None) -> str:
    try:
        return parse_code(typed)[:5]
    except WrongInput as error:
        raise WrongInput(error.message, file=file, column=f"{rule.id}.municipalities") from None
