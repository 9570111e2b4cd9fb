"""Forms of the workbench: what is forecast and with which changes, and what a saved forecast is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from keniki.analysis.population import STEP
from keniki.apps.regions.editing import VersionedForm
from keniki.core.errors import WrongInput

from ..book.book import NAMED, places_named, title_of
from ..book.holdings import Place
from ..models import Forecast
from .making import Wanted
from .sliders import Sliders, changes_of, sliders_of

#: Years ahead of the base that may be asked for.
FURTHEST: Final = 50
#: How far ahead a forecast looks where nobody says.
USUAL: Final = 30
#: The longest forecast a person waits for; a thousand are enough for a 95 % band.
MOST_DRAWS: Final = 5_000
PUBLISHED: Final = "published:"
#: The fields that wrong input of a forecast is told at, by the option of the command it names.
AT: Final = {
    "--to": "until",
    "--base": "base",
    "--model": "model",
    "--published": "model",
    "--municipalities": "others",
}
_MODELS: Final = tuple(
    (value, label) for value, label in Forecast.Model.choices if value != Forecast.Model.PUBLISHED
)


@dataclass(frozen=True)
class Choices:
    """What a region may choose from: its members, the years of the censuses held, published projections.

    `lacking` are the members that the newest census does not have.
    """

    members: tuple[Place, ...]
    lacking: tuple[Place, ...]
    censuses: tuple[int, ...]
    published: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Slider:
    """A field that moves, its bounds, and what stands behind the number."""

    name: str
    low: int
    high: int
    step: int
    unit: str = "％"


#: In the order of the page.
SLIDERS: Final = (
    Slider("fertility", 0, 200, 1),
    Slider("young", 0, 200, 5),
    Slider("families", 0, 200, 5),
    Slider("old", 0, 200, 5),
    Slider("moving_in", 0, 100, 1, "世帯"),
    Slider("mortality", 50, 150, 1),
)


class PercentField(forms.IntegerField):
    """Per cent of what is taken anyway; a slider beside it goes as far as usual, the field further."""

    def __init__(self, label: str, *, low: int = 0, high: int = 300, **kwargs: Any) -> None:
        super().__init__(label=label, initial=100, min_value=low, max_value=high, required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """The number; an empty field is 100."""
        found = super().clean(value)
        return 100 if found is None else found


class WorkbenchForm(forms.Form):
    """Municipalities, base, model, last year, and the sliders; `wanted` is there once it is valid."""

    place = forms.MultipleChoiceField(
        label="構成市町村",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="どの市区町村も選ばないときは、構成市町村のすべてを推計します。",
    )
    others = forms.CharField(
        label="ほかの市区町村",
        required=False,
        max_length=2_000,
        help_text="団体コードをカンマで区切って入力します。例 01210,01209",
    )
    base = forms.ChoiceField(label="基準人口")
    model = forms.ChoiceField(label="推計の方法")
    until = forms.TypedChoiceField(label="推計する最後の年", coerce=int)
    fertility = PercentField("出生（子どもの生まれ方）", low=0)
    young = PercentField("15～29歳の移動")
    families = PercentField("0～14歳と30～64歳の移動")
    old = PercentField("65歳以上の移動")
    closed = forms.BooleanField(label="移動なし（封鎖人口）", required=False)
    moving_in = forms.FloatField(
        label="毎年の子育て世帯の転入", initial=0, min_value=0, max_value=100_000, required=False
    )
    into = forms.ChoiceField(label="転入先", required=False)
    parents = forms.TypedChoiceField(
        label="父母の年齢",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[(age, f"{age}～{age + 4}歳") for age in range(20, 50, STEP)],
        initial=30,
    )
    infants = forms.FloatField(
        label="0～4歳の子（1世帯当たり）", initial=1, min_value=0, max_value=10, required=False
    )
    pupils = forms.FloatField(
        label="5～9歳の子（1世帯当たり）", initial=0, min_value=0, max_value=10, required=False
    )
    mortality = PercentField("死亡率", low=0)
    since = forms.TypedChoiceField(label="変更を始める年", coerce=int, empty_value=None, required=False)
    by = forms.TypedChoiceField(
        label="出生と死亡率がこの値になる年", coerce=int, empty_value=None, required=False
    )
    after = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def __init__(self, data: QueryDict, *, choices: Choices, earlier: Forecast | None = None) -> None:
        """What the data leave out stands where it begins; without any municipality every member is chosen.

        `earlier` is a forecast with changes that no slider can say; the sliders' come after them.
        """
        self.given = data.copy()
        super().__init__(self.given)
        self.choices = choices
        self.earlier = earlier
        self.wanted: Wanted | None = None
        newest = choices.censuses[-1] if choices.censuses else 0
        years = range(choices.censuses[0] + STEP, newest + FURTHEST + 1, STEP) if newest else ()
        shown = [(year, f"{year}年") for year in years]
        places = [(place.code, place.name) for place in choices.members]
        self._offer("place", places, [code for code, _ in places])
        self._offer("into", [("", "対象の市区町村のそれぞれ"), *places], "")
        bases = [(f"census{year}", f"{year}年 国勢調査") for year in reversed(choices.censuses)]
        self._offer("base", bases, f"census{newest}")
        models = [(f"{PUBLISHED}{slug}", f"公表推計の再現：{title}") for slug, title in choices.published]
        self._offer("model", [*_MODELS, *models], Forecast.Model.NET)
        self._offer("until", shown, newest + USUAL)
        self._offer("since", [("", "最初の5年から"), *shown], "")
        self._offer("by", [("", "最後の年"), *shown], "")
        for name, field in self.fields.items():
            left_out = name not in data and (name != "place" or not data.get("others"))
            if left_out and field.initial not in (None, ""):
                values = field.initial if isinstance(field.initial, list) else [field.initial]
                self.given.setlist(name, [str(value) for value in values])

    @property
    def state(self) -> str:
        """The query that opens the workbench as it is now."""
        return self.given.urlencode()

    def _offer(self, name: str, choices: Sequence[tuple[Any, str]], initial: Any) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields[name].initial = initial

    def clean(self) -> dict[str, Any]:
        """The wanted forecast of what was typed; errors stand at their fields."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        base_year, until = int(given["base"].removeprefix("census")), given["until"]
        since, by = given["since"], given["by"]
        if until <= base_year:
            self.add_error("until", f"基準の{base_year}年より後の年にしてください。")
        if since is not None and not base_year < since <= until:
            self.add_error("since", f"{base_year}年より後、{until}年以前の年にしてください。")
        if by is not None and not (since or base_year + STEP) <= by <= until:
            self.add_error("by", f"変更を始める年以後、{until}年以前の年にしてください。")
        places = self._places(given)
        if given["into"] and given["into"] not in {place.code for place in places}:
            self.add_error("into", "転入先は、対象の市区町村から選んでください。")
        if self.errors:
            return given
        codes = [place.code for place in places]
        model, _, published = given["model"].partition(":")
        before = tuple(self.earlier.changes) if self.earlier else ()
        try:
            changes = (*before, *changes_of(sliders_in(given), base_year, until, codes))
        except WrongInput as wrong:
            self.add_error(None, wrong.message)
            return given
        self.wanted = Wanted(places, given["base"], model, until, published, changes)
        return given

    def refuse(self, wrong: WrongInput) -> None:
        """Show what the forecast refused at the field it is about, else on top."""
        self.add_error(AT.get(wrong.column or ""), wrong.message)

    @property
    def places_said(self) -> str:
        """Which municipalities are chosen, in a few words."""
        if self.wanted is None:
            return "構成市町村から選ぶ"
        places = self.wanted.places
        if places == self.choices.members:
            return f"構成市町村のすべて（{len(places)}）"
        return f"{title_of(places)}（{len(places)}）" if len(places) > NAMED else title_of(places)

    @property
    def moving(self) -> list[tuple[Slider, forms.BoundField]]:
        """The sliders with their fields."""
        return [(each, self[each.name]) for each in SLIDERS]

    @property
    def household(self) -> list[forms.BoundField]:
        """The fields of a family that moves in."""
        return [self["parents"], self["infants"], self["pupils"]]

    def _places(self, given: Mapping[str, Any]) -> tuple[Place, ...]:
        chosen = [place for place in self.choices.members if place.code in given["place"]]
        if given["others"].strip():
            try:
                chosen += [each for each in places_named(given["others"]) if each not in chosen]
            except WrongInput as wrong:
                self.add_error("others", wrong.message)
        if not chosen and not self.errors:
            self.add_error("others", "推計する市区町村の団体コードを入力してください。")
        return tuple(chosen)


