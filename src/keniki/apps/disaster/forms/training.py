"""The forms of assessors' training: a session, who takes part, the survey of a case, a file of cases, the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from django import forms

from keniki.analysis.damage.inputs import COLLAPSED, SUNK_TO, House
from keniki.analysis.damage.results import METHODS
from keniki.analysis.damage.training import Case
from keniki.apps.activities.queries import initiatives_of
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.editing import VersionedForm, kept, rows_of
from keniki.apps.regions.models import Municipality, Region
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import DEGREES

from ..actions.training import PersonDraft, SessionDraft
from ..models import TrainingAttempt, TrainingMember, TrainingSession
from ..queries.training import Offered

_MM: Final = {"min_value": 0, "max_value": 10_000, "max_digits": 8, "decimal_places": 2, "required": False}
_M: Final = {"min_value": 0, "max_value": 50, "max_digits": 7, "decimal_places": 3, "required": False}
_CORNERS: Final = ("tilt_1", "tilt_2", "tilt_3", "tilt_4")
#: Fields of a part's row that stand in the survey as they are typed.
_PLAIN: Final = (
    "degree",
    "storey",
    "count",
    "of",
    "perimeter_m",
    "length_m",
    "cracks",
    "spalls",
    "loss_percent",
)


class SessionForm(VersionedForm):
    """A session."""

    title = forms.CharField(label="名称", max_length=160, help_text="例：令和8年度 住家被害認定 合同研修会")
    on = forms.DateField(label="期日", widget=forms.DateInput(attrs={"type": "date"}))
    place = forms.CharField(label="会場", max_length=120, required=False)
    initiative: forms.ModelChoiceField[Initiative] = forms.ModelChoiceField(
        label="活動として記録する取組",
        queryset=None,
        required=False,
        empty_label="（活動に記録しない）",
        help_text="選ぶと、終了したときに、回数と市町村ごとの参加者数が活動と年次報告に入ります。",
    )
    shown = forms.ChoiceField(
        label="採点を示すとき",
        choices=TrainingSession.Shown.choices,
        initial=TrainingSession.Shown.AT_END,
        help_text="すぐ示すときは、出した答えを後で変えられません。",
    )
    cases = forms.MultipleChoiceField(label="事例", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, region: Region, cases: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [each.pk for each in initiatives_of(region)]
        self.fields["initiative"].queryset = Initiative.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        self.fields["cases"].choices = list(cases)  # type: ignore[attr-defined]

    def draft(self) -> SessionDraft:
        """The session that was typed."""
        data = self.cleaned_data
        return SessionDraft(
            data["title"], data["on"], tuple(data["cases"]), data["place"], data["initiative"], data["shown"]
        )


def case_choices(offered: Sequence[Offered], session: TrainingSession | None) -> list[tuple[str, str]]:
    """The cases that can be chosen; what a session has stays, also where the region's own is gone."""
    found = {each.case.key: f"{each.case.title}（{each.about}）" for each in offered}
    for each in session.cases if session is not None else ():
        found.setdefault(each["key"], each["title"])
    return list(found.items())


def session_initial(session: TrainingSession | None) -> dict[str, Any]:
    """The values a session's form begins with."""
    if session is None:
        return {}
    names = ("title", "on", "place", "initiative", "shown", "version")
    return {name: getattr(session, name) for name in names} | {
        "cases": [each["key"] for each in session.cases]
    }


