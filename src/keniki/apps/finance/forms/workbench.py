"""Forms of the workbench: what is shown (never refused), and the game of what towns would pay by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain, combinations
from typing import Any

from django import forms
from django.http import QueryDict

from keniki.apps.regions.editing import Sheet, VersionedForm, kept, rows_of
from keniki.apps.regions.fields import AmountField, NumberField
from keniki.apps.regions.models import Municipality
from keniki.core.csv_dialect import read_table
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code

from ..games import MOST_TYPED, GameSpec, spec_of
from ..models import CostGame

#: The columns of the file of a table of coalitions; codes are joined by `+`.
COLUMNS = ("組合せ_団体コード", "組合せ_団体名", "費用_円")
_LARGEST_FILE = 5_000_000
_WHOLE = (
    ("shared", "全ての団体で行う場合だけを、実際に分ける額に置き換える"),
    ("scaled", "全ての組合せを、実際に分ける額に合わせて同じ率で増減する"),
)


class GameForm(VersionedForm):
    """What every kind of game has."""

    parts = forms.BooleanField(
        label="分かれて行う方が安い組合せは、分かれて行うものとする",
        required=False,
        initial=True,
        help_text="例：3団体のうち2団体だけが共同で行い、1団体は単独で行う方が安いとき、その合計を3団体の費用とします。",
    )
    whole = forms.ChoiceField(label="実際に分ける額との合わせ方", choices=_WHOLE, initial="shared")
    note = forms.CharField(label="出典・備考", required=False, max_length=500)


class FunctionForm(GameForm):
    """A cost function."""

    fixed = AmountField(label="固定費（円/年）", required=False, help_text="1か所で行うごとにかかる費用")
    per_member = AmountField(
        label="1団体ごとの費用（円/年）", required=False, help_text="参加する団体の数だけかかる費用"
    )
    variable = NumberField(label="変動費（円/単位・年）", required=False, help_text="量1単位の費用")
    basis = forms.ChoiceField(label="量を表す基準", required=False)
    scale = NumberField(
        label="規模の指数",
        required=False,
        below=Decimal("2.000001"),
        help_text="量が2倍になると変動費が2の何乗倍になるか。1は比例、1より小さいと割安になります。空欄は1",
    )
    distance = AmountField(
        label="距離の単価（円/km・年）",
        required=False,
        help_text="庁舎の間の直線距離を最も短くつないだ長さに掛けます。要らなければ空欄",
    )
    field_order = ("fixed", "per_member", "variable", "basis", "scale", "distance", "parts", "whole", "note")

    def __init__(self, *args: Any, bases: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["basis"]
        field.choices = [("", "（量によらない）"), *bases]

    def content(self) -> dict[str, Any]:
        """The game as plain data."""
        data = self.cleaned_data
        function: dict[str, Any] = {
            name: str(data[name]) for name in ("fixed", "per_member", "variable", "distance") if data[name]
        }
        if data["scale"]:
            function["scale"] = str(data["scale"])
        if data["basis"]:
            function["basis"] = data["basis"]
        return {"kind": "function", "function": function, **_common(data)}


class AloneForm(GameForm):
    """Each town's cost alone; `alone-<code>` by code."""

    def __init__(self, *args: Any, towns: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = list(towns)
        for town in towns:
            self.fields[f"alone-{town.code}"] = AmountField(label=f"{town.name}（円/年）")
        self.order_fields([*(f"alone-{town.code}" for town in towns), "parts", "whole", "note"])

    @property
    def alone(self) -> list[dict[str, Any]]:
        """The quotes of single towns."""
        return [
            {"towns": [town.code], "amount": self.cleaned_data[f"alone-{town.code}"]} for town in self.towns
        ]


class JointForm(forms.Form):
    """One quote of several towns together."""

    towns = forms.MultipleChoiceField(
        label="組合せ", required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    amount = AmountField(label="金額（円/年）", required=False)
    source = forms.CharField(label="見積・出典", required=False, max_length=200)

    def __init__(self, *args: Any, towns: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["towns"]
        field.choices = [(town.code, town.name) for town in towns]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        several, amount = data.get("towns") or [], data.get("amount")
        if amount is not None and len(several) < 2:
            self.add_error("towns", "2団体以上を選んでください。1団体の額は上の欄に入力します。")
        if several and amount is None and "amount" not in self.errors:
            self.add_error("amount", "この組合せの金額を入力してください。")
        return data


class TableForm(GameForm):
    """Every coalition's cost (`c-<number>`) of a few towns, or a file of them for more."""

    def __init__(
        self, *args: Any, towns: Sequence[Municipality], stored: GameSpec | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.towns = list(towns)
        self.stored = stored if stored is not None and stored.kind == "table" else None
        del self.fields["parts"]
        names = []
        if len(self.towns) <= MOST_TYPED:
            for number, group in groups(self.towns):
                label = "・".join(town.name for town in group)
                self.fields[f"c-{number}"] = AmountField(label=f"{label}（円/年）")
                names.append(f"c-{number}")
        else:
            self.fields["file"] = forms.FileField(
                label="組合せの表（CSV）",
                required=self.stored is None,
                help_text=f"列は {'、'.join(COLUMNS)}。団体コードは + でつなぎます（例：012106+012092）。",
            )
            names.append("file")
        self.order_fields([*names, "whole", "note"])

    def content(self) -> dict[str, Any]:
        """The game as plain data. WrongInput for a file that cannot be read."""
        data = self.cleaned_data
        if "file" not in self.fields:
            quotes = [
                {"towns": [town.code for town in group], "amount": data[f"c-{number}"]}
                for number, group in groups(self.towns)
            ]
        elif data.get("file") is not None:
            quotes = read_groups(data["file"].read(_LARGEST_FILE + 1), data["file"].name)
        else:
            assert self.stored is not None
            quotes = [each.model_dump(mode="json", exclude_defaults=True) for each in self.stored.quotes]
        return {"kind": "table", "quotes": quotes, **_common(data)}


def sheet(
    kind: str,
    data: QueryDict | None,
    files: Any,
    game: CostGame | None,
    towns: Sequence[Municipality],
    bases: Sequence[tuple[str, str]],
) -> Sheet:
    """The form of a kind of game, filled from what is stored where that is of the same kind."""
    stored = spec_of(game.content) if game is not None else None
    same = stored if stored is not None and stored.kind == kind else None
    initial: dict[str, Any] = {
        "version": game.version if game is not None else None,
        "parts": stored.parts if stored is not None else True,
        "whole": stored.whole if stored is not None else "shared",
        "note": game.note if game is not None else "",
    }
    if kind == "function":
        if same is not None and same.function is not None:
            function = same.function
            initial |= {
                name: int(getattr(function, name)) or None for name in ("fixed", "per_member", "distance")
            }
            initial |= {"variable": _shown(function.variable), "scale": _shown(function.scale)}
            initial["basis"] = function.basis
        form: GameForm = FunctionForm(data, initial=initial, bases=bases)
        return Sheet(form, groups=[("合わせ方", ["parts", "whole", "note"])])
    if kind == "quotes":
        joint = []
        for each in same.quotes if same is not None else ():
            if len(each.towns) == 1:
                initial[f"alone-{each.towns[0]}"] = each.amount
            else:
                joint.append({"towns": list(each.towns), "amount": each.amount, "source": each.source})
        form = AloneForm(data, initial=initial, towns=towns)
        rows = rows_of(JointForm, data, "joint", joint, extra=1, towns=towns)
        alone = [f"alone-{town.code}" for town in towns]
        return Sheet(
            form,
            {"共同で行う場合の見積（ある組合せだけ）": rows},
            [("単独で行う場合の費用", alone), ("合わせ方", ["parts", "whole", "note"])],
        )
    if same is not None:
        numbers = (
            {frozenset(town.code for town in group): number for number, group in groups(towns)}
            if len(towns) <= MOST_TYPED
            else {}
        )
        for each in same.quotes:
            if (number := numbers.get(frozenset(each.towns))) is not None:
                initial[f"c-{number}"] = each.amount
    form = TableForm(data, files, initial=initial, towns=towns, stored=stored)
    return Sheet(form, groups=[("合わせ方", ["whole", "note"])])


def game_in(kind: str, filled: Sheet) -> GameSpec:
    """The game of a valid sheet. WrongInput names the field."""
    form: Any = filled.form
    if kind != "quotes":
        return spec_of(form.content())
    rows = next(iter(filled.formsets.values()))
    quotes = [*form.alone]
    for row in kept(rows):
        if row.get("amount") is None:
            continue
        source = {"source": row["source"].strip()} if row["source"].strip() else {}
        quotes.append({"towns": row["towns"], "amount": row["amount"], **source})
    return spec_of({"kind": "quotes", "quotes": quotes, **_common(form.cleaned_data)})


def groups(towns: Sequence[Municipality]) -> list[tuple[int, tuple[Municipality, ...]]]:
    """Every group of towns with its number (town i is bit i), the small ones first."""
    numbered = list(enumerate(towns))
    every = chain.from_iterable(combinations(numbered, size) for size in range(1, len(towns) + 1))
    return [(sum(1 << at for at, _ in group), tuple(town for _, town in group)) for group in every]


def read_groups(content: bytes, file: str) -> list[dict[str, Any]]:
    """The rows of a file of coalitions. WrongInput names file, row and column."""
    if len(content) > _LARGEST_FILE:
        raise WrongInput("ファイルが大きすぎます（5MBまで）。", column="file")
    table = read_table(content, file=file, required=(COLUMNS[0], COLUMNS[2]))
    found = []
    for record in table.records:
        try:
            codes = [parse_code(part.strip()) for part in record[COLUMNS[0]].split("+")]
        except WrongInput as wrong:
            raise wrong.at(file=file, row=record.row, column=COLUMNS[0]) from None
        amount = whole_number(record[COLUMNS[2]].replace(",", "").strip(), highest=10**15)
        if amount is None:
            raise WrongInput(
                f"「{record[COLUMNS[2]]}」は0以上の整数（円）ではありません。",
                file=file,
                row=record.row,
                column=COLUMNS[2],
            )
        found.append({"towns": codes, "amount": amount})
    return found


def groups_csv(rows: Sequence[tuple[Sequence[Municipality], int | None]]) -> list[tuple[Any, ...]]:
    """The file of coalitions as it is read again: a head and a row per group with its cost, if known."""
    return [
        COLUMNS,
        *(
            ("+".join(town.code for town in group), "・".join(town.name for town in group), amount)
            for group, amount in rows
        ),
    ]


class BenchForm(forms.Form):
    """What the workbench shows; unbound, since nothing typed here is refused."""

    year = forms.ChoiceField(label="年度", required=False)
    stage = forms.ChoiceField(label="段階", required=False)
    rule = forms.ChoiceField(label="負担割合の定め", required=False)
    unit = forms.CharField(
        label="端数の単位（円）",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num is-short"}),
    )

    def __init__(
        self,
        *,
        years: Sequence[tuple[int, str]],
        stages: Sequence[tuple[str, str]],
        rules: Sequence[Any],
        bases: Mapping[str, str],
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(initial=dict(initial))
        for name, choices in (("year", years), ("stage", stages), ("rule", rules)):
            field: Any = self.fields[name]
            field.choices = choices
        for key, label in bases.items():
            self.fields[f"w-{key}"] = forms.CharField(
                label=f"{label}（％）",
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num is-short"}),
            )

    @property
    def weights(self) -> list[Any]:
        """The fields of a rule that is put together."""
        return [self[name] for name in self.fields if name.startswith("w-")]


class OutlookForm(forms.Form):
    """What the outlook is reckoned from; unbound, since nothing typed here is refused."""

    year = forms.ChoiceField(label="年度", required=False)
    stage = forms.ChoiceField(label="段階", required=False)
    forecast = forms.ChoiceField(label="将来推計", required=False)
    rise = forms.CharField(
        label="経費の増減（％/年、物価の変動を除く）",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num is-short"}),
    )
    variable = forms.CharField(
        label="人口とともに変わる部分（％）",
        required=False,
        help_text="空欄は、費用関数の変動費の割合（費用関数がなければ0）",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num is-short"}),
    )
    demand = forms.ChoiceField(label="変わる部分が従う人口", required=False)
    rule = forms.MultipleChoiceField(label="比べる定め", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self,
        *,
        choices: Mapping[str, Sequence[Any]],
        bases: Mapping[str, str],
        follow: Sequence[tuple[str, str]],
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(initial=dict(initial))
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = found
        for key, label in bases.items():
            self.fields[f"follow-{key}"] = forms.ChoiceField(
                label=f"「{label}」の値", choices=follow, required=False
            )

    @property
    def follows(self) -> list[Any]:
        """The fields that say which people a basis goes with."""
        return [self[name] for name in self.fields if name.startswith("follow-")]


class PoolingForm(forms.Form):
    """Buying together: what one pays alone, and how that changes with the number of towns."""

    fixed = AmountField(label="1団体の固定費（円/年）", required=False)
    variable = AmountField(label="1団体の変動費（円/年）", required=False)
    learning = NumberField(
        label="量が2倍のときの単価（％）",
        required=False,
        below=Decimal("100.000001"),
        help_text="90は、量が2倍になると単価が1割下がること。空欄は100",
    )
    extra = NumberField(
        label="1団体増えるごとの固定費の増（％）", required=False, below=Decimal(1001), help_text="空欄は0"
    )
    coordination = AmountField(
        label="1団体増えるごとの調整費用（円/年）", required=False, help_text="会議、事務局など。空欄は0"
    )


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "parts" in data and not data["parts"]:
        found["parts"] = False
    if data.get("whole") == "scaled":
        found["whole"] = "scaled"
    return found


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else ""
