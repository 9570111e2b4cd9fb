"""The forms of a person on the list, of the plan, of the town's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms import BaseFormSet

from keniki.apps.regions.editing import VersionedForm, kept, rows_of
from keniki.apps.regions.fields import DayField
from keniki.apps.regions.policies import today
from keniki.rulebooks.disaster.support import reasons

from ...actions.support import plans
from ...actions.support.people import LENGTHS, REMOVED, SEXES, PersonDraft, TownDraft
from ...actions.support.plans import Helper, PlanDraft
from ...models import Consent, District, Shelter, SupportPerson, SupportPlan, SupportTown

_LINES = forms.Textarea(attrs={"rows": 2})


class BirthField(DayField):
    """A day of birth: also before 1947."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [each for each in self.validators if not hasattr(each, "limit_value")]

    def clean(self, value: Any) -> Any:
        day: date | None = super().clean(value)
        if day is not None and not date(1880, 1, 1) <= day <= today():
            raise forms.ValidationError("生年月日を確かめてください。")
        return day


class PersonForm(VersionedForm):
    """One person on the list."""

    name = forms.CharField(label="氏名", max_length=LENGTHS["name"])
    kana = forms.CharField(label="氏名カナ", max_length=LENGTHS["kana"], required=False)
    birth = BirthField(label="生年月日", required=False)
    sex = forms.ChoiceField(
        label="性別", choices=[("", "記録しない"), *list(SEXES.items())[1:]], required=False
    )
    address = forms.CharField(label="住所・居所", max_length=LENGTHS["address"])
    district = forms.ChoiceField(label="地区", required=False)
    phone = forms.CharField(label="電話番号", max_length=LENGTHS["phone"], required=False)
    contact = forms.CharField(label="緊急連絡先", max_length=LENGTHS["contact"], required=False)
    reasons = forms.MultipleChoiceField(
        label="支援を要する事由",
        widget=forms.CheckboxSelectMultiple,
        help_text="要件は、市町村の地域防災計画によります。",
    )
    family = forms.CharField(label="家族・同居の状況", max_length=LENGTHS["family"], required=False)
    needs = forms.CharField(label="必要な支援", max_length=LENGTHS["needs"], required=False, widget=_LINES)
    note = forms.CharField(label="備考", max_length=LENGTHS["note"], required=False, widget=_LINES)
    consent = forms.ChoiceField(
        label="平時の提供への同意",
        choices=Consent.choices,
        initial=Consent.UNKNOWN,
        widget=forms.RadioSelect,
        help_text="避難支援等関係者に、ふだんから名簿の内容を渡すことへの同意。",
    )
    consent_on = DayField(label="同意・不同意を確認した日", required=False)
    listed_on = DayField(label="名簿に載せた日", required=False, help_text="空欄のときは、今日とします。")
    own_id = forms.CharField(
        label="市町村の番号",
        max_length=60,
        required=False,
        help_text="住民番号など。照合のためだけに使い、番号そのものは残しません。空欄のときは、いまのままです。",
    )

    def __init__(self, *args: Any, districts: Sequence[District], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.districts = {each.slug: each for each in districts}
        self.fields["district"].choices = [  # type: ignore[attr-defined]
            ("", "決めていない"),
            *((slug, each.name) for slug, each in self.districts.items()),
        ]
        self.fields["reasons"].choices = list(reasons(today()).items())  # type: ignore[attr-defined]

    def draft(self) -> PersonDraft:
        data = self.cleaned_data
        names = [name for name in self.base_fields if name not in ("district", "reasons", "version")]
        return PersonDraft(
            district=self.districts.get(data["district"]),
            reasons=tuple(data["reasons"]),
            **{name: data[name] for name in names},
        )


def person_initial(person: SupportPerson | None) -> dict[str, Any]:
    """The values a person's form begins with."""
    if person is None:
        return {"consent": Consent.UNKNOWN}
    sealed: Mapping[str, Any] = person.sealed or {}
    own = ("consent", "consent_on", "listed_on", "version")
    return {
        **sealed,
        "birth": date.fromisoformat(sealed["birth"]) if sealed.get("birth") else None,
        "district": person.district.slug if person.district else "",
        **{name: getattr(person, name) for name in own},
    }


class RemoveForm(forms.Form):
    """Why a person leaves the list."""

    why = forms.ChoiceField(label="名簿から外す理由", choices=[("", "選んでください"), *REMOVED.items()])
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PlanForm(VersionedForm):
    """The plan of one person."""

    destination = forms.CharField(label="避難先", max_length=plans.MOST)
    welfare_shelter = forms.ChoiceField(label="福祉避難所", required=False)
    route = forms.CharField(label="避難の経路", max_length=plans.MOST, required=False, widget=_LINES)
    transport = forms.CharField(
        label="移動の方法",
        max_length=plans.MOST,
        required=False,
        help_text="例：車いすで家族の車、徒歩、福祉車両。",
    )
    equipment = forms.CharField(
        label="必要な用具・機器", max_length=plans.MOST, required=False, widget=_LINES
    )
    medicines = forms.CharField(label="薬・医療", max_length=plans.MOST, required=False, widget=_LINES)
    contact = forms.CharField(
        label="本人・家族への連絡", max_length=plans.MOST, required=False, widget=_LINES
    )
    care = forms.CharField(label="避難先で必要な配慮", max_length=plans.MOST, required=False, widget=_LINES)
    note = forms.CharField(label="備考", max_length=plans.MOST, required=False, widget=_LINES)
    agreed_on = DayField(
        label="作成に同意した日",
        required=False,
        help_text="本人の同意がないうちは下書きです。計画の数に入れず、提供もしません。",
    )
    share = forms.ChoiceField(
        label="計画の提供への同意",
        choices=Consent.choices,
        initial=Consent.UNKNOWN,
        widget=forms.RadioSelect,
    )
    share_on = DayField(label="提供への同意・不同意を確認した日", required=False)
    revised_on = DayField(label="作成・見直しの日", initial=today)
    review_on = DayField(label="次に見直す日", required=False)

    def __init__(self, *args: Any, shelters: Sequence[Shelter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shelters = {each.slug: each for each in shelters}
        self.fields["welfare_shelter"].choices = [  # type: ignore[attr-defined]
            ("", "福祉避難所を使わない・決めていない"),
            *((slug, f"{each.name}（{each.municipality.name}）") for slug, each in self.shelters.items()),
        ]

    def draft(self, helpers: Sequence[Helper]) -> PlanDraft:
        data = self.cleaned_data
        names = [name for name in self.base_fields if name not in ("welfare_shelter", "version")]
        return PlanDraft(
            welfare_shelter=self.shelters.get(data["welfare_shelter"]),
            helpers=tuple(helpers),
            **{name: data[name] for name in names},
        )


class HelperForm(forms.Form):
    """Who helps the person."""

    name = forms.CharField(label="氏名・名称", max_length=120)
    body = forms.CharField(label="所属", max_length=120, required=False)
    phone = forms.CharField(label="電話番号", max_length=40, required=False)
    role = forms.CharField(label="役割", max_length=200, required=False)
    consent = forms.BooleanField(label="提供に同意", required=False)


def helper_rows(data: Any, plan: SupportPlan | None) -> BaseFormSet[Any]:
    """The helpers' rows."""
    found = (plan.sealed or {}).get("helpers", []) if plan is not None else []
    return rows_of(HelperForm, data, "helpers", found, extra=1)


def helpers_in(rows: BaseFormSet[Any]) -> list[Helper]:
    """The helpers that were typed."""
    return [
        Helper(**{name: row[name] for name in HelperForm.base_fields})
        for row in kept(rows)
        if row.get("name")
    ]


def plan_initial(plan: SupportPlan | None) -> dict[str, Any]:
    """The values a plan's form begins with."""
    if plan is None:
        return {"share": Consent.UNKNOWN, "revised_on": today()}
    own = ("agreed_on", "share", "share_on", "revised_on", "review_on", "version")
    texts = {name: (plan.sealed or {}).get(name, "") for name in plans.LABELS}
    shelter = plan.welfare_shelter
    return {
        **texts,
        "welfare_shelter": shelter.slug if shelter else "",
        **{name: getattr(plan, name) for name in own},
    }


class TownForm(VersionedForm):
    """The town's rules for the list."""

    ordinance = forms.CharField(
        label="名簿の提供を定める条例と条項",
        max_length=200,
        required=False,
        help_text="本人の同意がなくても平時に提供できるとする条例があるときだけ入力します。例：○○条例第○条。",
    )
    ordinance_plan = forms.CharField(
        label="個別避難計画の提供を定める条例と条項", max_length=200, required=False
    )
    ordinance_refused = forms.BooleanField(
        label="条例により、不同意の人も含めて提供する",
        required=False,
        help_text="条例に明らかな定めがあるときだけ選びます。",
    )
    keep_days = forms.IntegerField(
        label="名簿から外した人の記録を残す日数",
        min_value=0,
        max_value=3650,
        required=False,
        help_text="この日数が過ぎた夜に、氏名などの内容を消去します。空欄のうちは消去しません。",
    )
    keep_basis = forms.CharField(label="日数の根拠", max_length=200, required=False)
    web_inquiries = forms.BooleanField(
        label="安否情報の照会をウェブで受け付ける",
        required=False,
        help_text="住民向けの画面に出している実災害のときだけ、受付の画面が開きます。本人確認は窓口で行います。",
    )
    inquiry_place = forms.CharField(
        label="安否情報の照会の窓口",
        max_length=200,
        required=False,
        help_text="例：役場1階 総務課（平日8時30分から17時15分）。住民向けの画面に出ます。",
    )

    def draft(self) -> TownDraft:
        return TownDraft(**{name: self.cleaned_data[name] for name in TownDraft.__dataclass_fields__})


def town_initial(rules: SupportTown | None) -> dict[str, Any]:
    """The values the form of a town's rules begins with."""
    names = (*TownDraft.__dataclass_fields__, "version")
    return {name: getattr(rules, name) for name in names} if rules is not None else {}