def sliders_in(given: Mapping[str, Any]) -> Sliders:
    """The sliders of cleaned values; a field left empty stands where it began."""
    plain = Sliders()
    names = [each.name for each in fields(Sliders)]
    return Sliders(**{name: getattr(plain, name) if given[name] is None else given[name] for name in names})


def query_of(forecast: Forecast, choices: Choices) -> str:
    """The query that opens the workbench as this forecast was made; changes no slider can say are named as a whole."""
    members = {place.code for place in choices.members}
    codes = list(forecast.places)
    model = f"{PUBLISHED}{forecast.published}" if forecast.published else forecast.model
    pairs: list[tuple[str, Any]] = [("place", code) for code in codes if code in members]
    others = [code for code in codes if code not in members]
    if others:
        pairs.append(("others", ",".join(others)))
    pairs += [("base", forecast.base), ("model", model), ("until", forecast.until)]
    base_year = int(forecast.base.removeprefix("census"))
    found = sliders_of(forecast.changes, base_year, forecast.until, codes)
    if found is None:
        return urlencode([*pairs, ("after", forecast.pk)])
    for each in fields(Sliders):
        value, plain = getattr(found, each.name), each.default
        if value != plain:
            pairs.append((each.name, "on" if value is True else value))
    return urlencode(pairs)


