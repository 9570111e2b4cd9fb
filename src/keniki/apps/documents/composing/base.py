"""What every composer returns, and the list of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from keniki.apps.compacts.states import IN_FORCE, AgreementState
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput
from keniki.press.blocks import Document
from keniki.press.excel import DataSheet

from ..gaps import Gap, Gaps
from ..inputs import Inputs

#: States of an agreement that was concluded, whether or not it still binds.
CONCLUDED = (*IN_FORCE, AgreementState.ENDED)


class Stage(StrEnum):
    """How far a document has come; only 提出版 and 差替版 must be complete."""

    CHECK = "check"
    INQUIRY = "inquiry"
    SUBMITTED = "submitted"
    REPLACEMENT = "replacement"

    @property
    def label(self) -> str:
        return {"check": "確認版", "inquiry": "照会版", "submitted": "提出版", "replacement": "差替版"}[
            self.value
        ]

    @property
    def final(self) -> bool:
        return self in (Stage.SUBMITTED, Stage.REPLACEMENT)


@dataclass(frozen=True)
class Composed:
    """A composed document: the block tree, its data sheets, what is missing and what it was made from."""

    name: str
    document: Document
    sheets: tuple[DataSheet, ...]
    gaps: tuple[Gap, ...]
    inputs: Inputs


@dataclass
class Draft:
    """The desk a composer works on."""

    region: Region
    stage: Stage
    gaps: Gaps = field(default_factory=Gaps)
    inputs: Inputs = field(default_factory=Inputs)

    def mark(self, otherwise: str | None = None) -> str | None:
        """The mark at the head of every page: the stage's name until it is final."""
        return otherwise if self.stage.final else self.stage.label


def dated(*days: date | None) -> datetime:
    """The moment a document's files carry: the last of the days its records speak of, never when rows were written.

    The same records give the same files in every installation.
    """
    known = [day for day in days if day is not None]
    return datetime.combine(max(known, default=date(2000, 1, 1)), time(), ZoneInfo("Asia/Tokyo"))


Composer = Callable[[Draft, Mapping[str, Any]], Composed]


def kinds() -> dict[str, Composer]:
    from . import agreement, declaration, future, profile, results, vision

    return {
        "results": results.compose,
        "agreement": agreement.compose,
        "declaration": declaration.compose,
        "vision": vision.compose,
        "profile": profile.compose,
        "future": future.compose,
    }


def inputs(region: Region, kind: str, **parameters: Any) -> Inputs:
    """What a document of this kind would be made from now, without drawing it where that can be told apart.

    Raises `WrongInput` as `compose` does.
    """
    from . import future, profile

    fingerprints = {"profile": profile.fingerprint, "future": future.fingerprint}
    if kind not in fingerprints:
        return compose(region, kind, Stage.CHECK, **parameters).inputs
    found = Inputs()
    found.add(region, [region.secretariat])
    fingerprints[kind](region, found, parameters)
    return found


def compose(region: Region, kind: str, stage: Stage = Stage.CHECK, **parameters: Any) -> Composed:
    """Compose a document of this kind inside `scope(region=region)`.

    Parameters: `results` first and last fiscal year and optionally the programme; `agreement`, `declaration`,
    `vision` the record's slug; `profile` the municipalities' codes, where they are not the members; `future` the
    forecast's number or title, where it is not the one in the region book. Raises `WrongInput` for an unknown kind or
    record, and for a final stage with something missing.
    """
    composer = kinds().get(kind)
    if composer is None:
        raise WrongInput(f"文書の種類「{kind}」はありません。{'、'.join(kinds())} から選んでください。")
    draft = Draft(region, stage)
    draft.inputs.add(region, [region.secretariat])
    composed = composer(draft, parameters)
    if stage.final and composed.gaps:
        listed = "／".join(str(gap) for gap in composed.gaps[:5])
        more = f" ほか{len(composed.gaps) - 5}件" if len(composed.gaps) > 5 else ""
        raise WrongInput(
            f"未入力が{len(composed.gaps)}件あるため{stage.label}は出力できません（{listed}{more}）。"
        )
    return composed
