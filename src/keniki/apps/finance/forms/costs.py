"""Forms of joint costs: the cost itself, its items at a stage, the figures of its bases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms

from keniki.apps.accounts.actor import Ruling
from keniki.apps.activities.forms import year_choices
from keniki.apps.activities.queries import initiatives_of
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.editing import ROWS, VersionedForm
from keniki.apps.regions.fields import NumberField, YenField
from keniki.apps.regions.models import Municipality, Region
from keniki.core import era
from keniki.core.fiscal_year import format_table_with_western
from keniki.rulebooks.sharing import BasisSpec, RuleSpec

from ..actions.cost_figures import FigureDraft
from ..actions.cost_items import ItemDraft
from ..actions.costs import CostDraft
from ..models import BasisFigure, CostItem, JointCost
from ..queries.cost_figures import day_for, plain_number
from ..queries.costs import Holder, class_label, holder_key, holders_of, places_of

_YEARS: Final = range(1900, 2201)


class CostForm(VersionedForm):
    """One joint cost."""

    title = forms.CharField(
        label="名称", max_length=120, help_text="例：合同防災訓練の共同経費。負担金の通知や予算に使われます。"
    )
    initiative: forms.ModelChoiceField[Initiative] = forms.ModelChoiceField(
        label="取組", queryset=None, empty_label="選んでください"
    )
    project = forms.ChoiceField(label="事業", required=False)
    manner = forms.ChoiceField(
        label="執行の方法", choices=JointCost.Manner.choices, widget=forms.RadioSelect, initial="centre"
    )
    holder = forms.ChoiceField(
        label="会計をもつ団体",
        required=False,
        help_text="経費を支払い、負担金を請求する団体。各市町村が自ら執行するときは、空欄にできます。",
    )
    places = forms.MultipleChoiceField(
        label="負担する市町村",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="どれも選ばなければ、その年度のすべての構成団体が負担します。",
    )
    first_year = forms.TypedChoiceField(label="最初の年度", coerce=int)
    last_year = forms.TypedChoiceField(label="最後の年度", required=False, coerce=int, empty_value=None)
    note = forms.CharField(label="備考", required=False, max_length=500)

    def __init__(self, *args: Any, region: Region, cost: JointCost | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        initiatives = Initiative.objects.filter(region=region)
        self.fields["initiative"].queryset = initiatives  # type: ignore[attr-defined]
        self.projects = {
            str(project.pk): project
            for initiative in initiatives.prefetch_related("projects")
            for project in initiative.projects.all()
        }
        kept = cost.holder if cost is not None else None
        self.holders: dict[str, Holder] = {each.key: each for each in holders_of(region, kept)}
        codes = {town.code: town.name for town in places_of(region)}
        codes |= {code: code for code in (cost.places if cost is not None else ()) if code not in codes}
        years = [cost.first_year, *([cost.last_year] if cost.last_year else [])] if cost is not None else []
        titles = [(pk, f"{each.initiative.title} › {each.title}") for pk, each in self.projects.items()]
        self._choose("project", [("", "（事業に分けない）"), *titles])
        self._choose(
            "holder", [("", "（決めていない）"), *((k, each.name) for k, each in self.holders.items())]
        )
        self._choose("places", list(codes.items()))
        self._choose("first_year", year_choices(*years))
        later = sorted({year + ahead for year, _ in year_choices(*years) for ahead in range(11)})
        self._choose(
            "last_year", [("", "（続く）"), *((year, format_table_with_western(year)) for year in later)]
        )

    def _choose(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def draft(self) -> CostDraft:
        data = self.cleaned_data
        holder = self.holders.get(data["holder"])
        return CostDraft(
            title=data["title"].strip(),
            initiative=data["initiative"],
            first_year=data["first_year"],
            manner=data["manner"],
            project=self.projects.get(data["project"]),
            holder=(holder.municipality or holder.organisation) if holder is not None else None,
            places=tuple(data["places"]),
            last_year=data["last_year"],
            note=data["note"].strip(),
        )


def cost_initial(region: Region, cost: JointCost | None, year: int) -> dict[str, Any]:
    """The values a cost's form begins with."""
    if cost is None:
        initiatives = initiatives_of(region)
        return {"first_year": year, "initiative": initiatives[0].pk if len(initiatives) == 1 else None}
    return {
        "version": cost.version,
        "title": cost.title,
        "initiative": cost.initiative_id,
        "project": str(cost.project_id or ""),
        "manner": cost.manner,
        "holder": holder_key(cost.holder),
        "places": cost.places,
        "first_year": cost.first_year,
        "last_year": cost.last_year or "",
        "note": cost.note,
    }