class SaveForm(forms.Form):
    """What a forecast is called, and how many futures are drawn for its bands."""

    title = forms.CharField(label="名称", max_length=80)
    note = forms.CharField(
        label="説明", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    draws = forms.IntegerField(
        label="予測区間の試行回数",
        initial=1000,
        min_value=0,
        max_value=MOST_DRAWS,
        help_text="多いほど予測区間が安定し、時間がかかります。0 のときは予測区間を求めません。",
    )
    seed = forms.IntegerField(
        label="乱数の種",
        initial=1,
        min_value=0,
        max_value=2**31 - 1,
        help_text="同じ種からは、同じ結果が得られます。",
    )


class TitleForm(VersionedForm):
    """What of a saved forecast may change."""

    title = forms.CharField(label="名称", max_length=80)
    note = forms.CharField(
        label="説明", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class ScenarioFileForm(forms.Form):
    """A scenario as a YAML file."""

    scenario = forms.FileField(
        label="シナリオのファイル（YAML）",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
        help_text="将来推計の画面から取り出したものや、keniki project --scenario で使うものです。",
    )


class RatesForm(forms.Form):
    """A region's own rates as text; what is wrong in it is told at it."""

    content = forms.CharField(
        label="率（YAML）",
        strip=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 24, "class": "rates-text", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="説明",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="どの資料で、いつ、だれが確かめたかなど。根拠は、率ごとの source に書きます。",
    )
    file_name = forms.CharField(label="ファイル名", max_length=200, required=False)


class RatesFileForm(forms.Form):
    """The same as a YAML file."""

    rates = forms.FileField(
        label="率のファイル（YAML）",
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
        help_text="登録した率は、ファイルの内容に置き換わります。",
    )


class LedgerForm(forms.Form):
    """Public buildings as a CSV of the ledger they stand in."""

    ledger = forms.FileField(
        label="公共施設の台帳（CSV）",
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        help_text="見出しは use（用途）、built（建築年、西暦）、area（延床面積、m²）、"
        "あれば municipality_code（団体コード）。日本語の見出しでも読めます。",
    )
    municipality = forms.ChoiceField(
        label="市区町村", required=False, help_text="団体コードの列がない台帳のときに選びます。"
    )
    source = forms.CharField(label="根拠", max_length=500, help_text="例 公共施設の台帳（令和5年度末）")
    year = forms.IntegerField(label="台帳の年", min_value=1900, max_value=2200)

    def __init__(self, *args: Any, members: Sequence[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["municipality"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "―"), *((place.code, place.name) for place in members)]
