"""CAP 1.2 out (OASIS Common Alerting Protocol): evacuation orders, shelters, warning levels as alerts for machines.

The status follows from the mode and from nothing else: `exercise` is Exercise, `real` is Actual. In an exercise every
text begins with 【訓練】, the note names the exercise, and no message refers to one of the other mode. No Japanese
profile of CAP is followed: which order gets which urgency, severity and response is Keniki's choice (`GRADES`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, Literal, TypeAlias
from xml.etree import ElementTree as Tree

from keniki.analysis.merging.events import MODES, Mode
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit
from keniki.rulebooks.disaster.law import order

MessageType: TypeAlias = Literal["Alert", "Update", "Cancel"]
OrderKey: TypeAlias = Literal["elderly", "evacuate", "safety", "lifted"]
Point: TypeAlias = tuple[float, float]

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
JST: Final = timezone(timedelta(hours=9))
STATUS: Final[dict[Mode, str]] = {"exercise": "Exercise", "real": "Actual"}
#: What a geocode's value is: the six digits of 全国地方公共団体コード.
GEOCODE: Final = "全国地方公共団体コード"
#: The category by the cause of the incident.
CATEGORIES: Final[dict[str, str]] = {
    **dict.fromkeys(("flood", "inland_flood", "storm_surge", "snow", "wind"), "Met"),
    **dict.fromkeys(("landslide", "earthquake", "tsunami", "volcano"), "Geo"),
    "fire": "Fire",
    "outage": "Infra",
}


@dataclass(frozen=True, slots=True)
class Grade:
    """How CAP grades an event: responseType, urgency, severity, certainty."""

    response: str
    urgency: str
    severity: str
    certainty: str


#: Keniki's choice by what is told; 1 to 5 are warning levels (警戒レベル).
GRADES: Final[dict[str | int, Grade]] = {
    "elderly": Grade("Prepare", "Expected", "Severe", "Likely"),
    "evacuate": Grade("Evacuate", "Immediate", "Severe", "Likely"),
    "safety": Grade("Shelter", "Immediate", "Extreme", "Observed"),
    "lifted": Grade("AllClear", "Past", "Minor", "Observed"),
    "open": Grade("Shelter", "Expected", "Moderate", "Observed"),
    "full": Grade("Avoid", "Expected", "Moderate", "Observed"),
    "closed": Grade("None", "Past", "Minor", "Observed"),
    1: Grade("Monitor", "Future", "Minor", "Possible"),
    2: Grade("Monitor", "Future", "Moderate", "Possible"),
    3: Grade("Prepare", "Expected", "Severe", "Likely"),
    4: Grade("Evacuate", "Immediate", "Severe", "Likely"),
    5: Grade("Shelter", "Immediate", "Extreme", "Observed"),
}


@dataclass(frozen=True, slots=True)
class Area:
    """Where an alert holds: a name, codes of municipalities (six digits), closed rings of (longitude, latitude).

    CAP knows no holes: who has a polygon with holes gives its outer ring.
    """

    name: str
    codes: tuple[str, ...] = ()
    rings: tuple[tuple[Point, ...], ...] = ()

    def __post_init__(self) -> None:
        _text(self.name, "areaDesc", needed=True)
        for code in self.codes:
            if not (len(code) == 6 and code.isdecimal() and check_digit(code[:5]) == code[5]):
                raise WrongInput(
                    f"「{code[:20]}」は6桁の団体コードではありません。区域「{self.name}」のコードを直してください。",
                    column="geocode",
                )
        for ring in self.rings:
            _check_ring(ring, self.name)


@dataclass(frozen=True, slots=True)
class Info:
    """What an alert says, for all of its areas; `parameters` are pairs of our own names and values."""

    category: str
    event: str
    grade: Grade
    headline: str
    areas: tuple[Area, ...]
    sender_name: str = ""
    description: str = ""
    instruction: str = ""
    effective: datetime | None = None
    expires: datetime | None = None
    web: str = ""
    contact: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.areas:
            raise WrongInput(
                f"「{self.event}」の区域がありません。対象の区域を選んでください。", column="area"
            )
        for name in ("event", "headline"):
            _text(getattr(self, name), name, needed=True)
        for name in ("sender_name", "description", "instruction", "web", "contact"):
            _text(getattr(self, name), name)
        if self.web and not _WEB.fullmatch(self.web):
            raise WrongInput(
                f"「{self.web[:60]}」はアドレスではありません。http:// か https:// で始めてください。",
                column="web",
            )
        for label, value in (*self.codes, *self.parameters):
            _text(label, "valueName", needed=True)
            _text(value, "value")
        if self.effective is not None and self.expires is not None and self.expires <= self.effective:
            raise WrongInput("有効期限が効力の始まりより前です。日時を確かめてください。", column="expires")


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message: what CAP names it by, and its mode, which CAP does not say."""

    sender: str
    identifier: str
    sent: datetime
    mode: Mode

    @property
    def written(self) -> str:
        """As `references` has it: sender,identifier,sent."""
        return f"{self.sender},{self.identifier},{_moment(self.sent)}"


