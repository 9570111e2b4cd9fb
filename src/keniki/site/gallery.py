"""The component gallery: every component of the pages with made-up data, for those who build pages."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace as Thing
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from keniki.core.fiscal_year import format_table

TOWNS = ("青葉市", "川北町", "森田町", "湖南町", "白樺町", "東雲町")
YEARS = (2020, 2021, 2022, 2023, 2024)


class ActivityForm(forms.Form):
    """A form with every kind of field a slice uses."""

    title = forms.CharField(label="活動の名称", max_length=80, help_text="報告書にそのまま印刷されます。")
    held_on = forms.DateField(
        label="実施日", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    town = forms.ChoiceField(
        label="市町", choices=[("", "選んでください"), *((town, town) for town in TOWNS)]
    )
    state = forms.ChoiceField(
        label="状態",
        choices=[("done", "実施"), ("planned", "予定"), ("none", "実施なし")],
        widget=forms.RadioSelect,
    )
    people = forms.IntegerField(
        label="参加人数", required=False, min_value=0, help_text="延べ人数のときは「延べ」を選びます。"
    )
    places = forms.MultipleChoiceField(
        label="参加した市町",
        required=False,
        choices=[(town, town) for town in TOWNS],
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(label="内容", required=False, widget=forms.Textarea(attrs={"rows": 4}))
    photo = forms.ImageField(
        label="写真",
        required=False,
        widget=forms.FileInput(attrs={"data-preview": "", "accept": "image/*"}),
        help_text="写っている人の同意を確認してから登録してください。",
    )
    public = forms.BooleanField(label="公開サイトに載せる", required=False)


class CountForm(forms.Form):
    """One count of an activity."""

    value = forms.IntegerField(label="数", min_value=0)
    counter = forms.CharField(
        label="数え方", max_length=10, widget=forms.TextInput(attrs={"class": "is-short"})
    )
    basis = forms.ChoiceField(
        label="種別", choices=[("exact", "実数"), ("cumulative", "延べ"), ("about", "約")]
    )


class Filters(forms.Form):
    """What a list is filtered by."""

    year = forms.ChoiceField(
        label="年度",
        required=False,
        choices=[("", "すべて"), *((year, format_table(year)) for year in YEARS)],
    )
    q = forms.CharField(label="ことば", required=False, widget=forms.TextInput(attrs={"type": "search"}))


def sample() -> dict[str, Any]:
    """What the gallery's template needs, and no more: no model, no database."""
    typed = {"title": "", "town": "森田町", "state": "done", "people": "-3", "places": ["青葉市", "川北町"]}
    broken = ActivityForm(typed)
    counts = forms.formset_factory(CountForm, can_delete=True, extra=0)(
        initial=[
            {"value": 26, "counter": "回", "basis": "exact"},
            {"value": 252, "counter": "名", "basis": "cumulative"},
        ],
        prefix="counts",
    )
    region = Thing(slug="midorino", name="みどり野圏域", is_fictional=True, secretariat="青葉市")
    post = Thing(label="川北町 企画課")
    return {
        "region": region,
        "regions": [region, Thing(slug="minato", name="みなと圏域", is_fictional=True)],
        "actor": Thing(name="中村 花子", post=post, posts=[post], is_authenticated=True),
        "nav_active": "activities",
        "towns": TOWNS,
        "years": YEARS,
        "form": ActivityForm(initial={"title": "スマートフォン講習会", "state": "done"}),
        "broken": broken,
        "filters": Filters(auto_id="filter_%s"),
        "counts": counts,
        "wide": [
            Thing(town=town, cells=[(row * 37 + year * 13) % 400 for year in range(18)], total=row * 1234)
            for row, town in enumerate(TOWNS * 4, start=1)
        ],
        "months": [f"{month}月" for month in (*range(4, 13), *range(1, 4))]
        + [f"第{n}四半期" for n in range(1, 5)]
        + ["上期", "下期"],
        "trace": [
            Thing(
                field="防災",
                title="災害時の職員派遣の体制づくり",
                cells=[("none", None), ("studied", None), ("done", 2), ("done", 3), ("done", 1)],
            ),
            Thing(
                field="防災",
                title="共同備蓄品の購入",
                cells=[("none", None), ("done", 1), ("done", 1), ("none", None), ("planned", None)],
            ),
            Thing(
                field="交通",
                title="バスロケーションの導入",
                cells=[("none", None), ("studied", None), ("studied", None), ("none", None), ("none", None)],
            ),
        ],
        "allowed": Thing(allowed=True, reason="川北町 企画課の担当者だからです。", on_behalf_of=""),
        "proxy": Thing(allowed=True, reason="事務局（青葉市 企画課）だからです。", on_behalf_of="森田町"),
        "denied": Thing(
            allowed=False,
            reason="この記録は森田町のものです。直せるのは森田町の担当者だけです。コメントを送ることはできます。",
            on_behalf_of="",
        ),
        "steps": [
            Thing(label="関係市町との協議", state="done", date=date(2024, 4, 12), note=""),
            Thing(
                label="議会の議決（地方自治法第96条第2項）",
                state="done",
                date=date(2024, 6, 21),
                note="議案第18号",
            ),
            Thing(label="協定の締結", state="current", date=None, note="4市町のうち3市町が決裁済み"),
            Thing(label="都道府県知事への届出", state="blocked", date=None, note="締結の後に行います"),
            Thing(label="公表", state="todo", date=None, note=""),
            Thing(label="告示", state="skipped", date=None, note="この種類の協定では行いません"),
        ],
        "entries": [
            Thing(
                at=_moment(2024, 11, 5, 14, 5),
                text="川北町 企画課 中村 花子 が 令和6年度 スマートフォン講習会 川北町分の参加人数を"
                " 21→28名 に訂正（圏域計 207名）",
                changes=[Thing(label="参加人数", before="21名", after="28名")],
            ),
            Thing(
                at=_moment(2024, 11, 1, 9, 30),
                text="青葉市 企画課 佐藤 一郎 が（森田町分を代理入力）防災訓練 を登録",
                changes=[],
            ),
        ],
        "tab_items": [
            Thing(label="活動", url="#", current=True, number=12),
            Thing(label="KPI", url="#kpi", current=False, number=3),
            Thing(label="成果と課題", url="#findings", current=False, number=None),
        ],
        "page": Paginator(range(1, 472), 20).page(8),
        "differences": [
            Thing(name="title", label="名称", mine="スマートフォン講習会", theirs="スマートフォン講習会"),
            Thing(name="people", label="参加人数", mine="28名", theirs="25名"),
            Thing(name="place", label="会場", mine="川北町公民館", theirs=None),
        ],
        "when": _moment(2024, 11, 5, 14, 2),
        "edition": Thing(
            edition="令和2年国勢調査（2021年11月30日公表）",
            table="第1表 男女別人口",
            cell="D14",
            formula="",
            note="",
            url="#source",
        ),
    }


def gallery(request: HttpRequest) -> HttpResponse:
    """All components on one page; 404 for visitors."""
    if not request.user.is_authenticated:
        raise Http404
    return render(request, "gallery.html", sample())


def _moment(*parts: int) -> datetime:
    return timezone.make_aware(datetime(*parts))  # type: ignore[arg-type]  # noqa: DTZ001
