"""What all papers of an incident have: the mode in title, foot and, in an exercise, in a band on every page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Literal

from django.http import Http404, HttpResponse
from django.utils import timezone

from keniki.apps.finance.papers.common import Paper
from keniki.apps.regions.downloads import download
from keniki.press import blocks as b

from ..models import Incident


def incident_document(
    incident: Incident,
    title: str,
    blocks: Sequence[b.Block],
    *,
    dated: date | datetime,
    formal: bool = False,
    author: str = "",
    landscape: bool = False,
    mark: str | None = None,
) -> b.Document:
    """A document of an incident: 「【訓練】…」 or 「【実災害】…」. Equal content gives equal bytes."""
    mode = incident.get_mode_display()
    style: Literal["report", "formal"] = "formal" if formal else "report"
    moment = dated if isinstance(dated, datetime) else datetime.combine(dated, time(), tzinfo=UTC)
    return b.Document(
        title=f"【{mode}】{title}",
        subject=incident.title,
        author=author or incident.region.name,
        keywords=(incident.region.name, mode),
        blocks=tuple(blocks),
        dated=(timezone.make_aware(moment) if timezone.is_naive(moment) else moment).replace(microsecond=0),
        draft_mark=mark,
        fictional=incident.region.fictional,
        exercise=incident.is_exercise,
        landscape=landscape,
        style=style,
        footer=f"【{mode}】{incident.title}",
    )


def incident_paper(incident: Incident, document: b.Document, *names: str) -> Paper:
    """The paper with its file's name: 「訓練_状況報告_…」."""
    name = "_".join((incident.get_mode_display(), *names, incident.title))
    return Paper(document, name.replace("/", "／"))


def paper_answer(paper: Paper, form: str, forms: Sequence[str] = ("docx", "pdf")) -> HttpResponse:
    """The paper as a file to keep; 404 for a form it is not made in."""
    if form not in forms:
        raise Http404("この形式では出力できません。")
    return download(f"{paper.name}.{form}", paper.render(form))
