"""Forms of programmes: what is asked of the rules, what answers them, what people supply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.fields import AmountField, DayField, NumberField
from keniki.apps.regions.models import Municipality, Region, RegionProgramme
from keniki.apps.regions.policies import edit_shared, first_day_to_finish, today, town_post
from keniki.apps.regions.queries import former_members, members_between, members_on
from keniki.core.fiscal_year import FiscalYear, format_table_with_western
from keniki.rulebooks.loader import Part
from keniki.rulebooks.programmes import policy_fields

from . import naming
from .actions import AnswerDraft, ClaimDraft, FactDraft, StepDraft
from .asking import Asking
from .calculating import CALCULATORS
from .funding.sheets import ROLES
from .models import Answer, CityFact, PlanStep, RevenueClaim

PROGRAMMES = (
    ("teiju", "定住自立圏"),
    ("renkei", "連携中枢都市圏"),
    ("hokkaido", "広域連携加速化事業（北海道）"),
)
_YES_NO = (("", "（未確認）"), ("yes", "はい"), ("no", "いいえ"))
_TRUTH = {"yes": True, "no": False}


class ProcedureForm(forms.Form):
    """Which procedure, and the day it is counted from."""

    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)
    start = DayField(label="起点の日")


def day_of(typed: object) -> date:
    """The day typed, today where it is none."""
    try:
        found: date = DayField().clean(typed)
    except forms.ValidationError:
        return today()
    return found


class EligibilityForm(forms.Form):
    """The question."""

    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)
    city = forms.ChoiceField(label="市")
    date = DayField(label="判定する日")
    census = forms.TypedChoiceField(label="国勢調査", required=False, coerce=int, empty_value=None)

    def __init__(
        self, *args: Any, cities: Sequence[tuple[str, str]], censuses: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(year), f"{year}年") for year in censuses]
        _choose(self, "city", cities)
        _choose(self, "census", [("", "要綱が指す国勢調査"), *known])


class AnswerForm(forms.Form):
    """An answer to one rule: a field for each of its parts, the legal basis, and the days it holds."""

    legal_basis = forms.CharField(
        label="根拠",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="値を確かめた条文、省令、通知、照会の回答などを、あとから確かめられるように書きます。",
    )
    valid_from = DayField(label="いつから")
    valid_to = DayField(label="いつまで", required=False, help_text="続いているときは空欄にします。")
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(
        self, *args: Any, rule: Asking, answer: Answer | None = None, operator: bool = False, **kwargs: Any
    ) -> None:
        self.rule = rule
        kwargs.setdefault("initial", _answer_initial(rule, answer))
        super().__init__(*args, **kwargs)
        own = {self._name(number): _part_field(part) for number, part in enumerate(rule.ask.parts)}
        if operator and answer is None:
            own["scope"] = forms.ChoiceField(
                label="どこで使うか",
                choices=[("region", "この圏域"), ("everybody", "すべての圏域")],
                help_text="すべての圏域に共通の回答は、圏域の回答がない期間に使われます。",
            )
        self.fields = {**own, **self.fields}

    @property
    def for_everybody(self) -> bool:
        """Whether the operator answers for all regions."""
        return self.cleaned_data.get("scope") == "everybody"

    def draft(self) -> AnswerDraft:
        data = self.cleaned_data
        return AnswerDraft(
            self.rule.parameter,
            {
                part.field: str(data[self._name(number)])
                for number, part in enumerate(self.rule.ask.parts)
                if data.get(self._name(number)) is not None
            },
            data["legal_basis"],
            data["valid_from"],
            data["valid_to"],
            data["note"],
        )

    @staticmethod
    def _name(number: int) -> str:
        return f"part-{number}"


class FactForm(forms.Form):
    """A fact of a city: the fields of its kind, and where it was read."""

    municipality = forms.TypedChoiceField(label="市", coerce=int)
    use = forms.ChoiceField(label="利用", choices=CityFact.Use.choices, widget=forms.RadioSelect)
    figure = forms.CharField(
        label="数値", max_length=200, help_text="例：隣の町の通院者の32.5％（令和3年）、平日の買物の41％"
    )
    second = forms.TypedChoiceField(label="もう1市", coerce=int)
    adjacent = forms.ChoiceField(label="2市は隣接しているか", choices=_YES_NO, required=False)
    minutes = NumberField(label="2市間の所要時間（分）", required=False, below=Decimal(10_000))
    kilometres = NumberField(label="2市間の距離（km）", required=False, below=Decimal(10_000))
    integrated = forms.ChoiceField(
        label="要綱の距離等の条件を満たすことを確かめたか", choices=_YES_NO, required=False
    )
    former_name = forms.CharField(label="旧市町村の名称", max_length=60)
    census = forms.IntegerField(label="国勢調査の年", min_value=1920, max_value=2150)
    day_population = forms.IntegerField(label="昼間人口（人）", min_value=0, max_value=10**8)
    night_population = forms.IntegerField(label="夜間人口（人）", min_value=1, max_value=10**8)
    programme = forms.ChoiceField(label="制度", choices=RegionProgramme.Programme.choices)
    valid_from = DayField(label="いつから", required=False)
    basis = forms.CharField(label="出典・根拠", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(
        self, *args: Any, region: Region, kind: str, fact: CityFact | None = None, **kwargs: Any
    ) -> None:
        self.kind = kind
        kwargs.setdefault("initial", _fact_initial(fact))
        super().__init__(*args, **kwargs)
        self.fields = {
            name: field
            for name, field in self.fields.items()
            if name in ("municipality", "basis", "note", *_OF_KIND[kind])
        }
        towns = [row.municipality for row in members_on(region)]
        for own in (fact.municipality, fact.second) if fact is not None else ():
            if own is not None and own not in towns:
                towns.append(own)
        self.towns = {town.pk: town for town in towns}
        cities = [(town.pk, town.name) for town in towns if town.kind not in ("town", "village")]
        _choose(self, "municipality", cities)
        if "second" in self.fields:
            _choose(self, "second", [("", "選んでください"), *cities])
        if kind == CityFact.Kind.RECOGNITION:
            self.fields["basis"].label = "根拠"
            self.fields["basis"].help_text = "認定の根拠となる要綱の条項、通知、照会の回答を書きます。"

    def draft(self) -> FactDraft:
        data = self.cleaned_data
        plain = {
            name: data[name]
            for name in self.fields
            if name not in ("municipality", "second", "adjacent", "integrated")
        }
        return FactDraft(
            municipality=self.towns[data["municipality"]],
            kind=self.kind,
            second=self.towns.get(data.get("second") or 0),
            adjacent=_TRUTH.get(data.get("adjacent", "")),
            integrated=_TRUTH.get(data.get("integrated", "")),
            **plain,
        )


class FundingFilter(forms.Form):
    """Which fiscal year, under which programme."""

    year = forms.TypedChoiceField(label="年度", coerce=int)
    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "year", [(year, format_table_with_western(year)) for year in years])


class ClaimForm(forms.Form):
    """What a member spends on an initiative from its own general revenue."""

    fiscal_year = forms.TypedChoiceField(label="年度", coerce=int)
    municipality = forms.TypedChoiceField(label="市町村", coerce=int)
    initiative_slug = forms.ChoiceField(
        label="取組", required=False, help_text="同じ取組を選んだ団体の計上は、取組ごとに合計されます。"
    )
    initiative = forms.CharField(
        label="取組の名称",
        required=False,
        max_length=200,
        help_text="一覧に当てはまる取組がないときだけ書きます。",
    )
    programme = forms.ChoiceField(
        label="制度", required=False, help_text="書かなければ、取組の制度、又はその年度の圏域の制度です。"
    )
    general_revenue = AmountField(label="一般財源（円）", help_text="例：1,200,000、120万円、1,200千円")
    origin = forms.CharField(
        label="予算科目",
        required=False,
        max_length=200,
        help_text="例：2-1-5 企画費。二つの圏域に属する団体は、同じ財源の重なりを確かめるために書いてください。",
    )
    origin_total = AmountField(
        label="予算科目の一般財源の総額（円）", required=False, help_text="圏域ごとに分けて計上するときだけ。"
    )
    apart = forms.CharField(
        label="ほかの圏域の計上と別の財源である理由",
        required=False,
        max_length=300,
        help_text="指摘があったときに書きます。",
    )
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        region: Region,
        claim: RevenueClaim | None = None,
        year: int,
        **kwargs: Any,
    ) -> None:
        names = (
            "fiscal_year", "initiative_slug", "programme", "general_revenue", "origin", "origin_total", "apart",
            "note",
        )  # fmt: skip
        initial = (
            {"fiscal_year": year}
            if claim is None
            else {
                **{name: getattr(claim, name) for name in names},
                "initiative": "" if claim.initiative_slug else claim.initiative,
                "municipality": claim.municipality_id,
            }
        )
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        _choose(self, "fiscal_year", year_choices(year, *([claim.fiscal_year] if claim else [])))
        known = naming.initiatives(region)
        if known:
            own = [
                ("", "選んでください（一覧にないときは、下に名称）"),
                *((each.slug, each.title) for each in known),
            ]
            _choose(self, "initiative_slug", own)
        else:
            del self.fields["initiative_slug"]
            self.fields["initiative"].label, self.fields["initiative"].required = "取組", True
            self.fields["initiative"].help_text = "共生ビジョン・連携ビジョンの取組の名称を書きます。"
        programmes = dict.fromkeys(row.programme for row in region.programmes.all())
        if len(programmes) > 1:
            labels = dict(RegionProgramme.Programme.choices)
            _choose(self, "programme", [("", "自動"), *((key, labels[key]) for key in programmes)])
        else:
            del self.fields["programme"]
        self.towns = towns_to_enter(actor, region, claim.municipality if claim is not None else None)
        several = [("", "選んでください")] if len(self.towns) > 1 else []
        _choose(self, "municipality", [*several, *((town.pk, town.name) for town in self.towns)])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("initiative_slug") and given.get("initiative"):
            self.add_error("initiative", "取組を選んだときは、名称は空欄にしてください。")
        return given

    def draft(self) -> ClaimDraft:
        data = dict(self.cleaned_data)
        pk = data.pop("municipality")
        return ClaimDraft(municipality=next(town for town in self.towns if town.pk == pk), **data)


class ClaimFileForm(forms.Form):
    """A file of claims of one fiscal year."""

    year = forms.TypedChoiceField(label="年度", coerce=int)
    file = forms.FileField(
        label="CSVファイル",
        help_text="列は municipality_code,initiative,general_revenue（円）。"
        "同じ団体と取組の行は新しい額に置き換わります。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "year", year_choices(int(self.initial.get("year", 0) or FiscalYear.of(today()))))


class CalculatorForm(forms.Form):
    """What one calculation is asked for; the fields depend on which."""

    what = forms.CharField(widget=forms.HiddenInput)
    programme = forms.ChoiceField(label="制度", choices=PROGRAMMES[:2])
    year = forms.TypedChoiceField(label="年度", coerce=int)
    field = forms.ChoiceField(label="分野", required=False)
    amount = AmountField(label="事業費（円）")
    role = forms.ChoiceField(label="役割", choices=list(ROLES.items()))
    grant = AmountField(label="交付金（円）", required=False)
    commission = AmountField(label="委託金（円）", required=False)
    fund_income = AmountField(label="基金運用益（円）", required=False)
    earmarked = AmountField(label="特定財源（円）", required=False)
    interest = AmountField(label="利子（償還期間の合計、円）", required=False)
    nth_year = forms.IntegerField(label="何年目か", required=False, min_value=1, max_value=99)
    rate = NumberField(label="利率（0～1）", required=False, below=Decimal(1), help_text="0.2％は 0.002")

    def __init__(self, *args: Any, what: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label, wanted = _CALCULATED[what]
        self.fields = {
            name: field for name, field in self.fields.items() if name in ("what", "year", "amount", *wanted)
        }
        self.fields["amount"].label = label
        if what == "revenue":
            self.fields["earmarked"].label = "その他の特定財源（円）"
        if what == "hub":
            self.fields["amount"] = forms.IntegerField(label=label, min_value=0, max_value=10**9)
        now = FiscalYear.of(today())
        _choose(self, "year", year_choices(int(now)))
        if "field" in self.fields:
            fields = policy_fields("teiju", now.last_day).value.fields
            _choose(self, "field", [("", "選んでください"), *((each.key, each.name) for each in fields)])


_CALCULATED: dict[str, tuple[str, tuple[str, ...]]] = {
    "revenue": ("事業費（円）", ("programme", "role", "grant", "commission", "fund_income", "earmarked")),
    "bond": ("事業費（円）", ("programme", "field", "earmarked", "interest")),
    "hub": ("圏域人口（人）", ()),
    "experts": ("経費（円）", ("programme", "nth_year")),
    "medical": ("負担金（円）", ("programme",)),
    "fund_formation": ("ファンドの額（円）", ("interest",)),
    "fund_income": ("基金の額（円）", ("rate",)),
    "grant": ("対象経費（円）", ()),
}
assert set(_CALCULATED) == set(CALCULATORS)


def year_choices(*more: int) -> list[tuple[int, str]]:
    """Fiscal years to choose from: next year's back to twelve years ago, and those named."""
    now = FiscalYear.of(today())
    years = {*range(int(now) - 12, int(now) + 2), *more}
    return [(year, format_table_with_western(year)) for year in sorted(years, reverse=True)]


