"""Forms of items, places and lots."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import AmountField, DayField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.rulebooks.disaster.standards import ItemRule
from keniki.rulebooks.loader import Rule

from ...actions.stock.items import ItemDraft, PlaceDraft
from ...actions.stock.ledger import MOST
from ...actions.stock.lots import LotDraft
from ...models import StockItem, StockLot, StockPlace


def new_token() -> str:
    """The token of a form that is shown: what is sent with it is posted once."""
    return str(uuid.uuid4())


class TokenForm(forms.Form):
    """A form that is posted once, however often it is sent."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=new_token)


class UnitsField(forms.IntegerField):
    """So many units."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", MOST)
        kwargs.setdefault(
            "widget", forms.NumberInput(attrs={"class": "num is-short", "inputmode": "numeric"})
        )
        super().__init__(**kwargs)


class StandardItemsForm(forms.Form):
    """Items of the standards to take over."""

    keys = forms.MultipleChoiceField(label="基準の品目", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, rules: Mapping[str, Rule[ItemRule]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keys"].choices = [  # type: ignore[attr-defined]
            (key, f"{rule.value.name}（{rule.value.unit}）") for key, rule in rules.items()
        ]


class ItemForm(VersionedForm):
    """One item."""

    title = forms.CharField(label="品目", max_length=120)
    standard = forms.ChoiceField(
        label="基準の品目", required=False, help_text="必要数を計算する基準。ない品目は空欄にします。"
    )
    unit = forms.CharField(label="単位", max_length=20, help_text="例：食、枚、L")
    pack_size = UnitsField(label="1箱の入数", min_value=1, initial=1)
    shelf_life_months = UnitsField(label="使用期間（月）", required=False, min_value=1, max_value=1200)
    published = forms.BooleanField(label="公表する", required=False, initial=True)
    order = UnitsField(label="順", initial=0, max_value=32000)
    note = forms.CharField(label="備考", required=False, max_length=500)

    def __init__(self, *args: Any, rules: Mapping[str, Rule[ItemRule]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["standard"].choices = [  # type: ignore[attr-defined]
            ("", "（基準にない品目）"),
            *((key, f"{rule.value.name}（{rule.value.unit}）") for key, rule in rules.items()),
        ]

    def draft(self) -> ItemDraft:
        data = self.cleaned_data
        return ItemDraft(**{name: data[name] for name in ITEM_FIELDS})


ITEM_FIELDS = (
    "title",
    "unit",
    "standard",
    "pack_size",
    "shelf_life_months",
    "published",
    "order",
    "note",
)


def item_initial(item: StockItem | None) -> dict[str, Any]:
    """The values an item's form begins with."""
    return {} if item is None else {name: getattr(item, name) for name in (*ITEM_FIELDS, "version")}


class PlaceForm(VersionedForm):
    """One place."""

    town = forms.ChoiceField(label="市町村")
    name = forms.CharField(label="名称", max_length=120, help_text="例：防災備蓄倉庫")
    address = forms.CharField(label="所在地", max_length=300, required=False)
    latitude = NumberField(label="緯度", required=False)
    longitude = NumberField(label="経度", required=False)
    ended_on = DayField(label="廃止日", required=False, help_text="在庫がなくなってから入力します。")
    note = forms.CharField(label="備考", required=False, max_length=500)

    def __init__(self, *args: Any, towns: Mapping[str, Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        self.fields["town"].choices = [(code, town.name) for code, town in towns.items()]  # type: ignore[attr-defined]

    def draft(self) -> PlaceDraft:
        data = self.cleaned_data
        names = ("name", "address", "latitude", "longitude", "ended_on", "note")
        return PlaceDraft(municipality=self.towns[data["town"]], **{name: data[name] for name in names})


def place_initial(place: StockPlace | None) -> dict[str, Any]:
    """The values a place's form begins with."""
    if place is None:
        return {}
    names = ("name", "address", "latitude", "longitude", "ended_on", "note", "version")
    return {"town": place.municipality.code, **{name: getattr(place, name) for name in names}}


class LotForm(VersionedForm):
    """One lot; for one that comes in also where and how much."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=new_token)
    item = forms.ChoiceField(label="品目")
    code = forms.CharField(
        label="ロット番号",
        max_length=40,
        required=False,
        help_text="空欄のときは番号を付けます。半角の英数字。",
    )
    place = forms.ChoiceField(label="備蓄場所")
    quantity = UnitsField(label="数量", min_value=1)
    acquired_on = DayField(label="取得日")
    expires_on = DayField(label="使用期限", required=False, help_text="期限のない物は空欄にします。")
    unit_price = AmountField(label="単価（円）", required=False)
    funding = forms.ChoiceField(label="財源", choices=StockLot.Funding.choices, initial="joint")
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(
        self,
        *args: Any,
        items: Sequence[StockItem],
        places: Mapping[str, StockPlace],
        towns: Sequence[Municipality],
        lot: StockLot | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items = {each.slug: each for each in items}
        self.places, self.towns, self.lot = places, towns, lot
        if lot is not None:
            for name in ("token", "item", "code", "place", "quantity"):
                del self.fields[name]
        else:
            self.fields["item"].choices = [  # type: ignore[attr-defined]
                ("", "選んでください"),
                *((each.slug, f"{each.title}（{each.unit}）") for each in items),
            ]
            self.fields["place"].choices = [  # type: ignore[attr-defined]
                ("", "選んでください"),
                *((slug, f"{each.municipality.name} {each.name}") for slug, each in places.items()),
            ]
        for town in towns:
            self.fields[f"owner_{town.code}"] = UnitsField(label=town.name, required=False)

    @property
    def owner_names(self) -> list[str]:
        """The fields of the owners' parts."""
        return [f"owner_{town.code}" for town in self.towns]

    def draft(self) -> LotDraft:
        data = self.cleaned_data
        new = self.lot is None
        return LotDraft(
            item=self.items[data["item"]] if self.lot is None else self.lot.item,
            acquired_on=data["acquired_on"],
            owners={town: data[f"owner_{town.code}"] or 0 for town in self.towns},
            code=data["code"].strip() if new else "",
            expires_on=data["expires_on"],
            unit_price=data["unit_price"],
            funding=data["funding"],
            note=data["note"],
            quantities={self.places[data["place"]]: data["quantity"]} if new else {},
        )


def lot_initial(lot: StockLot) -> dict[str, Any]:
    """The values a lot's form begins with."""
    names = ("acquired_on", "expires_on", "unit_price", "funding", "note", "version")
    owners = {f"owner_{each.municipality.code}": each.parts for each in lot.owners.all()}
    return {**{name: getattr(lot, name) for name in names}, **owners}


class MoreForm(TokenForm):
    """More of a lot that came in."""

    place = forms.ChoiceField(label="備蓄場所")
    quantity = UnitsField(label="数量", min_value=1)
    on = DayField(label="日付")
    note = forms.CharField(label="備考", required=False, max_length=300)

    def __init__(self, *args: Any, places: Mapping[str, StockPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (slug, f"{each.municipality.name} {each.name}") for slug, each in places.items()
        ]
