"""Series by municipality, sex and age around the 2018 projection of IPSS: `CityM/pd01210.json`, `CityF/pp01210.json`.

One file holds one municipality and sex: a JSON list of `{"Series": "0～4歳", "Population": [...]}`. `pd` are censuses,
`pp` the projection. The folder says the sex, the name the kind and the five-digit code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keniki.core.errors import WrongInput

from .areas import area_of
from .base import (
    UNKNOWN_AGE,
    EditionSpec,
    Parsed,
    RawBytes,
    Reader,
    Rejected,
    SeriesKey,
    Sex,
    SourceSpec,
    Status,
)
from .estat_classes import Age, age_of, squeezed
from .sources import source_named

KIND: Final = "ipss"
#: The last census before the projection of 2018, which it starts from.
BASE_YEAR: Final = 2015
STEP: Final = 5
_COMPILED: Final = "aiseed.dev 統計メモ帳の編集データ、CC BY 4.0"


@dataclass(frozen=True, slots=True)
class _Kind:
    indicator: str
    status: Status
    years: tuple[int, ...]
    source: SourceSpec
    edition: EditionSpec


#: The files name no years. `pd` gives the quinquennial censuses up to the one the projection starts from (8 values:
#: 1980 to 2015), `pp` starts with that census and goes on by five years (7 values: to 2045, as published in 2018).
KINDS: Final = {
    "pd": _Kind(
        "population",
        "official",
        tuple(range(1980, BASE_YEAR + 1, STEP)),
        SourceSpec(
            "census_history",
            "国勢調査（時系列に編集したもの）",
            "総務省統計局",
            url="https://www.e-stat.go.jp/",
            credit=f"総務省統計局「国勢調査」（{_COMPILED}）",
            licence="CC BY 4.0",
        ),
        EditionSpec(
            "census-history-1980-2015",
            f"国勢調査 1980～2015年（{_COMPILED}）",
            table_title="男女、年齢5歳階級別人口（市区町村）",
            surveyed="1980～2015",
        ),
    ),
    "pp": _Kind(
        "projected_population",
        "estimated",
        tuple(range(BASE_YEAR, 2046, STEP)),
        source_named("ipss_h30"),
        EditionSpec(
            "ipss-h30",
            f"平成30（2018）年推計（{_COMPILED}）",
            table_title="男女、年齢5歳階級別将来推計人口（市区町村）",
            surveyed="2015～2045",
        ),
    ),
}


def knows(file: RawBytes) -> float:
    """Sure by name and beginning together."""
    start = file.content[:200].decode("utf-8-sig", "ignore")
    if not re.match(r'\s*\[\s*\{\s*"Series"\s*:', start):
        return 0.0
    return 0.95 if _FILE.search(file.place) else 0.6


def read(file: RawBytes) -> Parsed:
    """The figures of one municipality and sex. Years whose ages do not add up to 総数 are quarantined.

    WrongInput where kind, sex or code don't follow from the name, or the list has another shape than described.
    """
    kind, sex, code = _named(file.place)
    lines = _lines(file)
    parsed = Parsed(KIND, file, kind.source, kind.edition)
    try:
        parsed.area_keys = [area_of(code)]
    except WrongInput as wrong:
        raise wrong.at(file=file.place) from None
    ages = _ages([label for label, _ in lines], file.place)
    parsed.row_labels = {number: label for number, (label, _) in enumerate(lines, start=1)}
    parsed.column_labels = {number: f"{year}年" for number, year in enumerate(kind.years, start=1)}
    for column, year in enumerate(kind.years):
        values = _checked(parsed, lines, ages, column, kind)
        for row, value in enumerate(values):
            period = f"{year}-10-01"
            age = ages[row]
            key = SeriesKey(
                kind.indicator, "persons", year, period, sex, age.first, age.last, status=kind.status
            )
            parsed.series_keys.append(key)
            parsed.add(len(parsed.series_keys) - 1, 0, value, row + 1, column + 1)
    return parsed


READER: Final = Reader(KIND, "国勢調査・将来推計人口の系列（JSON、CityM・CityF）", knows, read)

_FILE: Final = re.compile(r"(?:^|[/\\])(p[dp])(\d{5})\.json$", re.ASCII)
_FOLDERS: Final[dict[str, Sex]] = {"CityM": "male", "CityF": "female"}
_TOTAL: Final = Age()
_UNKNOWN: Final = Age(UNKNOWN_AGE, UNKNOWN_AGE)


def _named(name: str) -> tuple[_Kind, Sex, str]:
    found = _FILE.search(name)
    if found is None:
        raise WrongInput(
            "ファイル名から種類と市区町村が分かりません。pd01210.json（国勢調査）、pp01210.json（将来推計）のように、"
            "種類と5桁のコードの名前にしてください。",
            file=name,
        )
    folder = re.split(r"[/\\]", name)[-2:-1]
    if not folder or folder[0] not in _FOLDERS:
        raise WrongInput(
            "フォルダーの名前から男女が分かりません。CityM（男）又は CityF（女）のフォルダーに入れて、"
            "フォルダーごと読み込んでください。",
            file=name,
        )
    return KINDS[found[1]], _FOLDERS[folder[0]], found[2]


def _lines(file: RawBytes) -> list[tuple[str, list[object]]]:
    """The series as written, each with as many values as its kind has years."""
    expected = len(_named(file.place)[0].years)
    try:
        content = json.loads(file.content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row = file.content[: error.start].count(b"\n") + 1
        raise WrongInput("文字コードがUTF-8ではありません。", file=file.place, row=row) from None
    except (json.JSONDecodeError, RecursionError) as error:
        at = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise WrongInput(
            "JSONとして読めません。ファイルを取得し直してください。", file=file.place, row=at
        ) from None
    if not isinstance(content, list) or not content:
        raise WrongInput("年齢階級の一覧（Series と Population）がありません。", file=file.place)
    lines = []
    for number, line in enumerate(content, start=1):
        label = line.get("Series") if isinstance(line, dict) else None
        values = line.get("Population") if isinstance(line, dict) else None
        if not isinstance(label, str) or not isinstance(values, list):
            raise WrongInput("Series と Population の組ではありません。", file=file.place, row=number)
        if len(values) != expected:
            raise WrongInput(
                f"値の数が{len(values)}個です。{expected}年分でなければ、どの年の値か分かりません。",
                file=file.place,
                row=number,
                column=label,
            )
        lines.append((label, values))
    return lines


def _ages(labels: Sequence[str], file: str) -> list[Age]:
    """The ages of each line. WrongInput unless 総数 is there once and the classes follow on one another.

    The history's label 「85～89歳以上」 is the class 85 to 89: 90歳以上 stands beside it, and only so do ages add up.
    """
    ages = []
    for number, label in enumerate(labels, start=1):
        text = _BOTH_BOUNDS.sub(r"\1", squeezed(label))
        age = _UNKNOWN if text == "年齢不詳" else age_of(text)
        if age is None or age in ages:
            what = "年齢階級として読めません" if age is None else "2回あります"
            raise WrongInput(f"「{label}」が{what}。", file=file, row=number, column=label)
        ages.append(age)
    classes = sorted((age for age in ages if age not in (_TOTAL, _UNKNOWN)), key=lambda age: age.first or 0)
    follows = [age.last + 1 if age.last is not None else None for age in classes]
    if _TOTAL not in ages or [0, *follows] != [*(age.first for age in classes), None]:
        raise WrongInput(
            "総数と、0歳から「90歳以上」のような最後の階級まで切れ目のない年齢階級が要ります。"
            f"ある項目：{'、'.join(labels)}",
            file=file,
        )
    return ages


_BOTH_BOUNDS: Final = re.compile(r"^(\d+~\d+歳)以上$")


def _checked(
    parsed: Parsed, lines: Sequence[tuple[str, list[object]]], ages: Sequence[Age], column: int, kind: _Kind
) -> list[float]:
    """A year's values, if all are numbers and the ages (with 不詳) add up to the total; else none.

    A year is no row of the file, so that what is kept aside names none.
    """
    year = f"{kind.years[column]}年"
    values: list[float] = []
    for label, given in lines:
        value = given[column]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _TOO_MANY:
            reason = f"「{label}」の値「{value}」が人数ではないため、この年の値は登録していません。"
            parsed.rejected.append(Rejected(None, year, reason, (label, str(value))))
            return []
        values.append(float(value))
    total = values[ages.index(_TOTAL)]
    added = sum(values) - total
    if added != total:
        reason = (
            f"年齢別の合計 {added:,.0f} が総数 {total:,.0f} と一致しないため、この年の値は登録していません。"
        )
        parsed.rejected.append(Rejected(None, year, reason, (f"総数 {total:.0f}", f"合計 {added:.0f}")))
        return []
    return values


#: Beyond any population; NaN and infinities, which JSON here can hold, are no numbers of persons either.
_TOO_MANY: Final = 1e10
