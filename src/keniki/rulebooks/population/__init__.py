"""Rules that population futures rest on: national life tables."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from keniki.rulebooks.loader import Entry, Rule, load


class PublishedLifeTable(Entry):
    """Expectation of life (平均余命) in years at exact ages, by sex, as a national life table (生命表) prints it."""

    year: int
    kind: Literal["complete", "abridged"]
    ages: tuple[int, ...]
    male: tuple[float, ...]
    female: tuple[float, ...]

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if not len(self.ages) == len(self.male) == len(self.female):
            raise ValueError(f"{self.year}年の生命表は、年齢と男女の平均余命の数が合いません")
        return self


def life_tables() -> list[Rule[PublishedLifeTable]]:
    """Every national life table, the oldest first."""
    return load("population/life_tables.yaml", PublishedLifeTable).history("life_table")
