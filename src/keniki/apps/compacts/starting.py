"""The neutral text a new agreement begins with, by kind (`starting_texts.yaml`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .articles import Article, Paragraph


@dataclass(frozen=True)
class StartingText:
    """A draft with blanks in 〔 〕 where people have to decide."""

    title: str
    preamble: str
    articles: list[Article]
    closing: str
    annex_heading: str


def starting_text(kind: str, *, region: str, parties: Sequence[str], centres: int = 1) -> StartingText:
    """The draft for a kind of agreement between the parties, named in agreement order.

    The first of them, or as many as `centres`, stand on the centre's side.
    """
    given = _texts()[kind]
    first, others = parties[:centres], parties[centres:]
    words = {
        "region": region,
        "centre": "及び".join(first) or "〔中心市〕",
        "partner": others[0] if others else "〔相手方〕",
        "parties": "、".join(parties),
        "copies": str(len(parties)),
    }
    return StartingText(
        title=given["title"].format(**words | {"centre": "・".join(first) or "〔中心市〕"}),
        preamble=given["preamble"].format(**words),
        articles=[
            Article(
                number=number,
                heading=article["heading"],
                paragraphs=[
                    Paragraph(
                        text=paragraph["text"].format(**words),
                        items=[item.format(**words) for item in paragraph.get("items", ())],
                    )
                    for paragraph in article["paragraphs"]
                ],
            )
            for number, article in enumerate(given["articles"], 1)
        ],
        closing=given["closing"].format(**words),
        annex_heading=given["annex_heading"],
    )


@cache
def _texts() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("starting_texts.yaml").read_text("utf-8")
    )
    return content