@dataclass(frozen=True, slots=True)
class Alert:
    """A message: `exercise_name` is the name of the exercise, empty for a real incident.

    WrongInput for what would be no CAP 1.2, and for anything that would mix an exercise with reality.
    """

    identifier: str
    sender: str
    sent: datetime
    mode: Mode
    infos: tuple[Info, ...]
    message_type: MessageType = "Alert"
    exercise_name: str = ""
    incidents: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if self.mode not in STATUS:
            raise WrongInput(
                "訓練か実災害かが決まっていません。事案の区分を確かめてください。", column="mode"
            )
        for name in ("identifier", "sender"):
            _plain(getattr(self, name), name)
        for incident in self.incidents:
            _plain(incident, "incidents")
        _moment(self.sent)
        _text(self.note, "note")
        self._check_mode()
        if (self.message_type == "Alert") == bool(self.references):
            raise WrongInput(
                "更新と取消には先の電文への参照を付け、新しい電文には付けないでください。",
                column="references",
            )
        if not self.infos and self.message_type != "Cancel":
            raise WrongInput("電文に伝える内容（info）がありません。", column="info")

    def _check_mode(self) -> None:
        if (self.mode == "exercise") != bool(self.exercise_name.strip()):
            raise WrongInput(
                "訓練の電文には訓練の名称を付け、実災害の電文には付けないでください。", column="note"
            )
        _text(self.exercise_name, "note")
        other = next((each for each in self.references if each.mode != self.mode), None)
        if other is not None:
            raise WrongInput(
                f"{MODES[self.mode]}の電文から{MODES[other.mode]}の電文「{other.identifier}」は参照できません。",
                column="references",
            )

    @property
    def status(self) -> str:
        """Exercise or Actual, by the mode."""
        return STATUS[self.mode]

    @property
    def reference(self) -> Reference:
        """How a later message refers to this one."""
        return Reference(self.sender, self.identifier, self.sent, self.mode)

    def updated(self, identifier: str, sent: datetime, infos: Iterable[Info]) -> Alert:
        """The message that takes this one's place: same mode and incident, referring to all before it."""
        return self._following("Update", identifier, sent, tuple(infos))

    def cancelled(self, identifier: str, sent: datetime, note: str, infos: Iterable[Info] = ()) -> Alert:
        """The message that takes this one back, with the reason as its note."""
        return replace(self._following("Cancel", identifier, sent, tuple(infos)), note=note)

    def _following(
        self, kind: MessageType, identifier: str, sent: datetime, infos: tuple[Info, ...]
    ) -> Alert:
        if self.message_type == "Cancel":
            raise WrongInput("取り消した電文は更新できません。新しい電文を作ってください。", column="msgType")
        if sent <= self.sent:
            raise WrongInput(
                "先の電文より前の日時では更新も取消もできません。日時を確かめてください。", column="sent"
            )
        if identifier in {self.identifier, *(each.identifier for each in self.references)}:
            raise WrongInput("先の電文と同じ番号は使えません。", column="identifier")
        references = (*self.references, self.reference)
        return replace(
            self,
            message_type=kind,
            identifier=identifier,
            sent=sent,
            infos=infos,
            references=references,
            note="",
        )