class ItemForm(forms.Form):
    """One item of a cost at a stage; a row without content and amount is none."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="種類", choices=CostItem.Kind.choices, required=False)
    title = forms.CharField(label="内容", required=False, max_length=200)
    amount = YenField(label="金額（円）", required=False)
    cost_class = forms.CharField(label="経費の区分", required=False, max_length=40)
    loan_year = forms.IntegerField(
        label="借入年度",
        required=False,
        min_value=_YEARS[0],
        max_value=_YEARS[-1],
        widget=forms.NumberInput(attrs={"class": "is-short"}),
    )
    municipality = forms.TypedChoiceField(
        label="執行する市町村", required=False, coerce=int, empty_value=None
    )
    reckoning = forms.CharField(label="積算", required=False, max_length=300)

    def __init__(
        self,
        *args: Any,
        towns: Sequence[Municipality],
        spec: RuleSpec | None = None,
        kept: Iterable[CostItem] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.towns = {town.pk: town for town in towns}
        kept = list(kept)
        self.towns |= {item.municipality.pk: item.municipality for item in kept if item.municipality}
        choices = [("", "会計をもつ団体"), *((pk, town.name) for pk, town in self.towns.items())]
        self.fields["municipality"].choices = choices  # type: ignore[attr-defined]
        self._classes(spec, {item.cost_class for item in kept if item.cost_class})
        by_year = spec is None or any(part.by_year for part in spec.parts().values())
        if not by_year and not any(item.loan_year for item in kept):
            del self.fields["loan_year"]

    def _classes(self, spec: RuleSpec | None, kept: set[str]) -> None:
        if spec is None:
            return
        if not spec.classes and not kept:
            del self.fields["cost_class"]
            return
        known = [(key, class_label(spec, key)) for key in spec.classes]
        others = [(key, f"{key}（定めにない区分）") for key in sorted(kept - set(spec.classes))]
        none = "選んでください" if spec.classes else "（区分なし）"
        self.fields["cost_class"] = forms.ChoiceField(
            label="経費の区分", required=False, choices=[("", none), *known, *others]
        )
        self.order_fields(
            ["id", "kind", "title", "amount", "cost_class", "loan_year", "municipality", "reckoning"]
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("DELETE"):
            return data
        typed = any(data.get(name) for name in ("title", "cost_class", "loan_year", "reckoning"))
        filled = typed or data.get("amount") is not None or "amount" in self.errors
        if filled and not data.get("title") and "title" not in self.errors:
            self.add_error("title", "何の経費か（特定財源なら、その名称）を入力してください。")
        if filled and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", "金額を円で入力してください。")
        return data

    def draft(self) -> ItemDraft | None:
        """The item, or None for an empty row and one to be removed."""
        data = self.cleaned_data
        if data.get("DELETE") or not data.get("title"):
            return None
        return ItemDraft(
            title=data["title"].strip(),
            amount=data["amount"],
            kind=data["kind"] or CostItem.Kind.EXPENSE,
            cost_class=(data.get("cost_class") or "").strip(),
            loan_year=data.get("loan_year"),
            municipality=self.towns.get(data["municipality"]) if data["municipality"] else None,
            reckoning=data["reckoning"].strip(),
            id=data["id"],
        )


ItemFormSet = forms.formset_factory(ItemForm, extra=0, can_delete=True, max_num=ROWS, absolute_max=ROWS)


def item_initial(items: Sequence[CostItem]) -> list[dict[str, Any]]:
    """Items as the rows of their form, with two empty ones to go on with."""
    rows: list[dict[str, Any]] = [
        {
            "id": item.pk,
            "kind": item.kind,
            "title": item.title,
            "amount": item.amount,
            "cost_class": item.cost_class,
            "loan_year": item.loan_year,
            "municipality": item.municipality_id or "",
            "reckoning": item.reckoning,
        }
        for item in items
    ]
    return [*rows, {}, {}][:ROWS]


class FigureField(NumberField):
    """A figure of a basis: 0 or more, with up to four decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(below=Decimal(10**15), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{plain_number(value):,f}" if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        if number is not None:
            exponent = number.normalize().as_tuple().exponent
            if isinstance(exponent, int) and exponent < -4:
                raise forms.ValidationError("小数は4桁までにしてください。")
        return number


class FiguresForm(forms.Form):
    """The figures of a rule's bases by town: a field `v-<basis>-<code>` for each cell the actor may write, and the
    source and time of each basis."""

    def __init__(
        self,
        *args: Any,
        year: int,
        towns: Sequence[Municipality],
        bases: Mapping[str, BasisSpec],
        rows: Iterable[BasisFigure],
        rulings: Mapping[int, Ruling],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.have = {(row.basis, row.municipality_id): row for row in rows}
        self.bases = bases
        self.towns = [town for town in towns if rulings[town.pk]]
        self.said: dict[str, tuple[str, str]] = {}
        if not self.towns:
            return
        for key, basis in bases.items():
            self.said[key] = self._said(key, basis, year)
            source, as_of = self.said[key]
            self.fields[f"source-{key}"] = forms.CharField(
                label=f"{basis.label}の出典", required=False, max_length=300, initial=source
            )
            self.fields[f"asof-{key}"] = forms.CharField(
                label=f"{basis.label}の時点・期間", required=False, max_length=80, initial=as_of
            )
            for town in self.towns:
                row = self.have.get((key, town.pk))
                self.fields[cell_name(key, town)] = FigureField(
                    label=f"{basis.label} {town.name}", required=False, initial=row.value if row else None
                )

    def _said(self, key: str, basis: BasisSpec, year: int) -> tuple[str, str]:
        """What stands for most figures typed by hand, else what the rule says."""
        typed = Counter(
            (row.source, row.as_of) for (of, _), row in self.have.items() if of == key and not row.edition
        )
        if typed:
            return typed.most_common(1)[0][0]
        return basis.source[:300], (basis.period or era.format_date(day_for(basis, year)))[:80]

    def drafts(self) -> list[FigureDraft]:
        """Every cell the actor may write; where the value and what is said of the basis stay, so does its source."""
        data = self.cleaned_data
        found = []
        for key in self.bases:
            said = (data[f"source-{key}"].strip(), data[f"asof-{key}"].strip())
            for town in self.towns:
                row, value = self.have.get((key, town.pk)), data[cell_name(key, town)]
                kept = row is not None and row.value == value and (row.edition or said == self.said[key])
                source, as_of = (row.source, row.as_of) if kept and row is not None else said
                found.append(FigureDraft(key, town, value, source, as_of))
        return found


def cell_name(key: str, town: Municipality) -> str:
    """The field of a town's figure of a basis."""
    return f"v-{key}-{town.code}"


class FigureFileForm(forms.Form):
    """A grid of figures as a file."""

    file = forms.FileField(
        label="基礎数値のファイル（CSV）",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="上の「データ（CSV）」と同じ列のファイル。空欄のセルは、いまの値のままです。",
    )
    source = forms.CharField(
        label="出典", required=False, max_length=300, help_text="空欄なら定めにある出典。"
    )
    as_of = forms.CharField(
        label="時点・期間", required=False, max_length=80, help_text="空欄なら定めにある時点。"
    )


class FetchForm(forms.Form):
    """Which statistic a basis is taken from, and the day up to which it is of."""

    basis = forms.ChoiceField(label="基準", required=False)
    indicator = forms.ChoiceField(label="統計の指標", required=False)
    on = forms.DateField(
        label="この日までのもの",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(
        self,
        *args: Any,
        bases: Mapping[str, BasisSpec],
        indicators: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = [(key, basis.label) for key, basis in bases.items()]  # type: ignore[attr-defined]
        self.fields["indicator"].choices = [("", "選んでください"), *indicators]  # type: ignore[attr-defined]
