"""Forms of what is made known to the towns and of what they budget for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from keniki.apps.regions.fields import DayField, YenField
from keniki.core.digits import whole_number

from ..actions.allocating import IssueDraft
from ..actions.budgets import BudgetDraft
from ..models import BudgetLine
from ..queries.budgets import SIGNED
from ..sharing import StageOf

Stage = BudgetLine.Stage

#: What a town's own budget calls the place of its share, as a hint in an empty field.
ACCOUNT: Final = "○款○項○目 18節 負担金、補助及び交付金"


class IssueForm(forms.Form):
    """A decision as it is made known: its letter, and for 要求 the day by which the towns answer."""

    issued_on = DayField(label="通知日")
    document_no = forms.CharField(label="文書番号", required=False, max_length=80)
    answer_by = DayField(
        label="査定結果の回答期限",
        required=False,
        help_text="負担する市町村の「すること」に、査定結果の入力がこの日を期限として表示されます。",
    )
    shown = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stage: StageOf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stage = stage
        if stage.stage != Stage.REQUEST:
            del self.fields["answer_by"]
        else:
            self.fields["answer_by"].required = True

    def draft(self) -> IssueDraft:
        data = self.cleaned_data
        return IssueDraft(
            self.stage, data["issued_on"], data["document_no"], data.get("answer_by"), data["shown"]
        )


class TownBudgetForm(forms.Form):
    """What a town budgets for its share at one stage."""

    amount = YenField(label="金額（円）")
    earmarked = YenField(
        label="うち特定財源（円）",
        required=False,
        help_text="国・道府県の支出金や地方債など。空欄は0円です。残りを一般財源とします。",
    )
    account = forms.CharField(
        label="予算科目（款・項・目・節）",
        required=False,
        max_length=160,
        widget=forms.TextInput(attrs={"placeholder": ACCOUNT}),
    )
    document_no = forms.CharField(label="議案番号・文書番号", required=False, max_length=80)
    decided_on = DayField(label="決定日・議決日", required=False)
    note = forms.CharField(label="備考（査定の理由など）", required=False, max_length=300)

    def __init__(self, *args: Any, stage: StageOf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stage = stage
        if stage.stage in SIGNED:
            self.fields["amount"].help_text = _SIGNED[stage.stage]
        else:
            self.fields["amount"].help_text = "例：1,200,000、120万円"

    def draft(self) -> BudgetDraft:
        data = self.cleaned_data
        return BudgetDraft(
            self.stage,
            data["amount"],
            data["earmarked"] or 0,
            data["account"],
            data["document_no"],
            data["decided_on"],
            data["note"],
        )


_SIGNED: Final[Mapping[str, str]] = {
    Stage.SUPPLEMENTARY: "この補正での増減を入力します。減額は▲を付けます（例：▲50,000）。",
    Stage.TRANSFER: "流用による増減を入力します。ほかへ流用した額は▲を付けます。",
    Stage.CARRIED_OVER: "前年度から繰り越された額は＋、翌年度へ繰り越す額は▲を付けます。",
}


def chosen_claims(data: Mapping[str, Any], towns: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """What the page sent back by code: the yen that were shown and the version of the claim beside them."""
    found = {}
    for code in towns:
        yen = whole_number(data.get(f"yen-{code}"))
        if yen is not None:
            found[code] = (yen, whole_number(data.get(f"version-{code}")))
    return found