def order_info(
    key: OrderKey,
    areas: Sequence[Area],
    *,
    town: str,
    cause: str,
    at: datetime,
    reason: str = "",
    instruction: str = "",
) -> Info:
    """An evacuation order (避難情報) that the mayor of `town` issued `at`; Keniki only passes it on."""
    codes: tuple[tuple[str, str], ...] = ()
    event, basis = "避難情報の解除", ""
    if key != "lifted":
        rule = order(key, _moment_day(at)).value
        event, basis, codes = rule.name, rule.basis, (("警戒レベル", str(rule.level)),)
    what = f"{event}（警戒レベル{codes[0][1]}）" if codes else event
    named = "、".join(area.name for area in areas)
    said = f"{town}長が{what}を" + ("行いました。" if key == "lifted" else "発令しました。")
    return Info(
        category=CATEGORIES.get(cause, "Safety"),
        event=event,
        grade=_graded(key),
        headline=f"{town} {what} {named}"[:160],
        areas=tuple(areas),
        sender_name=town,
        description=f"{said}対象：{named}。" + (f"理由：{reason}" if reason else ""),
        instruction=instruction,
        effective=at,
        codes=codes,
        parameters=(("発令者", f"{town}長"), *((("根拠", basis),) if basis else ())),
    )


def shelter_info(
    state: Literal["open", "full", "closed"],
    shelter: str,
    area: Area,
    *,
    town: str,
    cause: str,
    at: datetime,
    note: str = "",
) -> Info:
    """That a shelter was opened, is full or was closed."""
    said = {"open": "開設", "full": "満員", "closed": "閉鎖"}[state]
    return Info(
        category=CATEGORIES.get(cause, "Safety"),
        event=f"避難所の{said}",
        grade=_graded(state),
        headline=f"{town} 避難所の{said} {shelter}"[:160],
        areas=(area,),
        sender_name=town,
        description=f"{shelter}：{said}。" + note,
        effective=at,
        parameters=(("避難所", shelter),),
    )


def level_info(level: int, area: Area, *, town: str, cause: str, at: datetime, words: str = "") -> Info:
    """The warning level (警戒レベル) of a town: 1 to 5."""
    if level not in range(1, 6):
        raise WrongInput(f"警戒レベル{level}はありません。1～5にしてください。", column="警戒レベル")
    return Info(
        category=CATEGORIES.get(cause, "Safety"),
        event=f"警戒レベル{level}",
        grade=_graded(level),
        headline=f"{town} 警戒レベル{level}",
        areas=(area,),
        sender_name=town,
        description=words,
        effective=at,
        codes=(("警戒レベル", str(level)),),
    )


def rings_of(geometry: Mapping[str, Any]) -> tuple[tuple[Point, ...], ...]:
    """The outer rings of a GeoJSON Polygon or MultiPolygon, as an area takes them.

    >>> len(rings_of({"type": "Polygon", "coordinates": [[[141, 43], [142, 43], [142, 44], [141, 43]]]})[0])
    4
    """
    if geometry["type"] == "Polygon":
        polygons = [geometry["coordinates"]]
    elif geometry["type"] == "MultiPolygon":
        polygons = geometry["coordinates"]
    else:
        raise WrongInput(
            f"形の種類「{geometry['type']}」は区域にできません。面の形にしてください。", column="polygon"
        )
    return tuple(tuple((float(x), float(y)) for x, y, *_ in polygon[0]) for polygon in polygons)


def write(alert: Alert) -> bytes:
    """The message as an XML document in UTF-8, its elements in the order CAP 1.2 has them."""
    root = Tree.Element("alert", {"xmlns": NAMESPACE})
    put = _putter(root)
    put("identifier", alert.identifier)
    put("sender", alert.sender)
    put("sent", _moment(alert.sent))
    put("status", alert.status)
    put("msgType", alert.message_type)
    put("scope", "Public")
    put("note", _note(alert))
    put("references", " ".join(each.written for each in alert.references))
    put("incidents", " ".join(alert.incidents))
    for info in alert.infos:
        _write_info(Tree.SubElement(root, "info"), info, alert)
    Tree.indent(root)
    written: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def marked(text: str, mode: Mode) -> str:
    """The text, with 【訓練】 in front in an exercise.

    >>> marked("避難指示", "exercise"), marked("避難指示", "real")
    ('【訓練】避難指示', '避難指示')
    """
    if mode == "real" or not text:
        return text
    return text if text.startswith(_EXERCISE) else f"{_EXERCISE}{text}"


