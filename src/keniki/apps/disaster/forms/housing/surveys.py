"""The form of a survey: the fields its hazard, structure and round ask for, read into what the analysis takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from django import forms

from keniki.analysis.damage import COLLAPSED, SUNK_TO
from keniki.apps.regions.fields import DayField
from keniki.apps.regions.policies import today
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import DEGREES, ROUNDINGS, PartWeight

from ...actions.housing.surveys import MAX_REMARK, ROUNDS, SurveyDraft
from ...models import House, HouseSurvey

_CORNERS: Final = ("北西", "北東", "南東", "南西")
_CHOOSE: Final = ("", "選んでください")


@dataclass(frozen=True)
class Asked:
    """What a survey of this house in this round asks for: its parts, and whether their weights have to be typed."""

    hazard: str
    structure: str
    round: str
    parts: tuple[PartWeight, ...]
    weights_known: bool
    question: str = ""
    revised: str = ""

    @property
    def is_self_reported(self) -> bool:
        return ROUNDS.get(self.round) == "self"

    @property
    def is_flood(self) -> bool:
        return self.hazard == "flood"


def asked_of(house: House, round: str, hazard: str = "") -> Asked:
    """What the rules of the house's day ask for."""
    kind: Any = hazard or house.hazard
    survey: Literal["first", "second"] = "second" if ROUNDS.get(round) == "second" else "first"
    structure: Any = house.structure
    day = max(house.struck_on, rules.first_day())
    rule = rules.weights(structure, survey, kind, day)
    named = rule if rule.is_known else rules.weights(structure, "second", kind, day)
    asks = [each.value.text for each in rules.cautions(kind, day) if each.value.asks]
    return Asked(
        kind, structure, round, named.value.parts, rule.is_known, "" if rule.is_known else rule.question,
        asks[0] if asks else "",
    )  # fmt: skip


def _number(label: str, most: float = 10_000, **more: Any) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "class": "num"})
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_value=Decimal(str(most)), max_digits=10,
        decimal_places=3, widget=widget, **more,
    )  # fmt: skip