class PersonRow(forms.Form):
    """Somebody without an account."""

    number = forms.IntegerField(required=False, widget=forms.HiddenInput)
    town = forms.ChoiceField(label="市町村", required=False)
    name = forms.CharField(label="氏名", max_length=120, required=False)

    def __init__(self, *args: Any, towns: Mapping[str, Municipality], outside: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = [("", "圏域外の方")] if outside else []
        self.fields["town"].choices = [  # type: ignore[attr-defined]
            *first,
            *((code, town.name) for code, town in towns.items()),
        ]


def people_rows(
    data: Any, members: Sequence[TrainingMember], towns: Mapping[str, Municipality], *, outside: bool
) -> Any:
    """A row for everybody without an account, and empty ones."""
    initial = [
        {
            "number": each.number,
            "town": each.municipality.code if each.municipality else "",
            "name": each.name,
        }
        for each in members
    ]
    return rows_of(PersonRow, data, "people", initial, extra=5, towns=towns, outside=outside)


def people_in(rows: Any, towns: Mapping[str, Municipality]) -> list[PersonDraft]:
    """The people who were typed."""
    return [
        PersonDraft(row["name"], towns.get(row["town"]), row.get("number"))
        for row in kept(rows)
        if row.get("name")
    ]


class SeenForm(VersionedForm):
    """What is seen of a house: only what its kind and hazard have."""

    washed_away = forms.BooleanField(label="流失している", required=False)
    below_floor = forms.BooleanField(label="床下浸水", required=False)
    depths = forms.CharField(
        label="床上の浸水深（m）",
        max_length=120,
        required=False,
        help_text="判定に使う深さ。いくつか測ったときは「、」で区切ります。例：1.05、0.98",
    )
    collapsed = forms.ChoiceField(
        label="倒壊", required=False, choices=[("", "倒壊していない"), *COLLAPSED.items()]
    )
    tilt_1 = forms.DecimalField(label="傾斜 1つ目の隅（mm）", **_MM)  # type: ignore[arg-type]
    tilt_2 = forms.DecimalField(label="傾斜 2つ目の隅（mm）", **_MM)  # type: ignore[arg-type]
    tilt_3 = forms.DecimalField(label="傾斜 3つ目の隅（mm）", **_MM)  # type: ignore[arg-type]
    tilt_4 = forms.DecimalField(label="傾斜 4つ目の隅（mm）", **_MM)  # type: ignore[arg-type]
    settlement_m = forms.DecimalField(label="最大沈下量（m）", **_M)  # type: ignore[arg-type]
    sunk_to = forms.ChoiceField(
        label="潜り込み", required=False, choices=[("", "測っていない"), *SUNK_TO.items()]
    )
    lost_floor_percent = forms.DecimalField(
        label="損壊した床面積の割合（％）", min_value=0, max_value=100, decimal_places=2, required=False
    )
    revision_2025_half = forms.TypedChoiceField(
        label="令和7年7月の改定の半壊の基準に当たるか",
        required=False,
        choices=[("", "確かめていない"), ("yes", "当たる"), ("no", "当たらない")],
        coerce=lambda value: value == "yes",
        empty_value=None,
    )
    undamaged = forms.BooleanField(
        label="部位を調べ、どこにも損傷がなかった",
        required=False,
        help_text="部位を調べずに判定が終わるときは、選ばずに下の欄も空けておきます。",
    )

    def __init__(self, *args: Any, house: House, parts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gone = set()
        if house.hazard != "flood":
            gone |= {"washed_away", "below_floor", "depths"}
        elif not house.external_force:
            gone |= {"washed_away"}
        if house.hazard != "liquefaction":
            gone |= {"sunk_to"}
        if house.structure != "non_wood" or house.hazard != "earthquake":
            gone |= {"settlement_m"}
        if not any(rule.value.asks for rule in rules.cautions(house.hazard, house.date)):
            gone |= {"revision_2025_half"}
        if not parts:
            gone |= {"undamaged"}
        for name in gone:
            del self.fields[name]
        self.plumb = house.plumb_mm

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = [name for name in _CORNERS if data.get(name) is not None]
        if given and len(given) != len(_CORNERS):
            empty = next(name for name in _CORNERS if data.get(name) is None)
            if empty not in self.errors:
                self.add_error(empty, "傾斜は四隅の4つの値を入力してください。")
        text = (data.get("depths") or "").replace("，", "、").replace(",", "、")
        parts = [part.strip() for part in text.split("、") if part.strip()]
        if len(parts) > 20:
            self.add_error("depths", "浸水深は20か所までにしてください。")
        data["depth_list"] = parts
        return data


class AnswerForm(SeenForm):
    """What an assessor finds in a case. Nothing is reckoned meanwhile."""

    class_key = forms.ChoiceField(label="判定した区分", widget=forms.RadioSelect)
    percent = forms.DecimalField(
        label="損害割合の合計（％）",
        min_value=0,
        max_value=1000,
        max_digits=7,
        decimal_places=3,
        required=False,
        help_text="調査票に書いた値。部位で判定しないときは空欄にします。",
    )
    method = forms.ChoiceField(
        label="判定の方法", required=False, choices=[("", "選んでください"), *METHODS.items()]
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, house=case.house, parts=parts_of(case), **kwargs)
        self.fields["class_key"].choices = [  # type: ignore[attr-defined]
            (row.key, row.name) for row in case.answer.classes.rows
        ]


class PartRow(forms.Form):
    """Damage of a part; the columns that do not fit the part stay empty."""

    part = forms.ChoiceField(label="部位", required=False)
    degree = forms.ChoiceField(
        label="程度",
        required=False,
        choices=[("", "―"), *((key, f"程度{name}") for key, name in DEGREES.items())],
    )
    area = forms.DecimalField(
        label="損傷の割合（％）", min_value=0, max_value=100, decimal_places=3, required=False
    )
    count = forms.IntegerField(label="損傷した数", min_value=0, max_value=100_000, required=False)
    of = forms.IntegerField(label="全体の数", min_value=1, max_value=100_000, required=False)
    perimeter_m = forms.DecimalField(
        label="基礎の外周（m）", min_value=0, max_value=10_000, decimal_places=2, required=False
    )
    length_m = forms.DecimalField(
        label="損傷した長さ（m）", min_value=0, max_value=10_000, decimal_places=2, required=False
    )
    cracks = forms.IntegerField(label="亀裂（か所）", min_value=0, max_value=10_000, required=False)
    spalls = forms.IntegerField(label="剥落（か所）", min_value=0, max_value=10_000, required=False)
    loss_percent = forms.DecimalField(
        label="調査票にある損害割合（％）", min_value=0, max_value=100, decimal_places=3, required=False
    )
    storey = forms.IntegerField(label="階", min_value=1, max_value=60, required=False)
    written = forms.DecimalField(
        label="計算した損害割合（％）", min_value=0, max_value=1000, decimal_places=3, required=False
    )

    def __init__(self, *args: Any, parts: Sequence[tuple[str, str]], storeys: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [("", "選んでください"), *parts]  # type: ignore[attr-defined]
        if storeys == 1:
            del self.fields["storey"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        filled = any(data.get(name) not in (None, "") for name in (*_PLAIN, "area", "written"))
        if filled and not data.get("part") and "part" not in self.errors:
            self.add_error("part", "部位を選んでください。")
        return data


def parts_of(case: Case) -> list[tuple[str, str]]:
    """The parts a case's survey has, with their names: none where only short ways are known."""
    if case.answer.parts:
        return [(part.key, part.name) for part in case.answer.parts]
    return parts_for(case.house)


def parts_for(house: House) -> list[tuple[str, str]]:
    """The parts of a kind of house, hazard and survey, with their names: none where their weights are not known."""
    survey: Literal["first", "second"] = "second" if house.survey == "second" else "first"
    if house.survey == "self":
        return []
    rule = rules.weights(house.structure, survey, house.hazard, house.date)
    return [(part.key, part.name) for part in rule.value.parts] if rule.is_known else []


def part_rows(data: Any, case: Case, attempt: TrainingAttempt | None) -> Any:
    """The parts that were entered, and empty rows."""
    given: Mapping[str, Any] = attempt.given if attempt is not None else {}
    initial = rows_initial(given.get("survey") or {}, given.get("losses") or {})
    return rows_for(PartRow, data, initial, parts_of(case), case.house.storeys)


def rows_for(
    row: type[PartRow],
    data: Any,
    initial: list[dict[str, Any]],
    parts: Sequence[tuple[str, str]],
    storeys: int,
) -> Any:
    """The rows of `initial`, and empty ones."""
    extra = max(3, len(parts)) if not initial else 2
    return rows_of(row, data, "parts", initial, extra=extra, parts=parts, storeys=storeys)


def rows_initial(survey: Mapping[str, Any], losses: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values the rows of parts begin with; `losses` are what somebody wrote for each part."""
    initial, left = [], dict(losses)
    for each in survey.get("parts") or ():
        row = {name: each.get(name) for name in _PLAIN} | {"part": each["part"]}
        if each.get("area") is not None:
            row["area"] = Decimal(str(each["area"])) * 100
        row["written"] = left.pop(each["part"], None)
        initial.append(row)
    return initial + [{"part": part, "written": written} for part, written in left.items()]


def given_in(form: AnswerForm, rows: Any | None) -> tuple[dict[str, Any], list[int]]:
    """What was typed in the form `score` reads, and for each part in it the number of its row."""
    data = form.cleaned_data
    survey, losses, places = seen_in(form, rows)
    given: dict[str, Any] = {"class": data["class_key"]}
    if survey:
        given["survey"] = survey
    if data.get("percent") is not None:
        given["percent"] = str(data["percent"])
    if losses:
        given["losses"] = losses
    if data.get("method"):
        given["method"] = data["method"]
    return given, places


def seen_in(form: SeenForm, rows: Any | None) -> tuple[dict[str, Any], dict[str, str], list[int]]:
    """What was seen as `read_house` takes it, what was written for each part, for each part the number of its row."""
    data = form.cleaned_data
    survey: dict[str, Any] = {}
    for name in ("washed_away", "below_floor"):
        if data.get(name):
            survey[name] = True
    for name in ("collapsed", "sunk_to"):
        if data.get(name):
            survey[name] = data[name]
    if data.get("depth_list"):
        survey["depths_above_floor_m"] = data["depth_list"]
    if data.get("settlement_m") is not None:
        survey["settlement_m"] = str(data["settlement_m"])
    if data.get("lost_floor_percent") is not None:
        survey["lost_floor_share"] = str(data["lost_floor_percent"] / 100)
    if data.get("revision_2025_half") is not None:
        survey["revision_2025_half"] = data["revision_2025_half"]
    if data.get(_CORNERS[0]) is not None:
        survey["tilt_mm"] = [str(data[name]) for name in _CORNERS]
        if form.plumb != 1200:
            survey["plumb_mm"] = str(form.plumb)
    parts: list[dict[str, Any]] = []
    places: list[int] = []
    losses: dict[str, str] = {}
    for place, each in enumerate(rows.forms if rows is not None else ()):
        row = each.cleaned_data
        if not row.get("part") or row.get("DELETE"):
            continue
        if row.get("written") is not None:
            losses[row["part"]] = str(row["written"])
        part = {name: _plain(row[name]) for name in _PLAIN if row.get(name) not in (None, "")}
        if row.get("area") is not None:
            part["area"] = str(row["area"] / 100)
        if part:
            parts.append({"part": row["part"], **part})
            places.append(place)
    if parts or data.get("undamaged"):
        survey["parts"] = parts
    return survey, losses, places


def answer_initial(attempt: TrainingAttempt | None) -> dict[str, Any]:
    """The values the form of an answer begins with."""
    if attempt is None:
        return {}
    given: dict[str, Any] = attempt.given
    return seen_initial(given.get("survey") or {}) | {
        "class_key": given.get("class"),
        "percent": given.get("percent"),
        "method": given.get("method"),
        "version": attempt.version,
    }


def seen_initial(survey: Mapping[str, Any]) -> dict[str, Any]:
    """The values the fields of what was seen begin with."""
    names = ("washed_away", "below_floor", "collapsed", "sunk_to", "settlement_m")
    half = survey.get("revision_2025_half")
    share = survey.get("lost_floor_share")
    depths = survey.get("depths_above_floor_m") or ()
    if not depths and survey.get("depth_above_floor_m") is not None:
        depths = (survey["depth_above_floor_m"],)
    return (
        {name: survey.get(name) for name in names}
        | dict(zip(_CORNERS, survey.get("tilt_mm") or (), strict=False))
        | {
            "depths": "、".join(str(each) for each in depths),
            "lost_floor_percent": Decimal(str(share)) * 100 if share is not None else None,
            "revision_2025_half": "" if half is None else "yes" if half else "no",
            "undamaged": survey.get("parts") == [],
        }
    )


class CaseFileForm(forms.Form):
    """A file of cases."""

    file = forms.FileField(
        label="事例のファイル（JSON）", widget=forms.FileInput(attrs={"accept": ".json,application/json"})
    )


class CloseForm(VersionedForm):
    """The end of a session."""

    evaluation = forms.CharField(
        label="講評", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