def towns_to_enter(actor: Actor, region: Region, own: Municipality | None = None) -> list[Municipality]:
    """The members an actor enters general revenue for: the secretariat every one's, a town's officers their own."""
    if edit_shared(actor, region):
        towns = [row.municipality for row in (*members_on(region), *former_members(region))]
    else:
        last, first = FiscalYear.of(today()), FiscalYear.of(first_day_to_finish())
        rows = members_between(region, first.first_day, last.last_day)
        years = range(int(last), int(first) - 1, -1)
        towns = [
            town
            for town in {row.municipality_id: row.municipality for row in rows}.values()
            if any(town_post(actor, region, town, year=year) for year in years)
        ]
    return towns if own is None or own in towns else [*towns, own]


class PlanForm(forms.Form):
    """The day a plan is counted from."""

    start = DayField(label="起点の日", help_text="中心市宣言・協定の締結など、その制度の起点になる日です。")
    note = forms.CharField(label="備考", required=False, max_length=300)


class StepRecordForm(forms.Form):
    """What is known of a step of a plan; for one municipality only that it has taken it."""

    done_on = DayField(label="済んだ日", required=False)
    document_no = forms.CharField(label="文書番号", required=False, max_length=80)
    moved_to = DayField(label="日を変更する", required=False, help_text="開始の日です。後の工程も動きます。")
    reason = forms.CharField(label="変更の理由", required=False, max_length=300)
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(self, *args: Any, row: PlanStep | None, of_town: bool, **kwargs: Any) -> None:
        names = ("done_on", "document_no", "moved_to", "reason", "note")
        kwargs.setdefault("initial", {name: getattr(row, name) for name in names} if row is not None else {})
        super().__init__(*args, **kwargs)
        if of_town:
            del self.fields["moved_to"], self.fields["reason"]

    def draft(self, step: str, town: Municipality | None) -> StepDraft:
        return StepDraft(step, town, **self.cleaned_data)


