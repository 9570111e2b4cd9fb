"""What a telegram gives: warnings by municipality, an earthquake with its intensities, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keniki.analysis.merging.events import Mode
from keniki.rulebooks.disaster.warnings import Grade, State

from ..base import Problem


@dataclass(frozen=True, slots=True)
class AreaWarning:
    """One warning for one area.

    `area_code` is the agency's: seven digits of a municipality or a part of it (`is_part`), or a river's forecast
    section. `municipality` has six digits, and is empty where none is known. `phenomenon` is a key of the rulebook, a
    river's with its code (`river:830304004400`); kinds the rulebook does not know share one for each type of telegram
    (`unknown:VPWW55`). `level` is None where the agency gives none. `replaced`: another telegram tells about the
    phenomenon better. `change` is what the telegram says of a downgrade (危険警報から警報).
    """

    mode: Mode
    telegram: str
    area_code: str
    area_name: str
    municipality: str
    is_part: bool
    phenomenon: str
    code: str
    title: str
    grade: Grade | None
    level: int | None
    state: State
    issued_at: datetime
    office: str
    condition: str = ""
    change: str = ""
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """That a telegram says all there is about a phenomenon in an area at a moment; without a warning there is none.

    `replaced`: another telegram tells about it better.
    """

    area_code: str
    phenomenon: str
    at: datetime
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Shaking:
    """The greatest intensity (震度) in a municipality: `5-` is 5弱; with `unknown` it has not come in (未入電)."""

    area_code: str
    area_name: str
    municipality: str
    intensity: str
    unknown: bool = False

    @property
    def words(self) -> str:
        """The intensity as people write it."""
        told = self.intensity.replace("-", "弱").replace("+", "強")
        return f"震度{told}以上（未入電）" if self.unknown else f"震度{told}"


@dataclass(frozen=True, slots=True)
class Quake:
    """An earthquake: where, how strong, and what was felt where."""

    event_id: str
    origin_at: datetime | None
    place: str
    magnitude: str
    greatest: str
    comment: str
    shakings: tuple[Shaking, ...]


@dataclass(frozen=True)
class Bulletin:
    """One telegram. `mode` is real for 通常 alone: 訓練 and 試験 are an exercise, and `status` says which.

    `told` says about which areas and phenomena it speaks; `withdrawn` (取消) takes back a telegram without saying what
    holds instead, which a person has to find out.
    """

    file: str
    telegram: str
    mode: Mode
    status: str
    title: str
    headline: str
    info_type: str
    event_id: str
    serial: str
    issued_at: datetime
    control_at: datetime
    office: str
    digest: str
    warnings: tuple[AreaWarning, ...] = ()
    told: tuple[Told, ...] = ()
    quake: Quake | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def withdrawn(self) -> bool:
        """Whether it takes back another telegram."""
        return self.info_type == "取消"

    @property
    def is_test(self) -> bool:
        """Whether it only tries the line (試験)."""
        return self.status == "試験"