_EXERCISE: Final = "【訓練】"
_WEB: Final = re.compile(r"https?://[!-~]+")
_UNSAFE: Final = re.compile(r"[\s,<&]")
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _note(alert: Alert) -> str:
    if alert.mode == "real":
        return alert.note
    told = f"{_EXERCISE}これは訓練です。訓練の名称：{alert.exercise_name}。"
    return told + alert.note


def _write_info(element: Tree.Element, info: Info, alert: Alert) -> None:
    put = _putter(element)
    put("language", "ja-JP")
    put("category", info.category)
    put("event", marked(info.event, alert.mode))
    put("responseType", info.grade.response)
    put("urgency", info.grade.urgency)
    put("severity", info.grade.severity)
    put("certainty", info.grade.certainty)
    for name, value in info.codes:
        _pair(element, "eventCode", name, value)
    put("effective", "" if info.effective is None else _moment(info.effective))
    put("expires", "" if info.expires is None else _moment(info.expires))
    put("senderName", info.sender_name)
    put("headline", marked(info.headline, alert.mode))
    put("description", marked(info.description, alert.mode))
    put("instruction", marked(info.instruction, alert.mode))
    put("web", info.web)
    put("contact", info.contact)
    _pair(element, "parameter", "区分", MODES[alert.mode])
    for name, value in info.parameters:
        _pair(element, "parameter", name, value)
    for area in info.areas:
        _write_area(Tree.SubElement(element, "area"), area, alert.mode)


def _write_area(element: Tree.Element, area: Area, mode: Mode) -> None:
    put = _putter(element)
    put("areaDesc", marked(area.name, mode))
    for ring in area.rings:
        put("polygon", " ".join(f"{north:.6f},{east:.6f}" for east, north in ring))
    for code in area.codes:
        _pair(element, "geocode", GEOCODE, code)


def _putter(parent: Tree.Element) -> Any:
    def put(name: str, text: str) -> None:
        if text:
            Tree.SubElement(parent, name).text = text

    return put


def _pair(parent: Tree.Element, name: str, label: str, value: str) -> None:
    element = Tree.SubElement(parent, name)
    Tree.SubElement(element, "valueName").text = label
    Tree.SubElement(element, "value").text = value


def _graded(key: str | int) -> Grade:
    return GRADES[key]


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise WrongInput("日時に時差がありません。時差の付いた日時にしてください。", column="sent")
    return at.astimezone(JST).isoformat(timespec="seconds")


def _moment_day(at: datetime) -> date:
    _moment(at)
    return at.astimezone(JST).date()


def _plain(text: str, column: str) -> None:
    """CAP's rule for identifiers: no spaces, commas, < and &."""
    _text(text, column, needed=True)
    if _UNSAFE.search(text):
        raise WrongInput(f"「{text[:40]}」に空白、読点（,）、<、& は使えません。", column=column)


def _text(text: str, column: str, *, needed: bool = False) -> None:
    if needed and not text.strip():
        raise WrongInput("空のままでは電文にできません。入力してください。", column=column)
    if _NO_XML.search(text):
        raise WrongInput("電文に書けない制御文字があります。取り除いてください。", column=column)


def _check_ring(ring: Sequence[Point], name: str) -> None:
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise WrongInput(
            f"区域「{name}」の境界線が閉じていません。始まりと終わりを同じ地点にし、4点以上にしてください。",
            column="polygon",
        )
    if not all(-180 <= east <= 180 and -90 <= north <= 90 for east, north in ring):
        raise WrongInput(
            f"区域「{name}」に範囲の外の座標があります。経度、緯度の順にしてください。", column="polygon"
        )