class SurveyForm(forms.Form):
    """What was seen of a house."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    surveyed_on = DayField(label="調査した日", initial=today)
    assessors = forms.CharField(
        label="調査した職員", max_length=200, help_text="2人以上のときは「、」で区切ります。"
    )
    collapsed = forms.ChoiceField(
        label="一見して倒壊", required=False, choices=[("", "いいえ"), *COLLAPSED.items()]
    )
    remark = forms.CharField(
        label="所見", max_length=MAX_REMARK, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="この欄は暗号化して保存し、保存期限に消去します。",
    )  # fmt: skip

    def __init__(self, *args: Any, house: House, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.house, self.asked = house, asked
        self.initial.setdefault("uid", uuid4())
        self._flood()
        self._ground()
        self._parts()
        self._rest()
        self._self_reported()

    @property
    def groups(self) -> list[tuple[str, list[str]]]:
        """The fields under their legends; those of the parts are a table of their own."""
        flood = ["external_force", "washed_away", "below_floor", "depths", "area_corners"]
        tilt = [f"tilt_{n}" for n in range(4)] + ["plumb_mm", "settlement_m", "sunk_to"]
        groups = [
            ("調査", ["surveyed_on", "assessors"]),
            ("外観", ["collapsed", "washed_away"] if self.asked.is_flood else ["collapsed"]),
            ("浸水", [name for name in flood if name != "washed_away"]),
            ("傾斜・沈下", tilt),
            ("床面積", ["lost_floor"]),
            ("計算の条件", ["rounding", "area_as", "revision_2025_half"]),
            ("自己判定", ["photos", "agreed"]),
            ("所見", ["remark"]),
        ]
        kept = [(legend, [name for name in names if name in self.fields]) for legend, names in groups]
        return [(legend, names) for legend, names in kept if names]

    @property
    def _after(self) -> int:
        """Where the groups begin that come after the table of parts."""
        return [legend for legend, _ in self.groups].index("計算の条件")

    @property
    def before_parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The groups before the table of parts."""
        return [(legend, [self[name] for name in names]) for legend, names in self.groups[: self._after]]

    @property
    def after_parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The groups after it."""
        return [(legend, [self[name] for name in names]) for legend, names in self.groups[self._after :]]

    @property
    def part_rows(self) -> list[dict[str, Any]]:
        """Each part with its fields: by degree, or the foundation's own."""
        rows = []
        for part in self.asked.parts:
            weight = f"weight_{part.key}"
            names = [f"p_{part.key}_{each}" for each in self._part_names(part)]
            rows.append(
                {
                    "part": part,
                    "weight": self[weight] if weight in self.fields else None,
                    "degrees": [] if part.by_length else [self[name] for name in names[:5]],
                    "others": [self[name] for name in (names if part.by_length else names[5:])],
                }
            )
        return rows

    def _part_names(self, part: PartWeight) -> Sequence[str]:
        if part.by_length:
            return ("perimeter_m", "length_m", "cracks", "spalls")
        return (*DEGREES, "loss_percent") if part.by_loss else tuple(DEGREES)

    def _flood(self) -> None:
        if not self.asked.is_flood:
            return
        self.fields["external_force"] = forms.ChoiceField(
            label="外力による損傷", choices=[_CHOOSE, ("yes", "あり"), ("no", "なし（内水など）")],
            help_text="水流や漂流物など、水の力による損傷の有無です。",
        )  # fmt: skip
        self.fields["washed_away"] = forms.BooleanField(label="流失", required=False)
        self.fields["below_floor"] = forms.BooleanField(label="床下浸水", required=False)
        self.fields["depths"] = forms.CharField(
            label="床上の浸水深（m）", required=False, max_length=200,
            help_text="測った値を空白か「、」で区切ります。最も浅い値で判定します。例：0.75　0.82",
        )  # fmt: skip

        if ROUNDS.get(self.asked.round) == "first":
            self.fields["area_corners"] = forms.CharField(
                label="区域のサンプル調査：四隅の住家の床上の浸水深（m）", required=False, max_length=200,
                help_text="区域を一括して判定するときだけ、四隅の住家で測った4つの値を空白で区切って入れます。",
            )  # fmt: skip

    def _ground(self) -> None:
        for n, corner in enumerate(_CORNERS):
            self.fields[f"tilt_{n}"] = _number(f"傾斜　{corner}（mm）")
        self.fields["plumb_mm"] = _number("下げ振りの長さ（mm）", initial=1200)
        if self.asked.structure == "non_wood" and self.asked.hazard == "earthquake":
            self.fields["settlement_m"] = _number("最大沈下量・最大露出量（m）", 50)
        if self.asked.hazard == "liquefaction":
            self.fields["sunk_to"] = forms.ChoiceField(
                label="基礎等の潜り込み", required=False, choices=[("", "調べていない"), *SUNK_TO.items()]
            )

    def _parts(self) -> None:
        self.fields["parts_seen"] = forms.BooleanField(
            label="部位を調べた", required=False,
            help_text="調べて損傷がなかったときも印を付けます。損傷を入力したときは、印がなくても調べたものとします。",
        )  # fmt: skip
        for part in self.asked.parts:
            if not self.asked.weights_known:
                self.fields[f"weight_{part.key}"] = _number(f"{part.name}　構成比（％）", 100)
            for name in self._part_names(part):
                key = f"p_{part.key}_{name}"
                if name in DEGREES:
                    self.fields[key] = _number(f"{part.name}　程度{DEGREES[name]}の割合（％）", 100)
                elif name == "loss_percent":
                    self.fields[key] = _number(f"{part.name}　損害割合（％）", 100)
                elif name.endswith("_m"):
                    word = "外周の長さ" if name == "perimeter_m" else "損傷の長さ"
                    self.fields[key] = _number(f"{part.name}　{word}（m）")
                else:
                    word = "亀裂（幅0.3mm以上）" if name == "cracks" else "剥落"
                    self.fields[key] = forms.IntegerField(
                        label=f"{part.name}　{word}（か所）", required=False, min_value=0, max_value=9999
                    )

    def _rest(self) -> None:
        self.fields["lost_floor"] = _number("損壊した床面積の割合（％）", 100)
        self.fields["rounding"] = forms.ChoiceField(
            label="端数処理", required=False, choices=[("", "規則の既定"), *ROUNDINGS.items()]
        )
        self.fields["area_as"] = forms.ChoiceField(
            label="面積の割合", required=False,
            choices=[("", "測った割合"), ("bands", "調査票の面積率の区分の上限")],
        )  # fmt: skip
        if self.asked.revised:
            self.fields["revision_2025_half"] = forms.ChoiceField(
                label="令和7年7月の改定で加わった半壊の基準に当たるか", required=False,
                choices=[("", "確かめていない"), ("yes", "当たる"), ("no", "当たらない")],
                help_text=self.asked.revised,
            )  # fmt: skip

    def _self_reported(self) -> None:
        if not self.asked.is_self_reported:
            return
        self.fields["photos"] = forms.BooleanField(
            label="申請者の写真で、被害が軽微と確かめた", help_text="写真は、提出した後の画面で追加します。"
        )
        self.fields["agreed"] = forms.BooleanField(
            label="申請者が、準半壊に至らない（一部損壊）とすることに同意した"
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        corners = [data.get(f"tilt_{n}") for n in range(4)]
        if any(each is not None for each in corners) and None in corners:
            empty = corners.index(None)
            if f"tilt_{empty}" not in self.errors:
                self.add_error(f"tilt_{empty}", "傾斜は四隅の4つの値が要ります。")
        for name in ("depths", "area_corners"):
            text = data.get(name) or ""
            data[f"{name}_list"] = text.replace("、", " ").replace(",", " ").replace("，", " ").split()
        return data

    def record(self) -> dict[str, Any]:
        """What was seen, as `read_house` takes it."""
        data = self.cleaned_data
        house = self.house
        seen: dict[str, Any] = {
            "structure": house.structure, "hazard": self.asked.hazard, "storeys": house.storeys,
            "detached": house.detached, "collapsed": data["collapsed"] or None, "rounding": data["rounding"] or None,
            "area_as": data["area_as"] or None, "sunk_to": data.get("sunk_to") or None,
            "settlement_m": _plain(data.get("settlement_m")),
        }  # fmt: skip
        if self.asked.is_flood:
            seen["external_force"] = {"yes": True, "no": False}[data["external_force"]]
            seen["washed_away"] = data["washed_away"] or None
            seen["below_floor"] = data["below_floor"] or None
            seen["depths_above_floor_m"] = data["depths_list"] or None
            seen["area_corners_m"] = data["area_corners_list"] or None
        if data.get("tilt_0") is not None:
            seen["tilt_mm"] = [_plain(data[f"tilt_{n}"]) for n in range(4)]
            seen["plumb_mm"] = _plain(data["plumb_mm"]) if data["plumb_mm"] else None
        if data.get("lost_floor") is not None:
            seen["lost_floor_share"] = _plain(data["lost_floor"] / 100)
        if self.asked.is_self_reported:
            seen |= {"photos": data["photos"], "agreed": data["agreed"]}
        parts = [each for part in self.asked.parts for each in self._damages(part)]
        if parts or data["parts_seen"]:
            seen["parts"] = parts
        weights = {part.key: data.get(f"weight_{part.key}") for part in self.asked.parts}
        typed = {key: _plain(value) for key, value in weights.items() if value is not None}
        if typed and "parts" in seen:
            seen["weights"] = typed
        if data.get("revision_2025_half"):
            seen["revision_2025_half"] = data["revision_2025_half"] == "yes"
        return {key: value for key, value in seen.items() if value is not None}

    def _damages(self, part: PartWeight) -> list[dict[str, Any]]:
        data = self.cleaned_data
        names = self._part_names(part)
        typed = {name: data.get(f"p_{part.key}_{name}") for name in names}
        if part.by_length:
            if not any(typed.values()):
                return []
            return [
                {
                    "part": part.key,
                    **{name: _plain(value) for name, value in typed.items() if value is not None},
                }
            ]
        found: list[dict[str, Any]] = [
            {"part": part.key, "degree": degree, "area": _plain(share / 100)}
            for degree in DEGREES
            if (share := typed[degree])
        ]
        if typed.get("loss_percent"):
            found.append({"part": part.key, "loss_percent": _plain(typed["loss_percent"])})
        return found

    def draft(self) -> SurveyDraft:
        """The survey."""
        data = self.cleaned_data
        return SurveyDraft(
            uid=UUID(str(data["uid"])),
            round=self.asked.round,
            surveyed_on=data["surveyed_on"],
            assessors=data["assessors"],
            record=self.record(),
            remark=data["remark"],
        )

    def field_of(self, column: str) -> str:
        """The field of the form where the analysis names a place of the record (`parts.0.area`)."""
        head, _, rest = column.partition(".")
        if head == "parts" and rest:
            parts = self.record().get("parts", [])
            number = rest.partition(".")[0]
            if number.isdecimal() and int(number) < len(parts):
                found = parts[int(number)]
                name = rest.partition(".")[2]
                key = f"p_{found['part']}_{found.get('degree') or name}"
                if key in self.fields:
                    return key
                return next(
                    (each for each in self.fields if each.startswith(f"p_{found['part']}_")), "parts_seen"
                )
        places = {
            "depths_above_floor_m": "depths", "depth_above_floor_m": "depths", "area_corners_m": "area_corners",
            "lost_floor_share": "lost_floor",
            "parts": "parts_seen", "weights": f"weight_{self.asked.parts[0].key}",
        }  # fmt: skip
        if head == "tilt_mm":
            return f"tilt_{rest}" if f"tilt_{rest}" in self.fields else "tilt_0"
        found_name = places.get(head, head)
        return found_name if found_name in self.fields else ""


def _plain(value: Any) -> str | None:
    """A number as text, exact and without zeros at its end."""
    if value is None:
        return None
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


class SettleForm(forms.Form):
    """A survey is withdrawn with its reason."""

    note = forms.CharField(
        label="取下げの理由", max_length=300, widget=forms.TextInput(attrs={"id": "id_withdraw_note"})
    )


class DecideForm(forms.Form):
    """Which survey counts, who decided it, and everything that was confirmed."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    ticked = forms.MultipleChoiceField(
        label="確認した事項", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="運用指針の本文などで確かめたものに印を付けます。すべてに印がないと決定できません。",
    )  # fmt: skip
    by = forms.CharField(label="決定した者（職・氏名）", max_length=120)
    on = DayField(label="決定した日", initial=today)
    note = forms.CharField(label="決定の理由", max_length=300, required=False)

    def __init__(self, *args: Any, survey: HouseSurvey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = survey.result["needs_confirmation"]
        if asked:
            said = {
                each["rule"]: each["what"]
                + (f"（この規則によらないとき：{each['otherwise']}）" if each["otherwise"] else "")
                for each in asked
            }
            self.fields["ticked"].choices = list(said.items())  # type: ignore[attr-defined]
        else:
            del self.fields["ticked"]


class PhotoForm(forms.Form):
    """A photo of a survey."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label="写真", widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "data-preview": ""}),
        help_text="位置情報などの撮影の記録は、保存する前に取り除きます。",
    )  # fmt: skip
    part = forms.ChoiceField(label="写っている所", required=False)
    caption = forms.CharField(label="説明", max_length=200, required=False)

    def __init__(self, *args: Any, parts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("uid", uuid4())
        self.fields["part"].choices = [("", "全景・その他"), *parts]  # type: ignore[attr-defined]
