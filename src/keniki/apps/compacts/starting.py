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


def starting_text(kind: str, *, region: str, parties: Sequence[str]) -> StartingText:
    """The draft for a kind of agreement between the parties, named in agreement order (the centre first)."""
    given = _texts()[kind]
    words = {
        "region": region,
        "centre": parties[0] if parties else "〔中心市〕",
        "partner": parties[1] if len(parties) > 1 else "〔相手方〕",
        "parties": "、".join(parties),
        "copies": str(len(parties)),
    }
    return StartingText(
        title=given["title"].format(**words),
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
