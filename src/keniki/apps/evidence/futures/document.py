"""A forecast as a document: Word, PDF and Excel of its exhibits with summary, method and inputs (未来予測書)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from keniki.core import era
from keniki.press import blocks as b
from keniki.press.excel import DataSheet

from ..book.document import charts_of, sheets_of, tables_of
from ..book.tables import Exhibit
from ..models import Forecast, ForecastResult
from .exhibits import exhibits
from .exhibits.common import LIMITS
from .held import Used
from .results import Result
from .summary import sentences
from .wording import facts

TITLE: Final = "未来予測書"
#: The exhibits of each chapter.
CHAPTERS: Final = (
    (
        "人口の見通し",
        ("future_total", "future_groups", "future_pyramids", "future_places", "future_balance"),
    ),
    ("需要の見通し", ("future_demands", "future_causes")),
    ("需要を変えるもの", ("future_changes",)),
    ("推計の精度", ("future_accuracy",)),
)
METHOD: Final = "推計の方法と限界"
#: So many municipalities are named on the cover.
ON_COVER: Final = 16
#: How each model works, for readers who are no demographers.
MODELS: Final[dict[str, tuple[str, ...]]] = {
    Forecast.Model.NET: (
        "純移動率モデルによる。5年前の国勢調査からの同じ世代の人口の変化（コーホート変化率）を、全国の生命表による生残率と、"
        "転入と転出の差を表す純移動率とに分けた。",
        "小さな市区町村の変化率は偶然に左右されるため、都道府県と全国の変化率に人口規模に応じて近づけた。"
        "移動の違いは、若い世代ほど将来も続き、他の世代では小さくなっていくものとした。",
    ),
    Forecast.Model.POOL: (
        "プールモデルによる。各市区町村から転出する人を転出率で求めて全国で合わせ、配分率により各市区町村への転入とした。"
        "国内の転出と転入の合計は一致する。",
        "転出率の水準は、公表された転出者数と転入者数による。",
    ),
    Forecast.Model.CCR: (
        "コーホート変化率法による。5年前の国勢調査からの同じ世代の人口の変化が続くものとし、死亡と移動を分けない。",
        "小さな市区町村の変化率は、都道府県と全国の変化率に人口規模に応じて近づけた。",
    ),
    Forecast.Model.PUBLISHED: (
        "公表された将来推計人口を再現した。年齢別に公表された推計からは変化率を逆算し、総数だけの推計には、"
        "国勢調査による推計を一律に補正して合わせた。",
    ),
}
CHILDREN: Final = "出生は、15～49歳の女性に対する0～4歳の子どもの比（子ども女性比）によった。"
UNKNOWN: Final = "国勢調査の年齢不詳は、市区町村別、男女別に、年齢の分かる人口の割合で各年齢に分けた。"


@dataclass(frozen=True)
class Written:
    """The document and its data sheets, with the exhibits they were made of."""

    document: b.Document
    sheets: tuple[DataSheet, ...]
    exhibits: tuple[Exhibit, ...]


def write(
    forecast: Forecast, stored: ForecastResult, *, published: str = "", mark: str | None = None
) -> Written:
    """The document of a forecast's result; `published` is the title of the projection it follows.

    `mark` stands at the head of every page. Of the same result the same document, whatever was loaded since, but for
    the earlier censuses beside it.
    """
    result = Result.from_json(stored.content)
    made = {each.id: each for each in exhibits(result)}
    region = forecast.region
    day = timezone.localdate(stored.made_at)
    said = facts(forecast, {place.code: place.name for place in result.places}, published)
    paper = _Paper(made)
    chapters = [(name, ids) for name, ids in CHAPTERS if any(each in made for each in ids)]
    found: list[b.Block] = [
        b.Cover(
            lines=(
                b.CoverLine(region.name, "region"),
                b.CoverLine(TITLE, "title"),
                b.CoverLine(f"{result.years[0]}年～{result.years[-1]}年", "period"),
                b.CoverLine(forecast.title, "plain"),
                b.CoverLine(f"{era.format_date(day)}計算", "date"),
            ),
            bottom=(b.CoverLine(_named(result), "plain"),),
        ),
        b.PageBreak(),
        b.Contents(depth=2),
        b.Heading(1, "要旨", new_page=True),
        b.BulletList(tuple(sentences(result))),
    ]
    if forecast.note:
        found.append(b.Paragraph(forecast.note, first_indent=1))
    for number, (name, ids) in enumerate(chapters, 1):
        found.append(b.Heading(1, name, number=f"第{number}章", new_page=True))
        found += paper.section(number, ids)
    number = len(chapters) + 1
    found.append(b.Heading(1, METHOD, number=f"第{number}章", new_page=True))
    found += _method(forecast, result)
    found += paper.section(number, ("future_rates",))
    found.append(b.Heading(1, "推計の条件と入力", number=f"第{number + 1}章", new_page=True))
    found += paper.inputs(said, result.used, stored)
    document = b.Document(
        title=f"{region.name} {TITLE}（{forecast.title}）",
        subject=TITLE,
        keywords=(region.name, TITLE, forecast.title),
        blocks=tuple(found),
        dated=datetime.combine(day, time(), ZoneInfo("Asia/Tokyo")),
        draft_mark=mark,
        fictional=region.fictional,
        landscape=True,
    )
    order = [made[each] for _, ids in CHAPTERS for each in ids if each in made]
    order += [each for id, each in made.items() if id == "future_rates"]
    sheets = (*sheets_of(order), _facts_sheet(said, stored), _used_sheet(result.used))
    return Written(document, sheets, tuple(order))


class _Paper:
    """Exhibits as blocks, their charts and tables numbered through the document."""

    def __init__(self, made: dict[str, Exhibit]) -> None:
        self.made = made
        self.charts, self.tables = count(1), count(1)

    def section(self, chapter: int, ids: Sequence[str]) -> list[b.Block]:
        """The exhibits there are, each with charts, table, method and sources."""
        found: list[b.Block] = []
        there = [self.made[each] for each in ids if each in self.made]
        for at, exhibit in enumerate(there, 1):
            found.append(b.Heading(2, exhibit.title, number=f"{chapter}-{at}"))
            captions = [f"図{next(self.charts)}　{_titled(chart.spec)}" for chart in exhibit.charts]
            found += charts_of(exhibit, captions)
            if exhibit.table is not None:
                found += tables_of(exhibit.table, f"表{next(self.tables)}　{exhibit.title}")
            found += [b.Note(f"※{note}") for note in exhibit.notes]
            if exhibit.sources:
                found.append(b.Note(f"出典：{'、'.join(exhibit.sources)}"))
        return found

    def inputs(
        self, said: Sequence[tuple[str, str]], used: Sequence[Used], stored: ForecastResult
    ) -> list[b.Block]:
        """What the forecast is made of and the editions with their hashes."""
        moment = timezone.localtime(stored.made_at)
        rows = [
            *said,
            ("計算日時", f"{era.format_date(moment.date())} {moment:%H:%M}"),
            ("推計のハッシュ", stored.digest),
        ]
        editions = tuple((each.source, each.title, each.files, each.digest) for each in used)
        return [
            b.DataTable(
                (b.Column("項目", 1), b.Column("内容", 5)),
                tuple(rows),
                caption=f"表{next(self.tables)}　推計の条件",
                size="small",
            ),
            b.DataTable(
                (
                    b.Column("統計", 2),
                    b.Column("版", 3),
                    b.Column("ファイル", 0.8, "right"),
                    b.Column("ハッシュ（SHA-256）", 4.4),
                ),
                editions,
                caption=f"表{next(self.tables)}　入力した統計",
                size="small",
            ),
            b.Note(
                "※ハッシュは、その版のファイルのすべてから求めたもの。同じ統計と条件からは、同じ推計になる。"
            ),
        ]


def _named(result: Result) -> str:
    """The municipalities as they fit on a cover; the conditions at the end name all of them."""
    names = [place.name for place in result.places]
    if len(names) <= ON_COVER:
        return "、".join(names)
    return f"{'、'.join(names[: ON_COVER - 1])}ほか{len(names) - ON_COVER + 1}市区町村"


def _titled(spec: dict[str, object]) -> str:
    """The title a chart carries, in one line."""
    title = spec["title"]
    assert isinstance(title, dict)
    return "".join(line.strip() for line in title["text"])


def _method(forecast: Forecast, result: Result) -> list[b.Block]:
    said = [*MODELS[Forecast.Model(forecast.model)], CHILDREN, UNKNOWN]
    if result.bands is not None:
        said.append(
            f"予測区間は、過去の国勢調査で同じ方法の推計が外れた大きさを、市区町村の規模と年齢ごとに測り、その誤差を"
            f"乱数で{forecast.draws:,}回与えた結果から求めた。"
        )
    return [b.Paragraph(each, first_indent=1) for each in (*said, LIMITS)]


def _facts_sheet(said: Sequence[tuple[str, str]], stored: ForecastResult) -> DataSheet:
    rows = [
        *said,
        ("計算日時", f"{timezone.localtime(stored.made_at):%Y-%m-%dT%H:%M}"),
        ("推計のハッシュ", stored.digest),
    ]
    return DataSheet("推計の条件", ("項目", "内容"), rows)


def _used_sheet(used: Sequence[Used]) -> DataSheet:
    rows = [(each.source, each.title, each.files, each.digest) for each in used]
    return DataSheet("入力", ("統計", "版", "ファイル数", "SHA-256"), rows)
