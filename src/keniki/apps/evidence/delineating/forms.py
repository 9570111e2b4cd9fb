"""The form of natural regions: which flows, whom, and the figures of each rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from keniki.analysis.delineation import SETS, FuaRules, LmaRules, TenPercent, UeaRules
from keniki.core.errors import WrongInput

from ..book.book import places_named
from ..queries import PURPOSES
from .rules import LMA_SETS, PERCENT, RULES, Chosen, Parameter
from .tables import FlowTable

#: Each rule counts whom its authors count, where the table tells them apart.
EACH_ITS_OWN: Final = ""
_MOST: Final = 100_000_000


class DelineationForm(forms.Form):
    """Always bound: what the address does not say is as published. `chosen` has the figures once it is valid."""

    table = forms.ChoiceField(label="流動の表")
    purpose = forms.ChoiceField(label="数える人", required=False)
    ten_centres = forms.CharField(
        label="中心市（団体コード）",
        required=False,
        max_length=500,
        help_text="中心市を決めて求めるときに、カンマで区切って入力します。空欄のときは流動から決まります。",
    )
    lma_set = forms.ChoiceField(label="数値の組", choices=list(LMA_SETS.items()))

    def __init__(self, asked: QueryDict, tables: Sequence[FlowTable]) -> None:
        super().__init__(self._with_defaults(asked, tables))
        self._tables = {table.key: table for table in tables}
        self.fields["table"].choices = [(table.key, table.words) for table in tables]  # type: ignore[attr-defined]
        held = dict.fromkeys(purpose for table in tables for purpose in table.purposes)
        if {"commute", "school"} <= set(held):
            held = {"commute_school": None, **held}
        words = [(each, PURPOSES.get(each, each)) for each in held]
        self.fields["purpose"].choices = [(EACH_ITS_OWN, "方法の定めのとおり"), *words]  # type: ignore[attr-defined]
        for kind in RULES.values():
            for each in kind.parameters:
                self.fields[f"{kind.key}_{each.name}"] = _number(each)

    @staticmethod
    def _with_defaults(asked: QueryDict, tables: Sequence[FlowTable]) -> dict[str, Any]:
        data = {
            f"{kind.key}_{each.name}": f"{round(each.default * each.factor, 1):g}"
            for kind in RULES.values()
            for each in kind.parameters
        }
        data |= {"table": tables[0].key if tables else "", "purpose": EACH_ITS_OWN, "lma_set": "uk"}
        return data | {name: asked[name] for name in asked}

    def clean_ten_centres(self) -> tuple[str, ...]:
        """The codes of municipalities that are known."""
        typed = self.cleaned_data["ten_centres"].strip()
        if not typed:
            return ()
        try:
            return tuple(place.code for place in places_named(typed))
        except WrongInput as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean(self) -> dict[str, Any]:
        """A least figure has to lie below its target."""
        data = super().clean() or {}
        if data.get("lma_set") == "own":
            for part, words in (("size", "規模"), ("containment", "自足率")):
                least, target = data.get(f"lma_min_{part}"), data.get(f"lma_target_{part}")
                if least is not None and target is not None and least >= target:
                    self.add_error(
                        f"lma_min_{part}", f"最小の{words}は、目標の{words}より小さくしてください。"
                    )
        table = self._tables.get(data.get("table", ""))
        if table is not None and data.get("purpose") and not table.counted(data["purpose"]):
            words = PURPOSES.get(data["purpose"], data["purpose"])
            self.add_error("purpose", f"選んだ流動の表には、{words}の流動がありません。")
        return data

    @property
    def chosen_table(self) -> FlowTable:
        """The table of flows that was chosen."""
        return self._tables[self.cleaned_data["table"]]

    @property
    def chosen(self) -> Chosen:
        """The rules with their figures."""
        lma = self.cleaned_data["lma_set"]
        fua = self._figures("fua")
        return Chosen(
            TenPercent(**self._figures("ten")),
            UeaRules(**self._figures("uea")),
            SETS[lma] if lma in SETS else LmaRules(**self._figures("lma")),
            FuaRules(fua["threshold"], fua["centre_share"]),
            fua["city_workers"],
            self.cleaned_data["ten_centres"],
        )

    @property
    def rules(self) -> list[tuple[Any, list[Any]]]:
        """Each rule with its fields, as the page shows them."""
        first, last = {"lma": ["lma_set"]}, {"ten": ["ten_centres"]}
        return [
            (
                kind,
                [
                    self[name]
                    for name in (
                        *first.get(key, []),
                        *(f"{key}_{each.name}" for each in kind.parameters),
                        *last.get(key, []),
                    )
                ],
            )
            for key, kind in RULES.items()
        ]

    def _figures(self, key: str) -> dict[str, float]:
        """The figures typed for a rule; one that stands as it is published is exactly that."""
        found = {}
        for each in RULES[key].parameters:
            typed = self.cleaned_data[f"{key}_{each.name}"]
            published = round(each.default * each.factor, 1)
            found[each.name] = each.default if typed == published else typed / each.factor
        return found


def _number(parameter: Parameter) -> forms.FloatField:
    least, most = (0.1, 100) if parameter.unit == PERCENT else (0.01, _MOST)
    default = f"{round(parameter.default * parameter.factor, 1):,g}"
    if parameter.default >= 10_000:
        default = f"{parameter.default:,.0f}"
    return forms.FloatField(
        label=f"{parameter.label}（{parameter.unit}）",
        min_value=least,
        max_value=most,
        help_text=f"{parameter.help}標準は{default}{parameter.unit}。",
    )
