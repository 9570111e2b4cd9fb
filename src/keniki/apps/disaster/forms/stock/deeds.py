"""The form of a deed that takes stock out of a place, lot by lot; and the one that takes a deed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.fields import DayField

from ...actions.stock.deeds import DrillUse, Outgoing
from ...models import Incident, StockLot, StockMovement, StockPlace
from ...queries.stock.on_hand import Held
from .records import TokenForm, UnitsField

Kind = StockMovement.Kind


class UnitRows(forms.Form):
    """A number of units for each lot: `units_<number of the lot>`."""

    rows: Sequence[Held]

    def put_rows(self, rows: Sequence[Held], picks: Mapping[str, int]) -> None:
        """A field per lot, with the proposed number."""
        self.rows = rows
        for row in rows:
            self.fields[unit_name(row)] = UnitsField(
                label=f"{row.lot.code} の数量", required=False, initial=picks.get(row.key)
            )

    @property
    def lines(self) -> list[tuple[Held, forms.BoundField]]:
        """Each lot with its field."""
        return [(row, self[unit_name(row)]) for row in self.rows]

    def chosen(self) -> dict[Held, int]:
        """What was typed beside the lots."""
        return {
            row: self.cleaned_data[unit_name(row)] for row in self.rows if self.cleaned_data[unit_name(row)]
        }

    def refuse_unknown(self) -> None:
        """A lot that has gone meanwhile is not passed over in silence."""
        known = {unit_name(row) for row in self.rows}
        gone = [
            name
            for name, value in self.data.items()
            if name.startswith("units_") and value and name not in known
        ]
        if gone:
            raise forms.ValidationError(
                "選んだロットの一部は、もうこの場所にありません。画面を開き直して、在庫を確かめてください。"
            )


def unit_name(row: Held) -> str:
    """The field of a lot at a place."""
    return f"units_{row.lot.pk}_{row.place.pk}"


class OutForm(TokenForm, UnitRows):
    """A deed: use, use in a drill, move, disposal."""

    on = DayField(label="日付")
    to_place = forms.ChoiceField(label="移す先", required=False)
    title = forms.CharField(label="訓練・催しの名称", max_length=120, required=False)
    initiative: forms.ModelChoiceField[Initiative] = forms.ModelChoiceField(
        label="取組", queryset=None, required=False, empty_label="選んでください"
    )
    shared = forms.BooleanField(label="圏域の共同の活動として記録", required=False)
    result = forms.CharField(label="結果", max_length=200, required=False, help_text="例：52名参加")
    note = forms.CharField(label="理由・用途", max_length=300, required=False)

    def __init__(
        self,
        *args: Any,
        kind: str,
        place: StockPlace,
        rows: Sequence[Held],
        picks: Mapping[str, int],
        targets: Mapping[str, StockPlace],
        incident: Incident | None,
        shared: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.place, self.targets, self.incident = kind, place, targets, incident
        self.put_rows(rows, picks)
        self.fields["initiative"].queryset = Initiative.objects.filter(region=place.region)  # type: ignore[attr-defined]
        self.fields["to_place"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((slug, f"{each.municipality.name} {each.name}") for slug, each in targets.items()),
        ]
        wanted = {"move": {"to_place"}, "drill": {"title", "initiative", "shared", "result"}}.get(kind, set())
        for name in ("to_place", "title", "initiative", "shared", "result"):
            if name not in wanted or (name == "shared" and not shared):
                del self.fields[name]
            elif name in ("to_place", "title", "initiative"):
                self.fields[name].required = True
        if kind == Kind.DISPOSE:
            self.fields["note"].required = True

    def clean(self) -> dict[str, Any]:
        self.refuse_unknown()
        return self.cleaned_data

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields that are not a lot's."""
        units = {unit_name(row) for row in self.rows}
        return [bound for bound in self.visible_fields() if bound.name not in units]

    def deed(self) -> Outgoing:
        data = self.cleaned_data
        picks: dict[StockLot, int] = {row.lot: number for row, number in self.chosen().items()}
        drill = None
        if self.kind == Kind.DRILL:
            shared = bool(data.get("shared"))
            drill = DrillUse(data["initiative"], data["title"], shared, data["result"])
        return Outgoing(
            self.kind,
            self.place,
            picks,
            data["on"],
            data["note"],
            self.incident,
            self.targets[data["to_place"]] if self.kind == Kind.MOVE else None,
            drill,
        )


class UndoForm(forms.Form):
    """Why a deed is taken back."""

    on = DayField(label="取消しの日付")
    note = forms.CharField(label="取り消す理由", max_length=300)