class AddressForm(forms.Form):
    """Whom a calendar address is for."""

    label = forms.CharField(label="用途", max_length=80, help_text="例：企画課の共有カレンダー")


_OF_KIND: dict[str, tuple[str, ...]] = {
    CityFact.Kind.USE: ("use", "figure"),
    CityFact.Kind.TWIN: ("second", "adjacent", "minutes", "kilometres", "integrated"),
    CityFact.Kind.FORMER: ("former_name", "census", "day_population", "night_population"),
    CityFact.Kind.RECOGNITION: ("programme", "valid_from"),
}


def _part_field(part: Part) -> forms.Field:
    """The field for one part of an answer, in the part's unit."""
    label = f"{part.label}（{part.unit}）" if part.unit else part.label
    if part.choices:
        return forms.ChoiceField(label=label, choices=list(part.choices.items()))
    if part.unit == "円":
        return AmountField(label=label, help_text="例：18,000,000、1,800万円")
    if part.whole:
        return forms.IntegerField(label=label, min_value=0, max_value=10**6)
    hint = "例：10％は 0.1" if part.unit.startswith("率") else ""
    return NumberField(label=label, help_text=hint)


def _answer_initial(rule: Asking, answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"valid_from": rule.valid_from, "valid_to": rule.valid_to}
    parts = {
        f"part-{number}": int(value) if part.whole and value else value
        for number, part in enumerate(rule.ask.parts)
        for value in (answer.value.get(part.field),)
    }
    upper = answer.valid.upper
    return {
        **parts,
        "legal_basis": answer.legal_basis,
        "note": answer.note,
        "valid_from": answer.valid.lower,
        "valid_to": upper - timedelta(days=1) if upper else None,
    }


def _fact_initial(fact: CityFact | None) -> dict[str, Any]:
    if fact is None:
        return {}
    words = {True: "yes", False: "no", None: ""}
    names = (
        "use", "figure", "minutes", "kilometres", "former_name", "census", "day_population", "night_population",
        "programme", "valid_from", "basis", "note",
    )  # fmt: skip
    return {
        **{name: getattr(fact, name) for name in names},
        "municipality": fact.municipality_id,
        "second": fact.second_id or "",
        "adjacent": words[fact.adjacent],
        "integrated": words[fact.integrated],
    }


def _choose(form: forms.Form, name: str, choices: Sequence[tuple[Any, str]]) -> None:
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]
