"""Forms of transfers between towns: the request, and each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import AmountField, DayField
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from ...actions.stock.transfer_rules import TransferDraft
from ...actions.stock.transfers import Step
from ...models import Incident, StockItem, StockPlace, StockTransfer, TransferLine
from ...queries.stock.on_hand import Held
from ...queries.stock.transfers import SentRow
from .deeds import UnitRows
from .records import TokenForm, UnitsField


class RequestForm(TokenForm):
    """What is asked of which town, and why."""

    kind = forms.ChoiceField(label="種類", choices=StockTransfer.Kind.choices, widget=forms.RadioSelect)
    borrower = forms.ChoiceField(label="受ける市町村")
    lender = forms.ChoiceField(label="依頼先（提供する市町村）")
    incident = forms.ChoiceField(
        label="事案", required=False, help_text="事案を選ぶと、費用の区分は「災害時の相互応援」になります。"
    )
    to_place = forms.ChoiceField(label="届け先", required=False)
    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    on = DayField(label="依頼の日")
    due_on = DayField(label="返却の期限", required=False, help_text="貸出のときに入力します。")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
    note = forms.CharField(label="備考", max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        towns: Sequence[Municipality],
        mine: Mapping[str, Municipality],
        incidents: Sequence[Incident],
        places: Mapping[str, StockPlace],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.towns = {town.code: town for town in towns}
        self.mine, self.places = mine, places
        self.incidents = {each.slug: each for each in incidents}
        choose = [("", "選んでください")]
        self._put("borrower", [*choose, *((code, town.name) for code, town in mine.items())])
        self._put("lender", [*choose, *((town.code, town.name) for town in towns)])
        self._put(
            "incident",
            [("", "（事案によらない・平時）"), *((slug, str(each)) for slug, each in self.incidents.items())],
        )
        self._put(
            "to_place",
            [("", "（後で決める）"), *((s, f"{p.municipality.name} {p.name}") for s, p in places.items())],
        )

    def _put(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def draft(self, rows: Sequence[Mapping[str, Any]], items: Mapping[str, StockItem]) -> TransferDraft:
        data = self.cleaned_data
        asked: dict[StockItem, int] = {}
        for row in rows:
            item = items[row["item"]]
            if item in asked:
                raise WrongInput(f"品目「{item.title}」が二つあります。一つにまとめてください。")
            asked[item] = row["asked"]
        return TransferDraft(
            kind=data["kind"],
            lender=self.towns[data["lender"]],
            borrower=self.mine[data["borrower"]],
            asked=asked,
            reason=data["reason"],
            on=data["on"],
            incident=self.incidents.get(data["incident"]),
            to_place=self.places.get(data["to_place"]),
            due_on=data["due_on"],
            document_no=data["document_no"],
            note=data["note"],
        )


class LineForm(forms.Form):
    """How much of an item is asked for."""

    item = forms.ChoiceField(label="品目")
    asked = UnitsField(label="依頼数", min_value=1)

    def __init__(self, *args: Any, items: Sequence[StockItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((each.slug, f"{each.title}（{each.unit}）") for each in items),
        ]


class StepForm(VersionedForm):
    """The day, document and remark of a step."""

    on = DayField(label="日付")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
    note = forms.CharField(label="備考", max_length=300, required=False)

    def step(self) -> Step:
        data = self.cleaned_data
        return Step(data["on"], data["document_no"], data["note"])


class ApproveForm(StepForm):
    """How much of each item is given."""

    def __init__(self, *args: Any, lines: Sequence[TransferLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = lines
        for line in lines:
            self.fields[f"approved_{line.pk}"] = UnitsField(
                label=f"{line.item.title}の承認数（{line.item.unit}）",
                help_text=f"依頼数 {line.asked:,}",
                initial=line.asked,
            )

    def approved(self) -> dict[StockItem, int]:
        return {line.item: self.cleaned_data[f"approved_{line.pk}"] for line in self.asked}


class ShipForm(StepForm, UnitRows):
    """How much of each lot is sent."""

    def __init__(self, *args: Any, rows: Sequence[Held], picks: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.put_rows(rows, picks)
        for row in rows:
            until = f"期限 {row.lot.expires_on.isoformat()}" if row.lot.expires_on else "期限なし"
            field = self.fields[f"units_{row.lot.pk}_{row.place.pk}"]
            field.label = f"{row.lot.item.title} {row.lot.code}（{row.place.name}）"
            gone = row.lot.expires_on is not None and row.lot.expires_on < today()
            field.help_text = (
                f"在庫 {row.quantity:,}{row.lot.item.unit}・{until}{'（期限切れ）' if gone else ''}"
            )

    def clean(self) -> dict[str, Any]:
        self.refuse_unknown()
        return self.cleaned_data


class ReceiveForm(StepForm):
    """How much of each lot arrived, and where."""

    place = forms.ChoiceField(label="受領した場所")

    def __init__(
        self, *args: Any, sent: Sequence[SentRow], places: Mapping[str, StockPlace], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sent = sent
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((slug, each.name) for slug, each in places.items()),
        ]
        for row in sent:
            self.fields[f"received_{row.lot.pk}"] = UnitsField(
                label=f"{row.lot.item.title} {row.lot.code}の受領数（{row.lot.item.unit}）",
                help_text=f"発送数 {row.sent:,}",
                initial=row.sent,
            )

    def received(self) -> dict[int, int]:
        return {row.lot.pk: self.cleaned_data[f"received_{row.lot.pk}"] for row in self.sent}


class ReturnForm(StepForm):
    """How much of each lot came back, from where and to where."""

    from_place = forms.ChoiceField(label="返却元")
    to_place = forms.ChoiceField(label="戻した場所")

    def __init__(
        self,
        *args: Any,
        sent: Sequence[SentRow],
        sources: Mapping[str, StockPlace],
        places: Mapping[str, StockPlace],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sent = [row for row in sent if row.outstanding]
        for name, rows in (("from_place", sources), ("to_place", places)):
            self.fields[name].choices = [  # type: ignore[attr-defined]
                ("", "選んでください"),
                *((slug, each.name) for slug, each in rows.items()),
            ]
        for row in self.sent:
            self.fields[f"returned_{row.lot.pk}"] = UnitsField(
                label=f"{row.lot.item.title} {row.lot.code}の返却数（{row.lot.item.unit}）",
                help_text=f"未返却 {row.outstanding:,}",
                initial=row.outstanding,
            )

    def returned(self) -> dict[int, int]:
        return {row.lot.pk: self.cleaned_data[f"returned_{row.lot.pk}"] for row in self.sent}


class SettleForm(StepForm):
    """For how much what does not come back is settled."""

    yen = AmountField(
        label="精算額（円）", required=False, help_text="金銭でないときは空欄にし、方法を備考に入力します。"
    )
